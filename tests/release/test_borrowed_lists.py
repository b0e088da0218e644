"""A code list from elsewhere is shipped whole, and a release has what it uses of it."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import DCTERMS, SKOS

from actiongraph.release.code_lists import used_lists, without_unused_codes
from actiongraph.release.inputs import find_inputs, read_vocabulary
from actiongraph.settings import Settings, shipped
from actiongraph.vocabulary import CONCEPT

LIST = """
@base <https://w3id.org/actiongraph/concept/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<code> {source} skos:hasTopConcept <code/1>, <code/2> .
<code/1> skos:inScheme <code> ; skos:topConceptOf <code> .
<code/11> skos:inScheme <code> ; skos:broader <code/1> .
<code/12> skos:inScheme <code> ; skos:broader <code/1> .
<code/2> skos:inScheme <code> ; skos:topConceptOf <code> .
"""
BORROWED = LIST.format(source="dcterms:source <http://example.org/> ;")


def quads(turtle: str) -> list[ox.Quad]:
    return list(ox.parse(turtle, format=ox.RdfFormat.TURTLE))


def concepts(kept: list[ox.Quad]) -> set[str]:
    return {quad.subject.value.rpartition("/")[2] for quad in kept if quad.predicate.value.endswith("inScheme")}


MATCH = f"<{CONCEPT}theme/t> <{SKOS.broadMatch}> <{CONCEPT}code/11> ."


def test_what_is_used_stays_with_what_is_broader_and_the_scheme_lists_it():
    kept = without_unused_codes(quads(BORROWED + MATCH), [])
    assert concepts(kept) == {"1", "11"}
    assert {q.object.value.rpartition("/")[2] for q in kept if q.predicate.value == str(SKOS.hasTopConcept)} == {"1"}


def test_data_uses_a_code_as_well_as_the_vocabulary():
    assert concepts(without_unused_codes(quads(BORROWED), quads(MATCH))) == {"1", "11"}


def test_nothing_is_left_but_the_scheme_where_no_code_is_used():
    assert concepts(without_unused_codes(quads(BORROWED), [])) == set()


def test_a_list_of_our_own_stays_whole():
    assert concepts(without_unused_codes(quads(LIST.format(source="")), [])) == {"1", "11", "12", "2"}


@pytest.fixture(scope="module")
def sectors() -> rdflib.Graph:
    return rdflib.Graph().parse(shipped("ontology") / "dac-sectors.ttl")


def test_the_list_of_sectors_says_whose_it_is(sectors):
    scheme = CONCEPT["dac-sector"]
    assert {str(source) for source in sectors.objects(scheme, DCTERMS.source)} == {
        "https://iatistandard.org/en/iati-standard/203/codelists/sector/",
        "https://iatistandard.org/en/iati-standard/203/codelists/sectorcategory/",
    }
    assert str(sectors.value(scheme, DCTERMS.license)) == "https://creativecommons.org/licenses/by/4.0/"


def test_the_names_of_sectors_are_those_of_the_dac(sectors):
    # As the OECD's list of CRS purpose codes has them.
    pensions = CONCEPT["dac-sector/16013"]
    assert set(sectors.objects(pensions, SKOS.prefLabel)) == {
        rdflib.Literal("General pensions", lang="en"), rdflib.Literal("Retraites", lang="fr"),
    }  # fmt: skip
    assert sectors.value(pensions, SKOS.broader) == CONCEPT["dac-sector/160"]
    for concept in sectors.subjects(SKOS.inScheme):
        assert [str(concept).rpartition("/")[2]] == [str(code) for code in sectors.objects(concept, SKOS.notation)]
        assert {name.language for name in sectors.objects(concept, SKOS.prefLabel)} == {"en", "fr"}


def test_the_shipped_vocabulary_keeps_what_its_themes_are_matched_with():
    vocabulary = read_vocabulary(find_inputs(None), Settings())
    kept = {
        quad.subject.value.removeprefix(f"{CONCEPT}dac-sector/")
        for quad in without_unused_codes(vocabulary, [])
        if quad.subject.value.startswith(f"{CONCEPT}dac-sector/")
    }
    assert kept == {"160", "16010", "16011", "16012", "16013", "16015"}


def test_another_programme_that_uses_themes_has_the_sectors_that_they_are_matched_with():
    vocabulary = read_vocabulary(find_inputs(None), Settings())
    theme = ox.Quad(
        ox.NamedNode("http://example.org/a"),
        ox.NamedNode("http://example.org/p"),
        ox.NamedNode(f"{CONCEPT}theme/pensions"),
    )
    kept = concepts(without_unused_codes(used_lists(vocabulary, [theme]), [theme]))
    assert {"pensions", "16013", "160"} <= kept
    assert concepts(without_unused_codes(used_lists(vocabulary, []), [])) == set()
