"""A browser, and two servers that it reads: a release of the shipped data, and a large made-up family from a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pyoxigraph as ox
import pytest
from flask import Flask
from werkzeug.serving import make_server

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.snapshots import FileSnapshots, Snapshot, Snapshots
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI
from actiongraph.web.app import create_app
from bench.woven import quads_of, woven

sys.path.append(str(Path(__file__).parent))

from chromium import Browser, started

TITLES = (
    "Strengthening the delivery of social assistance to informal workers in the northern provinces and beyond",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW MMMMMMMMMMMM @@@@@@@@@@@@ %%%%%%%%%%",
    "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft",
    "<script>document.title = 'hostile'</script>",
    "Reform",
)


def family() -> str:
    """Two hundred actions in one family, as Turtle: a line of eight years with a fork in each, a join and a loop."""
    lines = ["@prefix ag: <https://w3id.org/actiongraph/ontology#> .", "@prefix dcterms: <http://purl.org/dc/terms/> ."]
    lines += ["@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .", "@prefix a: <http://example.org/id/action/> ."]
    for number in range(200):
        year = 2008 + number % 9
        lines.append(f'a:m{number:03} a ag:DescribedAction ; dcterms:title "{TITLES[number % len(TITLES)]}" .')
        if number % 7:
            lines.append(f'a:m{number:03} ag:startDate "{year}"^^xsd:gYear ; ag:actionNumber "{year}-{number:02}" .')
        if number:
            follows = "ag:probableFollowUpOf" if number % 5 == 0 else "ag:followUpOf"
            lines.append(f"a:m{number:03} {follows} a:m{number - 1 if number < 12 else number % 9:03} .")
    return "\n".join([*lines, "a:m005 ag:followUpOf a:m001 .", "a:m001 ag:followUpOf a:m003 ."])


@contextmanager
def served(snapshots: Snapshots, **settings: Any) -> Iterator[str]:
    """The address at which `snapshots` is served meanwhile, with settings besides the address."""
    server = make_server("127.0.0.1", 0, Flask("none yet"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}/"
    server.app = create_app(Settings(url=url, **settings), snapshots)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session", name="serve_snapshots")
def serve_snapshots_fixture() -> Callable[..., AbstractContextManager[str]]:
    """A function that serves snapshots; see `served`."""
    return served


@pytest.fixture(scope="session")
def sites(release) -> Iterator[dict[str, str]]:
    """The addresses of a release and of files, with a slash at the end."""
    engine = OxigraphEngine.in_memory(list(ox.parse(family(), format=ox.RdfFormat.TURTLE)), union_default=False)
    files = FileSnapshots(Snapshot(engine, None, {}, union_default=False))
    with served(release.snapshots) as first, served(files) as second:
        yield {"release": first, "files": second}


SIZES = (2, 12, 13, 60, 61, 200, 201)
"""Actions of the chains that are served to look at: those on both sides of each change of form."""


@pytest.fixture(scope="session")
def chain_pages() -> Iterator[dict[int, str]]:
    """The address of the page about an action in the middle of a chain, by the size of the chain."""
    chains = {size: woven(size, seed=size, prefix=f"c{size}") for size in SIZES}
    engine = OxigraphEngine.in_memory(quads_of(*chains.values()), union_default=True)
    version = "20260101T000000Z-0123456789ab"
    snapshot = Snapshot(engine, version, {IRI("http://example.org/graph/woven"): 1}, union_default=True)
    with served(FileSnapshots(snapshot)) as url:
        yield {size: f"{url}chain/{chain[size // 2].key}.html" for size, chain in chains.items()}


@pytest.fixture(scope="session")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests."""
    with started(chromium, tmp_path_factory.mktemp("chromium")) as running:
        yield running
