"""`/search` and its description: what people and programs find in the shipped data, and what is refused."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from actiongraph.index.search_index import SEARCH
from actiongraph.index.search_index_writer import write_search
from actiongraph.programme import Programme
from actiongraph.release.build import build
from actiongraph.release.lines import Lines
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HOSTILE = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> . @prefix dcterms: <http://purl.org/dc/terms/> .
<id/action/a> a ag:Action ; dcterms:title "%s"@ar ; ag:startYear 2014 .
"""
BOGOTA = {"informal-economy-coverage-bogota", "consolidation-of-strategy-bogota"}
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def get(deployment, path: str, accept: str | None = None):
    return deployment.get(f"{deployment.url}{path}", accept)


def found(deployment, typed: str, kind: str = "action") -> list[str]:
    groups = get(deployment, f"search.json?q={quote(typed)}").json["groups"]
    return [hit["iri"].rpartition("/")[2] for group in groups if group["kind"] == kind for hit in group["hits"]]


class TestFound:
    """The expectations are facts of the data: of `data/`, and of the pages it was read from."""

    def test_street_vendors_in_bogota(self, deployment) -> None:
        assert set(found(deployment, "street vendors Bogotá")) == BOGOTA

    def test_pensions_in_mexico(self, deployment) -> None:
        assert set(found(deployment, "pensión México")[:2]) == {"2014-25", "pension-reform-follow-up-mexico"}

    @pytest.mark.parametrize(
        ("typed", "kind", "key"),
        [
            ("Gana", "country", "GHA"),
            ("Gahna", "country", "GHA"),
            ("Alemanha", "country", "DEU"),
            ("Zypern", "country", "CYP"),
            ("Kolumbien", "country", "COL"),
            ("Peruvian", "country", "PER"),
            ("IPES", "partner", "col-ipes"),
            ("MTPE", "partner", "per-mtpe"),
            ("Oniess", "partner", "mex-oniess"),
            ("Instituto para la Economía Social", "partner", "col-ipes"),
            ("bogota", "place", "col-bogota"),
            ("pensions", "theme", "pensions"),
            ("probable follow-up", "term", "ontology#probableFollowUpOf"),
            ("2014-12", "action", "2014-12"),
        ],
    )
    def test_each_kind_under_its_names(self, deployment, typed: str, kind: str, key: str) -> None:
        assert found(deployment, typed, kind)[0] == key

    def test_each_hit_has_the_number_of_triples_that_lead_to_it(self, deployment) -> None:
        groups = get(deployment, "search.json?q=Colombia").json["groups"]
        hits = [hit for group in groups for hit in group["hits"]]
        assert {group["kind"] for group in groups} >= {"action", "country"}
        for hit in hits[::3]:
            query = quote(f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s ?p <{hit['iri']}> }} }}")
            answer = get(deployment, f"sparql?query={query}", "application/sparql-results+json").json
            assert hit.get("uses", 0) == int(answer["results"]["bindings"][0]["n"]["value"])

    def test_both_actions_of_the_chain_in_ghana_are_found_by_a_mistyped_name(self, deployment) -> None:
        told = get(deployment, "search.json?q=Gahna").json
        assert told["didYouMean"] == "Ghana"
        assert set(found(deployment, "Gahna")) == {"2014-12", "social-protection-coordination-ghana"}

    def test_every_address_opens(self, deployment) -> None:
        for group in get(deployment, "search.json?q=colombia").json["groups"]:
            for hit in group["hits"]:
                assert deployment.get(hit["address"], "text/html").status_code == 200
                if "chain" in hit:
                    chain = deployment.get(hit["chain"]["address"], "application/json").json
                    place = [step["action"] for step in chain["steps"]].index(hit["iri"]) + 1
                    assert (hit["chain"]["position"], hit["chain"]["of"]) == (place, len(chain["steps"]))


class TestPage:
    def test_hits_are_grouped_marked_and_say_where_they_stand(self, deployment) -> None:
        page = unescape(get(deployment, "search?q=ipes%20bogota", BROWSER).text)
        assert re.search(r'<h2 id="action">Actions <small>2</small></h2>', page)
        assert "<mark>IPES</mark>" in page
        assert "<mark>Bogota</mark>" in page
        assert f'href="{deployment.url}chain/consolidation-of-strategy-bogota">2 of 2 in a chain</a>' in page
        assert page.count("<bdi>Colombia</bdi>") >= 2

    def test_a_year_is_that_of_the_start(self, deployment) -> None:
        page = get(deployment, "search?q=non%20contributory%20pensions", BROWSER).text
        assert "<small>2015 · <bdi>Mexico</bdi> · " in page

    def test_another_spelling_is_a_link(self, deployment) -> None:
        page = unescape(get(deployment, "search?q=Gahna", BROWSER).text)
        assert f'Did you mean <a href="{deployment.url}search?q=Ghana"><bdi>Ghana</bdi></a>?' in page

    def test_without_words_there_is_the_form_with_searches_that_find_actions(self, deployment) -> None:
        page = unescape(get(deployment, "search", BROWSER).text)
        assert '<input id="q" name="q" type="search"' in page
        samples = get(deployment, "search.json").json["samples"]
        assert len(samples) == 3
        for words in samples:
            assert f"<bdi>{words}</bdi></a>" in page
            assert found(deployment, words), words

    def test_one_kind_has_more_of_it(self, deployment) -> None:
        all_kinds = get(deployment, "search.json?q=social").json["groups"]
        actions = next(group for group in all_kinds if group["kind"] == "action")
        assert len(actions["hits"]) == 10 < actions["total"]
        page = unescape(get(deployment, "search?q=social", BROWSER).text)
        [address] = re.findall(r'href="([^"]*kind=action[^"]*)">All \d+ actions', page)
        [group] = deployment.get(address, "application/json").json["groups"]
        assert (len(group["hits"]), group["total"]) == (actions["total"], actions["total"])
        assert group["hits"][:10] == actions["hits"]

    @pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '"><img src=x>', "\u202egpj", "a\x00b", "العمل"])
    def test_hostile_words_are_shown_and_do_nothing(self, deployment, typed: str) -> None:
        response = get(deployment, f"search?q={quote(typed)}", BROWSER)
        assert response.status_code == 200
        assert "script-src" not in response.headers["Content-Security-Policy"]
        assert not re.search("<script>alert|<img|\u202e|\x00", response.text)

    @pytest.mark.parametrize(
        ("title", "shown"),
        [
            ("evil \\u202Egpj", "<mark>evil</mark> [U+202E]gpj"),
            ("<b>evil</b>", "&lt;b&gt;<mark>evil</mark>&lt;/b&gt;"),
            ("evil\\u0000", "<mark>evil</mark>[U+0000]"),
            ("شر evil", "شر <mark>evil</mark>"),
        ],
    )
    def test_hostile_titles_are_shown_and_do_nothing(self, older, title: str, shown: str) -> None:
        settings, releases = older
        triples = list(ox.parse(HOSTILE % title, format=ox.RdfFormat.TURTLE, base_iri=settings.base))
        graph = ox.NamedNode(f"{settings.base}graph/x")
        lines = Lines(ox.Quad(each.subject, each.predicate, each.object, graph) for each in triples)
        write_search(releases.path(releases.newest()) / SEARCH, lines, {}, settings)
        client = create_app(settings, ReleaseSnapshots(releases)).test_client()
        response = client.get("/search?q=evil", headers={"Accept": BROWSER})
        assert f'<bdi lang="ar">{shown}</bdi>' in response.text


class TestForms:
    @pytest.mark.parametrize(
        ("path", "accept", "content_type"),
        [
            ("search?q=peru", None, "application/json"),
            ("search?q=peru", "application/json", "application/json"),
            ("search?q=peru", BROWSER, "text/html; charset=utf-8"),
            ("search.json?q=peru", BROWSER, "application/json"),
            ("search.html?q=peru", None, "text/html; charset=utf-8"),
            ("search?q=peru&format=html", None, "text/html; charset=utf-8"),
        ],
    )
    def test_by_accept_suffix_and_parameter(self, deployment, path: str, accept, content_type: str) -> None:
        response = get(deployment, path, accept)
        assert (response.status_code, response.content_type) == (200, content_type)
        assert response.headers["ETag"]
        assert response.headers["Last-Modified"]
        assert "Accept" in response.headers["Vary"]
        again = deployment.get(f"{deployment.url}{path}", accept, **{"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
        assert deployment.client.head(deployment.path(f"{deployment.url}{path}")).status_code == 200

    @pytest.mark.parametrize(
        ("asked", "status", "said"),
        [
            ("q=" + "x" * 201, 400, "this one has 201 characters"),
            ("q=" + "x+" * 11, 400, "this one has 11 words"),
            ("query=peru", 400, "no parameter 'query'; it has q, kind, page, format, version"),
            ("q=peru&kind=river", 400, "use action, partner, country, theme, place, term"),
            ("q=peru&page=2", 400, "add a kind, such as kind=action"),
            ("q=peru&kind=action&page=x", 400, "is not a page number"),
            ("q=peru&kind=action&page=9", 404, "fit on 1 page; there is no page 9"),
            ("q=peru&version=20200101T000000Z-000000000000", 404, "20200101T000000Z-000000000000"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_a_sentence(self, deployment, asked: str, status: int, said: str) -> None:
        response = get(deployment, f"search?{asked}")
        assert (response.status_code, said in response.text) == (status, True), response.text

    def test_a_megabyte_of_words_is_refused(self, deployment) -> None:
        assert get(deployment, f"search?q={'word+' * 200_000}").status_code in (400, 414)

    def test_a_pinned_search_stays_in_its_release(self, deployment) -> None:
        version = ReleaseSnapshots(deployment.releases).current().version
        page = unescape(get(deployment, f"search?q=ghana&version={version}", BROWSER).text)
        assert f'name="version" value="{version}"' in page
        own = [link for link in re.findall(r'href="([^"]+)"', page) if "/doc/" in link or "/chain/" in link]
        assert len(own) > 3
        assert all(f"version={version}" in link for link in own)

    def test_robots_are_kept_from_results_and_the_sitemap_has_the_form(self, deployment) -> None:
        assert re.search(r"^Disallow: \S*/search\?$", get(deployment, "robots.txt").text, re.MULTILINE)
        listed = get(deployment, "sitemap-site.xml").text
        assert f"<loc>{deployment.url}search</loc>" in listed
        assert "opensearch" not in listed


class TestDescription:
    def test_pages_lead_to_it_and_its_addresses_find_something(self, deployment) -> None:
        page = get(deployment, "search", BROWSER).text
        [(title, path)] = re.findall(
            r'<link rel="search" type="application/opensearchdescription\+xml" title="([^"]+)" href="([^"]+)">', page
        )
        response = deployment.client.get(path.removeprefix("/data-of"))
        assert response.content_type == "application/opensearchdescription+xml"
        described = ET.fromstring(response.data)
        assert described.tag == f"{OPENSEARCH}OpenSearchDescription"
        assert (described.findtext(f"{OPENSEARCH}ShortName"), title) == ("actiongraph", "actiongraph")
        urls = {url.get("type"): url.get("template") for url in described.iter(f"{OPENSEARCH}Url")}
        assert urls.keys() == {"text/html", "application/json"}
        for media_type, template in urls.items():
            opened = deployment.get(template.replace("{searchTerms}", "gana"), media_type)
            assert (opened.status_code, "Ghana" in opened.text) == (200, True)

    def test_names_are_as_long_as_they_may_be(self, release) -> None:
        named = Programme(title="Wells & pumps for the thirty villages of the high plains")
        settings = replace(release.settings, url="https://graph.example.org/", stated=named)
        response = create_app(settings, release.snapshots).test_client().get("/opensearch.xml")
        described = ET.fromstring(response.data)
        names = [described.findtext(f"{OPENSEARCH}{name}") for name in ("ShortName", "LongName", "Description")]
        assert names == ["Wells & pumps fo", "Wells & pumps for the thirty villages of the hig", named.title]


@pytest.fixture
def older(release, tmp_path: Path) -> tuple[Settings, ReleaseStore]:
    """A store whose only release was made before there was a search index."""
    shutil.copytree(release.releases.folder, tmp_path / "store", symlinks=True)
    releases = ReleaseStore(tmp_path / "store")
    (releases.path(release.record.version) / SEARCH).unlink()
    return replace(release.settings, store=releases.folder, url="https://graph.example.org/"), releases


class TestWithoutIndex:
    @pytest.mark.parametrize("path", ["/search", "/search.json?q=peru", "/search?q=peru"])
    def test_a_release_of_an_older_program_says_so_and_serves_all_else(self, older, path: str) -> None:
        settings, releases = older
        client = create_app(settings, ReleaseSnapshots(releases)).test_client()
        response = client.get(path)
        assert response.status_code == 404
        assert "has no search index" in response.text
        assert "the release that the next actiongraph build makes will have one" in response.text
        for other in ("/", "/chains", "/doc/country/GHA", "/sparql"):
            assert client.get(other, headers={"Accept": BROWSER}).status_code == 200, other
        assert "/search<" not in client.get("/sitemap-site.xml").text

    @pytest.mark.long("large")
    def test_the_next_build_makes_one(self, older) -> None:
        settings, releases = older
        build(settings, releases, unless_unchanged=True)
        client = create_app(settings, ReleaseSnapshots(releases)).test_client()
        assert client.get("/search.json?q=gana").json["groups"]

    @pytest.mark.parametrize("path", ["/search", "/search?q=peru", "/search.json", "/opensearch.xml"])
    def test_files_have_none(self, files_client: FlaskClient, path: str) -> None:
        response = files_client.get(path)
        assert response.status_code == 404
        assert "serves files as they are, which have no search index; query them at /sparql" in response.text
        assert "opensearch" not in files_client.get("/about", headers={"Accept": BROWSER}).text
