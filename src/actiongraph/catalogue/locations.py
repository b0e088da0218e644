"""The catalogue as it is served: as a release stores it, with the addresses that only the server knows."""

from __future__ import annotations

from collections.abc import Iterator

from rdflib import FOAF, RDF, XSD, Graph, Literal
from rdflib.term import Node

from actiongraph.catalogue.identifiers import DUMPS, SERVICES, Identifiers
from actiongraph.catalogue.service_description import endpoint_of
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import DCAT, IRI, VOID

_Triple = tuple[IRI, IRI, Node]


def read_stored(engine: Engine, settings: Settings) -> Graph:
    """Return the catalogue as it is stored, to the letter; empty where there is none.

    Raises:
        EngineError: the engine failed.
    """
    stored = Graph(bind_namespaces="none")
    for row in QUERIES.ask(engine, "whole-graph", [Identifiers(settings.base).catalog_graph], settings):
        stored.add((row["subject"], row["predicate"], row["object"]))
    return stored


def served(settings: Settings, stored: Graph) -> Graph:
    """Return the catalogue that is `stored` as it is sent: with where things are found.

    Sizes in bytes are xsd:nonNegativeInteger, as DCAT has it; the store keeps that as xsd:integer.

    Raises:
        SettingsError: `url` is not set.
    """
    graph = Graph(bind_namespaces="none")
    for subject, predicate, value in stored:
        if predicate == DCAT.byteSize:
            value = Literal(str(value), datatype=XSD.nonNegativeInteger)  # noqa: PLW2901 - the same number
        graph.add((subject, predicate, value))
    for triple in locations(settings, stored):
        graph.add(triple)
    return graph


def locations(settings: Settings, stored: Graph) -> Iterator[_Triple]:
    """Yield where the dataset, its files and its endpoint are found, under `settings.url`.

    Raises:
        SettingsError: `url` is not set.
    """
    names, endpoint = Identifiers(settings.base), endpoint_of(settings)
    home = IRI(endpoint.removesuffix("sparql"))
    yield home, RDF.type, FOAF.Document
    yield names.catalog, FOAF.homepage, home
    yield names.dataset, VOID.sparqlEndpoint, endpoint
    for service in SERVICES:
        if (name := names.part(service.key), RDF.type, DCAT.DataService) in stored:
            yield name, DCAT.endpointURL, IRI(home + service.path)
            yield name, DCAT.endpointDescription, IRI(home + service.described_by)
    for dataset in stored.subjects(RDF.type, DCAT.Dataset):
        assert isinstance(dataset, IRI)  # noqa: S101 - a catalogue has no blank nodes
        yield dataset, DCAT.landingPage, home
    for distribution in stored.subjects(RDF.type, DCAT.Distribution):
        assert isinstance(distribution, IRI)  # noqa: S101 - as above
        address = _address(names, home, distribution)
        yield distribution, DCAT.accessURL, address
        yield distribution, DCAT.downloadURL, address
        yield names.dataset, VOID.dataDump, address


def _address(names: Identifiers, home: IRI, distribution: IRI) -> IRI:
    """Return where the file is that `distribution` stands for."""
    version, _, key = distribution.removeprefix(names.release("")).partition("#")
    file = next(dump.file for dump in DUMPS if dump.key == key)
    return IRI(f"{home}dumps/{version}/{file}")
