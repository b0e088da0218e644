"""Words with typing errors: which forms a word is kept under, so that others like it are found by one look-up each.

Two words that differ by an edit share a form, for each is kept under itself and under what is left of it without any
one letter; of long words, only the beginning counts, without any two.

Source: W. Garbe, the symmetric delete algorithm (SymSpell).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from actiongraph.text import edits_between

_SHORTEST = 4
"""Shorter words are too like others, and so are numbers."""
_LONG = 8
"""From this length on a word may have two errors."""
_BEGINNING = 7


def forms_of(word: str) -> set[str]:
    """Return the forms that `word` is kept and looked up under; none of a short word or one with a digit."""
    if len(word) < _SHORTEST or not word.isalpha():
        return set()
    start, most = (word[:_BEGINNING], 2) if len(word) >= _LONG else (word, 1)
    forms = {start}
    for letters in range(1, most + 1):
        forms.update("".join(left) for left in combinations(start, len(start) - letters))
    return forms


def nearest(word: str, others: Iterable[tuple[str, int]]) -> list[str]:
    """Return those of `others` that `word` may be meant for, the most frequent first; each comes with its frequency.

    They have the least number of edits that any has, at most one, or two in long words.
    """
    rated = [(_edits(word, other), -frequency, abs(len(word) - len(other)), other) for other, frequency in others]
    close = sorted(each for each in rated if each[0] <= _allowed(word, each[-1]))
    return [other for edits, _, _, other in close if edits == close[0][0]]


def _edits(word: str, other: str) -> int:
    return edits_between(word, other, _allowed(word, other))


def _allowed(word: str, other: str) -> int:
    return 2 if min(len(word), len(other)) >= _LONG else 1
