"""Chains over HTTP: what the source says in every format, by every name, in every way HTTP asks."""

from __future__ import annotations

import csv
import io
import json
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import DCTERMS, RDF, Literal

from actiongraph.chains.conclusions import read_conclusions
from actiongraph.chains.formats import WRITERS
from actiongraph.chains.formats.json_document import as_json
from actiongraph.chains.formats.plain_text import as_text
from actiongraph.chains.trace import trace_chain
from actiongraph.engine.base import Engine
from actiongraph.engine.files import read_file
from actiongraph.engine.oxigraph import OxigraphEngine, to_rdflib_graph
from actiongraph.release.evidence import expand
from actiongraph.release.snapshots import FileSnapshots, ReleaseSnapshots, Snapshot
from actiongraph.settings import shipped
from actiongraph.text import unbroken
from actiongraph.vocabulary import AG, CANONICAL_BASE, IRI, OA
from actiongraph.web.app import create_app

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SVG = "{http://www.w3.org/2000/svg}"
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


@dataclass(frozen=True)
class Told:
    """What sources say of a chain in which each action follows the one before it.

    `titles` are headings, or the number of an action that is only mentioned, by key; `probable` and `quotes` are of
    each link. `unkept` are the keys of actions that were read at a page whose text was not kept.
    """

    titles: dict[str, str]
    country: str
    probable: tuple[bool, ...]
    quotes: tuple[tuple[str, ...], ...]
    stub: bool = False
    unkept: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        return list(self.titles)

    @property
    def links(self) -> list[tuple[str, str, bool, tuple[str, ...]]]:
        """The key of the earlier action, that of the later, whether it is probable, and the quotes, of each link."""
        return list(zip(self.keys, self.keys[1:], self.probable, self.quotes, strict=False))


GHANA = Told(
    {
        "2014-12": "2014-12",
        "social-protection-coordination-ghana": (
            "Enhance the effectiveness and coordination of social protection in Ghana"
        ),
    },
    "Ghana",
    probable=(False,),
    quotes=(("Follow-up action from 2014-12",),),
    stub=True,
)
MEXICO = Told(
    {
        "2014-04": "2014-04",
        "2014-25": "Support to non - and contributory pensions",
        "pension-reform-follow-up-mexico": "Follow up support to the reform of the pension system in Mexico",
        "start-up-oniess-mexico": (
            "Start-up of the National Organisation of State Social Security Institutes and its technical secretariat"
        ),
    },
    "Mexico",
    probable=(False, True, True),
    quotes=(
        (),
        ("Follow up support",),
        ("a national platform (which will become", "was the establishment of the National Platform"),
    ),
    stub=True,
    unkept=("2014-04", "2014-25"),
)
BOGOTA = Told(
    {
        "informal-economy-coverage-bogota": "Social protection coverage in the informal economy",
        "consolidation-of-strategy-bogota": "Consolidation of the strategy",
    },
    "Colombia",
    probable=(True,),
    quotes=(("The second cooperation between IPES and SOCIEUX+", "informal street vendors of Bogota"),),
)
ALL = pytest.mark.parametrize("told", [GHANA, MEXICO, BOGOTA], ids=lambda told: told.country)
MEDIA = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml",
    "ttl": "text/turtle; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "mmd": "text/vnd.mermaid; charset=utf-8",
    "graphml": "application/graphml+xml",
    "txt": "text/plain; charset=utf-8",
}


@ALL
def test_the_source_says_so(told: Told, source_page: Path) -> None:
    text = source_page.read_text("utf-8")
    words = " ".join(text.split())
    assert all(quote in words for quotes in told.quotes for quote in quotes)
    assert all(title in words for key, title in told.titles.items() if key not in told.unkept)


def get(deployment, path: str, accept: str | None = None, **headers: str):
    return deployment.get(f"{deployment.url}{path}", accept, **headers)


def kind_of(probable: bool) -> str:
    return "probable" if probable else "stated"


@ALL
class TestGolden:
    def test_json(self, deployment, told: Told) -> None:
        chain = json.loads(get(deployment, f"chain/{told.keys[0]}.json").text)
        steps = chain["steps"]
        assert (chain["key"], [step["key"] for step in steps]) == (told.keys[0], told.keys)
        assert [step["title"] or step["number"] for step in steps] == list(told.titles.values())
        assert {country["name"] for step in steps for country in step["countries"]} == {told.country}
        assert [step["described"] for step in steps] == [not told.stub] + [True] * len(told.links)
        for link, (earlier, later, probable, quotes) in zip(chain["links"], told.links, strict=True):
            assert [link["earlier"], link["later"]] == [f"{deployment.base}id/action/{key}" for key in (earlier, later)]
            assert link["kind"] == kind_of(probable)
            [evidence] = link["evidence"]
            assert tuple(passage["quote"] for passage in evidence["passages"] if passage["quote"]) == quotes
            assert bool(evidence["reason"]) is bool(evidence["confidence"]) is probable

    def test_svg(self, deployment, told: Told) -> None:
        root = ElementTree.fromstring(get(deployment, f"chain/{told.keys[0]}.svg").data)
        boxes = list(root.iter(f"{SVG}a"))
        assert [box.get("href") for box in boxes] == [f"{deployment.url}doc/action/{key}" for key in told.keys]
        for box, title in zip(boxes, told.titles.values(), strict=True):
            assert title in box.findtext(f"{SVG}title").split(". ")
            assert told.country in [text.text for text in box.iter(f"{SVG}text")]
        drawn = [path.get("class") for path in root.iter(f"{SVG}path") if "V" in path.get("d")]
        assert ("line probable" in drawn, "line stated" in drawn) == (any(told.probable), not all(told.probable))
        assert "line open" not in drawn
        words = [text.text for text in boxes[0].iter(f"{SVG}text")]
        assert ("mentioned only by number" in words) is told.stub

    def test_html(self, deployment, told: Told) -> None:
        page = unescape(get(deployment, f"chain/{told.keys[0]}", BROWSER).text)
        for part in (page.partition("<svg")[2], page.partition('id="actions"')[2]):
            assert all(title.split()[0] in part for title in told.titles.values())
        places = [page.index(f'<li id="action-{key}"') for key in told.keys]
        assert places == sorted(places)
        assert all(f"<q>{quote}</q>" in page for quotes in told.quotes for quote in quotes)
        assert ("Probably follows" in page) is any(told.probable)
        assert "a follow-up without saying of what" not in page
        assert ("confidence 0." in page) is any(told.probable)

    def test_text(self, deployment, told: Told) -> None:
        text = " ".join(get(deployment, f"chain/{told.keys[0]}.txt").text.split())
        assert all(f'"{quote}"' in text for quotes in told.quotes for quote in quotes)
        assert all(title in text for title in told.titles.values())
        for place, probable in enumerate(told.probable, 1):
            assert f"Follows {place} ({kind_of(probable)})" in text

    def test_turtle(self, deployment, told: Told) -> None:
        graph = rdflib.Graph().parse(data=get(deployment, f"chain/{told.keys[0]}.ttl").data, format="turtle")
        actions = {key: IRI(f"{deployment.base}id/action/{key}") for key in told.keys}
        chain = IRI(f"{deployment.base}id/chain/{told.keys[0]}")
        for earlier, later, probable, _ in told.links:
            stated, concluded = (
                (actions[later], link, actions[earlier]) in graph for link in (AG.followUpOf, AG.probableFollowUpOf)
            )
            assert (stated, concluded) == (not probable, probable)
        assert set(graph.subjects(AG.inChain, chain)) == set(actions.values())
        assert (actions[told.keys[-1]], DCTERMS.title, Literal(told.titles[told.keys[-1]], lang="en")) in graph
        assert ((actions[told.keys[0]], RDF.type, AG.ReferencedAction) in graph) is told.stub
        assert {quote for quotes in told.quotes for quote in quotes} <= {
            str(quote) for quote in graph.objects(None, OA.exact)
        }

    def test_csv(self, deployment, told: Told) -> None:
        response = get(deployment, f"chain/{told.keys[0]}.csv")
        first, *others = rows = list(csv.DictReader(io.StringIO(response.text)))
        assert {row["key"]: row["title"] or row["number"] for row in rows} == told.titles
        for row, (earlier, later, probable, quotes) in zip(others, told.links, strict=True):
            assert (row["key"], row["follows"], row["link_kinds"]) == (later, earlier, kind_of(probable))
            assert all(quote in row["fragments"] for quote in quotes)
        assert (first["described"], first["follows_something_unnamed"]) == ("no" if told.stub else "yes", "no")
        assert response.headers["Content-Disposition"] == f'attachment; filename="chain-{told.keys[0]}.csv"'

    def test_mermaid(self, deployment, told: Told) -> None:
        lines = get(deployment, f"chain/{told.keys[0]}.mmd").text.splitlines()
        for place, probable in enumerate(told.probable, 1):
            [link] = [line for line in lines if re.search(rf"a{place} -.*> ?.*a{place + 1}$", line)]
            assert (kind_of(probable) in link, "-.->" in link) == (True, probable)
        assert any(told.country in line for line in lines)
        assert any(line.startswith("  a1[") and ":::stub" in line for line in lines) is told.stub

    def test_graphml(self, deployment, told: Told) -> None:
        response = get(deployment, f"chain/{told.keys[0]}.graphml")
        root = ElementTree.fromstring(response.data)
        data = f"{GRAPHML}data[@key='%s']"
        nodes, edges = list(root.iter(f"{GRAPHML}node")), list(root.iter(f"{GRAPHML}edge"))
        keys = {node.get("id"): node.findtext(data % "node-key") for node in nodes}
        assert list(keys.values()) == told.keys
        for edge, (earlier, later, probable, _) in zip(edges, told.links, strict=True):
            assert [keys[edge.get("source")], keys[edge.get("target")]] == [earlier, later]
            assert edge.findtext(data % "edge-kind") == kind_of(probable)
        assert response.headers["Content-Disposition"] == f'attachment; filename="chain-{told.keys[0]}.graphml"'


@ALL
def test_every_format_agrees_with_python_whichever_member_is_asked(deployment, told: Told) -> None:
    engine = ReleaseSnapshots(deployment.releases).current().engine
    chain = trace_chain(engine, told.keys[-1], settings=deployment.settings)
    for name in told.keys:
        assert json.loads(get(deployment, f"chain/{name}.json").text) == as_json(chain)
        text = as_text(chain, read_conclusions(engine, [chain], deployment.settings).mark)
        assert get(deployment, f"chain/{name}.txt").data.decode() == text
        for suffix, writer in (("ttl", "ttl"), ("csv", "csv"), ("mmd", "mmd"), ("graphml", "graphml")):
            assert get(deployment, f"chain/{name}.{suffix}").data.decode() == WRITERS[writer](chain)


@ALL
def test_without_probable_links(deployment, told: Told) -> None:
    is_probable, last = told.probable[-1], told.keys[-1]
    for asked in ("?stated", "?links=stated"):
        chain = json.loads(get(deployment, f"chain/{last}.json{asked}").text)
        assert (chain["alone"], len(chain["links"])) == ((True, 0) if is_probable else (False, 1))
        assert chain["probable"] is False
    page = get(deployment, f"chain/{last}?stated", BROWSER).text
    assert f"{deployment.url}chain/{last}" in page
    assert ("No stated follow-up links" in page) is is_probable


def test_an_action_that_is_called_a_follow_up_says_so_where_what_it_follows_is_left_out(deployment) -> None:
    key = "pension-reform-follow-up-mexico"
    [step] = json.loads(get(deployment, f"chain/{key}.json?stated").text)["steps"]
    assert (step["key"], step["openEnd"]) == (key, True)
    assert "a follow-up without saying of what" in get(deployment, f"chain/{key}?stated", BROWSER).text
    root = ElementTree.fromstring(get(deployment, f"chain/{key}.svg?stated").data)
    assert "line open" in [path.get("class") for path in root.iter(f"{SVG}path")]
    assert "follows an unnamed action" in [text.text for text in root.iter(f"{SVG}text")]
    [row] = csv.DictReader(io.StringIO(get(deployment, f"chain/{key}.csv?stated").text))
    assert row["follows_something_unnamed"] == "yes"
    graph = rdflib.Graph().parse(data=get(deployment, f"chain/{key}.ttl?stated").data, format="turtle")
    action = IRI(f"{deployment.base}id/action/{key}")
    assert (action, AG.describedAsFollowUp, Literal(True)) in graph


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        (BROWSER, "html"),
        ("text/html", "html"),
        ("image/svg+xml", "svg"),
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "svg"),
        ("text/turtle", "ttl"),
        ("application/x-turtle", "ttl"),
        ("text/csv", "csv"),
        ("text/vnd.mermaid", "mmd"),
        ("application/graphml+xml", "graphml"),
        ("text/plain", "txt"),
        ("text/plain;q=0.5, image/svg+xml;q=0.9", "svg"),
    ],
)
def test_the_bare_address_gives_what_is_asked_for(deployment, accept: str | None, suffix: str) -> None:
    response = get(deployment, "chain/2014-12", accept)
    assert (response.status_code, response.headers["Content-Type"]) == (200, MEDIA[suffix])
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("suffix", MEDIA)
def test_each_suffix_wins_over_accept_and_equals_what_is_negotiated(deployment, suffix: str) -> None:
    by_suffix = get(deployment, f"chain/2014-12.{suffix}", "image/png")
    by_name = get(deployment, f"chain/2014-12?format={suffix}")
    by_accept = get(deployment, "chain/2014-12", MEDIA[suffix])
    assert by_suffix.status_code == 200
    assert by_suffix.headers["Content-Type"] == MEDIA[suffix]
    assert by_suffix.data == by_name.data == by_accept.data


def test_the_name_to_cite_leads_to_the_chain(deployment) -> None:
    named = get(deployment, "chain/2014-12.json").json
    found = get(deployment, f"chain/{named['iri']}", "application/json").json
    assert (found["iri"], found["steps"]) == (f"{deployment.base}id/chain/2014-12", named["steps"])


def test_what_nothing_is_written_in_is_refused_with_what_there_is(deployment) -> None:
    response = get(deployment, "chain/2014-12", "video/mp4")
    assert response.status_code == 406
    assert all(media.partition(";")[0] in response.text for media in MEDIA.values())


@pytest.mark.parametrize("suffix", MEDIA)
def test_links_lead_to_the_other_formats_and_to_the_name_to_cite(deployment, suffix: str) -> None:
    links = get(deployment, f"chain/{GHANA.keys[-1]}.{suffix}").headers["Link"]
    assert f'<{deployment.base}id/chain/2014-12>; rel="cite-as"' in links
    others = re.findall(r'<([^>]+)>; rel="alternate"; type="([^"]+)"', links)
    assert {address.rpartition(".")[2] for address, _ in others} == MEDIA.keys() - {suffix}
    for address, media in others:
        assert deployment.get(address).headers["Content-Type"].partition(";")[0] == media


@pytest.mark.parametrize("suffix", MEDIA)
def test_a_get_can_be_asked_again_cheaply(deployment, suffix: str) -> None:
    path = f"chain/{MEXICO.keys[0]}.{suffix}"
    for _ in range(2):  # from the engine, then from what is kept
        first = get(deployment, path)
        again = get(deployment, path, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        since = get(deployment, path, **{"If-Modified-Since": first.headers["Last-Modified"]})
        assert since.status_code == 304
        head = deployment.client.head(deployment.path(deployment.url + path))
        assert (head.data, head.headers["Content-Length"]) == (b"", str(len(first.data)))
        zipped = get(deployment, path, **{"Accept-Encoding": "gzip"})
        assert (zipped.headers.get("Content-Encoding") == "gzip") is (len(first.data) >= 1_024)
        assert (zipped.headers["ETag"] != first.headers["ETag"]) is (len(first.data) >= 1_024)


def test_a_pinned_chain_stays_and_its_links_stay_in_its_release(deployment) -> None:
    version = ReleaseSnapshots(deployment.releases).current().version
    data = get(deployment, f"chain/2014-12.json?version={version}")
    assert data.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    picture = get(deployment, f"chain/2014-12.svg?version={version}")
    assert picture.headers["Cache-Control"] == "no-cache"
    assert picture.text.count(f"version={version}") == 2
    page = get(deployment, f"chain/2014-12?version={version}", BROWSER)
    assert page.headers["Cache-Control"] == "no-cache"
    own = [link for link in re.findall(r'href="([^"]+)"', unescape(page.text)) if "/chain/" in link or "/doc/" in link]
    assert own
    assert all(f"version={version}" in link for link in own)
    assert get(deployment, "chain/2014-12?version=20200101T000000Z-0123456789ab").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "2014-13",
        "nothing-of-the-kind",
        "<script>alert(1)</script>",
        "%22%3E%3Csvg",
        "..%2F..%2Fetc",
        "a%00b",
        "%F0%9F%8C%8D",
        "x" * 3_000,
        "2014-12.exe",
        ".json",
        "%7B%7B7*7%7D%7D",
        "https:%2F%2Fexample.org%2Fid%2Faction%2Fx",
        "%7D%20UNION%20%7B",
    ],
)
def test_what_is_no_action_is_not_found(deployment, name: str) -> None:
    for accept in (BROWSER, "application/json"):
        response = get(deployment, f"chain/{name}", accept)
        assert response.status_code == 404
        assert "<script" not in response.text if accept == BROWSER else True
    assert response.json["code"] == "unknown-resource"


def test_near_names_are_told(deployment) -> None:
    assert "2014-12" in get(deployment, "chain/2014-21", "application/json").json["near"]


@pytest.mark.parametrize("links", ["none", "probable", "<b>"])
def test_links_that_there_are_not_are_refused(deployment, links: str) -> None:
    assert get(deployment, f"chain/2014-12?links={links}").status_code == 400


def test_an_action_alone_is_answered(deployment) -> None:
    alone = "disability-assessment-armenia"
    chain = json.loads(get(deployment, f"chain/{alone}").text)
    assert (chain["alone"], len(chain["steps"])) == (True, 1)
    page = get(deployment, f"chain/{alone}", BROWSER)
    assert "No follow-up links to or from this action are known." in page.text
    assert f'<{deployment.base}id/action/{alone}>; rel="cite-as"' in page.headers["Link"]


def test_only_get_and_head_are_answered(deployment) -> None:
    assert deployment.client.post(deployment.path(f"{deployment.url}chain/2014-12")).status_code == 405


def test_a_picture_may_use_its_own_style_and_no_other(deployment) -> None:
    response = get(deployment, "chain/2014-12.svg")
    style = ElementTree.fromstring(response.data).findtext(f"{SVG}style")
    policy = response.headers["Content-Security-Policy"]
    assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy


def test_a_number_is_kept_whole_and_a_title_is_still_escaped(deployment) -> None:
    whole = '<span class="whole">2014-12</span>'
    page = get(deployment, "chain/2014-12", BROWSER).text
    assert f"<h1>{whole}</h1>" in page
    assert f'<th scope="row" class="prose"><a href="{deployment.url}chain/2014-12"><bdi>{whole}</bdi></a>' in (
        get(deployment, "chains", BROWSER).text
    )
    assert str(unbroken("<b> 2014-12 & 1-2-3, a-1")) == (
        f'&lt;b&gt; {whole} &amp; <span class="whole">1-2-3</span>, a-1'
    )


def concluded(*keys: str) -> list[tuple[str, str]]:
    """Return where each conclusion about the facts that a chain shows of some actions is, and how firm it is."""
    files = {path: list(read_file(path, base=CANONICAL_BASE)) for path in shipped("data").glob("*.ttl")}
    data = to_rdflib_graph(quad for quads in expand(files).values() for quad in quads)
    actions = {rdflib.URIRef(f"{CANONICAL_BASE}id/action/{key}") for key in keys}
    things = actions | {team for action in actions for team in data.objects(action, rdflib.URIRef(AG.expertTeam))}
    shown = {AG.country, AG.partner, AG.assistanceType, AG.theme, AG.underFacility, AG.sendingCountry}
    return [
        (str(thing).removeprefix(f"{CANONICAL_BASE}id/"), str(data.value(statement, rdflib.URIRef(AG.confidence))))
        for thing in things
        for statement in data.subjects(rdflib.RDF.subject, thing)
        if data.value(statement, rdflib.RDF.predicate) in set(map(rdflib.URIRef, shown))
        and str(data.value(statement, rdflib.URIRef(AG.basis))).endswith("/inferred")
    ]


@ALL
def test_each_fact_that_is_a_conclusion_says_so_and_leads_to_its_evidence(deployment, told: Told) -> None:
    page = unescape(get(deployment, f"chain/{told.keys[0]}", BROWSER).text)
    marks = re.findall(r'<small class="ground inferred"><a href="([^"]*)"[^>]*>inferred ([0-9.]+)</a></small>', page)
    expected = concluded(*told.keys)
    assert expected
    pages = f"{urlsplit(deployment.url).path}doc/"
    assert sorted(marks) == sorted((f"{pages}{name}", confidence) for name, confidence in expected)
    text = " ".join(get(deployment, f"chain/{told.keys[0]}.txt").text.split())
    assert sorted(re.findall(r"\(inferred ([0-9.]+)\)", text)) == sorted(confidence for _, confidence in expected)
    assert "inferred" not in get(deployment, f"chain/{told.keys[0]}.json").text.partition('"links"')[0]


def test_the_page_has_no_script_and_no_style_of_its_own(deployment) -> None:
    page = get(deployment, "chain/2014-12", BROWSER).text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)
    assert ".picture .line" in deployment.get(f"{deployment.url}static/style.css").text


FILES = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<http://example.org/b> ag:followUpOf <http://example.org/a> ; dcterms:title "<script>alert(1)</script>" .
<urn:c> ag:followUpOf <http://example.org/b> .
<https://w3id.org/actiongraph/id/action/d> ag:followUpOf <http://example.org/b> .
"""


class TestFiles:
    @pytest.fixture
    def client(self, make_app):
        def serve(text: str, **settings: object):
            quads = list(ox.parse(text, format=ox.RdfFormat.TURTLE))
            engine = OxigraphEngine.in_memory(quads, union_default=False)
            snapshots = FileSnapshots(Snapshot(engine, None, {}, union_default=False))
            return make_app(snapshots, **settings).test_client()

        return serve

    def test_files_with_follow_ups_have_chains(self, client) -> None:
        response = client(FILES).get("/chain/b")
        assert [step["key"] for step in response.json["steps"]] == ["a", "b", "d", "urn:c"]
        assert "cite-as" not in response.headers["Link"]

    def test_their_pages_and_pictures_lead_only_to_what_opens(self, client) -> None:
        served = client(FILES)
        page = served.get("/chain/b", headers={"Accept": BROWSER}).text
        assert "<script" not in page
        assert "/doc/" not in page
        root = ElementTree.fromstring(served.get("/chain/b.svg").data)
        assert [box.get("href") for box in root.iter(f"{SVG}a")] == [
            "http://example.org/a",
            "http://example.org/b",
            "https://w3id.org/actiongraph/id/action/d",
        ]

    def test_files_without_follow_ups_have_none_and_say_so(self, client) -> None:
        response = client("<http://example.org/a> <http://example.org/p> 1 .").get("/chain/a")
        assert (response.status_code, "no ag:followUpOf" in response.text) == (404, True)

    def test_a_chain_that_is_too_long_is_an_error_and_never_cut_short(self, client) -> None:
        response = client(FILES, max_hops=1).get("/chain/a")
        assert (response.status_code, "max_hops" in response.text) == (422, True)
        assert len(client(FILES, max_hops=1).get("/chain/b").json["steps"]) == 4


class Silent(Engine):
    """An engine that nobody may ask."""

    def answer(self, query, *_: object, **__: object) -> bytes:
        raise AssertionError(query.text)


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("chain/social-protection-coordination-ghana", "text/html"),
        ("chain/social-protection-coordination-ghana?links=stated", "text/html"),
        ("chain/social-protection-coordination-ghana.txt", "*/*"),
        ("chains", "text/html"),
        ("chains?country=colombia&sort=-year", "text/html"),
        ("chains?links=stated", "application/json"),
        ("chains.csv", "*/*"),
    ],
)
def test_pages_of_chains_and_their_list_need_no_engine(deploy, path: str, accept: str) -> None:
    deployment = deploy("mapped")
    snapshot = replace(ReleaseSnapshots(deployment.releases).current(), engine=Silent())

    class Current:
        def current(self) -> Snapshot:
            return snapshot

    alone = create_app(deployment.settings, Current()).test_client()
    told, asked = (client.get(f"/data-of/{path}", headers={"Accept": accept}) for client in (alone, deployment.client))
    assert (told.status_code, told.data) == (200, asked.data)
