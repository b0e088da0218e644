"""The nested list: everything once, each below what it follows, never deep."""

from math import log2

from hypothesis import given
from made_chains import any_chains, made_chain

from actiongraph.chains.outline import outline


def told(branches):
    return [
        [entry.step.key, *told(entry.branches)] if entry.branches else entry.step.key for b in branches for entry in b
    ]


def entries(branches, depth=0):
    for branch in branches:
        for entry in branch:
            yield depth, entry
            yield from entries(entry.branches, depth + 1)


def test_a_line_is_not_nested():
    assert told(outline(made_chain([("a", "b"), ("b", "c")]))) == ["a", "b", "c"]


def test_branches_are_nested_and_the_largest_part_goes_on():
    links = [("a", "b"), ("a", "c"), ("c", "d"), ("a", "e")]
    assert told(outline(made_chain(links))) == [["a", "b", "e"], "c", "d"]


def test_a_join_stands_below_one_and_names_the_other():
    branches = outline(made_chain([("a", "c"), ("b", "c")]))
    assert told(branches) == ["a", "b", "c"]
    assert [len(branch) for branch in branches] == [1, 2]
    [_, joined] = branches[1]
    assert (joined.link.earlier, joined.besides[0].earlier) == tuple(
        entry.step.action for entry in (branches[1][0], branches[0][0])
    )


def test_in_a_loop_every_link_is_told():
    branches = outline(made_chain([("a", "b"), ("b", "a"), ("b", "b")]))
    assert told(branches) == ["a", "b"]
    [[first, second]] = branches
    assert [len(first.besides), len(second.besides)] == [1, 1]


@given(any_chains(most=20))
def test_every_action_and_every_link_is_told_once_and_nesting_is_shallow(chain):
    found = list(entries(outline(chain)))
    assert sorted(entry.step.key for _, entry in found) == sorted(step.key for step in chain.steps)
    links = [link for _, entry in found for link in (entry.link, *entry.besides) if link]
    assert sorted(links, key=repr) == sorted(chain.links, key=repr)
    assert all(depth <= log2(len(chain.steps)) for depth, _ in found)
