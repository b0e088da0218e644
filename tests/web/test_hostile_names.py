"""Names that mislead: no page turns text around or runs markup, and no table for a spreadsheet has a formula.

The same data are looked at in a browser by tests/browser/test_hostile_names.py.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

DATA = Path(__file__).parents[1] / "hostile" / "hostile_data.ttl"
HIDDEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks and changes of direction (Unicode Standard Annex 9, table 1)."""
PREFIXES = "PREFIX dcterms: <http://purl.org/dc/terms/> "
SELECT = quote(PREFIXES + "# Names \u202eseman\nSELECT ?action ?title { ?action dcterms:title ?title }")
PAGES = DATA.with_name("hostile_pages.txt").read_text("utf-8").split()
TABLES = ("actions", "partners", "countries", "themes", "chains", "chain/turned", "ledger/turned")


@pytest.fixture(scope="module")
def hostile(built_once: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory) -> FlaskClient:
    from bench.publish import publish_data

    def make(folder: Path) -> None:
        data = tmp_path_factory.mktemp("hostile") / "data"
        data.mkdir()
        (data / "hostile.ttl").write_bytes(DATA.read_bytes())
        (data / "turned.ledger.ttl").write_bytes(DATA.with_name("hostile_ledger.ttl").read_bytes())
        publish_data(data, folder)

    store = built_once("hostile-names", make)
    return create_app(
        Settings(url="https://graph.example.org/", store=store), ReleaseSnapshots(ReleaseStore(store))
    ).test_client()


class Shown(HTMLParser):
    """The texts and attributes that a page shows, and the names of its elements.

    Scripts are for programs, and a query in its field, or as code to copy, stays as it was sent.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[str] = []
        self._hides = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._hides = self._hides or tag in ("script", "textarea", "pre")
        self.texts += [value or "" for name, value in attributes if name in ("title", "alt", "aria-label", "content")]

    def handle_endtag(self, tag: str) -> None:
        self._hides = self._hides and tag not in ("script", "textarea", "pre")

    def handle_data(self, data: str) -> None:
        if not self._hides:
            self.texts.append(data)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_turned_around_and_no_markup_is_run(hostile: FlaskClient, path: str) -> None:
    response = hostile.get(path, headers={"Accept": "text/html"})
    assert response.status_code in (200, 400, 404)
    shown = Shown(response.text)
    assert [text for text in shown.texts if HIDDEN.search(text)] == []
    assert "img" not in shown.elements


@pytest.mark.parametrize(
    "path", ["/doc/statement/turned", "/doc/source/turned", "/doc/action/endless", "/chain/turned"]
)
def test_words_of_a_newer_snapshot_are_shown_and_tamed(hostile: FlaskClient, path: str) -> None:
    page = hostile.get(path, headers={"Accept": "text/html"}).text
    assert "A newer snapshot of the source no longer has these words; in their place it has:" in page


def test_more_than_two_refused_parts_of_a_record_open_when_asked(hostile: FlaskClient) -> None:
    page = hostile.get("/ledger/turned", headers={"Accept": "text/html"}).text
    assert "<details><summary>3 parts refused</summary>" in page
    assert page.count("Part refused, ") == 3


def test_a_name_says_its_language(hostile: FlaskClient) -> None:
    page = hostile.get("/doc/action/hebrew", headers={"Accept": "text/html"}).text
    assert re.search(r'<h1[^>]*>\s*<bdi lang="he"', page)
    for path in ("actions", "chains", "doc/org/hebrew", "search?q=2016", "chain/hebrew"):
        page = hostile.get(f"/{path}", headers={"Accept": "text/html"}).text
        assert 'lang="he"' in page, path


@pytest.mark.parametrize("path", TABLES)
def test_a_table_for_a_spreadsheet_has_no_formula(hostile: FlaskClient, path: str) -> None:
    response = hostile.get(f"/{path}.csv")
    assert response.status_code == 200
    cells = [cell for row in csv.reader(io.StringIO(response.text)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []
    assert any("HYPERLINK" in cell or "1+1" in cell or "SUM" in cell for cell in cells)


def test_results_in_csv_are_as_the_data(hostile: FlaskClient) -> None:
    response = hostile.get(f"/sparql?query={SELECT}", headers={"Accept": "text/csv"})
    titles = {row[1] for row in csv.reader(io.StringIO(response.text))}
    assert '=HYPERLINK("https://example.org/", "Open")' in titles
