"""Words that a newer snapshot of their source lacks, wherever the words are quoted: pages, documents and tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from actiongraph.cli.running import app
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

HTML, JSON, TEXT = "text/html", "application/json", "text/plain"
NOTE = "A newer snapshot of the source no longer has these words; "
FOLLOWS = "follow-up of W-001"
SENT = "One expert from Portugal"


@pytest.fixture(scope="module")
def drifted(built_once, tmp_path_factory) -> FlaskClient:
    """The pages of a programme whose page now has another number, and says nothing of its expert."""
    from bench.publish import publish_data

    def make(folder: Path) -> None:
        data = tmp_path_factory.mktemp("drifted") / "wells"
        run = CliRunner().invoke
        assert run(app, ["init", str(data), "--title", "Wells", "--base", "https://wells.example.org/"]).exit_code == 0
        page = (data / "first-page.txt").read_text("utf-8")
        newer = data.parent / "newer.txt"
        newer.write_text(page.replace(FOLLOWS, "follow-up of W-007").replace(SENT, "Somebody"), "utf-8")
        assert run(app, ["sources", "check", "first-page", str(newer), "--data", str(data)]).exit_code == 1
        publish_data(data, folder)

    store = built_once("drifted", make)
    settings = Settings(url="https://graph.example.org/", store=store)
    return create_app(settings, ReleaseSnapshots(ReleaseStore(store))).test_client()


def told(client: FlaskClient, path: str, accept: str = HTML) -> str:
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


@pytest.mark.parametrize(
    "path", ["/doc/action/spare-parts-anfoin", "/doc/source/first-page", "/chain/spare-parts-anfoin"]
)
def test_a_page_has_the_old_words_and_the_new_ones(drifted, path):
    page = told(drifted, path)
    assert FOLLOWS in page
    assert f"{NOTE}in their place it has: follow-up of W-007" in page


@pytest.mark.parametrize("path", ["/doc/team/well-anfoin-1", "/doc/source/first-page"])
def test_a_page_says_that_words_are_gone(drifted, path):
    page = told(drifted, path)
    assert SENT in page
    assert f"{NOTE}nothing like them is there" in page


def test_what_still_stands_has_no_note(drifted):
    page = told(drifted, "/doc/action/well-anfoin")
    assert "W-001 A well for the school of Anfoin" in page
    assert NOTE not in page


def test_documents_of_a_chain_have_the_new_words(drifted):
    assert '"wordsNow": "follow-up of W-007"' in told(drifted, "/chain/spare-parts-anfoin", JSON)
    lines = " ".join(told(drifted, "/chain/spare-parts-anfoin", TEXT).split())
    assert f"{NOTE}in their place it has: follow-up of W-007" in lines


def test_nothing_is_withdrawn(drifted):
    turtle = told(drifted, "/doc/action/spare-parts-anfoin", "text/turtle")
    assert "followUpOf" in turtle
    assert "Portugal" in told(drifted, "/doc/team/well-anfoin-1")
