"""`actiongraph ingest table` at a terminal."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from actiongraph.cli.ingest import ingest
from actiongraph.cli.running import app
from actiongraph.ingest import table
from actiongraph.settings import shipped
from actiongraph.vocabulary import CANONICAL_BASE

MAPPING = Path(__file__).parent / "wells.toml"
HEADER = "No.,Title,Country,Partner,From,To,Experts,Follows,Part of\n"


@pytest.fixture
def run(tmp_path: Path):
    """A function that reads a table into the folder `data`; the exit code and what was told."""

    def of(rows: str, *options: str) -> tuple[int, str]:
        (tmp_path / "wells.csv").write_text(HEADER + rows, "utf-8")
        arguments = ["ingest", "table", str(tmp_path / "wells.csv"), "--columns", str(MAPPING)]
        result = CliRunner().invoke(app, [*arguments, "--into", str(tmp_path / "data"), *options])
        return result.exit_code, str(result.exception if result.exit_code else result.output)

    return of


def test_the_first_20_refusals_are_listed_and_the_others_counted(run, tmp_path):
    rows = "".join(f"A-{number},Wells,Atlantis,,,,,,\n" for number in range(25))
    code, told = run(rows)
    assert code == 0
    lines = told.splitlines()
    assert lines[:3] == [
        f"Read 25 rows of {tmp_path / 'wells.csv'}.",
        f"Wrote 25 actions to {tmp_path / 'data' / 'wells.ttl'}.",
        "Refused: 0 whole records, and 25 parts of others:",
    ]
    assert lines[3] == "  line 2, A-0: unknown-country: 'Atlantis' names no country."
    assert lines[22:] == [
        "  line 21, A-19: unknown-country: 'Atlantis' names no country.",
        "  and 5 more",
        f"What became of each record is in {tmp_path / 'data' / 'wells.ledger.ttl'}.",
        f"Review it, then: actiongraph validate --data {tmp_path / 'data'}",
    ]


def test_the_second_run_changes_nothing_and_a_changed_table_changes_the_file(run, tmp_path):
    run("A-1,Wells,,,,,,,\n")
    before = (tmp_path / "data" / "wells.ttl").read_bytes()
    assert f"Nothing has changed in {tmp_path / 'data' / 'wells.ttl'}." in run("A-1,Wells,,,,,,,\n")[1]
    assert (tmp_path / "data" / "wells.ttl").read_bytes() == before
    assert "Wrote 1 action to" in run("A-1,Pumps,,,,,,,\n")[1]


def test_a_file_that_was_edited_is_left_and_nothing_is_told_of_rows(run, tmp_path):
    run("A-1,Wells,,,,,,,\n")
    written = tmp_path / "data" / "wells.ttl"
    written.write_text(written.read_text().replace('"Wells"', '"Pumps"'))
    code, error = run("A-1,Wells,,,,,,,\n")
    assert code == 1
    assert error.startswith(f"{written} is not as actiongraph ingest wrote it")
    assert '"Pumps"' in written.read_text()


def test_what_the_folder_describes_is_not_described_again(run, tmp_path):
    (tmp_path / "data").mkdir()
    for path in shipped("data").glob("*.ttl"):
        (tmp_path / "data" / path.name).write_bytes(path.read_bytes())
    partner = '"Ministry of Gender, Children and Social Protection"'
    code, told = run(f"2014-12,Again,Ghana,{partner},,,,,\nA-1,After,Ghana,{partner},2019,,Spain,2014-12,\n")
    assert code == 0
    assert (
        "line 2, 2014-12: into id/action/2014-12 of social-security-policy.ttl: same-number: "
        "Both have the number 2014-12." in told
    )
    written = tmp_path / "data" / "wells.ttl"
    text = written.read_text()
    assert "ag:followUpOf act:2014-12" in text
    assert "cty:GHA a ag:Country" not in text
    around = {quad.triple for path in (tmp_path / "data").glob("*.ttl") if path != written for quad in triples(path)}
    assert not around & {quad.triple for quad in triples(written)}
    assert "act:2014-12 a " not in text
    assert 'act:2014-12 skos:prefLabel "Again"@en ;' in text  # it is only referred to there, and has no name


def triples(path: Path) -> list[ox.Quad]:
    return [
        quad
        for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE, base_iri=CANONICAL_BASE)
        if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.BlankNode)
    ]


def test_a_table_that_is_none_writes_nothing(run, tmp_path):
    code, error = run('A-1,"Wells\n')
    assert code == 1
    assert "line 2: a quotation mark in the row that begins here is not closed" in error
    assert not (tmp_path / "data").exists()


def test_ctrl_c_leaves_nothing(run, tmp_path, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(table, "phase_claims", stop)
    code, _ = run("A-1,Wells,,,,,,,\n")
    assert code != 0
    assert not (tmp_path / "data").exists()


def test_hidden_characters_of_a_table_are_shown_as_what_they_are(run):
    assert "[U+202E]" not in run("A-\u202e1,Wells,Atl\u202eantis,,,,,,\n")[1]
    assert "\u202e" not in run("A-\u202e1,Wells,Atl\u202eantis,,,,,,\n")[1]


def test_help_says_what_it_reads():
    told = CliRunner().invoke(ingest, ["table", "--help"]).output
    assert "CSV in UTF-8 or an Excel workbook" in told
    assert "--into DIR" in told
