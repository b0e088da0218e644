"""Text in one line, plurals, lists in words, words and names that are near, and the error messages of other servers."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup, escape

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters, changes of direction, and what XML cannot hold (XML 1.0, section 2.2): none of them is seen."""


def one_line(text: str) -> str:
    """Return `text` in one line, without what could command whoever shows it; white space is one space."""
    return " ".join(UNSAFE.sub(" ", text).split())


_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Characters that are not seen and may change what is: controls, marks and changes of direction, lone surrogates."""


def visible(text: object) -> str:
    """Return a text with each hidden character as its code point, such as `[U+202E]`, so that nobody is misled.

    Source: Unicode Standard Annex 9, section 2 (what changes the direction of a text).
    """
    written = str(text)
    # What Python calls printable has none of them, and is told in a hundredth of the time.
    return written if written.isprintable() else _HIDDEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", written)


def isolated(text: str, *, is_name: bool = False) -> Markup:
    """Return `text`, escaped and `visible`, as an element of its own language and direction where it needs one.

    Text in the language of the page and in ASCII needs none; a large table is a tenth smaller without. A name has its
    numbers `unbroken`.
    """
    language = getattr(text, "language", None) or "en"
    written = unbroken(visible(text)) if is_name else escape(visible(text))
    if language == "en" and text.isascii():
        return written
    return Markup("<bdi{}>{}</bdi>").format(Markup(' lang="{}"').format(language) if language != "en" else "", written)


def name_element(name: str) -> Markup:
    """Return `name`, escaped and `visible`, as an element of its own language and direction, its numbers `unbroken`."""
    language = getattr(name, "language", None)
    marked = f' lang="{escape(language)}"' if language and language != "en" else ""
    return Markup(f"<bdi{marked}>{unbroken(visible(name))}</bdi>")  # noqa: S704 - all of it is escaped


def grouped(number: int) -> str:
    """Return a whole number with commas between thousands."""
    return f"{number:,}"


def ordinal(number: int) -> str:
    """Return the place that a number counts to, as in 1st, 2nd, 11th."""
    last = number % 10 if number // 10 % 10 != 1 else 0
    return f"{number:,}" + {1: "st", 2: "nd", 3: "rd"}.get(last, "th")


def counted(number: int, thing: str) -> str:
    """Return a number with its noun, as in `1 link` or `1,234 links`; `thing` is a word that an s makes plural."""
    return f"{number:,} {thing}{'s' * (number != 1)}"


def drift_note(now: str) -> str:
    """Return the note on quoted words that a newer snapshot lacks, which has `now` in their place, or nothing."""
    place = f"in their place it has: {now}" if now else "nothing like them is there"
    return f"A newer snapshot of the source no longer has these words; {place}"


def listed(words: Iterable[str]) -> str:
    """Return one or more words as people list them: `a`, `a and b` or `a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def language_rank(tag: str | None, languages: Sequence[str]) -> tuple[int, str]:
    """Return a key to sort texts by their language tags: the one to show first is the least.

    First come `languages` in their order, then English, no language, and others by tag. Variants of a language, such
    as en and en-GB, stand behind the one that is named.
    """
    own, primary = (tag or "").lower(), (tag or "").lower().partition("-")[0]
    for place, language in enumerate((*languages, "en")):
        if primary == language.lower().partition("-")[0]:
            return 2 * place + (own != language.lower()), own
    return 2 * len(languages) + 2 + bool(own), own


NEAR = 0.6
"""From this likeness on, one name may be meant for another."""
_LONGEST_COMPARED = 300
"""Longer texts are not compared: the time grows with the square of their length."""


def near_names(name: str, names: Iterable[str], *, most: int = 1, likeness: float = NEAR) -> list[str]:
    """Return at most `most` of `names` that are at least as like `name` as `likeness`, the nearest first."""
    return get_close_matches(name, list(names), most, likeness)


def likeness_of(one: str, other: str) -> float:
    """Return the likeness of two texts, from 0 to 1; 0 if that is clearly below `NEAR`, or a text is too long."""
    if max(len(one), len(other)) > _LONGEST_COMPARED:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < NEAR or matcher.quick_ratio() < NEAR:
        return 0.0
    return matcher.ratio()


class Word(NamedTuple):
    """A word of a text, from `start` to `end`, and `folded` as it is compared: without accents, in lower case."""

    start: int
    end: int
    folded: str


_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_JOINTS = frozenset("-.'\u2019/&")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"})
"""Letters that Unicode does not take apart, as people type them without their keyboard."""
_LONGEST_WORD = 64


def word_runs(text: str) -> list[tuple[Word, ...]]:
    """Return the words of `text`, those together that a single hyphen, dot, apostrophe, slash or & joins: 2014-12."""
    runs: list[list[Word]] = []
    for found in _WORD.finditer(text):
        word = Word(found.start(), found.end(), _folded(found.group()))
        if not word.folded:
            continue
        if runs and text[runs[-1][-1].end : word.start] in _JOINTS:
            runs[-1].append(word)
        else:
            runs.append([word])
    return [tuple(run) for run in runs]


def folded(text: str) -> str:
    """Return the folded words of `text`, with a blank between: what is the same has the same words."""
    return " ".join(word.folded for run in word_runs(text) for word in run)


@lru_cache(50_000)
def _folded(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold()).translate(_LETTERS)
    return "".join(filter(str.isalnum, apart))[:_LONGEST_WORD]


def edits_between(one: str, other: str, most: int) -> int:
    """Return the number of letters to put in, leave out, change or swap with the next; `most` + 1 for any more.

    Source: Damerau's distance, where no part is edited twice (optimal string alignment).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, start=1):
        before, last = row, before
        row = [index]
        for place, against in enumerate(other, start=1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != against))
            if last and place > 1 and letter == other[place - 2] and one[index - 2] == against:
                cost = min(cost, last[place - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


_NUMBER = re.compile(r"(?<![\d-])(?=[\d-]{3,24}(?![\d-]))\d+(?:-\d+)+")
"""A number with hyphens that fits in the narrowest line; a longer one has to break somewhere."""


def unbroken(text: str) -> Markup:
    """Return `text`, escaped, with each number with hyphens as an element that no line ends in.

    A hyphen of another kind would do so too, but then a number that is copied is not the number.
    """
    if "-" not in text or not _NUMBER.search(text):
        return escape(text)
    parts, end = [], 0
    for found in _NUMBER.finditer(text):
        parts += [escape(text[end : found.start()]), Markup('<span class="whole">{}</span>').format(found.group())]
        end = found.end()
    return Markup().join([*parts, escape(text[end:])])


_LONGEST_COMPLAINT = 120
_LONGEST_DETAIL = 400
"""A detail is written for people to read, and may quote a location in their query."""
_MARKUP = re.compile(r"(?is)<(script|style|title)\b.*?</\1\s*>|<[^<>]*>")


def complaint(content: bytes) -> str:
    """Return the message in the body of an error, in one line: its detail if it has one, else the start of its text.

    Source: RFC 9457, section 3.1.4 (detail), by whatever media type it comes.
    """
    text = content.decode("utf-8", "replace")
    if detail := _detail(text):
        return _line(detail, _LONGEST_DETAIL)
    return _line(html.unescape(_MARKUP.sub(" ", text)), _LONGEST_COMPLAINT)


def _detail(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    detail = found.get("detail") if isinstance(found, dict) else None
    return detail if isinstance(detail, str) else ""


def _line(text: str, longest: int) -> str:
    """Return `text` on one line without what a terminal might obey."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
