"""Why the graph believes what it says: statements, passages, quotes.

The rule (docs/decisions/model.md): every fact has its words. What a source says in its own words is stated; what was
concluded from them is inferred, with a reason and a confidence. Of a page that was not kept, there is only the address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from types import MappingProxyType

import pytest
import rdflib
from rdflib import DCTERMS, FOAF, RDF, SKOS

from actiongraph.vocabulary import AG, BASE, CONCEPT, OA, ORG, SPDX

STATED, INFERRED, READ_AT = (CONCEPT[f"basis/{name}"] for name in ("stated", "inferred", "read-at"))
FIRST_SOURCE = BASE["id/source/social-security-policy"]
PUBLIC = rdflib.URIRef("http://data.europa.eu/m8g/PublicOrganisation")
NEVER_PRINTED = (AG.theme, AG.placeInCountry)
"""The source prints no theme of an action, and of no place the country it lies in."""

OF_A_SOURCE = (AG.Action, AG.ExpertTeam, AG.Activity, AG.Outcome, AG.Place, AG.Facility, FOAF.Document)
"""Classes of things of which the graph knows what a source says; organizations are another, by whatever class."""
SORTS_FROM_WORDS = {PUBLIC, ORG.OrganizationalCollaboration, ORG.OrganizationalUnit}
"""Classes that say something of an organization that a reader could doubt. Other types say what our records are."""
CURATORS_WORDS = MappingProxyType(
    {
        AG.summary: "a summary is written by curators, in no word of the source",
        SKOS.note: "a note says what curators could not decide",
        DCTERMS.source: "where curators read, not what they read",
    }
)
CURATORS_NAMES = MappingProxyType(
    {
        "activity": "activities have no names in the source",
        "outcome": "outcomes have no names in the source",
        "document/gha-policy": "the source calls it the Policy",
        "document/mex-declaration": "the source calls it a declaration",
        "document/mex-oniess-plan": "the source calls it an action plan",
        "document/mosd-action-plan": "the source calls it the Action Plan",
        "document/per-report": "the source calls it the report",
        "document/per-policy-report": "the source calls it a policy report",
        "org/col-working-group": "the source calls it a working group",
        "org/mex-oniess-secretariat": "the source calls it its technical secretariat",
    }
)
"""Whose name or title is the curators', by what its key begins with, and why."""
PUBLISHED = """
    armenia-approach-kind armenia-communication-kind armenia-facility armenia-partner-country armenia-partner-name
    armenia-partner-public armenia-theme armenia-visit-kind bogota-country-1 bogota-country-2 bogota-follow-up
    bogota-mapping-kind bogota-model-kind bogota-partner-country bogota-partner-public bogota-place bogota-team-esp
    bogota-team-fra bogota-team-ita bogota-theme-1 bogota-theme-2 bogota-theme-3 bogota-working-group-type
    cambodia-partner-country cambodia-partner-name cambodia-partner-public cambodia-team-role cambodia-theme-1
    cambodia-theme-2 ghana-described-as-follow-up ghana-earlier-country ghana-earlier-document ghana-earlier-facility
    ghana-follow-up ghana-partner-country ghana-partner-public ghana-strategy ghana-theme mexico-country-2
    mexico-declaration-kind mexico-follow-up mexico-oniess-country mexico-oniess-name mexico-oniess-title
    mexico-partner-country mexico-partner-public mexico-place mexico-team-role mexico-theme-1 mexico-theme-2
    mexico-theme-3 mexico-unnamed mosd-partner-public mosd-theme peru-beneficiary-1 peru-beneficiary-2
    peru-beneficiary-3 peru-partner-country peru-partner-public peru-theme
"""
"""The keys under which 0.2.0 published its statements."""

NAMES = MappingProxyType(
    {
        "ARM": "Armenia", "COL": "Colombia", "CYP": "Cyprus", "DEU": "German", "ESP": "Spa[in]", "FRA": "France",
        "GHA": "Ghana", "GRC": "Gree[ck]", "ITA": "Italy", "KHM": "Cambodia", "LTU": "Lithuania", "MEX": "Mexico",
        "PER": "Peru", "socieux": r"SOCIEUX(?!\+)", "socieux-plus": r"SOCIEUX\+", "col-bogota": "Bogota",
        "street-vendors": "street vendors", "fact-finding-mission": "fact-finding mission", "training": "training",
        "assessment": "mapping and assessment", "feasibility-study": "feasibility study", "report": "report",
        "dialogue": "dialogue", "presentation": "presented", "facilitator": "facilitat", "reviewer": "review",
        "report-author": "report prepared", "mex-guanajuato": "Guanajuato", "technical-expert": "technical expertise",
        "advice": "advised",
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
    ("action/2014-12", AG.partner, "org/gha-mgcsp"),
    ("action/informal-economy-coverage-bogota", AG.beneficiary, "concept/beneficiary/street-vendors"),
    ("activity/armenia-visit", AG.participant, "org/arm-molsa"),
    ("outcome/mexico-declaration", AG.outcomeStatus, "concept/outcome-status/prepared"),
    ("org/col-working-group", AG.place, "place/col-bogota"),
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
        for basis in set(bases)
        for statement in data.subjects(AG.basis, basis)
    }


def passages(data: rdflib.Graph) -> Iterator[tuple[rdflib.term.Node, int, int, str]]:
    """Yield the passages of the source whose text was kept."""
    for passage in data.subjects(OA.hasSource, FIRST_SOURCE):
        selectors = list(data.objects(passage, OA.hasSelector))
        (start,) = (int(value) for selector in selectors for value in data.objects(selector, OA.start))
        (end,) = (int(value) for selector in selectors for value in data.objects(selector, OA.end))
        (quote,) = (str(value) for selector in selectors for value in data.objects(selector, OA.exact))
        yield passage, start, end, quote


def test_the_snapshot_is_the_one_whose_checksum_is_recorded(data, source_page):
    content = source_page.read_bytes()
    checksum = data.value(FIRST_SOURCE, SPDX.checksum)
    recorded = data.value(checksum, SPDX.checksumValue)
    assert data.value(checksum, SPDX.algorithm) == SPDX.checksumAlgorithm_sha256
    assert str(recorded).lower() == hashlib.sha256(content).hexdigest()


def test_every_quote_is_what_the_source_has_at_its_position(data, source_text):
    for passage, start, end, quote in passages(data):
        assert source_text[start:end] == quote, passage


def test_no_quote_is_longer_than_80_characters(data):
    assert [passage for passage, _, _, quote in passages(data) if len(quote) > 80] == []


def test_less_than_a_quarter_of_the_source_is_quoted(data, source_text):
    quoted = {place for _, start, end, _ in passages(data) for place in range(start, end)}
    assert len(quoted) < len(source_text) / 4


def test_the_source_says_whose_words_the_quotes_are(data):
    [rights] = data.objects(FIRST_SOURCE, DCTERMS.rights)
    assert "stay their owner's" in rights


def test_a_passage_is_named_by_its_position_or_by_the_published_statement_it_is_of(data):
    for passage, start, end, _ in passages(data):
        statements = list(data.subjects(AG.evidence, passage))
        assert statements, passage
        name = f"{data.value(passage, OA.hasSource)}#char={start},{end}"
        if str(passage) != name:
            [statement] = statements
            assert re.fullmatch(re.escape(str(statement)) + r"#passage-\d+", str(passage))
            name = str(statement)
        for selector in data.objects(passage, OA.hasSelector):
            assert str(selector).startswith(name)


def test_the_published_statements_keep_their_names(data):
    statements = {str(statement) for statement in data.subjects(RDF.type, AG.SourceStatement)}
    assert {name for name in statements if "/id/statement/" in name} == {
        str(BASE[f"id/statement/{key}"]) for key in PUBLISHED.split()
    }


def things_of_a_source(data: rdflib.Graph) -> set[rdflib.term.Node]:
    found = {thing for class_ in OF_A_SOURCE for thing in data.subjects(RDF.type, class_)}
    organizations = {thing for thing, _, type_ in data.triples((None, RDF.type, None)) if type_ in ORG}
    return found | organizations


def is_in_curators_words(subject: rdflib.term.Node, predicate: rdflib.term.Node, object_: rdflib.term.Node) -> bool:
    if predicate == RDF.type:
        return object_ not in SORTS_FROM_WORDS
    if predicate in (SKOS.prefLabel, DCTERMS.title):
        return str(subject).removeprefix(BASE["id/"]).startswith(tuple(CURATORS_NAMES))
    return predicate in CURATORS_WORDS


def test_every_fact_has_its_words(data):
    facts = {triple for thing in things_of_a_source(data) for triple in data.triples((thing, None, None))}
    explained = triples_of_statements(data, STATED, INFERRED, READ_AT)
    assert {triple for triple in facts - explained if not is_in_curators_words(*triple)} == set()


def test_what_is_said_to_need_no_words_is_there(data):
    keys = [str(thing).removeprefix(BASE["id/"]) for thing in things_of_a_source(data)]
    for beginning in CURATORS_NAMES:
        assert [key for key in keys if key.startswith(beginning)], beginning
    assert set(CURATORS_WORDS) <= set(data.predicates())


@pytest.mark.parametrize("predicate", [AG.followUpOf, AG.describedAsFollowUp])
def test_every_stated_follow_up_is_stated_or_was_read_at_a_page(data, predicate):
    triples = set(data.triples((None, predicate, None)))
    assert triples
    assert triples <= triples_of_statements(data, STATED, READ_AT)


def test_every_probable_follow_up_has_an_inferred_statement_with_reason_and_confidence(data):
    triples = set(data.triples((None, AG.probableFollowUpOf, None)))
    assert len(triples) == 3  # two in the first source, and one from it to an action of another page
    assert triples <= triples_of_statements(data, INFERRED)


def test_every_inferred_statement_has_reason_and_confidence_and_no_other_one_has(data):
    for basis, expected in ((INFERRED, 1), (STATED, 0), (READ_AT, 0)):
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
    triple = (BASE[f"id/{subject}"], predicate, BASE[object_ if object_.startswith("concept/") else f"id/{object_}"])
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


def things_of(action: rdflib.term.Node, data: rdflib.Graph) -> Iterator[rdflib.term.Node]:
    """Yield the action and what is part of it."""
    yield action
    for step in (AG.expertTeam, AG.hasActivity, AG.outcome):
        yield from data.objects(action, step)


def words_of_statements(data: rdflib.Graph, basis: rdflib.URIRef) -> dict[tuple[rdflib.term.Node, ...], list[range]]:
    """Return where the words of each fact stand, by the fact."""
    where = {passage: range(start, end) for passage, start, end, _ in passages(data)}
    return {
        tuple(data.value(statement, part) for part in (RDF.subject, RDF.predicate, RDF.object)): [
            where[passage] for passage in data.objects(statement, AG.evidence) if passage in where
        ]
        for statement in data.subjects(AG.basis, basis)
    }


def test_what_the_source_states_of_an_action_it_states_in_the_section_of_the_action(data, source_text):
    stated = words_of_statements(data, STATED)
    for action in data.subjects(DCTERMS.source, FIRST_SOURCE):
        section = section_of(action, data, source_text)
        start = source_text.index(section)
        for thing in things_of(action, data):
            for fact in data.triples((thing, None, None)):
                if fact[1] != AG.categoryAsPrinted:
                    for words in stated.get(fact, []):
                        assert start <= words.start < words.stop <= start + len(section), fact


NAMING = (AG.country, AG.expertsFrom, AG.sendingCountry, AG.visitedCountry, AG.underFacility, AG.place, AG.beneficiary)
SORTING = (AG.teamRole, AG.activityKind)


def test_the_words_of_a_stated_fact_name_what_the_fact_names(data, source_text):
    for (subject, predicate, object_), words in words_of_statements(data, STATED).items():
        if predicate in (*NAMING, *SORTING):
            wording = NAMES[str(object_).rpartition("/")[2]]
            texts = [source_text[each.start : each.stop] for each in words]
            assert [text for text in texts if re.search(wording, text)], (subject, predicate, texts)


PRINTED = (DCTERMS.title, AG.partnerNameAsPrinted, AG.abbreviation, AG.categoryAsPrinted, AG.participantsAsPrinted)


def test_the_words_of_a_stated_name_are_of_the_place_where_it_is_printed(data, source_text):
    for (subject, predicate, name), words in words_of_statements(data, STATED).items():
        if predicate in (*PRINTED, SKOS.prefLabel, SKOS.altLabel) and not is_in_curators_words(
            subject, predicate, name
        ):
            found = [range(m.start(), m.end()) for m in re.finditer(re.escape(str(name)), source_text)]
            for each in words:
                assert [place for place in found if place.start < each.stop and each.start < place.stop], (
                    subject,
                    name,
                )


@pytest.mark.parametrize(
    ("subject", "predicate", "quotes"),
    [
        ("action/extension-social-protection-cambodia", AG.expertsFrom, {"France, Germany, and Lithuania"}),
        ("action/informal-economy-coverage-bogota", AG.teamCount, {"three different teams"}),
        ("action/social-protection-coordination-ghana", AG.requestedOn, {"June 2014", "approached SOCIEUX"}),
        ("org/per-mtpe-dss", ORG.unitOf, {"of the Ministry"}),
        ("outcome/cambodia-capacities", AG.outcomeStatus, {"enhanced regulatory capacities"}),
    ],
)
def test_the_words_of_a_fact_are_found(data, subject, predicate, quotes):
    for triple in data.triples((BASE[f"id/{subject}"], predicate, None)):
        [statement] = (
            each
            for each in data.subjects(RDF.subject, triple[0])
            if data.value(each, RDF.predicate) == predicate and data.value(each, RDF.object) == triple[2]
        )
        found = {
            str(quote)
            for passage in data.objects(statement, AG.evidence)
            for selector in data.objects(passage, OA.hasSelector)
            for quote in data.objects(selector, OA.exact)
        }
        assert found == quotes


def test_no_reason_denies_the_heading_that_the_page_prints(data, source_text):
    assert source_text.startswith("Actions en Social Security Policy\n")
    for reason in data.objects(None, AG.reason):
        assert "prints no themes" not in reason


def test_a_public_organization_is_concluded_from_words_that_show_what_it_is(data, source_text):
    """A ministry, an institute among those of the states, sub-directorates; of pages, what the name says it is."""
    for (subject, _, object_), words in words_of_statements(data, INFERRED).items():
        if object_ == PUBLIC:
            quoted = " ".join(source_text[each.start : each.stop] for each in words)
            names = " ".join(map(str, data.objects(subject, SKOS.prefLabel)))
            assert re.search("Ministry|State Institutes|sub-directorates|Government", quoted or names), subject


def test_the_country_of_a_partner_is_stated_only_where_its_name_has_it(data, source_text):
    of_country = triples_of_statements(data, STATED)
    read = {triple for triple in triples_of_statements(data, READ_AT) if triple[1] == AG.basedIn}
    assert [str(name) for subject, _, _ in read for name in data.objects(subject, SKOS.prefLabel)] == [
        "National Union of Workers of Mali"
    ]
    for triple in data.triples((None, AG.basedIn, None)):
        assert triple in of_country | read | triples_of_statements(data, INFERRED)
    assert {(str(s).rpartition("/")[2], str(o).rpartition("/")[2]) for s, p, o in of_country if p == AG.basedIn} == {
        ("khm-mef", "KHM"),
        ("per-mtpe", "PER"),
    }
    assert "Ministry of Economy and Finance of Cambodia" in source_text
    assert "(MTPE) of Peru" in source_text
