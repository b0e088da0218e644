"""nginx with `deploy/nginx.conf` before a server: the same answers, kept for a moment, and not to be poisoned."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote, urlencode

import pytest

from conftest import HOST, URL, Answer, Front, written

pytestmark = pytest.mark.long("proxy")

AG = "https://w3id.org/actiongraph/ontology#"
COUNT = f"SELECT (COUNT(?a) AS ?n) WHERE {{ ?a a <{AG}DescribedAction> }}"
MANY = f"SELECT ?a ?b WHERE {{ ?a <{AG}country> ?b }}"
CSV, JSON, HTML = "Accept: text/csv", "Accept: application/sparql-results+json", "Accept: text/html"
TIMES = 4
"""How often each request is sent: the first two are not kept, by `proxy_cache_min_uses`, and the third is."""


BATCH = 20
"""So many requests, each `TIMES` times, are sent in less than the second that they are kept."""


def asked(query: str, **others: str) -> str:
    return f"/sparql?{urlencode({'query': query} | others)}"


def seen(answer: Answer) -> object:
    """Return what a client sees of an answer; of a 304 what RFC 9110, section 15.4.5, asks for."""
    if answer.status == 304:
        return 304, {name: answer.headers.get(name) for name in ("etag", "cache-control", "vary", "last-modified")}
    return answer.status, answer.headers, answer.body


def requests(tag: str, version: str) -> Iterator[tuple[str, tuple[str, ...], str, bytes]]:
    """Yield targets, header fields, methods and bodies: each once, and many that differ in little."""
    accepts = ["*/*", "text/csv", "text/html", "application/json, text/csv;q=0.5", "text/csv */*", "image/png", "", ",,"]
    codings = ["gzip", "gzip;q=0", "identity", "br, gzip;q=0.5", "gzip, identity;q=0", "*", "x-gzip"]
    for target in (asked(COUNT), asked(MANY), "/actions?country=COL", "/limits", "/robots.txt"):
        for accept in accepts:
            yield target, (f"Accept: {accept}",), "GET", b""
        for coding in codings:
            yield target, (CSV, f"Accept-Encoding: {coding}"), "GET", b""
        for fields in (
            (),
            ("Origin: https://evil.example",),
            ("Cookie: a=b",),
            ("Authorization: Basic YTpi",),
            ("Range: bytes=0-9",),
            ("Accept-Language: fr",),
            (f"If-None-Match: {tag}", CSV),
            ('If-None-Match: "another"', CSV),
            ("If-None-Match: *",),
            ("If-Modified-Since: Thu, 01 Jan 2037 00:00:00 GMT",),
            ("If-Modified-Since: Thu, 01 Jan 2015 00:00:00 GMT",),
        ):
            yield target, fields, "GET", b""
            yield target, fields, "HEAD", b""
        yield target, (), "OPTIONS", b""
        yield target, (), "DELETE", b""
    for target in (
        f"/sparql?format=csv&query={quote(COUNT)}",
        f"/sparql?query={quote(COUNT)}&format=csv",
        f"/sparql?query={quote(COUNT)}&format=json",
        f"/sparql?query={quote(COUNT, safe='')}",
        f"/%73parql?query={quote(COUNT)}",
        f"//sparql?query={quote(COUNT)}",
        f"/./sparql?query={quote(COUNT)}",
        f"/x/../sparql?query={quote(COUNT)}",
        f"/sparql%3Fquery={quote(COUNT)}",
        f"/sparql/?query={quote(COUNT)}",
        "/doc/action/2014-12",
        "/doc/action%2F2014-12",
        "/doc%2Faction/2014-12",
        "/doc/action/2014-12?version=" + version,
        "/data/action/2014-12.ttl?version=" + version,
        asked(COUNT, version=version),
        asked(COUNT, version="20200101T000000Z-0123456789ab"),
        asked("SELCT"),
        asked("SELECT (RAND() AS ?x) {}", format="nothing", timeout="x"),
        "/nowhere",
        "/id/action/2014-12",
        "/static/style.css",
        "/.well-known/void",
        "/feeds/ldes",
        "/sitemap.xml",
        "/chain/2014-12.svg",
        f"/dumps/{version}/actiongraph.nq.gz",
        f"/dumps/{version}/actiongraph.nq",
        "/dumps/actiongraph.nq.gz",
        "/",
    ):
        yield target, (), "GET", b""
        yield target, ("Range: bytes=5-9",), "GET", b""
        yield target, ("Range: bytes=5-9", 'If-Range: "another"'), "GET", b""
        yield target, ('If-Match: "another"',), "GET", b""
        yield target, (), "HEAD", b""
    for body, kind in ((b"query=ASK%7B%7D", "x-www-form-urlencoded"), (b"ASK {}", "sparql-query"), (b"x", "json")):
        yield "/sparql", (f"Content-Type: application/{kind}",), "POST", body
        yield "/sparql", (f"Content-Type: application/{kind}",), "GET", body


def test_it_answers_as_the_server_does_whatever_came_before(nginx: Front, bare: Front, release) -> None:
    tag = bare.ask(asked(COUNT), CSV).headers["etag"]
    listed = list(requests(tag, release.record.version))
    expected = [seen(bare.ask(target, *fields, method=method, body=body)) for target, fields, method, body in listed]
    random.seed(1)
    turns = []
    for begin in range(0, len(listed), BATCH):
        batch = list(range(begin, min(begin + BATCH, len(listed)))) * TIMES
        random.shuffle(batch)
        turns += batch
    for turn in turns:
        target, fields, method, body = listed[turn]
        assert seen(nginx.ask(target, *fields, method=method, body=body)) == expected[turn], listed[turn]
    assert {404, 400, 405, 406, 410, 412, 206, 303, 304, 415, 200} & {each[0] for each in expected}
    kept = sum(method in {"GET", "HEAD"} and answer[0] == 200 for (_, _, method, _), answer in zip(listed, expected))
    assert nginx.log().count('"HIT"') > kept / 2
