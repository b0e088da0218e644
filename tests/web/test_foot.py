"""The foot of every page: which release it is, under which licence, how to cite it and where to report an error."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.settings import Party
from actiongraph.web.app import create_app

BROWSER = {"Accept": "text/html"}
PAGES = ("", "actions", "chains", "chain/2014-12", "doc/country/COL", "sparql", "data", "schema", "about", "nowhere")


def foot(client, path: str) -> str:
    return unescape(re.findall("<footer>(.*?)</footer>", client.get(path, headers=BROWSER).text, re.DOTALL)[-1])


def words(written: str) -> list[str]:
    return [" ".join(re.sub("<[^>]+>", "", item).split()) for item in re.findall("<li>(.*?)</li>", written, re.DOTALL)]


@pytest.fixture(scope="module")
def told(deploy):
    """The shipped data, with somebody to write to."""
    made = deploy("same")
    settings = replace(made.settings, contact=Party("Somebody", "mailto:somebody@example.org"))
    return create_app(settings, ReleaseSnapshots(made.releases)).test_client(), ReleaseSnapshots(
        made.releases
    ).current()


@pytest.mark.parametrize("path", PAGES)
def test_it_is_below_every_page(told, path: str) -> None:
    client, snapshot = told
    written = foot(client, f"/{path}")
    release, licence, cite, report, about, limits, program = words(written)
    assert release == f"Release {snapshot.version} of {snapshot.created_at:%Y-%m-%d}"
    assert (licence, cite, report, about, limits) == ("Licence CC BY 4.0", "Cite", "Report an error", "About", "Limits")
    assert program.startswith("actiongraph ")
    assert 'href="https://creativecommons.org/licenses/by/4.0/"' in written


def test_an_error_is_reported_with_the_page_and_the_release(told) -> None:
    client, snapshot = told
    [address] = re.findall('href="(mailto:[^"]*)"', foot(client, "/doc/country/COL"))
    letter = parse_qs(urlsplit(address).query)
    assert "https://actions.example.org/doc/country/COL" in letter["body"][0]
    assert f"Release {snapshot.version}" in letter["body"][0]


def test_a_pinned_page_names_its_own_release(told) -> None:
    client, snapshot = told
    assert f"/data?version={snapshot.version}#cite" in foot(client, f"/chains?version={snapshot.version}")
    assert "/data#cite" in foot(client, "/chains")
    assert 'href="#cite"' in foot(client, "/doc/action/2014-12")


def test_nobody_is_named_where_no_contact_is_told(deploy) -> None:
    assert "Report an error" not in words(foot(deploy("same").client, "/about"))


def test_files_have_no_release_no_licence_of_ours_and_nothing_to_cite(files_client) -> None:
    assert [each for each in words(foot(files_client, "/about")) if not each.startswith("actiongraph")] == [
        "About", "Limits",
    ]  # fmt: skip
