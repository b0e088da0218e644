"""The statistics of a release: the figures of its VoID description and the facts of its catalogue.

One pass over the sorted N-Quads counts: the lines have the triples of a subject together. Things have few different
sets of classes: triples are counted by the set of their subject, their property and the set of their object, and what
holds of a class is summed up in the end. Which objects are different, and what classes they have, is known only when
all lines are read: they are put apart by their hash, on disk if need be, and looked at part by part. So memory grows
with the vocabulary and hardly with the data.

Source: Describing Linked Datasets with the VoID Vocabulary, sections 3 to 5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, product
from operator import itemgetter
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from rdflib import DCTERMS, OWL, RDF, SKOS, XSD, Literal
from rdflib.util import from_n3

from actiongraph.engine.nquads import split_quads
from actiongraph.index.term_index import LITERAL, Meeting
from actiongraph.iris import namespace_of
from actiongraph.settings import Settings
from actiongraph.sorted_lines import LinesApart
from actiongraph.vocabulary import AG, CONCEPT, IRI

_T = TypeVar("_T")
_LANGUAGE = re.compile(rb"@([A-Za-z]+)[A-Za-z0-9-]*")
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
_KNOWN_BY_OBJECTS = (AG.theme, AG.country, AG.earliestStart, AG.latestStart, AG.endDate)
"""Properties whose objects are few."""
_PARTS = 64
_HELD_OBJECTS = 200_000
"""Objects of uses that are held before they are put apart: many come again soon."""


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


def count(texts: Iterable[bytes], settings: Settings, folder: Path | None = None) -> Statistics:
    """Return the statistics of a release whose N-Quads are in `texts`, each of which has whole subjects.

    The lines are sorted, each has a named graph, and there are no blank nodes and no repetitions. The base of
    `settings` tells which things are ours. What does not fit into memory is put into `folder`; without one, all is held
    in memory.

    Raises:
        OSError: the folder cannot be written.
    """
    objects = _Objects(folder)
    tally = _Tally(settings, objects)
    tally.take(texts)
    objects.settle()
    properties, by_class = tally.by_property(), tally.by_class()
    return Statistics(
        triples=sum(tally.graphs.values()),
        entities=tally.entities,
        subjects=tally.subjects,
        objects=objects.different(),
        graphs=_by_iri(tally.graphs),
        classes=_by_iri(tally.classes),
        properties={name: objects.together(uses) for name, uses in _by_iri(properties).items()},
        class_properties={
            name: {term: tally.class_property(found) for term, found in properties.items()}
            for name, properties in by_class.items()
        },
        class_examples={
            name: {term: _iri(min(use.first for use in found)) for term, found in properties.items()}
            for name, properties in by_class.items()
        },
        meetings=tally.meetings(),
        linksets=tuple(
            Linkset(_iri(predicate), target.decode(), objects.together([tally.links[predicate, target]]))
            for predicate, target in sorted(tally.links)
        ),
        examples=tuple(_iri(tally.examples[key]) for key in map(_n3, _EXAMPLES) if key in tally.examples),
        titles={_iri(thing): _literal(label) for thing, label in tally.labels.items() if b"/id/source/" in thing},
        countries=tuple(_iri(name) for name in tally.assisted()),
        themes=tuple(
            sorted(_literal(tally.labels[theme]) for theme in tally.objects_of(AG.theme) if theme in tally.labels)
        ),
        languages=_languages(objects.uses),
        period=_period(tally),
    )


def _n3(iri: IRI) -> bytes:
    return b"<" + iri.encode() + b">"


_NO_CLASS = 0
_TYPE = _n3(RDF.type)


@dataclass(slots=True)
class _Use:
    """The use of a property by things of the same classes, or in links to another dataset; `number` tells uses apart.

    `kinds` counts triples by what their objects are: the number of the set of classes of a thing, or the end of a
    literal, its tag or datatype, if any. `first` is the first subject.
    """

    number: int
    triples: int = 0
    subjects: int = 0
    kinds: dict[int | bytes, int] = field(default_factory=dict)
    first: bytes = b""
    last: bytes = b""

    def count(self, subject: bytes) -> None:
        """Count a triple; those of a subject come together."""
        self.triples += 1
        if self.last != subject:
            self.subjects += 1
            self.first = self.first or subject
            self.last = subject


class _Objects:
    """The objects of uses, counted in the end: which are different, and which classes they have."""

    def __init__(self, folder: Path | None) -> None:
        self.uses: list[_Use] = []
        self._parts = 1 if folder is None else _PARTS
        self._apart = LinesApart(folder)
        self._held: Counter[tuple[int, bytes]] = Counter()
        self._used_in: Counter[tuple[int, ...]] = Counter()
        """The number of different objects by the numbers of the uses that they are in."""

    def new_use(self) -> _Use:
        """Return a use of which nothing is counted yet."""
        self.uses.append(_Use(len(self.uses)))
        return self.uses[-1]

    def add(self, used: Iterable[tuple[int, bytes]]) -> None:
        """Count objects, each with the number of the use that it is in."""
        self._held.update(used)
        if len(self._held) >= _HELD_OBJECTS:
            self._put_aside()

    def add_kind(self, thing: bytes, kind: int) -> None:
        """Take the number of the set of classes of a thing."""
        self._put(thing, b"%d %b\n" % (kind, thing))

    def _put_aside(self) -> None:
        for (use, object_), triples in self._held.items():
            self._put(object_, b"%d %d %b\n" % (triples, use, object_))
        self._held.clear()

    def _put(self, term: bytes, line: bytes) -> None:
        self._apart.add(b"%d" % (crc32(term) % self._parts), line)

    def settle(self) -> None:
        """Count what was added."""
        self._put_aside()
        for part in self._apart:
            uses: dict[bytes, list[tuple[int, int]]] = {}
            kinds: dict[bytes, int] = {}
            for text in self._apart.texts(part):
                for line in text.splitlines():
                    number, _, rest = line.partition(b" ")
                    if rest.startswith(b"<"):
                        kinds[rest] = int(number)
                        continue
                    use, _, object_ = rest.partition(b" ")
                    uses.setdefault(object_, []).append((int(use), int(number)))
            for object_, found in uses.items():
                what = kinds.get(object_, _NO_CLASS) if object_[:1] == b"<" else object_[object_.rindex(b'"') + 1 :]
                for use_number, triples in found:
                    counted = self.uses[use_number].kinds
                    counted[what] = counted.get(what, 0) + triples
                self._used_in[tuple(sorted({use_number for use_number, _ in found}))] += 1

    def different(self) -> int:
        """Return the number of different objects."""
        return self._used_in.total()

    def together(self, uses: Sequence[_Use]) -> PropertyUse:
        """Return the use of a property in all of `uses`, no two of which have a subject in common."""
        numbers = {use.number for use in uses}
        objects = sum(count for used_in, count in self._used_in.items() if not numbers.isdisjoint(used_in))
        return PropertyUse(sum(use.triples for use in uses), sum(use.subjects for use in uses), objects)


def _datatype(end: bytes) -> IRI:
    """Return the datatype of a literal that ends in `end` (RDF 1.1 Concepts, section 3.3)."""
    if end.startswith(b"@"):
        return RDF.langString
    return _iri(end.removeprefix(b"^^")) if end else XSD.string


class _Tally:
    """Counts lines. Terms are bytes, as N-Quads write them; `examples` has the first thing of each class.

    `uses` are by the number of the set of classes of the subject, and the property; `kinds` are these sets.

    `labels` are labels of concepts and titles of sources, each in one language; those of the programme come first, in
    their order, then the others. `links` are counted by their property and by the
    namespace they lead into, and `countries` has the IRIs in the EU's list.
    """

    def __init__(self, settings: Settings, objects: _Objects) -> None:
        self._objects = objects
        self._things = f"<{settings.base}id/".encode()
        concepts = (f"<{CONCEPT}".encode(), f"<{settings.base}concept/".encode())
        self._ours = (self._things, *concepts)
        self._labelled = (*concepts, self._things + b"source/")
        self._languages = tuple(f'"@{tag}'.lower().encode() for tag in settings.programme.languages)
        self._watched: dict[bytes, Callable[[bytes, bytes, bytes], None]]
        self._watched = {_n3(link): self._take_link for link in _LINKS}
        self._watched |= {_n3(RDF.type): self._take_type}
        self._watched |= {_n3(label): self._take_label for label in (SKOS.prefLabel, DCTERMS.title)}
        self._watched |= {_n3(each): self._take_object for each in _KNOWN_BY_OBJECTS}
        self._exact_match = _n3(SKOS.exactMatch)
        self.subjects = self.entities = 0
        self.graphs: Counter[bytes] = Counter()
        self.kinds: dict[tuple[bytes, ...], int] = {(): _NO_CLASS}
        self.uses: dict[tuple[int, bytes], _Use] = {}
        self._of_kind: dict[int, dict[bytes, _Use]] = {}
        self.classes: Counter[bytes] = Counter()
        self.examples: dict[bytes, bytes] = {}
        self.labels: dict[bytes, bytes] = {}
        self.links: dict[tuple[bytes, bytes], _Use] = {}
        self.countries: dict[bytes, bytes] = {}
        self._found: dict[bytes, set[bytes]] = {_n3(each): set() for each in _KNOWN_BY_OBJECTS}

    def take(self, texts: Iterable[bytes]) -> None:
        """Count the lines of `texts`, each of which has whole subjects."""
        for text in texts:
            quads = split_quads(text)
            self.graphs.update([quad[3] for quad in quads])
            used: list[tuple[int, bytes]] = []
            for subject, own in groupby(quads, key=itemgetter(0)):
                used += self._take_subject(subject, list(own))
            self._objects.add(used)

    def _take_subject(
        self, subject: bytes, quads: Sequence[tuple[bytes, bytes, bytes, bytes]]
    ) -> list[tuple[int, bytes]]:
        """Count the quads of a subject, and return their objects, each with the number of its use."""
        classes = tuple([quad[2] for quad in quads if quad[1] == _TYPE])
        kind = self.kinds.setdefault(classes, len(self.kinds))
        if kind:
            self._objects.add_kind(subject, kind)
        self.subjects += 1
        self.entities += subject.startswith(self._things) and b"#" not in subject
        of_kind = self._of_kind.setdefault(kind, {})
        used = []
        last, use = b"", _Use(0)
        for _, predicate, object_, _ in quads:
            if predicate != last:  # those of a property stand together
                use = of_kind.get(predicate) or self._new_use(kind, predicate, subject)
                use.subjects += 1
                last = predicate
            use.triples += 1
            used.append((use.number, object_))
            if predicate in self._watched:
                self._watched[predicate](subject, predicate, object_)
        return used

    def _new_use(self, kind: int, predicate: bytes, first: bytes) -> _Use:
        use = self._of_kind[kind][predicate] = self.uses[kind, predicate] = self._objects.new_use()
        use.first = first
        return use

    def objects_of(self, predicate: IRI) -> set[bytes]:
        """Return the different objects of `predicate`, one of those that are known by their objects."""
        return self._found[_n3(predicate)]

    def assisted(self) -> list[bytes]:
        """Return the countries that actions assisted, by their IRIs in the EU's list, in order."""
        return sorted({self.countries[c] for c in self.objects_of(AG.country) if c in self.countries})

    def by_property(self) -> dict[bytes, list[_Use]]:
        """Return the uses of each property."""
        found: dict[bytes, list[_Use]] = {}
        for (_, predicate), use in self.uses.items():
            found.setdefault(predicate, []).append(use)
        return found

    def meetings(self) -> dict[Meeting, int]:
        """Return the triples of each property by the classes of both their ends."""
        found: Counter[Meeting] = Counter()
        names = [[name[1:-1].decode() for name in classes] or [""] for classes in self.kinds]
        for (subject, predicate), use in self.uses.items():
            for kind, triples in use.kinds.items():
                for pair in product(names[subject], names[kind] if isinstance(kind, int) else [LITERAL]):
                    found[predicate[1:-1].decode(), *pair] += triples
        return found

    def by_class(self) -> dict[IRI, dict[IRI, list[_Use]]]:
        """Return the uses of each property by the things of each class."""
        found: dict[bytes, dict[bytes, list[_Use]]] = {}
        kinds = list(self.kinds)
        for (kind, predicate), use in self.uses.items():
            for name in kinds[kind]:
                found.setdefault(name, {}).setdefault(predicate, []).append(use)
        return {name: _by_iri(properties) for name, properties in _by_iri(found).items()}

    def class_property(self, uses: Sequence[_Use]) -> ClassPropertyUse:
        """Return the use of a property by the things of a class."""
        classes: Counter[bytes] = Counter()
        datatypes: Counter[IRI] = Counter()
        kinds = list(self.kinds)
        for use in uses:
            for kind, triples in use.kinds.items():
                if isinstance(kind, int):
                    classes.update(dict.fromkeys(kinds[kind], triples))
                else:
                    datatypes[_datatype(kind)] += triples
        return ClassPropertyUse(self._objects.together(uses), _by_iri(classes), dict(sorted(datatypes.items())))

    def _take_type(self, subject: bytes, _: bytes, object_: bytes) -> None:
        self.classes[object_] += 1
        self.examples.setdefault(object_, subject)

    def _take_object(self, _: bytes, predicate: bytes, object_: bytes) -> None:
        self._found[predicate].add(object_)

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
        use = self.links.get((predicate, target))
        if use is None:
            use = self.links[predicate, target] = self._objects.new_use()
        use.count(subject)
        self._objects.add([(use.number, object_)])
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


def _languages(uses: Iterable[_Use]) -> tuple[str, ...]:
    """Return the primary subtags of the languages that literals are tagged with (RFC 5646, section 2.2.1)."""
    ends = {end for use in uses for end in use.kinds if isinstance(end, bytes)}
    tags = {found[1].lower() for end in ends if (found := _LANGUAGE.fullmatch(end))}
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
