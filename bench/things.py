"""How long pages take, and the data of things, on a release of generated data.

    python -m bench.generate 100000 FOLDER
    python -m bench.publish FOLDER/data STORE
    python -m bench.things STORE
    python -m bench.things STORE --clients 8

Each is asked of the app in this process, with the workers that `serve` has and a cache with no room, so nothing has
been kept before; the processor time is that of the asking thread, and leaves out the workers'. With `--clients`, pages
of actions and of chains are asked of a server by so many clients at once.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import quantiles
from urllib.parse import quote

import click
from flask.testing import FlaskClient

from actiongraph.engine.pool.worker_pool import Pool, PooledEngine
from actiongraph.index.chain_index import open_chain_list
from actiongraph.index.list_index import ListFilters, open_lists
from actiongraph.index.list_kinds import ACTIONS, CHAINS, FacetKind
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot, history_of
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app
from bench.actions import LONGEST
from bench.chains import middle, timed
from bench.served import Served, get

_ASKED = 200
_ADDRESSES = {
    "page": ("/doc/{}", "text/html"),
    "data, Turtle": ("/data/{}.ttl", "*/*"),
    "data, JSON-LD": ("/data/{}.jsonld", "*/*"),
    "what points at it": ("/data/{}.ttl?references", "*/*"),
    "name": ("/id/{}", "text/html"),
}
_OF_ALL = ("/", "/catalog", "/catalog.json", "/catalog.ttl", "/schema", "/data")
_ROUNDS, _VALUES, _CHAINS = 10, 20, 80


def time_each(client: FlaskClient, address: str, accept: str, names: Iterable[str]) -> list[tuple[float, float]]:
    """Return how long each took, as `timed` does; an answer that is none stops the run."""

    def ask(name: str) -> None:
        response = client.get(address.format(name), headers={"Accept": accept})
        if response.status_code not in (200, 303):
            raise click.ClickException(f"{address.format(name)}: {response.status_code} {response.text}")

    return [timed(partial(ask, name)) for name in names]


def list_addresses(snapshot: Snapshot, settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Yield the addresses of lists of chains by each facet, for its most frequent values, and what they have."""
    with open_chain_list(snapshot.engine, index=snapshot.chains, settings=settings) as chains:
        view = chains.view(ListFilters())
        for facet in CHAINS.facets:
            if facet.kind is not FacetKind.TEXT:
                values, _ = view.facet(facet, _VALUES)
                name = "from" if facet.kind is FacetKind.YEAR else facet.name
                yield f"chains by {facet.name}", [f"/chains?{name}={quote(value.key)}" for value in values]
    yield "chains, no filter", [f"/chains?sort={sign}{order}" for order in CHAINS.orders for sign in ("", "-")]


def keys_of(snapshot: Snapshot, settings: Settings, random: Random) -> tuple[list[str], list[str]]:
    """Return the keys of actions, drawn by chance, and of members of the longest chains."""
    with open_lists(snapshot.lists, settings) as lists:
        assert lists  # noqa: S101 - it is a release
        iris = [row.iri for row in lists.view(ACTIONS, ListFilters()).rows("title", most=50 * _ASKED)]
    with open_chain_list(snapshot.engine, index=snapshot.chains, settings=settings) as chains:
        longest = chains.view(ListFilters()).summaries(most=_CHAINS)
    ends = [action for each in longest if each.size == LONGEST for action in (*each.roots, *each.ends)]
    actions = random.sample(iris, min(_ASKED, len(iris)))
    return (*([iri.rpartition("/")[2] for iri in found] for found in (actions, ends)),)  # type: ignore[return-value]


def groups_of(snapshot: Snapshot, settings: Settings, random: Random) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield what is asked: its name, what is accepted, and the addresses."""
    actions, members = keys_of(snapshot, settings, random)
    yield "page of an action", "text/html", [f"/doc/action/{key}" for key in actions]
    yield "chain of 30, page", "text/html", [f"/chain/{key}" for key in members]
    yield "chain of 30, JSON", "application/json", [f"/chain/{key}" for key in members]
    for name, addresses in list_addresses(snapshot, settings):
        yield name, "text/html", addresses
    for address in _OF_ALL:
        yield address, "text/html", [address] * _ROUNDS


def show(what: str, times: Sequence[tuple[float, float]]) -> None:
    """Print the medians of `times`, and what most keep to."""
    wall = [each for each, _ in times]
    worst = quantiles(wall, n=20)[-1] if len(wall) > 1 else wall[0]
    click.echo(f"{what:<20} {middle(times)}  95 of 100 within {worst:7.1f} ms")


def measure_here(store: Path, seed: int) -> None:
    """Print medians of the app in this process."""
    settings = Settings(store=store, url="http://127.0.0.1/", max_kept_bytes=1)
    random = Random(seed)  # noqa: S311 - no secret
    with closing(Pool(settings)) as pool:
        snapshots = ReleaseSnapshots(ReleaseStore(store), lambda found: PooledEngine(pool, found, union_default=True))
        with history_of(snapshots.current()) as things:
            pages = random.sample(things.pages(), min(20, len(things.pages())))
            listed = [thing for page in pages for thing in things.listed(page.number)]
        chosen = random.sample(listed, min(_ASKED, len(listed)))
        client = create_app(settings, snapshots).test_client()
        for what, (address, accept) in _ADDRESSES.items():
            show(what, time_each(client, address, accept, [f"{thing.kind}/{thing.key}" for thing in chosen]))
        for what, accept, addresses in groups_of(snapshots.current(), settings, random):
            time_each(client, "{}", accept, addresses[:1])  # templates are compiled once in a process
            show(what, time_each(client, "{}", accept, addresses))


def ask_until(
    server: Served, client: int, accept: str, turns: Iterator[str], until: float
) -> list[tuple[float, float]]:
    """Ask one address of `turns` after another until an instant, and return how long each took in ms, and zero.

    Raises:
        ClickException: an answer is none.
    """
    took = []
    with server.connect(f"127.0.0.{client + 1}") as connection:
        while time.monotonic() < until:
            answer = connection.exchange(get(address := next(turns), f"Accept: {accept}"))
            if answer.status != 200:
                raise click.ClickException(f"{address}: {answer.status}")
            took.append((answer.took_s * 1_000, 0.0))
    return took


def measure_served(store: Path, seed: int, clients: int, seconds: float) -> None:
    """Print how many pages of each kind a server gives so many clients in a second."""
    snapshot = ReleaseSnapshots(ReleaseStore(store)).current()
    groups = list(islice(groups_of(snapshot, Settings(store=store), Random(seed)), 2))  # noqa: S311 - no secret
    snapshot.engine.close()
    with tempfile.TemporaryDirectory() as home:
        server = Served(Path(home), "--store", str(store.absolute()), "--limit", "max_kept_bytes=1")
        try:
            for what, accept, addresses in groups:
                ask = partial(
                    ask_until, server, accept=accept, turns=cycle(addresses), until=time.monotonic() + seconds
                )
                with ThreadPoolExecutor(clients) as pool:
                    times = [each for took in pool.map(ask, range(clients)) for each in took]
                show(f"{what}, {clients} clients, {len(times) / seconds:.0f} a second", times)
        finally:
            server.stop()


@click.command()
@click.argument("store", type=click.Path(path_type=Path, exists=True))
@click.option("--seed", default=1, show_default=True, help="Another seed asks for other things.")
@click.option("--clients", default=0, help="Ask a server by so many clients at once, and not in this process.")
@click.option("--seconds", default=10.0, show_default=True, help="How long clients ask for pages of each kind.")
def main(store: Path, seed: int, clients: int, seconds: float) -> None:
    """Print medians for things drawn by chance from the release on STORE, and for pages."""
    if clients:
        measure_served(store, seed, clients, seconds)
    else:
        measure_here(store, seed)


if __name__ == "__main__":
    main()
