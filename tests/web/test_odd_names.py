"""Names beyond ASCII, and numbers beyond reason: in header fields, and in parameters."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI
from actiongraph.web.app import create_app
from actiongraph.web.http.representation import in_ascii

BASE = "https://例え.example/"
DATA = f"""
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<{BASE}graph/one> {{ <{BASE}id/org/日本> a skos:Concept ; skos:prefLabel "é"@fr . }}
"""


class ReleaseStore:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def current(self) -> Snapshot:
        return self.snapshot


@pytest.fixture(scope="module")
def client():
    engine = OxigraphEngine.in_memory(ox.parse(DATA, format=ox.RdfFormat.TRIG), union_default=True)
    snapshot = Snapshot(engine, "20260101T000000Z-0123456789ab", {IRI(f"{BASE}graph/one"): 2}, union_default=True)
    settings = Settings(base=BASE, url=BASE, license="https://例え.example/licence")
    return create_app(settings, ReleaseStore(snapshot)).test_client()


@pytest.mark.parametrize("path", ["/id/org/日本", "/doc/org/日本", "/data/org/日本.ttl", "/data/org/日本", "/"])
def test_header_fields_hold_uris(client, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (200, 303), response.text
    for name in ("Link", "Location"):
        assert response.headers.get(name, "").isascii()
    if path.startswith("/data"):
        # RFC 3987, section 3.1: each byte of the UTF-8 form as a percent-encoding.
        assert "id/org/%E6%97%A5%E6%9C%AC" in response.headers["Link"]


def test_what_is_a_uri_already_is_left_alone() -> None:
    assert (
        in_ascii('<https://example.org/a%20b?c=d&e#f>; rel="cite-as"')
        == '<https://example.org/a%20b?c=d&e#f>; rel="cite-as"'
    )


NINES = "1" + "9" * 5_000


@pytest.mark.parametrize("query", [f"page={'0' * 19}{NINES}", f"from={'0' * 8}{NINES}", f"to={NINES}"])
def test_numbers_beyond_reason_are_refused(deployment, query: str) -> None:
    assert deployment.client.get(f"/chains?{query}").status_code == 400


@pytest.mark.parametrize("page", ["01", "0000000001"])
def test_zeros_before_a_number_say_nothing(deployment, page: str) -> None:
    assert deployment.client.get(f"/doc/action/2014-12?page={page}").status_code == 200
