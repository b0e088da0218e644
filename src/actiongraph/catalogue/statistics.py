"""The statistics of a release: the figures of its VoID description and the facts of its catalogue.

Two passes over the sorted N-Quads do it: the first finds the classes of each thing, the second counts. The lines have
the triples of a subject together, and those of a subject with a property, so that distinct subjects are counted by
looking at the line before. Things have few different sets of classes: triples are counted by the set of their
subject, their property and the set of their object, and what holds of a class is summed up in the end. Objects are
held once for each property and set of classes that has them, and things once with the number of their set; apart from
those, memory grows with the vocabulary and not with the data.

Source: Describing Linked Datasets with the VoID Vocabulary, sections 3 to 5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeVar

from rdflib import DCTERMS, OWL, RDF, SKOS, XSD, Literal
from rdflib.util import from_n3

from actiongraph.index.term_index import LITERAL, Meeting
from actiongraph.iris import namespace_of
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, CONCEPT, IRI

_T = TypeVar("_T")
_LANGUAGE = re.compile(rb'"@([A-Za-z]+)[A-Za-z0-9-]*')
_LONGEST_DATE = "-12-31"
_EXAMPLES = (AG.DescribedAction, AG.ReferencedAction, AG.Country, AG.Chain)
_LINKS = (
    OWL.sameAs, SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch,
)  # fmt: skip
"""Properties whose triples link a thing to one in another dataset."""
EU_COUNTRIES = "http://publications.europa.eu/resource/authority/country/"
TARGETS = {
    EU_COUNTRIES: "Countries, an authority list of the European Union",
    "http://www.wikidata.org/entity/": "Wikidata",
}
"""Datasets that links lead into, by the namespace of the things in them."""
_TARGETS = tuple(target.encode() for target in TARGETS)


@dataclass(frozen=True, slots=True)
class PropertyUse:
    """The number of triples that have a property, and of their different subjects and objects."""

    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True, slots=True)
class ClassPropertyUse:
    """The use of a property by the things of a class, and its triples by classes and by datatypes of their objects.

    An object of several classes is counted with each, one without any with none.
    """

    use: PropertyUse
    classes: Mapping[IRI, int]
    datatypes: Mapping[IRI, int]


@dataclass(frozen=True, slots=True)
class Linkset:
    """The links by one property into the dataset whose namespace is `target`."""

    predicate: IRI
    target: str
    use: PropertyUse


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of a release without its catalogue, and the facts that a catalogue gives of its contents.

    `entities` are the things under the base's `id/`, without the parts of a thing. `class_properties` has the use of
    each property by the things of each class, and `class_examples` the first thing of the class that has it; `meetings`
    are the triples of each property by the classes of both their ends. `titles`
    are those of sources, by IRI. `period` is the earliest date at which an action may have started, and the latest at
    which one is known to have started, or one or an activity of one to have ended, as precisely as it is known; either
    may be unknown. `countries` are those that actions assisted, by their IRIs in the EU's list.
    """

    triples: int
    entities: int
    subjects: int
    objects: int
    graphs: Mapping[IRI, int]
    classes: Mapping[IRI, int]
    properties: Mapping[IRI, PropertyUse]
    class_properties: Mapping[IRI, Mapping[IRI, ClassPropertyUse]]
    class_examples: Mapping[IRI, Mapping[IRI, IRI]]
    meetings: Mapping[Meeting, int]
    linksets: tuple[Linkset, ...]
    examples: tuple[IRI, ...]
    titles: Mapping[IRI, Literal]
    countries: tuple[IRI, ...]
    themes: tuple[Literal, ...]
    languages: tuple[str, ...]
    period: tuple[Literal | None, Literal | None]

    @property
    def vocabularies(self) -> tuple[IRI, ...]:
        """The namespaces of the classes and properties that are used."""
        return tuple(sorted({IRI(namespace_of(term)) for term in (*self.classes, *self.properties)}))


def count(lines: Iterable[bytes], settings: Settings) -> Statistics:
    """Return the statistics of a release whose N-Quads are `lines`.

    The lines can be read twice. They are sorted, each has a named graph, and there are no blank nodes and no
    repetitions. The base of `settings` tells which things are ours.
    """
    tally = _Tally(settings, _Kinds(lines))
    tally.take(lines)
    objects = set[bytes]().union(*(use.objects for use in tally.uses.values()))
    properties, by_class = tally.by_property(), tally.by_class()
    themes, assisted = tally.objects_of(AG.theme), tally.objects_of(AG.country)
    return Statistics(
        triples=sum(tally.graphs.values()),
        entities=tally.entities,
        subjects=tally.subjects,
        objects=len(objects),
        graphs=_by_iri(tally.graphs),
        classes=_by_iri(tally.classes),
        properties={name: _together(uses) for name, uses in _by_iri(properties).items()},
        class_properties={
            name: {term: _class_property(found, tally.kinds) for term, found in properties.items()}
            for name, properties in by_class.items()
        },
        class_examples={
            name: {term: _iri(min(use.first for use in found)) for term, found in properties.items()}
            for name, properties in by_class.items()
        },
        meetings=tally.meetings(),
        linksets=tuple(
            Linkset(_iri(predicate), target.decode(), _together([tally.links[predicate, target]]))
            for predicate, target in sorted(tally.links)
        ),
        examples=tuple(_iri(tally.examples[key]) for key in map(_n3, _EXAMPLES) if key in tally.examples),
        titles={_iri(thing): _literal(label) for thing, label in tally.labels.items() if b"/id/source/" in thing},
        countries=tuple(_iri(name) for name in sorted({tally.countries[c] for c in assisted if c in tally.countries})),
        themes=tuple(sorted(_literal(tally.labels[theme]) for theme in themes if theme in tally.labels)),
        languages=_languages(objects),
        period=_period(tally),
    )


def _n3(iri: IRI) -> bytes:
    return b"<" + iri.encode() + b">"


_NO_CLASS = 0
_TYPE = _n3(RDF.type)


class _Kinds:
    """The things that have classes: `of` has the number of the set of classes of each, `classes` these sets."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        """Read the classes of all things in `lines`."""
        numbers: dict[tuple[bytes, ...], int] = {(): _NO_CLASS}
        self.of: dict[bytes, int] = {}
        last, classes = b"", list[bytes]()
        for line in lines:
            # What has the term for a type may have it inside a literal.
            if _TYPE in line and (found := line.split(b" ", 2))[1] == _TYPE:
                if found[0] != last:
                    last, classes = found[0], []
                classes.append(found[2].rsplit(b" ", 2)[0])
                self.of[last] = numbers.setdefault(tuple(classes), len(numbers))
        self.classes: tuple[tuple[bytes, ...], ...] = tuple(numbers)

    def of_object(self, object_: bytes) -> int | bytes:
        """Return the number of the set of classes of an IRI, or the end of a literal: its tag or datatype, if any."""
        if object_.startswith(b"<"):
            return self.of.get(object_, _NO_CLASS)
        return object_[object_.rindex(b'"') + 1 :]


@dataclass(slots=True)
class _Use:
    """The use of a property while lines are counted: by things of the same classes, or in links to another dataset.

    `kinds` counts triples by what their objects are; see `_Kinds.of_object`. `first` is the first subject.
    """

    triples: int = 0
    subjects: int = 0
    objects: set[bytes] = field(default_factory=set)
    kinds: dict[int | bytes, int] = field(default_factory=dict)
    first: bytes = b""
    last: bytes = b""

    def count(self, subject: bytes, object_: bytes) -> None:
        """Count a triple; those of a subject come together."""
        self.triples += 1
        self.objects.add(object_)
        if self.last != subject:
            self.subjects += 1
            self.first = self.first or subject
            self.last = subject


def _together(uses: Sequence[_Use]) -> PropertyUse:
    """Return the use of a property in all of `uses`, no two of which have a subject in common."""
    objects = uses[0].objects if len(uses) == 1 else set[bytes]().union(*(use.objects for use in uses))
    return PropertyUse(sum(use.triples for use in uses), sum(use.subjects for use in uses), len(objects))


def _class_property(uses: Sequence[_Use], kinds: _Kinds) -> ClassPropertyUse:
    classes: Counter[bytes] = Counter()
    datatypes: Counter[IRI] = Counter()
    for use in uses:
        for kind, triples in use.kinds.items():
            if isinstance(kind, int):
                classes.update(dict.fromkeys(kinds.classes[kind], triples))
            else:
                datatypes[_datatype(kind)] += triples
    return ClassPropertyUse(_together(uses), _by_iri(classes), dict(sorted(datatypes.items())))


def _datatype(end: bytes) -> IRI:
    """Return the datatype of a literal that ends in `end` (RDF 1.1 Concepts, section 3.3)."""
    if end.startswith(b"@"):
        return RDF.langString
    return _iri(end.removeprefix(b"^^")) if end else XSD.string


class _Tally:
    """Counts lines. Terms are bytes, as N-Quads write them; `examples` has the first thing of each class.

    `uses` are by the number of the set of classes of the subject, and the property.

    `labels` are labels of concepts and titles of sources, each in one language; those of the programme come first, in
    their order, then the others. `links` are counted by their property and by the
    namespace they lead into, and `countries` has the IRIs in the EU's list.
    """

    def __init__(self, settings: Settings, kinds: _Kinds) -> None:
        self.kinds = kinds
        self._things = f"<{settings.base}id/".encode()
        concepts = (f"<{CONCEPT}".encode(), f"<{settings.base}concept/".encode())
        self._ours = (self._things, *concepts)
        self._labelled = (*concepts, self._things + b"source/")
        self._languages = tuple(f'"@{tag}'.lower().encode() for tag in settings.programme.languages)
        self._watched: dict[bytes, Callable[[bytes, bytes, bytes], None]]
        self._watched = {_n3(link): self._take_link for link in _LINKS}
        self._watched |= {_n3(RDF.type): self._take_type}
        self._watched |= {_n3(label): self._take_label for label in (SKOS.prefLabel, DCTERMS.title)}
        self._exact_match = _n3(SKOS.exactMatch)
        self.subjects = self.entities = 0
        self.graphs: Counter[bytes] = Counter()
        self.uses: dict[tuple[int, bytes], _Use] = {}
        self.classes: Counter[bytes] = Counter()
        self.examples: dict[bytes, bytes] = {}
        self.labels: dict[bytes, bytes] = {}
        self.links: dict[tuple[bytes, bytes], _Use] = {}
        self.countries: dict[bytes, bytes] = {}

    def take(self, lines: Iterable[bytes]) -> None:
        """Count `lines`."""
        last, kind, of_object = b"", _NO_CLASS, self.kinds.of_object
        for line in lines:
            subject, predicate, rest = line.split(b" ", 2)
            object_, graph, _ = rest.rsplit(b" ", 2)
            self.graphs[graph] += 1
            if subject != last:
                last = subject
                kind = self.kinds.of.get(subject, _NO_CLASS)
                self.subjects += 1
                self.entities += subject.startswith(self._things) and b"#" not in subject
            use = self.uses.get((kind, predicate))
            if use is None:
                use = self.uses[kind, predicate] = _Use()
            use.count(subject, object_)
            what = of_object(object_)
            use.kinds[what] = use.kinds.get(what, 0) + 1
            if predicate in self._watched:
                self._watched[predicate](subject, predicate, object_)

    def objects_of(self, predicate: IRI) -> set[bytes]:
        """Return the different objects of `predicate`."""
        return set[bytes]().union(*(use.objects for use in self.by_property().get(_n3(predicate), ())))

    def by_property(self) -> dict[bytes, list[_Use]]:
        """Return the uses of each property."""
        found: dict[bytes, list[_Use]] = {}
        for (_, predicate), use in self.uses.items():
            found.setdefault(predicate, []).append(use)
        return found

    def meetings(self) -> dict[Meeting, int]:
        """Return the triples of each property by the classes of both their ends."""
        found: Counter[Meeting] = Counter()
        names = [[name[1:-1].decode() for name in classes] or [""] for classes in self.kinds.classes]
        for (subject, predicate), use in self.uses.items():
            for kind, triples in use.kinds.items():
                for pair in product(names[subject], names[kind] if isinstance(kind, int) else [LITERAL]):
                    found[predicate[1:-1].decode(), *pair] += triples
        return found

    def by_class(self) -> dict[IRI, dict[IRI, list[_Use]]]:
        """Return the uses of each property by the things of each class."""
        found: dict[bytes, dict[bytes, list[_Use]]] = {}
        for (kind, predicate), use in self.uses.items():
            for name in self.kinds.classes[kind]:
                found.setdefault(name, {}).setdefault(predicate, []).append(use)
        return {name: _by_iri(properties) for name, properties in _by_iri(found).items()}

    def _take_type(self, subject: bytes, _: bytes, object_: bytes) -> None:
        self.classes[object_] += 1
        self.examples.setdefault(object_, subject)

    def _take_label(self, subject: bytes, _: bytes, object_: bytes) -> None:
        if subject.startswith(self._labelled):
            label = self.labels.setdefault(subject, object_)
            self.labels[subject] = min(label, object_, key=self._rank)

    def _rank(self, label: bytes) -> int:
        """Return the place of the language of `label` among those of the programme; after all for another."""
        tag = label[label.rfind(b'"') :].lower()
        return self._languages.index(tag) if tag in self._languages else len(self._languages)

    def _take_link(self, subject: bytes, predicate: bytes, object_: bytes) -> None:
        if not subject.startswith(self._ours) or object_.startswith(self._ours) or object_[:1] != b"<":
            return
        target = _target(object_)
        self.links.setdefault((predicate, target), _Use()).count(subject, object_)
        if predicate == self._exact_match and target == EU_COUNTRIES.encode():
            self.countries.setdefault(subject, object_)


def _target(object_: bytes) -> bytes:
    """Return the namespace of the dataset that an IRI is of: one we know, or its scheme and authority."""
    iri = object_[1:-1]
    for target in _TARGETS:
        if iri.startswith(target):
            return target
    scheme, colon, rest = iri.partition(b"://")
    return scheme + colon + rest.partition(b"/")[0] + b"/" if colon else iri.partition(b":")[0] + b":"


def _languages(objects: Iterable[bytes]) -> tuple[str, ...]:
    """Return the primary subtags of the languages that literals are tagged with (RFC 5646, section 2.2.1)."""
    tags = {found[1].lower() for term in objects if (found := _LANGUAGE.fullmatch(term, term.rfind(b'"@')))}
    return tuple(sorted(tag.decode() for tag in tags))


def _period(tally: _Tally) -> tuple[Literal | None, Literal | None]:
    starts = map(_literal, tally.objects_of(AG.earliestStart))
    ends = map(_literal, tally.objects_of(AG.latestStart) | tally.objects_of(AG.endDate))
    return min(starts, key=str, default=None), max(ends, key=_last_day, default=None)


def _last_day(date: Literal) -> tuple[str, int]:
    """Return a key to compare dates, months and years by: the last day each can mean, the more precise one first."""
    return str(date) + _LONGEST_DATE[len(date) - len("2014") :], -len(date)


def _by_iri(counted: Mapping[bytes, _T]) -> dict[IRI, _T]:
    return {_iri(name): counted[name] for name in sorted(counted)}


def _literal(term: bytes) -> Literal:
    literal = from_n3(term.decode())
    assert isinstance(literal, Literal)  # noqa: S101 - only called with what begins with a quotation mark
    return literal


def _iri(term: bytes) -> IRI:
    return IRI(term[1:-1].decode())
