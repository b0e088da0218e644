"""Workers: ended at the deadline, confined, fair, and none the worse for it afterwards."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest

from actiongraph import formats
from actiongraph.engine.base import Dataset, QueryBudget
from actiongraph.engine.pool.worker_pool import Pool, PooledEngine
from actiongraph.errors import (
    ActiongraphError,
    AnswerTooLarge,
    Busy,
    ClientGone,
    OutOfMemory,
    QueryError,
    QuerySyntaxError,
    QueryTimeout,
    TooComplex,
)
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery, QueryForm

ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SHORT = "ASK { <http://x/1> ?p ?o }"
ONE_HUNDREDTH_OF_A_GB = 10 * 1024**2


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool") / "store"
    made = ox.Store(str(folder))
    made.bulk_extend(
        ox.Quad(
            ox.NamedNode(f"http://x/{n}"),
            ox.NamedNode("http://x/p"),
            ox.Literal("text " * 20 + str(n)),
            ox.DefaultGraph(),
        )
        for n in range(3000)
    )
    made.flush()
    return folder


FORMS = Random(2).choices(("{}", '"{}"', '"{}"@en'), k=100)
UNSORTABLE = (
    f"SELECT ?o {{ VALUES ?o {{ {' '.join(form.format(n * 37 % 100) for n, form in enumerate(FORMS))} }} }} ORDER BY ?o"
)
"""pyoxigraph 0.5 aborts over numbers, strings and texts in a language: its order of them is none."""
Start = Callable[..., tuple[Pool, PooledEngine]]
Processes = Callable[[], set[int]]


@pytest.fixture
def start(store: Path) -> Iterator[Start]:
    pools: list[Pool] = []

    def start(**limits: float) -> tuple[Pool, PooledEngine]:
        pools.append(Pool(Settings(**{"workers": 3, "slow_places": 1, "timeout_s": 10, **limits})))
        return pools[-1], PooledEngine(pools[-1], store, union_default=False)

    yield start
    for pool in pools:
        pool.close()


def ask(engine: PooledEngine, text: str, **budget: object) -> bytes:
    form = QueryForm(text.split(maxsplit=1)[0])
    chosen = formats.offers(form.result)[0]
    return engine.answer(CheckedQuery(text, form), chosen, Dataset(), QueryBudget(**budget))


def outcome(run: Callable[[], object]) -> ActiongraphError | object:
    try:
        return run()
    except ActiongraphError as error:
        return error


def timed(run: Callable[[], object]) -> tuple[float, ActiongraphError | object]:
    started = time.monotonic()
    found = outcome(run)
    return time.monotonic() - started, found


def settle(check: Callable[[], bool], within_s: float = 10) -> bool:
    """Wait until `check` holds; processes end in their own time."""
    until = time.monotonic() + within_s
    while not check():
        if time.monotonic() >= until:
            return False
        time.sleep(0.02)
    return True


def children(parent: int) -> set[int]:
    """Return the processes that `parent` began and that have not ended, as /proc tells (proc(5))."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
        except OSError:
            continue
        if int(told["PPid"]) == parent and not told["State"].startswith("Z"):
            found.add(int(status.parent.name))
    return found


@pytest.fixture
def starters() -> Callable[[], set[int]]:
    """Returns the starters of the pools that the test began; the children of a starter are its workers."""
    before = children(os.getpid())
    return lambda: children(os.getpid()) - before


def test_a_worker_answers_what_the_engine_answers(start: Start):
    _, engine = start()
    answer = json.loads(ask(engine, 'SELECT ?s WHERE { ?s ?p ?o FILTER(STRENDS(?o, " 7")) }'))
    assert answer["results"]["bindings"] == [{"s": {"type": "uri", "value": "http://x/7"}}]
    assert json.loads(ask(engine, SHORT))["boolean"] is True


def test_a_long_answer_comes_whole(start: Start):
    _, engine = start()
    rows = json.loads(ask(engine, "SELECT * WHERE { ?s ?p ?o }"))["results"]["bindings"]
    assert len(rows) == len({row["s"]["value"] for row in rows}) == 3000


def test_an_error_of_the_engine_keeps_its_place(start: Start):
    _, engine = start()
    with pytest.raises(QuerySyntaxError) as caught:
        ask(engine, "SELECT ?s WHERE {\n ?s ?p }")
    assert caught.value.line == 2


@pytest.mark.long("load")
@pytest.mark.parametrize("timeout_s", [0.3, 1.5])
def test_the_deadline_is_kept(start: Start, timeout_s: float):
    _, engine = start()
    took, outcome = timed(lambda: ask(engine, ENDLESS, timeout_s=timeout_s))
    assert isinstance(outcome, QueryTimeout)
    assert outcome.value == timeout_s
    assert timeout_s <= took < timeout_s + 0.5


def test_a_caller_cannot_raise_the_deadline(start: Start):
    _, engine = start(timeout_s=0.5)
    with pytest.raises(QueryTimeout) as caught:
        ask(engine, ENDLESS, timeout_s=3600)
    assert caught.value.value == 0.5


def test_too_much_memory_is_told_as_such(start: Start):
    _, engine = start(max_memory_bytes=512 * 1024**2, timeout_s=60)
    with pytest.raises(OutOfMemory, match="max_memory_bytes"):
        ask(engine, "SELECT * WHERE { ?s ?p ?o . ?t ?q ?u } ORDER BY ?o ?u")
    assert json.loads(ask(engine, SHORT))["boolean"] is True


def test_too_long_an_answer_is_told_as_such(start: Start):
    _, engine = start(max_answer_bytes=ONE_HUNDREDTH_OF_A_GB)
    with pytest.raises(AnswerTooLarge, match="max_answer_bytes"):
        ask(engine, "SELECT * WHERE { ?s ?p ?o . ?t ?q ?u }")
    assert json.loads(ask(engine, SHORT))["boolean"] is True


def test_values_that_the_engine_cannot_sort_are_told_as_such(start: Start):
    _, engine = start()
    with pytest.raises(QueryError, match="cannot sort what ORDER BY names") as caught:
        ask(engine, UNSORTABLE)
    assert not isinstance(caught.value, TooComplex)
    assert json.loads(ask(engine, SHORT))["boolean"] is True
    assert len(json.loads(ask(engine, UNSORTABLE.replace("BY ?o", "BY STR(?o)")))["results"]["bindings"]) == 100


def test_too_deep_a_query_ends_a_worker_and_nothing_else(start: Start):
    pool, engine = start()
    depth = 300_000
    with pytest.raises(TooComplex):
        ask(engine, f"SELECT * WHERE {'{' * depth}?s ?p ?o{'}' * depth}")
    assert json.loads(ask(engine, SHORT))["boolean"] is True
    assert pool.state().ended["crash"] == 1


def test_a_query_nobody_waits_for_is_ended(start: Start):
    pool, engine = start()
    gone = threading.Event()
    threading.Timer(0.3, gone.set).start()
    with pytest.raises(ClientGone):
        ask(engine, ENDLESS, gone=gone.is_set)
    assert pool.state().running == 0


@pytest.mark.long("load")
def test_short_queries_stay_short_while_long_ones_take_every_place(start: Start):
    _, engine = start(workers=4, slow_places=1, timeout_s=5)
    bad = [threading.Thread(target=lambda: outcome(lambda: ask(engine, ENDLESS, client="bad"))) for _ in range(12)]
    for thread in bad:
        thread.start()
    taken = [timed(lambda: ask(engine, SHORT, client="good"))[0] for _ in range(20)]
    for thread in bad:
        thread.join()
    assert max(taken) < 1


@pytest.mark.long("load")
def test_a_full_line_gives_up_the_place_of_whoever_has_most(start: Start):
    _, engine = start(workers=2, slow_places=2, max_waiting=3, queue_s=4, timeout_s=2)
    outcomes: list[object] = []
    bad = [
        threading.Thread(target=lambda: outcomes.append(outcome(lambda: ask(engine, ENDLESS, client="bad"))))
        for _ in range(8)
    ]
    for thread in bad:
        thread.start()
    answer = ask(engine, SHORT, client="good")
    for thread in bad:
        thread.join()
    assert json.loads(answer)["boolean"] is True
    assert any(isinstance(outcome, Busy) and outcome.limit == "max_waiting" for outcome in outcomes)


@pytest.mark.long("load")
def test_a_long_query_without_a_slow_place_makes_room_when_another_waits(start: Start):
    pool, engine = start(workers=2, slow_places=1, quick_s=0.1, timeout_s=4)
    outcomes: dict[str, object] = {}

    def run(client: str) -> None:
        outcomes[client] = outcome(lambda: ask(engine, ENDLESS, client=client))

    threads = [threading.Thread(target=run, args=(client,)) for client in ("a", "b")]
    for thread in threads:
        thread.start()
    assert settle(lambda: pool.state().running == 2 and pool.state().slow == 1)
    assert json.loads(ask(engine, SHORT, client="c"))["boolean"] is True
    for thread in threads:
        thread.join()
    busy = [outcome for outcome in outcomes.values() if isinstance(outcome, Busy)]
    assert len(busy) == 1
    assert busy[0].limit == "slow_places"
    assert busy[0].retry_after_s > 0


def test_a_long_query_without_a_slow_place_goes_on_while_nobody_waits(start: Start):
    _, engine = start(workers=3, slow_places=1, quick_s=0.1, timeout_s=1)
    outcomes: list[object] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(outcome(lambda: ask(engine, ENDLESS)))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in outcomes] == [QueryTimeout, QueryTimeout]


@pytest.mark.long("load")
def test_after_many_ended_queries_everything_is_where_it_was(starters: Processes, start: Start):
    pool, engine = start(timeout_s=10, workers=3, slow_places=3)
    ask(engine, SHORT)
    [starter] = starters()
    assert settle(lambda: len(children(starter)) == 3)
    files = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(60):
        with pytest.raises(QueryTimeout):
            ask(engine, ENDLESS, timeout_s=0.03)
    assert settle(lambda: len(children(starter)) == 3)
    assert settle(lambda: len(list(Path("/proc/self/fd").iterdir())) <= files)
    assert pool.state().running == 0
    assert json.loads(ask(engine, SHORT))["boolean"] is True


def test_workers_that_somebody_killed_are_replaced(starters: Processes, start: Start):
    pool, engine = start()
    ask(engine, SHORT)
    [starter] = starters()
    for worker in children(starter):
        os.kill(worker, 9)
    assert settle(lambda: pool.state().workers == 3 and pool.state().running == 0)
    assert settle(lambda: isinstance(outcome(lambda: ask(engine, SHORT)), bytes))


def test_a_starter_that_somebody_killed_is_replaced_with_its_workers(starters: Processes, start: Start):
    _, engine = start()
    ask(engine, SHORT)
    [killed] = starters()
    os.kill(killed, 9)
    # A worker of the old starter may still answer before the system ends it, so an answer alone proves nothing.
    assert settle(lambda: len(starters() - {killed}) == 1)
    assert settle(lambda: isinstance(outcome(lambda: ask(engine, SHORT)), bytes))
    [starter] = starters() - {killed}
    assert settle(lambda: len(children(starter)) == 3)


def test_closing_ends_every_process(starters: Processes, start: Start):
    pool, engine = start()
    ask(engine, SHORT)
    [starter] = starters()
    workers = children(starter)
    pool.close()
    assert settle(lambda: not any(Path(f"/proc/{pid}").exists() for pid in (starter, *workers)))


def test_closing_refuses_the_queries_that_run(start: Start):
    pool, engine = start()
    threading.Timer(0.3, pool.close).start()
    with pytest.raises(Busy, match="shutting down"):
        ask(engine, ENDLESS)
