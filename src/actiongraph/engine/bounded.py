"""Several queries with one deadline, such as those behind one page."""

from __future__ import annotations

import time
from dataclasses import replace

from actiongraph.engine.base import Dataset, Engine, QueryBudget, Solutions
from actiongraph.engine.results import read_solutions
from actiongraph.errors import QueryTimeout
from actiongraph.formats import RESULTS_JSON, Format
from actiongraph.sparql.query import CheckedQuery


class BoundedEngine:
    """An engine whose queries share one budget: what one has taken of the time, the next has not."""

    def __init__(self, inner: Engine, budget: QueryBudget, timeout_s: float) -> None:
        """Ask `inner`; all queries together have `timeout_s`, or less if the budget says so."""
        self._inner = inner
        self._budget = budget
        self._timeout_s = budget.within(timeout_s)
        self._until = time.monotonic() + self._timeout_s

    def answer(
        self,
        query: CheckedQuery,
        format: Format,  # noqa: A002
        dataset: Dataset = Dataset(),
        budget: QueryBudget = QueryBudget(),
    ) -> bytes:
        """Return the answer of the inner engine in the time that is left; see `Engine.answer`.

        Raises:
            QueryTimeout: none is left.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise QueryTimeout(self._timeout_s)
        try:
            return self._inner.answer(query, format, dataset, replace(self._budget, timeout_s=left))
        except QueryTimeout as error:
            raise QueryTimeout(self._timeout_s) from error

    def select(self, query: CheckedQuery) -> Solutions:
        """Return the solutions in the time that is left; see `Engine.select`."""
        return read_solutions(self.answer(query, RESULTS_JSON))

    def close(self) -> None:
        """Do nothing: the inner engine is closed by whoever opened it."""
