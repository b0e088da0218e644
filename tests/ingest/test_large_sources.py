"""`ingest` on sources larger than memory: the same files as in memory, both or neither, and bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from actiongraph.cli.running import app
from actiongraph.ingest import workspace
from actiongraph.ingest.columns import read_columns
from actiongraph.ingest.decisions import Decisions
from actiongraph.ingest.table import records_of_table
from actiongraph.ingest.turtle_writer import SourceDescription, draft_turtle
from actiongraph.ingest.workspace import Workspace

pytestmark = pytest.mark.long("large")

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT))
from bench.iati import write_activities, write_megabytes  # noqa: E402

HEADER = "No.,Title,Country,Partner,From,To,Experts,Follows,Part of\n"
ROWS = """\
A-1,Wells for all,Togo,Water Office,2019,,France,,
A-1,Wells for all,Ghana,Water Office,2019-03,,,,
a-1,Pumps,Togo,Water Office,,,Spain,A-1,B-9
,Wells for all,Togo,Water Office,,,,a-1,Z-1
,,,,,,,,
A-2,Wells for all - Phase II,Togo,Road Office,2020-13,,,B-9,b-9
"""


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has all that can be on the disk go there after each record."""
    monkeypatch.setattr(workspace, "_MOST_FACTS", 0)
    monkeypatch.setattr(workspace, "_MOST_TEXT_BYTES", 0)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["ingest", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, file: Path, *options: str | Path) -> None:
    """Read a source in memory and from the disk, and compare what is written and told."""
    told = []
    for most in (10**9, 0):
        monkeypatch.setattr(workspace, "_MOST_FACTS", most)
        monkeypatch.setattr(workspace, "_MOST_TEXT_BYTES", most)
        told.append(run(kind, file, *options, "--into", tmp_path / f"data-{most}").replace(f"data-{most}", "data"))
    assert told[0] == told[1]
    assert files(tmp_path / "data-0") == files(tmp_path / f"data-{10**9}")
    assert len(files(tmp_path / "data-0")) == 2


@pytest.mark.parametrize("version", ["1.03", "2.03"])
def test_activities_are_written_alike_in_memory_and_from_the_disk(tmp_path, monkeypatch, version):
    write_activities(tmp_path / "a.xml", 31, version)
    text = (tmp_path / "a.xml").read_text("utf-8")
    # Identifiers that are there twice, none at all, and a link that leads out.
    text = text.replace("XX-1-7<", "XX-1-6<").replace("XX-1-9<", "XX-1-6<").replace('ref="XX-1-1"', 'ref="YY-1"')
    text = text.replace("<iati-identifier>XX-1-12</iati-identifier>", "").replace("XX-1-13<", "<")
    (tmp_path / "a.xml").write_text(text, "utf-8")
    both_ways(tmp_path, monkeypatch, "iati", tmp_path / "a.xml")


def test_rows_are_written_alike_in_memory_and_from_the_disk(tmp_path, monkeypatch):
    (tmp_path / "wells.csv").write_text(HEADER + ROWS, "utf-8")
    both_ways(tmp_path, monkeypatch, "table", tmp_path / "wells.csv", "--columns", HERE / "wells.toml")


@pytest.mark.long("large")
def test_the_644_projects_are_written_alike_in_memory_and_from_the_disk(tmp_path, monkeypatch, projects_table):
    both_ways(tmp_path, monkeypatch, "table", projects_table, "--columns", HERE / "projects.toml")


def test_pages_are_written_alike_in_memory_and_from_the_disk(tmp_path, monkeypatch):
    both_ways(tmp_path, monkeypatch, "listing", HERE / "pages" / "b-labour-en.txt")


@pytest.mark.usefixtures("on_disk")
def test_a_decision_that_two_records_of_one_number_are_two_holds_on_the_disk(tmp_path):
    (tmp_path / "wells.csv").write_text(HEADER + "A-1,Wells,,,,,,,\nA-1,Pumps,,,,,,,\n", "utf-8")
    found = records_of_table(tmp_path / "wells.csv", read_columns(HERE / "wells.toml"))
    source = SourceDescription("wells", "Wells", "00" * 32, "text/csv")
    question = draft_turtle(found.records, source).ledger[1].question
    decided = Decisions({question: False})
    with Workspace(tmp_path / "data" / "wells.ttl") as disk:
        draft = draft_turtle(found.records, source, decisions=decided, workspace=disk)
        assert [entry.state for entry in draft.ledger] == ["published", "published"]
        assert draft.text.count('ag:actionNumber "A-1"') == 1
        assert 'dcterms:identifier "A-1"' in draft.text


@pytest.mark.long("large")
def test_a_file_that_is_cut_at_its_end_leaves_nothing(tmp_path):
    path = tmp_path / "cut.xml"
    write_megabytes(path, 5, "2.03")
    path.write_bytes(path.read_bytes()[:-30])
    result = CliRunner().invoke(app, ["ingest", "iati", str(path), "--into", str(tmp_path / "data")])
    assert "is not well-formed XML" in str(result.exception)
    assert [each.name for each in tmp_path.iterdir()] == ["cut.xml"]


LIMITED = """
import resource, sys
from actiongraph.cli import main
from actiongraph.ingest import workspace
workspace._MOST_FACTS = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
sys.argv[1:] = sys.argv[3:]
main()
"""


@pytest.mark.parametrize(
    ("most_facts", "room_bytes", "told"),
    [
        pytest.param(1_000, 3_000, "has no room for temporary files: ", marks=pytest.mark.long("large")),
        pytest.param(1_000, 50_000, "has no room for temporary files: File too large", marks=pytest.mark.long("large")),
        (30_000, 100_000, "iati-a.ttl cannot be written: File too large"),
    ],
)
def test_where_no_room_is_left_the_files_that_were_there_stay_and_nothing_else(tmp_path, most_facts, room_bytes, told):
    write_activities(tmp_path / "a.xml", 1, "2.03")
    run("iati", tmp_path / "a.xml", "--into", tmp_path / "data")
    before = files(tmp_path / "data")
    write_megabytes(tmp_path / "a.xml", 0.5, "2.03")
    arguments = [
        str(most_facts),
        str(room_bytes),
        "ingest",
        "iati",
        str(tmp_path / "a.xml"),
        "--into",
        str(tmp_path / "data"),
    ]
    done = subprocess.run([sys.executable, "-c", LIMITED, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert told in done.stderr.splitlines()[-1]  # above it is how far it was, if that took long
    assert "Traceback" not in done.stderr
    assert files(tmp_path / "data") == before
    assert len(before) == 2


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("at", ["writing", "renaming"])
def test_stopped_at_the_ledger_neither_file_is_written(tmp_path, monkeypatch, is_there, error, at):
    path, folder = tmp_path / "a.xml", tmp_path / "data"
    write_activities(path, 1, "2.03")
    if is_there:
        run("iati", path, "--into", folder)
    else:
        folder.mkdir()
    before = files(folder)
    write_activities(path, 2, "2.03")
    replace = Path.replace

    def stop(*_: object) -> Sequence[bytes]:
        raise error

    def stop_at_ledger(new: Path, target: Path) -> Path:
        return stop() if target.name.endswith(".ledger.ttl") else replace(new, target)

    if at == "writing":
        monkeypatch.setattr("actiongraph.cli.ingest.ledger_blocks", stop)
    else:
        monkeypatch.setattr(Path, "replace", stop_at_ledger)
    result = CliRunner().invoke(app, ["ingest", "iati", str(path), "--into", str(folder)])
    assert result.exit_code != 0
    assert files(folder) == before
    monkeypatch.undo()
    assert "Wrote 2 actions" in run("iati", path, "--into", folder)


def test_an_edited_file_is_told_before_anything_is_read(tmp_path):
    write_activities(tmp_path / "a.xml", 1, "2.03")
    run("iati", tmp_path / "a.xml", "--into", tmp_path / "data")
    ledger = tmp_path / "data" / "iati-a.ledger.ttl"
    ledger.write_bytes(ledger.read_bytes() + b"# mine\n")
    (tmp_path / "a.xml").write_text("no XML")
    result = CliRunner().invoke(app, ["ingest", "iati", str(tmp_path / "a.xml"), "--into", str(tmp_path / "data")])
    assert "is not as actiongraph ingest wrote it" in str(result.exception)


@pytest.mark.long("large")
def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    peaks = []
    for megabytes in (5, 20):
        path, folder = tmp_path / f"{megabytes}.xml", tmp_path / f"data-{megabytes}"
        activities = write_megabytes(path, megabytes, "2.03")
        # The shell forks: a process begins with the peak of the one that started it, and this one may be large.
        command = f'"{sys.executable}" -m bench.iati ingest "{path}" --into "{folder}"; exit $?'
        done = subprocess.run(["sh", "-c", command], cwd=CHECKOUT, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        peaks.append(told["peak_mb"])
        ledger = (folder / f"iati-{megabytes}.ledger.ttl").read_text("utf-8")
        assert f"{activities:,} records, {activities:,} published, 0 merged and 0 refused" in ledger
        turtle = (folder / f"iati-{megabytes}.ttl").read_text("utf-8")
        assert turtle.count(" a ag:Action, ag:DescribedAction ;") == activities
    assert peaks[1] < 120
    assert peaks[1] - peaks[0] < 30
