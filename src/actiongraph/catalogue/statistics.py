"""The statistics of a release: the figures of its VoID description and the facts of its catalogue.

One pass over the sorted N-Quads does it. They have the triples of a subject together, and those of a subject with a
property, so that distinct subjects are counted by looking at the line before. Objects are held once for each property
that has them; apart from those, memory grows with the vocabulary and not with the data.

Source: Describing Linked Datasets with the VoID Vocabulary, sections 3 to 5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from rdflib import DCTERMS, OWL, RDF, SKOS, Literal
from rdflib.util import from_n3

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
class Linkset:
    """The links by one property into the dataset whose namespace is `target`."""

    predicate: IRI
    target: str
    use: PropertyUse


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of a release without its catalogue, and the facts that a catalogue gives of its contents.

    `entities` are the things under the base's `id/`, without the parts of a thing. `titles` are those of sources,
    by IRI. `period` is the earliest date at which an action may have started, and the latest at which one is known
    to have started or ended, as precisely as it is known; either may be unknown. `countries` are those that actions
    assisted, by their IRIs in the EU's list.
    """

    triples: int
    entities: int
    subjects: int
    objects: int
    graphs: Mapping[IRI, int]
    classes: Mapping[IRI, int]
    properties: Mapping[IRI, PropertyUse]
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

    The lines are sorted, each has a named graph, and there are no blank nodes and no repetitions. The base of
    `settings` tells which things are ours.
    """
    tally = _Tally(settings)
    tally.take(lines)
    objects = set[bytes]().union(*(use.objects for use in tally.properties.values()))
    themes, assisted = tally.objects_of(AG.theme), tally.objects_of(AG.country)
    return Statistics(
        triples=sum(tally.graphs.values()),
        entities=tally.entities,
        subjects=tally.subjects,
        objects=len(objects),
        graphs=_by_iri(tally.graphs),
        classes=_by_iri(tally.classes),
        properties={name: use.result() for name, use in _by_iri(tally.properties).items()},
        linksets=tuple(
            Linkset(_iri(predicate), target.decode(), tally.links[predicate, target].result())
            for predicate, target in sorted(tally.links)
        ),
        examples=tuple(_iri(tally.examples[key]) for key in map(_n3, _EXAMPLES) if key in tally.examples),
        titles={_iri(thing): _literal(label) for thing, label in tally.labels.items() if b"/id/source/" in thing},
        countries=tuple(_iri(name) for name in sorted({tally.countries[c] for c in assisted if c in tally.countries})),
        themes=tuple(sorted(_literal(tally.labels[theme]) for theme in themes if theme in tally.labels)),
        languages=_languages(objects),
        period=_period(tally),
    )


@dataclass(slots=True)
class _Use:
    """The use of a property, or of links by one into another dataset, while lines are counted."""

    triples: int = 0
    subjects: int = 0
    objects: set[bytes] = field(default_factory=set)
    last: bytes = b""

    def count(self, subject: bytes, object_: bytes) -> None:
        """Count a triple; those of a subject come together."""
        self.triples += 1
        self.objects.add(object_)
        self.subjects += self.last != subject
        self.last = subject

    def result(self) -> PropertyUse:
        return PropertyUse(self.triples, self.subjects, len(self.objects))


class _Tally:
    """Counts lines. Terms are bytes, as N-Quads write them; `examples` has the first thing of each class.

    `labels` are labels of concepts and titles of sources, each in one language; those of the programme come first, in
    their order, then the others. `links` are counted by their property and by the
    namespace they lead into, and `countries` has the IRIs in the EU's list.
    """

    def __init__(self, settings: Settings) -> None:
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
        self.properties: dict[bytes, _Use] = {}
        self.classes: Counter[bytes] = Counter()
        self.examples: dict[bytes, bytes] = {}
        self.labels: dict[bytes, bytes] = {}
        self.links: dict[tuple[bytes, bytes], _Use] = {}
        self.countries: dict[bytes, bytes] = {}

    def take(self, lines: Iterable[bytes]) -> None:
        """Count `lines`."""
        last = b""
        for line in lines:
            subject, predicate, rest = line.split(b" ", 2)
            object_, graph, _ = rest.rsplit(b" ", 2)
            self.graphs[graph] += 1
            if subject != last:
                last = subject
                self.subjects += 1
                self.entities += subject.startswith(self._things) and b"#" not in subject
            use = self.properties.get(predicate)
            if use is None:
                use = self.properties[predicate] = _Use()
            use.count(subject, object_)
            if predicate in self._watched:
                self._watched[predicate](subject, predicate, object_)

    def objects_of(self, predicate: IRI) -> set[bytes]:
        """Return the different objects of `predicate`."""
        use = self.properties.get(_n3(predicate))
        return use.objects if use else set()

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


def _n3(iri: IRI) -> bytes:
    return b"<" + iri.encode() + b">"
