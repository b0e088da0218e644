"""What is kept and for how long, and that the same query runs once. Threads meet at events, never by chance."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.engine.base import QueryBudget
from actiongraph.errors import Busy, ClientGone, QueryTimeout
from actiongraph.settings import Settings
from actiongraph.web.cache import Kept, Pointer, key_of
from actiongraph.web.http.representation import Representation, represent

WAIT_S = 20
"""How long a test waits before it fails; nothing that works takes so long."""
KEYS = [key_of(str(number)) for number in range(100)]


def answer(size: int = 1) -> Representation:
    return represent(b"x" * size, "text/plain")


def kept(**settings: float) -> Kept:
    return Kept(Settings(**settings))


def put(releases: Kept, key: bytes, size: int = 1) -> None:
    releases.ask(key, lambda _: answer(size), QueryBudget())


def has(releases: Kept, key: bytes) -> bool:
    hits = releases.state().hits
    put(releases, key)
    return releases.state().hits > hits


class TestKeys:
    def test_other_parts_other_key(self) -> None:
        parts = [(), ("",), (None,), ("a",), ("a", ""), ("", "a"), ("a", "b"), ("ab",), ("a", None), ("1:a",), ("-",)]
        assert all(key_of(*one) != key_of(*other) for one, other in combinations(parts, 2))

    @given(st.lists(st.none() | st.text()), st.lists(st.none() | st.text()))
    def test_keys_are_equal_only_if_their_parts_are(self, one: list, other: list) -> None:
        assert (key_of(*one) == key_of(*other)) is (one == other)

    def test_what_is_no_text_in_utf_8_has_a_key_too(self) -> None:
        assert key_of("\ud800") != key_of("\ud801")


class TestRoom:
    def test_it_is_never_exceeded(self) -> None:
        releases = kept(max_kept_bytes=100_000)
        for number in range(100):
            put(releases, KEYS[number], 5_000)
            assert releases.state().size_bytes <= 100_000
        assert 15 <= releases.state().entries <= 20

    def test_what_was_asked_for_longest_ago_goes_first(self) -> None:
        releases = kept(max_kept_bytes=100_000)
        for number in range(15):
            put(releases, KEYS[number], 5_000)
        put(releases, KEYS[0])
        for number in range(15, 25):
            put(releases, KEYS[number], 5_000)
        assert has(releases, KEYS[0])
        assert not has(releases, KEYS[1])

    def test_one_answer_takes_a_tenth_at_most(self) -> None:
        releases = kept(max_kept_bytes=100_000)
        put(releases, KEYS[0], 10_001)
        assert releases.state().entries == 0
        put(releases, KEYS[0], 9_000)
        assert releases.state().entries == 1

    def test_addresses_and_codings_take_room_too(self) -> None:
        releases = kept(max_kept_bytes=100_000)
        put(releases, KEYS[0], 5_000)
        for number in range(1, 100):
            releases.point(KEYS[number], Pointer(KEYS[0], "/sparql", ""))
        before = releases.state().size_bytes
        assert before > 5_000 + 99 * 100
        releases.compressed(answer(5_000))
        assert releases.state().size_bytes > before


class TestAddresses:
    def test_they_lead_to_the_answer(self) -> None:
        releases, pointer = kept(), Pointer(KEYS[0], "/sparql", "abc")
        put(releases, KEYS[0], 7)
        releases.point(KEYS[1], pointer)
        assert releases.find(KEYS[1]) == (pointer, answer(7))

    def test_not_to_what_is_not_kept(self) -> None:
        releases = kept()
        releases.point(KEYS[1], Pointer(KEYS[0], "/sparql", ""))
        assert releases.find(KEYS[1]) is None
        assert releases.find(KEYS[0]) is None

    def test_not_to_what_was_dropped(self) -> None:
        releases = kept(max_kept_bytes=100_000)
        put(releases, KEYS[0], 5_000)
        releases.point(KEYS[1], Pointer(KEYS[0], "/sparql", ""))
        for number in range(2, 40):
            put(releases, KEYS[number], 5_000)
        assert releases.find(KEYS[1]) is None

    def test_gzip_is_made_once(self) -> None:
        releases, plain = kept(), answer(5_000)
        assert releases.compressed(plain).body is releases.compressed(plain).body


class Slow:
    """An engine that answers when it is told to, and notes what it was allowed."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()
        self.allowances: list[QueryBudget] = []
        self.error: Exception | None = None

    def run(self, budget: QueryBudget) -> Representation:
        self.allowances.append(budget)
        error = self.error
        self.begun.release()
        assert self.go.wait(WAIT_S)
        if error is not None:
            raise error
        return answer()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as made:
        yield made


def waits(releases: Kept, count: int) -> None:
    """Return when `count` in all have begun to wait for another's query."""
    ready = threading.Event()
    for _ in range(WAIT_S * 100):
        if releases.state().shared >= count:
            return
        ready.wait(0.01)
    pytest.fail("nobody waits")


class TestAtOnce:
    def begin(self, pool: ThreadPoolExecutor, releases: Kept, engine: Slow, *followers: QueryBudget) -> list[Future]:
        """Have one ask, and then each of `followers` wait for it."""
        asked = [pool.submit(releases.ask, KEYS[0], engine.run, QueryBudget())]
        assert engine.begun.acquire(timeout=WAIT_S)
        asked += [pool.submit(releases.ask, KEYS[0], engine.run, budget) for budget in followers]
        waits(releases, len(followers))
        return asked

    def test_the_same_question_runs_once(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(workers=10), Slow()
        asked = self.begin(pool, releases, engine, *[QueryBudget()] * 7)
        engine.go.set()
        assert {future.result(WAIT_S).body for future in asked} == {b"x"}
        assert len(engine.allowances) == 1
        assert (releases.state().misses, releases.state().shared) == (1, 7)
        assert has(releases, KEYS[0])

    def test_another_question_does_not_wait(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(), Slow()
        self.begin(pool, releases, engine)
        put(releases, KEYS[1])
        engine.go.set()

    def test_if_it_fails_the_others_ask_for_themselves(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(), Slow()
        engine.error = Busy("x", limit="workers", value=1, retry_after_s=1)
        first, *others = self.begin(pool, releases, engine, QueryBudget(), QueryBudget())
        engine.error = None
        engine.go.set()
        with pytest.raises(Busy):
            first.result(WAIT_S)
        assert [future.result(WAIT_S).body for future in others] == [b"x", b"x"]

    def test_an_answer_that_is_too_large_to_keep_is_shared_all_the_same(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(max_kept_bytes=10), Slow()
        asked = self.begin(pool, releases, engine, QueryBudget())
        engine.go.set()
        assert [future.result(WAIT_S).body for future in asked] == [b"x", b"x"]
        assert len(engine.allowances) == 1

    def test_who_waits_has_a_deadline_of_its_own(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(), Slow()
        first, second = self.begin(pool, releases, engine, QueryBudget(timeout_s=0.01))
        with pytest.raises(QueryTimeout) as raised:
            second.result(WAIT_S)
        assert (raised.value.limit, raised.value.value) == ("timeout_s", 0.01)
        engine.go.set()
        assert first.result(WAIT_S).body == b"x"

    def test_who_waits_may_go(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(), Slow()
        first, second = self.begin(pool, releases, engine, QueryBudget(gone=lambda: True))
        with pytest.raises(ClientGone):
            second.result(WAIT_S)
        engine.go.set()
        first.result(WAIT_S)

    def test_a_query_goes_on_while_others_wait_for_it(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(), Slow()
        gone = threading.Event()
        first = pool.submit(releases.ask, KEYS[0], engine.run, QueryBudget(gone=lambda: True))
        assert engine.begun.acquire(timeout=WAIT_S)
        assert engine.allowances[0].gone()
        second = pool.submit(releases.ask, KEYS[0], engine.run, QueryBudget(gone=gone.is_set))
        waits(releases, 1)
        assert not engine.allowances[0].gone()
        gone.set()
        with pytest.raises(ClientGone):
            second.result(WAIT_S)
        assert engine.allowances[0].gone()
        engine.go.set()
        first.result(WAIT_S)

    def test_no_more_wait_than_threads_are_there_for(self, pool: ThreadPoolExecutor) -> None:
        releases, engine = kept(workers=2), Slow()
        asked = self.begin(pool, releases, engine, QueryBudget(), QueryBudget())
        asked.append(pool.submit(releases.ask, KEYS[0], engine.run, QueryBudget()))
        assert engine.begun.acquire(timeout=WAIT_S)
        engine.go.set()
        assert [future.result(WAIT_S).body for future in asked] == [b"x"] * 4
        assert len(engine.allowances) == 2

    def test_what_is_left_of_the_time_is_what_the_engine_gets(self) -> None:
        def late(budget: QueryBudget) -> Representation:
            assert budget.timeout_s is not None
            assert 0 < budget.timeout_s <= 3
            raise QueryTimeout(budget.timeout_s)

        with pytest.raises(QueryTimeout) as raised:
            kept(timeout_s=3).ask(KEYS[0], late, QueryBudget(timeout_s=500))
        assert raised.value.value == 3
