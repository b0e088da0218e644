"""The ledger that ingest leaves beside the actions: each record in one state, and a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner
from rdflib import RDF

from actiongraph.cli.running import app
from actiongraph.ingest.claims import Claim, LedgerEntry, Property, Record, RecordState, Refusal
from actiongraph.ingest.columns import read_columns
from actiongraph.ingest.draft import summarize
from actiongraph.ingest.ledger_file import ledger_blocks
from actiongraph.ingest.table import records_of_table
from actiongraph.ingest.turtle_writer import SourceDescription, Surroundings, draft_turtle
from actiongraph.ingest.workspace import Workspace
from actiongraph.vocabulary import AG, BASE, CONCEPT

HERE = Path(__file__).parent
HEADER = "No.,Title,Country,Partner,From,To,Experts,Follows,Part of\n"
SOURCE = SourceDescription("wells", "Wells", "00" * 32, "text/csv")


def record(key: str, line: int, *refusals: Refusal, title: str = "A plan for wells") -> Record:
    claims = (Claim(Property.NUMBER, key, "column"), Claim(Property.TITLE, title, "column")) if title else ()
    return Record(key, line, claims, refusals)


def test_each_record_has_one_state_in_the_order_of_the_input():
    around = Surroundings({"id/action/a-3": "others.ttl"}, {"A-3": "id/action/a-3"})
    records = [
        record("A-1", 2, Refusal("unknown-country", "'Atlantis' names no country.")),
        record("A-1", 3),
        record("A-2", 4, Refusal("ragged-row", "The row has 8 cells.", is_whole=True)),
        record("A-3", 5),
        record("A-4", 6, title=""),
    ]
    entries = draft_turtle(records, SOURCE, around).ledger
    assert [(each.key, each.line, each.state.value, each.action, each.rule) for each in entries] == [
        ("A-1", 2, "published", "a-1", ""),
        ("A-1", 3, "merged", "a-1", "same-number"),
        ("A-2", 4, "refused", "", "ragged-row"),
        ("A-3", 5, "merged", "a-3", "same-number"),
        ("A-4", 6, "refused", "", "no-name"),
    ]
    assert entries[0].parts == (Refusal("unknown-country", "'Atlantis' names no country."),)
    assert [each.file for each in entries] == ["", "", "", "others.ttl", ""]


def test_the_file_says_so_and_names_no_two_records_alike():
    entries = [
        LedgerEntry("A-1", 2, RecordState.PUBLISHED, "a-1", conflicts=("Line 9 has another year.",)),
        LedgerEntry("A-1", 3, RecordState.MERGED, "a-1", "same-number", "Both have the number A-1."),
        LedgerEntry("a 1", 4, RecordState.REFUSED, rule="no-name", reason='"None" is no name.'),
    ]
    written = b"".join(ledger_blocks("wells", entries, summarize(entries, 9), Workspace()))
    graph = rdflib.Graph().parse(data=written, format="turtle")
    ledger = BASE["ledger/wells"]
    assert int(str(graph.value(ledger, AG.inputCount))) == 3
    assert graph.value(ledger, AG.ledgerOf) == BASE["id/source/wells"]
    records = set(graph.subjects(RDF.type, AG.SourceRecord))
    assert len(records) == 3
    assert all(str(each).startswith(f"{ledger}#") for each in records)
    by_line = {int(str(graph.value(each, AG.recordLine))): each for each in records}
    assert [str(graph.value(by_line[line], AG.recordState)).removeprefix(CONCEPT) for line in (2, 3, 4)] == [
        "record-state/published",
        "record-state/merged",
        "record-state/refused",
    ]
    assert graph.value(by_line[2], AG.publishedAs) == graph.value(by_line[3], AG.mergedInto) == BASE["id/action/a-1"]
    assert graph.value(by_line[2], AG.conflict) == rdflib.Literal("Line 9 has another year.", "en")
    assert graph.value(by_line[4], AG.refusalRule) == rdflib.Literal("no-name")
    assert graph.value(by_line[4], AG.reason) == rdflib.Literal('"None" is no name.', "en")


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": RecordState.PUBLISHED},
        {"state": RecordState.MERGED, "action": "a-1"},
        {"state": RecordState.MERGED, "action": "a-1", "reason": "It has the same number."},
        {"state": RecordState.REFUSED, "rule": "no-name"},
        {"state": RecordState.REFUSED, "rule": "no-name", "reason": "It has none.", "action": "a-1"},
    ],
)
def test_a_state_without_its_reason_is_refused(wrong):
    with pytest.raises(ValueError, match="A published record has an action"):
        LedgerEntry("A-1", 2, **wrong)


@pytest.fixture
def run(tmp_path: Path):
    def of(rows: str) -> tuple[int, str]:
        (tmp_path / "wells.csv").write_text(HEADER + rows, "utf-8")
        arguments = ["ingest", "table", str(tmp_path / "wells.csv"), "--columns", str(HERE / "wells.toml")]
        result = CliRunner().invoke(app, [*arguments, "--into", str(tmp_path / "data")])
        return result.exit_code, str(result.exception if result.exit_code else result.output)

    return of


def test_a_second_run_changes_nothing_and_an_edited_ledger_leaves_both_files(run, tmp_path):
    run("A-1,Wells,,,,,,,\n")
    actions, ledger = tmp_path / "data" / "wells.ttl", tmp_path / "data" / "wells.ledger.ttl"
    before = actions.read_bytes(), ledger.read_bytes()
    assert "Nothing has changed in" in run("A-1,Wells,,,,,,,\n")[1]
    assert (actions.read_bytes(), ledger.read_bytes()) == before
    ledger.write_bytes(before[1].replace(b"recordLine 2", b"recordLine 3"))
    code, error = run("A-1,Pumps,,,,,,,\n")
    assert code == 1
    assert error.startswith(f"{ledger} is not as actiongraph ingest wrote it")
    assert actions.read_bytes() == before[0]


def test_the_ledger_is_no_file_that_describes_things(run, tmp_path):
    run("A-1,Wells,,,,,,,\n")
    (tmp_path / "data" / "wells.ttl").unlink()
    assert "Wrote 1 action to" in run("A-1,Wells,,,,,,,\n")[1]


def test_every_row_of_the_644_projects_is_in_the_ledger(projects_table: Path):
    found = records_of_table(projects_table, read_columns(HERE / "projects.toml"))
    entries = draft_turtle(found.records, found.source).ledger
    assert len(entries) == 644
    assert [each.line for each in entries] == sorted(each.line for each in entries)
    assert [each.rule for each in entries if each.state is RecordState.MERGED] == ["same-number"]
    assert [each.rule for each in entries if each.state is RecordState.REFUSED] == [
        "no-name",
        "no-name",
    ]
