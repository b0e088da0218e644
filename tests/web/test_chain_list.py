"""`/chains`: what the three chains of the source are in short, and pages, filters and figures of a made-up list."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape

import pyoxigraph as ox
import pytest

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.snapshots import FileSnapshots, ReleaseSnapshots, Snapshot
from actiongraph.web.chain_list_pages import A_PAGE

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
KEYS = ["2014-04", "2014-12", "informal-economy-coverage-bogota"]
"""The chains of the sources: in Mexico one stated link and two probable ones; the stated one to 2014-12; in Bogota a
probable one."""
MEXICO, GHANA, BOGOTA = ([key] for key in KEYS)


def get(deployment, path: str, accept: str | None = None, **headers: str):
    return deployment.get(f"{deployment.url}{path}", accept, **headers)


class TestOfTheSource:
    def test_all_are_there_with_their_figures(self, deployment) -> None:
        told = get(deployment, "chains").json
        assert [chain["key"] for chain in told["chains"]] == KEYS
        assert [(chain["size"], chain["length"], chain["probableLinks"]) for chain in told["chains"]] == [
            (4, 4, 2),
            (2, 2, 0),
            (2, 2, 1),
        ]
        assert [chain["countries"][0]["name"] for chain in told["chains"]] == ["Mexico", "Ghana", "Colombia"]
        figures = told["figures"]
        assert (figures["chains"], figures["actions"], figures["links"], figures["probableLinks"]) == (3, 8, 5, 3)
        assert (figures["statedChains"], figures["returning"], figures["gaps"]) == (1, 3, 0)
        assert (told["total"], told["page"], told["pages"], told["next"]) == (3, 1, 1, None)

    def test_each_address_opens_its_chain(self, deployment) -> None:
        for chain in get(deployment, "chains").json["chains"]:
            opened = json.loads(deployment.get(chain["address"]).text)
            assert (opened["key"], len(opened["steps"])) == (chain["key"], chain["size"])
            assert opened["roots"] == [root["iri"] for root in chain["roots"]]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("country=Ghana", GHANA),
            ("country=gh", GHANA),
            ("country=COL&links=all", BOGOTA),
            ("country=Ghana&country=Mexico", GHANA),
            ("partner=gha-mgcsp", GHANA),
            ("partner=Institute%20for%20Social%20Economy", BOGOTA),
            ("type=policy-development", MEXICO + BOGOTA),
            ("country=Mexico&type=Policy%20development", MEXICO),
            ("links=stated", MEXICO + GHANA),
            ("stated", MEXICO + GHANA),
            ("from=2014", MEXICO),
            ("from=2016", []),
            ("to=2014", []),
            ("country=Nowhere", []),
            ("partner=ISSEG", MEXICO),
            ("partner=ipes", BOGOTA),
            ("partner=INSTITUTO%20PARA%20LA%20ECONOMIA%20SOCIAL", BOGOTA),
            ("country=&partner=&type=&from=&to=&links=all", KEYS),
        ],
    )
    def test_filters(self, deployment, asked: str, found: list[str]) -> None:
        told = get(deployment, f"chains?{asked}").json
        assert [chain["key"] for chain in told["chains"]] == found
        assert told["figures"]["chains"] == told["total"] == len(found)
        table = csv.DictReader(io.StringIO(get(deployment, f"chains?{asked}&format=csv").text))
        assert [row["key"] for row in table] == found
        page = get(deployment, f"chains?{asked}", BROWSER).text
        assert [key for key in KEYS if re.search(rf'/chain/{key}[?"]', page)] == found
        assert ("No chains match." in page) is (not found)

    def test_the_table_for_a_spreadsheet(self, deployment) -> None:
        response = get(deployment, "chains", "text/csv")
        assert response.headers["Content-Disposition"] == 'attachment; filename="chains.csv"'
        _, ghana, *_ = csv.DictReader(io.StringIO(response.text))
        title = "Enhance the effectiveness and coordination of social protection in Ghana"
        told = ("2014-12", "2", "2", "1", "0", "2014-12", title, "Ghana")
        assert tuple(ghana.values())[:8] == told

    def test_the_page_keeps_what_was_asked(self, deployment) -> None:
        page = unescape(get(deployment, "chains?country=Ghana&from=2010&links=stated", BROWSER).text)
        assert re.search(r'id="country"[^>]*value="Ghana"', page)
        assert re.search(r'id="from"[^>]*value="2010"', page)
        assert 'value="stated" selected' in page
        assert f"{deployment.url}chains.csv?country=Ghana&from=2010&links=stated" in page

    def test_a_pinned_list_stays_in_its_release(self, deployment) -> None:
        version = ReleaseSnapshots(deployment.releases).current().version
        page = unescape(get(deployment, f"chains?version={version}", BROWSER).text)
        assert f'name="version" value="{version}"' in page
        own = [link for link in re.findall(r'href="([^"]+)"', page) if re.search("/chain/|/chains[.?]", link)]
        assert len(own) > 3
        assert all(f"version={version}" in link for link in own)

    @pytest.mark.parametrize(
        "asked", ["from=soon", "to=20140", "from=-5", "from=²", "links=none", "page=0", "page=x", "from=2015&to=2014"]
    )
    def test_what_makes_no_sense_is_refused(self, deployment, asked: str) -> None:
        assert get(deployment, f"chains?{asked}").status_code == 400

    def test_a_misspelt_filter_is_refused_with_those_there_are(self, deployment) -> None:
        response = get(deployment, "chains?county=Ghana")
        assert (response.status_code, "'county'" in response.text) == (400, True)
        assert "country, partner, type, theme, place, from, to, size, text, links, stated" in response.text

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("country=Gahna", "No chain has a country called Gahna; did you mean Ghana?"),
            (
                "partner=ISSSEG",
                "No chain has a partner called ISSSEG; did you mean Institute of Social Security of the State",
            ),
            ("type=dancing", "No chain has a type of assistance called dancing."),
            ("from=2014", "2 chains with no known year are left out."),
            ("country=Ghana&to=2014", "1 chain with no known year is left out."),
            ("country=Ghana", None),
        ],
    )
    def test_what_is_not_there_is_said(self, deployment, asked: str, said: str | None) -> None:
        told = get(deployment, f"chains?{asked}").json["note"]
        assert (told is None) if said is None else told.startswith(said)
        page = re.sub("<[^>]+>", "", get(deployment, f"chains?{asked}", BROWSER).text)
        for told in (page, get(deployment, f"chains.txt?{asked}").text):
            assert (said or "left out") in told or said is None
            assert said or "No chain has" not in told

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("place=Bogota", BOGOTA),
            ("place=col-bogota&country=COL", BOGOTA),
            ("text=Bogot%C3%A1", BOGOTA),
            ("text=Gana", []),
            ("text=2014-12", GHANA),
            ("text=coord%20ghana", GHANA),
            ("text=ghana%20bogota", []),
            ("theme=strategy", GHANA),
            ("size=2", GHANA + BOGOTA),
            ("size=3-5", MEXICO),
            ("size=over-60", []),
            ("sort=-length", BOGOTA + GHANA + MEXICO),
            ("sort=country", BOGOTA + GHANA + MEXICO),
            ("sort=-actions", MEXICO + BOGOTA + GHANA),
        ],
    )
    def test_more_filters_and_orders(self, deployment, asked: str, found: list[str]) -> None:
        for suffix, keys in (
            ("json", lambda text: [chain["key"] for chain in json.loads(text)["chains"]]),
            ("csv", lambda text: [row["key"] for row in csv.DictReader(io.StringIO(text))]),
        ):
            assert keys(get(deployment, f"chains.{suffix}?{asked}").text) == found

    @pytest.mark.parametrize("asked", ["", "country=GHA", "links=stated", "size=2", "from=2014", "partner=ISSEG"])
    def test_each_count_is_the_number_of_rows_that_its_link_leads_to(self, deployment, asked: str) -> None:
        facets = get(deployment, f"chains?{asked}").json["facets"]
        assert facets.keys() == {"country", "partner", "type", "theme", "place", "year", "size"}
        for facet in facets.values():
            for value in facet["values"]:
                assert json.loads(deployment.get(value["address"], "application/json").text)["total"] == value["count"]

    @pytest.mark.parametrize(
        "asked",
        ["", "country=Ghana", "theme=strategy", "place=Bogota", "from=2014&to=2015", "size=2", "size=3-5",
         "sort=country", "sort=-actions", "sort=-length", "sort=year", "partner=ISSEG&type=policy-development"],
    )  # fmt: skip
    def test_its_query_gives_the_same_chains_in_the_same_order(self, deployment, asked: str) -> None:
        told = get(deployment, f"chains?{asked}").json
        rows = deployment.client.get(
            deployment.path(deployment.url) + "sparql", query_string={"query": told["query"], "format": "json"}
        )
        assert rows.status_code == 200, rows.text
        solutions = rows.json["results"]["bindings"]
        assert [row["chain"]["value"] for row in solutions] == [chain["iri"] for chain in told["chains"]]
        for row, chain in zip(solutions, told["chains"], strict=True):
            assert int(row["length"]["value"]) == chain["length"]
            assert row["first_actions"]["value"] == " | ".join(root["name"] for root in chain["roots"])

    @pytest.mark.parametrize("asked", ["links=stated", "text=ghana"])
    def test_what_no_query_gives_has_none(self, deployment, asked: str) -> None:
        assert get(deployment, f"chains?{asked}").json["query"] is None
        assert "Open as query" not in get(deployment, f"chains?{asked}", BROWSER).text
        assert "Open as query" in get(deployment, "chains", BROWSER).text

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("country=Armenia", "There is 1 action in Armenia, but none with a known follow-up."),
            ("country=COL&links=stated", " actions in Colombia, but none with a stated follow-up."),
        ],
    )
    def test_a_miss_leads_to_the_actions_there_are(self, deployment, asked: str, said: str) -> None:
        assert said in get(deployment, f"chains?{asked}").json["note"]
        assert said in get(deployment, f"chains.txt?{asked}").text
        page = unescape(get(deployment, f"chains?{asked}", BROWSER).text)
        assert said in re.sub("<[^>]+>", "", page)
        [(address, there_are)] = re.findall(r'<a href="([^"]+)"><bdi>There (?:is|are) (\d+)', page)
        assert json.loads(deployment.get(address, "application/json").text)["total"] == int(there_are) > 0

    def test_words_that_no_chain_has_lead_to_the_search(self, deployment) -> None:
        page = unescape(get(deployment, "chains?text=yerevan", BROWSER).text)
        assert "No chain has a word that begins with yerevan." in page
        assert "search?q=yerevan" in page

    def test_a_near_name_is_a_link(self, deployment) -> None:
        page = unescape(get(deployment, "chains?country=Gahna&from=2010", BROWSER).text)
        [address] = re.findall(r'did you mean <a href="([^"]+)"', page)
        assert address == f"{deployment.url}chains?country=Ghana&from=2010"

    def test_each_row_has_a_dot_for_each_action_and_a_line_for_each_link(self, deployment) -> None:
        page, chains = get(deployment, "chains", BROWSER).text, get(deployment, "chains").json["chains"]
        drawn = re.findall(r'<svg class="mini".*?</svg>', page)
        for lane, chain in zip(drawn, chains, strict=True):
            drawn_as = dict(re.findall(r'<path class="(.)" d="([^"]*)"', lane))
            assert drawn_as["d"].count("h0") == chain["size"]
            lines = {looks: drawn_as.get(looks, "").count("M") for looks in "sp"}
            assert lines == {"s": chain["links"] - chain["probableLinks"], "p": chain["probableLinks"]}

    def test_there_is_no_page_beyond_the_last(self, deployment) -> None:
        response = get(deployment, "chains?page=2")
        assert (response.status_code, "fit on 1 page;" in response.text) == (404, True)

    @pytest.mark.parametrize("name", ["country", "partner", "type"])
    def test_hostile_filters_find_nothing_and_do_nothing(self, deployment, name: str) -> None:
        hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%7B%7B7*7%7D%7D"
        page = get(deployment, f"chains?{name}={hostile}", BROWSER).text
        assert "<script" not in page
        assert "{{7*7}}" in page
        assert "No chains match." in page

    @pytest.mark.parametrize("suffix", ["json", "html", "csv", "text"])
    def test_it_can_be_asked_again_cheaply(self, deployment, suffix: str) -> None:
        for _ in range(2):
            first = get(deployment, f"chains?format={suffix}")
            assert get(deployment, f"chains?format={suffix}", **{"If-None-Match": first.headers["ETag"]}).data == b""

    @pytest.mark.parametrize(
        ("suffix", "media_type"),
        [("json", "application/json"), ("csv", "text/csv"), ("txt", "text/plain"), ("html", "text/html")],
    )
    def test_a_suffix_chooses_the_format(self, deployment, suffix: str, media_type: str) -> None:
        response = get(deployment, f"chains.{suffix}?country=Ghana", "application/x-unknown")
        assert (response.status_code, response.mimetype) == (200, media_type)
        assert (KEYS[1] in response.text, KEYS[2] in response.text) == (True, False)

    def test_another_suffix_is_unknown(self, deployment) -> None:
        response = get(deployment, "chains.svg")
        assert (response.status_code, "chains.csv" in response.text) == (404, True)

    def test_pages_lead_to_it(self, deployment) -> None:
        assert 'chains">Chains</a>' in get(deployment, "", BROWSER).text


def made_up(chains: int) -> str:
    """Chains of two in Turtle; number n began in the year 2000 + n % 10, and each third has a third action."""
    lines = ["@prefix ag: <https://w3id.org/actiongraph/ontology#> .", "@prefix : <http://example.org/> ."]
    lines.append("@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .")
    for number in range(chains):
        lines.append(f':a{number:03} ag:startDate "{2000 + number % 10}"^^xsd:gYear .')
        lines.append(f":b{number:03} ag:followUpOf :a{number:03} .")
        lines += [f":c{number:03} ag:followUpOf :b{number:03} ."] * (number % 3 == 0)
    return "\n".join(lines)


class TestOfFiles:
    @pytest.fixture
    def serve(self, make_app):
        def served(text: str):
            engine = OxigraphEngine.in_memory(list(ox.parse(text, format=ox.RdfFormat.TURTLE)), union_default=False)
            return make_app(FileSnapshots(Snapshot(engine, None, {}, union_default=False))).test_client()

        return served

    def test_fifty_on_a_page_longest_first_and_each_once(self, serve) -> None:
        client, path, seen = serve(made_up(250)), "/chains", []
        while path:
            told = client.get(path).json
            assert len(told["chains"]) <= A_PAGE == 50
            seen += told["chains"]
            path = told["next"] and "/" + told["next"].removeprefix("https://graph.example.org/")
        assert [chain["length"] for chain in seen] == [3] * 84 + [2] * 166
        assert len({chain["key"] for chain in seen}) == told["total"] == 250
        assert told["figures"]["lengths"] == {"2": 166, "3": 84}
        page = unescape(client.get("/chains?page=2", headers={"Accept": BROWSER}).text)
        assert "Page 2 of 5" in page
        assert 'rel="prev" href="https://graph.example.org/chains"' in page
        assert 'rel="next" href="https://graph.example.org/chains?page=3"' in page

    def test_years_choose(self, serve) -> None:
        client = serve(made_up(50))
        told = client.get("/chains?from=2003&to=2004").json
        assert told["total"] == 10
        assert {year for chain in told["chains"] for year in chain["years"]} == {2003, 2004}

    def test_files_without_follow_ups_have_none_and_say_so(self, serve) -> None:
        response = serve("<http://example.org/a> <http://example.org/p> 1 .").get("/chains")
        assert response.status_code == 404
        assert "no ag:followUpOf in their default graph" in response.text
        assert "named graph" not in response.text

    @pytest.mark.parametrize("path", ["/chains", "/chain/a"])
    def test_files_with_named_graphs_say_that_these_are_not_looked_into(self, make_app, path: str) -> None:
        a, b, graph = (ox.NamedNode(f"http://example.org/{name}") for name in "abg")
        quad = ox.Quad(b, ox.NamedNode("https://w3id.org/actiongraph/ontology#followUpOf"), a, graph)
        engine = OxigraphEngine.in_memory([quad], union_default=False)
        for graphs, said in (({"g"}, "there is 1 named graph to ask"), ({"g", "h"}, "there are 2 named graphs to ask")):
            snapshot = Snapshot(engine, None, dict.fromkeys(graphs, 1), union_default=False)
            response = make_app(FileSnapshots(snapshot)).test_client().get(path)
            assert response.status_code == 404
            assert "no ag:followUpOf in their default graph" in response.text
            assert (said in response.text, "with GRAPH" in response.text) == (True, True), response.text
