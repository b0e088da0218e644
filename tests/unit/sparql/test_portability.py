"""What a query may name where another engine answers it."""

from __future__ import annotations

import pytest

from actiongraph.errors import RefusedFeature
from actiongraph.settings import Settings
from actiongraph.sparql.guard import LONGEST_SHAPE, check_query
from actiongraph.sparql.portability import (
    Construct,
    Portability,
    constructs_of,
    named_dataset,
    vocabulary_of,
    without_dataset,
)

GRAPHS = {"https://example.org/g1": 1, "https://example.org/g2": 2}
PREFIXES = """
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> PREFIX ex: <https://example.org/> PREFIX bif: <bif:>
PREFIX short: <http://jena.apache.org/text>
"""


def check(body: str, portability: Portability | None = None) -> None:
    query = check_query(PREFIXES + body, Settings())
    (portability or Portability(10)).check(query, GRAPHS)


@pytest.mark.parametrize(
    "body",
    [
        "SELECT * { ?s ?p ?o FILTER(xsd:integer(?o) > 3 && STRLEN(STR(?o)) < 9) }",
        "SELECT (xsd:date(?o) AS ?d) (<http://www.w3.org/2001/XMLSchema#double>('1') AS ?n) { ?s ex:p ?o }",
        "SELECT * { ?s ex:p (1 2) ; ex:q/ex:r ( ?x ) . (1) ex:p () }",
        "SELECT * FROM ex:g1 FROM NAMED <https://example.org/g2> { GRAPH ?g { ?s ?p ?o } GRAPH ex:g2 { ?s ?p ?o } }",
        "BASE <https://example.org/> SELECT * FROM <g1> { ?s a ex:C }",
        "ASK { ?s ex:p 'bif:now()', \"java:x\" }",
        "SELECT (MAX(?o) AS ?m) { ?s ex:p ?o } GROUP BY (xsd:integer(?s)) HAVING (xsd:integer(MAX(?o)) > 1)",
    ],
)
def test_what_every_engine_has_is_let_through_twice(body: str) -> None:
    portability = Portability(10)
    check(body, portability)
    check(body, portability)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("SELECT (bif:now() AS ?n) {}", "bif:now"),
        ("SELECT * { ?s ?p ?o FILTER ex:f(?o) }", "ex:f"),
        ("SELECT * { ?s ?p ?o FILTER(1 + ex:f (?o) > 2) }", "ex:f"),
        ("SELECT * { ?s ?p ?o } ORDER BY ex:f(?o)", "ex:f"),
        ("SELECT * { ?s ?p ?o } GROUP BY ex:f(?o)", "ex:f"),
        ("SELECT * { ?s ?p ?o BIND(<java:java.lang.System.exit>(1) AS ?x) }", "<java:java.lang.System.exit>"),
        ("SELECT * { ?s ?p ?o } HAVING (ex:f(?o))", "ex:f"),
        ("SELECT * { ?s bif:contains 'a' }", "bif:contains"),
        ("SELECT * { ?s <BIF:contains> 'a' }", "<BIF:contains>"),
        ("SELECT * { ?s <\\u0062if\\U0000003Acontains> 'a' }", "<\\u0062if\\U0000003Acontains>"),
        ("SELECT * { ?s short:\\#query 'a' }", "short:\\#query"),
        ("SELECT * { ?s (ex:p|^<sql:x>)* ?o }", "<sql:x>"),
        ("SELECT * { VALUES ?p { <java:x.Y> } ?s ?p ?o }", "<java:x.Y>"),
        ("CONSTRUCT { ?s <tag:stardog:api:x> ?o } { ?s ?p ?o }", "<tag:stardog:api:x>"),
        ("SELECT * { ?s ?p 'x'^^<bif:x> }", "<bif:x>"),
        ("SELECT * FROM ex:g3 { ?s ?p ?o }", "ex:g3"),
        ("SELECT * FROM NAMED <file:///etc/passwd> { ?s ?p ?o }", "<file:///etc/passwd>"),
        ("SELECT * { GRAPH <urn:x-arq:UnionGraph> { ?s ?p ?o } }", "<urn:x-arq:UnionGraph>"),
        ("SELECT * { { SELECT ?s { GRAPH ex:g3 { ?s ?p ?o } } } }", "ex:g3"),
        ("ASK { FILTER NOT EXISTS { GRAPH ex:g3 { ?s ?p ?o } } }", "ex:g3"),
    ],
)
def test_what_an_engine_may_take_for_more_is_refused_in_its_place(body: str, what: str) -> None:
    with pytest.raises(RefusedFeature) as refused:
        check(body)
    error, text = refused.value, PREFIXES + body
    assert error.start is not None
    assert text[error.start : error.end] == what
    assert what in str(error)


def test_a_shape_that_passed_is_not_taken_for_one_with_other_graphs() -> None:
    portability = Portability(10)
    query = check_query("SELECT * { GRAPH <https://example.org/g1> { ?s ?p 'a' } }", Settings())
    portability.check(query, GRAPHS)
    with pytest.raises(RefusedFeature):
        portability.check(query, {"https://example.org/g2": 1})


def test_graphs_that_a_request_names_are_those_of_the_release() -> None:
    Portability.check_dataset(GRAPHS, GRAPHS)
    with pytest.raises(RefusedFeature, match="no graph of this release"):
        Portability.check_dataset(["https://example.org/g1", "https://example.org/g3"], GRAPHS)


EX, RDF = "https://example.org/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.mark.parametrize(
    ("body", "predicates", "classes"),
    [
        ("SELECT * { ?s ex:p ?o ; a ex:C , ex:D }", "p", "C D"),
        (
            "SELECT * { ?s ex:p/ex:q* ?o OPTIONAL { ?o ^ex:r|ex:s 1 } FILTER NOT EXISTS { ?o ex:t ?s } }",
            "p q r s t",
            "",
        ),
        ("SELECT * { ?s ex:p* ex:x . ex:x ex:q? ?o }", "p q", ""),
        ("CONSTRUCT { ?s ?p ex:x } { ?s ex:p [ ex:q ?p ] }", "p q", ""),
        ("CONSTRUCT WHERE { ?s ex:p ?o }", "p", ""),
        ("SELECT ?n { { SELECT (COUNT(*) * 2 AS ?n) { ?s ex:p ?o } } }", "p", ""),
    ],
)
def test_the_vocabulary_of_a_query_is_that_of_its_patterns(body: str, predicates: str, classes: str) -> None:
    found = vocabulary_of(check_query(PREFIXES + body, Settings()))
    assert found is not None
    assert found.predicates == {EX + name for name in predicates.split()}
    assert found.classes == {EX + name for name in classes.split()}


def test_a_class_that_is_a_variable_may_be_any() -> None:
    found = vocabulary_of(check_query("SELECT * { ?s a ?c ; a/<x:p> ?d }", Settings()))
    assert found is not None
    assert found.predicates == {RDF + "type", "x:p"}


@pytest.mark.parametrize(
    "body",
    [
        "SELECT * { ?s ?p ?o }",
        "SELECT * { ?s ex:p ?o FILTER EXISTS { ?o ?p ?s } }",
        "SELECT * { ?s !ex:p ?o }",
        "SELECT * { ?s ex:p* ?o }",
        "SELECT * { ?s ex:p?/ex:q* ?o }",
        "SELECT * { ?s (ex:p|ex:q*)/ex:r ?o }",
        "SELECT * { ?x ex:p [ ex:q* ?o ] }",
        "SELECT * { GRAPH ?g { ?s ex:p ?o } }",
        "SELECT * FROM ex:g1 { ?s ex:p ?o }",
        "DESCRIBE ex:x",
        "CONSTRUCT WHERE { ?s ?p ?o }",
    ],
)
def test_patterns_that_may_match_anything_have_none(body: str) -> None:
    assert vocabulary_of(check_query(PREFIXES + body, Settings())) is None


ANY, STEP, ORDER = Construct.ANY_LENGTH, Construct.OPTIONAL_STEP, Construct.TEXT_ORDER
GRAPH = Construct.STEP_IN_GRAPH


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("SELECT DISTINCT * { ?s ex:p/ex:q* ?o }", {STEP: "*"}),
        ("ASK { ?s ex:p* ?o ; ex:q? ?x }", {STEP: "*?"}),
        ("SELECT * { ?s ex:p? ?o }", {STEP: "?"}),
        ("SELECT * { ?s ex:p* ?o }", {ANY: "*"}),
        ("SELECT DISTINCT * { ?s ex:p+ ?o }", {ANY: "+"}),
        ("SELECT DISTINCT * { ?s (ex:p|ex:q)* ?o }", {ANY: "*"}),
        ("SELECT DISTINCT * { ?s (!ex:p)? ?o }", {ANY: "?"}),
        ("SELECT DISTINCT * { ?s ex:p ?x OPTIONAL { ?s ex:p* ?o } ?s ex:q? ?y }", {ANY: "*", STEP: "?"}),
        ("SELECT DISTINCT * { ?s ex:p ?x FILTER NOT EXISTS { { ?s ex:p* ?o } } }", {ANY: "*"}),
        ("SELECT DISTINCT * { ?s ex:p ?x MINUS { ?s ex:p? ?o } }", {ANY: "?"}),
        ("SELECT DISTINCT ?s (COUNT(*) AS ?n) { ?s ex:p* ?o } GROUP BY ?s", {ANY: "*"}),
        ("SELECT DISTINCT * { { SELECT ?s { ?s ex:p* ?o } } }", {ANY: "*"}),
        ("SELECT * { ?s ex:p ?x GRAPH ?g { ?s ex:p? ?o ; ex:q+ ?y } }", {STEP: "?", ANY: "+", GRAPH: "?"}),
        ("ASK { GRAPH ex:g { { ?s ex:p* ?o } } ?s ex:q* ?x }", {STEP: "**", GRAPH: "*"}),
        ("SELECT * { ?s ex:p ?o FILTER(?o > 'a') }", {ORDER: ">"}),
        ("SELECT * { ?s ex:p ?o FILTER('a'@en <= ?o) }", {ORDER: "<="}),
        ("SELECT * { ?s ex:p ?o FILTER('a'^^xsd:string < ?o || ?o >= 'b'^^xsd:string) }", {ORDER: "<>="}),
        ("SELECT * { ?s ex:p ?o FILTER(STR(?o) > 'a' && ?o > 5 && ?o != 'a' && ?o < '2014'^^xsd:gYear) }", {}),
        ("SELECT * { ?s ex:p/ex:q ?o BIND(?o / 2 * 3 + 1 AS ?half) }", {Construct.DIVISION: "/"}),
    ],
)
def test_what_engines_answer_otherwise_is_seen(body: str, expected: dict[Construct, str]) -> None:
    prefixes = f"{PREFIXES} PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
    found = constructs_of(check_query(prefixes + body, Settings()))
    assert {name: "".join(token.text for token in seen) for name, seen in found.items()} == expected


def test_the_dataset_of_a_query_is_read_with_its_base_and_prefixes() -> None:
    body = "BASE <https://example.org/> SELECT * FROM <g1> FROM ex:g2 FROM NAMED ex:g1 { GRAPH ex:g9 { ?s ?p ?o } }"
    default, named = named_dataset(check_query(PREFIXES + body, Settings()))
    assert default == ("https://example.org/g1", "https://example.org/g2")
    assert named == ("https://example.org/g1",)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("SELECT * FROM <a:g> FROM NAMED <a:h> { ?s ?p 'FROM <a:g>' }", "SELECT * {} { ?s ?p 'FROM <a:g>' }"),
        ("PREFIX a: <a:>\nASK FROM\n# of\n NAMED a:g{}", "PREFIX a: <a:>\nASK {}\n{}\n{}{}"),
        ("DESCRIBE <a:x> FROM <a:g>", "DESCRIBE <a:x> {}"),
        ("ASK { ?s ?p ?from }", "ASK { ?s ?p ?from }"),
    ],
)
def test_a_query_without_its_dataset_has_all_else_in_its_place(text: str, bare: str):
    found = without_dataset(check_query(text, Settings()))
    assert not found.names_dataset
    assert len(found.text) == len(text)
    assert [line.split() for line in found.text.split("\n")] == [
        line.replace("{}{}", "@").replace("{}", "").replace("@", "{}").split() for line in bare.split("\n")
    ]
    assert all(one in (" ", other) for one, other in zip(found.text, text, strict=True))


def test_the_vocabulary_of_a_long_text_is_not_read():
    short, portability = "SELECT * { ?s <x:p> ?o }", Portability(10)
    long = short + " " * LONGEST_SHAPE
    assert portability.vocabulary(check_query(short, Settings())) == ({"x:p"}, set())
    assert portability.vocabulary(check_query(long, Settings())) is None
