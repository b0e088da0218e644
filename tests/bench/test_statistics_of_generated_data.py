"""The statistics of generated data are what the generator knows of it."""

from __future__ import annotations

import pytest
from rdflib import SKOS

from actiongraph.catalogue.statistics import Statistics, count
from actiongraph.release.derive import derive
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.release.lines import Lines
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG
from bench.generate import generate, write_data
from bench.truth import Truth


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, Statistics]:
    folder = tmp_path_factory.mktemp("generated")
    truth = write_data(generate(300, seed=5), folder)
    settings = Settings(data=folder)
    quads = read_data(find_inputs(folder), settings)
    quads += derive(quads, settings)
    return truth, count(Lines(quads), settings)


def test_every_triple_of_the_generator_is_counted_in_its_graph(known) -> None:
    truth, counted = known
    graphs = {name.rpartition("/")[2]: triples for name, triples in counted.graphs.items()}
    assert {key: graphs[key] for key in truth.triples} == dict(truth.triples)
    assert sum(graphs.values()) == counted.triples


def test_things_of_each_kind(known) -> None:
    truth, counted = known
    assert counted.classes[AG.Action] == truth.actions == 300
    assert counted.classes[AG.ReferencedAction] == truth.referenced
    assert counted.classes[AG.DescribedAction] == truth.described
    assert counted.classes[AG.Chain] == len(truth.chains)


def test_properties(known) -> None:
    truth, counted = known
    assert counted.properties[AG.followUpOf].triples == truth.links["stated"]
    assert counted.properties[AG.probableFollowUpOf].triples == truth.links["probable"]
    country = counted.properties[AG.country]
    assert (country.subjects, country.objects) == (truth.actions, len(truth.by_country))
    assert counted.properties[AG.partner].objects == len(truth.by_partner)


def test_places_and_period(known) -> None:
    truth, counted = known
    assert {name.rpartition("/")[2] for name in counted.countries} == {each.iso3 for each in truth.by_country}
    assert [str(date)[:4] for date in counted.period] == [str(min(truth.by_year)), str(max(truth.by_year))]


def test_links(known) -> None:
    _, counted = known
    [links] = counted.linksets
    assert links.predicate == SKOS.exactMatch
    assert links.use.triples == links.use.subjects == counted.classes[AG.Country]
