"""A page with tables and plots of what comparisons found.

    python -m bench.compare --actions 2000 --actions 20000 --json > results.json
    python -m bench.report results.json docs

puts the tables into `docs/measurements.md`, between the comments that mark their place, and draws
`docs/pictures/compare-ACTIONS.png` and `docs/pictures/compare-memory.png`. matplotlib is in the extra `bench`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from bench import tables
from bench.plots import draw_memory, draw_questions
from bench.tables import Result

_PAGE = "measurements.md"
_PLACE = re.compile(r"(<!-- bench\.report: begin -->\n).*?(<!-- bench\.report: end -->)", re.DOTALL)


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(results: Sequence[Path], folder: Path) -> None:
    """Put the tables of RESULTS into FOLDER/measurements.md, and plots into FOLDER/pictures."""
    found = sorted((each for path in results for each in read(path)), key=lambda result: result.actions)
    page = folder / _PAGE
    page.write_text(with_tables(page.read_text("utf-8"), found), "utf-8")
    pictures = folder / "pictures"
    for result in found:
        draw_questions(result, pictures / f"compare-{result.actions}.png")
    draw_memory(found, pictures / "compare-memory.png")


def read(path: Path) -> list[Result]:
    """Return the results that `bench.compare --json` printed into the file.

    Raises:
        msgspec.ValidationError: the file holds something else.
    """
    return msgspec.json.decode(path.read_bytes(), type=list[Result])


def with_tables(page: str, results: Sequence[Result]) -> str:
    """Return `page` with the tables of `results` in their place.

    Raises:
        ValueError: the page has no such place.
    """
    memory = "![Memory of each server, by the number of actions](pictures/compare-memory.png)\n"
    parts = [f"{_plot(result)}\n\n{tables.as_markdown(result)}" for result in results]
    text = "\n".join([memory, *parts])
    made, places = _PLACE.subn(lambda found: f"{found[1]}\n{text}\n{found[2]}", page)
    if places != 1:
        raise ValueError(f"The page has {places} places for tables, between <!-- bench.report: begin --> and end.")
    return made


def _plot(result: Result) -> str:
    title = f"Each question to each server at {result.actions:,} actions, time and throughput"
    return f"![{title}](pictures/compare-{result.actions}.png)"


if __name__ == "__main__":
    main()
