"""Which format an Accept header and `format=` get from /sparql (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
COMUNICA = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,application/n-triples;q=0.8,"
    "text/turtle;q=0.6,application/rdf+xml;q=0.5,application/json;q=0.45,text/n3;q=0.35,text/html;q=0.2"
)
SELECT, ASK = "SELECT ?o { ?s <http://example.org/label> ?o }", "ASK {}"
CONSTRUCT, DESCRIBE = "CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <http://example.org/a>"

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv; charset=utf-8", "text/tab-separated-values; charset=utf-8"
TURTLE, HTML = "text/turtle; charset=utf-8", "text/html; charset=utf-8"
SYNTAXES = {
    TURTLE: ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}

RESULTS = [
    (None, JSON),
    ("", JSON),
    ("*/*", JSON),
    ("application/sparql-results+json", JSON),
    ("application/json", JSON),
    ("application/sparql-results+xml", XML),
    ("application/xml", XML),
    ("text/csv", CSV),
    ("text/tab-separated-values", TSV),
    ("text/*", CSV),
    ("text/csv;q=0.5, text/tab-separated-values", TSV),
    ("application/sparql-results+json;q=0, */*", XML),
    ("application/sparql-results+xml;q=0.4, application/sparql-results+json;q=0.6", JSON),
    ("image/png, */*;q=0.1", JSON),
    ("text/turtle, application/sparql-results+xml;q=0.1", XML),
    (BROWSER, HTML),
    ("text/html", HTML),
    ("application/xhtml+xml", HTML),
]
GRAPHS = [
    (None, TURTLE),
    ("*/*", TURTLE),
    ("text/turtle", TURTLE),
    ("application/n-triples", "application/n-triples"),
    ("application/n-quads", "application/n-quads"),
    ("application/trig", "application/trig"),
    ("application/rdf+xml", "application/rdf+xml"),
    ("application/ld+json", "application/ld+json"),
    ("application/json", "application/ld+json"),
    ("text/turtle;q=0.1, application/rdf+xml;q=0.9", "application/rdf+xml"),
    (COMUNICA, "application/n-quads"),
    (BROWSER, HTML),
]


def headers(accept: str | None) -> dict[str, str]:
    return {} if accept is None else {"Accept": accept}


@pytest.mark.parametrize("query", [SELECT, ASK])
@pytest.mark.parametrize(("accept", "content_type"), RESULTS)
def test_accept_for_results(client: FlaskClient, query: str, accept: str | None, content_type: str) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers=headers(accept))
    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE])
@pytest.mark.parametrize(("accept", "content_type"), GRAPHS)
def test_accept_for_graphs(client: FlaskClient, query: str, accept: str | None, content_type: str) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers=headers(accept))
    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)
    if content_type in SYNTAXES:
        triples = len(list(ox.parse(response.data, format=SYNTAXES[content_type])))
        assert triples == (6 if query is CONSTRUCT else 3)


@pytest.mark.parametrize(("accept", "content_type"), GRAPHS)
def test_accept_for_the_service_description(client: FlaskClient, accept: str | None, content_type: str) -> None:
    response = client.get("/sparql", headers=headers(accept))
    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("query", "accept", "available"),
    [
        (SELECT, "image/png", "application/sparql-results+json"),
        (SELECT, "text/turtle", "text/csv"),
        (ASK, "application/rdf+xml", "application/sparql-results+xml"),
        (CONSTRUCT, "application/sparql-results+json", "text/turtle"),
        (CONSTRUCT, "text/csv", "application/n-quads"),
        (None, "application/sparql-results+json", "application/ld+json"),
        (SELECT, "*/*;q=0", "text/csv"),
    ],
)
def test_not_acceptable_lists_what_there_is(
    client: FlaskClient, query: str | None, accept: str, available: str
) -> None:
    response = client.get("/sparql", query_string={"query": query} if query else {}, headers={"Accept": accept})
    assert response.status_code == 406
    assert available in response.text


@pytest.mark.parametrize(
    ("query", "name", "accept", "content_type"),
    [
        (SELECT, "csv", "*/*", CSV),
        (SELECT, "csv", BROWSER, CSV),
        (SELECT, "json", "text/csv", JSON),
        (SELECT, "text/csv", "*/*", CSV),
        (SELECT, "html", "*/*", HTML),
        (SELECT, "ttl", "text/csv", CSV),
        (SELECT, "nonsense", "text/csv", CSV),
        (SELECT, "", "text/csv", CSV),
        (SELECT, "xml", "image/png", XML),
        (CONSTRUCT, "json", "*/*", "application/ld+json"),
        (CONSTRUCT, "xml", "*/*", "application/rdf+xml"),
        (CONSTRUCT, "nt", "text/turtle", "application/n-triples"),
        (CONSTRUCT, "csv", "application/trig", "application/trig"),
        (None, "jsonld", BROWSER, "application/ld+json"),
    ],
)
def test_format_wins_where_it_fits(client: FlaskClient, query, name, accept, content_type) -> None:
    parameters = {"format": name} | ({"query": query} if query else {})
    response = client.get("/sparql", query_string=parameters, headers={"Accept": accept})
    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)


def test_the_first_format_that_fits_wins(client: FlaskClient) -> None:
    response = client.post("/sparql", data={"query": SELECT, "format": ["", "ttl", "tsv", "csv"]})
    assert response.headers["Content-Type"] == TSV


def test_repeated_accept_headers_are_one(client: FlaskClient) -> None:
    sent = [("Accept", "text/csv;q=0.5"), ("Accept", "text/tab-separated-values;q=0.9")]
    environ = {
        "HTTP_ACCEPT": ", ".join(value for _, value in sent)
    }  # as a server hands them over, RFC 3875, section 4.1.18
    assert (
        client.get("/sparql", query_string={"query": SELECT}, environ_overrides=environ).headers["Content-Type"] == TSV
    )


def test_a_boolean_as_text(client: FlaskClient) -> None:
    for accept in ("text/csv", "text/tab-separated-values"):
        assert client.get("/sparql", query_string={"query": ASK}, headers={"Accept": accept}).text.strip() == "true"


def test_what_xml_cannot_hold_names_json(client: FlaskClient) -> None:
    query = r'SELECT ("\u0001" AS ?x) {}'
    response = client.get("/sparql", query_string={"query": query, "format": "xml"})
    assert response.status_code == 406
    assert "application/sparql-results+json" in response.text
    answered = client.get("/sparql", query_string={"query": query})
    assert json.loads(answered.text)["results"]["bindings"][0]["x"]["value"] == "\x01"


@pytest.mark.parametrize(
    ("path", "accept", "content_type"),
    [
        ("/", "*/*", HTML),
        ("/", BROWSER, HTML),
        ("/", "application/json", "application/json"),
        ("/", "text/turtle", TURTLE),
        ("/", COMUNICA, "application/n-quads"),
        ("/health", "*/*", "text/plain; charset=utf-8"),
        ("/health", BROWSER, "text/plain; charset=utf-8"),
        ("/health", "application/json", "application/json"),
        ("/limits", "*/*", "text/plain; charset=utf-8"),
        ("/limits", BROWSER, HTML),
        ("/limits", "application/json", "application/json"),
        ("/limits?format=json", BROWSER, "application/json"),
        ("/examples", "*/*", "application/json"),
        ("/examples", BROWSER, HTML),
    ],
)
def test_accept_for_pages(client: FlaskClient, path: str, accept: str, content_type: str) -> None:
    response = client.get(path, headers={"Accept": accept})
    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("path", ["/", "/health", "/limits", "/examples"])
def test_pages_know_what_they_do_not_have(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
