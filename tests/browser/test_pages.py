"""Pages and pictures in a real browser: axe finds nothing, text stays in its box, a phone gets a list."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.long("browser")

CHAINS = (("release", "chain/start-up-oniess-mexico.html"), ("files", "chain/m000.html"))
PREFIX = "PREFIX ag: <https://w3id.org/actiongraph/ontology#> "
QUERIES = tuple(
    ("release", f"sparql?{urlencode({'query': PREFIX + query})}{view}")
    for query, view in (
        ("SELECT * { ?action ag:country ?country ; ?property ?value }", "&sort=value&page=2"),
        ("SELECT * { ?action ag:partnr ?partner ; ag:contry ?country }", ""),
        ("SELCT * { ?action ag:country ?country }", ""),
        ("SELCT ?a WERE {\n?a dcterms:title ?t ; skos:note 'x ; rdfs:label == }", ""),
        ("SELECT ?nme ?a { ?a ag:country ?c }", ""),
        ("SELECT ?a { ?a ag:country 'Kolumbien' ; ag:sendingCountry ?c }", ""),
    )
)
KINDS = (
    "",
    "chains?format=html",
    "actions?format=html",
    "actions?country=PER&sort=-year&format=html",
    "actions?country=ARM&sender=ESP&format=html",
    "partners?format=html",
    "countries?more=type&format=html",
    "themes?format=html",
    "search?format=html",
    "search.html?q=vendrs%20bogota",
    "search.html?q=social",
    "doc/action/consolidation-of-strategy-bogota",
    "doc/country/ESP",
    "doc/org/col-ipes",
    "doc/team/bogota-2",
    "doc/source/social-security-policy",
    "doc/statement/ghana-follow-up",
    "doc/concept/theme/pensions",
    "catalog?format=html",
    "ontology?format=html",
    "validation?format=html",
    "examples?format=html",
    "releases?format=html",
    "about?format=html",
    "limits?format=html",
    "schema",
    "data",
    "graph/social-security-policy?format=html",
    "feeds/ldes?format=html",
    "ledger?format=html",
    "ledger/social-security-policy?format=html",
)
CHECKS = tuple((site, path.replace("sparql?", "sparql/check?format=html&")) for site, path in QUERIES[-3:])
ACTION = "https://w3id.org/actiongraph/id/action/consolidation-of-strategy-bogota"
ANSWERED = (
    (f"SELECT ?country ?name {{ <{ACTION}> ag:expertsFrom ?country OPTIONAL {{ ?country ag:none ?name }} "
     "FILTER(ISIRI(?country)) FILTER NOT EXISTS { ?country ag:nothing ?more } }", '{"country":{"type":"uri","value":'
     '"https://w3id.org/actiongraph/id/country/ESP"}}'),
    (f"ASK {{ <{ACTION}> ag:inChain ?chain ; a ?class ; ag:comesAfter ?first }}", ""),
)  # fmt: skip
WHY = tuple(
    ("release", f"sparql/why?{urlencode({'query': PREFIX + query, 'row': row, 'format': 'html'})}")
    for query, row in ANSWERED
)
PAGES = (*CHAINS, *(("release", path) for path in KINDS), *QUERIES, *CHECKS, *WHY)
RUN_AXE = "axe.run().then(told => told.violations.map(found => [found.id, found.nodes.map(node => node.html)]))"
WIDE = """
Array.from(document.querySelectorAll("svg a")).flatMap(box => {
  const edge = box.querySelector("rect:last-of-type").getBBox();
  return Array.from(box.querySelectorAll("text:not(.open)")).filter(text => {
    const own = text.getBBox();
    return own.x < edge.x || own.x + own.width > edge.x + edge.width || own.y + own.height > edge.y + edge.height;
  }).map(text => text.textContent);
})
"""
SHOWN = "[...document.querySelectorAll('%s')].map(part => part.getBoundingClientRect().height > 0)"


@pytest.mark.parametrize(
    ("site", "path", "width", "dark"),
    [(*page, width, dark) for page in PAGES for width in (1_200, 390) for dark in (False, True)],
)
def test_a_page_reads(browser, node_modules, sites, site: str, path: str, width: int, dark: bool) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    with browser.page(f"{sites[site]}{path}", width=width, dark=dark) as page:
        page.evaluate(axe)
        assert page.evaluate(RUN_AXE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_phone_gets_a_list_and_others_the_picture(browser, sites) -> None:
    for width, picture in ((1_200, True), (390, False)):
        with browser.page(f"{sites['release']}{CHAINS[0][1]}", width=width) as page:
            assert page.evaluate(SHOWN % ".picture") == [picture]
            assert page.evaluate(SHOWN % ".outline") == [not picture]


@pytest.mark.parametrize(("site", "path"), [CHAINS[0], ("files", "chain/m000.svg")])
def test_text_in_a_picture_stays_in_its_box(browser, sites, site: str, path: str) -> None:
    with browser.page(f"{sites[site]}{path}") as page:
        assert page.evaluate("document.querySelectorAll('svg a text').length") > 2
        assert page.evaluate(WIDE) == []


@pytest.mark.parametrize("path", ["chains.html", "dumps/?format=html", "releases?format=html"])
def test_a_table_that_is_cut_shows_a_shade_at_its_side(browser, sites, path: str) -> None:
    with browser.page(f"{sites['release']}{path}", width=390) as page:
        assert page.evaluate("(t => t.scrollWidth > t.clientWidth)(document.querySelector('.scroll'))")
        assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).backgroundAttachment") == (
            "local, local, scroll, scroll, scroll"
        )


def test_a_number_in_a_heading_is_in_one_line(browser, sites) -> None:
    for width in (390, 200):
        with browser.page(f"{sites['release']}chain/2014-12.html", width=width) as page:
            lines = "[...document.querySelectorAll('h1 .whole, h3 .whole')].map(part => part.getClientRects().length)"
            assert page.evaluate(lines) == [1, 1]


def test_the_picture_is_styled_in_the_page_and_as_a_file(browser, sites) -> None:
    script = "getComputedStyle(document.querySelector('.line.%s')).strokeDasharray"
    for path in ("chain/start-up-oniess-mexico.html", "chain/start-up-oniess-mexico.svg"):
        with browser.page(f"{sites['release']}{path}") as page:
            assert page.evaluate(script % "probable") != "none"
    with browser.page(f"{sites['release']}chain/start-up-oniess-mexico.svg", dark=True) as page:
        drawn = "document.querySelector('a.action:not(.stub) rect')"
        assert page.evaluate(f"getComputedStyle({drawn}).fill") == "rgb(29, 35, 38)"


def test_hostile_titles_do_nothing(browser, sites) -> None:
    for path in ("chain/m000.svg", "chain/m000.html"):
        with browser.page(f"{sites['files']}{path}") as page:
            assert page.evaluate("document.title") != "hostile"
            assert page.evaluate("document.querySelectorAll('script').length") == 0


def test_a_printed_thing_has_its_identifier_its_release_and_its_evidence(browser, sites) -> None:
    with browser.page(f"{sites['release']}doc/action/consolidation-of-strategy-bogota") as page:
        quotes = "[...document.querySelectorAll('.sentences blockquote')].map(part => part.checkVisibility())"
        assert not any(page.evaluate(quotes))
        page.printed()
        assert page.evaluate(SHOWN % "#iri") == [True]
        assert all(page.evaluate(quotes))
        shown = "[...document.querySelectorAll('body > footer li')].filter(li => li.getClientRects().length)"
        assert page.evaluate(f"{shown}.map(li => li.textContent.trim().split(' ')[0])") == ["Release", "Licence"]
