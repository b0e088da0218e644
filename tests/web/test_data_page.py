"""`/data`: every way to take the data away, each true of the release, and how to cite it."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Party, Settings
from actiongraph.web.app import create_app

HTML = {"Accept": "text/html"}
OLD = ("catalog", "dumps/", "releases", "feeds/ldes", "feeds/oai?verb=Identify", "validation")
"""What the page brings together; each stays at its address."""


@pytest.fixture(scope="module")
def shipped(deploy):
    return deploy("mapped")


@pytest.fixture(scope="module")
def document(shipped) -> dict:
    return shipped.get(f"{shipped.url}data.json").json


def ways(document) -> list[dict]:
    return [way for group in document["groups"] for way in group["ways"]]


def test_it_leads_to_everything_it_brings_together_and_all_of_it_opens(shipped, document) -> None:
    addresses = {way["address"] for way in ways(document)}
    expected = {f"{shipped.url}{path}" for path in (*OLD, "sparql", "schema", "ontology", "shapes", "sitemap.xml")}
    version = shipped.releases.newest()
    assert expected - {f"{shipped.url}dumps/"} | {f"{shipped.url}dumps/{version}/"} <= addresses
    for address in addresses:
        assert shipped.get(address, "text/html, */*;q=0.1").status_code == 200, address


def test_files_are_told_with_the_size_and_hash_that_they_have(shipped, document) -> None:
    version = shipped.releases.newest()
    folder = shipped.releases.path(version) / "dumps"
    told = {way["address"]: way["size_bytes"] for way in ways(document) if way["size_bytes"]}
    assert told == {
        f"{shipped.url}dumps/{version}/{file.name}": file.stat().st_size for file in folder.iterdir() if file.is_file()
    }
    page = shipped.client.get("/data", headers=HTML).text
    for size in told.values():
        assert f"{size:,} bytes" in page


def test_each_named_graph_is_there_with_its_triples_and_those_about_the_release_are_not(shipped, document) -> None:
    record = shipped.releases.record(shipped.releases.newest())
    [parts] = [group["ways"] for group in document["groups"] if group["key"] == "part"]
    about = {f"{shipped.base}graph/catalog", f"{shipped.base}.well-known/sparql-examples"}
    held = {
        name.replace(shipped.base, shipped.url): f"{count:,} triples"
        for name, count in record.graphs.items()
        if name not in about
    }
    assert {way["address"]: way["size"] for way in parts} == held


def test_findings_are_counted_as_the_report_has_them(shipped, document) -> None:
    counts = shipped.get(f"{shipped.url}validation.json").json["counts"]
    [size] = [way["size"] for way in ways(document) if way["title"] == "Validation report"]
    nouns = {"Violation": "violation", "Warning": "warning", "Info": "note"}
    for severity, count in counts.items():
        assert (f"{count} {nouns[severity]}{'s' * (count != 1)}" in size) is (count > 0)


def test_the_page_says_when_to_use_what_and_what_was_read_is_on_it(shipped, document) -> None:
    page = unescape(shipped.client.get("/data", headers=HTML).text)
    for group in document["groups"]:
        assert f'<h2 id="{group["key"]}">{group["title"]}</h2>\n<p>{group["use"]}' in page
        for way in group["ways"]:
            assert f'href="{way["address"]}"' in page
            assert way["use"] or group["key"] == "part"
    assert document["modified"][:10] in re.sub("<[^>]*>", "", page)


def test_nothing_is_claimed_that_nobody_stated(shipped, document) -> None:
    """The shipped data have no rights statement and no publisher; a catalogue must not make one of another's label."""
    assert document["rights"] is None
    assert shipped.get(f"{shipped.url}catalog.json").json["rights"] is None
    assert "author" not in document["citation"]["bibtex"]


def test_a_citation_has_what_it_takes_to_find_the_same_data_again(shipped, document) -> None:
    version = shipped.releases.newest()
    text, bibtex = document["citation"]["text"], document["citation"]["bibtex"]
    for part in (document["title"], version, f"{shipped.base}dataset", "https://creativecommons.org/licenses/by/4.0/"):
        assert part in text
    assert version[:4] in text
    entry = re.fullmatch(r"@misc\{([^,{}\s]+),\n((?:  [a-z]+ = \{.*\},?\n)+)\}", bibtex)
    assert entry, bibtex
    fields = dict(re.findall(r"^  ([a-z]+) = \{(.*)\},?$", entry[2], re.MULTILINE))
    assert fields["year"] == version[:4]
    assert fields["url"] == shipped.url
    assert fields["title"] == "{Graph of technical-assistance actions}"
    page = unescape(shipped.client.get("/data", headers=HTML).text)
    assert text in page
    assert bibtex in page


@pytest.mark.long("large")
def test_a_publisher_is_cited_and_cannot_command_tex(shipped, tmp_path) -> None:
    releases = ReleaseStore(tmp_path)
    party = Party("Office & Sons \\input{x} 100% <b>", "https://office.example.org/")
    settings = replace(shipped.settings, store=tmp_path, publisher=party)
    build(settings, releases)
    client = create_app(Settings(base=settings.base, url=settings.url), ReleaseSnapshots(releases)).test_client()
    told = client.get("/data.json").json["citation"]
    assert f". {party.name}. Release " in told["text"]
    assert r"author = {{Office \& Sons \textbackslash{}input\{x\} 100\% <b>}}" in told["bibtex"]
    assert "<b>" not in client.get("/data", headers=HTML).text


def test_a_pinned_release_is_told_of_as_it_was(shipped) -> None:
    version = shipped.releases.newest()
    document = shipped.get(f"{shipped.url}data.json?version={version}").json
    assert document["release"] == version
    [catalogue] = [way["address"] for way in ways(document) if way["title"] == "Catalogue"]
    assert catalogue == f"{shipped.url}catalog?version={version}"
    assert shipped.get(f"{shipped.url}data?version=20200101T000000Z-0123456789ab").status_code == 404


def test_formats_and_fields(shipped) -> None:
    address = f"{shipped.url}data"
    got, head = shipped.get(address, "text/html"), shipped.client.head("/data", headers=HTML)
    assert (got.mimetype, head.status_code, head.data) == ("text/html", 200, b"")
    assert head.headers["ETag"] == got.headers["ETag"]
    assert got.last_modified is not None
    assert shipped.get(address, "text/html", **{"If-None-Match": got.headers["ETag"]}).status_code == 304
    assert shipped.get(address, "application/json").data == shipped.get(f"{address}.json").data
    assert shipped.get(f"{address}.nonsense").status_code == 404


def test_data_about_a_thing_stays_where_it_was(shipped) -> None:
    answer = shipped.get(f"{shipped.url}data/action/2014-12.ttl")
    assert (answer.status_code, answer.mimetype) == (200, "text/turtle")
