"""Words of a source that a newer snapshot moved, changed or took out."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner

from actiongraph.cli.running import app
from actiongraph.ingest.drift import Drift, QuotedWords, compare_snapshots
from actiongraph.vocabulary import AG, BASE

OLD = (
    "Ghana. The ministry approached us in June 2014 for help with wells. "
    "Togo. The office asked in June 2014 for a plan. "
    "Experts from France came twice."
)


def quoted(words: str, after: str = "") -> QuotedWords:
    start = OLD.index(words, OLD.index(after))
    return QuotedWords(f"p{start}", start, words)


GHANA, TOGO = quoted("June 2014"), quoted("June 2014", "Togo")
ALL = (quoted("approached us"), GHANA, TOGO, quoted("Experts from France"))


@pytest.fixture(params=[OLD, None], ids=["with the old text", "without it"])
def old(request: pytest.FixtureRequest) -> str | None:
    return request.param


def test_the_same_text_has_all_words_where_they_were(old):
    report = compare_snapshots(ALL, OLD, old)
    assert (report.same, report.moved, report.drifted) == (4, 0, ())


def test_words_that_moved_are_found_again(old):
    new = "A new preface. Experts from France came twice. " + OLD.removesuffix(" Experts from France came twice.")
    report = compare_snapshots(ALL, new, old)
    assert (report.moved, report.drifted) == (4, ())


def test_changed_words_are_flagged_with_the_new_ones_though_another_place_has_the_old(old):
    new = "A new preface. " + OLD.replace("asked in June 2014", "asked in July 2015")
    assert compare_snapshots(ALL, new, old).drifted == (Drift(TOGO, "July 2015"),)


def test_the_point_behind_the_new_words_is_none_of_them(old):
    passages = (QuotedWords("p0", OLD.index("came twice"), "came twice"),)
    assert compare_snapshots(passages, OLD.replace("twice.", "thrice."), old).drifted[0].now == "came thrice"


def test_of_two_places_the_first_may_be_the_one_that_changed(old):
    new = OLD.replace("us in June 2014", "us in May 2013")
    assert [each.quoted for each in compare_snapshots(ALL, new, old).drifted] == [GHANA]


def test_words_that_are_gone_have_nothing_in_their_place(old):
    new = OLD.removesuffix(" Experts from France came twice.")
    assert compare_snapshots(ALL, new, old).drifted == (Drift(ALL[3], ""),)


def test_words_far_from_their_place_are_not_taken_for_the_new_ones():
    new = OLD.replace("Experts from France came twice.", "") + "x " * 400 + "Experts from Malta."
    assert compare_snapshots(ALL, new).drifted == (Drift(ALL[3], ""),)


def test_an_empty_page_has_none_of_them(old):
    report = compare_snapshots(ALL, "", old)
    assert [each.now for each in report.drifted] == ["", "", "", ""]


PAGE = """Looking after pumps in Togo
Code
W-030
Partner Institution
Tabligbo Water Office
Type of Assistance
Capacity building
Experts from Ghana taught the staff. Follow-up action from W-010.
"""


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that compares a new page with the one that was read; exit code and what was told."""
    monkeypatch.chdir(tmp_path)
    Path("reports.txt").write_text(PAGE, "utf-8")
    arguments = ["ingest", "listing", "reports.txt", "--into", "data"]
    assert CliRunner().invoke(app, arguments).exit_code == 0

    def of(page: str, key: str = "reports") -> tuple[int, str]:
        Path("new.txt").write_text(page, "utf-8")
        result = CliRunner().invoke(app, ["sources", "check", key, "new.txt", "--data", "data"])
        return result.exit_code, result.output or str(result.exception)

    return of


def test_the_command_flags_what_changed_and_takes_the_flags_away_when_all_is_found_again(check):
    code, told = check("Reports\n" + PAGE)
    assert code == 0
    assert ", 0 gone or changed." in told
    assert not Path("data/reports.drift.ttl").exists()
    code, told = check(PAGE.replace("Experts from Ghana", "Experts from Gabon"))
    assert code == 1
    assert "in their place it has: Experts from Gabon" in told
    assert "ag:expertsFrom GHA\n" in told
    graph = rdflib.Graph().parse("data/reports.drift.ttl")
    [(passage, now)] = graph.subject_objects(AG.wordsNow)
    assert str(now).startswith("Experts from Gabon")
    assert str(passage).startswith(BASE["id/source/reports#char="])
    before = Path("data/reports.drift.ttl").read_bytes()
    assert check(PAGE.replace("Experts from Ghana", "Experts from Gabon"))[0] == 1
    assert Path("data/reports.drift.ttl").read_bytes() == before
    assert check(PAGE) == (0, "new.txt is the snapshot that the data quotes.\n" + told_of_same(check))
    assert not Path("data/reports.drift.ttl").exists()


def told_of_same(check) -> str:
    return "".join(line + "\n" for line in check(PAGE)[1].splitlines()[1:])


def test_a_source_that_there_is_not_is_an_error_with_near_names(check):
    code, told = check(PAGE, "report")
    assert code == 1
    assert "did you mean reports?" in told


def test_flags_that_somebody_edited_are_left(check):
    check(PAGE.replace("Experts from Ghana", "Experts from Gabon"))
    flags = Path("data/reports.drift.ttl")
    flags.write_text(flags.read_text().replace("Gabon", "Guinea"))
    code, told = check(PAGE)
    assert code == 1
    assert "is not as actiongraph ingest wrote it" in told
    assert flags.exists()
