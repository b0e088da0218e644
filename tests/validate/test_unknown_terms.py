"""Terms, classes and namespaces that no vocabulary has, files without any of ours, and properties of other things."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.settings import shipped
from actiongraph.validate.curated import Curated, Vocabulary
from actiongraph.validate.report import Severity, ValidationResult
from actiongraph.validate.unknown_terms import check_terms
from actiongraph.vocabulary import AG, CANONICAL_BASE

HEAD = """\
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix cv: <http://data.europa.eu/m8g/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    path = shipped("ontology") / "actiongraph.ttl"
    return Vocabulary(ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE))


def check(folder: Path, vocabulary: Vocabulary, *texts: str) -> list[ValidationResult]:
    """Return the results for files with `texts`."""
    files = {}
    for number, text in enumerate(texts):
        path = folder / f"file-{number}.ttl"
        path.write_text(text, "utf-8")
        files[path] = list(ox.parse(text, format=ox.RdfFormat.TURTLE))
    return list(check_terms(Curated.of(files), vocabulary, CANONICAL_BASE + "graph/"))


@pytest.mark.parametrize(
    ("triples", "meant"),
    [
        ("<x:a> a ag:SourceStatement ; ag:confidense 0.5 .", AG.confidence),
        ('<x:a> a ag:Action ; dcterms:titel "A"@en .', "http://purl.org/dc/terms/title"),
        ('<x:a> a oa:TextQuoteSelector ; oa:exakt "A" .', "http://www.w3.org/ns/oa#exact"),
        ("<x:a> a org:Organisation ; ag:basedIn <x:b> .", "http://www.w3.org/ns/org#Organization"),
        ("<x:a> a org:Organization, cv:PublicOrganization .", "http://data.europa.eu/m8g/PublicOrganisation"),
        ("<x:a> a ag:Activty .", AG.Activity),
        ("<x:a> a ag:Source ; <http://schema.org/url> <x:b> .", "https://schema.org/url"),
    ],
)
def test_a_misspelt_term_is_told_with_the_one_that_is_meant(tmp_path, vocabulary, triples, meant):
    [result] = check(tmp_path, vocabulary, HEAD + triples)
    assert (result.severity, str(result.focus)) == (Severity.VIOLATION, "x:a")
    assert result.message.endswith(f"Did you mean {meant}?")


@pytest.mark.parametrize(
    "triples",
    [
        '<x:a> a org:Organization ; skos:hiddenLabel "A"@en ; org:unitOf <x:b> ; foaf:homepage <x:c> .',
        "<x:a> a ag:Source ; <https://schema.org/url> <x:b> ; cv:hasAddress <x:c> .",
        "<x:a> a org:Organization, <https://example.org/own#Ministry> ; <https://example.org/own#rank> 1 .",
        "<x:a> a ag:Action ; <http://www.w3.org/1999/02/22-rdf-syntax-ns#_1> <x:b> .",
    ],
)
def test_terms_that_there_are_and_vocabularies_of_others_are_left_alone(tmp_path, vocabulary, triples):
    assert check(tmp_path, vocabulary, HEAD + triples) == []


@pytest.mark.parametrize(
    ("mistaken", "right"),
    [
        ("http://w3id.org/actiongraph/ontology#", AG),
        ("https://w3id.org/actiongraph/ontology/", AG),
        ("https://w3id.org/action-graph/ontology#", AG),
        ("http://www.w3id.org/actiongraph/ontology", AG),
        ("http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"),
        ("https://www.w3.org/2004/02/skos/core#", "http://www.w3.org/2004/02/skos/core#"),
    ],
)
def test_a_mistaken_namespace_is_told_once_with_the_line_that_has_it(tmp_path, vocabulary, mistaken, right):
    text = f"{HEAD}@prefix no: <{mistaken}> .\n<x:a> a ag:Action ; no:title 1 ; no:type 2 .\n<x:b> no:title 3 ."
    [result] = check(tmp_path, vocabulary, text)
    assert (result.severity, result.file, result.line) == (Severity.VIOLATION, "file-0.ttl", 8)
    assert f"{mistaken} has none of the terms" in result.message
    assert "2 terms of this file" in result.message
    assert f"Did you mean {right}?" in result.message


def test_a_file_without_a_term_of_ours_is_told(tmp_path, vocabulary):
    people = HEAD + '<https://example.org/ann> a foaf:Person ; foaf:name "Ann" .'
    [result] = check(tmp_path, vocabulary, people)
    assert (result.severity, result.file) == (Severity.WARNING, "file-0.ttl")
    assert f"no term in it begins with {AG}" in result.message


def test_a_file_that_adds_to_things_of_another_file_is_judged(tmp_path, vocabulary):
    assert check(tmp_path, vocabulary, HEAD + "<x:a> a ag:Place .", HEAD + '<x:a> skos:altLabel "A"@en .') == []
    assert check(tmp_path, vocabulary, HEAD) == []


def test_a_property_of_another_class_is_told_with_what_it_describes(tmp_path, vocabulary):
    text = HEAD + "<x:a> a ag:Action, ag:DescribedAction ; ag:sendingCountry <x:c> ; ag:country <x:c> ."
    [result] = check(tmp_path, vocabulary, text)
    assert (result.severity, str(result.focus), str(result.path)) == (Severity.VIOLATION, "x:a", str(AG.sendingCountry))
    assert f"This is a described action, and {AG.sendingCountry} describes an expert team." in result.message


def test_properties_of_several_classes_of_broader_ones_and_of_things_without_a_class_are_left_alone(
    tmp_path, vocabulary
):
    text = """
        <x:a> a ag:Activity ; ag:startDate "2014" .
        <x:b> a ag:DescribedAction ; ag:country <x:c> .
        <x:s> a ag:Source ; ag:abbreviation "S" .
        <x:d> ag:sendingCountry <x:c> .
    """
    assert check(tmp_path, vocabulary, HEAD + text) == []
