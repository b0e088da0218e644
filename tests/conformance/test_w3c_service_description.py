"""The W3C's service description tests, asked of the running endpoint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rdflib import RDF, Graph, URIRef
from w3c_endpoint import Endpoint
from w3c_suite import Case, cases

from actiongraph.formats import Format, Result, offers
from actiongraph.vocabulary import SD

TESTS = {case.iri.partition("#")[2]: case for case in cases() if case.group == "service-description"}

SCHEMA = {
    SD.endpoint: (SD.Service, None),
    SD.supportedLanguage: (SD.Service, None),
    SD.resultFormat: (SD.Service, None),
    SD.feature: (SD.Service, None),
    SD.defaultDataset: (SD.Service, SD.Dataset),
    SD.defaultGraph: (SD.Dataset, SD.Graph),
    SD.namedGraph: (SD.Dataset, SD.NamedGraph),
    SD.name: (SD.NamedGraph, None),
    SD.graph: (SD.NamedGraph, SD.Graph),
}
"""Domain and range of each property that is used (SPARQL 1.1 Service Description, section 3.4)."""


def described(endpoint: Endpoint, format_: Format) -> Graph:
    answer = endpoint.request("GET", "/sparql", Accept=format_.media_type)
    assert (answer.status, answer.content_type) == (200, format_.content_type)
    syntax = {"nq": "nt", "trig": "turtle", "rdf": "xml", "jsonld": "json-ld"}.get(format_.name, format_.name)
    return Graph().parse(data=answer.body, format=syntax)


@pytest.mark.parametrize("format_", offers(Result.GRAPH), ids=lambda format_: format_.name)
def test_returns_rdf(endpoint: Endpoint, format_: Format, outcome: Callable[[Case, str], None]) -> None:
    outcome(TESTS["returns-rdf"], format_.name)
    assert len(described(endpoint, format_)) > 0


@pytest.mark.parametrize("format_", offers(Result.GRAPH), ids=lambda format_: format_.name)
def test_has_endpoint_triple(endpoint: Endpoint, format_: Format, outcome: Callable[[Case, str], None]) -> None:
    outcome(TESTS["has-endpoint-triple"], format_.name)
    assert list(described(endpoint, format_).objects(None, SD.endpoint)) == [URIRef(endpoint.url + "sparql")]


@pytest.mark.parametrize("format_", offers(Result.GRAPH), ids=lambda format_: format_.name)
def test_conforms_to_schema(endpoint: Endpoint, format_: Format, outcome: Callable[[Case, str], None]) -> None:
    outcome(TESTS["conforms-to-schema"], format_.name)
    graph = described(endpoint, format_)
    used = [triple for triple in graph if triple[1].startswith(SD)]
    assert {SD.endpoint, SD.supportedLanguage, SD.defaultDataset} <= {predicate for _, predicate, _ in used}
    for subject, predicate, value in used:
        domain, range_ = SCHEMA[predicate]
        assert (subject, RDF.type, domain) in graph
        assert range_ is None or (value, RDF.type, range_) in graph
        assert isinstance(value, URIRef)


def test_all_tests_of_the_manifest_are_here(w3c: object) -> None:
    assert set(TESTS) == {"returns-rdf", "has-endpoint-triple", "conforms-to-schema"}
