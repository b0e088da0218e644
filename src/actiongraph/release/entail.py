"""Facts that the ontology entails, for queries in wider terms: super-properties, super-classes and labels.

All of it is read from the ontology: `rdfs:subPropertyOf` and `rdfs:subClassOf` outside our own namespace,
`owl:SymmetricProperty`, and `ag:labelTemplate` for what has no name. What is named by a fragment is part of a thing
and gets neither class nor label.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

import pyoxigraph as ox
from rdflib import OWL, RDF, RDFS

from actiongraph.engine.nquads import as_single_lines, parse_lines, read_quads
from actiongraph.iris import name_of
from actiongraph.release.inputs import graph_name
from actiongraph.settings import Settings
from actiongraph.sorted_lines import SortedLines
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


def entail(quads: Iterable[ox.Quad], settings: Settings) -> list[ox.Quad]:
    """Return what `entailed` yields for `quads`, each once and in order, without what they already have."""
    lines = SortedLines.of(as_single_lines(quads))
    known = {quad.triple for quad in read_quads(lines)}
    found = read_quads(SortedLines.of(entailed(lines, settings)))
    return [quad for quad in found if quad.triple not in known]


def entailed(lines: SortedLines, settings: Settings) -> Iterator[bytes]:
    """Yield the N-Quads entailed by `lines`, which include the ontology and derived facts, in `graph/derived`.

    Some come twice, and the triples of some are in `lines` already. The time is linear in the number of lines, and
    memory is taken for the names of things.
    """
    ontology = _facts(read_quads(lines.having(*map(_goes_on, (_SUB_CLASS, _SUB_PROPERTY, _TEMPLATE)))))
    symmetric = [
        predicate.subject
        for predicate in read_quads(lines.having(_goes_on(_TYPE, _SYMMETRIC)))
        if isinstance(predicate.subject, ox.NamedNode)
    ]
    graph = graph_name(settings, "derived")
    turned = SortedLines.of(_turned(lines.having(*map(_goes_on, symmetric)), graph) if symmetric else ())
    yield from turned
    ways_of = _ways_of(ontology)
    wider_properties = _written_terms(_wider_terms(ontology[_SUB_PROPERTY]))
    labels = _Labels(ways_of)
    wider_classes = _written_terms(_wider_terms(ontology[_SUB_CLASS]))
    end = f" {graph} .\n".encode()
    read = {*wider_properties, *(str(each).encode() for each in (_TYPE, _LABEL, *_properties(ways_of)))}
    split = (line.split(b" ", 2) for line in chain(lines.having(*(b" " + each + b" " for each in read)), turned))
    for subject, own in groupby(split, key=itemgetter(0)):
        pairs = [(predicate, rest.rsplit(b" ", 2)[0]) for _, predicate, rest in own]
        made = [(each, term) for predicate, term in pairs for each in wider_properties.get(predicate, ())]
        if b"#" not in subject:
            types = [term for predicate, term in pairs if predicate == _TYPE_TEXT]
            made += ((_TYPE_TEXT, each) for type_ in types for each in wider_classes.get(type_, ()))
        yield from (b" ".join((subject, *pair)) + end for pair in made)
        labels.take(subject, [*pairs, *made])
    yield from as_single_lines(ox.Quad(thing, _LABEL, label, graph) for thing, label in labels.made(settings.languages))


def _goes_on(*terms: ox.NamedNode) -> bytes:
    """Return how N-Quads with such a predicate, or predicate and object, go on after their subject."""
    return f" {' '.join(map(str, terms))} ".encode()


_TYPE_TEXT = str(_TYPE).encode()


def _written_terms(terms: Mapping[ox.NamedNode, Sequence[ox.NamedNode]]) -> dict[bytes, list[bytes]]:
    return {str(term).encode(): [str(each).encode() for each in wider] for term, wider in terms.items()}


def _facts(quads: Iterable[ox.Quad]) -> _Facts:
    facts: _Facts = defaultdict(list)
    for quad in quads:
        if isinstance(subject := quad.subject, ox.NamedNode):
            facts[quad.predicate].append((subject, quad.object))
    return facts


def _turned(lines: Iterable[bytes], graph: ox.NamedNode) -> Iterator[bytes]:
    """Yield `lines` of symmetric properties the other way round."""
    end = f"{graph} .\n".encode()
    for line in lines:
        subject, predicate, rest = line.split(b" ", 2)
        term = rest.rsplit(b" ", 2)[0]
        if term.startswith(b"<") and subject.startswith(b"<"):
            yield b" ".join((term, predicate, subject, end))


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


class _Labels:
    """Makes a label for what has none and is of a class with a template.

    What has no more than literals for its label is labelled when it is taken. What is labelled with the names of other
    things waits until these have theirs, for so many rounds; what waits still then has keys in its label.
    """

    def __init__(self, ways_of: Mapping[_Term, list[_Way]]) -> None:
        """Take the ways to label the things of each class."""
        self._ways_of = {str(class_).encode(): ways for class_, ways in ways_of.items()}
        self._properties = {str(each).encode() for each in _properties(ways_of)}
        self._named: list[bytes] = []
        self._labelled: list[tuple[ox.NamedNode, ox.Literal]] = []
        self._waiting: dict[ox.NamedNode, list[_Way]] = {}
        self._values: dict[ox.NamedNode, dict[ox.NamedNode, list[_Term]]] = {
            each: defaultdict(list) for each in _properties(ways_of)
        }

    def take(self, subject: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        """Take a thing with its predicates and objects."""
        if named := [
            (subject, _LABEL_TEXT, term) for predicate, term in pairs if predicate == _LABEL_TEXT and term[:1] == b'"'
        ]:
            self._named += (b" ".join(triple) + b" .\n" for triple in named)
            return
        found = [self._ways_of[term] for predicate, term in pairs if predicate == _TYPE_TEXT and term in self._ways_of]
        if not found or b"#" in subject or not subject.startswith(b"<"):
            return
        own = b"".join(b" ".join((subject, *pair)) + b" .\n" for pair in pairs if pair[0] in self._properties)
        thing, values = ox.NamedNode(subject[1:-1].decode()), self._values
        has_things = False
        of_thing: list[tuple[ox.NamedNode, _Term]] = [(each.predicate, each.object) for each in parse_lines(own)]
        for predicate, term in of_thing:
            values[predicate][thing].append(term)
            has_things = has_things or not isinstance(term, ox.Literal)
        if has_things:
            self._waiting[thing] = found[-1]
            return
        self._labelled += ((thing, label) for label in _label(thing, found[-1], values, {}))
        for predicate, _ in of_thing:
            values[predicate].pop(thing, None)

    def made(self, languages: Sequence[str]) -> Iterator[tuple[ox.NamedNode, ox.Literal]]:
        """Yield each thing that has got a label, with that."""
        yield from self._labelled
        named = ((each.subject, each.object) for each in read_quads(self._named))
        names = _names(((thing, label) for thing, label in named if isinstance(thing, ox.NamedNode)), languages)
        first = _names(self._labelled, languages)
        waiting = self._waiting
        for round_ in range(_ROUNDS):
            is_last = round_ == _ROUNDS - 1
            unnamed: Collection[_Term] = waiting.keys() | first.keys() if round_ == 0 else waiting.keys()
            ready = [thing for thing in waiting if is_last or not _needed(thing, waiting[thing], unnamed, self._values)]
            made = [(thing, label) for thing in ready for label in _label(thing, waiting[thing], self._values, names)]
            for thing in ready:
                del waiting[thing]
            if round_ == 0:
                names.update(first)
            names.update(_names(made, languages))
            yield from made


_LABEL_TEXT = str(_LABEL).encode()
_Values = Mapping[ox.NamedNode, Mapping[ox.NamedNode, Sequence[_Term]]]


def _needed(thing: ox.NamedNode, ways: Iterable[_Way], unnamed: Collection[_Term], values: _Values) -> bool:
    """Tell whether a thing is labelled with the name of another that has none yet."""
    needed = (term for way in ways for each in way.properties() for term in values[each].get(thing, ()))
    return any(term in unnamed for term in needed if isinstance(term, ox.NamedNode))


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
