"""A chain as text and as JSON, against what its author wrote down beforehand."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from actiongraph.chains.dates import Gap
from actiongraph.chains.formats import WRITERS
from actiongraph.chains.formats.json_document import as_json
from actiongraph.chains.formats.plain_text import as_text
from actiongraph.chains.model import Chain, Evidence, Link, LinkKind, Named, Passage, Step, Team
from actiongraph.vocabulary import AG, IRI

SOURCE = Named("A listing page", IRI("urn:source"))
STATED = Evidence("stated", None, None, (Passage("Follow-up of 2014-12", 2645, 2665, SOURCE),), IRI("urn:statement"))
CONCLUDED = Evidence("inferred", "The partner is the same.", Decimal("0.85"), (Passage(),))


def step(key: str, depth: int = 0, **known: object) -> Step:
    return Step(IRI(f"urn:{key}"), key, title=f"Title {key}", depth=depth, **known)  # type: ignore[arg-type]


def link(later: str, earlier: str, kind: LinkKind = LinkKind.STATED, *evidence: Evidence) -> Link:
    return Link(IRI(f"urn:{later}"), IRI(f"urn:{earlier}"), kind, evidence)


STUB = Step(IRI("urn:2014-12"), "2014-12", number="2014-12", described=False, teams=(Team(IRI("urn:team")),))
FOLLOWER = step(
    "ghana",
    1,
    countries=(Named("Ghana", IRI("urn:GHA")),),
    partners=(Named("A ministry"),),
    teams=(Team(None, (Named("Spain"),)), Team(None, (Named("Germany"), Named("France"), Named("Italy")))),
    assistance_types=(Named("Advice"),),
    start="2016-03",
)
TWO = Chain("2014-12", (STUB, FOLLOWER), (link("ghana", "2014-12", LinkKind.STATED, STATED),))
BRANCHED = Chain(
    "a",
    (step("a"), step("b", 1), step("c", 1), step("d", 2)),
    (link("b", "a"), link("c", "a", LinkKind.PROBABLE, CONCLUDED), link("d", "b"), link("d", "c")),
)


def test_what_was_concluded_says_so():
    marks = {
        (FOLLOWER.action, AG.country, "urn:GHA"): "inferred 0.9",
        (FOLLOWER.action, AG.startDate, "2016-03"): "inferred 0.6",
        (STUB.action, AG.expertTeam, "urn:team"): "inferred",
    }
    text = as_text(TWO, lambda thing, predicate, value: marks.get((thing, predicate, str(value))))
    for line in (
        "     Country      Ghana (inferred 0.9)\n",
        "     Dates        2016-03 (inferred 0.6) to end unknown\n",
        "   Experts      a team from an unknown country (inferred)\n",
    ):
        assert line in text
    assert text.count("inferred") == 3


def test_a_stub_and_its_stated_follow_up_as_text():
    assert (
        as_text(TWO)
        == """\
Chain 2014-12: 2 actions, 1 link (stated)

1. 2014-12 (mentioned only by number)
   Country      unknown
   Partner      unknown
   Assistance   unknown
   Themes       unknown
   Experts      a team from an unknown country
   Dates        unknown
   Followed by  2

  2. Title ghana
     Key          ghana, number unknown
     Country      Ghana
     Partner      A ministry
     Assistance   Advice
     Themes       unknown
     Experts      a team from Spain; a team from Germany, France and Italy
     Dates        2016-03 to end unknown
     Follows      1 (stated)
                  Basis: stated
                  "Follow-up of 2014-12"
                  - A listing page, characters 2645 to 2665
"""
    )


def test_forks_joins_and_kinds_are_said():
    text = as_text(BRANCHED)
    assert text.startswith("Chain a: 4 actions, 4 links (3 stated, 1 probable)\n")
    assert "Followed by  2 and 3 (a fork)" in text
    assert "Joins        2 and 3" in text
    assert (
        """\
     Follows      1 (probable)
                  Basis: inferred, confidence 0.85
                  The partner is the same.
                  No fragment is quoted.
                  - source unknown
"""
        in text
    )
    assert "     Follows      1 (stated)\n                  No evidence is recorded.\n" in text


def test_depth_is_shown_by_indentation():
    assert [line for line in as_text(BRANCHED).splitlines() if "Title" in line] == [
        "1. Title a",
        "  2. Title b",
        "  3. Title c",
        "    4. Title d",
    ]


def test_an_open_end_says_what_is_not_known():
    chain = Chain("a", (step("a", open_end=True, open_end_evidence=(STATED,)),), ())
    text = as_text(chain)
    assert "Follows      an unnamed action: called a follow-up, but not of what\n" in text
    assert '"Follow-up of 2014-12"' in text


def test_loops_are_named():
    chain = Chain("a", (step("a"), step("b")), (link("a", "b"), link("b", "a")), ((IRI("urn:a"), IRI("urn:b")),))
    assert "\nLoop: 1 and 2 follow each other in a loop; such links are ignored for order and depth.\n" in as_text(
        chain
    )
    itself = Chain("a", (step("a"),), (link("a", "a"),), ((IRI("urn:a"),),))
    assert as_text(itself).startswith("Chain a: 1 action, 1 link (stated)\n\nLoop: 1 follows itself;")


@pytest.mark.parametrize(
    ("probable", "heading"),
    [
        (True, "Action a: alone, no follow-up leads to it or from it\n"),
        (False, "Action a: alone, no stated follow-up leads to it or from it\n"),
    ],
)
def test_an_action_alone_says_so(probable: bool, heading: str):
    chain = Chain("a", (step("a"),), (), probable=probable)
    assert as_text(chain).startswith(heading)
    assert ("probable ones are left out" in as_text(chain)) is not probable


def test_an_action_without_number_or_title_is_known_only_by_its_iri():
    chain = Chain("a", (Step(IRI("urn:a"), "a", described=False),), ())
    assert "1. a (mentioned only by IRI)\n" in as_text(chain)


def test_no_line_is_wider_than_a_hundred_columns_even_far_down():
    words = "word " * 60
    steps = tuple(replace(step(f"s{depth:02}", depth), title=words) for depth in range(40))
    links = tuple(link(f"s{depth:02}", f"s{depth - 1:02}", LinkKind.STATED, STATED) for depth in range(1, 40))
    text = as_text(Chain("s00", steps, links))
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "Depth        39 links" in text


def test_data_cannot_break_lines_or_command_the_terminal():
    chain = Chain("a", (replace(step("a"), title="one\n\x1b[31mtwo\r\nthree\u202e"),), ())
    assert "1. one [31mtwo three\n" in as_text(chain)


def test_json_says_the_same_with_iris():
    assert WRITERS["json"](TWO) == Path(__file__).with_name("two.json").read_text("utf-8")


def test_gaps_and_changes_are_said_and_stand_in_json():
    spain, france = Named("Spain", IRI("urn:ESP")), Named("France", IRI("urn:FRA"))
    steps = (step("a", teams=(Team(None, (spain,)),)), step("b", 1, teams=(Team(None, (france, spain)),)))
    chain = Chain("a", steps, (replace(link("b", "a"), gap=Gap(27, 56)),))
    assert "     Follows      1 (stated), 27 to 56 days after its end\n" in as_text(chain)
    assert as_text(chain).endswith("                  Adds: sending country France\n")
    assert "Drops" not in as_text(chain)
    told = as_json(chain)["links"][0]
    assert told["gap"] == {"leastDays": 27, "mostDays": 56, "from": "end"}
    assert told["changes"]["sendingCountries"] == {
        "added": [{"iri": "urn:FRA", "name": "France"}],
        "kept": [{"iri": "urn:ESP", "name": "Spain"}],
        "dropped": [],
    }


def test_json_text_reads_back_as_the_same_values():
    assert json.loads(WRITERS["json"](BRANCHED)) == as_json(BRANCHED)
    assert as_json(BRANCHED)["links"][1]["evidence"][0]["confidence"] == 0.85
    assert (as_json(BRANCHED)["forks"], as_json(BRANCHED)["joins"]) == (["urn:a"], ["urn:d"])
