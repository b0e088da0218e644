"""A page with tables and plots of what comparisons found.

    python -m bench.compare --actions 2000 --actions 20000 --json > results.json
    python -m bench.report results.json docs

puts the tables into `docs/measurements.md`, between the comments that mark their place, and draws
`docs/pictures/compare-ACTIONS.png` and `docs/pictures/compare-memory.png`. matplotlib is in the extra `bench`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bench.plots import draw_memory, draw_questions
from bench.tables import read, with_tables

_PAGE = "measurements.md"


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


if __name__ == "__main__":
    main()
