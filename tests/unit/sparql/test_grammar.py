"""The grammar against the W3C's syntax tests (SPARQL 1.1 Query, section 19.8)."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import RDF, Graph, Namespace

from actiongraph.errors import QueryError
from actiongraph.settings import Settings
from actiongraph.sparql import grammar
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.lexer import tokens

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")

LITERALS = {"IRIREF", "PNAME_LN", "PNAME_NS", "STRING", "TRUE", "FALSE", "INTEGER", "DECIMAL", "DOUBLE", "SIGNED"}
BEYOND_THE_GRAMMAR = {
    "syn-bad-01.rq": "a variable that is not grouped: section 19.8, note 8 is the engine's to check",
    "syn-bad-02.rq": "a variable that is not grouped",
    "syn-bad-03.rq": "a name given twice in SELECT",
    "syn-bad-values-too-few.rq": "rows of VALUES: section 10.2.2",
    "syn-bad-values-too-many.rq": "rows of VALUES: section 10.2.2",
    "syntax-BINDscope6.rq": "scope of BIND: section 10.1",
    "syntax-BINDscope7.rq": "scope of BIND: section 10.1",
    "syntax-BINDscope8.rq": "scope of BIND: section 10.1",
    "syntax-SELECTscope2.rq": "scope of AS: section 18.2.4.4",
}
"""Queries that the W3C calls wrong though they keep the rules of the grammar; engines refuse them."""


def manifest(folder: Path, kind: str) -> list[Path]:
    """Return the query files of the tests of one kind."""
    graph = Graph().parse(folder / "manifest.ttl", publicID=folder.as_uri() + "/")
    actions = [graph.value(test, MF.action) for test in graph.subjects(RDF.type, MF[kind])]
    queries = [graph.value(action, QT.query, default=action) for action in actions]
    return sorted(folder / str(query).rsplit("/", 1)[-1] for query in queries)


def is_query(text: str) -> bool:
    try:
        check_query(text, Settings())
    except QueryError:
        return False
    return True


def test_every_positive_syntax_test_passes(w3c: Path) -> None:
    files = manifest(w3c / "syntax-query", "PositiveSyntaxTest11")
    assert len(files) > 50
    assert [file.name for file in files if not is_query(file.read_text("utf-8"))] == []


def test_every_negative_syntax_test_is_refused_but_those_named(w3c: Path) -> None:
    files = manifest(w3c / "syntax-query", "NegativeSyntaxTest11")
    assert len(files) > 30
    assert {file.name for file in files if is_query(file.read_text("utf-8"))} == set(BEYOND_THE_GRAMMAR)


def test_federated_queries_are_refused(w3c: Path) -> None:
    files = sorted((w3c / "syntax-fed").glob("*.rq"))
    assert files
    assert [file.name for file in files if is_query(file.read_text("utf-8"))] == []


def test_every_query_of_the_evaluation_tests_passes(w3c: Path) -> None:
    suite = w3c
    folders = [
        path.parent for path in suite.glob("*/manifest.ttl") if path.parent.name not in {"service", "syntax-fed"}
    ]
    files = [file for folder in folders for file in manifest(folder, "QueryEvaluationTest")]
    assert len(files) > 200
    assert [str(file.relative_to(suite)) for file in files if not is_query(file.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "BASE", "PREFIX"}),
        ("PREFIX", {"PNAME_NS"}),
        ("PREFIX a:", {"IRIREF"}),
        ("SELECT * FROM", {"IRIREF", "PNAME_LN", "PNAME_NS", "NAMED"}),
        ("ASK { GRAPH", {"VAR", "IRIREF", "PNAME_LN", "PNAME_NS"}),
        ("SELECT * {} LIMIT", {"INTEGER"}),
        ("SELECT * {} LIMIT 1", {"OFFSET", "VALUES", grammar.END}),
        ("ASK { VALUES ?x { 1", {"}", "UNDEF"} | LITERALS),
        ("ASK { BIND(1 AS", {"VAR"}),
        ("ASK { FILTER(GROUP_CONCAT(?x; SEPARATOR =", {"STRING"}),
    ],
)
def test_what_may_follow(text: str, expected: set[str]) -> None:
    read = list(tokens(text))
    with pytest.raises(grammar.Unexpected) as caught:
        list(grammar.walk([*read, *tokens("^^")]))
    assert caught.value.index == len(read)
    assert grammar.expected_after(read) == expected


def test_the_walk_uses_no_recursion() -> None:
    depth = 50_000
    read = list(tokens("SELECT*{" + "{" * depth + "}" * depth + "}"))
    assert sum(1 for _ in grammar.walk(read, frozenset({"@pattern"}))) == depth
