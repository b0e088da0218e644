"""Terms that have given way are still there, from their successors; the values are those of the standards."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import OWL

from actiongraph.release.deprecated import deprecated_facts
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.settings import Settings, shipped
from actiongraph.vocabulary import AG

HEAD = """
@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
PAIRS = [
    ('<c> skos:notation "GHA"^^ag:iso3166-1-alpha-3', '<c> ag:iso3 "GHA"'),
    ('<c> skos:notation "GH"^^ag:iso3166-1-alpha-2', '<c> ag:iso2 "GH"'),
    (
        "<t> skos:broadMatch <concept/dac-sector/16013> . <concept/dac-sector/16013> skos:notation '16013'",
        '<t> ag:dacCode "16013"',
    ),
    (
        "<t> skos:exactMatch <concept/dac-sector/16010> . <concept/dac-sector/16010> skos:notation '16010'",
        '<t> ag:dacCode "16010"',
    ),
    (
        "<s> spdx:checksum <s#checksum> . <s#checksum> spdx:algorithm spdx:checksumAlgorithm_sha256 ; "
        'spdx:checksumValue "00ff"^^xsd:hexBinary',
        '<s> ag:sha256 "00ff"^^xsd:hexBinary',
    ),
    ("<a> ag:outcome <o> . <o> ag:resultingOrganization <g>, <h>", "<a> ag:outcomeOrganization <g>, <h>"),
]


def quads(turtle: str) -> list[ox.Quad]:
    return list(ox.parse(f"{HEAD}{turtle} .", format=ox.RdfFormat.TURTLE))


@pytest.mark.parametrize(("new", "old"), PAIRS)
def test_the_old_term_follows_from_its_successor(new, old):
    assert {ox.Triple(*triple) for triple in deprecated_facts(quads(new))} == {quad.triple for quad in quads(old)}


def test_other_notations_and_matches_are_no_codes():
    assert list(deprecated_facts(quads("<c> skos:notation 'GHA' ; skos:exactMatch <http://example.org/16013>"))) == []


def test_every_deprecated_term_is_derived_and_names_its_successor():
    ontology = rdflib.Graph().parse(shipped("ontology") / "actiongraph.ttl")
    deprecated = set(ontology.subjects(OWL.deprecated, rdflib.Literal(True)))
    assert deprecated == {AG.iso2, AG.iso3, AG.dacCode, AG.sha256, AG.outcomeOrganization}
    derived = {quad.predicate.value for _, old in PAIRS for quad in quads(old)}
    assert derived == {str(term) for term in deprecated}
    for term in deprecated:
        assert list(ontology.objects(term, rdflib.DCTERMS.isReplacedBy)), term


def test_the_codes_of_version_0_2_0_are_derived_from_the_shipped_data():
    found = {
        (subject.value.rpartition("/")[2], predicate.value.rpartition("#")[2], term.value)
        for subject, predicate, term in deprecated_facts(read_data(find_inputs(None), Settings()))
    }
    assert {("GHA", "iso2", "GH"), ("GHA", "iso3", "GHA"), ("GRC", "iso2", "GR"), ("LTU", "iso3", "LTU")} <= found
    assert {(key, code) for key, name, code in found if name == "dacCode"} == {
        ("social-protection", "16010"), ("informal-work", "16010"), ("atypical-work", "16010"), ("disability", "16012"),
        ("pensions", "16013"), ("psychosocial-care", "16015"), ("strategy", "16011"),
    }  # fmt: skip
