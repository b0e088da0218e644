"""The application over Virtuoso 7 and Fuseki 5, as bench/peers.sh installs them, with the shipped release in them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import peer_engines
import pytest
import rdflib
from flask.testing import FlaskClient
from peer_engines import PeerEngine
from rdflib.compare import isomorphic

from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.examples import load_examples
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.web.app import create_app

pytestmark = pytest.mark.long("peers")
JSON, TRIPLES = "application/sparql-results+json", "application/n-triples"
NUMBERS = ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger", "positiveInteger")
XSD = "http://www.w3.org/2001/XMLSchema#"
KNOWN = peer_engines.differences("example")
CROSS = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?x ?y ?o . ?z ?q ?o . ?a ?b ?z }"


class Over:
    """The application over an engine that the shipped release was moved to, and without it."""

    def __init__(self, kind: str, release, client: FlaskClient, ours: FlaskClient, engine: UpstreamEngine) -> None:
        self.kind, self.record, self.client, self.ours, self.engine = kind, release.record, client, ours, engine

    def ask(self, query: str, accept: str = f"{JSON}, {TRIPLES}", **parameters: str):
        return self.client.get("/sparql", query_string={"query": query, **parameters}, headers={"Accept": accept})

    def ask_ours(self, query: str, accept: str = f"{JSON}, {TRIPLES}", **parameters: str):
        return self.ours.get("/sparql", query_string={"query": query, **parameters}, headers={"Accept": accept})


@pytest.fixture(scope="module", params=peer_engines.NAMES)
def over(request, release, moved_to: Callable[[str], PeerEngine]) -> Iterator[Over]:
    place = moved_to(request.param).place
    settings = replace(release.settings, url="http://localhost/", timeout_s=60)
    with closing(UpstreamEngine(place.url, settings)) as engine:
        snapshots = release.snapshots
        app = create_app(settings, snapshots, upstream=UpstreamSnapshots(snapshots, engine, settings))
        ours = create_app(settings, snapshots)
        yield Over(request.param, release, app.test_client(), ours.test_client(), engine)


def in_one_form(term: dict[str, str]) -> tuple[str, ...]:
    """Return a term of JSON in one form of its value: Virtuoso writes numbers, booleans and languages its own way."""
    value, kind = term["value"], term.get("datatype", "").removeprefix(XSD)
    if kind in NUMBERS:
        return "number", str(round(Decimal(value), 9).normalize())
    if kind == "boolean":
        return "boolean", {"1": "true", "0": "false"}.get(value, value)
    if term["type"] == "bnode":
        return ("blank",)
    return term["type"], value, kind, term.get("xml:lang", "").lower()


Rows = list[tuple[tuple[str, tuple[str, ...]], ...]]


def content(response) -> Any:
    assert response.status_code == 200, response.text
    if response.mimetype == TRIPLES:
        return rdflib.Graph().parse(data=response.text, format="nt")
    if "boolean" in response.json:
        return response.json["boolean"]
    rows = response.json["results"]["bindings"]
    return [tuple(sorted((name, in_one_form(term)) for name, term in row.items())) for row in rows]


def sorted_by(query: str, rows: Rows) -> list[list[tuple[str, ...] | None]]:
    """Return the terms of each row that its place depends on; rows that have the same may stand in any order."""
    clause = re.search(r"ORDER\s+BY\s(.*?)(LIMIT|OFFSET|$)", query.rpartition("}")[2], re.DOTALL | re.IGNORECASE)
    names = re.findall(r"[?$](\w+)", clause[1]) if clause else []
    bound = {name for row in rows for name, _ in row}
    shown = list(itertools.takewhile(bound.__contains__, names))  # what is not selected decides, and cannot be seen
    return [[dict(row).get(name) for name in shown] for row in rows]


def difference(query: str, ours: Any, theirs: Any) -> str:
    """Return how two answers differ; empty if they do not."""
    if isinstance(ours, rdflib.Graph):
        return "" if isomorphic(ours, theirs) else f"{len(ours)} triples here, {len(theirs)} there"
    if not isinstance(ours, list):
        return "" if ours is theirs else f"{ours} here, {theirs} there"
    if Counter(ours) != Counter(theirs):
        return f"{len(ours)} rows here, {len(theirs)} there"
    return "" if sorted_by(query, ours) == sorted_by(query, theirs) else "another order"


def check_same(query: str, ours: Any, theirs: Any) -> None:
    assert difference(query, content(ours), content(theirs)) == "", (content(ours), content(theirs))


EXAMPLES = {example.name: example for example in load_examples("https://w3id.org/actiongraph/")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_the_same_answer(over: Over, name: str):
    """Or the difference is known: it is an error if that is gone, too."""
    text, known = EXAMPLES[name].text, KNOWN.get((over.kind, name))
    response, ours = over.ask(text), content(over.ask_ours(text))
    shows = difference(text, ours, content(response)) if response.status_code == 200 else str(response.status_code)
    assert shows == (known.shows if known else ""), response.text


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s ?p ?o }",
        "ASK { ?s <https://example.org/nothing> ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
        "CONSTRUCT { ?s a ?o } { ?s a ?o }",
        "SELECT * { ?s ?p ?o } LIMIT 0",
        "SELECT ?s { ?s a ?c } ORDER BY ?s LIMIT 9999",
    ],
)
def test_forms_and_graphs_are_the_same(over: Over, query: str):
    check_same(query, over.ask_ours(query), over.ask(query))


def test_a_dataset_is_heeded_and_no_more(over: Over):
    graph, other = sorted(map(str, over.record.graphs))[1:3]
    count, named = "SELECT (COUNT(*) AS ?n) {} { ?s ?p ?o }", "SELECT DISTINCT ?g {} { GRAPH ?g { ?s ?p ?o } }"
    for query, parameters in (
        (count.replace("{}", f"FROM <{graph}>", 1), {}),
        (count.replace("{}", f"FROM <{graph}> FROM <{other}>", 1), {}),
        (count.replace("{}", f"FROM NAMED <{graph}>", 1), {}),
        (named.replace("{}", f"FROM <{graph}>", 1), {}),
        (named.replace("{}", f"FROM NAMED <{graph}>", 1), {}),
        (count.replace("{}", "", 1), {"default-graph-uri": graph}),
        (count.replace("{}", f"FROM <{graph}>", 1), {"default-graph-uri": other}),
        (count.replace("{}", "", 1), {"named-graph-uri": graph}),
        (named.replace("{}", "", 1), {"default-graph-uri": graph}),
        (named.replace("{}", "", 1), {"named-graph-uri": graph}),
    ):
        check_same(query, over.ask_ours(query, **parameters), over.ask(query, **parameters))


def test_no_other_graph_is_reached(over: Over):
    assert over.ask("SELECT * { GRAPH <http://www.openlinksw.com/schemas/virtrdf#> { ?s ?p ?o } }").status_code == 400
    names = over.ask("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").json["results"]["bindings"]
    assert sorted(row["g"]["value"] for row in names) == sorted(over.record.graphs)


def test_a_query_that_takes_too_long_is_a_timeout(over: Over):
    response = over.ask(CROSS, timeout="2")
    assert response.status_code == 504
    assert over.ask("ASK { ?s ?p ?o }").json["boolean"]


def test_the_engine_is_known(over: Over):
    over.ask("ASK { ?s ?p ?o }")
    assert over.engine.profile(0).name == over.kind
