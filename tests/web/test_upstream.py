"""Queries that another engine answers: the same answers, or a clear error, and never a part of one as a whole."""

from __future__ import annotations

import base64
import gc
import gzip
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pyoxigraph as ox
import pytest
from fake_engine import TABLE, TRIPLES, FakeEngine, Handler
from flask.testing import FlaskClient

from actiongraph.engine.credentials import Credentials
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.errors import NotAcceptable, SettingsError, UpstreamError
from actiongraph.formats import RESULTS_JSON, RESULTS_XML, Result, offers
from actiongraph.release import upstream_snapshots as upstream_module
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.web.app import create_app

JSON = "application/sparql-results+json"
ROWS = "PREFIX ag: <https://w3id.org/actiongraph/ontology#> SELECT ?a ?n { ?a ag:actionNumber ?n } ORDER BY ?n LIMIT 5"
GRAPH = "CONSTRUCT { ?a <https://w3id.org/actiongraph/ontology#actionNumber> ?n } " + ROWS[ROWS.index("{") :].replace(
    "ag:actionNumber", "<https://w3id.org/actiongraph/ontology#actionNumber>"
)
ASK = "ASK { ?s ?p ?o }"
DESCRIBED = "DESCRIBE <https://w3id.org/actiongraph/id/action/2014-12>"


class Face:
    """The application over a fake engine, and one without any, on the same release."""

    def __init__(self, deployment, engine: FakeEngine, client: FlaskClient) -> None:
        self.deployment, self.engine, self.client = deployment, engine, client
        releases = deployment.releases
        self.record = releases.record(releases.newest())

    def ask(self, query: str = ROWS, accept: str = JSON, **parameters: str):
        fields = {"Accept": accept} if accept else {}
        return self.client.get("/sparql", query_string={"query": query, **parameters}, headers=fields)

    def fails(self, status: int, *codes: str) -> str:
        """Check that a query fails with a status, as problem details, and return what these say."""
        response = self.ask(accept="application/problem+json, application/sparql-results+json")
        assert response.status_code == status, response.text
        assert response.json["status"] == status
        assert response.json["code"] in codes
        assert "ETag" not in response.headers
        return response.json["detail"]


@pytest.fixture(scope="module")
def opened(deploy) -> tuple[ReleaseSnapshots, ox.Store]:
    """The release as the application opens it, and its store for fake engines; opening both takes a while."""
    releases = deploy("mapped").releases
    store = ox.Store.read_only(str(releases.path(releases.newest()) / "store"))
    return ReleaseSnapshots(releases), store


@pytest.fixture
def face_on(deploy, opened, monkeypatch) -> Iterator[Callable[..., Face]]:
    """Gives a function that makes a face over a fake engine, which is marked with the release."""
    monkeypatch.setattr(upstream_module, "_HOLDS_S", 0.0)
    monkeypatch.setattr(logging.getLogger("actiongraph.web.problems"), "disabled", True)
    with ExitStack() as stack:

        def make(credentials: Credentials | None = None, **settings: object) -> Face:
            deployment = deploy("mapped")
            snapshots, store = opened
            engine = stack.enter_context(FakeEngine(store, deployment.base).running())
            given = replace(deployment.settings, **settings)
            behind = stack.enter_context(closing(UpstreamEngine(engine.url, given, credentials)))
            app = create_app(given, snapshots, upstream=UpstreamSnapshots(snapshots, behind, given))
            face = Face(deployment, engine, app.test_client())
            engine.mark(face.record.version, face.record.content_sha256)
            return face

        yield make


@pytest.fixture
def face(face_on) -> Face:
    return face_on()


# The answers of an engine that is honest


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (query, offer.media_type)
        for query, result in ((ROWS, Result.BINDINGS), (ASK, Result.BOOLEAN), (GRAPH, Result.GRAPH))
        for offer in offers(result)
    ],
)
def test_an_answer_is_the_same_as_without_it_in_each_format(face: Face, query: str, accept: str):
    ours = face.deployment.client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    theirs = face.ask(query, accept)
    assert theirs.status_code == ours.status_code == 200
    assert sorted(theirs.data.splitlines()) == sorted(ours.data.splitlines())
    assert theirs.headers["Content-Type"] == ours.headers["Content-Type"]
    assert len(face.engine.forms) == 1


def test_a_query_is_asked_of_the_graphs_of_the_release_alone(face: Face):
    graphs = sorted(face.record.graphs)
    assert face.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json["results"]["bindings"][0]["n"]["value"] == str(
        face.record.triples
    )
    names = face.ask("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").json["results"]["bindings"]
    assert sorted(row["g"]["value"] for row in names) == graphs
    for form in face.engine.forms:
        assert sorted(form["default-graph-uri"]) == sorted(form["named-graph-uri"]) == graphs


def test_a_dataset_that_the_client_names_is_the_one_that_is_asked(face: Face):
    graph = min(face.record.graphs)
    assert face.ask("SELECT * { ?s ?p ?o } LIMIT 1", **{"default-graph-uri": graph}).status_code == 200
    response = face.ask(f"SELECT * FROM <{graph}> {{ ?s ?p ?o }} LIMIT 1")
    assert response.status_code == 200, response.text
    other = max(face.record.graphs)
    both = face.ask(f"SELECT * FROM <{other}> {{ ?s ?p ?o }} LIMIT 1", **{"default-graph-uri": graph})
    assert both.status_code == 200
    assert "FROM" not in face.engine.forms[-1]["query"][0]  # or some would answer from both
    assert len(face.engine.forms) == 3
    for form in face.engine.forms:  # an engine may take what is left out for all that it has
        assert form["default-graph-uri"] == [graph]
        assert form["named-graph-uri"] == ["urn:x-actiongraph:nowhere"]


def test_a_relative_iri_means_the_same_there(face: Face):
    face.ask("SELECT * { <x> ?p ?o FILTER(1 < 2) }")
    face.ask("SELECT * { <https://example.org/x> ?p ?o }")
    relative, absolute = (form["query"][0] for form in face.engine.forms)
    assert relative.startswith(f"BASE <{face.deployment.url}sparql> SELECT")
    assert absolute.startswith("SELECT")


def test_an_answer_is_cached_and_tagged(face: Face):
    first, again = face.ask(), face.ask()
    assert len(face.engine.forms) == 1
    assert first.headers["ETag"] == again.headers["ETag"]
    assert (
        face.client.get(
            "/sparql", query_string={"query": ROWS}, headers={"Accept": JSON, "If-None-Match": first.headers["ETag"]}
        ).status_code
        == 304
    )


def test_a_page_of_the_result_and_hints_are_there(face: Face):
    page = face.ask(accept="text/html")
    assert page.status_code == 200
    assert "2014-" in page.text or "20" in page.text
    empty = face.ask("SELECT * { ?s <https://w3id.org/actiongraph/ontology#actionNumbr> ?o }", "text/html")
    assert "actionNumber" in empty.text


# What is not sent to it


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX bif: <bif:> SELECT (bif:now() AS ?n) {}",
        "SELECT * { ?s <bif:contains> 'x' }",
        "SELECT * { GRAPH <urn:x-arq:UnionGraph> { ?s ?p ?o } }",
        "SELECT * FROM <https://example.org/elsewhere> { ?s ?p ?o }",
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    ],
)
def test_what_reaches_beyond_the_release_is_refused_and_the_check_says_so(face: Face, query: str):
    assert face.ask(query).status_code == 400
    assert face.engine.forms == []
    verdict = face.client.get("/sparql/check", query_string={"query": query, "format": "json"}).json
    assert verdict["error"]["code"] == "refused-feature"


def test_a_graph_that_a_request_names_is_one_of_the_release(face: Face):
    marker = f"{face.deployment.base}graph/marker"
    for name in ("default-graph-uri", "named-graph-uri"):
        response = face.ask(**{name: marker})
        assert response.status_code == 400
        assert "no graph of this release" in response.text
    assert face.engine.forms == []


@pytest.mark.parametrize(
    "url", ["http://user:word@127.0.0.1:1/sparql", "ftp://127.0.0.1/", "http://127.0.0.1:1/ x", "x"]
)
def test_an_address_is_refused_that_holds_a_password_or_is_none(url: str):
    with pytest.raises(SettingsError) as refused:
        UpstreamEngine(url, Settings())
    assert "word" not in str(refused.value).replace("password", "")


# An engine that misbehaves


def _cut_length(handler: Handler, form: dict) -> None:
    handler.send(handler.server.engine.run(form)[0][:-4], TABLE, Content_Length="100000")
    handler.close_connection = True


def _cut_chunks(handler: Handler, form: dict) -> None:
    content = handler.server.engine.run(form)[0]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {TABLE}\r\nTransfer-Encoding: chunked\r\n\r\n{len(content):x}\r\n"
    handler.raw(head.encode() + content + b"\r\n")


def _without_end(handler: Handler, form: dict) -> None:
    content = handler.server.engine.run(form)[0]
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Type: " + TABLE.encode() + b"\r\n\r\n" + content)


def _packed(handler: Handler, form: dict) -> None:
    handler.send(gzip.compress(handler.server.engine.run(form)[0]), TABLE, Content_Encoding="gzip")


def _half(handler: Handler, form: dict) -> None:
    handler.send(handler.server.engine.run(form)[0][:-4], TABLE)


MISBEHAVIOURS = {
    "closes": lambda handler, _: handler.raw(b""),
    "is no HTTP": lambda handler, _: handler.raw(b"220 mail.example.org ESMTP\r\n"),
    "cuts, with a length": _cut_length,
    "cuts, in chunks": _cut_chunks,
    "has no end": _without_end,
    "packs": _packed,
    "half": _half,
    "page": lambda handler, _: handler.send(b"<html><body>Welcome</body></html>", "text/html"),
    "page as a table": lambda handler, _: handler.send(b"<html><body>Welcome</body></html>", TABLE),
    "table as a page": lambda handler, form: handler.send(handler.server.engine.run(form)[0], "text/html"),
    "boolean": lambda handler, _: handler.send(b'{"head":{},"boolean":true}', TABLE),
    "triples": lambda handler, _: handler.send(b"<x:s> <x:p> <x:o> .\n", TRIPLES),
    "nothing": lambda handler, _: handler.send(b"", TABLE),
    "no content": lambda handler, _: handler.send(b"", TABLE, 204),
    "password": lambda handler, _: handler.send(b"", "text/plain", 401, WWW_Authenticate="Basic"),
    "not found": lambda handler, _: handler.send(b"nothing here", "text/plain", 404),
    "fails": lambda handler, _: handler.send(b"no", "text/plain", 500),
    "no IRI": lambda handler, _: handler.send(
        b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"uri","value":"no iri"}}]}}', TABLE
    ),
    "no UTF-8": lambda handler, _: handler.send(
        b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"\xff"}}]}}', TABLE
    ),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_an_engine_that_misbehaves_is_a_bad_gateway_and_the_next_answer_is_right(face: Face, name: str):
    face.engine.behaviour = MISBEHAVIOURS[name]
    detail = face.fails(502, "upstream")
    assert "engine behind this endpoint" in detail
    face.engine.behaviour = face.engine.honest
    assert len(face.ask().json["results"]["bindings"]) == 5


def test_a_failure_leaves_no_results_to_other_threads(face: Face):
    """The library drops results in the thread that made them, and says so where another has to."""
    query, found = check_query("SELECT ?o { ?s ?p ?o }", face.deployment.settings), []
    control = b'{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"\\u0001"}}]}}'

    def fail(engine: UpstreamEngine) -> None:
        for format_ in (RESULTS_XML, RESULTS_JSON):
            with pytest.raises((NotAcceptable, UpstreamError)) as caught:
                engine.answer(query, format_)
            found.append(caught)
            face.engine.behaviour = MISBEHAVIOURS["no IRI"]

    face.engine.behaviour = lambda handler, _: handler.send(control, TABLE)
    with closing(UpstreamEngine(face.engine.url, face.deployment.settings)) as engine:
        thread = threading.Thread(target=fail, args=(engine,))
        thread.start()
        thread.join()
    assert len(found) == 2
    found.clear()
    gc.collect()  # what is dropped now and cannot be fails the test


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(face_on, status: int):
    face, other = face_on(), face_on()
    face.engine.behaviour = lambda handler, _: handler.send(b"", TABLE, status, Location=other.engine.url)
    assert "redirects" in face.fails(502, "upstream")
    assert other.engine.forms == other.engine.authorizations == []


def test_what_it_says_is_cut_to_its_first_line_without_addresses(face: Face):
    said = b"\n  Error at GET http://10.0.0.7:3030/ds?query=x of db.example.org \x1b[31min /var/lib/db\nsecond line\n"
    face.engine.behaviour = lambda handler, _: handler.send(said, "text/plain", 500)
    detail = face.fails(502, "upstream")
    assert "Error at GET" in detail
    for hidden in ("10.0.0.7", "3030", "http:", "/var", "second", "\x1b"):
        assert hidden not in detail
    face.engine.behaviour = lambda handler, _: handler.send(said, "text/plain", 400)
    assert "10.0.0.7" not in face.fails(400, "query")


@pytest.mark.parametrize("behaviour", ["waits", "drips", "drips its header"])
def test_an_engine_that_hangs_is_a_timeout(face_on, behaviour: str):
    face, over = face_on(timeout_s=0.3), threading.Event()

    def hang(handler: Handler, _: dict) -> None:
        if behaviour == "drips":
            handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\nContent-Type: " + TABLE.encode() + b"\r\n\r\n")
        elif behaviour == "drips its header":
            handler.raw(b"HTTP/1.1 200 OK\r\nX-Long: ")
        handler.close_connection = True
        while not over.wait(0.02):
            if behaviour != "waits":
                handler.raw(b" ")

    face.engine.behaviour = hang
    try:
        face.fails(504, "timeout")
    finally:
        over.set()


def test_a_query_is_ended_there_when_its_client_has_gone(face: Face):
    began, ended, is_gone = threading.Event(), threading.Event(), threading.Event()

    def wait(handler: Handler, _: dict) -> None:
        began.set()
        handler.close_connection = True
        handler.connection.recv(1)  # until the connection is closed
        ended.set()

    face.engine.behaviour = wait
    environ = {"actiongraph.client_gone": is_gone.is_set}
    asking = threading.Thread(
        target=face.client.get,
        args=("/sparql",),
        kwargs={"query_string": {"query": ROWS}, "environ_overrides": environ},
    )
    asking.start()
    assert began.wait(10)
    is_gone.set()
    assert ended.wait(10)
    asking.join()


def test_an_answer_that_is_too_long_is_refused(face_on):
    face = face_on(max_answer_bytes=1000)
    assert "answer-too-large" in face.ask("SELECT * { ?s ?p ?o } LIMIT 1000").text


def test_an_engine_that_is_not_there_is_a_bad_gateway_and_pages_go_on(face: Face):
    face.engine.has_own_marker = False
    face.engine.behaviour = lambda handler, _: handler.raw(b"")
    face.fails(502, "upstream")
    for path in ("/", "/actions", "/chains", "/search?q=ghana", "/feed", "/sparql"):
        assert face.client.get(path).status_code in {200, 404} - ({404} if path != "/feed" else set()), path
    assert face.client.get("/health").status_code == 503


def test_a_password_goes_to_it_alone_and_stands_nowhere(face_on, monkeypatch, caplog):
    monkeypatch.setattr(logging.getLogger("actiongraph.web.problems"), "disabled", False)
    face = face_on(credentials=Credentials("me", "swordfish"))
    engine = face.engine

    def ask_for_it(handler: Handler, form: dict) -> None:
        if handler.headers.get("Authorization") is None:
            handler.send(b"", "text/plain", 401, WWW_Authenticate='Basic realm="x"')
        else:
            engine.honest(handler, form)

    engine.behaviour = ask_for_it
    assert face.ask().status_code == 200
    assert engine.authorizations[-1] == "Basic " + base64.b64encode(b"me:swordfish").decode()
    engine.behaviour = lambda handler, _: handler.send(
        b"bad request: " + handler.headers["Authorization"].encode() + b" swordfish", "text/plain", 500
    )
    said = face.ask(ASK).text + caplog.text
    assert "failed with status 500" in said
    for secret in ("swordfish", base64.b64encode(b"me:swordfish").decode()):
        assert secret not in said
    engine.behaviour = lambda handler, _: handler.send(b"", "text/plain", 401, WWW_Authenticate='Basic realm="x"')
    assert face.ask(ASK).status_code == 502


# The marker


def test_without_a_marker_there_are_no_answers_not_even_cached_ones(face: Face):
    assert face.ask().status_code == 200
    face.engine.unmark()
    detail = face.fails(503, "release-not-marked")
    assert "no whole release" in detail
    response = face.ask()
    assert int(response.headers["Retry-After"]) > 0
    assert face.client.get("/health").status_code == 503
    assert face.client.get("/").status_code == 200
    face.engine.mark(face.record.version, face.record.content_sha256)
    assert face.ask().status_code == 200


def test_an_answer_during_which_the_marker_went_is_not_sent(face: Face):
    def unmark(handler: Handler, form: dict) -> None:
        face.engine.unmark()
        face.engine.honest(handler, form)

    face.engine.behaviour = unmark
    face.fails(503, "release-not-marked")
    face.engine.behaviour = face.engine.honest
    face.engine.mark(face.record.version, face.record.content_sha256)
    assert face.ask().status_code == 200
    assert len(face.engine.forms) == 2  # the first was not cached


def test_an_answer_of_one_move_is_not_that_of_the_next_of_the_same_release(face: Face):
    record, engine = face.record, face.engine
    engine.mark(record.version, record.content_sha256, "first")
    tag = face.ask().headers["ETag"]
    assert face.ask().headers["ETag"] == tag
    assert len(engine.forms) == 1
    engine.mark(record.version, record.content_sha256, "second")
    assert face.ask().status_code == face.ask(version=record.version).status_code == 200
    assert len(engine.forms) == 3  # both anew, and neither again
    face.ask()
    assert len(engine.forms) == 3

    def load_anew(handler: Handler, form: dict) -> None:
        face.engine.honest(handler, form)
        engine.mark(record.version, record.content_sha256, "third")

    engine.behaviour = load_anew
    assert face.ask(ASK).status_code == 503


@pytest.mark.parametrize(
    ("version", "content_hash"), [("20200101T000000Z-0123456789ab", None), (None, "0" * 64)], ids=["version", "hash"]
)
def test_a_marker_of_another_release_does_not_count(face: Face, version: str | None, content_hash: str | None):
    face.engine.mark(version or face.record.version, content_hash or face.record.content_sha256)
    face.fails(503, "release-not-marked")


def test_the_version_of_the_marker_is_known_and_no_other(face: Face):
    pinned = face.ask(version=face.record.version)
    assert pinned.status_code == 200
    assert "immutable" in pinned.headers["Cache-Control"]
    assert face.ask(version="20200101T000000Z-0123456789ab").status_code == 404


def test_limits_promise_nothing_of_an_engine_that_is_not_ours(face: Face):
    listed = face.client.get("/limits", headers={"Accept": "application/json"}).json["promises"]
    kept = {promise["name"]: promise["is_kept"] for promise in listed}
    assert not kept["vanished-clients"]
    assert not kept["confinement"]
    assert not kept["query-memory"]
    assert face.deployment.client.get("/limits?format=json").json["promises"][-1]["is_kept"]


# Engines with quirks


@pytest.fixture
def like_virtuoso(face: Face) -> Face:
    face.engine.fields = {"Server": "Virtuoso/07.20.3229 (Linux) x86_64-generic-linux-glibc25  VDB"}
    face.engine.answer_probe = lambda handler: handler.send(_virtuoso_ask(1), TABLE)
    return face


def _virtuoso_ask(value: int) -> bytes:
    """What Virtuoso 7 writes for ASK."""
    return (
        '{ "head": { "link": [], "vars": ["__ASK_RETVAL"] },\n  "results": { "distinct": false, "ordered": true, '
        '"bindings": [\n    { "__ASK_RETVAL": { "type": "typed-literal", "datatype": '
        f'"http://www.w3.org/2001/XMLSchema#integer", "value": "{value}" }}}} ] }} }}'
    ).encode()


def test_its_table_without_rows_is_false(like_virtuoso: Face):
    written = (
        b'{ "head": { "link": [], "vars": ["__ASK_RETVAL"] },\n  "results": { "distinct": false, "bindings": [ ] } }'
    )
    like_virtuoso.engine.behaviour = lambda handler, _: handler.send(written, TABLE)
    assert like_virtuoso.ask(ASK).json == {"head": {}, "boolean": False}


@pytest.mark.parametrize("value", [0, 1])
def test_its_table_for_ask_is_a_boolean(like_virtuoso: Face, value: int):
    like_virtuoso.engine.behaviour = lambda handler, _: handler.send(_virtuoso_ask(value), TABLE)
    assert like_virtuoso.ask(ASK).json == {"head": {}, "boolean": bool(value)}
    assert like_virtuoso.ask(ASK, "text/csv").text == str(bool(value)).lower()


def test_its_blank_nodes_are_such(like_virtuoso: Face):
    written = (
        '{ "head": { "link": [], "vars": ["a", "b"] },\n  "results": { "distinct": false, "ordered": true, '
        '"bindings": [\n    { "a": { "type": "bnode", "value": "nodeID://b10001" } , '
        '"b": { "type": "literal", "value": "\\"bnode\\", \\"value\\": \\"nodeID://b2" }} ] } }'
    )
    like_virtuoso.engine.behaviour = lambda handler, _: handler.send(written.encode(), TABLE)
    (row,) = like_virtuoso.ask().json["results"]["bindings"]
    assert row["a"] == {"type": "bnode", "value": "b10001"}
    assert row["b"]["value"] == '"bnode", "value": "nodeID://b2'


@pytest.mark.parametrize(
    "fields", [{"X-SPARQL-MaxRows": "5"}, {"X-SQL-State": "S1TAT"}, {"X-SQL-Message": "RC: Returning incomplete"}]
)
def test_an_answer_with_a_sign_of_being_partial_is_a_bad_gateway(like_virtuoso: Face, fields: dict[str, str]):
    engine = like_virtuoso.engine
    engine.behaviour = lambda handler, form: handler.send(*engine.run(form), 200, **fields)
    like_virtuoso.fails(502, "upstream")


def _number(variable: str, value: object) -> bytes:
    return (
        f'{{"head":{{"vars":["{variable}"]}},"results":{{"bindings":[{{"{variable}":{{"type":"typed-literal","datatype":'
        f'"http://www.w3.org/2001/XMLSchema#integer","value":"{value}"}}}}]}}}}'
    ).encode()


@pytest.mark.parametrize(
    ("cap", "solutions", "status"),
    [
        (None, 9_999, 200),
        (None, 10_000, 502),
        (None, 10_001, 502),
        (100, 99, 200),
        (100, 100, 502),
        (20_000, 10_000, 200),
    ],
)
def test_a_graph_is_counted_for_it_is_cut_without_a_sign(
    like_virtuoso: Face, cap: int | None, solutions: int, status: int
):
    engine = like_virtuoso.engine

    def answer(handler: Handler, form: dict) -> None:
        if "bif:cfg_item_value" in form["query"][0]:
            handler.send(*((_number("rows", cap), TABLE) if cap else (b"Virtuoso 42000 Error: no", "text/plain", 500)))
        elif "COUNT(" in form["query"][0]:
            handler.send(_number("n", solutions), TABLE)
        else:
            handler.send(engine.run(form)[0], "text/plain")

    engine.behaviour = answer
    assert like_virtuoso.ask(GRAPH, TRIPLES).status_code == status
    assert len(engine.forms) == 3


@pytest.mark.parametrize(
    ("query", "sign"),
    [
        ("SELECT * { ?s <x:p>+ ?o }", "+"),
        ("SELECT * { ?s <x:p> ?o OPTIONAL { ?o <x:q>* ?x } }", "*"),
        ("SELECT DISTINCT * { ?s <x:p>* ?o . ?o ?p ?x }", "*"),
        ("SELECT DISTINCT * FROM <GRAPH> { ?s <x:p>* ?o }", "*"),
        ("SELECT DISTINCT * { GRAPH ?g { ?s <x:p>* ?o } }", "*"),
        ("SELECT * { ?s <x:p> ?o FILTER(?o > 'a') }", ">"),
    ],
)
def test_what_it_answers_wrongly_is_not_asked_and_the_check_says_so(like_virtuoso: Face, query: str, sign: str):
    text = query.replace("GRAPH>", f"{min(like_virtuoso.record.graphs)}>")
    response = like_virtuoso.ask(text)
    assert response.status_code == 400
    assert response.json["code"] == "refused-feature"
    assert response.json["column"] == text.rindex(sign) + 1
    assert "answers wrongly" in response.json["detail"]
    verdict = like_virtuoso.client.get("/sparql/check", query_string={"query": text, "format": "json"}).json
    assert verdict["error"]["code"] == "refused-feature"
    assert like_virtuoso.engine.forms[1:] == []  # the first asks for its configuration


def test_a_path_is_asked_where_nothing_but_the_release_can_be_met(like_virtuoso: Face):
    theme = "https://w3id.org/actiongraph/ontology#theme"
    broader = "http://www.w3.org/2004/02/skos/core#broader"
    query = f"SELECT DISTINCT ?a {{ ?a <{theme}>/<{broader}>* ?theme }}"
    like_virtuoso.engine.behaviour = like_virtuoso.engine.in_union
    assert like_virtuoso.ask(query).status_code == 200
    assert "default-graph-uri" not in like_virtuoso.engine.forms[-1]
    graph = min(like_virtuoso.record.graphs)
    assert like_virtuoso.ask(query, **{"default-graph-uri": graph}).status_code == 400


def test_a_division_is_sent_so_that_it_is_none_of_integers(like_virtuoso: Face):
    like_virtuoso.ask("SELECT (?n / 2 AS ?half) { VALUES ?n { 1 3 } ?a <x:p>/<x:q> ?b } ")
    assert "(?n * 1.0 / 2 AS ?half)" in like_virtuoso.engine.forms[-1]["query"][0]
    assert "<x:p>/<x:q>" in like_virtuoso.engine.forms[-1]["query"][0]


@pytest.mark.parametrize(
    ("status", "said", "expected", "code"),
    [
        (500, b"Virtuoso S1T00 Error SR171: Transaction timed out", 504, "upstream-silent"),
        (500, b"Virtuoso 37000 Error TR052: transitive start not given", 400, "query"),
        (500, b"Virtuoso 22023 Error SR353: Sorted TOP clause specifies more then 15003 rows to sort.", 400, "query"),
        (500, b"Virtuoso 42000 Error SR1: something else", 502, "upstream"),
    ],
)
def test_its_faults_are_told_as_what_they_are(like_virtuoso: Face, status: int, said: bytes, expected: int, code: str):
    like_virtuoso.engine.behaviour = lambda handler, _: handler.send(said, "text/plain", status)
    like_virtuoso.fails(expected, code)


def test_graphs_need_no_names_where_no_other_has_what_a_query_names(face: Face):
    face.engine.fields = {"Fuseki-Request-Id": "7"}
    for query in (ROWS, "SELECT * { ?s ?p ?o } LIMIT 1"):
        for number in range(200):  # the other graphs are looked at in the background
            assert face.ask(f"# {number}\n{query}").status_code == 200
            if face.engine.forms[-1].get("default-graph-uri") == ["urn:x-arq:UnionGraph"]:
                break
        assert (len(face.engine.forms[-1].get("default-graph-uri")) == 1) is (query is ROWS)


def test_fuseki_is_told_how_long_a_query_may_take(face: Face):
    face.engine.fields = {"Fuseki-Request-Id": "7"}
    assert face.ask(timeout="3").status_code == 200
    assert face.engine.forms[0]["timeout"] == ["3"]
    face.engine.behaviour = lambda handler, _: handler.send(b"Query timed out", "text/plain", 503)
    assert face.ask(ASK, timeout="4").status_code == 504
