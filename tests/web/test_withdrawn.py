"""What was withdrawn is gone (410), with the reason and what stands in its place; what was pinned still answers."""

from __future__ import annotations

import pytest

from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE
from actiongraph.web.app import create_app

URL = "https://graph.example.org/"
GONE = "place/col-nowhere"
HEAD = f"""@base <{CANONICAL_BASE}> .
@prefix ag: <{CANONICAL_BASE}ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
DATA = f"""{HEAD}
<id/source/list> a ag:Source ; dcterms:title "A list"@en ; schema:url <https://example.org/list> .
<id/country/COL> a ag:Country ; skos:prefLabel "Colombia"@en ;
  skos:notation "CO"^^ag:iso3166-1-alpha-2, "COL"^^ag:iso3166-1-alpha-3 .
<id/place/col-bogota> a ag:Place ; skos:prefLabel "Bogota"@en ; ag:placeInCountry <id/country/COL> .
<id/action/2014-12> a ag:Action, ag:ReferencedAction ; ag:actionNumber "2014-12" ; dcterms:source <id/source/list> .
<id/action/2015-01> a ag:Action, ag:ReferencedAction ; ag:actionNumber "2015-01" ; dcterms:source <id/source/list> ;
  ag:followUpOf <id/action/2014-12> .
"""
THERE = f'<id/{GONE}> a ag:Place ; skos:prefLabel "Nowhere"@en ; ag:placeInCountry <id/country/COL> .'
WITHDRAWN = f"""{HEAD}
<id/{GONE}> a ag:WithdrawnResource ;
  prov:invalidatedAtTime "2026-11-26"^^xsd:date ;
  ag:reason "It was Bogota under another name."@en ;
  dcterms:isReplacedBy <id/place/col-bogota> .
<id/action/2013-99> a ag:WithdrawnResource ;
  prov:invalidatedAtTime "2026-11-26"^^xsd:date ;
  ag:reason "It was 2014-12 under another number."@en ;
  dcterms:isReplacedBy <id/action/2014-12> .
"""


@pytest.fixture(scope="module")
def withdrawn(tmp_path_factory: pytest.TempPathFactory):
    """A client of two releases: the first has a place that the second withdraws."""
    folder = tmp_path_factory.mktemp("withdrawn")
    data = folder / "data"
    data.mkdir()
    listed = data / "list.ttl"
    settings, releases = Settings(url=URL, data=data, store=folder / "store"), ReleaseStore(folder / "store")
    listed.write_text(DATA + THERE, "utf-8")
    first = build(settings, releases).record.version
    listed.write_text(DATA, "utf-8")
    (data / "withdrawn.ttl").write_text(WITHDRAWN, "utf-8")
    build(settings, releases)
    return create_app(settings, ReleaseSnapshots(releases)).test_client(), first


@pytest.mark.parametrize(
    "address", [f"/id/{GONE}", f"/doc/{GONE}", f"/data/{GONE}.ttl", f"/data/{GONE}.ttl?references"]
)
def test_it_is_gone_and_says_why(withdrawn, address: str) -> None:
    client, _ = withdrawn
    response = client.get(address, headers={"Accept": "application/problem+json"} if "data" not in address else {})
    assert response.status_code == 410
    assert "It was Bogota under another name." in response.text
    assert f"{URL}doc/place/col-bogota" in response.text


def test_its_page_leads_to_what_stands_in_its_place(withdrawn) -> None:
    client, _ = withdrawn
    page = client.get(f"/doc/{GONE}", headers={"Accept": "text/html"})
    assert (page.status_code, f'<a href="{URL}doc/place/col-bogota">' in page.text) == (410, True)


def test_the_release_before_still_has_it(withdrawn) -> None:
    client, first = withdrawn
    assert "Nowhere" in client.get(f"/data/{GONE}.ttl?version={first}").text
    assert client.get(f"/doc/{GONE}?version={first}").status_code == 200


@pytest.mark.parametrize("name", ["2013-99", f"{CANONICAL_BASE}id/action/2013-99"])
def test_a_withdrawn_action_has_no_chain_and_says_why(withdrawn, name: str) -> None:
    client, first = withdrawn
    response = client.get(f"/chain/{name}", headers={"Accept": "application/json"})
    assert response.status_code == 410
    assert "It was 2014-12 under another number." in response.text
    assert f"{URL}doc/action/2014-12" in response.json["near"]
    assert client.get(f"/chain/{name}?version={first}").status_code == 404


def test_an_action_that_never_was_has_no_chain_and_those_near_are_named(withdrawn) -> None:
    client, _ = withdrawn
    response = client.get("/chain/2014-13", headers={"Accept": "application/json"})
    assert (response.status_code, "2014-12" in response.json["near"]) == (404, True)
