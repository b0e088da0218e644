"""The interface of every engine, and the budget and the solutions of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from rdflib.term import Node

from actiongraph.formats import Format
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


@dataclass(frozen=True, slots=True)
class QueryBudget:
    """The limits of one query.

    `timeout_s` can only lower the engine's own deadline; `gone` tells that nobody waits any more; `client`
    is who sends it, for clients are served in turn.
    """

    timeout_s: float | None = None
    gone: Callable[[], bool] = lambda: False
    client: str = ""

    def within(self, timeout_s: float) -> float:
        """Return the seconds that the query may take where an engine gives each at most `timeout_s`."""
        return min(self.timeout_s or timeout_s, timeout_s)


class Engine(Protocol):
    """Answers queries. Only queries that passed the guard can be run: that is what `CheckedQuery` is."""

    def answer(
        self,
        query: CheckedQuery,
        format: Format,  # noqa: A002
        dataset: Dataset = Dataset(),
        budget: QueryBudget = QueryBudget(),
    ) -> bytes:
        """Return the whole answer, written by the engine in `format`.

        Raises:
            QuerySyntaxError: the engine cannot read the query.
            NotAcceptable: the answer cannot be written in `format`.
            EngineError: the engine failed.
        """

    def select(self, query: CheckedQuery) -> Solutions:
        """Return the solutions of a SELECT query, in order, as terms.

        Raises:
            QuerySyntaxError: the engine cannot read the query.
            EngineError: the engine failed.
        """

    def close(self) -> None:
        """Give back what the engine holds. It answers nothing after this."""


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
