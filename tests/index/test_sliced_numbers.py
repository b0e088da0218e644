"""Numbers that are kept as slices of bits are found as sorting finds them."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actiongraph.index.sliced_numbers import ChosenNumbers, as_slices

ROWS = st.lists(st.tuples(st.lists(st.integers(-400, 5_000), max_size=9), st.booleans()), max_size=30)


@given(ROWS)
@example([([], True)] * 20 + [([*range(50)], True)])  # one row of many numbers, after rows without any
@example([([-7], True), ([-7], False)])
@example([([-(2**30), 2**30], True)])
def test_numbers_of_chosen_rows_are_in_order(rows: list[tuple[list[int], bool]]) -> None:
    expected = sorted(number for numbers, is_chosen in rows if is_chosen for number in numbers)
    bits = sum(1 << row for row, (_, is_chosen) in enumerate(rows) if is_chosen)
    found = ChosenNumbers(as_slices([numbers for numbers, _ in rows]), bits, bytes(chosen for _, chosen in rows))
    assert [found.nth(place) for place in range(found.size)] == expected
    if expected:
        assert found.median() == int(median(expected))


def test_what_is_cut_off_is_told() -> None:
    least, lengths, rest, present, slices = as_slices([[1, 2], [3]])
    with pytest.raises(ValueError, match="multiple"):
        ChosenNumbers((least, lengths[:-1], rest, present, slices), 3, b"\1\1")
