"""Pages for people: what they show, that foreign text stays text, and what they are when files are served."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from actiongraph import __version__
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.examples import first_examples, load_examples
from actiongraph.release.snapshots import FileSnapshots, Snapshot, store_files
from actiongraph.settings import Settings
from actiongraph.web import result_tables
from actiongraph.web.app import create_app

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SCRIPT = "<script>alert(1)</script>"


class Page(HTMLParser):
    """What a test asks of a page: its tags, its links, the text of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.cells: list[str] = []
        self.attributes: list[str] = []
        self.ids: set[str] = set()
        self.labelled: set[str] = set()
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.attributes += given
        self.links += [given[name] for name in ("href", "src", "action") if name in given]
        self.ids |= {given["id"]} if "id" in given else set()
        self.labelled |= {given["for"]} if "for" in given else set()
        if tag == "td":
            self._in_cell = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell &= tag != "td"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] += data


def without_ours(text: str) -> str:
    """A page without the script of the editor, which is there if it was made when the program was installed."""
    return re.sub(r'<script type="module" src="/static/editor-[0-9a-f]{16}\.js"></script>', "", text)


def page(client: FlaskClient, path: str, **parameters: str) -> Page:
    response = client.get(path, query_string=parameters, headers=BROWSER)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return Page(without_ours(response.text))


PAGES = [
    ("/", {}),
    ("/sparql", {}),
    ("/sparql", {"query": "SELECT * { ?s ?p ?o }"}),
    ("/sparql", {"query": "ASK {}"}),
    ("/sparql", {"query": "CONSTRUCT WHERE { ?s ?p ?o }"}),
    ("/sparql", {"query": "SELECT"}),
    ("/limits", {}),
    ("/examples", {}),
    ("/nowhere", {}),
]


ASKING = {"/sparql/why": "/sparql/why?query=ASK{}"}
"""The address of a form that says nothing without its fields, with such."""


@pytest.mark.parametrize(("path", "parameters"), PAGES)
def test_pages_need_no_script_and_lead_to_what_is_there(client: FlaskClient, path: str, parameters) -> None:
    shown = page(client, path, **parameters)
    assert "script" not in shown.tags
    assert "style" not in shown.tags
    assert not [name for name in shown.attributes if name == "style" or name.startswith("on")]
    assert shown.labelled <= shown.ids
    for link in shown.links:
        if link.startswith("/"):
            assert client.get(ASKING.get(link, link)).status_code == 200, link


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?o { ?s ?p ?o }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        f'SELECT ("{SCRIPT}" AS ?x) {{}}',
        f"SELECT * {{ # {SCRIPT}\n}}",
        f"</textarea>{SCRIPT}",
        f'ASK {{ }} # "><img src=x onerror=alert(1)> {SCRIPT}',
        f'SELECT (IRI("javascript:alert(1)") AS ?x) ("{SCRIPT}"@en AS ?y) {{}}',
        f'SELECT (STRDT("{SCRIPT}", <http://example.org/\'onclick=alert>) AS ?x) {{}}',
    ],
)
def test_foreign_text_stays_text(client: FlaskClient, query: str) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers=BROWSER)
    assert SCRIPT not in response.text
    shown = Page(without_ours(response.text))
    assert not {"script", "img"} & set(shown.tags)
    assert not [link for link in shown.links if link.startswith("javascript:")]
    assert not [name for name in shown.attributes if name.startswith("on")]


def test_foreign_text_in_an_address(client: FlaskClient) -> None:
    assert "script" not in page(client, f"/{SCRIPT}").tags


class TestAnswers:
    def test_a_table(self, client: FlaskClient) -> None:
        query = "SELECT ?s ?o ?none { ?s <http://example.org/label> ?o FILTER(LANG(?o) = 'en') }"
        shown = page(client, "/sparql", query=query)
        assert [" ".join(cell.split()) for cell in shown.cells] == ["http://example.org/a", "Ghana en", "\N{EN DASH}"]
        assert "http://example.org/a" in shown.links

    def test_a_datatype(self, client: FlaskClient) -> None:
        shown = page(client, "/sparql", query="SELECT ?o { ?s <http://example.org/since> ?o }")
        assert [" ".join(cell.split()) for cell in shown.cells] == ["2014-12-01 xsd:date"]

    def test_iris_are_shortened_as_the_asker_declared(self, client: FlaskClient) -> None:
        query = "PREFIX e: <http://example.org/> SELECT ?o { e:a e:next ?o }"
        assert page(client, "/sparql", query=query).cells == ["e:b"]

    def test_the_whole_answer_is_linked(self, client: FlaskClient) -> None:
        query = "SELECT ?s { ?s ?p ?o }"
        graph = "http://example.org/g1"
        shown = page(client, "/sparql", query=query, **{"default-graph-uri": graph})
        links = {parse_qs(urlsplit(link).query).get("format", [""])[0]: link for link in shown.links}
        assert {"json", "xml", "csv", "tsv"} <= set(links)
        assert client.get(links["csv"]).text.splitlines() == ["s", *["http://example.org/a"] * 3]

    def test_what_is_ours_leads_to_its_page(self, client: FlaskClient) -> None:
        query = "SELECT (<https://w3id.org/actiongraph/id/action/x> AS ?x) {}"
        assert "/doc/action/x" in page(client, "/sparql", query=query).links

    def test_where_files_are_served_it_leads_to_what_they_say(self, files_client: FlaskClient) -> None:
        query = "SELECT (<https://w3id.org/actiongraph/id/action/x> AS ?x) {}"
        [link] = [link for link in page(files_client, "/sparql", query=query).links if "DESCRIBE" in link]
        assert files_client.get(link).headers["Content-Type"] == "text/turtle; charset=utf-8"

    @pytest.mark.parametrize(("query", "told"), [("ASK { ?s ?p ?o }", "true"), ("ASK { ?s ?p 'nowhere' }", "false")])
    def test_a_boolean(self, client: FlaskClient, query: str, told: str) -> None:
        text = client.get("/sparql", query_string={"query": query}, headers=BROWSER).text
        assert f'<p role="status" class="boolean">{told}</p>' in text

    def test_a_graph(self, client: FlaskClient) -> None:
        text = client.get("/sparql", query_string={"query": "CONSTRUCT WHERE { ?s ?p ?o }"}, headers=BROWSER).text
        assert "The whole graph, in Turtle" in text
        assert "&lt;http://example.org/a&gt;" in text

    def test_no_rows_are_said(self, client: FlaskClient) -> None:
        text = client.get("/sparql", query_string={"query": "SELECT * { ?s ?p 'nowhere' }"}, headers=BROWSER).text
        assert "No rows" in text

    def test_no_triples_are_said(self, client: FlaskClient) -> None:
        query = "DESCRIBE <http://example.org/nowhere>"
        text = client.get("/sparql", query_string={"query": query}, headers=BROWSER).text
        assert "No triples" in text
        assert "Graph in Turtle" not in text

    def test_more_rows_than_are_shown_are_said(self, client: FlaskClient) -> None:
        values = " ".join(str(number) for number in range(1_200))
        response = client.post("/sparql", data={"query": f"SELECT ?x {{ VALUES ?x {{ {values} }} }}"}, headers=BROWSER)
        assert "Rows 1 to 100 of 1,200" in response.text
        assert len(Page(response.text).cells) == 100

    def test_an_error_gives_the_query_back(self, client: FlaskClient) -> None:
        text = client.get("/sparql", query_string={"query": "SELECT * WHERE"}, headers=BROWSER).text
        assert re.search(r"<textarea[^>]*>\nSELECT \* WHERE</textarea>", text)


class TestTables:
    def test_a_long_text_ends_at_a_line_and_says_so(self) -> None:
        excerpt = result_tables.begin(b"x" * 99 + b"\n" + b"y" * result_tables.MAX_CHARACTERS)
        assert (excerpt.text, excerpt.whole) == ("x" * 99 + "\n", False)
        assert result_tables.begin(b"x\ny").whole

    @pytest.mark.parametrize(
        ("iri", "short"),
        [
            ("http://e/a", "e:a"),
            ("http://e/f/a", "f:a"),
            ("http://e/xa", "x:a"),
            ("http://e/", "http://e/"),
            ("http://e/a/b", "http://e/a/b"),
            ("http://e/a.", "http://e/a."),
            ("http://other/a", "http://other/a"),
        ],
    )
    def test_prefixed_names(self, iri: str, short: str) -> None:
        assert (
            result_tables.shorten(iri, {"e": "http://e/", "f": "http://e/f/", "x": "http://e/x", "nothing": ""})
            == short
        )

    def test_terms(self) -> None:  # SPARQL 1.1 Query Results JSON Format, section 3.2.2
        terms = [
            {"type": "uri", "value": "mailto:a@b.example"},
            {"type": "bnode", "value": "b0"},
            {"type": "literal", "value": "x", "xml:lang": "ar"},
        ]
        document = {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": term} for term in terms]}}
        writer = result_tables.TableWriter({}, lambda _: "", lambda _: {})
        table = writer.read(json.dumps(document).encode(), result_tables.TableView())
        cells = [row[0] for row in table.rows]
        assert [cell.text for cell in cells] == ["mailto:a@b.example", "_:b0", "x"]
        assert (cells[2].language, cells[2].note) == ("ar", "ar")


class TestAboutTheEndpoint:
    def test_home(self, client: FlaskClient) -> None:
        text = client.get("/", headers=BROWSER).text
        assert 'value="https://graph.example.org/sparql"' in text
        assert "20260101T000000Z-0123456789ab" in text
        assert "http://example.org/g1" in text

    def test_home_for_programs(self, client: FlaskClient) -> None:
        told = client.get("/", headers={"Accept": "application/json"}).json
        assert told["endpoint"] == "https://graph.example.org/sparql"
        assert told["graphs"] == {"http://example.org/g1": 3, "http://example.org/g2": 3}

    def test_health(self, client: FlaskClient) -> None:
        assert client.get("/health").text == f"ok\nactiongraph {__version__}, release 20260101T000000Z-0123456789ab\n"
        assert client.get("/health?format=json").json["release"] == "20260101T000000Z-0123456789ab"

    @pytest.mark.parametrize("name", ["text", "json", "html"])
    def test_every_limit_is_told_with_its_reason(self, client: FlaskClient, name: str) -> None:
        text = client.get("/limits", query_string={"format": name}).text.replace("&#39;", "'")
        for limit in Settings().limits():
            assert limit.name in text
            assert limit.unit in text
            assert limit.reason in text
            assert (f"{limit.value:,}" if limit.value is not None else "off") in text or str(limit.value) in text

    def test_every_example_is_told_and_linked(self, client: FlaskClient) -> None:
        told = client.get("/examples").json["examples"]
        assert [example["name"] for example in told] == [example.name for example in load_examples()]
        for example in told:
            assert example["run"].startswith("https://graph.example.org/sparql?query=")
            assert parse_qs(urlsplit(example["run"]).query)["query"] == [example["query"]]

    def test_a_first_look_has_examples(self) -> None:
        shown = first_examples()
        assert len(shown) == 6
        assert shown[0].name == "chains-what-followed-2014-12"

    def test_assets(self, client: FlaskClient) -> None:
        got = client.get("/static/style.css")
        assert (got.status_code, got.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
        again = client.get("/static/style.css", headers={"If-None-Match": got.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


class TestFiles:
    def test_there_are_no_examples(self, files_client: FlaskClient) -> None:
        response = files_client.get("/examples")
        assert response.status_code == 404
        assert "serves files" in response.text

    @pytest.mark.parametrize(("path", "parameters"), [*PAGES[:-2], ("/nowhere", {})])
    def test_pages_lead_to_what_is_there(self, files_client: FlaskClient, path: str, parameters) -> None:
        for link in page(files_client, path, **parameters).links:
            if link.startswith("/"):
                assert files_client.get(ASKING.get(link, link)).status_code == 200, link

    def test_health_names_no_release(self, files_client: FlaskClient) -> None:
        assert files_client.get("/health?format=json").json["release"] is None

    def test_the_default_graph_is_asked(self, files_client: FlaskClient) -> None:
        assert files_client.get("/sparql", query_string={"query": "ASK { ?s ?p 1 }"}).json["boolean"] is True


class TestPrefix:
    """Behind a proxy that leaves the prefix in the path, and behind one that takes it off."""

    @pytest.fixture
    def mounted(self, snapshots) -> FlaskClient:
        return create_app(Settings(url="https://example.org/some/graph/"), snapshots).test_client()

    @pytest.mark.parametrize("path", ["/some/graph/limits", "/limits"])
    def test_links_bear_the_prefix(self, mounted: FlaskClient, path: str) -> None:
        shown = page(mounted, path)
        own = [link for link in shown.links if not link.startswith("https://creativecommons.org/")]
        assert own
        assert all(link.startswith(("/some/graph/", "#")) for link in own)
        assert all(mounted.get(link).status_code == 200 for link in shown.links if link.startswith("/"))

    @pytest.mark.parametrize("path", ["/some/graph/", "/some/graph", "/"])
    def test_home(self, mounted: FlaskClient, path: str) -> None:
        assert 'value="https://example.org/some/graph/sparql"' in mounted.get(path).text

    def test_a_name_that_only_begins_like_the_prefix(self, mounted: FlaskClient) -> None:
        assert mounted.get("/some/graphlimits").status_code == 404


def test_one_snapshot_for_one_answer(engine) -> None:
    class Counting:
        asked = 0

        def current(self) -> Snapshot:
            self.asked += 1
            return Snapshot(engine, "a release", {}, union_default=True)

    counting = Counting()
    client = create_app(Settings(url="https://graph.example.org/"), counting).test_client()
    client.post("/sparql", data={"query": "ASK {}"}, headers={"Accept": "application/json"})
    assert counting.asked == 1


def test_files_of_strangers_bear_no_licence_but_the_one_that_is_told(make_app, files_snapshots) -> None:
    told = make_app(files_snapshots).test_client().get("/about?format=json").json
    assert told["license"] is None
    own = "https://example.org/licence"
    told = make_app(files_snapshots, license=own).test_client().get("/about?format=json").json
    assert told["license"] == own


def test_of_files_nothing_is_told_that_holds_of_another_dataset(files_client: FlaskClient) -> None:
    told = files_client.get("/about?format=json").json
    assert (told["dataset"], told["release"], told["license"]) == (None, None, None)
    assert [section["title"] for section in told["sections"]] == ["What is served"]
    page = files_client.get("/about?format=html").text
    assert "files that this endpoint was started with" in page
    for foreign in ("Technical-assistance", "Citing this dataset", "/dataset", "creativecommons"):
        assert foreign not in page, foreign


def test_of_files_what_was_read_and_what_the_store_rewrote_is_told(make_app, tmp_path: Path) -> None:
    one, other = tmp_path / "one.ttl", tmp_path / "other.nq"
    one.write_text("<x:a> <x:b> 00501, 7 .")
    other.write_text('<x:a> <x:b> "t"@sv-SE <x:graph> .\n<x:a> <x:b> "5" .\n')
    stored = store_files([one, other], tmp_path / "store")
    engine = OxigraphEngine.open(tmp_path / "store", union_default=False)
    snapshot = Snapshot(engine, None, stored.graphs, union_default=False, files=stored)
    [section] = make_app(FileSnapshots(snapshot)).test_client().get("/about?format=json").json["sections"]
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    assert section["text"][1:6] == [
        "one.ttl: 2 quads read.",
        "other.nq: 2 quads read.",
        "Default graph: 3 triples.",
        "Graph x:graph: 1 triple.",
        "Language tags are in lower case. 1 literal is stored in another form of the same value: "
        f'"00501"^^<{integer}> as "501"^^<{integer}>.',
    ]
    engine.close()


@pytest.mark.parametrize("path", ["/shapes", "/shapes.ttl", "/shapes.html"])
def test_of_files_no_rules_of_another_dataset_are_shown(files_client: FlaskClient, path: str) -> None:
    response = files_client.get(path)
    assert response.status_code == 404
    assert "serves files" in response.text
    assert "without the rules" in response.text


def test_no_page_about_files_leads_to_the_rules(files_client: FlaskClient) -> None:
    for path in ("/", "/about", "/sparql", "/limits", "/nowhere", "/shapes"):
        page = files_client.get(path, headers={"Accept": "text/html"}).text
        assert 'href="/shapes' not in page, path


@pytest.mark.parametrize("name", ["about", "examples", "limits", "releases", "validation"])
def test_a_suffix_chooses_json_as_accept_does(deployment, name: str) -> None:
    by_accept = deployment.get(f"{deployment.url}{name}", "application/json")
    by_suffix = deployment.get(f"{deployment.url}{name}.json", "text/html")
    assert (by_suffix.status_code, by_suffix.mimetype) == (200, "application/json")
    assert by_suffix.data == by_accept.data
    assert deployment.get(f"{deployment.url}{name}.html").mimetype == "text/html"
    unknown = deployment.get(f"{deployment.url}{name}.nonsense", "application/problem+json")
    assert unknown.status_code == 404
    assert f"{name}.json" in unknown.json["detail"]


def test_the_home_page_leads_to_what_harvesters_follow(deployment) -> None:
    page = deployment.get(deployment.url, "text/html").text
    paths = ("feeds/oai?verb=Identify", "feeds/ldes", "sitemap.xml", ".well-known/void", "dumps/", "releases")
    root = "/" + deployment.url.split("/", 3)[3]
    for path in paths:
        assert f'href="{root}{path}"' in page, path
        assert deployment.get(deployment.url + path).status_code == 200


def test_home_releases_and_files_count_the_same_with_what_describes_the_release(deployment) -> None:
    version = deployment.releases.newest()
    dump = gzip.decompress((deployment.releases.path(version) / "dumps" / "actiongraph.nq.gz").read_bytes())
    data, whole = dump.count(b"\n"), len(ox.Store.read_only(str(deployment.releases.path(version) / "store")))
    said = f"{whole - data:,} describe the release itself"
    for path in ("", "releases"):
        page = deployment.get(deployment.url + path, "text/html").text
        assert (f"{whole:,}" in page, f"of which {said}" in page) == (True, True), path
    assert f"{data:,} quads in the release" in deployment.get(deployment.url + "dumps/", "text/html").text
