"""The service description: what SPARQL 1.1 Service Description asks for, and nothing that is not done."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib import RDF, BNode, Graph, Literal, URIRef

from actiongraph.catalogue.service_description import service_description
from actiongraph.errors import SettingsError
from actiongraph.formats import Format, Result, offers
from actiongraph.serialization import write_graph
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI, SD, VOID

ENDPOINT = URIRef("https://graph.example.org/sparql")
SETTINGS = Settings(url="https://graph.example.org/")
GRAPHS = {IRI("http://example.org/g1"): 3, IRI("http://example.org/g/é?x=1#y"): 5}


def described(*, union_default: bool = True) -> Graph:
    return service_description(SETTINGS, GRAPHS, version=None, union_default=union_default)


def test_what_the_specification_requires() -> None:  # sections 3.2.1, 3.4
    graph = described()
    [service] = graph.subjects(RDF.type, SD.Service)
    assert set(graph.objects(service, SD.endpoint)) == {ENDPOINT}
    assert set(graph.objects(service, SD.supportedLanguage)) == {SD.SPARQL11Query}


def test_the_formats_are_those_of_the_registry() -> None:  # https://www.w3.org/ns/formats/
    names = {"SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"}
    names |= {"Turtle", "N-Triples", "N-Quads", "TriG", "RDF_XML", "JSON-LD"}
    assert set(described().objects(None, SD.resultFormat)) == {
        URIRef(f"http://www.w3.org/ns/formats/{name}") for name in names
    }


@pytest.mark.parametrize("union_default", [True, False])
def test_the_features_are_those_there_are(union_default: bool) -> None:
    features = set(described(union_default=union_default).objects(None, SD.feature))
    assert features == ({SD.UnionDefaultGraph} if union_default else set())


def test_the_graphs_and_their_sizes() -> None:
    graph = described()
    [dataset] = graph.objects(None, SD.defaultDataset)
    named = list(graph.objects(dataset, SD.namedGraph))
    sizes = {graph.value(one, SD.name): graph.value(graph.value(one, SD.graph), VOID.triples) for one in named}
    assert sizes == {name: Literal(triples) for name, triples in GRAPHS.items()}
    assert graph.value(graph.value(dataset, SD.defaultGraph), VOID.triples) == Literal(8)


def test_a_size_that_is_not_known_is_absent() -> None:
    graph = described(union_default=False)
    [default] = graph.objects(None, SD.defaultGraph)
    assert graph.value(default, VOID.triples) is None


def test_no_blank_nodes_and_iris_that_engines_read() -> None:
    terms = {term for triple in described() for term in triple}
    assert not [term for term in terms if isinstance(term, BNode)]
    assert all(ox.NamedNode(term) for term in terms if isinstance(term, URIRef))


@pytest.mark.parametrize("format_", offers(Result.GRAPH), ids=lambda format_: format_.name)
def test_every_syntax_says_the_same(format_: Format) -> None:
    syntax = ox.RdfFormat.from_media_type(format_.media_type)
    read = {
        (q.subject, q.predicate, q.object, q.graph_name)
        for q in ox.parse(write_graph(described(), format_), format=syntax)
    }
    plain = {
        (q.subject, q.predicate, q.object, q.graph_name)
        for q in ox.parse(described().serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES)
    }
    assert read == plain


def test_the_endpoint_is_where_the_url_says_whatever_the_host(client: FlaskClient) -> None:
    response = client.get("/sparql", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    graph = Graph().parse(data=response.text, format="turtle")
    assert set(graph.objects(None, SD.endpoint)) == {ENDPOINT}
    assert "evil" not in response.text


@pytest.mark.parametrize("url", ["https://graph.example.org/", "https://graph.example.org"])
def test_the_address_of_the_endpoint(url: str) -> None:
    assert Settings(url=url).endpoint == ENDPOINT


def test_without_a_url_nothing_can_be_located() -> None:
    with pytest.raises(SettingsError, match="url is not set"):
        _ = Settings().endpoint
