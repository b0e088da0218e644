"""Sentences, one by one, and what each of them says: as little as it does."""

from __future__ import annotations

import pytest

from actiongraph.ingest.mentions import COUNTRY, OTHER, PERSON, mark
from actiongraph.ingest.prose import ListingEntry, PagePart, read_prose

SENDERS = {
    "Experts from Spain, France and the Netherlands drafted nothing.": {"ESP", "FRA", "NLD"},
    "Experts, two women and a man, came from nowhere in particular.": set(),
    "Experts selected by MERIDIA came from Poland.": {"POL"},
    "Experts in occupational health from Denmark gave a course.": {"DNK"},
    "Experts in Accra heard news from France.": set(),
    "Experts on the ground learned from Spain.": set(),
    "Experts returned from Togo.": set(),
    "Latin American experts took part.": set(),
    "European and Portuguese-speaking experts took part.": set(),
    "Two Italian public experts and a Slovenian specialist came.": {"ITA", "SVN"},
    "An Austrian delegation met experts.": set(),
    "Hungarian authorities welcomed experts.": set(),
    "Local experts from Kenya were trained.": set(),
    "No experts from Malta could travel.": set(),
    "Experts from Malta could not travel.": set(),
    "Experts from Malta weren't able to come, and the Dutch experts declined.": set(),
    "Not only experts from Malta came.": set(),
    "Experts from Malta did not only teach.": {"MLT"},
    "The ministry hopes to invite experts from Malta and requested Dutch experts.": set(),
    "Unlike in Jordan, where experts from Malta helped, nobody came.": set(),
    "Experts from the University of Georgia came.": set(),
    "Belgium and Ireland sent three experts.": {"BEL", "IRL"},
    "A team from Croatia and teams coming from Estonia worked together.": {"HRV", "EST"},
    "Experts from the Institute of Pensions (Greece) took part.": {"GRC"},
    "Experts from the National Institute of Pensions of Portugal took part.": {"PRT"},
    "Experts from Belgium (ONEM), France (Pôle Emploi) and Spain came.": {"BEL", "FRA", "ESP"},
    "Experts of the Fund read the law of Spain.": set(),
    "In the previous phase, experts from Italy had made a survey.": set(),
    "As part of action 2014-12, experts from Italy made a survey.": set(),
    "Congolese and Belgian experts worked together.": {"BEL"},
    "Officials from Togo and Benin met experts.": set(),
    "Experts of the French Development Agency took part.": set(),
    "The Danish Institute of Human Rights was consulted by experts.": set(),
    "Experts from Air France and from Bank of Ireland Group gave talks.": set(),
    "Experts from Georgia Papadopoulou's office.": set(),
    "The regulation was read by experts. From Spain came a letter.": set(),
    "French, Spanish and two Finnish experts came.": {"FRA", "ESP", "FIN"},
    "Experts from\n    Spain and\n    Italy came.": {"ESP", "ITA"},
}
VISITS = {
    "The delegation visited hospitals in Portugal and in Spain.": {"PRT", "ESP"},
    "A study visit to Denmark was made.": {"DNK"},
    "A study visit in Latvia followed.": {"LVA"},
    "Staff travelled to Ireland.": {"IRL"},
    "The experts visited clinics in Denmark.": set(),
    "They compared the system with that of Denmark.": set(),
    "A conference was held in Denmark.": set(),
}
LINKS = {
    "Follow-up action from 2014-12.": {("follow-up-of", "2014-12"), ("described-as-follow-up", "true")},
    "This follows up on 2014-12.": {("follow-up-of", "2014-12"), ("described-as-follow-up", "true")},
    "It is a follow-up to the action “Meters for all”.": {
        ("follow-up-of", "Meters for all"), ("described-as-follow-up", "true"),
    },
    "The follow-up of the strategy for 2016-2020 is open.": set(),
    "The follow-up of patients since 2014-12-05 is poor.": set(),
    "Follow-up of 12014-12 and 2014-123 is no action.": set(),
    "It is no follow-up to 2014-12, and not a follow-up of a previous action.": set(),
    "A follow-up action is planned. A follow-up phase may come.": set(),
    "A follow-up action was carried out.": {("described-as-follow-up", "true")},
    "It is a follow-up to a previous action.": {("described-as-follow-up", "true")},
    "This follow-up support was short.": {("described-as-follow-up", "true")},
    "A follow-up mechanism was set up for the follow-up on job seekers.": set(),
    "It ran in parallel to 2020-35.": {("parallel-to", "2020-35")},
    "It is parallel to, and stems from the same request as, action 2021-01.": {
        ("parallel-to", "2021-01"), ("same-request-as", "2021-01"),
    },
    "This is the second action with the Fund.": {("ordinal", "2")},
    "It is the second edition of the fair and the first action plan of the Fund.": set(),
    "The third request that the Fund made was granted.": {("ordinal", "3")},
    "In the course of seven activities, much was done.": {("activity-count", "7")},
    "Following a first action with the Fund, more came.": {("described-as-follow-up", "true")},
    "Three teams of public experts came.": {("team-count", "3")},
    "Seven activities of the Fund are popular.": set(),
    "Four teams of experts came.": {("team-count", "4")},
    "Four teams of nurses and four football teams came.": set(),
}  # fmt: skip
WORDS = {
    "They drafted a new staff handbook for nurses.": {("document", "new staff handbook")},
    "They will have drafted a law.": set(),
    "The draft law was discussed.": set(),
    "It should lead to a law and may have led to nothing.": set(),
    "It led to a new law, which pleased many.": {("outcome", "a new law")},
    "It led to a visit by Mr John Sample of the ministry.": set(),
}


def read(text: str, **entry: object) -> set[tuple[str, str]]:
    title = PagePart("A title", 0)
    claims, _ = read_prose(ListingEntry(title, PagePart("", 0), PagePart(text, 10), **entry))
    return {(claim.property.value, claim.value) for claim in claims}


@pytest.mark.parametrize("text", SENDERS)
def test_who_sent_experts(text: str):
    assert {value for name, value in read(text) if name == "experts-from"} == SENDERS[text]


@pytest.mark.parametrize("text", VISITS)
def test_who_was_visited(text: str):
    found = read(text)
    assert {value for name, value in found if name == "visited-country"} == VISITS[text]
    assert not {value for name, value in found if name == "experts-from"}


@pytest.mark.parametrize("text", LINKS)
def test_counts_and_links(text: str):
    assert read(text) == LINKS[text]


@pytest.mark.parametrize("text", WORDS)
def test_documents_and_outcomes(text: str):
    assert read(text) == WORDS[text]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Guinea", COUNTRY), ("Equatorial Guinea", COUNTRY), ("Guinea fowl", OTHER), ("Papua New Guinea", COUNTRY),
        ("the State of Georgia", OTHER), ("Atlanta, Georgia", OTHER), ("Georgia (United States)", OTHER),
        ("Chad Basin", OTHER), ("New Mexico", OTHER), ("Ms Chad Example", PERSON), ("in Chad", COUNTRY),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_country_is_none(text: str, kind: str):
    marked = mark(text, 0, "en").marked
    assert kind in marked
    assert not {COUNTRY, OTHER, PERSON} - {kind} & set(marked)
    assert len(marked) == len(text)


def test_the_longest_name_of_a_country_wins():
    codes = {
        name: {code for each in mark(name, 0, "en").mentions.values() for code in each.codes}
        for name in (
            "Guinea",
            "Equatorial Guinea",
            "Guinea-Bissau",
            "Niger",
            "Nigeria",
            "Dominica",
            "Dominican Republic",
        )
    }
    assert codes == {
        "Guinea": {"GIN"}, "Equatorial Guinea": {"GNQ"}, "Guinea-Bissau": {"GNB"}, "Niger": {"NER"}, "Nigeria": {"NGA"},
        "Dominica": {"DMA"}, "Dominican Republic": {"DOM"},
    }  # fmt: skip


def test_experts_of_the_country_that_was_helped_are_not_sent():
    found = read("Kenyan and Swedish experts worked in Nairobi.", countries=["KEN"])
    assert found == {("experts-from", "SWE"), ("place", "Nairobi")}


def test_a_city_that_is_known_elsewhere_is_no_place_of_the_country():
    text = "They worked in Bissau, and in the city of Lima and the town of Quinhamel."
    assert read(text, countries=["GNB"]) == {("place", "Bissau"), ("place", "Quinhamel")}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Aucun expert d'Italie. Les experts n'ont pas quitté l'Italie.", "fr"),
        ("Ningún experto de Italia. Expertos de Italia no vinieron.", "es"),
        ("Nenhum perito da Itália. Peritos da Itália não vieram.", "pt"),
    ],
)
def test_experts_who_did_not_come_sent_nobody_in_other_languages(text: str, language: str):
    assert read(text, language=language) == set()


def test_a_title_before_a_name_ends_no_sentence():
    entry = ListingEntry(
        PagePart("A title", 0), PagePart("", 0), PagePart("It led to a law by Dr. Jo Doe. More came.", 10)
    )
    claims, refusals = read_prose(entry)
    assert (claims, [refusal.rule for refusal in refusals]) == ([], ["person"])


def test_the_country_behind_the_partners_abbreviation_is_stated():
    claims, _ = read_prose(
        ListingEntry(PagePart("A title", 0), PagePart("", 0), PagePart("Help for WO (Togo).", 10), ["Office"], "WO")
    )
    assert [(claim.property, claim.value, claim.basis) for claim in claims] == [("country", "TGO", "stated")]
