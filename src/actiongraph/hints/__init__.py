"""Reasons why a correct query may find nothing: names, graphs and literals that the release lacks, and near ones.

A term that is there and deprecated gives a hint too, with its successor, because the query will find nothing one day.

Hints come from the indices alone; the query is never run. They are advice, so nothing uncertain is said: a
term that does occur where the query expects it gives no hint. Two terms are looked at together where both
are of one thing, by the classes that things with each of them have.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path

from actiongraph.engine.base import Dataset, QueryBudget
from actiongraph.errors import QueryTimeout
from actiongraph.hints.context import Context, Hint, same_way
from actiongraph.hints.iris_wanted import about_wanted_iri
from actiongraph.hints.literals import about_comparison, about_literal
from actiongraph.hints.meetings import about_meetings
from actiongraph.hints.names import DEPRECATED, GRAPHS, about_deprecated, about_graphs, about_iri, wrong_prefixes
from actiongraph.hints.variables import UNBOUND, about_variables
from actiongraph.index.search_index import SearchIndex, open_search
from actiongraph.index.term_index import OutOfTime, TermIndex, open_terms
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.term_uses import Use

__all__ = ["DEPRECATED", "MAX_HINTS", "MAX_TERMS", "UNBOUND", "Hint", "find_hints", "hints_for"]

MAX_HINTS = 20
_TIMEOUT_S = 0.5
"""Hints of an ordinary query take some milliseconds."""
MAX_TERMS = 200
"""Different terms that are looked up; a query with more is a list of data, not a mistake."""


def hints_for(
    terms: Path | None,
    query: CheckedQuery,
    dataset: Dataset = Dataset(),
    *,
    search: Path | None = None,
    settings: Settings | None = None,
) -> tuple[Hint, ...] | None:
    """Return the hints on `query` from the term index at `terms`, or None without one; see `find_hints`.

    Names of things are looked up in the index at `search`, if there is one, and it is of the base of `settings`.

    Raises:
        StoreError: an index cannot be read.
    """
    if terms is None:
        return None
    with ExitStack() as stack:
        index = stack.enter_context(open_terms(terms, timeout_s=_TIMEOUT_S))
        budget = QueryBudget(_TIMEOUT_S)
        things = stack.enter_context(open_search(search, settings, budget)) if search and settings else None
        return find_hints(query, index, dataset, things)


def find_hints(
    query: CheckedQuery, index: TermIndex, dataset: Dataset = Dataset(), things: SearchIndex | None = None
) -> tuple[Hint, ...]:
    """Return the reasons why `query`, run on `dataset`, may find nothing in the release that `index` describes.

    In the order of the query, at most `MAX_HINTS`; none if everything that it names is there to stay. If the
    time for look-ups runs out, those found by then.
    """
    found: list[Hint] = []
    with suppress(OutOfTime, QueryTimeout):
        found.extend(islice(_hints(Context(query, index, dataset, things)), MAX_HINTS))
    return tuple(sorted(found, key=lambda hint: (hint.line, hint.column)))


def _hints(context: Context) -> Iterator[Hint]:
    yield from about_graphs(context)
    prefixes = wrong_prefixes(context)
    yield from prefixes.values()
    yield from about_variables(context)
    for use in _different(context.reading.uses):
        if use.term.is_literal:
            hint = about_comparison(context, use) or about_wanted_iri(context, use) or about_literal(context, use)
        else:
            is_wrong = use.term.text.startswith(tuple(prefixes))
            hint = None if is_wrong else about_iri(context, use) or about_deprecated(context, use)
        if hint:
            yield hint
    yield from about_meetings(context)


def _different(uses: list[Use]) -> Iterator[Use]:
    """Yield the first use of each term in each role, up to `MAX_TERMS`, but for names of graphs."""
    terms = [use for use in uses if use.role not in GRAPHS]
    first = {same_way(use): use for use in reversed(terms)}
    return islice(reversed(first.values()), MAX_TERMS)
