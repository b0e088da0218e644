"""The nine actions of the first source, and the tenth it names, fact by fact as read from its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest
import rdflib
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.vocabulary import AG, BASE, ORG

ACTION = "id/action/"
FIRST_SOURCE = BASE["id/source/social-security-policy"]


@dataclass(frozen=True)
class Facts:
    """What one section of the page says, in the keys of our things.

    `teams` has the countries of each team, `outcomes` the kind and status of each outcome, `order` the kinds of the
    activities whose order is told, `participants` what is printed and the key of the organization, by kind of activity.
    """

    partner: str
    assistance: str
    themes: set[str]
    countries: set[str] = field(default_factory=set)
    experts_from: set[str] = field(default_factory=set)
    teams: list[set[str]] = field(default_factory=list)
    team_count: int | None = None
    roles: set[str] = field(default_factory=set)
    activities: list[str] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    outcomes: list[tuple[str, str]] = field(default_factory=list)
    came_of_it: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    participants: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    requested: str | None = None
    beneficiaries: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    facility: str | None = None
    ordinal: int | None = None
    activity_count: int | None = None
    called_follow_up: bool | None = None
    follows: str | None = None
    probably_follows: str | None = None


VENDORS = {"street-vendors"}
DESCRIBED = MappingProxyType(
    {
        "consolidation-of-strategy-bogota": Facts(
            partner="col-ipes",
            assistance="policy-development",
            themes={"informal-work", "psychosocial-care"},
            countries={"COL"},
            places={"col-bogota"},
            experts_from={"ITA", "ESP"},
            teams=[{"ITA", "ESP"}],
            roles={"facilitator"},
            activities=["drafting"],
            documents={"col-modelo"},
            outcomes=[("method", "achieved"), ("organization", "achieved")],
            came_of_it={"col-working-group"},
            beneficiaries=VENDORS,
            facility="socieux-plus",
            ordinal=2,
            probably_follows="informal-economy-coverage-bogota",
        ),
        "disability-assessment-armenia": Facts(
            partner="arm-molsa",
            assistance="legislative-regulatory",
            themes={"disability"},
            countries={"ARM"},
            experts_from={"GRC"},
            teams=[{"GRC"}],
            activities=["drafting", "presentation", "presentation", "study-visit"],
            order=["presentation", "presentation", "drafting"],
            visited={"CYP"},
            participants={
                "study-visit": (
                    "An Armenian delegation, led by the vice-Minister of Social Development",
                    "arm-molsa",
                )
            },
            documents={"icf"},
            outcomes=[("method", "achieved"), ("plan", "achieved"), ("preparation", "achieved")],
            facility="socieux-plus",
            ordinal=1,
            activity_count=4,
        ),
        "social-protection-coordination-ghana": Facts(
            partner="gha-mgcsp",
            assistance="organisational-management",
            themes={"strategy"},
            countries={"GHA"},
            documents={"gha-nsps"},
            requested="2014-06",
            called_follow_up=True,
            follows="2014-12",
        ),
        "extension-social-protection-cambodia": Facts(
            partner="khm-mef",
            assistance="organisational-management",
            themes={"social-protection", "pensions"},
            countries={"KHM"},
            experts_from={"FRA", "DEU", "LTU"},
            teams=[{"FRA", "DEU", "LTU"}],
            roles={"trainer"},
            activities=["assessment", "fact-finding-mission", "training"],
            order=["fact-finding-mission", "assessment", "training"],
            participants={"training": ("MEF officials", "khm-mef")},
            outcomes=[("capacity", "achieved"), ("knowledge", "achieved")],
        ),
        "mosd-strategy": Facts(
            partner="mosd",
            assistance="policy-development",
            themes={"strategy"},
            documents={"mosd-strategy", "mosd-action-plan"},
        ),
        "pension-reform-follow-up-mexico": Facts(
            partner="mex-isseg",
            assistance="policy-development",
            themes={"pensions"},
            countries={"MEX"},
            experts_from={"ESP"},
            teams=[{"ESP"}],
            roles={"adviser"},
            activities=["advice", "drafting"],
            participants={"advice": ("ISSEG and other State Institutes", "mex-isseg")},
            documents={"mex-declaration"},
            outcomes=[("document", "prepared"), ("organization", "prepared")],
            came_of_it={"mex-oniess", "mex-declaration"},
            called_follow_up=True,
            probably_follows="2014-25",  # of another page; this one does not say of what
        ),
        "start-up-oniess-mexico": Facts(
            partner="mex-isseg",
            assistance="institutional-strengthening",
            themes={"social-protection", "pensions"},
            countries={"MEX"},
            experts_from={"FRA", "DEU", "ESP"},
            teams=[{"FRA", "DEU", "ESP"}],
            roles={"facilitator", "technical-expert"},
            activities=["dialogue"],
            participants={"dialogue": ("the participating State institutes", None)},
            documents={"mex-oniess-plan"},
            outcomes=[("legal-basis", "achieved"), ("organization", "achieved"), ("plan", "achieved")],
            came_of_it={"mex-oniess", "mex-oniess-plan"},
            probably_follows="pension-reform-follow-up-mexico",
        ),
        "informal-economy-coverage-bogota": Facts(
            partner="col-ipes",
            assistance="institutional-regulatory-policy",
            themes={"informal-work"},
            countries={"COL"},
            places={"col-bogota"},
            experts_from={"FRA", "ITA", "ESP"},
            teams=[{"ESP"}, {"FRA"}, {"ITA"}],
            team_count=3,
            activities=["assessment", "feasibility-study"],
            outcomes=[("agenda", "achieved"), ("cooperation", "achieved"), ("knowledge", "achieved")],
            beneficiaries=VENDORS,
        ),
        "extension-coverage-peru": Facts(
            partner="per-mtpe",
            assistance="institutional-strengthening",
            themes={"atypical-work"},
            countries={"PER"},
            experts_from={"FRA", "ESP"},
            teams=[{"FRA", "ESP"}],
            roles={"report-author"},
            activities=["dialogue", "report"],
            documents={"per-report", "per-policy-report"},
            outcomes=[
                ("document", "achieved"),
                ("document", "achieved"),
                ("knowledge", "achieved"),
                ("standing", "achieved"),
            ],
            came_of_it={"per-report", "per-policy-report"},
            beneficiaries={"atypical-workers", "independent-workers", "small-enterprise-workers"},
        ),
    }
)
PARTNERS = MappingProxyType(
    {
        "arm-molsa": ("ARM", None),
        "col-ipes": ("COL", "IPES"),
        "gha-mgcsp": ("GHA", "MGCSP"),
        "khm-mef": ("KHM", "MEF"),
        "mex-isseg": ("MEX", "ISSEG"),
        "mosd": (None, "MoSD"),
        "per-mtpe": ("PER", "MTPE"),
    }
)


def key(term: rdflib.term.Node | None) -> str | None:
    return None if term is None else str(term).rpartition("/")[2]


def facts_of(data: rdflib.Graph, name: str) -> Facts:
    action = BASE[ACTION + name]

    def keys(*path: rdflib.URIRef) -> list[str]:
        found: list[Any] = [action]
        for predicate in path:
            found = [value for node in found for value in data.objects(node, predicate)]
        return sorted(filter(None, map(key, found)))

    def one(predicate: rdflib.URIRef) -> Any:
        values = list(data.objects(action, predicate))
        assert len(values) <= 1
        return values[0].toPython() if values and isinstance(values[0], rdflib.Literal) else key(*values or [None])

    activities = list(data.objects(action, AG.hasActivity))
    kinds = {activity: str(key(data.value(activity, AG.activityKind))) for activity in activities}
    orders = {activity: data.value(activity, AG.activityOrder) for activity in activities}
    taking_part = {
        activity: (data.value(activity, AG.participantsAsPrinted), key(data.value(activity, AG.participant)))
        for activity in activities
    }
    outcomes = list(data.objects(action, AG.outcome))
    requested = data.value(action, AG.requestedOn)
    teams = [
        {key(country) for country in data.objects(team, AG.sendingCountry)}
        for team in data.objects(action, AG.expertTeam)
    ]
    return Facts(
        partner=one(AG.partner),
        assistance=one(AG.assistanceType),
        themes=set(keys(AG.theme)),
        countries=set(keys(AG.country)),
        places=set(keys(AG.place)),
        experts_from=set(keys(AG.expertsFrom)),
        teams=sorted(teams, key=sorted),
        team_count=one(AG.teamCount),
        roles=set(keys(AG.expertTeam, AG.teamRole)),
        activities=keys(AG.hasActivity, AG.activityKind),
        visited=set(keys(AG.hasActivity, AG.visitedCountry)),
        documents=set(keys(AG.concernsDocument)),
        outcomes=sorted(
            (str(key(data.value(each, AG.outcomeKind))), str(key(data.value(each, AG.outcomeStatus))))
            for each in outcomes
        ),
        came_of_it={*keys(AG.outcome, AG.resultingOrganization), *keys(AG.outcome, AG.resultingDocument)},
        order=[kinds[each] for each in sorted(filter(orders.get, activities), key=lambda each: int(orders[each]))],
        participants={
            kinds[each]: (printed and str(printed), organization)
            for each, (printed, organization) in taking_part.items()
            if printed or organization
        },
        requested=requested and str(requested),
        beneficiaries=set(keys(AG.beneficiary)),
        facility=one(AG.underFacility),
        ordinal=one(AG.ordinalWithPartner),
        activity_count=one(AG.activityCount),
        called_follow_up=one(AG.describedAsFollowUp),
        follows=one(AG.followUpOf),
        probably_follows=one(AG.probableFollowUpOf),
    )


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_action_has_the_facts_of_its_section_and_no_others(data, name):
    assert facts_of(data, name) == DESCRIBED[name]


def described(data: rdflib.Graph) -> set[rdflib.term.Node]:
    """Return the actions that the first source describes."""
    return set(data.subjects(RDF.type, AG.DescribedAction)) & set(data.subjects(DCTERMS.source, FIRST_SOURCE))


def test_there_are_nine_described_actions(data):
    assert {key(action) for action in described(data)} == set(DESCRIBED)


def test_2014_12_is_known_only_because_the_ghana_action_names_it(data):
    stub = BASE[ACTION + "2014-12"]
    mentioned = set(data.subjects(RDF.type, AG.ReferencedAction))
    assert mentioned & set(data.subjects(DCTERMS.source, FIRST_SOURCE)) == {stub}
    assert str(data.value(stub, AG.actionNumber)) == "2014-12"
    assert key(data.value(stub, AG.country)) == "GHA"
    assert key(data.value(stub, AG.underFacility)) == "socieux"
    assert key(data.value(stub, AG.concernsDocument)) == "gha-policy"
    assert key(data.value(stub, AG.partner)) == "gha-mgcsp"
    assert str(data.value(stub, AG.requestedOn)) == "2014-06"
    team = data.value(stub, AG.expertTeam)
    assert key(data.value(team, AG.teamRole)) == "reviewer"
    for unsaid in (DCTERMS.title, AG.summary, AG.partnerNameAsPrinted, AG.startDate, AG.theme, AG.outcome):
        assert data.value(stub, unsaid) is None
    assert data.value(team, AG.sendingCountry) is None


def test_what_the_source_does_not_say_is_absent(data, data_files):
    for unsaid in (AG.startDate, AG.endDate, AG.partOfSeries, AG.parallelTo, AG.sameRequestAs):
        assert list(data_files["social-security-policy"].subject_objects(unsaid)) == []
        for action in described(data):
            assert data.value(action, unsaid) is None
    assert data.value(BASE[ACTION + "mosd-strategy"], AG.country) is None
    assert data.value(BASE["id/org/mosd"], AG.basedIn) is None


@pytest.mark.parametrize("partner", PARTNERS)
def test_the_partner_has_the_country_and_the_abbreviation_that_the_source_gives(data, partner):
    organization = BASE[f"id/org/{partner}"]
    abbreviation = data.value(organization, AG.abbreviation)
    assert (key(data.value(organization, AG.basedIn)), abbreviation and str(abbreviation)) == PARTNERS[partner]


UNITS = MappingProxyType(
    {
        "gha-mgcsp-ppme": ("gha-mgcsp", "Directorate for Policy, Planning and Monitoring and Evaluation"),
        "mex-oniess-secretariat": ("mex-oniess", "technical secretariat"),
        "per-mtpe-dss": ("per-mtpe", "Directorate for Social Security"),
    }
)


def test_the_parts_of_organizations_that_the_source_names_are_units(data, source_text):
    units = {key(unit): key(data.value(unit, ORG.unitOf)) for unit in data.subjects(RDF.type, ORG.OrganizationalUnit)}
    assert units == {unit: whole for unit, (whole, _) in UNITS.items()}
    for unit, (_, printed) in UNITS.items():
        assert printed.lower() in str(data.value(BASE[f"id/org/{unit}"], SKOS.prefLabel)).lower()
        assert printed in source_text


def test_what_consists_of_several_organizations_is_a_collaboration(data):
    assert {key(each) for each in data.subjects(RDF.type, ORG.OrganizationalCollaboration)} == {
        "col-working-group",
        "mex-oniess",
    }


def test_the_years_of_the_mosd_strategy_can_be_asked_for(data):
    """The DCMI Period Encoding Scheme writes 2016-2020 so."""
    period = data.value(BASE["id/document/mosd-strategy"], DCTERMS.temporal)
    assert (str(period), period.datatype) == ("start=2016; end=2020;", DCTERMS.Period)


def test_the_nine_actions_stand_under_the_heading_of_the_page(data, source_text):
    heading = source_text.partition("\n")[0]
    listed = {action for action, printed in data.subject_objects(AG.categoryAsPrinted) if str(printed) == heading}
    assert listed == described(data)


def test_no_outcome_is_of_two_actions(data):
    outcomes = set(data.subjects(RDF.type, AG.Outcome))
    assert sorted(data.objects(None, AG.outcome)) == sorted(outcomes)


def sections(text: str) -> list[list[str]]:
    """Return the lines of each action of the page, stripped; the first is its title."""
    return [[line.strip() for line in part.splitlines() if line.strip()] for part in text.split("  • ")[1:]]


def test_titles_partners_and_types_stand_in_the_source_as_in_the_data(data, source_text):
    printed = {
        (lines[0], lines[lines.index("Partner Institution") + 1], lines[lines.index("Type of Assistance") + 1])
        for lines in sections(source_text)
    }
    recorded = {
        (
            str(data.value(action, DCTERMS.title)),
            str(data.value(action, AG.partnerNameAsPrinted)),
            key(data.value(action, AG.assistanceType)),
        )
        for action in described(data)
    }
    assert {fields[:2] for fields in recorded} == {fields[:2] for fields in printed}
    assert {(title, ASSISTANCE[type_ or ""]) for title, _, type_ in recorded} == {(t, a) for t, _, a in printed}


ASSISTANCE = MappingProxyType(
    {
        "institutional-regulatory-policy": "Institutional (Regulatory & Policy)",
        "institutional-strengthening": "Institutional Strengthening",
        "legislative-regulatory": "Legislative & regulatory framework development",
        "organisational-management": "Organisational management (structures & functions)",
        "policy-development": "Policy development",
    }
)


def test_types_of_assistance_are_labelled_as_the_source_prints_them(data, vocabulary):
    types = {type_ for action in described(data) for type_ in data.objects(action, AG.assistanceType)}
    assert {key(type_): str(vocabulary.value(type_, SKOS.prefLabel)) for type_ in types} == ASSISTANCE


def test_abbreviations_and_spanish_names_are_printed_in_the_source(data_files, source_text):
    page = data_files["social-security-policy"]
    flat = " ".join(source_text.split())
    found = {AG.abbreviation: 0, SKOS.prefLabel: 0, SKOS.altLabel: 0}
    for statement, predicate in page.subject_objects(RDF.predicate):
        name = page.value(statement, RDF.object)
        if predicate == AG.abbreviation or (predicate in found and name.language == "es"):
            found[predicate] += 1
            assert str(name) in flat
    assert all(found.values())


def test_summaries_are_in_our_own_words(data, source_text):
    words = source_text.lower().split()
    runs = {tuple(words[start : start + 8]) for start in range(len(words))}
    for summary in data.objects(None, AG.summary):
        ours = str(summary).lower().split()
        assert not [ours[start : start + 8] for start in range(len(ours) - 7) if tuple(ours[start : start + 8]) in runs]
