"""Generated data in our own model, of any size, the same for the same seed.

    python -m bench.generate 100000 FOLDER

writes `FOLDER/data/*.ttl`, one file per source and `reference.ttl`, as `actiongraph build --data` reads
them, and `FOLDER/truth.json` with what is true of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TextIO

import click
from rdflib import RDF

from bench.actions import invent
from bench.statements import Statement, reference_statements, source_statements, statements_of
from bench.truth import Truth

_TYPE = f" <{RDF.type}> "
FEWEST, MOST = 9, 1_000_000
_MOST_SOURCES = 20
_ACTIONS_PER_SOURCE = 500


class Generation:
    """The triples of a number of actions, each with the key of its graph; once iterated, `truth` is complete."""

    def __init__(self, actions: int, seed: int) -> None:
        """Take the number; nothing is made yet.

        Raises:
            ValueError: fewer than 9 or more than 1,000,000 actions.
        """
        if not FEWEST <= actions <= MOST:
            raise ValueError(f"{actions:,} actions cannot be generated; ask for {FEWEST} to {MOST:,}.")
        self._actions = actions
        self._seed = seed
        self._sources = min(_MOST_SOURCES, 1 + actions // _ACTIONS_PER_SOURCE)
        self.truth = Truth()

    def __iter__(self) -> Iterator[Statement]:
        self.truth = Truth()
        for statement in self._all():
            self.truth.triples[statement.graph] += 1
            if _TYPE in statement.triple:
                self.truth.classes[statement.triple.rpartition("<")[2][:-1]] += 1
            yield statement

    def _all(self) -> Iterator[Statement]:
        yield from reference_statements()
        for number in range(self._sources):
            yield from source_statements(self._key(number), self._seed)
        for piece in invent(self._actions, Random(self._seed)):  # noqa: S311 - the same numbers each time are the point
            source = self._key(self.truth.actions * self._sources // self._actions)
            self.truth.note(piece, self._actions, is_first_source=source == self._key(0))
            for action in piece:
                yield from statements_of(action, source)

    @staticmethod
    def _key(number: int) -> str:
        return f"generated-{number + 1:02d}"


def generate(actions: int, seed: int = 1) -> Generation:
    """Return the generation of `actions` actions: iterate it for the triples, then read its `truth`.

    Raises:
        ValueError: fewer than 9 or more than 1,000,000 actions.
    """
    return Generation(actions, seed)


def write_data(generation: Generation, folder: Path) -> Truth:
    """Write the data to `folder`, one Turtle file per graph, and return the truth; memory does not hold the triples."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files: dict[str, TextIO] = {}
        for statement in generation:
            if statement.graph not in files:
                path = folder / f"{statement.graph}.ttl"
                files[statement.graph] = stack.enter_context(path.open("w", encoding="utf-8"))
            files[statement.graph].write(f"{statement.triple} .\n")
    return generation.truth


@click.command()
@click.argument("actions", type=click.IntRange(FEWEST, MOST))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", default=1, show_default=True, help="Another seed makes other data.")
def main(actions: int, folder: Path, seed: int) -> None:
    """Write the data of ACTIONS actions to FOLDER/data, and what is true of it to FOLDER/truth.json."""
    summary = write_data(generate(actions, seed), folder / "data").summary()
    (folder / "truth.json").write_text(json.dumps(summary, indent=2) + "\n", "utf-8")
    click.echo(f"{summary['triples']:,} triples on {actions:,} actions in {folder / 'data'}.")


if __name__ == "__main__":
    main()
