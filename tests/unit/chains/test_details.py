"""Which of several names, dates and statements a chain shows, also where data is not as it should be."""

from decimal import Decimal

import pyoxigraph as ox
import pytest

from actiongraph.chains.dates import Gap
from actiongraph.chains.model import Chain, Evidence, Named, Passage
from actiongraph.chains.trace import trace_chain
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

PREFIXES = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@base <https://w3id.org/actiongraph/id/> .
"""
LINK = "<action/b> ag:followUpOf <action/a> . "


def chain_of(turtle: str) -> Chain:
    quads = ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE)
    return trace_chain(OxigraphEngine.in_memory(quads, union_default=False), "a", settings=Settings())


@pytest.mark.parametrize(
    ("titles", "shown"),
    [
        ('"Ayuda"@es, "Help"@en, "Aid"', "Help"),
        ('"Ayuda"@es, "Help"@en-GB, "Aid"', "Help"),
        ('"Ayuda"@es, "Zeal"', "Zeal"),
        ('"Hilfe"@de, "Ayuda"@es', "Hilfe"),
    ],
)
def test_english_is_shown_then_no_language_then_any(titles: str, shown: str):
    assert chain_of(f"<action/a> a ag:Action ; dcterms:title {titles} .").steps[0].title == shown


def test_an_action_known_by_nothing_but_its_number_is_a_stub():
    [step] = chain_of('<action/a> ag:actionNumber "2014-12" .').steps
    assert (step.number, step.described) == ("2014-12", False)


@pytest.mark.parametrize(
    ("types", "described"),
    [
        ("ag:Action", True),
        ("ag:DescribedAction", True),
        ("ag:ReferencedAction", False),
        ("ag:Action, ag:ReferencedAction", False),
    ],
)
def test_a_referenced_action_is_a_stub_even_with_a_title(types: str, described: bool):
    assert chain_of(f'<action/a> a {types} ; dcterms:title "Help" .').steps[0].described is described


def test_dates_are_shown_as_printed():
    [step] = chain_of('<action/a> ag:startDate "2014-03" ; ag:endDate "2015" ; a ag:Action .').steps
    assert (step.start, step.end) == ("2014-03", "2015")


def test_a_partner_known_only_by_name_is_shown_as_printed_and_never_beside_the_organization():
    printed = '<action/a> a ag:Action ; ag:partnerNameAsPrinted "Minstry" . '
    assert chain_of(printed).steps[0].partners == (Named("Minstry"),)
    ministry = IRI("https://w3id.org/actiongraph/id/org/ministry")
    linked = (
        printed
        + '<action/a> ag:partner <org/ministry> . <org/ministry> skos:prefLabel "Ministerio"@es, "Ministry"@en .'
    )
    assert chain_of(linked).steps[0].partners == (Named("Ministry", ministry),)


def test_what_has_no_name_is_shown_by_its_key():
    [step] = chain_of("<action/a> ag:country <country/GHA> ; ag:assistanceType <x/advice/> ; a ag:Action .").steps
    assert [thing.name for thing in (*step.countries, *step.assistance_types)] == ["GHA", "advice"]


def test_themes_outcomes_and_facilities_are_shown_by_name():
    [step] = chain_of(
        "<action/a> a ag:Action ; ag:theme <theme/x>, <theme/y> ; ag:outcomeOrganization <org/o> ; "
        "ag:underFacility <facility/f> . <theme/x> skos:prefLabel 'Work'@en . <org/o> skos:prefLabel 'Forum'@en ."
    ).steps
    assert [[thing.name for thing in things] for things in (step.themes, step.outcomes, step.facilities)] == [
        ["Work", "y"],
        ["Forum"],
        ["f"],
    ]


def test_a_link_has_the_time_between_its_actions():
    dated = f'{LINK} <action/a> ag:endDate "2014-03-05" . <action/b> ag:startDate "2014-04" .'
    assert chain_of(dated).links[0].gap == Gap(27, 56)
    assert chain_of(LINK).links[0].gap is None


def test_each_team_keeps_its_own_countries():
    [step] = chain_of(
        "<action/a> a ag:Action ; ag:expertTeam <team/1>, <team/2>, <team/3> ."
        "<country/FRA> skos:prefLabel 'France'@en, 'Francia'@es ."
        "<team/1> ag:sendingCountry <country/FRA>, <country/ESP> . <team/2> ag:sendingCountry <country/FRA> ."
    ).steps
    assert [[country.name for country in team.countries] for team in step.teams] == [["ESP", "France"], ["France"], []]


def test_an_open_end_is_a_follow_up_that_follows_nothing_in_the_chain():
    called = "<action/a> ag:describedAsFollowUp {} . <action/b> ag:describedAsFollowUp true . "
    assert [step.open_end for step in chain_of(LINK + called.format("true")).steps] == [True, False]
    assert [step.open_end for step in chain_of(LINK + called.format("false")).steps] == [False, False]
    assert chain_of("<action/a> ag:followUpOf <action/a> ; ag:describedAsFollowUp true .").steps[0].open_end


ABOUT = "rdf:subject <action/b> ; rdf:predicate ag:followUpOf ; rdf:object"
STATEMENT = f"<statement/1> {ABOUT} <action/a> ; "


def test_evidence_is_whole_for_each_statement_and_passages_stand_in_the_order_of_the_source():
    evidence = (
        chain_of(
            f"""{LINK} {STATEMENT} ag:basis <basis/stated> ; ag:reason "Weil"@de, "Because"@en ; ag:confidence 0.70 ;
          ag:evidence <#late>, <#early> .
        <basis/stated> skos:prefLabel "stated"@en, "genannt"@de .
        <#late> oa:hasSource <source/s> ; oa:hasSelector [ oa:exact "two" ] , [ oa:start 30 ; oa:end 33 ] .
        <#early> oa:hasSource <source/s> ; oa:hasSelector [ oa:start 4 ; oa:end 7 ; oa:exact "one" ] .
        <source/s> dcterms:title "Seite"@de, "Page"@en .
        <statement/2> {ABOUT} <action/a> ; ag:basis <basis/external> .
        <statement/3> {ABOUT} <action/z> ; ag:reason "Not this link."@en ."""
        )
        .links[0]
        .evidence
    )
    base = "https://w3id.org/actiongraph/id/"
    page = Named("Page", IRI(base + "source/s"))
    assert evidence == (
        Evidence(
            "stated",
            "Because",
            Decimal("0.70"),
            (Passage("one", 4, 7, page, IRI(base + "#early")), Passage("two", 30, 33, page, IRI(base + "#late"))),
            IRI(base + "statement/1"),
            IRI(base + "basis/stated"),
        ),
        Evidence("external", statement=IRI(base + "statement/2"), basis_concept=IRI(base + "basis/external")),
    )


@pytest.mark.parametrize("confidence", ['"high"', '"NaN"^^<http://www.w3.org/2001/XMLSchema#double>', '""'])
def test_a_confidence_that_is_no_number_is_none(confidence: str):
    assert chain_of(f"{LINK} {STATEMENT} ag:confidence {confidence} .").links[0].evidence[0].confidence is None


def test_an_action_that_follows_only_itself_is_neither_fork_nor_join():
    chain = chain_of(LINK + "<action/a> ag:followUpOf <action/a> .")
    assert (chain.forks, chain.joins) == ((), ())
