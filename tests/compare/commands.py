"""What is asked by commands: their formats and the ways they fail; and a store that moves on while it is served."""

from __future__ import annotations

import gzip
import re
import shlex
import shutil
import sqlite3
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import asks
import rdflib
import scenes
from differences import Found, bytes_as_text, text_of, text_of_run, without_bytes
from sides import HERE, Server, Side

NOBODY = "http://127.0.0.1:1/"
HEAD = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix agc: <https://w3id.org/actiongraph/concept/> .
@prefix ak: <https://w3id.org/actiongraph/concept/activity-kind/> .
@prefix asst: <https://w3id.org/actiongraph/concept/assistance/> .
@prefix bf: <https://w3id.org/actiongraph/concept/beneficiary/> .
@prefix bs: <https://w3id.org/actiongraph/concept/basis/> .
@prefix th: <https://w3id.org/actiongraph/concept/theme/> .
@prefix tr: <https://w3id.org/actiongraph/concept/team-role/> .
@prefix act: <https://w3id.org/actiongraph/id/action/> .
@prefix av: <https://w3id.org/actiongraph/id/activity/> .
@prefix cty: <https://w3id.org/actiongraph/id/country/> .
@prefix doc: <https://w3id.org/actiongraph/id/document/> .
@prefix fac: <https://w3id.org/actiongraph/id/facility/> .
@prefix orgs: <https://w3id.org/actiongraph/id/org/> .
@prefix place: <https://w3id.org/actiongraph/id/place/> .
@prefix src: <https://w3id.org/actiongraph/id/source/> .
@prefix st: <https://w3id.org/actiongraph/id/statement/> .
@prefix team: <https://w3id.org/actiongraph/id/team/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix eu: <http://publications.europa.eu/resource/authority/country/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
NEW = """<id/action/new> a ag:Action , ag:ReferencedAction ;
  ag:actionNumber "2014/12" ;
  ag:country <id/country/ATLANTIS> .
"""
_TOGO = '<id/country/togo> a ag:Country ; skos:prefLabel "Togo"@en ; ag:iso2 "TG" ; ag:iso3 "TGO" .\n'
_NEW_NT = (
    "<https://w3id.org/actiongraph/id/action/new> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<https://w3id.org/actiongraph/ontology#Action> ."
)
_NEW_RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ag="https://w3id.org/actiongraph/ontology#">
<ag:Action rdf:about="https://w3id.org/actiongraph/id/action/new"/></rdf:RDF>
"""
_NEW_JSON = (
    '{"@id": "https://w3id.org/actiongraph/id/action/new", "@type": "https://w3id.org/actiongraph/ontology#Action"}'
)
_KEY = re.compile(r"<https://w3id\.org/actiongraph/id/(?!country/)\w+/[^>#]*")


def dumped(path: Path) -> str:
    """Return what is in an SQLite file, as text."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        schema = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        told = [str(sql) for _, sql in schema]
        for name, sql in schema:
            if "VIRTUAL" not in str(sql):
                told += sorted(f"{name}: {row!r}" for row in connection.execute(f'SELECT * FROM "{name}"'))
        return "\n".join(told)


def compare(old: Side, new: Side, found: Found) -> None:
    """Run all commands on both sides, in folders of the same content."""
    server = Server(old, old.work / "shipped", ["--store", "store"]).wait()
    url = f"http://127.0.0.1:{server.port}/"
    listed = [
        _replaced(line, (("{endpoint}", url), ("{port}", str(server.port)), ("{nobody}", NOBODY)))
        for lines in tomllib.loads((HERE / "commands.toml").read_text("utf-8")).values()
        for line in lines
    ]

    def run(side: Side) -> list[str]:
        folder = side.work / "commands"
        folder.mkdir()
        _prepare(side, folder)
        return [_run(side, folder, line) for line in listed]

    try:
        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(run, (old, new)))
    finally:
        server.stop()
    for line, mine, theirs in zip(listed, *said, strict=True):
        found.compare(f"commands | $ actiongraph {line}", mine, theirs)


def _run(side: Side, folder: Path, line: str) -> str:
    stdin = "ASK { ?s a <https://w3id.org/actiongraph/ontology#Chain> }" if line.endswith(" -") else ""
    return text_of_run(side.run(shlex.split(line), folder, stdin=stdin)).replace(str(side.work), "{work}")


def _prepare(side: Side, folder: Path) -> None:
    """Write data that is broken in one way each, and files in several syntaxes."""
    data = scenes.data_of(side, folder)
    for name in ("violation", "twice", "blank", "odd-names"):
        shutil.copytree(data, folder / name)
    for name in ("empty", "broken", "reserved", "latin"):
        (folder / name).mkdir()
    broken = "@prefix x: <http://x/> .\nx:a x:b oops .\n"
    written = {
        "empty/notes.txt": "nothing",
        "broken/broken.ttl": broken,
        "reserved/derived.ttl": HEAD + NEW,
        "odd-names/more.TTL": "",
        "odd-names/notes.txt": "",
        "odd-names/.hidden": "",
        "blank/blank.ttl": f"{HEAD}<id/source/x> a ag:Source ; dcterms:title [] .\n",
        "twice/twice.ttl": f'{HEAD}<id/facility/socieux> skos:prefLabel "SOCIEUX"@en .\n',
        "violation/violation.ttl": HEAD + NEW,
        "new.ttl": HEAD + NEW,
        "new.nq": f"{_NEW_NT}\n",
        "new.rdf": _NEW_RDF,
        "new.jsonld": _NEW_JSON,
        "empty.ttl": "",
        "nonsense.xyz": "nonsense",
        "broken.nt": f"{_NEW_NT}\noops\n",
        "broken.rdf": _NEW_RDF.replace("</rdf:RDF>", ""),
        "broken.jsonld": _NEW_JSON[:-1],
        "broken.trig": "@prefix x: <http://x/> . x:g { x:a x:b }",
        "pairs.nt": scenes.PAIRS,
        "named.trig": scenes.NAMED,
        "asked.rq": "SELECT ?a { ?a a <https://w3id.org/actiongraph/ontology#Chain> } ORDER BY ?a",
        "togo.ttl": HEAD + _TOGO,
        "rules.ttl": "".join(_broken_rules(side, "broken")),
        "many.ttl": "".join(_broken_rules(side, "too_many")),
    }
    for name, text in written.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "latin" / "latin.ttl").write_bytes(f'{HEAD}<id/source/x> dcterms:title "\xe9"@fr .\n'.encode("latin-1"))
    (folder / "latin.rq").write_bytes(b'ASK { ?s ?p "\xe9" }')
    (folder / "new.ttl.gz").write_bytes(gzip.compress((HEAD + NEW).encode(), mtime=0))


def _broken_rules(side: Side, kind: str) -> Iterator[str]:
    """Yield what each rule is to catch, from the tests of 0.2.0, each about things with keys of their own.

    `broken` stands in the place of what `without` takes from the ground, `too_many` beside all of it.
    """
    folder = side.work.parent / "source" / "tests" / "data" / "rules"
    grounds = tomllib.loads((folder / "background.toml").read_text("utf-8"))
    rules: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.toml")):
        if path.stem not in ("background", "overlaps"):
            tables = tomllib.loads(path.read_text("utf-8"))
            shared = tables.pop("background")
            rules += [{"background": shared, **table} for table in tables.values()]
    for number, rule in enumerate(rules):
        # Two findings about this country differ in their messages alone, and so come in any order among others.
        if kind in rule and "/togo>" not in rule[kind]:
            stated = _triples("".join(grounds[name] for name in rule["background"]))
            stated -= _triples(rule.get("without", "")) if kind == "broken" else set()
            triples = sorted(_KEY.sub(rf"\g<0>-r{number}", line) for line in stated | _triples(rule[kind]))
            yield "".join(f"{triple}\n" for triple in triples)


def _triples(turtle: str) -> set[str]:
    """Return the triples in `turtle`, which comes without its prefixes, as lines of N-Triples."""
    graph = rdflib.Graph(bind_namespaces="none").parse(data=HEAD + turtle, format="turtle")
    return set(graph.serialize(format="nt", encoding="utf-8").decode().splitlines()) - {""}


def compare_moving(old: Side, new: Side, found: Found) -> None:
    """Mirror a server whose store gets new releases, and ask it before and after each."""
    with ThreadPoolExecutor(2) as pool:
        mine, theirs = pool.map(_move, (old, new))
    for (question, told), (_, other) in zip(mine, theirs, strict=True):
        found.compare(f"moving | {question}", told, other)


def _move(side: Side) -> list[tuple[str, str]]:
    folder = side.work / "moving"
    folder.mkdir()
    data = scenes.data_of(side, folder)
    build = ["--data", "data", "--limit", "keep_releases=2"]
    scenes.publish(side, folder, build, "2026-01-01T08:00:00+00:00")
    server = Server(side, folder, ["--store", "store", *build]).wait()
    told: list[tuple[str, str]] = []
    try:
        told += _look(server, "after the first release", folder)
        for month, names in ((2, ("compare-one", "compare-two")), (3, ("compare-three",)), (4, ())):
            scenes.facilities(data, *names)
            if not names:
                (data / "withdrawn.ttl").write_text(scenes.WITHDRAWN, "utf-8")
                reference = data / "reference.ttl"
                lines = reference.read_text("utf-8").splitlines(keepends=True)
                reference.write_text("".join(line for line in lines if "compare-one" not in line), "utf-8")
            scenes.publish(side, folder, build, f"2026-0{month}-01T08:00:00+00:00")
            told += _look(server, f"after the release of month {month}", folder)
        (folder / "copy" / "actiongraph.nq.gz").write_bytes(b"damaged")
        told += _look(server, "after the copy was damaged", folder)
    finally:
        server.stop()
    return told


def _look(server: Server, when: str, folder: Path) -> list[tuple[str, str]]:
    """Return what the server says, what its mirror does, twice, and what the copy is."""
    asked = [(target, kind) for target in asks.PARTS["moving"] for kind in ("*/*", "text/html")]
    told = [
        (f"GET {target} as {kind}", text_of(server.ask("GET", target, [("Accept", kind)], None)))
        for target, kind in asked
    ]
    mirror = ["mirror", f"http://127.0.0.1:{server.port}/", "copy"]
    told += [(turn, text_of_run(server.side.run(mirror, folder))) for turn in ("mirror", "mirror again")]
    copied = sorted((folder / "copy").iterdir())
    told += [(path.name, bytes_as_text(path.read_bytes(), is_text=path.suffix != ".gz")) for path in copied]
    masked = ((str(server.side.work), "{work}"), (f"127.0.0.1:{server.port}", "127.0.0.1:{port}"))
    return [(f"{when}, {question}", _replaced(without_bytes(text), masked)) for question, text in told]


def _replaced(text: str, masked: tuple[tuple[str, str], ...]) -> str:
    for written, name in masked:
        text = text.replace(written, name)
    return text
