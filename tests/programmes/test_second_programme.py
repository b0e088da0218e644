"""Another programme from end to end: 25 actions on forests, in French and Portuguese, with own numbers and lists.

The folder `forests` has its data. No word of the shipped programme may show, and every example finds something or says
why not.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal

from actiongraph import formats
from actiongraph.cli.options import GivenOptions
from actiongraph.examples import find_example, load_examples
from actiongraph.hints import hints_for
from actiongraph.publication import CSV, DUMP
from actiongraph.release.build import Outcome, build
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.vocabulary import CONCEPT, IRI
from actiongraph.web.app import create_app

DATA = Path(__file__).parent / "forests"
URL = "https://graph.example.org/"
BASE = "https://forets.example.org/graphe/"
OURS = re.compile(r"socieux|social|technical.assistance|pensions?\b|ghana|bogot|guanajuato", re.IGNORECASE)
OF_THE_VOCABULARY = ("/ontology", "/shapes", "/validation")
"""Pages whose texts are those of the vocabulary and its rules, which are the same for everybody."""
EXAMPLES = [each.name for each in load_examples(BASE, GivenOptions(DATA, None, None).settings().programme)]
HTML = {"Accept": "text/html"}
LISTS = ("actions", "partners", "countries", "themes")
CHOSEN_FROM = tuple(f"/{name}?" for name in LISTS)
"""Lists with filters: there are more ways to choose from them than a crawler can try."""


@dataclass(frozen=True)
class Forests:
    settings: Settings
    outcome: Outcome
    releases: ReleaseStore
    client: FlaskClient

    @property
    def snapshot(self) -> Snapshot:
        return ReleaseSnapshots(self.releases).current()

    def page(self, path: str) -> str:
        return unescape(self.client.get(path, headers=HTML).text)


@pytest.fixture(scope="module")
def forests(tmp_path_factory: pytest.TempPathFactory) -> Forests:
    store = tmp_path_factory.mktemp("forests")
    settings = replace(GivenOptions(DATA, store, None).settings(), url=URL)
    releases = ReleaseStore(store)
    outcome = build(settings, releases)
    return Forests(settings, outcome, releases, create_app(settings, ReleaseSnapshots(releases)).test_client())


def test_it_is_built_without_a_violation(forests: Forests) -> None:
    assert forests.outcome.is_new
    assert forests.outcome.report is not None
    counts = {severity.value: count for severity, count in forests.outcome.report.counts().items()}
    assert (counts["Violation"], counts["Warning"]) == (0, 2)  # an island without an EU code, an action without country


def crawl(forests: Forests) -> Iterator[tuple[str, str]]:
    """Yield every page that links lead to from the home page, with its text."""
    waiting, seen = ["/"], {"/"}
    while waiting:
        path = waiting.pop()
        response = forests.client.get(path, headers=HTML)
        assert response.status_code in {200, 303, 406}, path  # 406: for programs only
        if not response.content_type.startswith("text/html"):
            continue
        yield path, unescape(response.text)
        for link in re.findall(r'href="(/[^"#]*)', response.text):
            bare = unescape(link)
            if bare not in seen and not bare.startswith(("/sparql?", "/static/", "/dumps/", *CHOSEN_FROM)):
                seen.add(bare)
                waiting.append(bare)


@pytest.mark.long("large")
def test_no_word_of_ours_is_on_any_page(forests: Forests) -> None:
    pages = dict(crawl(forests))
    assert len(pages) > 100
    assert {"/", "/about", "/catalog", "/chains", "/examples", "/doc/action/f-001"} <= pages.keys()
    assert {"/schema", "/data", "/graph/rapport", "/feeds/ldes"} <= pages.keys()
    found = {
        path: match[0]
        for path, text in pages.items()
        if not path.startswith(OF_THE_VOCABULARY) and (match := OURS.search(text))
    }
    assert not found


@pytest.mark.parametrize("path", [*OF_THE_VOCABULARY, "/ontology.ttl", "/shapes.ttl", "/validation.ttl"])
def test_terms_and_rules_speak_of_no_programme(forests: Forests, path: str) -> None:
    """The vocabulary is called after technical assistance; what else it says suits any programme."""
    text = re.sub("technical.assistance", "", forests.page(path), flags=re.IGNORECASE)
    assert len(text) > 200
    assert not [found[0] for found in re.finditer(rf"{OURS.pattern}|2014-12|IPES|\bGHA\b|MoSD", text, re.IGNORECASE)]


def test_it_is_called_by_its_name_everywhere(forests: Forests) -> None:
    named = ("/", "/about", "/catalog", "/chains", "/examples", "/doc/action/f-001", "/releases", "/sparql")
    for path in (*named, "/schema", "/data", "/graph/rapport", "/feeds/ldes"):
        assert "Forêts vivantes" in forests.page(path), path
    identify = ET.fromstring(forests.client.get("/feeds/oai?verb=Identify").data)
    assert identify.findtext(".//{*}repositoryName") == "Forêts vivantes"
    assert identify.findtext(".//{*}adminEmail") == "accueil@forets.example.org"


@pytest.mark.parametrize(
    "path",
    [
        "/catalog.ttl",
        "/feeds/oai?verb=Identify",
        "/feeds/oai?verb=ListRecords&metadataPrefix=oai_dc",
        "/feeds/oai?verb=ListSets",
        "/feeds/ldes",
        "/sitemap-site.xml",
        "/sitemap-1.xml",
        "/chains.json",
        "/chains.csv",
        *(f"/{name}.{suffix}" for name in LISTS for suffix in ("json", "csv")),
        "/examples.json",
        "/about.json",
        "/schema.json",
        "/data.json",
    ],
)
def test_no_word_of_ours_is_in_feeds_and_data(forests: Forests, path: str) -> None:
    response = forests.client.get(path)
    assert response.status_code == 200
    assert len(response.data) > 200
    assert not OURS.search(response.text)


def test_dumps_have_only_the_lists_that_are_used(forests: Forests) -> None:
    folder = forests.releases.path(forests.outcome.record.version) / "dumps"
    quads = gzip.decompress((folder / DUMP).read_bytes()).decode()
    assert not re.search("socieux|social|pension", quads, re.IGNORECASE)
    assert set(re.findall(rf"^<{re.escape(CONCEPT)}([a-z-]+)", quads, re.MULTILINE)) == {
        "basis",
        "dac-sector",
        "outcome-kind",
        "outcome-status",
        "record-state",
    }
    own = set(re.findall(rf"^<{re.escape(BASE)}concept/([a-z-]+)", quads, re.MULTILINE))
    assert own == {"theme", "assistance", "activity-kind"}
    with zipfile.ZipFile(folder / CSV) as package:
        assert not any(OURS.search(package.read(name).decode()) for name in package.namelist())
        rows = list(csv.DictReader(io.StringIO(package.read("own_concepts.csv").decode())))
        assert {row["concept"] for row in rows} >= {"theme/mangroves", "assistance/carte", "activity-kind/visite"}
        assert {row["name_fr"] for row in rows} >= {"mangroves", "cartographie"}


def test_the_catalogue_says_what_it_is(forests: Forests) -> None:
    graph = Graph().parse(data=forests.client.get("/catalog.ttl").data, format="turtle")
    dataset = IRI(BASE + "dataset")
    titles = {Literal("Forêts vivantes", lang="fr"), Literal("Florestas vivas", lang="pt")}
    assert set(graph.objects(dataset, DCTERMS.title)) == titles
    assert {str(each) for each in graph.objects(dataset, DCTERMS.language)} == {
        f"http://publications.europa.eu/resource/authority/language/{code}" for code in ("ENG", "FRA", "POR")
    }
    keywords = {str(each) for each in graph.objects(dataset, IRI("http://www.w3.org/ns/dcat#keyword"))}
    assert keywords == {
        "reboisement", "mangrove", "feux de forêt", "forêts", "mangroves", "pépinières", "sementes",
    }  # fmt: skip
    assert str(graph.value(dataset, DCTERMS.license)) == "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.mark.parametrize("name", LISTS)
def test_lists_name_things_in_the_languages_of_the_programme_and_so_do_their_queries(forests: Forests, name) -> None:
    page = forests.page(f"/{name}")
    assert not OURS.search(page)
    assert "Forêts vivantes" in page
    rows = list(csv.DictReader(io.StringIO(forests.client.get(f"/{name}.csv").text)))
    query = forests.client.get(f"/{name}.json").json["query"]
    found = forests.client.get("/sparql", query_string={"query": query, "format": "json"}).json["results"]["bindings"]
    shown = {
        "actions": ("action", "countries"), "partners": ("partner", "name"), "countries": ("country", "name"),
        "themes": ("theme", "name"),
    }[name]  # fmt: skip
    assert {tuple(row[column]["value"] if column in row else "" for column in shown) for row in found} == {
        tuple(row[column] for column in shown) for row in rows
    }
    assert len(found) == len(rows) > 4


def test_lists_show_the_first_language_that_a_name_is_in(forests: Forests) -> None:
    countries = {row["iri"][-3:]: row["name"] for row in forests.client.get("/countries.json").json["countries"]}
    assert {key: countries[key] for key in ("SEN", "GNB", "MDG", "XAA", "PRT")} == {
        "SEN": "Sénégal", "GNB": "Guinée-Bissau", "MDG": "Madagascar", "XAA": "Île d'Ambre", "PRT": "Portugal",
    }  # fmt: skip
    assert '<bdi lang="fr">Sénégal</bdi>' in forests.page("/countries")
    assert '<bdi lang="pt">Portugal</bdi>' in forests.page("/countries")
    for word in ("Senegal", "sénégal", "SEN"):
        assert forests.client.get("/actions.json", query_string={"country": word}).json["total"] > 2


def test_the_schema_has_its_own_lists_and_every_query_of_it_finds_something(forests: Forests) -> None:
    document = json.loads(forests.client.get("/schema.json").data)
    lists = {each["list"]: each["name"] for each in document["lists"]}
    assert {f"{BASE}concept/{name}" for name in ("theme", "assistance", "activity-kind")} <= lists.keys()
    tried = [each["try"] for found in document["classes"] for each in (found, *found["properties"])]
    for address in [*tried, *(each["try"] for each in document["lists"])]:
        answer = forests.client.get(address.removeprefix(URL.rstrip("/")), headers={"Accept": "application/json"})
        assert answer.json["results"]["bindings"], address


def test_it_is_cited_by_its_own_name_publisher_and_licence(forests: Forests) -> None:
    citation = json.loads(forests.client.get("/data.json").data)["citation"]
    for part in ("Forêts vivantes", "Office des forêts", forests.outcome.record.version, f"{BASE}dataset"):
        assert part in citation["text"]
    assert "https://creativecommons.org/publicdomain/zero/1.0/" in citation["text"]
    assert "author = {{Office des forêts}}" in citation["bibtex"]


def test_forks_and_merges_are_one_chain(forests: Forests) -> None:
    chain = json.loads(forests.client.get("/chain/F-004.json").data)
    assert [step["number"] for step in chain["steps"]] == ["F-001", "F-002", "F-003", "F-004", "F-005"]
    keys = {tuple(link[end].rpartition("/")[2] for end in ("earlier", "later")) for link in chain["links"]}
    assert keys == {
        ("f-001", "f-002"), ("f-001", "f-003"), ("f-002", "f-004"), ("f-003", "f-004"), ("f-004", "f-005"),
    }  # fmt: skip
    listed = json.loads(forests.client.get("/chains.json").data)["chains"]
    assert sorted(each["size"] for each in listed) == [3, 3, 4, 5, 5]


@pytest.mark.parametrize("suffix", ["json", "csv", "txt", "svg", "mmd", "graphml", "ttl"])
def test_chains_are_in_the_languages_that_there_are(forests: Forests, suffix: str) -> None:
    written = unescape(forests.client.get(f"/chain/F-001.{suffix}").text)
    assert "Viveiro" in written or suffix == "mmd"
    assert not OURS.search(written)


def test_own_concepts_and_countries_without_a_code_open(forests: Forests) -> None:
    for name in ("concept/theme/mangroves", "concept/activity-kind", "id/country/XAA"):
        assert forests.client.get(f"/{name}", headers=HTML).status_code == 303
    graph = Graph().parse(data=forests.client.get("/data/concept/theme/mangroves.ttl").data, format="turtle")
    concept = IRI(BASE + "concept/theme/mangroves")
    assert (concept, SKOS.prefLabel, Literal("mangais", lang="pt")) in graph
    assert (concept, RDF.type, SKOS.Concept) in graph
    assert "mangroves" in forests.page("/doc/action/f-001")


def test_there_are_the_general_examples_and_its_own(forests: Forests) -> None:
    told = json.loads(forests.client.get("/examples.json").data)["examples"]
    assert len(told) == 42
    assert "feux-ou-et-quand" in {each["name"] for each in told}


@pytest.mark.parametrize(
    "name", [each.name for each in load_examples(BASE, GivenOptions(DATA, None, None).settings().programme)]
)
def test_every_example_finds_something_or_says_why_not(forests: Forests, name: str) -> None:
    settings, snapshot = forests.settings, forests.snapshot
    query = check_query(find_example(name, settings.base, settings.programme).text, settings)
    if query.form.value == "CONSTRUCT":
        graph = Graph().parse(data=snapshot.engine.answer(query, formats.TURTLE), format="turtle")
        assert len(graph) > 10
        return
    rows = snapshot.engine.select(query)
    assert rows or hints_for(snapshot.terms, query), name
    assert not any(OURS.search(str(value)) for row in rows for value in row.values()), name


def test_a_name_in_either_language_is_shown_once(forests: Forests) -> None:
    settings = forests.settings
    text = find_example("countries-how-many-actions-each-received", settings.base, settings.programme).text
    rows = forests.snapshot.engine.select(check_query(text, settings))
    names = {str(row["country"]).rpartition("/")[2]: str(row["name"]) for row in rows}
    assert len(rows) == len(names) == 5
    assert (names["SEN"], names["MDG"], names["XAA"]) == ("Sénégal", "Madagascar", "Île d'Ambre")


@pytest.mark.parametrize(
    ("typed", "kind", "key"),
    [
        ("mangroves Casamance", "action", "f-001"),
        ("mangais Casamansa", "action", "f-001"),
        ("mangrvoes", "action", "f-001"),
        ("F-004", "action", "f-004"),
        ("ligar margens", "action", "f-004"),
        ("Sénégal", "country", "SEN"),
        ("senegalese", "country", "SEN"),
        ("Guine Bissau", "country", "GNB"),
        ("Guinea-Bissau", "country", "GNB"),
        ("ambar", "country", "XAA"),
        ("Brasilien", "country", "BRA"),
        ("direção dos parques", "partner", "parcs"),
        ("pépinières", "theme", "pepinieres"),
        ("viveiros", "theme", "pepinieres"),
        ("plantação", "term", "plantation"),
    ],
)
def test_its_things_are_found_in_its_languages(forests: Forests, typed: str, kind: str, key: str) -> None:
    groups = forests.client.get("/search.json", query_string={"q": typed}).json["groups"]
    found = [hit["iri"].rpartition("/")[2] for group in groups if group["kind"] == kind for hit in group["hits"]]
    assert key in found
    assert found[0] == key or kind == "action"


def test_its_search_bears_its_name_its_samples_and_no_word_of_ours(forests: Forests) -> None:
    description = forests.client.get("/opensearch.xml").text
    assert "<ShortName>Forêts vivantes</ShortName>" in description
    samples = forests.client.get("/search.json").json["samples"]
    assert samples
    for words in ("", *samples, "forêts"):
        path = f"/search?{urlencode({'q': words})}"
        assert not OURS.search(forests.page(path))
        assert not words or "<mark>" in forests.page(path)
    assert forests.client.get("/search.json?q=ghana").json["groups"] == []
