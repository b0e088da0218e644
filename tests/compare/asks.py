"""What is asked over HTTP: each route in each format, under each condition, and what is wrong with a request."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
LONG_AGO, SOON = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
PREFIXES = """PREFIX ag: <https://w3id.org/actiongraph/ontology#>
PREFIX cty: <https://w3id.org/actiongraph/id/country/>
PREFIX g: <https://w3id.org/actiongraph/graph/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""

PARTS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "addresses.toml").read_text("utf-8"))
KINDS, ACCEPTS = PARTS["kinds"], [*PARTS["kinds"], *PARTS["accepts"]]
NAMES, FORMATS = PARTS["names"], [*PARTS["names"], *PARTS["formats"]]
SUFFIXES = PARTS["suffixes"]
OAI = PARTS["oai"]
THREE = ("*/*", "text/html", "application/json")
LONG = "x" * 2000

Header = tuple[str, str]


@dataclass(frozen=True)
class Ask:
    """One request; `{etag}` and `{modified}` in a field stand for what the answer before it in its group bore."""

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: bytes | None = None
    raw: bool = False

    def __str__(self) -> str:
        if self.raw:
            return f"raw {(self.body or b'')[:120]!r}"
        fields = "".join(f" | {name}: {value[:100]}" for name, value in self.headers)
        body = f" | body {self.body[:160]!r}" if self.body is not None else ""
        return f"{self.method} {self.target[:400]}{fields}{body}"


Group = list[Ask]


def get(target: str, *headers: Header) -> Ask:
    return Ask("GET", target, headers)


def head(target: str, *headers: Header) -> Ask:
    return Ask("HEAD", target, headers)


def post(target: str, body: str | bytes, content_type: str | None = FORM, *headers: Header) -> Ask:
    typed = (("Content-Type", content_type),) if content_type is not None else ()
    return Ask("POST", target, (*typed, *headers), body.encode() if isinstance(body, str) else body)


def accept(value: str) -> Header:
    return ("Accept", value)


def also(target: str, more: str) -> str:
    """Return `target` with one more parameter, written as it is sent."""
    return f"{target}{'&' if '?' in target else '?'}{more}"


def asked(target: str, **parameters: str) -> str:
    return also(target, urlencode(parameters, quote_via=quote)) if parameters else target


def conditions(target: str, *headers: Header, whole: bool = True) -> Group:
    """Return an address under each condition of RFC 9110, section 13, asked first without anything kept."""
    fields: list[tuple[Header, ...]] = [
        (("If-None-Match", "{etag}"),),
        (("If-None-Match", '"x"'),),
        (("If-Modified-Since", "{modified}"),),
        (("If-Match", '"x"'),),
        (("Accept-Encoding", "gzip"),),
        (("Accept-Encoding", "gzip"), ("If-None-Match", "{etag}")),
        (("If-None-Match", "{etag}"),),
    ]
    if whole:
        fields += [
            (("If-None-Match", "W/{etag}"),),
            (("If-None-Match", '"x", {etag}'),),
            (("If-None-Match", "*"),),
            (("If-None-Match", "nonsense"),),
            (("If-Modified-Since", LONG_AGO),),
            (("If-Modified-Since", SOON),),
            (("If-Modified-Since", "nonsense"),),
            (("If-None-Match", '"x"'), ("If-Modified-Since", SOON)),
            (("If-Match", "{etag}"),),
            (("If-Unmodified-Since", LONG_AGO),),
            (("Range", "bytes=0-9"),),
        ]
        codings = ("gzip;q=0", "identity;q=0", "*", "br", "", "x-gzip", "gzip;q=0.1, identity", "deflate, gzip;q=1.0")
        fields += [(("Accept-Encoding", coding),) for coding in codings]
    group = [head(target, *headers), get(target, *headers)]
    group += [get(target, *headers, *condition) for condition in fields]
    return [
        *group,
        head(target, *headers, ("If-None-Match", "{etag}")),
        head(target, *headers, ("Accept-Encoding", "gzip")),
    ]


def methods(target: str) -> Group:
    """Return an address asked by each method; an empty body need not be read."""
    preflight = (("Origin", "https://example.com"), ("Access-Control-Request-Method", "POST"))
    group = [Ask(method, target) for method in ("OPTIONS", "DELETE", "TRACE", "options")]
    group += [Ask("OPTIONS", target, preflight), Ask("PUT", target, (accept("text/html"),), b"")]
    return [*group, Ask("POST", target, (), b""), Ask("POST", target, (accept("application/json"),), b"")]


def formats(target: str, *, whole: bool = True) -> Group:
    """Return an address in each format, by Accept and by `format=`."""
    group = [get(target, accept(value)) for value in (ACCEPTS if whole else KINDS)]
    group += [get(also(target, f"format={name}")) for name in (FORMATS if whole else NAMES)]
    both = [
        get(also(target, "format=json"), accept("text/html")),
        get(target, accept("text/html"), accept("text/plain")),
    ]
    return [*group, *both]


def parameters(target: str, versions: Sequence[str]) -> Group:
    """Return an address with the parameters that many routes know, right and wrong."""
    named = [*versions, "20010101T000000Z-000000000000", "nonsense"]
    tails = [f"version={version}" for version in named]
    tails += [f"version={a}&version={b}" for a, b in itertools.pairwise(versions)]
    group = [get(also(target, tail), accept(kind)) for tail in tails for kind in ("*/*", "text/html")]
    tails = [f"page={page}" for page in ("1", "2", "0", "01", "abc", "", "9999999999")]
    tails += [
        "version=",
        "version=%C3%A9",
        "x=%zz",
        "x=%E9",
        "nonsense=1",
        "x=" + "y" * 3000,
        "&&",
        "references",
        "stated",
    ]
    return group + [get(also(target, tail)) for tail in tails]


def spellings(path: str) -> Group:
    """Return addresses that are nearly this one."""
    return [
        get(f"{path}/"),
        get(f"/{path}"),
        get(path.upper()),
        get(f"{path}.nonsense"),
        get(f"{path}%00"),
        get(f"{path}?"),
    ]


def everything(target: str, versions: Sequence[str]) -> list[Group]:
    """Return all that can be asked of one address, each kind in a group of its own."""
    kinds = [conditions(target), methods(target), formats(target, whole=False), parameters(target, versions)]
    kinds.append(conditions(target, accept("text/html"), whole=False))
    return [*kinds, spellings(target.partition("?")[0])]


def file_parts(target: str) -> Group:
    """Return a file with ranges, and conditions on them."""
    ranges = (
        "bytes=0-9",
        "bytes=10-",
        "bytes=-10",
        "bytes=0-",
        "bytes=5-5",
        "bytes=99999999-",
        "bytes=-0",
        "bytes=9-5",
        "bytes=0-9,20-29",
        "bytes=0-999999999",
        "items=0-9",
        "nonsense",
        "bytes=",
        "BYTES=0-9",
        "bytes= 0-9 ,",
        "bytes=-99999999",
        "bytes=00000000000000000000000000001-2",
        "bytes=99999999999999999999-",
        "bytes=a-b",
    )
    group = [get(target), head(target)]
    group += [get(target, ("Range", one)) for one in ranges]
    group.append(head(target, ("Range", "bytes=0-9")))
    part = ("Range", "bytes=0-9")
    for if_range in ("{etag}", "W/{etag}", '"x"', "{modified}", LONG_AGO, SOON, "nonsense"):
        group.append(get(target, part, ("If-Range", if_range)))
    for name, value in (
        ("If-Match", '"x"'),
        ("If-Match", "{etag}"),
        ("If-Match", "W/{etag}"),
        ("If-Match", "*"),
        ("If-Match", '"x", {etag}'),
        ("If-Unmodified-Since", LONG_AGO),
        ("If-Unmodified-Since", "{modified}"),
        ("If-Unmodified-Since", "nonsense"),
        ("If-None-Match", "{etag}"),
        ("If-None-Match", "*"),
        ("If-Modified-Since", "{modified}"),
    ):
        group += [get(target, (name, value)), get(target, part, (name, value))]
    group.append(get(target, ("If-Match", '"x"'), accept("application/json")))
    group.append(get(target, ("Range", "bytes=99999999-"), accept("application/json")))
    group.append(get(target, ("Range", "bytes=99999999-"), accept("text/html")))
    return group


def thing(name: str, *, whole: bool) -> Group:
    """Return what is asked of one thing, by its name behind `/id/`; `whole` is for each format of it."""
    group = [
        get(f"/id/{name}"),
        get(f"/id/{name}", accept("text/html")),
        get(f"/doc/{name}"),
        get(f"/data/{name}.ttl"),
        get(f"/data/{name}?references"),
    ]
    if whole:
        group += [get(f"/data/{name}.{suffix}") for suffix in SUFFIXES]
        group += [get(f"/data/{name}", accept(kind)) for kind in KINDS[:12]]
        group += [get(f"/data/{name}.{suffix}?references") for suffix in ("nt", "jsonld", "rdf", "trig")]
        group += [
            get(f"/doc/{name}?page=2"),
            get(f"/data/{name}?references&page=2"),
            get(f"/chain/{name.rpartition('/')[2]}"),
        ]
    return group


def chain(key: str) -> list[Group]:
    """Return what is asked of one chain."""
    target = f"/chain/{key}"
    by_suffix = [get(f"{target}.{suffix}{tail}") for suffix in SUFFIXES for tail in ("", "?stated", "?links=stated")]
    by_accept = [get(f"{target}{tail}", accept(kind)) for kind in KINDS for tail in ("", "?stated")]
    more = [get(f"{target}?{tail}") for tail in ("links=all", "links=none", "links=", "stated=1", "stated&links=all")]
    saved = [head(f"{target}.{suffix}") for suffix in ("csv", "graphml", "svg")]
    return [by_suffix, by_accept, [*more, *saved], conditions(f"{target}.svg"), conditions(f"{target}.ttl")]


def chain_list() -> list[Group]:
    """Return what is asked of the list of chains."""
    by_filter = [
        get(f"/chains?{one}", accept(kind))
        for one in PARTS["filters"]
        for kind in ("application/json", "text/html", "text/csv", "text/plain")
    ]
    by_suffix = [get(f"/chains.{suffix}{tail}") for suffix in SUFFIXES for tail in ("", "?country=GH", "?stated")]
    return [by_filter, by_suffix]


def oai() -> list[Group]:
    """Return what is asked of the OAI-PMH repository, by GET and by POST."""
    by_get = [get(f"/feeds/oai?{one}") for one in OAI]
    by_post = [post("/feeds/oai", one) for one in OAI]
    odd = [
        post("/feeds/oai", "verb=Identify", "text/plain"),
        post("/feeds/oai", "verb=Identify", None),
        post("/feeds/oai?verb=Identify", ""),
        get("/feeds/oai?verb=Identify", accept("text/html")),
        get("/feeds/oai?verb=Identify", accept("image/png")),
        get("/feeds/oai?verb=Identify", accept("application/json")),
        post("/feeds/oai", b"verb=\xff"),
        post("/feeds/oai", "verb=Identify", f"{FORM}; charset=utf-16"),
    ]
    return [by_get, by_post, odd, conditions("/feeds/oai?verb=Identify"), methods("/feeds/oai")]


def questions(query: str, kinds: Iterable[str], *, checked: bool = True) -> Group:
    """Return a query asked in each of `kinds` of formats, and checked."""
    target = asked("/sparql", query=query)
    group = [get(target), *(get(target, accept(kind)) for kind in kinds)]
    if checked:
        check = asked("/sparql/check", query=query)
        group += [get(check), get(check, accept("text/html"))]
    return group


SELECT_KINDS = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
    "text/html",
)
GRAPH_KINDS = (
    "text/turtle",
    "application/n-triples",
    "application/n-quads",
    "application/trig",
    "application/rdf+xml",
    "application/ld+json",
    "text/html",
)


def kinds_of(query: str) -> Sequence[str]:
    form = re.search(r"\b(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", query)
    return GRAPH_KINDS if form and form[1] in ("CONSTRUCT", "DESCRIBE") else SELECT_KINDS


GRAPH = "https://w3id.org/actiongraph/graph/"


def protocol() -> list[Group]:
    """Return the query operation of the SPARQL protocol, right and wrong, at `/sparql` and at `/sparql/check`."""
    ask, empty = "ASK { ?s ?p ?o }", f"{PREFIXES}SELECT ?c {{ ?c ag:iso3 'GHA' }}"
    json, text, page = accept("application/json"), accept("*/*"), accept("text/html")
    groups: list[Group] = []
    for route in ("/sparql", "/sparql/check"):
        good = urlencode({"query": ask})
        by_get = [one.replace("{good}", good).replace("{many}", "&a=b" * 1100) for one in PARTS["protocol"]]
        kinds = (text, json, page) if route == "/sparql" else (json,)
        groups.append([get(f"{route}?{one}", kind) for one in by_get for kind in kinds])
        groups.append([post(route, one, FORM, json) for one in by_get])
        typed = [
            (ask, DIRECT),
            (ask, f"{DIRECT}; charset=utf-8"),
            (ask, f'{DIRECT};charset="UTF-8"'),
            (ask, DIRECT.upper()),
            (ask, f"{DIRECT}; charset=UTF-16"),
            (ask, "text/plain"),
            (ask, None),
            (ask, "nonsense"),
            (good, "multipart/form-data; boundary=x"),
            (good, f"{FORM}; charset=UTF-8"),
            (good, f"{FORM}; charset=iso-8859-1"),
            ("CLEAR ALL", "application/sparql-update"),
            ("\ufeff" + ask, DIRECT),
            ("", DIRECT),
            ("", FORM),
            ("", None),
            (b'ASK { ?s ?p "\xe9" }', DIRECT),
            (ask.encode("utf-16"), DIRECT),
            (empty, DIRECT),
            (b"query=\xe9", FORM),
            ("x=y", FORM),
            (ask + " " * 200_000, DIRECT),
            ("query=" + "%20" * 250_000, FORM),
            ("query=ASK{}&x=" + "y" * 700_000, FORM),
            ("{" * 300, DIRECT),
            ("(" * 300, DIRECT),
        ]
        groups.append([post(route, body, kind, how) for body, kind in typed for how in kinds[:2]])
        groups.append(
            [
                post(f"{route}?{good}", ask, DIRECT),
                post(f"{route}?default-graph-uri={GRAPH}derived", ask, DIRECT),
                post(f"{route}?default-graph-uri=nonsense", ask, DIRECT, json),
                post(f"{route}?format=csv", empty, DIRECT),
                post(f"{route}?format=xml", ask, DIRECT),
                post(route, ask, DIRECT, ("If-None-Match", "*")),
                post(route, ask, DIRECT, ("Accept-Encoding", "gzip")),
                post(route, f"{PREFIXES}SELECT * {{ ?c ag:iso3 ?i }} ORDER BY ?i", DIRECT, ("Accept-Encoding", "gzip")),
                get(f"{route}?query=" + "ASK{}" + "%20" * 3000),
                get(f"{route}?{good}&x=" + "y" * 250_000),
                get(f"{route}?x=" + "y" * 700_000),
            ]
        )
        groups += [methods(route), conditions(f"{route}?{good}"), formats(asked(route, query=empty)), spellings(route)]
    construct = asked("/sparql", query=f"{PREFIXES}CONSTRUCT {{ ?c ag:iso3 ?i }} WHERE {{ ?c ag:iso3 ?i }}")
    unrepeatable = asked("/sparql", query="SELECT (STRLEN(STR(NOW())) > 3 AS ?long) {}")
    groups += [formats(asked("/sparql", query=ask)), formats(construct)]
    for target in (construct, unrepeatable, asked("/sparql", query=empty)):
        groups += [conditions(target), conditions(target, page, whole=False)]
    return groups


def graph_store() -> list[Group]:
    """Return the Graph Store Protocol, right and wrong."""
    group = [
        get(f"/graph-store?{one}".replace("{long}", LONG), accept(kind)) for one in PARTS["graphs"] for kind in THREE
    ]
    group += [get(f"/graph/{key}", accept(kind)) for key in PARTS["graph_keys"] for kind in THREE]
    target = f"/graph-store?graph={GRAPH}reference"
    return [
        group,
        conditions(target),
        methods(target),
        formats(target),
        methods("/graph/derived"),
        formats("/graph/derived"),
        conditions("/graph/derived"),
    ]


def raw() -> Group:
    """Return requests that no honest client sends; each closes its connection."""
    end = b"Host: graph.example.org\r\nConnection: close\r\n\r\n"
    direct = b"POST /sparql HTTP/1.1\r\nContent-Type: application/sparql-query\r\n"
    chunked = direct + b"Transfer-Encoding: chunked\r\n"
    sent = [
        b"NONSENSE\r\n\r\n",
        b"GET /limits HTTP/1.0\r\n\r\n",
        b"GET /limits HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET  /limits HTTP/1.1\r\n" + end,
        b"GET /limits HTTP/9.9\r\n" + end,
        b"GET limits HTTP/1.1\r\n" + end,
        b"GET http://graph.example.org/health HTTP/1.1\r\n" + end,
        b"GET http://[ HTTP/1.1\r\n" + end,
        b"GET * HTTP/1.1\r\n" + end,
        b"OPTIONS * HTTP/1.1\r\n" + end,
        b"get /health HTTP/1.1\r\n" + end,
        b"GET /health#x HTTP/1.1\r\n" + end,
        b"GET /h\xe9 HTTP/1.1\r\n" + end,
        b"GET /sparql?query=\xe9 HTTP/1.1\r\n" + end,
        b"GET /%2e%2e/etc/passwd HTTP/1.1\r\n" + end,
        b"GET /static/../app.py HTTP/1.1\r\n" + end,
        b"GET /static/%2e%2e/app.py HTTP/1.1\r\n" + end,
        b"GET /health HTTP/1.1\r\nX:" + b"y" * 20_000 + b"\r\n" + end,
        b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 300 + end,
        b"GET /health HTTP/1.1\r\nAccept: application/json\r\n" + b"X: y\r\n" * 300 + end,
        b"GET /health HTTP/1.1\r\nno colon\r\n" + end,
        b"GET /health HTTP/1.1\r\n folded: x\r\n" + end,
        direct + b"Content-Length: 5\r\n" + end + b"ASK{}",
        chunked + b"Content-Length: 5\r\n" + end + b"0\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nContent-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n"
        + end
        + b"5\r\nASK{}\r\n0\r\n\r\n",
        direct + b"Transfer-Encoding: gzip\r\n" + end,
        b"POST /sparql HTTP/1.1\r\nContent-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n"
        + end
        + b"zz\r\n",
        b"POST /sparql HTTP/1.1\r\nContent-Length: -1\r\n" + end,
        b"POST /sparql HTTP/1.1\r\nContent-Length: abc\r\n" + end,
        b"POST /sparql HTTP/1.1\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n" + end,
        direct + b"Content-Length: 5\r\nExpect: 100-continue\r\n" + end + b"ASK{}",
        b"HEAD /health HTTP/1.1\r\n" + end,
        b"GET /" + b"x" * 900_000 + b" HTTP/1.1\r\n" + end,
        b"\r\n\r\nGET /health HTTP/1.1\r\n" + end,
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + end,
        b"GET /id/action/2014-12 HTTP/1.1\r\nX-Forwarded-Host: evil.example\r\n" + end,
    ]
    return [Ask("", "", (), one, raw=True) for one in sent]


def split(groups: Iterable[Group], longest: int = 60) -> Iterator[Group]:
    """Yield the groups, those that need no order cut into pieces that several threads can take."""
    for group in groups:
        ordered = any("{" in value for one in group for _, value in one.headers)
        if ordered:
            yield group
            continue
        for start in range(0, len(group), longest):
            yield group[start : start + longest]
