"""The files themselves: what a reader sees first, and how they are found and named for a deployment."""

from __future__ import annotations

import re

import pytest
from SPARQLWrapper import SPARQLWrapper

from actiongraph.errors import UnknownResource
from actiongraph.examples import Example, find_example, load_examples
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.vocabulary import CANONICAL_BASE

GROUPS = {"chains", "countries", "harvest", "partners", "teams", "themes"}
OURS = "https://example.org/aid/"

each_example = pytest.mark.parametrize("example", load_examples(), ids=lambda example: example.name)


def without_iris_strings_and_comments(text: str) -> str:
    return re.sub(r"<[^<>\s]*>|\"[^\"\n]*\"|#[^\n]*", "", text)


def test_examples_come_by_name_in_six_groups() -> None:
    names = [example.name for example in load_examples()]
    assert names == sorted(names)
    assert {example.group for example in load_examples()} == GROUPS
    assert len(names) >= 34


@each_example
def test_the_first_line_is_the_question_in_plain_words(example: Example) -> None:
    first, second = example.text.splitlines()[:2]
    assert first == f"# {example.question}"
    assert example.question[0].isupper()
    assert example.question[-1] in "?."
    assert second.startswith(("#", "PREFIX"))


@each_example
def test_the_name_says_its_group_and_can_be_typed(example: Example) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", example.name)
    assert example.name.startswith(f"{example.group}-")


@each_example
def test_prefixes_are_those_that_are_used(example: Example) -> None:
    declared = re.findall(r"^PREFIX (\w+): <", example.text, re.MULTILINE)
    body = without_iris_strings_and_comments(re.sub(r"^PREFIX .*$", "", example.text, flags=re.MULTILINE))
    assert sorted(declared) == sorted(set(re.findall(r"(?<![\w?])(\w+):", body)))


@each_example
def test_the_layout_is_for_reading(example: Example) -> None:
    lines = example.text.split("\n")
    assert lines[-1] == ""
    assert max(map(len, lines)) <= 120
    assert all(line == line.rstrip() for line in lines)
    assert "\t" not in example.text


@each_example
def test_the_guard_lets_it_pass(example: Example) -> None:
    assert not check_query(example.text, Settings()).names_dataset


@each_example
def test_sparqlwrapper_takes_it_for_the_query_that_it_is(example: Example) -> None:
    """It removes only the first of two lines of comments, and guesses the form from the words of the rest."""
    wrapper = SPARQLWrapper("http://127.0.0.1:9/sparql")
    wrapper.setQuery(example.text)
    assert wrapper.queryType == check_query(example.text, Settings()).form.value


def test_the_base_names_things_and_the_vocabulary_stays() -> None:
    text = find_example("chains-what-came-before-the-ghana-action", OURS).text
    assert f"PREFIX act: <{OURS}id/action/>" in text
    assert f"PREFIX ag: <{CANONICAL_BASE}ontology#>" in text


@pytest.mark.parametrize("base", [OURS, r"https://example.org/\1/"])
def test_nothing_is_left_under_the_canonical_base_but_vocabulary(base: str) -> None:
    for example in load_examples(base):
        kept = re.findall(rf"{re.escape(CANONICAL_BASE)}(\w+)", example.text)
        assert set(kept) <= {"ontology", "concept"}, example.name


def test_a_name_with_a_slip_finds_its_neighbour() -> None:
    with pytest.raises(UnknownResource, match="chains-what-folowed-2014-12") as caught:
        find_example("chains-what-folowed-2014-12")
    assert caught.value.near[0] == "chains-what-followed-2014-12"


def test_a_word_finds_the_names_it_stands_in() -> None:
    with pytest.raises(UnknownResource) as caught:
        find_example("PROV")
    assert caught.value.near == ("harvest-chains-as-prov",)


def test_a_name_like_no_other_says_where_all_are() -> None:
    with pytest.raises(UnknownResource, match="/examples") as caught:
        find_example("xyzzy")
    assert caught.value.near == ()
