"""The catalogue of a release: its figures are those of the store, and it says what was told and nothing else."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, RDF, SKOS, XSD, BNode, Graph, Literal, URIRef

from actiongraph.catalogue.contents import read_stored
from actiongraph.catalogue.identifiers import CC_BY, Identifiers
from actiongraph.errors import SettingsError
from actiongraph.release.build import build, publish
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Party, Settings, read_party
from actiongraph.sparql.guard import check_query
from actiongraph.validate.report import Report
from actiongraph.vocabulary import DCAT, SPDX, VCARD, VOID, VOID_EXT

BASE = "https://w3id.org/actiongraph/"
NAMES = Identifiers(BASE)
EU = "http://publications.europa.eu/resource/authority/"
ELSEWHERE = {
    DCAT.accessURL, DCAT.downloadURL, DCAT.endpointURL, DCAT.endpointDescription, DCAT.landingPage,
    VOID.dataDump, VOID.sparqlEndpoint, URIRef("http://xmlns.com/foaf/0.1/homepage"),
}  # fmt: skip
MINISTRY, DESK = Party("Ministry of Example", "https://example.org/"), Party("Help", "mailto:help@example.org")


def stored(releases: ReleaseStore, settings: Settings) -> Graph:
    return read_stored(ReleaseSnapshots(releases).current().engine, settings)


@pytest.fixture(scope="module")
def catalogue(release) -> Graph:
    return read_stored(release.engine, release.settings)


def ask(release, query: str) -> list[tuple[str, ...]]:
    """Ask of all graphs but those about the dataset; `{triple}` stands for the pattern that its triples fit."""
    beside = ", ".join(f"<{name}>" for name in (NAMES.catalog_graph, NAMES.examples_graph))
    pattern = f"GRAPH ?g {{{{ ?s ?p ?o }}}} FILTER (?g NOT IN ({beside}))"
    text = query.replace("BESIDE", beside).format(triple=pattern.format())
    checked = check_query(text, release.settings)
    solutions = release.engine.select(checked)
    return [tuple(str(row[name]) for name in solutions.variables) for row in solutions]


def figures(catalogue: Graph, part: URIRef, of: URIRef, *names: str) -> set[tuple[str, ...]]:
    return {
        (str(catalogue.value(node, of)), *(str(catalogue.value(node, VOID[name])) for name in names))
        for node in catalogue.objects(NAMES.dataset, part)
    }


class TestFigures:
    def test_of_each_class(self, release, catalogue: Graph) -> None:
        query = "SELECT ?o (COUNT(DISTINCT ?s) AS ?n) {{ {triple} FILTER (?p = <" + RDF.type + ">) }} GROUP BY ?o"
        found = figures(catalogue, VOID.classPartition, VOID["class"], "entities")
        assert found == set(ask(release, query))
        assert (str(BASE + "ontology#DescribedAction"), "38") in found  # nine in the first source, 29 at other pages

    def test_of_each_property(self, release, catalogue: Graph) -> None:
        query = """SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
            {{ {triple} }} GROUP BY ?p"""
        names = ("triples", "distinctSubjects", "distinctObjects")
        assert figures(catalogue, VOID.propertyPartition, VOID.property, *names) == set(ask(release, query))

    def test_of_each_property_of_each_class(self, release, catalogue: Graph) -> None:
        query = """SELECT ?class ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
            {{ {triple} GRAPH ?of {{ ?s a ?class }} FILTER (?of NOT IN (BESIDE)) }} GROUP BY ?class ?p"""
        names = ("triples", "distinctSubjects", "distinctObjects")
        found = {
            (
                str(name),
                *(str(catalogue.value(part, each)) for each in (VOID.property, *(VOID[name] for name in names))),
            )
            for whole, name in catalogue.subject_objects(VOID["class"])
            for part in catalogue.objects(whole, VOID.propertyPartition)
        }
        assert found == set(ask(release, query))
        # One of the 38 has a Spanish title too.
        assert (BASE + "ontology#DescribedAction", str(DCTERMS.title), "39", "38", "39") in found

    def test_of_the_values_of_each_property_of_each_class(self, release, catalogue: Graph) -> None:
        query = """SELECT ?class ?p ?kind (COUNT(*) AS ?n) {{
              {triple} GRAPH ?of {{ ?s a ?class }} FILTER (?of NOT IN (BESIDE))
              {{ GRAPH ?in {{ ?o a ?kind }} FILTER (?in NOT IN (BESIDE)) }}
              UNION {{ FILTER (isLiteral(?o)) BIND (DATATYPE(?o) AS ?kind) }}
            }} GROUP BY ?class ?p ?kind"""
        query = query.replace("UNION {{ FILTER", "UNION {{ {triple} FILTER")
        ways = {VOID.classPartition: VOID["class"], VOID_EXT.datatypePartition: VOID_EXT.datatype}
        found = {
            tuple(map(str, (name, catalogue.value(part, VOID.property), catalogue.value(kind, of), n)))
            for whole, name in catalogue.subject_objects(VOID["class"])
            for part in catalogue.objects(whole, VOID.propertyPartition)
            for way, of in ways.items()
            for kind in catalogue.objects(part, way)
            for n in catalogue.objects(kind, VOID.triples)
        }
        assert found == set(ask(release, query))
        action = BASE + "ontology#DescribedAction"
        assert (action, str(DCTERMS.title), str(RDF.langString), "39") in found

    def test_of_the_whole(self, release, catalogue: Graph) -> None:
        query = """SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
            (COUNT(DISTINCT ?p) AS ?properties) (COUNT(DISTINCT ?class) AS ?classes)
            (COUNT(DISTINCT ?thing) AS ?entities)
            {{ {triple} BIND (IF(?p = <" + RDF.type + ">, ?o, ?none) AS ?class)
               BIND (IF(REGEX(STR(?s), "PATTERN"), ?s, ?none) AS ?thing) }}"""
        pattern = str(catalogue.value(NAMES.dataset, VOID.uriRegexPattern)).replace("\\", "\\\\")
        query = query.replace('" + RDF.type + "', str(RDF.type)).replace("PATTERN", pattern)
        names = ("triples", "distinctSubjects", "distinctObjects", "properties", "classes", "entities")
        [row] = ask(release, query)
        assert tuple(str(catalogue.value(NAMES.dataset, VOID[name])) for name in names) == row

    def test_of_each_graph(self, release, catalogue: Graph) -> None:
        rows = ask(release, "SELECT ?g (COUNT(*) AS ?n) {{ {triple} }} GROUP BY ?g")
        subsets = [s for s in catalogue.objects(NAMES.dataset, VOID.subset) if "/graph/" in s]
        assert {(str(s), str(catalogue.value(s, VOID.triples))) for s in subsets} == set(rows)

    def test_triples_are_the_lines_of_the_dump(self, release, catalogue: Graph) -> None:
        lines = gzip.decompress(release.dump.read_bytes()).splitlines()
        assert catalogue.value(NAMES.dataset, VOID.triples).toPython() == len(lines)

    def test_of_each_linkset(self, catalogue: Graph) -> None:
        linksets = list(catalogue.subjects(RDF.type, VOID.Linkset))
        told = {
            (
                str(catalogue.value(catalogue.value(each, VOID.objectsTarget), VOID.uriSpace)),
                catalogue.value(each, VOID.linkPredicate),
                catalogue.value(each, VOID.triples).toPython(),
            )
            for each in linksets
        }
        # data/reference.ttl has thirteen countries of the first source and 22 of other pages, each named in both lists.
        assert told == {
            (EU + "country/", SKOS.exactMatch, 35),
            ("http://www.wikidata.org/entity/", SKOS.exactMatch, 35),
        }
        assert {catalogue.value(each, VOID.subjectsTarget) for each in linksets} == {NAMES.dataset}
        assert set(linksets) <= set(catalogue.objects(NAMES.dataset, VOID.subset))

    def test_the_record_counts_the_catalogue_too(self, release, catalogue: Graph) -> None:
        assert release.record.graphs[str(NAMES.catalog_graph)] == len(catalogue)

    def test_what_is_about_the_dataset_is_not_in_it(self, release) -> None:
        for name in (NAMES.catalog_graph, NAMES.examples_graph):
            assert release.record.graphs[str(name)]
            assert f"<{name}> .".encode() not in gzip.decompress(release.dump.read_bytes())


class TestForm:
    def test_no_blank_nodes_and_parts_are_fragments_of_what_they_belong_to(self, catalogue: Graph) -> None:
        assert not [term for triple in catalogue for term in triple if isinstance(term, BNode)]
        wholes = {subject for subject in catalogue.subjects() if subject.startswith(BASE) and "#" not in str(subject)}
        parts = {subject for subject in catalogue.subjects() if subject.startswith(BASE) and "#" in str(subject)}
        assert {URIRef(part.partition("#")[0]) for part in parts} <= wholes

    def test_every_part_is_pointed_at(self, catalogue: Graph) -> None:
        parts = {subject for subject in catalogue.subjects() if subject.startswith(BASE) and "#" in str(subject)}
        assert parts <= set(catalogue.objects())

    def test_nothing_says_where_it_is_found(self, catalogue: Graph) -> None:
        assert not ELSEWHERE & set(catalogue.predicates())

    @pytest.mark.long("large")
    def test_the_same_facts_give_the_same_bytes(self, release, tmp_path: Path) -> None:
        settings = replace(release.settings, store=tmp_path)
        record = build(settings, ReleaseStore(tmp_path)).record
        assert written(tmp_path, record) == written(release.releases.folder, release.record)


def written(folder: Path, record) -> bytes:
    """Return the catalogue in a store as sorted N-Quads, without the moment it was made at."""
    store = ox.Store.read_only(str(ReleaseStore(folder).path(record.version) / "store"))
    quads = store.quads_for_pattern(None, None, None, ox.NamedNode(NAMES.catalog_graph))
    lines = sorted((ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").splitlines(keepends=True))
    at = record.created_at.replace("+00:00", "Z").encode()
    return b"".join(lines).replace(record.version.encode(), b"VERSION").replace(at, b"AT")


class TestFacts:
    def test_the_places_are_the_countries_that_were_assisted(self, catalogue: Graph) -> None:
        codes = ["ARM", "COL", "GHA", "KHM", "MEX", "PER"]  # of the first source
        codes += ["CIV", "CRI", "MDA", "MKD", "MLI", "MNE", "MUS", "PSE", "TGO"]  # of other pages
        places = {f"{EU}country/{code}" for code in codes}
        for described in (NAMES.catalog, NAMES.dataset):
            assert {str(place) for place in catalogue.objects(described, DCTERMS.spatial)} == places

    def test_the_period_is_from_the_first_start_to_the_last_end(self, catalogue: Graph) -> None:
        """An action began in June 2015, and an event of another ended on 20 November 2024."""
        for period in catalogue.objects(None, DCTERMS.temporal):
            dates = {part: str(catalogue.value(period, part)) for part in (DCAT.startDate, DCAT.endDate)}
            assert dates == {DCAT.startDate: "2015-06-01", DCAT.endDate: "2024-11-20"}
        assert list(catalogue.objects(NAMES.dataset, DCTERMS.temporal))

    def test_languages(self, catalogue: Graph) -> None:
        assert set(catalogue.objects(NAMES.dataset, DCTERMS.language)) == {
            URIRef(f"{EU}language/{code}")
            for code in ("ENG", "FRA", "SPA")  # DAC sectors have French names
        }

    def test_examples_are_things_of_each_kind(self, release, catalogue: Graph) -> None:
        examples = catalogue.objects(NAMES.dataset, VOID.exampleResource)
        found = {str(example).removeprefix(BASE + "id/") for example in examples}
        assert {each.partition("/")[0] for each in found} == {"action", "country", "chain"}
        assert "action/2014-04" in found

    def test_dumps_have_their_checksums_and_sizes(self, release, catalogue: Graph) -> None:
        told = {}
        for distribution in catalogue.objects(NAMES.dataset, DCAT.distribution):
            checksum = catalogue.value(distribution, SPDX.checksum)
            key = str(distribution).partition("#")[2]
            told[key] = (
                str(catalogue.value(checksum, SPDX.checksumValue)),
                catalogue.value(distribution, DCAT.byteSize).toPython(),
            )
        record = release.record
        files = {"nquads": "actiongraph.nq.gz", "trig": "actiongraph.trig.gz", "turtle": "actiongraph.ttl.gz"}
        files["csv"] = "actiongraph-csv.zip"
        assert told == {key: (record.dumps[file], record.sizes[file]) for key, file in files.items()}
        version = NAMES.release(record.version)
        assert set(catalogue.objects(version, DCAT.distribution)) == set(
            catalogue.objects(NAMES.dataset, DCAT.distribution)
        )

    def test_dates_are_when_the_release_was_made(self, release, catalogue: Graph) -> None:
        made = Literal(release.record.created_at.replace("+00:00", "Z"), datatype=XSD.dateTime, normalize=False)
        for told in ((NAMES.dataset, DCTERMS.modified), (NAMES.dataset, DCTERMS.issued)):
            assert str(catalogue.value(*told)) == str(made)


@pytest.fixture
def releases(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(tmp_path / "store")


@pytest.fixture
def settings(tmp_path: Path, releases: ReleaseStore, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """One small source, and no judging by shapes, of which nothing here depends: so that building is quick."""
    monkeypatch.setattr("actiongraph.release.build.examine", lambda *_, **__: Report())
    (tmp_path / "data").mkdir()
    source = f"""<{BASE}id/source/one> a <{BASE}ontology#Source> ; <{DCTERMS.title}> "One"@en ;
      <https://schema.org/url> <https://example.org/one> .
    """
    (tmp_path / "data" / "one.ttl").write_text(source, "utf-8")
    return Settings(data=tmp_path / "data", store=releases.folder, keep_releases=2)


def tell(settings: Settings, releases: ReleaseStore, **told: object):
    return build(replace(settings, **told), releases)


class TestTold:
    def test_what_nobody_told_is_absent(self, settings: Settings, releases: ReleaseStore) -> None:
        build(settings, releases)
        graph = stored(releases, settings)
        for predicate in (DCTERMS.publisher, DCAT.contactPoint, DCTERMS.license):
            assert not list(graph.subject_objects(predicate))
        assert not [subject for subject in graph.subjects() if "/id/agent/" in subject]

    def test_the_shipped_data_have_their_licence(self, catalogue: Graph) -> None:
        assert set(catalogue.objects(None, DCTERMS.license)) == {CC_BY}

    def test_what_was_told_is_there(self, settings: Settings, releases: ReleaseStore) -> None:
        tell(settings, releases, publisher=MINISTRY, contact=DESK, license="https://example.org/licence")
        graph = stored(releases, settings)
        assert set(graph.objects(None, DCTERMS.publisher)) == {NAMES.publisher}
        assert str(graph.value(NAMES.publisher, URIRef("http://xmlns.com/foaf/0.1/name"))) == "Ministry of Example"
        assert set(graph.objects(NAMES.contact, VCARD.hasEmail)) == {URIRef("mailto:help@example.org")}
        assert set(graph.objects(None, DCTERMS.license)) == {URIRef("https://example.org/licence")}

    def test_another_publisher_makes_a_release_of_the_same_data(
        self, settings: Settings, releases: ReleaseStore
    ) -> None:
        first = tell(settings, releases, publisher=MINISTRY).record
        second = tell(settings, releases, publisher=Party("Other"))
        assert second.is_new
        assert second.record.content_sha256 == first.content_sha256
        assert (second.record.added, second.record.removed) == (0, 0)

    @pytest.mark.parametrize("unless_unchanged", [True, False])
    def test_who_tells_nothing_changes_nothing(
        self, settings: Settings, releases: ReleaseStore, unless_unchanged: bool
    ) -> None:
        tell(settings, releases, publisher=MINISTRY)
        assert not build(settings, releases, unless_unchanged=unless_unchanged).is_new

    def test_what_was_told_stays_with_new_data(self, settings: Settings, releases: ReleaseStore) -> None:
        tell(settings, releases, publisher=MINISTRY, license="https://example.org/licence")
        assert settings.data
        path = settings.data / "one.ttl"
        path.write_text(path.read_text("utf-8").replace('"One"', '"Another"'), "utf-8")
        assert build(settings, releases).record.told == {
            "publisher": "Ministry of Example <https://example.org/>",
            "license": "https://example.org/licence",
        }

    def test_what_was_told_can_be_taken_back(self, settings: Settings, releases: ReleaseStore) -> None:
        tell(settings, releases, publisher=MINISTRY, license="https://example.org/licence")
        record = tell(settings, releases, publisher=read_party(""), license="").record
        assert record.told == {}


def test_versions_follow_each_other_and_the_first_date_stays(settings: Settings, releases: ReleaseStore) -> None:
    first = build(settings, releases).record
    second = tell(settings, releases, publisher=MINISTRY).record
    third = tell(settings, releases, publisher=Party("Other")).record  # two are kept, so the first is put aside
    graph = stored(releases, settings)
    assert set(graph.objects(NAMES.release(third.version), DCAT.previousVersion)) == {NAMES.release(second.version)}
    assert set(graph.objects(NAMES.dataset, DCAT.hasVersion)) == {NAMES.release(third.version)}
    at = first.created_at.replace("+00:00", "Z")
    assert [str(graph.value(each, DCTERMS.issued)) for each in (NAMES.catalog, NAMES.dataset)] == [at, at]


def test_the_first_date_is_absent_where_nothing_is_left_of_the_first_release(
    settings: Settings, releases: ReleaseStore
) -> None:
    build(settings, releases)
    record = releases.record(releases.newest() or "")
    path = releases.path(record.version) / "release.json"
    told = json.loads(path.read_text("utf-8")) | {"previous": "20200101T000000Z-0123456789ab"}
    path.write_text(json.dumps(told), "utf-8")
    tell(settings, releases, publisher=MINISTRY)
    assert stored(releases, settings).value(NAMES.dataset, DCTERMS.issued) is None


def test_a_triple_that_the_data_has_already_stands_once(settings: Settings, releases: ReleaseStore) -> None:
    again = ox.Quad(
        ox.NamedNode(EU + "language/ENG"),
        ox.NamedNode(RDF.type),
        ox.NamedNode(DCTERMS.LinguisticSystem),
        ox.NamedNode(BASE + "graph/one"),
    )
    with releases.locked():
        record = publish([again], Report(), settings, releases).record
    store = ox.Store.read_only(str(releases.path(record.version) / "store"))
    assert list(store.quads_for_pattern(again.subject, again.predicate, again.object, None)) == [again]
    assert sum(record.graphs.values()) == len(store)


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("Ministry", Party("Ministry")),
        ("  Ministry of Work  <https://example.org/a?b>  ", Party("Ministry of Work", "https://example.org/a?b")),
        ("Help <mailto:help@example.org>", DESK),
        ("", Party("")),
    ],
)
def test_who_is_told(text: str, party: Party) -> None:
    assert read_party(text) == party
    assert read_party(str(party)) == party


@pytest.mark.parametrize("text", ["<https://example.org/>", "A <b>", "A <javascript:x>", "A <https://a b>", "A > B"])
def test_who_cannot_be_meant(text: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(repr(text))):
        read_party(text)
