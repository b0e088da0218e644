"""A catalogue as people and small programs read it: figures, files and links, taken from its graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rdflib import DCTERMS, FOAF, RDF, Graph, Literal
from rdflib.term import Node

from actiongraph.catalogue.absent import Absent, absent
from actiongraph.catalogue.identifiers import SERVICES, Names
from actiongraph.catalogue.statistics import EU_COUNTRIES
from actiongraph.chains.names import preferred
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.things.thing import QUERIES
from actiongraph.things.wording import spelled_out
from actiongraph.vocabulary import DCAT, IRI, SPDX, VCARD, VOID


@dataclass(frozen=True, slots=True)
class File:
    """A dump: where it is, how it is written, and how to tell that a copy is whole."""

    title: str
    description: str
    address: str
    media_type: str
    size_bytes: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A class, property or graph with its name and its figures; None where there is no such figure.

    `part` is the fragment of the dataset's name that the figures go by, if they do.
    """

    iri: IRI
    name: str
    count: int
    subjects: int | None = None
    objects: int | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """How many links there are by one property into one other dataset; `part` is as for `Counted`."""

    part: str
    predicate: IRI
    target: str
    space: str
    count: int


@dataclass(frozen=True, slots=True)
class ServiceAt:
    """A service with its address, where it describes itself, and its standard; `part` is as for `Counted`."""

    part: str
    title: str
    address: str
    description: str
    standard: str


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with a name and perhaps an address."""

    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a catalogue says of its dataset, read from the graph as it is served."""

    graph: Graph
    names: Names
    labels: Mapping[IRI, str]

    def text(self, predicate: Node) -> str | None:
        """Return the one value that the dataset has for `predicate`, as text."""
        value = self.graph.value(self.names.dataset, predicate)
        return None if value is None else str(value)

    def figure(self, name: str) -> int:
        """Return a figure of the whole dataset, by its name in VoID, such as `distinctSubjects`."""
        return _number(self.graph, self.names.dataset, VOID[name]) or 0

    @property
    def version(self) -> str:
        """The release."""
        return self.text(DCAT.version) or ""

    @property
    def files(self) -> tuple[File, ...]:
        """The dumps, by title."""
        return tuple(sorted(map(self._file, self._values(DCAT.distribution)), key=lambda file: file.title))

    @property
    def services(self) -> tuple[ServiceAt, ...]:
        """The services of the catalogue, the SPARQL endpoint first."""
        keys = (service.key for service in SERVICES if (self.names.part(service.key), None, None) in self.graph)
        return tuple(map(self._service, keys))

    def _service(self, key: str) -> ServiceAt:
        told = (DCTERMS.title, DCAT.endpointURL, DCAT.endpointDescription, DCTERMS.conformsTo)
        return ServiceAt(key, *(str(self.graph.value(self.names.part(key), predicate)) for predicate in told))

    @property
    def classes(self) -> tuple[Counted, ...]:
        """The classes with their things, those with most first."""
        return self._counted(VOID.classPartition, VOID["class"], VOID.entities)

    @property
    def properties(self) -> tuple[Counted, ...]:
        """The properties with their triples, those with most first."""
        return self._counted(VOID.propertyPartition, VOID.property, VOID.triples)

    @property
    def graphs(self) -> tuple[Counted, ...]:
        """The named graphs with their triples, by name."""
        subsets = [each for each in self._values(VOID.subset) if (each, RDF.type, VOID.Linkset) not in self.graph]
        counted = ((each, _number(self.graph, each, VOID.triples)) for each in subsets)
        found = [Counted(each, str(self.graph.value(each, DCTERMS.title)), count or 0) for each, count in counted]
        return tuple(sorted(found, key=lambda each: each.iri))

    @property
    def links(self) -> tuple[Links, ...]:
        """The links into other datasets, by where they lead."""
        linksets = (each for each in self._values(VOID.subset) if (each, RDF.type, VOID.Linkset) in self.graph)
        return tuple(sorted(map(self._links, linksets), key=lambda each: (each.space, each.predicate)))

    @property
    def countries(self) -> Mapping[IRI, str]:
        """The countries that actions assisted: what the EU's list calls each, and its name."""
        return {each: self.labels.get(each, each.removeprefix(EU_COUNTRIES)) for each in self._values(DCTERMS.spatial)}

    @property
    def keywords(self) -> tuple[str, ...]:
        """What it is about."""
        return tuple(sorted(map(str, self.graph.objects(self.names.dataset, DCAT.keyword))))

    @property
    def period(self) -> tuple[str | None, str | None]:
        """The first and the last date that are known."""
        period = self.graph.value(self.names.dataset, DCTERMS.temporal)
        first, last = (self.graph.value(period, predicate) for predicate in (DCAT.startDate, DCAT.endDate))
        return (None if first is None else str(first)), (None if last is None else str(last))

    @property
    def publisher(self) -> Party | None:
        """Who publishes it, if that is known."""
        return self._party(DCTERMS.publisher, FOAF.name, (FOAF.homepage, FOAF.mbox))

    @property
    def contact(self) -> Party | None:
        """Whom to ask, if that is known."""
        return self._party(DCAT.contactPoint, VCARD.fn, (VCARD.hasEmail, VCARD.hasURL))

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        figures = ("triples", "entities", "classes", "properties", "distinctSubjects", "distinctObjects")
        first, last = self.period
        return {
            "dataset": self.names.dataset,
            "title": self.text(DCTERMS.title),
            "description": self.text(DCTERMS.description),
            "version": self.version,
            "issued": self.text(DCTERMS.issued),
            "modified": self.text(DCTERMS.modified),
            "license": self.text(DCTERMS.license),
            "publisher": asdict(self.publisher) if self.publisher else None,
            "contact": asdict(self.contact) if self.contact else None,
            "period": {"first": first, "last": last},
            "countries": self.countries,
            "keywords": self.keywords,
            "figures": {name: self.figure(name) for name in figures},
            "services": [
                {"title": each.title, "address": each.address, "standard": each.standard} for each in self.services
            ],
            "files": [asdict(each) for each in self.files],
            "graphs": [{"graph": each.iri, "title": each.name, "triples": each.count} for each in self.graphs],
            "classes": [{"class": each.iri, "name": each.name, "things": each.count} for each in self.classes],
            "properties": [
                {"property": each.iri, "name": each.name, "triples": each.count, "subjects": each.subjects,
                 "objects": each.objects} for each in self.properties
            ],
            "links": [
                {"predicate": each.predicate, "target": each.target, "space": each.space, "triples": each.count}
                for each in self.links
            ],
            "absent": [asdict(each) for each in self.absent],
        }  # fmt: skip

    @property
    def absent(self) -> tuple[Absent, ...]:
        """What is not said."""
        return absent(self.graph, self.names)

    def _values(self, predicate: Node) -> list[IRI]:
        found = self.graph.objects(self.names.dataset, predicate)
        return sorted(value for value in found if isinstance(value, IRI))

    def _party(self, role: Node, name: Node, ways: tuple[Node, Node]) -> Party | None:
        somebody = self.graph.value(self.names.dataset, role)
        if somebody is None:
            return None
        address = next((found for way in ways if (found := self.graph.value(somebody, way))), None)
        return Party(str(self.graph.value(somebody, name)), None if address is None else str(address))

    def _file(self, distribution: IRI) -> File:
        def told(predicate: Node) -> str:
            return str(self.graph.value(distribution, predicate) or "")

        checksum = self.graph.value(distribution, SPDX.checksum)
        packed = told(DCAT.compressFormat) or told(DCAT.packageFormat)
        return File(
            title=told(DCTERMS.title),
            description=told(DCTERMS.description),
            address=told(DCAT.downloadURL),
            media_type=(packed or told(DCAT.mediaType)).partition("/media-types/")[2],
            size_bytes=_number(self.graph, distribution, DCAT.byteSize),
            sha256=str(self.graph.value(checksum, SPDX.checksumValue)),
        )

    def _counted(self, part: Node, of: Node, figure: Node) -> tuple[Counted, ...]:
        found = []
        for partition in self._values(part):
            term = self.graph.value(partition, of)
            assert isinstance(term, IRI)  # noqa: S101 - a partition is by one class or property
            subjects, objects = (
                _number(self.graph, partition, each) for each in (VOID.distinctSubjects, VOID.distinctObjects)
            )
            count = _number(self.graph, partition, figure) or 0
            name, fragment = self.labels.get(term) or spelled_out(term), partition.partition("#")[2]
            found.append(Counted(term, name, count, subjects, objects, fragment))
        return tuple(sorted(found, key=lambda each: (-each.count, each.iri)))

    def _links(self, linkset: IRI) -> Links:
        target = self.graph.value(linkset, VOID.objectsTarget)
        space = str(self.graph.value(target, VOID.uriSpace))
        predicate = self.graph.value(linkset, VOID.linkPredicate)
        title = self.graph.value(target, DCTERMS.title)
        count, part = _number(self.graph, linkset, VOID.triples) or 0, linkset.partition("#")[2]
        return Links(part, IRI(str(predicate)), str(title or space), space, count)


def read_stored(engine: Engine, settings: Settings) -> Graph:
    """Return the catalogue as it is stored, to the letter; empty where there is none.

    Raises:
        EngineError: the engine failed.
    """
    stored = Graph(bind_namespaces="none")
    for row in QUERIES.ask(engine, "whole-graph", [Names(settings.base).catalog_graph], settings):
        stored.add((row["subject"], row["predicate"], row["object"]))
    return stored


def labels_of(engine: Engine, catalogue: Graph, settings: Settings) -> Mapping[IRI, str]:
    """Return the English names of the classes, properties and countries that `catalogue` speaks of.

    Raises:
        EngineError: the engine failed.
    """
    terms = {term for predicate in (VOID["class"], VOID.property) for term in catalogue.objects(None, predicate)}
    rows = [*QUERIES.ask(engine, "names", sorted(terms, key=str), settings)]
    rows += QUERIES.ask(
        engine, "same-elsewhere", sorted(set(catalogue.objects(None, DCTERMS.spatial)), key=str), settings
    )
    called: dict[Node, list[Node]] = {}
    for row in rows:
        called.setdefault(row["thing"], []).append(row["name"])
    names = ((IRI(str(term)), preferred(literals)) for term, literals in called.items())
    return {term: name for term, name in names if name is not None}


def _number(graph: Graph, subject: Node, predicate: Node) -> int | None:
    value = graph.value(subject, predicate)
    return int(value) if isinstance(value, Literal) else None
