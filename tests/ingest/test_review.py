"""`actiongraph review`: each question once, answered for good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from actiongraph.cli.running import app

MAPPING = Path(__file__).parent / "wells.toml"
HEADER = "No.,Title,Country,Partner,From,To,Experts,Follows,Part of\n"
ROWS = (
    "W-1,Wells for all,Togo,Water Office,2019,,,,\n"
    "W-1,Pumps for all,Togo,Water Office,2019,,,,\n"
    "W-2,Wells for all - Phase II,Togo,Water Office,2021,,,,\n"
    ",Wels for all,Togo,Water Office,,,,,\n"
)
"""W-1 stands twice, with two titles; W-2 is called a second phase; the last has no number, and lacks a letter."""
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A function that runs a command of actiongraph, and returns what it told, or its error."""

    def of(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        return str(result.exception) if result.exception else result.output

    return of


@pytest.fixture
def ingest(run: Run, tmp_path: Path) -> Run:
    def of(rows: str = ROWS, name: str = "wells") -> str:
        (tmp_path / f"{name}.csv").write_text(HEADER + rows, "utf-8")
        arguments = [str(tmp_path / f"{name}.csv"), "--columns", str(MAPPING), "--into", str(tmp_path / "data")]
        return run("ingest", "table", *arguments)

    return of


@pytest.fixture
def review(run: Run, tmp_path: Path) -> Run:
    return lambda *options: run("review", "--data", str(tmp_path / "data"), *options)


def headings(told: str) -> dict[str, int]:
    lines = [line for line in told.splitlines() if line.endswith("):") and not line.startswith(" ")]
    return {line.rpartition(" (")[0]: int(line.rpartition("(")[2].rstrip("):")) for line in lines}


def named(told: str, start: str) -> list[str]:
    return [line.split()[0] for line in told.splitlines() if line.strip().startswith(start)]


def test_what_is_open_is_listed_by_kind(ingest, review):
    ingest()
    told = review()
    assert headings(told) == {"New": 3, "In conflict": 1, "Probably linked": 1, "Probably the same": 1}
    assert named(told, "link/") == ["link/w-2/w-1"]
    assert 'dcterms:title is "Wells for all"@en, and not "Pumps for all"@en?' in told
    assert told.endswith("6 questions open. Answer with --yes ID or --no ID.\n")


def test_an_answer_is_a_line_that_the_next_runs_keep_and_obey(ingest, review, tmp_path):
    ingest()
    [same], [conflict] = named(review(), "same/"), named(review(), "conflict/")
    told = review("--no", "link/w-2/w-1", "--no", conflict, "--yes", same, "--yes", "action/w-2/*")
    assert headings(told) == {"New": 2}
    file = tmp_path / "data" / "decisions.toml"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert {line.partition("  #")[0] for line in lines} == {
        '"link/w-2/w-1" = "no"',
        f'"{conflict}" = "no"',
        f'"{same}" = "yes"',
        f'"{named_action(lines)}" = "yes"',
    }
    ingest()
    written, decided = tmp_path / "data" / "wells.ttl", file.read_bytes()
    text = written.read_text("utf-8")
    assert "ag:probableFollowUpOf" not in text
    assert 'dcterms:title "Pumps for all"@en' in text
    assert 'rdf:object "Wells for all"@en ; ag:conflictsWith "Pumps for all"@en' in text
    assert "act:wels" not in text
    assert "Nothing has changed in" in ingest()
    assert (written.read_text("utf-8"), file.read_bytes()) == (text, decided)


def named_action(lines: list[str]) -> str:
    return next(line.split('"')[1] for line in lines if line.startswith('"action/w-2/'))


def test_an_accepted_action_comes_back_only_if_it_changes(ingest, review):
    ingest("W-3,A road,Togo,Road Office,2019,,,,\n")
    assert review("--yes", "action/*").endswith("Nothing is open.\n")
    ingest("W-3,A road,Togo,Road Office,2020,,,,\n")
    told = review()
    assert headings(told) == {"Changed": 1}
    assert review("--yes", *named(told, "action/")).endswith("Nothing is open.\n")


def test_what_is_not_wanted_is_left_out_until_the_line_goes(ingest, review, tmp_path):
    ingest("W-3,A road,Togo,Road Office,2019,,,,\n")
    review("--no", "action/w-3/*")
    assert "left-out (whole): It was decided that id/action/w-3 is not wanted." in ingest(
        "W-3,A road,Togo,Road Office,2021,,,,\n"
    )
    (tmp_path / "data" / "decisions.toml").unlink()
    assert "Wrote 1 action" in ingest("W-3,A road,Togo,Road Office,2021,,,,\n")


def test_lines_that_people_wrote_stay(ingest, review, tmp_path):
    ingest("W-3,A road,Togo,Road Office,2019,,,,\n")
    file = tmp_path / "data" / "decisions.toml"
    file.write_text('# mine\n"same/a/b" = "no"  # asked the office\n', "utf-8")
    review("--yes", "action/*")
    assert file.read_text("utf-8").startswith('# mine\n"same/a/b" = "no"  # asked the office\n"action/w-3/')
    review("--yes", "same/a/b")
    assert '"same/a/b" = "yes"' in file.read_text("utf-8")
    assert '"no"' not in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('"same/a/b" = "maybe"', "'same/a/b' is to be \"yes\" or \"no\", not 'maybe'."),
        ('"sam/a/b" = "yes"', "no question is called 'sam/a/b'; did you mean same?"),
        ("same", "decisions.toml: "),
        ('"same/a" = "yes"', "no question is called 'same/a'; same has two names behind it, same/one/other"),
        ('"same/a/b/c" = "no"', "no question is called 'same/a/b/c'; same has two names"),
        ('"link//b" = "no"', "no question is called 'link//b'"),
    ],
)
def test_a_file_that_is_wrong_is_an_error_and_stays(ingest, review, tmp_path, text, error):
    ingest("W-3,A road,Togo,Road Office,2019,,,,\n")
    file = tmp_path / "data" / "decisions.toml"
    file.write_text(text, "utf-8")
    assert error in review("--yes", "action/*")
    assert error in ingest()
    assert file.read_text("utf-8") == text


def test_a_question_is_not_answered_with_yes_and_no(ingest, review, tmp_path):
    ingest("W-3,A road,Togo,Road Office,2019,,,,\n")
    arguments = ["review", "--data", str(tmp_path / "data"), "--yes", "action/*", "--no", "action/w-3/*"]
    assert "is answered with --yes and with --no" in str(CliRunner().invoke(app, arguments).stderr)
    assert not (tmp_path / "data" / "decisions.toml").exists()


def test_decisions_that_are_no_text_are_told_in_a_sentence(ingest, review, tmp_path):
    ingest("W-3,A road,Togo,Road Office,2019,,,,\n")
    file = tmp_path / "data" / "decisions.toml"
    file.write_bytes(b"\xff")
    assert review() == f"{file} is not in UTF-8; save it as text in UTF-8."


def test_an_id_that_there_is_not_is_told_with_a_near_one(ingest, review):
    ingest()
    assert review("--yes", "link/w-2/w-9") == "No open question is called link/w-2/w-9."


def test_one_action_of_two_sources_is_one_and_each_run_leaves_the_other_alone(ingest, review, tmp_path):
    ingest("W-3,A road,Togo,Road Office,2019,,,,\n", "english")
    told = ingest("W-3,A road,Togo,Road Office,2019-05,,Spain,,\n", "more")
    assert "line 2, W-3: into id/action/w-3 of english.ttl: same-number: Both have the number W-3." in told
    assert "'2019-05' is more exact than '2019'" in told
    assert headings(review()) == {"New": 1, "Changed": 1}
    for rows, name in (("2019,,,", "english"), ("2019-05,,Spain,", "more")):
        assert "Nothing has changed in" in ingest(f"W-3,A road,Togo,Road Office,{rows},\n", name)
    more = (tmp_path / "data" / "more.ttl").read_text("utf-8")
    assert "ag:expertsFrom cty:ESP" in more
    assert "act:w-3 a " not in more
