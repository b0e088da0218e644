"""`/catalog` and `/.well-known/void`: what harvesters read, that it is valid DCAT-AP, and what people are shown."""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
from flask.testing import FlaskClient
from rdflib import RDF, SH, XSD, BNode, Graph, Literal, URIRef

from actiongraph.catalogue.contents import read_stored
from actiongraph.formats import Format, Result, offers
from actiongraph.release.build import build
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Party, Settings
from actiongraph.vocabulary import DCAT, SD, SPDX, VOID
from actiongraph.web.app import create_app

DCTERMS = "http://purl.org/dc/terms/"
EU = "http://publications.europa.eu/resource/authority/"
TURTLE = {"Accept": "text/turtle"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LOCATIONS = {
    DCAT.accessURL, DCAT.downloadURL, DCAT.endpointURL, DCAT.endpointDescription, DCAT.landingPage,
    VOID.dataDump, VOID.sparqlEndpoint, URIRef("http://xmlns.com/foaf/0.1/homepage"),
}  # fmt: skip
SCRIPT = "</script><script>alert(1)</script>"
TOLD = {
    "publisher": Party(f"Ministry {SCRIPT}", "https://ministry.example.org/"),
    "contact": Party("Help desk", "mailto:help@example.org"),
}


def read(response) -> Graph:
    assert response.status_code == 200, response.text[:300]
    return Graph(bind_namespaces="none").parse(response.data, format=response.mimetype)


@pytest.fixture(scope="module")
def told(deploy, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A deployment behind a mapped address, where somebody has told who publishes it and whom to ask."""
    releases = ReleaseStore(tmp_path_factory.mktemp("told"))
    settings = replace(deploy("mapped").settings, store=releases.folder, **TOLD)
    build(settings, releases)
    return create_app(Settings(base=settings.base, url=settings.url), ReleaseSnapshots(releases)).test_client()


def validate(graph: Graph, dcat_ap: Path, *names: str) -> set[tuple[str, str, str]]:
    """Return what the shapes find: severity, focus node and path, each by its last part."""
    shapes = Graph()
    for name in names:
        shapes.parse(dcat_ap / f"{name}.ttl", format="turtle")
    data = graph + Graph().parse(dcat_ap / "authority-stub.ttl", format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes)

    def last(node) -> str:
        return re.split(r"[/#]", str(node))[-1]

    return {
        tuple(last(report.value(result, each)) for each in (SH.resultSeverity, SH.focusNode, SH.resultPath))
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }


@pytest.mark.long("validators")
class TestConformance:
    def test_told_it_is_valid(self, told: FlaskClient, dcat_ap: Path) -> None:
        graph = read(told.get("/catalog", headers=TURTLE))
        assert len(list(graph.subjects(RDF.type, DCAT.Distribution))) == 4
        assert validate(graph, dcat_ap, "shapes", "range", "deprecateduris") == set()

    def test_untold_only_the_publisher_is_missing(self, deployment, dcat_ap: Path) -> None:
        graph = read(deployment.client.get("/catalog", headers=TURTLE))
        found = validate(graph, dcat_ap, "shapes", "range", "deprecateduris")
        assert found == {("Violation", "catalog", "publisher")}

    def test_without_its_locations_it_is_not(self, told: FlaskClient, dcat_ap: Path) -> None:
        graph = read(told.get("/graph/catalog", headers=TURTLE))
        found = validate(graph, dcat_ap, "shapes", "range", "deprecateduris")
        assert {path for _, _, path in found} >= {"accessURL", "endpointURL"}

    def test_what_is_recommended_and_absent(self, told: FlaskClient, dcat_ap: Path) -> None:
        graph = read(told.get("/catalog", headers=TURTLE))
        found = validate(graph, dcat_ap, "shapes_recommended")
        assert {severity for severity, _, _ in found} == {"Warning"}
        assert {path for _, _, path in found} == {
            "availability",  # a promise of whoever runs the server
            "type",  # of the publisher: nobody is asked
            "bbox",  # of countries: they are named by the EU's list, which says where they are
            "centroid",
        }


class TestData:
    @pytest.mark.parametrize("format_", offers(Result.GRAPH), ids=lambda format_: format_.name)
    def test_every_syntax_says_the_same_by_accept_and_by_suffix(self, deploy, format_: Format) -> None:
        client = deploy("mapped").client
        plain = {quad.triple for quad in parsed(client.get("/catalog.nt"), "application/n-triples")}
        by_accept = client.get("/catalog", headers={"Accept": format_.media_type})
        assert by_accept.headers["Content-Type"] == format_.content_type
        assert by_accept.data == client.get(f"/catalog.{format_.suffix}").data
        assert by_accept.data == client.get(f"/catalog?format={format_.name}").data
        assert {quad.triple for quad in parsed(by_accept, format_.media_type)} == plain

    def test_what_is_added_to_the_graph_is_where_things_are(self, deployment) -> None:
        stored = read(deployment.client.get("/graph/catalog", headers=TURTLE))
        served = read(deployment.client.get("/catalog", headers=TURTLE))
        home = (URIRef(deployment.url), RDF.type, URIRef("http://xmlns.com/foaf/0.1/Document"))
        added = {triple for triple in set(served) - set(stored) if triple != home and triple[1] != DCAT.byteSize}
        assert {predicate for _, predicate, _ in added} == LOCATIONS
        assert all(str(value).startswith(deployment.url) for _, _, value in added)
        lost = set(stored) - set(served)
        assert {predicate for _, predicate, _ in lost} == {DCAT.byteSize}

    def test_the_services_are_where_they_answer_and_say_by_which_standard(self, deployment) -> None:
        graph = read(deployment.client.get("/catalog", headers=TURTLE))
        catalog, dataset = (URIRef(deployment.base + name) for name in ("catalog", "dataset"))
        standards = {
            "sparql": ("sparql", "https://www.w3.org/TR/sparql11-protocol/"),
            "oai": ("feeds/oai", "http://www.openarchives.org/OAI/2.0/"),
            "ldes": ("feeds/ldes", "https://w3id.org/ldes/specification"),
        }
        services = {URIRef(f"{dataset}#{key}"): found for key, found in standards.items()}
        assert set(graph.objects(catalog, DCAT.service)) == services.keys()
        for service, (path, standard) in services.items():
            assert graph.value(service, DCAT.endpointURL) == URIRef(deployment.url + path)
            assert graph.value(service, URIRef(DCTERMS + "conformsTo")) == URIRef(standard)
            assert graph.value(service, DCAT.servesDataset) == dataset
            description = deployment.get(graph.value(service, DCAT.endpointDescription))
            assert description.status_code == 200
            assert path.rpartition("/")[2] in description.text

    def test_no_blank_nodes(self, deployment) -> None:
        served = read(deployment.client.get("/catalog", headers=TURTLE))
        assert not [term for triple in served for term in triple if isinstance(term, BNode)]

    def test_files_are_where_they_are_and_as_they_are(self, deployment) -> None:
        graph = read(deployment.client.get("/catalog", headers=TURTLE))
        [version] = map(str, graph.objects(URIRef(deployment.base + "dataset"), DCAT.version))
        folder = deployment.releases.path(version) / "dumps"
        distributions = list(graph.subjects(RDF.type, DCAT.Distribution))
        dumps = set(graph.objects(None, VOID.dataDump))
        addresses = {str(graph.value(each, DCAT.downloadURL)) for each in distributions}
        assert {f"{dump}.gz" for dump in dumps} == {address for address in addresses if not address.endswith(".zip")}
        for each in distributions:
            address = str(graph.value(each, DCAT.downloadURL))
            content = (folder / address.removeprefix(f"{deployment.url}dumps/{version}/")).read_bytes()
            size = graph.value(each, DCAT.byteSize)
            assert (size.datatype, int(size)) == (XSD.nonNegativeInteger, len(content))
            checksum = graph.value(graph.value(each, SPDX.checksum), SPDX.checksumValue)
            assert str(checksum) == hashlib.sha256(content).hexdigest()

    def test_a_pinned_one_never_changes(self, deployment) -> None:
        version = deployment.releases.newest()
        pinned = deployment.client.get(f"/catalog.ttl?version={version}")
        assert "immutable" in pinned.headers["Cache-Control"]
        newest = deployment.client.get("/catalog.ttl")
        assert newest.headers["Cache-Control"] == "no-cache"
        assert (newest.data, "Last-Modified" in newest.headers) == (pinned.data, True)
        again = deployment.client.get("/catalog.ttl", headers={"If-None-Match": newest.headers["ETag"]})
        assert again.status_code == 304

    def test_the_well_known_address_has_it_too(self, deployment) -> None:
        for accept in (TURTLE, BROWSER):
            well_known = deployment.client.get("/.well-known/void", headers=accept)
            assert well_known.data == deployment.client.get("/catalog", headers=accept).data

    @pytest.mark.parametrize("path", ["/catalog.exe", "/catalog.srj"])
    def test_an_unknown_suffix_is_told(self, deployment, path: str) -> None:
        response = deployment.client.get(path)
        assert (response.status_code, "catalog.ttl" in response.text) == (404, True)

    @pytest.mark.parametrize("path", ["/catalog", "/catalog.ttl", "/.well-known/void"])
    def test_files_have_no_catalogue(self, files_client: FlaskClient, path: str) -> None:
        response = files_client.get(path)
        assert (response.status_code, "/sparql" in response.text) == (404, True)


def parsed(response, media_type: str) -> list[ox.Quad]:
    return list(ox.parse(response.data, format=ox.RdfFormat.from_media_type(media_type)))


class Text(HTMLParser):
    """The text of a page's rows, its headings, and what stands in its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[str] = []
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        self._open.append(tag)
        if tag == "tr":
            self.rows.append("")
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["script"]:
            self.scripts[-1] += data
        elif "tr" in self._open:
            self.rows[-1] = f"{self.rows[-1]} {data}".strip()


class TestPage:
    def test_it_names_what_is_not_said_and_what_says_it(self, deployment) -> None:
        shown = Text(deployment.client.get("/catalog", headers=BROWSER).text)
        for what, option in (("Publisher", "--publisher"), ("Contact", "--contact")):
            assert [row for row in shown.rows if row.startswith(what) and option in row]
        assert [row for row in shown.rows if row.startswith("Period")]

    def test_what_is_told_is_shown_and_not_missed(self, told: FlaskClient) -> None:
        response = told.get("/catalog", headers=BROWSER)
        shown = Text(response.text)
        assert not [row for row in shown.rows if "--publisher" in row or "--contact" in row]
        assert [row for row in shown.rows if row.startswith("Publisher") and "Ministry" in row]
        assert 'href="mailto:help@example.org"' in response.text
        assert len(shown.scripts) == 1
        assert "<script>alert" not in response.text

    def test_its_figures_are_those_of_the_data(self, deployment) -> None:
        shown = Text(deployment.client.get("/catalog", headers=BROWSER).text)
        rows = [" ".join(row.split()) for row in shown.rows]
        assert "described action 38" in rows  # nine in the first source, 29 at other pages
        countries = "Armenia , Cambodia , Colombia , Costa Rica , Côte d'Ivoire , Ghana , Mali , Mauritius , Mexico , "
        countries += "Moldova , Montenegro , North Macedonia , Palestine , Peru , Togo"
        assert f"Countries assisted {countries}" in rows
        assert [row for row in rows if row.startswith("Wikidata") and row.endswith(" 35")]

    def test_a_part_of_the_dataset_opens_at_its_row(self, deployment) -> None:
        graph = read(deployment.client.get("/catalog", headers=TURTLE))
        start = deployment.base + "dataset#"
        parts = {str(subject) for subject in graph.subjects() if subject.startswith(start)}
        shown = deployment.client.get("/catalog", headers=BROWSER).text
        ids = {html.unescape(found) for found in re.findall(r' id="([^"]*)"', shown)}
        assert {part for part in parts if part.removeprefix(start) not in ids and "#target-" not in part} == set()

    def test_as_json(self, deployment, told: FlaskClient) -> None:
        said = deployment.client.get("/catalog.json").json
        assert said["dataset"] == deployment.base + "dataset"
        # An action began in June 2015, and an event of another ended on 20 November 2024.
        assert (said["publisher"], said["period"]) == (None, {"first": "2015-06-01", "last": "2024-11-20"})
        assert {"Publisher", "Contact"} <= {each["what"] for each in said["absent"]}
        [described] = [each for each in said["classes"] if each["class"].endswith("#DescribedAction")]
        assert described == {**described, "name": "described action", "things": 38}
        assert told.get("/catalog.json").json["publisher"]["address"] == "https://ministry.example.org/"


class TestSchemaOrg:
    def test_the_page_has_the_dataset(self, deployment, told: FlaskClient) -> None:
        for client, publisher in ((deployment.client, None), (told, f"Ministry {SCRIPT}")):
            [script] = Text(client.get("/catalog", headers=BROWSER).text).scripts
            said = json.loads(script)
            assert (said["@context"], said["@type"]) == ("https://schema.org", "Dataset")
            assert said.get("publisher", {}).get("name") == publisher
            assert said["license"] == "https://creativecommons.org/licenses/by/4.0/"
            assert {place["name"] for place in said["spatialCoverage"]} >= {"Ghana", "Peru"}
            assert said["temporalCoverage"] == "2015-06-01/2024-11-20"
            files = {each["contentUrl"].rpartition("/")[2]: each for each in said["distribution"]}
            assert set(files) >= {"actiongraph.nq.gz", "actiongraph-csv.zip"}
            assert re.fullmatch(r"[0-9a-f]{64}", files["actiongraph.nq.gz"]["sha256"])

    def test_the_home_page_has_the_same_and_reads_no_more_than_that(self, deployment, told: FlaskClient) -> None:
        for client in (deployment.client, told):
            home, page = (Text(client.get(path, headers=BROWSER).text).scripts[0] for path in ("/", "/catalog"))
            assert json.loads(home) == json.loads(page)
        snapshot = ReleaseSnapshots(deployment.releases).current()
        brief = read_stored(snapshot.engine, deployment.settings, in_brief=True)
        whole = read_stored(snapshot.engine, deployment.settings)
        assert set(brief) < set(whole)
        left = {predicate for _, predicate, _ in brief}
        assert not left & {VOID.classPartition, VOID.propertyPartition, VOID["class"], VOID.property}
        assert len(brief) < len(whole) / 5


class TestServiceDescription:
    def test_it_calls_things_as_the_catalogue_does_and_counts_what_is_there(self, deployment) -> None:
        graph = read(deployment.client.get("/sparql", headers=TURTLE))
        catalogue = read(deployment.client.get("/catalog", headers=TURTLE))
        [service] = graph.subjects(RDF.type, SD.Service)
        assert (service, RDF.type, DCAT.DataService) in catalogue
        dataset = graph.value(service, DCAT.servesDataset)
        assert graph.value(dataset, VOID.triples) == catalogue.value(dataset, VOID.triples)
        default = graph.value(graph.value(service, SD.defaultDataset), SD.defaultGraph)
        assert graph.value(default, VOID.triples) == ask(deployment, "{ ?s ?p ?o }")
        named = {graph.value(each, SD.name): graph.value(each, SD.graph) for each in graph.subjects(SD.name)}
        assert len(named) == 8
        for name, content in named.items():
            assert graph.value(content, VOID.triples) == ask(deployment, f"{{ GRAPH <{name}> {{ ?s ?p ?o }} }}")
            if catalogue.value(content, VOID.triples) is not None:
                assert catalogue.value(content, VOID.triples) == graph.value(content, VOID.triples)
        described = {content for content in named.values() if catalogue.value(content, VOID.triples) is not None}
        about = {URIRef(deployment.base + name) for name in ("graph/catalog", ".well-known/sparql-examples")}
        assert set(named.values()) - described == about


def ask(deployment, pattern: str) -> Literal:
    query = f"SELECT (COUNT(*) AS ?n) {pattern}"
    answer = deployment.client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    return Literal(int(answer.text.split()[1]))
