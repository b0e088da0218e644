"""Makes the store beside it, as 0.2.0 makes one, and records what 0.2.0 answers for it: `python make.py`.

Run once, from a checkout that has the commit; what it made is kept, and the test reads that alone. It takes 0.2.0 out
of git, builds four releases of the texts below, of which the last two are kept, copies the third with `mirror`, and
asks the server of 0.2.0 what `requests` lists. Versions hold the time, so another run makes other files.

In store.tar.xz there are
    store/         the releases, without the logs of the engine
    copy/          what `mirror` made of the third while that was the newest, as if from `recorded.URL`
    data/          the Turtle files that the fourth was built from
    answers.json   what was asked, what 0.2.0 answered, and how long that holds
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from recorded import EVER, KEPT, NEWEST, URL, record

HERE = Path(__file__).parent
COMMIT = "a2d8281"
BASE = "https://example.org/aid/"
TOLD = ("--publisher", "Ministry of Example <https://example.org/>", "--contact", "Desk <mailto:desk@example.org>")
LICENSE = ("--license", "https://creativecommons.org/licenses/by/4.0/")

HEAD = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHARED = """
<id/country/GHA> a ag:Country ; skos:prefLabel "Ghana"@en ; ag:iso2 "GH" ; ag:iso3 "GHA" ;
  skos:exactMatch <http://publications.europa.eu/resource/authority/country/GHA> .
<id/country/ITA> a ag:Country ; skos:prefLabel "Italy"@en ; ag:iso2 "IT" ; ag:iso3 "ITA" ;
  skos:exactMatch <http://publications.europa.eu/resource/authority/country/ITA> .
<id/org/labour> a org:Organization ; skos:prefLabel "Ministry of Labour"@en , "Ministerio de Trabajo"@es ;
  ag:basedIn <id/country/GHA> .
"""
ACTIONS = r"""
<id/source/page> a ag:Source ; dcterms:title "A page"@en ; schema:url <https://example.org/page> .
<id/team/reviewers> a ag:ExpertTeam ; ag:sendingCountry <id/country/ITA> .
<id/action/2012-07> a ag:Action , ag:ReferencedAction ; ag:actionNumber "2012-07" ; dcterms:source <id/source/page> .
<id/action/pensions> a ag:Action , ag:DescribedAction ; dcterms:title "Pensions \"for all\" & <more>"@en ;
  ag:actionNumber "2014-12" ; ag:startDate "2014-05"^^xsd:gYearMonth ; ag:endDate "2014-09-30"^^xsd:date ;
  ag:partner <id/org/labour> ; ag:country <id/country/GHA> ; ag:expertTeam <id/team/reviewers> ;
  ag:assistanceType <concept/assistance/policy-development> ; ag:theme <concept/theme/strategy> ;
  ag:followUpOf <id/action/2012-07> ; dcterms:source <id/source/page> .
<id/action/pensions-again> a ag:Action , ag:DescribedAction ; dcterms:title "Pensions, a year later"@en ;
  ag:summary "Line one.\nLine two: 1 234 people, of whom 0.90 stayed."@en ; ag:startDate "2016"^^xsd:gYear ;
  ag:partner <id/org/labour> ; ag:country <id/country/GHA> ; ag:assistanceType <concept/assistance/policy-development> ;
  ag:probableFollowUpOf <id/action/pensions> ; dcterms:source <id/source/page> .
<id/statement/again> a ag:SourceStatement ; rdf:subject <id/action/pensions-again> ;
  rdf:predicate ag:probableFollowUpOf ; rdf:object <id/action/pensions> ; ag:basis <concept/basis/inferred> ;
  ag:confidence 0.70 ; ag:reason "The page speaks of the second cooperation."@en ;
  ag:evidence <id/statement/again#passage-1> .
<id/statement/again#passage-1> a oa:SpecificResource ; oa:hasSource <id/source/page> ;
  oa:hasSelector <id/statement/again#quote-1> .
<id/statement/again#quote-1> a oa:TextQuoteSelector ; oa:exact "the second cooperation" .
<id/action/registers> a ag:Action , ag:DescribedAction ; dcterms:title "Registers"@en ; ag:partner <id/org/labour> ;
  ag:assistanceType <concept/assistance/organisational-management> ; ag:startDate "2015-02-01"^^xsd:date ;
  dcterms:source <id/source/page> .
<id/action/registers-online> a ag:Action , ag:DescribedAction ; dcterms:title "%s"@en ; ag:partner <id/org/labour> ;
  ag:assistanceType <concept/assistance/organisational-management> ; ag:followUpOf <id/action/registers> ;
  dcterms:source <id/source/page> .
"""
TWICE = """
<id/org/ministry-of-labour> a org:Organization ; skos:prefLabel "Labour, Ministry of"@en .
"""
ALONE = """
<id/action/alone> a ag:Action , ag:ReferencedAction ; ag:actionNumber "2013-01" ; dcterms:source <id/source/page> .
"""
LATER = """
<id/action/registers-shared> a ag:Action , ag:DescribedAction ; dcterms:title "Registers, shared"@en ;
  ag:partner <id/org/labour> ; ag:assistanceType <concept/assistance/organisational-management> ;
  ag:startDate "2019-11"^^xsd:gYearMonth ; ag:followUpOf <id/action/registers-online> ;
  dcterms:source <id/source/page> .
"""
WITHDRAWN = """
<id/org/ministry-of-labour> a ag:WithdrawnResource ; ag:reason "Described twice."@en ;
  prov:invalidatedAtTime "2026-11-26"^^xsd:date ; dcterms:isReplacedBy <id/org/labour> .
"""
WITHDRAWN_TOO = """
<id/action/alone> a ag:WithdrawnResource ; ag:reason "No action at all."@en ;
  prov:invalidatedAtTime "2026-11-28T09:30:00Z"^^xsd:dateTime .
"""


def places(many: int, *, without: int | None = None) -> str:
    """Return that many places, but for one of them."""
    told = '<id/place/p{0:03}> a ag:Place ; skos:prefLabel "Place {0}"@en ; ag:placeInCountry <id/country/GHA> .\n'
    return "".join(told.format(number) for number in range(many) if number != without)


ONLINE, IN_THE_CLOUD = ACTIONS % "Registers, online", ACTIONS % "Registers, in the cloud"
RELEASES = (
    # More things than one page of events has, or two answers of OAI-PMH.
    {"reference": SHARED + places(260), "page": ONLINE + ALONE + TWICE},
    # One is withdrawn, and one vanishes without a word.
    {"reference": SHARED + places(260, without=7), "page": ONLINE + ALONE, "withdrawn": WITHDRAWN},
    # What had vanished is back, and a chain is longer. Most places vanish, which are again two pages of events; so
    # the stores that are kept are small.
    {"reference": SHARED + places(12), "page": ONLINE + ALONE + LATER, "withdrawn": WITHDRAWN},
    # One changes, one is withdrawn, one vanishes.
    {"reference": SHARED + places(12, without=8), "page": IN_THE_CLOUD + LATER, "withdrawn": WITHDRAWN + WITHDRAWN_TOO},
)
"""The Turtle files that each release is built from."""


JSON, RESULTS, LINES, QUADS, TRIG, XML = (
    f"application/{name}" for name in ("json", "sparql-results+json", "n-triples", "n-quads", "trig", "xml")
)
PREFIXES = "".join(re.findall(r"@(prefix (?:ag|dcterms): <.*>) \.\n", HEAD))
GRAPHS = "SELECT ?g (COUNT(*) AS ?triples) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
TITLES = f"{PREFIXES} SELECT ?s ?title {{ ?s a ag:Action ; dcterms:title ?title }} ORDER BY ?s"
LINKS = f"{PREFIXES} CONSTRUCT WHERE {{ ?s ag:followedBy ?o ; ag:comesBefore ?any }}"
MISSPELT = f"""{PREFIXES} SELECT ?s {{ ?s a ag:Acton ; ag:theme <https://w3id.org/actiongraph/concept/theme/strategi> ;
  dcterms:title "Registers, on line"@en ; ag:partner <{BASE}id/org/labor> }}"""
_TOKEN = re.compile(r"<resumptionToken[^>]*>([^<\s]+)<")


def requests(versions: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield path, media type and how long the answer holds of each thing to ask for but parts of lists."""
    for version in versions[2:]:
        for path, accept in _of_a_release(version):
            yield path, accept, KEPT.format(version)
    for version in versions:
        yield from ((path, accept, EVER) for path, accept in _of_what_stays(version))
        yield f"feeds/ldes/{version}/2", QUADS, EVER
    for accept in (TRIG, "application/ld+json"):
        yield f"feeds/ldes/{versions[-1]}", accept, EVER
    for path, accept in (*_of_the_newest(), *_harvested(*versions)):
        yield path, accept, NEWEST


def _of_a_release(version: str) -> Iterator[tuple[str, str]]:
    for query, accept in ((GRAPHS, RESULTS), (TITLES, RESULTS), (LINKS, LINES)):
        yield f"sparql?{urlencode({'query': query, 'version': version})}", accept
    yield f"sparql/check?{urlencode({'query': MISSPELT, 'version': version})}", JSON
    for path, accept in (
        ("graph/page", LINES),
        ("data/action/registers-online.nt", LINES),
        ("data/country/GHA.nt", LINES),
        ("data/place/p007.nt", LINES),
        ("data/place/p008.nt", JSON),
        ("data/place/p050.nt", JSON),
        ("data/place/never.nt", JSON),
        ("data/action/alone.nt", JSON),
        ("data/org/ministry-of-labour.nt", JSON),
        ("chains.json", JSON),
        ("chain/2014-12.json", JSON),
        ("chain/registers.json", JSON),
        ("chain/registers.ttl", "text/turtle"),
        ("validation", JSON),
        ("validation", "text/turtle"),
    ):
        yield f"{path}?version={version}", accept
    yield f"data/country/GHA.nt?references&version={version}", LINES
    yield f"graph/catalog?version={version}", LINES
    yield f"data/release/{version}.nt", LINES
    for name in ("actiongraph.nq.gz", "actiongraph.trig.gz", "actiongraph.ttl.gz", "actiongraph-csv.zip"):
        yield f"dumps/{version}/{name}", JSON


def _of_what_stays(version: str) -> Iterator[tuple[str, str]]:
    yield from ((f"dumps/{version}/changes/{name}.nq.gz", JSON) for name in ("added", "removed"))
    yield f"feeds/ldes/{version}", QUADS


def _of_the_newest() -> Iterator[tuple[str, str]]:
    yield f"sparql?{urlencode({'query': TITLES})}", RESULTS
    yield f"sparql/check?{urlencode({'query': MISSPELT})}", JSON
    yield "catalog.nt", LINES
    for path in ("releases", "chains.json", "chain/2014-12.json", "data/place/p008.nt", "id/action/2014-12"):
        yield path, JSON


def _harvested(first: str, second: str, third: str, fourth: str) -> Iterator[tuple[str, str]]:
    for version in (first, second):
        yield f"sparql?{urlencode({'query': TITLES, 'version': version})}", JSON
        yield f"id/action/2014-12?version={version}", JSON
        yield f"release/{version}", JSON
        yield f"dumps/{version}/actiongraph.nq.gz", JSON
    for version in (third, fourth):
        yield f"dumps/{version}/", JSON
    for path in ("sitemap.xml", "sitemap-1.xml", "sitemap-site.xml"):
        yield path, XML
    yield "feeds/ldes", QUADS
    for verb in ("Identify", "ListSets", "ListIdentifiers&metadataPrefix=oai_dc"):
        yield f"feeds/oai?verb={verb}", XML
    for prefix in ("oai_dc", "rdf"):
        yield f"feeds/oai?verb=ListRecords&metadataPrefix={prefix}&from={_instant(third)}", XML
    yield f"feeds/oai?verb=ListRecords&metadataPrefix=rdf&from={_instant(fourth)}&set=action", XML
    yield f"feeds/oai?verb=ListRecords&metadataPrefix=rdf&until={_instant(third)}&set=org", XML
    for name in ("org/ministry-of-labour", "place/p050", "place/p007", "action/pensions"):
        yield f"feeds/oai?verb=GetRecord&metadataPrefix=rdf&identifier={BASE}id/{name}", XML


def _instant(version: str) -> str:
    """Return when the making of a release began, as OAI-PMH writes it."""
    return datetime.strptime(version[:16], "%Y%m%dT%H%M%S%z").strftime("%Y-%m-%dT%H:%M:%SZ")


def answers_of(server: str, versions: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what `requests` names, with the answers; a list that comes in parts is followed to its end."""
    for path, accept, holds in requests(versions):
        answer = record(server, path, accept)
        yield {"path": path, "accept": accept, "holds": holds, "answer": answer}
        while accept == XML and (token := _TOKEN.search("".join(answer["body"]))):
            # A list goes on in the release that it was begun in.
            following = f"{path.partition('&')[0]}&resumptionToken={token[1]}"
            answer = record(server, following, accept)
            yield {"path": following, "accept": accept, "holds": KEPT.format(versions[-1]), "answer": answer}


def versions_in(store: Path) -> list[str]:
    """Return the versions of all releases that a store knows, oldest first."""
    return sorted(path.name for folder in ("past", "releases") for path in (store / folder).iterdir())


def main() -> None:
    """Make the files beside this one."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        archive = subprocess.run(
            ["git", "archive", COMMIT], cwd=HERE.parents[2], check=True, stdout=subprocess.PIPE
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(folder / "checkout")
        for number, files in enumerate(RELEASES, start=1):
            _write(folder / "data", files)
            _run(folder, "build", *_STORE, *_DATA, "--limit", "keep_releases=2", "--base", BASE, *TOLD, *LICENSE)
            _publish_later(folder / "store" / "current")
            if number == len(RELEASES) - 1:
                with _served(folder) as url:
                    _run(folder, "mirror", url, "copy")
        with _served(folder, "--url", URL) as server:
            answers = list(answers_of(server, versions_in(folder / "store")))
        (folder / "answers.json").write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", "utf-8")
        _pack(folder)


_STORE, _DATA = ("--store", "store"), ("--data", "data")


def _publish_later(current: Path) -> None:
    """Make it seem that the last build took three seconds, and wait for that time to pass."""
    began = datetime.strptime(current.readlink().name[:16], "%Y%m%dT%H%M%S%z").timestamp()
    os.utime(current, (began + 3, began + 3), follow_symlinks=False)
    time.sleep(4)


def _write(data: Path, files: dict[str, str]) -> None:
    data.mkdir(exist_ok=True)
    for name, text in files.items():
        (data / f"{name}.ttl").write_text(HEAD + text, "utf-8")


def _command(folder: Path, *arguments: str) -> dict[str, Any]:
    environment = os.environ | {"PYTHONPATH": str(folder / "checkout" / "src"), "HOME": str(folder)}
    return {"args": [sys.executable, "-m", "actiongraph", *arguments], "cwd": folder, "env": environment}


def _run(folder: Path, *arguments: str) -> None:
    subprocess.run(**_command(folder, *arguments), check=True)


@contextmanager
def _served(folder: Path, *more: str) -> Iterator[str]:
    server = _command(folder, "serve", "--port", "0", "--workers", "2", *_STORE, *_DATA, *TOLD, *LICENSE, *more)
    with subprocess.Popen(**server, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().removeprefix("Serving on ").strip()
        process.terminate()


def _pack(folder: Path) -> None:
    note = folder / "copy" / "mirror.json"
    told = json.loads(note.read_text("utf-8"))
    note.write_text(json.dumps(told | {"source": URL}, indent=2, sort_keys=True) + "\n", "utf-8")
    with tarfile.open(HERE / "store.tar.xz", "w:xz", preset=9) as packed:
        for name in ("store", "copy", "data", "answers.json"):
            packed.add(folder / name, name, filter=_anonymous)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Return an entry of the archive without its owner, or None for the engine's log, which it writes anew."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return None if entry.name.endswith("/store/LOG") else entry


if __name__ == "__main__":
    main()
