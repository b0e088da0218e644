"""The examples are asked ahead, one at a time, when nobody waits; whoever asks one first finds its answer cached."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.errors import ClientGone, QueryTimeout
from actiongraph.examples import load_examples
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.settings import Settings
from actiongraph.web.app import create_app
from actiongraph.web.example_answers import ExampleAnswers

WAIT_S = 20
NOBODY: Callable[[], bool] = lambda: False  # noqa: E731
EMPTY = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"x"}}]}}'


class Watched(Engine):
    """An engine that is told what to do with each query, and remembers the budgets."""

    def __init__(self, act: Callable[[QueryBudget], object] = lambda _: None) -> None:
        self.act, self.budgets, self.texts = act, [], []

    def answer(self, query, format, dataset=Dataset(), budget=QueryBudget()) -> bytes:
        self.budgets.append(budget)
        self.texts.append(query.text)
        self.act(budget)
        return EMPTY


class Current:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def current(self) -> Snapshot:
        return self.snapshot


def on(engine: Engine, is_busy: Callable[[], bool] = NOBODY, **settings: float) -> tuple[ExampleAnswers, Current, list]:
    current, records = Current(Snapshot(engine, "20260101T000000Z-0123456789ab", {}, union_default=True)), []
    made = Settings(url="https://graph.example.org/data-of/", **settings)
    app = create_app(made, current, observers=[records.append])
    return ExampleAnswers(app, current, made, is_busy), current, records


def test_the_first_visitor_finds_each_example_cached_as_data_and_as_a_page(deploy) -> None:
    deployment, records = deploy("mapped"), []
    snapshots = ReleaseSnapshots(deployment.releases)
    app = create_app(deployment.settings, snapshots, observers=[records.append])
    ExampleAnswers(app, snapshots, deployment.settings, NOBODY).ask_all(snapshots.current().version or "")
    assert not records  # neither the log nor the metrics take them for visits
    client, examples = app.test_client(), load_examples(deployment.settings.base)
    for place, example in enumerate(examples):
        accept = "text/html" if place % 10 == 0 else "*/*"
        response = client.get(f"/data-of/sparql?{urlencode({'query': example.text})}", headers={"Accept": accept})
        assert response.status_code == 200
    found = {record.query_digest for record in records if record.kept}
    assert len(found) == len(examples) == len({record.query_digest for record in records})


def test_each_is_asked_once_and_none_may_take_longer_than_a_short_query() -> None:
    engine = Watched()
    answers, current, _ = on(engine, quick_s=0.25)
    answers.ask_all(current.snapshot.version or "")
    assert len(engine.texts) == len(set(engine.texts)) == len(load_examples())
    assert {(budget.client, budget.is_background) for budget in engine.budgets} == {("examples", True)}
    assert max(budget.timeout_s for budget in engine.budgets) <= 0.25


def test_what_takes_too_long_is_left_and_the_next_is_asked() -> None:
    def slow(budget: QueryBudget) -> None:
        raise QueryTimeout(budget.timeout_s or 0)

    engine = Watched(slow)
    answers, current, _ = on(engine)
    answers.ask_all(current.snapshot.version or "")
    assert len(engine.texts) == len(load_examples())


def test_while_a_client_waits_nothing_is_asked_and_what_runs_is_ended_and_asked_again() -> None:
    waits, ended = threading.Event(), []

    def act(budget: QueryBudget) -> None:
        if not ended:
            waits.set()  # a client comes while the first example runs
            ended.append(budget.gone())
            threading.Timer(0.05, waits.clear).start()
            raise ClientGone
        assert not waits.is_set()

    engine = Watched(act)
    answers, current, _ = on(engine, waits.is_set)
    answers.ask_all(current.snapshot.version or "")
    assert ended == [True]
    assert engine.texts[0] == engine.texts[1]
    assert len(engine.texts) == len(load_examples()) + 1


def test_a_new_release_is_asked_again_and_an_old_one_no_more() -> None:
    asked, done = [], threading.Event()
    few = len(load_examples()) // 2

    def act(_: QueryBudget) -> None:
        asked.append(current.snapshot.version)
        if len(asked) == few:
            current.snapshot = replace(current.snapshot, version="20260202T000000Z-0123456789ab")
        if len(asked) == few + len(load_examples()):
            done.set()

    answers, current, _ = on(Watched(act))
    with answers.in_background():
        assert done.wait(WAIT_S)
    assert len(set(asked)) == 2


def test_files_have_no_examples() -> None:
    engine = Watched()
    answers, current, _ = on(engine)
    current.snapshot = replace(current.snapshot, version=None)
    with answers.in_background():
        pass
    assert not engine.texts


def test_no_page_waits_for_its_template() -> None:
    made = create_app(Settings(url="https://graph.example.org/"), None)
    ExampleAnswers(made, None, Settings(), NOBODY).compile_templates()
    assert {name for _, name in made.jinja_env.cache} >= {
        "schema.html",
        "thing.html",
        "chains.html",
        "_list.html",
    }
