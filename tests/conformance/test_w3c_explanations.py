"""Why a row is in a result, for every SELECT and ASK that the W3C evaluates: each row is found again, from its triples.

The rows are the engine's own, which the other tests of this folder hold against the W3C's. What is held here is that
each triple of an explanation is in the dataset, and that they alone, without all the rest of it, make the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import islice

import pyoxigraph as ox
import pytest
from rdflib import BNode
from rdflib.term import Node
from w3c_endpoint import names_dataset
from w3c_suite import Case, cases, quads, text

from actiongraph.engine.base import Solution
from actiongraph.engine.oxigraph import OxigraphEngine, to_rdflib
from actiongraph.formats import RESULTS_JSON
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.things.explanation import Explanation, explain, is_explained

ROWS = 5
KINDS = ("QueryEvaluationTest", "CSVResultFormatTest")
EVALUATION = [case for case in cases() if case.kind in KINDS and case.group not in ("entailment", "service")]
NOT_OF_TRIPLES = ("something matches", "this subquery", "this path", "both ends")
"""What an explanation says of pieces of a query that it shows no triples for."""
check = partial(check_query, settings=Settings())


def dataset_of(case: Case) -> list[ox.Quad]:
    """Return the dataset of a test as a store gives it back, with numbers in the form that it writes them in."""
    is_named, store = names_dataset(text(case)), ox.Store()
    for graph in case.data:
        store.bulk_extend(quads(graph, ox.NamedNode(graph) if is_named else ox.DefaultGraph()))
    for graph in case.graph_data:
        store.bulk_extend(quads(graph, ox.NamedNode(graph)))
    return list(store)


def masked(terms: Iterable[Node]) -> tuple[str, ...]:
    """Return terms as texts; no blank node is told from another, for each engine calls them as it likes."""
    return tuple("_" if isinstance(term, BNode) else term.n3() for term in terms)


def triple_of(quad: ox.Quad) -> tuple[str, ...]:
    return masked(map(to_rdflib, (quad.subject, quad.predicate, quad.object)))


def rows_of(quads_: Iterable[ox.Quad], query: CheckedQuery) -> list[Solution]:
    engine = OxigraphEngine.in_memory(quads_, union_default=False)
    if query.form is QueryForm.SELECT:
        return list(engine.select(query))
    return [{}] if b"true" in engine.answer(query, RESULTS_JSON) else []


def is_made_of_triples(query: CheckedQuery, found: Explanation) -> bool:
    """Tell whether the triples are all that the row needs to be there."""
    words = query.text.upper()
    counts = "GROUP BY" in words or any(f"{name}(" in words.replace(" ", "") for name in ("COUNT", "SUM", "AVG", "MIN"))
    is_cut = not found.is_whole or "LIMIT" in words or "OFFSET" in words
    forbids = any(word in words for word in ("MINUS", "NOT EXISTS", "OPTIONAL", "HAVING"))
    unseen = any(piece.says.startswith(NOT_OF_TRIPLES) for piece in found.rests_on)
    forbids_twice = words.count("MINUS") + words.count("NOT EXISTS") > 1  # what forbids may itself be forbidden
    return not unseen and not is_cut and not (counts and forbids) and not forbids_twice


EXPLAINED = [case for case in EVALUATION if is_explained(check(text(case)))]


def test_what_is_not_explained_has_no_rows_or_other_ones_each_time() -> None:
    for case in EVALUATION:
        query = check(text(case))
        has_rows = query.form in (QueryForm.SELECT, QueryForm.ASK)
        assert (case in EXPLAINED) == (has_rows and query.repeatable), case


@pytest.mark.parametrize("case", EXPLAINED, ids=str)
def test_each_row_is_made_by_the_triples_of_its_explanation(case: Case) -> None:
    query = check(text(case))
    dataset = dataset_of(case)
    engine = OxigraphEngine.in_memory(dataset, union_default=False)
    known = {triple_of(quad) for quad in dataset}
    for row in islice(rows_of(dataset, query), ROWS):
        if any(isinstance(term, BNode) for term in row.values()):
            continue
        given = row if query.form is QueryForm.SELECT else None
        found = explain(engine, query, given, check=check, settings=Settings(), has_provenance=False)
        wanted = {masked(each.triple) for each in found.triples}
        assert wanted <= known
        if is_made_of_triples(query, found):
            own = [quad for quad in dataset if triple_of(quad) in wanted]
            assert row in rows_of(own, query), [each.names for each in found.triples]
