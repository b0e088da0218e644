"""The interface of every engine, the budget and the solutions of a query, and several queries with one deadline."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self, runtime_checkable

import rdflib
from rdflib.term import Node

from actiongraph.errors import QueryTimeout
from actiongraph.formats import RESULTS_JSON, Format
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import IRI

Solution = Mapping[str, Node]
"""A solution: variable name, without the question mark, to term. Unbound variables are absent."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The RDF dataset that a request names (SPARQL 1.1 Protocol, section 2.1.4)."""

    default_graphs: tuple[IRI, ...] = ()
    named_graphs: tuple[IRI, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether the request named anything."""
        return bool(self.default_graphs or self.named_graphs)


class Solutions(tuple[Solution, ...]):
    """The solutions of a SELECT query in order, with its `variables` in the order they were selected."""

    variables: tuple[str, ...]

    def __new__(cls, variables: Iterable[str], solutions: Iterable[Solution] = ()) -> Self:
        """Return `solutions` with their `variables`."""
        made = super().__new__(cls, solutions)
        made.variables = tuple(variables)
        return made

    @classmethod
    def read_json(cls, content: bytes) -> Self:
        """Return the solutions in `content`.

        Raises:
            ValueError: it is not what the specification says.

        Source: SPARQL 1.1 Query Results JSON Format, section 3.
        """
        try:
            document = json.loads(content)
            rows = document["results"]["bindings"]
            return cls(document["head"]["vars"], ({name: _term(cell) for name, cell in row.items()} for row in rows))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("These are not SPARQL results in JSON.") from error


def _term(cell: dict[str, Any]) -> Node:
    value = cell["value"]
    if cell["type"] == "uri":
        return IRI(value)
    if cell["type"] == "bnode":
        return rdflib.BNode(value)
    datatype = cell.get("datatype")
    return rdflib.Literal(
        value, lang=cell.get("xml:lang"), datatype=IRI(datatype) if datatype else None, normalize=False
    )


@dataclass(frozen=True, slots=True)
class QueryBudget:
    """The limits of one query.

    `timeout_s` can only lower the engine's own deadline; `gone` tells that nobody waits any more; `client`
    is who sends it, for clients are served in turn. What is sent in the background no client waits for, so that its
    end is no figure for operators.
    """

    timeout_s: float | None = None
    gone: Callable[[], bool] = lambda: False
    client: str = ""
    is_background: bool = False

    def within(self, timeout_s: float) -> float:
        """Return the seconds that the query may take where an engine gives each at most `timeout_s`."""
        return min(self.timeout_s or timeout_s, timeout_s)


class Engine(Protocol):
    """Answers queries. Only queries that passed the guard can be run: that is what `CheckedQuery` is."""

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer, written by the engine in `format`.

        Raises:
            QuerySyntaxError: the engine cannot read the query.
            NotAcceptable: the answer cannot be written in `format`.
            EngineError: the engine failed.
        """

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        """Return the solutions of a SELECT query, in order, as terms.

        Raises:
            QuerySyntaxError: the engine cannot read the query.
            EngineError: the engine failed.
        """
        return Solutions.read_json(self.answer(query, RESULTS_JSON, budget=budget))

    def close(self) -> None:
        """Give back what the engine holds, if it holds anything. It answers nothing after this."""
        return  # without this line the method would be abstract to mypy


@runtime_checkable
class Parser(Protocol):
    """An engine that can also read a query without running it."""

    def parse(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> None:
        """Read the query as the engine does before it runs one, and evaluate nothing.

        Raises:
            QuerySyntaxError: the engine cannot read the query.
            EngineError: the engine failed.
        """


@runtime_checkable
class Reader(Protocol):
    """An engine that can also have a stranger's text read elsewhere than in this process."""

    def read(self, text: str, budget: QueryBudget = QueryBudget()) -> CheckedQuery:
        """Return the query that the guard reads from `text`.

        Raises:
            QueryError: the guard refuses it.
            LimitError: it was not read before the deadline.
            EngineError: the engine failed.
        """


class BoundedEngine(Engine):
    """An engine whose queries, such as those behind one page, share one budget: what one took, the next has not."""

    def __init__(self, inner: Engine, budget: QueryBudget, timeout_s: float) -> None:
        """Ask `inner`; all queries together have `timeout_s`, or less if the budget says so."""
        self._inner = inner
        self._budget = budget
        self._timeout_s = budget.within(timeout_s)
        self._until = time.monotonic() + self._timeout_s

    def budget_left(self) -> QueryBudget:
        """Return the budget for what is asked of an index beside the engine: the time that is left, and who waits.

        Raises:
            QueryTimeout: none is left.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise QueryTimeout(self._timeout_s)
        return replace(self._budget, timeout_s=left)

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the answer of the inner engine in the time that is left; see `Engine.answer`.

        Raises:
            QueryTimeout: none is left.
        """
        with self._within() as left:
            return self._inner.answer(query, format, dataset, left)

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        """Return the solutions of the inner engine in the time that is left; see `answer`."""
        with self._within() as left:
            return self._inner.select(query, left)

    @contextmanager
    def _within(self) -> Iterator[QueryBudget]:
        left = self.budget_left()
        try:
            yield left
        except QueryTimeout as error:
            raise QueryTimeout(self._timeout_s) from error
