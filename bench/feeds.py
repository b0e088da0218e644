"""How long pages for harvesters take, in one process, none of them kept.

    python -m bench.feeds STORE

asks the newest release in the folder STORE, as `actiongraph build` or `bench.publish` wrote it, for pages from all over
its feeds, and prints the median and the longest time of each sort.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median

import click
from flask.testing import FlaskClient

from actiongraph.release.snapshots import ReleaseSnapshots, history_of
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

_TIMES = 30
_URL = "https://graph.example.org/"


def addresses(client: FlaskClient, snapshots: ReleaseSnapshots, random: Random) -> Iterator[tuple[str, list[str]]]:
    """Yield each sort of page with addresses of some."""
    snapshot = snapshots.current()
    with history_of(snapshot) as things:
        events = range(2, max(3, things.event_pages() + 1))
        pages = [page.number for page in things.pages()]
    yield "event stream, root", ["feeds/ldes"] * _TIMES
    yield "event stream, a page", [f"feeds/ldes/{snapshot.version}/{random.choice(events)}" for _ in range(_TIMES)]
    for verb, prefix in (("ListRecords", "oai_dc"), ("ListRecords", "rdf"), ("ListIdentifiers", "rdf")):
        asked = [f"feeds/oai?verb={verb}&metadataPrefix={prefix}"]
        while len(asked) < _TIMES and (found := _TOKEN.search(client.get(f"/{asked[-1]}").text)):
            asked.append(f"feeds/oai?verb={verb}&resumptionToken={found[1]}")
        yield f"OAI-PMH, {verb}, {prefix}", asked
    yield "sitemap, index", ["sitemap.xml"] * _TIMES
    yield "sitemap, a page", [f"sitemap-{random.choice(pages)}.xml" for _ in range(_TIMES)]


_TOKEN = re.compile("<resumptionToken [^>]*>([^<]+)<")


@click.command()
@click.argument("store", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(store: Path) -> None:
    """Print how long pages for harvesters take."""
    snapshots = ReleaseSnapshots(ReleaseStore(store))
    client = create_app(Settings(url=_URL, store=store, max_kept_bytes=1), snapshots).test_client()
    with history_of(snapshots.current()) as things:
        click.echo(f"{sum(things.kinds().values()):,} things; milliseconds, median and longest of {_TIMES}; kilobytes")
    for sort, asked in addresses(client, snapshots, Random(1)):  # noqa: S311 - the same pages each time are the point
        taken, sizes = [], []
        for address in asked:
            started = time.perf_counter()
            response = client.get(f"/{address}")
            taken.append(1_000 * (time.perf_counter() - started))
            sizes.append(len(response.data) / 1_000)
            if response.status_code != 200:
                raise click.ClickException(f"{address} answers {response.status_code}.")
        click.echo(f"{sort:32} {median(taken):7.1f} {max(taken):7.1f} {median(sizes):9.1f}")


if __name__ == "__main__":
    main()
