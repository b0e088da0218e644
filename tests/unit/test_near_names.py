"""Names that may be meant for one another."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.text import NEAR, likeness_of, near_names


def test_the_nearest_names_come_first() -> None:
    assert near_names("contry", ["country", "county", "century", "theme"], most=2) == ["country", "county"]
    assert near_names("contry", iter(["theme"])) == []


@pytest.mark.parametrize("likeness", [0.7, 0.95])
def test_a_name_that_is_not_like_enough_is_none(likeness: float) -> None:
    assert near_names("contry", ["country"], likeness=likeness) == ["country"][: likeness < 0.9]


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_is_what_difflib_says_where_it_may_be_near(one: str, other: str) -> None:
    ratio = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
    assert likeness_of(one, other) in ({ratio} if ratio >= NEAR else {ratio, 0.0})
    assert likeness_of(one, one) == 1


def test_texts_that_are_too_long_are_not_compared() -> None:
    assert likeness_of("a" * 301, "a" * 301) == 0
