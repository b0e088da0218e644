"""Hints about literals: not in the data as written, or compared with values of another kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from actiongraph.errors import Edit
from actiongraph.hints.context import Context, Hint, best, kinds, times
from actiongraph.index.term_index import IndexedTerm, TermUses
from actiongraph.sparql.term_uses import Role, Use
from actiongraph.sparql.terms import LANG_STRING, STRING, XSD, Term
from actiongraph.text import likeness_of
from actiongraph.vocabulary import AG

_NEAR = 0.75
"""From this likeness on, a text may be meant for another: texts are longer than names."""
_TEXTS = frozenset({STRING, LANG_STRING})
_DATES = MappingProxyType(
    {
        XSD + "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
        XSD + "gYearMonth": re.compile(r"[0-9]{4}-[0-9]{2}"),
        XSD + "gYear": re.compile(r"[0-9]{4}"),
        XSD + "dateTime": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5})?"),
    }
)
_DATE = XSD + "date"
_NONE: tuple[str, str, tuple[Edit, ...]] = ("", "", ())
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBERS = ("integer", "decimal", "float", "double", "int", "long", "short", "byte", "nonNegativeInteger")
_GROUPS = MappingProxyType(
    {datatype: datatype for datatype in (*_DATES, STRING, LANG_STRING, XSD + "boolean")}
    | {XSD + name: "number" for name in _NUMBERS}
)
"""The group of each datatype that compares: numbers with numbers, all else with its own datatype."""


def about_literal(context: Context, use: Use) -> Hint | None:
    """Return a hint if a literal must be in the data and is not, with how the data writes it."""
    if not _must_occur(use) or len(use.term.text) > context.index.longest_literal:
        return None
    uses = context.index.uses(use.term)
    looked_in = context.graphs_of(use) if use.role is Role.OBJECT else frozenset(context.graphs)
    ranges = context.ranges(use.predicates)
    if (looked_in & uses.keys() and _fits(use.term, ranges)) or (use.graph and not looked_in):
        return None
    return next(_hints(context, use, uses, ranges), None)


def _must_occur(use: Use) -> bool:
    """Tell whether solutions need the literal in the data.

    They do not where it is compared by value, or with what may have been computed.
    """
    if use.role is Role.OBJECT:
        return True
    is_equal = use.role is Role.VALUE or use.operator == "="
    return is_equal and bool(use.predicates) and use.term.datatype in _TEXTS


def _fits(term: Term, ranges: Mapping[str, int]) -> bool:
    """Tell whether the predicate has literals of this kind; numbers always fit, for the store writes them anew."""
    return not ranges or term.datatype in ranges or term.datatype not in _TEXTS


def _hints(context: Context, use: Use, uses: Mapping[str, TermUses], ranges: Mapping[str, int]) -> Iterator[Hint]:
    """Yield hints, the surest first."""
    shown = context.shown(use.term)
    if fitting := _spelled_alike(context, use, ranges):
        yield _as_written(context, use, fitting, is_known=bool(uses))
    if uses and _fits(use.term, ranges):
        yield context.elsewhere(use, {graph: found.total for graph, found in uses.items()})
    if uses:
        sentence = f"{shown} is in the release, but not with this predicate, which has {kinds(ranges)}."
        yield context.hint("literal-datatype", use, sentence)
    near = _near(context, use, ranges) if use.term.datatype in _TEXTS else []
    advice = "; FILTER(CONTAINS(…)) finds part of a text" if use.term.datatype in _TEXTS and not near else ""
    yield context.hint_near(use, "unknown-literal", f"{shown} does not occur in the release{advice}", near)


def _spelled_alike(context: Context, use: Use, ranges: Mapping[str, int]) -> list[IndexedTerm]:
    """Return the literals of the predicate with the same text in another form."""
    found = context.index.spelled_alike(use.term.text)
    others = (other for other in found if other.term.is_literal and other.term != use.term)
    return [other for other in others if not ranges or other.term.datatype in ranges]


def _as_written(context: Context, use: Use, fitting: list[IndexedTerm], *, is_known: bool) -> Hint:
    """Return the hint that the data has the same text in another form."""
    term, uses = max(fitting, key=lambda found: (found.term.text == use.term.text, found.uses.total))
    code, how = _difference(use.term, term)
    where = "does not occur with this predicate" if is_known else "does not occur"
    shown = context.shown(term)
    sentence = f"{context.shown(use.term)} {where} as written, but {how}: {shown}, {times(uses.total)}."
    edits = context.replacing(use, term) if _may_be_literal(context, use) else ()
    return context.hint(code, use, sentence, shown, edits)


def _may_be_literal(context: Context, use: Use) -> bool:
    """Tell whether the predicates, where they are known, have literals at all: else no other literal fits either."""
    return not use.predicates or bool(context.ranges(use.predicates))


def _difference(written: Term, stored: Term) -> tuple[str, str]:
    if stored.text != written.text:
        return "literal-case", "with different capitals"
    if stored.language and not written.language:
        return "literal-language", "with a language tag"
    if written.language:
        return "literal-language", "with another language tag" if stored.language else "without a language tag"
    return "literal-datatype", "with another datatype"


def _near(context: Context, use: Use, ranges: Mapping[str, int]) -> list[IndexedTerm]:
    text = use.term.text.lower()
    found = {other.term: other for other in context.index.near(use.term) if not ranges or other.term.datatype in ranges}
    rated = ((likeness_of(other.term.text.lower(), text), other) for other in found.values())
    return best(entry for entry in rated if entry[0] >= _NEAR)


def about_comparison(context: Context, use: Use) -> Hint | None:
    """Return a hint if a literal is compared with values of another kind, such as a date with a year.

    An ordering of the two is an error, which drops the row in silence (SPARQL 1.1 Query, sections 17.2 and
    17.3), and they are never equal. `!=` is true of them, so it gives no hint.
    """
    if use.role is not Role.OPERAND or use.operator == "!=" or not use.predicates or not use.term.is_literal:
        return None
    if use.operator == "=" and use.term.datatype in _TEXTS:
        return None  # it must be in the data as it is written, so `about_literal` looks for it
    ranges = context.ranges(use.predicates)
    group = _GROUPS.get(use.term.datatype)
    others = Counter({kind: count for kind, count in ranges.items() if group and _GROUPS.get(kind, group) != group})
    if not others:
        return None
    shown = " and ".join(context.shown(Term(predicate)) for predicate in use.predicates)
    which = "no row passes" if others.total() == ranges.total() else "these rows do not pass"
    has = "have" if len(use.predicates) > 1 else "has"
    sentence = f"{shown} {has} {kinds(others)}, and {context.shown(use.term)} cannot be compared with that, so {which}"
    advice, suggestion, edits = _other_comparison(context, use, ranges)
    code = "date-precision" if {use.term.datatype, *others} <= _DATES.keys() else "not-comparable"
    return context.hint(code, use, f"{sentence}{advice}.", suggestion, edits)


def _other_comparison(context: Context, use: Use, ranges: Mapping[str, int]) -> tuple[str, str, Iterable[Edit]]:
    """Return advice on how to compare, what to write instead, and the edits that do so; empty where there is none."""
    if use.term.datatype not in _DATES:
        shapes = {**_DATES, XSD + "integer": _INTEGER}
        kind = next((kind for kind, shape in shapes.items() if kind in ranges and shape.fullmatch(use.term.text)), "")
        meant = Term(use.term.text, "", kind)
        shown = context.shown(meant)
        return (f"; write {shown}", shown, context.replacing(use, meant)) if kind else _NONE
    if str(AG.startDate) not in use.predicates:
        return ("; compare years, with YEAR(…)" if ranges.keys() & _DATES.keys() else ""), "", ()
    whole = [Term(str(AG.earliestStart)), Term(str(AG.latestStart))]
    (first, last), year = map(context.shown, whole), context.shown(Term(str(AG.startYear)))
    advice = f"; compare {first} or {last}, which are whole dates, or {year}, an integer"
    predicates = (other for other in context.reading.uses if other.role is Role.PREDICATE)
    start = [other for other in predicates if other.term.text == str(AG.startDate)]
    is_plain = use.predicates == (str(AG.startDate),) and use.term.datatype == _DATE and len(start) == 1
    return advice, first, context.replacing(start[0], *whole) if is_plain else ()
