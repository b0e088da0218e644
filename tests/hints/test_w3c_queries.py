"""Hints are given on whatever is SPARQL: every query of the W3C suite that the guard lets through."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.engine.nquads import as_lines
from actiongraph.errors import QueryError
from actiongraph.hints import find_hints
from actiongraph.index.term_index import open_terms
from actiongraph.index.term_index_writer import write_terms
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.term_uses import read_uses

EVALUATED = rdflib.URIRef("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#QueryEvaluationTest")
POSITIVE = rdflib.URIRef("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#PositiveSyntaxTest11")
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")


def questions(files: list[Path]) -> list[CheckedQuery]:
    made = []
    for path in files:
        try:
            made.append(check_query(path.read_text("utf-8"), Settings()))
        except QueryError:  # SERVICE, updates and the negative tests
            continue
    return made


def test_hints_are_given_on_every_query_of_the_suite(release, w3c):
    files = sorted(w3c.rglob("*.rq"))
    asked = questions(files)
    assert len(asked) > 250
    with open_terms(release.snapshots.current().terms, timeout_s=60) as index:
        for query in asked:
            for hint in find_hints(query, index):
                lines = query.text.splitlines()
                assert 1 <= hint.line <= len(lines), query.text
                assert 1 <= hint.column <= len(lines[hint.line - 1]), query.text


def evaluations(folder: Path) -> list[tuple[str, Path, list[Path], list[Path]]]:
    """Return name, query, data and named data of the evaluation tests of one folder that have rows to find."""
    graph = rdflib.Graph().parse(folder / "manifest.ttl", publicID=(folder / "manifest.ttl").as_uri())
    found = []
    for test in graph.subjects(rdflib.RDF.type, EVALUATED):
        action = graph.value(test, MF.action)
        files = [[Path(str(iri)[7:]) for iri in graph.objects(action, kind)] for kind in (QT.data, QT.graphData)]
        found.append((str(test), Path(str(graph.value(action, QT.query))[7:]), *files))
    return sorted(found)


FOLDERS = ("bind", "bindings", "construct", "functions", "grouping", "property-path", "subquery")
MAY_BE_ABSENT = {"OPTIONAL", "MINUS", "EXISTS", "UNION", "CONCAT"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_query_that_finds_rows_by_triples_it_all_needs_gives_no_hint(w3c, tmp_path, folder):
    """The suite's own data: where the engine finds rows and every pattern is needed, nothing can be amiss."""
    silent = 0
    for number, (name, query, data, named) in enumerate(evaluations(w3c / folder)):
        store = ox.Store()
        for path in data:
            store.bulk_load(path=str(path), base_iri=path.as_uri())
        text = query.read_text("utf-8")
        if named or "FROM" in text or MAY_BE_ABSENT & set(text.upper().replace("(", " ").split()):
            continue
        results = store.query(text, base_iri=query.as_uri())
        if isinstance(results, ox.QueryBoolean) or next(iter(results), None) is None:
            continue
        write_terms(tmp_path / f"{number}.sqlite", as_lines(store))
        with open_terms(tmp_path / f"{number}.sqlite", timeout_s=60) as index:
            given_hints = find_hints(check_query(text, Settings()), index)
        silent += not given_hints
        assert [hint for hint in given_hints if name not in RIGHTLY] == [], name
    assert silent


RIGHTLY = {
    "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/bind/manifest#bind04": "it binds the value of ?nova",
}
"""Tests whose queries find rows although something in them is not there, with the reason."""


WORDS = """SELECT * WHERE { } ( ) [ ] . ; , ?x ?y a <http://e/p> ag:x 'a' 1 true / | ^ ! + FILTER VALUES UNDEF GRAPH
OPTIONAL UNION BIND AS = < IN NOT EXISTS"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=25))
def test_whatever_passes_the_guard_is_read(words):
    text = "PREFIX ag: <http://e/ag#> SELECT * { " + " ".join(words) + " }"
    try:
        query = check_query(text, Settings())
    except QueryError:
        return
    read_uses(query.text)
