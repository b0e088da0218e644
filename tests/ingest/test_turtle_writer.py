"""Records as Turtle: what is written for which claim, and that anybody's words come through whole."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib import DCTERMS, RDF, SKOS
from rdflib.compare import isomorphic

from actiongraph.ingest.claims import Basis, Claim, Property, Record, Refusal, SourcePassage
from actiongraph.ingest.draft import Dangling, summarize
from actiongraph.ingest.keys import digest
from actiongraph.ingest.turtle_writer import SourceDescription, Surroundings, draft_turtle, literal
from actiongraph.text import one_line
from actiongraph.vocabulary import AG, BASE

SHA = "8e90b063dd5a82a8f1cbe4382018d99476d01e0ea0b2a5dc4240c5b83123d9bf"
SOURCE = SourceDescription("wells", "List of wells", SHA, "text/csv", address="https://wells.example.org/list.csv")
ACT = rdflib.Namespace(BASE["id/action/"])


def said(property_: Property, value: str, **more: object) -> Claim:
    return Claim(property_, value, "column", **more)  # type: ignore[arg-type]


def concluded(property_: Property, value: str, reason: str, confidence: float, *passages: SourcePassage) -> Claim:
    return Claim(property_, value, "title", Basis.INFERRED, passages, reason, confidence)


def record(number: str, *claims: Claim, row: int | None = 2, refusals: tuple[Refusal, ...] = ()) -> Record:
    return Record(number, row or 7, (said(Property.NUMBER, number), *claims), refusals, row)


def graph(text: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=text, format="turtle")


WELLS = (
    record(
        "W-010",
        said(Property.TITLE, "A plan for Kara"),
        said(Property.PARTNER, "Water Office"),
        said(Property.PARTNER_NATIVE, "Office des eaux", language="fr"),
        said(Property.PARTNER_ABBREVIATION, "WO"),
        said(Property.PARTNER_AS_PRINTED, "Water Office [Office des eaux] (WO)"),
        said(Property.COUNTRY, "TGO"),
        said(Property.START, "2019-03"),
        said(Property.END, "2019-11-30"),
        said(Property.EXPERTS_FROM, "PRT"),
        said(Property.EXPERTS_FROM, "ESP"),
        said(Property.TEAM_COUNT, "2"),
        said(Property.ASSISTANCE_TYPE, "Policy development"),
        said(Property.SECTOR, "14010"),
        said(Property.CHILD, "W-011"),
        said(Property.IMPLEMENTING_ORGANIZATION, "Aid Works"),
    ),
    record(
        "W-011",
        said(Property.TITLE, "A plan for Kara, phase II"),
        said(Property.FUNDING_ORGANIZATION, "Aid Works"),
        concluded(Property.COUNTRY, "TGO", "Kara lies in Togo.", 0.95),
        concluded(Property.FOLLOW_UP_OF, "W-010", "Phase II of it.", 0.8),
        said(Property.START, "2021"),
        said(Property.PARENT, "W-010"),
        said(Property.SIBLING, "W-009"),
        row=3,
    ),
    record("W-012", said(Property.FOLLOW_UP_OF, "W-011"), row=4),
)
AROUND = Surroundings(
    things={"id/country/TGO": "reference.ttl"},
    concepts={
        ("assistance", "policy development"): "concept/assistance/policy-development",
        ("dac-sector", "14010"): "concept/dac-sector/14010",
    },
)
WRITTEN = f"""
@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<id/source/wells> a ag:Source ; dcterms:title "List of wells"@en ; dcterms:format "text/csv" ;
  schema:url <https://wells.example.org/list.csv> ; spdx:checksum <id/source/wells#checksum> .
<id/source/wells#checksum> a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_sha256 ;
  spdx:checksumValue "{SHA}"^^xsd:hexBinary .

<id/org/tgo-water-office> a org:Organization ; skos:prefLabel "Water Office"@en, "Office des eaux"@fr ;
  ag:abbreviation "WO" ; ag:stated [ rdf:predicate skos:prefLabel, ag:abbreviation ; rdf:value "row=2" ] .
<id/org/aid-works> a org:Organization ; skos:prefLabel "Aid Works"@en ;
  ag:stated [ rdf:predicate skos:prefLabel ; rdf:value "row=2" ] .

<id/country/PRT> a ag:Country ; skos:prefLabel "Portugal"@en ;
  skos:notation "PT"^^ag:iso3166-1-alpha-2, "PRT"^^ag:iso3166-1-alpha-3 ;
  skos:exactMatch <http://publications.europa.eu/resource/authority/country/PRT> .
<id/country/ESP> a ag:Country ; skos:prefLabel "Spain"@en ;
  skos:notation "ES"^^ag:iso3166-1-alpha-2, "ESP"^^ag:iso3166-1-alpha-3 ;
  skos:exactMatch <http://publications.europa.eu/resource/authority/country/ESP> .

<id/action/w-010> a ag:Action, ag:DescribedAction ; ag:actionNumber "W-010" ; dcterms:title "A plan for Kara"@en ;
  ag:partner <id/org/tgo-water-office> ; ag:partnerNameAsPrinted "Water Office [Office des eaux] (WO)" ;
  ag:implementingOrganization <id/org/aid-works> ; ag:country <id/country/TGO> ;
  ag:assistanceType <concept/assistance/policy-development> ; dcterms:subject <concept/dac-sector/14010> ;
  ag:startDate "2019-03"^^xsd:gYearMonth ; ag:endDate "2019-11-30"^^xsd:date ; ag:teamCount 2 ;
  ag:expertsFrom <id/country/PRT>, <id/country/ESP> ; ag:childAction <id/action/w-011> ;
  dcterms:source <id/source/wells> ;
  ag:stated [ rdf:value "row=2" ; rdf:predicate ag:actionNumber, dcterms:title, ag:partner, ag:partnerNameAsPrinted,
    ag:implementingOrganization, ag:country, ag:assistanceType, dcterms:subject, ag:startDate, ag:endDate,
    ag:teamCount, ag:expertsFrom, ag:childAction ] .

<id/action/w-011> a ag:Action, ag:DescribedAction ; ag:actionNumber "W-011" ;
  dcterms:title "A plan for Kara, phase II"@en ; ag:fundingOrganization <id/org/aid-works> ;
  ag:country <id/country/TGO> ; ag:startDate "2021"^^xsd:gYear ; ag:probableFollowUpOf <id/action/w-010> ;
  ag:parentAction <id/action/w-010> ; ag:siblingAction <id/action/w-009> ; dcterms:source <id/source/wells> ;
  ag:stated [ rdf:value "row=3" ; rdf:predicate ag:actionNumber, dcterms:title, ag:fundingOrganization,
      ag:startDate, ag:parentAction, ag:siblingAction ],
    [ rdf:value "row=3" ; rdf:predicate ag:country ; ag:confidence 0.95 ; ag:reason "Kara lies in Togo."@en ],
    [ rdf:value "row=3" ; rdf:predicate ag:probableFollowUpOf ; ag:confidence 0.8 ; ag:reason "Phase II of it."@en ] .

<id/action/w-012> a ag:Action, ag:ReferencedAction ; ag:actionNumber "W-012" ; ag:followUpOf <id/action/w-011> ;
  dcterms:source <id/source/wells> ;
  ag:stated [ rdf:value "row=4" ; rdf:predicate ag:actionNumber, ag:followUpOf ] .

<id/action/w-009> a ag:Action, ag:ReferencedAction ; ag:actionNumber "W-009" ; dcterms:source <id/source/wells> ;
  ag:stated [ rdf:value "row=3" ; rdf:predicate ag:actionNumber ] .
"""


def test_every_claim_becomes_its_fact_with_its_evidence():
    draft = draft_turtle(WELLS, SOURCE, AROUND)
    assert isomorphic(graph(draft.text), graph(WRITTEN))
    summary = summarize(draft.ledger, 1_000)
    assert (summary.written, summary.first_refused, list(draft.dangling)) == (3, [], [Dangling("W-009", 3)])


def test_words_are_quoted_where_the_source_has_them():
    one, other = SourcePassage(10, "in Togo"), SourcePassage(40, "Lomé")
    found = graph(
        draft_turtle(
            [
                Record(
                    "2014-12",
                    3,
                    (
                        said(Property.NUMBER, "2014-12", passages=(SourcePassage(0, "2014-12"),)),
                        said(Property.COUNTRY, "TGO", passages=(one,)),
                        concluded(Property.COUNTRY, "GHA", "As read.", 0.6, one, other),
                    ),
                )
            ],
            SOURCE,
            Surroundings(things={"id/country/TGO": "r.ttl", "id/country/GHA": "r.ttl"}),
        ).text
    )
    wanted = graph("""
        @base <https://w3id.org/actiongraph/> .
        @prefix ag: <https://w3id.org/actiongraph/ontology#> .
        @prefix oa: <http://www.w3.org/ns/oa#> .
        @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
        <id/action/2014-12> ag:stated
          [ rdf:predicate ag:actionNumber ; oa:start 0 ; oa:exact "2014-12" ],
          [ rdf:predicate ag:country ; rdf:object <id/country/TGO> ; oa:start 10 ; oa:exact "in Togo" ],
          [ rdf:predicate ag:country ; rdf:object <id/country/GHA> ; ag:confidence 0.6 ; ag:reason "As read."@en ;
            ag:evidence [ oa:start 10 ; oa:exact "in Togo" ], [ oa:start 40 ; oa:exact "Lomé" ] ] .
    """)
    entries = rdflib.Graph()
    for entry in found.objects(ACT["2014-12"], AG.stated):
        entries.add((ACT["2014-12"], AG.stated, entry))
        for triple in found.triples((entry, None, None)):
            entries.add(triple)
            entries += found.triples((triple[2], None, None)) if triple[1] == AG.evidence else ()
    assert isomorphic(entries, wanted)


def test_a_record_without_words_and_rows_is_its_line():
    found = draft_turtle([record("W-001", row=None)], SOURCE).text
    assert '[ rdf:predicate ag:actionNumber ; rdf:value "line=6,7" ]' in found


def test_the_same_claims_give_the_same_bytes_and_no_key_depends_on_the_order():
    assert draft_turtle(WELLS, SOURCE, AROUND).text == draft_turtle(WELLS, SOURCE, AROUND).text
    records = [record(number, row=row) for row, number in enumerate(("T-HOA-03", "T-HoA-03", "t hoa 03", "Ünü"), 2)]
    keys = []
    for seed in range(4):
        random.Random(seed).shuffle(records)
        found = graph(draft_turtle(records, SOURCE).text)
        keys.append({str(number): str(action) for action, number in found.subject_objects(AG.actionNumber)})
    assert keys == keys[:1] * 4
    assert len(set(keys[0].values())) == 4
    assert keys[0]["T-HOA-03"] == str(ACT["t-hoa-03"])


def test_blank_nodes_stand_in_evidence_alone():
    found = graph(draft_turtle(WELLS, SOURCE, AROUND).text)
    assert {predicate for _, predicate, term in found if isinstance(term, rdflib.BNode)} == {AG.stated}


def test_parents_children_and_siblings_are_never_follow_ups():
    claims = [said(property_, "W-010") for property_ in (Property.PARENT, Property.CHILD, Property.SIBLING)]
    found = graph(draft_turtle([WELLS[0], record("W-020", *claims)], SOURCE, AROUND).text)
    assert set(found.predicates(ACT["w-020"], ACT["w-010"])) == {
        AG.parentAction, AG.childAction, AG.siblingAction,
    }  # fmt: skip
    assert not list(found.subject_objects(AG.followUpOf)) + list(found.subject_objects(AG.probableFollowUpOf))


def test_a_link_that_is_stated_is_not_probable_as_well():
    link = concluded(Property.FOLLOW_UP_OF, "W-010", "Phase II.", 0.8)
    found = graph(draft_turtle([WELLS[0], record("W-020", link, said(Property.FOLLOW_UP_OF, "W-010"))], SOURCE).text)
    assert set(found.predicates(ACT["w-020"], ACT["w-010"])) == {AG.followUpOf}


def test_what_a_file_beside_it_describes_is_not_described_again():
    around = Surroundings(
        things={"id/org/aid-works": "reference.ttl", "id/action/known": "page.ttl", "id/action/w-012": "page.ttl"},
        actions={"W-777": "id/action/known"},
    )
    links = [said(Property.FOLLOW_UP_OF, "W-777"), said(Property.PARENT, "known")]
    agency = said(Property.FUNDING_ORGANIZATION, "Aid Works")
    records = [record("W-001", *links, agency), record("W-012", row=3), record("W-777", row=4)]
    draft = draft_turtle(records, SOURCE, around)
    found = graph(draft.text)
    assert set(found.predicates(ACT["w-001"], ACT["known"])) == {AG.followUpOf, AG.parentAction}
    assert not list(found.predicate_objects(BASE["id/org/aid-works"]))
    assert not list(found.objects(ACT["known"], RDF.type))
    assert (ACT["known"], DCTERMS.source, BASE["id/source/wells"]) in found
    summary = summarize(draft.ledger, 1_000)
    merged = [(each.line, each.action, each.file) for each in summary.first_merged]
    assert merged == [(3, "w-012", "page.ttl"), (4, "known", "page.ttl")]
    assert (summary.written, summary.first_refused) == (1, [])


def test_ministries_of_one_name_in_two_countries_are_two_and_an_agency_is_one():
    records = [
        record(
            number, said(Property.COUNTRY, country), *(said(Property.IMPLEMENTING_ORGANIZATION, name) for name in names)
        )
        for number, country in (("A", "TGO"), ("B", "GHA"))
        for names in [("Ministry of Health", "Aid Works")]
    ]
    found = graph(draft_turtle(records, SOURCE).text)
    named = {str(term).rpartition("/")[2] for term in found.objects(None, AG.implementingOrganization)}
    assert named == {"tgo-ministry-of-health", "gha-ministry-of-health", "aid-works"}


@pytest.mark.parametrize(
    ("claims", "rule"),
    [
        ([said(Property.START, "2015"), said(Property.START, "2016")], "second-value"),
        ([said(Property.TITLE, "One"), said(Property.TITLE, "Two")], "second-value"),
        ([said(Property.TITLE, "X")], "short-title"),
        ([said(Property.ASSISTANCE_TYPE, "Policy development and magic")], "unknown-assistance-type"),
        ([said(Property.SECTOR, "99999")], "unknown-sector"),
        ([said(Property.PARENT, "W-001")], "link-to-itself"),
        ([said(Property.PLACE, "Kara")], "place-without-country"),
        ([said(Property.PARTICIPANT, "Ministry")], "participant-without-activity"),
        ([said(Property.OUTCOME, "A law")], "outcome-without-kind"),
    ],
)
def test_what_cannot_be_written_is_refused_and_the_rest_is_there(claims, rule):
    draft = draft_turtle([record("W-001", *claims)], SOURCE, AROUND)
    summary = summarize(draft.ledger, 1_000)
    assert [(each.line, each.key, each.refusal.rule) for each in summary.first_refused] == [(2, "W-001", rule)]
    assert (ACT["w-001"], AG.actionNumber, rdflib.Literal("W-001")) in graph(draft.text)


def test_types_that_follow_each_other_in_one_value_are_told_apart_the_longest_first():
    names = {"capacity building": "short", "institutional capacity building": "long", "policy development": "policy"}
    around = Surroundings(concepts={("assistance", name): f"concept/assistance/{key}" for name, key in names.items()})
    value = "Institutional capacity building, Policy development Capacity building"
    found = graph(draft_turtle([record("W-001", said(Property.ASSISTANCE_TYPE, value))], SOURCE, around).text)
    keys = {str(each).rpartition("/")[2] for each in found.objects(ACT["w-001"], AG.assistanceType)}
    assert keys == {"long", "policy", "short"}


def test_visits_places_documents_and_series_are_things_of_their_own():
    claims = [
        said(Property.COUNTRY, "COL"),
        said(Property.PLACE, "Bogotá"),
        said(Property.VISITED_COUNTRY, "ESP"),
        said(Property.PARTICIPANT, "City Council"),
        said(Property.DOCUMENT, "National Strategy"),
        said(Property.SERIES, "Peer visits"),
    ]
    found = graph(draft_turtle([record("W-001", *claims)], SOURCE).text)
    [visit] = found.objects(ACT["w-001"], AG.hasActivity)
    assert set(found.objects(visit, AG.visitedCountry)) == {BASE["id/country/ESP"]}
    assert set(found.objects(visit, AG.participant)) == {BASE["id/org/city-council"]}
    assert not list(found.objects(ACT["w-001"], AG.expertsFrom))
    [place] = found.objects(ACT["w-001"], AG.place)
    assert (place, found.value(place, AG.placeInCountry)) == (BASE["id/place/col-bogota"], BASE["id/country/COL"])
    assert found.value(BASE["id/document/national-strategy"], DCTERMS.title) == rdflib.Literal(
        "National Strategy", "en"
    )
    assert found.value(BASE["id/series/peer-visits"], SKOS.prefLabel) == rdflib.Literal("Peer visits", "en")


def test_a_refused_record_is_not_written_and_what_links_to_it_dangles():
    refused = Record("W-010", 2, (), (Refusal("repeated-key", "It was there.", is_whole=True),), 2)
    draft = draft_turtle([refused, record("W-011", said(Property.FOLLOW_UP_OF, "W-010"), row=3)], SOURCE)
    found = graph(draft.text)
    summary = summarize(draft.ledger, 1_000)
    assert summary.written == 1
    assert list(draft.dangling) == [Dangling("W-010", 3)]
    assert (ACT["w-010"], RDF.type, AG.ReferencedAction) in found


def test_a_blank_value_is_refused_whoever_claims_it():
    draft = draft_turtle([record("W-001", said(Property.PARTNER, " \u202e"), said(Property.TITLE, "A plan"))], SOURCE)
    summary = summarize(draft.ledger, 1_000)
    assert [each.refusal.rule for each in summary.first_refused] == ["blank-value"]
    assert not list(graph(draft.text).objects(None, AG.partner))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_literal_that_both_parsers_read_back(text):
    line = f"<urn:a> <urn:b> {literal(text)} ."
    assert "\n" not in line
    [term] = rdflib.Graph().parse(data=line, format="turtle").objects()
    assert str(term) == text
    [quad] = ox.parse(line, format=ox.RdfFormat.TURTLE)
    assert quad.object.value == text


@given(st.text(), st.text(), st.text())
def test_any_words_of_a_source_make_turtle_that_says_them(title, partner, other):
    claims = [said(Property.TITLE, title), said(Property.PARTNER, partner), said(Property.PARENT, other)]
    source = SourceDescription("s", title, SHA, other)
    whole = [claim for claim in claims if one_line(claim.value)]
    found = graph(
        draft_turtle([Record(f"key {title}\n{other}", 2, (said(Property.NUMBER, "W-1"), *whole), (), 2)], source).text
    )
    [action] = found.subjects(AG.actionNumber, rdflib.Literal("W-1"))
    predicate = DCTERMS.title if one_line(partner) else SKOS.prefLabel
    expected = [one_line(title)] if len(one_line(title)) >= 3 else []
    assert [str(each) for each in found.objects(action, predicate)] == expected
    names = [str(each) for thing in found.objects(action, AG.partner) for each in found.objects(thing, SKOS.prefLabel)]
    assert names == ([one_line(partner)] if one_line(partner) else [])


def test_half_of_a_pair_which_no_file_can_hold_is_written_as_a_replacement():
    assert literal("\ud800") == '"\\uFFFD"'
    assert digest("\ud800") != digest("\ud801")
