"""Facts that the ontology entails, for queries in wider terms: super-properties, super-classes and labels.

All of it is read from the ontology: `rdfs:subPropertyOf` and `rdfs:subClassOf` outside our own namespace,
`owl:SymmetricProperty`, and `ag:labelTemplate` for what has no name. What is named by a fragment is part of a thing
and gets neither class nor label.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pyoxigraph as ox
from rdflib import OWL, RDF, RDFS

from actiongraph.iris import name_of
from actiongraph.release.inputs import graph_name
from actiongraph.settings import Settings
from actiongraph.text import language_rank
from actiongraph.vocabulary import AG, IRI, PREFIXES

_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_Facts = dict[ox.NamedNode, list[tuple[ox.NamedNode, _Term]]]
"""Subjects and objects by predicate."""


def _node(term: IRI | str) -> ox.NamedNode:
    return ox.NamedNode(str(term))


_TYPE, _LABEL, _TEMPLATE = _node(RDF.type), _node(RDFS.label), _node(AG.labelTemplate)
_SUB_CLASS, _SUB_PROPERTY, _SYMMETRIC = (
    _node(term) for term in (RDFS.subClassOf, RDFS.subPropertyOf, OWL.SymmetricProperty)
)
_READ = frozenset({_TYPE, _LABEL, _TEMPLATE, _SUB_CLASS, _SUB_PROPERTY})


def entail(quads: Sequence[ox.Quad], settings: Settings) -> list[ox.Quad]:
    """Return the quads entailed by `quads`, which include the ontology and derived facts, in `graph/derived`.

    Those that `quads` already have are left out. The time is linear in the number of quads.
    """
    facts = _facts(quads, _READ)
    narrower_and_wider = {term for pair in facts[_SUB_PROPERTY] for term in pair}
    symmetric = {predicate for predicate, type_ in facts[_TYPE] if type_ == _SYMMETRIC}
    facts |= _facts(quads, (narrower_and_wider | symmetric | _properties(_ways_of(facts))) - _READ)
    graph = graph_name(settings, "derived")
    found: list[ox.Quad] = []
    for made in (
        _symmetric(facts),
        _super_properties(facts),
        _super_classes(facts),
        _labels(facts, settings.languages),
    ):
        found += (ox.Quad(subject, predicate, term, graph) for subject, predicate, term in _added(facts, made))
    return found


def _facts(quads: Iterable[ox.Quad], predicates: Collection[_Term]) -> _Facts:
    """Return the facts with one of `predicates`: most facts have others, and nothing follows from them."""
    facts: _Facts = defaultdict(list)
    for quad in quads:
        if (predicate := quad.predicate) in predicates and isinstance(subject := quad.subject, ox.NamedNode):
            facts[predicate].append((subject, quad.object))
    return facts


def _added(
    facts: _Facts, made: Iterator[tuple[ox.NamedNode, ox.NamedNode, _Term]]
) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, _Term]]:
    """Yield the triples of `made` that are not among `facts`, each once, and add them."""
    known: dict[ox.NamedNode, set[tuple[ox.NamedNode, _Term]]] = {}
    for subject, predicate, term in list(made):
        if predicate not in known:
            known[predicate] = set(facts[predicate])
        if (subject, term) not in known[predicate]:
            known[predicate].add((subject, term))
            facts[predicate].append((subject, term))
            yield subject, predicate, term


def _symmetric(facts: _Facts) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, _Term]]:
    for predicate, type_ in facts[_TYPE]:
        if type_ == _SYMMETRIC:
            for subject, term in facts.get(predicate, ()):
                if isinstance(term, ox.NamedNode):
                    yield term, predicate, subject


def _super_properties(facts: _Facts) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, _Term]]:
    for narrower, wider in _wider_terms(facts[_SUB_PROPERTY]).items():
        for subject, term in facts.get(narrower, ()):
            for predicate in wider:
                yield subject, predicate, term


def _super_classes(facts: _Facts) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, _Term]]:
    wider_classes = _wider_terms(facts[_SUB_CLASS])
    for thing, type_ in facts[_TYPE]:
        if isinstance(type_, ox.NamedNode) and "#" not in thing.value:
            for wider in wider_classes.get(type_, ()):
                yield thing, _TYPE, wider


def _wider_terms(pairs: Iterable[tuple[ox.NamedNode, _Term]]) -> Mapping[ox.NamedNode, Sequence[ox.NamedNode]]:
    """Return, for each term, the wider ones that are not ours, also those that are wider through others."""
    above: dict[ox.NamedNode, list[ox.NamedNode]] = defaultdict(list)
    for narrower, wider in pairs:
        if isinstance(wider, ox.NamedNode):
            above[narrower].append(wider)
    found: dict[ox.NamedNode, Sequence[ox.NamedNode]] = {}
    for term, next_wider in above.items():
        wider_terms = list(next_wider)
        for wider in wider_terms:
            wider_terms += (other for other in above.get(wider, ()) if other not in wider_terms)
        found[term] = [wider for wider in wider_terms if not wider.value.startswith(AG) and wider != term]
    return found


_ROUNDS = 3
"""A statement about a team of a country: the team waits for no one, and the statement for the team."""


class _Way(NamedTuple):
    """One way to label a thing: texts and properties in turn, the parts of them that may be left out, its language."""

    parts: tuple[tuple[tuple[str | ox.NamedNode, ...], bool], ...]
    language: str

    def properties(self) -> list[ox.NamedNode]:
        return [piece for pieces, _ in self.parts for piece in pieces if isinstance(piece, ox.NamedNode)]

    def is_property(self) -> bool:
        """Tell whether the way is a property and nothing else, whose values are labels as they are."""
        return self.parts == ((tuple(self.properties()[:1]), False),)


_PART = re.compile(r"\[([^]]*)\]|([^[]+)")
_PIECE = re.compile(r"\{(\w+):(\w+)\}|([^{]+)")


def _ways(template: ox.Literal) -> list[_Way]:
    return [_Way(tuple(_parts(way.strip())), template.language or "en") for way in template.value.split(" | ")]


def _parts(way: str) -> Iterator[tuple[tuple[str | ox.NamedNode, ...], bool]]:
    for optional, text in _PART.findall(way):
        pieces = _PIECE.findall(optional or text)
        yield (
            tuple(plain or _node(PREFIXES[prefix] + name) for prefix, name, plain in pieces),
            bool(optional),
        )


def _ways_of(facts: _Facts) -> dict[_Term, list[_Way]]:
    """Return the ways to label the things of each class that has a template."""
    return {class_: _ways(template) for class_, template in facts[_TEMPLATE] if isinstance(template, ox.Literal)}


def _properties(ways_of: Mapping[_Term, Sequence[_Way]]) -> set[ox.NamedNode]:
    return {each for ways in ways_of.values() for way in ways for each in way.properties()}


def _labels(facts: _Facts, languages: Sequence[str]) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, _Term]]:
    """Yield a label for what has none and is of a class with a template.

    What is labelled with the names of other things waits until these have theirs, for so many rounds; what waits
    still then has keys in its label.
    """
    ways_of = _ways_of(facts)
    names = _names(facts[_LABEL], languages)
    waiting = {
        thing: ways_of[type_]
        for thing, type_ in facts[_TYPE]
        if type_ in ways_of and thing not in names and "#" not in thing.value
    }
    values: dict[ox.NamedNode, dict[ox.NamedNode, list[_Term]]] = {
        each: defaultdict(list) for each in _properties(ways_of)
    }
    for predicate, of_things in values.items():
        for thing, term in facts.get(predicate, ()):
            if thing in waiting:
                of_things[thing].append(term)
    for round_ in range(_ROUNDS):
        is_last = round_ == _ROUNDS - 1
        ready = [thing for thing in waiting if is_last or not _needed(thing, waiting, values)]
        made = [(thing, label) for thing in ready for label in _label(thing, waiting[thing], values, names)]
        for thing in ready:
            del waiting[thing]
        names.update(_names(made, languages))
        yield from ((thing, _LABEL, label) for thing, label in made)


_Values = Mapping[ox.NamedNode, Mapping[ox.NamedNode, Sequence[_Term]]]


def _needed(thing: ox.NamedNode, waiting: Mapping[ox.NamedNode, Sequence[_Way]], values: _Values) -> bool:
    """Tell whether a thing is labelled with the name of another that has none yet."""
    needed = (term for way in waiting[thing] for each in way.properties() for term in values[each].get(thing, ()))
    return any(term in waiting for term in needed if isinstance(term, ox.NamedNode))


def _label(
    thing: ox.NamedNode, ways: Iterable[_Way], values: _Values, names: Mapping[_Term, ox.Literal]
) -> list[ox.Literal]:
    for way in ways:
        if way.is_property():
            [predicate] = way.properties()
            if found := [term for term in values[predicate].get(thing, ()) if isinstance(term, ox.Literal)]:
                return found
        elif (text := _filled(thing, way, values, names)) is not None:
            return [ox.Literal(text, language=way.language)]
    return []


def _filled(thing: ox.NamedNode, way: _Way, values: _Values, names: Mapping[_Term, ox.Literal]) -> str | None:
    filled = ""
    for pieces, is_optional in way.parts:
        texts = [piece if isinstance(piece, str) else _listed(values[piece].get(thing, ()), names) for piece in pieces]
        if all(texts):
            filled += "".join(texts)
        elif not is_optional:
            return None
    return filled


def _listed(terms: Iterable[_Term], names: Mapping[_Term, ox.Literal]) -> str:
    texts = sorted(_name(term, names) for term in terms)
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)


def _name(term: _Term, names: Mapping[_Term, ox.Literal]) -> str:
    if isinstance(term, ox.Literal):
        return term.value
    return names[term].value if term in names else name_of(str(getattr(term, "value", term)))


def _names(labels: Iterable[tuple[ox.NamedNode, _Term]], languages: Sequence[str]) -> dict[_Term, ox.Literal]:
    """Return one label of each thing: in English if there is one, as the templates are, else as `languages` say."""

    def rank(label: ox.Literal) -> tuple[int, str, str]:
        return *language_rank(label.language, ("en", *languages)), label.value

    found: dict[_Term, ox.Literal] = {}
    for thing, label in labels:
        if isinstance(label, ox.Literal) and (thing not in found or rank(label) < rank(found[thing])):
            found[thing] = label
    return found
