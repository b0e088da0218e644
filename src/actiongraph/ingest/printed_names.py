"""Names that pages print in one line: a partner with its other names, and several types of assistance."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from actiongraph.text import folded, one_line, word_runs

LONGEST_LINE = 250
"""Characters; a longer line is no name and no list of types."""
_MARKS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_BRACKETS = {"[": "]", "(": ")"}
ABBREVIATION = re.compile(r"(?=.{0,15}[A-ZÀ-Ý].{0,15}[A-ZÀ-Ý])[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ0-9&./+-]{1,14}")
_ENGLISH = frozenset((
    "of", "the", "for", "and", "ministry", "institute", "agency", "department", "office", "bureau", "council",
    "authority", "fund",
))  # fmt: skip
_OTHERS = frozenset((
    "de", "del", "la", "du", "des", "da", "do", "e", "y", "et", "ministere", "ministerio",
    "agence", "instituto",
))  # fmt: skip
_BETWEEN_TYPES = re.compile(r"[\s,;/|•·&+]+|\band\b|\bet\b|\by\b|\be\b")
_DIVIDES = re.compile(r"[\s,;/|•·&+]*(?:\b(?:and|et|y|e)\s)?\s*")
_DIVIDED = re.compile(r"[,;/|•·]\s*$")
_AND_NEXT = re.compile(r"(?:and|et|y|e)\s")


class PartnerNames(NamedTuple):
    """The names of a partner; those that are not printed are empty."""

    name: str
    native: str
    abbreviation: str


def without_marks(text: str) -> str:
    """Return `text` in one line, without marks of direction."""
    return one_line(_MARKS.sub("", text))


def partner_names(text: str) -> PartnerNames:
    """Return the names in `English [Native] (ABBR)`, where parts may be missing, swapped or unclosed."""
    name, native, short = text, "", ""
    for start, end in reversed(list(_bracketed(text))):
        inside = without_marks(text[start + 1 : end].removesuffix(_BRACKETS[text[start]]))
        if text[start] == "[" and not native:
            native = inside
        elif text[start] == "(" and not short and ABBREVIATION.fullmatch(inside) and not _is_amid(name, start, end):
            short = inside
        else:
            continue
        name = name[:start] + " " + name[end:]
    name = without_marks(name).strip(" ,;-")
    if native and (not name or _is_swapped(name, native)):
        name, native = native, name
    return PartnerNames(name, native, short)


def _is_amid(name: str, start: int, end: int) -> bool:
    """Tell whether there are words on both sides, so that what is between is a part of the name."""
    return all(re.search(r"\w", each) for each in (name[:start], name[end:]))


def _bracketed(text: str) -> Iterator[tuple[int, int]]:
    """Yield where brackets that stand in no others begin and end; one that is not closed ends before the next."""
    end = 0
    while (start := _first_of(_BRACKETS, text, end)) < len(text):
        end = _end_of_bracket(text, start)
        yield start, end


def _end_of_bracket(text: str, start: int) -> int:
    opening, closing = text[start], _BRACKETS[text[start]]
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == closing)
        if depth == 0:
            return at + 1
    return _first_of(_BRACKETS, text, start + 1)


def _first_of(characters: Iterable[str], text: str, start: int) -> int:
    """Return where the first of `characters` stands in `text` from `start` on, or its length."""
    return min((at for each in characters if (at := text.find(each, start)) >= 0), default=len(text))


def _is_swapped(name: str, native: str) -> bool:
    """Tell whether the name in brackets is the English one, and the other is not."""

    def english(text: str) -> int:
        words = folded(text).split()
        return sum(word in _ENGLISH for word in words) - sum(word in _OTHERS for word in words)

    return english(native) > 0 >= english(name)


class TypeNames:
    """The known types of assistance, to be found in a line that has several; the longest first."""

    def __init__(self, types: Sequence[str]) -> None:
        self._by_first: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for words in sorted({tuple(folded(name).split()) for name in types}, key=len, reverse=True):
            if words:
                self._by_first[words[0]].append(words)

    def are_all(self, text: str) -> bool:
        """Tell whether a line is nothing but known types."""
        known = self._known(text) if len(text) <= LONGEST_LINE else []
        return bool(known) and len(known) == len(self.apart(text))

    def apart(self, text: str) -> list[tuple[int, int, str]]:
        """Return the types of a line as printed, those that are not known too; each with its start and end."""
        parts: list[tuple[int, int, str]] = []
        end = 0
        for start, stop in self._known(text):
            parts += _unknown(text, end, start)
            parts.append((start, stop, one_line(text[start:stop])))
            end = stop
        return parts + _unknown(text, end, len(text))

    def _known(self, text: str) -> list[tuple[int, int]]:
        """Return where known types begin and end; one that is a part of something longer is none."""
        found: list[tuple[int, int]] = []
        end = 0
        for start, stop in self._named(text):
            if _DIVIDES.fullmatch(text, end, start) or _DIVIDED.search(text, end, start):
                found.append((start, stop))
                end = stop
        starts = {start for start, _ in found}
        return [each for each in found if _ends_well(text, each[1], starts)]

    def _named(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the longest names of types begin and end, a closing bracket with them."""
        words = [word for run in word_runs(text) for word in run]
        folds = [word.folded for word in words]
        place = 0
        while place < len(words):
            for name in self._by_first.get(folds[place], ()):
                if tuple(folds[place : place + len(name)]) == name:
                    start, end = words[place].start, words[place + len(name) - 1].end
                    is_open = text.count("(", start, end) > text.count(")", start, end)
                    yield start, end + (is_open and text[end : end + 1] == ")")
                    place += len(name)
                    break
            else:
                place += 1


def _ends_well(text: str, end: int, starts: Collection[int]) -> bool:
    """Tell whether a type ends at the end of the line, at what divides types, or where the next one begins."""
    after = end + len(text[end:]) - len(text[end:].lstrip())
    return after == len(text) or text[after] in ",;/|•·&+" or after in starts or bool(_AND_NEXT.match(text, after))


def _unknown(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return what stands between known types, if it is more than what divides them."""
    between = text[start:end]
    if not one_line(_BETWEEN_TYPES.sub("", between)):
        return []
    begin = start + len(between) - len(between.lstrip(" ,;/|•·&+"))
    stop = start + len(between.rstrip(" ,;/|•·&+"))
    return [(begin, stop, one_line(text[begin:stop]))]
