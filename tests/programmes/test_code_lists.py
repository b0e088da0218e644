"""Code lists: one's own are named under one's base and open; those shipped are there only if they are used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, SKOS, Graph

from actiongraph.cli.options import GivenOptions
from actiongraph.release.build import build, validate_files
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.validate.report import Severity
from actiongraph.vocabulary import CONCEPT, IRI
from actiongraph.web.app import create_app

BASE, URL = "https://wells.example.org/", "https://graph.example.org/at/"
LISTS = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix org: <http://www.w3.org/ns/org#> .
<concept/theme> a skos:ConceptScheme ; dcterms:title "Themes"@en ; skos:hasTopConcept <concept/theme/wells> .
<concept/theme/wells> a skos:Concept ; skos:inScheme <concept/theme> ; skos:topConceptOf <concept/theme> ;
  skos:prefLabel "wells"@en ; skos:definition "Wells."@en .
<https://wells.example.org/concept/assistance> a skos:ConceptScheme ; dcterms:title "Kinds of help"@en ;
  skos:hasTopConcept <https://wells.example.org/concept/assistance/digging> .
<https://wells.example.org/concept/assistance/digging> a skos:Concept ; skos:prefLabel "digging"@en ;
  skos:inScheme <https://wells.example.org/concept/assistance> ; skos:definition "Digging."@en ;
  skos:topConceptOf <https://wells.example.org/concept/assistance> .
<id/org/council> a org:Organization ; skos:prefLabel "Council"@en .
<id/action/one> a ag:Action, ag:DescribedAction ; dcterms:title "A well"@en ; dcterms:source <id/source/page> ;
  ag:partner <id/org/council> ; ag:theme <concept/theme/wells> ;
  ag:assistanceType <https://wells.example.org/concept/assistance/digging> MORE .
"""


def folder(data: Path, more: str = "") -> Path:
    (data / "wells.ttl").write_text(LISTS.replace("MORE", more), "utf-8")
    (data / "programme.toml").write_text(f'title = "Wells"\nbase = "{BASE}"\n', "utf-8")
    return data


def built(data: Path, store: Path) -> Settings:
    settings = GivenOptions(data, store, None).settings()
    build(settings, ReleaseStore(store))
    return replace(settings, url=URL)


@pytest.fixture
def client(little_data: Path, tmp_path: Path) -> FlaskClient:
    settings = built(folder(little_data), tmp_path / "store")
    return create_app(settings, ReleaseSnapshots(ReleaseStore(tmp_path / "store"))).test_client()


RECORD_STATES = {f"{CONCEPT}record-state{key}" for key in ("", "/published", "/merged", "/refused")}
"""What every ledger says of its records."""


def concepts(store: Path) -> set[str]:
    engine = ReleaseSnapshots(ReleaseStore(store)).current().engine
    query = f"SELECT ?c WHERE {{ VALUES ?k {{ <{SKOS.Concept}> <{SKOS.ConceptScheme}> }} ?c a ?k }}"
    return {str(row["c"]) for row in engine.select(check_query(query, Settings()))}


def test_own_lists_are_under_the_base_and_nothing_of_ours_is_there(little_data: Path, tmp_path: Path) -> None:
    built(folder(little_data), tmp_path / "store")
    keys = ("theme", "theme/wells", "assistance", "assistance/digging")
    assert concepts(tmp_path / "store") == {f"{BASE}concept/{key}" for key in keys} | RECORD_STATES


def test_a_shipped_list_is_there_as_a_whole_once_one_of_it_is_used(little_data: Path, tmp_path: Path) -> None:
    built(folder(little_data, "; ag:beneficiary <concept/beneficiary/street-vendors>"), tmp_path / "store")
    shipped = {name for name in concepts(tmp_path / "store") - RECORD_STATES if name.startswith(CONCEPT)}
    assert {name.split("/concept/")[1].split("/")[0] for name in shipped} == {"beneficiary"}
    assert len(shipped) == 5


def test_own_lists_are_fine_and_the_wrong_list_is_not(little_data: Path) -> None:
    report = validate_files(GivenOptions(folder(little_data), None, None).settings(), ())
    assert report.publishable, report.results
    wrong = folder(little_data, "; ag:beneficiary <concept/theme/wells>")
    found = validate_files(GivenOptions(wrong, None, None).settings(), ())
    violations = [each for each in found.results if each.severity is Severity.VIOLATION]
    assert [(each.shape.rpartition("#")[2], each.line is not None) for each in violations] == [
        ("action-beneficiary-scheme", True)
    ]


def test_a_fault_in_an_own_list_has_its_line(little_data: Path) -> None:
    data = folder(little_data)
    (data / "wells.ttl").write_text((data / "wells.ttl").read_text("utf-8").replace('skos:prefLabel "wells"@en ;', ""))
    found = validate_files(GivenOptions(data, None, None).settings(), ())
    assert [(each.file, each.line) for each in found.results if "name" in each.shape] == [("wells.ttl", 7)]


@pytest.mark.parametrize("name", ["theme", "theme/wells", "assistance/digging"])
def test_own_concepts_open(client: FlaskClient, name: str) -> None:
    opened = client.get(f"/concept/{name}", headers={"Accept": "text/html"})
    assert (opened.status_code, opened.headers["Location"]) == (303, f"{URL}doc/concept/{name}")
    page = client.get(f"/doc/concept/{name}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert f"{BASE}concept/{name}" in page.text
    data = client.get(f"/data/concept/{name}.ttl")
    assert data.status_code == 200
    kind = SKOS.ConceptScheme if name == "theme" else SKOS.Concept
    graph = Graph().parse(data=data.data, format="turtle")
    assert (IRI(f"{BASE}concept/{name}"), RDF.type, kind) in graph


def test_a_page_links_to_own_concepts_and_the_sitemap_lists_them(client: FlaskClient) -> None:
    assert 'href="/at/doc/concept/theme/wells"' in client.get("/doc/action/one", headers={"Accept": "text/html"}).text
    assert f"{URL}doc/concept/theme/wells" in client.get("/sitemap-site.xml").text


def test_the_catalogue_counts_them_among_its_keywords(client: FlaskClient) -> None:
    assert '"wells"@en' in client.get("/catalog.ttl").text


def test_concepts_of_ours_that_are_not_used_are_not_found(client: FlaskClient) -> None:
    assert client.get("/concept/theme/pensions").status_code == 404
