"""What is served while it is asked: stores that each side builds for itself, files, and small limits."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import asks
from asks import Ask, Group, get
from sides import HERE, Server, Side

URL = "https://graph.example.org/"
_ONTOLOGY = "https://w3id.org/actiongraph/ontology#"
_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
_FACILITY = f'<id/facility/{{0}}> a <{_ONTOLOGY}Facility> ; <{_LABEL}> "{{0}}"@en .\n'
WITHDRAWN = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<id/facility/compare-one> a ag:WithdrawnResource ; ag:reason "It was read twice."@en ;
    prov:invalidatedAtTime "2026-02-20"^^xsd:date ; dcterms:isReplacedBy <id/facility/compare-three> .
"""
TOLD = [
    "--publisher",
    "Ministry of Example <https://example.org/>",
    "--contact",
    "Help desk <mailto:help@example.org>",
    "--license",
    "https://creativecommons.org/licenses/by/4.0/",
]

Build = Callable[[Side], None]


def data_of(side: Side, folder: Path) -> Path:
    """Return a copy of the data that 0.2.0 ships in `folder`."""
    target = folder / "data"
    shutil.copytree(side.work.parent / "source" / "data", target)
    return target


def facilities(data: Path, *names: str) -> None:
    with (data / "reference.ttl").open("a", encoding="utf-8") as reference:
        reference.writelines(_FACILITY.format(name) for name in names)


def publish(side: Side, folder: Path, arguments: list[str], clock: str) -> None:
    """Build a release that was published when `clock` says, which only the file system knows otherwise."""
    side.built.setdefault(folder.name, []).append(side.run(["build", "--store", "store", *arguments], folder, clock))
    at = datetime.fromisoformat(clock).timestamp()
    os.utime(folder / "store" / "current", (at, at), follow_symlinks=False)


def build_history(side: Side) -> None:
    """Three releases, of which two are kept: something is added and changed, then withdrawn or gone."""
    folder = side.work / "history"
    folder.mkdir()
    data = data_of(side, folder)
    build = ["--limit", "keep_releases=2"]
    publish(side, folder, build, "2026-01-01T08:00:00+00:00")
    facilities(data, "compare-one", "compare-two", "compare-three")
    page = data / "social-security-policy.ttl"
    written = page.read_text("utf-8")
    page.write_text(
        written.replace("Enhance the effectiveness", "Raise the effectiveness").replace(
            "ag:followUpOf act:2014-12 ;", 'ag:followUpOf act:2014-12 ;\n  ag:actionNumber "2016-07" ;'
        ),
        "utf-8",
    )
    build += ["--data", "data"]
    publish(side, folder, [*build, *TOLD], "2026-02-01T08:00:00+00:00")
    reference = data / "reference.ttl"
    lines = reference.read_text("utf-8").splitlines(keepends=True)
    reference.write_text("".join(line for line in lines if not re.search("compare-(one|two)", line)), "utf-8")
    (data / "withdrawn.ttl").write_text(WITHDRAWN, "utf-8")
    publish(side, folder, build, "2026-03-01T08:00:00+00:00")


def build_shipped(side: Side) -> None:
    """One release of the shipped data."""
    folder = side.work / "shipped"
    folder.mkdir()
    publish(side, folder, [], "2026-01-01T08:00:00+00:00")


def build_generated(side: Side) -> None:
    """One release of generated data under another base, with a chain of thirty."""
    folder = side.work / "generated"
    folder.mkdir()
    (folder / "data").symlink_to(side.work.parent / "generated" / "data")
    publish(side, folder, ["--data", "data", "--base", "https://example.org/actions/"], "2026-01-01T08:00:00+00:00")


PAIRS = "".join(
    f"<https://example.org/a/{number}> <{_ONTOLOGY}followUpOf> <https://example.org/b/{number}> .\n"
    for number in range(130)
)
NAMED = """@prefix ex: <http://example.org/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
ex:one { ex:a ex:label "Ghana"@en ; ex:value 1, 1.5, 1e3, true, "x\\u0007y", "a,b\\"c\\nd", "<&>"^^ex:odd .
    ex:b ag:followUpOf ex:c }
ex:two { ex:c ex:knows [ ex:label "nobody" ] . ex:a ex:label "Ghana"@en }
"""


def build_files(side: Side) -> None:
    """Files to serve as they stand, beside a broken one."""
    folder = side.work / "files"
    folder.mkdir()
    data_of(side, folder)
    (folder / "pairs.nt").write_text(PAIRS, "utf-8")
    (folder / "named.trig").write_text(NAMED, "utf-8")
    (folder / "broken.ttl").write_text("@prefix x: <http://x/> .\nx:a x:b oops .\n", "utf-8")


@dataclass(frozen=True)
class Scene:
    """One server on each side with what it is asked."""

    name: str
    folder: str
    arguments: list[str]
    groups: Callable[[Server], list[Group]]
    copied: bool = False
    servers: list[Server] = field(default_factory=list)

    def start(self, old: Side, new: Side) -> None:
        """Start the servers: of 0.2.0, of the working tree, and of the working tree on what 0.2.0 built."""
        places = [(old, old.work), (new, new.work)]
        if self.copied:
            places.append((new, new.work / "copied"))
        self.servers.extend(Server(side, work / self.folder, self.arguments) for side, work in places)

    def stop(self) -> list[int]:
        return [server.stop() for server in self.servers]


AT_THE_END: Group = [
    get("/metrics"),
    get("/metrics", asks.accept("application/openmetrics-text")),
    asks.head("/metrics"),
]
"""What tells of all the requests before."""


def _read(server: Server, target: str) -> str:
    return server.ask("GET", target, [("Accept", "application/json, */*;q=0.1")], None).body.decode()


def versions_of(server: Server, prefix: str = "") -> list[str]:
    """Return the releases that are known, the newest first."""
    return re.findall(r'"version": "([^"]+)"', _read(server, f"{prefix}/releases"))


def things_of(server: Server, prefix: str = "") -> list[str]:
    """Return the names of all things, as they stand behind `/id/`, from the sitemap."""
    pages = re.findall(r"/(sitemap-[^<]+\.xml)<", _read(server, f"{prefix}/sitemap.xml"))
    listed = "".join(_read(server, f"{prefix}/{page}") for page in pages)
    return re.findall(r"<loc>[^<]*/doc/([^<]+)</loc>", listed)


def queries() -> dict[str, list[str]]:
    """Return the queries of `queries.toml`."""
    read: dict[str, list[str]] = tomllib.loads((HERE / "queries.toml").read_text("utf-8"))
    return read


def _examples(server: Server) -> list[str]:
    folder = server.side.work.parent / "source" / "src" / "actiongraph" / "examples"
    return [path.read_text("utf-8") for path in sorted(folder.glob("*.rq"))]


def _asked_queries(server: Server) -> Iterable[Group]:
    listed = queries()
    for example in _examples(server):
        yield asks.questions(example, asks.kinds_of(example))
    patterns = [f"{asks.PREFIXES}SELECT * WHERE {{\n  {pattern}\n}}" for pattern in listed["patterns"]]
    whole = [query if query.startswith(("BASE", "#")) else asks.PREFIXES + query for query in listed["whole"]]
    for query in (*patterns, *whole, *listed["faults"]):
        yield asks.questions(query, ("text/html", "application/json") if query in listed["faults"] else ())


_STATIC = ("style.css", "icon.svg", "nothing.css", "..%2Fapp.py", "")


def release_groups(server: Server) -> list[Group]:
    """Return everything that a release answers."""
    versions = versions_of(server)
    newest, _, past = versions
    several = [one.format(newest=newest, past=past) for one in asks.PARTS["several"]]
    groups = [group for target in several for group in asks.everything(target, versions)]
    files = [
        f"/dumps/{newest}/actiongraph.nq.gz",
        f"/dumps/{newest}/changes/added.nq.gz",
        f"/dumps/{past}/changes/added.nq.gz",
    ]
    for target in files:
        groups += [
            asks.file_parts(target),
            asks.conditions(target),
            asks.methods(target),
            asks.formats(target),
            asks.spellings(target),
        ]
    groups += [asks.file_parts("/limits"), asks.file_parts(f"/dumps/{newest}/SHA256SUMS")]
    listed = (
        "actiongraph.nq.gz",
        "actiongraph.trig.gz",
        "actiongraph.ttl.gz",
        "actiongraph-csv.zip",
        "SHA256SUMS",
        "nothing",
    )
    groups.append(
        [
            get(f"/dumps/{version}/{name}")
            for version in versions
            for name in (*listed, "changes/removed.nq.gz", "changes/nothing", "")
        ]
    )
    groups.append(
        [
            get(target.replace("{long}", asks.LONG), asks.accept(kind))
            for target in asks.PARTS["odd"]
            for kind in asks.THREE
        ]
    )
    groups.append([get(f"/static/{name}") for name in _STATIC])
    for name in ("ontology", "shapes", "catalog", "chains", "data/action/2014-12", "chain/2014-12"):
        groups.append(
            [get(f"/{name}.{suffix}{tail}") for suffix in asks.SUFFIXES for tail in ("", f"?version={versions[1]}")]
        )
    pinned = [
        f"{path}?version={version}"
        for path in (
            "/doc/action/2014-12",
            "/data/action/2014-12.nt",
            "/chain/2014-12",
            "/chains.csv",
            "/catalog.ttl",
            "/",
            "/ontology",
            "/doc/facility/compare-two",
            "/id/facility/compare-one",
            "/graph/derived",
            "/sparql?query=ASK+%7B%7D&x=1",
            "/chain/2014-12.svg",
        )
        for version in versions
    ]
    groups += [asks.conditions(target, whole=False) for target in pinned]
    groups += [
        asks.formats(target)
        for target in ("/", "/limits", "/data/action/2014-12", "/id/action/2014-12", "/catalog", "/nowhere")
    ]
    things = things_of(server)
    groups += [asks.thing(name, whole=number % 40 == 0) for number, name in enumerate(things)]
    for key in ("2014-12", "consolidation-of-strategy-bogota", "pension-reform-follow-up-mexico"):
        groups += asks.chain(key)
    groups += [
        *asks.chain_list(),
        *asks.oai(),
        *_asked_queries(server),
        *asks.protocol(),
        *asks.graph_store(),
        asks.raw(),
    ]
    return groups


def generated_groups(server: Server) -> list[Group]:
    """Return what is asked of the generated data, which is served under a path."""
    things = things_of(server, "/ag")
    chains = ["2015-01", "action-0000083"]
    groups = [asks.thing(name, whole=number % 60 == 0) for number, name in enumerate(things) if number % 15 == 0]
    groups += [group for key in chains for group in asks.chain(key)]
    groups += asks.chain_list()
    groups.append(
        [
            get(f"{path}{tail}")
            for path in ("/id/country/GEO", "/doc/country/GEO", "/data/country/GEO.ttl", "/doc/country/MEX")
            for tail in ("", "?page=2", "?page=3", "?references", "?references&page=2", "?references&page=9")
        ]
    )
    several = asks.PARTS["pages"]
    groups += [asks.formats(target, whole=False) for target in several]
    groups += [asks.conditions(target, whole=False) for target in several]
    groups += [[get(f"/feeds/ldes/{version}/{page}") for version in versions_of(server, "/ag") for page in range(1, 6)]]
    groups += [
        asks.questions(example.replace("https://w3id.org/actiongraph/id/", "https://example.org/actions/id/"), ())
        for example in _examples(server)
    ]
    groups.append([get(f"/feeds/oai?{one}") for one in asks.OAI])
    groups += [asks.methods("/"), asks.spellings("/chains")]
    below = [[_below("/ag", one) for one in group] for group in groups]
    return [*below, [get("/"), get("/ag"), get("/ag/"), get("/agx"), get("/ag/ag/"), get("/chains"), get("/nowhere")]]


def _below(prefix: str, one: Ask) -> Ask:
    return Ask(one.method, prefix + one.target, one.headers, one.body, one.raw)


def files_groups(server: Server) -> list[Group]:
    """Return what is asked where files are served."""
    there = asks.PARTS["there"]
    groups = [group for target in there for group in asks.everything(target, [])]
    away = asks.PARTS["away"]
    groups.append([get(target, asks.accept(kind)) for target in away for kind in asks.THREE])
    groups.append([get(asks.also(target, "version=nonsense")) for target in (*there, *away)])
    groups += [*asks.chain_list(), *asks.graph_store(), *islice(_asked_queries(server), 0, None, 4)]
    for key in ("2014-12", "https://example.org/b/7", "consolidation-of-strategy-bogota"):
        groups += asks.chain(key)
    groups.append(
        [
            get(f"/chains?page={page}", asks.accept(kind))
            for page in range(5)
            for kind in ("text/html", "application/json", "text/csv")
        ]
    )
    everything = asks.PARTS["files_queries"]
    groups += [asks.questions(query, asks.kinds_of(query)) for query in everything]
    return groups


_SIX = " ".join(f"VALUES ?x{n} {{ {' '.join(map(str, range(500)))} }}" for n in range(6))
ENDLESS = f"ASK {{ {_SIX} FILTER(?x0 + ?x1 + ?x2 + ?x3 + ?x4 + ?x5 < 0) }}"


def limits_groups(_: Server) -> list[Group]:
    """Return what goes beyond limits that are small: of bytes, nesting, patterns, time, answers."""
    everything = "SELECT * { ?s ?p ?o }"
    long = f"ASK {{ {'?s ?p ?o . ' * 700} }}"
    beyond = [
        everything,
        long,
        "ASK " + "{" * 12 + "}" * 12,
        "ASK { " + "?s ?p ?o . " * 12 + "}",
        "ASK { FILTER(" + "1 + " * 12 + "1) }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ]
    kinds = ("*/*", "application/json", "text/html", "text/csv", "application/sparql-results+xml")
    group = [get(asks.asked("/sparql", query=query), asks.accept(kind)) for query in beyond for kind in kinds]
    group += [
        get(asks.asked("/sparql/check", query=query), asks.accept(kind)) for query in beyond for kind in kinds[:3]
    ]
    group += [asks.post("/sparql", query, asks.DIRECT, asks.accept(kind)) for query in beyond for kind in kinds[:2]]
    group += [asks.post("/sparql", "query=" + "%20" * 9000, asks.FORM), get("/sparql?query=ASK{}&x=" + "y" * 40_000)]
    pages = (
        "/",
        "/limits",
        "/catalog",
        "/graph/vocabulary",
        "/graph-store?default",
        "/chain/2014-12",
        "/chains",
        "/doc/country/GHA",
        "/data/country/GHA.ttl",
        "/ontology.ttl",
        "/shapes.ttl",
        "/sitemap.xml",
        "/health",
    )
    group += [get(target, asks.accept(kind)) for target in pages for kind in kinds[:3]]
    group += [get(asks.asked("/sparql", query=ENDLESS, timeout="0.3"), asks.accept(kind)) for kind in kinds]
    return [group]


def named_groups(_: Server) -> list[Group]:
    """Return what is asked where the default graph is empty."""
    return [[get(target, asks.accept(kind)) for target in asks.PARTS["named"] for kind in asks.THREE]]


def _options(**values: str) -> list[str]:
    return [part for name, value in values.items() for part in (f"--{name}", value)]


_SMALL = {"query_bytes": 5000, "nesting": 10, "patterns": 10, "operators": 10, "answer_bytes": 20_000, "hops": 1}
_STORE = {"store": "store", "url": URL}
_BELOW = {"store": "store", "data": "data", "base": "https://example.org/actions/", "url": f"{URL}ag/"}
_FILES = ["data/social-security-policy.ttl", "data/reference.ttl", "pairs.nt", "named.trig"]
_LIMITS = [part for name, value in _SMALL.items() for part in ("--limit", f"max_{name}={value}")]
_KEPT = ["--limit", "keep_releases=2"]
SCENES = (
    Scene("release", "history", [*_options(**_STORE, data="data"), *_KEPT], release_groups, copied=True),
    Scene("generated", "generated", _options(**_BELOW), generated_groups),
    Scene("files", "files", [*_FILES, "--url", URL], files_groups),
    Scene("named", "files", ["named.trig", *_options(url=URL, base="https://example.org/x/")], named_groups),
    Scene("limits", "shipped", [*_options(**_STORE, timeout="2"), *_LIMITS], limits_groups),
)
