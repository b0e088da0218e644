"""The general examples, which another programme is shown: they name nothing of ours, and ask in any language."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import DataError, UnknownResource
from actiongraph.examples import TWINS, check_own_examples, find_example, first_examples, load_examples
from actiongraph.programme import Programme
from actiongraph.settings import Settings, shipped_programme
from actiongraph.sparql.guard import check_query

OTHERS = Programme(title="Puits", languages=("fr", "pt"))
GENERAL = load_examples(programme=OTHERS)
UNDATED = "harvest-how-many-actions-started-in-each-year"
"""Our own sources date no action."""
each_example = pytest.mark.parametrize("example", GENERAL, ids=lambda example: example.name)
HEAD = """@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix act: <https://w3id.org/actiongraph/id/action/> .
"""


def test_our_own_data_have_the_41_and_another_programme_has_as_many() -> None:
    ours = {example.name for example in load_examples()}
    assert ours == {example.name for example in load_examples(programme=shipped_programme())}
    theirs = {example.name for example in GENERAL}
    assert (len(ours), len(theirs)) == (41, 41)
    assert ours - theirs == set(TWINS)
    assert theirs - ours == set(TWINS.values())
    assert len(set(TWINS.values())) == len(TWINS)


def test_the_first_questions_are_there_for_both() -> None:
    assert len(first_examples()) == len(first_examples(programme=OTHERS)) == 6
    assert {example.name for example in first_examples(programme=OTHERS)} <= {example.name for example in GENERAL}


@each_example
def test_no_thing_number_place_or_language_of_ours_is_named(example: Any) -> None:
    assert not re.search(
        r"(?<!iso)\d{4}|ghana|mexic|colombia|bogota|ipes|social|pension|spanish",
        example.name + example.text.replace("w3.org/", "").lower().split("select", 1)[-1],
    )
    assert "/id/" not in re.sub(r"PREFIX id: <[^>]*/id/>", "", example.text)
    assert '"en"' not in example.text
    for quoted in re.findall(r'"([^"]*)"', example.text):
        assert quoted in {"fr", "pt", "#", "stated", "probable"} or quoted.startswith("http"), quoted


@each_example
def test_it_is_laid_out_for_reading_and_passes_the_guard(example: Any) -> None:
    assert max(map(len, example.text.split("\n"))) <= 120
    assert example.text.startswith(f"# {example.question}\n")
    check_query(example.text, Settings())


@each_example
def test_it_finds_something_in_our_own_data_too(example: Any, release: Any) -> None:
    query = check_query(example.text, release.settings)
    if query.form.value == "SELECT":
        assert release.engine.select(query) or example.name == UNDATED


@pytest.mark.parametrize("name", sorted(TWINS.values()))
@pytest.mark.long("large")
def test_both_engines_agree_on_the_twins(name: str, release: Any) -> None:
    import gzip

    text = find_example(name, programme=OTHERS).text
    ours = sorted(
        repr({key: str(value) for key, value in row.items()})
        for row in release.engine.select(check_query(text, release.settings))
    )
    union = rdflib.Dataset(default_union=True)
    union.parse(data=gzip.decompress(release.dump.read_bytes()), format="nquads")
    theirs = sorted(repr({str(key): str(value) for key, value in row.asdict().items()}) for row in union.query(text))
    assert ours == theirs


def test_a_name_is_shown_in_the_first_language_that_it_is_in_and_once() -> None:
    turtle = (
        HEAD
        + """
        act:a ag:inChain act:c ; ag:chainDepth 0 ; dcterms:title "Título"@pt , "Titre"@fr , "Title"@en .
        act:b ag:inChain act:c ; ag:chainDepth 1 ; dcterms:title "Título"@pt , "Title"@en .
        act:c ag:inChain act:c ; ag:chainDepth 2 ; dcterms:title "Title"@en .
        act:d ag:inChain act:c ; ag:chainDepth 3 .
    """
    )
    engine = OxigraphEngine.in_memory(list(ox.parse(turtle, format=ox.RdfFormat.TURTLE)), union_default=True)
    text = find_example("chains-which-actions-are-in-each-chain", programme=OTHERS).text
    rows = engine.select(check_query(text, Settings()))
    assert [str(row.get("title", "")) for row in rows] == ["Titre", "Título", "Title", ""]


def test_every_partner_is_named_whatever_the_language_of_each() -> None:
    turtle = (
        HEAD
        + """
        act:a a ag:Action ; ag:partner act:p , act:q .
        act:p skos:prefLabel "Conseil"@fr . act:q skos:prefLabel "Conselho"@pt .
    """
    )
    engine = OxigraphEngine.in_memory(list(ox.parse(turtle, format=ox.RdfFormat.TURTLE)), union_default=True)
    text = find_example("harvest-every-action-for-a-catalogue", programme=OTHERS).text
    assert [str(row["partner"]) for row in engine.select(check_query(text, Settings()))] == ["Conseil", "Conselho"]


def test_own_examples_are_shown_with_the_general_ones() -> None:
    own = Programme(title="Puits", examples={"wells-how-deep": "# How deep?\nASK { ?s ?p ?o }\n"})
    assert find_example("wells-how-deep", programme=own).group == "wells"
    with pytest.raises(UnknownResource):
        find_example("chains-what-followed-2014-12", programme=own)


def test_an_own_example_that_is_no_query_is_told_with_its_file_and_line() -> None:
    wrong = replace(Settings(), stated=Programme(examples={"wells": "# How?\nSELECT * WHERE {\n"}))
    with pytest.raises(DataError, match=r"examples/wells\.rq, line \d") as caught:
        check_own_examples(wrong)
    assert caught.value.file == "examples/wells.rq"
