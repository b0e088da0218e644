"""CKAN's harvester (ckanext-dcat) reads the catalogue. CKAN has an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from actiongraph.publication import ReleaseRecord
from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Party, Settings
from actiongraph.web.app import create_app

pytestmark = pytest.mark.long("clients")

URL = "https://graph.example.org/"
BASE = "https://w3id.org/actiongraph/"
FILES = {
    "N-Quads": ("actiongraph.nq.gz", "RDF_N_QUADS"),
    "TriG": ("actiongraph.trig.gz", "RDF_TRIG"),
    "Turtle": ("actiongraph.ttl.gz", "RDF_TURTLE"),
    "CSV": ("actiongraph-csv.zip", "CSV"),
}


@pytest.fixture(scope="module")
def harvested(ckan: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[ReleaseRecord, dict[str, dict]]:
    """What CKAN makes of each dataset of the catalogue, by its IRI."""
    folder = tmp_path_factory.mktemp("ckan")
    releases = ReleaseStore(folder / "store")
    told = Settings(
        url=URL, publisher=Party("Ministry", "https://m.example.org/"), contact=Party("Desk", "mailto:d@m.example.org")
    )
    record = build(replace(told, store=releases.folder), releases).record
    client = create_app(Settings(url=URL), ReleaseSnapshots(releases)).test_client()
    (folder / "catalog.ttl").write_bytes(client.get("/catalog.ttl").data)
    command = [ckan, str(Path(__file__).with_name("ckan_reader.py")), str(folder / "catalog.ttl")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    read = json.loads(ran.stdout)
    return record, {extra(each, "uri"): each for each in read}


def extra(dataset: dict, name: str) -> str:
    """Return a field that may stand in the dataset or among its extras, as older schemas have it."""
    return dataset.get(name) or next(each["value"] for each in dataset.get("extras", []) if each["key"] == name)


def test_the_dataset_and_its_release_are_read(harvested) -> None:
    record, datasets = harvested
    assert set(datasets) == {BASE + "dataset", f"{BASE}release/{record.version}"}
    dataset = datasets[BASE + "dataset"]
    assert dataset["title"] == "Graph of technical-assistance actions"
    assert dataset["version"] == record.version
    assert {tag["name"] for tag in dataset["tags"]} >= {"technical assistance", "pensions"}


def test_publisher_and_contact_are_read(harvested) -> None:
    dataset = harvested[1][BASE + "dataset"]
    names = ("publisher_name", "publisher_url", "contact_name", "contact_email")
    told = ["Ministry", "https://m.example.org/", "Desk", "d@m.example.org"]
    assert [extra(dataset, name) for name in names] == told


def test_every_distribution_is_read_with_address_size_and_checksum(harvested) -> None:
    record, datasets = harvested
    for dataset in datasets.values():
        read = {resource["name"]: resource for resource in dataset["resources"]}
        assert set(read) == set(FILES)
        for title, (file, file_type) in FILES.items():
            assert read[title]["download_url"] == f"{URL}dumps/{record.version}/{file}"
            assert read[title]["format"].endswith(f"file-type/{file_type}")
            assert (read[title]["size"], read[title]["hash"]) == (record.sizes[file], record.dumps[file])
            assert read[title]["license"] == "https://creativecommons.org/licenses/by/4.0/"
