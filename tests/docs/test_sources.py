"""What docs/sources.md tells to do with a table does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from actiongraph.cli.running import app
from actiongraph.ingest import columns

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text("utf-8")
SOURCE = Path(columns.__file__).parent


def block(mark: str) -> str:
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w*\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found, mark
    return found[1]


def run(mark: str) -> list[str]:
    told = []
    for line in block(mark).splitlines():
        program, *arguments = shlex.split(line)
        assert program == "actiongraph"
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        told.append(result.output)
    return told


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command says of the table, in a folder where it was run as the page tells."""
    monkeypatch.chdir(tmp_path)
    run("run: init")
    for name in ("repairs.csv", "columns.toml"):
        Path(name).write_text(block(f"file: {name}"), "utf-8")
    return run("run: ingest")


def test_a_table_becomes_what_is_shown(told: list[str]) -> None:
    assert told == [block("told")]
    assert block("written") in Path("wells/repairs.ttl").read_text("utf-8")
    assert block("ledger: wells/repairs.ledger.ttl") in Path("wells/repairs.ledger.ttl").read_text("utf-8")


@pytest.mark.long("large")
@pytest.mark.usefixtures("told")
def test_what_was_written_becomes_a_published_chain() -> None:
    validated, built, chain = run("run: publish")
    assert "0 violations, " in validated
    assert built.startswith("Published ")
    assert chain.startswith("Chain w-010: 3 actions, 2 links (1 stated, 1 probable)")
    assert "Its title calls it phase 2; that of W-010 is the same and names no phase." in chain
    counts, records, table = run("run: ledger")
    assert "List of repairs (repairs): 4 records, 4 published, 0 merged and 0 refused." in counts
    assert "line 5, W-013: published as Pumps for Tabligbo <https://wells.example.org/id/action/w-013>" in records
    assert "  part refused: unknown-country: 'Togoland' names no country." in records
    assert table.startswith("record,key,line,state,action,rule,reason,conflicts,parts_refused")


def test_every_key_and_every_property_is_explained() -> None:
    kinds = {"source": columns.SourceText, "table": columns.Layout, "rules": columns.TitleRules}
    keys = {f"{table}.{key}" for table, kind in kinds.items() for key in kind.__struct_fields__}
    assert {key for key in keys | set(columns.NAMES) if f"`{key}`" not in DOCUMENT} - {
        "activity",
        "participant",
        "outcome",
    } == set()


def test_every_rule_of_refusal_is_explained_and_no_other() -> None:
    code = "".join(
        (SOURCE / f"{name}.py").read_text("utf-8")
        for name in ("table", "turtle_writer", "listings", "prose", "identity")
    )
    named = set(
        re.findall(r'(?:Refusal|_refusal)\(\s*"([a-z-]+)"|_refuse\w*\((?:claim|index|given), "([a-z-]+)"', code)
    )
    rules = {one or other for one, other in named} | {"unknown-assistance-type", "unknown-sector"}
    listed = re.search(r"## What is refused\n(.*?)\n\n[A-Z]", DOCUMENT, re.DOTALL)
    assert listed
    assert set(re.findall(r"`([a-z-]+)`", listed[1])) == rules


def test_the_prose_keeps_to_a_width() -> None:
    prose = re.sub(r"```.*?```", "", DOCUMENT, flags=re.DOTALL)
    assert max(len(line) for line in prose.splitlines() if not line.startswith("|")) <= 135


@pytest.fixture
def told_of_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command says of the page, in a folder where it was run as docs/sources.md tells."""
    monkeypatch.chdir(tmp_path)
    run("run: init")
    Path("reports.html").write_text(block("file: reports.html"), "utf-8")
    return run("run: ingest page")


def test_a_page_becomes_what_is_shown_and_its_text_tells_of_no_person(told_of_page: list[str]) -> None:
    assert told_of_page == [block("told of page")]
    assert block("written of page") in Path("wells/reports.ttl").read_text("utf-8")
    text = Path("wells/reports.txt").read_text("utf-8")
    assert "Contact: **" in text
    assert "Ama" not in text
    assert "@" not in text


@pytest.mark.long("large")
@pytest.mark.usefixtures("told_of_page")
def test_what_was_written_of_a_page_becomes_a_published_chain_with_its_passages_compared() -> None:
    validated, built, chain = run("run: publish page")
    assert "0 violations, " in validated
    assert "not compared" not in validated
    assert built.startswith("Published ")
    assert chain.startswith("Chain w-030: 2 actions, 1 link (stated)")
    assert "Follow-up action from W-030" in chain


@pytest.fixture
def told_of_list(told: list[str]) -> list[str]:
    """What the command says of a second list, in two languages, in the folder where the first one was read."""
    assert told
    for name in ("liste.csv", "liste.toml"):
        Path(name).write_text(block(f"file: {name}"), "utf-8")
    return run("run: ingest list")


def test_a_second_source_adds_to_what_is_there_and_what_is_open_is_listed_and_decided(told_of_list: list[str]) -> None:
    assert told_of_list == [block("told of list")]
    assert run("run: review") == [block("told of review")]
    noted, _ = run("run: decide")
    assert "Noted " in noted
    assert "ag:probableFollowUpOf" not in Path("wells/repairs.ttl").read_text("utf-8")
    decided = Path("wells/decisions.toml").read_bytes()
    run("run: ingest list")
    assert Path("wells/decisions.toml").read_bytes() == decided


@pytest.mark.long("large")
@pytest.mark.usefixtures("told_of_list")
def test_what_two_sources_say_together_passes_the_rules() -> None:
    [validated, *_] = run("run: publish")
    assert "0 violations, " in validated


def compare_with_a_new_page() -> str:
    Path("new-reports.html").write_text(
        block("file: reports.html").replace("Experts from Ghana", "Experts from Mali"), "utf-8"
    )
    _, *arguments = shlex.split(block("run: drift"))
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    return result.output


@pytest.mark.usefixtures("told_of_page")
def test_words_that_a_new_page_does_not_have_are_told() -> None:
    assert compare_with_a_new_page() == block("told of drift")


@pytest.mark.long("large")
@pytest.mark.usefixtures("told_of_page")
def test_a_build_shows_what_a_new_page_has_in_place_of_words_on_the_evidence_of_their_facts() -> None:
    compare_with_a_new_page()
    options = ["--data", "wells", "--store", "store"]
    built = CliRunner().invoke(app, ["build", *options])
    assert built.exit_code == 0
    assert "1 warning" in built.output
    ghana = "<https://wells.example.org/id/country/GHA>"
    query = f"PREFIX ag: <https://w3id.org/actiongraph/ontology#> SELECT ?action {{ ?action ag:expertsFrom {ghana} ; "
    query += 'ag:actionNumber "W-030" }'
    told = CliRunner().invoke(app, ["why", query, "--row", "1", *options])
    assert told.exit_code == 0
    words = " ".join(told.output.split())
    assert "A newer snapshot of the source no longer has these words; in their place it has: Experts from Mali" in words
