"""How long the pages and the data of things take, on a release of generated data.

    python -m bench.generate 100000 FOLDER
    python -m bench.publish FOLDER/data STORE
    python -m bench.things STORE

Each is asked once, of the app in this process with the workers that `serve` has, so nothing has been kept before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import median, quantiles

import click
from flask.testing import FlaskClient

from actiongraph.engine.pool.worker_pool import Pool, PooledEngine
from actiongraph.release.snapshots import ReleaseSnapshots, history_of
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

_ASKED = 200
_ADDRESSES = {
    "page": ("/doc/{}", "text/html"),
    "data, Turtle": ("/data/{}.ttl", "*/*"),
    "data, JSON-LD": ("/data/{}.jsonld", "*/*"),
    "what points at it": ("/data/{}.ttl?references", "*/*"),
    "name": ("/id/{}", "text/html"),
}


def time_each(client: FlaskClient, address: str, accept: str, names: Iterable[str]) -> list[float]:
    """Return how long each took, in milliseconds; an answer that is none stops the run."""
    times = []
    for name in names:
        started = time.perf_counter()
        response = client.get(address.format(name), headers={"Accept": accept})
        times.append((time.perf_counter() - started) * 1_000)
        if response.status_code not in (200, 303):
            raise click.ClickException(f"{address.format(name)}: {response.status_code} {response.text}")
    return times


@click.command()
@click.argument("store", type=click.Path(path_type=Path, exists=True))
@click.option("--seed", default=1, show_default=True, help="Another seed asks for other things.")
def main(store: Path, seed: int) -> None:
    """Print medians for things drawn by chance from the release on STORE, of each kind as often as it occurs."""
    settings = Settings(store=store, url="http://127.0.0.1/")
    with closing(Pool(settings)) as pool:
        snapshots = ReleaseSnapshots(ReleaseStore(store), lambda found: PooledEngine(pool, found, union_default=True))
        with history_of(snapshots.current()) as things:
            pages = Random(seed).sample(things.pages(), min(20, len(things.pages())))  # noqa: S311 - no secret
            listed = [thing for page in pages for thing in things.listed(page.number)]
        chosen = Random(seed).sample(listed, min(_ASKED, len(listed)))  # noqa: S311 - no secret
        client = create_app(settings, snapshots).test_client()
        for what, (address, accept) in _ADDRESSES.items():
            times = time_each(client, address, accept, [f"{thing.kind}/{thing.key}" for thing in chosen])
            worst = quantiles(times, n=20)[-1]
            click.echo(f"{what:<20} {median(times):7.1f} ms   95 of 100 within {worst:7.1f} ms   ({len(times)} things)")


if __name__ == "__main__":
    main()
