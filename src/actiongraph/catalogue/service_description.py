"""The service description: what the endpoint can do, and which graphs it answers from.

Source: SPARQL 1.1 Service Description, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from rdflib import DCTERMS, RDF, Graph, Literal

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.errors import SettingsError
from actiongraph.formats import Result
from actiongraph.settings import Settings
from actiongraph.vocabulary import DCAT, IRI, SD, VOID


def endpoint_of(settings: Settings) -> IRI:
    """Return the address of the endpoint, as clients reach it.

    Raises:
        SettingsError: `url` is not set, so nobody knows where clients find the server.
    """
    if settings.url is None:
        raise SettingsError(
            "url is not set: give the address that clients reach the server at, such as http://127.0.0.1:8000/."
        )
    return IRI(settings.url.rstrip("/") + "/sparql")


def service_description(
    settings: Settings, graphs: Mapping[IRI, int], *, version: str | None, union_default: bool
) -> Graph:
    """Return the description of the endpoint that answers from the release `version`, without blank nodes.

    `version` is None where files are served. `graphs` maps each named graph to its number of triples; `union_default`
    tells whether the default graph is the union of them.

    Only what is done is described: no sd:BasicFederatedQuery, because SERVICE is refused, no sd:DereferencesURIs,
    because nothing is ever fetched, and no extension functions, for there are none. Triples are counted where the
    count is known. Of a release, service, dataset and graphs are called as in its catalogue.

    Raises:
        SettingsError: `url` is not set.
    """
    endpoint = endpoint_of(settings)
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in (("sd", SD), ("void", VOID), ("dcat", DCAT), ("dcterms", DCTERMS)):
        graph.bind(prefix, namespace)
    names = Identifiers(settings.base) if version is not None else None
    _add_service(graph, names.part("sparql") if names else endpoint + "#service", endpoint, union_default=union_default)
    # No triple stands in two graphs of a release, so that the sizes add up.
    _add_default_graph(graph, endpoint, sum(graphs.values()) if union_default else None)
    for name, triples in graphs.items():
        _add_named_graph(graph, endpoint, name, name if names else endpoint + f"#graph-{_key(name)}", triples)
    if names:
        _add_dataset(graph, names, endpoint, version, graphs)
    return graph


def _add_service(graph: Graph, service: IRI, endpoint: IRI, *, union_default: bool) -> None:
    graph.add((service, RDF.type, SD.Service))
    graph.add((service, DCTERMS.title, Literal("SPARQL endpoint", lang="en")))
    graph.add((service, SD.endpoint, endpoint))
    graph.add((service, SD.supportedLanguage, SD.SPARQL11Query))
    for format_ in (*formats.offers(Result.BINDINGS), *formats.offers(Result.GRAPH)):
        graph.add((service, SD.resultFormat, IRI(format_.iri)))
    if union_default:
        graph.add((service, SD.feature, SD.UnionDefaultGraph))
    graph.add((service, SD.defaultDataset, endpoint + "#dataset"))


def _add_default_graph(graph: Graph, endpoint: IRI, triples: int | None) -> None:
    dataset, default = endpoint + "#dataset", endpoint + "#default-graph"
    graph.add((dataset, RDF.type, SD.Dataset))
    graph.add((dataset, SD.defaultGraph, default))
    graph.add((default, RDF.type, SD.Graph))
    if triples is not None:
        _add_size(graph, default, triples)


def _add_named_graph(graph: Graph, endpoint: IRI, name: IRI, content: IRI, triples: int) -> None:
    named = endpoint + f"#named-graph-{_key(name)}"
    graph.add((endpoint + "#dataset", SD.namedGraph, named))
    graph.add((named, RDF.type, SD.NamedGraph))
    graph.add((named, SD.name, name))
    graph.add((named, SD.graph, content))
    graph.add((content, RDF.type, SD.Graph))
    _add_size(graph, content, triples)


def _add_dataset(
    graph: Graph, names: Identifiers, endpoint: IRI, version: str | None, graphs: Mapping[IRI, int]
) -> None:
    """Say what is answered from besides the catalogue: the dataset that the catalogue describes."""
    graph.add((names.part("sparql"), DCAT.servesDataset, names.dataset))
    graph.add((names.dataset, VOID.sparqlEndpoint, endpoint))
    graph.add((names.dataset, DCAT.version, Literal(version)))
    described = {name: triples for name, triples in graphs.items() if name != names.catalog_graph}
    _add_size(graph, names.dataset, sum(described.values()))
    for name in described:
        graph.add((names.dataset, VOID.subset, name))


def _add_size(graph: Graph, content: IRI, triples: int) -> None:
    graph.add((content, RDF.type, VOID.Dataset))
    graph.add((content, VOID.triples, Literal(triples)))


def _key(name: IRI) -> str:
    return quote(name, safe="")
