"""Why the graph believes what it says: statements, passages, quotes.

The rule (docs/decisions/model.md): what the source says in its own words needs no statement; every
follow-up, every conclusion and every conflict does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from types import MappingProxyType

import pytest
import rdflib
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.vocabulary import AG, BASE, CONCEPT, OA, ORG

STATED, INFERRED = CONCEPT["basis/stated"], CONCEPT["basis/inferred"]
PUBLIC = rdflib.URIRef("http://data.europa.eu/m8g/PublicOrganisation")
NEVER_PRINTED = (AG.theme, AG.placeInCountry)
"""The source prints no themes, and of no place the country it lies in."""

NAMES = MappingProxyType(
    {
        "ARM": "Armenia", "COL": "Colombia", "CYP": "Cyprus", "DEU": "German", "ESP": "Spa[in]", "FRA": "France",
        "GHA": "Ghana", "GRC": "Gree[ck]", "ITA": "Italy", "KHM": "Cambodia", "LTU": "Lithuania", "MEX": "Mexico",
        "PER": "Peru", "socieux": r"SOCIEUX(?!\+)", "socieux-plus": r"SOCIEUX\+", "col-bogota": "Bogota",
        "street-vendors": "street vendors", "fact-finding-mission": "fact-finding mission", "training": "training",
        "assessment": "mapping and assessment", "feasibility-study": "feasibility study", "report": "report",
        "dialogue": "dialogue", "presentation": "presented", "facilitator": "facilitat", "reviewer": "review",
        "report-author": "report prepared by the experts",
    }
)  # fmt: skip
"""How the source would have to word a fact about the thing with this key for us to call it stated."""


CONCLUDED = (
    ("action/2014-12", AG.country, "country/GHA"),
    ("action/2014-12", AG.underFacility, "facility/socieux"),
    ("action/2014-12", AG.concernsDocument, "document/gha-policy"),
    ("action/social-protection-coordination-ghana", AG.concernsDocument, "document/gha-nsps"),
    ("action/informal-economy-coverage-bogota", AG.country, "country/COL"),
    ("action/consolidation-of-strategy-bogota", AG.country, "country/COL"),
    ("action/start-up-oniess-mexico", AG.country, "country/MEX"),
    ("action/disability-assessment-armenia", AG.underFacility, "facility/socieux-plus"),
    ("team/bogota-esp", AG.sendingCountry, "country/ESP"),
    ("team/bogota-fra", AG.sendingCountry, "country/FRA"),
    ("team/bogota-ita", AG.sendingCountry, "country/ITA"),
    ("org/arm-molsa", AG.basedIn, "country/ARM"),
    ("org/col-ipes", AG.basedIn, "country/COL"),
    ("org/gha-mgcsp", AG.basedIn, "country/GHA"),
    ("org/mex-isseg", AG.basedIn, "country/MEX"),
    ("org/mex-oniess", AG.basedIn, "country/MEX"),
)
"""What the source leaves to the reader, as found by reading it; a word in the right section would hide it."""


def triples_of_statements(data: rdflib.Graph, *bases: rdflib.URIRef) -> set[tuple[rdflib.term.Node, ...]]:
    return {
        tuple(data.value(statement, part) for part in (RDF.subject, RDF.predicate, RDF.object))
        for basis in bases
        for statement in data.subjects(AG.basis, basis)
    }


def passages(data: rdflib.Graph) -> Iterator[tuple[rdflib.term.Node, int, int, str]]:
    for passage in data.subjects(RDF.type, OA.SpecificResource):
        selectors = list(data.objects(passage, OA.hasSelector))
        (start,) = (int(value) for selector in selectors for value in data.objects(selector, OA.start))
        (end,) = (int(value) for selector in selectors for value in data.objects(selector, OA.end))
        (quote,) = (str(value) for selector in selectors for value in data.objects(selector, OA.exact))
        yield passage, start, end, quote


def test_the_snapshot_is_the_one_whose_checksum_is_recorded(data, source_page):
    content = source_page.read_bytes()
    recorded = data.value(BASE["id/source/social-security-policy"], AG.sha256)
    assert str(recorded).lower() == hashlib.sha256(content).hexdigest()


def test_every_quote_is_what_the_source_has_at_its_position(data, source_text):
    for passage, start, end, quote in passages(data):
        assert source_text[start:end] == quote, passage


def test_no_quote_is_longer_than_80_characters(data):
    assert [passage for passage, _, _, quote in passages(data) if len(quote) > 80] == []


def test_every_passage_belongs_to_one_statement_and_is_named_after_it(data):
    for passage in data.subjects(RDF.type, OA.SpecificResource):
        (statement,) = data.subjects(AG.evidence, passage)
        assert str(passage).startswith(f"{statement}#passage-")
        for selector in data.objects(passage, OA.hasSelector):
            assert re.fullmatch(re.escape(str(statement)) + r"#(position|quote)-\d+", str(selector))


@pytest.mark.parametrize("predicate", [AG.followUpOf, AG.describedAsFollowUp])
def test_every_stated_follow_up_has_a_stated_statement(data, predicate):
    triples = set(data.triples((None, predicate, None)))
    assert triples
    assert triples <= triples_of_statements(data, STATED)


def test_every_probable_follow_up_has_an_inferred_statement_with_reason_and_confidence(data):
    triples = set(data.triples((None, AG.probableFollowUpOf, None)))
    assert len(triples) == 2
    assert triples <= triples_of_statements(data, INFERRED)


def test_every_inferred_statement_has_reason_and_confidence_and_no_stated_one_has(data):
    for basis, expected in ((INFERRED, 1), (STATED, 0)):
        for statement in data.subjects(AG.basis, basis):
            assert len(list(data.objects(statement, AG.confidence))) == expected, statement
            assert len(list(data.objects(statement, AG.reason))) == expected, statement


def test_a_triple_is_explained_once(data):
    statements = list(data.subjects(RDF.type, AG.SourceStatement))
    assert len(triples_of_statements(data, *data.objects(None, AG.basis))) == len(statements)


def test_what_the_source_never_prints_is_marked_as_inferred(data):
    triples = {triple for predicate in NEVER_PRINTED for triple in data.triples((None, predicate, None))}
    triples |= set(data.triples((None, RDF.type, PUBLIC)))
    triples |= set(data.triples((None, RDF.type, ORG.OrganizationalCollaboration)))
    assert triples - triples_of_statements(data, INFERRED) == set()


@pytest.mark.parametrize(("subject", "predicate", "object_"), CONCLUDED)
def test_what_the_source_leaves_to_the_reader_is_marked_as_inferred(data, subject, predicate, object_):
    triple = (BASE[f"id/{subject}"], predicate, BASE[f"id/{object_}"])
    assert triple in data
    assert triple in triples_of_statements(data, INFERRED)


def test_every_statement_is_about_a_triple_in_the_data(data):
    assert triples_of_statements(data, *data.objects(None, AG.basis)) - set(data) == set()


def test_names_that_differ_for_one_institution_are_explained(data):
    explained = triples_of_statements(data, INFERRED)
    armenia, cambodia, oniess = (BASE[f"id/org/{name}"] for name in ("arm-molsa", "khm-mef", "mex-oniess"))
    assert (armenia, SKOS.altLabel, rdflib.Literal("Ministry of Social Development of Armenia", lang="en")) in explained
    assert (cambodia, SKOS.altLabel, rdflib.Literal("Ministry of Economy and Finances", lang="en")) in explained
    assert {(s, p) for s, p, _ in explained if s == oniess} >= {(oniess, SKOS.altLabel), (oniess, SKOS.prefLabel)}


def section_of(action: rdflib.term.Node, data: rdflib.Graph, text: str) -> str:
    """Return the part of the page about `action`; a referenced action is spoken of by the one that follows it."""
    title = data.value(action, DCTERMS.title) or data.value(data.value(None, AG.followUpOf, action), DCTERMS.title)
    (section,) = (part for part in text.split("  • ")[1:] if part.startswith(f"{title}\n"))
    return section


def facts_about_actions(data: rdflib.Graph) -> Iterator[tuple[rdflib.term.Node, tuple[rdflib.term.Node, ...]]]:
    """Yield each action with each triple that says something about it, its teams and its activities."""
    paths = {
        None: (AG.country, AG.place, AG.underFacility, AG.beneficiary),
        AG.expertTeam: (AG.sendingCountry, AG.teamRole),
        AG.hasActivity: (AG.activityKind, AG.visitedCountry),
    }
    for action in data.subjects(RDF.type, AG.Action):
        for step, predicates in paths.items():
            for node in [action] if step is None else data.objects(action, step):
                for predicate in predicates:
                    for triple in data.triples((node, predicate, None)):
                        yield action, triple


def test_what_is_not_marked_as_inferred_the_source_says_in_the_section_of_the_action(data, source_text):
    inferred = triples_of_statements(data, INFERRED)
    stated = [(action, triple) for action, triple in facts_about_actions(data) if triple not in inferred]
    assert stated
    for action, triple in stated:
        wording = NAMES[str(triple[2]).rpartition("/")[2]]
        assert re.search(wording, section_of(action, data, source_text)), triple


def test_the_country_of_a_partner_is_stated_only_where_its_name_has_it(data, source_text):
    of_country = triples_of_statements(data, STATED)
    for triple in data.triples((None, AG.basedIn, None)):
        assert triple in of_country | triples_of_statements(data, INFERRED)
    assert {(str(s).rpartition("/")[2], str(o).rpartition("/")[2]) for s, p, o in of_country if p == AG.basedIn} == {
        ("khm-mef", "KHM"),
        ("per-mtpe", "PER"),
    }
    assert "Ministry of Economy and Finance of Cambodia" in source_text
    assert "(MTPE) of Peru" in source_text
