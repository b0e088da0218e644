"""One pass over the sorted N-Quads of a release: what is counted of them, and the few facts a catalogue tells.

Sorted lines have the triples of a subject together, and those of a subject with a property, so that distinct
subjects are counted by looking at the line before. Objects are held once for each property that has them; apart
from those, what is held grows with the vocabulary and not with the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rdflib import DCTERMS, OWL, RDF, SKOS

from actiongraph.settings import Settings
from actiongraph.vocabulary import CONCEPT, IRI

LINKS = (
    OWL.sameAs, SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch,
)  # fmt: skip
"""Properties whose triples link a thing to one in another dataset."""
EU_COUNTRIES = "http://publications.europa.eu/resource/authority/country/"
TARGETS = {
    EU_COUNTRIES: "Countries, an authority list of the European Union",
    "http://www.wikidata.org/entity/": "Wikidata",
}
"""Datasets that links lead into, by what the names in them begin with."""
_TARGETS = tuple(target.encode() for target in TARGETS)


@dataclass(slots=True)
class Uses:
    """How a property is used, or the links by one into another dataset; `objects` are as N-Quads write them."""

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


class Tally:
    """Counts lines; `settings` tell what the names of things begin with."""

    def __init__(self, settings: Settings) -> None:
        """Begin with nothing."""
        self._things = _start(f"{settings.base}id/")
        self._ours = (self._things, _start(str(CONCEPT)))
        self._watched: dict[bytes, Callable[[bytes, bytes, bytes], None]]
        self._watched = {written(link): self._take_link for link in LINKS}
        self._watched |= {written(RDF.type): self._take_type, written(SKOS.prefLabel): self._take_label}
        self._watched[written(DCTERMS.title)] = self._take_label
        self._exact_match = written(SKOS.exactMatch)
        self._last = b""
        self.triples = self.subjects = self.entities = 0
        self.graphs: Counter[bytes] = Counter()
        self.properties: dict[bytes, Uses] = {}
        self.classes: Counter[bytes] = Counter()
        self.examples: dict[bytes, bytes] = {}
        """Of each class, the first thing in the order of the lines."""
        self.labels: dict[bytes, bytes] = {}
        """English labels of concepts, and titles of sources."""
        self.links: dict[tuple[bytes, bytes], Uses] = {}
        """By property, and by what the names in the other dataset begin with."""
        self.countries: dict[bytes, bytes] = {}
        """The names of countries in the EU's list."""

    def take(self, lines: Iterable[bytes]) -> None:
        """Count `lines`, which are N-Quads with named graphs, sorted, without blank nodes and repetitions."""
        for line in lines:
            subject, predicate, rest = line.split(b" ", 2)
            object_, graph, _ = rest.rsplit(b" ", 2)
            self.graphs[graph] += 1
            if subject != self._last:
                self._take_subject(subject)
            uses = self.properties.get(predicate)
            if uses is None:
                uses = self.properties[predicate] = Uses()
            uses.count(subject, object_)
            if predicate in self._watched:
                self._watched[predicate](subject, predicate, object_)
        self.triples = sum(self.graphs.values())

    def _take_subject(self, subject: bytes) -> None:
        self._last = subject
        self.subjects += 1
        self.entities += subject.startswith(self._things) and b"#" not in subject

    def _take_type(self, subject: bytes, _: bytes, object_: bytes) -> None:
        self.classes[object_] += 1
        self.examples.setdefault(object_, subject)

    def _take_label(self, subject: bytes, _: bytes, object_: bytes) -> None:
        if object_.endswith(b'"@en') and subject.startswith((self._ours[1], self._things + b"source/")):
            self.labels.setdefault(subject, object_)

    def _take_link(self, subject: bytes, predicate: bytes, object_: bytes) -> None:
        if not subject.startswith(self._ours) or object_.startswith(self._ours) or object_[:1] != b"<":
            return
        uses = self.links.setdefault((predicate, _target(object_)), Uses())
        uses.count(subject, object_)
        if predicate == self._exact_match and object_.startswith(_start(EU_COUNTRIES)):
            self.countries.setdefault(subject, object_)


def _start(iri: str) -> bytes:
    return b"<" + iri.encode()


def written(iri: IRI) -> bytes:
    """Return `iri` as N-Quads write it."""
    return b"<" + iri.encode() + b">"


def _target(object_: bytes) -> bytes:
    """Return what the names in the dataset of an IRI begin with: one we know, or its scheme and authority."""
    iri = object_[1:-1]
    for target in _TARGETS:
        if iri.startswith(target):
            return target
    scheme, colon, rest = iri.partition(b"://")
    return scheme + colon + rest.partition(b"/")[0] + b"/" if colon else iri.partition(b":")[0] + b":"
