"""`/ledger`: the sources with their counts, and the records of one, for people and programs."""

from __future__ import annotations

import csv
import io
import re

import pytest
import rdflib

from actiongraph.vocabulary import AG
from actiongraph.web.routes import ledgers

HTML, JSON, CSV = "text/html", "application/json", "text/csv"
KEY = "social-security-policy"


@pytest.fixture(scope="module")
def shipped(deploy):
    return deploy("mapped")


def get(shipped, path: str, accept: str | None = None, **fields: str):
    return shipped.get(f"{shipped.url}{path}", accept, **fields)


def test_every_source_is_there_with_counts_that_add_up(shipped):
    ledgers = get(shipped, "ledger", JSON).json["ledgers"]
    assert all(each["records"] == each["published"] + each["merged"] + each["refused"] for each in ledgers)
    [own] = [each for each in ledgers if each["source"].endswith(f"/{KEY}")]
    assert (own["records"], own["published"]) == (10, 10)
    assert own["address"] == f"{shipped.url}ledger/{KEY}"
    rows = list(csv.DictReader(io.StringIO(get(shipped, "ledger.csv").text)))
    assert len(rows) == len(ledgers)
    page = get(shipped, "ledger", HTML).text
    assert all(f'/ledger/{each["address"].rpartition("/")[2]}"' in page for each in ledgers)


def test_the_records_of_a_source_lead_to_their_actions(shipped):
    entries = get(shipped, f"ledger/{KEY}", JSON).json["entries"]
    assert len(entries) == 10
    assert {each["state"] for each in entries} == {"published"}
    [ghana] = [each for each in entries if each["key"] == "2014-12"]
    assert ghana["action"] == {"iri": f"{shipped.base}id/action/2014-12", "name": "Action 2014-12"}
    assert ghana["record"] == f"{shipped.base}ledger/{KEY}#2014-12"
    rows = list(csv.DictReader(io.StringIO(get(shipped, f"ledger/{KEY}.csv").text)))
    assert {row["action"] for row in rows} == {each["action"]["iri"] for each in entries}
    page = get(shipped, f"ledger/{KEY}", HTML).text
    assert 'id="2014-12"' in page
    assert "/doc/action/2014-12" in page


def test_it_is_found_from_the_data_page_and_the_sitemap_and_by_its_name(shipped):
    ways = [way for group in get(shipped, "data.json").json["groups"] for way in group["ways"]]
    assert f"{shipped.url}ledger" in {way["address"] for way in ways}
    sitemap = get(shipped, "sitemap-site.xml").text
    assert f"<loc>{shipped.url}ledger</loc>" in sitemap
    assert f"<loc>{shipped.url}ledger/{KEY}</loc>" in sitemap


def test_a_ledger_is_rdf_too(shipped):
    graph = rdflib.Graph().parse(data=get(shipped, f"ledger/{KEY}.ttl").text, format="turtle")
    ledger = rdflib.URIRef(f"{shipped.base}ledger/{KEY}")
    assert graph.value(ledger, AG.inputCount) == rdflib.Literal(10)
    assert len(set(graph.subjects(AG.recordState))) == 10


@pytest.mark.parametrize("path", ["ledger", f"ledger/{KEY}", "ledger.json", f"ledger/{KEY}.csv"])
def test_head_and_conditions(shipped, path):
    whole = get(shipped, path)
    head = shipped.client.head(shipped.path(f"{shipped.url}{path}"))
    assert head.status_code == whole.status_code == 200
    assert head.headers["ETag"] == whole.headers["ETag"]
    assert not head.data
    again = get(shipped, path, **{"If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 304


def test_a_release_is_named(shipped):
    version = shipped.releases.newest()
    pinned = get(shipped, f"ledger/{KEY}?version={version}", HTML)
    assert f"As it stood in release <code>{version}</code>" in pinned.text
    assert get(shipped, "ledger?version=20200101T000000Z-000000000000").status_code == 404


def test_what_there_is_not_is_told(shipped):
    unknown = get(shipped, "ledger/social-security-polici", JSON)
    assert unknown.status_code == 404
    assert "did you mean social-security-policy?" in unknown.text
    assert get(shipped, f"ledger/{KEY}?page=2", HTML).status_code == 404
    assert get(shipped, f"ledger/{KEY}?state=lost").status_code == 400
    assert get(shipped, "ledger", "image/png").status_code == 406
    refused = get(shipped, f"ledger/{KEY}?state=refused", JSON).json
    assert refused["entries"] == []


def test_files_have_no_ledger(make_app, files_snapshots):
    client = make_app(files_snapshots).test_client()
    for path in ("/ledger", "/ledger/one"):
        answer = client.get(path, headers={"Accept": JSON})
        assert answer.status_code == 404
        assert "This endpoint serves files as they are, and nobody has kept a ledger" in answer.text


def test_pages_of_a_long_ledger_have_all_records_in_their_order(shipped, monkeypatch):
    whole = [each["key"] for each in get(shipped, f"ledger/{KEY}", JSON).json["entries"]]
    assert whole == sorted(whole)
    monkeypatch.setattr(ledgers, "_A_PAGE", 4)
    pages = [get(shipped, f"ledger/{KEY}?state=published&page={page}", HTML) for page in (1, 2, 3)]
    assert [re.findall(r'<tr id="([^"]+)"', page.text) for page in pages] == [whole[:4], whole[4:8], whole[8:]]
    assert get(shipped, f"ledger/{KEY}?state=published&page=4", HTML).status_code == 404
