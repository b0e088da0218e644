"""The event stream: each change once, in pages that never change, with what is said of the thing in a graph."""

from __future__ import annotations

from datetime import datetime

import pytest
import rdflib
from rdflib import DCTERMS, RDF, XSD, Dataset, Literal, URIRef
from rdflib.compare import isomorphic

from actiongraph.vocabulary import CANONICAL_BASE

AS = rdflib.Namespace("https://www.w3.org/ns/activitystreams#")
LDES = rdflib.Namespace("https://w3id.org/ldes#")
TREE = rdflib.Namespace("https://w3id.org/tree#")
SYNTAXES = {"application/trig": "trig", "application/n-quads": "nquads", "application/ld+json": "json-ld"}


def read(response) -> Dataset:
    assert response.status_code == 200, response.text
    syntax = SYNTAXES[response.content_type.partition(";")[0]]
    return Dataset().parse(data=response.data, format=syntax)


def main_graph(dataset: Dataset) -> rdflib.Graph:
    return dataset.default_graph


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Dataset]:
    """Every page that the root leads to, by its address, in the order of their relations."""
    found: dict[str, Dataset] = {}
    waiting = [f"{site.url}feeds/ldes"]
    while waiting:
        address = waiting.pop(0)
        found[address] = read(site.get(address))
        graph = main_graph(found[address])
        nodes = {str(graph.value(relation, TREE.node)) for relation in graph.objects(URIRef(address), TREE.relation)}
        waiting += sorted(nodes - found.keys() - set(waiting))
    return found


def members(graph: rdflib.Graph) -> list[URIRef]:
    return list(graph.objects(None, TREE.member))


def test_the_root_says_what_the_stream_is(site):
    graph = main_graph(read(site.get(f"{site.url}feeds/ldes")))
    [stream] = graph.subjects(RDF.type, LDES.EventStream)
    assert set(graph.predicate_objects(stream)) == {
        (RDF.type, LDES.EventStream),
        (TREE.view, URIRef(f"{site.url}feeds/ldes")),
        (LDES.timestampPath, AS.published),
        (LDES.versionOfPath, DCTERMS.isVersionOf),
        (LDES.versionCreateObject, AS.Create),
        (LDES.versionUpdateObject, AS.Update),
        (LDES.versionDeleteObject, AS.Delete),
    }


def test_every_change_of_every_release_is_one_member(site, pages):
    changes: list[dict[str, str]] = [{} for _ in site.versions]
    for dataset in pages.values():
        graph = main_graph(dataset)
        for member in members(graph):
            thing = str(graph.value(member, DCTERMS.isVersionOf))
            release = next(n for n, version in enumerate(site.versions) if version in member)
            assert str(member).startswith(f"{site.base}release/{site.versions[release]}#")
            assert str(graph.value(member, AS.object)) == thing
            name = thing.removeprefix(f"{site.base}id/")
            assert name not in changes[release]
            changes[release][name] = str(graph.value(member, RDF.type)).removeprefix(AS)
    assert tuple(changes) == site.changes


def test_a_member_was_published_when_its_release_was(site, pages):
    for dataset in pages.values():
        graph = main_graph(dataset)
        for member in members(graph):
            at = datetime.strptime(str(member).split("release/")[1][:16], "%Y%m%dT%H%M%SZ")
            assert graph.value(member, AS.published) == Literal(f"{at.isoformat()}Z", datatype=XSD.dateTime)


def test_a_page_is_bounded_and_all_that_follow_are_of_one_release(site, pages):
    sizes = {address.partition("/feeds/ldes")[2]: len(members(main_graph(page))) for address, page in pages.items()}
    first, second, third = site.versions
    assert sizes == {
        "": 0, f"/{first}": 10, f"/{first}/2": 10, f"/{first}/3": 6, f"/{second}": 4, f"/{third}": 1,
    }  # fmt: skip


def test_relations_say_truly_what_is_behind_them(site, pages):
    for address, dataset in pages.items():
        graph = main_graph(dataset)
        for relation in graph.objects(URIRef(address), TREE.relation):
            page = main_graph(pages[str(graph.value(relation, TREE.node))])
            value, kind = graph.value(relation, TREE.value).value, graph.value(relation, RDF.type)
            assert graph.value(relation, TREE.path) == AS.published
            published = {page.value(member, AS.published).value for member in members(page)}
            holds = {
                TREE.GreaterThanOrEqualToRelation: lambda at, value=value: at >= value,
                TREE.LessThanOrEqualToRelation: lambda at, value=value: at <= value,
            }[kind]
            assert all(map(holds, published))


def test_what_is_said_of_a_thing_stands_in_the_graph_of_its_member(site, pages):
    first = site.versions[0]
    member = URIRef(f"{site.base}release/{first}#action/one")
    [graph] = [page.graph(member) for page in pages.values() if (None, None, member) in main_graph(page)]
    written = (
        rdflib.Graph().parse(data=site.action).serialize(format="nt").replace(f"{CANONICAL_BASE}id/", site.iri(""))
    )
    assert isomorphic(graph, rdflib.Graph().parse(data=written, format="nt"))
    assert URIRef(site.iri("action/one#note")) in set(graph.subjects())


def test_a_withdrawn_thing_leaves_its_reason_and_a_vanished_one_nothing(site, pages):
    second = site.versions[1]
    page = pages[f"{site.url}feeds/ldes/{second}"]
    said = {
        str(predicate).rpartition("#")[2]: str(value)
        for _, predicate, value in page.graph(URIRef(f"{site.base}release/{second}#org/double"))
    }
    assert said["reason"] == "Described twice."
    assert len(said) == 4
    assert len(page.graph(URIRef(f"{site.base}release/{second}#place/p01"))) == 0


def test_a_page_of_a_release_never_changes_and_the_root_may(site):
    root = f"{site.url}feeds/ldes"
    for address, said in ((root, "no-cache"), (f"{root}/{site.versions[0]}", "public, max-age=31536000, immutable")):
        for _ in range(2):  # from the app, then from what is kept
            response = site.get(address)
            assert response.headers["Cache-Control"] == said
            tag = {"If-None-Match": response.headers["ETag"]}
            assert site.get(address, **tag).status_code == 304
            since = {"If-Modified-Since": response.headers["Last-Modified"]}
            assert site.get(address, **since).status_code == 304
    made = site.get(f"{root}/{site.versions[0]}").last_modified
    assert site.versions[0].startswith(made.strftime("%Y%m%dT%H%M%SZ"))


def test_a_release_with_which_nothing_happened_to_things_has_no_page(make_site):
    made = make_site()
    first = made.publish(*made.texts[0])
    second = made.publish(*made.texts[0], "<concept/theme/pensions> skos:note 1 .")
    root = read(made.get(f"{made.url}feeds/ldes"))
    nodes = {str(node) for node in main_graph(root).objects(None, TREE.node)}
    assert nodes == {f"{made.url}feeds/ldes/{first}"}
    assert made.get(f"{made.url}feeds/ldes/{second}").status_code == 404


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_all_syntaxes_with_graphs_say_the_same(site, syntax):
    address = f"{site.url}feeds/ldes/{site.versions[1]}"
    one, other = read(site.get(address)), read(site.get(address, Accept=syntax))
    graphs = {graph.identifier for graph in one.graphs()}
    assert graphs == {graph.identifier for graph in other.graphs()}
    assert all(isomorphic(one.graph(name), other.graph(name)) for name in graphs)


def test_turtle_would_lose_the_graphs_and_is_not_offered(site):
    response = site.get(f"{site.url}feeds/ldes", Accept="text/turtle")
    assert (response.status_code, "application/trig" in response.text) == (406, True)


@pytest.mark.parametrize(
    "beyond",
    [
        "{0}/4",
        "{0}/0",
        "{0}/1",
        "{0}/99999999999999999999",
        "{0}/x",
        "20200101T000000Z-0123456789ab",
        "..",
        "%2e%2e%2fpast",
    ],
)
def test_what_is_no_page_is_unknown(site, beyond):
    assert site.get(f"{site.url}feeds/ldes/{beyond.format(site.versions[0])}").status_code == 404


def test_files_as_they_stand_have_no_stream_and_say_why(files_site):
    for address in ("/feeds/ldes", "/feeds/ldes/x", "/feeds/oai?verb=Identify", "/feeds/oai"):
        response = files_site.get(address)
        assert (response.status_code, "files as they are" in response.text) == (404, True), address
