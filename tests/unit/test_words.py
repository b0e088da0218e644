"""Words as they are compared, edits between two, and the forms by which near ones are found."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.chains.model import Text
from actiongraph.index.near_words import forms_of, nearest
from actiongraph.text import edits_between, folded, name_element, visible, word_runs

LETTERS = "abcd"
SHORT = st.text(LETTERS, max_size=6)


HIDDEN = [*range(0x9), 0xB, 0xC, *range(0xE, 0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F),
    *range(0x2066, 0x206A), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]  # fmt: skip
"""Controls but for white space, marks and changes of direction (UAX 9), separators, surrogates, noncharacters."""


@given(st.text(st.one_of(st.sampled_from([*map(chr, HIDDEN)]), st.characters(codec=None)), max_size=8))
def test_each_hidden_character_is_seen(text: str) -> None:
    assert visible(text) == "".join(f"[U+{ord(sign):04X}]" if ord(sign) in HIDDEN else sign for sign in text)


@pytest.mark.parametrize(
    ("name", "element"),
    [
        (Text("Pension", "en"), "<bdi>Pension</bdi>"),
        ("R&D <b>", "<bdi>R&amp;D &lt;b&gt;</bdi>"),
        (Text("Pensión 2014-12", "es"), '<bdi lang="es">Pensión <span class="whole">2014-12</span></bdi>'),
        (Text("a\u202eb", 'x" onclick="'), '<bdi lang="x&#34; onclick=&#34;">a[U+202E]b</bdi>'),
    ],
)
def test_a_name_is_an_element_of_its_own_language(name: str, element: str) -> None:
    assert name_element(name) == element


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Pensión en México", "pension en mexico"),
        ("PENSIO\u0301N", "pension"),  # with the accent as a character of its own
        ("Çelik Łódź Ærø Straße œuvre", "celik lodz aero strasse oeuvre"),
        ("Côte d\u2019Ivoire", "cote d ivoire"),
        ('NEAR(a "b" *c) -d ^e {f}: g', "near a b c d e f g"),
        ("\x00?!…—_ \u202e", ""),
        ("العمل الاجتماعي", "العمل الاجتماعي"),
        ("Работа", "работа"),
        ("²", "2"),
    ],
)
def test_words_are_compared_without_accents_and_capitals(text: str, words: str) -> None:
    assert folded(text) == words


def test_words_that_are_joined_stand_together() -> None:
    runs = word_runs("Action 2014-12, d'Ivoire -- no")
    assert [[word.folded for word in run] for run in runs] == [["action"], ["2014", "12"], ["d", "ivoire"], ["no"]]
    assert (runs[1][0].start, runs[1][1].end) == (7, 14)


@given(st.text(max_size=300))
def test_whatever_is_typed_is_folded_to_letters_and_digits_at_their_places(text: str) -> None:
    for run in word_runs(text):
        for word in run:
            assert word.folded.isalnum()
            assert len(word.folded) <= 64
            assert folded(text[word.start : word.end]) == word.folded


def slow_edits(one: str, other: str) -> int:
    """Damerau's distance as it is defined, by recursion over the ends of both."""

    @cache
    def edits(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        costs = [edits(i - 1, j) + 1, edits(i, j - 1) + 1, edits(i - 1, j - 1) + (one[i - 1] != other[j - 1])]
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            costs.append(edits(i - 2, j - 2) + 1)
        return min(costs)

    return edits(len(one), len(other))


@given(SHORT, SHORT, st.integers(0, 3))
def test_edits_are_counted_up_to_a_bound(one: str, other: str, most: int) -> None:
    assert edits_between(one, other, most) == min(slow_edits(one, other), most + 1)


@given(st.text(LETTERS, min_size=4, max_size=12), st.text(LETTERS, min_size=4, max_size=12))
def test_words_one_edit_apart_share_a_form(one: str, other: str) -> None:
    if slow_edits(one, other) <= 1:
        assert forms_of(one) & forms_of(other)


@given(st.text(LETTERS, min_size=5, max_size=12), st.integers(0, 11), st.sampled_from(LETTERS))
def test_a_word_with_one_error_shares_a_form_with_the_right_one(word: str, at: int, letter: str) -> None:
    at %= len(word)
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    for typed in (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        swapped,
    ):
        assert forms_of(typed) & forms_of(word), typed


def test_short_words_and_numbers_are_like_no_other() -> None:
    assert forms_of("ngo") == forms_of("2014") == forms_of("f001") == set()


def test_the_nearest_have_the_fewest_edits_then_are_the_most_frequent() -> None:
    known = [("ghana", 7), ("guyana", 9), ("gana", 7), ("china", 2)]
    assert nearest("gahna", known) == ["ghana", "gana"]
    assert nearest("colmbai", [("colombia", 1), ("column", 5)]) == []  # two errors are too many for seven letters
    assert nearest("guanjuaot", [("guanajuato", 1)]) == ["guanajuato"]
