"""The service description: the abilities of the endpoint, and the graphs it answers from.

Source: SPARQL 1.1 Service Description, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from rdflib import DCTERMS, RDF, Graph, Literal

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.catalogue.void import Facts, add_facts
from actiongraph.formats import Result
from actiongraph.settings import Settings
from actiongraph.vocabulary import DCAT, IRI, SD, VOID


def service_description(
    settings: Settings, graphs: Mapping[IRI, int], *, version: str | None, union_default: bool
) -> Graph:
    """Return the description of the endpoint that answers from the release `version`, without blank nodes.

    `version` is None where files are served. `graphs` maps each named graph to its number of triples; `union_default`
    tells whether the default graph is the union of them.

    It describes only what the endpoint does: no sd:BasicFederatedQuery, because SERVICE is refused, no
    sd:DereferencesURIs, because nothing is ever fetched, and no extension functions, for there are none. Triples are
    counted where the count is known. Service, dataset and graphs of a release have the IRIs of its catalogue.

    Raises:
        SettingsError: `url` is not set.
    """
    endpoint = settings.endpoint
    dataset, default = endpoint + "#dataset", endpoint + "#default-graph"
    names = Identifiers(settings.base) if version is not None else None
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in (("sd", SD), ("void", VOID), ("dcat", DCAT), ("dcterms", DCTERMS)):
        graph.bind(prefix, namespace)
    add_facts(
        graph,
        names.part("sparql") if names else endpoint + "#service",
        (RDF.type, SD.Service),
        (DCTERMS.title, Literal("SPARQL endpoint", lang="en")),
        (SD.endpoint, endpoint),
        (SD.supportedLanguage, SD.SPARQL11Query),
        *((SD.resultFormat, IRI(each.iri)) for each in formats.offers(Result.BINDINGS)),
        *((SD.resultFormat, IRI(each.iri)) for each in formats.offers(Result.GRAPH)),
        (SD.feature, SD.UnionDefaultGraph if union_default else None),
        (SD.defaultDataset, dataset),
    )
    add_facts(graph, dataset, (RDF.type, SD.Dataset), (SD.defaultGraph, default))
    # No triple is in two graphs of a release, so that the sizes add up.
    add_facts(graph, default, (RDF.type, SD.Graph), *(_size(sum(graphs.values())) if union_default else ()))
    for name, triples in graphs.items():
        key = quote(name, safe="")
        named, content = endpoint + f"#named-graph-{key}", name if names else endpoint + f"#graph-{key}"
        add_facts(graph, dataset, (SD.namedGraph, named))
        add_facts(graph, named, (RDF.type, SD.NamedGraph), (SD.name, name), (SD.graph, content))
        add_facts(graph, content, (RDF.type, SD.Graph), *_size(triples))
    if names:
        described = {name: triples for name, triples in graphs.items() if name not in names.beside}
        add_facts(graph, names.part("sparql"), (DCAT.servesDataset, names.dataset))
        add_facts(
            graph,
            names.dataset,
            *_size(sum(described.values())),
            (VOID.sparqlEndpoint, endpoint),
            (DCAT.version, Literal(version)),
            *((VOID.subset, name) for name in described),
        )
    return graph


def _size(triples: int) -> Facts:
    return (RDF.type, VOID.Dataset), (VOID.triples, Literal(triples))
