"""Lanes beside a table: each link is one unbroken line of its kind, and no line runs through another action."""

import re
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from made_chains import PROBABLE, STATED, any_chains, iri, made_chain

from actiongraph.chains.drawing.lanes import Part, as_lanes, count_lanes, lane_rows, lane_width


def drawn_links(rows):
    """The links that the pieces draw, each (upper, lower, kind): a line is followed down its lane, row by row."""
    found, running = set(), {}
    for row in rows:
        carried = {}
        for piece in row.pieces:
            if piece.part is not Part.BEGINS:
                assert running[piece.lane] == (piece.source, piece.kind, piece.in_loop)
            if piece.part is Part.ENDS:
                found.add((piece.source, row.step.action, piece.kind))
            else:
                assert piece.lane not in carried
                carried[piece.lane] = (piece.source, piece.kind, piece.in_loop)
            if piece.part is Part.BEGINS:
                assert piece.source == row.step.action
        kept = {lane for piece in row.pieces if piece.part is Part.PASSES for lane in [piece.lane]}
        ended = {piece.lane for piece in row.pieces if piece.part is Part.ENDS}
        assert set(running) == kept | ended
        running = carried
    assert not running
    return found


def links_to_draw(chain, shown=None):
    """Each pair of different actions once, the upper one first, with its kind; a stated link wins."""
    place = {step.action: number for number, step in enumerate(chain.steps)}
    kinds = {}
    for link in chain.links:
        pair = tuple(sorted({link.later, link.earlier}, key=place.__getitem__))
        if len(pair) == 2 and (shown is None or set(pair) <= shown):
            kinds.setdefault(pair, set()).add(link.kind)
    return {(*pair, STATED if STATED in kind else PROBABLE) for pair, kind in kinds.items()}


@given(any_chains(most=20))
def test_each_link_is_one_unbroken_line_of_its_kind_and_no_line_is_without_a_link(chain):
    rows = lane_rows(chain)
    assert [row.step for row in rows] == list(chain.steps)
    assert drawn_links(rows) == links_to_draw(chain)


@given(any_chains(most=20))
def test_no_line_passes_through_an_action(chain):
    for row in lane_rows(chain):
        assert all(piece.lane != row.lane for piece in row.pieces if piece.part is Part.PASSES)


def test_a_line_goes_on_in_the_lane_of_its_action_also_where_a_lane_to_the_left_is_free():
    starts = {"a": "2010", "b": "2011", "c": "2012", "d": "2013", "e": "2014"}
    rows = lane_rows(made_chain([("a", "b"), ("a", "c"), ("b", "d"), ("d", "e")], starts))
    assert [(row.step.key, row.lane) for row in rows] == [("a", 0), ("b", 1), ("c", 0), ("d", 1), ("e", 1)]


@given(any_chains(most=20))
def test_of_some_actions_only_the_links_among_them_are_drawn(chain):
    shown = {step.action for step in chain.steps[::2]}
    rows = lane_rows(chain, shown)
    assert [row.step.action for row in rows] == [step.action for step in chain.steps if step.action in shown]
    assert drawn_links(rows) == links_to_draw(chain, shown)


def test_a_line_of_actions_is_in_one_lane_and_a_fork_opens_another_until_it_ends():
    assert count_lanes(lane_rows(made_chain([("a", "b"), ("b", "c"), ("c", "d")]))) == 1
    fork = lane_rows(made_chain([("a", "b"), ("a", "c"), ("c", "d")]))
    assert [row.lane for row in fork] == [0, 1, 0, 0]


def test_a_hundred_that_follow_one_need_two_lanes():
    chain = made_chain([("a", f"b{number:03}") for number in range(100)])
    assert count_lanes(lane_rows(chain)) == 2


def test_links_of_two_kinds_leave_an_action_by_two_lines():
    first, *_ = lane_rows(made_chain([("a", "b", PROBABLE), ("a", "c", STATED)]))
    assert sorted((piece.kind, piece.part) for piece in first.pieces) == [
        (PROBABLE, Part.BEGINS),
        (STATED, Part.BEGINS),
    ]


def test_a_loop_is_marked_and_what_follows_itself_has_no_line():
    rows = lane_rows(made_chain([("a", "b"), ("b", "a"), ("b", "b"), ("b", "c")]))
    assert {(piece.source, piece.in_loop) for row in rows for piece in row.pieces} == {
        (iri("a"), True),
        (iri("b"), False),
    }


def test_a_row_is_a_drawing_that_stated_and_probable_lines_are_told_apart_in():
    rows = lane_rows(made_chain([("a", "b", STATED), ("a", "c", PROBABLE), ("b", "c", STATED)]))
    looks = [
        {path.get("class") for path in ElementTree.fromstring(as_lanes(row, 14, here=row is rows[1]))} for row in rows
    ]
    assert [sorted({look[0] for look in found if re.fullmatch("[sp][0-9x]", look)}) for found in looks] == [
        ["p", "s"],
        ["p", "s"],
        ["p", "s"],
    ]
    assert ["ring" in found for found in looks] == [False, True, False]
    stub = replace(rows[0], step=replace(rows[0].step, described=False))
    assert "hole" in as_lanes(stub, 14)
    assert "hole" not in as_lanes(rows[0], 14)


def test_many_lanes_come_closer():
    assert [lane_width(number) * number for number in (1, 8, 14)] == [14, 112, 112]
    assert lane_width(60) == 7
