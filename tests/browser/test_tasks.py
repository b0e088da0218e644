"""What people come for, done in a browser from the home page by clicking and typing only."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest

from actiongraph.settings import Party, shipped
from actiongraph.vocabulary import AG
from actiongraph.web.workbench import find_editor

pytestmark = pytest.mark.long("browser")

HEADING = "document.querySelector('h1').textContent"
TEXT = "document.querySelector('main').innerText"
PREFIX = "PREFIX ag: <https://w3id.org/actiongraph/ontology#> "


def test_who_sent_experts_to_colombia(browser, sites) -> None:
    with browser.page(sites["release"]) as page:
        page.type_into("main input[name=q]", "Colombia")
        page.click("Colombia")
        assert page.evaluate(HEADING).strip() == "Colombia"
        senders = page.evaluate(TEXT).partition("Experts from")[2].partition("Partners")[0]
        assert "Spain" in senders
        assert "Italy" in senders


@pytest.mark.parametrize(
    ("words", "title", "follows"),
    [
        ("Gana", "Enhance the effectiveness and coordination of social protection in Ghana", "2014-12"),
        ("street vendors Bogotá", "Consolidation of the strategy", "Social protection coverage in the informal"),
        ("pensión México", "Follow up support to the reform of the pension system in Mexico", "2014-25"),
    ],
)
@pytest.mark.parametrize("how", [{}, {"script": False}, {"width": 390}, {"dark": True}], ids=str)
def test_from_words_to_what_came_of_it_in_three_steps(
    browser, sites, words: str, title: str, follows: str, how: dict[str, object]
) -> None:
    with browser.page(sites["release"], **how) as page:
        page.type_into("header input[name=q]", words)
        page.click(title)
        page.click("See the chain")
        assert title in page.evaluate(HEADING)
        assert follows in page.evaluate(TEXT).replace("\xa0", " ")


@pytest.mark.parametrize(
    "query",
    [
        "SELCT ?action { ?action ag:country ?country }",
        "SELECT ?action { ?action ag:country ?country ; dcterms:title ?title }",
        "SELECT ?action { ?action ag:contry ?country }",
        "SELECT ?action { ?action ag:country <https://w3id.org/actiongraph/id/country/COLL> }",
        "SELECT ?action { ?action ag:country 'Colombia' }",
        "SELECT ?country { ?country a ag:Country ; ag:country ?action }",
    ],
    ids=["typo", "missing prefix", "wrong property", "wrong IRI", "a name for an IRI", "wrong way round"],
)
def test_a_wrong_query_is_mended_by_one_click(browser, sites, query: str) -> None:
    with browser.page(sites["release"], script=False) as page:
        page.click("Query")
        page.evaluate("document.querySelector('textarea[name=query]').value = ''")
        page.type_into("textarea[name=query]", PREFIX + query, enter=False)
        page.click("Run")
        assert page.evaluate("document.querySelectorAll('.results tbody tr').length") == 0
        page.click("Change and run")
        assert page.evaluate("document.querySelectorAll('.results tbody tr').length") > 0


def test_all_faults_of_a_query_are_mended_by_one_click(browser, sites) -> None:
    with browser.page(sites["release"], script=False) as page:
        page.click("Query")
        page.evaluate("document.querySelector('textarea[name=query]').value = ''")
        query = "SELCT ?action WERE { ?action ag:country ?c FILTER(?c == 'x' || rdfs:x != ?c) } LIMTI 3"
        page.type_into("textarea[name=query]", query, enter=False)
        page.click("Run")
        assert "5 more faults" in page.evaluate(TEXT)
        page.click("Change all and run")
        assert page.evaluate("document.querySelectorAll('.results tbody tr').length") == 3


def test_how_to_cite_and_why_are_read_without_script(browser, sites) -> None:
    with browser.page(sites["release"]) as page:
        page.type_into("header input[name=q]", "Consolidation of the strategy")
        page.click("Consolidation of the strategy")
        assert "“Consolidation of the strategy”" in page.evaluate("document.querySelector('.citation').textContent")
        assert page.evaluate("document.querySelectorAll('.sentences blockquote').length") > 5
        assert page.evaluate("document.querySelectorAll('script:not([type=\"application/ld+json\"])').length") == 0


def test_why_spain_stands_in_a_row_to_the_sentence(browser, sites, missing) -> None:
    if find_editor() is None:
        missing("the query editor", "python editor/bundle.py makes it, with Node.js and npm")
    query = (
        PREFIX + "SELECT ?country { <https://w3id.org/actiongraph/id/action/informal-economy-coverage-bogota> "
        "ag:expertsFrom ?country } ORDER BY ?country"
    )
    with browser.page(sites["release"]) as page:
        page.click("Query")
        page.wait("document.documentElement.dataset.editor")
        page.evaluate("document.querySelector('label[for=query]').click()")
        page.press("a", ctrl=True)
        page.paste(query)
        page.click("Run", leads=False)
        page.wait("document.querySelector('.results tbody tr')")
        assert "Spain" in page.evaluate("document.querySelector('.results tbody tr').innerText")
        page.click("Why?")
        assert page.evaluate(HEADING) == "Why this row is here"
        assert page.evaluate("document.querySelector('.because blockquote p').innerText") == "France, Italy, and Spain"
        page.click("characters 7901 to 7925")
        assert "Web page listing actions in social security policy" in page.evaluate(HEADING)


def actions_by_type() -> Counter[str]:
    """How many actions the shipped data have of each type of assistance, by its IRI."""
    pairs = {
        (quad.subject, quad.object)
        for path in shipped("data").glob("*.ttl")
        for quad in ox.parse(path=path)
        if quad.predicate.value == str(AG.assistanceType)
    }
    return Counter(kind.value for _, kind in pairs)


def test_count_by_type_and_take_it_into_pandas(browser, sites, monkeypatch) -> None:
    """The code on the page is run as it is, against the server, with csv in the place of pandas."""
    with browser.page(sites["release"], script=False) as page:
        page.click("Query")
        page.click("Themes", leads=False)
        page.click("How many actions are there of each type")
        cells = "[...document.querySelectorAll('.results tbody td:last-child bdi')]"
        shown = page.evaluate(f"{cells}.map(cell => cell.textContent)")
        code = page.evaluate(
            "[...document.querySelectorAll('.code-samples h3')].find(each => each.textContent.includes('pandas'))"
            ".nextElementSibling.textContent"
        )
    read_csv = SimpleNamespace(read_csv=lambda found: list(csv.DictReader(found.read().decode().splitlines())))
    monkeypatch.setitem(sys.modules, "pandas", read_csv)
    ran: dict[str, object] = {}
    exec(code, ran)
    [rows] = [value for value in ran.values() if isinstance(value, list)]
    expected = actions_by_type()
    assert len(expected) > 3
    assert {row["type"]: int(row["actions"]) for row in rows} == expected
    assert sorted(map(int, shown)) == sorted(expected.values())


def test_an_error_is_reported_with_the_thing_and_the_release(browser, release, serve_snapshots) -> None:
    contact = Party("Help desk", "mailto:help@example.org")
    with serve_snapshots(release.snapshots, contact=contact) as url, browser.page(url) as page:
        page.type_into("header input[name=q]", "Consolidation of the strategy")
        page.click("Consolidation of the strategy")
        links = "[...document.querySelectorAll('main a')]"
        found = page.evaluate(f"{links}.find(each => each.textContent == 'Report an error').href")
    assert urlsplit(found).path == "help@example.org"
    written = "".join("".join(values) for values in parse_qs(urlsplit(found).query).values())
    assert "id/action/consolidation-of-strategy-bogota" in written
    assert release.snapshots.current().version in written


def test_by_keys_alone(browser, sites) -> None:
    def tab_to(page, words: str) -> None:
        """Press Tab until what begins with `words` has the focus."""
        for _ in range(80):
            page.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()").startswith(words):
                return
        pytest.fail(f"Tab does not come to {words!r}")

    with browser.page(sites["release"]) as page:
        page.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.press("Tab")
        page.press("Tab")
        page.type("Gana")
        page.press("Enter")
        page.wait("document.title.includes('Gana')")
        tab_to(page, "Enhance the effectiveness")
        page.press("Enter")
        page.wait("document.querySelector('h1')?.textContent.startsWith('Enhance')")
        tab_to(page, "See the chain")
        page.press("Enter")
        page.wait("document.querySelector('main')?.innerText.includes('in the chain that began with 2014')")
