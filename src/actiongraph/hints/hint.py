"""Why a correct query may find nothing: what it names that the release does not have, and what is near.

Hints come from the term index alone; the query is never run. They are advice, so what is not sure is
not said: a term that does occur, where it is asked for, gives no hint. Terms are looked at one by one;
that two of them never meet in one triple is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from actiongraph.engine.base import Dataset
from actiongraph.hints.context import Asked, Saying
from actiongraph.hints.literals import about_comparison, about_literal
from actiongraph.hints.resources import about_graphs, about_iri, wrong_prefixes
from actiongraph.index.term_index import OutOfTime, TermIndex, open_terms
from actiongraph.sparql.lexer import position
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.term_uses import Role, Use

MAX_HINTS = 20
_TIMEOUT_S = 0.5
"""Hints of an ordinary query take some milliseconds."""
MAX_TERMS = 200
"""Different terms that are looked up; a query with more is a list of data, not a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One reason why a query may find nothing.

    `code` is stable; `line` and `column` count from 1, in code points; `suggestion` is what to write
    instead, as it can stand in the query, or empty.
    """

    code: str
    sentence: str
    line: int
    column: int
    suggestion: str = ""

    def __str__(self) -> str:
        """Return the sentence with its place, as errors say it."""
        return f"Line {self.line}, column {self.column}: {self.sentence}"


def hints(query: CheckedQuery, index: TermIndex, dataset: Dataset = Dataset()) -> tuple[Hint, ...]:
    """Return why `query`, asked of `dataset`, may find nothing in the release that `index` describes.

    In the order of the query, at most `MAX_HINTS`; none where everything it names is there. Where the
    time of the index runs out, what was found by then.
    """
    found: list[Hint] = []
    with suppress(OutOfTime):
        for code, token, sentence, suggestion in islice(_sayings(Asked(query, index, dataset)), MAX_HINTS):
            found.append(Hint(code, sentence, *position(query.text, token.start), suggestion))
    return tuple(sorted(found, key=lambda hint: (hint.line, hint.column)))


def _sayings(asked: Asked) -> Iterator[Saying]:
    yield from about_graphs(asked)
    prefixes = wrong_prefixes(asked)
    yield from prefixes.values()
    for use in _different(asked.reading.uses):
        if use.term.is_literal:
            saying = about_comparison(asked, use) or about_literal(asked, use)
        else:
            saying = None if use.term.text.startswith(tuple(prefixes)) else about_iri(asked, use)
        if saying:
            yield saying


def _different(uses: list[Use]) -> Iterator[Use]:
    """Yield the first use of each term in each role, up to `MAX_TERMS`; graphs are looked at elsewhere."""
    terms = [use for use in uses if use.role not in {Role.GRAPH, Role.FROM, Role.FROM_NAMED}]
    first = {(use.term, use.role, use.graph, use.predicates, use.operator): use for use in reversed(terms)}
    return islice(reversed(first.values()), MAX_TERMS)


def hints_for(terms: Path | None, query: CheckedQuery, dataset: Dataset = Dataset()) -> tuple[Hint, ...] | None:
    """Return why `query` may find nothing, by the index `terms`, or None if there is none to tell from; see `hints`.

    Raises:
        StoreError: the index cannot be read.
    """
    if terms is None:
        return None
    with open_terms(terms, timeout_s=_TIMEOUT_S) as index:
        return hints(query, index, dataset)
