"""The 644 projects and the table of facts, read without any code of their own: every row is accounted for."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.cli.build import build, validate
from actiongraph.cli.chain import chain
from actiongraph.cli.find import find
from actiongraph.cli.ingest import ingest
from actiongraph.countries import find_country
from actiongraph.ingest.columns import read_columns
from actiongraph.ingest.draft import Draft, summarize
from actiongraph.ingest.keys import slug
from actiongraph.ingest.table import ReadTable, records_of_table
from actiongraph.ingest.turtle_writer import draft_turtle
from actiongraph.release.surroundings import surroundings_of
from actiongraph.vocabulary import AG, BASE

HERE = Path(__file__).parent
FAMILY = {"project_parent": AG.parentAction, "project_child": AG.childAction, "project_sibling": AG.siblingAction}
REPEATED = "T05-EUTF-HOA-SS-48-02"
FOLLOW_UPS = {
    # Read by a person: each title is that of the earlier one, but for its phase.
    ("T05-EUTF-HOA-ER-86", "T05-EUTF-HOA-ER-66"),
    ("T05-EUTF-NOA-LY-07-01", "T05-EUTF-NOA-LY-04-01"),
    ("T05-EUTF-NOA-LY-07", "T05-EUTF-NOA-LY-04"),
    ("T05-EUTF-HOA-REG-78", "T05-EUTF-HOA-REG-09"),
}


@pytest.fixture(scope="module")
def rows(projects_table: Path) -> list[dict[str, str]]:
    with projects_table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def projects(projects_table: Path) -> ReadTable:
    return records_of_table(projects_table, read_columns(HERE / "projects.toml"))


@pytest.fixture(scope="module")
def drafted(projects: ReadTable) -> Draft:
    return draft_turtle(projects.records, projects.source)


@pytest.fixture(scope="module")
def written(drafted: Draft) -> rdflib.Graph:
    return rdflib.Graph().parse(data=drafted.text, format="turtle")


def by_number(graph: rdflib.Graph) -> dict[str, rdflib.term.Node]:
    return {str(number): action for action, number in graph.subject_objects(AG.actionNumber)}


def test_every_row_is_written_or_refused_with_its_rule(projects, drafted, rows):
    assert len(rows) == len(projects.records) == 644
    summary = summarize(drafted.ledger, 1_000)
    refused = Counter(refusal.rule for _, _, refusal in summary.first_refused if refusal.is_whole)
    nameless = sum(not row["iati_id"].strip() and not row["title"].strip() for row in rows)
    repeated = sum(count - 1 for number, count in Counter(row["iati_id"] for row in rows if row["iati_id"]).items())
    assert refused == {"no-name": nameless} == {"no-name": 2}
    assert [each.key for each in summary.first_merged] == [REPEATED] * repeated
    assert summary.written == 644 - nameless - repeated


def test_parents_children_and_siblings_are_as_the_table_has_them(written, rows):
    actions = by_number(written)
    names = {action: number for number, action in actions.items()}
    names |= {action: str(name) for action, name in written.subject_objects(SKOS.prefLabel) if action not in names}
    for column, predicate in FAMILY.items():
        wanted = {
            (number, " ".join(name.split()))
            for number, row in ((row["iati_id"], row) for row in rows)
            for name in row[column].split(", ")
            if number and name.strip()
        }
        found = {(names[one], names[other]) for one, other in written.subject_objects(predicate)}
        assert found == wanted
        assert len(found) > 50


def test_ends_that_are_no_row_are_named_and_only_referred_to(written, drafted, rows):
    numbers = {row["iati_id"] for row in rows}
    cells = [name.strip() for row in rows for column in FAMILY for name in row[column].split(", ")]
    assert {name for name, _ in drafted.dangling} == {name for name in cells if name and name not in numbers}
    referenced = {str(term) for term in written.subjects(RDF.type, AG.ReferencedAction)}
    actions = by_number(written)
    own = {str(actions[row["iati_id"]]) for row in rows if row["iati_id"]}
    assert len(referenced - own) == len(drafted.dangling) == 41


def test_countries_dates_and_organizations_are_those_of_the_row(written, rows):
    actions = by_number(written)
    for number in {row["iati_id"] for row in rows} - {""}:
        action = actions[number]
        same = [row for row in rows if row["iati_id"] == number]  # one, or the two that are merged
        codes = {find_country(code) for row in same for code in row["recipient_country"].split(", ") if code}
        assert {str(term).rpartition("/")[2] for term in written.objects(action, AG.country)} == codes
        for column, predicate in (("date_start", AG.startDate), ("date_end", AG.endDate)):
            told = [row[column] for row in same if row[column]]
            assert [str(each) for each in written.objects(action, predicate)] == told[:1]
        for role in ("funding", "accountable", "extending", "implementing"):
            names = [name for row in same for name in row[f"partner_{role}"].split(", ")]
            count = len({name.casefold().strip() for name in names if name.strip()})
            assert len(set(written.objects(action, AG[f"{role}Organization"]))) == count, (number, role)


def test_only_titles_that_are_the_same_but_for_a_phase_make_follow_ups(written):
    names = {action: number for number, action in by_number(written).items()}
    found = {(names[one], names[other]) for one, other in written.subject_objects(AG.probableFollowUpOf)}
    assert found == FOLLOW_UPS
    assert not list(written.subject_objects(AG.followUpOf))


def test_what_is_called_a_phase_or_a_continuation_is_so_in_its_title(written):
    flagged = list(written.subjects(AG.describedAsFollowUp))
    titles = [str(next(written.objects(each, DCTERMS.title | SKOS.prefLabel))) for each in flagged]
    assert len(titles) > 15
    wording = r"(?i)phase (II|III|2)\b|second phase|continuation"
    assert [title for title in titles if not re.search(wording, title)] == []
    assert [title for title in titles if "RESET" in title] == []


def test_the_file_is_the_same_each_time(projects, drafted):
    assert draft_turtle(projects.records, projects.source).text == drafted.text


def run(command, *arguments: object) -> str:
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.long("large")
def test_the_projects_are_valid_and_build_and_chains_have_no_parents_in_them(tmp_path, projects_table):
    data, store = tmp_path / "data", tmp_path / "store"
    told = run(ingest, "table", projects_table, "--columns", HERE / "projects.toml", "--into", data)
    assert f"Read 644 rows of {projects_table}." in told
    assert f"Wrote 641 actions to {data / 'projects.ttl'}." in told
    assert "Merged: 1 record into actions that were there:" in told
    assert "Refused: 2 whole records, and 0 parts of others:" in told
    published = run(build, "--data", data, "--store", store)
    assert published.startswith("Published ")
    assert "Validation: 0 violations, " in published
    chains = run(chain, "--data", data, "--store", store, "--format", "csv")
    rows = list(csv.DictReader(chains.splitlines()))
    assert len(rows) == len(FOLLOW_UPS)
    shown = run(chain, "T05-EUTF-NOA-LY-07", "--data", data, "--store", store)
    assert "Its title calls it phase 2" in shown
    assert shown.startswith("Chain t05-eutf-noa-ly-04: 2 actions, 1 link")
    assert "t05-eutf-noa-ly-07" in run(find, "integrated border management Libya", "--data", data, "--store", store)


@pytest.fixture(scope="module")
def facts(facts_table: Path) -> tuple[ReadTable, Draft]:
    read = records_of_table(facts_table, read_columns(HERE / "facts.toml"))
    return read, draft_turtle(read.records, read.source, surroundings_of(HERE / "nowhere" / "facts.ttl"))


def test_every_fact_of_the_other_table_is_written_or_refused(facts, facts_table):
    read, draft = facts
    with facts_table.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    named = [bool(row["number"] or row["title"]) for row in table]
    assert [bool(record.claims) for record in read.records] == named
    # The second row of the seeds is the action that a later row has the number of: "title from seed action 2".
    summary = summarize(draft.ledger, 1_000)
    assert [each.action for each in summary.first_merged] == ["2017-38"]
    assert (
        draft.ledger[read.records.index(next(each for each in read.records if each.row == 49))]
        == summary.first_merged[0]
    )
    assert summary.written == sum(named) - 1
    assert [(each.line, each.refusal.rule) for each in summary.first_refused if not each.refusal.is_whole] == [
        (6, "no-date")
    ]
    found = rdflib.Graph().parse(data=draft.text, format="turtle")
    for record, row in zip(read.records, table, strict=True):
        if not record.claims or record.row == 49:
            continue
        action = BASE[f"id/action/{slug(record.key)}"]
        experts = {str(term).rpartition("/")[2] for term in found.objects(action, AG.expertsFrom)}
        assert experts == {find_country(name) for name in row["expert_countries"].split("|") if name}
        countries = {str(term).rpartition("/")[2] for term in found.objects(action, AG.country)}
        assert countries == {find_country(row["country"])} - {None}
        titles = {str(title) for title in found.objects(action, DCTERMS.title | SKOS.prefLabel)}
        assert titles == {row["title"]} - {""}
        assert {str(each) for each in found.objects(action, AG.actionNumber)} == {row["number"]} - {""}
        assert bool(set(found.objects(action, AG.partner))) == bool(row["partner"])
        assert bool(set(found.objects(action, AG.assistanceType))) == bool(row["type"])
        dates = {str(each) for each in found.objects(action, AG.startDate | AG.endDate)}
        assert {each[:4] for each in dates} == set(re.findall(r"20\d\d(?!.*activity)", f"{row['start']}\n{row['end']}"))


def test_follow_ups_are_those_of_the_column_and_no_others(facts):
    found = rdflib.Graph().parse(data=facts[1].text, format="turtle")
    links = {(one, str(two).rpartition("/")[2]) for one, two in found.subject_objects(AG.followUpOf)}
    assert {later for _, later in links} == {"2014-04", "2014-12"}
    assert (BASE["id/action/2014-25"], "2014-04") in links
    assert len(links) == 2
    assert not list(found.subject_objects(AG.probableFollowUpOf))
    assert not list(found.subject_objects(AG.describedAsFollowUp))


@pytest.mark.long("large")
def test_the_facts_are_valid_and_build(tmp_path, facts_table):
    data = tmp_path / "data"
    run(ingest, "table", facts_table, "--columns", HERE / "facts.toml", "--into", data)
    assert run(validate, "--data", data).splitlines()[-1].startswith("0 violations, ")
    assert "Published" in run(build, "--data", data, "--store", tmp_path / "store")
