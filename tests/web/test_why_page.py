"""`/sparql/why` over HTTP: from a button of a row to the words of a source, and what is said where that cannot be."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from urllib.parse import parse_qsl

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from actiongraph.engine.base import Dataset, QueryBudget, Solutions
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import Busy, QueryTimeout
from actiongraph.release.snapshots import FileSnapshots, Snapshot

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"Accept": "application/json"}
BASE = "https://w3id.org/actiongraph/"
SPAIN = (
    "# Which countries sent experts to the first action in Bogota?\n"
    f"PREFIX ag: <{BASE}ontology#>\n"
    f"SELECT ?country WHERE {{ <{BASE}id/action/informal-economy-coverage-bogota> ag:expertsFrom ?country }}"
)
EXAMPLE = "http://example.org/"
LABELS = f"SELECT ?x ?l {{ ?x <{EXAMPLE}label> ?l }}"


@pytest.fixture(scope="module")
def shipped(deploy) -> FlaskClient:
    return deploy("mapped").client


def rows_of(client: FlaskClient, query: str, **more: str) -> list[dict]:
    return client.get("/sparql", query_string={"query": query, **more}, headers=JSON).get_json(force=True)["results"][
        "bindings"
    ]


def row_of_spain(client: FlaskClient) -> str:
    return next(json.dumps(row) for row in rows_of(client, SPAIN) if row["country"]["value"].endswith("/ESP"))


def why(client: FlaskClient, query: str, row: str | None = None, headers=JSON, **more: str):
    return client.get(
        "/sparql/why", query_string={"query": query, **({"row": row} if row else {}), **more}, headers=headers
    )


def test_json_has_the_triple_with_the_words_it_rests_on(shipped: FlaskClient) -> None:
    told = why(shipped, SPAIN, row_of_spain(shipped)).get_json()
    assert told["row"] == {"country": {"type": "uri", "value": f"{BASE}id/country/ESP"}}
    assert (told["solutions"], told["complete"], told["rests_also_on"]) == (1, True, [])
    [triple] = told["triples"]
    assert [triple[part]["label"] for part in ("subject", "predicate", "object")] == [
        "Social protection coverage in the informal economy",
        "experts from",
        "Spain",
    ]
    assert triple["provenance"] == "stated"
    [passage] = triple["evidence"][0]["passages"]
    assert (passage["quote"], passage["start"], passage["end"]) == ("France, Italy, and Spain", 7901, 7925)
    assert passage["source"]["iri"] == f"{BASE}id/source/social-security-policy"


def test_the_page_leads_to_statement_passage_and_source_and_back(shipped: FlaskClient) -> None:
    page = why(shipped, SPAIN, row_of_spain(shipped), BROWSER)
    assert page.status_code == 200
    assert "<h1>Why this row is here</h1>" in page.text
    assert '<meta name="robots" content="noindex, nofollow">' in page.text
    assert "<blockquote><p><bdi>France, Italy, and Spain</bdi></p>" in page.text
    links = re.findall(r'href="([^"]*)"', page.text)
    for start in (
        "doc/action/informal-economy-coverage-bogota#",
        "doc/source/social-security-policy",
        "doc/country/ESP",
    ):
        address = next(link for link in links if start in link).partition("#")[0]
        assert shipped.get(address.removeprefix("/data-of")).status_code == 200


def test_each_row_of_a_result_has_a_button_that_asks_for_it(shipped: FlaskClient) -> None:
    page = shipped.get("/sparql", query_string={"query": SPAIN}, headers=BROWSER).text
    buttons = re.findall(
        r'<button class="link" form="why" name="row" value="([^"]*)" aria-label="Why is row (\d) here', page
    )
    assert [number for _, number in buttons] == ["1", "2", "3"]
    assert '<form id="why" action="/data-of/sparql/why" method="get">' in page
    for written, _ in buttons:
        assert why(shipped, SPAIN, written.replace("&#34;", '"'), BROWSER).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?t) {}",
        "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 1",
        "SELECT ?x { ?x <urn:x> 1 }",
        "ASK { <urn:x> ?p 1 }",
    ],
)
def test_no_button_stands_where_there_is_no_answer(shipped: FlaskClient, query: str) -> None:
    assert 'form="why"' not in shipped.get("/sparql", query_string={"query": query}, headers=BROWSER).text


def test_rows_of_blank_nodes_have_no_button_and_a_sentence(make_app) -> None:
    data = f"_:b <{EXAMPLE}p> <{EXAMPLE}o> . <{EXAMPLE}s> <{EXAMPLE}p> <{EXAMPLE}o> ."
    engine = OxigraphEngine.in_memory(list(ox.parse(data, format=ox.RdfFormat.TURTLE)), union_default=False)
    client = make_app(FileSnapshots(Snapshot(engine, None, {}, union_default=False))).test_client()
    query = f"SELECT ?x {{ ?x <{EXAMPLE}p> ?o }}"
    page = client.get("/sparql", query_string={"query": query}, headers=BROWSER).text
    assert page.count('name="row"') == 1
    refused = why(client, query, '{"x": {"type": "bnode", "value": "b0"}}')
    assert (refused.status_code, refused.get_json()["code"]) == (400, "query")
    assert "?x is a blank node, which has no name that a query could use" in refused.get_json()["detail"]
    told = why(client, query, json.dumps({"x": {"type": "uri", "value": f"{EXAMPLE}s"}})).get_json()
    assert (told["version"], told["triples"][0]["provenance"]) == (None, "not known")
    assert told["notes"] == ["Here is no record of where triples come from, so they stand without grounds."]
    page = why(client, query, json.dumps({"x": {"type": "uri", "value": f"{EXAMPLE}s"}}), BROWSER).text
    assert "without grounds" in page
    assert "its origin is not known" not in page


def test_an_answer_that_is_true_has_a_button_too(shipped: FlaskClient) -> None:
    query = f"ASK {{ <{BASE}id/country/ESP> ?p 'Spain'@en }}"
    page = shipped.get("/sparql", query_string={"query": query}, headers=BROWSER).text
    assert '<button class="link" form="why">Why is this true?</button>' in page
    assert "set by curators" in why(shipped, query, headers=BROWSER).text


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({}, 400, "Give the query in the parameter 'query', and one of its rows in the parameter 'row'."),
        ({"query": LABELS}, 400, "Tell the row in the parameter 'row'"),
        ({"query": LABELS, "row": "1"}, 400, "A row is a JSON object"),
        ({"query": LABELS, "row": ["{}", "{}"]}, 400, "give the parameter 'row' once"),
        ({"query": LABELS, "row": '{"y": {"type": "literal", "value": "1"}}'}, 400, "no variable ?y"),
        ({"query": LABELS, "row": "{}"}, 404, "No row of the query has these values."),
        ({"query": "SELECT ?x { ?x ?p }", "row": "{}"}, 400, "Line 1, column 19"),
        ({"query": "SELECT ?x { SERVICE <http://x/> {} }", "row": "{}"}, 400, "SERVICE is refused"),
        # What only the engine finds is told in the query as it was sent.
        ({"query": "SELECT ?x { ?x ?p ?o BIND(1 AS ?o) }", "row": "{}"}, 400, "Line 1, column"),
        ({"query": LABELS, "row": "{}", "version": "20200101T000000Z-000000000000"}, 404, "20200101T000000Z"),
    ],
)
def test_each_error_is_one_clear_sentence(shipped: FlaskClient, parameters: dict, status: int, said: str) -> None:
    for headers in (JSON, BROWSER):
        response = shipped.get("/sparql/why", query_string=parameters, headers=headers)
        assert response.status_code == status
        assert said in response.text.replace("&#39;", "'")


def test_by_post_it_is_the_same_and_two_rows_are_not_mixed_up(shipped: FlaskClient) -> None:
    rows = [json.dumps(row) for row in rows_of(shipped, SPAIN)]
    for row in (*rows, *rows):
        got = why(shipped, SPAIN, row).get_json()
        posted = shipped.post("/sparql/why", data={"query": SPAIN, "row": row}, headers=JSON)
        assert posted.get_json() == got
        assert got["row"] == json.loads(row)
        assert "ETag" not in posted.headers
        sent = {"data": SPAIN, "content_type": "application/sparql-query", "query_string": {"row": row}}
        assert shipped.post("/sparql/why", headers=JSON, **sent).get_json() == got


def test_it_is_cached_by_release_and_told_apart_by_format(shipped: FlaskClient) -> None:
    row = row_of_spain(shipped)
    first = why(shipped, SPAIN, row)
    assert first.headers["Cache-Control"] == "no-cache"
    assert "Last-Modified" in first.headers
    assert why(shipped, SPAIN, row, JSON | {"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert why(shipped, SPAIN, row, {"Accept": "text/plain"}).text.startswith("Why this row is there: 1 triple\n")
    assert why(shipped, SPAIN, row, BROWSER, format="json").get_json() == first.get_json()
    assert why(shipped, SPAIN, row, {"Accept": "image/png"}).status_code == 406


def test_a_release_that_is_named_is_the_one_that_answers(deploy) -> None:
    deployment = deploy("mapped")
    version = deployment.releases.newest()
    row = row_of_spain(deployment.client)
    told = why(deployment.client, SPAIN, row, version=version)
    assert told.get_json()["version"] == version
    page = why(deployment.client, SPAIN, row, BROWSER, version=version).text
    assert f"/doc/country/ESP?version={version}" in page
    assert f'<input type="hidden" name="version" value="{version}">' in page


def test_a_long_query_is_sent_on_by_post(shipped: FlaskClient) -> None:
    query = "# " + "x" * 4_500 + "\n" + SPAIN
    page = shipped.get("/sparql", query_string={"query": query}, headers=BROWSER).text
    assert '<form id="why" action="/data-of/sparql/why" method="post">' in page
    told = shipped.post("/sparql/why", data={"query": query, "row": row_of_spain(shipped)}, headers=BROWSER).text
    assert '<form id="another" action="/data-of/sparql/why" method="post">' in told
    assert '<button class="link" form="another" name="format" value="json">' in told


def test_what_is_hidden_in_a_text_is_shown_and_nothing_is_markup(make_app) -> None:
    data = f'<{EXAMPLE}s> <{EXAMPLE}label> "<b>\u202ereversed</b>"@ar .'
    engine = OxigraphEngine.in_memory(list(ox.parse(data, format=ox.RdfFormat.TURTLE)), union_default=False)
    client = make_app(FileSnapshots(Snapshot(engine, None, {}, union_default=False))).test_client()
    query = f"SELECT ?l {{ ?x <{EXAMPLE}label> ?l FILTER(?l != '\u202e<i>') }}"
    page = why(client, query, json.dumps(rows_of(client, query)[0]), BROWSER).text
    assert '<bdi lang="ar">&lt;b&gt;[U+202E]reversed&lt;/b&gt;</bdi>' in page
    assert "\u202e" not in re.sub(r'(value|href)="[^"]*"', "", page)
    assert "<i>" not in page


class _Failing(OxigraphEngine):
    """An engine that has no time, or no worker."""

    def __init__(self, error: Exception) -> None:
        super().__init__(ox.Store(), union_default=False)
        self.error = error

    def answer(self, query, format, dataset=Dataset(), budget=QueryBudget()) -> bytes:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status"),
    [(QueryTimeout(1), 504), (Busy("All workers are busy.", limit="workers", value=1, retry_after_s=2), 503)],
)
def test_a_deadline_and_a_crowd_are_told_as_at_the_endpoint(make_app, error: Exception, status: int) -> None:
    client = make_app(FileSnapshots(Snapshot(_Failing(error), None, {}, union_default=False))).test_client()
    for path in ("/sparql", "/sparql/why"):
        response = client.get(path, query_string={"query": LABELS, "row": "{}"}, headers=JSON)
        assert response.status_code == status
        assert ("Retry-After" in response.headers) == (status == 503)


class Timed(OxigraphEngine):
    """An engine that notes the time it is given for each query, and takes all of it if it is slow."""

    def __init__(self, *, is_slow: bool = False) -> None:
        store = ox.Store()
        graph = ox.NamedNode(EXAMPLE + "g")
        store.add(ox.Quad(ox.NamedNode(EXAMPLE + "s"), ox.NamedNode(EXAMPLE + "label"), ox.Literal("l"), graph))
        super().__init__(store, union_default=True)
        self.given: list[float] = []
        self._is_slow = is_slow

    def answer(self, query, format, dataset=Dataset(), budget=QueryBudget()) -> bytes:
        self._take(budget)
        return super().answer(query, format, dataset, budget)

    def select(self, query, budget=QueryBudget()) -> Solutions:
        self._take(budget)
        return super().select(query, budget)

    def _take(self, budget: QueryBudget) -> None:
        assert budget.timeout_s is not None
        self.given.append(budget.timeout_s)
        if self._is_slow:
            time.sleep(budget.timeout_s)


ROW_OF_LABELS = json.dumps({"x": {"type": "uri", "value": f"{EXAMPLE}s"}, "l": {"type": "literal", "value": "l"}})


def test_the_deadline_is_one_for_all_that_is_asked(make_app) -> None:
    engine = Timed()
    client = make_app(FileSnapshots(Snapshot(engine, "v", {}, union_default=True))).test_client()
    assert why(client, LABELS, ROW_OF_LABELS, timeout="5").status_code == 200
    assert len(engine.given) > 2
    assert engine.given[0] <= 5
    assert all(later < earlier for earlier, later in pairwise(engine.given))


def test_once_the_time_is_up_nothing_more_is_asked(make_app) -> None:
    engine = Timed(is_slow=True)
    client = make_app(FileSnapshots(Snapshot(engine, "v", {}, union_default=True))).test_client()
    assert why(client, LABELS, ROW_OF_LABELS, timeout="0.1").status_code == 504
    assert len(engine.given) == 1


def test_results_for_programs_have_nothing_of_it(shipped: FlaskClient) -> None:
    for name in ("json", "xml", "csv", "tsv"):
        written = shipped.get("/sparql", query_string={"query": SPAIN, "format": name}).text.lower()
        assert "why" not in written


def test_the_address_of_the_page_is_the_one_that_a_form_sends(shipped: FlaskClient) -> None:
    page = why(shipped, SPAIN, row_of_spain(shipped), BROWSER).text
    address = next(link for link in re.findall(r'href="([^"]*)"', page) if "format=json" in link).replace("&amp;", "&")
    given = dict(parse_qsl(address.partition("?")[2]))
    assert given == {"query": SPAIN, "row": row_of_spain(shipped), "format": "json"}
