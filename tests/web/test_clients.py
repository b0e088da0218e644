"""Real clients against a real server on loopback."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed
from werkzeug.serving import make_server

from actiongraph.settings import Settings
from actiongraph.web.app import create_app

SELECT = "SELECT ?o WHERE { ?s <http://example.org/label> ?o } ORDER BY ?o"
LABELS = ["<script>alert(1)</script>", "crème brûlée 🌍", "Ghana"]
CONSTRUCT = "CONSTRUCT WHERE { ?s <http://example.org/next> ?o }"
A, B, C, NEXT = (URIRef(f"http://example.org/{name}") for name in ("a", "b", "c", "next"))
G1 = "http://example.org/g1"


@pytest.fixture(scope="module")
def endpoint(snapshots) -> Iterator[str]:
    class Late:
        """Hands requests on to the application, which can only be made when the port is known."""

        def __call__(self, environ, start_response):
            return self.app(environ, start_response)

    late = Late()
    server = make_server("127.0.0.1", 0, late, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}/"
    late.app = create_app(replace(Settings(), url=url), snapshots)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield url + "sparql"
    server.shutdown()
    thread.join()
    server.server_close()


def expected_graph() -> Graph:
    graph = Graph()
    graph.add((A, NEXT, B))
    graph.add((B, NEXT, C))
    return graph


class TestSparqlWrapper:
    @pytest.fixture(params=["GET", "POST", "POSTDIRECTLY"])
    def wrapper(self, endpoint: str, request: pytest.FixtureRequest) -> SPARQLWrapper:
        made = SPARQLWrapper(endpoint)
        made.setMethod(GET if request.param == "GET" else POST)
        made.setRequestMethod(POSTDIRECTLY if request.param == "POSTDIRECTLY" else URLENCODED)
        made.setTimeout(30)
        return made

    def test_json(self, wrapper: SPARQLWrapper) -> None:
        wrapper.setQuery(SELECT)
        wrapper.setReturnFormat(JSON)
        rows = wrapper.queryAndConvert()["results"]["bindings"]
        assert sorted(row["o"]["value"] for row in rows) == sorted(LABELS)

    def test_xml(self, wrapper: SPARQLWrapper) -> None:
        wrapper.setQuery(SELECT)
        wrapper.setReturnFormat(XML)
        document = wrapper.queryAndConvert()
        found = [node.firstChild.data for node in document.getElementsByTagName("literal")]
        assert sorted(found) == sorted(LABELS)

    @pytest.mark.parametrize(("name", "delimiter"), [(CSV, ","), (TSV, "\t")])
    def test_text(self, wrapper: SPARQLWrapper, name: str, delimiter: str) -> None:
        wrapper.setQuery(SELECT)
        wrapper.setReturnFormat(name)
        text = wrapper.queryAndConvert().decode()
        rows = list(
            csv.reader(
                io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE if name == TSV else csv.QUOTE_MINIMAL
            )
        )
        if name == TSV:
            assert sorted(rows[1:]) == sorted([['"<script>alert(1)</script>"'], ['"crème brûlée 🌍"'], ['"Ghana"@en']])
        else:
            assert sorted(row[0] for row in rows[1:]) == sorted(LABELS)

    def test_ask(self, wrapper: SPARQLWrapper) -> None:
        wrapper.setQuery("ASK { ?s ?p ?o }")
        wrapper.setReturnFormat(JSON)
        assert wrapper.queryAndConvert()["boolean"] is True

    @pytest.mark.parametrize("name", [RDFXML, XML, TURTLE, N3, JSONLD])
    def test_construct(self, wrapper: SPARQLWrapper, name: str) -> None:
        wrapper.setQuery(CONSTRUCT)
        wrapper.setReturnFormat(name)
        found = wrapper.queryAndConvert()
        graph = Graph().parse(data=found, format="turtle") if isinstance(found, bytes) else found
        assert isomorphic(graph, expected_graph())

    def test_default_graph(self, wrapper: SPARQLWrapper) -> None:
        wrapper.addDefaultGraph(G1)
        wrapper.setQuery(SELECT)
        wrapper.setReturnFormat(JSON)
        assert [row["o"]["value"] for row in wrapper.queryAndConvert()["results"]["bindings"]] == ["Ghana"]

    def test_a_wrong_query(self, wrapper: SPARQLWrapper) -> None:
        wrapper.setQuery("SELECT * WHERE { ?s ?p }")
        wrapper.setReturnFormat(JSON)
        with pytest.raises(QueryBadFormed, match="syntax"):
            wrapper.query()


class TestSparqlStore:
    @pytest.fixture(params=["GET", "POST", "POST_FORM"])
    def store(self, endpoint: str, request: pytest.FixtureRequest) -> SPARQLStore:
        return SPARQLStore(endpoint, method=request.param)

    @pytest.mark.parametrize("returns", ["xml", "json", "csv", "tsv"])
    def test_select(self, endpoint: str, returns: str) -> None:
        graph = Graph(SPARQLStore(endpoint, returnFormat=returns))
        assert sorted(str(row.o) for row in graph.query(SELECT)) == sorted(LABELS)

    def test_a_language_survives(self, store: SPARQLStore) -> None:
        assert Literal("Ghana", lang="en") in [row.o for row in Graph(store).query(SELECT)]

    @pytest.mark.parametrize("returns", ["xml", "json"])
    def test_ask(self, endpoint: str, returns: str) -> None:
        graph = Graph(SPARQLStore(endpoint, returnFormat=returns))
        assert graph.query("ASK { ?s ?p ?o }").askAnswer is True
        assert graph.query("ASK { ?s ?p 'nowhere' }").askAnswer is False

    def test_construct(self, store: SPARQLStore) -> None:
        assert isomorphic(Graph(store).query(CONSTRUCT).graph, expected_graph())

    def test_triples(self, store: SPARQLStore) -> None:
        assert set(Graph(store).triples((None, NEXT, None))) == set(expected_graph())
        assert len(Graph(store)) == 6

    def test_a_default_graph(self, store: SPARQLStore) -> None:
        graph = Graph(store, identifier=URIRef(G1))
        assert [str(row.o) for row in graph.query(SELECT)] == ["Ghana"]


class TestCurl:
    @pytest.fixture
    def curl(self, missing):
        path = shutil.which("curl") or missing("curl", "install it, on Debian with: apt-get install curl")

        def run(*arguments: str) -> str:
            done = subprocess.run([path, "-sS", "--max-time", "30", *arguments], capture_output=True, check=True)
            return done.stdout.decode()

        return run

    def test_a_form(self, curl, endpoint: str) -> None:
        text = curl("-H", "Accept: text/csv", "--data-urlencode", f"query={SELECT}", endpoint)
        assert sorted(text.split("\r\n")) == sorted(["o", *LABELS, ""])

    def test_get(self, curl, endpoint: str) -> None:
        assert '"boolean":true' in curl("-G", "--data-urlencode", "query=ASK { ?s ?p ?o }", endpoint)

    def test_a_file(self, curl, endpoint: str, tmp_path) -> None:
        (tmp_path / "query.rq").write_text("# ü\n" + CONSTRUCT, "utf-8")
        content_type = "Content-Type: application/sparql-query"
        text = curl("-H", content_type, "--data-binary", f"@{tmp_path / 'query.rq'}", endpoint)
        assert isomorphic(Graph().parse(data=text, format="turtle"), expected_graph())

    def test_head(self, curl, endpoint: str) -> None:
        address = f"{endpoint}?query={quote('ASK {}')}"
        head = curl("-I", address)
        assert f"Content-Length: {len(curl(address))}" in head

    def test_an_error_is_readable(self, curl, endpoint: str) -> None:
        text = curl("-G", "--data-urlencode", "query=SELECT * WHERE { ?s ?p }", endpoint)
        assert text.startswith("Error 400 (syntax): ")
        assert "^" in text

    def test_the_service_description_is_where_it_says(self, curl, endpoint: str) -> None:
        graph = Graph().parse(data=curl(endpoint), format="turtle")
        asked = "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> SELECT ?e { ?s sd:endpoint ?e }"
        assert [str(row.e) for row in graph.query(asked)] == [endpoint]

    def test_a_big_body_is_refused(self, curl, endpoint: str, tmp_path) -> None:
        (tmp_path / "big.rq").write_bytes(b" " * 3_000_000)
        content_type = "Content-Type: application/sparql-query"
        arguments = ("-H", content_type, "-H", "Expect:", "--data-binary", f"@{tmp_path / 'big.rq'}", endpoint)
        assert "413" in curl("-o", os.devnull, "-w", "%{http_code}", *arguments)
