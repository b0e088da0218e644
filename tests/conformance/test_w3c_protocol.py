"""The query operations of the W3C's protocol tests.

Updates are refused as a feature that is not there, with 400, as SERVICE is: the address knows POST, so that 405
would be wrong, and nobody's rights would change it, as 403 would say.
"""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from rdflib import Graph, Namespace, URIRef
from w3c_requests import MF, exchanges

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")

TESTS = [
    "query_post_form",
    "query_dataset_default_graphs_get",
    "query_dataset_default_graphs_post",
    "query_dataset_named_graphs_post",
    "query_dataset_named_graphs_get",
    "query_dataset_full",
    "query_multiple_dataset",
    "query_get",
    "query_content_type_select",
    "query_content_type_ask",
    "query_content_type_describe",
    "query_content_type_construct",
    "query_post_direct",
    "bad_query_method",
    "bad_multiple_queries",
    "bad_query_wrong_media_type",
    "bad_query_missing_form_type",
    "bad_query_missing_direct_type",
    "bad_query_non_utf8",
    "bad_query_syntax",
    "bad_update_get",
    "bad_multiple_updates",
    "bad_update_wrong_media_type",
    "bad_update_missing_form_type",
    "bad_update_non_utf8",
    "bad_update_syntax",
    "bad_update_dataset_conflict",
]
UPDATES = [
    "update_dataset_default_graph",
    "update_dataset_default_graphs",
    "update_dataset_named_graphs",
    "update_dataset_full",
    "update_post_form",
    "update_post_direct",
    "update_base_uri",
]
"""They expect an update to be done, which a query-only endpoint never does (SPARQL 1.1 Protocol, section 2)."""

MEDIA_TYPES = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": {
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    },
    "RDF": {"text/turtle", "application/n-triples", "application/rdf+xml"},
}


@pytest.fixture(scope="module")
def manifest(w3c: Path) -> Graph:
    return Graph().parse(w3c / "protocol/manifest.ttl")


def entry(manifest: Graph, name: str) -> URIRef:
    [found] = [test for test in set(manifest.subjects(MF.action)) if str(test).endswith(f"#{name}")]
    return found


def application(manifest: Graph, test: URIRef) -> Flask:
    quads = []
    for data in manifest.objects(test, UT.graphData):
        path = Path(str(manifest.value(data, UT.graph)).removeprefix("file://"))
        name = ox.NamedNode(str(manifest.value(data, RDFS.label)))
        quads += [ox.Quad(q.subject, q.predicate, q.object, name) for q in ox.parse(path=path)]
    snapshot = Snapshot(OxigraphEngine.in_memory(quads, union_default=True), None, {}, union_default=True)

    class Snapshots:
        def current(self) -> Snapshot:
            return snapshot

    return create_app(Settings(url="http://www.example/"), Snapshots())


def test_all_tests_of_the_manifest_are_here(manifest: Graph) -> None:
    names = {str(test).partition("#")[2] for test in manifest.subjects(MF.action)}
    assert names == {*TESTS, *UPDATES}


@pytest.mark.parametrize("name", TESTS)
def test_query_operation(manifest: Graph, name: str) -> None:
    test = entry(manifest, name)
    client = application(manifest, test).test_client()
    done = 0
    for exchange in exchanges(manifest, test):
        response = client.open(**exchange.sent)
        assert f"StatusCode{response.status_code // 100}xx" in exchange.statuses, response.text
        if form := manifest.value(exchange.response, MF.expectedFormat):
            assert response.mimetype in MEDIA_TYPES[str(form)]
        boolean = manifest.value(exchange.response, MF.expectedBoolean)
        if boolean is not None:
            assert response.json["boolean"] is boolean.toPython()
        done += 1
    assert done


@pytest.mark.parametrize("name", UPDATES)
def test_updates_are_refused(manifest: Graph, name: str) -> None:
    test = entry(manifest, name)
    client = application(manifest, test).test_client()
    update = next(exchanges(manifest, test))
    headers = [*update.headers, ("Accept", "application/problem+json")]
    response = client.open(**update.sent | {"headers": headers})
    assert (response.status_code, response.json["code"]) == (400, "refused-feature")
