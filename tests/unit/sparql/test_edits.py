"""The edits of errors: each makes the very query that was meant, read from the table, whatever else is in the text."""

from __future__ import annotations

import pytest

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.pool import wire
from actiongraph.errors import Edit, QueryError
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

AG = "PREFIX ag: <https://w3id.org/actiongraph/ontology#>\n"
MENDED = [
    ("SELCT * { ?s ?p ?o } # SELCT", "SELECT * { ?s ?p ?o } # SELCT"),
    ("SELECT * WERE { ?s ?p ?o }", "SELECT * WHERE { ?s ?p ?o }"),
    ("SELECT * { ?s ?p ?o } LIMIT10", "SELECT * { ?s ?p ?o } LIMIT 10"),
    ("# Why?\nASK { ?a ag:country 'ag:' }", f"# Why?\n{AG}ASK {{ ?a ag:country 'ag:' }}"),
    (f"{AG}ASK {{ ?a agg:x 'agg:x' ; ag:y agg:z }}", f"{AG}ASK {{ ?a ag:x 'agg:x' ; ag:y ag:z }}"),
    ("ASK { ?a dcterm:title ?t }", "PREFIX dcterm: <http://purl.org/dc/terms/>\nASK { ?a dcterm:title ?t }"),
    ("SELECT ?a, ?b , ?c { ?a ?b ?c }", "SELECT ?a ?b  ?c { ?a ?b ?c }"),
    ("SELECT COUNT(?b) { ?a ?p ?b }", "SELECT (COUNT(?b) AS ?count) { ?a ?p ?b }"),
    ("SELECT COUNT(?count) { ?a ?p ?count }", "SELECT (COUNT(?count) AS ?count_) { ?a ?p ?count }"),
    ("SELECT MAX((?b)) AS ?n { ?a ?p ?b }", "SELECT (MAX((?b)) AS ?n) { ?a ?p ?b }"),
    ("ASK { ?s ?p [ ?q ?r", "ASK { ?s ?p [ ?q ?r ] }"),
    ("ASK { ?s ?p ?o # }", "ASK { ?s ?p ?o } # }"),
    ("ASK { ?s ?p ?o } }", "ASK { ?s ?p ?o } "),
    ("ASK { ?s ?p ?o FILTER(?o > 3 }", "ASK { ?s ?p ?o FILTER(?o > 3 ) }"),
    ("ASK { ?s ?p ?o ?x ?y ?z }", "ASK { ?s ?p ?o . ?x ?y ?z }"),
    ("ASK { ?s ?p ?o FILTER(?o == '==') }", "ASK { ?s ?p ?o FILTER(?o = '==') }"),
    ("ASK { ?s ?p ?o FILTER(?o <> 3) }", "ASK { ?s ?p ?o FILTER(?o != 3) }"),
    ("ASK { ?s ?p ?o FILTER(?o <5&&?o>3) }", "ASK { ?s ?p ?o FILTER(?o < 5&&?o>3) }"),
    ("ASK { <http://a/b c> ?p ?o }", "ASK { <http://a/b%20c> ?p ?o }"),
    ("ASK { s ?p ?o }", "ASK { ?s ?p ?o }"),
    ("ASK { ?s ?p ?o } ?x", "ASK { ?s ?p ?o }"),
    ("ASK { ?s ?p “Gha\"na” }", 'ASK { ?s ?p "Gha\\"na" }'),
    ("ASK { ?s ?p \u2018Ghana\u2019 }", 'ASK { ?s ?p "Ghana" }'),
    ("ASK { ?s ?p 'Ghana@en }\n", "ASK { ?s ?p 'Ghana'@en }\n"),
    ('ASK { ?s ?p "a\\q" }', 'ASK { ?s ?p "a\\\\q" }'),
    ("ASK { ?s\u00a0?p ?o }", "ASK { ?s ?p ?o }"),
    ("ASK { ?s ?p ?o & }", "ASK { ?s ?p ?o  }"),
]  # fmt: skip
SCOPES = [
    ("SELECT ?a ?b (COUNT(*) AS ?n) { ?a ?b ?c }", "SELECT ?a ?b (COUNT(*) AS ?n) { ?a ?b ?c }\nGROUP BY ?a ?b"),
    ("SELECT ?a ?b (COUNT(*) AS ?n) {} GROUP BY ?a", "SELECT ?a ?b (COUNT(*) AS ?n) {} GROUP BY ?b ?a"),
]  # fmt: skip


def edits_of(query: str) -> tuple[Edit, ...]:
    with pytest.raises(QueryError) as caught:
        check_query(query, Settings())
    return caught.value.edits


@pytest.mark.parametrize(("wrong", "right"), MENDED, ids=[row[0] for row in MENDED])
def test_the_first_edit_makes_the_query_that_was_meant(wrong: str, right: str) -> None:
    mended = edits_of(wrong)[0].apply(wrong)
    assert mended == right
    check_query(mended, Settings())


@pytest.mark.parametrize(("wrong", "right"), SCOPES)
def test_so_does_that_of_a_fault_that_the_engine_finds(wrong: str, right: str) -> None:
    engine = OxigraphEngine.in_memory([], union_default=False)
    with pytest.raises(QueryError) as caught:
        engine.parse(check_query(wrong, Settings()))
    assert caught.value.edits[0].apply(wrong) == right
    engine.parse(check_query(right, Settings()))
    engine.close()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT * WHERE",
        "ASK { SERVICE <http://a/> {} }",
        "CLEAR ALL",
        "ASK { << ?s ?p ?o >> ?q ?r }",
        "ASK { ?s ?p \u2018x }",
    ],
)
def test_what_no_single_change_mends_has_none(query: str) -> None:
    assert edits_of(query) == ()


def test_edits_come_whole_from_a_worker() -> None:
    for query in ("ASK { ?a ag:x ag:y }", "CLEAR ALL"):
        with pytest.raises(QueryError) as caught:
            check_query(query, Settings())
        sent = wire.encode(wire.Reply.of(caught.value, is_last=False))
        failure = wire.read_reply(sent).failure()
        assert isinstance(failure, QueryError)
        assert failure.edits == caught.value.edits
        assert all(isinstance(edit, Edit) for edit in failure.edits)


@pytest.mark.parametrize(
    "text", ["ASK { ?s ?p '" + ")" * 60_000 + "x", "ASK { ?s ?p '" + "@a" * 60_000, "ASK { <http:" + "<" * 60_000]
)
def test_an_edit_takes_no_longer_than_the_text_is_long(text: str) -> None:
    for wrong in (text, text.replace("'", "\u2018")):
        edits_of(wrong)
