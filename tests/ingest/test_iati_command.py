"""`actiongraph ingest iati`: Turtle that builds, links that are no follow-ups, nothing of a file that is not whole."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal

from actiongraph.cli.build import build, validate
from actiongraph.cli.ingest import ingest
from actiongraph.cli.progress import StepProgress, progress_line, step_line
from actiongraph.vocabulary import AG, BASE

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))
from bench.iati import PERSONAL, write_activities  # noqa: E402

ROLES = {"1": "funding", "2": "accountable", "3": "extending", "4": "implementing"}


def run(file: Path, folder: Path) -> Result:
    return CliRunner().invoke(ingest, ["iati", str(file), "--into", str(folder)])


def graph_of(path: Path) -> Graph:
    return Graph().parse(path, format="turtle")


def test_a_made_up_file_becomes_turtle_that_says_what_its_generator_knows(tmp_path: Path):
    made = write_activities(tmp_path / "Made up.xml", 31, "2.03")
    result = run(tmp_path / "Made up.xml", tmp_path / "data")
    assert result.exit_code == 0, result.output
    assert "Read 31 activities of" in result.output
    assert "31 by contact-info, first in line 4, XX-1-0: 1 contact-info skipped" in result.output
    path = tmp_path / "data" / "iati-made-up.ttl"
    assert PERSONAL not in path.read_text("utf-8")
    assert "what is done, and" not in path.read_text("utf-8")

    graph = graph_of(path)
    for activity in made:
        action = BASE[f"id/action/{activity.identifier.lower()}"]
        assert (action, RDF.type, AG.DescribedAction) in graph
        assert set(graph.objects(action, DCTERMS.title)) == {Literal(text, tag) for text, tag in activity.titles}
        assert {str(each)[-3:] for each in graph.objects(action, AG.country)} == set(activity.countries)
        assert {str(each).rpartition("/")[2] for each in graph.objects(action, DCTERMS.subject)} == {
            code for _, code in activity.sectors
        }
        assert [str(day) for day in graph.objects(action, AG.startDate)] == [activity.start]
        for role, name in ROLES.items():
            organizations = set(graph.objects(action, AG[f"{name}Organization"]))
            assert len(organizations) == sum(each.role == role for each in activity.organizations)
    links = {
        (str(name), str(start).rpartition("/")[2], str(end).rpartition("/")[2])
        for name in ("parentAction", "childAction", "siblingAction")
        for start, end in graph.subject_objects(AG[name])
    }
    names = {"1": "parentAction", "2": "childAction", "3": "siblingAction"}
    assert links == {
        (names[code], activity.identifier.lower(), other.lower())
        for activity in made
        for code, other in activity.related
        if code in names
    }
    assert "ollowUp" not in path.read_text("utf-8")


def test_a_second_run_changes_nothing_and_what_a_person_changed_is_kept(tmp_path: Path):
    write_activities(tmp_path / "a.xml", 5, "1.03")
    folder = tmp_path / "data"
    run(tmp_path / "a.xml", folder)
    written = (folder / "iati-a.ttl").read_bytes()
    assert "Nothing has changed" in run(tmp_path / "a.xml", folder).output
    assert (folder / "iati-a.ttl").read_bytes() == written
    (folder / "iati-a.ttl").write_bytes(written + b"# reviewed\n")
    result = run(tmp_path / "a.xml", folder)
    assert result.exit_code != 0
    assert (folder / "iati-a.ttl").read_bytes() == written + b"# reviewed\n"


def test_an_identifier_that_is_there_twice_is_one_action_with_what_contradicts_told(tmp_path: Path):
    one = "<iati-activity><iati-identifier>{}</iati-identifier><title>{}</title>{}</iati-activity>\n"
    link = '<related-activity type="1" ref="A-1"/>'
    inner = one.format("A-1", "Wells", "") + one.format("A-1", "Pumps", "") + one.format("B-1", "Roads", link)
    (tmp_path / "a.xml").write_text(f"<iati-activities>{inner}</iati-activities>")
    run(tmp_path / "a.xml", tmp_path)
    graph = graph_of(tmp_path / "iati-a.ttl")
    assert list(graph.subject_objects(AG.parentAction)) == [(BASE["id/action/b-1"], BASE["id/action/a-1"])]
    assert list(graph.subjects(DCTERMS.identifier, Literal("A-1"))) == [BASE["id/action/a-1"]]
    assert [str(title) for title in graph.objects(BASE["id/action/a-1"], SKOS.prefLabel)] == ["Wells"]
    ledger = graph_of(tmp_path / "iati-a.ledger.ttl")
    [second] = ledger.subjects(AG.recordLine, Literal(2))
    assert ledger.value(second, AG.mergedInto) == BASE["id/action/a-1"]
    assert "'Pumps'" in str(ledger.value(second, AG.conflict))
    assert "'Wells'" in str(ledger.value(second, AG.conflict))


@pytest.mark.parametrize("spoilt", ["cut", "doctype"])
def test_nothing_is_written_where_a_file_cannot_be_read_to_its_end(tmp_path: Path, spoilt: str):
    path = tmp_path / "a.xml"
    write_activities(path, 50, "2.03")
    content = path.read_bytes()
    path.write_bytes(content[:-40] if spoilt == "cut" else content.replace(b"<iati", b"<!DOCTYPE x><iati", 1))
    result = run(path, tmp_path / "data")
    assert type(result.exception).__name__ in {"DataSyntaxError", "DataError"}
    assert not (tmp_path / "data").exists()


@pytest.mark.long("validators")
def test_what_is_made_of_a_file_has_no_violation(tmp_path: Path):
    write_activities(tmp_path / "a.xml", 12, "2.03")
    run(tmp_path / "a.xml", tmp_path / "data")
    result = CliRunner().invoke(validate, ["--data", str(tmp_path / "data")])
    assert re.search("^0 violations", result.output, re.MULTILINE), result.output


@pytest.mark.long("large")
def test_the_file_of_the_congo_builds_and_its_links_lead_where_they_led(tmp_path: Path, congo_xml: Path):
    assert "Read 205 activities" in run(congo_xml, tmp_path / "data").output
    graph = graph_of(tmp_path / "data" / "iati-cd.ttl")
    text = congo_xml.read_text("utf-8")
    identifiers = {each.lower() for each in re.findall("<iati-identifier>(.*?)<", text)}
    assert len(identifiers) == 205
    links = [
        str(end).rpartition("/")[2]
        for name in ("parentAction", "childAction", "siblingAction")
        for end in graph.objects(None, AG[name])
    ]
    assert (len(links), sum(link in identifiers for link in links)) == (794, 658)
    result = CliRunner().invoke(build, ["--data", str(tmp_path / "data"), "--store", str(tmp_path / "store")])
    assert result.exit_code == 0, result.output


def test_progress_has_records_megabytes_rate_and_time_left():
    assert progress_line(1, 20_000_000, 100_000_000, 4.0) == "1 record, 20.0 of 100.0 MB, 5.0 MB/s, 16 s left"
    assert (
        progress_line(2_000, 1_000_000, 601_000_000, 1.0) == "2,000 records, 1.0 of 601.0 MB, 1.0 MB/s, 10 min 0 s left"
    )
    assert progress_line(0, 0, None, 0.0) == "0 records, 0.0 MB, 0.0 MB/s"


def test_progress_of_writing_has_records_rate_and_time_left():
    assert step_line("written", 500, 2_000, 5.0) == "written: 500 of 2,000 records, 100 records/s, 15 s left"
    assert step_line("written", 1, 601, 1.0) == "written: 1 of 601 records, 1 records/s, 10 min 0 s left"
    assert step_line("sent", 500, 2_000, 5.0, "triple") == "sent: 500 of 2,000 triples, 100 triples/s, 15 s left"


def test_each_step_of_writing_is_timed_by_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    now = [0.0]
    monkeypatch.setattr("actiongraph.cli.progress.time.monotonic", lambda: now[0])
    progress = StepProgress()
    for second, step, done in ((20, "compared", 1), (29, "compared", 90), (31, "written", 1), (41, "written", 50)):
        now[0] = float(second)
        progress.tell_step(step, done, 100)
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "actiongraph: compared: 90 of 100 records, 10 records/s, 1 s left",
        "actiongraph: written: 50 of 100 records, 5 records/s, 10 s left",
    ]


def test_progress_is_a_line_every_ten_seconds_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    now = [0.0]
    monkeypatch.setattr("actiongraph.cli.progress.time.monotonic", lambda: now[0])
    progress = StepProgress()
    assert list(progress.counted("abc")) == ["a", "b", "c"]
    for second in (1, 9, 10, 15, 20):
        now[0] = float(second)
        progress.tell_read(second * 1_000_000, 40_000_000)
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "actiongraph: 3 records, 10.0 of 40.0 MB, 1.0 MB/s, 30 s left",
        "actiongraph: 3 records, 20.0 of 40.0 MB, 1.0 MB/s, 20 s left",
    ]


def test_progress_at_a_terminal_is_one_line_that_is_wiped_in_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    now = [0.0]
    monkeypatch.setattr("actiongraph.cli.progress.time.monotonic", lambda: now[0])
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = StepProgress()
    now[0] = 0.4
    progress.tell_read(1_000_000, 4_000_000)
    now[0] = 1.0
    progress.tell_read(2_000_000, 4_000_000)
    progress.close()
    assert capsys.readouterr().err == "\r\033[K0 records, 2.0 of 4.0 MB, 2.0 MB/s, 1 s left\r\033[K"
