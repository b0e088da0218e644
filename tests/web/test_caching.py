"""Answers over HTTP: kept, tagged, compressed, and not sent again to who has them (RFC 9110 and 9111)."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from actiongraph.engine.base import Solution
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import QueryTimeout, StoreError
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE
from actiongraph.web import responses
from actiongraph.web.app import create_app

URL = "https://graph.example.org/"
QUERY = "SELECT * WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o"
EMPTY = "SELECT * WHERE { ?s <http://example.org/nothing> ?o }"
LONG = "SELECT * WHERE { VALUES ?x { " + " ".join(f"'{number}'" for number in range(300)) + " } }"
CONSTRUCT = "CONSTRUCT WHERE { ?s ?p ?o }"
JSON = {"Accept": "application/sparql-results+json"}
NEVER_SAME = ["NOW()", "RAND()", "UUID()", "STRUUID()"]
PAGES = ["/", "/limits", "/examples", "/static/style.css", "/sparql", "/graph-store?default"]


class Counting:
    """An engine that counts what it is asked, and fails when it is told to."""

    def __init__(self, inner: OxigraphEngine) -> None:
        self.inner = inner
        self.asked = 0
        self.error: Exception | None = None

    def answer(self, *arguments: Any) -> bytes:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.inner.answer(*arguments)

    def select(self, *arguments: Any) -> Iterator[Solution]:
        self.asked += 1
        return self.inner.select(*arguments)


class ReleaseStore:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def current(self) -> Snapshot:
        return self.snapshot


@pytest.fixture
def counting(engine: OxigraphEngine) -> Counting:
    return Counting(engine)


@pytest.fixture
def releases(counting: Counting, snapshots) -> ReleaseStore:
    return ReleaseStore(replace(snapshots.snapshot, engine=counting))


@pytest.fixture
def asking(releases: ReleaseStore) -> FlaskClient:
    return create_app(Settings(url=URL), releases).test_client()


def get(client: FlaskClient, query: str = QUERY, **headers: str):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/sparql", query_string={"query": query}, headers=JSON | fields)


class TestKept:
    def test_the_same_request_is_answered_without_the_engine(self, asking: FlaskClient, counting: Counting) -> None:
        first, second = get(asking), get(asking)
        assert (first.status_code, second.status_code, second.data) == (200, 200, first.data)
        assert counting.asked == 1

    def test_nothing_tells_a_kept_answer_from_another(self, asking: FlaskClient, releases: ReleaseStore) -> None:
        for query in (QUERY, EMPTY, LONG):
            for fields in ({}, {"Accept_Encoding": "gzip"}, {"If_None_Match": "*"}):
                fresh = create_app(Settings(url=URL), releases).test_client()
                assert sorted(get(fresh, query, **fields).headers) == sorted(get(fresh, query, **fields).headers)

    def test_the_same_question_asked_in_another_way(self, asking: FlaskClient, counting: Counting) -> None:
        told = {
            get(asking).data,
            asking.post("/sparql", data={"query": QUERY}, headers=JSON).data,
            asking.post("/sparql", data=QUERY, content_type="application/sparql-query", headers=JSON).data,
            asking.get("/sparql", query_string={"query": QUERY, "x": "y"}, headers={"Accept": "application/json"}).data,
            asking.get("/sparql", query_string={"query": QUERY, "format": "json", "timeout": "3"}).data,
        }
        assert len(told) == counting.asked == 1

    def test_another_question_is_another(self, asking: FlaskClient, counting: Counting) -> None:
        asked = [
            {"query": QUERY},
            {"query": QUERY + " "},
            {"query": QUERY, "format": "csv"},
            {"query": QUERY, "default-graph-uri": "http://example.org/g1"},
            {"query": QUERY, "named-graph-uri": "http://example.org/g1"},
            {"query": QUERY, "default-graph-uri": ["http://example.org/g1", "http://example.org/g2"]},
            {"query": QUERY, "default-graph-uri": "http://example.org/g1", "named-graph-uri": "http://example.org/g2"},
        ]
        for parameters in asked:
            assert asking.get("/sparql", query_string=parameters, headers=JSON).status_code == 200
        assert counting.asked == len(asked)

    def test_a_format_is_no_graph(self, asking: FlaskClient, counting: Counting) -> None:
        graph = "http://example.org/g1"
        hinted = {"query": QUERY, "format": ["default-graph-uri", graph]}
        named = {"query": QUERY, "default-graph-uri": graph}
        whole, part = (asking.post("/sparql", data=data, headers=JSON).data for data in (hinted, named))
        assert whole != part
        assert counting.asked == 2

    def test_each_format_is_kept_for_itself(self, asking: FlaskClient) -> None:
        accepts = ["application/sparql-results+json", "text/csv", "application/sparql-results+xml"]
        for _ in range(2):
            for accept in accepts:
                response = asking.get("/sparql", query_string={"query": QUERY}, headers={"Accept": accept})
                assert response.mimetype == accept

    def test_another_release_is_asked(self, asking: FlaskClient, releases: ReleaseStore, counting: Counting) -> None:
        get(asking)
        releases.snapshot = replace(releases.snapshot, version="20260202T000000Z-0123456789ab")
        get(asking)
        assert counting.asked == 2

    def test_files_never_change_while_they_are_served(
        self, asking: FlaskClient, releases: ReleaseStore, counting
    ) -> None:
        releases.snapshot = replace(releases.snapshot, version=None)
        assert get(asking).data == get(asking).data
        assert counting.asked == 1

    @pytest.mark.parametrize("call", NEVER_SAME)
    def test_what_changes_is_not_kept(self, asking: FlaskClient, counting: Counting, call: str) -> None:
        responses = [get(asking, f"SELECT ({call} AS ?x) {{}}") for _ in range(2)]
        assert counting.asked == 2
        for response in responses:
            assert "ETag" not in response.headers
            assert response.headers["Cache-Control"] == "no-store"
        assert get(asking, f"SELECT ({call} AS ?x) {{}}", If_None_Match="*").status_code == 200

    @pytest.mark.parametrize("call", NEVER_SAME)
    def test_not_on_a_page_either(self, asking: FlaskClient, call: str) -> None:
        response = get(asking, f"SELECT ({call} AS ?x) {{}}", Accept="text/html")
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in response.headers

    def test_an_error_is_not_kept(self, asking: FlaskClient, counting: Counting) -> None:
        counting.error = QueryTimeout(1)
        assert get(asking).status_code == 504
        counting.error = None
        assert get(asking).status_code == 200

    def test_a_page_shows_what_is_kept(self, asking: FlaskClient, counting: Counting) -> None:
        get(asking)
        for _ in range(2):
            assert get(asking, Accept="text/html").status_code == 200
            assert counting.asked == 2  # the names of what it shows were looked up, once

    def test_a_graph_is_kept(self, asking: FlaskClient, counting: Counting) -> None:
        addresses = ["/graph-store?default", "/graph-store?graph=http://example.org/g1"]
        first, second = ([asking.get(address).data for address in addresses] for _ in range(2))
        assert first == second
        assert first[0] != first[1]
        assert counting.asked == 2

    def test_a_graph_is_no_answer_to_its_query(self, asking: FlaskClient, counting: Counting) -> None:
        asking.get("/graph-store?default")
        asking.get("/sparql", query_string={"query": CONSTRUCT})
        assert counting.asked == 2

    def test_where_a_name_leads_is_kept(self, snapshots) -> None:
        iri = f"{CANONICAL_BASE}id/action/x"
        quads = list(ox.parse(f"<{iri}> a <http://example.org/Action> .", format=ox.RdfFormat.TURTLE))
        counting = Counting(OxigraphEngine.in_memory(quads, union_default=True))
        client = create_app(Settings(url=URL), ReleaseStore(replace(snapshots.snapshot, engine=counting))).test_client()
        for accept, location in (("text/html", "doc/action/x"), ("text/turtle", "data/action/x.ttl")) * 2:
            response = client.get("/id/action/x", headers={"Accept": accept})
            assert (response.status_code, response.headers["Location"]) == (303, URL + location)
        assert counting.asked == 1

    def test_a_store_that_is_gone_is_told(self, asking: FlaskClient, releases: ReleaseStore, monkeypatch) -> None:
        get(asking)

        def gone() -> Snapshot:
            raise StoreError("gone")

        monkeypatch.setattr(releases, "current", gone)
        assert get(asking).status_code == 503


class TestConditions:
    def test_304_without_asking_the_engine(self, asking: FlaskClient, counting: Counting) -> None:
        tag = get(asking).headers["ETag"]
        for field in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            response = get(asking, If_None_Match=field)
            assert (response.status_code, response.data) == (304, b"")
        assert counting.asked == 1

    def test_304_to_a_new_server_too(self, asking: FlaskClient, releases: ReleaseStore) -> None:
        tag = get(asking).headers["ETag"]
        again = create_app(Settings(url=URL), releases).test_client()
        assert get(again, If_None_Match=tag).status_code == 304

    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_every_whole_answer_has_a_tag(self, client: FlaskClient, method: str, path: str) -> None:
        for fields in ({}, {"Accept-Encoding": "gzip"}):
            got = client.open(path, method=method, headers=fields)
            assert (got.status_code, got.headers["Cache-Control"]) == (200, "no-cache")
            response = client.open(path, method=method, headers=fields | {"If-None-Match": got.headers["ETag"]})
            assert (response.status_code, response.data) == (304, b"")
            for name in ("ETag", "Cache-Control", "Vary"):
                assert response.headers[name] == got.headers[name]
            assert responses.COMMON.items() <= dict(response.headers).items()
            assert not {"Content-Length", "Content-Type", "Content-Encoding"} & set(response.headers.keys())

    def test_another_tag_gets_the_answer(self, asking: FlaskClient) -> None:
        for _ in range(2):
            assert get(asking, If_None_Match='"other"').status_code == 200

    @pytest.mark.parametrize("query", ["SELCT", "SELECT * { SERVICE <http://e/> {} }"])
    def test_an_error_stays_an_error(self, asking: FlaskClient, query: str) -> None:
        response = get(asking, query, If_None_Match="*")
        assert response.status_code == 400
        assert "ETag" not in response.headers

    def test_a_post_has_no_tag_and_no_condition(self, asking: FlaskClient) -> None:
        get(asking)
        for accept in ("application/json", "application/json", "text/html"):
            fields = {"Accept": accept, "If-None-Match": "*"}
            response = asking.post("/sparql", data={"query": QUERY}, headers=fields)
            assert response.status_code == 200
            assert "ETag" not in response.headers

    def test_a_date_is_no_condition_where_no_date_is_known(self, asking: FlaskClient) -> None:  # section 13.1.3
        assert get(asking, If_Modified_Since="Fri, 31 Dec 2049 23:59:59 GMT").status_code == 200
        assert "Last-Modified" not in get(asking).headers


class TestHead:
    @pytest.mark.parametrize("query", [QUERY, EMPTY, LONG])
    @pytest.mark.parametrize("fields", [{}, {"Accept-Encoding": "gzip"}, {"If-None-Match": "*"}])
    def test_kept_or_not_it_is_a_get_without_content(self, asking: FlaskClient, query: str, fields) -> None:
        heads = [asking.head("/sparql", query_string={"query": query}, headers=JSON | fields) for _ in range(2)]
        got = asking.get("/sparql", query_string={"query": query}, headers=JSON | fields)
        for head in heads:
            assert (head.status_code, head.data) == (got.status_code, b"")
            assert sorted(head.headers) == sorted(got.headers)


EXAMPLES = {
    "/sparql/check": "/sparql/check?query=ASK{}",
    "/sparql/why": "/sparql/why?query=ASK{}",
    "/graph-store": "/graph-store?default",
    "/static/<filename>": "/static/icon.svg",
}


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
def test_every_route_answers_head_as_get_and_says_what_it_allows(app: Flask, accept: str) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        path = EXAMPLES.get(rule.rule, re.sub("<[^>]*>", "nothing", re.sub("<int[^>]*>", "2", rule.rule)))
        got, head = (client.open(path, method=method, headers={"Accept": accept}) for method in ("GET", "HEAD"))
        assert (head.status_code, head.data) == (got.status_code, b""), path
        # The figures change from one request to the next.
        changing = {"Content-Length"} if path == "/metrics" else set()
        assert {k: v for k, v in head.headers if k not in changing} == {
            k: v for k, v in got.headers if k not in changing
        }
        for method in ("DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"):
            refused = client.open(path, method=method)
            assert refused.status_code == 405, path
            assert {"GET", "HEAD", "OPTIONS"} <= set(refused.headers["Allow"].split(", "))
            assert responses.COMMON.items() <= dict(refused.headers).items()


class TestGzip:
    def test_the_same_bytes(self, asking: FlaskClient) -> None:
        plain = get(asking, LONG)
        for _ in range(2):
            response = get(asking, LONG, Accept_Encoding="gzip")
            assert response.headers["Content-Encoding"] == "gzip"
            assert int(response.headers["Content-Length"]) == len(response.data) < len(plain.data)
            assert gzip.decompress(response.data) == plain.data
            assert response.headers["Vary"] == plain.headers["Vary"] == "Accept, Accept-Encoding"
            assert response.headers["ETag"] != plain.headers["ETag"]

    def test_to_a_post_too(self, asking: FlaskClient) -> None:
        response = asking.post("/sparql", data={"query": LONG}, headers=JSON | {"Accept-Encoding": "gzip"})
        assert gzip.decompress(response.data) == get(asking, LONG).data

    def test_what_changes_too(self, asking: FlaskClient) -> None:
        response = get(asking, LONG.replace("*", "?x (RAND() AS ?y)"), Accept_Encoding="gzip")
        assert response.headers["Content-Encoding"] == "gzip"
        assert "ETag" not in response.headers

    @pytest.mark.parametrize("path", ["/", "/limits", "/static/style.css"])
    def test_pages(self, client: FlaskClient, path: str) -> None:
        plain, response = (client.get(path, headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip"))
        assert gzip.decompress(response.data) == plain.data
        assert response.headers["Content-Type"] == plain.headers["Content-Type"]

    def test_errors(self, client: FlaskClient) -> None:
        fields = {"Accept-Encoding": "gzip, identity;q=0"}
        response = client.get("/sparql?query=SELCT", headers=fields)
        assert response.status_code == 400
        assert gzip.decompress(response.data).startswith(b"Error 400 (syntax)")

    def test_short_answers_stay_as_they_are(self, asking: FlaskClient) -> None:
        for _ in range(2):
            assert "Content-Encoding" not in get(asking, "ASK {}", Accept_Encoding="gzip").headers


def test_a_tag_tells_nothing_but_the_answer(asking: FlaskClient) -> None:
    response = get(asking)
    assert response.headers["ETag"].strip('"') not in hashlib.sha256(QUERY.encode()).hexdigest()
    assert len(response.headers["ETag"]) == 34


NOT_OF_A_RELEASE = {
    "/robots.txt",
    "/about",
    "/limits",
    "/shapes",
    "/health",
    "/metrics",
    "/sparql/check",
    "/sparql",
    "/examples",
}
"""What the program and the settings say has a tag only; figures have neither."""


def test_what_comes_from_a_release_has_a_tag_and_a_date_and_is_not_sent_twice(deployment) -> None:
    client = deployment.client
    asking = EXAMPLES | {"/feeds/oai": "/feeds/oai?verb=Identify"}
    rules = [rule.rule for rule in client.application.url_map.iter_rules() if not rule.arguments]
    checked = 0
    for path in (asking.get(rule, rule) for rule in rules if rule not in NOT_OF_A_RELEASE):
        first = client.get(path)
        if first.status_code == 303:
            continue
        checked += 1
        assert {"ETag", "Last-Modified"} <= set(first.headers.keys()), path
        by_tag = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        by_date = client.get(path, headers={"If-Modified-Since": first.headers["Last-Modified"]})
        assert (by_tag.status_code, by_date.status_code) == (304, 304), path
    assert checked > 5
