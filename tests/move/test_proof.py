"""What of the answers is the same, slower or different, and how that is said."""

from __future__ import annotations

import time
from urllib.parse import parse_qs

import pytest
from graph_store import AG, BASE, GraphStore, Mover
from rdflib import XSD, Literal, URIRef

from actiongraph.errors import QueryTimeout
from actiongraph.examples import Example
from actiongraph.move.loading import Move
from actiongraph.move.proof import (
    ProofVerdict,
    compare_chains,
    compare_counts,
    compare_examples,
    in_one_form,
    verdict_of,
)

ROWS = Example("rows", "rows", "", "SELECT ?s ?o WHERE { ?s ?p ?o } ORDER BY ?s LIMIT 1000")
GRAPH = Example("graph", "graph", "", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
TRUTH = Example("truth", "truth", "", "ASK { ?s ?p ?o }")
NAMED = Example("named", "named", "", "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")
ALL = [ROWS, GRAPH, TRUTH, NAMED]


def moved(mover: Mover, store: GraphStore) -> Move:
    move = mover.to(store)
    move.load()
    return move


def answers(found) -> dict[str, tuple[str, str]]:
    """Return what was said of each; how long it took says how busy the machine is."""
    is_timed = (ProofVerdict.SLOWER, ProofVerdict.SAME)
    return {each.name: ("same" if each.verdict in is_timed else each.verdict.value, each.why) for each in found}


def test_after_a_move_all_is_the_same_whatever_else_the_engine_has(mover: Mover, store: GraphStore):
    store.put("http://example.org/theirs")
    move = moved(mover, store)
    assert {verdict for verdict, _ in answers(compare_counts(move)).values()} == {"same"}
    assert dict(answers(compare_examples(move, ALL))) == {each.name: ("same", "") for each in ALL}
    assert answers(compare_chains(move)) == {"1 chain": ("same", "")}


def test_a_graph_that_lacks_a_triple_is_told_with_both_numbers(mover: Mover, store: GraphStore):
    move = moved(mover, store)
    assert answers(compare_counts(move))[f"{BASE}graph/one"] == ("same", "5 triples")
    store.quads.update(
        f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ VALUES ?g {{ <{BASE}graph/one> }} GRAPH ?g {{ "
        f"?s ?p ?o FILTER (?s = <{BASE}id/facility/f-1>) }} }}"
    )
    assert answers(compare_counts(move))[f"{BASE}graph/one"] == ("different", "5 triples here, 4 there")


def test_an_answer_that_differs_is_told_with_a_row(mover: Mover, store: GraphStore):
    move = moved(mover, store)
    store.quads.update(
        f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} INSERT {{ GRAPH ?g {{ ?s ?p ?g }} }} "
        f"WHERE {{ GRAPH ?g {{ ?s ?p ?o FILTER (?s = <{BASE}id/facility/f-1>) }} }}"
    )
    found = answers(compare_examples(move, ALL))
    assert found["truth"] == found["named"] == ("same", "")
    for name in ("rows", "graph"):
        verdict, why = found[name]
        assert verdict == "different"
        assert why.startswith("2 rows only here, such as ")
        assert "f-1" in why
    store.quads.clear()
    assert answers(compare_examples(move, [TRUTH]))["truth"][0] == "different"
    number = len(move.record.graphs)
    assert answers(compare_examples(move, [NAMED]))["named"] == ("different", f"{number} rows here, 0 there")


def test_chains_that_differ_are_named(mover: Mover, store: GraphStore):
    move = moved(mover, store)
    store.quads.update(f"DELETE WHERE {{ GRAPH ?g {{ <{BASE}id/action/c> <{AG}followUpOf> ?b }} }}")
    why = f"1 of 1 chain, such as that of {BASE}id/action/a"
    assert answers(compare_chains(move)) == {"1 chain": ("different", why)}


FAULTS = {
    "more than the cap": (200, "application/sparql-results+json", {"X_SPARQL_MaxRows": "1"}, "as many rows as"),
    "an anytime answer": (
        200,
        "application/sparql-results+json",
        {"X_SQL_State": "S1TAT"},
        "only a part of the answer",
    ),
    "a web page": (200, "text/html", {}, "answered as text/html"),
    "an error": (500, "text/plain", {}, "failed with status 500"),
    "elsewhere": (302, "text/plain", {"Location": "http://127.0.0.1:1/"}, "redirects"),
    "a password": (401, "text/plain", {}, "asks for a user and a password"),
    "nonsense": (200, "application/sparql-results+json", {}, "no whole answer of its type"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_answer_is_a_different_one_and_the_rest_is_still_compared(mover: Mover, store: GraphStore, fault):
    status, kind, fields, said = fault

    def fails(handler, asked) -> bool:
        handler.server_version = "Virtuoso/7"
        if b"bif" in asked.body:  # which asks for its configuration
            handler.answer(500, "text/plain", b"no")
            return True
        is_it = asked.path == "/query" and parse_qs(asked.body.decode())["query"] == [ROWS.text]
        if is_it:
            handler.answer(status, kind, b"{}", **fields)
        return is_it

    store.before = fails
    move = moved(mover, store)
    found = answers(compare_examples(move, ALL))
    assert found["rows"][0] == "different"
    assert said in found["rows"][1]
    assert {found[each.name][0] for each in ALL if each is not ROWS} == {"same"}


def test_what_is_too_much_for_the_release_itself_is_left_out(mover: Mover, store: GraphStore, monkeypatch):
    move = moved(mover, store)

    class Slow:
        def select(self, *_: object) -> None:
            raise QueryTimeout(30)

    monkeypatch.setattr(Move, "here", Slow())
    verdict, why = answers(compare_examples(move, [ROWS]))["rows"]
    assert verdict == "left out"
    assert "30 s" in why


def test_an_answer_is_slower_that_is_so_by_a_factor_and_by_what_one_notices():
    assert verdict_of("", 0.001, 0.05) is ProofVerdict.SAME
    assert verdict_of("", 0.001, 0.2) is ProofVerdict.SLOWER
    assert verdict_of("", 1.0, 1.9) is ProofVerdict.SAME
    assert verdict_of("", 1.0, 2.1) is ProofVerdict.SLOWER
    assert verdict_of("other", 1.0, 0.1) is ProofVerdict.DIFFERENT


def test_the_time_of_each_is_told(mover: Mover, store: GraphStore):
    move = moved(mover, store)

    def waits(_: object, asked) -> bool:
        if asked.path == "/query":
            time.sleep(0.02)
        return False

    store.before = waits
    for each in [*compare_counts(move), *compare_examples(move, ALL), *compare_chains(move)]:
        assert each.there_s >= 0.02
        assert each.here_s > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Literal("1.50", datatype=XSD.decimal), Literal("1.5", datatype=XSD.decimal)),
        (Literal("01", datatype=XSD.integer, normalize=False), Literal("1", datatype=XSD.integer)),
        (Literal("2", datatype=XSD.integer), Literal("2.0", datatype=XSD.decimal)),
        (Literal("true", datatype=XSD.boolean), Literal("1", datatype=XSD.boolean, normalize=False)),
        (Literal("colour", lang="en-GB"), Literal("colour", lang="en-gb")),
        (Literal("x"), Literal("x", datatype=XSD.string)),
    ],
)
def test_literals_of_one_value_are_the_same(one: Literal, other: Literal):
    assert in_one_form(one) == in_one_form(other)


def test_terms_of_different_values_are_different():
    terms = [
        Literal("1"), Literal(1), Literal("1", lang="en"), Literal("true"), Literal("true", datatype=XSD.boolean),
        Literal("2015", datatype=XSD.gYear), URIRef("urn:x"), Literal("urn:x"), Literal("<urn:x>"), Literal("x "),
        Literal("x\n"), Literal("NaN", datatype=XSD.double), Literal(1.25), Literal("1", lang="fr"),
    ]  # fmt: skip
    assert len({in_one_form(term) for term in terms}) == len(terms)
