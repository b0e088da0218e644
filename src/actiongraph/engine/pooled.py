"""The workers' stores as engines."""

from __future__ import annotations

from pathlib import Path

from actiongraph import formats
from actiongraph.engine.base import Dataset, QueryBudget, Solutions
from actiongraph.engine.pool import wire
from actiongraph.engine.pool.worker_pool import Pool
from actiongraph.engine.results import read_solutions
from actiongraph.formats import Format
from actiongraph.sparql.query import CheckedQuery


class PooledEngine:
    """The store at a path, queried through a pool; it opens nothing in this process."""

    def __init__(self, pool: Pool, store: Path, *, union_default: bool) -> None:
        """Name the store; nothing is opened yet."""
        self._pool = pool
        self._store = str(store)
        self._union_default = union_default

    def answer(
        self,
        query: CheckedQuery,
        format: Format,  # noqa: A002
        dataset: Dataset = Dataset(),
        budget: QueryBudget = QueryBudget(),
    ) -> bytes:
        """Return the whole answer in `format`; see `Engine.answer` and `Pool.run`."""
        return self._pool.run(wire.Task(query, self._store, self._union_default, format, dataset), budget)

    def read(self, text: str, budget: QueryBudget = QueryBudget()) -> CheckedQuery:
        """Have a worker read what may take long, so that it can be ended; see `Reader.read` and `Pool.run`."""
        return wire.read_query(text, self._pool.run(wire.ReadTask(text, self._pool.settings), budget))

    def parse(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> None:
        """Have a worker read the query and evaluate nothing; see `Parser.parse` and `Pool.run`."""
        chosen = formats.offers(query.form.result)[0]
        self._pool.run(wire.Task(query, self._store, self._union_default, chosen, parse_only=True), budget)

    def select(self, query: CheckedQuery) -> Solutions:
        """Return the solutions as terms; see `Engine.select`."""
        return read_solutions(self.answer(query, formats.RESULTS_JSON))

    def close(self) -> None:
        """Do nothing: the pool is closed by whoever began it."""
