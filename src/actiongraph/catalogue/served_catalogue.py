"""The catalogue as it is served: as a release stores it, with the addresses that only the server knows."""

from __future__ import annotations

from rdflib import FOAF, RDF, XSD, Graph, Literal

from actiongraph.catalogue.identifiers import DUMPS, SERVICES, Identifiers
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings, endpoint_of
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import DCAT, IRI, VOID


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
    names, endpoint = Identifiers(settings.base), endpoint_of(settings)
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
        address = _address(names, home, str(distribution))
        graph.add((distribution, DCAT.accessURL, address))
        graph.add((distribution, DCAT.downloadURL, address))
        graph.add((names.dataset, VOID.dataDump, address))
    return graph


def _address(names: Identifiers, home: IRI, distribution: str) -> IRI:
    """Return the address of the file of `distribution`."""
    version, _, key = distribution.removeprefix(names.release("")).partition("#")
    file = next(dump.file for dump in DUMPS if dump.key == key)
    return IRI(f"{home}dumps/{version}/{file}")
