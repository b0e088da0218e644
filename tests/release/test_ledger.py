"""The ledger in a release: one graph, a record for each action of typed sources, and nothing lost without a word."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdflib import RDF

from actiongraph.cli.running import app
from actiongraph.release.build import validate_files
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.settings import Settings
from actiongraph.validate.report import Report
from actiongraph.vocabulary import AG, AGSH

MAPPING = Path(__file__).parents[1] / "ingest" / "wells.toml"
ROWS = """No.,Title,Country,Partner,From,To,Experts,Follows,Part of
A-1,A plan for wells,Togo,Water Office,2019,,,,
A-2,Meters for wells,Togo,Water Office,2020,,,A-1,
A-2,Meters for wells again,Togo,Water Office,2021,,,,
,,Togo,Water Office,2021,,,,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wells.csv").write_text(ROWS, "utf-8")
    table = ["ingest", "table", str(tmp_path / "wells.csv"), "--columns", str(MAPPING)]
    assert CliRunner().invoke(app, [*table, "--into", str(tmp_path / "data")]).exit_code == 0
    return tmp_path / "data"


def broken(report: Report) -> set[tuple[str, str | None]]:
    return {
        (result.shape.removeprefix(AGSH), result.file)
        for result in report.results
        if result.severity.value == "Violation"
    }


def test_typed_sources_have_a_record_for_each_action_all_in_one_graph():
    quads = [quad for quad in read_data(find_inputs(None), Settings()) if quad.graph_name.value.endswith("/ledger")]
    of_source = Counter(quad.object.value for quad in quads if quad.predicate.value == str(AG.recordOf))
    page = "https://w3id.org/actiongraph/id/source/social-security-policy"
    assert of_source[page] == 10  # nine actions, and the one that they refer to
    inputs = {quad.subject.value: quad.object.value for quad in quads if quad.predicate.value == str(AG.inputCount)}
    assert inputs["https://w3id.org/actiongraph/ledger/social-security-policy"] == "10"
    assert sum(map(int, inputs.values())) == of_source.total()


def test_a_source_with_a_ledger_gets_no_other_records_and_its_own_are_counted(folder: Path):
    base = "https://example.org/aid/"
    quads = [quad for quad in read_data(find_inputs(folder), Settings(base=base)) if "/graph/ledger" in str(quad)]
    said = {(quad.subject.value, quad.predicate.value): quad.object.value for quad in quads}
    counts = [
        said[f"{base}ledger/wells", str(AG[f"{name}Count"])] for name in ("input", "published", "merged", "refused")
    ]
    assert counts == ["4", "2", "1", "1"]
    assert sum(quad.predicate.value == str(RDF.type) for quad in quads) == 5


@pytest.mark.long("large")
def test_what_adds_up_is_published(folder: Path):
    assert broken(validate_files(Settings(data=folder), ())) == set()


@pytest.mark.long("large")
@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "where"),
    [
        ("wells.ledger.ttl", "ag:inputCount 4", "ag:inputCount 5", "ledger-balance", "wells.ledger.ttl"),
        ("wells.ledger.ttl", "ag:recordState state:refused ; ", "", "record-state-once", "wells.ledger.ttl"),
        (
            "wells.ledger.ttl",
            "ag:publishedAs act:a-2",
            "ag:publishedAs act:a-9",
            "record-published-known",
            "wells.ledger.ttl",
        ),
    ],
)
def test_what_was_taken_out_is_told_with_its_file(folder: Path, file, old, new, rule, where):
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert (rule, where) in broken(validate_files(Settings(data=folder), ()))


@pytest.mark.long("large")
def test_a_ledger_without_its_source_is_told(folder: Path):
    shutil.copy(folder / "wells.ledger.ttl", folder / "others.ledger.ttl")
    others = folder / "others.ledger.ttl"
    others.write_text(others.read_text("utf-8").replace("wells", "others"), "utf-8")
    assert ("ledger-of-known", "others.ledger.ttl") in broken(validate_files(Settings(data=folder), ()))
