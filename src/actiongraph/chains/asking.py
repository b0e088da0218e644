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
from actiongraph.sparql.values import with_values

BATCH = 200
"""Terms in one query: about 20 kB of text, well below what endpoints take; more of them save little."""


def ask(engine: Engine, query: str, terms: Iterable[Node], settings: Settings) -> Iterator[Solution]:
    """Yield the solutions of the query `query`, whose one VALUES block is given `terms`, `BATCH` at a time.

    Raises:
        ValueError: a term that cannot stand in a query.
        EngineError: the engine failed.
    """
    template, variable = _template(query, settings)
    rest = iter(terms)
    while batch := list(islice(rest, BATCH)):
        yield from engine.select(replace(template, text=with_values(template.text, {variable: batch})))


@cache
def _template(name: str, settings: Settings) -> tuple[Question, str]:
    """Return a shipped query, without its comments, and the variable of its VALUES block.

    The guard reads it once: terms, written by the one escaper, cannot add a feature to it.
    """
    lines = files("actiongraph.chains").joinpath("queries", f"{name}.rq").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return read_question(text, settings), text.partition("VALUES ?")[2].split()[0]
