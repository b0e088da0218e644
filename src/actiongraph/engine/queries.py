"""Shipped queries, run with terms in their one VALUES block, in batches that every engine can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import islice

from rdflib.term import Node

from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.values import Row, with_rows, with_values

BATCH = 200
"""Terms in one query: about 20 kB of text, well below what endpoints take; more of them save little."""


class ShippedQueries:
    """The `.rq` files in the folder `queries` of a package, by name."""

    def __init__(self, package: str) -> None:
        """Name the package; a query is read when it is first run."""
        self._package = package

    def query(self, name: str, rows: Mapping[str, Iterable[Node]] | Iterable[Row], settings: Settings) -> CheckedQuery:
        """Return the query `name` with `rows` in its VALUES block; see `with_values`.

        Raises:
            ValueError: a term that cannot stand in a query, or other variables than the block's.
        """
        template, _ = _template(self._package, name, settings)
        return replace(template, text=with_values(template.text, rows))

    def ask(self, engine: Engine, name: str, terms: Iterable[Node], settings: Settings) -> Iterator[Solution]:
        """Yield the solutions of the query `name`, whose block has one variable, for `terms`, `BATCH` at a time.

        Raises:
            ValueError: a term that cannot stand in a query.
            EngineError: the engine failed.
        """
        _, variable = _template(self._package, name, settings)
        for batch in _batches(terms):
            yield from engine.select(self.query(name, {variable: batch}, settings))

    def ask_of_each(
        self, engine: Engine, name: str, terms: Iterable[Node], settings: Settings
    ) -> Iterator[tuple[Node, Solution]]:
        """Yield each solution of the query `name` with the one of `terms` that it is about, `BATCH` of them at a time.

        The VALUES block of the query is `VALUES (?row ?term) { }`, and it selects the row: a term that every solution
        repeats takes longer to write and to read back than what is said of it.

        Raises:
            ValueError: a term that cannot stand in a query.
            EngineError: the engine failed.
        """
        template, _ = _template(self._package, name, settings)
        for batch in _batches(terms):
            for solution in engine.select(replace(template, text=with_rows(template.text, batch))):
                yield batch[int(str(solution["row"]))], solution

    def ask_once(self, engine: Engine, name: str, settings: Settings) -> Iterator[Solution]:
        """Yield the solutions of the query `name`, which has no VALUES block.

        Raises:
            EngineError: the engine failed.
        """
        yield from engine.select(self.query_once(name, settings))

    def query_once(self, name: str, settings: Settings) -> CheckedQuery:
        """Return the query `name`, which has no VALUES block."""
        return _template(self._package, name, settings)[0]


def _batches(terms: Iterable[Node]) -> Iterator[list[Node]]:
    rest = iter(terms)
    while batch := list(islice(rest, BATCH)):
        yield batch


@cache
def _template(package: str, name: str, settings: Settings) -> tuple[CheckedQuery, str]:
    """Return a shipped query, without its comments, and the last variable of its VALUES block.

    The guard reads it once: terms, written by the one escaper, cannot add a feature to it.
    """
    lines = files(package).joinpath("queries", f"{name}.rq").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    variables = text.partition("VALUES ")[2].partition("{")[0].strip("() ").split()
    return check_query(text, settings), variables[-1].removeprefix("?") if variables else ""
