"""Words that facts rest on, held against a new snapshot of their source.

Words that stand there are found again wherever they moved, and nothing is said of them. Of all others it is told what
stands in their place now, if anything near does. Each place of the new text is given to one place of the old: two
passages that quote the same words are not both found in one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from actiongraph.ingest.turtle_writer import literal
from actiongraph.text import one_line
from actiongraph.vocabulary import CANONICAL_BASE

_WINDOW = 240
"""Code points on either side of the place where words are expected, in which others near to them are sought."""
_LIKENESS = 0.6
_LENGTHS = (0.75, 1.5)
"""How short and how long new words may be, as shares of the length of the old ones."""
_POINTS = ".,;:!?"
_TOKEN = re.compile(r"\S+\s*|\s+")
_MOST_TOKENS = 60_000
"""Tokens of both texts up to which they are compared as a whole, which takes seconds at most."""


@dataclass(frozen=True, slots=True)
class QuotedWords:
    """Words that a passage quotes, from `start` on in the text of the source, in code points from 0.

    `passage` is its address; `facts` are those that rest on it, in words.
    """

    passage: str
    start: int
    words: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """Words that a new snapshot does not have; `now` is what stands in their place, or empty if nothing near does."""

    quoted: QuotedWords
    now: str


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The outcome of a comparison: words that are gone or changed, and how many are where they were, or moved."""

    drifted: tuple[Drift, ...]
    same: int
    moved: int


def compare_snapshots(quoted: Iterable[QuotedWords], new: str, old: str | None = None) -> DriftReport:
    """Return those of the words `quoted` that the text `new` does not have.

    `old` is the text that they are quoted from, if it is there: it tells which of several places is meant, and where
    the words were to be expected.
    """
    passages = sorted(quoted, key=lambda each: (each.start, each.words))
    expected = _by_text(old, new) if old is not None else _by_anchors(passages, new)
    starts: defaultdict[str, set[int]] = defaultdict(set)
    for each in passages:
        starts[each.words].add(each.start)
    found = {
        words: _assigned(sorted(own | set(_places(words, old or ""))), _places(words, new), expected)
        for words, own in starts.items()
    }
    drifted, same, moved = [], 0, 0
    for each in passages:
        place = found[each.words].get(each.start)
        if place is None:
            drifted.append(Drift(each, _near(each.words, new, expected(each.start), _places(each.words, new))))
        else:
            same, moved = same + (place == each.start), moved + (place != each.start)
    return DriftReport(tuple(drifted), same, moved)


def drift_turtle(source: str, report: DriftReport) -> str:
    """Return the flags on passages of the source with the key `source` as Turtle."""
    lines = [
        f"@prefix ag: <{CANONICAL_BASE}ontology#> .",
        "",
        f"# Words of src:{source} that a newer snapshot does not have, and what it has in their place.",
    ]
    for drift in sorted(report.drifted, key=lambda each: (each.quoted.start, each.quoted.passage)):
        lines += [
            "",
            f"# {one_line(drift.quoted.words)}",
            f"<{drift.quoted.passage}> ag:wordsNow {literal(drift.now)} .",
        ]
    return "\n".join(lines) + "\n"


def _places(words: str, text: str) -> list[int]:
    found, at = [], text.find(words)
    while at >= 0:
        found.append(at)
        at = text.find(words, at + 1)
    return found


def _assigned(old: Sequence[int], new: Sequence[int], expected: Callable[[int], int]) -> dict[int, int]:
    """Return for places of the old text those of the new, each once: those nearest to where they are expected first."""
    given: dict[int, int] = {}
    taken: set[int] = set()
    for _, start, place in sorted((abs(place - expected(start)), start, place) for start in old for place in new):
        if start not in given and place not in taken:
            given[start] = place
            taken.add(place)
    return given


def _by_text(old: str, new: str) -> Callable[[int], int]:
    """Return where places of the old text are in the new one, by the tokens that the two have in common."""
    ours, theirs = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(ours) + len(theirs) > _MOST_TOKENS:
        ours, theirs = old.splitlines(keepends=True), new.splitlines(keepends=True)
    begins_old, begins_new = _beginnings(ours), _beginnings(theirs)
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    kept = [(begins_old[block.a], begins_new[block.b]) for block in blocks]
    return _nearest_before([(0, 0), *kept])


def _beginnings(tokens: Sequence[str]) -> list[int]:
    at, found = 0, []
    for token in tokens:
        found.append(at)
        at += len(token)
    return [*found, at]


def _by_anchors(passages: Sequence[QuotedWords], new: str) -> Callable[[int], int]:
    """Return where places of the old text may be in the new one, by quoted words that stand there exactly once."""
    places: defaultdict[str, set[int]] = defaultdict(set)
    for each in passages:
        places[each.words].add(each.start)
    anchors = [
        (start, found[0])
        for words, (start, *others) in places.items()
        if not others and len(found := _places(words, new)) == 1
    ]
    return _nearest_before(sorted([(0, 0), *anchors]))


def _nearest_before(pairs: Sequence[tuple[int, int]]) -> Callable[[int], int]:
    """Return a place of the new text by the last of `pairs` that is not behind the place of the old one."""
    starts = [start for start, _ in pairs]

    def expected(start: int) -> int:
        old, new = pairs[bisect_right(starts, start) - 1]
        return new + start - old

    return expected


def _near(words: str, text: str, expected: int, taken: Sequence[int]) -> str:
    """Return the words around the place `expected` that are most like `words`, or nothing if none are.

    The places `taken`, which have the very words, are those of other passages.
    """
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(words)
    best, found = _LIKENESS, ""
    for start, candidate in _candidates(text, max(0, expected - _WINDOW), expected + len(words) + _WINDOW, len(words)):
        if any(start < place + len(words) and place < start + len(candidate) for place in taken):
            continue
        matcher.set_seq1(candidate)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, found = ratio, candidate
    return found.rstrip(_POINTS) if words[-1:] not in _POINTS else found


def _candidates(text: str, start: int, end: int, length: int) -> Iterator[tuple[int, str]]:
    """Yield runs of whole words between two places, of about the length that is given, each with its beginning."""
    found = [(each.start(), each.end()) for each in re.finditer(r"\S+", text[:end]) if each.end() > start]
    shortest, longest = (share * length for share in _LENGTHS)
    for index, (first, _) in enumerate(found):
        for _, last in found[index:]:
            if last - first > max(longest, 1):
                break
            if last - first >= shortest:
                yield first, text[first:last]
