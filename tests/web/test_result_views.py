"""A result as bars and as chains: pages of their own, by address, without script."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

BROWSER = {"Accept": "text/html"}
AG = "https://w3id.org/actiongraph/ontology#"
ACTION = "https://w3id.org/actiongraph/id/action/"
NUMBERS = "SELECT ?name ?n { VALUES (?name ?n) { ('a' 5) ('b' -2.5) ('c' 10) } }"
LONG = "# " + "x" * 4_500 + "\n"


@pytest.fixture(scope="module")
def shipped(deploy) -> FlaskClient:
    return deploy("mapped").client


def show(client: FlaskClient, query: str, **parameters: str) -> str:
    response = client.get("/sparql", query_string={"query": query, **parameters}, headers=BROWSER)
    assert response.status_code == 200
    return response.text


def meters(page: str) -> list[tuple[float, float, float]]:
    found = re.findall(r'<meter min="([^"]+)" max="([^"]+)" value="([^"]+)" aria-hidden="true">', page)
    return [(float(least), float(most), float(value)) for least, most, value in found]


def views(page: str) -> list[str]:
    tabs = re.search(r'<nav class="tabs" aria-label="Views of the result">(.*?)</nav>', page, re.DOTALL)
    return re.findall(r">(\w+)</(?:a|span|button)>", tabs[1]) if tabs else []


class TestBars:
    def test_a_bar_beside_each_number_from_zero_on(self, client: FlaskClient) -> None:
        page = show(client, NUMBERS, view="bars")
        assert meters(page) == [(-2.5, 10, 5), (-2.5, 10, -2.5), (-2.5, 10, 10)]
        assert [number in page for number in (">5<", ">-2.5<", ">10<")] == [True] * 3

    def test_the_scale_is_that_of_the_whole_result(self, client: FlaskClient) -> None:
        rows = " ".join(f"('{number}' {number})" for number in range(150))
        query = f"SELECT ?name ?n {{ VALUES (?name ?n) {{ {rows} }} }}"
        for page in ("1", "2"):
            assert {most for _, most, _ in meters(show(client, query, view="bars", page=page))} == {149}

    def test_what_is_no_finite_number_has_no_part_in_it(self, client: FlaskClient) -> None:
        double = "<http://www.w3.org/2001/XMLSchema#double>"
        query = f"SELECT ?name ?n {{ VALUES (?name ?n) {{ ('a' 'INF'^^{double}) ('b' 4) ('c' 'NaN'^^{double}) }} }}"
        assert {scale[:2] for scale in meters(show(client, query, view="bars"))} == {(0, 4)}

    def test_it_is_offered_where_numbers_are_named(self, client: FlaskClient) -> None:
        assert views(show(client, NUMBERS)) == ["Table", "Bars"]
        assert views(show(client, "SELECT ?n { VALUES ?n { 1 2 } }")) == []
        assert views(show(client, "SELECT ?a ?n { VALUES (?a ?n) { ('a' 1) } }")) == []
        assert views(show(client, "SELECT ?a { VALUES ?a { 'a' 'b' } }")) == []

    def test_where_there_are_none_the_rows_are_shown_and_why(self, client: FlaskClient) -> None:
        page = show(client, "SELECT ?a { VALUES ?a { 'a' 'b' } }", view="bars")
        assert meters(page) == []
        assert "so the rows are shown as a table" in page

    def test_sorting_and_pages_keep_it(self, client: FlaskClient) -> None:
        page = show(client, NUMBERS, view="bars")
        links = [unescape(link) for link in re.findall(r'<th scope="col"[^>]*><a href="([^"]+)"', page)]
        assert len(links) == 2
        assert all("view=bars" in link for link in links)
        sent = client.post("/sparql", data={"query": LONG + NUMBERS, "view": "view=bars&sort=-n"}, headers=BROWSER).text
        assert [value for *_, value in meters(sent)] == [10, 5, -2.5]

    def test_another_view_is_refused(self, client: FlaskClient) -> None:
        response = client.get("/sparql", query_string={"query": NUMBERS, "view": "pie"}, headers=BROWSER)
        assert response.status_code == 400
        assert "view=bars" in response.text


class TestChains:
    QUERY = f"SELECT ?a {{ ?a <{AG}followUpOf> ?b }} ORDER BY ?a"

    def test_the_chains_of_the_actions_in_the_rows(self, shipped: FlaskClient) -> None:
        page = show(shipped, self.QUERY, view="chain")
        assert "What came of <bdi>2014-12</bdi>" in page
        marked = re.findall(r'<li class="found">(.*?)</a>', page, re.DOTALL)
        assert any("coordination of social protection in Ghana" in each for each in marked)
        assert not any("2014-12" in each for each in marked)  # it follows nothing, so it is in no row

    def test_each_chain_once(self, shipped: FlaskClient) -> None:
        both = f"SELECT ?a ?b {{ ?a <{AG}followUpOf> ?b }}"
        chains = re.findall(r'<section class="found-chain">\n<h3><a href="([^"]+)"', show(shipped, both, view="chain"))
        assert len(chains) == len(set(chains)) > 1
        for chain in chains:
            path = "/chain/" + chain.rpartition("/chain/")[2]
            assert shipped.get(path, headers=BROWSER).status_code == 200

    def test_it_is_offered_where_a_row_has_such_an_action(self, shipped: FlaskClient) -> None:
        assert views(show(shipped, self.QUERY)) == ["Table", "Chain"]
        countries = f"SELECT DISTINCT ?c {{ ?a <{AG}country> ?c }}"
        assert views(show(shipped, countries)) == []
        assert "so the rows are shown as a table" in show(shipped, countries, view="chain")

    def test_where_there_is_no_index_rows_are_shown(self, client: FlaskClient) -> None:
        assert views(show(client, f"SELECT ?a {{ VALUES ?a {{ <{ACTION}2014-12> }} }}")) == []


class TestTree:
    def test_examples_by_group_and_terms_with_counts(self, shipped: FlaskClient) -> None:
        page = shipped.get("/sparql", headers=BROWSER).text
        tree = re.search(r'<aside class="tree"(.*?)</aside>', page, re.DOTALL)[1]
        examples = shipped.get("/examples.json").json["examples"]
        assert all(unescape(tree).count(example["question"]) == 1 for example in examples)
        schema = shipped.get("/schema.json").json
        for found in schema["classes"]:
            assert f"<bdi>{found['name']}</bdi> <small>{found['things']:,}</small>" in tree

    def test_every_query_in_it_finds_something(self, shipped: FlaskClient) -> None:
        page = shipped.get("/sparql", headers=BROWSER).text
        links = re.findall(r'<a href="([^"]+)" rel="nofollow"', re.search(r"<aside(.*?)</aside>", page, re.DOTALL)[1])
        for link in links[::12]:
            path = "/sparql" + unescape(link).partition("/sparql")[2]
            assert shipped.get(path, headers={"Accept": "application/json"}).status_code == 200

    def test_there_is_none_of_files(self, make_app, files_snapshots) -> None:
        page = make_app(files_snapshots).test_client().get("/sparql", headers=BROWSER).text
        assert "<aside" not in page
