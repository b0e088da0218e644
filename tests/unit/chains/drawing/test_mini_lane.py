"""A chain as a row of dots: each action in its lane, in order, and the part around one."""

from actiongraph.chains.drawing.mini_lane import DOTS, MiniLane, as_mini_lane

LINE = MiniLane((0,) * 100, tuple((number, number + 1, number % 2 == 1) for number in range(99)), 100)


def test_a_part_has_the_links_among_its_own_actions():
    part = LINE.around(50)
    assert (len(part.lanes), part.first, part.size) == (DOTS, 38, 100)
    assert part.links == tuple((number, number + 1, number % 2 == 1) for number in range(DOTS - 1))


def test_the_ends_of_a_chain_and_a_short_one_are_shown_whole():
    assert (LINE.around(0).first, LINE.around(99).first) == (0, 100 - DOTS)
    two = MiniLane((0, 1), ((0, 1, False),), 2)
    assert two.around(1) == two


def test_a_stated_link_is_a_line_a_probable_one_another_and_the_action_here_has_a_ring():
    drawn = as_mini_lane(MiniLane((0, 0, 1), ((0, 1, False), (0, 2, True)), 3), here=2)
    assert drawn.count("<path") == 3
    assert '<path class="s" d="M9 9H25"/>' in drawn
    assert '<circle cx="41" cy="19"' in drawn
    assert 'style="' not in drawn
