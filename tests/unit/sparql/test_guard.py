"""What the guard lets through and what it refuses."""

from __future__ import annotations

import pytest

from actiongraph.errors import QueryError, QuerySyntaxError, RefusedFeature, TooComplex
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery, QueryForm

EX = "PREFIX : <http://example.org/> PREFIX x: <http://example.org/x#> "


def ask(text: str, **limits: int) -> CheckedQuery:
    return check_query(text, Settings(**limits))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * {}", QueryForm.SELECT),
        ("select * where {}", QueryForm.SELECT),
        ("ASK {}", QueryForm.ASK),
        ("CONSTRUCT WHERE {}", QueryForm.CONSTRUCT),
        ("DESCRIBE <http://example.org/>", QueryForm.DESCRIBE),
        ("BASE <http://example.org/> PREFIX a: <a#> # SELECT\n PREFIX ask: <b> dEsCrIbE *{}", QueryForm.DESCRIBE),
        ("ASK { { SELECT * {} } }", QueryForm.ASK),
    ],
)
def test_the_query_form_is_the_first_keyword_after_the_prologue(text: str, form: QueryForm) -> None:
    assert ask(text).form is form


def test_a_question_is_the_text_and_what_is_known_about_it() -> None:
    text = "BASE <http://b/> PREFIX a: <http://a/> PREFIX r: <rel> PREFIX a: <http://c/> SELECT * FROM <g> {}"
    assert ask(text) == CheckedQuery(
        text, QueryForm.SELECT, names_dataset=True, prefixes={"a": "http://c/"}, repeatable=True
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SELECT * FROM <http://g/> {}", True),
        ("SELECT * FROM NAMED <http://g/> {}", True),
        ("ASK { ?from :from 'FROM' } # FROM", False),
    ],
)
def test_from_tells_that_the_query_names_its_dataset(text: str, named: bool) -> None:
    assert ask(EX + text).names_dataset is named


@pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()", "STRUUID()", "now()"])
def test_what_changes_each_time_is_not_repeatable(function: str) -> None:
    assert not ask(f"ASK {{ BIND({function} AS ?x) }}").repeatable
    assert ask("ASK { BIND(STR('NOW()') AS ?now) }").repeatable


SERVICE_AS_A_KEYWORD = [
    "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }",
    "SELECT * { service <http://example.org/> { } }",
    "SELECT * { sErViCe SILENT <http://example.org/> { } }",
    "SELECT * { SERVICE\n# comment\n<http://example.org/> { } }",
    "SELECT*{SERVICE<http://example.org/>{}}",
    "SELECT*{SERVICESILENT<http://example.org/>{}}",
    "SELECT*{SERVICE?x{}}",
    "SELECT*{SERVICE$x{}}",
    "SELECT*{SERVICE:x{}}",
    "SELECT*{SERVICESILENT:x{}}",
    "SELECT*{SERVICEx:y{}}",
    "SELECT*{?s ?p ?o.SERVICE:x{}}",
    "SELECT*{?s ?p 1SERVICE<http://example.org/>{}}",
    "SELECT*{?s ?p 1.SERVICE:x{}}",
    "SELECT*{?s ?p 1.5SERVICE:x{}}",
    "SELECT*{?s ?p 1e3SERVICE:x{}}",
    "SELECT*{?s ?p trueSERVICE<http://example.org/>{}}",
    "SELECT*{?s ?p falseSERVICE:x{}}",
    "SELECT*{?s ?p 'x'SERVICE:x{}}",
    "SELECT*{?s ?p ''''''SERVICE:x{}}",
    "SELECT*{?s ?p 'x\\u0027'SERVICE:x{}}",
    "SELECT*{?s ?p _:b SERVICE:x{}}",
    "SELECT*{?s ?p ()SERVICE:x{}}",
    "SELECT*{?s ?p []SERVICE:x{}}",
    "SELECT*{{}SERVICE:x{}}",
    "SELECT*{{}UNION{SERVICE:x{}}}",
    "SELECT*{OPTIONAL{SERVICE:x{}}}",
    "SELECT*{FILTER EXISTS{SERVICE:x{}}}",
    "SELECT*{FILTER(?a<3)SERVICE:x{}}",
    "SELECT*{FILTER(?a<3&&?b>SERVICE:x{})}",
    "SELECT*{BIND(1 AS ?x)SERVICE:x{}}",
    "SELECT*{VALUES ?x{1}SERVICE:x{}}",
    "SELECT*{{SELECT*{SERVICE:x{}}}}",
    "ASK{SERVICE:x{}}",
    "CONSTRUCT{}WHERE{SERVICE:x{}}",
    "DESCRIBE ?s{SERVICE:x{}}",
    "SELECT*{#'\nSERVICE:x{}#'\n}",
    "SELECT*{# |SERVICE\rSERVICE:x{}}",
    "SELECT*{LATERAL{SERVICE:x{}}}",
]


@pytest.mark.parametrize("text", SERVICE_AS_A_KEYWORD)
def test_service_is_refused_whatever_its_spelling_and_neighbours(text: str) -> None:
    with pytest.raises(RefusedFeature, match="SERVICE is refused") as caught:
        ask(EX + text)
    assert caught.value.line is not None
    assert caught.value.column is not None


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX SERVICE: <http://example.org/> SELECT * { SERVICE:x { ?s ?p ?o } }",
        "PREFIX service: <http://example.org/> SELECT * { ?s ?p ?o . service:x { ?s ?p ?o } }",
        "PREFIX SERVICESILENT: <http://example.org/> SELECT * { {} SERVICESILENT:x { ?s ?p ?o } }",
        "PREFIX trueSERVICE: <http://example.org/> SELECT * { ?s ?p trueSERVICE:x { ?s ?p ?o } . SERVICE:x {} }",
        r"SELECT * { \u0053ERVICE <http://example.org/> { } }",
        r"SELECT * { SERV\U00000049CE <http://example.org/> { } }",
        "SELECT * { ?s ?p ?o ~ SERVICE <http://example.org/> { } }",
        "SELECT * { << ?s ?p ?o >> ?q ?z SERVICE <http://example.org/> { } }",
        "SELECT * { ?s ?p ?o {| ?q ?z |} SERVICE <http://example.org/> { } }",
        "SELECT * { ?s ?p 'x'@en--ltrSERVICE <http://example.org/> { } }",
        "PREFIX : <http://example.org/> SELECT * {?s ?p :a.SERVICE<http://example.org/>{}}",
        "SELECT * { \ufeffSERVICE <http://example.org/> { } }",
    ],
)
def test_service_cannot_hide_behind_a_prefix_an_escape_or_another_syntax(text: str) -> None:
    with pytest.raises(QueryError):
        ask(text)


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX service: <http://example.org/> SELECT * { service:x service:SERVICE ?service }",
        "PREFIX SERVICE: <http://example.org/> SELECT * { ?s a SERVICE:x { ?s ?p ?o } }",
        "PREFIX SERVICE: <http://example.org/> SELECT * FROM SERVICE:x { GRAPH SERVICE:y { ?s ?p ?o } }",
        "SELECT ?SERVICE { ?SERVICE ?p 'SERVICE', \"LOAD\", '''INSERT SERVICE''' } # SERVICE",
        "SELECT * { ?s ?p <http://example.org/SERVICE>, x:service, x:SERVICE.x, _:SERVICE, :load }",
        "SELECT * { ?s ?p 'x'@service }",
        "ASK { ?insert :delete ?clear . FILTER(?load = x:drop) }",
    ],
)
def test_the_same_letters_are_legal_where_they_are_no_keyword(text: str) -> None:
    assert ask(EX + text).text == EX + text


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { :a :b :c }",
        "insert { ?s ?p ?o } where {}",
        "DELETE DATA { :a :b :c }",
        "DELETE WHERE { ?s ?p ?o }",
        "LOAD <http://example.org/>",
        "LOAD SILENT <http://example.org/> INTO GRAPH :g",
        "CLEAR ALL",
        "DROP GRAPH :g",
        "CREATE GRAPH :g",
        "ADD :a TO :b",
        "MOVE DEFAULT TO :b",
        "COPY :a TO DEFAULT",
        "WITH :g DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_updates_are_refused(text: str) -> None:
    with pytest.raises(RefusedFeature, match="only answers queries") as caught:
        ask(EX + text)
    assert caught.value.column == len(EX) + 1


@pytest.mark.parametrize(
    "text", ["ASK {} ; INSERT DATA {}", "ASK {} INSERT DATA {}", "ASK { INSERT {} }", "ASK {}; LOAD :a"]
)
def test_an_update_after_a_query_is_no_query(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        ask(EX + text)


@pytest.mark.parametrize(
    "text",
    [
        "VERSION '1.2' ASK {}",
        "ASK { ?s ?p ?o LATERAL { ?s ?q ?r } }",
        "ASK { << ?s ?p ?o >> ?q ?r }",
        "ASK { <<( ?s ?p ?o )>> ?q ?r }",
        "ASK { ?s ?p ?o {| ?q ?r |} }",
        "ASK { ?s ?p ?o ~ ?r }",
        "ASK { ?s ?p 'x'@en--ltr }",
        "ASK { FILTER(isTRIPLE(?x)) }",
        "ASK { FILTER(LANGDIR(?x) = 'ltr') }",
        "ASK { BIND(ADJUST(?x, ?y) AS ?z) }",
    ],
)
def test_what_the_engine_knows_beyond_sparql_1_1_is_refused(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        ask(text)


@pytest.mark.parametrize(
    ("text", "column", "advice"),
    [
        ("SELECT * { ?s foaf:name ?o }", 15, "PREFIX foaf: <http://xmlns.com/foaf/0.1/>"),
        ("PREFIX FOAF: <http://xmlns.com/foaf/0.1/> ASK { ?s foaf:name ?o }", 52, "PREFIX foaf:"),
        ("ASK { ?s ag:followUpOf ?o }", 10, "PREFIX ag: <https://w3id.org/actiongraph/ontology#>"),
        ("ASK { ?s :p ?o }", 10, "PREFIX : <"),
        ("PREFIX exa: <http://e/> ASK { ?s exam:p ?o }", 34, "did you mean exa:"),
        ("ASK { ?s ?p 'x'^^xsd:date }", 18, "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"),
        ("SELECT * FROM ex:g {}", 15, "PREFIX ex: <"),
    ],
)
def test_undeclared_prefixes_come_with_the_line_to_paste(text: str, column: int, advice: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        ask(text)
    assert (caught.value.line, caught.value.column) == (1, column)
    assert advice in str(caught.value)


def test_a_query_over_the_bytes_is_refused_in_bytes_not_characters() -> None:
    text = "ASK { ?s ?p '\u00e9' }"
    assert ask(text, max_query_bytes=len(text) + 1)
    with pytest.raises(TooComplex, match="max_query_bytes") as caught:
        ask(text, max_query_bytes=len(text))
    assert (caught.value.limit, caught.value.value) == ("max_query_bytes", len(text))


def test_half_a_surrogate_pair_is_a_syntax_error() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        ask("ASK\n{ \ud800 }")
    assert (caught.value.line, caught.value.column) == (2, 3)


@pytest.mark.parametrize(
    "text", ["{" * 5 + "}" * 5, "{FILTER(((STR(1))))}", "{?s :p (((1)))}", "{?s :p [:p [:p [:p 1]]]}"]
)
def test_nesting_counts_brackets_of_all_kinds(text: str) -> None:
    depth = max(sum((c in "{([") - (c in "})]") for c in text[:end]) for end in range(len(text)))
    assert ask(f"{EX}ASK{text}", max_nesting=depth)
    with pytest.raises(TooComplex, match="max_nesting") as caught:
        ask(f"{EX}ASK{text}", max_nesting=depth - 1)
    assert caught.value.value == depth - 1
    assert caught.value.column is not None


def test_brackets_in_strings_comments_and_iris_are_no_nesting() -> None:
    assert ask("ASK { ?s ?p '(((', <http://example.org/(((> # (((\n }", max_nesting=1)


def test_brackets_cannot_hide_in_what_reads_as_an_iri() -> None:
    """An engine that reads by context takes < here for a comparison."""
    with pytest.raises(QuerySyntaxError, match="put a space after <"):
        ask("ASK { FILTER(?a<" + "(" * 2000 + "1" + ")" * 2000 + ">2) }")


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("ASK { ?s ?p ?o }", 1),
        ("ASK { ?s ?p 1, 2; ?q 3 . ?t ?p ?o }", 4),
        ("ASK { ?s :p (1 2 3) }", 4),
        ("ASK { ?s :p [ :p 1 ] }", 2),
        ("ASK { ?s :a/:b/:c ?o }", 3),
        ("ASK { {} UNION {} UNION {} }", 3),
        ("ASK { OPTIONAL {} MINUS {} GRAPH ?g {} }", 3),
        ("ASK { FILTER(?x) BIND(1 AS ?y) VALUES ?z { 1 2 3 4 5 6 7 } }", 3),
        ("SELECT (1 AS ?x) (2 AS ?y) {} GROUP BY (3 AS ?z)", 3),
        ("DESCRIBE <http://a/> ?x { ?x ?p 1 }", 3),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", 2),
        ("SELECT * { VALUES (?x ?y) { (1 2) (3 4) } } ORDER BY ?x ?y", 1),
        ("ASK { FILTER(CONCAT('a', 'b', 'c') IN ('d', 'e')) }", 1),
    ],
)
def test_what_counts_as_a_pattern(text: str, patterns: int) -> None:
    assert ask(EX + text, max_patterns=patterns)
    if patterns > 1:
        with pytest.raises(TooComplex, match="max_patterns") as caught:
            ask(EX + text, max_patterns=patterns - 1)
        assert (caught.value.limit, caught.value.value) == ("max_patterns", patterns - 1)
        assert caught.value.column is not None


@pytest.mark.parametrize(
    ("text", "operators"),
    [
        ("FILTER(1 + 1 - 1 * 1 / 1)", 4),
        ("FILTER(1+1+1)", 2),
        ("FILTER(1 || 1 && 1 = 1)", 3),
        ("FILTER(!!!1)", 3),
        ("FILTER(- ?x < + ?y)", 3),
        ("FILTER(?x IN (1, 2) && ?x NOT IN (3))", 3),
        ("?s :a|:b|:c ?o", 2),
    ],
)
def test_what_counts_as_an_operator(text: str, operators: int) -> None:
    assert ask(f"{EX}ASK {{ {text} }}", max_operators=operators)
    with pytest.raises(TooComplex, match="max_operators"):
        ask(f"{EX}ASK {{ {text} }}", max_operators=operators - 1)
