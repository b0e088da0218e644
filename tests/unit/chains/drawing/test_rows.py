"""Which row each action stands in, and what is folded."""

from hypothesis import given
from made_chains import any_chains, iri, made_chain

from actiongraph.chains.drawing.graph import MOST, Sort, rows_of

YEAR_2014, YEAR_2016 = "2014-05-01", "2016"


def told(chain, **most):
    """The rows as keys, each with its year or its sort."""
    return [
        (row.year or row.sort.name, " ".join(step.key for group in row.groups for step in group.steps))
        for row in rows_of(chain, **most)
    ]


def test_actions_with_dates_stand_by_their_years():
    chain = made_chain(
        [("a", "b"), ("a", "c"), ("b", "d")], {"a": "2012", "b": YEAR_2014, "c": YEAR_2016, "d": "2016-01"}
    )
    assert told(chain) == [(2012, "a"), (2014, "b"), (2016, "c d")]


def test_one_that_follows_another_of_the_same_year_stands_below_it():
    chain = made_chain([("a", "b")], {"a": "2014-01", "b": "2014-07"})
    assert told(chain) == [(2014, "a"), (2014, "b")]


def test_actions_without_dates_stand_by_depth():
    chain = made_chain([("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")])
    assert told(chain) == [("UNDATED", "a"), ("UNDATED", "b d"), ("UNDATED", "c")]


def test_an_unknown_year_claims_none_and_its_followers_keep_theirs():
    chain = made_chain([("a", "b"), ("b", "c"), ("a", "d")], {"a": "2014", "c": "2016", "d": "2014"})
    assert told(chain) == [(2014, "a"), (2014, "d"), ("UNDATED", "b"), (2016, "c")]


def test_a_date_that_contradicts_a_link_never_moves_the_action_above_what_it_follows():
    assert told(made_chain([("a", "b")], {"a": "2016", "b": "2014"})) == [(2016, "a"), ("CONTRADICTED", "b")]


def test_a_long_row_is_folded_and_the_longest_continuation_stays():
    links = [("a", f"b{number}") for number in range(8)] + [("b7", "c")]
    rows = rows_of(made_chain(links), 3)
    assert [[[step.key for step in group.steps] for group in row.groups] for row in rows] == [
        [["a"]],
        [["b0"], ["b7"], ["b1", "b2", "b3", "b4", "b5", "b6"]],
        [["c"]],
    ]


def test_what_follows_only_folded_actions_is_folded_with_its_row():
    links = [("a", f"b{number}") for number in range(6)]
    links += [(f"b{number}", f"c{5 - number}") for number in range(6)]
    rows = rows_of(made_chain(links), 3)
    assert [[len(group.steps) for group in row.groups] for row in rows] == [[1], [1, 1, 4], [1, 1, 4]]
    assert [step.key for step in rows[1].groups[2].steps] == ["b2", "b3", "b4", "b5"]
    assert [step.key for step in rows[2].groups[2].steps] == ["c0", "c1", "c2", "c3"]


@given(any_chains(most=30))
def test_every_action_is_in_one_box_of_one_row_and_no_row_is_too_long(chain):
    rows = rows_of(chain)
    assert sorted(step.key for row in rows for group in row.groups for step in group.steps) == sorted(
        step.key for step in chain.steps
    )
    assert all(len(row.groups) <= MOST for row in rows)


@given(any_chains())
def test_years_only_grow_and_are_those_of_their_actions(chain):
    rows = rows_of(chain)
    years = [row.year for row in rows if row.year is not None]
    assert years == sorted(years)
    for row in rows:
        starts = {step.start for group in row.groups for step in group.steps}
        assert starts == {str(row.year)} if row.sort is Sort.DATED else True
        assert (starts == {None}) == (row.sort is Sort.UNDATED)


@given(any_chains())
def test_an_action_is_below_all_that_it_follows_except_in_a_loop(chain):
    row_of = {
        step.action: number for number, row in enumerate(rows_of(chain)) for group in row.groups for step in group.steps
    }
    loops = [set(loop) for loop in chain.loops]
    for link in chain.links:
        if not any({link.later, link.earlier} <= loop for loop in loops):
            assert row_of[link.later] > row_of[link.earlier]


def test_an_action_that_is_alone_has_a_row():
    assert told(made_chain([], {"a": None})) == [("UNDATED", "a")]
    assert iri("a") == made_chain([], {"a": None}).steps[0].action
