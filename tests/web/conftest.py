"""A small release, and the application on it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release import store as release_store
from actiongraph.release.build import build
from actiongraph.release.snapshots import FileSnapshots, ReleaseSnapshots, Snapshot, Snapshots
from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE, IRI
from actiongraph.web.app import create_app

# Some tests of this folder share a module, and --import-mode=importlib looks nowhere for it, nor for bench.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

TRIG = """
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:g1 {
  ex:a ex:label "Ghana"@en ; ex:since "2014-12-01"^^xsd:date ; ex:next ex:b .
}
ex:g2 {
  ex:b ex:label "<script>alert(1)</script>" , "crème brûlée 🌍" ; ex:next ex:c .
}
"""
GRAPHS = {IRI("http://example.org/g1"): 3, IRI("http://example.org/g2"): 3}
RELEASE = "20260101T000000Z-0123456789ab"
URL = "https://graph.example.org/"


class ReleaseStore:
    """A library with one snapshot, which a test may exchange."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def current(self) -> Snapshot:
        return self.snapshot


@pytest.fixture(scope="session")
def engine() -> Iterator[OxigraphEngine]:
    quads = list(ox.parse(TRIG, format=ox.RdfFormat.TRIG))
    made = OxigraphEngine.in_memory(quads, union_default=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def snapshots(engine: OxigraphEngine) -> ReleaseStore:
    return ReleaseStore(Snapshot(engine, RELEASE, GRAPHS, union_default=True))


@pytest.fixture(scope="session")
def files_snapshots() -> Snapshots:
    quads = list(ox.parse("<http://example.org/s> <http://example.org/p> 1 .", format=ox.RdfFormat.TURTLE))
    return FileSnapshots(Snapshot(OxigraphEngine.in_memory(quads, union_default=False), None, {}, union_default=False))


@pytest.fixture(scope="session")
def make_app() -> Callable[..., Flask]:
    """Return a function that makes an application on a snapshots, with other settings where they are given."""

    def make(snapshots: Snapshots, **settings: object) -> Flask:
        return create_app(Settings(**({"url": URL} | settings)), snapshots)

    return make


@pytest.fixture(scope="session")
def app(make_app: Callable[..., Flask], snapshots: Snapshots) -> Flask:
    return make_app(snapshots)


@dataclass(frozen=True)
class Deployment:
    """The shipped data as a release, served at `settings.url`; things are named under `settings.base`."""

    settings: Settings
    releases: release_store.ReleaseStore
    client: FlaskClient

    @property
    def base(self) -> str:
        return self.settings.base

    @property
    def url(self) -> str:
        return self.settings.url or ""

    def path(self, address: str) -> str:
        """Return the path of an address under the url, as the client asks for it."""
        assert address.startswith(self.url), address
        return "/" + address.removeprefix(self.url)

    def get(self, address: str, accept: str | None = None, **headers: str):
        """Ask for an address under the url, or for an IRI under the base as if the base were mapped to the url."""
        if not address.startswith(self.url):
            assert address.startswith((self.base, CANONICAL_BASE)), address
            address = self.url + address.removeprefix(self.base).removeprefix(CANONICAL_BASE)
        fields = headers | ({"Accept": accept} if accept else {})
        return self.client.get(self.path(address).partition("#")[0], headers=fields)


DEPLOYMENTS = {
    "mapped": Settings(url="https://graph.example.org/data-of/"),
    "same": Settings(base="https://actions.example.org/", url="https://actions.example.org/"),
}


@pytest.fixture(scope="session")
def deploy(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Callable[[str], Deployment]:
    """Return a function that gives a deployment by its name, built when it is first asked for."""

    @cache
    def deployed(name: str) -> Deployment:
        def make(folder: Path) -> None:
            build(replace(DEPLOYMENTS[name], store=folder), release_store.ReleaseStore(folder))

        settings = replace(DEPLOYMENTS[name], store=built_once(f"deployment-{name}", make))
        releases = release_store.ReleaseStore(settings.store)
        return Deployment(settings, releases, create_app(settings, ReleaseSnapshots(releases)).test_client())

    return deployed


@pytest.fixture(scope="session", params=DEPLOYMENTS)
def deployment(request: pytest.FixtureRequest, deploy: Callable[[str], Deployment]) -> Deployment:
    """The shipped data, once with the default base behind a mapped address and once with base = url."""
    return deploy(request.param)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def files_client(make_app: Callable[..., Flask], files_snapshots: Snapshots) -> FlaskClient:
    return make_app(files_snapshots).test_client()
