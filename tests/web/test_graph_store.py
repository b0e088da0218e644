"""Reading graphs by the SPARQL 1.1 Graph Store HTTP Protocol; `§` in a name is its section."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.snapshots import Snapshot
from actiongraph.vocabulary import IRI, SD

BASE = "https://names.example.org/"
SOURCE = f"{BASE}graph/source-1"
ODD = "http://example.org/g/é?x=1&y=2#z"
TRIG = f"""
@prefix ex: <http://example.org/> .
ex:unnamed ex:p 0 .
<{SOURCE}> {{ ex:a ex:label "one"@en , "two" ; ex:knows [ ex:p ex:b ] . }}
<{ODD}> {{ ex:c ex:p 3 . }}
"""
EX = "http://example.org/"
FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
NAMES = dict(zip(("ttl", "nt", "nq", "trig", "rdf", "jsonld"), FORMATS, strict=True))


def content(graph: str) -> list[str]:
    """Return what stands in one graph as sorted lines without blank node labels; without a name, in the default one."""
    quads = ox.parse(TRIG, format=ox.RdfFormat.TRIG)
    return lines(q for q in quads if q.graph_name == (ox.NamedNode(graph) if graph else ox.DefaultGraph()))


def lines(quads: object) -> list[str]:
    def plain(term: object) -> str:
        return "_:b" if isinstance(term, ox.BlankNode) else str(term)

    return sorted(f"{plain(q.subject)} {q.predicate} {plain(q.object)}" for q in quads)  # type: ignore[attr-defined]


def read(body: bytes, media_type: str) -> list[str]:
    quads = list(ox.parse(body, format=FORMATS[media_type]))
    assert all(quad.graph_name == ox.DefaultGraph() for quad in quads)
    return lines(quads)


@pytest.fixture(scope="module")
def app_on(make_app: Callable[..., Flask]) -> Callable[[bool], Flask]:
    """Return a function that makes an app on the graphs above, as a release or as files."""

    def make(is_release: bool) -> Flask:
        quads = ox.parse(TRIG, format=ox.RdfFormat.TRIG)
        kept = (quad for quad in quads if not is_release or quad.graph_name != ox.DefaultGraph())
        engine = OxigraphEngine.in_memory(kept, union_default=is_release)
        version = "20260101T000000Z-0123456789ab" if is_release else None
        snapshot = Snapshot(engine, version, {IRI(SOURCE): 4, IRI(ODD): 1}, union_default=is_release)

        class Snapshots:
            def current(self) -> Snapshot:
                return snapshot

        return make_app(Snapshots(), base=BASE)

    return make


@pytest.fixture(params=[True, False], ids=["release", "files"])
def reader(app_on: Callable[[bool], Flask], request: pytest.FixtureRequest) -> FlaskClient:
    return app_on(request.param).test_client()


@pytest.fixture
def release_reader(app_on: Callable[[bool], Flask]) -> FlaskClient:
    return app_on(True).test_client()


ADDRESSES = [
    ("/graph-store?graph=" + quote(SOURCE, safe=""), SOURCE),  # §4.2
    ("/graph-store?graph=" + SOURCE, SOURCE),
    ("/graph-store?graph=" + quote(ODD, safe=""), ODD),
    ("/graph-store?unknown=x&graph=" + SOURCE, SOURCE),
    ("/graph/source-1", SOURCE),  # §4.1
    ("/graph/source%2D1", SOURCE),  # RFC 3986, 6.2.2.2
]


@pytest.mark.parametrize(("address", "name"), ADDRESSES)
def test_a_graph_is_whole_and_alone(reader: FlaskClient, address: str, name: str) -> None:  # §5.2
    response = reader.get(address)
    assert (response.status_code, response.mimetype) == (200, "text/turtle")
    assert read(response.data, "text/turtle") == content(name)


@pytest.mark.parametrize("address", ["/graph-store?default", "/graph-store?default="])
def test_the_default_graph_of_files(app_on: Callable[[bool], Flask], address: str) -> None:  # §5.2
    response = app_on(False).test_client().get(address)
    assert read(response.data, "text/turtle") == content("")


def test_the_default_graph_of_a_release_is_the_union_of_the_others(release_reader: FlaskClient) -> None:
    response = release_reader.get("/graph-store?default")
    assert read(response.data, "text/turtle") == sorted([*content(SOURCE), *content(ODD)])


@pytest.mark.parametrize("media_type", FORMATS)
def test_a_graph_in_the_syntax_that_is_accepted(reader: FlaskClient, media_type: str) -> None:
    response = reader.get(f"/graph-store?graph={SOURCE}", headers={"Accept": media_type})
    assert response.mimetype == media_type
    assert "Accept" in response.headers["Vary"].split(", ")
    assert read(response.data, media_type) == content(SOURCE)


@pytest.mark.parametrize(("name", "media_type"), NAMES.items())
@pytest.mark.parametrize("address", [f"/graph-store?graph={SOURCE}&", "/graph/source-1?"])
def test_a_graph_in_the_syntax_that_format_names(reader: FlaskClient, address: str, name: str, media_type: str) -> None:
    response = reader.get(f"{address}format={name}", headers={"Accept": "text/turtle"})
    assert response.mimetype == media_type
    assert read(response.data, media_type) == content(SOURCE)


def test_a_syntax_that_there_is_not(reader: FlaskClient) -> None:
    response = reader.get("/graph/source-1", headers={"Accept": "image/png, application/problem+json;q=0.1"})
    assert (response.status_code, response.json["available"]) == (406, [*FORMATS, "text/html"])  # people get a page
    response = reader.get(
        f"/graph-store?graph={SOURCE}", headers={"Accept": "image/png, application/problem+json;q=0.1"}
    )
    assert (response.status_code, response.json["available"]) == (406, list(FORMATS))


@pytest.mark.parametrize("address", ["/graph-store?default", f"/graph-store?graph={SOURCE}", "/graph/source-1"])
def test_head_is_get_without_the_body(reader: FlaskClient, address: str) -> None:  # §5.6
    answered, asked = reader.get(address), reader.head(address)
    assert (asked.status_code, asked.data) == (200, b"")
    assert asked.headers == answered.headers
    assert int(asked.headers["Content-Length"]) == len(answered.data)


@pytest.mark.parametrize(
    "query",
    [
        "",  # neither
        "?format=ttl",
        f"?default&graph={SOURCE}",  # both
        f"?graph={SOURCE}&graph={SOURCE}",
        "?default&default",
        "?default=x",
        "?graph=",
        "?graph=source-1",  # not absolute: §4.2
        "?graph=//names.example.org/graph/source-1",
        "?graph=http://example.org/a%20b",
        "?graph=http://example.org/%3Cx%3E",
        "?graph=http://example.org/%FF",
        "?graph=http://example.org/%zz",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_names_no_one_graph(reader: FlaskClient, method: str, query: str) -> None:
    response = reader.open("/graph-store" + query, method=method, headers={"Accept": "application/problem+json"})
    assert response.status_code == 400
    if method == "GET":
        assert response.json["code"] == "bad-request"


@pytest.mark.parametrize(
    ("address", "near"),
    [
        (f"/graph-store?graph={BASE}graph/source-2", [SOURCE]),
        ("/graph/source1", [SOURCE]),
        ("/graph/Source-1", [SOURCE]),
        ("/graph/source-1/", [SOURCE]),
        ("/graph-store?graph=urn:nothing:at:all:like:it", None),
        ("/graph-store?graph=urn:" + "x" * 5_000, None),
        ("/graph/%3E%20%22%7D", None),
        ("/graph/" + "x" * 5_000, None),
    ],
)
def test_a_graph_that_is_not_there(
    reader: FlaskClient, address: str, near: list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:  # §5.2
    response = reader.get(address, headers={"Accept": "application/problem+json"})
    assert (response.status_code, response.json["code"]) == (404, "unknown-resource")
    assert response.json.get("near") == near
    assert not caplog.records, "a request must not write the log"
    assert reader.head(address).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "address", ["/graph-store", "/graph-store?default", f"/graph-store?graph={SOURCE}", "/graph/source-1", "/graph/new"]
)
def test_nothing_is_written(reader: FlaskClient, method: str, address: str) -> None:  # §5.3 to 5.5, 5.7
    before = reader.get("/graph-store?default").data
    sent = {"data": "<urn:s> <urn:p> <urn:o> .", "content_type": "text/turtle"}
    response = reader.open(address, method=method, headers={"Accept": "application/problem+json"}, **sent)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "the server is read-only" in response.json["detail"]
    assert lines(ox.parse(before, format=ox.RdfFormat.TURTLE)) == read(
        reader.get("/graph-store?default").data, "text/turtle"
    )


@pytest.mark.parametrize("address", ["/graph-store", "/graph/source-1"])
def test_options(reader: FlaskClient, address: str) -> None:
    response = reader.options(address)
    assert (response.status_code, response.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


def test_every_graph_of_the_service_description_is_here(reader: FlaskClient) -> None:
    described = ox.parse(reader.get("/sparql").data, format=ox.RdfFormat.TURTLE)
    names = {quad.object.value for quad in described if quad.predicate.value == str(SD.name)}
    assert names == {SOURCE, ODD}
    for name in names:
        assert reader.get("/graph-store", query_string={"graph": name}).status_code == 200


def test_the_turtle_of_a_release_is_written_with_our_prefixes(release_reader: FlaskClient) -> None:
    assert "@prefix ag: <https://w3id.org/actiongraph/ontology#>" in release_reader.get("/graph/source-1").text
