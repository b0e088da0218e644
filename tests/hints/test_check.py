"""/sparql/check: a verdict on any query, and nothing is run; and the header that points there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from actiongraph import hints
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.pool.worker_pool import Pool, PooledEngine
from actiongraph.errors import QuerySyntaxError
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.web.app import create_app

URL = "https://graph.example.org/"
PREFIX = "PREFIX ag: <https://w3id.org/actiongraph/ontology#> "
GOOD = PREFIX + "SELECT * { ?a ag:country ?c }"
EMPTY = PREFIX + "SELECT * { ?a ag:contry ?c }"
DIRECT = "application/sparql-query"
_SIX = " ".join(f"VALUES ?x{n} {{ {' '.join(map(str, range(500)))} }}" for n in range(6))
ENDLESS = f"ASK {{ {_SIX} FILTER(?x0 + ?x1 + ?x2 + ?x3 + ?x4 + ?x5 < 0) }}"


class Untouched:
    """An engine that reads queries and fails the test when it is to run one."""

    def __init__(self, engine: OxigraphEngine) -> None:
        self.parse = engine.parse

    def answer(self, *_: object, **__: object) -> bytes:
        pytest.fail("a query was run")

    select = answer

    def close(self) -> None:
        pass


class Snapshots:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def current(self) -> Snapshot:
        return self.snapshot


@pytest.fixture
def client(release) -> FlaskClient:
    """The endpoint on the release."""
    return create_app(Settings(url=URL), release.snapshots).test_client()


@pytest.fixture
def check(release) -> Callable[..., dict]:
    """Check a query where running one would fail the test."""
    snapshot = release.snapshots.current()
    client = create_app(
        Settings(url=URL), Snapshots(replace(snapshot, engine=Untouched(snapshot.engine)))
    ).test_client()

    def check(query: str, **parameters: str) -> dict:
        response = client.get("/sparql/check", query_string={"query": query, **parameters})
        assert response.status_code == 200, response.text
        return response.get_json()

    return check


def test_a_good_query_is_told_to_be_one(check):
    assert check(GOOD) == {"ok": True, "form": "SELECT", "error": None, "errors": [], "hints": []}
    for query, form in (("ASK {}", "ASK"), ("DESCRIBE <http://a/>", "DESCRIBE"), ("CONSTRUCT WHERE {}", "CONSTRUCT")):
        assert check(query)["form"] == form


def test_a_query_that_may_find_nothing_gets_hints(check):
    verdict = check(EMPTY)
    assert verdict["ok"] is True
    [hint] = verdict["hints"]
    assert set(hint) == {"code", "sentence", "line", "column", "suggestion", "start", "end", "edits"}
    start = EMPTY.index("ag:contry")
    assert (hint["code"], hint["line"], hint["column"]) == ("unknown-term", 1, start + 1)
    assert (hint["start"], hint["end"]) == (start, start + len("ag:contry"))
    assert hint["suggestion"] == "ag:country"
    assert [mended(EMPTY, edit) for edit in hint["edits"]] == [GOOD]
    assert hint["edits"][0]["title"] == "Write ag:country in place of ag:contry"


def mended(query: str, edit: dict) -> str:
    """Return the query after an edit, as a program that reads the JSON makes it."""
    assert set(edit) == {"from", "to", "insert", "title"}
    return query[: edit["from"]] + edit["insert"] + query[edit["to"] :]


def test_all_that_the_tokens_show_is_told_at_once_in_the_order_of_its_place(check):
    query = "SELCT ?x {\n ?x ag:country '\U0001f600' ; rdfs:label ?n FILTER(?n == 'a) } LIMTI 3"
    verdict = check(query)
    assert [query[each["start"] : each["end"]] for each in verdict["errors"]] == [
        "SELCT",
        "ag:country",
        "rdfs:label",
        "=",
        "'a) } LIMTI 3",
    ]
    assert [each["code"] for each in verdict["errors"]] == ["syntax"] * 5
    fields = {"code", "message", "line", "column", "suggestion", "start", "end", "edits"}
    assert all(set(each) == fields for each in verdict["errors"])
    assert set(verdict["error"]) == fields | {"excerpt"}
    assert {name: verdict["error"][name] for name in fields} in verdict["errors"]
    assert [(each["line"], each["column"]) for each in verdict["errors"][:3]] == [(1, 1), (2, 5), (2, 22)]
    firsts = [mended(query, each["edits"][0]) for each in verdict["errors"]]
    assert firsts[0].startswith("SELECT ?x")
    assert firsts[1] == f"{PREFIX.strip()}\n{query}"


def test_twenty_faults_are_told_and_no_more(check):
    verdict = check("ASK { " + "".join(f"?s p{n}:x 1 . " for n in range(30)) + "} foo")
    assert len(verdict["errors"]) == 20
    assert verdict["error"]["message"].startswith("Line 1, column")
    assert any(each["message"] == verdict["error"]["message"] for each in verdict["errors"])
    starts = [each["start"] for each in verdict["errors"]]
    assert starts == sorted(set(starts))


def test_a_fault_without_a_place_has_none(release):
    settings = Settings(url=URL, max_query_bytes=100)
    client = create_app(settings, release.snapshots).test_client()
    verdict = client.get("/sparql/check", query_string={"query": "ASK { ag:x ?p '" + "x" * 100}).get_json()
    [error] = verdict["errors"]
    assert error["code"] == "too-complex"
    assert [error[name] for name in ("line", "column", "start", "end")] == [None] * 4
    assert (error["edits"], error["suggestion"]) == ([], "split it into shorter queries.")


def test_the_graphs_of_the_request_count(check):
    derived = "https://w3id.org/actiongraph/graph/derived"
    assert [hint["code"] for hint in check(GOOD, **{"default-graph-uri": derived})["hints"]] == ["other-graph"]


FAULTS = [
    ("SELCT * {}", "syntax", 1, 1, "did you mean SELECT?"),
    ("ASK {\n ag:x ?p ?o }", "syntax", 2, 2, "put PREFIX ag: <https://w3id.org/actiongraph/ontology#> at the top"),
    ("ASK { SERVICE <http://a/> { ?s ?p ?o } }", "refused-feature", 1, 7, None),
    ("CLEAR ALL", "refused-feature", 1, 1, "nothing can be changed through it."),
    ("ASK " + "{" * 101 + "}" * 101, "too-complex", 1, 105, "split it into smaller queries."),
    # Only the engine's parser knows the scopes of variables.
    ("SELECT ?x (COUNT(*) AS ?n) { ?x ?p ?o }", "syntax", 1, 8, "add it to GROUP BY"),
    ("SELECT * { ?s ?p ?o BIND(1 AS ?o) }", "syntax", 1, 31, None),
    ("SELECT * { ?s ?p ?o } GROUP BY ?s", "syntax", 1, 8, "name the variables."),
    ("", "syntax", 1, 1, "begin with"),
]


@pytest.mark.parametrize(("query", "code", "line", "column", "suggestion"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_to_do(check, query, code, line, column, suggestion):
    verdict = check(query)
    assert (verdict["ok"], verdict["form"], verdict["hints"]) == (False, None, [])
    error = verdict["error"]
    assert (error["code"], error["line"], error["column"]) == (code, line, column)
    assert error["message"].startswith(f"Line {line}, column {column}: ")
    assert error["excerpt"].splitlines()[1].index("^") <= column
    if suggestion:
        assert suggestion in error["suggestion"]


@pytest.mark.parametrize(
    "body", [{"data": {"query": EMPTY}}, {"data": EMPTY.encode(), "content_type": DIRECT}], ids=["form", "direct"]
)
def test_it_reads_posts_as_the_endpoint_does(client, body):
    response = client.post("/sparql/check", **body)
    assert response.status_code == 200
    assert response.get_json()["hints"][0]["suggestion"] == "ag:country"


WANTED = [(None, "json"), ("application/json", "json"), ("text/plain", "plain"), ("text/html,*/*;q=0.1", "html")]


@pytest.mark.parametrize(("accept", "subtype"), WANTED)
@pytest.mark.parametrize("query", [EMPTY, "SELCT * {}"])
def test_the_verdict_comes_as_it_is_wanted(client, accept, subtype, query):
    headers = {"Accept": accept} if accept else {}
    response = client.get("/sparql/check", query_string={"query": query}, headers=headers)
    assert (response.status_code, response.mimetype.partition("/")[2]) == (200, subtype)
    assert "Accept" in response.headers["Vary"]
    assert ("ag:country" if query == EMPTY else "did you mean SELECT?") in response.text


def test_what_a_query_says_is_text_on_the_page(client):
    query = 'ASK { ?s ?p "<script>alert(1)</script>" . ?s <http://a/<b> ?o }'
    for asked in (query, query.replace("a/<b", "a/b")):
        page = client.get("/sparql/check", query_string={"query": asked}, headers={"Accept": "text/html"}).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_request_that_is_none_is_a_problem(client):
    assert client.get("/sparql/check").status_code == 400
    assert client.get("/sparql/check?query=ASK{}&query=ASK{}").status_code == 400
    assert client.get("/sparql/check", query_string={"query": GOOD}, headers={"Accept": "image/png"}).status_code == 406
    assert client.put("/sparql/check").status_code == 405


def test_where_files_are_served_the_error_part_works_and_hints_are_said_to_be_missing():
    engine = OxigraphEngine.in_memory([], union_default=False)
    client = create_app(Settings(url=URL), Snapshots(Snapshot(engine, None, {}, union_default=False))).test_client()
    verdict = client.get("/sparql/check", query_string={"query": EMPTY}).get_json()
    assert (verdict["ok"], verdict["hints"]) == (True, [])
    assert "not available" in verdict["note"]
    for accept in ("text/plain", "text/html"):
        headers = {"Accept": accept}
        assert "not available" in client.get("/sparql/check", query_string={"query": EMPTY}, headers=headers).text
    verdict = client.get("/sparql/check", query_string={"query": "SELECT ?x (COUNT(*) AS ?n) {?x ?p 1}"}).get_json()
    assert verdict["error"]["line"] == 1


def test_the_engine_reads_a_query_and_does_not_run_it():
    engine = OxigraphEngine.in_memory([], union_default=False)
    engine.parse(check_query(ENDLESS, Settings()))  # running it takes 500 to the sixth steps
    with pytest.raises(QuerySyntaxError, match="GROUP BY"):
        engine.parse(check_query("SELECT ?x (COUNT(*) AS ?n) { ?x ?p ?o }", Settings()))


def test_the_snapshots_still_reads_a_query_before_it_looks_at_its_dataset():
    """`OxigraphEngine.parse` rests on this; a version that does otherwise must not pass."""
    store, nowhere = ox.Store(), [ox.NamedNode("http://e/")]
    with pytest.raises(SyntaxError):
        store.query("SELECT", use_default_graph_as_union=True, default_graph=nowhere)
    with pytest.raises(ValueError, match="should not be set at the same time"):
        store.query("SELECT * {}", use_default_graph_as_union=True, default_graph=nowhere)


def test_a_worker_reads_a_query_and_does_not_run_it(release):
    pool = Pool(Settings(workers=1, timeout_s=5))
    try:
        engine = PooledEngine(pool, release.releases.path(release.record.version) / "store", union_default=True)
        engine.parse(check_query(ENDLESS, Settings()))
        with pytest.raises(QuerySyntaxError, match="GROUP BY"):
            engine.parse(check_query("SELECT ?x (COUNT(*) AS ?n) { ?x ?p ?o }", Settings()))
        assert len(engine.select(check_query(GOOD, Settings()))) == 39  # nine of the first source and 30 of other pages
    finally:
        pool.close()


WITHOUT_ROWS = [EMPTY, PREFIX + "CONSTRUCT WHERE { ?a ag:contry ?c }"]
WITH_ROWS = [GOOD, PREFIX + "CONSTRUCT WHERE { ?a ag:country ?c }", PREFIX + "ASK { ?a ag:contry ?c }"]


@pytest.mark.parametrize("format_", ["json", "xml", "csv", "tsv", "ttl", "nt", "rdf", "jsonld"])
def test_an_answer_that_holds_nothing_points_to_the_check_of_its_query(client, format_):
    for query in WITHOUT_ROWS:
        response = client.get("/sparql", query_string={"query": query, "format": format_, "default-graph-uri": "urn:x"})
        address, _, relation = response.headers["Link"].partition("; ")
        parts = urlsplit(address.strip("<>"))
        assert relation == 'rel="help"'
        assert address.startswith(f"<{URL}sparql/check?")
        assert parse_qs(parts.query) == {"query": [query], "default-graph-uri": ["urn:x"]}
        assert client.get(f"{parts.path}?{parts.query}").get_json()["hints"]
        assert "check" not in response.text
    for query in WITH_ROWS:
        response = client.get("/sparql", query_string={"query": query, "format": format_})
        assert "Link" not in response.headers


def test_the_link_is_left_out_where_it_would_be_too_long_to_travel(client):
    long = PREFIX + 'ASK { ?s ?p "@" }'.replace("ASK", "SELECT *").replace("@", "x" * 3_600)
    for query, has_link in ((long, True), (long.replace("xx", "éé", 100), False)):
        response = client.get("/sparql", query_string={"query": query})
        assert ("Link" in response.headers) is has_link
        assert len(response.headers.get("Link", "")) < 4_100


CODES = re.compile(r"^\| ((?:`[a-z-]+` ?)+)\|", re.MULTILINE)
DOCS = Path(__file__).parents[2] / "docs" / "check.md"


def test_the_page_about_the_check_has_the_fields_the_codes_and_an_example_as_they_are(check):
    text = DOCS.read_text("utf-8")
    query = 'SELECT ?a WERE { ?a ag:country "Colombia" }'
    assert f"`{query}`" in text
    verdict = check(query)
    assert len(verdict["errors"]) == 2
    for edit in sorted((fault["edits"][0] for fault in verdict["errors"]), key=lambda edit: -edit["from"]):
        query = mended(query, edit)
    [hint] = check(query)["hints"]
    assert hint == json.loads(text.partition("```json")[2].partition("```")[0])
    assert all(f"`{name}`" in text for name in (*verdict, *verdict["error"], *hint, *hint["edits"][0]))
    sources = "".join(path.read_text("utf-8") for path in (Path(hints.__file__).parent).glob("*.py"))
    told = {
        code for row in CODES.findall(text.partition("The codes of hints")[2]) for code in re.findall(r"[a-z-]+", row)
    }
    made = set(re.findall(r'"([a-z]+-[a-z-]+)"', sources))
    assert told - {"prefix"} == {code for code in made if not code.startswith("http")}
