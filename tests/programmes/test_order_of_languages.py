"""Names are shown in the order of the programme's languages: Portuguese before French, and both before English.

The data are those of `forests`, with English names beside the others for Senegal and the first action.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from actiongraph.cli.options import GivenOptions
from actiongraph.publication import CSV
from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.text import language_rank
from actiongraph.web.app import create_app

FORESTS = Path(__file__).parent / "forests"
BASE = "https://forets.example.org/graphe/"
ENGLISH = {
    "reference.ttl": ('"Sénégal"@fr', '"Senegal, the country"@en, "Sénégal"@fr'),
    "rapport.ttl": ('"Relever les mangroves de Casamance"@fr', '"Bringing back mangroves"@en, "Relever"@fr'),
    "programme.toml": ('languages = ["fr", "pt"]', 'languages = ["pt", "fr"]'),
}
FIRST, OTHERS = "Recuperar os mangais de Casamansa", ("Bringing back mangroves", "Relever")
Get = Callable[[str], str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("languages")
    shutil.copytree(FORESTS, folder / "data")
    for name, (old, new) in ENGLISH.items():
        text = (folder / "data" / name).read_text("utf-8")
        assert old in text
        (folder / "data" / name).write_text(text.replace(old, new, 1), "utf-8")
    settings = GivenOptions(folder / "data", folder / "store", None).settings()
    build(settings, ReleaseStore(folder / "store"))
    return folder


@pytest.fixture(scope="module")
def get(folder: Path) -> Get:
    """Return what is answered at an address, as a page if it has no suffix."""
    settings = replace(
        GivenOptions(folder / "data", folder / "store", None).settings(), url="https://graph.example.org/"
    )
    client = create_app(settings, ReleaseSnapshots(ReleaseStore(folder / "store"))).test_client()
    return lambda path: unescape(client.get(path, headers={"Accept": "text/html, */*;q=0.5"}).text)


@pytest.mark.parametrize("suffix", ["", ".json", ".txt", ".csv", ".svg", ".mmd", ".graphml"])
def test_chains_name_actions_and_countries_in_the_first_language(get: Get, suffix: str):
    written = get(f"/chain/F-001{suffix}")
    assert FIRST[:9] in written  # pictures cut long titles
    assert not [other for other in OTHERS if other in written]
    assert "Planter" in written  # that action has a title in French alone
    if suffix not in (".svg", ".mmd"):
        assert "Senegal" in written
        assert "Senegal, the country" not in written


def test_the_list_of_chains_does(get: Get):
    for path in ("/chains", "/chains.json", "/chains.csv"):
        assert "Recuperar" in get(path) or path == "/chains.json", path
        assert "Senegal" in get(path)
        assert "Senegal, the country" not in get(path)


def test_pages_of_things_do(get: Get):
    page = get("/doc/action/f-001")
    assert f'<h1><bdi lang="pt">{FIRST}' in page
    assert ">Senegal<" in page
    assert ">Senegal, the country<" not in page
    assert '<h1><bdi lang="fr">Madagascar' in get("/doc/country/MDG")  # it has a name in French alone


def test_schema_org_does(get: Get):
    page = get("/doc/action/f-001")
    document = json.loads(page.partition('application/ld+json">')[2].partition("</script>")[0])
    assert document["name"] == FIRST
    assert {"@id": f"{BASE}id/country/SEN", "name": "Senegal"} in document["location"]


def test_feeds_do(get: Get):
    feed = f"/feeds/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier={BASE}id/action/f-001"
    record = ET.fromstring(get(feed))
    titles = [title.text for title in record.iter("{http://purl.org/dc/elements/1.1/}title")]
    assert titles == [FIRST, OTHERS[1], OTHERS[0]]
    assert "Senegal" in {each.text for each in record.iter("{http://purl.org/dc/elements/1.1/}coverage")}


def test_tables_do(folder: Path):
    with zipfile.ZipFile(next((folder / "store" / "releases").glob(f"*/dumps/{CSV}"))) as package:
        rows = csv.DictReader(io.StringIO(package.read("actions.csv").decode()))
        assert {row["country_names"] for row in rows if row["action"] == "f-001"} == {"Senegal"}


def test_variants_of_a_language_stand_behind_it_and_english_behind_those_of_the_programme():
    tags = ["de", "en-GB", None, "pt", "fr-CA", "pt-BR", "en", "fr"]
    ordered = sorted(tags, key=lambda tag: language_rank(tag, ("pt-BR", "fr")))
    assert ordered == ["pt-BR", "pt", "fr", "fr-CA", "en", "en-GB", None, "de"]
