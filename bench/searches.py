"""How long searches take at the server, on a release of generated data, with nothing cached.

    python -m bench.generate 100000 FOLDER
    python -m bench.publish FOLDER/data STORE
    python -m bench.searches STORE

Each search is sent to the application in process, as HTML and as JSON. Times are in wall time and in the processor time
of the answering thread, as for `bench.chains`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import click

from actiongraph.index.search_index import open_search
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app
from bench.chains import timed

_TYPED = (
    "Ghana", "Gana", "Gahna", "pensión México", "street vendors Bogotá", "Allemagne", "Colombian ministry", "2014-12",
    "social protection", "social", "ministry", "strengthening of the ministry of labour in Peru", "wrods mispelt",
)  # fmt: skip
_TITLES = 40
_ROUNDS = 3


def searches(index: Path, settings: Settings) -> Iterator[str]:
    """Yield what people may type: names, words that most actions have, errors, and titles of the release."""
    yield from _TYPED
    with open_search(index, settings) as opened:
        yield from opened.samples() if opened else ()
    with sqlite3.connect(f"file:{index}?mode=ro", uri=True) as database:
        every = "SELECT content ->> '$[0][0][0]' FROM document WHERE id % (SELECT max(id) / ? FROM document) = 0"
        for (title,) in database.execute(every, (_TITLES,)):
            yield " ".join(title[:150].split()[:5])


@click.command()
@click.argument("store", type=click.Path(path_type=Path, file_okay=False, exists=True))
def main(store: Path) -> None:
    """Time searches on the newest release in STORE."""
    settings = Settings(store=store, url="https://graph.example.org/")
    snapshots = ReleaseSnapshots(ReleaseStore(store))
    index = snapshots.current().search
    assert index is not None  # noqa: S101 - publish has just written it
    click.echo(f"{index.stat().st_size / 1e6:,.1f} MB")
    settings = replace(settings, max_kept_bytes=1)
    client = create_app(settings, snapshots).test_client()
    times: list[tuple[float, float, str]] = []
    for words in dict.fromkeys(searches(index, settings)):
        for suffix in (".html", ".json") * _ROUNDS:
            address = f"/search{suffix}?{urlencode({'q': words})}"
            times.append((*timed(lambda address=address: client.get(address)), words))  # type: ignore[misc]
            assert client.get(address).status_code == 200  # noqa: S101 - the time of an error is worth nothing
    for name, column in (("wall", 0), ("processor", 1)):
        taken = [each[column] for each in times]
        p95 = quantiles(taken, n=20)[18]
        click.echo(f"{len(taken)} searches, {name}: p50 {median(taken):.1f} ms, p95 {p95:.1f} ms")
    for _, worst, words in sorted(times, key=lambda each: -each[1])[:: 2 * _ROUNDS][:8]:
        click.echo(f"{worst:8.1f} ms processor  {words}")


if __name__ == "__main__":
    main()
