"""How long pages of lists take in process, on a release of generated data; nothing is cached.

    python -m bench.generate 100000 FOLDER
    python -m bench.publish FOLDER/data STORE
    python -m bench.lists STORE

For each list: without a filter, with one value of each facet (its most frequent one), and with one of every facet.
Facets with their counts and the query behind the page are in the time. See `bench.chains` for wall and processor time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from actiongraph import formats
from actiongraph.index.list_index import LISTS, ListFilters
from actiongraph.index.list_kinds import LIST_KINDS, ListKind
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app
from actiongraph.web.list_pages import open_view, write_list
from actiongraph.web.list_request import ListRequest
from bench.chains import middle, timed

_ROUNDS = 15
_URL = "https://graph.example.org/"


def requests(kind: ListKind, snapshot: Snapshot, settings: Settings) -> Iterator[tuple[str, ListRequest]]:
    """Yield the requests for a list, each with what it chooses."""
    plain = ListRequest(kind, ListFilters(), kind.orders[0], descending=False, more=None, page=1, snapshot=snapshot,
                        settings=settings)  # fmt: skip
    yield "no filter", plain
    for order in kind.orders[1:]:
        yield f"no filter, by {order}, reversed", replace(plain, order=order, descending=True)
    every = plain
    for facet in kind.facets:
        with open_view(plain) as view:
            values, _ = view.facet(facet, 1_000)
        most = max(values, key=lambda value: value.rows)
        yield f"{facet.name}={most.key} ({most.rows:,} rows)", plain.with_value(facet, most)
        yield (
            f"{facet.name}={most.key}, by {kind.orders[1]}",
            replace(plain.with_value(facet, most), order=kind.orders[1]),
        )
        every = every.with_value(facet, most)
    yield "one of every facet", every
    yield "every value of a facet shown", plain.expanded(kind.facets[-1].name)


def write_page(wanted: ListRequest) -> None:
    """Write the page of a list once."""
    with open_view(wanted) as view:
        write_list(wanted, view, formats.HTML)


@click.command()
@click.argument("store", type=click.Path(path_type=Path, file_okay=False, exists=True))
def main(store: Path) -> None:
    """Time the lists of the newest release in STORE."""
    settings = Settings(store=store, url=_URL)
    snapshots = ReleaseSnapshots(ReleaseStore(store))
    snapshot = snapshots.current()
    assert snapshot.folder is not None  # noqa: S101 - it is a release
    click.echo(f"{(snapshot.folder / LISTS).stat().st_size / 1e6:.1f} MB in the index of lists")
    with create_app(settings, snapshots).test_request_context("/"):
        for kind in LIST_KINDS:
            for what, wanted in requests(kind, snapshot, settings):
                times = [timed(partial(write_page, wanted)) for _ in range(_ROUNDS)]
                click.echo(f"{kind.name:10} {middle(times)}  {what}")


if __name__ == "__main__":
    main()
