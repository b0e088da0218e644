"""What the rules find in the shipped data: nothing that keeps it from being published, and only what is so."""

from __future__ import annotations

import pytest
import rdflib
from rdflib import RDF

from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.release.derive import derive
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.settings import Settings
from actiongraph.validate.reference import validate
from actiongraph.vocabulary import AG, AGSH, BASE

pytestmark = pytest.mark.usefixtures("rules_read_once")


@pytest.fixture(scope="module")
def expected(data) -> set[tuple[str, str, rdflib.term.Node]]:
    """One action has no country; none has a date; one follow-up says not of what; one team came from nowhere named."""
    return {
        ("Warning", "described-country-missing", BASE["id/action/mosd-strategy"]),
        ("Info", "follow-up-of-unknown", BASE["id/action/pension-reform-follow-up-mexico"]),
        ("Info", "team-country-missing", BASE["id/team/ghana-1"]),
        *(("Info", "described-start-missing", action) for action in data.subjects(RDF.type, AG.DescribedAction)),
    }


def found(graph: rdflib.Graph, shapes: rdflib.Graph) -> set[tuple[str, str, rdflib.term.Node]]:
    return {(f.severity.value, f.shape.removeprefix(AGSH), f.focus) for f in validate(graph, shapes).results}


def test_the_curated_data_has_only_the_findings_that_are_so(data, vocabulary, shapes, expected):
    assert found(data + vocabulary, shapes) == expected


def test_set_wise_rules_find_to_the_letter_what_pyshacl_finds(data, vocabulary, shapes, without_shacl):
    assert without_shacl(data + vocabulary, shapes) == validate(data + vocabulary, shapes)


def test_shacl_finds_to_the_letter_what_pyshacl_finds(data, vocabulary, shapes, with_shacl):
    by_shacl = with_shacl(data + vocabulary, shapes)
    assert by_shacl == validate(data + vocabulary, shapes)
    assert str(by_shacl.validator) == "shacl 0.3.4"


def test_the_derived_facts_bring_no_further_finding(shapes, expected):
    settings = Settings()
    quads = read_data(find_inputs(None), settings)
    assert found(to_rdflib_graph([*quads, *derive(quads, settings)]), shapes) == expected
