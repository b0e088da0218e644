"""The first source, read by the readers of listings and prose: nothing missed that it states, nothing wrong.

It is held against the data that curators typed. Where the two differ, the curators' reason stands in `DIFFERENCES`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
import rdflib
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.ingest.claims import Basis, Claim, Property, Record
from actiongraph.ingest.listings import ListingTerms, read_listing
from actiongraph.ingest.pages import Page, read_page
from actiongraph.vocabulary import AG, CONCEPT, OA

CHECKOUT = Path(__file__).resolve().parents[2]
STATED = {
    1: {
        Property.TITLE: {"Consolidation of the strategy"},
        Property.PARTNER: {"Institute for Social Economy"},
        Property.PARTNER_NATIVE: {"Instituto para la Economia Social"},
        Property.PARTNER_ABBREVIATION: {"IPES"},
        Property.ASSISTANCE_TYPE: {"Policy development"},
        Property.EXPERTS_FROM: {"ITA", "ESP"},
        Property.ORDINAL: {"2"},
        Property.PLACE: {"Bogota"},
    },
    2: {
        Property.TITLE: {
            "Introduction of a human-rights based approach to disability assessment and eligibility rules"
        },
        Property.PARTNER: {"Ministry of Labour and Social Affairs"},
        Property.ASSISTANCE_TYPE: {"Legislative & regulatory framework development"},
        Property.COUNTRY: {"ARM"},
        Property.EXPERTS_FROM: {"GRC"},
        Property.VISITED_COUNTRY: {"CYP"},
        Property.ACTIVITY_COUNT: {"4"},
    },
    3: {
        Property.TITLE: {"Enhance the effectiveness and coordination of social protection in Ghana"},
        Property.PARTNER: {"Ministry of Gender, Children and Social Protection"},
        Property.ASSISTANCE_TYPE: {"Organisational management (structures & functions)"},
        Property.COUNTRY: {"GHA"},
        Property.FOLLOW_UP_OF: {"2014-12"},
        Property.DESCRIBED_AS_FOLLOW_UP: {"true"},
    },
    4: {
        Property.TITLE: {"Support to the extension of social protection in Cambodia"},
        Property.PARTNER: {"Ministry of Economy and Finances"},
        Property.ASSISTANCE_TYPE: {"Organisational management (structures & functions)"},
        Property.COUNTRY: {"KHM"},
        Property.EXPERTS_FROM: {"FRA", "DEU", "LTU"},
    },
    5: {
        Property.TITLE: {"Support finalising and implementing MoSD strategy"},
        Property.PARTNER: {"Ministry of Social Development"},
        Property.PARTNER_ABBREVIATION: {"MoSD"},
        Property.ASSISTANCE_TYPE: {"Policy development"},
    },
    6: {
        Property.TITLE: {"Follow up support to the reform of the pension system in Mexico"},
        Property.PARTNER: {"Institute of Social Security of the State of Guanajuato"},
        Property.PARTNER_ABBREVIATION: {"ISSEG"},
        Property.ASSISTANCE_TYPE: {"Policy development"},
        Property.COUNTRY: {"MEX"},
        Property.EXPERTS_FROM: {"ESP"},
        Property.DESCRIBED_AS_FOLLOW_UP: {"true"},
    },
    7: {
        Property.TITLE: {
            "Start-up of the National Organisation of State Social Security Institutes and its technical secretariat"
        },
        Property.PARTNER: {"Institute of Social Security of the State of Guanajuato"},
        Property.PARTNER_NATIVE: {"Instituto de Seguridad Social del Estado de Guanajuato"},
        Property.ASSISTANCE_TYPE: {"Institutional Strengthening"},
        Property.EXPERTS_FROM: {"FRA", "DEU", "ESP"},
    },
    8: {
        Property.TITLE: {"Social protection coverage in the informal economy"},
        Property.PARTNER: {"Institute for Social Economy"},
        Property.PARTNER_NATIVE: {"Instituto para la Economia Social"},
        Property.ASSISTANCE_TYPE: {"Institutional (Regulatory & Policy)"},
        Property.EXPERTS_FROM: {"FRA", "ITA", "ESP"},
        Property.TEAM_COUNT: {"3"},
        Property.PLACE: {"Bogota"},
    },
    9: {
        Property.TITLE: {"Technical assistance for the extension of social protection coverage"},
        Property.PARTNER: {"Ministry of Labour and Employment Promotion"},
        Property.PARTNER_NATIVE: {"Ministerio de Trabajo y Promoción del Empleo"},
        Property.ASSISTANCE_TYPE: {"Institutional Strengthening"},
        Property.COUNTRY: {"PER"},
        Property.EXPERTS_FROM: {"FRA", "ESP"},
    },
}
"""What the page states of each entry, read off it by hand."""
INFERRED = {
    1: {Property.COUNTRY: {"COL"}, Property.FOLLOW_UP_OF: {"social-protection-coverage-in-the-informal-economy"}},
    2: {Property.ORDINAL: {"1"}},
    7: {Property.COUNTRY: {"MEX"}},
    8: {Property.COUNTRY: {"COL"}},
}
"""What can be concluded: a city or a state and no country, a count with an institution of another name."""
KINDS = frozenset(name for names in STATED.values() for name in names)

TYPED = {
    AG.country: Property.COUNTRY,
    AG.expertsFrom: Property.EXPERTS_FROM,
    AG.assistanceType: Property.ASSISTANCE_TYPE,
    AG.teamCount: Property.TEAM_COUNT,
    AG.activityCount: Property.ACTIVITY_COUNT,
    AG.ordinalWithPartner: Property.ORDINAL,
    AG.place: Property.PLACE,
    AG.followUpOf: Property.FOLLOW_UP_OF,
    AG.probableFollowUpOf: Property.FOLLOW_UP_OF,
    AG.describedAsFollowUp: Property.DESCRIBED_AS_FOLLOW_UP,
    AG.partnerNameAsPrinted: Property.PARTNER_AS_PRINTED,
    AG.categoryAsPrinted: Property.CATEGORY,
}
DIFFERENCES = {
    (7, Property.FOLLOW_UP_OF, "Follow up support to the reform of the pension system in Mexico"): (
        "curators alone: what one action prepares the other sets up, which takes an understanding of both texts"
    ),
}
"""What one of the two has and the other has not, with the reason."""
OUTCOMES_OF_OURS_ALONE = {
    "a general mapping and assessment of the country’s social protection framework": (  # noqa: RUF001
        "curators take the mapping as an activity, and the gaps that it showed as its outcome"
    ),
}
DOCUMENTS_LEFT_TO_CURATORS = {
    "Modelo de Atencion": "a document only to who knows the strategy",
    "Classification": "a standard that was adopted, not written",
    "NSPS": "a strategy that the ministry follows",
    "one-year action plan": "no verb says that it was written",
}


@pytest.fixture(scope="module")
def page(source_page: Path) -> Page:
    return read_page(source_page)


@pytest.fixture(scope="module")
def schemes() -> rdflib.Graph:
    return rdflib.Graph().parse(CHECKOUT / "ontology" / "schemes.ttl")


@pytest.fixture(scope="module")
def records(page: Page, schemes: rdflib.Graph) -> list[Record]:
    scheme = CONCEPT["assistance"]
    types = [str(schemes.value(each, SKOS.prefLabel)) for each in schemes.subjects(SKOS.inScheme, scheme)]
    return read_listing(page, ListingTerms(types))


@pytest.fixture(scope="module")
def typed() -> rdflib.Graph:
    return rdflib.Graph().parse(
        CHECKOUT / "data" / "social-security-policy.ttl", publicID="https://w3id.org/actiongraph/"
    )


def by_property(record: Record, basis: Basis) -> Mapping[Property, set[str]]:
    found: defaultdict[Property, set[str]] = defaultdict(set)
    for claim in record.claims:
        if claim.basis is basis and claim.property in KINDS:
            found[claim.property].add(claim.value)
    return dict(found)


@pytest.mark.parametrize("entry", sorted(STATED))
def test_all_that_is_stated_is_found_and_nothing_else(records: list[Record], entry: int):
    assert len(records) == len(STATED)
    assert by_property(records[entry - 1], Basis.STATED) == STATED[entry]


@pytest.mark.parametrize("entry", sorted(STATED))
def test_what_is_concluded_is_inferred_with_its_reason(records: list[Record], entry: int):
    record = records[entry - 1]
    assert by_property(record, Basis.INFERRED) == INFERRED.get(entry, {})
    assert all(claim.reason and claim.confidence for claim in record.claims if claim.basis is Basis.INFERRED)


def test_each_claim_quotes_the_page(page: Page, records: list[Record]):
    for record in records:
        for claim in record.claims:
            assert claim.passages
            for passage in claim.passages:
                assert page.text[passage.start : passage.start + len(passage.quote)] == passage.quote


def test_the_data_that_curators_typed_is_the_same_but_for_their_reasons(
    records: list[Record], typed: rdflib.Graph, schemes: rdflib.Graph
):
    titles = {str(typed.value(each, DCTERMS.title)): each for each in typed.subjects(RDF.type, AG.DescribedAction)}
    keys = {record.key: title_of(record) for record in records}
    differences = set()
    for entry, record in enumerate(records, 1):
        action = titles[title_of(record)]
        theirs = {
            (property_, name(typed, schemes, value))
            for predicate, property_ in TYPED.items()
            for value in typed.objects(action, predicate)
        }
        ours = {
            (claim.property, keys.get(claim.value, claim.value))
            for claim in record.claims
            if claim.property in TYPED.values()
        }
        stated_elsewhere = {each for each in theirs if each[0] is Property.DESCRIBED_AS_FOLLOW_UP}
        differences |= {(entry, *each) for each in (theirs ^ ours) - stated_elsewhere}
        visited = {
            str(key(each))
            for av in typed.objects(action, AG.hasActivity)
            for each in typed.objects(av, AG.visitedCountry)
        }
        assert visited == {claim.value for claim in record.claims if claim.property is Property.VISITED_COUNTRY}
    statements = {
        (entry, Property.DESCRIBED_AS_FOLLOW_UP, "true")
        for entry, record in enumerate(records, 1)
        for statement in typed.subjects(RDF.predicate, AG.describedAsFollowUp)
        if typed.value(statement, RDF.subject) == titles[title_of(record)]
    }
    told = {
        (entry, Property.DESCRIBED_AS_FOLLOW_UP, claim.value)
        for entry, record in enumerate(records, 1)
        for claim in record.claims
        if claim.property is Property.DESCRIBED_AS_FOLLOW_UP
    }
    assert statements == told
    assert {each for each in differences if each[1] is not Property.DESCRIBED_AS_FOLLOW_UP} == set(DIFFERENCES)


def test_documents_and_outcomes_are_where_curators_found_some(page: Page, records: list[Record], typed: rdflib.Graph):
    for property_, predicate in ((Property.DOCUMENT, AG.concernsDocument), (Property.OUTCOME, AG.outcome)):
        theirs = {
            (int(typed.value(entry, OA.start)), str(typed.value(entry, OA.exact)))
            for entry in typed.subjects(RDF.predicate, predicate)
            if typed.value(entry, OA.start) is not None
        }
        claims = [claim for record in records for claim in record.claims if claim.property is property_]
        assert claims
        for claim in claims:
            if claim.value in OUTCOMES_OF_OURS_ALONE:
                continue
            start, end = extent(page.text, claim)
            assert any(start - 2 <= place <= end for place, _ in theirs), claim
        if property_ is Property.DOCUMENT:
            extents = [extent(page.text, claim) for claim in claims]
            missed = {words for place, words in theirs if not any(start - 2 <= place <= end for start, end in extents)}
            assert not {words for words in missed if words not in DOCUMENTS_LEFT_TO_CURATORS}


def extent(text: str, claim: Claim) -> tuple[int, int]:
    start = claim.passages[0].start
    words = r"\s+".join(map(re.escape, claim.value.split()))
    found = re.compile(words).search(text, start)
    assert found is not None
    return start, found.end()


def title_of(record: Record) -> str:
    return next(claim.value for claim in record.claims if claim.property is Property.TITLE)


def key(term: rdflib.term.Node) -> str:
    return str(term).rsplit("/", 1)[-1]


def name(typed: rdflib.Graph, schemes: rdflib.Graph, value: rdflib.term.Node) -> str:
    """Return what a page would print, or the code of a country."""
    if isinstance(value, rdflib.Literal):
        return str(value)
    if "/concept/" in value:
        return str(schemes.value(value, SKOS.prefLabel))
    if "/place/" in value:
        return "Bogota" if key(value) == "col-bogota" else key(value)
    if "/action/" in value:
        return str(typed.value(value, DCTERMS.title) or key(value))
    return key(value)
