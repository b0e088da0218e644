"""A number learnt later is a property: asked where a key would stand, it leads to the action that bears it."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG
from actiongraph.web.app import create_app

BASE = "https://actions.example.org/"
DATA = "".join(
    f'<{BASE}id/action/{key}> a <{AG.Action}> ; <{AG.actionNumber}> "{number}" .\n'
    for key, number in (("reform", "2014-25"), ("2014-12", "2014-13"), ("one", "7"), ("two", "7"))
)


class ReleaseStore:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def current(self) -> Snapshot:
        return self.snapshot


@pytest.fixture(scope="module")
def client():
    quads = ox.parse(f"<{BASE}graph/one> {{ {DATA} }}", format=ox.RdfFormat.TRIG)
    engine = OxigraphEngine.in_memory(quads, union_default=True)
    snapshot = Snapshot(engine, "20260101T000000Z-0123456789ab", {}, union_default=True)
    return create_app(Settings(base=BASE, url=BASE), ReleaseStore(snapshot)).test_client()


@pytest.mark.parametrize(("asked", "leads_to"), [("2014-25", "reform"), ("2014-12", "2014-12"), ("reform", "reform")])
def test_a_key_goes_before_a_number_and_a_number_leads_to_its_action(client, asked: str, leads_to: str) -> None:
    page = client.get(f"/id/action/{asked}", headers={"Accept": "text/html"})
    data = client.get(f"/id/action/{asked}", headers={"Accept": "text/turtle"})
    assert (page.status_code, page.location) == (303, f"{BASE}doc/action/{leads_to}")
    assert (data.status_code, data.location) == (303, f"{BASE}data/action/{leads_to}.ttl")


@pytest.mark.parametrize("asked", ["7", "2014-99"])
def test_a_number_of_several_actions_or_of_none_leads_nowhere(client, asked: str) -> None:
    assert client.get(f"/id/action/{asked}").status_code == 404
