"""The query operations of the W3C's protocol tests. Updates are refused: this endpoint only answers queries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask
from rdflib import Graph, Namespace, URIRef
from rdflib.collection import Collection

from actiongraph.engine.base import Edition
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
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

KNOWN_FAILURES = {
    "query_content_type_construct": (
        "Its query has relative IRIs and no BASE. What they would be resolved against depends on where the "
        "endpoint stands, so that the same query would mean something else on another; the error says to write BASE."
    ),
}

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
def manifest(shared: Path) -> Graph:
    return Graph().parse(shared / "w3c/sparql11/protocol/manifest.ttl")


def entry(manifest: Graph, name: str) -> URIRef:
    [found] = [test for test in set(manifest.subjects(MF.action)) if str(test).endswith(f"#{name}")]
    return found


def application(manifest: Graph, test: URIRef) -> Flask:
    quads = []
    for data in manifest.objects(test, UT.graphData):
        path = Path(str(manifest.value(data, UT.graph)).removeprefix("file://"))
        name = ox.NamedNode(str(manifest.value(data, RDFS.label)))
        quads += [ox.Quad(q.subject, q.predicate, q.object, name) for q in ox.parse(path=path)]
    edition = Edition(OxigraphEngine.in_memory(quads, union_default=True), None, {}, union_default=True)

    class Library:
        def current(self) -> Edition:
            return edition

    return create_app(Settings(url="http://www.example/"), Library())


def requests(manifest: Graph, test: URIRef) -> Iterator[tuple[dict[str, object], URIRef]]:
    connection = manifest.value(test, MF.action)
    for request in Collection(manifest, manifest.value(connection, HT.requests)):
        headers = (
            Collection(manifest, manifest.value(request, HT.headers)) if manifest.value(request, HT.headers) else ()
        )
        sent: dict[str, object] = {
            "method": str(manifest.value(request, HT.methodName)),
            "headers": [
                (str(manifest.value(one, HT.fieldName)), str(manifest.value(one, HT.fieldValue))) for one in headers
            ],
        }
        address = urlsplit(str(manifest.value(request, HT.absolutePath)))
        sent |= {"path": address.path, "query_string": address.query}
        if body := manifest.value(request, HT.body):
            encoding = str(manifest.value(body, CNT.characterEncoding))
            sent["data"] = str(manifest.value(body, CNT.chars)).encode(encoding)
        yield sent, manifest.value(request, HT.resp)


def test_all_tests_of_the_manifest_are_here(manifest: Graph) -> None:
    names = {str(test).partition("#")[2] for test in manifest.subjects(MF.action)}
    assert names == {*TESTS, *UPDATES}


def known(name: str) -> object:
    reason = KNOWN_FAILURES.get(name)
    return pytest.param(name, marks=pytest.mark.xfail(reason=reason)) if reason else name


@pytest.mark.parametrize("name", [known(name) for name in TESTS])
def test_query_operation(manifest: Graph, name: str) -> None:
    test = entry(manifest, name)
    client = application(manifest, test).test_client()
    done = 0
    for sent, expected in requests(manifest, test):
        response = client.open(**sent)
        classes = {str(status)[-3] for status in manifest.objects(expected, MF.expectedStatus)}
        assert str(response.status_code)[0] in classes, response.text
        if form := manifest.value(expected, MF.expectedFormat):
            assert response.mimetype in MEDIA_TYPES[str(form)]
        boolean = manifest.value(expected, MF.expectedBoolean)
        if boolean is not None:
            assert response.json["boolean"] is boolean.toPython()
        done += 1
    assert done


@pytest.mark.parametrize("name", UPDATES)
def test_updates_are_refused(manifest: Graph, name: str) -> None:
    test = entry(manifest, name)
    client = application(manifest, test).test_client()
    update, _ = next(requests(manifest, test))
    response = client.open(**update | {"headers": [*update["headers"], ("Accept", "application/problem+json")]})
    assert (response.status_code, response.json["code"]) == (400, "refused-feature")
