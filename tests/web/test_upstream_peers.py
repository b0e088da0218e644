"""The application over Virtuoso 7 and Fuseki 5, as bench/peers.sh installs them, loaded with the shipped release."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pyoxigraph as ox
import pytest

from actiongraph.engine.marker import Marker, marker_graph
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.examples import load_examples
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.portability import constructs_of
from actiongraph.web.app import create_app
from bench.peers import fuseki_main, virtuoso
from bench.systems import Data, running

pytestmark = pytest.mark.long("peers")
JSON, TRIPLES = "application/sparql-results+json", "application/n-triples"
NUMBERS = ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger", "positiveInteger")
XSD = "http://www.w3.org/2001/XMLSchema#"
CROSS = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?x ?y ?o . ?z ?q ?o . ?a ?b ?z }"


class Over:
    """The application over an engine of a kind, and without it."""

    def __init__(self, kind: str, deployment, client, engine: UpstreamEngine) -> None:
        self.kind, self.deployment, self.client, self.engine = kind, deployment, client, engine
        self.record = deployment.releases.record(deployment.releases.newest())

    def ask(self, query: str, accept: str = f"{JSON}, {TRIPLES}", **parameters: str):
        return self.client.get("/sparql", query_string={"query": query, **parameters}, headers={"Accept": accept})

    def ask_ours(self, query: str, accept: str = f"{JSON}, {TRIPLES}", **parameters: str):
        sent = {"query": query, **parameters}
        return self.deployment.client.get("/sparql", query_string=sent, headers={"Accept": accept})


@pytest.fixture(scope="module", params=["Virtuoso", "Fuseki"])
def over(
    request, deploy, tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str, str], NoReturn]
) -> Iterator[Over]:
    jars = os.environ.get("ACTIONGRAPH_FUSEKI")
    if request.param == "Fuseki" and not jars:
        missing("Fuseki", "bench/peers.sh FOLDER, and FOLDER in ACTIONGRAPH_FUSEKI")
    system = virtuoso() if request.param == "Virtuoso" else fuseki_main(Path(jars or ""))
    if not system.is_installed:
        missing(request.param, "bench/peers.sh FOLDER")
    deployment = deploy("mapped")
    releases, folder = deployment.releases, tmp_path_factory.mktemp("peer")
    record = releases.record(releases.newest())
    ox.Store.read_only(str(releases.path(record.version) / "store")).dump(
        str(folder / "all.nq"), format=ox.RdfFormat.N_QUADS
    )
    base = deployment.base
    marker = Marker(record.version, record.content_sha256).triples(base)
    with (folder / "all.nq").open("a", encoding="utf-8") as file:
        file.write(marker.replace(" .\n", f" <{marker_graph(base)}> .\n"))
    with running(system, Data(folder / "data", folder / "store", folder / "all.nq")) as server:
        url = f"http://127.0.0.1:{server.address.port}{system.path}"
        settings = replace(deployment.settings, timeout_s=60)
        with closing(UpstreamEngine(url, settings)) as engine:
            snapshots = ReleaseSnapshots(releases)
            app = create_app(settings, snapshots, upstream=UpstreamSnapshots(snapshots, engine, settings))
            yield Over(request.param, deployment, app.test_client(), engine)


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


def content(response) -> Any:
    assert response.status_code == 200, response.text
    if response.mimetype == TRIPLES:
        return Counter(response.text.splitlines())
    if "boolean" in response.json:
        return response.json["boolean"]
    rows = response.json["results"]["bindings"]
    return Counter(tuple(sorted((name, in_one_form(term)) for name, term in row.items())) for row in rows)


EXAMPLES = {example.name: example for example in load_examples("https://w3id.org/actiongraph/")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_the_same_answer_or_is_refused(over: Over, name: str):
    text = EXAMPLES[name].text
    response = over.ask(text)
    refused = {each.construct for each in over.engine.profile(0).refused if each.where == "everywhere"}
    if refused.isdisjoint(constructs_of(check_query(text, over.deployment.settings))):
        assert content(response) == content(over.ask_ours(text))
    else:
        assert response.json["code"] == "refused-feature"


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
    assert content(over.ask(query)) == content(over.ask_ours(query))


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
        (count.replace("{}", "", 1), {"named-graph-uri": graph}),
        (named.replace("{}", "", 1), {"default-graph-uri": graph}),
        (named.replace("{}", "", 1), {"named-graph-uri": graph}),
    ):
        theirs, ours = over.ask(query, **parameters), over.ask_ours(query, **parameters)
        assert content(theirs) == content(ours), (query, parameters)


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
