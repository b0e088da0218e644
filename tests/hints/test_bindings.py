"""Variables that have no value, and terms that never meet; neither is said of what the data have."""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing
from itertools import combinations, islice, product

import pyoxigraph as ox
import pytest
from rdflib import RDF

from actiongraph.engine.nquads import as_lines
from actiongraph.hints import find_hints, hints_for
from actiongraph.index.search_index import open_search
from actiongraph.index.term_index import open_terms
from actiongraph.index.term_index_writer import write_terms
from actiongraph.settings import Settings
from actiongraph.sparql.bindings import read_bindings
from actiongraph.sparql.guard import check_query

AG = "PREFIX ag: <https://w3id.org/actiongraph/ontology#>\n"
UNBOUND = [
    ("SELECT ?nme { ?a ag:country ?c ; ag:title ?name }", "?nme", ["?name"]),
    ("SELECT ?country { ?a ag:country ?c ; ag:partner ?p }", "?country", ["?c"]),
    ("SELECT ?a ?x { ?a ag:country ?c }", "?x", ["?c"]),
    ("SELECT ?x { ?a ag:country ?b ; ag:partner ?c ; ag:theme ?d }", "?x", []),
    ("SELECT (COUNT(?action) AS ?n) { ?actions ag:country ?c }", "?action", ["?actions"]),
    ("SELECT ?a { ?a ag:startYear ?year FILTER(?yaer > 2014) }", "?yaer", ["?year"]),
    ("SELECT ?a { ?a ag:startYear ?year BIND(?yaer + 1 AS ?next) }", "?yaer", ["?year"]),
    ("SELECT ?b { ?a ag:country ?c MINUS { ?a ag:partner ?b } }", "?b", ["?a", "?c"]),
    ("SELECT ?c { { SELECT ?a { ?a ag:country ?c } } }", "?c", ["?a"]),
    ("ASK { ?a ag:country ?c FILTER(?cc = ?c) }", "?cc", ["?c"]),
    ("DESCRIBE ?actoin { ?action ag:country ?c }", "?actoin", ["?action"]),
    ("CONSTRUCT { ?acton ag:country ?c } WHERE { ?action ag:country ?c }", "?acton", ["?action"]),
    ("SELECT ?c (SUM(?n) AS ?all) { ?x ag:country ?c } GROUP BY ?c HAVING(SUM(?n) > 1)", "?n", []),
]


@pytest.mark.parametrize(("query", "variable", "meant"), UNBOUND)
def test_a_variable_without_a_value_is_told_with_those_that_may_be_meant(query, variable, meant):
    [found] = read_bindings(AG + query).unbound
    assert {token.text for token in found.tokens} == {variable}
    assert all((AG + query)[token.start : token.end] == variable for token in found.tokens)
    assert {name.removeprefix("?") for name in meant} <= set(found.others)


@pytest.mark.parametrize(("query", "variable", "meant"), UNBOUND)
def test_its_hint_writes_one_of_them_instead(release, query, variable, meant):
    snapshot = release.snapshots.current()
    hints = [
        hint
        for hint in hints_for(snapshot.terms, check_query(AG + query, release.settings))
        if hint.code == "unbound-variable"
    ]
    [hint] = hints
    assert (AG + query)[hint.start : hint.end] == variable
    assert hint.suggestion == "".join(meant[:1])
    mended = [edit.apply(AG + query) for edit in hint.edits]
    places = 1 if "MINUS" in query or "{ {" in query else -1  # what is in another scope is another variable
    wanted = [
        (AG + query).replace(f"{variable} ", f"{name} ", places).replace(f"{variable})", f"{name})", places)
        for name in meant[:1]
    ]
    assert mended[:1] == wanted
    assert len(mended) == len(meant)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a ?b ?c }",
        "SELECT ?g { GRAPH ?g { } }",
        "SELECT ?p { ?a ?p ?b }",
        "SELECT ?x { VALUES (?y ?x) { (1 2) } }",
        "SELECT ?x { } VALUES ?x { 1 }",
        "SELECT ?x { BIND(1 AS ?x) }",
        "SELECT (1 AS ?x) (?x + 1 AS ?y) { }",
        "SELECT ?x { OPTIONAL { ?x ?p [ ?q (1 ?y) ] FILTER(?y > 1) } }",
        "SELECT ?x { { SELECT ?x { ?x ?p ?o } } }",
        "SELECT ?x ?o { { SELECT * { ?x ?p ?o } } }",
        "SELECT ?k { ?a ?p ?b } GROUP BY (STR(?a) AS ?k)",
        "SELECT ?a (COUNT(?b) AS ?n) { ?a ?p ?b } GROUP BY ?a HAVING(?n > 1) ORDER BY ?zzz",
        "ASK { ?a ?p ?b FILTER EXISTS { ?b ?q ?c FILTER(?c != ?a) } }",
        "ASK { ?a ?p ?b FILTER(BOUND(?b)) }",
        "CONSTRUCT WHERE { ?s <http://e/p> ?o }",
        "CONSTRUCT { ?s ?p _:b } WHERE { ?s ?p ?o }",
        "DESCRIBE * { ?s ?p ?o }",
        "SELECT $x { ?x ?p ?o }",
    ],
)
def test_a_variable_that_has_a_value_somewhere_is_left_alone(query):
    assert read_bindings(query).unbound == []


def test_the_triples_of_paths_brackets_and_lists_are_taken_apart():
    query = (
        "ASK { ?a <u:p>/^<u:q>/<u:r> ?c ; a <u:C> . [ <u:x> ?y ] <u:z> ?w . ?a <u:p>|<u:q> ?b ; <u:p>* ?d ; ^<u:s> ?k }"
    )
    found = [triple[:3] for triple in read_bindings(query).triples]
    steps = [(predicate, subject == "?a 0", object_ == "?a 0") for subject, predicate, object_ in found]
    assert steps == [
        ("u:p", True, False),
        ("u:q", False, False),
        ("u:r", False, False),
        (str(RDF.type), True, False),
        ("u:x", False, False),
        ("u:s", False, True),
    ]
    assert found[0][2] == found[1][2]
    assert found[1][0] == found[2][0]


@pytest.fixture(scope="module")
def triples(release) -> list[tuple[str, str, str]]:
    store = ox.Store.read_only(str(release.releases.path(release.record.version) / "store"))
    return [
        (quad.subject.value, quad.predicate.value, quad.object.value if isinstance(quad.object, ox.NamedNode) else "")
        for quad in store
    ]


def never_meet(index, pattern: str, settings) -> bool:
    hints = find_hints(check_query(f"ASK {{ {pattern} }}", settings), index)
    return "never-meet" in {hint.code for hint in hints}


def test_what_is_said_never_to_meet_never_does(release, triples):
    """Counted here from all quads, those of the catalogue too: nothing has, or is, both."""
    has, is_value, is_of = (defaultdict[str, set[str]](set) for _ in range(3))
    for subject, predicate, object_ in triples:
        has[predicate].add(subject)
        is_value[predicate].add(object_)
        if predicate == str(RDF.type):
            is_of[object_].add(subject)
    predicates = sorted(name for name in has if name != str(RDF.type))
    said = 0
    with open_terms(release.snapshots.current().terms, timeout_s=60) as index:
        for one, other in islice(combinations(predicates, 2), 0, None, 19):
            if never_meet(index, f"?x <{one}> ?a ; <{other}> ?b", release.settings):
                said += 1
                assert not has[one] & has[other], (one, other)
        for one, other in islice(product(predicates, predicates), 0, None, 41):
            if never_meet(index, f"?a <{one}> ?x . ?x <{other}> ?b", release.settings):
                said += 1
                assert not is_value[one] & has[other], (one, other)
        for name, predicate in islice(product(sorted(is_of), predicates), 0, None, 37):
            if never_meet(index, f"?x a <{name}> ; <{predicate}> ?b", release.settings):
                said += 1
                assert not is_of[name] & has[predicate], (name, predicate)
    assert said > 100


def test_a_release_that_does_not_know_what_meets_says_nothing_of_it(tmp_path):
    nodes = {name: ox.NamedNode(f"http://e/{name}") for name in ("a", "b", "p", "q", "g")}
    there, back = (nodes["a"], nodes["p"], nodes["b"]), (nodes["b"], nodes["q"], nodes["a"])
    write_terms(tmp_path / "t.sqlite", as_lines(ox.Quad(*triple, nodes["g"]) for triple in (there, back)))
    with open_terms(tmp_path / "t.sqlite", timeout_s=60) as index:
        assert find_hints(check_query("ASK { ?x <http://e/p> ?y ; <http://e/q> ?z }", Settings()), index) == ()
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as database:
        database.execute("DROP TABLE meeting")  # as in releases of version 0.3.0 and before
    with open_terms(tmp_path / "t.sqlite", timeout_s=60) as index:
        assert find_hints(check_query("ASK { ?x <http://e/p> ?y ; <http://e/q> ?z }", Settings()), index) == ()


def test_things_are_found_by_name_and_their_kinds_told_where_the_index_can(release, tmp_path):
    """An index of a program before 0.3.0 would be read from end to end to find a thing by its IRI."""
    colombia = "https://w3id.org/actiongraph/id/country/COL"
    older = tmp_path / "search.sqlite"
    shutil.copy(release.snapshots.current().search, older)
    with closing(sqlite3.connect(older)) as database:
        database.execute("DROP INDEX document_iri")
    for path, kind in ((release.snapshots.current().search, "country"), (older, None)):
        with open_search(path, release.settings) as things:
            assert things.things_called("COLOMBIE") == [(colombia, "country")]
            assert things.things_called("Atlantis") == []
            assert things.kind_of(colombia) == kind
            assert things.kind_of(colombia + "X") is None
