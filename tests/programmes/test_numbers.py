"""Numbers are as the programme writes them: its template is data, and one rule reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from actiongraph.cli.options import GivenOptions
from actiongraph.release.build import build, validate_files
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.vocabulary import AGSH

ACTIONS = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<id/action/one> a ag:Action, ag:ReferencedAction ; ag:actionNumber "NUMBER" ; ag:parallelTo <id/action/two> ;
  dcterms:source <id/source/page> .
<id/action/two> a ag:Action, ag:ReferencedAction ; ag:parallelTo <id/action/one> ;
  <http://www.w3.org/2004/02/skos/core#prefLabel> "The other"@en ; dcterms:source <id/source/page> .
"""


def messages(data: Path, number: str, template: str | None) -> dict[str, str]:
    (data / "actions.ttl").write_text(ACTIONS.replace("NUMBER", number), "utf-8")
    (data / "programme.toml").write_text(f'number = "{template}"' if template else "", "utf-8")
    report = validate_files(GivenOptions(data, None, None).settings(), ())
    rules = ("action-number-form", "action-number-template")
    return {
        result.shape.removeprefix(AGSH): result.message
        for result in report.results
        if result.shape.removeprefix(AGSH) in rules
    }


@pytest.mark.parametrize(
    ("number", "template"),
    [("2014-12", "{yyyy}-{nn}"), ("F-001", "F-{nnn}"), ("whatever it is", None), ("2014-12", None)],
)
def test_a_number_of_the_programmes_own_kind_is_fine(little_data: Path, number: str, template: str | None) -> None:
    assert messages(little_data, number, template) == {}


def test_any_other_is_told_with_the_template(little_data: Path) -> None:
    found = messages(little_data, "2014-12", "F-{nnn}")
    assert list(found) == ["action-number-template"]
    assert "The number 2014-12 is not written as F-{nnn}" in found["action-number-template"]


def test_an_empty_number_is_none(little_data: Path) -> None:
    assert list(messages(little_data, "", None)) == ["action-number-form"]


def test_the_template_is_not_published(little_data: Path, tmp_path: Path) -> None:
    messages(little_data, "F-001", "F-{nnn}")
    settings = GivenOptions(little_data, tmp_path / "store", None).settings()
    record = build(settings, ReleaseStore(tmp_path / "store")).record
    import gzip

    dump = ReleaseStore(tmp_path / "store").path(record.version) / "dumps" / "actiongraph.nq.gz"
    assert b"numberPattern" not in gzip.decompress(dump.read_bytes())


def test_the_shipped_data_are_judged_by_their_own_template() -> None:
    assert Settings().programme.number == "{yyyy}-{nn}"
