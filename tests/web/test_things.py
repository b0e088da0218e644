"""Names open: 303 to a page or to data, by Accept and by suffix; what is said there, and what is not there."""

from __future__ import annotations

import json
import re

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import DCTERMS, RDF, RDFS, SKOS, Literal

from actiongraph.vocabulary import AG, CANONICAL_BASE, IRI, PREFIXES

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
GHANA = "action/social-protection-coordination-ghana"
SYNTAXES = {
    "ttl": ("text/turtle", "turtle"),
    "nt": ("application/n-triples", "nt"),
    "jsonld": ("application/ld+json", "json-ld"),
    "rdf": ("application/rdf+xml", "xml"),
    "nq": ("application/n-quads", "nquads"),
    "trig": ("application/trig", "trig"),
}
KINDS = [
    "action/2014-12",
    GHANA,
    "org/gha-mgcsp",
    "country/GHA",
    "place/col-bogota",
    "team/bogota-2",
    "activity/bogota-model",
    "facility/socieux-plus",
    "document/gha-nsps",
    "source/social-security-policy",
    "statement/ghana-follow-up",
    "chain/2014-12",
]


def parsed(response, syntax: str = "turtle") -> rdflib.Graph:
    assert response.status_code == 200, response.text
    if syntax in ("nquads", "trig"):
        graph = rdflib.Graph(bind_namespaces="none")
        for quad in ox.parse(response.data, format={"nquads": ox.RdfFormat.N_QUADS, "trig": ox.RdfFormat.TRIG}[syntax]):
            graph.parse(data=f"{quad.triple} .", format="nt")
        return graph
    return rdflib.Graph(bind_namespaces="none").parse(response.data, format=syntax)


class TestNames:
    @pytest.mark.parametrize("name", KINDS)
    def test_a_browser_is_led_to_a_page_and_a_program_to_data(self, deployment, name: str) -> None:
        page = deployment.get(f"{deployment.base}id/{name}", BROWSER)
        data = deployment.get(f"{deployment.base}id/{name}", "text/turtle")
        leads_to = name if name.startswith("chain/") else f"doc/{name}"
        assert (page.status_code, page.headers["Location"]) == (303, f"{deployment.url}{leads_to}")
        assert (data.status_code, data.headers["Location"]) == (303, f"{deployment.url}data/{name}.ttl")
        assert "Accept" in page.headers["Vary"]

    @pytest.mark.parametrize(("suffix", "accept"), [(s, a) for s, (a, _) in SYNTAXES.items()])
    def test_each_syntax_has_its_address(self, deployment, suffix: str, accept: str) -> None:
        response = deployment.get(f"{deployment.base}id/{GHANA}", accept)
        assert response.headers["Location"] == f"{deployment.url}data/{GHANA}.{suffix}"

    def test_what_nobody_can_write_is_refused_with_what_there_is(self, deployment) -> None:
        response = deployment.get(f"{deployment.base}id/{GHANA}", "image/png")
        assert (response.status_code, "text/turtle" in response.text) == (406, True)

    def test_concepts_and_schemes_open_under_the_vocabulary(self, deployment) -> None:
        for name in ("concept/theme/pensions", "concept/theme"):
            response = deployment.get(f"{CANONICAL_BASE}{name}", "text/turtle")
            assert (response.status_code, response.headers["Location"]) == (303, f"{deployment.url}data/{name}.ttl")
            graph = parsed(deployment.get(response.headers["Location"]))
            assert list(graph.objects(IRI(CANONICAL_BASE + name), SKOS.prefLabel))

    def test_a_version_is_kept_on_the_way(self, deployment) -> None:
        version = deployment.releases.newest()
        response = deployment.client.get(f"/id/{GHANA}?version={version}", headers={"Accept": "text/turtle"})
        assert response.headers["Location"] == f"{deployment.url}data/{GHANA}.ttl?version={version}"
        data = deployment.get(response.headers["Location"])
        assert "immutable" in data.headers["Cache-Control"]
        page = deployment.client.get(f"/doc/{GHANA}?version={version}")
        assert page.headers["Cache-Control"] == "no-cache"
        links = re.findall(r'href="([^"]*/doc/[^"]*)"', page.text)
        assert links
        assert all(f"version={version}" in link for link in links)

    def test_head_says_what_get_says(self, deployment) -> None:
        for path in (f"/id/{GHANA}", f"/doc/{GHANA}", f"/data/{GHANA}.ttl", "/ontology", "/shapes", "/validation"):
            got, headed = deployment.client.get(path), deployment.client.head(path)
            assert (headed.status_code, headed.data) == (got.status_code, b"")
            assert dict(headed.headers) == dict(got.headers)


class TestData:
    @pytest.mark.parametrize("suffix", SYNTAXES)
    def test_every_syntax_says_the_same(self, deployment, suffix: str) -> None:
        media_type, syntax = SYNTAXES[suffix]
        response = deployment.client.get(f"/data/{GHANA}.{suffix}")
        assert response.mimetype == media_type
        assert set(parsed(response, syntax)) == set(parsed(deployment.client.get(f"/data/{GHANA}.ttl")))

    def test_a_thing_says_what_the_source_says_and_names_what_it_points_at(self, deployment) -> None:
        graph = parsed(deployment.client.get(f"/data/{GHANA}.ttl"))
        thing = IRI(f"{deployment.base}id/{GHANA}")
        title = "Enhance the effectiveness and coordination of social protection in Ghana"
        assert (thing, DCTERMS.title, Literal(title, lang="en")) in graph
        assert (thing, AG.followUpOf, IRI(f"{deployment.base}id/action/2014-12")) in graph
        ministry = IRI(f"{deployment.base}id/org/gha-mgcsp")
        assert (thing, AG.partner, ministry) in graph
        name = Literal("Ministry of Gender, Children and Social Protection", lang="en")
        assert (ministry, SKOS.prefLabel, name) in graph

    def test_evidence_comes_with_its_passages(self, deployment) -> None:
        graph = parsed(deployment.client.get("/data/statement/ghana-follow-up.ttl"))
        quotes = set(graph.objects(None, IRI(PREFIXES["oa"] + "exact")))
        assert quotes == {Literal("Follow-up action from 2014-12")}

    @pytest.mark.parametrize("name", KINDS)
    def test_every_triple_is_in_the_graph_or_tells_of_the_document(self, deployment, name: str) -> None:
        # But for where it stands, a document says nothing that the release does not.
        graph = parsed(deployment.client.get(f"/data/{name}.ttl"))
        document = IRI(f"{deployment.url}data/{name}")
        assert (document, IRI(PREFIXES["foaf"] + "primaryTopic"), None) in graph
        said = {triple for triple in graph if triple[0] != document and triple[1] != RDFS.seeAlso}
        assert said <= whole(deployment)
        thing = IRI(f"{deployment.base}id/{name}")
        assert {t for t in whole(deployment) if t[0] == thing} <= said

    def test_what_points_at_a_thing_is_another_document(self, deployment) -> None:
        thing = IRI(f"{deployment.base}id/country/COL")
        graph = parsed(deployment.client.get("/data/country/COL.ttl"))
        [further] = graph.objects(thing, RDFS.seeAlso)
        document = IRI(str(further))
        said = {t for t in references(deployment, str(further)) if t[2] == thing and t[0] != document}
        assert said == {t for t in whole(deployment) if t[2] == thing}

    def test_nothing_is_said_to_be_further_where_nothing_points(self, deployment) -> None:
        graph = parsed(deployment.client.get("/data/statement/ghana-follow-up.ttl"))
        assert not list(graph.objects(None, RDFS.seeAlso))

    def test_the_terms_are_all_there(self, deployment) -> None:
        for suffix, (_, syntax) in SYNTAXES.items():
            graph = parsed(deployment.client.get(f"/ontology.{suffix}"), syntax)
            assert set(graph) <= whole(deployment)
            terms = {t for t in whole(deployment) if t[0].startswith(str(AG))}
            assert terms <= set(graph)

    def test_the_rules_are_those_of_the_files(self, deployment) -> None:
        from actiongraph.settings import shipped

        files = rdflib.Graph()
        for path in shipped("shapes").glob("*.ttl"):
            files.parse(path)
        from rdflib.compare import isomorphic

        assert isomorphic(parsed(deployment.client.get("/shapes.nt"), "nt"), files)

    def test_the_report_opens_as_rdf(self, deployment) -> None:
        graph = parsed(deployment.client.get("/validation?format=ttl"))
        report = IRI(f"{deployment.url}validation#report")
        results = set(graph.objects(report, IRI(PREFIXES["sh"] + "result")))
        told = deployment.client.get("/validation?format=json").json
        assert len(results) == len(told["findings"]) > 0


def references(deployment, address: str) -> set:
    """Return all triples of the pages that begin at `address`."""
    found, asked = set(), set()
    following = [address]
    while following:
        asked.add(following[0])
        graph = parsed(deployment.get(following.pop(), "text/turtle"))
        found |= set(graph)
        following += [str(o) for o in graph.objects(None, IRI("http://www.w3.org/1999/xhtml/vocab#next"))]
        assert not asked & set(following)
    return found


_WHOLE: dict[str, set] = {}


def whole(deployment) -> set:
    """Return every triple of the release, read by rdflib from the whole default graph."""
    if deployment.url not in _WHOLE:
        _WHOLE[deployment.url] = set(parsed(deployment.client.get("/graph-store?default&format=nt"), "nt"))
    return _WHOLE[deployment.url]


class TestPages:
    def test_facts_have_names_and_evidence(self, deployment) -> None:
        page = deployment.client.get("/doc/action/consolidation-of-strategy-bogota").text
        assert "Institute for Social Economy" in page
        assert "The second cooperation between IPES and SOCIEUX+" in page
        assert "confidence 0.7" in page
        assert 'href="/data-of/doc/org/col-ipes"' in page or 'href="/doc/org/col-ipes"' in page

    def test_a_stub_says_that_it_is_one(self, deployment) -> None:
        page = deployment.client.get("/doc/action/2014-12").text
        assert "mentioned only by number" in page
        assert f'value="{deployment.base}id/action/2014-12"' in page

    def test_search_engines_read_the_same(self, deployment) -> None:
        page = deployment.client.get(f"/doc/{GHANA}").text
        [script] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        told = json.loads(script)
        assert told["@id"] == f"{deployment.base}id/{GHANA}"
        assert told["url"] == f"{deployment.url}doc/{GHANA}"
        assert told["name"] == "Enhance the effectiveness and coordination of social protection in Ghana"
        assert {place["name"] for place in told["location"]} == {"Ghana"}
        graph = rdflib.Graph().parse(
            data=script.replace('"https://schema.org"', '{"@vocab": "https://schema.org/"}'), format="json-ld"
        )
        assert (IRI(told["@id"]), RDF.type, IRI("https://schema.org/Project")) in graph

    def test_links_tell_machines_where_the_rest_is(self, deployment) -> None:
        # Signposting: cite-as, type, describedby, license, collection.
        links = deployment.client.get(f"/doc/{GHANA}").headers["Link"]
        assert f'<{deployment.base}id/{GHANA}>; rel="cite-as"' in links
        assert f'<{deployment.url}data/{GHANA}.ttl>; rel="describedby"; type="text/turtle"' in links
        assert '<https://schema.org/AboutPage>; rel="type"' in links
        assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in links
        assert f'<{deployment.base}dataset>; rel="collection"' in links
        back = deployment.client.get(f"/data/{GHANA}.ttl").headers["Link"]
        assert f'<{deployment.url}doc/{GHANA}>; rel="describes"; type="text/html"' in back

    def test_every_term_has_its_place_on_the_page(self, deployment) -> None:
        page = deployment.client.get("/ontology", headers={"Accept": BROWSER}).text
        for name in ("followUpOf", "Action", "inChain"):
            assert f'<section id="{name}"' in page

    def test_the_same_page_is_not_sent_twice(self, deployment) -> None:
        first = deployment.client.get(f"/doc/{GHANA}")
        again = deployment.client.get(f"/doc/{GHANA}", headers={"If-None-Match": first.headers["ETag"]})
        since = deployment.client.get(f"/doc/{GHANA}", headers={"If-Modified-Since": first.headers["Last-Modified"]})
        assert (again.status_code, since.status_code) == (304, 304)


class TestWhatIsNotThere:
    @pytest.mark.parametrize(("route", "suffix"), [("id", ""), ("doc", ""), ("data", ".ttl")])
    def test_unknown_names_are_404_with_what_is_near(self, deployment, route: str, suffix: str) -> None:
        response = deployment.client.get(
            f"/{route}/action/2014-13{suffix}", headers={"Accept": "application/problem+json"}
        )
        assert response.status_code == 404
        assert any("2014-12" in near for near in response.json["near"])

    @pytest.mark.parametrize(
        "name",
        ["x", "action/", "action/a b", "action/<x>", "action/%7B", "..%2F..%2Fetc", "action/" + "x" * 3000, "é/ü"],
    )
    def test_what_cannot_be_a_name_is_404(self, deployment, name: str) -> None:
        for route in ("id", "doc", "data", "concept", "release"):
            assert deployment.client.get(f"/{route}/{name}").status_code == 404

    @pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "²", "9" * 30])
    def test_pages_have_numbers(self, deployment, page: str) -> None:
        assert deployment.client.get(f"/data/country/COL.ttl?references&page={page}").status_code == 400

    def test_there_are_no_pages_after_the_last(self, deployment) -> None:
        assert deployment.client.get("/data/country/COL.ttl?references&page=2").status_code == 404
        assert "fit on 1 page;" in deployment.client.get("/doc/country/COL?page=2").text

    def test_files_open_no_names(self, files_client) -> None:
        for path in ("/id/action/x", "/doc/action/x", "/data/action/x", "/ontology", "/validation"):
            response = files_client.get(path)
            assert (response.status_code, "files as they are" in response.text) == (404, True)
