"""Queries answered before Flask: by status, fields, bytes, log and figures nobody can tell them from Flask's answers."""

# ruff: noqa: E501 - a table reads best with few lines

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import Busy, EngineError, GoneResource, UnknownResource
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.web import app as web_app
from actiongraph.web.app import create_app
from actiongraph.web.http.access_log import AccessRecord

FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
SELECT = "SELECT * WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o"
EMPTY = "SELECT * WHERE { ?s <http://example.org/nothing> 'x' }"
RANDOM = "# Random\nSELECT (RAND() < 2 AS ?x) {}"
MANY = "SELECT * WHERE { VALUES ?x { " + " ".join(f"'{number}'" for number in range(300)) + " } }"
G1 = "http://example.org/g1"
PINNED = "20260101T000000Z-0123456789ab"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass(frozen=True)
class Sent:
    """A request. `environ` are variables of WSGI that no header can set."""

    query_string: str = ""
    method: str = "GET"
    path: str = "/sparql"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str | None = None
    environ: tuple[tuple[str, Any], ...] = ()

    def variables(self) -> dict[str, Any]:
        """Return the environment in which a WSGI server calls the application."""
        builder = EnvironBuilder(
            self.path, "https://graph.example.org/", method=self.method, query_string=self.query_string,
            headers=list(self.headers), input_stream=BytesIO(self.body) if self.body else None,
            content_type=self.content_type, content_length=len(self.body) if self.body else None,
        )  # fmt: skip
        return builder.get_environ() | {"REMOTE_ADDR": "192.0.2.7"} | dict(self.environ)


def get(query: str = SELECT, *pairs: tuple[str, str], **headers: str) -> Sent:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Sent(urlencode([("query", query), *pairs]), headers=named)


def post(body: str | bytes, content_type: str | None = FORM, query_string: str = "", **headers: str) -> Sent:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Sent(
        query_string,
        "POST",
        headers=named,
        body=body if isinstance(body, bytes) else body.encode(),
        content_type=content_type,
    )


QUERIES = [
    SELECT, EMPTY, RANDOM, MANY, "ASK {}", "ASK { ?s ?p 'x' }", "CONSTRUCT WHERE { ?s ?p ?o }", "CONSTRUCT { ?s ?p (RAND()) } {}",
    "DESCRIBE <http://example.org/a>", "CONSTRUCT WHERE { ?s <http://x/none> ?o }", "SELECT (YEAR(NOW()) > 2000 AS ?x) {}",
    "# What is there?\nSELECT * { ?s ?p ?o }", "SELCT", "", "SELECT * { SERVICE <http://x/> {} }", "ASK { x:y ?p 1 }",
    "SELECT * { ?s ?p", "ASK {} #" + "x" * 5_000, "INSERT DATA { <a:b> <a:c> 1 }", r'SELECT ("\u0001" AS ?x) {}',
    "SELECT ?x { BIND(<f>() AS ?x) }", "ASK { <relative> ?p ?o }", "SELECT ?s ?s { ?s ?p ?o }", "{" * 200, "ASK { ?s ?p 'ü🌍' }",
]  # fmt: skip
ACCEPTS = [
    "", "*/*", "application/sparql-results+json", "application/json", "text/csv", "application/sparql-results+xml",
    "text/tab-separated-values", "text/turtle", "application/rdf+xml, application/ld+json;q=0.9", "application/n-triples", BROWSER,
    "text/csv,text/html", "image/png", "text/csv;q=0", "text/csv;q=2, */*;q=0.1", 'text/csv;x="a,b";q=0.5, application/json;q=0.4',
    "application/json;q=nan", ",,, ", '"', "text/csv, " * 300, "application/sparql-results+json, application/xml", "text/*;q=0.3",
]  # fmt: skip
PAIRS = [
    [("format", "csv")], [("format", "CSV"), ("format", "xml")], [("format", "ttl")], [("format", "html")], [("format", "")],
    [("format", "nonsense"), ("format", "tsv")], [("output", "json"), ("results", "json")], [("timeout", "5")], [("timeout", "x")],
    [("timeout", "0")], [("timeout", ""), ("timeout", "7")], [("version", PINNED)], [("version", "none")], [("version", "gone")],
    [("version", "a"), ("version", "b")], [("version", "")], [("version", PINNED), ("format", "csv")],
    [("default-graph-uri", G1)], [("default-graph-uri", G1), ("named-graph-uri", G1)], [("default-graph-uri", "no iri")],
    [("named-graph-uri", "")], [("update", "CLEAR ALL")], [("query", "ASK {}")], [("x", "y" * 300)], [("view", "bars")],
]  # fmt: skip
HEADERS = [
    {"Accept_Encoding": "gzip"}, {"Accept_Encoding": "gzip;q=0"}, {"Accept_Encoding": "identity;q=0, gzip;q=0.1"},
    {"Accept_Encoding": "br, *;q=0.5"}, {"Accept_Encoding": '"'}, {"If_None_Match": "*"}, {"If_None_Match": '"other"'},
    {"If_None_Match": 'W/"x", "', "Accept_Encoding": "gzip"}, {"If_None_Match": "x"}, {"If_Modified_Since": "Fri, 31 Dec 2049 23:59:59 GMT"},
    {"If_Modified_Since": "nonsense"}, {"If_Match": '"x"'}, {"Range": "bytes=0-3"}, {"Range": "bytes=x"}, {"If_Range": '"x"', "Range": "bytes=0-0"},
    {"Origin": "https://elsewhere.example"}, {"Host": "evil.example/x?<>"}, {"X_Forwarded_For": "198.51.100.1"}, {"Cookie": "a=b"},
    {"Upgrade": "websocket", "Connection": "Upgrade"}, {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings"},
    {"Content_Type": DIRECT}, {"Expect": "100-continue"}, {"Authorization": "Basic x"}, {"X_HTTP_Method_Override": "DELETE"},
]  # fmt: skip
ASK = quote("ASK {}")
RAW = [
    "query=%", "query=%zz", "query=%E9", "query=%ED%A0%80", "query=ASK+%7B%7D", "query=ASK{};x=y", "query", "query=ASK{}&&&=&x",
    f"query={ASK}&%71uery={ASK}", f"query={ASK}&" + "a=b&" * 1_100, "query=" + "x" * 620_000, "", "format=ttl", "format=html",
    "default-graph-uri=" + quote(G1), "update=x", f"query={ASK}&x=%ff", f"QUERY={ASK}", f"query={ASK}#query=x", "\xe9=1&query=\xe9",
]  # fmt: skip
BODIES = [
    post(SELECT, DIRECT), post(EMPTY, f"{DIRECT}; charset=utf-8"), post(SELECT, f'{DIRECT};charset="UTF-16"'), post(SELECT, DIRECT.upper()),
    post("\ufeffASK {}", DIRECT), post(b"ASK { ?s ?p '\xe9' }", DIRECT), post("ASK {}".encode("utf-16"), DIRECT), post("", DIRECT),
    post(SELECT, DIRECT, "default-graph-uri=" + quote(G1)), post(SELECT, DIRECT, f"query={ASK}"), post(SELECT, DIRECT, f"version={PINNED}"),
    post(SELECT, DIRECT, "format=csv"), post(SELECT, DIRECT, Accept="text/html"), post(SELECT, DIRECT, If_None_Match="*"),
    post(MANY, DIRECT, Accept_Encoding="gzip"), post(RANDOM, DIRECT, Accept=BROWSER), post(SELECT, DIRECT, Accept="text/csv,text/html"),
    post(urlencode({"query": SELECT})), post(urlencode({"query": SELECT}), f"{FORM}; charset=iso-8859-1"), post("x=y"), post(""),
    post(f"query={ASK}&query={ASK}"), post(f"query={ASK}", FORM, f"query={ASK}"), post("query=%zz"), post("a=b&" * 1_100), post("update=x"),
    post(f"query={ASK}&format=xml&timeout=3&version={PINNED}"), post(f"query={ASK}", None), post(f"query={ASK}", "text/plain"),
    post(f"query={ASK}", "multipart/form-data; boundary=x"), post("CLEAR ALL", "application/sparql-update"), post("x" * 200_001, DIRECT),
    replace(post(SELECT, DIRECT), environ=(("CONTENT_LENGTH", "5"),)), replace(post(SELECT, DIRECT), environ=(("CONTENT_LENGTH", "500"),)),
    replace(post(SELECT, DIRECT), environ=(("CONTENT_LENGTH", "x"),)), replace(post(SELECT, DIRECT), environ=(("CONTENT_LENGTH", "99999999"),)),
    replace(post(SELECT, DIRECT), environ=(("CONTENT_LENGTH", ""), ("HTTP_TRANSFER_ENCODING", "chunked"), ("wsgi.input_terminated", True))),
]  # fmt: skip
OTHERS = [
    *(replace(get("ASK {}"), method=method) for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "PROPFIND")),
    replace(get(SELECT, If_None_Match="*"), method="HEAD"), replace(get(MANY, Accept_Encoding="gzip"), method="HEAD"),
    replace(get("SELCT"), method="HEAD"), replace(get(RANDOM), method="HEAD"), replace(get("ASK {}"), body=b"query=SELCT", content_type=FORM),
    *(replace(get("ASK {}"), path=path) for path in ("/sparql/", "/sparql//", "//sparql", "/SPARQL", "/sparql.json", "/sparql/check", "/")),
    Sent(path="/sparql", headers=(("Accept", "text/turtle"),)), Sent(path="/sparql", headers=(("Accept", BROWSER),)),
    get(SELECT, Accept="application/json, text/csv"), replace(get("ASK {}"), environ=(("wsgi.url_scheme", "http"),)),
]  # fmt: skip
SHORT = [
    *(get(query, Accept=accept) for query in QUERIES[:9] for accept in ("", "text/csv", "text/csv,text/html")),
    *(get(query, Accept="application/json") for query in QUERIES[9:]), *(get(SELECT, *pairs) for pairs in PAIRS),
    *(get(query, **headers) for query in (SELECT, RANDOM) for headers in HEADERS), *map(Sent, RAW), *BODIES, *OTHERS,
    *(get(f"{query} # first", *pairs, If_None_Match="*") for query in (SELECT, RANDOM, EMPTY) for pairs in ([], [("version", PINNED)])),
]  # fmt: skip
LONG = [
    *SHORT, *(get(query, Accept=accept) for query in QUERIES for accept in ACCEPTS),
    *(get(query, *pairs, Accept=accept) for query in (SELECT, RANDOM, "SELCT") for pairs in PAIRS for accept in ("", BROWSER)),
    *(get(query, **headers) for query in (MANY, "SELCT", EMPTY) for headers in HEADERS),
]  # fmt: skip
CHANGING = re.compile(rb"\d+ ms|from the cache")


class Releases:
    """One release that can be asked by its version too."""

    def __init__(self, engine: object, **more: object) -> None:
        made = datetime(2026, 1, 1, tzinfo=UTC)
        self.snapshot = Snapshot(engine, PINNED, {}, union_default=True, modified_at=made, **more)

    def current(self) -> Snapshot:
        return self.snapshot

    def at(self, version: str) -> Snapshot:
        if version == "gone":
            raise GoneResource("It is gone.", near=(PINNED,))
        if version != PINNED:
            raise UnknownResource("There never was such a release.", near=(PINNED,))
        return replace(self.snapshot, pinned=True)


@dataclass
class Way:
    """An application, and the records of what it was asked."""

    app: Flask
    records: list[AccessRecord] = field(default_factory=list)

    def answer(self, sent: Sent) -> tuple[object, ...]:
        """Return all that a client, the log and the figures are told of a request."""
        body, status, headers = run_wsgi_app(self.app.wsgi_app, sent.variables())
        content, record = CHANGING.sub(b"", b"".join(body)), self.records[-1]
        seen = replace(record, at=datetime.min, seconds=0.0, query_s=record.query_s is None)
        if b"<html" in content:  # it tells how long the query took
            seen.size_bytes = 0
            headers = {name: value for name, value in headers if name not in {"ETag", "Content-Length"}}.items()
        return status[:3], sorted(headers), content, seen

    def figures(self) -> list[str]:
        """Return the figures that are no times."""
        text = self.app.test_client().get("/metrics").text
        return [
            line
            for line in text.splitlines()
            if "_seconds_sum" not in line and "_bucket" not in line and "created" not in line
        ]


@contextmanager
def without_the_layer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web_app, "EndpointMiddleware", lambda inner, _: inner)
        yield


def ways(releases: Releases, **settings: object) -> tuple[Way, Way]:
    """Return the application as it is, and without the layer, so that Flask answers all."""
    made = Settings(**({"url": "https://graph.example.org/"} | settings))

    def way() -> Way:
        records: list[AccessRecord] = []
        return Way(create_app(made, releases, observers=[records.append]), records)

    with without_the_layer():
        behind = way()
    return way(), behind


@pytest.mark.parametrize("requests", [SHORT, pytest.param(LONG, marks=pytest.mark.long("large"))], ids=len)
def test_both_ways_are_one(engine: OxigraphEngine, requests: list[Sent]) -> None:
    before, behind = ways(Releases(engine))
    for turn in ("fresh", "again"):
        for sent in requests:
            assert before.answer(sent) == behind.answer(sent), (turn, sent)
    assert before.figures() == behind.figures()


def test_most_of_it_never_reaches_flask(engine: OxigraphEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = ways(Releases(engine))
    reached: list[str] = []
    monkeypatch.setattr(before.app, "full_dispatch_request", _noting(before.app.full_dispatch_request, reached))
    for sent in (
        get(),
        get(EMPTY, Accept="text/csv"),
        get(RANDOM),
        post(SELECT, DIRECT),
        post(urlencode({"query": SELECT})),
    ):
        for again in (sent, replace(sent, headers=(*sent.headers, ("If-None-Match", "*")))):
            assert before.answer(again)[0] in {"200", "304"}
    assert before.answer(get(SELECT, ("version", PINNED)))[0] == "200"
    assert not reached
    before.answer(get("SELCT"))
    assert reached


def _noting(run: Callable[[], Any], noted: list[str]) -> Callable[[], Any]:
    return lambda: noted.append("") or run()


class Failing:
    """An engine that is not well."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def answer(self, *_: object) -> bytes:
        self.asked += 1
        raise self.error


FAILURES = [
    Busy("All are busy.", limit="workers", value=6, retry_after_s=2),
    EngineError("/a/secret/path"),
    RuntimeError("a fault that nobody foresaw"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failure_is_met_once_and_told_the_same(error: Exception) -> None:
    engines = [Failing(error), Failing(error)]
    pairs = [ways(Releases(engine)) for engine in engines]
    for sent in (
        get("ASK {}"),
        get("ASK {}", Accept=BROWSER),
        post("ASK {}", DIRECT),
        replace(get("ASK {}"), method="HEAD"),
    ):
        asked = engines[0].asked
        assert pairs[0][0].answer(sent) == pairs[1][1].answer(sent)
        assert engines[0].asked == engines[1].asked == asked + 1


def test_under_a_prefix(engine: OxigraphEngine) -> None:
    before, behind = ways(Releases(engine), url="https://graph.example.org/data-of/")
    for path in ("/data-of/sparql", "/sparql", "/data-of", "/data-of/data-of/sparql"):
        for sent in (get("ASK {}"), get(EMPTY), get("SELCT"), get(EMPTY, Accept=BROWSER)):
            assert before.answer(replace(sent, path=path)) == behind.answer(replace(sent, path=path))


def test_where_files_are_served(files_snapshots) -> None:
    before, behind = ways(files_snapshots)
    for sent in [get(query, Accept=accept) for query in QUERIES for accept in ("", "text/csv")] + BODIES:
        for _ in range(2):
            assert before.answer(sent) == behind.answer(sent), sent
