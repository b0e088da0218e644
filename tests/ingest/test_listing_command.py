"""`actiongraph ingest listing` at a terminal."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from actiongraph.cli.running import app
from actiongraph.ingest.keys import TAKEN
from actiongraph.release.inputs import RESERVED
from actiongraph.vocabulary import CANONICAL_BASE

PAGES = Path(__file__).parent / "pages"
PROGRAMME = 'title = "Wells"\nnumber = "{yyyy}-{nn}"\n'


@pytest.fixture
def run(tmp_path: Path):
    """A function that reads a page into the folder `data` of a programme; the exit code and what was told."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "programme.toml").write_text(PROGRAMME, "utf-8")

    def of(path: Path, *options: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["ingest", "listing", str(path), "--into", str(tmp_path / "data"), *options])
        return result.exit_code, str(result.exception if result.exit_code else result.output)

    return of


@pytest.mark.parametrize(
    "path", sorted(path for path in PAGES.iterdir() if path.stem[1] == "-" and path.suffix != ".csv")
)
def test_each_of_our_pages_becomes_turtle_that_quotes_its_text(run, tmp_path: Path, path: Path):
    code, told = run(path, "--text", str(tmp_path / "text.txt"))
    assert code == 0, told
    content = (tmp_path / "text.txt").read_bytes()
    text = content.decode("utf-8")
    turtle = (tmp_path / "data" / f"{path.stem}.ttl").read_text("utf-8")
    assert hashlib.sha256(content).hexdigest() in turtle
    values: dict[str, dict[str, list[str]]] = {}
    for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE, base_iri=CANONICAL_BASE):
        predicate = quad.predicate.value.rsplit("#", 1)[-1]
        values.setdefault(str(quad.subject), {}).setdefault(predicate, []).append(getattr(quad.object, "value", ""))
    quotes = [each for each in values.values() if "exact" in each]
    assert quotes
    for quote in quotes:
        (start,), (exact,) = quote["start"], quote["exact"]
        assert text[int(start) : int(start) + len(exact)] == exact


def test_the_second_run_changes_nothing_and_an_edited_file_is_left(run, tmp_path: Path):
    page, target = PAGES / "b-labour-en.txt", tmp_path / "data" / "b-labour-en.ttl"
    assert "Wrote 6 actions to" in run(page)[1]
    assert f"Nothing has changed in {target}." in run(page)[1]
    target.write_text("# mine\n" + target.read_text("utf-8"), "utf-8")
    code, told = run(page)
    assert code != 0
    assert str(target) in told
    assert target.read_text("utf-8").startswith("# mine\n")


def test_a_page_that_is_no_text_is_an_error_and_nothing_is_written(run, tmp_path: Path):
    page = tmp_path / "page.txt"
    page.write_bytes(b"Wells\0")
    code, told = run(page)
    assert code != 0
    assert "NUL" in told
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["programme.toml"]


def test_a_source_is_called_as_its_first_line_without_bullet_and_persons(run, tmp_path: Path):
    page = tmp_path / "page.txt"
    page.write_text("-\n\n• News of Ms Jo Example\nWater Office\nTwo Greek experts came to Togo.\n", "utf-8")
    assert run(page)[0] == 0
    turtle = (tmp_path / "data" / "page.ttl").read_text("utf-8")
    assert "Example" not in turtle
    assert 'dcterms:title "News of […]"@en' in turtle


def test_a_page_whose_name_has_a_meaning_of_its_own_is_not_taken(run, tmp_path: Path):
    page = tmp_path / "vocabulary.txt"
    page.write_text("Wells for all\nWater Office\nTwo Greek experts came to Togo.\n", "utf-8")
    code, told = run(page)
    assert (code, told) == (
        1,
        f"vocabulary.ttl is a file with a meaning of its own; give {page} another name.",
    )
    assert RESERVED <= TAKEN


def test_a_text_is_not_written_over_what_somebody_else_wrote(run, tmp_path: Path):
    page, text = PAGES / "b-labour-en.txt", tmp_path / "texts" / "page.txt"
    assert run(page, "--text", str(text))[0] == 0  # makes the folder
    assert run(page, "--text", str(text))[0] == 0
    text.write_text("mine", "utf-8")
    code, told = run(page, "--text", str(text))
    assert (code, text.read_text("utf-8")) == (1, "mine")
    assert "is not written over" in told
    target = tmp_path / "data" / "b-labour-en.ttl"
    before = target.read_bytes()
    assert run(page, "--text", str(target))[0] == 2
    assert target.read_bytes() == before
