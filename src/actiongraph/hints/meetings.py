"""Hints about known terms that never meet: no thing in the release is of this class and has this property."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from actiongraph.errors import Edit
from actiongraph.hints.context import Context, Hint
from actiongraph.hints.iris_wanted import CLASSES
from actiongraph.index.term_index import LITERAL
from actiongraph.iris import name_of
from actiongraph.sparql.bindings import PlainTriple
from actiongraph.sparql.lexer import Token
from actiongraph.sparql.terms import RDF_TYPE, Term
from actiongraph.text import NEAR, likeness_of, listed

_MOST = 12
"""Conditions on one thing that are compared with each other."""
_SHOWN = 3
_MEANT = 2


class _Condition(NamedTuple):
    """A condition on a thing, by a class or a property that it has or that leads to it.

    `classes` has the classes of all that fits, with the number of triples; the empty one stands for things without.
    """

    term: str
    token: Token
    groups: tuple[int, ...]
    classes: Mapping[str, int]
    is_class: bool = False
    is_object: bool = False


def about_meetings(context: Context) -> Iterator[Hint]:
    """Yield a hint on each thing that the query asks for in two ways of which nothing in the release has both."""
    asked: dict[str, list[_Condition]] = defaultdict(list)
    for triple in context.bindings.triples:
        for name, condition in _conditions(context, triple):
            if condition.classes and len(asked[name]) < _MOST:
                asked[name].append(condition)
    told: set[Token] = set()
    for conditions in asked.values():
        pair = next((pair for pair in combinations(conditions, 2) if _never_meet(*pair)), None)
        if pair and told.isdisjoint(condition.token for condition in pair):
            told.update(condition.token for condition in pair)
            yield _apart(context, *sorted(pair, key=lambda condition: not condition.is_class))


def _conditions(context: Context, triple: PlainTriple) -> Iterator[tuple[str, _Condition]]:
    """Yield the conditions of a triple pattern, each after the name of the thing that it is on."""
    where = triple.token, triple.groups
    if triple.predicate == RDF_TYPE:
        if context.index.meetings_with(triple.object) or context.index.meetings_leading_to(triple.object):
            yield triple.subject, _Condition(triple.object, *where, {triple.object: 1}, is_class=True)
        return
    subjects, objects = Counter[str](), Counter[str]()
    for (_, subject, object_), triples in context.index.meetings_of(triple.predicate).items():
        subjects[subject] += triples
        objects[object_] += triples
    for name, classes, is_object in ((triple.subject, subjects, False), (triple.object, objects, True)):
        yield name, _Condition(triple.predicate, *where, classes, is_object=is_object)
        kind = context.things.kind_of(name) if context.things and ":" in name else None
        if kind and len(CLASSES[kind]) == 1:
            yield name, _Condition(name, *where, dict.fromkeys(CLASSES[kind], 1), is_class=True)


def _never_meet(one: _Condition, other: _Condition) -> bool:
    """Tell whether nothing fits both of two conditions, which must hold at once."""
    size = min(len(one.groups), len(other.groups))
    return one.groups[:size] == other.groups[:size] and one.classes.keys().isdisjoint(other.classes)


def _apart(context: Context, one: _Condition, other: _Condition) -> Hint:
    """Return the hint that no thing fits both conditions, of which the other is by a property; it is at that."""
    known = [f"{_term(context, each)} {_leads(context, each)}" for each in (one, other) if not each.is_class]
    if one.is_class and (has := _properties(context, next(iter(one.classes)))):
        known.append(f"{context.shown(Term(next(iter(one.classes))))} has {listed(has)}")
    if one.is_class and one.term not in one.classes:
        sentence = f"{_term(context, one)} {_denied(context, other)}"
    elif one.is_class or one.is_object or other.is_object:
        sentence = f"nothing {_told(context, one)} and {_told(context, other)}"
    else:
        sentence = f"nothing has both {_term(context, one)} and {_term(context, other)}"
    edits = list(_edits(context, other, one))
    suggestion = edits[0].insert if edits else ""
    sentence += f": {'; '.join(known)}" + (f"; did you mean {suggestion}?" if edits else ".")
    return context.hint("never-meet", other.token, sentence, suggestion, edits)


def _term(context: Context, condition: _Condition) -> str:
    return context.shown(Term(condition.term))


def _told(context: Context, condition: _Condition) -> str:
    if condition.is_class:
        return f"is of the class {_term(context, condition)}"
    return f"{'is a value of' if condition.is_object else 'has'} {_term(context, condition)}"


def _denied(context: Context, condition: _Condition) -> str:
    return f"{'is no value of' if condition.is_object else 'has no'} {_term(context, condition)}"


def _leads(context: Context, condition: _Condition) -> str:
    """Return a phrase with the classes of what has a property, or of what it leads to, those with short names first."""
    ranked = sorted(condition.classes.items(), key=lambda found: (-found[1], found[0]))
    names = [context.shown(Term(name)) for name, _ in ranked if name not in (LITERAL, "")]
    names = [name for name in names if name[0] != "<"] or names
    if LITERAL in condition.classes:
        names.append("texts or numbers")
    return f"{'leads to' if condition.is_object else 'is a property of'} {listed(names[:_SHOWN] or ['other things'])}"


def _properties(context: Context, class_: str) -> list[str]:
    """Return the properties that most things of a class have."""
    found = Counter[str]()
    for (predicate, _, _), triples in context.index.meetings_with(class_).items():
        found[predicate] += triples * (predicate != RDF_TYPE)
    return [context.shown(Term(predicate)) for predicate, _ in found.most_common(_SHOWN)]


def _edits(context: Context, wrong: _Condition, right: _Condition) -> Iterator[Edit]:
    """Yield edits of the property `wrong` by which things fit that the condition `right` lets pass."""
    token, ends = wrong.token, context.index.meetings_of(wrong.term)
    # The other end of each triple of the property, which may be the one that is meant.
    others = {subject if wrong.is_object else object_ for _, subject, object_ in ends}
    meant = _better(context, wrong, right, others)
    if not others.isdisjoint(right.classes.keys() - {LITERAL, ""}) and context.text[token.start - 1] != "^":
        yield Edit(token.start, token.end, f"^{token.text}", f"Write ^{token.text} in place of {token.text}")
        meant = ()
    for predicate in meant:
        written = context.written(Term(predicate))
        yield Edit(token.start, token.end, written, f"Write {written} in place of {token.text}")


def _better(context: Context, wrong: _Condition, right: _Condition, others: Collection[str]) -> Sequence[str]:
    """Return properties between what is asked for and the `others`: of a near name, or of the few that lead to it."""
    look_up = context.index.meetings_leading_to if wrong.is_object else context.index.meetings_with
    found, joining = Counter[str](), set[str]()
    for class_ in right.classes.keys() - {LITERAL, ""}:
        for (predicate, subject, object_), triples in look_up(class_).items():
            if predicate not in (RDF_TYPE, wrong.term) and (subject if wrong.is_object else object_) in others:
                found[predicate] += triples
                joining |= {predicate} if {subject, object_}.isdisjoint({LITERAL, ""}) else set()
    name = name_of(wrong.term).lower()
    rated = {predicate: likeness_of(name_of(predicate).lower(), name) for predicate in found}
    near = sorted((each for each in rated if rated[each] >= NEAR), key=lambda each: (-rated[each], each))
    return near[:_MEANT] or [predicate for predicate, _ in found.most_common() if predicate in joining][:_MEANT]
