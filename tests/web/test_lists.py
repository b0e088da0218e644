"""`/actions`, `/partners`, `/countries`, `/themes`: rows, counts, orders and queries, on shipped and generated data."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
import shutil
import sys
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.index.list_index import LISTS, ListFilters, open_lists
from actiongraph.index.list_index_writer import write_lists
from actiongraph.index.list_kinds import ACTIONS, LIST_KINDS
from actiongraph.iris import key_of
from actiongraph.programme import Programme
from actiongraph.release.snapshots import FileSnapshots, ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.vocabulary import AG
from actiongraph.web.app import create_app
from actiongraph.web.list_pages import ROWS_A_PAGE
from actiongraph.web.list_queries import write_query

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HERE = Path(__file__)
URL = "https://graph.example.org/"
NAMES = [kind.name for kind in LIST_KINDS]


def facts_of_nine() -> Mapping[str, Any]:
    """The nine actions of the first source, fact by fact as read from its text: see tests/data."""
    spec = importlib.util.spec_from_file_location("nine_actions", HERE.parents[1] / "data" / "test_nine_actions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["nine_actions"] = module
    spec.loader.exec_module(module)
    return module.DESCRIBED


NINE = facts_of_nine()


def get(deployment, path: str, accept: str | None = None, **headers: str):
    return deployment.get(f"{deployment.url}{path}", accept, **headers)


def keys(things: list[dict[str, str]]) -> set[str]:
    return {key_of(thing["iri"]) for thing in things}


def rows_of(client, path: str) -> list[dict[str, str]]:
    """Return all rows of the CSV at `path`."""
    name, _, query = path.partition("?")
    response = client.get(f"/{name}.csv?{query}")
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text)))


def solutions(client, query: str) -> list[dict[str, str]]:
    response = client.get("/sparql", query_string={"query": query, "format": "json"})
    assert response.status_code == 200, response.text
    document = response.json
    return [
        {name: row[name]["value"] if name in row else "" for name in document["head"]["vars"]}
        for row in document["results"]["bindings"]
    ]


class TestOfTheSource:
    @pytest.mark.parametrize("key", NINE)
    def test_each_of_the_nine_actions_has_its_row(self, deployment, key: str) -> None:
        [row] = [row for row in get(deployment, "actions").json["actions"] if key_of(row["iri"]) == key]
        facts = NINE[key]
        assert keys(row["countries"]) == facts.countries
        assert keys(row["expertsFrom"]) == facts.experts_from
        assert keys(row["partners"]) == {facts.partner}
        assert keys(row["assistanceTypes"]) == {facts.assistance}
        assert keys(row["themes"]) == facts.themes
        assert row["mentionedOnly"] is False
        if facts.follows or facts.probably_follows:
            assert row["chain"]

    def test_themes_have_the_actions_of_the_source(self, deployment) -> None:
        counts: dict[str, int] = {}
        for facts in NINE.values():
            for theme in facts.themes:
                counts[theme] = counts.get(theme, 0) + 1
        listed = get(deployment, "themes").json["themes"]
        assert {key_of(row["iri"]): row["actions"] for row in listed} == counts
        assert key_of(listed[0]["iri"]) == "social-protection"
        assert [row["level"] for row in listed] == [0] + [1] * (len(counts) - 1)
        assert all(keys(row["broader"]) == {"social-protection"} for row in listed[1:])

    def test_the_two_actions_in_ghana(self, deployment) -> None:
        told = get(deployment, "actions?country=Ghana").json
        later, earlier = sorted(told["actions"], key=lambda row: row["mentionedOnly"])
        assert (later["name"], later["number"]) == (
            "Enhance the effectiveness and coordination of social protection in Ghana",
            None,
        )
        assert (earlier["name"], earlier["title"], earlier["mentionedOnly"]) == ("2014-12", None, True)
        assert later["chain"] == earlier["chain"]
        assert later["chainSize"] == earlier["chainSize"] == 2

    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("actions?country=Ghana", 2),
            ("actions?country=gh", 2),
            ("actions?country=GHA", 2),
            ("actions?partner=MGCSP", 2),
            ("actions?partner=Instituto%20para%20la%20Economia%20Social", 2),
            ("actions?country=COL&theme=informal-work", 2),
            ("actions?country=COL&theme=psychosocial-care&sender=ITA", 1),
            ("actions?country=Ghana&mention=yes", 1),
            ("actions?country=Ghana&mention=no&chain=yes", 1),
            ("actions?country=&partner=&from=&to=&theme=strategy", 2),
            ("actions?country=ARM&sender=GRC", 1),
            ("actions?country=ARM&sender=ESP", 0),
            ("partners?country=GHA", 1),
            ("partners?theme=disability", 1),
            ("themes?country=KHM", 2),
            ("countries?theme=disability", 1),
            ("countries?part=received&type=policy-development&theme=pensions", 1),
        ],
    )
    def test_filters(self, deployment, path: str, found: int) -> None:
        told = get(deployment, path).json
        name = path.partition("?")[0]
        assert told["total"] == len(told[name]) == found
        assert len(rows_of(deployment.client, path)) == found
        page = get(deployment, path, BROWSER).text
        assert page.count('<th scope="row"') == found

    def test_countries_link_to_what_they_count(self, deployment) -> None:
        page = unescape(get(deployment, "countries", BROWSER).text)
        listed = {key_of(row["iri"]): row for row in get(deployment, "countries").json["countries"]}
        for key, (name, parameter, figure) in {
            "GHA": ("actions", "country", "received"),
            "ESP": ("actions", "sender", "sent"),
            "COL": ("partners", "country", "partners"),
        }.items():
            link = f"{name}?{parameter}={key}"
            assert f'/{link}"' in page
            assert get(deployment, link).json["total"] == listed[key][figure] > 0


COUNTS = {
    ("actions", "country"): "?row a ag:Action ; ag:country ?value",
    ("actions", "sender"): (
        "?row a ag:Action . { ?row ag:expertsFrom ?value } "
        "UNION { ?row ag:expertTeam ?t . ?t ag:sendingCountry ?value }"
    ),
    ("actions", "partner"): "?row a ag:Action ; ag:partner ?value",
    ("actions", "type"): "?row a ag:Action ; ag:assistanceType ?value",
    ("actions", "theme"): "?row a ag:Action ; ag:theme ?value",
    ("actions", "year"): "?row a ag:Action ; ag:startDate ?d BIND(SUBSTR(STR(?d), 1, 4) AS ?value)",
    ("actions", "chain"): (
        "?row a ag:Action BIND(IF(EXISTS { ?row ag:followUpOf|ag:probableFollowUpOf|^ag:followUpOf|"
        '^ag:probableFollowUpOf ?other }, "yes", "no") AS ?value)'
    ),
    ("actions", "mention"): '?row a ag:Action BIND(IF(EXISTS { ?row a ag:ReferencedAction }, "yes", "no") AS ?value)',
    ("partners", "country"): "?a a ag:Action ; ag:partner ?row . ?row ag:basedIn ?value",
    ("partners", "type"): "?a a ag:Action ; ag:partner ?row ; ag:assistanceType ?value",
    ("partners", "theme"): "?a a ag:Action ; ag:partner ?row ; ag:theme ?value",
    ("partners", "year"): "?a a ag:Action ; ag:partner ?row ; ag:startDate ?d BIND(SUBSTR(STR(?d), 1, 4) AS ?value)",
    ("countries", "part"): (
        '{ ?a a ag:Action ; ag:country ?row BIND("received" AS ?value) } UNION { ?a a ag:Action ; '
        'ag:expertsFrom|(ag:expertTeam/ag:sendingCountry) ?row BIND("sent" AS ?value) }'
    ),
    ("countries", "type"): "?a a ag:Action ; ag:country ?row ; ag:assistanceType ?value",
    ("countries", "theme"): "?a a ag:Action ; ag:country ?row ; ag:theme ?value",
    ("themes", "country"): "?a a ag:Action ; ag:theme ?row ; ag:country ?value",
    ("themes", "type"): "?a a ag:Action ; ag:theme ?row ; ag:assistanceType ?value",
    ("themes", "year"): "?a a ag:Action ; ag:theme ?row ; ag:startDate ?d BIND(SUBSTR(STR(?d), 1, 4) AS ?value)",
}
"""How many rows of a list have each value of a facet, as a query that knows nothing of the index."""
PREFIX = "PREFIX ag: <https://w3id.org/actiongraph/ontology#>\n"
NARROWED = {"actions": ("country", "theme"), "partners": ("theme",), "countries": ("theme",), "themes": ("country",)}
"""The facets by which lists are narrowed down before the others are counted."""


def counted(client, name: str, facet: str, further: str = "") -> dict[str, int]:
    pattern = COUNTS[name, facet]
    query = f"{PREFIX}SELECT ?value (COUNT(DISTINCT ?row) AS ?n) {{ {pattern} {further} }} GROUP BY ?value"
    return {row["value"]: int(row["n"]) for row in solutions(client, query)}


def told(client, name: str, facet: str, query: str = "") -> dict[str, int]:
    found = client.get(f"/{name}.json?more={facet}{query}").json["facets"][facet]
    assert len(found["values"]) == min(found["total"], 500)
    return {value["iri"] or value["key"]: value["count"] for value in found["values"]}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory):
    """The pages of 400 generated actions, and what is true of them; they have a facet of more than 100 values."""
    sys.path.insert(0, str(HERE.parents[2]))
    from bench.generate import generate, write_data
    from bench.publish import publish_data

    folder = tmp_path_factory.mktemp("generated")
    truth = write_data(generate(400, seed=3), folder / "data")
    publish_data(folder / "data", folder / "store")
    snapshots = ReleaseSnapshots(ReleaseStore(folder / "store"))
    return truth, create_app(Settings(url=URL, store=folder / "store"), snapshots).test_client()


class TestFacets:
    @pytest.mark.parametrize(("name", "facet"), COUNTS)
    def test_counts_are_those_of_sparql(self, deploy, generated, name: str, facet: str) -> None:
        for client in (deploy("same").client, generated[1]):
            counts = counted(client, name, facet)
            assert told(client, name, facet) == counts

    @pytest.mark.parametrize(("name", "facet"), COUNTS)
    def test_counts_among_the_rows_of_another_facet(self, deploy, generated, name: str, facet: str) -> None:
        for client in (deploy("same").client, generated[1]):
            for other in NARROWED[name]:
                if other == facet:
                    continue
                values = sorted(counted(client, name, other).items(), key=lambda item: -item[1])
                for value in (values[0][0], values[-1][0]):
                    inner = re.sub(r"\?(a|d|t|other)\b", r"?\1_2", COUNTS[name, other])
                    further = f"{{ SELECT DISTINCT ?row {{ VALUES ?value {{ <{value}> }} {inner} }} }}"
                    found = told(client, name, facet, f"&{other}={quote(value)}")
                    assert found == counted(client, name, facet, further), (other, value)

    def test_counts_are_what_the_generator_knows(self, generated) -> None:
        truth, client = generated
        assert client.get("/actions.json").json["total"] == truth.actions
        assert told(client, "actions", "country") == {c.iri: n for c, n in truth.by_country.items()}
        assert told(client, "actions", "sender") == {c.iri: n for c, n in truth.by_sender.items()}
        assert told(client, "actions", "type") == dict(truth.by_type)
        assert told(client, "actions", "theme") == dict(truth.by_theme)
        assert told(client, "actions", "year") == {str(year): n for year, n in truth.by_year.items()}
        assert told(client, "actions", "mention") == {"yes": truth.referenced, "no": truth.described}
        assert told(client, "actions", "chain")["yes"] == sum(len(chain.depths) for chain in truth.chains)
        assert client.get("/partners.json").json["total"] == len(truth.by_partner) > 100
        partners = {row["partner"]: int(row["actions"]) for row in rows_of(client, "partners")}
        assert partners == {partner.iri: n for partner, n in truth.by_partner.items()}
        received = {row["country"]: int(row["received"]) for row in rows_of(client, "countries?part=received")}
        assert received == {c.iri: n for c, n in truth.by_country.items()}

    def test_a_value_leads_to_as_many_rows_as_it_counts(self, deployment) -> None:
        for name in NAMES:
            for facet, found in get(deployment, name).json["facets"].items():
                for value in found["values"]:
                    led = json.loads(deployment.get(value["address"], "application/json").text)
                    assert led["total"] == value["count"], (name, facet, value["key"])
                    again = [each for each in led["facets"][facet]["values"] if each["chosen"]]
                    assert [each["key"] for each in again] == [value["key"]]

    def test_all_values_of_a_facet_on_demand(self, generated) -> None:
        _, client = generated
        shown = client.get("/actions.json").json["facets"]["partner"]
        assert len(shown["values"]) == 10
        assert shown["total"] > 100
        page = unescape(client.get("/actions", headers={"Accept": BROWSER}).text)
        assert f"More, of {shown['total']}" in page
        assert "actions?more=partner#facet-partner" in page


ADDRESSES = [
    "actions",
    "actions?country=Ghana",
    "actions?country=COL&sort=-title",
    "actions?sender=ESP&sort=country",
    "actions?theme=pensions&sort=-country",
    "actions?chain=yes&sort=-chain",
    "actions?chain=no&sort=year",
    "actions?mention=yes&sort=-year",
    "actions?mention=no&sort=partner",
    "actions?from=2010&to=2016&sort=type",
    "actions?type=policy-development&from=2008&sort=-type",
    "actions?partner=mosd",
    "actions?chain=yes&from=2012&sort=-partner",
    "actions?country=SEN&sort=type",
    "actions?country=Nowhere",
    "partners",
    "partners?country=MEX&sort=-actions",
    "partners?type=policy-development&sort=abbreviation",
    "partners?theme=strategy&from=2009&sort=-year",
    "partners?theme=pensions&sort=country",
    "countries",
    "countries?part=sent&sort=-sent",
    "countries?part=received&sort=received",
    "countries?theme=pensions&sort=partners",
    "countries?type=policy-development&sort=-name",
    "themes?sort=name",
    "themes?country=MEX&sort=-actions",
    "themes?type=policy-development&sort=year",
    "themes?to=2012&sort=name",
]
MANY = {"countries", "experts_from", "partners", "assistance_types", "themes", "broader", "abbreviations"}


def cells(row: Mapping[str, str], name: str) -> dict[str, object]:
    """Return a row whose cells with several names are sets: a query joins these in any order."""
    of_names = MANY - ({"partners"} if name == "countries" else set())
    return {column: frozenset(cell.split(" | ")) if column in of_names else cell for column, cell in row.items()}


def name_of_rows(name: str) -> str:
    return next(kind.row for kind in LIST_KINDS if kind.name == name)


class TestQueries:
    @pytest.mark.parametrize("path", ADDRESSES)
    def test_the_query_gives_the_same_rows_in_the_same_order(self, deploy, generated, path: str) -> None:
        """Generated names have no accents; with some, as in Côte d'Ivoire, a query has another order."""
        name, _, parameters = path.partition("?")
        for client in (deploy("same").client, generated[1]):
            query = client.get(f"/{name}.json?{parameters}").json["query"]
            check_query(query, Settings())
            rows = [cells(row, name) for row in rows_of(client, path)]
            for row in rows:
                row.pop("level", None)
            found = [cells(row, name) for row in solutions(client, query)]
            if client is not generated[1]:
                found, rows = (sorted(each, key=lambda row: row[name_of_rows(name)]) for each in (found, rows))
            assert found == rows, query

    def test_the_page_opens_the_query_in_its_release(self, deployment) -> None:
        version = ReleaseSnapshots(deployment.releases).current().version
        page = unescape(get(deployment, f"actions?country=Ghana&version={version}", BROWSER).text)
        [link] = re.findall(r'href="([^"]+)" rel="nofollow">Open as query', page)
        asked = parse_qs(urlsplit(link).query)
        assert asked["version"] == [version]
        assert asked["query"][0].startswith("# Actions in Ghana\n")
        assert asked["query"][0] == get(deployment, "actions.json?country=Ghana").json["query"]

    @pytest.mark.parametrize(
        "languages", [("en",), ("fr", "pt"), ("pt-BR",), ("pt",), ("es",), ("zh-Hant", "de", "en")], ids=str
    )
    @pytest.mark.parametrize("left_out", range(7))
    def test_its_names_are_those_of_the_list_in_any_languages(self, tmp_path, languages, left_out: int) -> None:
        tags = ["fr", "pt-br", "pt", "en", "en-gb", "de", ""]
        action, country, graph = (ox.NamedNode(f"https://w3id.org/actiongraph/id/{key}") for key in "acg")
        store = ox.Store()
        for subject, predicate, term in (
            (action, RDF.type, ox.NamedNode(str(AG.Action))),
            (action, AG.country, country),
            *(
                (subject, predicate, ox.Literal(f"{9 - place} {tag}", language=tag) if tag else ox.Literal("0"))
                for subject, predicate in ((action, DCTERMS.title), (country, SKOS.prefLabel))
                for place, tag in enumerate(tags)
                if place != left_out
            ),
        ):
            store.add(ox.Quad(subject, ox.NamedNode(str(predicate)), term, graph))
        settings = Settings(stated=Programme(languages=languages))
        write_lists(tmp_path / LISTS, store, settings)
        with open_lists(tmp_path / LISTS, settings) as index:
            assert index is not None
            view = index.view(ACTIONS, ListFilters())
            [row] = view.rows("title")
            query = write_query(view, "Actions", "title", languages)
        [solution] = store.query(query, use_default_graph_as_union=True)
        assert solution["title"].value == row.name
        assert solution["countries"].value == row.cells["countries"][0].name == row.name

    def test_a_hostile_name_stays_in_its_comment(self, deployment) -> None:
        word = quote("x\nSELECT\r*\u2028{ ?s ?p ?o } # \u202e}")
        query = get(deployment, f"actions.json?country={word}").json["query"]
        assert query.splitlines()[1].startswith("PREFIX ag:")
        assert solutions(deployment.client, query) == []


class Headings(HTMLParser):
    """The headings of the columns, with `aria-sort` and the address that each leads to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[list[str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        given = dict(attrs)
        if tag == "th" and given.get("scope") == "col":
            self.found.append([given.get("aria-sort"), None])
        elif tag == "a" and self.found and self.found[-1][1] is None:
            self.found[-1][1] = given["href"]


class TestAddresses:
    @pytest.mark.parametrize("name", NAMES)
    def test_each_column_sorts_both_ways(self, deployment, name: str) -> None:
        headings = Headings(get(deployment, name, BROWSER).text).found
        assert len(headings) > 3
        for place, (_, address) in enumerate(headings):
            page = deployment.get(str(address), BROWSER).text
            sorts = [sort for sort, _ in Headings(page).found]
            wanted = "ascending" if "sort=-" not in str(address) else "descending"
            assert sorts == [wanted if other == place else None for other in range(len(headings))]
            again = Headings(page).found[place][1]
            reverse = [sort for sort, _ in Headings(deployment.get(str(again), BROWSER).text).found][place]
            assert {wanted, reverse} == {"ascending", "descending"}

    def test_unknown_values_come_last_either_way(self, deployment) -> None:
        for sort in ("year", "-year"):
            years = [row["first_year"] for row in rows_of(deployment.client, f"actions?sort={sort}")]
            known = [int(year) for year in years if year]
            assert len(known) > 3
            assert years == [*map(str, sorted(known, reverse=sort == "-year")), *[""] * (len(years) - len(known))]

    def test_fifty_rows_on_a_page_and_each_once(self, generated) -> None:
        truth, client = generated
        path, seen = "/actions.json?sort=-year", []
        while path:
            page = client.get(path).json
            assert len(page["actions"]) <= ROWS_A_PAGE == 50
            seen += [row["iri"] for row in page["actions"]]
            path = page["next"] and "/" + page["next"].removeprefix(URL)
        assert seen == [row["action"] for row in rows_of(client, "actions?sort=-year")]
        assert len(set(seen)) == truth.actions
        shown = unescape(client.get("/actions?sort=-year&page=2", headers={"Accept": BROWSER}).text)
        assert f'rel="prev" href="{URL}actions?sort=-year"' in shown
        assert f'rel="next" href="{URL}actions?sort=-year&page=3"' in shown
        assert f"Page 2 of {-(-truth.actions // 50)}" in shown

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            (
                "actions?county=Ghana",
                "has no parameter 'county'; its filters are country, sender, partner",
            ),
            ("actions?country=Ghana&country=Mexico", "'country' stands 2 times"),
            ("actions?page=1&page=2", "'page' stands 2 times"),
            ("actions?from=soon", "'soon' in 'from' is not a year"),
            ("actions?from=%C2%B2014", "is not a year"),
            ("actions?from=2015&to=2014", "no years between from=2015 and to=2014"),
            ("actions?sort=colour", "'colour' is not an order of actions; use title, year"),
            ("actions?sort=--year", "is not an order"),
            ("actions?chain=maybe", "use yes or no"),
            ("actions?mention=1", "use yes or no"),
            ("actions?more=colour", "is not a facet of actions"),
            ("actions?page=0", "is not a page number"),
            ("actions?page=x", "is not a page number"),
            ("countries?part=both", "use received or sent"),
            ("countries?from=2014", "has no parameter 'from'"),
            ("themes?theme=pensions", "has no parameter 'theme'"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_a_sentence(self, deployment, path: str, said: str) -> None:
        for accept in (None, BROWSER, "application/json", "text/csv"):
            response = get(deployment, path, accept)
            assert response.status_code == 400
            assert said in unescape(response.text)

    @pytest.mark.parametrize("name", NAMES)
    def test_there_is_no_page_beyond_the_last(self, deployment, name: str) -> None:
        response = get(deployment, f"{name}?page=99")
        assert (response.status_code, "there is no page 99" in response.text) == (404, True)

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(
        ("suffix", "media_type"), [("json", "application/json"), ("csv", "text/csv"), ("html", "text/html")]
    )
    def test_a_suffix_or_accept_chooses_the_format_and_it_is_asked_again_cheaply(
        self, deployment, name: str, suffix: str, media_type: str
    ) -> None:
        first = get(deployment, f"{name}.{suffix}", "application/x-unknown")
        assert (first.status_code, first.mimetype) == (200, media_type)
        assert get(deployment, name, media_type).data == first.data
        assert get(deployment, f"{name}?format={suffix}").data == first.data
        assert "Accept" in first.headers["Vary"]
        assert first.headers["Last-Modified"]
        for _ in range(2):
            again = get(deployment, f"{name}.{suffix}", **{"If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b"")
        path = deployment.path(f"{deployment.url}{name}.{suffix}")
        head = deployment.client.head(path)
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
        assert get(deployment, name, "image/png").status_code == 406
        unknown = get(deployment, f"{name}.svg")
        assert (unknown.status_code, f"{name}.csv" in unknown.text) == (404, True)

    @pytest.mark.parametrize("name", NAMES)
    def test_a_pinned_list_stays_in_its_release(self, deployment, name: str) -> None:
        version = ReleaseSnapshots(deployment.releases).current().version
        response = get(deployment, f"{name}?version={version}", BROWSER)
        page = unescape(response.text)
        main = page.partition("<main")[2].partition("</main>")[0]
        links = [link for link in re.findall(r'href="([^"#]+)', main) if "/sparql" not in link]
        assert len(links) > 20
        assert all(f"version={version}" in link for link in links)
        assert f"As it stood in release <code>{version}</code>" in page
        assert get(deployment, f"{name}?version=20200101T000000Z-000000000000").status_code == 404

    @pytest.mark.parametrize("name", ["country", "partner", "sender", "type", "theme"])
    def test_hostile_filters_find_nothing_and_do_nothing(self, deployment, name: str) -> None:
        hostile = quote("\"><script>alert(1)</script>{{7*7}}\u202e' OR 1=1 --")
        page = get(deployment, f"actions?{name}={hostile}", BROWSER).text
        assert "<script" not in page
        assert "{{7*7}}" in page
        assert "\u202e" not in page
        assert "0 actions" in page
        assert get(deployment, f"actions?{name}={'x' * 5_000}").status_code == 200

    def test_lists_are_in_the_sitemap_and_what_is_chosen_is_not_for_robots(self, deployment) -> None:
        sitemap = get(deployment, "sitemap-site.xml").text
        robots = get(deployment, "robots.txt").text
        prefix = urlsplit(deployment.url).path
        for name in NAMES:
            assert f"<loc>{deployment.url}{name}</loc>" in sitemap
            assert f"Disallow: {prefix}{name}?" in robots.splitlines()
        page = get(deployment, "actions?country=Ghana", BROWSER).text
        for link in re.findall(r"<a [^>]*>", page):
            if "actions?" in link:
                assert 'rel="nofollow"' in link, link


class TestMisses:
    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("actions?country=ARM&sender=ESP", "1 action in Armenia, none with experts from Spain."),
            ("actions?country=GHA&theme=pensions&chain=no", "2 actions in Ghana, none on pensions and in no chain."),
            ("actions?country=Gahna", "No action has a country called Gahna; did you mean Ghana?"),
            ("actions?theme=dancing", "No action has a theme called dancing."),
            ("actions?country=ARM&from=2000", "1 action with no known year is left out."),
            ("partners?country=ARM&theme=pensions", "1 partner in Armenia, none with actions on pensions."),
        ],
    )
    def test_a_miss_says_what_is_there(self, deployment, path: str, said: str) -> None:
        assert said in get(deployment, path).json["note"]
        assert said in re.sub("<[^>]+>", "", get(deployment, path, BROWSER).text)

    def test_it_links_to_what_leaves_out_one_filter(self, deployment) -> None:
        page = unescape(get(deployment, "actions?country=ARM&sender=ESP", BROWSER).text)
        led = re.findall(
            r'href="([^"]+)" rel="nofollow">Leave out “<bdi>([^”]+)</bdi>”</a> <span class="count">(\d+)', page
        )
        assert [phrase for _, phrase, _ in led] == ["in Armenia", "with experts from Spain"]
        for address, _, count in led:
            assert json.loads(deployment.get(address, "application/json").text)["total"] == int(count) > 0


class TestTables:
    def test_a_formula_is_guarded(self, tmp_path: Path) -> None:
        from bench.publish import publish_data

        data = tmp_path / "data"
        data.mkdir()
        titles = ["=1+1", "+1", "-1", "@SUM(A1)", "\\t=1"]
        lines = [
            f'<https://w3id.org/actiongraph/id/action/a{number}> a ag:Action ; dcterms:title "{title}"@en .'
            for number, title in enumerate(titles)
        ]
        prefixes = (
            "@prefix ag: <https://w3id.org/actiongraph/ontology#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"
        )
        (data / "reference.ttl").write_text(prefixes + "\n".join(lines), "utf-8")
        publish_data(data, tmp_path / "store")
        client = create_app(
            Settings(url=URL, store=tmp_path / "store"), ReleaseSnapshots(ReleaseStore(tmp_path / "store"))
        ).test_client()
        response = client.get("/actions.csv")
        assert response.headers["Content-Disposition"] == 'attachment; filename="actions.csv"'
        assert {row["title"] for row in csv.DictReader(io.StringIO(response.text))} == {
            "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'=1",
        }  # fmt: skip
        assert client.get("/actions.json").json["actions"][0]["title"] in {
            title.replace("\\t", "\t") for title in titles
        }


class TestWithoutAnIndex:
    @pytest.fixture
    def old(self, deploy, tmp_path: Path):
        """The shipped data as an older program built it: without the index of lists."""
        made = deploy("same")
        shutil.copytree(made.releases.folder, tmp_path / "store", symlinks=True)
        for index in (tmp_path / "store").rglob(LISTS):
            index.unlink()
        settings = Settings(base=made.base, url=made.url, store=tmp_path / "store")
        return create_app(settings, ReleaseSnapshots(ReleaseStore(tmp_path / "store"))).test_client()

    def test_lists_say_so_and_all_else_is_served(self, old) -> None:
        for name in NAMES:
            response = old.get(f"/{name}", headers={"Accept": "application/json"})
            assert response.status_code == 404
            assert f"has no list of {name}; the next `actiongraph build` makes one" in response.json["detail"]
        for path in ("/", "/chains", "/doc/action/2014-12", "/sitemap.xml", "/health"):
            assert old.get(path).status_code == 200
        for path in ("/sitemap-site.xml", "/nowhere"):
            text = old.get(path).text
            assert "chains" in text
            assert not [name for name in NAMES if f"/{name}\n" in text or f"/{name}<" in text], path

    def test_files_have_no_lists_and_say_so(self, files_client) -> None:
        for name in NAMES:
            response = files_client.get(f"/{name}", headers={"Accept": "application/json"})
            assert response.status_code == 404
            assert f"a list of {name} comes with a release" in response.text

    def test_a_damaged_index_is_told_of(self, deploy, tmp_path: Path) -> None:
        made = deploy("same")
        shutil.copytree(made.releases.folder, tmp_path / "store", symlinks=True)
        [index] = (tmp_path / "store").glob(f"*/*/{LISTS}") or (tmp_path / "store").rglob(LISTS)
        index.write_bytes(index.read_bytes()[:5_000])
        settings = Settings(base=made.base, url=made.url, store=tmp_path / "store")
        client = create_app(settings, ReleaseSnapshots(ReleaseStore(tmp_path / "store"))).test_client()
        assert client.get("/actions").status_code == 503
        assert client.get("/chains").status_code == 200


def test_no_list_is_on_a_page_of_files(make_app, files_snapshots: FileSnapshots) -> None:
    text = make_app(files_snapshots).test_client().get("/nowhere").text
    assert not [name for name in NAMES if f"/{name}" in text]
