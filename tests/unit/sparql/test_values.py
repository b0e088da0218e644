"""Terms in VALUES: what is written must read back as the same term, and nothing else may come in."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import XSD, BNode, Literal, URIRef, Variable
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.term import Node

from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.lexer import tokens
from actiongraph.sparql.values import serialised, with_rows, with_slice, with_values

A, B = URIRef("http://example.org/a"), URIRef("http://example.org/b")


def test_one_variable_takes_a_list_of_terms() -> None:
    query = "SELECT * {\n  VALUES ?thing { }\n  ?thing ?p ?o .\n}"
    assert with_values(query, {"thing": [A, B]}) == (
        "SELECT * {\n  VALUES ?thing { <http://example.org/a> <http://example.org/b> }\n  ?thing ?p ?o .\n}"
    )


def test_several_variables_take_rows_in_the_order_of_the_block() -> None:
    query = "SELECT * { VALUES (?x $y) {} ?x ?p ?y }"
    rows = [{"y": Literal("1"), "x": A}, {"x": None, "y": B}]
    assert with_values(query, rows) == (
        'SELECT * { VALUES (?x $y) { (<http://example.org/a> "1") (UNDEF <http://example.org/b>) } ?x ?p ?y }'
    )


def test_no_terms_leave_a_block_that_matches_nothing() -> None:
    assert check_query(with_values("ASK { VALUES ?x { } }", {"x": []}), Settings())


@pytest.mark.parametrize(
    "query",
    [
        "ASK { VALUES ?y { 1 } values ?x { } }",
        "ASK { # VALUES ?x { }\n VALUES ?x { } }",
        "ASK { ?s ?p 'VALUES ?x { }' VALUES\n?x\n{\n} }",
        "ASK {} VALUES (?x) {}",
    ],
)
def test_the_empty_block_is_found_among_others(query: str) -> None:
    written = with_values(query, {"x": [A]})
    assert written.count(str(A)) == 1
    assert [t.text for t in tokens(written) if t.text not in {f"<{A}>", "(", ")"}] == [
        t.text for t in tokens(query) if t.text not in {"(", ")"}
    ]


@pytest.mark.parametrize(
    "query", ["ASK {}", "ASK { VALUES ?x { 1 } }", "ASK { VALUES ?x {} VALUES ?x {} }", "ASK { # VALUES ?x { }\n }"]
)
def test_without_exactly_one_empty_block_there_is_nowhere_to_write(query: str) -> None:
    with pytest.raises(ValueError, match="empty VALUES block"):
        with_values(query, {"x": [A]})


@pytest.mark.parametrize("rows", [{"y": [A]}, [{"x": A, "y": B}], [{}], {"x": [A], "y": [B]}])
def test_the_variables_must_be_those_of_the_block(rows: object) -> None:
    with pytest.raises(ValueError, match=r"variables|rows"):
        with_values("ASK { VALUES ?x { } }", rows)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("term", "written"),
    [
        (A, "<http://example.org/a>"),
        (URIRef("http://example.org/\u00e9?q=(1)#'"), "<http://example.org/\u00e9?q=(1)#'>"),
        (Literal("a"), '"a"'),
        (Literal(""), '""'),
        (Literal('say "a\\b"'), r'"say \"a\\b\""'),
        (Literal("1\n2\r3\t4\b5\f6"), r'"1\n2\r3\t4\b5\f6"'),
        (Literal("\u00e9\U0001f600'"), '"\u00e9\U0001f600\'"'),
        (Literal("chat", lang="fr-CA"), '"chat"@fr-ca'),
        (Literal("2014-12", datatype=XSD.gYearMonth), '"2014-12"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'),
        (Literal(5), '"5"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    ],
)
def test_terms_are_written_as_the_specification_says(term: Node, written: str) -> None:
    assert serialised(term).lower() == written.lower()


@pytest.mark.parametrize("sign", [*'<>"{}|^`\\ \n\t\x00\x1f'])
def test_an_iri_with_a_character_that_iris_lack_is_refused(sign: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in one"):
        serialised(URIRef(f"http://example.org/a{sign}b"))
    with pytest.raises(ValueError, match="cannot stand in one"):
        serialised(Literal("a", datatype=URIRef(f"http://example.org/a{sign}b")))


@pytest.mark.parametrize("term", [BNode("b"), Variable("x")])
def test_only_iris_and_literals_are_written(term: Node) -> None:
    with pytest.raises(ValueError, match="neither an IRI nor a literal"):
        serialised(term)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_reads_back_as_it_was(text: str) -> None:
    """The reader is rdflib's, whose escapes are not ours."""
    query = with_values("SELECT * { VALUES ?x { } }", {"x": [Literal(text)]})
    assert len(list(tokens(query))) == 9
    check_query(query, Settings())
    block = parseQuery(query)[1].where.part[0]
    assert str(block.value[0].string) == text


def test_terms_come_with_their_places() -> None:
    query = "SELECT ?row WHERE { VALUES (?row ?x) { } ?x ?p ?o }"
    filled = with_rows(query, [URIRef("urn:a"), Literal('a"b')])
    assert filled == 'SELECT ?row WHERE { VALUES (?row ?x) { ("0" <urn:a>) ("1" "a\\"b") } ?x ?p ?o }'


@pytest.mark.parametrize("block", ["VALUES ?x { }", "VALUES (?a ?b ?c) { }", ""])
def test_places_need_a_block_with_two_variables(block: str) -> None:
    with pytest.raises(ValueError, match="VALUES"):
        with_rows(f"SELECT * WHERE {{ {block} ?x ?p ?o }}", [URIRef("urn:a")])


def test_a_slice_is_cut_from_a_query_without_one() -> None:
    sliced = with_slice("SELECT * { VALUES ?x { 1 2 3 4 5 } } ORDER BY ?x # the end", limit=2, offset=3)
    store = ox.Store()
    assert [row["x"].value for row in store.query(sliced)] == ["4", "5"]
