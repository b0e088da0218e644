"""Components, shape, order and closure against definitions that are slow and plain."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.chains.order import closure, components, ordered, shape_of

NODES = "abcdefg"
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14)
STARTS = st.dictionaries(st.sampled_from(NODES), st.sampled_from(["2014", "2014-03", "2015-01-01"]))


def reached(member, links):
    """What `member` comes after: everything that a path of one link or more leads to."""
    found, before = set(), None
    while found != before:
        before = set(found)
        found |= {earlier for later, earlier in links if later == member or later in found}
    return found


def circle(member, links):
    """The members that follow `member` and that it follows, with itself."""
    return frozenset({member} | {other for other in reached(member, links) if member in reached(other, links)})


def longest_path(member, links):
    """The links on the longest path to `member`, every circle taken as one."""
    circles = {node: circle(node, links) for node in NODES}
    before = {circles[earlier] for later, earlier in links if circles[later] == circles[member]} - {circles[member]}
    return max((1 + longest_path(min(other), links) for other in before), default=0)


@given(LINKS)
def test_every_member_is_in_exactly_one_component_together_with_all_it_is_linked_to(links):
    found = components(links)
    both_ways = [*links, *((earlier, later) for later, earlier in links)]
    assert sorted(member for members in found for member in members) == sorted(
        {node for link in links for node in link}
    )
    for members in found:
        for member in members:
            assert members == reached(member, both_ways)


@given(LINKS)
def test_depth_is_the_longest_path_with_loops_taken_as_one(links):
    shape = shape_of(set(NODES), links)
    assert shape.depth == {node: longest_path(node, links) for node in NODES}
    assert shape.length == max(shape.depth.values()) + 1


@given(LINKS)
def test_roots_are_the_members_that_nothing_outside_their_own_loop_precedes(links):
    roots = {node for node in NODES if reached(node, links) <= circle(node, links)}
    assert shape_of(set(NODES), links).roots == tuple(sorted(roots))


@given(LINKS)
def test_loops_are_the_members_that_come_after_themselves(links):
    loops = {tuple(sorted(circle(node, links))) for node in NODES if node in reached(node, links)}
    assert shape_of(set(NODES), links).loops == tuple(sorted(loops))


@given(LINKS)
def test_the_closure_is_what_can_be_reached_and_never_a_member_after_itself(links):
    assert closure(set(NODES), links) == {
        (node, other) for node in NODES for other in reached(node, links) if other != node
    }


@given(LINKS, STARTS)
def test_order_puts_every_earlier_action_before_those_that_come_after_it(links, start):
    order = ordered(set(NODES), links, start, str)
    assert sorted(order) == list(NODES)
    for node in NODES:
        for other in reached(node, links) - circle(node, links):
            assert order.index(other) < order.index(node)


@given(LINKS, STARTS)
def test_of_two_neighbours_the_one_with_the_earlier_start_or_key_stands_first_unless_links_forbid(links, start):
    def rank(node):
        return min((member not in start, start.get(member, ""), member) for member in circle(node, links))

    for first, second in pairwise(ordered(set(NODES), links, start, str)):
        assert rank(first) <= rank(second) or first in reached(second, links)


@given(LINKS, STARTS, st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_or_the_number_of_links(links, start, random):
    shuffled = links * 2
    random.shuffle(shuffled)
    members = list(NODES)
    random.shuffle(members)
    assert ordered(members, shuffled, start, str) == ordered(NODES, links, start, str)
    assert components(shuffled) == components(links)
    assert shape_of(members, shuffled) == shape_of(NODES, links)


FORK_AND_JOIN = [("b", "a"), ("c", "a"), ("d", "b"), ("d", "c"), ("d", "a")]


def test_a_fork_that_joins_again():
    shape = shape_of("abcd", FORK_AND_JOIN)
    assert (shape.roots, shape.depth, shape.length, shape.loops) == (("a",), {"a": 0, "b": 1, "c": 1, "d": 2}, 3, ())


def test_an_unknown_start_comes_after_known_ones_and_links_come_first():
    assert ordered("abcd", FORK_AND_JOIN, {"c": "2016", "d": "2010"}, str) == ["a", "c", "b", "d"]


@pytest.mark.parametrize(
    ("links", "roots", "depth", "loops"),
    [
        ([("a", "b"), ("b", "a")], ("a", "b"), {"a": 0, "b": 0}, (("a", "b"),)),
        ([("b", "a"), ("c", "b"), ("b", "c"), ("d", "c")], ("a",), {"a": 0, "b": 1, "c": 1, "d": 2}, (("b", "c"),)),
        ([("a", "a"), ("b", "a")], ("a",), {"a": 0, "b": 1}, (("a",),)),
    ],
    ids=["nothing but a loop", "a loop on the way", "an action that follows itself"],
)
def test_loops_are_named_and_count_for_nothing(links, roots, depth, loops):
    shape = shape_of(sorted(depth), links)
    assert (shape.roots, shape.depth, shape.loops) == (roots, depth, loops)


def test_links_that_lead_outside_the_members_are_left_aside():
    assert shape_of("ab", [("b", "a"), ("a", "x"), ("y", "b")]).depth == {"a": 0, "b": 1}


@pytest.mark.long("large")
def test_a_chain_of_fifty_thousand_needs_no_deep_stack():
    links = [(number + 1, number) for number in range(50_000)]
    [members] = components(links)
    assert shape_of(members, links).length == 50_001
    assert ordered(members, links, {}, str)[:2] == [0, 1]
