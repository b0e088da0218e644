"""Derived facts, against values worked out by hand from the definitions."""

from __future__ import annotations

import pyoxigraph as ox
from rdflib import RDF

from actiongraph.release.derive import derive
from actiongraph.settings import Settings

AG = "https://w3id.org/actiongraph/ontology#"
ID = "https://w3id.org/actiongraph/id/"
SOURCE = ox.NamedNode("https://w3id.org/actiongraph/graph/source")


def action(key: str) -> ox.NamedNode:
    return ox.NamedNode(f"{ID}action/{key}")


def links(*pairs: str, predicate: str = "followUpOf") -> list[ox.Quad]:
    """Make `later<earlier` into quads."""
    split = (pair.split("<") for pair in pairs)
    return [ox.Quad(action(later), ox.NamedNode(AG + predicate), action(earlier), SOURCE) for later, earlier in split]


def facts(quads: list[ox.Quad], settings: Settings | None = None) -> set[tuple[str, str, str]]:
    return {
        (
            quad.subject.value.removeprefix(ID),
            quad.predicate.value.removeprefix(AG),
            quad.object.value.removeprefix(ID),
        )
        for quad in derive(quads, settings or Settings())
    }


def of(found: set[tuple[str, str, str]], predicate: str) -> set[tuple[str, str]]:
    return {(s, o) for s, p, o in found if p == predicate}


def test_a_fork_has_one_root_and_its_longest_way_is_its_length():
    found = facts([*links("b<a", "c<b"), *links("d<a", predicate="probableFollowUpOf")])
    assert of(found, "inChain") == {(f"action/{key}", "chain/a") for key in "abcd"}
    assert of(found, "chainRoot") == {("chain/a", "action/a")}
    assert of(found, "chainDepth") == {("action/a", "0"), ("action/b", "1"), ("action/c", "2"), ("action/d", "1")}
    assert of(found, "chainLength") == {("chain/a", "3")}
    assert of(found, "chainSize") == {("chain/a", "4")}
    assert of(found, "followedBy") == {("action/a", "action/b"), ("action/b", "action/c")}
    assert of(found, "probablyFollowedBy") == {("action/a", "action/d")}
    after = {("action/b", "action/a"), ("action/c", "action/b"), ("action/c", "action/a"), ("action/d", "action/a")}
    assert of(found, "comesAfter") == after
    assert of(found, "comesBefore") == {(earlier, later) for later, earlier in after}


def start(key: str, value: str) -> ox.Quad:
    datatype = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(value)]
    literal = ox.Literal(value, datatype=ox.NamedNode(f"http://www.w3.org/2001/XMLSchema#{datatype}"))
    return ox.Quad(action(key), ox.NamedNode(AG + "startDate"), literal, SOURCE)


def test_a_join_has_two_roots_and_the_chain_is_named_after_the_one_of_the_least_key():
    found = facts(links("c<b", "c<z", "b<y"))
    assert of(found, "chainRoot") == {("chain/y", "action/y"), ("chain/y", "action/z")}
    assert of(found, "chainDepth") == {("action/y", "0"), ("action/z", "0"), ("action/b", "1"), ("action/c", "2")}


def test_a_chain_is_named_after_the_root_that_started_first_and_an_unknown_start_comes_last():
    join = links("c<b", "c<z", "b<y", "c<a")
    starts = [start("z", "2014-06"), start("y", "2015"), start("b", "2001")]
    assert {chain for _, chain in of(facts([*join, *starts]), "inChain")} == {"chain/z"}


def test_the_name_of_a_chain_stays_as_it_grows_at_its_end():
    grown = facts([*links("m<k"), *links("a<m", "b<k"), start("a", "2001")])
    assert {chain for _, chain in of(facts(links("m<k")), "inChain")} == {"chain/k"}
    assert {chain for _, chain in of(grown, "inChain")} == {"chain/k"}


def test_two_chains_stay_two():
    found = facts(links("b<a", "d<c"))
    assert of(found, "chainSize") == {("chain/a", "2"), ("chain/c", "2")}


def test_a_loop_ends_and_has_a_root():
    found = facts(links("b<a", "a<b"))
    assert of(found, "chainSize") == {("chain/a", "2")}
    assert of(found, "chainRoot") <= {("chain/a", "action/a"), ("chain/a", "action/b")}
    assert of(found, "chainRoot")


def test_an_action_that_follows_itself_makes_no_chain():
    assert not of(facts(links("a<a")), "inChain")


def test_the_closure_stops_at_its_limit_and_the_links_stay():
    found = facts(links("b<a", "c<b"), Settings(chain_closure_max=2))
    assert not of(found, "comesAfter")
    assert of(found, "followedBy") == {("action/a", "action/b"), ("action/b", "action/c")}
    assert of(found, "chainLength") == {("chain/a", "3")}


def test_what_the_data_says_already_is_not_said_again():
    quads = [*links("b<a"), ox.Quad(action("a"), ox.NamedNode(AG + "followedBy"), action("b"), SOURCE)]
    assert not of(facts(quads), "followedBy")


def test_every_derived_quad_stands_in_the_derived_graph_of_the_base():
    graphs = {quad.graph_name.value for quad in derive(links("b<a"), Settings(base="https://example.org/x/"))}
    assert graphs == {"https://example.org/x/graph/derived"}


def test_comparable_dates_are_derived_from_the_start():
    start = ox.Literal("2015-06", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#gYearMonth"))
    found = facts([ox.Quad(action("a"), ox.NamedNode(AG + "startDate"), start, SOURCE)])
    assert found == {
        ("action/a", "earliestStart", "2015-06-01"),
        ("action/a", "latestStart", "2015-06-30"),
        ("action/a", "startYear", "2015"),
    }


def test_an_activity_has_no_comparable_dates_for_they_are_of_actions():
    start = ox.Literal("2018-02-26", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date"))
    activity = ox.NamedNode("https://w3id.org/actiongraph/id/activity/a")
    typed = ox.Quad(activity, ox.NamedNode(str(RDF.type)), ox.NamedNode(AG + "Activity"), SOURCE)
    assert facts([typed, ox.Quad(activity, ox.NamedNode(AG + "startDate"), start, SOURCE)]) == set()
