"""What titles let conclude about phases and continuations: little, and that rightly."""

from __future__ import annotations

import pytest

from actiongraph.ingest.claims import Basis, Property
from actiongraph.ingest.phases import TitledAction, phase_claims, readings


@pytest.mark.parametrize(
    ("title", "base", "number"),
    [
        ("Wells for all - Phase II", "wells for all", 2),
        ("Wells for all \u2013 phase 2", "wells for all", 2),
        ("Wells for all (Phase III)", "wells for all", 3),
        ("Wells for all Phase II", "wells for all", 2),
        ("Wells for all \u2013 Phase 2 (WFA 2)", "wells for all", 2),
        ("Wells for all: second phase", "wells for all", 2),
        ("Des puits pour tous - deuxième phase", "des puits pour tous", 2),
        ("Pozos para todos. Segunda fase", "pozos para todos", 2),
        ("Poços para todos - fase II", "pocos para todos", 2),
        ("Brunnen für alle - zweite Phase", "brunnen fur alle", 2),
        ("Wells for all \u2013 First phase", "wells for all", 1),
        ("Togo - Continuation - Wells for all", "togo wells for all", 0),
        ("Wells for all (continuation)", "wells for all", 0),
        ("Stability Fund II", "stability fund", 2),
        ("Appui aux collectivités II (RELAC II)", "appui aux collectivites", 2),
    ],
)
def test_a_phase_that_stands_for_itself_is_read(title, base, number):
    assert list(readings([title])) == [(base, number)]


@pytest.mark.parametrize(
    "title",
    [
        "Preparing the second phase of the reform",
        "Evaluation of Phase II",
        "Evaluation of the second phase",
        "Bilan de la phase 2",
        "Wells for all - Phase I and II",
        "Wells for all, phases 1-2",
        "Wells for all - Phase 1 & 2",
        "Phasing out of lead",
        "Diagnostic phase of the programme",
        "Phase de démarrage de la radio",
        "Continuation of services for children",
        "Ensuring business continuation: a guide",
        "Building resilience in Liben cluster under RESET II",
        "Water supply in the resilience programme (RESET II)",
        "RESET PLUS Result II Family Planning",
        "Protection from COVID 19",
        "World War II archives",
        "Enhancing alternatives to first and secondary movement",
        "Follow up of patients",
    ],
)
def test_what_only_looks_like_a_phase_concludes_nothing(title):
    assert phase_claims([TitledAction("a", "a", title)]) == {}


def claims_of(*actions: TitledAction):
    return {key: (claim.property, claim.value, claim.confidence) for key, claim in phase_claims(actions).items()}


def action(name: str, title: str, **more) -> TitledAction:
    return TitledAction(name, name, title, **more)


ONE, TWO, THREE = (action(str(n), f"Wells for all - Phase {'I' * n}") for n in (1, 2, 3))
PLAIN = action("0", "Wells for all")


def test_a_phase_follows_the_one_before_and_no_other():
    assert claims_of(THREE, ONE, TWO) == {
        "2": (Property.FOLLOW_UP_OF, "1", 0.8),
        "3": (Property.FOLLOW_UP_OF, "2", 0.8),
    }


def test_the_second_phase_may_follow_what_names_no_phase():
    assert claims_of(PLAIN, TWO) == {"2": (Property.FOLLOW_UP_OF, "0", 0.7)}
    assert claims_of(PLAIN, action("c", "Wells for all - continuation")) == {"c": (Property.FOLLOW_UP_OF, "0", 0.7)}


@pytest.mark.parametrize("others", [[], [ONE, PLAIN], [THREE], [action("x", "Wells for some")]])
def test_without_the_only_one_that_can_be_meant_it_is_a_follow_up_of_what_is_not_told(others):
    assert claims_of(TWO, *others)["2"] == (Property.DESCRIBED_AS_FOLLOW_UP, "true", 0.7)


def test_a_numeral_alone_is_enough_for_a_link_and_not_for_less():
    fund = action("f2", "Somali Stability Fund II")
    assert claims_of(fund) == {}
    assert claims_of(fund, action("f1", "Somali Stability Fund"))["f2"] == (Property.FOLLOW_UP_OF, "f1", 0.7)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"countries": ["TGO"]}, {"countries": ["GHA"]}),
        ({"start": "2020"}, {"start": "2019-05"}),
        ({"start": "2020-06"}, {"end": "2020-05-31"}),
    ],
)
def test_neither_another_country_nor_a_later_start_is_followed(earlier, later):
    first, second = action("1", "Wells for all - Phase I", **earlier), action("2", "Wells for all - Phase II", **later)
    assert claims_of(first, second)["2"][0] is Property.DESCRIBED_AS_FOLLOW_UP


def test_countries_and_dates_that_fit_or_are_not_known_do_not_matter():
    first = action("1", "Wells for all - Phase I", countries=["TGO", "GHA"], start="2019")
    second = action("2", "Wells for all - Phase II", countries=["GHA"], start="2019-05")
    assert claims_of(first, second)["2"][0] is Property.FOLLOW_UP_OF
    assert claims_of(first, TWO)["2"][0] is Property.FOLLOW_UP_OF


def test_a_programme_follows_a_programme_and_its_contract_the_contract():
    contracts = [
        action("1-1", ONE.title, parents=["1"]),
        action("2-1", TWO.title, parents=["2"]),
    ]
    assert claims_of(ONE, TWO, *contracts) == {
        "2": (Property.FOLLOW_UP_OF, "1", 0.8),
        "2-1": (Property.FOLLOW_UP_OF, "1-1", 0.8),
    }


def test_too_short_a_title_names_nothing():
    assert claims_of(action("1", "Phase I"), action("2", "Phase II"))["2"][0] is Property.DESCRIBED_AS_FOLLOW_UP


def test_each_conclusion_says_why():
    for claim in phase_claims([ONE, TWO, THREE, action("x", "Roads - Phase 2")]).values():
        assert claim.basis is Basis.INFERRED
        assert claim.reason.endswith(".")
    assert (
        phase_claims([ONE, TWO])["2"].reason == "Its title calls it phase 2; that of 1 is the same and names phase 1."
    )
