"""Organizations and actions whose names differ in writing alone."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.validate.curated import Curated
from actiongraph.validate.doubles import find_doubles

HEAD = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""


def doubles(text: str) -> list[tuple[str, str]]:
    quads = list(ox.parse(HEAD + text, format=ox.RdfFormat.TURTLE))
    return [(str(result.focus), str(result.value)) for result in find_doubles(Curated.of({Path("a.ttl"): quads}))]


@pytest.mark.parametrize("name", ["ministry of Work", "Ministry  of Work ", "Ministry of Work.", "Ministry-of-Work"])
def test_an_organization_whose_name_differs_in_writing_alone_is_told(name):
    text = f"""
        <x:a> a org:Organization ; skos:prefLabel "Ministry of Work"@en ; ag:basedIn <x:GHA> .
        <x:b> a org:Organization ; skos:altLabel "{name}"@en ; ag:basedIn <x:GHA> .
    """
    assert doubles(text) == [("x:b", "x:a")]
    assert doubles(text.replace("altLabel", "prefLabel").replace("<x:GHA> .\n        <x:b>", "<x:TGO> . <x:b>")) == []


def test_names_that_are_the_same_to_the_letter_are_left_to_the_rule_of_the_shapes():
    assert (
        doubles("""
        <x:a> a org:Organization ; skos:prefLabel "Ministry"@en ; ag:basedIn <x:GHA> .
        <x:b> a org:Organization ; skos:prefLabel "Ministry"@en ; ag:basedIn <x:GHA> .
    """)
        == []
    )


ACTIONS = """
    <x:a> a ag:Action ; dcterms:title "A new law"@en ; ag:partner <x:m> .
    <x:b> a ag:Action ; dcterms:title "A New Law"@en ; ag:partner <x:m> .
"""


def test_an_action_with_the_title_and_the_partner_of_another_is_told():
    assert doubles(ACTIONS) == [("x:b", "x:a")]


@pytest.mark.parametrize(
    "more",
    [
        '<x:a> ag:actionNumber "2014-01" . <x:b> ag:actionNumber "2014-02" .',
        '<x:a> ag:startDate "2014" . <x:b> ag:startDate "2016" .',
        "<x:b> ag:followUpOf <x:a> .",
        "<x:a> ag:parallelTo <x:b> .",
    ],
)
def test_actions_that_something_tells_apart_are_two(more):
    assert doubles(ACTIONS + more) == []


def test_actions_of_other_partners_are_two():
    assert doubles(ACTIONS.replace("<x:m> .\n    <x:b>", "<x:n> . <x:b>")) == []
