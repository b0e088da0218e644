"""Shipped queries, asked with terms in their one VALUES block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import islice

from rdflib.term import Node

from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.sparql.guard import read_question
from actiongraph.sparql.question import Question
from actiongraph.sparql.values import Row, with_values

BATCH = 200
"""Terms in one query: about 20 kB of text, well below what endpoints take; more of them save little."""


class ShippedQueries:
    """The `.rq` files in the folder `queries` of a package, by name."""

    def __init__(self, package: str) -> None:
        """Name the package; a query is read when it is first asked."""
        self._package = package

    def question(self, name: str, rows: Mapping[str, Iterable[Node]] | Iterable[Row], settings: Settings) -> Question:
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
        rest = iter(terms)
        while batch := list(islice(rest, BATCH)):
            yield from engine.select(self.question(name, {variable: batch}, settings))


@cache
def _template(package: str, name: str, settings: Settings) -> tuple[Question, str]:
    """Return a shipped query, without its comments, and the first variable of its VALUES block.

    The guard reads it once: terms, written by the one escaper, cannot add a feature to it.
    """
    lines = files(package).joinpath("queries", f"{name}.rq").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return read_question(text, settings), text.partition("VALUES")[2].partition("?")[2].split()[0].rstrip(")")
