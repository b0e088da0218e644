"""Advice about faulty queries, and the line that shows where."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.errors import QuerySyntaxError
from actiongraph.settings import Settings
from actiongraph.sparql.advice import excerpt, explain
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.lexer import position

ADVICE = [
    ("", 1, 1, "the query is empty; begin with SELECT"),
    ("# nothing\n", 1, 10, "the query is empty"),
    ("SELCT * {}", 1, 1, "SELCT is not a SPARQL keyword here; did you mean SELECT?"),
    ("SELECT * {\n  ?s ?p ?o OPTINAL {} }", 2, 12, "did you mean OPTIONAL?"),
    ("SELECT * {} ORDERBY ?x", 1, 13, "put a space between ORDER and BY"),
    ("SELECT * {} LIMTI 10", 1, 13, "did you mean LIMIT?"),
    ("SELECT * {} LIMIT10", 1, 13, "put a space between LIMIT and 10"),
    ("ASK { ?s ?p ?o", 1, 15, "the { of line 1, column 5 is closed; put } where it ends"),
    ("ASK {\n { ?s ?p\n", 2, 9, "the { of line 2, column 2"),
    ("ASK { FILTER(1 > (2) }", 1, 22, "the ( of line 1, column 13 is closed; put ) before it"),
    ("ASK { ?s ?p [ ?q 1 }", 1, 20, "the [ of line 1, column 13 is closed; put ] before it"),
    ("ASK {}}", 1, 7, "this } closes nothing"),
    ("ASK { ?s ?p ?o }\r\n\r)", 3, 1, "this ) closes nothing"),
    ("ASK { ?s ?p ?o ?t ?q 1 }", 1, 16, "put . before it for another subject, or ; for the same one"),
    ("ASK { ?s ?p <http://example.org/a b> }", 1, 13, "write a space as %20"),
    ("ASK { FILTER(?a<3&&?b>2) }", 1, 16, "put a space after <"),
    ("ASK { FILTER(?a == 2) }", 1, 18, "single = sign"),
    ("ASK { FILTER(?a <> 2) }", 1, 17, "IRI"),
    ("ASK { FILTER(?a = ?b = ?c) }", 1, 22, "join them with &&"),
    ("SELECT ?a, ?b {}", 1, 10, "remove the comma"),
    ("SELECT ?a COUNT(?b) {}", 1, 11, "(COUNT(…) AS ?name)"),
    ("SELECT x {}", 1, 8, "write ?x"),
    ("ASK { ?s ?p Ghana }", 1, 13, "write ?Ghana for a variable"),
    ("ASK { << ?s ?p ?o >> ?q 1 }", 1, 7, "not part of SPARQL 1.1"),
    ("ASK { ?s ?p ?o {| ?q 1 |} }", 1, 17, "not part of SPARQL 1.1"),
    ("ASK { ?s ?p }", 1, 13, "expected: a term"),
    ("ASK { ?s }", 1, 10, "expected: a predicate"),
    ("ASK { FILTER ?x }", 1, 14, "expected: a condition in brackets or a function"),
    ("ASK { BIND(1) }", 1, 13, "an operator or AS"),
    ("SELECT *", 1, 9, "the query is not finished; expected next: FROM, WHERE or {"),
    ("ASK {} LIMIT many", 1, 14, "a whole number"),
    ("ASK FROM NAMED {}", 1, 16, "an IRI"),
    ("PREFIX ex <http://example.org/> ASK {}", 1, 8, "a prefix with its colon"),
    ("ASK {} ASK {}", 1, 8, "expected: GROUP, HAVING, LIMIT, OFFSET, ORDER or VALUES"),
    ("ASK {} ;", 1, 8, "the query is complete before ;"),
    ("ASK { '\U0001f600\u00e9' ?p ?o ?q }", 1, 18, "?q is not allowed here"),
]


@pytest.mark.parametrize(("text", "line", "column", "advice"), ADVICE)
def test_a_query_that_breaks_the_rules_is_met_with_advice(text: str, line: int, column: int, advice: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        check_query(text, Settings())
    assert advice in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)


BEYOND_THE_RULES = [
    ("SELECT ?x ?y { ?x ?p ?y } GROUP BY ?x", 1, 11, "?y is neither grouped"),
    ("SELECT ?x\n  (COUNT(?y) AS ?n) { ?x ?p ?y }", 1, 8, "?x is neither grouped"),
    ("SELECT (COUNT(?y) AS ?n) ?x { ?x ?p ?y }", 1, 26, "?x is neither grouped"),
    ("SELECT (STR(?x) AS ?s) (COUNT(*) AS ?n) { ?x ?p ?y }", 1, 13, "?x is neither grouped"),
    ("ASK { { SELECT ?s (MAX(?o) AS ?m) { ?s ?p ?o } } }", 1, 16, "?s is neither grouped"),
    ("SELECT ?x (COUNT(EXISTS { ?y ?p ?z }) AS ?n) { ?x ?p ?y }", 1, 8, "?x is neither grouped"),
    ("SELECT (EXISTS { ?x ?p ?y } AS ?e) ?x ?x { ?x ?p ?y }", 1, 39, "SELECT names ?x twice"),
    ("SELECT ?x ?x { VALUES (?x ?y) { } }", 1, 11, "SELECT names ?x twice"),
    ("SELECT * { ?x ?p ?y } GROUP BY ?x", 1, 8, "SELECT * cannot be combined with GROUP BY"),
    ("SELECT ?x ?x { ?x ?p ?y }", 1, 11, "SELECT names ?x twice"),
    ("SELECT (?a + 1 AS ?b) { ?a ?p ?b }", 1, 19, "?b already has values"),
    ("ASK { ?a ?p ?b BIND(1 AS ?b) }", 1, 26, "?b already has a value in this group"),
    ("ASK { ?a ?p ?c MINUS { ?a ?q ?b } BIND(1 AS ?b) BIND(2 AS ?c) }", 1, 59, "?c already has a value in this group"),
    ("ASK { VALUES (?a ?b) {\n (1 2) ('x'@en) } }", 2, 8, "values in this row: 1, variables: 2"),
    ("ASK { VALUES (?a) { ('1'^^<http://example.org/d> 2) } }", 1, 21, "values in this row: 2, variables: 1"),
    ("ASK { VALUES (?a ?a) { (1 2) } }", 1, 18, "VALUES names ?a twice"),
    ("ASK { VALUES (?a ?a) { } }", 1, 18, "VALUES names ?a twice"),
    ("ASK { _:a ?p ?o OPTIONAL { _:a ?q ?r } }", 1, 28, "_:a is used in another group"),
    ("ASK { ?s ?p <rel> }", 1, 13, "the IRI <rel> is relative"),
    ("ASK { ?s ?p <http://[> }", 1, 13, "not well formed"),
    ("ASK { ?s ?p 'x'@abcdefghij }", 1, 16, "@abcdefghij is not a language tag"),
    ("SELECT * {} LIMIT 99999999999999999999999", 1, 19, "too large for LIMIT"),
    ("ASK { ?s ?p ?o FILTER(COUNT(?o) > 1) }", 1, 23, "use it in SELECT or HAVING"),
]


@pytest.mark.parametrize(("text", "line", "column", "advice"), BEYOND_THE_RULES)
def test_what_only_the_engine_finds_is_explained_in_plain_words(text: str, line: int, column: int, advice: str) -> None:
    check_query(text, Settings())
    with pytest.raises(SyntaxError) as refused:
        ox.Store().query(text)
    error = explain(text, str(refused.value))
    assert advice in str(error)
    assert (error.line, error.column) == (line, column)


def test_an_unknown_message_gives_the_place_the_engine_names() -> None:
    """It counts code points, and lines by line feeds alone."""
    error = explain("ASK {\r ?s ?p\n '\u00e9', ?o }", "error at 2:5: expected [_], OPTIONAL")
    assert (error.line, error.column) == (3, 5)
    assert "could not read" in str(error)


@pytest.mark.parametrize(
    "message", ["", "error at 99:99: expected [_]", "no place", "error at 0:0: x", "error at 1:1: <unreported>"]
)
def test_no_message_is_repeated_or_makes_it_crash(message: str) -> None:
    error = explain("ASK { ?s ?p ?o }", message)
    assert error.line == 1
    assert "[_]" not in str(error)
    assert "unreported" not in str(error)


@given(st.text(alphabet="SELECT*{}()?x:<>'\"\n.;,= ASKUNIO_[]^|@1-", max_size=60), st.text(max_size=20))
def test_whatever_the_text_the_answer_is_a_syntax_error_with_a_place_in_it(text: str, message: str) -> None:
    error = explain(text, message)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert error.line is not None
    assert error.column is not None
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1
    assert error.start is not None
    assert excerpt(text, error.start).endswith("^")


@pytest.mark.parametrize(
    ("text", "offset", "shown"),
    [
        ("ASK }", 4, "ASK }\n    ^"),
        ("ASK {\n  x }", 8, "  x }\n  ^"),
        ("ASK {\r\n\tx }", 8, "\tx }\n\t^"),
        ("ASK {\r\n\tx }", 6, "ASK {\n     ^"),
        ("a\rb\x00c", 4, "b\N{REPLACEMENT CHARACTER}c\n  ^"),
        ("ASK {", 5, "ASK {\n     ^"),
        ("ASK {\n", 5, "ASK {\n     ^"),
        ("", 0, "\n^"),
        ("a\u2028b", 2, "a\N{REPLACEMENT CHARACTER}b\n  ^"),
    ],
)
def test_the_caret_stands_under_the_place(text: str, offset: int, shown: str) -> None:
    assert excerpt(text, offset) == shown


@given(st.text(alphabet="ab\r\n", max_size=9), st.data())
def test_lines_end_with_cr_lf_or_both(text: str, data) -> None:
    offset = data.draw(st.integers(0, len(text)))
    before = re.split(r"\r\n|\n|\r(?!\n)", text[:offset] + ("\n" if text[offset - 1 : offset + 1] == "\r\n" else ""))
    before = before[:-1] if text[offset - 1 : offset + 1] == "\r\n" else before
    column = offset - sum(map(len, before[:-1])) if len(before) == 1 else None
    line, found = position(text, offset)
    assert line == len(before)
    assert column is None or found == column + 1


@pytest.mark.parametrize("column", [1, 2, 50, 51, 52, 300, 949, 950, 951, 999, 1000])
def test_wide_lines_are_shortened_around_the_caret(column: int) -> None:
    text = "".join(chr(0x4E00 + number) for number in range(1000))
    source, caret = excerpt(text, column - 1).split("\n")
    assert source[len(caret) - 1] == text[column - 1]
    assert len(source) <= 102
