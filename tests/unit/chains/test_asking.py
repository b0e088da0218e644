"""How queries reach an engine: in batches, each passing the guard, and which names they find."""

import re

import pyoxigraph as ox
import pytest
from rdflib import Literal

from actiongraph.chains import QUERIES
from actiongraph.chains.actions import find_action
from actiongraph.engine.base import QueryBudget, Solutions
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.queries import BATCH
from actiongraph.errors import UnknownResource
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.vocabulary import AG, IRI

SETTINGS = Settings()


class Listening:
    """An engine that answers with the terms it is asked for."""

    def __init__(self) -> None:
        self.asked: list[CheckedQuery] = []

    def select(self, checked: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        self.asked.append(checked)
        terms = re.findall(r"<(urn:a[^>]*)>", checked.text)
        rows = re.findall(r'\("(\d+)" <urn:a', checked.text) or [""] * len(terms)
        return Solutions(
            ["action", "row"],
            ({"action": IRI(term), "row": Literal(row)} for term, row in zip(terms, rows, strict=True)),
        )


@pytest.mark.parametrize("query", ["evidence", "known", "members"])
def test_every_term_is_asked_for_once_in_batches(query: str):
    engine = Listening()
    terms = [IRI(f"urn:a{number}") for number in range(2 * BATCH + 1)]
    rows = list(QUERIES.ask(engine, query, terms, SETTINGS))  # type: ignore[arg-type]
    assert [row["action"] for row in rows] == terms
    assert [len(re.findall("<urn:a", checked.text)) for checked in engine.asked] == [BATCH, BATCH, 1]
    assert {checked.form for checked in engine.asked} == {QueryForm.SELECT}


@pytest.mark.parametrize("query", ["labels", "links", "steps"])
def test_every_solution_comes_with_the_term_it_is_about(query: str):
    engine = Listening()
    terms = [IRI(f"urn:a{number}") for number in range(2 * BATCH + 1)]
    rows = list(QUERIES.ask_of_each(engine, query, terms, SETTINGS))  # type: ignore[arg-type]
    assert [term for term, _ in rows] == [row["action"] for _, row in rows] == terms
    assert len(engine.asked) == 3


def test_a_batch_stays_far_below_the_limit_of_a_query():
    engine = Listening()
    list(
        QUERIES.ask_of_each(
            engine, "steps", [IRI("urn:a" + "x" * 200 + str(number)) for number in range(BATCH)], SETTINGS
        )
    )  # type: ignore[arg-type]
    assert len(engine.asked[0].text) < SETTINGS.max_query_bytes / 4


def test_nothing_is_asked_for_no_terms():
    engine = Listening()
    assert list(QUERIES.ask_of_each(engine, "links", [], SETTINGS)) == []  # type: ignore[arg-type]
    assert engine.asked == []


def test_near_names_are_found_among_more_actions_than_one_listing_holds():
    typed = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    sought = [f"{animal}-pensions-in-ghana" for animal in ("zebra", "antelope", "buffalo", "cheetah", "dugong")]
    keys = [*sought, *(f"action-{number}" for number in range(10_000))]
    quads = [
        ox.Quad(ox.NamedNode(f"https://example.org/id/action/{key}"), typed, ox.NamedNode(str(AG.Action)))
        for key in keys
    ]
    engine = OxigraphEngine.in_memory(quads, union_default=False)
    for key in sought:
        assert find_action(engine, key, SETTINGS) == IRI(f"https://example.org/id/action/{key}")
        with pytest.raises(UnknownResource) as caught:
            find_action(engine, key.replace("ghana", "gahna"), SETTINGS)
        assert caught.value.near[0] == key


def test_the_name_of_a_chain_means_its_action_of_that_key():
    follows = ox.Quad(
        ox.NamedNode(f"{SETTINGS.base}id/action/two"),
        ox.NamedNode(str(AG.followUpOf)),
        ox.NamedNode(f"{SETTINGS.base}id/action/one"),
    )
    engine = OxigraphEngine.in_memory([follows], union_default=False)
    assert find_action(engine, f"{SETTINGS.base}id/chain/one", SETTINGS) == IRI(f"{SETTINGS.base}id/action/one")
    for name in (f"{SETTINGS.base}id/chain/", f"{SETTINGS.base}id/chain/three", "https://example.org/id/chain/one"):
        with pytest.raises(UnknownResource):
            find_action(engine, name, SETTINGS)


def test_evidence_of_links_is_asked_for_as_that_of_all_facts_is_but_for_its_filter():
    bodies = [
        [line for line in QUERIES.query(name, {"action": []}, SETTINGS).text.splitlines() if "FILTER" not in line]
        for name in ("evidence", "evidence-of-all")
    ]
    assert bodies[0] == bodies[1]
