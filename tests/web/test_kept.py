"""What is cached and for how long, and that the same query runs once. Threads meet at events, never by chance."""

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
from actiongraph.web.cache import AnswerCache, Pointer, key_of
from actiongraph.web.http.representation import Representation, represent

WAIT_S = 20
"""How long a test waits before it fails; nothing that works takes so long."""
KEYS = [key_of(str(number)) for number in range(100)]


def answer(size: int = 1) -> Representation:
    return represent(b"x" * size, "text/plain")


def kept(**settings: float) -> AnswerCache:
    return AnswerCache(Settings(**settings))


def put(cache: AnswerCache, key: bytes, size: int = 1) -> None:
    cache.ask(key, lambda _: answer(size), QueryBudget())


def has(cache: AnswerCache, key: bytes) -> bool:
    hits = cache.state().hits
    put(cache, key)
    return cache.state().hits > hits


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
        cache = kept(max_kept_bytes=100_000)
        for number in range(100):
            put(cache, KEYS[number], 5_000)
            assert cache.state().size_bytes <= 100_000
        assert 15 <= cache.state().entries <= 20

    def test_what_was_asked_for_longest_ago_goes_first(self) -> None:
        cache = kept(max_kept_bytes=100_000)
        for number in range(15):
            put(cache, KEYS[number], 5_000)
        put(cache, KEYS[0])
        for number in range(15, 25):
            put(cache, KEYS[number], 5_000)
        assert has(cache, KEYS[0])
        assert not has(cache, KEYS[1])

    def test_one_answer_takes_a_tenth_at_most(self) -> None:
        cache = kept(max_kept_bytes=100_000)
        put(cache, KEYS[0], 10_001)
        assert cache.state().entries == 0
        put(cache, KEYS[0], 9_000)
        assert cache.state().entries == 1

    def test_addresses_and_codings_take_room_too(self) -> None:
        cache = kept(max_kept_bytes=100_000)
        put(cache, KEYS[0], 5_000)
        for number in range(1, 100):
            cache.point(KEYS[number], Pointer(KEYS[0], "/sparql", ""))
        before = cache.state().size_bytes
        assert before > 5_000 + 99 * 100
        cache.compressed(answer(5_000))
        assert cache.state().size_bytes > before


class TestAddresses:
    def test_they_lead_to_the_answer(self) -> None:
        cache, pointer = kept(), Pointer(KEYS[0], "/sparql", "abc")
        put(cache, KEYS[0], 7)
        cache.point(KEYS[1], pointer)
        assert cache.find(KEYS[1]) == (pointer, answer(7))

    def test_not_to_what_is_not_kept(self) -> None:
        cache = kept()
        cache.point(KEYS[1], Pointer(KEYS[0], "/sparql", ""))
        assert cache.find(KEYS[1]) is None
        assert cache.find(KEYS[0]) is None

    def test_not_to_what_was_dropped(self) -> None:
        cache = kept(max_kept_bytes=100_000)
        put(cache, KEYS[0], 5_000)
        cache.point(KEYS[1], Pointer(KEYS[0], "/sparql", ""))
        for number in range(2, 40):
            put(cache, KEYS[number], 5_000)
        assert cache.find(KEYS[1]) is None

    def test_gzip_is_made_once(self) -> None:
        cache, plain = kept(), answer(5_000)
        assert cache.compressed(plain).body is cache.compressed(plain).body


class Slow:
    """An engine that answers when it is told to, and notes what it was allowed."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()
        self.budgets: list[QueryBudget] = []
        self.error: Exception | None = None

    def run(self, budget: QueryBudget) -> Representation:
        self.budgets.append(budget)
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


def waits(cache: AnswerCache, count: int) -> None:
    """Return when `count` in all have begun to wait for another's query."""
    ready = threading.Event()
    for _ in range(WAIT_S * 100):
        if cache.state().shared >= count:
            return
        ready.wait(0.01)
    pytest.fail("nobody waits")


class TestAtOnce:
    def begin(
        self, pool: ThreadPoolExecutor, cache: AnswerCache, engine: Slow, *followers: QueryBudget
    ) -> list[Future]:
        """Have one ask, and then each of `followers` wait for it."""
        asked = [pool.submit(cache.ask, KEYS[0], engine.run, QueryBudget())]
        assert engine.begun.acquire(timeout=WAIT_S)
        asked += [pool.submit(cache.ask, KEYS[0], engine.run, budget) for budget in followers]
        waits(cache, len(followers))
        return asked

    def test_the_same_question_runs_once(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(workers=10), Slow()
        asked = self.begin(pool, cache, engine, *[QueryBudget()] * 7)
        engine.go.set()
        assert {future.result(WAIT_S).body for future in asked} == {b"x"}
        assert len(engine.budgets) == 1
        assert (cache.state().misses, cache.state().shared) == (1, 7)
        assert has(cache, KEYS[0])

    def test_another_question_does_not_wait(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(), Slow()
        self.begin(pool, cache, engine)
        put(cache, KEYS[1])
        engine.go.set()

    def test_a_client_does_not_wait_for_what_is_asked_in_the_background(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(), Slow()
        pool.submit(cache.ask, KEYS[0], engine.run, QueryBudget(is_background=True))
        assert engine.begun.acquire(timeout=WAIT_S)
        put(cache, KEYS[0])
        engine.go.set()
        assert cache.state().shared == 0

    def test_if_it_fails_the_others_ask_for_themselves(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(), Slow()
        engine.error = Busy("x", limit="workers", value=1, retry_after_s=1)
        first, *others = self.begin(pool, cache, engine, QueryBudget(), QueryBudget())
        engine.error = None
        engine.go.set()
        with pytest.raises(Busy):
            first.result(WAIT_S)
        assert [future.result(WAIT_S).body for future in others] == [b"x", b"x"]

    def test_an_answer_that_is_too_large_to_keep_is_shared_all_the_same(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(max_kept_bytes=10), Slow()
        asked = self.begin(pool, cache, engine, QueryBudget())
        engine.go.set()
        assert [future.result(WAIT_S).body for future in asked] == [b"x", b"x"]
        assert len(engine.budgets) == 1

    def test_who_waits_has_a_deadline_of_its_own(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(), Slow()
        first, second = self.begin(pool, cache, engine, QueryBudget(timeout_s=0.01))
        with pytest.raises(QueryTimeout) as raised:
            second.result(WAIT_S)
        assert (raised.value.limit, raised.value.value) == ("timeout_s", 0.01)
        engine.go.set()
        assert first.result(WAIT_S).body == b"x"

    def test_who_waits_may_go(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(), Slow()
        first, second = self.begin(pool, cache, engine, QueryBudget(gone=lambda: True))
        with pytest.raises(ClientGone):
            second.result(WAIT_S)
        engine.go.set()
        first.result(WAIT_S)

    def test_a_query_goes_on_while_others_wait_for_it(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(), Slow()
        gone = threading.Event()
        first = pool.submit(cache.ask, KEYS[0], engine.run, QueryBudget(gone=lambda: True))
        assert engine.begun.acquire(timeout=WAIT_S)
        assert engine.budgets[0].gone()
        second = pool.submit(cache.ask, KEYS[0], engine.run, QueryBudget(gone=gone.is_set))
        waits(cache, 1)
        assert not engine.budgets[0].gone()
        gone.set()
        with pytest.raises(ClientGone):
            second.result(WAIT_S)
        assert engine.budgets[0].gone()
        engine.go.set()
        first.result(WAIT_S)

    def test_no_more_wait_than_threads_are_there_for(self, pool: ThreadPoolExecutor) -> None:
        cache, engine = kept(workers=2), Slow()
        asked = self.begin(pool, cache, engine, QueryBudget(), QueryBudget())
        asked.append(pool.submit(cache.ask, KEYS[0], engine.run, QueryBudget()))
        assert engine.begun.acquire(timeout=WAIT_S)
        engine.go.set()
        assert [future.result(WAIT_S).body for future in asked] == [b"x"] * 4
        assert len(engine.budgets) == 2

    def test_what_is_left_of_the_time_is_what_the_engine_gets(self) -> None:
        def late(budget: QueryBudget) -> Representation:
            assert budget.timeout_s is not None
            assert 0 < budget.timeout_s <= 3
            raise QueryTimeout(budget.timeout_s)

        with pytest.raises(QueryTimeout) as raised:
            kept(timeout_s=3).ask(KEYS[0], late, QueryBudget(timeout_s=500))
        assert raised.value.value == 3
