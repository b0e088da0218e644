"""What docs/curators.md tells a curator to do does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from actiongraph.cli.build import build as build_command
from actiongraph.cli.build import validate as validate_command
from actiongraph.cli.init import init
from actiongraph.programme import Programme, Titles

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "curators.md").read_text("utf-8")


def block(mark: str) -> str:
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w+\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found, mark
    return found[1]


def test_the_first_action_is_told_its_two_mistakes_and_is_fine_once_they_are_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begin, check, serve = (shlex.split(line) for line in block("run: init").splitlines())
    assert (check[:2], serve[:2]) == (["actiongraph", "validate"], ["actiongraph", "serve"])
    assert CliRunner().invoke(init, begin[2:]).exit_code == 0
    assert "0 violations, 0 warnings, 0 notes" in CliRunner().invoke(validate_command, check[2:]).output

    page = tmp_path / "wells" / "first-page.ttl"
    sound, added = page.read_text("utf-8"), block("turtle: wells/first-page.ttl")
    page.write_text(sound + added, "utf-8")
    told = CliRunner().invoke(validate_command, check[2:])
    assert told.exit_code == 1
    rules = re.findall(r"Rule: agsh:(\S+)", told.output)
    assert sorted(rules) == ["passage-not-in-source", "statement-stated-link"]

    text = (tmp_path / "wells" / "first-page.txt").read_text("utf-8")
    quote = "It set up a store of spare parts"
    start = text.index(quote)
    assert f"It has them from {start}:" in told.output
    assert f"the message tells the\n  right one: {start}." in DOCUMENT
    mended = added.replace("followUpOf", "probableFollowUpOf")
    mended = mended.replace("oa:start 362", f"oa:start {start}")
    page.write_text(sound + mended, "utf-8")
    fine = CliRunner().invoke(validate_command, check[2:])
    assert fine.output.endswith("0 violations, 0 warnings, 0 notes\n"), fine.output
    built = CliRunner().invoke(build_command, ["--data", "wells", "--store", "store"])
    assert built.exit_code == 0, built.output


def test_every_key_of_the_file_is_explained() -> None:
    keys = {name for name in Programme.__struct_fields__ if name != "examples"} | set(Titles.__struct_fields__)
    assert {key for key in keys if f"`{key}`" not in DOCUMENT} == set()


def test_the_prose_keeps_to_a_width() -> None:
    assert max(map(len, DOCUMENT.splitlines())) <= 135
