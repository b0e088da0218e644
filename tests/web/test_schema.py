"""`/schema`: the classes of a release with figures, examples and queries to try, held against the dump itself."""

from __future__ import annotations

import gzip
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from rdflib import OWL, RDFS

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.publication import DUMP
from actiongraph.release.build import publish
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report
from actiongraph.vocabulary import AG, IRI, VOID
from actiongraph.web.app import create_app

HTML = "text/html"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


@pytest.fixture(scope="module")
def shipped(deploy):
    return deploy("mapped")


@pytest.fixture(scope="module")
def document(shipped) -> dict:
    return shipped.get(f"{shipped.url}schema.json").json


@pytest.fixture(scope="module")
def page(shipped) -> str:
    return shipped.get(f"{shipped.url}schema", HTML).text


@pytest.fixture(scope="module")
def dump(shipped) -> ox.Store:
    """The dump, which has neither the catalogue nor the examples."""
    folder = shipped.releases.path(shipped.releases.newest()) / "dumps"
    store = ox.Store()
    store.load(gzip.decompress((folder / DUMP).read_bytes()), format=ox.RdfFormat.N_QUADS)
    return store


def rows(store: ox.Store, query: str) -> list[tuple[str, ...]]:
    return [tuple(term.value for term in row) for row in store.query(query, use_default_graph_as_union=True)]


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= given.keys()
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []


def test_every_class_of_the_release_is_there_with_its_number_of_things(document, dump) -> None:
    counted = rows(dump, f"SELECT ?c (COUNT(?s) AS ?n) {{ ?s <{TYPE}> ?c }} GROUP BY ?c")
    # Terms of vocabularies are those of /ontology.
    held = {name: int(number) for name, number in counted if not name.startswith((str(OWL), str(RDFS)))}
    told = {each["class"]: each["things"] for each in document["classes"]}
    told |= {each["class"]: each["things"] for found in document["classes"] for each in found["narrower"]}
    told |= {each["class"]: each["things"] for each in document["elsewhere"]}
    assert told == held
    assert document["classes"][0]["class"] == str(AG.Action)  # linked with most others
    assert {each["class"] for each in document["classes"][0]["narrower"]} == {
        str(AG.DescribedAction),
        str(AG.ReferencedAction),
    }


def test_what_others_call_the_things_stands_apart(document) -> None:
    """The ontology says that an action is a foaf:Project and a country a dcterms:Location."""
    elsewhere = {each["class"] for each in document["elsewhere"]}
    assert {"http://xmlns.com/foaf/0.1/Project", "http://purl.org/dc/terms/Location"} <= elsewhere
    assert not elsewhere & {each["class"] for each in document["classes"]}


def test_each_property_is_used_as_often_as_in_the_dump_and_leads_to_what_is_there(document, dump) -> None:
    query = f"SELECT ?c ?p (COUNT(*) AS ?n) {{ ?s <{TYPE}> ?c ; ?p ?o FILTER (?p != <{TYPE}>) }} GROUP BY ?c ?p"
    held = {(name, predicate): int(number) for name, predicate, number in rows(dump, query)}
    for found in document["classes"]:
        told = {each["property"]: each["triples"] for each in (*found["properties"], *found["wider"])}
        assert told == {predicate: n for (name, predicate), n in held.items() if name == found["class"]}, found["name"]
    kinds = f"""SELECT ?c ?p ?k (COUNT(*) AS ?n) {{ ?s <{TYPE}> ?c ; ?p ?o OPTIONAL {{ ?o <{TYPE}> ?of }}
        BIND (COALESCE(?of, DATATYPE(?o)) AS ?k) FILTER (BOUND(?k)) }} GROUP BY ?c ?p ?k"""
    leads = {tuple(row[:3]): int(row[3]) for row in rows(dump, kinds)}
    for found in document["classes"]:
        for each in found["properties"]:
            for to in each["values"]:
                kind = to.get("class") or to["datatype"]
                assert leads[found["class"], each["property"], kind] == to["triples"], (found["name"], each["name"])
    action = next(each for each in document["classes"] if each["class"] == str(AG.Action))
    country = next(each for each in action["properties"] if each["property"] == str(AG.country))
    assert [to["class"] for to in country["values"]] == [str(AG.Country)]


def test_each_example_is_a_thing_of_this_release_that_opens(shipped, document, dump) -> None:
    seen = set()
    for found in document["classes"]:
        for each in found["properties"]:
            thing, value = each["example"]["thing"], each["example"]["value"]
            said = rows(dump, f"SELECT ?o {{ <{thing}> <{TYPE}> <{found['class']}> ; <{each['property']}> ?o }}")
            assert (value,) in said, (found["name"], each["name"])
            seen.add(thing.partition("#")[0])
    for thing in seen:
        opened = shipped.get(thing, HTML)
        if "/ledger/" in thing:  # a document itself, and no thing that one is about
            assert opened.status_code == 200, thing
            continue
        assert opened.status_code == 303, thing
        assert shipped.get(opened.headers["Location"], HTML).status_code == 200, thing


def addresses(document) -> list[str]:
    tried = [found["try"] for found in document["classes"]]
    tried += [each["try"] for found in document["classes"] for each in found["properties"]]
    return tried + [each["try"] for each in document["lists"]]


def test_every_query_to_try_runs_and_finds_rows(shipped, document) -> None:
    tried = addresses(document)
    assert len(tried) > 100
    for address in tried:
        answer = shipped.get(address, "application/sparql-results+json")
        assert answer.status_code == 200, address
        assert answer.json["results"]["bindings"], address


def test_the_page_links_the_same_queries_and_more_for_what_is_narrower(shipped, page, document) -> None:
    links = {link.partition("/sparql?")[2] for link in Elements(page).links if "/sparql?" in link}
    queries = {parse_qs(address.partition("?")[2])["query"][0] for address in addresses(document)}
    assert queries < {parse_qs(link)["query"][0] for link in links}
    for link in links:
        answer = shipped.get(f"{shipped.url}sparql?{link}", "application/sparql-results+json")
        assert answer.json["results"]["bindings"], link


def test_the_code_lists_have_as_many_concepts_as_the_dump(document, dump) -> None:
    in_scheme = "http://www.w3.org/2004/02/skos/core#inScheme"
    held = rows(dump, f"SELECT ?s (COUNT(?c) AS ?n) {{ ?c <{in_scheme}> ?s }} GROUP BY ?s")
    assert {each["list"]: each["concepts"] for each in document["lists"]} == {name: int(n) for name, n in held}
    action = document["classes"][0]
    theme = next(each for each in action["properties"] if each["property"] == str(AG.theme))
    assert theme["values"][0]["lists"] == ["https://w3id.org/actiongraph/concept/theme"]


def test_the_picture_has_a_box_for_each_class_and_each_leads_to_its_section(page, document) -> None:
    svg = ET.fromstring(re.search(r"<svg class=\"classes\".*?</svg>", page, re.DOTALL)[0])
    boxes = svg.findall("a")
    elements = Elements(page)
    assert len(boxes) == len(document["classes"])
    assert {box.get("href")[1:] for box in boxes} <= set(elements.ids)
    assert {link[1:] for link in elements.links if link.startswith("#")} <= set(elements.ids)
    assert len(elements.ids) == len(set(elements.ids))
    spans = [{name: float(box.find("rect").get(name)) for name in ("x", "y", "width", "height")} for box in boxes]
    width, height = float(svg.get("width")), float(svg.get("height"))
    for number, one in enumerate(spans):
        assert 0 <= one["x"] <= width - one["width"]
        assert 0 <= one["y"] <= height - one["height"]
        for other in spans[number + 1 :]:
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            below = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert apart or below


def test_no_line_of_the_picture_leads_from_what_leads_to_anything(page) -> None:
    """A statement may be about any thing, so that its subject joins it to no class in particular."""
    svg = ET.fromstring(re.search(r"<svg class=\"classes\".*?</svg>", page, re.DOTALL)[0])
    statement = next(box for box in svg.findall("a") if box.find("title").text.startswith("source statement"))
    assert "subject" not in {text.text for text in statement.findall("text")}


def test_it_needs_no_script_and_no_style_of_its_own(page) -> None:
    elements = Elements(page)
    assert not elements.tags & {"script", "style", "iframe"}
    assert "style" not in elements.attributes
    assert not {name for name in elements.attributes if name.startswith("on")}


def test_formats_and_fields(shipped) -> None:
    address = f"{shipped.url}schema"
    got, head = shipped.get(address, HTML), shipped.client.head("/schema", headers={"Accept": HTML})
    assert (got.mimetype, head.status_code, head.data) == (HTML, 200, b"")
    assert head.headers["ETag"] == got.headers["ETag"]
    assert {"Accept", "Accept-Encoding"} <= set(got.headers["Vary"].split(", "))
    assert got.last_modified is not None
    again = shipped.get(address, HTML, **{"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert shipped.get(address, "application/json").data == shipped.get(f"{address}.json", HTML).data
    assert shipped.get(f"{address}.html").data == got.data
    assert shipped.get(f"{address}.nonsense").status_code == 404
    assert shipped.get(address, "text/turtle").status_code == 406
    sitemap = shipped.get(f"{shipped.url}sitemap-site.xml").text
    assert {f"<loc>{shipped.url}{name}</loc>" for name in ("schema", "data")} <= set(
        re.findall("<loc>.*?</loc>", sitemap)
    )


def test_a_pinned_release_stays_pinned_and_an_unknown_one_is_unknown(shipped) -> None:
    version = shipped.releases.newest()
    page = unescape(shipped.get(f"{shipped.url}schema?version={version}", HTML).text)
    inside = [link for link in Elements(page).links if "/doc/" in link or "/sparql?" in link]
    assert len(inside) > 100
    assert all(f"version={version}" in link for link in inside)
    assert shipped.get(f"{shipped.url}schema?version=20200101T000000Z-0123456789ab").status_code == 404


@pytest.mark.parametrize("path", ["/schema", "/data"])
def test_files_have_neither(files_client, path: str) -> None:
    answer = files_client.get(path, headers={"Accept": "application/problem+json"})
    assert answer.status_code == 404
    assert "serves files as they are" in answer.json["detail"]
    assert f'href="{path}"' not in files_client.get("/", headers={"Accept": HTML}).text


def test_a_release_without_a_catalogue_says_so(client) -> None:
    answer = client.get("/schema", headers={"Accept": "application/problem+json"})
    assert (answer.status_code, "There is no catalogue of release" in answer.json["detail"]) == (404, True)


def served_without(shipped, folder: Path, predicates: set[IRI]):
    """Serve the release as an older program would have built it: its catalogue has none of `predicates`.

    It lies in the empty `folder`, for no such program made what pages show.
    """
    version = shipped.releases.newest()
    snapshot = ReleaseSnapshots(shipped.releases).current()
    catalogue = f"{shipped.base}graph/catalog"
    store = ox.Store.read_only(str(shipped.releases.path(version) / "store"))
    kept = [
        quad
        for quad in store.quads_for_pattern(None, None, None, None)
        if not (quad.graph_name.value == catalogue and IRI(quad.predicate.value) in predicates)
    ]
    engine = OxigraphEngine.in_memory(kept, union_default=True)
    older = Snapshot(engine, version, snapshot.graphs, union_default=True, folder=folder)

    class Older:
        def current(self) -> Snapshot:
            return older

    return create_app(shipped.settings, Older()).test_client()


@pytest.mark.parametrize(
    ("missing", "rows"),
    [({VOID.exampleResource}, True), ({VOID.exampleResource, VOID.propertyPartition}, False)],
    ids=["without-examples", "0.2.0"],
)
def test_a_release_of_an_older_program_has_what_it_counted_and_says_what_it_lacks(
    shipped, tmp_path, missing, rows
) -> None:
    client = served_without(shipped, tmp_path, missing)
    page = client.get("/schema", headers={"Accept": HTML})
    assert page.status_code == 200
    assert "the next <code>actiongraph build</code> notes them" in page.text
    assert 'id="class-ag:Action"' in page.text
    assert ('title="https://w3id.org/actiongraph/ontology#country"' in page.text) is rows
    assert client.get("/schema.json").json["classes"]


def test_a_release_that_counted_no_class_says_so(shipped, tmp_path) -> None:
    page = served_without(shipped, tmp_path, {VOID.entities}).get("/schema", headers={"Accept": HTML})
    assert (page.status_code, "This release has no counts of its classes" in page.text) == (200, True)


HOSTILE = """
@prefix : <https://w3id.org/actiongraph/id/action/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <http://example.org/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix org: <http://www.w3.org/ns/org#> .
:a a ag:Action , ex:One , foaf:Document , org:Organization ;
  dcterms:title "\u202etxt.exe <script>alert(1)</script>"@en ; ex:odd "\u202e]]>&<b>" .
ex:One rdfs:label "\u202e<i>One</i>"@en .
foaf:Document rdfs:subClassOf org:Organization .
org:Organization rdfs:subClassOf foaf:Document .
"""


@pytest.fixture
def hostile(tmp_path):
    releases = ReleaseStore(tmp_path)
    settings = Settings(store=tmp_path, url="https://graph.example.org/")
    graph = ox.NamedNode("https://w3id.org/actiongraph/graph/one")
    quads = [ox.Quad(*quad.triple, graph) for quad in ox.parse(HOSTILE, format=ox.RdfFormat.TURTLE)]
    with releases.locked():
        publish(quads, Report(), settings, releases)
    return create_app(settings, ReleaseSnapshots(releases)).test_client()


@pytest.mark.parametrize("path", ["/schema", "/data", "/graph/one", "/feeds/ldes"])
def test_hostile_text_is_shown_and_does_nothing(hostile, path: str) -> None:
    page = hostile.get(path, headers={"Accept": HTML})
    assert page.status_code == 200
    assert "\u202e" not in page.text
    assert ("[U+202E]" in page.text) is (path != "/data")  # which names no thing
    assert not Elements(page.text).tags & {"script", "i", "b"}


def test_classes_in_a_circle_are_one_with_the_other_below_it(hostile) -> None:
    found = {each["class"]: each for each in hostile.get("/schema.json").json["classes"]}
    organization, document = "http://www.w3.org/ns/org#Organization", "http://xmlns.com/foaf/0.1/Document"
    assert {str(AG.Action), "http://example.org/One", organization} == found.keys()
    assert [each["class"] for each in found[organization]["narrower"]] == [document]
