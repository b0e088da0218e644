"""Text is measured generously, and never leaves its box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.chains.drawing.boxes import width_of, wrapped
from actiongraph.text import one_line

ROOMS = st.floats(4, 30)
TEXTS = st.text() | st.text("ab -/é漢字の、😀\u0301", max_size=80)


@given(TEXTS, ROOMS, st.integers(1, 4))
def test_no_line_is_wider_than_its_room_and_there_are_never_more_than_allowed(text, room, most):
    lines = wrapped(text, room, most)
    assert len(lines) <= most
    assert all(width_of(line) <= room + 1e-9 for line in lines)


@given(TEXTS, ROOMS)
def test_nothing_of_a_text_is_lost_where_there_are_lines_enough(text, room):
    assert "".join("".join(wrapped(text, room, 10_000)).split()) == "".join(one_line(text).split())


@given(TEXTS, ROOMS, st.integers(1, 3))
def test_a_text_that_is_cut_short_says_so_and_begins_as_it_did(text, room, most):
    whole, shown = wrapped(text, room, 10_000), wrapped(text, room, most)
    if len(whole) > most:
        assert shown[-1].endswith("…")
        assert shown[:-1] == whole[: most - 1]
        assert whole[most - 1].startswith(shown[-1].removesuffix("…"))
    else:
        assert shown == whole


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("follow-up action", ["follow-up", "action"]),
        ("mmmmmmm", ["mmmmm", "mm"]),
        ("社会保障制度の強化", ["社会保障制", "度の強化"]),
        ("社会保障制、度の強化", ["社会保障", "制、度の強", "化"]),
    ],
)
def test_lines_break_where_a_reader_expects_it(text, lines):
    assert wrapped(text, 5.5, 9) == lines


def test_a_mark_on_a_letter_takes_no_room_and_stays_with_it():
    assert width_of("e\u0301") == width_of("e")
    assert all(line[0] != "\u0301" for line in wrapped("e\u0301" * 40, 4, 99))
