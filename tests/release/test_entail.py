"""What the ontology entails, against RDF Schema (rdfs7, rdfs9) and the comments of the terms."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph.release.derive import derive
from actiongraph.release.entail import entail
from actiongraph.release.inputs import find_inputs, read_vocabulary
from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE

HEAD = """
@base <https://w3id.org/actiongraph/id/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""


def triples(turtle: str) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)}


@pytest.fixture(scope="module")
def vocabulary() -> list[ox.Quad]:
    return read_vocabulary(find_inputs(None), Settings())


@pytest.fixture
def entailed(vocabulary):
    def entailed(turtle: str) -> set[ox.Triple]:
        graph = ox.NamedNode(f"{CANONICAL_BASE}graph/source")
        quads = [*vocabulary, *(ox.Quad(*triple, graph) for triple in triples(turtle))]
        quads += derive(quads, Settings())
        return {quad.triple for quad in entail(quads, Settings())}

    return entailed


@pytest.mark.parametrize(
    ("fact", "follows"),
    [
        ("<action/a> ag:country <country/GHA>", "<action/a> dcterms:spatial <country/GHA>"),
        ("<action/a> ag:theme <x>", "<action/a> dcterms:subject <x>"),
        ("<action/a> ag:assistanceType <x>", "<action/a> dcterms:type <x>"),
        ("<action/a> ag:underFacility <facility/f>", "<action/a> dcterms:isPartOf <facility/f>"),
        ("<action/a> ag:actionNumber '2014-12'", "<action/a> dcterms:identifier '2014-12'"),
        ("<action/a> ag:partner <org/o>", "<action/a> prov:wasAssociatedWith <org/o>"),
        ("<action/a> ag:expertTeam <team/t>", "<action/a> prov:wasAssociatedWith <team/t>"),
        ("<action/a> ag:followUpOf <action/b>", "<action/a> prov:wasInformedBy <action/b>"),
        ("<action/a> ag:probableFollowUpOf <action/b>", "<action/a> dcterms:relation <action/b>"),
        ("<action/a> ag:parallelTo <action/b>", "<action/b> ag:parallelTo <action/a>"),
        ("<action/a> ag:parallelTo <action/b>", "<action/b> dcterms:relation <action/a>"),
        ("<action/a> a ag:Action", "<action/a> a prov:Activity, foaf:Project"),
        ("<action/a> a ag:ReferencedAction", "<action/a> a prov:Activity, foaf:Project"),
        ("<team/t> a ag:ExpertTeam", "<team/t> a prov:Agent, foaf:Group"),
        ("<outcome/o> a ag:Outcome", "<outcome/o> a prov:Entity"),
        ("<org/o> a org:OrganizationalUnit", "<org/o> a org:Organization"),
        ("<org/o> skos:prefLabel 'Ministry'@en, 'Ministerio'@es", "<org/o> rdfs:label 'Ministry'@en, 'Ministerio'@es"),
    ],
)
def test_wider_terms_find_what_narrower_ones_say(entailed, fact, follows):
    assert triples(f"{follows} .") <= entailed(f"{fact} .")


def test_no_probable_link_stands_under_a_property_of_prov(entailed):
    found = entailed("<action/a> ag:probableFollowUpOf <action/b> .")
    assert [triple for triple in found if triple.predicate.value.startswith("http://www.w3.org/ns/prov#")] == []


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        ("<action/a> a ag:Action ; dcterms:title 'Pensions'@en, 'Pensiones'@es", "'Pensions'@en, 'Pensiones'@es"),
        ("<action/a> a ag:Action, ag:ReferencedAction ; ag:actionNumber '2014-12'", "'Action 2014-12'@en"),
        ("<action/a> a ag:ExpertTeam", "'Expert team'@en"),
        (
            "<action/a> a ag:ExpertTeam ; ag:sendingCountry <c/ITA>, <c/ESP> . "
            "<c/ITA> skos:prefLabel 'Italy'@en, 'Italia'@it . <c/ESP> skos:prefLabel 'Spain'@en",
            "'Expert team from Italy and Spain'@en",
        ),
        (
            "<action/a> a ag:SourceStatement ; rdf:subject <t> ; rdf:predicate ag:sendingCountry ; "
            "rdf:object <c/ITA> . <t> a ag:ExpertTeam ; ag:sendingCountry <c/ITA> . <c/ITA> skos:prefLabel 'Italy'@en",
            "'Expert team from Italy: sending country Italy'@en",
        ),
        (
            "<action/a> a ag:SourceStatement ; rdf:subject <action/a> ; rdf:predicate rdf:type ; rdf:object ag:Action",
            "'a: type action'@en",
        ),
        ("<action/a> a ag:Source ; dcterms:title 'A page'@en", "'A page'@en"),
        ("<action/a> a ag:Outcome ; skos:prefLabel 'A platform'@en", "'A platform'@en"),
    ],
)
def test_what_has_no_label_is_labelled_with_what_it_is(entailed, facts, labels):
    found = {triple for triple in entailed(f"{facts} .") if triple.predicate.value.endswith("#label")}
    thing = ox.NamedNode(f"{CANONICAL_BASE}id/action/a")
    assert {triple for triple in found if triple.subject == thing} == triples(f"<action/a> rdfs:label {labels} .")


def test_a_chain_is_labelled_with_its_size_and_its_first_action(entailed):
    found = entailed("<action/b> ag:followUpOf <action/a> . <action/a> a ag:Action ; ag:actionNumber '2014-12' .")
    assert triples("<chain/a> rdfs:label 'Chain of 2 actions from Action 2014-12'@en .") <= found


def test_parts_of_things_get_neither_class_nor_label(entailed):
    fragment = "<action/a#country-GHA> a ag:SourceStatement ; rdf:subject <action/a> ; rdf:predicate ag:country ."
    assert {triple for triple in entailed(fragment) if "#country" in triple.subject.value} == set()


def test_what_the_data_says_already_is_not_said_again(entailed):
    said = "<team/t> a ag:ExpertTeam, prov:Agent, foaf:Group ; skos:prefLabel 'Team'@en ; rdfs:label 'Team'@en ."
    assert {triple for triple in entailed(said) if triple.subject.value.endswith("team/t")} == set()
