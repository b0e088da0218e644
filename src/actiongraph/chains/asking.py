"""The queries of this room, asked in batches that every engine can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import islice

from rdflib.term import Node

from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.sparql.guard import read_question
from actiongraph.sparql.question import Question
from actiongraph.sparql.values import with_places, with_values

BATCH = 200
"""Terms in one query: about 20 kB of text, well below what endpoints take; more of them save little."""


def ask(engine: Engine, query: str, terms: Iterable[Node], settings: Settings) -> Iterator[Solution]:
    """Yield the solutions of the query `query`, whose one VALUES block is given `terms`, `BATCH` at a time.

    Raises:
        ValueError: a term that cannot stand in a query.
        EngineError: the engine failed.
    """
    question, variable = _template(query, settings)
    for batch in _batches(terms):
        yield from engine.select(replace(question, text=with_values(question.text, {variable: batch})))


def ask_of_each(
    engine: Engine, query: str, terms: Iterable[Node], settings: Settings
) -> Iterator[tuple[Node, Solution]]:
    """Yield each solution of the query `query` with the one of `terms` that it is about, `BATCH` of them at a time.

    The VALUES block of the query is `VALUES (?place ?term) { }`, and it selects the place: a term that every row
    repeats takes longer to write and to read back than what is said of it.

    Raises:
        ValueError: a term that cannot stand in a query.
        EngineError: the engine failed.
    """
    question, _ = _template(query, settings)
    for batch in _batches(terms):
        for solution in engine.select(replace(question, text=with_places(question.text, batch))):
            yield batch[int(str(solution["place"]))], solution


def ask_once(engine: Engine, query: str, settings: Settings) -> Iterator[Solution]:
    """Yield the solutions of the query `query`, which has no VALUES block.

    Raises:
        EngineError: the engine failed.
    """
    yield from engine.select(_template(query, settings)[0])


def _batches(terms: Iterable[Node]) -> Iterator[list[Node]]:
    rest = iter(terms)
    while batch := list(islice(rest, BATCH)):
        yield batch


@cache
def _template(name: str, settings: Settings) -> tuple[Question, str]:
    """Return a shipped query, without its comments, and the last variable of its VALUES block.

    The guard reads it once: terms, written by the one escaper, cannot add a feature to it.
    """
    lines = files("actiongraph.chains").joinpath("queries", f"{name}.rq").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    variables = text.partition("VALUES ")[2].partition("{")[0].strip("() ").split()
    return read_question(text, settings), variables[-1].removeprefix("?") if variables else ""
