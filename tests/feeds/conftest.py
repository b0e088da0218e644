"""A small history of releases, served: what came, changed, went and was withdrawn is known from the texts below."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from actiongraph.release.build import publish
from actiongraph.release.inputs import rebased_quads
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report
from actiongraph.vocabulary import CANONICAL_BASE
from actiongraph.web.app import create_app

HEAD = f"""@base <{CANONICAL_BASE}> .
@prefix ag: <{CANONICAL_BASE}ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
ACTION = r"""<id/action/one> a ag:Action , ag:DescribedAction ; dcterms:title "First & <second>\r"@en , "Primera"@es ;
  ag:summary "A bell\u0007 rings."@en ; ag:partner <id/org/ministry> ; ag:country <id/country/GHA> ;
  ag:followUpOf <id/action/2014-12> ; ag:startDate "2015-03"^^xsd:gYearMonth ; ag:actionNumber "2015-01" ;
  ag:theme <concept/theme/pensions> ; dcterms:source <id/source/page> .
<id/action/one#note> skos:note 7 ."""
EARLIER = '<id/action/2014-12> a ag:Action ; ag:actionNumber "2014-12" .'
MINISTRY = '<id/org/ministry> a org:Organization ; skos:prefLabel "Ministry"@en .'
GHANA = '<id/country/GHA> a ag:Country ; skos:prefLabel "Ghana"@en .'
SOURCE = '<id/source/page> a ag:Source ; dcterms:title "A page"@en .'
WITHDRAWN = """<id/org/double> a ag:WithdrawnResource ; prov:invalidatedAtTime "2026-11-26"^^xsd:date ;
  ag:reason "Described twice."@en ; dcterms:isReplacedBy <id/org/ministry> ."""
DOUBLE = '<id/org/double> a org:Organization ; skos:prefLabel "The double"@en .'


def places(*numbers: int, name: str = "Place") -> str:
    return "\n".join(f'<id/place/p{n:02}> a ag:Place ; skos:prefLabel "{name} {n}"@en .' for n in numbers)


FIRST = (ACTION, EARLIER, MINISTRY, GHANA, SOURCE, DOUBLE, places(*range(20)))
SECOND = (ACTION, EARLIER, MINISTRY, GHANA, SOURCE, WITHDRAWN, places(0, name="Town"), places(*range(2, 21)))
THIRD = (*SECOND, '<id/source/page> dcterms:description "Read again."@en .')
CREATED = ("action/one", "action/2014-12", "org/ministry", "country/GHA", "source/page", "org/double")
CHANGES: tuple[dict[str, str], ...] = (
    dict.fromkeys((*CREATED, *(f"place/p{n:02}" for n in range(20))), "Create"),
    {"org/double": "Delete", "place/p00": "Update", "place/p01": "Delete", "place/p20": "Create"},
    {"source/page": "Update"},
)
"""What the texts above make of each thing, release by release."""


class Site:
    """A deployment whose releases a test publishes; things are named under `base`, documents located under `url`."""

    action = HEAD + ACTION
    texts = (FIRST, SECOND, THIRD)
    changes = CHANGES
    versions: list[str]
    asked: list[str]

    def __init__(self, folder: Path, base: str, url: str, **more: object) -> None:
        self.base, self.url = base, url
        self.settings = Settings(base=base, url=url, store=folder, keep_releases=2, **more)
        self.releases = ReleaseStore(folder)
        self.app: Flask = create_app(self.settings, ReleaseSnapshots(self.releases))
        self.client: FlaskClient = self.app.test_client()

    def publish(self, *turtle: str) -> str:
        """Publish a release that says `turtle`, written under the canonical base, and return its version."""
        graph = ox.NamedNode(CANONICAL_BASE + "graph/one")
        parsed = ox.parse(HEAD + "\n".join(turtle), format=ox.RdfFormat.TURTLE)
        quads = list(rebased_quads((ox.Quad(*quad.triple, graph) for quad in parsed), self.settings))
        with self.releases.locked():
            record = publish(quads, Report(), self.settings, self.releases).record
        began = datetime.fromisoformat(record.created_at).timestamp()
        os.utime(self.releases.folder / "current", (began, began), follow_symlinks=False)  # as if it had taken no time
        return record.version

    def get(self, address: str, **headers: str):
        """Ask for an address under the url."""
        assert address.startswith(self.url), address
        return self.client.get(address.removeprefix(self.url), headers=headers)

    def iri(self, name: str) -> str:
        return f"{self.base}id/{name}"


DEPLOYMENTS = {
    "mapped": (CANONICAL_BASE, "https://graph.example.org/data-of/"),
    "same": ("https://actions.example.org/", "https://actions.example.org/"),
}


@pytest.fixture(scope="session", params=DEPLOYMENTS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Three releases, the first of which is no longer kept; nobody may publish more."""
    made = Site(tmp_path_factory.mktemp("feeds"), *DEPLOYMENTS[request.param])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actiongraph.index.resource_history_writer.EVENTS_PER_PAGE", 10)
        made.versions = [made.publish(*said) for said in made.texts]
    return made


@pytest.fixture
def make_site(tmp_path: Path) -> Callable[..., Site]:
    """Return a function that makes a site without releases; more settings may be given."""
    return lambda **more: Site(tmp_path / "made", CANONICAL_BASE, "https://a.example/", **more)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start a server on loopback; its base is its address, or the canonical one."""
    running = []

    def start(*, mapped: bool) -> Site:
        class Late:
            """Hands requests on to the application, which can only be made when the port is known."""

            def __call__(self, environ, start_response):
                asked.append(environ["PATH_INFO"])
                return self.site.app(environ, start_response)

        late = Late()
        asked: list[str] = []
        server = make_server("127.0.0.1", 0, late, threaded=True)
        url = f"http://127.0.0.1:{server.server_port}/"
        late.site = Site(tmp_path / "served", CANONICAL_BASE if mapped else url, url)
        late.site.asked = asked
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return late.site

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def files_site(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Files served as they stand."""
    from actiongraph.engine.oxigraph import OxigraphEngine
    from actiongraph.release.snapshots import FileSnapshots, Snapshot

    engine = OxigraphEngine.in_memory([], union_default=False)
    snapshots = FileSnapshots(Snapshot(engine, None, {}, union_default=False))
    return create_app(replace(Settings(), url="https://files.example.org/"), snapshots).test_client()
