"""Countries and places that a text names, marked in a copy of equal length, so that patterns can speak of them.

In the copy, each name is a run of one character: `COUNTRY`, `DEMONYM`, `PLACE`. `OTHER` is a name that only looks like
one of a country (the Chad Basin, Air France, the US state of Georgia), `PERSON` is what may not be taken over.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from actiongraph.countries import codes, demonyms_of, names_of
from actiongraph.ingest.contact_details import PERSONAL
from actiongraph.text import folded

COUNTRY, DEMONYM, PLACE, OTHER, PERSON = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
_OURS = re.compile("[\ue000-\ue004]")
_WORD = re.compile(r"[^\W\d_]+")
_JOIN = re.compile(r"[ \u00a0\n\r\t'’&.()\-\u2013]{1,3}")
_ADJACENT = re.compile(r"[ \u00a0\n\r\t]+")
_BEFORE_A_NAME = frozenset((
    "in", "from", "to", "for", "the", "of", "and", "with", "by", "at", "both", "between", "on", "via", "across",
    "experts", "countries", "republic", "de", "du", "des", "d", "l", "la", "le", "les", "au", "aux", "en", "et",
    "à", "el", "los", "las", "y", "del", "con", "entre", "em", "no", "na", "nos", "nas", "do", "da", "dos",
    "das", "e", "a", "o", "os", "as", "com", "dans", "pour", "sur", "para",
))  # fmt: skip
"""Words that may begin with a capital before the name of a country that stands for itself."""
_REGIONS = frozenset(["latin", "north", "south", "central", "native", "meso"])
_ANIMALS = frozenset(["fowl", "fowls", "pig", "pigs", "hen", "hens", "worm"])
_EXPERTS = frozenset(["expert", "experts", "team", "teams", "specialist", "specialists"])
_CONNECTIVES = {"en": "and", "fr": "et", "es": "y", "pt": "e"}


def without_persons(text: str) -> str:
    """Return `text` with an asterisk for each character that tells of a person, so that all else keeps its place."""
    return PERSONAL.sub(lambda found: "*" * len(found.group()), text)


class Mention(NamedTuple):
    """A name in a text, from `start` to `end`, and the countries that it may mean, by ISO 3166-1 alpha-3."""

    start: int
    end: int
    kind: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TextWithNames:
    """A part of a page from `start` on: its text, its marked copy, and the mentions by where they begin in it."""

    text: str
    marked: str
    start: int
    mentions: Mapping[int, Mention]

    def mentions_in(self, start: int, end: int, kind: str) -> Iterator[Mention]:
        """Yield the mentions of a kind that begin from `start` up to `end` in the part."""
        for place in range(start, min(end, len(self.marked))):
            found = self.mentions.get(place)
            if found and found.kind == kind and self.marked[place] == kind:
                yield found


class _Name(NamedTuple):
    words: tuple[str, ...]
    kind: str
    codes: frozenset[str]


def mark(text: str, start: int, language: str) -> TextWithNames:
    """Return `text`, which begins at `start` in its page, with its mentions; names are English or in `language`."""
    text = _OURS.sub("\ufffd", text)
    characters = list(text)
    for found in PERSONAL.finditer(text):
        characters[found.start() : found.end()] = PERSON * (found.end() - found.start())
    words = list(_WORD.finditer(text))
    mentions: dict[int, Mention] = {}
    place = 0
    while place < len(words):
        name = _name_at(text, words, place, language)
        if name is None or characters[words[place].start()] == PERSON:
            place += 1
            continue
        last = place + len(name.words) - 1
        begin, end = words[place].start(), words[last].end()
        kind = OTHER if _is_part_of_another_name(text, words, place, last, name) else name.kind
        mentions[begin] = Mention(begin, end, kind, name.codes)
        characters[begin:end] = kind * (end - begin)
        place = last + 1
    for one, other in pairwise(sorted(mentions)):
        if _is_in_brackets_of(text, mentions[one], mentions[other]):
            for each in (one, other):
                mentions[each] = mentions[each]._replace(kind=OTHER)
                characters[each : mentions[each].end] = OTHER * (mentions[each].end - each)
    return TextWithNames(text, "".join(characters), start, mentions)


def _is_in_brackets_of(text: str, one: Mention, other: Mention) -> bool:
    """Tell whether a country is explained by another, as Georgia (United States) is: then neither is meant."""
    both = one.kind == other.kind == COUNTRY and not one.codes & other.codes
    return both and text[one.end : other.start].strip() == "(" and text[other.end : other.end + 1] == ")"


def _name_at(text: str, words: list[re.Match[str]], place: int, language: str) -> _Name | None:
    """Return the longest name that begins with a word of the text."""
    first = words[place].group()
    if not first[0].isupper() or (place and text[words[place].start() - 1] in "-_"):
        return None
    for name in _lexicon(language).get(_fold(first), ()):
        last = place + len(name.words) - 1
        if last >= len(words) or (len(name.words) == 1 and len(first) < 4 and not first.isupper()):
            continue
        spelled = [_fold(words[each].group()) for each in range(place, last + 1)]
        joined = all(_JOIN.fullmatch(text, words[each].end(), words[each + 1].start()) for each in range(place, last))
        if joined and tuple(spelled) == name.words:
            return name
    return None


def _is_part_of_another_name(text: str, words: list[re.Match[str]], place: int, last: int, name: _Name) -> bool:
    begin, end = words[place].start(), words[last].end()
    before = words[place - 1] if place and _ADJACENT.fullmatch(text, words[place - 1].end(), begin) else None
    after = (
        words[last + 1] if last + 1 < len(words) and _ADJACENT.fullmatch(text, end, words[last + 1].start()) else None
    )
    if after and _goes_on(after.group(), name.kind):
        return True
    if text[end : end + 1] in "-\u2011" and text[end + 1 : end + 2].isalpha():
        return True
    if name.kind == DEMONYM:
        return before is not None and _fold(before.group()) in _REGIONS
    if before and before.group()[0].isupper() and not before.group().isupper():
        return _fold(before.group()) not in _BEFORE_A_NAME
    return name.codes == {"GEO"} and bool(
        re.search(r"(?:\b[Ss]tate of |\bUniversity of |Atlanta, )$", text[max(0, begin - 14) : begin])
    )


def _goes_on(word: str, kind: str) -> bool:
    """Tell whether a word right behind a name makes another name of it."""
    if _fold(word) in _ANIMALS:
        return True
    is_capital = word[0].isupper() and not word.isupper() and kind != PLACE
    return is_capital and not (kind == DEMONYM and _fold(word) in _EXPERTS)


@lru_cache(20_000)
def _fold(word: str) -> str:
    return folded(word)


@cache
def _lexicon(language: str) -> Mapping[str, tuple[_Name, ...]]:
    """Return the names by their first word, the longest first."""
    found: defaultdict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    for code in codes():
        demonyms = demonyms_of(code)
        for name, tag in names_of(code):
            if tag in ("", "en", language):
                for words in _spellings(name):
                    found[words, DEMONYM if not tag and name in demonyms else COUNTRY].add(code)
    for row in _places():
        if row["kind"] == "city":
            for name in row["names"].split("|"):
                found[_words(name), PLACE].add(row["alpha3"])
    by_first: defaultdict[str, list[_Name]] = defaultdict(list)
    for (words, kind), meant in found.items():
        if words and all(words):
            by_first[words[0]].append(_Name(words, kind, frozenset(meant)))
    return {first: tuple(sorted(names, key=lambda name: -len(name.words))) for first, names in by_first.items()}


def _spellings(name: str) -> Iterator[tuple[str, ...]]:
    yield _words(name)
    if "&" in name:
        yield from (_words(name.replace("&", word)) for word in _CONNECTIVES.values())
    for connective in _CONNECTIVES.values():
        if f" {connective} " in name:
            yield _words(name.replace(f" {connective} ", " and "))


def _words(name: str) -> tuple[str, ...]:
    return tuple(_fold(found.group()) for found in _WORD.finditer(name))


@cache
def states() -> Mapping[str, str]:
    """Return the country of each state of a federation that is known, by its folded name."""
    rows = (row for row in _places() if row["kind"] == "state")
    return {folded(name): row["alpha3"] for row in rows for name in row["names"].split("|")}


@cache
def _places() -> tuple[dict[str, str], ...]:
    lines = (files("actiongraph.ingest") / "places.csv").read_text("utf-8").splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))
