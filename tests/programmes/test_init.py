"""`actiongraph init` writes a programme that builds and serves at once, and is fine with every rule."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from actiongraph.cli.init import init
from actiongraph.cli.options import GivenOptions
from actiongraph.errors import SettingsError
from actiongraph.examples import find_example
from actiongraph.release.build import build, validate_files
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.scaffold import write_scaffold
from actiongraph.sparql.guard import check_query
from actiongraph.web.app import create_app

BROWSER = {"Accept": "text/html"}


def test_it_writes_a_programme_with_two_actions(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        init, [str(tmp_path / "mine"), "--title", 'Wells "for" all', "--base", "https://w.example/"]
    )
    assert result.exit_code == 0, result.output
    assert result.output.endswith(f"actiongraph serve --data {tmp_path / 'mine'}\n")
    written = {str(path.relative_to(tmp_path / "mine")) for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    assert written == {
        "programme.toml", "reference.ttl", "lists.ttl", "first-page.ttl", "first-page.txt",
        "examples/wells-when-each-was-begun.rq",
    }  # fmt: skip
    told = tomllib.loads((tmp_path / "mine" / "programme.toml").read_text("utf-8"))
    assert (told["title"], told["base"]) == ('Wells "for" all', "https://w.example/")


def test_no_rule_has_anything_to_say_of_it(tmp_path: Path) -> None:
    write_scaffold(tmp_path / "mine")
    assert validate_files(GivenOptions(tmp_path / "mine", None, None).settings(), ()).results == ()


def test_it_builds_and_serves_at_once(tmp_path: Path) -> None:
    write_scaffold(tmp_path / "mine", title="Wells")
    settings = GivenOptions(tmp_path / "mine", tmp_path / "store", None).settings()
    releases = ReleaseStore(tmp_path / "store")
    assert build(settings, releases).is_new
    served = replace(settings, url="https://graph.example.org/")
    client = create_app(served, ReleaseSnapshots(releases)).test_client()
    assert "<h1>Wells</h1>" in client.get("/", headers=BROWSER).text
    assert "2 actions, 1 link" in client.get("/chain/spare-parts-anfoin.txt").text
    assert client.get("/concept/theme/wells", headers=BROWSER).status_code == 303
    assert "wells-when-each-was-begun" in client.get("/examples", headers=BROWSER).text
    example = find_example("wells-when-each-was-begun", settings.base, settings.programme)
    rows = ReleaseSnapshots(releases).current().engine.select(check_query(example.text, settings))
    assert [str(row["number"]) for row in rows] == ["W-001", "W-002"]


def test_its_passages_and_checksum_are_those_of_its_page(tmp_path: Path) -> None:
    write_scaffold(tmp_path / "mine")
    page, data = (tmp_path / "mine" / f"first-page.{suffix}" for suffix in ("txt", "ttl"))
    turtle, text = data.read_text("utf-8"), page.read_text("utf-8")
    assert hashlib.sha256(page.read_bytes()).hexdigest() in turtle
    found = re.findall(r'oa:start (\d+) ; oa:exact "([^"]+)"', turtle)
    assert len(found) >= 10
    for start, quote in found:
        assert text.startswith(quote, int(start)), quote


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("of mine", "utf-8")
    with pytest.raises(SettingsError, match="is not empty"):
        write_scaffold(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(SettingsError, match="cannot be written"):
        write_scaffold(tmp_path / "mine")


def test_a_base_that_cannot_be_one_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(init, [str(tmp_path / "mine"), "--base", "example"])
    assert isinstance(result.exception, SettingsError)
    assert not (tmp_path / "mine").exists()
