"""The pages about a query, without script: cures that mend it, its result as a table, and the ways to take it along."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest
from flask.testing import FlaskClient

from actiongraph.chains.model import Text
from actiongraph.errors import Busy, QueryTimeout, StoreError
from actiongraph.formats import Result
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.query import order_of_all, title_of
from actiongraph.web import code_samples as samples
from actiongraph.web import query_pages
from actiongraph.web.app import create_app
from actiongraph.web.result_tables import TableView, TableWriter
from actiongraph.web.routes import sparql

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
COUNTRY = "https://w3id.org/actiongraph/id/country/"
PREFIXES = (
    "PREFIX ag: <https://w3id.org/actiongraph/ontology#>\n"
    f"PREFIX cty: <{COUNTRY}>\n"
    "PREFIX dcterms: <http://purl.org/dc/terms/>\n"
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
)
COUNTRIES = PREFIXES + "SELECT ?a ?c WHERE { ?a ag:country ?c }"
COLOMBIA = PREFIXES + "SELECT ?a WHERE { ?a ag:country cty:COL }"
LONG = "# " + "x" * 4_500 + "\n"


@dataclass
class Form:
    """A form of a page, with the fields that a click on one of its buttons sends."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


class Page(HTMLParser):
    """What a reader without script has of a page: headings, cells by row, links by text, forms with their buttons."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.rows: list[list[str]] = []
        self.links: dict[str, str] = {}
        self.sorted: dict[str, str] = {}
        self.texts: dict[str, list[str]] = {}
        self.open: list[tuple[str, dict[str, str]]] = []
        self._form = ""
        self.text = text
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = given.get("id") or str(len(self.forms))
            self.forms[self._form] = Form(given["action"], given["method"])
        if tag == "input":
            self.forms[self._form].fields.append((given["name"], given.get("value", "")))
            return
        if tag in {"meta", "link", "br"}:
            return
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        self.texts.setdefault(tag, []).append("")
        self.open.append((tag, given | {"form": given.get("form", self._form)}))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        while self.open:
            name, given = self.open.pop()
            text = " ".join(self.texts[name][-1].split())
            if name == "a":
                self.links.setdefault(text, given["href"])
            if name == "button":
                sent = [(given["name"], given["value"])] if "name" in given else []
                self.forms[given["form"]].buttons[given.get("aria-label", text)] = sent
            if name == "th" and "aria-sort" in given:
                self.sorted[text] = given["aria-sort"]
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        for tag, _ in self.open:
            self.texts[tag][-1] += data
            if tag in {"td", "th"}:
                self.rows[-1][-1] = " ".join(self.texts[tag][-1].split())

    def column(self, place: int) -> list[str]:
        return [row[place] for row in self.rows[1:]]

    def numbers(self) -> list[str]:
        """Return the numbers of the rows; beside each stands the button that asks why the row is there."""
        return [cell.partition(" ")[0] for cell in self.column(0)]


@pytest.fixture(scope="module")
def shipped(deploy) -> FlaskClient:
    return deploy("mapped").client


def visit(client: FlaskClient, query: str, **parameters: str) -> tuple[int, Page]:
    response = client.get("/sparql", query_string={"query": query, **parameters}, headers=BROWSER)
    return response.status_code, Page(response.text)


def post(client: FlaskClient, query: str, **fields: str) -> Page:
    return Page(client.post("/sparql", data={"query": query, **fields}, headers=BROWSER).text)


def press(client: FlaskClient, page: Page, label: str):
    """Click the first button whose label begins so."""
    form, sent = next(
        (form, sent) for form in page.forms.values() for name, sent in form.buttons.items() if name.startswith(label)
    )
    path, fields = form.action.removeprefix("/data-of"), [*form.fields, *sent]
    if form.method == "post":
        as_body: dict[str, list[str]] = {}
        for name, value in fields:
            as_body.setdefault(name, []).append(value)
        return client.post(path, data=as_body, headers=BROWSER)
    return client.get(path, query_string=fields, headers=BROWSER)


def rows_of(client: FlaskClient, query: str) -> int:
    found = client.get("/sparql", query_string={"query": query, "format": "csv"}).text
    return len(list(csv.reader(io.StringIO(found)))) - 1


MENDED = [
    ("typo", COUNTRIES.replace("SELECT", "SELCT"), "did you mean SELECT?", COUNTRIES),
    ("missing prefix", COUNTRIES.partition("\n")[2], "the prefix ag: is not declared", COUNTRIES),
    ("misspelt term", COUNTRIES.replace("ag:country", "ag:contry"), "No rows: ag:contry does not occur", COUNTRIES),
    ("wrong property", COUNTRIES.replace("ag:country", "dcterms:country"), "did you mean ag:country", COUNTRIES),
    ("wrong IRI", COLOMBIA.replace("cty:COL", "cty:COLL"), "No rows: cty:COLL does not occur", COLOMBIA),
    ("whole IRI", COLOMBIA.replace("cty:COL", f"<{COUNTRY}COLO>"), "did you mean", COLOMBIA),
    ("open bracket", COUNTRIES.removesuffix(" }"), "is closed; put } where it ends", COUNTRIES),
    (
        "no language",
        PREFIXES + 'SELECT * { ?c skos:prefLabel "Colombia" }',
        'with a language tag: "Colombia"@en',
        PREFIXES + 'SELECT * { ?c skos:prefLabel "Colombia"@en }',
    ),
    ("name for an IRI", PREFIXES + 'SELECT ?a WHERE { ?a ag:country "Colombia" }', "did you mean cty:COL?", COLOMBIA),
    (
        "wrong class",
        PREFIXES + "SELECT ?a { ?c a ag:Country ; ag:country ?a }",
        "did you mean ^ag:country?",
        PREFIXES + "SELECT ?a { ?c a ag:Country ; ^ag:country ?a }",
    ),
    (
        "two at once",
        PREFIXES + 'SELECT * { ?a ag:contry ?c . ?c skos:prefLabel "Colombia" }',
        "No rows: ag:contry does not occur",
        PREFIXES + 'SELECT * { ?a ag:country ?c . ?c skos:prefLabel "Colombia"@en }',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "wrong", "told", "right"), MENDED, ids=[row[0] for row in MENDED])
def test_a_wrong_query_is_mended_by_the_button_that_its_page_offers(shipped, kind, wrong, told, right) -> None:
    status, page = visit(shipped, wrong)
    assert status == shipped.get("/sparql", query_string={"query": wrong, "format": "json"}).status_code
    [heading] = page.texts["h1"]
    assert told in heading
    assert page.texts["textarea"] == ["\n" + wrong]
    assert any(line.strip() == "^" for line in page.texts["pre"][0].splitlines())
    label = "Change all and run: Make all" if kind == "two at once" else "Change and run: "
    mended = press(shipped, page, label)
    assert mended.status_code == 200
    found = Page(mended.text)
    assert len(found.rows) - 1 == rows_of(shipped, right) > 0


def test_a_check_offers_the_same_cures(shipped) -> None:
    for wrong, right in ((MENDED[0][1], COUNTRIES), (MENDED[2][1], COUNTRIES)):
        text = shipped.get("/sparql/check", query_string={"query": wrong}, headers=BROWSER).text
        page = Page(text)
        assert len(Page(press(shipped, page, "Change and run: ").text).rows) - 1 == rows_of(shipped, right)


ALL_WRONG = 'SELCT ?a WERE {\n  ?a ag:country ?c . ?c skos:prefLabel ?l FILTER(STR(?l) == "Colombia")\n} LIMTI 5'


@pytest.mark.parametrize("path", ["/sparql", "/sparql/check"])
def test_all_faults_are_told_and_mended_at_once(shipped, path) -> None:
    response = shipped.get(path, query_string={"query": ALL_WRONG}, headers=BROWSER)
    page = Page(response.text)
    [heading] = page.texts["h1"]
    assert heading == "Line 1, column 1: SELCT is not a SPARQL keyword here; did you mean SELECT?"
    assert "5 more faults" in page.texts["h2"]
    for place in (
        "Line 1, column 10",
        "Line 2, column 6",
        "Line 2, column 25",
        "Line 2, column 59",
        "Line 3, column 3",
    ):
        assert place in page.text
    mended = Page(press(shipped, page, "Change all and run: Make all 6 changes").text)
    assert mended.texts["h1"] == ["Query the graph"]
    assert len(mended.rows) - 1 == 5
    plain = shipped.get(path, query_string={"query": ALL_WRONG}, headers={"Accept": "text/plain"}).text
    assert [line.count("^") for line in plain.splitlines() if line.strip() == "^"] == [1] * 6
    assert plain.count("\nLine ") + plain.startswith("Line ") + plain.startswith("Error 400 (syntax): Line") == 6


def test_changes_that_are_long_together_are_told_in_words_but_for_the_first_and_all_at_once(shipped) -> None:
    query = "SELECT * { " + "".join(f"?s ag{n}:x ?o . " for n in range(15)) + "}#" + "x" * 9_000
    page = Page(shipped.post("/sparql", data={"query": query}, headers=BROWSER).text)
    assert page.text.count("Write PREFIX ag") + page.text.count("Add PREFIX ag") >= 15
    assert 1 <= sum("Change and run" in str(form.buttons) for form in page.forms.values()) <= 3


def test_a_cure_stays_with_the_dataset_and_the_release(shipped, deploy) -> None:
    version = deploy("mapped").releases.newest()
    graph = "https://w3id.org/actiongraph/graph/other-pages"
    _, page = visit(shipped, MENDED[2][1], **{"version": version, "default-graph-uri": graph})
    [cure] = [form for form in page.forms.values() if "Change and run" in str(form.buttons)]
    assert sorted(cure.fields) == sorted([("query", COUNTRIES), ("default-graph-uri", graph), ("version", version)])


def test_a_query_that_only_counts_nothing_is_told_why(shipped) -> None:
    status, page = visit(shipped, PREFIXES + "SELECT (COUNT(*) AS ?n) { ?a ag:contry ?c }")
    assert (status, page.rows[1][1]) == (200, "0 xsd:integer")
    assert [int(cell.split()[0]) for cell in Page(press(shipped, page, "Change and run").text).column(1)] == [39]


class Late:
    """An engine whose deadline has come."""

    def answer(self, *_: object) -> bytes:
        raise QueryTimeout(1)


@pytest.mark.parametrize(
    ("query", "is_helped"),
    [
        ("SELECT * { ?a ?b ?c }", True),
        ("CONSTRUCT { ?a ?b ?c } WHERE { ?a ?b ?c }", True),
        ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c }", False),
        ("SELECT ?a (MAX(?c) AS ?m) { ?a ?b ?c } GROUP BY ?a", False),
        ("SELECT * { ?a ?b ?c } ORDER BY ?c", False),
        ("SELECT DISTINCT ?a { ?a ?b ?c } GROUP BY ?a", False),
        ("ASK { ?a ?b ?c FILTER(?c = 1) }", False),
    ],
)
def test_a_query_that_takes_too_long_is_advised_a_limit_only_where_one_helps(query: str, is_helped: bool) -> None:
    snapshot = Snapshot(Late(), None, {}, union_default=True)
    client = create_app(Settings(url="http://example.org/"), SimpleNamespace(current=lambda: snapshot)).test_client()
    answer = client.get("/sparql", query_string={"query": query})
    assert answer.status_code == 504
    assert ("add a LIMIT" in answer.text) is is_helped
    assert "within timeout_s (30 s); " in answer.text


def test_a_format_that_cannot_hold_the_result_is_told_why(shipped) -> None:
    wanted = [
        ("SELECT * { ?a ?b ?c }", "text/turtle", "A SELECT query gives rows, and no graph", "text/csv"),
        ("ASK { ?a ?b ?c }", "text/turtle", "An ASK query gives true or false", "application/sparql-results+json"),
        ("DESCRIBE <http://e/>", "text/csv", "A DESCRIBE query gives a graph", "text/turtle"),
    ]
    for query, accept, told, available in wanted:
        answer = shipped.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
        assert answer.status_code == 406
        assert told in answer.text
        assert available in answer.text
    _, page = visit(shipped, "ASK { ?a ?b ?c }", format="ttl")
    assert "Turtle was chosen, but an ASK query gives true or false: here it is as a page." in page.text


def test_a_column_that_stays_empty_is_told_above_its_rows(shipped) -> None:
    status, page = visit(shipped, COUNTRIES.replace("SELECT ?a ?c", "SELECT ?a ?cc"))
    assert (status, len(page.rows) - 1) == (200, 39)
    assert "Why a column is empty" in page.texts["h3"]
    mended = Page(press(shipped, page, "Change and run: Write ?c in place of ?cc").text)
    assert mended.column(2).count("Ghana") == rows_of(shipped, COLOMBIA.replace("cty:COL", "cty:GHA")) > 0
    _, page = visit(shipped, PREFIXES + "SELECT ?a ?x { ?a ag:country ?c OPTIONAL { ?a ag:nothing ?x } }")
    assert not [form for form in page.forms.values() if "Change and run" in str(form.buttons)]


def test_reasons_that_cannot_be_looked_up_do_not_take_the_answer_away(shipped, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreError("the index is broken")

    monkeypatch.setattr(sparql, "hints_for", broken)
    status, page = visit(shipped, MENDED[2][1])
    assert status == 200
    assert "No rows" in page.text


class TestTable:
    VALUES = 'SELECT ?x ?t { VALUES (?x ?t) { (10 "b") (9 "C") (100 "a") (UNDEF "d") ("z" "e"@fr) (2.5 UNDEF) } }'

    def test_it_is_sorted_by_value_and_says_so(self, client: FlaskClient) -> None:
        _, page = visit(client, self.VALUES, sort="x")
        assert page.column(1) == [
            "\N{EN DASH}", "2.5 xsd:decimal", "9 xsd:integer", "10 xsd:integer", "100 xsd:integer", "z",
        ]  # fmt: skip
        assert page.numbers() == ["1", "2", "3", "4", "5", "6"]
        assert page.sorted == {"x ▲": "ascending"}
        _, page = visit(client, self.VALUES, sort="-t")
        assert page.column(2) == ["e fr", "d", "C", "b", "a", "\N{EN DASH}"]
        assert page.sorted == {"t ▼": "descending"}

    def test_a_heading_sorts_turns_and_puts_back(self, client: FlaskClient) -> None:
        page, order = visit(client, self.VALUES)[1], []
        for _ in range(3):
            page = Page(client.get(page.links["t"], headers=BROWSER).text)
            order.append(page.column(2)[0])
        assert order == ["\N{EN DASH}", "e fr", "b"]  # ascending, descending, as the query has it

    def test_numbers_stand_to_the_right(self, client: FlaskClient) -> None:
        text = visit(client, "SELECT ?n ?s { VALUES (?n ?s) { (1 'a') (2.5 'b') } }")[1].text
        assert text.count('<td class="number">') == 2
        assert text.count('<th scope="col" class="number">') == 1

    def test_pages_of_a_hundred(self, client: FlaskClient) -> None:
        query = f"SELECT ?x {{ VALUES ?x {{ {' '.join(map(str, range(250)))} }} }}"
        _, page = visit(client, query, page="3")
        assert page.numbers() == [str(number) for number in range(201, 251)]
        assert "Rows 201 to 250 of 250" in page.text
        assert "Next" not in page.links
        back = Page(client.get(page.links["Previous"], headers=BROWSER).text)
        assert (len(back.rows), back.numbers()[0]) == (101, "101")

    @pytest.mark.parametrize(
        ("parameters", "status", "told"),
        [
            ({"page": "2"}, 404, "fits on 1 page; there is no page 2"),
            ({"page": "0"}, 400, "is not a page number"),
            ({"sort": "y"}, 400, "no column"),
            ({"labels": "maybe"}, 400, "labels=no"),
        ],
    )
    def test_a_view_that_there_is_not(self, client: FlaskClient, parameters, status: int, told: str) -> None:
        found, page = visit(client, "SELECT ?x { VALUES ?x { 1 } }", **parameters)
        assert found == status
        assert told in page.texts["h1"][0].replace("\u2019", "'")

    def test_programs_get_the_same_bytes_whatever_the_view(self, client: FlaskClient) -> None:
        for name in ("json", "xml", "csv", "tsv"):
            plain, viewed = (
                client.get("/sparql", query_string={"query": self.VALUES, "format": name, **view})
                for view in ({}, {"sort": "x", "page": "9", "labels": "no"})
            )
            assert (plain.status_code, plain.data) == (200, viewed.data)
            assert "Content-Disposition" not in plain.headers

    def test_a_star_keeps_the_order_of_the_query(self, client: FlaskClient) -> None:
        query = "SELECT * { ?zebra <http://example.org/next> ?ant . ?ant ?by ?bee }"
        _, page = visit(client, query)
        assert page.rows[0] == ["Row", "zebra", "ant", "by", "bee"]
        named = visit(client, query.replace("*", "?bee ?zebra"))[1]
        assert named.rows[0] == ["Row", "bee", "zebra"]

    def test_names_stand_in_place_of_iris_until_they_are_switched_off(self, shipped) -> None:
        query = PREFIXES + "SELECT ?c { VALUES ?c { cty:COL cty:GHA } ?c a ag:Country }"
        _, page = visit(shipped, query, sort="c")
        assert page.column(1) == ["Colombia", "Ghana"]
        assert 'title="https://w3id.org/actiongraph/id/country/COL"' in page.text
        off = Page(shipped.get(page.links["Show IRIs"].removeprefix("/data-of"), headers=BROWSER).text)
        assert off.column(1) == ["cty:COL", "cty:GHA"]
        assert "Show names" in off.links

    def test_names_that_nobody_has_time_for_are_left_out(self, shipped, monkeypatch) -> None:
        def busy(*_: object, **__: object) -> None:
            raise Busy("Too many queries.", limit="workers", value=1, retry_after_s=1)

        monkeypatch.setattr(query_pages, "names_of", busy)
        status, page = visit(shipped, PREFIXES + "SELECT ?country { ?a ag:country ?country } LIMIT 3")
        assert status == 200
        assert all(cell.startswith("cty:") for cell in page.column(1))
        assert "Names could not be looked up just now" in page.text

    def test_names_of_another_language_bear_it_and_more_than_can_be_sorted_are_said(self) -> None:
        iris = [f"http://e/{number}" for number in range(2_001)]
        rows = [{"x": {"type": "uri", "value": iri}} for iri in iris]
        document = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": rows}}).encode()
        writer = TableWriter({}, lambda _: "", lambda wanted: {iri: Text("Nom", "fr") for iri in wanted})
        table = writer.read(document, TableView(sort="-x"))
        first = table.rows[0][0]
        assert first is not None
        assert (first.text, first.language, first.title) == ("Nom", "fr", max(iris))
        assert not table.is_sorted_by_name
        assert writer.read(document, TableView()).is_sorted_by_name

    def test_more_rows_than_a_page_sorts_are_left_to_the_query(self, client: FlaskClient) -> None:
        values = " ".join(str(number) for number in range(40))
        query = f"SELECT * {{ VALUES ?a {{ {values} }} VALUES ?b {{ {values} }} VALUES ?c {{ {values} }} }}"
        _, page = visit(client, query)
        assert "Rows 1 to 100 of 64,000" in page.text
        assert page.rows[0] == ["Row", "a", "b", "c"]
        assert "a" not in page.links
        status, page = visit(client, query, sort="b")
        assert status == 400
        assert "add ORDER BY ?b to the query" in page.texts["h1"][0]

    def test_bidi_controls_are_shown(self, client: FlaskClient) -> None:
        _, page = visit(client, 'SELECT ?x { VALUES ?x { "a\u202eb" } } # \u202e')
        assert page.column(1) == ["a[U+202E]b"]
        assert "\u202e" not in page.texts["title"][0]


class TestTakenAlong:
    def test_a_title_is_the_first_comment_else_the_beginning(self, client: FlaskClient) -> None:
        assert title_of("PREFIX a: <http://e/#x>\n# Who came?\nASK {} # no") == "Who came?"
        assert title_of("PREFIX a: <http://e/#x> SELECT *\n{ ?s a ?o }") == "SELECT * { ?s a ?o }"
        assert title_of("ASK { ?s ?p '# no' }") == "ASK { ?s ?p '# no' }"
        assert title_of("# Broken\nSELECT “") == "Broken"
        assert len(title_of("ASK { " + "?s ?p ?o . " * 50)) == 80
        assert visit(client, "# Who came?\nASK {}")[1].texts["title"][0].startswith("Who came? · ")

    def test_only_a_star_of_the_outermost_select_orders(self) -> None:
        assert order_of_all("SELECT DISTINCT * { ?b ?a ?b }") == ("b", "a")
        assert order_of_all("SELECT ?a { { SELECT * { ?b ?p ?a } } }") == ()
        assert order_of_all("ASK { ?b ?p ?a }") == ()

    @pytest.mark.parametrize("name", ["csv", "tsv", "json", "xml"])
    def test_a_browser_saves_a_result_under_its_title(self, client: FlaskClient, name: str) -> None:
        query = "# Qui est venu à Bogotá ?\nSELECT ?s { ?s <http://example.org/next> ?o }"
        _, page = visit(client, query)
        response = client.get(page.links[name.upper()], headers=BROWSER)
        assert response.headers["Content-Disposition"] == f'attachment; filename="qui-est-venu-a-bogota.{name}"'
        again = client.get(page.links[name.upper()], headers=BROWSER | {"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
        plain = client.get(page.links[name.upper()])
        assert (plain.data, "Content-Disposition" in plain.headers) == (response.data, False)

    def test_a_result_that_changes_is_saved_and_not_stored(self, client: FlaskClient) -> None:
        parameters = {"query": "SELECT (NOW() AS ?n) {}", "format": "csv"}
        response = client.get("/sparql", query_string=parameters, headers=BROWSER)
        assert response.headers["Content-Disposition"] == 'attachment; filename="result.csv"'
        assert (response.headers["Cache-Control"], "ETag" in response.headers) == ("no-store", False)

    def test_a_format_that_does_not_fit_is_said(self, client: FlaskClient) -> None:
        _, page = visit(client, "SELECT * { ?s ?p ?o }", format="ttl")
        assert "Turtle was chosen, but a SELECT query gives rows" in page.text
        _, page = visit(client, "CONSTRUCT WHERE { ?s ?p ?o }", format="csv")
        assert "CSV was chosen, but a CONSTRUCT query gives a graph" in page.text

    def test_a_query_too_long_for_an_address_keeps_all_by_post(self, client: FlaskClient) -> None:
        query = f"{LONG}SELECT ?x {{ VALUES ?x {{ {' '.join(map(str, range(250)))} }} }}"
        page = post(client, query)
        assert "This query is too long for an address" in page.text
        assert not [link for link in page.links.values() if link.startswith("/sparql?")]
        page = Page(press(client, page, "x").text)
        assert page.sorted == {"x ▲": "ascending"}
        page = Page(press(client, page, "Last").text)
        assert (page.sorted, page.column(1)[-1]) == ({"x ▲": "ascending"}, "249 xsd:integer")
        page = Page(press(client, page, "Show IRIs").text)
        assert (page.numbers()[0], "Show names" in page.text) == ("201", True)
        saved = press(client, page, "CSV")
        assert (saved.mimetype, len(saved.text.splitlines())) == ("text/csv", 251)
        assert "attachment" in saved.headers["Content-Disposition"]

    def test_a_long_query_is_mended_by_post(self, shipped) -> None:
        page = post(shipped, LONG + MENDED[2][1])
        assert len(Page(press(shipped, page, "Change and run").text).rows) - 1 == rows_of(shipped, COUNTRIES)

    def test_time_and_release_are_told(self, shipped, deploy) -> None:
        query = COUNTRIES + " # once"
        first, second = (visit(shipped, query)[1].text for _ in range(2))
        told = rf'class="bar">39 rows · {{}} · release <span class="whole">{deploy("mapped").releases.newest()}<'
        assert re.search(told.format("[0-9]+ ms"), first)
        assert re.search(told.format("from the cache"), second)


QUERY = 'SELECT ?x\nWHERE { ?x ?p "it\'s \\"$HOME\\" `x` \\\\ )-\\"" }'
PAIRS = [("query", QUERY), ("default-graph-uri", "http://example.org/g'1")]


class TestCode:
    @pytest.mark.parametrize(
        "query", [QUERY, "ASK {}", 'SELECT *\r\n{ ?s ?p """a""" }', 'ASK { ?s ?p "\u202e" }', 'ASK{}#\n"']
    )
    def test_it_asks_the_very_query(self, query: str) -> None:
        unix = query.replace("\r\n", "\n")
        pairs = [("query", query), *PAIRS[1:]]
        code = {
            sample.label: sample.code for sample in samples.code_samples("https://e.org/sparql", pairs, Result.BINDINGS)
        }
        as_function = "curl() { for word; do printf '%s\\0' \"$word\"; done; }\n" + code["curl"]
        words = subprocess.run(["sh", "-c", as_function], capture_output=True, check=True).stdout.decode().split("\0")
        assert words[:4] == ["-s", "https://e.org/sparql", "-H", "Accept: text/csv"]
        assert words[5:-1:2] == [f"query={unix}", "default-graph-uri=http://example.org/g'1"]
        for label in ("Python (SPARQLWrapper)", "Python (pandas)"):
            tree = ast.parse(code[label])
            [assigned] = [
                node.value for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "query"
            ]  # fmt: skip
            assert ast.literal_eval(assigned) == unix
        written = re.search(r'query <- (?:r"(-*)\((.*?)\)\1"|"((?:[^"\\]|\\.)*)")\nresponse', code["R"], re.DOTALL)
        assert written
        escapes = {'\\"': '"', "\\\\": "\\", "\\u{202e}": "\u202e"}
        plain = re.sub(r"\\u\{202e\}|\\.", lambda found: escapes[found[0]], written[3] or "")
        assert (written[2] if written[3] is None else plain) == unix

    def test_a_table_is_for_all_and_others_for_those_who_have_them(self, client: FlaskClient) -> None:
        for query, labels in (
            ("SELECT * { ?s ?p ?o }", ["curl", "Python (SPARQLWrapper)", "Python (pandas)", "R"]),
            ("ASK { ?s ?p ?o }", ["curl", "Python (SPARQLWrapper)"]),
            ("CONSTRUCT WHERE { ?s ?p ?o }", ["curl", "Python (SPARQLWrapper)"]),
        ):
            _, page = visit(client, query)
            assert page.texts["h3"] == labels
            assert "<details open" not in page.text

    def test_pandas_is_given_the_rows(self, client: FlaskClient, monkeypatch) -> None:
        """The code is run, with the endpoint in place of the network and of pandas its first step."""

        def urlopen(request: urllib.request.Request):
            assert isinstance(request.data, bytes)
            form = dict(parse_qsl(request.data.decode()))
            return io.BytesIO(client.post("/sparql", data=form, headers=dict(request.header_items())).data)

        monkeypatch.setattr(urllib.request, "urlopen", urlopen)
        query = "SELECT ?s\nWHERE { ?s <http://example.org/next> ?o } ORDER BY ?s"
        code = samples.code_samples("https://graph.example.org/sparql", [("query", query)], Result.BINDINGS)
        monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(read_csv=lambda response: response.read().decode()))
        ran: dict[str, object] = {}
        exec(next(sample.code for sample in code if "pandas" in sample.label), ran)
        assert ran["table"] == "s\r\nhttp://example.org/a\r\nhttp://example.org/b\r\n"


def test_a_page_does_not_hold_a_very_long_query_once_more_for_each_change(shipped) -> None:
    query = "ASK { 7 " + "<&>" * 30_000  # two changes may mend it: a dot, or a semicolon
    answer = shipped.post("/sparql", data={"query": query}, headers=BROWSER)
    assert answer.status_code == 400
    assert answer.text.count("&lt;&amp;&gt;") < 30_100
    assert "Put . before &lt;&amp;&gt;" in answer.text
    assert not [form for form in Page(answer.text).forms.values() if "Change and run" in str(form.buttons)]
