"""A file that has gone does not take its things with it unnoticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from actiongraph.cli.build import build as build_command
from actiongraph.cli.build import newest_release
from actiongraph.cli.options import GivenOptions
from actiongraph.errors import InvalidData, LostData
from actiongraph.release.build import build
from actiongraph.release.store import ReleaseStore

MORE = """@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<id/facility/more> a ag:Facility ; skos:prefLabel "More"@en .
"""


@pytest.fixture
def published(little_data: Path, tmp_path: Path) -> GivenOptions:
    """Data of two files, published."""
    (little_data / "more.ttl").write_text(MORE, "utf-8")
    options = GivenOptions(little_data, tmp_path / "store", None)
    build(options.settings(), ReleaseStore(tmp_path / "store"))
    return options


def version(options: GivenOptions) -> str | None:
    assert options.store
    return ReleaseStore(options.store).newest()


def test_a_file_that_has_gone_keeps_the_old_release(published: GivenOptions, little_data: Path) -> None:
    before = version(published)
    (little_data / "more.ttl").unlink()
    result = CliRunner().invoke(build_command, ["--data", str(little_data), "--store", str(published.store)])
    assert isinstance(result.exception, LostData)
    assert result.exception.things == ("facility/more",)
    assert "more.ttl has gone, and with it facility/more." in str(result.exception)
    assert "--allow-removals" in str(result.exception)
    assert version(published) == before


def test_a_file_that_is_no_longer_read_is_told(published: GivenOptions, little_data: Path) -> None:
    (little_data / "more.ttl").rename(little_data / "more.nt")
    with pytest.raises(LostData, match=r"more\.nt is there, but only \.ttl files are read"):
        build(published.settings(), ReleaseStore(Path(str(published.store))))


def test_a_file_that_others_need_is_named_beside_the_rules_that_it_breaks(
    published: GivenOptions, little_data: Path
) -> None:
    (little_data / "more.ttl").unlink()
    with (little_data / "reference.ttl").open("a", encoding="utf-8") as reference:
        reference.write("<id/country/XX> a ag:Country .\n")
    with pytest.raises(InvalidData, match=r"Since the last release, more\.ttl has gone\."):
        build(published.settings(), ReleaseStore(Path(str(published.store))))


def test_serve_keeps_the_old_release_and_says_so(
    published: GivenOptions, little_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = version(published)
    (little_data / "more.ttl").unlink()
    releases, outcome = newest_release(published.settings())
    assert (releases.newest(), outcome) == (before, None)
    told = capsys.readouterr().err
    assert "more.ttl has gone" in told
    assert f"Using release {before} instead." in told


def test_removals_can_be_allowed(published: GivenOptions, little_data: Path) -> None:
    before = version(published)
    (little_data / "more.ttl").unlink()
    arguments = ["--data", str(little_data), "--store", str(published.store), "--allow-removals"]
    result = CliRunner().invoke(build_command, arguments)
    assert result.exit_code == 0, result.output
    assert "Missing since the previous release: 1 key." in result.output
    assert version(published) != before


def test_another_name_for_a_file_loses_nothing(published: GivenOptions, little_data: Path) -> None:
    before = version(published)
    shutil.move(little_data / "more.ttl", little_data / "other.ttl")
    assert build(published.settings(), ReleaseStore(Path(str(published.store)))).is_new
    assert version(published) != before


def test_what_is_taken_out_of_a_file_goes_as_before(published: GivenOptions, little_data: Path) -> None:
    (little_data / "more.ttl").write_text(MORE.replace("facility/more", "facility/others"), "utf-8")
    assert build(published.settings(), ReleaseStore(Path(str(published.store)))).vanished == ("facility/more",)


def test_what_is_withdrawn_is_not_lost(published: GivenOptions, little_data: Path) -> None:
    (little_data / "more.ttl").unlink()
    (little_data / "withdrawn.ttl").write_text(
        "@base <https://w3id.org/actiongraph/> .\n@prefix ag: <https://w3id.org/actiongraph/ontology#> .\n"
        '<id/facility/more> a ag:WithdrawnResource ; ag:reason "It was a mistake."@en ;\n'
        "  <http://www.w3.org/ns/prov#invalidatedAtTime> "
        '"2026-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .\n',
        "utf-8",
    )
    assert build(published.settings(), ReleaseStore(Path(str(published.store)))).is_new
