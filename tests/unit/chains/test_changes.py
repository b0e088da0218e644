"""What a step adds, keeps and drops, and where that is not known."""

import pytest

from actiongraph.chains.model import Chain, Difference, Link, LinkKind, Lookup, Named, Step, Team, differences
from actiongraph.vocabulary import IRI

A, B, C = (Named(name, IRI(f"urn:{name}")) for name in "ABC")
LINK = Link(IRI("urn:later"), IRI("urn:earlier"), LinkKind.STATED)


def change_of(earlier: dict[str, object], later: dict[str, object]) -> dict[str, Difference]:
    """Return what is known to change, by the name of the field."""
    steps = (
        Step(LINK.earlier, "earlier", **earlier),  # type: ignore[arg-type]
        Step(LINK.later, "later", **later),  # type: ignore[arg-type]
    )
    found = differences(Lookup(Chain("earlier", steps, (LINK,))), LINK)
    return {field.name: difference for field, difference in found.items() if difference is not None}


@pytest.mark.parametrize("aspect", ["partners", "assistance_types", "themes"])
def test_each_aspect_is_compared_by_what_the_things_are(aspect: str):
    found = change_of({aspect: (A, B)}, {aspect: (B, C)})
    assert found == {aspect: Difference(added=(C,), kept=(B,), dropped=(A,))}


def test_sending_countries_are_those_of_all_teams_together():
    found = change_of({"teams": (Team(None, (A,)), Team(None, (A, B)))}, {"teams": (Team(None, (B,)),)})
    assert found == {"sending_countries": Difference(kept=(B,), dropped=(A,))}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"partners": (A,)}, {}),
        ({}, {"themes": (A,)}),
        ({"teams": (Team(None, (A,)),)}, {"teams": (Team(None, (A,)), Team(None))}),
        ({"teams": (Team(None),)}, {"teams": (Team(None, (A,)),)}),
    ],
    ids=["no partner later", "no theme earlier", "a team from an unknown country", "an earlier one"],
)
def test_what_is_unknown_on_one_side_is_neither_added_nor_dropped(earlier: dict[str, object], later: dict[str, object]):
    assert change_of(earlier, later) == {}


def test_names_as_printed_are_the_same_if_they_are_equal_and_else_may_be_two_spellings():
    printed, other = Named("Ministry"), Named("Minstry")
    same = change_of({"partners": (printed,)}, {"partners": (printed,)})
    assert same == {"partners": Difference(kept=(printed,))}
    assert change_of({"partners": (printed,)}, {"partners": (other,)}) == {}
    assert change_of({"partners": (printed,)}, {"partners": (A,)}) == {}


def test_a_link_of_another_chain_is_refused():
    with pytest.raises(KeyError):
        differences(Lookup(Chain("a", (Step(IRI("urn:a"), "a"),), ())), LINK)
