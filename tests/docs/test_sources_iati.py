"""The example of IATI in docs/sources.md becomes what stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdflib import Graph

from actiongraph.cli.build import validate
from actiongraph.cli.ingest import ingest
from actiongraph.ingest import iati

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text("utf-8")


def block(mark: str) -> str:
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w+\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found, mark
    return found[1]


def test_the_example_of_iati_becomes_the_turtle_that_stands_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("wells.xml").write_text(block("xml: wells.xml"), "utf-8")
    read, check = (shlex.split(line) for line in block("run: iati").splitlines())
    assert (read[:2], check[:2]) == (["actiongraph", "ingest"], ["actiongraph", "validate"])
    result = CliRunner().invoke(ingest, read[2:])
    assert result.exit_code == 0, result.output
    assert "contact-info" in result.output
    written = Path("wells/iati-wells.ttl").read_text("utf-8")
    head = "\n".join(line for line in written.splitlines() if line.startswith("@"))
    expected = Graph().parse(data=f"{head}\n{block('turtle: wells/iati-wells.ttl')}", format="turtle")
    got = Graph().parse(data=written, format="turtle")
    assert len(expected) == 14
    assert set(expected) - set(got) == set()
    assert "Bloggs" not in written
    assert "0 violations" in CliRunner().invoke(validate, check[2:]).output


def test_every_rule_of_iati_is_explained_and_no_other() -> None:
    code = Path(iati.__file__).read_text("utf-8")
    rules = set(re.findall(r'self\._refuse\(\s*"([a-z-]+)"', code))
    assert len(rules) > 15
    listed = re.search(r"told by rule:\n(.*?)\n\n[A-Z]", DOCUMENT, re.DOTALL)
    assert listed
    cells = [row.split("|")[1] for row in listed[1].splitlines() if row.startswith("| `")]
    assert set(re.findall(r"`([a-z-]+)`", " ".join(cells))) - {"not-written-description"} == rules
