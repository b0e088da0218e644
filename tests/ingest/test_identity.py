"""Which records are one: what the pages below say is told beside them, and is what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import rdflib
from rdflib import DCTERMS

from actiongraph.ingest.claims import Basis, Claim, LedgerEntry, Property, Record, RecordState
from actiongraph.ingest.decisions import Decisions
from actiongraph.ingest.draft import Draft, summarize
from actiongraph.ingest.identity import (
    NamedAction,
    NamedOrganization,
    Surroundings,
    match_actions,
    match_organizations,
    suggest_actions,
)
from actiongraph.ingest.turtle_writer import SourceDescription, draft_turtle, fact_id
from actiongraph.vocabulary import AG, BASE

SOURCE = SourceDescription("list", "List", "ab" * 32, "text/csv")
ACT = rdflib.Namespace(BASE["id/action/"])
P = Property


def row(line: int, key: str, *claims: tuple[Property, str] | tuple[Property, str, str]) -> Record:
    made = [Claim(property_, value, "column", language=more[0] if more else "") for property_, value, *more in claims]
    return Record(key, line, made, (), line)


def drafted(*records: Record, around: Surroundings | None = None, **answers: bool) -> tuple[Draft, rdflib.Graph]:
    names = {name.replace("__", "/").replace("_", "-"): answer for name, answer in answers.items()}
    draft = draft_turtle(records, SOURCE, around, Decisions(names))
    return draft, rdflib.Graph().parse(data=draft.text, format="turtle")


def went(draft: Draft) -> Sequence[tuple[int, str, str]]:
    return [(each.line, each.action, each.rule) for each in draft.ledger]


WELLS = ((P.TITLE, "Wells for all"), (P.PARTNER, "Water Office"), (P.COUNTRY, "TGO"))


def test_a_second_record_of_one_number_is_merged_and_each_fact_rests_on_the_rows_that_say_it():
    draft, found = drafted(
        row(2, "W-1", (P.NUMBER, "W-1"), *WELLS),
        row(3, "W-1", (P.NUMBER, "W-1"), (P.TITLE, "Des puits pour tous", "fr"), (P.EXPERTS_FROM, "FRA")),
    )
    assert went(draft) == [(2, "w-1", ""), (3, "w-1", "same-number")]
    question = draft.ledger[1].question
    reason = "Both have the number W-1."
    assert draft.ledger[1] == LedgerEntry("W-1", 3, RecordState.MERGED, "w-1", "same-number", reason, question=question)
    summary = summarize(draft.ledger, 1_000)
    assert (summary.written, summary.first_refused) == (1, [])
    assert set(found.objects(ACT["w-1"], DCTERMS.title)) == {
        rdflib.Literal("Wells for all", "en"),
        rdflib.Literal("Des puits pour tous", "fr"),
    }
    assert '[ rdf:predicate ag:actionNumber ; ag:evidence [ rdf:value "row=2" ], [ rdf:value "row=3" ] ]' in draft.text
    assert '[ rdf:predicate ag:expertsFrom ; rdf:value "row=3" ]' in draft.text


@pytest.mark.parametrize(
    ("second", "is_one"),
    [
        ([(P.TITLE, "wells for ALL"), (P.PARTNER, "Water  office"), (P.COUNTRY, "TGO")], True),
        ([(P.TITLE, "Wells for all"), (P.PARTNER, "Water Office"), (P.COUNTRY, "GHA")], False),
        ([(P.TITLE, "Wells for all"), (P.PARTNER, "Road Office"), (P.COUNTRY, "TGO")], False),
        ([(P.TITLE, "Wells for all"), (P.PARTNER, "Water Office")], False),
        ([(P.TITLE, "Wells for all"), (P.COUNTRY, "TGO")], False),
        ([*WELLS, (P.NUMBER, "W-2")], False),
        ([*WELLS, (P.START, "2021")], False),
        ([*WELLS, (P.START, "2019-03")], True),
    ],
)
def test_without_a_number_title_partner_and_country_make_one_action(second, is_one):
    first = row(2, "W-1", (P.NUMBER, "W-1"), *WELLS, (P.START, "2019"))
    draft, _ = drafted(first, row(3, "other", *second))
    assert (draft.ledger[1].state is RecordState.MERGED) is is_one
    summary = summarize(draft.ledger, 1_000)
    assert summary.written == (1 if is_one else 2)


def test_two_actions_whose_titles_alone_give_one_key_are_two():
    draft, found = drafted(
        row(2, "training", (P.TITLE, "Training"), (P.PARTNER, "Water Office"), (P.COUNTRY, "TGO")),
        row(3, "training", (P.TITLE, "Training"), (P.PARTNER, "Road Office"), (P.COUNTRY, "GHA")),
    )
    summary = summarize(draft.ledger, 1_000)
    assert summary.written == 2
    assert len(set(found.subjects(DCTERMS.title))) == 3  # with the source


def test_if_two_actions_may_be_meant_none_is_taken():
    around = Surroundings(
        {"id/action/a": "a.ttl", "id/action/b": "b.ttl"},
        described={each.iri: each for each in (wells("a"), wells("b"))},
    )
    draft, _ = drafted(row(2, "other", *WELLS), around=around)
    assert went(draft) == [(2, "other", "")]


def wells(key: str, *more: tuple[Property, str, str], file: str = "page.ttl") -> NamedAction:
    values: dict[Property, list[tuple[str, str]]] = {
        P.TITLE: [("Wells for all", "en")],
        P.PARTNER: [("Water Office", "")],
        P.COUNTRY: [("TGO", "")],
    }
    for property_, value, language in more:
        values[property_] = [(value, language)]
    return NamedAction(f"id/action/{key}", values, file)


def test_what_another_file_describes_is_added_to_and_contradicted_there_by_its_name():
    around = Surroundings(
        {"id/action/wells": "page.ttl"}, described={"id/action/wells": wells("wells", (P.START, "2018", ""))}
    )
    claims = [*WELLS, (P.TITLE, "Brunnen für alle", "de"), (P.TEAM_COUNT, "3"), (P.END, "2020")]
    draft, found = drafted(row(2, "k", *claims), around=around)
    assert went(draft) == [(2, "wells", "same-title")]
    assert draft.ledger[0].file == "page.ttl"
    summary = summarize(draft.ledger, 1_000)
    assert summary.written == 0
    assert set(found.predicates(ACT["wells"])) >= {AG.teamCount, AG.endDate, DCTERMS.source, AG.stated}
    assert not list(found.objects(ACT["wells"], rdflib.RDF.type))
    draft, found = drafted(row(2, "W", *WELLS, (P.START, "2018"), (P.TITLE, "Pumps", "en")), around=around)
    assert 'rdf:object "Pumps"@en ; ag:conflictsWith "Wells for all"@en' in draft.text
    assert rdflib.Literal("Pumps", "en") not in set(found.objects(ACT["wells"], DCTERMS.title))
    assert draft.ledger[0].conflicts


@pytest.mark.parametrize(
    ("property_", "one", "other", "kept"),
    [
        (P.TITLE, "Wells for all", "Pumps for all", 'skos:prefLabel ; rdf:object "Pumps for all"@en'),
        (P.COUNTRY, "TGO", "GHA", "ag:country ; rdf:object cty:GHA"),
        (P.START, "2019", "2020", 'ag:startDate ; rdf:object "2020"^^xsd:gYear'),
        (P.TEAM_COUNT, "2", "3", "ag:teamCount ; rdf:object 3"),
    ],
)
def test_a_contradiction_is_kept_beside_what_stands_and_marked(property_, one, other, kept):
    draft, found = drafted(
        row(2, "W-1", (P.NUMBER, "W-1"), (property_, one)), row(3, "W-1", (P.NUMBER, "W-1"), (property_, other))
    )
    assert f"[ rdf:predicate {kept} ; ag:conflictsWith " in draft.text
    assert [bool(each.conflicts) for each in draft.ledger] == [False, True]
    summary = summarize(draft.ledger, 1_000)
    assert not summary.first_refused
    assert len(list(found.objects(ACT["w-1"], AG.stated))) == 3


def test_a_more_exact_date_is_no_contradiction():
    draft, found = drafted(
        row(2, "W-1", (P.NUMBER, "W-1"), (P.START, "2019"), (P.END, "2020-05-31")),
        row(3, "W-1", (P.NUMBER, "W-1"), (P.START, "2019-03"), (P.END, "2020")),
    )
    assert str(found.value(ACT["w-1"], AG.startDate)) == "2019-03"
    assert str(found.value(ACT["w-1"], AG.endDate)) == "2020-05-31"
    assert "conflictsWith" not in draft.text


def test_links_to_a_merged_record_lead_to_the_action():
    _, found = drafted(
        row(2, "W-1", (P.NUMBER, "W-1"), *WELLS),
        row(3, "wells-again", *WELLS),
        row(4, "W-2", (P.NUMBER, "W-2"), (P.FOLLOW_UP_OF, "wells-again")),
    )
    assert set(found.objects(ACT["w-2"], AG.followUpOf)) == {ACT["w-1"]}


def test_decisions_make_one_of_two_and_two_of_one():
    one = row(2, "W-1", (P.NUMBER, "W-1"), *WELLS)
    draft, _ = drafted(one, row(3, "pumps", (P.TITLE, "Pumps")), same__pumps__w_1=True)
    assert went(draft) == [(2, "w-1", ""), (3, "w-1", "decided")]
    draft, _ = drafted(one, row(3, "again", *WELLS), same__again__w_1=False)
    assert went(draft) == [(2, "w-1", ""), (3, "again", "")]


def test_what_was_decided_not_to_be_wanted_is_refused_with_the_reason():
    draft, _ = drafted(row(2, "W-1", (P.NUMBER, "W-1")), row(3, "W-2", (P.NUMBER, "W-2")), action__w_1__0000=False)
    summary = summarize(draft.ledger, 1_000)
    assert [(each.line, each.refusal.rule, each.refusal.is_whole) for each in summary.first_refused] == [
        (2, "left-out", True)
    ]
    assert summary.written == 1


def test_a_partner_is_one_by_its_native_name_and_by_that_of_another_file():
    native = "Office des eaux"
    records = [
        row(2, "A", (P.NUMBER, "A"), (P.COUNTRY, "TGO"), (P.PARTNER, native)),
        row(3, "B", (P.NUMBER, "B"), (P.COUNTRY, "TGO"), (P.PARTNER, "Water Office"), (P.PARTNER_NATIVE, native)),
        row(4, "C", (P.NUMBER, "C"), (P.COUNTRY, "BEN"), (P.PARTNER, native)),
    ]
    _, found = drafted(*records)
    partners = [found.value(ACT[key], AG.partner) for key in "abc"]
    assert partners[0] == partners[1] == BASE["id/org/tgo-water-office"]
    assert partners[2] == BASE["id/org/ben-office-des-eaux"]
    known = NamedOrganization(
        "id/org/two", "reference.ttl", frozenset({"water office"}), frozenset(), frozenset({"TGO"})
    )
    _, found = drafted(records[1], around=Surroundings({"id/org/two": "reference.ttl"}, organizations=[known]))
    assert found.value(ACT["b"], AG.partner) == BASE["id/org/two"]


def named(key: str, *names: str, country: str = "TGO", short: str = "") -> NamedOrganization:
    return NamedOrganization(key, "f", frozenset(names), frozenset({short} if short else ()), frozenset({country}))


@pytest.mark.parametrize(
    ("one", "other", "certain"),
    [
        (named("a", "ministry of health"), named("b", "ministry of health"), True),
        (named("a", "ministry of health"), named("b", "ministry of health", country="GHA"), None),
        (named("a", "ministry of labour"), named("b", "ministry of labor"), False),
        (named("a", "ministry of labour"), named("b", "ministry of health"), None),
        (named("a", "region 1 water office"), named("b", "region 2 water office"), None),
        (named("a", "ministry of labour", short="mol"), named("b", "labour ministry", short="mol"), False),
    ],
)
def test_organizations_are_one_in_one_country_alone(one, other, certain):
    found = match_organizations(one, other)
    assert (found and found.is_certain) is certain


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ([(P.TITLE, "Wels for all", "en")], "near-title"),
        ([(P.TITLE, "Wells for all II", "en")], None),
        ([(P.TITLE, "Roads for all", "en")], None),
        ([(P.TITLE, "Des puits pour tous", "fr")], None),
        ([(P.TITLE, "Des puits pour tous", "fr"), (P.START, "2019-03", "")], "same-days"),
        ([(P.TITLE, "Des puits pour tous", "fr"), (P.START, "2019-04", "")], None),
        ([(P.START, "2021", "")], "same-title"),
        ([(P.TITLE, "Wels for all", "en"), (P.NUMBER, "W-2", "")], None),
    ],
)
def test_what_is_only_likely_is_a_suggestion_with_its_reason(more, rule):
    one = wells("a", (P.START, "2019-03", ""), (P.NUMBER, "W-1", ""))
    found = match_actions(one, wells("b", *more))
    assert (found and found.rule) == rule
    suggested = list(suggest_actions([wells("b", *more), one]))
    assert [each.name for each in suggested] == (["same/a/b"] if rule else [])
    assert all(each.reason.endswith(".") for each in suggested)


def test_what_was_merged_by_number_can_be_told_apart_and_one_has_the_number():
    records = [row(2, "W-1", (P.NUMBER, "W-1"), *WELLS), row(3, "W-1", (P.NUMBER, "W-1"), (P.TITLE, "Roads"))]
    question = drafted(*records)[0].ledger[1].question
    draft, found = drafted(*records, **{question: False})
    summary = summarize(draft.ledger, 1_000)
    assert summary.written == 2
    [numbered] = found.subjects(AG.actionNumber, rdflib.Literal("W-1"))
    [other] = found.subjects(DCTERMS.identifier, rdflib.Literal("W-1"))
    assert (numbered, other != numbered) == (ACT["w-1"], True)


def test_rows_with_a_title_alone_are_one_only_if_they_say_the_same_in_all():
    title = (P.TITLE, "Training of staff")
    draft, _ = drafted(row(2, "k", title, (P.START, "2019")), row(3, "k", title), row(4, "k", title, (P.START, "2019")))
    summary = summarize(draft.ledger, 1_000)
    assert summary.first_merged == [draft.ledger[2]]
    assert summary.written == 2


def test_one_identifier_in_two_files_is_one_action_also_under_a_new_title():
    known = NamedAction("id/action/xx-1-7", {P.IDENTIFIER: [("XX-1-7", "")], P.TITLE: [("A pump", "en")]}, "old.ttl")
    around = Surroundings({known.iri: "old.ttl"}, described={known.iri: known})
    draft, _ = drafted(row(2, "XX-1-7", (P.IDENTIFIER, "XX-1-7"), (P.TITLE, "A better pump")), around=around)
    assert went(draft) == [(2, "xx-1-7", "same-key")]
    assert draft.ledger[0].conflicts


def test_what_was_concluded_and_decided_not_to_be_so_is_not_written_and_told():
    country = Claim(P.COUNTRY, "TGO", "city", Basis.INFERRED, reason="Kara lies in Togo.", confidence=0.9)
    record = Record("W-1", 2, (Claim(P.NUMBER, "W-1", "column"), country), (), 2)
    assert set(drafted(record)[1].objects(ACT["w-1"], AG.country)) == {BASE["id/country/TGO"]}
    draft, found = drafted(record, **{fact_id("w-1", "ag:country", "cty:TGO"): False})
    assert not list(found.objects(ACT["w-1"], AG.country))
    summary = summarize(draft.ledger, 1_000)
    assert [each.refusal.rule for each in summary.first_refused] == ["decided"]
    stated = replace(record, claims=(record.claims[0], Claim(P.COUNTRY, "TGO", "column")))
    _, found = drafted(stated, **{fact_id("w-1", "ag:country", "cty:TGO"): False})
    assert list(found.objects(ACT["w-1"], AG.country)) == [BASE["id/country/TGO"]]
