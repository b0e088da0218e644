"""The page of a chain: headed by the action asked for, in three forms by size, with filters, pages and evidence."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote, urldefrag, urlsplit

import pyoxigraph as ox
import pytest

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.snapshots import FileSnapshots, Snapshot
from actiongraph.vocabulary import IRI
from bench.actions import Action
from bench.woven import quads_of, woven

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VERSION = "20260101T000000Z-0123456789ab"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
SIZES = (2, 12, 13, 60, 61, 200, 201)
ROWS_OF_PAGES = {13: [13], 60: [60], 61: [61], 200: [100, 100], 201: [100, 100, 1]}
"""The rows of each page of the table, by the size of the chain: pages of 100."""
CHAINS = {size: woven(size, seed=size, prefix=f"c{size}") for size in SIZES}


@dataclass
class Row:
    """A row of the table: its id, the text of its cells, its links, what is in its `details`, and its drawing."""

    id: str
    marked: bool
    cells: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """The parts of a page that a reader sees, told apart without our templates' help."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.h1 = self.title = ""
        self.rows: list[Row] = []
        self.dots: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.current: list[str] = []
        self.open_whys: list[bool] = []
        self._within: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        given = dict(attrs)
        self._within = [*self._within, tag]
        if "id" in given:
            self.ids.append(given["id"])
        if given.get("aria-current") == "true":
            self.current.append(tag)
        if "href" in given and tag == "a":
            self.links.append(given["href"])
        if tag == "svg" and "strip" in (given.get("class") or ""):
            self._within.append("strip")
        if tag == "a" and "strip" in self._within:
            self.dots.append((given["href"], ""))
        if tag == "details" and "class" not in given:
            self.open_whys.append("open" in given)
        if tag == "tr" and (given.get("id") or "").startswith("n"):
            self.rows.append(Row(given["id"], given.get("aria-current") == "true"))
        elif self.rows and "tbody" in self._within:
            self._in_row(tag, given)

    def _in_row(self, tag: str, given: dict[str, str]) -> None:
        row = self.rows[-1]
        if tag in ("td", "th"):
            row.cells.append("")
        if tag == "a":
            row.links.append(given["href"])
        if tag == "details":
            row.whys.append("")
        if tag == "path":
            row.paths.append(given["class"])

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "h1" in self._within:
            self.h1 += data
        if "title" in self._within and "strip" in self._within:
            self.dots[-1] = (self.dots[-1][0], self.dots[-1][1] + data)
        elif self._within[-1:] == ["title"] and "svg" not in self._within:
            self.title += data
        if "details" in self._within and self.rows and "tbody" in self._within:
            self.rows[-1].whys[-1] += data
        elif self.rows and self.rows[-1].cells and "tbody" in self._within:
            self.rows[-1].cells[-1] += data


@pytest.fixture(scope="module")
def client(make_app):
    engine = OxigraphEngine.in_memory(quads_of(*CHAINS.values()), union_default=True)
    snapshot = Snapshot(engine, VERSION, {IRI("http://example.org/graph/woven"): 1}, True, created_at=CREATED)
    yield make_app(FileSnapshots(snapshot)).test_client()
    engine.close()


def opened(client, address: str, status: int = 200) -> str:
    response = client.get(address, headers={"Accept": BROWSER})
    assert response.status_code == status, response.text[:500]
    return response.text


def pages_of(client, size: int) -> list[Page]:
    """All pages of the table about the chain of this size."""
    pages = len(ROWS_OF_PAGES[size])
    return [Page(opened(client, f"/chain/{CHAINS[size][0].key}?page={number + 1}")) for number in range(pages)]


def title_in(row: Row) -> str:
    return row.cells[3].replace("you are here", "").strip()


class TestHeading:
    @pytest.mark.parametrize("key", ["2014-12", "social-protection-coordination-ghana"])
    def test_the_page_is_headed_by_the_action_that_was_asked_for(self, deployment, key: str) -> None:
        titles = {
            "2014-12": "2014-12",
            "social-protection-coordination-ghana": (
                "Enhance the effectiveness and coordination of social protection in Ghana"
            ),
        }
        text = deployment.get(f"{deployment.url}chain/{key}", BROWSER).text
        page = Page(text)
        assert page.h1 == titles[key]
        assert page.title.startswith(titles[key])
        words = " ".join(unescape(re.sub("<[^>]+>", "", text)).split())
        if key == "2014-12":
            assert "1st of 2 in the chain that begins with it" in words
        else:
            assert "2nd of 2 in the chain that began with 2014-12" in words
            assert f"{deployment.url}chain/2014-12" in page.links

    def test_it_is_so_where_it_is_called_by_its_iri(self, deployment) -> None:
        iri = quote(f"{deployment.base}id/action/consolidation-of-strategy-bogota", safe="")
        page = Page(deployment.get(f"{deployment.url}chain/{iri}", BROWSER).text)
        assert page.h1 == "Consolidation of the strategy"

    def test_a_number_leads_to_the_action_that_bears_it(self, deployment) -> None:
        numbered = [
            step
            for chain in ("2014-04", "informal-economy-coverage-bogota")
            for step in deployment.get(f"{deployment.url}chain/{chain}.json").json["steps"]
            if step["number"] and step["title"]
        ]
        for step in numbered:
            assert Page(deployment.get(f"{deployment.url}chain/{step['number']}", BROWSER).text).h1 == step["title"]

    def test_the_name_of_the_chain_leads_to_its_first_action(self, deployment) -> None:
        iri = quote(f"{deployment.base}id/chain/2014-12", safe="")
        assert Page(deployment.get(f"{deployment.url}chain/{iri}", BROWSER).text).h1 == "2014-12"

    def test_the_page_of_an_action_leads_to_its_chain_headed_by_it(self, deployment) -> None:
        page = Page(deployment.get(f"{deployment.url}doc/action/consolidation-of-strategy-bogota", BROWSER).text)
        prefix = urlsplit(deployment.url).path
        assert f"{prefix}chain/consolidation-of-strategy-bogota" in page.links

    def test_an_action_alone_has_no_place_in_a_chain(self, deployment) -> None:
        text = deployment.get(f"{deployment.url}chain/disability-assessment-armenia", BROWSER).text
        assert "Action without follow-ups" in text
        assert "1st of 1" not in text
        assert "you are here" not in text.partition("</svg>")[2]

    def test_it_is_marked_in_picture_outline_and_list(self, client) -> None:
        text = opened(client, f"/chain/{CHAINS[12][6].key}")
        picture, _, rest = text.partition("<svg")[2].partition("</svg>")
        assert re.findall(r'<a class="([^"]*here[^"]*)"', picture) == ["action here"]
        assert CHAINS[12][6].title in picture.partition('class="action here"')[2].partition("</title>")[0]
        outline, _, steps = rest.partition('id="actions"')
        for part in (outline, steps):
            [marked] = re.findall(r'aria-current="true">(.*?)you are here', part, re.DOTALL)
            assert CHAINS[12][6].title in marked

    def test_it_is_marked_in_strip_and_table_and_its_page_is_shown_first(self, client) -> None:
        for action in (CHAINS[200][3], CHAINS[200][190]):
            page = Page(opened(client, f"/chain/{action.key}"))
            [row] = [row for row in page.rows if row.marked]
            assert title_in(row) == action.title
            assert "you are here" in row.cells[3]
            assert "ring" in row.paths
            [dot] = [name for _, name in page.dots if "you are here" in name]
            assert dot.startswith(f"{row.cells[2].strip()}. ")


class TestForms:
    @pytest.mark.parametrize("size", SIZES)
    def test_the_form_goes_by_size(self, client, size: int) -> None:
        text = opened(client, f"/chain/{CHAINS[size][0].key}")
        assert ('class="picture"' in text) is (size <= 12)
        assert ('<table class="laned' in text) is (size > 12)
        assert ('class="strip"' in text) is (size > 60)
        assert ("?view=picture" in text) is (13 <= size <= 60)
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text)

    def test_the_picture_of_a_larger_chain_is_a_tab_away_and_leads_back(self, client) -> None:
        action = CHAINS[60][30]
        text = opened(client, f"/chain/{action.key}?view=picture")
        assert 'class="picture"' in text
        assert "<table" not in text
        table = Page(opened(client, f"/chain/{action.key}"))
        back = {urldefrag(link)[1] for link in Page(text).links if link.startswith("?#")}
        assert {f"n{place}" for place in range(1, 61)} <= back  # the nested list has all, the picture folds some
        assert back <= set(table.ids)
        assert [row.marked for row in table.rows].count(True) == 1

    @pytest.mark.parametrize("size", ROWS_OF_PAGES)
    def test_every_action_has_one_row_on_one_page_that_says_what_the_generator_made(self, client, size: int) -> None:
        pages = pages_of(client, size)
        assert [len(page.rows) for page in pages] == ROWS_OF_PAGES[size]
        rows = [row for page in pages for row in page.rows]
        assert [int(row.cells[2]) for row in rows] == list(range(1, size + 1))
        place = {title_in(row): int(row.cells[2]) for row in rows}
        assert place.keys() == {action.title for action in CHAINS[size]}
        for action in CHAINS[size]:
            row = rows[place[action.title] - 1]
            assert row.cells[1] == (action.start or "?")[:4]
            assert row.cells[4] == action.country.name
            assert action.partner
            assert row.cells[5] == action.partner.name
            assert follows(row) == {place[link.earlier.title]: link.stated for link in action.links}

    @pytest.mark.parametrize("size", [61, 200, 201])
    def test_the_strip_has_a_dot_for_each_action_that_leads_to_its_row(self, client, size: int) -> None:
        pages = pages_of(client, size)
        where = {(number, row.id): row for number, page in enumerate(pages, 1) for row in page.rows}
        for number, page in enumerate(pages, 1):
            assert len(page.dots) == size
            for href, name in page.dots:
                address, row_id = urldefrag(href)
                to = int(address.removeprefix("?page=")) if address else number
                assert title_in(where[to, row_id]).startswith(name.partition(". ")[2][:20].removesuffix(" (you"))

    def test_the_page_of_two_hundred_is_small_and_its_strip_is_low(self, client) -> None:
        for number in (1, 2):
            response = client.get(f"/chain/{CHAINS[200][0].key}?page={number}", headers={"Accept": BROWSER})
            assert len(response.data) <= 100_000
            [height] = re.findall(r'<svg class="strip"[^>]* height="(\d+)"', response.text)
            assert int(height) <= 300


def follows(row: Row) -> dict[int, bool]:
    """The places of what a row says that its action follows, and whether that is stated."""
    found = re.findall(r"(probably )?(\d+)", row.cells[6])
    return {int(place): not probably for probably, place in found}


class TestFiltersAndPages:
    @pytest.mark.parametrize(
        ("parameters", "fits"),
        [
            ("country=GHA", lambda action: action.country.iso3 == "GHA"),
            ("country=peru", lambda action: action.country.name == "Peru"),
            ("from=2010&to=2012", lambda action: action.start and "2010" <= action.start[:4] <= "2012"),
            ("from=2020", lambda action: action.start and action.start[:4] >= "2020"),
            (
                "country=Ghana&partner=gha-00002&to=2015",
                lambda action: (
                    action.country.iso3 == "GHA"
                    and action.partner.number == 2
                    and action.start
                    and action.start[:4] <= "2015"
                ),
            ),
        ],
    )
    @pytest.mark.parametrize("size", [60, 200])
    def test_filters_leave_the_actions_that_fit(self, client, size: int, parameters: str, fits) -> None:
        expected = sorted(action.title for action in CHAINS[size] if fits(action))
        found: list[str] = []
        for number in range(1, max(1, -(-len(expected) // 100)) + 1):
            page = Page(opened(client, f"/chain/{CHAINS[size][0].key}?{parameters}&page={number}"))
            found += [title_in(row) for row in page.rows]
        assert sorted(found) == expected
        text = opened(client, f"/chain/{CHAINS[size][0].key}?{parameters}")
        assert f"{len(expected)} action" in text

    def test_what_can_be_chosen_is_offered_with_its_number(self, client) -> None:
        text = opened(client, f"/chain/{CHAINS[60][0].key}?country=GHA")
        countries = Counter(action.country for action in CHAINS[60])
        for country, number in countries.items():
            assert f'<option value="{country.iso3}"' in text
            assert f">{country.name} ({number})<" in text
        assert re.search(r'<option value="GHA" selected>', text)

    def test_a_link_to_what_is_filtered_out_leads_to_where_it_is(self, client) -> None:
        page = Page(opened(client, f"/chain/{CHAINS[60][0].key}?from=2015"))
        shown = {row.id for row in page.rows}
        outside = [link for row in page.rows for link in row.links if link.startswith("?")]
        assert outside
        assert not {urldefrag(link)[1] for link in outside} & shown

    def test_nothing_that_fits_is_said_with_a_way_out(self, client) -> None:
        text = opened(client, f"/chain/{CHAINS[60][0].key}?country=Narnia")
        assert "No action of this chain matches." in text
        assert "Show all 60" in text

    @pytest.mark.parametrize(
        ("parameters", "status"),
        [
            ("from=abc", 400),
            ("from=2015&to=2010", 400),
            ("page=0", 400),
            ("page=x", 400),
            ("view=tree", 400),
            ("page=3", 404),
        ],
    )
    def test_what_cannot_be_shown_is_refused_in_a_sentence(self, client, parameters: str, status: int) -> None:
        assert "Problem" not in opened(client, f"/chain/{CHAINS[200][0].key}?{parameters}", status)

    def test_links_keep_what_was_asked_for(self, client) -> None:
        key = CHAINS[200][0].key
        page = Page(opened(client, f"/chain/{key}?country=GHA"))
        assert "?page=2&country=GHA#actions" in page.links
        stated = Page(opened(client, f"/chain/{CHAINS[60][0].key}?links=stated"))
        assert all("links=stated" in link for link in stated.links if link.startswith("?"))

    @pytest.mark.parametrize("suffix", ["json", "ttl", "svg", "csv", "txt", "mmd", "graphml"])
    def test_programs_get_the_whole_chain_whatever_a_person_would_see(self, client, suffix: str) -> None:
        plain = client.get(f"/chain/{CHAINS[60][0].key}.{suffix}")
        same = client.get(f"/chain/{CHAINS[60][30].key}.{suffix}?page=9&country=GHA&from=abc&view=x")
        assert (same.status_code, same.data) == (200, plain.data)
        assert b"you are here" not in plain.data.lower()


class TestEvidence:
    def test_why_opens_quote_basis_confidence_source_and_statement(self, client) -> None:
        rows = {title_in(row): row for row in pages_of(client, 60)[0].rows}
        for action in CHAINS[60]:
            row = rows[action.title]
            assert len(row.whys) == len(action.links)
            for number, link in enumerate(action.links, start=1):
                [why] = [why for why in row.whys if f"Follow-up of {link.earlier.key}" in why]
                assert why.startswith("why")
                assert "Generated listing woven" in why
                assert ("Stated" in why, "Inferred, confidence 0.7: Both are with" in why) == (
                    link.stated,
                    not link.stated,
                )
                statement = f"/doc/statement/{action.key}-{number}"
                assert statement in row.links
        opened(client, f"/doc/statement/{CHAINS[60][1].key}-1")

    def test_it_is_closed_in_the_table_and_open_in_the_list_of_few_and_to_print(self, client) -> None:
        assert not any(Page(opened(client, f"/chain/{CHAINS[60][0].key}")).open_whys)
        few = Page(opened(client, f"/chain/{CHAINS[12][0].key}"))
        assert few.open_whys == [True] * sum(len(action.links) for action in CHAINS[12])
        whole = Page(opened(client, f"/chain/{CHAINS[201][0].key}?page=all"))
        assert len(whole.rows) == 201
        assert whole.open_whys == [True] * sum(len(action.links) for action in CHAINS[201])

    def test_a_reader_finds_identifier_and_citation_above_the_chain(self, client) -> None:
        text = opened(client, f"/chain/{CHAINS[200][7].key}")
        iri = f"https://w3id.org/actiongraph/id/chain/{CHAINS[200][0].key}"
        [cite] = re.findall(r'<div class="cite">(.*?)</div>', text, re.DOTALL)
        assert cite.count(iri) == 2
        assert f"“What came of {CHAINS[200][0].title}”" in cite
        assert f"Release {VERSION}, 1 January 2026." in cite
        assert text.index('class="cite"') < text.index('class="strip"') < text.index("<table")


HOSTILE = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<http://example.org/m0> a ag:DescribedAction ; dcterms:title "abc\u202egnp.exe <script>alert(1)</script>" .
<http://example.org/m1> ag:followUpOf <http://example.org/m0> ; dcterms:title "\u0645\u0631\u062d\u0628\u0627"@ar .
"""


class TestOddChains:
    @pytest.fixture
    def files(self, make_app):
        def serve(text: str):
            quads = list(ox.parse(text, format=ox.RdfFormat.TURTLE))
            engine = OxigraphEngine.in_memory(quads, union_default=False)
            return make_app(FileSnapshots(Snapshot(engine, None, {}, union_default=False))).test_client()

        return serve

    @pytest.mark.parametrize("more", [0, 20, 70])
    def test_what_would_turn_a_text_around_is_shown_and_a_title_has_its_language(self, files, more: int) -> None:
        links = "".join(
            f"<http://example.org/m{n}> ag:followUpOf <http://example.org/m{n - 1}> .\n" for n in range(2, more + 2)
        )
        text = opened(files(HOSTILE + links), "/chain/m0")
        assert "\u202e" not in text
        assert "abc[U+202E]gnp.exe" in Page(text).h1
        assert "<script" not in text
        assert '<bdi lang="ar">\u0645\u0631\u062d\u0628\u0627</bdi>' in text

    def test_files_have_the_table_and_no_identifier_of_ours(self, files) -> None:
        prefix = "@prefix ag: <https://w3id.org/actiongraph/ontology#> .\n"
        links = [f"<http://example.org/m{n}> ag:followUpOf <http://example.org/m{n // 2}> ." for n in range(1, 70)]
        text = opened(files(prefix + "\n".join(links)), "/chain/m69")
        page = Page(text)
        assert [row.marked for row in page.rows].count(True) == 1
        assert 'class="cite"' not in text
        assert all("no evidence" in row.cells[6] for row in page.rows[1:])
        assert all(
            link.startswith(("#", "?", "http://example.org/", "https://graph.example.org/", "/")) for link in page.links
        )

    def test_a_loop_in_a_large_chain_is_told_and_drawn(self, files) -> None:
        prefix = "@prefix ag: <https://w3id.org/actiongraph/ontology#> .\n"
        links = [f"<http://example.org/m{n}> ag:followUpOf <http://example.org/m{n - 1}> ." for n in range(1, 70)]
        links.append("<http://example.org/m3> ag:followUpOf <http://example.org/m5> .")
        text = opened(files(prefix + "\n".join(links)), "/chain/m4")
        assert "follow each other in a circle" in text
        assert 'class="sx"' in text


def test_the_chains_of_these_tests_fork_and_merge() -> None:
    for size in SIZES[1:]:
        followers = Counter(link.earlier.key for action in CHAINS[size] for link in action.links)
        assert max(followers.values()) > 1
        if size > 12:
            assert any(len(action.links) > 1 for action in CHAINS[size])
    assert isinstance(CHAINS[2][0], Action)
