"""A query that passed the guard; and what people call it, and the order of its variables, read from its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain, islice, pairwise

from actiongraph.errors import QuerySyntaxError
from actiongraph.formats import Result
from actiongraph.sparql.lexer import Kind, tokens
from actiongraph.text import one_line

_LONGEST_TITLE = 80
_LOOKED_AT = 4_000
"""Code points of a query in which its title is looked for."""


class QueryForm(Enum):
    """The four query forms (SPARQL 1.1 Query, section 16)."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"

    @property
    def result(self) -> Result:
        """The kind of result that a query of this form gives."""
        if self is QueryForm.SELECT:
            return Result.BINDINGS
        return Result.BOOLEAN if self is QueryForm.ASK else Result.GRAPH


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that passed the guard: nothing else is ever passed to an engine.

    `names_dataset` tells whether the query has FROM clauses of its own; if so, the engine's default
    for the default graph does not apply (SPARQL 1.1 Query, section 13.2). `prefixes` are those that the
    query declares with absolute IRIs: a graph in the answer is written with them, since the client knows
    them. `repeatable` tells whether the same data gives the same answer again, so that an answer may be
    cached: not with NOW, RAND, UUID or STRUUID. `reads_all` tells whether all solutions are found before
    the first is given, so that a LIMIT saves no time: with aggregates, GROUP BY and ORDER BY. Relative
    IRIs are resolved against `base`, such as the endpoint's address, if the query has no BASE (section
    4.1.1.2).
    """

    text: str
    form: QueryForm
    names_dataset: bool = False
    prefixes: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    reads_all: bool = False
    base: str | None = None


def first_comment(text: str) -> str:
    """Return the first comment of the query `text` that says anything, in one line; empty without one.

    The text need not be a query: what can be read of it counts.
    """
    beginning, end = text[:_LOOKED_AT], 0
    with suppress(QuerySyntaxError):
        for start, next_end in chain(_bounds(beginning), [(len(beginning), 0)]):
            for line in beginning[end:start].splitlines():
                if comment := one_line(line.partition("#")[2].lstrip("#")):
                    return _cut(comment)
            end = next_end
    return ""


def title_of(text: str) -> str:
    """Return the title of the query `text`: its first comment, else its beginning, without prefixes."""
    if comment := first_comment(text):
        return comment
    forms, start = set(QueryForm.__members__), 0
    with suppress(QuerySyntaxError):
        beginning = tokens(text[:_LOOKED_AT])
        start = next((token.start for token in beginning if token.text.upper() in forms), 0)
    return _cut(one_line(text[start : start + _LOOKED_AT]))


def order_of_all(text: str) -> tuple[str, ...]:
    """Return the variables of the query `text` in the order in which it names them if it selects them all by a star.

    Engines may give them in any order; none are returned where the query itself tells the order.
    """
    read = tokens(text)
    for token, following in pairwise(read):
        if token.text.upper() == "SELECT":
            star = following if following.kind is not Kind.WORD else next(read)  # after DISTINCT or REDUCED
            if star.text != "*":
                return ()
            return tuple(dict.fromkeys(found.text[1:] for found in read if found.kind is Kind.VAR))
    return ()


def _bounds(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each token begins and ends."""
    for token in islice(tokens(text), _LOOKED_AT):
        yield token.start, token.end


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TITLE else text[: _LONGEST_TITLE - 1].rstrip() + "…"
