"""Boxes that do not overlap, lines that can be told apart, the same picture every time."""

from collections import Counter
from itertools import combinations, pairwise

from hypothesis import given, settings
from made_chains import PROBABLE, STATED, any_chains, made_chain, trees

from actiongraph.chains.drawing.picture import MARGIN, OPEN_END, picture_of
from actiongraph.chains.drawing.placement import settled
from actiongraph.chains.drawing.routing import Turn, tracks_of

SLACK = 1e-6
few = settings(max_examples=40)


def segments(course):
    """The straight parts of a course, as (left, top, right, bottom)."""
    for bend in course.bends:
        corners = [
            (bend.from_x, bend.from_y),
            (bend.from_x, bend.level),
            (bend.to_x, bend.level),
            (bend.to_x, bend.to_y),
        ]
        for (x1, y1), (x2, y2) in pairwise(corners):
            yield min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def meet(one, other):
    """Whether two such parts have a point in common."""
    return all(one[axis] <= other[axis + 2] + SLACK and other[axis] <= one[axis + 2] + SLACK for axis in (0, 1))


def crossings(picture):
    """How many parts of lines from different boxes, or of different strokes, meet."""
    parts = [list(segments(course)) for course in picture.courses]
    return sum(meet(a, b) for one, other in combinations(parts, 2) for a in one for b in other)


@few
@given(any_chains(most=25))
def test_no_two_boxes_overlap_and_all_are_inside_the_picture(chain):
    picture = picture_of(chain)
    boxes = [(placed.left, placed.top, placed.left + placed.width, placed.bottom) for placed in picture.boxes]
    assert not any(meet(one, other) for one, other in combinations(boxes, 2))
    for left, top, right, bottom in boxes:
        assert picture.axis + MARGIN - SLACK <= left
        assert right <= picture.width - MARGIN + SLACK
        assert top >= MARGIN
        assert bottom <= picture.height - MARGIN


@few
@given(any_chains(most=25, loops=False))
def test_an_earlier_action_is_never_below_a_later_one(chain):
    picture = picture_of(chain)
    box_of = {step.action: placed for placed in picture.boxes for step in placed.box.group.steps}
    for link in chain.links:
        assert box_of[link.earlier].bottom < box_of[link.later].top


@few
@given(any_chains(most=25))
def test_each_link_has_its_line_of_its_kind_and_no_line_is_without_a_link(chain):
    picture = picture_of(chain)
    number = {step.action: place for place, placed in enumerate(picture.boxes) for step in placed.box.group.steps}
    linked = {
        (number[link.later], number[link.earlier], link.kind) for link in chain.links if link.later != link.earlier
    }
    drawn = {
        (line.upper, line.lower, line.stroke.kind)
        if line.stroke.upwards
        else (line.lower, line.upper, line.stroke.kind)
        for line in picture.lines
    }
    assert drawn == linked


@few
@given(any_chains(most=25))
def test_lines_lead_from_box_to_box_and_never_behind_one(chain):
    picture = picture_of(chain)
    boxes = [(placed.left, placed.top, placed.left + placed.width, placed.bottom) for placed in picture.boxes]
    for course in picture.courses:
        for left, top, right, bottom in segments(course):
            for box in boxes:
                inside = box[0] < right - SLACK and left < box[2] - SLACK
                assert not (inside and box[1] < bottom - SLACK and top < box[3] - SLACK)
        ends = Counter((bend.to_x, bend.to_y) for bend in course.bends if bend.to_box)
        assert all(any(box[0] < x < box[2] and box[1] == y for box in boxes) for x, y in ends)
        assert len(ends) == sum(ends.values())
    arrived = sum(bend.to_box for course in picture.courses for bend in course.bends)
    assert arrived == len(picture.lines)


@few
@given(trees())
def test_no_lines_cross_where_everything_springs_from_one_action(chain):
    assert crossings(picture_of(chain, 99)) == 0


def test_the_measure_of_crossings_finds_one():
    assert crossings(picture_of(made_chain([(a, b) for a in "ab" for b in "cd"]))) > 0


@few
@given(any_chains())
def test_the_same_chain_gives_the_same_picture(chain):
    assert picture_of(chain) == picture_of(chain)


def test_a_line_of_actions_is_one_straight_line():
    picture = picture_of(made_chain([(f"a{number}", f"a{number + 1}") for number in range(9)]))
    assert len({bend.from_x for course in picture.courses for bend in course.bends}) == 1
    assert len({placed.left for placed in picture.boxes}) == 1


def test_a_fork_stands_in_the_middle_of_what_follows_it():
    picture = picture_of(made_chain([("a", "b"), ("a", "c"), ("a", "d")]))
    middles = {placed.box.group.steps[0].key: placed.middle for placed in picture.boxes}
    assert middles["a"] == middles["c"] == (middles["b"] + middles["d"]) / 2
    assert middles["b"] < middles["c"] < middles["d"]


def test_lines_of_two_kinds_leave_a_box_on_the_sides_they_go_to():
    chain = made_chain([("a", "c", STATED), ("a", "d", PROBABLE), ("b", "d", STATED)])
    assert crossings(picture_of(chain)) == 0


def test_an_open_end_has_room_above_its_box():
    picture = picture_of(made_chain([("a", "b")], a={"open_end": True}))
    assert picture.boxes[0].top == MARGIN + OPEN_END


def test_places_are_as_near_to_what_is_wanted_as_order_and_distance_allow():
    assert settled([0, 10, 20], [0, 5, 10], 100) == [0, 10, 20]
    assert settled([10, 10], [0, 6], 100) == [7, 13]
    assert settled([-5, 50], [0, 6], 10) == [0, 16]


def test_lines_that_would_lie_on_each_other_turn_at_different_levels():
    side_by_side = [Turn(0, (10,)), Turn(20, (30,))]
    across = [Turn(0, (20,)), Turn(10, (30,))]
    assert tracks_of(side_by_side) == [0, 0]
    assert tracks_of(across) == [1, 0]
    assert tracks_of([Turn(5, (5,)), *across]) == [0, 1, 0]
