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


WITHOUT_COUNTRY = ("mosd-strategy", "2021-22", "public-employment-services", "guest-lectures-mahidol",
                   "fmle-labour-intermediation")  # fmt: skip
WITHOUT_TYPE = ("vocational-training-evaluation-peru", "public-employment-services", "fmle-labour-intermediation")
REFERRED_TO_BY_NONE = ("2017-17", "2020-34", "disability-action-plan")


@pytest.fixture(scope="module")
def expected(data) -> set[tuple[str, str, rdflib.term.Node]]:
    """What sources do not tell, and docs/decisions/other-pages.md explains: countries, types, dates, who refers."""
    dated = {
        BASE[f"id/action/{number}"] for number in ("2014-25", "2020-18", "2020-37", "2021-09", "2021-22", "2023-24")
    }
    return {
        *(("Warning", "described-country-missing", BASE[f"id/action/{key}"]) for key in WITHOUT_COUNTRY),
        *(("Warning", "described-assistance-missing", BASE[f"id/action/{key}"]) for key in WITHOUT_TYPE),
        *(("Warning", "referenced-by-nothing", BASE[f"id/action/{key}"]) for key in REFERRED_TO_BY_NONE),
        ("Info", "team-country-missing", BASE["id/team/ghana-1"]),
        *(
            ("Info", "described-start-missing", each)
            for each in set(data.subjects(RDF.type, AG.DescribedAction)) - dated
        ),
    }


def found(graph: rdflib.Graph, shapes: rdflib.Graph) -> set[tuple[str, str, rdflib.term.Node]]:
    return {(f.severity.value, f.shape.removeprefix(AGSH), f.focus) for f in validate(graph, shapes).results}


@pytest.mark.long("validators")
def test_the_curated_data_has_only_the_findings_that_are_so(data, vocabulary, shapes, expected):
    assert found(data + vocabulary, shapes) == expected


@pytest.mark.long("validators")
def test_set_wise_rules_find_to_the_letter_what_pyshacl_finds(data, vocabulary, shapes, without_shacl):
    assert without_shacl(data + vocabulary, shapes) == validate(data + vocabulary, shapes)


def test_shacl_finds_to_the_letter_what_pyshacl_finds(data, vocabulary, shapes, with_shacl):
    by_shacl = with_shacl(data + vocabulary, shapes)
    assert by_shacl == validate(data + vocabulary, shapes)
    assert str(by_shacl.validator) == "shacl 0.3.4"


@pytest.mark.long("validators")
def test_the_derived_facts_bring_no_further_finding(shapes, expected):
    settings = Settings()
    quads = read_data(find_inputs(None), settings)
    assert found(to_rdflib_graph([*quads, *derive(quads, settings)]), shapes) == expected
