"""The strip: a column for each year, a lane for each branch, a dot that is a link for each action."""

from itertools import combinations, pairwise
from xml.etree import ElementTree

from hypothesis import given
from made_chains import PROBABLE, any_chains, iri, made_chain

from actiongraph.chains.drawing.strip import as_strip, strip_of

SVG = "{http://www.w3.org/2000/svg}"


@given(any_chains(most=30))
def test_every_action_has_a_dot_of_its_own_to_the_right_of_all_that_it_follows(chain):
    strip = strip_of(chain)
    dots = {dot.step.action: dot for dot in strip.dots}
    assert [dot.step for dot in strip.dots] == list(chain.steps)
    for one, other in combinations(strip.dots, 2):
        assert abs(one.x - other.x) >= 7 or abs(one.y - other.y) >= 7
    for link in chain.links:
        if link.later != link.earlier:
            upper, lower = sorted((dots[link.later], dots[link.earlier]), key=lambda dot: dot.place)
            assert upper.x < lower.x
    assert all(0 < dot.x < strip.width and 0 < dot.y < strip.height for dot in strip.dots)


@given(any_chains(most=30))
def test_a_dot_that_is_dated_stands_in_the_column_of_its_year_and_no_other_claims_one(chain):
    strip = strip_of(chain)
    for dot in strip.dots:
        [column] = [each for each in strip.columns if each.left <= dot.x < each.right]
        assert not dot.is_dated or str(column.year) == dot.step.start
    assert all(one.right == other.left for one, other in pairwise(strip.columns))
    years = [column.year for column in strip.columns if column.year is not None]
    assert years == sorted(years)


def test_a_line_of_actions_is_one_branch_and_a_fork_makes_another():
    line = made_chain([("a", "b"), ("b", "c")], {"a": "2010", "b": "2011", "c": "2012"})
    assert {dot.branch for dot in strip_of(line).dots} == {0}
    fork = made_chain([("a", "b"), ("a", "c")], {"a": "2010", "b": "2011", "c": "2011"})
    assert {dot.branch for dot in strip_of(fork).dots} == {0, 1}


def test_two_hundred_actions_with_forks_take_about_three_hundred_pixels():
    links = [(f"a{max(0, number - 1 - number % 5):03}", f"a{number:03}") for number in range(1, 200)]
    starts = {f"a{number:03}": str(2005 + number // 10) for number in range(200)}
    strip = strip_of(made_chain(links, starts))
    assert strip.height <= 320
    assert strip.width <= 1_200


def test_each_dot_is_a_link_that_says_its_place_and_name_and_the_one_asked_for_is_marked():
    chain = made_chain([("a", "b"), ("b", "c", PROBABLE)], a={"title": "<b> & 'x' \u202e"})
    svg = as_strip(chain, lambda step: f"#{step.key}", here=iri("b"), shown={iri("b"), iri("c")})
    root = ElementTree.fromstring(svg)
    dots = root.findall(".//a")
    assert [dot.get("href") for dot in dots] == ["#a", "#b", "#c"]
    assert [dot.findtext("title") for dot in dots] == ["1. <b> & 'x'", "2. Title of b (you are here)", "3. Title of c"]
    assert ["faint" in dot.get("class") for dot in dots] == [True, False, False]
    assert "style" not in svg
    lines = [path.get("class")[0] for path in root.find("g") if path.get("class", "rule") != "rule"]
    assert sorted(lines) == ["p", "s"]
