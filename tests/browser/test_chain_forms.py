"""The page of a chain of any size in a real browser: what fits, what meets, what is printed."""

from __future__ import annotations

import base64

import pytest

pytestmark = pytest.mark.long("browser")

SIZES = (2, 12, 13, 60, 61, 200, 201)
RUN_AXE = "axe.run().then(told => told.violations.map(found => [found.id, found.nodes.map(node => node.html)]))"
ROWS = "[...document.querySelectorAll('.laned tbody tr')]"
GAPS = f"""
{ROWS}.map(row => row.querySelector("svg").getBoundingClientRect())
  .map((box, place, all) => place ? box.top - all[place - 1].bottom : 0)
"""
"""Between the drawing of each row and that of the one above, in pixels."""
DOT_BESIDE_TITLE = f"""
{ROWS}.map(row => {{
  const title = row.querySelector("th").getBoundingClientRect(), drawing = row.querySelector("svg");
  return drawing.getBoundingClientRect().top + 15 - title.top;
}})
"""


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_a_phone(browser, chain_pages, size: int) -> None:
    for parameters in ("", "?page=all", "?view=picture"):
        with browser.page(chain_pages[size] + parameters, width=390) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [1_280, 390])
def test_lines_go_on_from_row_to_row_also_where_evidence_is_open(browser, chain_pages, width: int) -> None:
    with browser.page(chain_pages[60], width=width) as page:
        page.evaluate("document.querySelectorAll('.laned details').forEach((one, place) => one.open = place % 3 == 0)")
        assert all(abs(gap) < 0.6 for gap in page.evaluate(GAPS))
        assert len(set(page.evaluate(f"{ROWS}.map(row => row.offsetHeight)"))) > 1


def test_a_row_is_about_thirty_pixels_high(browser, chain_pages) -> None:
    with browser.page(chain_pages[60], width=1_280) as page:
        heights = sorted(page.evaluate(f"{ROWS}.map(row => row.offsetHeight)"))
        assert 24 <= heights[len(heights) // 2] <= 34
        assert all(0 < beside < 30 for beside in page.evaluate(DOT_BESIDE_TITLE))


def test_a_dot_leads_to_its_row(browser, chain_pages) -> None:
    with browser.page(chain_pages[61], width=1_280) as page:
        page.evaluate("document.querySelector('.strip a:nth-of-type(40)').dispatchEvent(new MouseEvent('click'))")
        assert page.evaluate("document.querySelector('tr:target').id") == "n40"


def test_why_opens_without_script(browser, chain_pages) -> None:
    with browser.page(chain_pages[60], width=1_280) as page:
        page.evaluate("document.querySelector('.laned summary').click()")
        assert page.evaluate("document.querySelector('.laned details[open] q').getBoundingClientRect().height") > 0
        assert page.evaluate("document.querySelectorAll('script').length") == 0


def test_print_has_evidence_open_the_identifier_and_no_form(browser, chain_pages) -> None:
    shown = "[...document.querySelectorAll('%s')].map(part => part.getBoundingClientRect().height > 0)"
    for size in (12, 60, 200):
        with browser.page(chain_pages[size], width=1_000) as page:
            page.printed()
            assert set(page.evaluate(shown % "details:not(.closed) q")) == {True}
            assert set(page.evaluate("[...document.querySelectorAll('q')].map(one => one.checkVisibility())")) == {True}
            assert page.evaluate(shown % ".cite code") == [True]
            assert not any(page.evaluate(shown % "form, nav, summary, header"))


def test_a_chain_of_two_hundred_prints_on_few_sheets(browser, chain_pages) -> None:
    for parameters, most in (("", 7), ("?page=all", 12)):
        with browser.page(chain_pages[200] + parameters, width=1_000) as page:
            assert base64.b64decode(page.pdf()).count(b"/Type /Page\n") <= most


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1_280, 390])
@pytest.mark.parametrize("size", [12, 13, 200])
def test_axe_finds_nothing(browser, node_modules, chain_pages, size: int, width: int, dark: bool) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    for parameters in ("", "?view=picture", "?country=GHA"):
        with browser.page(chain_pages[size] + parameters, width=width, dark=dark) as page:
            page.evaluate(axe)
            assert page.evaluate(RUN_AXE) == []
