"""The name of a chain: the key of any member leads to the chain that it is in now, and what has left all is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE
from actiongraph.web.app import create_app

URL = "https://graph.example.org/"
HEAD = f"""@base <{CANONICAL_BASE}> .
@prefix ag: <{CANONICAL_BASE}ontology#> .
@prefix act: <{CANONICAL_BASE}id/action/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix schema: <https://schema.org/> .
<id/source/list> a ag:Source ; dcterms:title "A list"@en ; schema:url <https://example.org/list> .
"""
ACTIONS = "".join(
    f"act:{key} a ag:Action, ag:ReferencedAction ; dcterms:source <id/source/list> ; "
    f'ag:actionNumber "2013-{number}" .\n'
    for number, key in enumerate("abcdef", start=10)
)


def chain(*links: str) -> str:
    """Return the data with `later<earlier` as links; actions without one stand beside the first."""
    pairs = [link.split("<") for link in links]
    alone = set("abcdef") - {key for pair in pairs for key in pair}
    beside = [f"act:{key} ag:parallelTo act:{pairs[0][0]} ." for key in sorted(alone)]
    return (
        HEAD
        + ACTIONS
        + "\n".join([*(f"act:{later} ag:followUpOf act:{earlier} ." for later, earlier in pairs), *beside])
    )


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory):
    """A client of two releases: d←e and b←c in the first; then a comes before b, d←e is joined to it, and f←c goes."""
    folder = tmp_path_factory.mktemp("grown")
    data = folder / "data"
    data.mkdir()
    settings, releases = Settings(url=URL, data=data, store=folder / "store"), ReleaseStore(folder / "store")
    versions = []
    for links in (("e<d", "c<b", "a<f"), ("e<d", "c<b", "b<a", "d<b")):
        Path(data / "list.ttl").write_text(chain(*links), "utf-8")
        versions.append(build(settings, releases).record.version)
    return create_app(settings, ReleaseSnapshots(releases)).test_client(), versions[0]


@pytest.mark.parametrize("key", ["b", "c", "d", "e"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/id/chain/{}", "id/chain/a"),
        ("/doc/chain/{}", "doc/chain/a"),
        ("/data/chain/{}.ttl", "data/chain/a.ttl"),
        ("/data/chain/{}.ttl?references", "data/chain/a.ttl?references"),
    ],
)
def test_the_key_of_any_member_leads_to_the_chain_it_is_in_now(grown, key, old, new):
    client, _ = grown
    response = client.get(old.format(key))
    assert (response.status_code, response.headers["Location"]) == (301, URL + new)


@pytest.mark.parametrize("address", ["/id/chain/a", "/doc/chain/a", "/data/chain/a.ttl"])
def test_the_key_of_the_earliest_root_is_the_name(grown, address):
    client, _ = grown
    assert client.get(address).status_code == (303 if address.startswith("/id") else 200)


def test_a_name_without_follow_ups_any_more_is_gone_and_its_action_is_named(grown):
    client, _ = grown
    for address in ("/id/chain/f", "/doc/chain/f", "/data/chain/f.ttl"):
        response = client.get(address, headers={"Accept": "application/problem+json, text/turtle"})
        assert response.status_code == 410
        assert f"{CANONICAL_BASE}id/action/f is in no chain any more" in response.text
        assert f"{URL}doc/action/f" in response.text


def test_what_never_was_the_name_of_a_chain_is_not_found(grown):
    client, _ = grown
    assert client.get("/id/chain/mosd-strategy").status_code == 404
    assert client.get("/id/chain/nowhere").status_code == 404


def test_the_release_before_has_the_names_of_its_day(grown):
    client, first = grown
    assert client.get(f"/id/chain/d?version={first}").status_code == 303
    moved = client.get(f"/id/chain/e?version={first}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{URL}id/chain/d?version={first}")


def test_a_chain_itself_opens_by_any_member(grown):
    client, _ = grown
    for key in "abcde":
        assert client.get(f"/chain/{key}", headers={"Accept": "application/json"}).json["key"] == "a"
