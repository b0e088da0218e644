"""Files that are validated by name, with the shared things and the texts that lie beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actiongraph.release.build import validate_files
from actiongraph.settings import Settings, shipped
from actiongraph.validate.report import Severity

HEAD = """\
@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
ACTION = """
<id/source/page> a ag:Source ; dcterms:title "A page"@en ; schema:url <https://example.org/> .
<id/action/law> a ag:Action, ag:DescribedAction ; dcterms:title "A law"@en ; dcterms:source <id/source/page> ;
  ag:partner <id/org/ministry-of-work> ; ag:country <id/country/TGO> .
"""
SHARED = """
<id/org/ministry-of-work> a org:Organization ; skos:prefLabel "Ministry of Work"@en ; ag:basedIn <id/country/TGO> .
<id/org/ministry-of-forests> a org:Organization ; skos:prefLabel "Forests"@en ; ag:basedIn <id/country/TGO> .
<id/country/TGO> a ag:Country ; skos:prefLabel "Togo"@en ;
  skos:notation "TG"^^ag:iso3166-1-alpha-2, "TGO"^^ag:iso3166-1-alpha-3 ;
  skos:exactMatch <http://publications.europa.eu/resource/authority/country/TGO> .
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "reference.ttl").write_text(HEAD + SHARED, "utf-8")
    path = tmp_path / "laws.ttl"
    path.write_text(HEAD + ACTION, "utf-8")
    return path


def told(settings: Settings, *files: Path) -> set[tuple[str, str]]:
    results = validate_files(settings, files).results
    return {(result.severity.value, result.shape.rpartition("#")[2]) for result in results}


def test_the_reference_file_beside_a_file_is_the_one_that_counts(own: Path):
    assert told(Settings(), own) == {("Warning", "described-assistance-missing"), ("Info", "described-start-missing")}


def test_a_data_folder_that_is_named_comes_before_it(own: Path):
    assert ("Violation", "action-partner-known") in told(Settings(data=shipped("data")), own)


def test_without_a_reference_file_of_its_own_a_file_leans_on_the_shipped_one(own: Path):
    (own.parent / "reference.ttl").unlink()
    assert ("Violation", "action-partner-known") in told(Settings(), own)


def test_a_fault_of_the_reference_file_is_told_with_its_line(own: Path):
    shared = own.parent / "reference.ttl"
    shared.write_text(shared.read_text("utf-8").replace('"TG"', '"Togo"'), "utf-8")
    [result] = [result for result in validate_files(Settings(), [own]).results if result.severity is Severity.VIOLATION]
    assert (result.file, result.line) == ("reference.ttl", 11)


def test_a_near_name_may_stand_in_the_reference_file(own: Path):
    own.write_text(own.read_text("utf-8").replace("ministry-of-work", "ministry-of-wrok"), "utf-8")
    [result] = [result for result in validate_files(Settings(), [own]).results if result.severity is Severity.VIOLATION]
    assert result.message.endswith("Did you mean https://w3id.org/actiongraph/id/org/ministry-of-work?")


def test_texts_of_sources_beside_the_files_are_read(tmp_path: Path, source_page: Path):
    for path in shipped("data").glob("*.ttl"):
        shutil.copy(path, tmp_path)
    shutil.copy(source_page, tmp_path / "page.txt")
    report = validate_files(Settings(), [tmp_path / "social-security-policy.ttl"])
    assert report.not_compared == 0
    assert report.compared > 0
