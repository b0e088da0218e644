"""Text that fits: widths estimated without a font, and lines wrapped.

The reader's machine chooses the font. The widths are those of DejaVu Sans, among the widest of the
fonts that browsers take for `system-ui` or `sans-serif`; other fonts leave room at the end of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category, combining, east_asian_width

from actiongraph.text import one_line

_WIDTHS = {0.29: "ijlIJ|'", 0.34: " ,.:;!f", 0.42: 'rt()[]-/"', 0.54: "csz?kFL", 0.82: "wOQGDHNU", 1.02: "mMW@%"}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_LETTER, _CAPITAL, _OTHER, _WIDE = 0.645, 0.72, 0.75, 1.05
_PIECE = re.compile(r"\S+\s*")
_SPLITS = re.compile(r"(?<=[\w)][-/\u2013\u2014])(?=\w)")


def width_of(text: str) -> float:
    """Return the width of `text` in ems, rather too wide than too narrow."""
    return sum(_width(letter) for letter in text)


def wrapped(text: str, room: float, most: int) -> list[str]:
    """Return `text` in at most `most` lines no wider than `room` ems; what does not fit ends in an ellipsis.

    Lines break at spaces, after hyphens and slashes, between wide letters such as Chinese ones, and
    within a word that is wider than a line.
    """
    lines: list[str] = []
    for piece in _pieces(one_line(text), room):
        if lines and width_of(lines[-1] + piece.rstrip()) <= room:
            lines[-1] += piece
        else:
            lines.append(piece)
    lines = [line.rstrip() for line in lines]
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _shortened(lines[most - 1], room)]


def _pieces(text: str, room: float) -> Iterator[str]:
    """Yield the parts of `text` that may stand on a line of their own, each no wider than `room`."""
    for word in _PIECE.findall(text):
        for part in _SPLITS.split(word):
            yield from _parts(part, room)


def _parts(word: str, room: float) -> Iterator[str]:
    part, width = "", 0.0
    for letter in word:
        step = _width(letter)
        if part and step and not letter.isspace() and (width + step > room or _breaks(part[-1], letter)):
            yield part
            part, width = "", 0.0
        part, width = part + letter, width + step
    yield part


def _breaks(before: str, after: str) -> bool:
    """Tell whether a line may break between two letters, as it may where words are written without spaces."""
    wide = east_asian_width(before) in "WF" and east_asian_width(after) in "WF"
    return wide and category(after) not in ("Po", "Pe", "Pf")


def _shortened(line: str, room: float) -> str:
    while line and width_of(line + "…") > room:
        line = line[:-1].rstrip()
    return line.rstrip(" ,;:-\u2013") + "…"


def _width(letter: str) -> float:
    if combining(letter) or category(letter) in ("Mn", "Me", "Cf"):
        return 0
    if letter in _WIDTH_OF:
        return _WIDTH_OF[letter]
    if east_asian_width(letter) in "WF":
        return _WIDE
    if not letter.isascii():
        return _OTHER
    return _CAPITAL if letter.isupper() else _LETTER
