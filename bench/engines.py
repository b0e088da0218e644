"""Our face over another engine beside that engine itself, example by example, asked in turns.

    python -m bench.engines --engine virtuoso --engine fuseki --fuseki ../fuseki

Each engine is started empty and loaded by `actiongraph move` with the shipped release. Without the face it is asked in
its own quickest way for all that it holds. Every query is another, by a comment, so that no cache answers. Times are
lower quartiles, as whatever else the machine does only adds to them. What takes longer than the engine alone by more
than 1.5 ms and by more than a tenth is listed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import click

from actiongraph.engine.profiles import profiles
from actiongraph.examples import load_examples
from bench.load import ACCEPT, Address, BadAnswerError, Client
from bench.peers import empty_fuseki, empty_virtuoso
from bench.systems import Data, System, running

_MORE_MS, _TIMES = 1.5, 1.1
_ACCEPT = f"{ACCEPT}, application/n-triples;q=0.9"
_ACTIONGRAPH = (sys.executable, "-m", "actiongraph")
_SETTLES_S = 3.0
"""By then the face has looked at what else the engine has, and its own examples are answered."""


@dataclass(frozen=True, slots=True)
class FaceTime:
    """How long the engine and the face over it took for one example, in ms; or what one of them said instead."""

    name: str
    bare_ms: float = 0.0
    face_ms: float = 0.0
    error: str = ""

    @property
    def more_ms(self) -> float:
        """What the face takes."""
        return self.face_ms - self.bare_ms

    @property
    def is_missed(self) -> bool:
        """Whether the face takes longer than it may."""
        return self.more_ms > max(_MORE_MS, (_TIMES - 1) * self.bare_ms)

    def line(self) -> str:
        """Return a line of the table."""
        if self.error:
            return f"| {self.name} | {self.error} | | | |"
        ratio = self.face_ms / self.bare_ms
        return f"| {self.name} | {self.bare_ms:.2f} | {self.face_ms:.2f} | {self.more_ms:+.2f} | {ratio:.2f} |"


@click.command()
@click.option("--engine", "engines", type=click.Choice(["virtuoso", "fuseki"]), multiple=True, required=True)
@click.option("--fuseki", type=click.Path(path_type=Path), envvar="ACTIONGRAPH_FUSEKI", help="Of bench/peers.sh.")
@click.option("--rounds", type=click.IntRange(3), default=30, show_default=True)
def main(engines: Sequence[str], fuseki: Path | None, rounds: int) -> None:
    """Print how long each example takes with the face and without it."""
    for engine in engines:
        with tempfile.TemporaryDirectory() as folder:
            if engine == "virtuoso":
                compare(empty_virtuoso(), "Virtuoso", Path(folder), rounds)
            elif fuseki is None:
                raise click.UsageError("name the folder with its jars by --fuseki")
            else:
                compare(empty_fuseki(fuseki), "Fuseki", Path(folder), rounds)


def compare(system: System, name: str, folder: Path, rounds: int) -> None:
    """Start the engine and the face over it, and print the table of both.

    Raises:
        BadAnswerError: one of the two does not start.
        CalledProcessError: the release could not be moved.
    """
    store = folder / "store"
    data = Data(folder / "data", store, folder / "all.nt")
    with running(system, data) as engine:
        url = f"http://127.0.0.1:{engine.address.port}{system.path}"
        (folder / "credentials").write_text("dba:dba\n")
        graphs = url.replace("/query", "/data") if name == "Fuseki" else f"{url}-graph-crud-auth"
        options = ["--graph-store", graphs, "--credentials", str(folder / "credentials"), "--store", str(store)]
        moved = [*_ACTIONGRAPH, "move", url, *options, "--despite-differences"]
        subprocess.run(moved, check=True, capture_output=True)  # noqa: S603 - our own arguments

        def serve(_: Data, port: int) -> Sequence[str]:
            return [*_ACTIONGRAPH, "serve", "--port", str(port), "--store", str(store), "--engine", url]

        with running(System("face", "/sparql", serve), data) as face:
            time.sleep(_SETTLES_S)
            union = next(profile.union for profile in profiles() if profile.name == name) or ()
            dataset = "".join(f"&{urlencode({'default-graph-uri': graph})}" for graph in union)
            before_s = face.processor_s()
            found = list(_times(engine.address, dataset, face.address, rounds))
            processor_ms = (face.processor_s() - before_s) * 1_000 / (rounds * sum(not each.error for each in found))
    missed = [each.name for each in found if each.is_missed]
    click.echo(f"## {name}\n\n| example | engine, ms | face, ms | difference, ms | ratio |\n|---|---|---|---|---|")
    click.echo("\n".join(each.line() for each in found))
    answered = [each.more_ms for each in found if not each.error]
    names = ": " + ", ".join(missed) if missed else ""
    click.echo(
        f"\nThe face takes {median(answered):.2f} ms (the median), {processor_ms:.2f} ms of the processor. "
        f"Of {len(answered)} examples {len(missed)} take "
        f"longer over it by more than {_MORE_MS} ms and by more than a tenth{names}.\n"
    )


def _times(engine: Address, dataset: str, face: Address, rounds: int) -> Iterator[FaceTime]:
    with closing(Client(engine, _ACCEPT)) as bare, closing(Client(face, _ACCEPT)) as over:
        for example in load_examples():
            asked = engine.target(example.text) + dataset, face.target(example.text)
            taken = []
            try:
                for number in range(rounds):
                    sent = (target.replace("{NUMBER}", str(number)).encode() for target in asked)
                    taken.append([_ms(client, target) for client, target in zip((bare, over), sent, strict=True)])
            except BadAnswerError as error:
                yield FaceTime(example.name, error=str(error))
                continue
            yield FaceTime(example.name, *(quantiles(column)[0] for column in zip(*taken, strict=True)))


def _ms(client: Client, target: bytes) -> float:
    begun = time.perf_counter()
    client.get(target)
    return (time.perf_counter() - begun) * 1_000


if __name__ == "__main__":
    main()
