"""What a query may name where another engine answers it."""

from __future__ import annotations

import pytest

from actiongraph.errors import RefusedFeature
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.portability import Portability, has_path_beside_optional, named_dataset

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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("SELECT * { ?a ex:p* ex:x . OPTIONAL { ?a ex:q ?b } }", True),
        ("SELECT * { OPTIONAL { ?a ex:q ?b } ?a ex:r/(^ex:p)+ ex:x }", True),
        ("SELECT * { { SELECT * { ?a ex:p* ex:x . OPTIONAL { ?a ex:q ?b } } } }", True),
        ("SELECT * { { SELECT DISTINCT ?a { ?a ex:p* ex:x } } OPTIONAL { ?a ex:q ?b } }", False),
        ("SELECT * { ?a ex:p ?n FILTER(?n * 2 + 1 > 3) OPTIONAL { ?a ex:q ?b } }", False),
        ("SELECT (COUNT(*) AS ?n) { ?a ex:p* ex:x }", False),
        ("ASK { ?a ex:p+ ex:x , 'OPTIONAL' }", False),
    ],
)
def test_a_path_of_any_length_beside_optional_is_seen(body: str, expected: bool) -> None:
    assert has_path_beside_optional(check_query(PREFIXES + body, Settings())) is expected


def test_the_dataset_of_a_query_is_read_with_its_base_and_prefixes() -> None:
    body = "BASE <https://example.org/> SELECT * FROM <g1> FROM ex:g2 FROM NAMED ex:g1 { GRAPH ex:g9 { ?s ?p ?o } }"
    default, named = named_dataset(check_query(PREFIXES + body, Settings()))
    assert default == ("https://example.org/g1", "https://example.org/g2")
    assert named == ("https://example.org/g1",)
