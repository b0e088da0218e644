"""Each kind of hint on the shipped data, with what is near read from `data/` by eye, and a twin without a fault.

A row is a query that finds nothing, the same query mended, the code of the hint, what the hint is about,
and what it suggests.
"""

from __future__ import annotations

import gzip
import time

import pytest
import rdflib

from actiongraph.engine.base import Dataset
from actiongraph.hints import MAX_HINTS, Hint, find_hints, hints_for
from actiongraph.index.term_index import open_terms
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.vocabulary import AG, IRI

GRAPH = "https://w3id.org/actiongraph/graph/"
PROLOGUE = f"""
PREFIX ag: <https://w3id.org/actiongraph/ontology#>
PREFIX cty: <https://w3id.org/actiongraph/id/country/>
PREFIX g: <{GRAPH}>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
""".lstrip()

MENDED = [
    ("?a ag:contry ?c", "?a ag:country ?c", "unknown-term", "ag:contry", "ag:country"),
    ("?a ag:Country ?c", "?a ag:country ?c", "never-predicate", "ag:Country", "ag:country"),
    ("?a ag:partner/ag:BASEDIN ?c", "?a ag:partner/ag:basedIn ?c", "unknown-term", "ag:BASEDIN", "ag:basedIn"),
    ("?a (ag:partner|ag:patrner)+ ?c", "?a (ag:partner|ag:place)+ ?c", "unknown-term", "ag:patrner", "ag:partner"),
    ("?a a ag:Acton", "?a a ag:Action", "unknown-term", "ag:Acton", "ag:Action"),
    ("?a a ag:Organization", "?a a org:Organization", "unknown-term", "ag:Organization", "org:Organization"),
    ("?a a ag:country", "?a a ag:Country", "no-instances", "ag:country", "ag:Country"),
    ("?a ag:country cty:GH", "?a ag:country cty:GHA", "unknown-term", "cty:GH", "cty:GHA"),
    ("cty:gha skos:notation ?c", "cty:GHA skos:notation ?c", "unknown-term", "cty:gha", "cty:GHA"),
    ("VALUES ?c { cty:PER cty:PERU } ?a ag:country ?c", "VALUES ?c { cty:PER } ?a ag:country ?c",
     "unknown-term", "cty:PERU", "cty:PER"),
    ("?c skos:notation [] FILTER(?c = cty:COLL)", "?c skos:notation [] FILTER(?c = cty:COL)", "unknown-term",
     "cty:COLL", "cty:COL"),
    ("?a dcterms:country ?c", "?a ag:country ?c", "unknown-term", "dcterms:country", "ag:country"),
    ('?c skos:prefLabel "Ghana"', '?c skos:prefLabel "Ghana"@en', "literal-language", '"Ghana"', '"Ghana"@en'),
    ('?c skos:prefLabel "Ghana"@fr', '?c skos:prefLabel "Ghana"@en', "literal-language", '"Ghana"@fr', '"Ghana"@en'),
    ('?o ag:abbreviation "IPES"@en', '?o ag:abbreviation "IPES"', "literal-language", '"IPES"@en', '"IPES"'),
    # This text is there without a tag too, but as what is printed, not as a label.
    ('?o skos:prefLabel "Ministry of Gender, Children and Social Protection"',
     '?o ag:partnerNameAsPrinted "Ministry of Gender, Children and Social Protection"',
     "literal-language", '"Ministry', '"Ministry of Gender, Children and Social Protection"@en'),
    ('VALUES (?i ?l) { ("IPES" "Institute for Social Economy") } ?c ag:abbreviation ?i ; skos:prefLabel ?l',
     'VALUES (?i ?l) { ("IPES" "Institute for Social Economy"@en) } ?c ag:abbreviation ?i ; skos:prefLabel ?l',
     "literal-language", '"Institute', '"Institute for Social Economy"@en'),
    ('?c skos:prefLabel "GHANA"@en', '?c skos:prefLabel "Ghana"@en', "literal-case", '"GHANA"@en', '"Ghana"@en'),
    ('?c skos:prefLabel "Gahna"@en', '?c skos:prefLabel "Ghana"@en', "unknown-literal", '"Gahna"@en', '"Ghana"@en'),
    ('?c ag:chainLength "2"', "?c ag:chainLength 2", "literal-datatype", '"2"', "2"),
    ('?a ag:describedAsFollowUp "true"', "?a ag:describedAsFollowUp true", "literal-datatype", '"true"',
     "true"),
    ('?c skos:prefLabel ?l FILTER(?l = "Ghana")', '?c skos:prefLabel ?l FILTER(?l = "Ghana"@en)',
     "literal-language", '"Ghana"', '"Ghana"@en'),
    ('?c skos:prefLabel ?l FILTER("Ghana" = ?l)', '?c skos:prefLabel ?l FILTER(STR(?l) = "Ghana")',
     "literal-language", '"Ghana"', '"Ghana"@en'),
    ('?c skos:prefLabel ?l FILTER(?l IN ("Peru"@en, "Ghana"))', '?c skos:prefLabel ?l FILTER(?l IN ("Peru"@en))',
     "literal-language", '"Ghana"', '"Ghana"@en'),
    ('VALUES (?n ?l) { (UNDEF "Ghana") } ?c skos:prefLabel ?l',
     'VALUES (?n ?l) { (UNDEF "Ghana"@en) } ?c skos:prefLabel ?l',
     "literal-language", '"Ghana"', '"Ghana"@en'),
    ("GRAPH g:derived { ?a ag:country ?c }", "GRAPH g:other-pages { ?a ag:country ?c }",
     "other-graph", "ag:country", "g:other-pages"),
    ("GRAPH g:reference { ?a a ag:Action }", "GRAPH g:other-pages { ?a a ag:Action }",
     "other-graph", "ag:Action", "g:other-pages"),
    ('GRAPH g:derived { ?c ?p "Help with laws and rules."@en }',
     'GRAPH g:vocabulary { ?c ?p "Help with laws and rules."@en }', "other-graph", '"Help', "g:vocabulary"),
    ("GRAPH g:derive { ?a ag:inChain ?c }", "GRAPH g:derived { ?a ag:inChain ?c }", "unknown-graph", "g:derive",
     "g:derived"),
    ('?d dcterms:issued ?on FILTER(?on >= "2016-01-01"^^xsd:date)',
     "?d dcterms:issued ?on FILTER(YEAR(?on) >= 2016)", "date-precision", '"2016-01-01"', ""),
    ('?d dcterms:issued ?on FILTER(xsd:date("2016-01-01") < ?on)', "?d dcterms:issued ?on FILTER(YEAR(?on) > 2015)",
     "date-precision", "xsd:date(", ""),
    ('?d dcterms:issued ?on FILTER(?on > "2016-01")', "?d dcterms:issued ?on FILTER(YEAR(?on) > 2015)",
     "not-comparable", '"2016-01"', '"2016-01"^^xsd:gYearMonth'),
    ('?c ag:chainLength ?n FILTER(?n > "1")', "?c ag:chainLength ?n FILTER(?n > 1)", "not-comparable", '"1"',
     "1"),
    ('?a ag:country "Colombia"', "?a ag:country cty:COL", "name-for-iri", '"Colombia"', "cty:COL"),
    ('?a ag:country "kolumbien"@de', "?a ag:country cty:COL", "name-for-iri", '"kolumbien"@de', "cty:COL"),
    ('?a ag:country "Columbia"', "?a ag:country cty:COL", "name-for-iri", '"Columbia"', "cty:COL"),
    ('?a ag:country ?c FILTER(?c = "Perú")', "?a ag:country ?c FILTER(?c = cty:PER)", "name-for-iri", '"Perú"',
     "cty:PER"),
    ('VALUES ?c { "Ghana" } ?a ag:country ?c', "VALUES ?c { cty:GHA } ?a ag:country ?c", "name-for-iri", '"Ghana"',
     "cty:GHA"),
    ('?a ag:partner "IPES"', "?a ag:partner <https://w3id.org/actiongraph/id/org/col-ipes>", "name-for-iri", '"IPES"',
     "<https://w3id.org/actiongraph/id/org/col-ipes>"),
    ("?a ag:country 57", "?a ag:country ?c", "literal-for-iri", "57", ""),
    ('?a ag:country "a land that nobody has heard of"', "?a ag:country ?c", "literal-for-iri", '"a land', ""),
    ("?c a ag:Country ; ag:country ?a", "?c a ag:Country ; ^ag:country ?a", "never-meet", "ag:country ?a",
     "^ag:country"),
    ("?t a ag:ExpertTeam ; ag:country ?c", "?t a ag:ExpertTeam ; ag:sendingCountry ?c", "never-meet", "ag:country",
     "ag:sendingCountry"),
    ("?a ag:expertTeam/ag:country ?c", "?a ag:expertTeam/ag:sendingCountry ?c", "never-meet", "ag:country",
     "ag:sendingCountry"),
    ("?a ag:partner ?p . ?p ag:country ?c", "?a ag:partner ?p . ?p ag:basedIn ?c", "never-meet", "ag:country",
     "ag:basedIn"),
    ("?a ag:country [ ag:startYear ?y ]", "?a ag:country [ skos:notation ?y ]", "never-meet", "ag:startYear", ""),
    ("?a ag:startYear ?y . ?y ag:startYear ?z", "?a ag:startYear ?y . ?b ag:startYear ?z", "never-meet",
     "ag:startYear ?z", ""),
]  # fmt: skip


NOTHING_NAMED = Dataset()


def ask(release, query: str, dataset: Dataset = NOTHING_NAMED) -> tuple[Hint, ...]:
    snapshot, settings = release.snapshots.current(), release.settings
    found = hints_for(snapshot.terms, check_query(query, settings), dataset, search=snapshot.search, settings=settings)
    assert found is not None
    return found


def place(query: str, part: str) -> tuple[int, int]:
    start = query.index(part, len(PROLOGUE))
    return query.count("\n", 0, start) + 1, start - query.rfind("\n", 0, start)


@pytest.mark.parametrize(("wrong", "right", "code", "about", "suggestion"), MENDED, ids=[row[0] for row in MENDED])
def test_a_fault_is_named_with_its_place_and_the_way_out_and_its_twin_is_left_alone(
    release, wrong, right, code, about, suggestion
):
    query = f"{PROLOGUE}SELECT * WHERE {{\n  {wrong}\n}}"
    [hint] = ask(release, query)
    assert (hint.code, hint.line, hint.column) == (code, *place(query, about))
    assert hint.suggestion == suggestion
    assert hint.suggestion in hint.sentence
    assert ask(release, f"{PROLOGUE}SELECT * WHERE {{\n  {right}\n}}") == ()


@pytest.mark.parametrize("row", [row for row in MENDED if "PERU" not in row[0] and "patrner" not in row[0]
                                 and "Peru" not in row[0]], ids=lambda row: row[0])  # fmt: skip
def test_the_queries_of_the_table_find_nothing_and_their_twins_something(release, row):
    wrong, right = (check_query(f"{PROLOGUE}SELECT * WHERE {{ {part} }}", Settings()) for part in row[:2])
    assert not release.engine.select(wrong)
    assert release.engine.select(right)


DEPRECATED = [
    ("?c ag:iso3 ?code", "ag:iso3", "skos:notation"),
    ("?c ag:iso2 'GH'", "ag:iso2", "skos:notation"),
    ("?a ag:theme/ag:dacCode '16013'", "ag:dacCode", "skos:broadMatch or skos:exactMatch"),
    ("?s ag:sha256 ?checksum", "ag:sha256", "<http://spdx.org/rdf/terms#checksum>"),
    ("?a ag:outcomeOrganization ?o", "ag:outcomeOrganization", "ag:outcome"),
]


@pytest.mark.parametrize(("pattern", "term", "successors"), DEPRECATED)
def test_a_deprecated_term_finds_something_and_its_successor_is_named(release, pattern, term, successors):
    query = f"{PROLOGUE}SELECT * WHERE {{\n  {pattern}\n}}"
    [hint] = ask(release, query)
    assert (hint.code, hint.line, hint.column) == ("deprecated-term", *place(query, term))
    assert hint.suggestion == successors.partition(" or ")[0]
    assert f"use {successors}." in hint.sentence
    assert release.engine.select(check_query(query, Settings()))


def test_a_question_about_a_deprecated_term_uses_none(release):
    assert ask(release, f"{PROLOGUE}SELECT * WHERE {{ ag:iso3 ?p ?o }}") == ()


PREFIXES = [
    ("dc: <http://purl.org/dc/elements/1.1/>", "?a dc:title ?t", "dc: <http://purl.org/dc/terms/>"),
    ("schema: <http://schema.org/>", "?a schema:domainIncludes ?t", "schema: <https://schema.org/>"),
    ("foaf: <http://xmlns.com/foaf/0.1>", "?a a foaf:Document", "foaf: <http://xmlns.com/foaf/0.1/>"),
    ("o: <https://w3id.org/actiongraph/ontology/>", "?a o:country ?c", "o: <https://w3id.org/actiongraph/ontology#>"),
    ("s: <http://www.w3.org/2004/02/skos/core>", "?a s:prefLabel ?c", "s: <http://www.w3.org/2004/02/skos/core#>"),
    ("act: <https://w3id.org/actiongraph/action/>", "act:2014-12 ?p ?o", "act: <https://w3id.org/actiongraph/id/action/>"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "pattern", "right"), PREFIXES)
def test_a_prefix_that_is_nearly_right_gives_one_hint_at_its_declaration(release, wrong, pattern, right):
    query = f"# a comment\nPREFIX {wrong}\nSELECT * WHERE {{ {pattern} . {pattern} }}"
    [hint] = ask(release, query)
    assert (hint.code, hint.line, hint.column) == ("prefix", 2, query.splitlines()[1].index("<") + 1)
    assert hint.suggestion == f"PREFIX {right}"
    assert ask(release, query.replace(wrong, right)) == ()


def test_from_and_the_request_tell_which_graphs_are_looked_in(release):
    pattern = f"{PROLOGUE}SELECT * @ WHERE {{ ?a ag:country ?c }}"
    for names in ("FROM g:derived", "FROM g:derived FROM g:reference"):
        [hint] = ask(release, pattern.replace("@", names))
        assert (hint.code, hint.suggestion) == ("other-graph", "g:other-pages")
    assert ask(release, pattern.replace("@", "FROM g:derived FROM g:social-security-policy")) == ()
    # What the request names wins over FROM (SPARQL 1.1 Protocol, section 2.1.4).
    asked = pattern.replace("@", "FROM g:derived")
    assert ask(release, asked, Dataset((IRI(GRAPH + "social-security-policy"),))) == ()
    [hint] = ask(release, pattern.replace("@", ""), Dataset((IRI(GRAPH + "derived"),)))
    assert hint.code == "other-graph"


def test_graph_needs_named_graphs(release):
    query = f"{PROLOGUE}SELECT * @ WHERE {{ GRAPH ?g {{ ?a ag:inChain ?c }} }}"
    [hint] = ask(release, query.replace("@", "FROM g:derived"))
    assert hint.code == "no-named-graphs"
    assert ask(release, query.replace("@", "FROM NAMED g:derived")) == ()
    named = f"{PROLOGUE}SELECT * FROM NAMED g:@ WHERE {{ GRAPH g:derived {{ ?a ag:inChain ?c }} }}"
    [hint] = ask(release, named.replace("@", "reference"))
    assert (hint.code, hint.suggestion) == ("graph-not-named", "FROM NAMED g:derived")
    assert ask(release, named.replace("@", "derived")) == ()


def test_a_hint_tells_how_often_the_nearest_occurs(release):
    data = rdflib.Dataset(default_union=True)
    data.parse(data=gzip.decompress(release.dump.read_bytes()).decode(), format="nquads")
    times = len(list(data.triples((None, AG.country, None))))
    [hint] = ask(release, PROLOGUE + "SELECT * { ?a ag:contry ?c }")
    assert f"ag:country ({times} times)" in hint.sentence


LEFT_ALONE = [
    "SELECT ?x { { ?x a ag:Country } UNION { ?x ag:partner ?p } }",
    "SELECT ?x { ?x a ag:Country FILTER NOT EXISTS { ?x ag:partner ?p } }",
    "SELECT ?x { ?x a ag:Country MINUS { ?x ag:partner ?p } }",
    "SELECT ?x { ?x a ag:Country { SELECT ?y { ?x ag:partner ?y } } }",
    "SELECT ?x { ?x a ag:Country . ?y ag:partner ?p }",
    "SELECT ?x { ?x a ag:Country . ?a (ag:country|ag:partner) ?x ; (ag:partner|ag:country)* ?x }",
    'ASK { ?x ag:country ?c FILTER(?c != "Ghana") }',
    'CONSTRUCT { ?a ag:made "up"@xx ; a ag:New } WHERE { ?a a ag:Action }',
    "SELECT * { ?a !(ag:nothing|^ag:nowhere) ?b }",
    'SELECT * { ?c skos:prefLabel ?l FILTER(LANG(?l) = "fr" || CONTAINS(?l, "xyz") || REGEX(?l, "^q")) }',
    'SELECT * { ?c skos:prefLabel ?l BIND(STR(?l) AS ?n) FILTER(?n = "Ghana") }',
    'SELECT * { VALUES ?n { "Ghana" } ?c skos:prefLabel ?l FILTER(STR(?l) = ?n) }',
    "SELECT * { ?s ag:confidence 0.950 ; ag:basis ?b }",
    'SELECT * { ?s ag:confidence ?c FILTER(?c >= 1 && ?c != "high" && ?c NOT IN ("low")) }',
    "SELECT (xsd:string(?c) AS ?t) { ?a ag:country ?c } GROUP BY ?c HAVING (COUNT(?a) > 100)",
    "SELECT * { { SELECT ?c { ?a ag:country ?c } ORDER BY xsd:string(?c) LIMIT 2 } ?c skos:notation [] }",
    "DESCRIBE cty:GHA",
    "ASK { [ a ag:Action ] ag:country [ skos:notation 'GHA'^^ag:iso3166-1-alpha-3 ] }",
    "BASE <https://w3id.org/actiongraph/> PREFIX o: <ontology#> ASK { <id/action/2014-12> a o:ReferencedAction }",
    "ASK { <https://w3id.org/actiongraph/id/action/2014\\u002D12> a ag:ReferencedAction }",
    "ASK { ?c ^ag:country/a ag:Action }",
    'ASK { ?x skos:prefLabel "' + "long " * 100 + '"@en }',
]  # fmt: skip


@pytest.mark.parametrize("query", LEFT_ALONE)
def test_what_need_not_be_in_the_data_gives_no_hint(release, query):
    body = query if query.startswith("BASE") else PROLOGUE + query
    assert ask(release, body) == ()


def test_an_example_with_an_answer_that_needs_all_it_names_gives_no_hint(release):
    from actiongraph.examples import load_examples

    silent = 0
    for example in load_examples(release.settings.base):
        query = check_query(example.text, Settings())
        may_be_absent = {"OPTIONAL", "UNION", "MINUS", "EXISTS"} & set(example.text.split())
        if query.form is QueryForm.SELECT and not may_be_absent and release.engine.select(query):
            assert ask(release, example.text) == (), example.name
            silent += 1
    assert silent > 5


def test_there_are_at_most_so_many_hints(release):
    patterns = " ".join(f"?a ag:nothing{number} ?b ." for number in range(MAX_HINTS * 2))
    assert len(ask(release, f"{PROLOGUE}ASK {{ {patterns} }}")) == MAX_HINTS


def test_when_the_time_is_over_what_was_found_by_then_is_said(release):
    snapshot = release.snapshots.current()
    with open_terms(snapshot.terms, timeout_s=0.0) as index:
        assert find_hints(check_query(PROLOGUE + "ASK { ?a ag:contry ?c }", Settings()), index) == ()


def test_where_there_is_no_index_nothing_is_said_rather_than_that_all_is_well(release):
    query: CheckedQuery = check_query(PROLOGUE + "ASK { ?a ag:contry ?c }", Settings())
    assert hints_for(None, query) is None


@pytest.mark.long("load")
@pytest.mark.parametrize(
    "query",
    [
        "ASK { VALUES ?x { " + " ".join(f"ag:x{n}" for n in range(18_000)) + " } ?x ?p ?y }",
        "ASK { ?y ?p ?x FILTER(?x IN (" + ",".join(f'"a {n}"' for n in range(15_000)) + ")) }",
        "ASK { ?a <http://e/" + "social-protection-" * 10_000 + "> ?b }",
        "ASK { GRAPH <https://w3id.org/actiongraph/graph/" + "derived-" * 20_000 + "> { ?a ?p ?b } }",
        "ASK { "
        + " ".join(f"?a <https://w3id.org/actiongraph/ontology#{'action' * 40}{n}> ?b ." for n in range(250))
        + " }",
        "ASK { " + " ".join(f"?a p{n}:action ?b ." for n in range(250)) + " }",
    ],
    ids=["values", "list", "long name", "long graph", "long names", "prefixes"],
)
def test_a_query_made_to_be_slow_gets_its_hints_within_a_second_or_two_and_in_few_words(release, query):
    prefixes = "".join(f"PREFIX p{n}: <https://w3id.org/actiongraph/ontolog{n}/>" for n in range(250))
    began = time.monotonic()
    found = ask(release, prefixes + PROLOGUE + query)
    assert time.monotonic() - began < 2
    assert sum(len(str(hint)) for hint in found) < 30_000


EDITED = [
    ("?a ag:contry ?c . ?b ag:contry ?d FILTER(?c != 'ag:contry')",
     ["?a ag:country ?c . ?b ag:country ?d FILTER(?c != 'ag:contry')"]),
    ("?a ag:country cty:COLL", ["?a ag:country cty:COL"]),
    ("?a ag:country <https://w3id.org/actiongraph/id/country/COLL>", ["?a ag:country cty:COL"]),
    ('?c skos:prefLabel "Ghana" , "Peru"@en', ['?c skos:prefLabel "Ghana"@en , "Peru"@en']),
    ('?c skos:prefLabel "Ghana"@fr', ['?c skos:prefLabel "Ghana"@en']),
    ('?c ag:chainLength "2"^^xsd:string', ["?c ag:chainLength 2"]),
    ('?c ag:chainLength ?n FILTER(?n > "1")', ["?c ag:chainLength ?n FILTER(?n > 1)"]),
    ("GRAPH g:derive { ?a ag:inChain ?c }", ["GRAPH g:derived { ?a ag:inChain ?c }"]),
    ("GRAPH g:derived { ?a ag:country ?c }", ["GRAPH g:other-pages { ?a ag:country ?c }"]),
    ('?a ag:startDate ?d FILTER(?d >= "2015-01-01"^^xsd:date)', [
        '?a ag:earliestStart ?d FILTER(?d >= "2015-01-01"^^xsd:date)',
        '?a ag:latestStart ?d FILTER(?d >= "2015-01-01"^^xsd:date)']),
    # Two properties of that name: which of them the comparison is about would be a guess.
    ('?a ag:startDate ?d . ?b ag:startDate ?e FILTER(?d >= "2015-01-01"^^xsd:date)', []),
    ('?a ag:country "Ghana" . ?b ag:country "Ghana"', ["?a ag:country cty:GHA . ?b ag:country cty:GHA"]),
    ("?a ag:country 57", []),
    ("?a ag:partner cty:COL", ["?a ag:expertsFrom cty:COL", "?a ag:country cty:COL"]),
    ("?c ^ag:country/ag:country ?d . ?d ag:country ?e", ["?c ^ag:country/ag:country ?d . ?d ^ag:country ?e"]),
    ('?d dcterms:issued ?on FILTER(?on >= "2016-01-01"^^xsd:date)', []),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "right"), EDITED, ids=[row[0] for row in EDITED])
def test_the_edits_of_a_hint_make_the_queries_that_may_be_meant(release, wrong, right):
    query = f"{PROLOGUE}SELECT * WHERE {{ {wrong} }}"
    [hint] = ask(release, query)
    assert [edit.apply(query) for edit in hint.edits] == [f"{PROLOGUE}SELECT * WHERE {{ {found} }}" for found in right]


def test_edits_add_to_the_dataset_and_mend_prefixes(release):
    query = f"{PROLOGUE}SELECT * FROM g:derived WHERE {{ ?a ag:country ?c }}"
    [hint] = ask(release, query)
    assert [edit.apply(query) for edit in hint.edits] == [query.replace("g:derived", "g:derived FROM g:other-pages")]
    assert ask(release, query.replace(" FROM g:derived", ""), Dataset((IRI(f"{GRAPH}derived"),)))[0].edits == ()
    query = "PREFIX ag: <http://w3id.org/actiongraph/ontology#> ASK { ?a ag:country ?c }"
    [hint] = ask(release, query)
    assert [edit.apply(query) for edit in hint.edits] == [query.replace("http:", "https:")]


def test_an_edit_has_a_long_text_whole(release):
    address = "socieux-in-mexico-establishment-of-the-national-organization-of-state-social-security-institutions-es"
    title = f'"Web page at socieux.eu/es/{address}"'
    query = f"{PROLOGUE}ASK {{ ?s dcterms:title {title} }}"
    [hint] = ask(release, query)
    assert "…" in hint.suggestion
    assert [edit.apply(query) for edit in hint.edits] == [query.replace(title, f"{title}@en")]
