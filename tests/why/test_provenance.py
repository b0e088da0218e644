"""On what the triples of a row rest: expected values are those of `data/` and `ontology/`, read there."""

from __future__ import annotations

from functools import partial

import pytest

from actiongraph.sparql.guard import check_query
from actiongraph.things import explanation
from actiongraph.things.explanation_documents import as_text
from actiongraph.things.provenance import Provenance, ProvenanceKind

BASE = "https://w3id.org/actiongraph/"
PREFIXES = f"""PREFIX ag: <{BASE}ontology#>
PREFIX act: <{BASE}id/action/>
PREFIX cty: <{BASE}id/country/>
PREFIX team: <{BASE}id/team/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


def explained(release, query: str, number: int = 0) -> explanation.Explanation:
    checked = check_query(PREFIXES + query, release.settings)
    row = release.engine.select(checked)[number] if query.startswith("SELECT") else None
    check = partial(check_query, settings=release.settings)
    return explanation.explain(release.engine, checked, row, check=check, settings=release.settings)


def provenance(release, triple: str) -> Provenance:
    [only] = explained(release, f"ASK {{ {triple} }}").triples
    return only.provenance


def test_why_spain_stands_in_a_row_to_the_sentence(release) -> None:
    query = (
        "SELECT ?country { act:informal-economy-coverage-bogota ag:expertsFrom ?country FILTER(?country = cty:ESP) }"
    )
    [only] = explained(release, query).triples
    assert only.names == ("Social protection coverage in the informal economy", "experts from", "Spain")
    assert only.provenance.kind is ProvenanceKind.STATED
    [evidence] = only.provenance.evidence
    [passage] = evidence.passages
    # data/social-security-policy.ttl has it beside ag:expertsFrom of the action.
    assert (passage.quote, passage.start, passage.end) == ("France, Italy, and Spain", 7901, 7925)
    assert str(passage.source.iri) == f"{BASE}id/source/social-security-policy"
    assert evidence.statement.startswith(f"{BASE}id/action/informal-economy-coverage-bogota#")


def test_a_conclusion_has_its_reason_and_confidence(release) -> None:
    found = provenance(release, "team:bogota-esp ag:sendingCountry cty:ESP")
    assert found.kind is ProvenanceKind.INFERRED
    [evidence] = found.evidence
    assert str(evidence.confidence) == "0.9"
    assert evidence.reason.startswith("The source gives three teams and three countries;")


@pytest.mark.parametrize(
    ("triple", "kind", "graphs"),
    [
        ("cty:ESP skos:prefLabel 'Spain'@en", ProvenanceKind.SET_BY_CURATORS, ["reference"]),
        ("ag:country a ?class FILTER(CONTAINS(STR(?class), 'owl#'))", ProvenanceKind.VOCABULARY, ["vocabulary"]),
        ("act:informal-economy-coverage-bogota a ag:Action", ProvenanceKind.ON_RECORD, ["social-security-policy"]),
        (
            "<https://w3id.org/actiongraph/dataset> a <http://www.w3.org/ns/dcat#Dataset>",
            ProvenanceKind.CATALOGUE,
            ["catalog"],
        ),
    ],
)
def test_what_has_no_statement_is_not_called_stated(release, triple: str, kind: ProvenanceKind, graphs) -> None:
    found = provenance(release, triple)
    assert (found.kind, found.evidence) == (kind, ())
    assert [graph.removeprefix(f"{BASE}graph/") for graph in found.graphs] == graphs


FIRST, SECOND = "act:informal-economy-coverage-bogota", "act:consolidation-of-strategy-bogota"
PROBABLE = (
    f"{BASE}ontology#probableFollowUpOf",
    "consolidation-of-strategy-bogota",
    "informal-economy-coverage-bogota",
)


@pytest.mark.parametrize(
    ("triple", "rule", "origin"),
    [
        (f"{FIRST} ag:probablyFollowedBy {SECOND}", "the other way round, a probable follow-up", PROBABLE),
        (f"{SECOND} ag:comesAfter {FIRST}", "follow-ups lead from one action to the other", None),
        (f"{SECOND} ag:inChain ?chain", "actions that follow-ups join are one chain", None),
        ("?chain a ag:Chain ; ag:chainRoot ?root FILTER(CONTAINS(STR(?root), 'informal'))", "one chain", None),
        (f"{SECOND} ag:chainDepth 1", "the number of links from a root of the chain", None),
        ("act:2014-25 ag:startYear 2015", "a day or a year that can be compared", None),
        ("team:bogota-esp rdfs:label 'Expert team from Spain'@en", "a name made of what is known of the thing", None),
        ("cty:ESP ag:iso3 'ESP'", "an older property", None),
    ],
)
def test_a_computed_triple_tells_its_rule(release, triple: str, rule: str, origin) -> None:
    found = explained(release, f"ASK {{ {triple} }}").triples[0].provenance
    assert found.kind is ProvenanceKind.COMPUTED
    assert rule in found.rule
    assert [graph.removeprefix(f"{BASE}graph/") for graph in found.graphs] == ["derived"]
    if origin:
        subject, predicate, object_ = found.computed_from
        assert (str(predicate), *(str(term).rpartition("/")[2] for term in (subject, object_))) == origin
        assert found.evidence[0].reason.startswith("The source calls it the second cooperation")


@pytest.mark.parametrize(
    ("triple", "rule", "narrower"),
    [
        # As rdfs:subPropertyOf and rdfs:subClassOf have it in ontology/actiongraph.ttl.
        ("act:social-protection-coordination-ghana prov:wasInformedBy act:2014-12", "the wider one too", "followUpOf"),
        (f"{FIRST} a foaf:Project", "what is of a class is of the wider one too", "Action"),
    ],
)
def test_what_follows_from_a_narrower_term_leads_to_it(release, triple: str, rule: str, narrower: str) -> None:
    found = provenance(release, triple)
    assert found.kind is ProvenanceKind.COMPUTED
    assert rule in found.rule
    assert f"{BASE}ontology#{narrower}" in map(str, found.computed_from)


def test_a_graph_that_is_named_is_the_one_that_counts(release) -> None:
    query = f"SELECT ?g {{ GRAPH ?g {{ {FIRST} ag:country cty:COL }} }}"
    [only] = explained(release, query).triples
    assert [str(graph) for graph in only.provenance.graphs] == [f"{BASE}graph/social-security-policy"]


def test_as_text_it_is_sentences_that_command_no_terminal(release) -> None:
    query = (
        "SELECT ?country { act:informal-economy-coverage-bogota ag:expertsFrom ?country FILTER(?country = cty:ESP) }"
    )
    assert as_text(explained(release, query)) == (
        "Why this row is there: 1 triple\n"
        "  country: Spain\n"
        "\n"
        "1. Social protection coverage in the informal economy: experts from Spain\n"
        "   stated\n"
        "   “France, Italy, and Spain” (Web page listing actions in social security policy, characters 7901\n"
        "     to 7925)\n"
        "\n"
        "Conditions of the query:\n"
        "  holds: FILTER(?country = cty:ESP)\n"
    )
