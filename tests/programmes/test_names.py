"""Pages, catalogue, OAI-PMH and citation say what the programme is called, in its languages."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from rdflib import DCTERMS, RDF, RDFS, Graph, Literal

from actiongraph.cli.options import GivenOptions
from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.vocabulary import DCAT, IRI
from actiongraph.web.app import create_app
from actiongraph.web.wsgi import make_app

TOML = """
title = {fr = "Puits & forages", pt = "Poços"}
description = {fr = "Qui a creusé quoi, et où."}
lead = "Des puits pour tous."
rights = "Les citations restent à leurs auteurs."
publisher = "Agence des puits <https://puits.example.org/>"
licence = "https://licence.example.org/1"
languages = ["fr", "pt"]
keywords = ["eau"]
data_themes = ["ENVI"]
base = "https://puits.example.org/graphe/"
"""
URL = "https://graph.example.org/"
OURS = ("SOCIEUX", "echnical assistance", "echnical-assistance", "ocial protection")


@pytest.fixture
def wells(little_data: Path, tmp_path: Path) -> Settings:
    (little_data / "programme.toml").write_text(TOML, "utf-8")
    settings = GivenOptions(little_data, tmp_path / "store", None).settings()
    build(settings, ReleaseStore(tmp_path / "store"))
    return settings


@pytest.fixture
def client(wells: Settings, tmp_path: Path) -> FlaskClient:
    from dataclasses import replace

    return create_app(replace(wells, url=URL), ReleaseSnapshots(ReleaseStore(tmp_path / "store"))).test_client()


def page(client: FlaskClient, path: str) -> str:
    return client.get(path, headers={"Accept": "text/html"}).text


def test_the_home_page(client: FlaskClient) -> None:
    home = page(client, "/")
    assert '<h1 lang="fr">Puits &amp; forages</h1>' in home
    assert '<span lang="fr">Des puits pour tous.</span>' in home
    assert "<title>Puits &amp; forages</title>" in home
    assert not any(word in home for word in OURS)


def test_the_page_about_it_and_how_to_cite_it(client: FlaskClient) -> None:
    about = page(client, "/about")
    assert "<title>About · Puits &amp; forages</title>" in about
    assert '<cite lang="fr">Puits &amp; forages</cite>' in about
    assert "Les citations restent à leurs auteurs." in about
    assert "https://licence.example.org/1" in about
    told = json.loads(client.get("/about", headers={"Accept": "application/json"}).data)
    assert (told["title"], told["rights"]) == ("Puits & forages", "Les citations restent à leurs auteurs.")
    assert told["publisher"] == "Agence des puits <https://puits.example.org/>"
    assert not any(word in about for word in OURS)


def test_the_catalogue(client: FlaskClient, wells: Settings) -> None:
    graph = Graph().parse(data=client.get("/catalog.ttl").data, format="turtle")
    dataset, rights = IRI(wells.base + "dataset"), IRI(wells.base + "dataset#rights")
    titles = {Literal("Puits & forages", lang="fr"), Literal("Poços", lang="pt")}
    assert set(graph.objects(dataset, DCTERMS.title)) == titles
    assert set(graph.objects(IRI(wells.base + "catalog"), DCTERMS.title)) == titles
    descriptions = set(graph.objects(dataset, DCTERMS.description))
    assert Literal("Qui a creusé quoi, et où.", lang="fr") in descriptions
    assert {each.language for each in descriptions} == {"fr", "en"}
    assert set(graph.objects(dataset, DCAT.keyword)) == {Literal("eau", lang="fr")}
    theme = IRI("http://publications.europa.eu/resource/authority/data-theme/ENVI")
    assert set(graph.objects(dataset, DCAT.theme)) == {theme}
    assert (dataset, DCTERMS.rights, rights) in graph
    assert (rights, RDF.type, DCTERMS.RightsStatement) in graph
    assert (rights, RDFS.label, Literal("Les citations restent à leurs auteurs.", lang="fr")) in graph
    catalogue = page(client, "/catalog")
    assert '<h1 lang="fr">Puits &amp; forages</h1>' in catalogue
    assert "Qui a creusé quoi, et où." in catalogue
    assert not any(word in catalogue for word in OURS)


def test_oai_pmh(client: FlaskClient) -> None:
    answer = ET.fromstring(client.get("/feeds/oai?verb=Identify").data)
    assert answer.findtext(".//{*}repositoryName") == "Puits & forages"


def test_a_server_that_knows_only_the_store_says_the_same(wells: Settings, client: FlaskClient) -> None:
    app = make_app({"ACTIONGRAPH_STORE": str(wells.store), "ACTIONGRAPH_URL": URL, "ACTIONGRAPH_BASE": wells.base})
    assert page(app.test_client(), "/about").count("Puits &amp; forages") == page(client, "/about").count(
        "Puits &amp; forages"
    )


def test_another_title_makes_another_release(wells: Settings, little_data: Path, tmp_path: Path) -> None:
    releases = ReleaseStore(tmp_path / "store")
    assert not build(
        GivenOptions(little_data, tmp_path / "store", None).settings(), releases, unless_unchanged=True
    ).is_new
    (little_data / "programme.toml").write_text(TOML.replace("Poços", "Furos"), "utf-8")
    outcome = build(GivenOptions(little_data, tmp_path / "store", None).settings(), releases, unless_unchanged=True)
    assert outcome.is_new
    assert outcome.record.programme["title"] == {"fr": "Puits & forages", "pt": "Furos"}


def test_data_without_a_name_do_not_take_ours(little_data: Path, tmp_path: Path) -> None:
    settings = GivenOptions(little_data, tmp_path / "store", None).settings()
    build(settings, ReleaseStore(tmp_path / "store"))
    from dataclasses import replace

    made = create_app(replace(settings, url=URL), ReleaseSnapshots(ReleaseStore(tmp_path / "store"))).test_client()
    told = page(made, "/") + page(made, "/about") + page(made, "/catalog") + made.get("/feeds/oai?verb=Identify").text
    assert "Graph of actions" in told
    assert not any(word in told for word in OURS)
