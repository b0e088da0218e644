"""The statistics of generated data are what the generator knows of it."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from rdflib import SKOS

from actiongraph.catalogue.statistics import PropertyUse, Statistics, count
from actiongraph.engine.nquads import read_quads
from actiongraph.release.derive import derive
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.release.lines import Lines
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG
from bench.generate import generate, write_data
from bench.truth import Truth

pytestmark = pytest.mark.long("large")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, Statistics, Lines]:
    folder = tmp_path_factory.mktemp("generated")
    truth = write_data(generate(300, seed=5), folder)
    settings = Settings(data=folder)
    quads = read_data(find_inputs(folder), settings)
    quads += derive(quads, settings)
    lines = Lines(quads)
    return truth, count(lines.sorted.whole_texts(), settings), lines


def test_every_triple_of_the_generator_is_counted_in_its_graph(known) -> None:
    truth, counted, _ = known
    graphs = {name.rpartition("/")[2]: triples for name, triples in counted.graphs.items()}
    assert {key: graphs[key] for key in truth.triples} == dict(truth.triples)
    assert sum(graphs.values()) == counted.triples


def test_things_of_each_kind(known) -> None:
    truth, counted, _ = known
    assert counted.classes[AG.Action] == truth.actions == 300
    assert counted.classes[AG.ReferencedAction] == truth.referenced
    assert counted.classes[AG.DescribedAction] == truth.described
    assert counted.classes[AG.Chain] == len(truth.chains)


def test_properties(known) -> None:
    truth, counted, _ = known
    assert counted.properties[AG.followUpOf].triples == truth.links["stated"]
    assert counted.properties[AG.probableFollowUpOf].triples == truth.links["probable"]
    country = counted.properties[AG.country]
    assert (country.subjects, country.objects) == (truth.actions, len(truth.by_country))
    assert counted.properties[AG.partner].objects == len(truth.by_partner)


def test_class_by_property_by_object(known) -> None:
    _, counted, lines = known
    store = ox.Store()
    store.bulk_extend(read_quads(lines))
    kinds = "{ ?o a ?kind } UNION { ?s ?p ?o FILTER (isLiteral(?o)) BIND (DATATYPE(?o) AS ?kind) }"
    query = "SELECT ?class ?p ?kind (COUNT(*) AS ?n) { ?s a ?class ; ?p ?o . KINDS } GROUP BY ?class ?p ?kind"
    rows = store.query(query.replace("KINDS", kinds), use_default_graph_as_union=True)
    found = {
        (str(name), str(predicate), str(kind), triples)
        for name, properties in counted.class_properties.items()
        for predicate, use in properties.items()
        for kind, triples in (*use.classes.items(), *use.datatypes.items())
    }
    assert found == {(*(row[name].value for name in ("class", "p", "kind")), int(row["n"].value)) for row in rows}


def test_property_by_class(known) -> None:
    _, counted, lines = known
    store = ox.Store()
    store.bulk_extend(read_quads(lines))
    query = """SELECT ?class ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?ss) (COUNT(DISTINCT ?o) AS ?os)
        { ?s a ?class ; ?p ?o } GROUP BY ?class ?p"""
    rows = store.query(query, use_default_graph_as_union=True)
    found = {
        (str(name), str(predicate), use.use)
        for name, properties in counted.class_properties.items()
        for predicate, use in properties.items()
    }
    assert found == {
        (row["class"].value, row["p"].value, PropertyUse(*(int(row[name].value) for name in ("n", "ss", "os"))))
        for row in rows
    }


def test_places_and_period(known) -> None:
    truth, counted, _ = known
    assert {name.rpartition("/")[2] for name in counted.countries} == {each.iso3 for each in truth.by_country}
    assert [str(date)[:4] for date in counted.period] == [str(min(truth.by_year)), str(max(truth.by_year))]


def test_links(known) -> None:
    _, counted, _ = known
    [links] = counted.linksets
    assert links.predicate == SKOS.exactMatch
    assert links.use.triples == links.use.subjects == counted.classes[AG.Country]
