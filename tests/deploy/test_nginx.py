"""nginx with `deploy/nginx.conf` before a server: the same answers, kept for a moment, and not to be poisoned."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from fronts import HOST, URL, Answer, Front, written

from actiongraph.release.build import build
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from bench.served import Served

CHECKOUT = Path(__file__).resolve().parents[2]
Proxied = Callable[..., Front]

pytestmark = pytest.mark.long("proxy")

AG = "https://w3id.org/actiongraph/ontology#"
COUNT = f"SELECT (COUNT(?a) AS ?n) WHERE {{ ?a a <{AG}DescribedAction> }}"
MANY = f"SELECT ?a ?b WHERE {{ ?a <{AG}country> ?b }}"
CSV, JSON, HTML = "Accept: text/csv", "Accept: application/sparql-results+json", "Accept: text/html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TIMES = 4
"""How often each request is sent: the first two are not kept, by `proxy_cache_min_uses`, and the third is."""


BATCH = 20
"""So many requests, each `TIMES` times, are sent in less than the second that they are kept."""


def asked(query: str, **others: str) -> str:
    return f"/sparql?{urlencode({'query': query} | others)}"


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def seen(answer: Answer) -> object:
    """Return what a client sees of an answer; of a 304 what RFC 9110, section 15.4.5, asks for."""
    if answer.status == 304:
        return 304, {name: answer.headers.get(name) for name in ("etag", "cache-control", "vary", "last-modified")}
    return answer.status, answer.headers, answer.body


def requests(tag: str, version: str) -> Iterator[tuple[str, tuple[str, ...], str, bytes]]:
    """Yield targets, header fields, methods and bodies: each once, and many that differ in little."""
    accepts = [
        "*/*",
        "text/csv",
        "text/html",
        "application/json, text/csv;q=0.5",
        "text/csv */*",
        "image/png",
        "",
        ",,",
    ]
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
        yield target, ("Accept-Encoding: gzip",), "GET", b""
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
    kept = sum(
        method in {"GET", "HEAD"} and answer[0] == 200
        for (_, _, method, _), answer in zip(listed, expected, strict=True)
    )
    assert nginx.log().count('"HIT"') > kept / 2


POISON = {
    "another separator in Accept": (asked(COUNT), [f"Accept: {BROWSER.replace(',', ' ', 1)}"], [f"Accept: {BROWSER}"]),
    "a second Accept": (asked(COUNT), [JSON, CSV], [JSON]),
    "an empty Accept first": (asked(COUNT), ["Accept:", CSV], ["Accept:"]),
    "Accept in upper case": (asked(COUNT), ["ACCEPT: text/csv"], ["Accept: */*"]),
    "an Accept as long as two": (asked(COUNT), ["Accept: text/csv gzip"], [CSV, "Accept-Encoding: gzip"]),
    "a second coding": (asked(MANY), ["Accept-Encoding: br", "Accept-Encoding: gzip"], ["Accept-Encoding: br"]),
    "a second line": (asked(COUNT), [CSV + ";q=0.2", JSON], [CSV + ";q=0.2", HTML]),
    "another separator in Accept-Encoding": (asked(MANY), ["Accept-Encoding: gzip br"], ["Accept-Encoding: gzip,br"]),
    "gzip for who cannot read it": (asked(MANY), ["Accept-Encoding: gzip"], []),
    "gzip for who refuses it": (asked(MANY), ["Accept-Encoding: gzip"], ["Accept-Encoding: gzip;q=0"]),
    "a page for a program": (asked(COUNT), [HTML], []),
    "another host": ("/", ["Host: evil.example"], []),
    "another port": ("/catalog.ttl", [f"Host: {HOST}:666"], []),
    "another host behind the name": ("/robots.txt", [f"Host: {HOST}", "X-Forwarded-Host: evil.example"], []),
    "another scheme": ("/", ["X-Forwarded-Proto: http", "X-Forwarded-Ssl: off", "Forwarded: proto=http;host=evil"], []),
    "another prefix": ("/", ["X-Forwarded-Prefix: /evil", "X-Script-Name: /evil"], []),
    "another path": ("/limits", ["X-Original-URL: /nowhere", "X-Rewrite-URL: /nowhere"], []),
    "another method": ("/limits", ["X-HTTP-Method-Override: DELETE", "X-HTTP-Method: POST"], []),
    "another origin": (asked(COUNT), ["Origin: https://evil.example"], ["Origin: https://good.example"]),
    "no origin": (asked(COUNT), ["Origin: null"], []),
    "another client": (asked(COUNT), ["X-Forwarded-For: 6.6.6.6", "X-Real-IP: 6.6.6.6"], []),
    "a condition that is met": (asked(COUNT), ["If-None-Match: *"], []),
    "a date that is met": (asked(COUNT), ["If-Modified-Since: Thu, 01 Jan 2037 00:00:00 GMT"], []),
    "a condition that fails": (asked(COUNT), ['If-Match: "another"'], []),
    "a part": (asked(COUNT), ["Range: bytes=0-0"], []),
    "a cookie": (asked(COUNT), ["Cookie: format=csv"], []),
    "a cache that is told off": (asked(COUNT), ["Cache-Control: no-store", "Pragma: no-cache"], []),
    "a release in another parameter": (asked(COUNT), ["version: 1"], []),
    "a language": ("/", ["Accept-Language: fr"], []),
    "a charset": ("/", ["Accept-Charset: utf-16"], []),
    "an upgrade": ("/", ["Upgrade: websocket", "Connection: upgrade"], []),
    "a field that the connection names": (asked(COUNT), ["Connection: Accept", CSV], [CSV]),
    "a trailer": (asked(COUNT), ["TE: trailers", "Trailer: Accept"], []),
    "what answers say": ("/", ["X-Accel-Expires: 99", "X-Accel-Redirect: /nowhere", "Surrogate-Control: x"], []),
}  # fmt: skip
"""What is sent to an address, first by somebody who means ill and then by somebody else."""


@pytest.mark.parametrize("name", POISON)
def test_nobody_is_answered_what_another_asked_for(nginx: Front, bare: Front, name: str) -> None:
    target, ill, well = POISON[name]
    target += f"{'&' if '?' in target else '?'}poison={quote(name)}"
    bare.ask(target, *well)  # the page of an answer tells how long the query took, if it was not kept
    expected = seen(bare.ask(target, *well))
    for _ in range(TIMES):
        nginx.ask(target, *ill)
    assert seen(nginx.ask(target, *well)) == expected


def test_all_lines_of_a_field_count(nginx: Front, bare: Front) -> None:
    # Before 1.23, $http_accept in nginx is the first of them.
    target, first = f"{asked(COUNT)}&lines=2", "Accept: text/csv;q=0.2"
    for second in ("text/html;q=0.9", "text/html;q=0.1, application/json", "text/html;q=0.1 application/json"):
        for _ in range(TIMES):
            fields = (first, f"Accept: {second}")
            assert seen(nginx.ask(target, *fields)) == seen(bare.ask(target, *fields)), second


@pytest.mark.parametrize(
    ("ill", "well"),
    [
        (f"http://evil.example{asked(COUNT)}&n=1", f"{asked(COUNT)}&n=1"),
        (f"{asked(COUNT)}&n=2#&format=csv", f"{asked(COUNT)}&n=2"),
        (f"{asked(COUNT)}&n=3&format=csv", f"{asked(COUNT)}&n=3"),
        (f"/sparql?format=csv&n=4&query={quote(COUNT)}", f"/sparql?n=4&query={quote(COUNT)}"),
        (f"/sparql?query={quote('ASK {}')}&n=5;format=csv", f"/sparql?query={quote('ASK {}')}&n=5"),
        (f"/sparql?query={quote('ASK {}')}%26n=6", f"/sparql?query={quote('ASK {}')}&n=6"),
        (f"/sparql?query={quote('ASK {}')}%00&n=7", f"/sparql?query={quote('ASK {}')}&n=7"),
        ("/doc/action%2F2014-12?n=8", "/doc/action/2014-12?n=8"),
        ("/doc/action/../action/2014-12?n=9", "/doc/action/2014-12?n=9"),
        ("/doc/action//2014-12?n=10", "/doc/action/2014-12?n=10"),
        ("/doc/action/2014-12%3Fn=11", "/doc/action/2014-12?n=11"),
        ("/doc/action/2014-12?n=12&version=x", "/doc/action/2014-12?n=12"),
        ("/doc/action/2014-12?n=13&VERSION=x", "/doc/action/2014-12?n=13"),
    ],
)
def test_an_address_is_that_address_letter_by_letter(nginx: Front, bare: Front, ill: str, well: str) -> None:
    expected = seen(bare.ask(well))
    for _ in range(TIMES):
        nginx.ask(ill)
    assert seen(nginx.ask(well)) == expected


HIDDEN = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
SMUGGLED = {
    "two lengths": [f"Content-Length: {len(HIDDEN)}", "Content-Length: 0"],
    "a length beside chunks": ["Content-Length: 4", "Transfer-Encoding: chunked"],
    "chunks that hide": ["Transfer-Encoding: xchunked"],
    "a coding behind a space": ["Transfer-Encoding : chunked"],
    "a coding behind a tab": ["Transfer-Encoding:\tchunked"],
    "two codings": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    "a length that is none": ["Content-Length: +5"],
    "a folded field": ["X: y", " Content-Length: 5"],
    "a bare line end": [f"X: y\nContent-Length: {len(HIDDEN)}"],
    "a name with a space": ["Content Length: 5"],
    "a field that is dropped": [f"Connection: Content-Length\r\nContent-Length: {len(HIDDEN)}"],
    "an expectation": ["Expect: 100-continue", f"Content-Length: {len(HIDDEN)}"],
}


@pytest.mark.parametrize("name", SMUGGLED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_request_hides_in_another(nginx: Front, bare: Front, name: str, method: str) -> None:
    # Whatever becomes of it: the connections to the server that nginx goes on to use must not be out of step.
    target = f"/limits?smuggled={quote(name)}"
    expected = seen(bare.ask(target))
    for body in (HIDDEN, b"0\r\n\r\n" + HIDDEN):
        head = "\r\n".join(
            [f"{method} {target} HTTP/1.1", f"Host: {HOST}", *SMUGGLED[name], "Connection: close", "", ""]
        )
        with suppress(http.client.HTTPException, OSError):
            nginx.send(head.encode() + body)
    for _ in range(TIMES):
        assert seen(nginx.ask(target)) == expected


class TestWhatIsKept:
    """Found in nginx's own log, which says of each answer whether it was kept."""

    clients = (f"127.{n}.{m}.1" for n in range(1, 250) for m in range(250))

    def states(self, nginx: Front, target: str, *fields: str, method: str = "GET", body: bytes = b"") -> list[str]:
        """Return the states of the answers to a request that is sent again and again, by a client of its own."""
        client = next(self.clients)
        for _ in range(TIMES):
            nginx.send(written(method, target, *fields, body=body), client)
        wait_until(lambda: nginx.log().count(f'"{client}"') == TIMES)
        return [line["cache"] for line in map(json.loads, nginx.log().splitlines()) if line["client"] == client]

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_what_is_asked_twice_is_kept_whether_by_get_or_by_head(self, nginx: Front, method: str) -> None:
        assert "HIT" in self.states(nginx, f"{asked(COUNT)}&kept={method}", method=method)

    def test_what_is_kept_for_head_has_its_body_for_get(self, nginx: Front, bare: Front) -> None:
        target = f"{asked(COUNT)}&kept=both"
        assert "HIT" in self.states(nginx, target, method="HEAD")
        assert seen(nginx.ask(target)) == seen(bare.ask(target))

    @pytest.mark.parametrize(
        ("target", "fields"),
        [
            (asked(COUNT), ["Authorization: Basic YTpi"]),
            (asked(COUNT), ["Cookie: a=b"]),
            (asked(COUNT), ["Range: bytes=0-1"]),
            (asked(COUNT), ["Accept: image/png"]),
            (asked("SELCT"), []),
            (asked("SELECT (RAND() AS ?x) {}"), []),
            (asked(COUNT, timeout="x"), []),
            (asked(COUNT, version="20200101T000000Z-0123456789ab"), []),
            ("/nowhere", []),
            ("/id/action/2014-12", []),
            ("/health", []),
            ("/metrics", []),
            ("/dumps/actiongraph.nq.gz", []),
        ],
    )
    def test_nothing_else_is_kept(self, nginx: Front, target: str, fields: list[str]) -> None:
        for method in ("GET", "HEAD"):
            assert not {"HIT", "STALE", "UPDATING", "REVALIDATED"} & set(
                self.states(nginx, target, *fields, method=method)
            )

    def test_no_post_is_kept(self, nginx: Front) -> None:
        kind = "Content-Type: application/sparql-query"
        assert set(self.states(nginx, "/sparql", kind, method="POST", body=COUNT.encode())) == {""}

    def test_two_states_of_a_range_do_not_meet(self, nginx: Front, bare: Front, release) -> None:
        target = f"/dumps/{release.record.version}/actiongraph.nq.gz"
        whole = bare.ask(target).body
        for _ in range(TIMES):
            part = nginx.ask(target, "Range: bytes=5-9")
            assert (part.status, part.body) == (206, whole[5:10])
            assert nginx.ask(target).body == whole
        assert set(self.states(nginx, target)) == {""}

    @pytest.mark.parametrize("field", ["Authorization: Basic YTpi", "Cookie: a=b", "Range: bytes=0-1"])
    def test_who_is_somebody_in_particular_is_not_answered_from_it(self, nginx: Front, field: str) -> None:
        target = f"{asked(COUNT)}&somebody={quote(field)}"
        assert "HIT" in self.states(nginx, target)
        assert set(self.states(nginx, target, field)) == {""}

    def test_who_has_it_is_told_so_from_what_is_kept(self, nginx: Front) -> None:
        target = f"{asked(COUNT)}&kept=conditions"
        first = nginx.ask(target)
        stamp = first.headers["last-modified"]
        later = (parsedate_to_datetime(stamp) + timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        for field in (f"If-None-Match: {first.headers['etag']}", f"If-None-Match: W/{first.headers['etag']}",
                      f"If-Modified-Since: {stamp}", f"If-Modified-Since: {later}", "If-None-Match: *"):  # fmt: skip
            for _ in range(TIMES):
                assert nginx.ask(target, field).status == 304
        assert any('"status": 304, ' in line and '"HIT"' in line for line in nginx.log().splitlines())


def test_plain_http_leads_to_https_at_our_host_whatever_the_request_calls_it(nginx: Front) -> None:
    plain = Front(nginx.http_port)
    answer = plain.ask("/sparql?query=ASK%20%7B%7D", "Host: evil.example")
    assert (answer.status, answer.headers["location"]) == (301, f"{URL}sparql?query=ASK%20%7B%7D")


def test_a_long_query_and_a_long_link_pass(nginx: Front, bare: Front) -> None:
    # The longest Link that an answer has is of LONGEST_LINK; the longest address that the server reads is 128 kB.
    for padding in (3_000, 100_000):
        target = asked(f"SELECT ?x {{ ?x <http://example.org/nothing> 1 }} #{'x' * padding}")
        for _ in range(TIMES):
            answer = nginx.ask(target, CSV)
            assert seen(answer) == seen(bare.ask(target, CSV))
            assert answer.status == 200
    body = f"ASK {{}} #{'x' * 190_000}".encode()
    assert nginx.ask("/sparql", "Content-Type: application/sparql-query", method="POST", body=body).status == 200


TRIPLES = 60
SECRET = "wrappedinsilence"


@pytest.fixture
def serve_files(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Gives a function that serves a file of `TRIPLES` triples, with more arguments."""
    (tmp_path / "a.ttl").write_text("".join(f"<http://x/s> <http://x/p> {n} .\n" for n in range(TRIPLES)), "utf-8")
    running: list[Served] = []

    def serve(*arguments: str) -> Served:
        running.append(Served(tmp_path, "a.ttl", "--url", URL, "--limit", "proxy_cache_s=1", *arguments))
        return running[-1]

    yield serve
    for server in running:
        if server.process.poll() is None:
            server.stop()


def crossed(times: int, note: str = "") -> str:
    """Return a query with as many solutions as there are rows of `times` triples: it takes as long as is wanted."""
    return f"SELECT (COUNT(*) AS ?n) {{ {' . '.join(f'?a{n} ?b{n} ?c{n}' for n in range(times))} }} # {note}"


def queries_running(server: Served) -> int:
    lines = Front(server.port).ask("/metrics").body.decode().splitlines()
    return int(float(next(line.split()[-1] for line in lines if line.startswith("actiongraph_queries_running "))))


def impatient(text: str) -> str:
    """Return the configuration `text` with one second in place of five until the cache is left out."""
    assert "proxy_read_timeout 5s;" in text
    return text.replace("proxy_read_timeout 5s;", "proxy_read_timeout 1s;")


class TestLongQueries:
    def test_one_ends_with_its_client_however_often_it_was_asked(self, proxied: Proxied, serve_files) -> None:
        server = serve_files("--timeout", "600")
        front, form = proxied(server.port, impatient), b"query=" + quote(crossed(9, "form")).encode()
        kind = "Content-Type: application/x-www-form-urlencoded"
        turns = [written("GET", asked(crossed(9)))] * 3 + [written("POST", "/sparql", kind, body=form)]
        for request in turns:
            with closing(front.connect()) as connection:
                connection.sendall(request)
                wait_until(lambda: queries_running(server) == 1)
            wait_until(lambda: queries_running(server) == 0)

    def test_one_is_answered_that_takes_longer_too(self, proxied: Proxied, serve_files) -> None:
        front = proxied(serve_files("--timeout", "600").port, impatient)
        answers = [front.ask(asked(crossed(4)), CSV) for _ in range(TIMES)]
        assert {answer.body.split()[-1] for answer in answers} == {b"%d" % TRIPLES**4}

    def test_one_at_its_deadline_is_told_by_the_server(self, proxied: Proxied, serve_files) -> None:
        front = proxied(serve_files("--timeout", "2").port, impatient)
        answer = front.ask(asked(crossed(9)), JSON)
        assert (answer.status, json.loads(answer.body)["code"]) == (504, "timeout")


def test_a_client_is_the_one_that_connects_whatever_it_says(proxied: Proxied, serve_files) -> None:
    server = serve_files("--trusted-proxies", "127.0.0.1", "--log")
    front = proxied(server.port)
    for fields in ([], ["X-Forwarded-For: 6.6.6.6"], ["X-Forwarded-For: 6.6.6.6, 127.0.0.1", "X-Real-IP: 6.6.6.6"]):
        front.send(written("GET", f"/limits?{len(''.join(fields))}", *fields), client="127.0.0.9")
    server.stop()
    assert [json.loads(line)["client"] for line in server.said if line.startswith("{")] == ["127.0.0.9"] * 3


def test_no_log_has_a_query(proxied: Proxied, serve_files) -> None:
    server = serve_files("--log", "--timeout", "1")
    front = proxied(server.port)
    query = asked(f"SELECT * {{ ?s ?p '{SECRET}' }}")
    for target in (query, asked(SECRET), f"/nowhere?{SECRET}", f"/search?q={SECRET}", f"/sparql#{SECRET}"):
        for method in ("GET", "HEAD", "DELETE", "PRI"):
            for _ in range(TIMES):
                front.ask(target, f"Referer: {URL}?{SECRET}", f"X-A: {SECRET}", method=method)
        Front(front.http_port).ask(target)
    assert front.ask(asked(crossed(9, SECRET))).status == 504
    assert front.ask(f"/sparql?query={SECRET * 10_000}").status == 414
    assert front.ask("/sparql", method="POST", body=SECRET.encode() * 100_000).status == 413
    faulty = (
        f"GET /?{SECRET} HTTP/9.9",
        f"GET /?{SECRET} \x01",
        f"{SECRET} /",
        f"GET /?{SECRET} HTTP/1.1\r\nHost: a\r\nHost: b",
    )
    for line in faulty:
        with suppress(http.client.HTTPException, OSError):
            front.send(f"{line}\r\n\r\n".encode())
    with closing(front.connect()) as connection:  # a client that goes
        connection.sendall(written("GET", asked(crossed(9, f"{SECRET} again"))))
        wait_until(lambda: queries_running(server) == 1)
    server.stop()
    assert front.ask(query).status == 502
    wait_until(lambda: '"status": 502' in front.log())
    assert front.log().count("\n") > 50
    assert SECRET not in front.said()
    assert SECRET not in "".join(server.said)


COUNTED = f"SELECT (COUNT(?f) AS ?n) WHERE {{ ?f a <{AG}Facility> }}"
NEW = f'<id/facility/%s> a <{AG}Facility> ; <http://www.w3.org/2004/02/skos/core#prefLabel> "%s"@en .\n'


class TestReleases:
    @pytest.fixture
    def publish(self, tmp_path: Path, little_data: Path) -> Callable[[str], str]:
        """Publish a release with one more facility, keeping two releases; return its version."""
        settings = Settings(data=little_data, store=tmp_path / "store", keep_releases=2)

        def publish(name: str) -> str:
            with (little_data / "reference.ttl").open("a", encoding="utf-8") as reference:
                reference.write(NEW % (name, name))
            return build(settings, ReleaseStore(settings.store)).record.version

        return publish

    @pytest.fixture
    def front(self, proxied: Proxied, publish, tmp_path: Path, little_data: Path) -> Iterator[tuple[Front, Front, str]]:
        """nginx and the server itself, on a store with a release that has two facilities, and its version."""
        version = publish("one")
        arguments = ("--data", str(little_data), "--store", str(tmp_path / "store"))
        server = Served(tmp_path, *arguments, "--url", URL, "--limit", "proxy_cache_s=1")
        yield proxied(server.port), Front(server.port), version
        server.stop()

    def test_a_new_one_is_visible_within_two_seconds(self, front, publish) -> None:
        # What is measured is when a request begins, which no delay of this machine makes earlier.
        seen_at: list[tuple[float, int]] = []
        published_at, switched = 0.0, threading.Event()

        def ask() -> None:
            while not (switched.is_set() and time.time() > published_at + 2.5):
                seen_at.append((time.time(), int(front[0].ask(asked(COUNTED), CSV).body.split()[-1])))

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: front[0].log().count('"HIT"') > 10)
        publish("two")
        published_at = time.time()
        switched.set()
        asking.join()
        assert {count for begun, count in seen_at if begun >= published_at + 2} == {3}
        assert {count for _, count in seen_at} == {2, 3}

    def test_an_answer_without_a_release_is_not_kept(self, front, tmp_path: Path) -> None:
        nginx, target, link = front[0], asked(COUNTED), tmp_path / "store" / "current"
        first = [nginx.ask(target, CSV) for _ in range(TIMES)][-1]
        link.rename(link.with_name("away"))
        wait_until(lambda: nginx.ask(target, CSV).status == 503)
        for _ in range(TIMES):
            assert nginx.ask(target, CSV).status == 503
        link.with_name("away").rename(link)
        assert seen(nginx.ask(target, CSV)) == seen(first)

    def test_a_dropped_one_is_answered_only_if_it_was_asked_before(self, front, publish) -> None:
        nginx, bare, version = front
        before, never = asked(COUNTED, version=version), asked("ASK {}", version=version)
        first = [nginx.ask(before, CSV) for _ in range(TIMES)][-1]
        publish("two")
        publish("three")
        for _ in range(TIMES):
            assert nginx.ask(never).status == bare.ask(before, CSV).status == 410
            assert seen(nginx.ask(before, CSV)) == seen(first)
        assert nginx.ask(before, "Accept: application/json").status == 410


PREFIXED = re.compile(r"    # At the root of a host.*?(?=    location @)", re.DOTALL)
SHOWN = re.compile(r"<!-- nginx: prefix -->\n```nginx\n(.*?)```", re.DOTALL)


def test_a_prefix_as_the_document_says(proxied: Proxied, release, tmp_path: Path) -> None:
    (shown,) = SHOWN.findall((CHECKOUT / "docs" / "operators.md").read_text("utf-8"))
    url = f"{URL}x/"
    server = Served(tmp_path, "--store", str(release.releases.folder), "--url", url, "--limit", "proxy_cache_s=1")
    try:
        front = proxied(server.port, lambda text: PREFIXED.sub(lambda _: f"{shown}\n", text, count=1))
        for _ in range(TIMES):
            assert front.ask(f"/x{asked(COUNT)}", CSV) == Front(server.port).ask(f"/x{asked(COUNT)}", CSV)
            robots = front.ask("/robots.txt").body.decode()
            assert f"Sitemap: {url}sitemap.xml" in robots.splitlines()
            assert "Disallow: /x/search?" in robots.splitlines()
            for name in ("void", "sparql-examples"):
                found = front.ask(f"/.well-known/{name}", "Accept: text/turtle")
                assert found.status == 200
                assert found == front.ask(f"/x/.well-known/{name}", "Accept: text/turtle")
            assert front.ask("/x/id/action/2014-12").headers["location"].startswith(url)
            assert front.ask("/x").headers["location"] == url
            part = front.ask(f"/x/dumps/{release.record.version}/actiongraph.nq.gz", "Range: bytes=0-1")
            assert (part.status, part.body) == (206, b"\x1f\x8b")
            assert {front.ask(path).status for path in ("/", "/sparql", "/x/x/sparql", "/y/../sparql")} == {404}
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', front.ask("/x/", HTML).body.decode())
        assert links
        assert all(link.startswith("/x/") for link in links)
        assert '"HIT"' in front.log()
    finally:
        server.stop()
