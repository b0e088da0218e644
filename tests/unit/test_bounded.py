"""Several questions with one deadline."""

from __future__ import annotations

import pytest

from actiongraph import formats
from actiongraph.engine.base import BoundedEngine, Dataset, Engine, QueryBudget
from actiongraph.errors import QueryTimeout
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

QUESTION = check_query("SELECT * {}", Settings())
EMPTY = b'{"head": {"vars": ["x"]}, "results": {"bindings": []}}'


class Slow(Engine):
    """An engine that moves a clock on and remembers what it was allowed."""

    def __init__(self, takes_s: float) -> None:
        self.now, self.takes_s, self.allowed = 0.0, takes_s, []

    def answer(self, query, format, dataset=Dataset(), budget=QueryBudget()) -> bytes:
        self.allowed.append(budget)
        self.now += self.takes_s
        if self.takes_s > budget.timeout_s:
            raise QueryTimeout(budget.timeout_s)
        return EMPTY


@pytest.fixture
def slow(monkeypatch) -> Slow:
    made = Slow(4)
    monkeypatch.setattr("actiongraph.engine.base.time.monotonic", lambda: made.now)
    return made


def test_what_one_question_took_the_next_has_not(slow: Slow) -> None:
    engine = BoundedEngine(slow, QueryBudget(client="somebody"), 10)
    engine.answer(QUESTION, formats.RESULTS_JSON)
    assert not engine.select(QUESTION)
    assert [(allowed.timeout_s, allowed.client) for allowed in slow.allowed] == [(10, "somebody"), (6, "somebody")]


def test_the_deadline_that_is_told_is_that_of_all_together(slow: Slow) -> None:
    engine = BoundedEngine(slow, QueryBudget(), 10)
    engine.select(QUESTION)
    engine.select(QUESTION)
    for _ in range(2):  # once while the engine runs, once when no time is left at all
        with pytest.raises(QueryTimeout) as raised:
            engine.select(QUESTION)
        assert raised.value.value == 10


def test_an_budget_only_lowers_it(slow: Slow) -> None:
    BoundedEngine(slow, QueryBudget(timeout_s=5), 10).select(QUESTION)
    BoundedEngine(slow, QueryBudget(timeout_s=50), 10).select(QUESTION)
    assert [allowed.timeout_s for allowed in slow.allowed] == [5, 10]
