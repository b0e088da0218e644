"""The catalogue as it is served: with the addresses that only the server knows, and as people and programs read it.

They read one document, of which the page and schema.org's terms are made. It is read from the graph of the catalogue,
since all that is left of an old release is that graph.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from rdflib import DCTERMS, FOAF, RDF, RDFS, XSD, Graph, Literal
from rdflib.term import Node

from actiongraph.catalogue.identifiers import DUMPS, SERVICES, Identifiers, Service
from actiongraph.catalogue.statistics import EU_COUNTRIES
from actiongraph.engine.base import Engine
from actiongraph.publication import UNPACKED
from actiongraph.settings import Settings
from actiongraph.things.citation import bibtex_entry, day_of
from actiongraph.things.schema_org import CONTEXT
from actiongraph.things.thing import QUERIES, names_of
from actiongraph.things.wording import spelled_out
from actiongraph.vocabulary import DCAT, IRI, SPDX, VCARD, VOID, VOID_EXT

_SHIPPED = "shipped"
"""The data are those shipped, whose licence is known."""
_USE: Mapping[str, IRI] = {"triples": VOID.triples, "subjects": VOID.distinctSubjects, "objects": VOID.distinctObjects}
_KINDS: Mapping[str, IRI] = {"class": VOID["class"], "property": VOID.property, "datatype": VOID_EXT.datatype}
"""The property that says by which term a part was chosen."""
_FIGURES = ("triples", "entities", "classes", "properties", "distinctSubjects", "distinctObjects")


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that the catalogue does not say; `option` of `actiongraph build` and `serve` would add it, if any."""

    what: str
    why: str
    option: str | None = None


_METADATA = {
    "publisher": Absent("Publisher", "The publisher is not stated.", "--publisher 'NAME <ADDRESS>'"),
    "contact": Absent("Contact", "No contact is stated.", "--contact 'NAME <mailto:ADDRESS>'"),
    "license": Absent("Licence", "The licence of these data is not stated.", "--license IRI"),
}
_EXPECTED: tuple[tuple[Node, Absent], ...] = (
    (DCTERMS.publisher, _METADATA["publisher"]),
    (DCAT.contactPoint, _METADATA["contact"]),
    (DCTERMS.license, _METADATA["license"]),
    (DCTERMS.spatial, Absent("Places", "No action has a country in the EU's list of countries.")),
    (DCTERMS.temporal, Absent("Period", "No action has a date.")),
    (DCAT.theme, Absent("Theme", "No action has a theme.")),
    (DCTERMS.issued, Absent("First issue", "The date of the first release is no longer known.")),
)
_PROMISES = (
    Absent("Update frequency", "The program cannot promise this."),
    Absent("Availability of the files", "The program cannot promise this; old releases are deleted."),
    Absent("Access", "The program does not know who can reach this server."),
)


def missing_metadata(given: Collection[str]) -> tuple[Absent, ...]:
    """Return the metadata that nobody has given; `given` are the names of what was, see `Settings.metadata`."""
    known = {*given, "license"} if _SHIPPED in given else given
    return tuple(absent for name, absent in _METADATA.items() if name not in known)


def read_stored(engine: Engine, settings: Settings, *, in_brief: bool = False) -> Graph:
    """Return the catalogue as it is stored, to the letter; empty where there is none.

    It is `in_brief` without how the data divide by class, property and datatype, which is most of it.

    Raises:
        EngineError: the engine failed.
    """
    stored = Graph(bind_namespaces="none")
    query = "graph-in-brief" if in_brief else "whole-graph"
    for row in QUERIES.ask(engine, query, [Identifiers(settings.base).catalog_graph], settings):
        stored.add((row["subject"], row["predicate"], row["object"]))
    return stored


def served(settings: Settings, stored: Graph) -> Graph:
    """Return the catalogue that is `stored` with the addresses, under `settings.url`, of what it describes.

    Sizes in bytes are xsd:nonNegativeInteger, as DCAT has it; the store keeps that as xsd:integer.

    Raises:
        SettingsError: `url` is not set.
    """
    graph = Graph(bind_namespaces="none")
    for subject, predicate, value in stored:
        if predicate == DCAT.byteSize:
            value = Literal(str(value), datatype=XSD.nonNegativeInteger)  # noqa: PLW2901 - the same number
        graph.add((subject, predicate, value))
    names, endpoint = Identifiers(settings.base), settings.endpoint
    home = IRI(endpoint.removesuffix("sparql"))
    graph.add((home, RDF.type, FOAF.Document))
    graph.add((names.catalog, FOAF.homepage, home))
    graph.add((names.dataset, VOID.sparqlEndpoint, endpoint))
    for service in SERVICES:
        if (name := names.part(service.key), RDF.type, DCAT.DataService) in stored:
            graph.add((name, DCAT.endpointURL, IRI(home + service.path)))
            graph.add((name, DCAT.endpointDescription, IRI(home + service.described_by)))
    for dataset in stored.subjects(RDF.type, DCAT.Dataset):
        graph.add((dataset, DCAT.landingPage, home))
    for distribution in stored.subjects(RDF.type, DCAT.Distribution):
        address = home + _path(names, str(distribution))
        graph.add((distribution, DCAT.accessURL, address))
        graph.add((distribution, DCAT.downloadURL, address))
        folder, _, file = address.rpartition("/")
        for plain in (plain for plain, packed in UNPACKED.items() if packed == file):
            graph.add((names.dataset, VOID.dataDump, IRI(f"{folder}/{plain}")))
    return graph


def _path(names: Identifiers, distribution: str) -> str:
    """Return the path, below the url, of the file of `distribution`."""
    version, _, key = distribution.removeprefix(names.release("")).partition("#")
    file = next(dump.file for dump in DUMPS if dump.key == key)
    return f"dumps/{version}/{file}"


def read_contents(engine: Engine, catalogue: Graph, settings: Settings) -> dict[str, Any]:
    """Return the document of the dataset in `catalogue`, which is the graph as it is stored.

    The names of classes, properties and countries come from `engine`. Addresses of the server that will serve it are
    below its url, which `located` puts before them.

    Raises:
        EngineError: the engine failed.
    """
    identifiers, labels = Identifiers(settings.base), _labels(engine, catalogue, settings)
    dataset = _Resource(catalogue, identifiers.dataset)
    period, subsets = dataset.at(DCTERMS.temporal), dataset.all(VOID.subset)
    linksets = [subset for subset in subsets if (subset.node, RDF.type, VOID.Linkset) in catalogue]
    services = [service for service in SERVICES if (identifiers.part(service.key), None, None) in catalogue]
    unsaid = (absent for predicate, absent in _EXPECTED if dataset.text(predicate) is None)
    return {
        "dataset": identifiers.dataset,
        "title": _in_first_language(dataset, DCTERMS.title, settings),
        "description": _in_first_language(dataset, DCTERMS.description, settings),
        "version": dataset.text(DCAT.version) or "",
        "issued": dataset.text(DCTERMS.issued),
        "modified": dataset.text(DCTERMS.modified),
        "license": dataset.text(DCTERMS.license),
        "rights": _in_first_language(dataset.at(DCTERMS.rights), RDFS.label, settings),
        "publisher": _party(dataset.at(DCTERMS.publisher), FOAF.name, FOAF.homepage, FOAF.mbox),
        "contact": _party(dataset.at(DCAT.contactPoint), VCARD.fn, VCARD.hasEmail, VCARD.hasURL),
        "period": {"first": period.text(DCAT.startDate), "last": period.text(DCAT.endDate)},
        "countries": {
            country: labels.get(country, country.removeprefix(EU_COUNTRIES))
            for country in dataset.iris(DCTERMS.spatial)
        },
        "keywords": sorted(map(str, catalogue.objects(dataset.node, DCAT.keyword))),
        "figures": {name: dataset.number(VOID[name]) or 0 for name in _FIGURES},
        "services": [
            {
                "title": str(described.text(DCTERMS.title)),
                "address": service.path,
                "standard": str(described.text(DCTERMS.conformsTo)),
            }
            for service in services
            for described in [_Resource(catalogue, identifiers.part(service.key))]
        ],
        "files": sorted((_file(each, identifiers) for each in dataset.all(DCAT.distribution)), key=itemgetter("title")),
        "graphs": [
            {"graph": each.node, "title": str(each.text(DCTERMS.title)), "triples": each.number(VOID.triples) or 0}
            for each in subsets
            if each not in linksets
        ],
        "classes": _partitions(dataset, labels, "class", VOID.classPartition, things=VOID.entities),
        "properties": _partitions(dataset, labels, "property", VOID.propertyPartition, **_USE),
        "class_properties": _class_properties(dataset, labels),
        "links": sorted(map(_links, linksets), key=itemgetter("space", "predicate")),
        "absent": [asdict(absent) for absent in (*unsaid, *_PROMISES)],
    }


def located(contents: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Return the document `contents` with whole addresses, under `settings.url`, of its services and files.

    Raises:
        SettingsError: `url` is not set.
    """
    home = settings.endpoint.removesuffix("sparql")
    places = ("services", "files")
    return {**contents} | {
        name: [each | {"address": home + each["address"]} for each in contents[name]] for name in places
    }


def services_of(contents: Mapping[str, Any]) -> list[Service]:
    """Return the services in the document `contents`, which is not `located`, the SPARQL endpoint first."""
    paths = {each["address"] for each in contents["services"]}
    return [service for service in SERVICES if service.path in paths]


@dataclass(frozen=True, slots=True)
class _Resource:
    """A node of the graph with its values; None has none."""

    graph: Graph
    node: Node | None

    def at(self, predicate: Node) -> _Resource:
        return _Resource(self.graph, self.graph.value(self.node, predicate))

    def iris(self, predicate: Node) -> list[IRI]:
        return sorted(node for node in self.graph.objects(self.node, predicate) if isinstance(node, IRI))

    def all(self, predicate: Node) -> list[_Resource]:
        return [_Resource(self.graph, iri) for iri in self.iris(predicate)]

    def text(self, predicate: Node) -> str | None:
        value = self.at(predicate).node
        return None if value is None else str(value)

    def number(self, predicate: Node) -> int | None:
        value = self.at(predicate).node
        return int(value) if isinstance(value, Literal) else None


def _in_first_language(resource: _Resource, predicate: Node, settings: Settings) -> str | None:
    """Return the text in the first of the programme's languages that it is in; None if there is none."""
    if resource.node is None:
        return None
    languages = settings.programme.languages
    found = resource.graph.objects(resource.node, predicate)
    texts = {text.language or "": str(text) for text in found if isinstance(text, Literal)}
    return min(texts.items(), key=lambda each: (*(each[0] != tag for tag in languages), each), default=(None, None))[1]


def _party(somebody: _Resource, name: Node, *ways: Node) -> dict[str, str | None] | None:
    if somebody.node is None:
        return None
    return {"name": str(somebody.text(name)), "address": next(filter(None, map(somebody.text, ways)), None)}


def _file(distribution: _Resource, names: Identifiers) -> dict[str, Any]:
    compressed = distribution.text(DCAT.compressFormat) or distribution.text(DCAT.packageFormat)
    media_type = compressed or distribution.text(DCAT.mediaType) or ""
    return {
        "title": distribution.text(DCTERMS.title) or "",
        "description": distribution.text(DCTERMS.description) or "",
        "address": _path(names, str(distribution.node)),
        "media_type": media_type.partition("/media-types/")[2],
        "size_bytes": distribution.number(DCAT.byteSize),
        "sha256": str(distribution.at(SPDX.checksum).text(SPDX.checksumValue)),
    }


def _partitions(
    whole: _Resource, labels: Mapping[Node, str], kind: str, partition: IRI, **figures: IRI
) -> list[dict[str, Any]]:
    """Return the terms of a `kind` that `whole` is partitioned by, with `figures`, most of the first one first."""
    rows = [_partition(part, labels, kind, **figures) for part in whole.all(partition)]
    return sorted(rows, key=lambda row: (-row[next(iter(figures))], row[kind]))


def _partition(part: _Resource, labels: Mapping[Node, str], kind: str, **figures: IRI) -> dict[str, Any]:
    term = IRI(str(part.at(_KINDS[kind]).node))
    name = labels.get(term) or spelled_out(term)
    return {kind: term, "name": name} | {key: part.number(figure) or 0 for key, figure in figures.items()}


def _class_properties(dataset: _Resource, labels: Mapping[Node, str]) -> list[dict[str, Any]]:
    """Return each property of each class with its figures, and the classes and datatypes of its values."""
    return [
        {
            "class": whole.at(VOID["class"]).node,
            **_partition(part, labels, "property", **_USE),
            "values": [
                *_partitions(part, labels, "class", VOID.classPartition, triples=VOID.triples),
                *_partitions(part, labels, "datatype", VOID_EXT.datatypePartition, triples=VOID.triples),
            ],
        }
        for whole in dataset.all(VOID.classPartition)
        for part in whole.all(VOID.propertyPartition)
    ]


def _links(linkset: _Resource) -> dict[str, Any]:
    target = linkset.at(VOID.objectsTarget)
    space = str(target.text(VOID.uriSpace))
    return {
        "predicate": str(linkset.text(VOID.linkPredicate)),
        "target": target.text(DCTERMS.title) or space,
        "space": space,
        "triples": linkset.number(VOID.triples) or 0,
    }


def _labels(engine: Engine, catalogue: Graph, settings: Settings) -> Mapping[Node, str]:
    """Return the names to show of the classes, properties and countries that `catalogue` speaks of."""
    terms = {term for predicate in _KINDS.values() for term in catalogue.objects(None, predicate)}
    countries = set(catalogue.objects(None, DCTERMS.spatial))
    return names_of(engine, terms, settings) | names_of(engine, countries, settings, query="same-elsewhere")


def cite_dataset(contents: Mapping[str, Any], page: str) -> dict[str, str]:
    """Return the citation of the dataset of `contents`, as a sentence (`text`) and as an entry of `bibtex`.

    `page` is the address of the page about it. What is not known, such as a publisher, is left out.
    """
    publisher, modified = contents["publisher"], datetime.fromisoformat(contents["modified"])
    release, name = f"Release {contents['version']}", publisher["name"] if publisher else None
    told = (contents["title"], name, f"{release}, {day_of(modified)}", contents["license"])
    fields = {
        "title": contents["title"],
        "author": name,
        "year": str(modified.year),
        "howpublished": "Dataset",
        "note": "; ".join(filter(None, (release, contents["dataset"], contents["license"]))),
        "url": page,
    }
    return {
        "text": f"{'. '.join(filter(None, told))}. {contents['dataset']}",
        "bibtex": bibtex_entry(f"dataset-{contents['version']}", fields),
    }


def dataset_in_schema(contents: Mapping[str, Any], page: str) -> dict[str, Any]:
    """Return the dataset in the terms of schema.org, as JSON-LD for search engines; what is not known is absent.

    `page` is the address of the page about it.
    """
    publisher, first, last = contents["publisher"], contents["period"]["first"], contents["period"]["last"]
    said = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": contents["dataset"],
        "name": contents["title"],
        "description": contents["description"],
        "url": page,
        "identifier": contents["dataset"],
        "version": contents["version"],
        "dateModified": contents["modified"],
        "datePublished": contents["issued"],
        "license": contents["license"],
        "isAccessibleForFree": True,  # whoever reaches the server is answered; it knows no payment
        "keywords": contents["keywords"],
        # An interval as ISO 8601 writes it; an open end is two dots.
        "temporalCoverage": f"{first or '..'}/{last or '..'}" if first or last else None,
        "spatialCoverage": [
            {"@type": "Country", "name": name, "sameAs": iri} for iri, name in contents["countries"].items()
        ],
        "distribution": [_download(file) for file in contents["files"]],
        "publisher": publisher and _organization(publisher["name"], publisher["address"] or ""),
    }
    return {name: value for name, value in said.items() if value not in (None, [])}


def _download(file: Mapping[str, Any]) -> dict[str, Any]:
    size = {} if file["size_bytes"] is None else {"contentSize": f"{file['size_bytes']} B"}
    return {
        "@type": "DataDownload",
        "name": file["title"],
        "description": file["description"],
        "contentUrl": file["address"],
        "encodingFormat": file["media_type"],
        **size,
        "sha256": file["sha256"],
    }


def _organization(name: str, address: str) -> dict[str, str]:
    way = "email" if address.startswith("mailto:") else "url"
    return {"@type": "Organization", "name": name} | ({way: address.removeprefix("mailto:")} if address else {})
