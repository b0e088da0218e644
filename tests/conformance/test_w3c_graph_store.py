"""The reading half of the W3C's Graph Store Protocol tests.

A test writes and then reads what it wrote. Here each write must be refused (405, and Allow names what is
answered); the test then does it to the store by itself, so that every GET and HEAD can be held against what the
manifest expects of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pyoxigraph as ox
import pytest
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic
from w3c_endpoint import Endpoint
from w3c_requests import MF, Exchange, exchanges
from w3c_results import read_graph
from w3c_suite import HOME, Case, cases, graphs, quads

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.formats import Result, offers
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.vocabulary import SD
from actiongraph.web.app import create_app

SITE = "http://www.example/"
LOCATION = SITE + "gsp/new"
STATUSES = {200: "OK", 404: "NotFound"}
LISTED = [case for case in cases() if case.group == "graph-store-protocol"]
UNLISTED = [
    replace(case, iri=case.iri.replace("head_existing", "head_non_existing"))
    for case in LISTED
    if case.iri.endswith("head_existing_direct")
]
"""The manifest describes this test and forgets to list it."""
TESTS = [*LISTED, *UNLISTED]

DEPRECATED = {
    "put__initial_state": "put_get_repeat_direct",
    "get_of_put__initial_state": "put_get_repeat_direct",
    "put__graph_already_in_store": "put_get_repeat_direct",
    "get_of_put__graph_already_in_store": "put_get_repeat_direct",
    "put__default_graph": "put_get_default",
    "get_of_put__default_graph": "put_get_default",
    "delete__existing_graph": "put_delete_get_delete_direct",
    "get_of_delete__existing_graph": "put_delete_get_delete_direct",
    "delete__nonexistent_graph": "put_delete_get_delete_direct",
    "post__existing_graph": "post_get_post_get_direct",
    "get_of_post__existing_graph": "post_get_post_get_direct",
    "post__multipart_formdata": "post_get_post_get_direct",
    "get_of_post__multipart_formdata": "post_get_post_get_direct",
    "post__create__new_graph": "post_get_new_graph",
    "get_of_post__create__new_graph": "post_get_new_graph",
    "get_of_post__after_noop": "post_get_new_graph",
    "head_on_an_existing_graph": "head_existing_direct",
    "head_on_a_nonexisting_graph": "head_non_existing_direct",
}
"""The tests of http-rdf-update, which the suite deprecates, and those that took their place."""


class Store:
    """A store that the test writes to, behind an endpoint that only reads it."""

    def __init__(self) -> None:
        self.store = ox.Store()

    def current(self) -> Snapshot:
        engine = OxigraphEngine(self.store, union_default=False)
        return Snapshot(engine, None, engine.graphs(), union_default=False)

    def write(self, exchange: Exchange, name: ox.NamedNode | ox.DefaultGraph) -> None:
        """Do what a server does that writes (SPARQL 1.1 Graph Store HTTP Protocol, sections 5.3 to 5.5)."""
        if exchange.method in ("PUT", "DELETE"):
            self.store.clear_graph(name)
            self.store.remove_graph(name)
        for document in documents(exchange):
            read = ox.parse(document, format=ox.RdfFormat.TURTLE, base_iri=SITE, rename_blank_nodes=True)
            self.store.extend(ox.Quad(q.subject, q.predicate, q.object, name) for q in read)


def documents(exchange: Exchange) -> list[bytes]:
    """Return the Turtle documents in the body of a request, one or the parts of a form."""
    content_type = dict(exchange.headers).get("content-type", "")
    if not content_type.startswith("multipart/"):
        return [exchange.data]
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + exchange.data)
    return [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]


def here(exchange: Exchange) -> str:
    """Return the address that the path of the manifest stands for."""
    path = exchange.path.replace("/gsp/", "/graph/") if exchange.path.startswith("/gsp/") else "/graph-store"
    query = exchange.query_string.replace("$LOCATION$", LOCATION)
    return f"{path}?{query}" if query else path


def name_of(exchange: Exchange) -> ox.NamedNode | ox.DefaultGraph:
    """Return the graph that a request is about (section 4)."""
    if exchange.path.startswith("/gsp/"):
        return ox.NamedNode(SITE + "graph/" + exchange.path.removeprefix("/gsp/"))
    if exchange.query_string == "default":
        return ox.DefaultGraph()
    return ox.NamedNode(parse_qs(exchange.query_string)["graph"][0] if exchange.query_string else LOCATION)


@pytest.fixture(scope="module")
def manifest(w3c: Path) -> Graph:
    read = Graph()
    for name in ("manifest-direct.ttl", "manifest-indirect.ttl"):
        read.parse(w3c / "graph-store-protocol" / name)
    return read


@pytest.mark.parametrize("case", TESTS, ids=str)
def test_reading(manifest: Graph, case: Case, outcome: Callable[[Case, str], None]) -> None:
    outcome(case, "reading")
    test, store = URIRef(case.iri), Store()
    # The data changes from step to step here, which it never does behind a snapshot without a version.
    client = create_app(Settings(url=SITE, base=SITE, max_kept_bytes=1), store).test_client()
    reads = 0
    for exchange in exchanges(manifest, test):
        answer = client.open(
            here(exchange), method=exchange.method, headers=exchange.headers, data=exchange.data or None
        )
        if exchange.method in ("GET", "HEAD"):
            reads += 1
            assert STATUSES[answer.status_code] in exchange.statuses, answer.text
            check(exchange, answer.headers["Content-Type"], answer.text)
        else:
            assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
            store.write(exchange, name_of(exchange))
    assert reads


def check(exchange: Exchange, content_type: str, body: str) -> None:
    for name, value in exchange.expected_headers:
        assert (name, value) == ("content-type", content_type)
    if exchange.method == "HEAD":
        assert body == ""
    if exchange.expected_body:
        expected, actual = Graph(), Graph()
        expected.parse(data=exchange.expected_body, format="turtle", publicID=SITE)
        actual.parse(data=body, format="turtle", publicID=SITE)
        assert isomorphic(expected, actual), body


NAMED = graphs()


@pytest.mark.parametrize(("place", "name"), list(enumerate(NAMED)), ids=[name.removeprefix(HOME) for name in NAMED])
def test_every_graph_of_the_running_endpoint(endpoint: Endpoint, place: int, name: str) -> None:
    """Each graph that the service description names is answered whole, in one syntax after the other."""
    syntaxes = offers(Result.GRAPH)
    format_ = syntaxes[place % len(syntaxes)]
    store = ox.Store()
    store.extend(quads(name, ox.DefaultGraph()))
    answer = endpoint.request("GET", "/graph-store?" + urlencode({"graph": name, "format": format_.name}))
    if len(store) == 0:
        assert answer.status == 404, "a graph without triples is not there"
        return
    assert (answer.status, answer.content_type) == (200, format_.content_type)
    expected = Graph().parse(data=store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()), format="nt")
    assert isomorphic(expected, read_graph(answer.body.decode(), format_.suffix, name))


def test_the_service_description_names_these_graphs(endpoint: Endpoint) -> None:
    described = Graph().parse(data=endpoint.request("GET", "/sparql", Accept="text/turtle").body, format="turtle")
    there = {name for name in NAMED if next(quads(name, ox.DefaultGraph()), None)}
    assert {str(name) for name in described.objects(None, SD.name)} == there


def test_the_deprecated_tests_have_successors(w3c: Path) -> None:
    old = Graph().parse(w3c / "http-rdf-update/manifest.ttl")
    deprecated = URIRef("http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#Deprecated")
    names = {str(test).partition("#")[2] for test in old.subjects(None, deprecated)}
    assert names == set(DEPRECATED)
    assert {f"{HOME}http-rdf-update/manifest#{name}" for name in DEPRECATED.values()} <= {case.iri for case in TESTS}


def test_all_tests_of_the_manifests_are_here(manifest: Graph) -> None:
    assert {case.iri for case in TESTS} == {str(test) for test in manifest.subjects(MF.action)}
