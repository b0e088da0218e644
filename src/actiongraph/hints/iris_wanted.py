"""Hints about literals in the place of an IRI, with the thing that has such a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rdflib import OWL, SKOS

from actiongraph.errors import RequestError
from actiongraph.hints.context import Context, Hint
from actiongraph.index.search_index import SearchIndex, check_words
from actiongraph.index.term_index import LITERAL
from actiongraph.sparql.term_uses import Role, Use
from actiongraph.sparql.terms import LANG_STRING, STRING, Term
from actiongraph.text import listed
from actiongraph.vocabulary import AG, ORG

_OFFERED = 3
CLASSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "action": frozenset({str(AG.Action)}),
        "partner": frozenset({str(ORG.Organization)}),
        "country": frozenset({str(AG.Country)}),
        "theme": frozenset({str(SKOS.Concept)}),
        "place": frozenset({str(AG.Place)}),
        "term": frozenset({str(SKOS.Concept), str(OWL.Class), str(OWL.ObjectProperty), str(OWL.DatatypeProperty)}),
    }
)
"""The classes that a thing of each kind that is searched may be of."""


def about_wanted_iri(context: Context, use: Use) -> Hint | None:
    """Return a hint if a literal stands where the data have IRIs only, such as a name in the place of a country."""
    is_equal = use.role in (Role.OBJECT, Role.VALUE) or use.operator == "="
    if not is_equal or not use.predicates or context.ranges(use.predicates):
        return None
    if not all(context.occurs_as_predicate(predicate) for predicate in use.predicates):
        return None
    shown = listed(context.shown(Term(predicate)) for predicate in use.predicates)
    is_text = use.term.datatype in (STRING, LANG_STRING)
    things = list(_things(context, use)) if is_text and context.things else []
    sentence = f"the values of {shown} are IRIs, and {context.shown(use.term)} is a {'text' if is_text else 'literal'}"
    if not things:
        advice = "put an IRI there, or a variable, and compare its name."
        return context.hint("literal-for-iri", use, f"{sentence}; {advice}")
    names = [context.shown(thing) for thing in things]
    meant = " or ".join(names)
    return context.hint(
        "name-for-iri", use, f"{sentence}; did you mean {meant}?", names[0], context.replacing(use, *things)
    )


def _things(context: Context, use: Use) -> Iterator[Term]:
    """Yield a few things that have such a name and are of a class that the predicates lead to."""
    classes = {object_ for predicate in use.predicates for _, _, object_ in context.index.meetings_of(predicate)} - {
        LITERAL
    }
    assert context.things is not None  # noqa: S101 - the caller has looked
    found = [iri for iri, kind in _called_so(context.things, use.term.text) if not classes or classes & CLASSES[kind]]
    for iri in found[:_OFFERED]:
        if any(uses.objects for uses in context.index.uses(Term(iri)).values()):
            yield Term(iri)


def _called_so(things: SearchIndex, name: str) -> Iterator[tuple[str, str]]:
    """Yield things by their IRI and kind: that have this name, or else one that is near."""
    try:
        check_words(name)
    except RequestError:  # a text of so many words is no name
        return
    if exact := things.things_called(name):
        yield from exact
        return
    found = things.find(name)
    for group in found.groups if found.has_all else ():
        yield from ((hit.iri, group.kind) for hit in group.hits if hit.title.marks)
