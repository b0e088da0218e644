"""The text of a box: number and dates, title, country and partner, in lines that fit its width.

The reader's machine chooses the font. Widths are estimated without one: they are those of DejaVu Sans, among the
widest of the fonts that browsers take for `system-ui` or `sans-serif`; other fonts leave room at the end of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from unicodedata import category, combining, east_asian_width

from actiongraph.chains.drawing.graph import Group
from actiongraph.chains.model import Chain, Step, joined_names
from actiongraph.text import one_line

PADDING = 11.0
_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ABOVE, _BELOW = 8.0, 11.0


class Look(Enum):
    """The look of a line of text: its name in the stylesheet, the size of its letters and its height, in pixels."""

    NUMBER = ("number", 11.5, 16.0)
    DATES = ("dates", 11.5, 16.0)
    TITLE = ("title", 13.5, 17.5)
    FACT = ("fact", 12.0, 16.0)
    REMARK = ("remark", 12.0, 16.0)

    def __init__(self, style: str, size: float, height: float) -> None:
        self.style, self.size, self.height = style, size, height


_Part = tuple[str, Look, int]
"""Words, how they look, and the lines they may take."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text in a box; its baseline is `down` pixels below the top of the box."""

    words: str
    look: Look
    down: float
    at_the_end: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """One box, its height and what it says; `description` is the same in full, to be read out or pointed at."""

    group: Group
    texts: tuple[TextLine, ...]
    height: float
    description: str
    in_loop: bool = False

    @property
    def open_end(self) -> bool:
        """Tell whether a source calls the action a follow-up without saying of what."""
        return not self.group.folded and self.group.steps[0].open_end

    @property
    def stub(self) -> bool:
        """Tell whether the action is known only because another names it."""
        return not self.group.folded and not self.group.steps[0].described


def box_of(group: Group, chain: Chain, width: float, remark: str | None = None) -> Box:
    """Return the box of `group`, `width` pixels wide, as high as what it says needs; `remark` is said of its row."""
    loops = [loop for loop in chain.loops if any(step.action in loop for step in group.steps)]
    parts = [*(_several(group.steps) if group.folded else _one(group.steps[0]))]
    circles = ["follows itself" if len(loop) == 1 else f"in a loop of {len(loop)}" for loop in loops]
    parts += [(said, Look.REMARK, 2) for said in (*circles, remark) if said]
    texts, down = _set(parts, width)
    description = ". ".join(one_line(words) for words, _, _ in parts)
    return Box(group, tuple(texts), down + _BELOW, description, bool(loops))


def _set(parts: Sequence[_Part], width: float) -> tuple[list[TextLine], float]:
    """Return the lines of `parts`, and where the last one ends; dates stand beside a number where both fit."""
    texts: list[TextLine] = []
    down = _ABOVE
    for words, look, most in parts:
        if look is Look.DATES and texts:
            beside = width_of(f"{texts[-1].words}  {one_line(words)}") * look.size
            if beside <= width - 2 * PADDING:
                texts.append(TextLine(one_line(words), look, texts[-1].down, at_the_end=True))
                continue
        for line in wrapped(words, (width - 2 * PADDING) / look.size, most):
            down += look.height
            texts.append(TextLine(line, look, down - look.height + look.size))
    return texts, down


def _one(step: Step) -> Iterator[_Part]:
    if step.number and (step.described or step.title):
        yield step.number, Look.NUMBER, 1
    if dates := _dates(step):
        yield dates, Look.DATES, 1
    yield step.title or (step.key if step.described else step.number or step.key), Look.TITLE, 3
    if step.mention:
        yield step.mention, Look.REMARK, 2
    yield from ((joined_names(things), Look.FACT, 2) for things in (step.countries, step.partners) if things)


def _several(steps: Sequence[Step]) -> Iterator[_Part]:
    yield f"+ {len(steps)} more actions", Look.TITLE, 2
    countries = {country for step in steps for country in step.countries}
    if countries:
        yield joined_names(countries) if len(countries) == 1 else f"in {len(countries)} countries", Look.FACT, 1
    stubs = sum(not step.described for step in steps)
    if stubs:
        yield f"{stubs} mentioned only by number", Look.REMARK, 2


def _dates(step: Step) -> str:
    start, end = _said(step.start), _said(step.end)
    if start and end:
        return start if start == end else f"{start} to {end}"
    return f"from {start}" if start else f"until {end}" if end else ""


def _said(printed: str | None) -> str:
    """Return a date in words, so that nobody takes it for a number of an action: 3 Mar 2014, Mar 2014 or 2014."""
    found = _DATE.fullmatch(printed or "")
    if not found or not 1 <= int(found["month"]) <= len(_MONTHS):
        return printed or ""
    return f"{(found['day'] or '').lstrip('0')} {_MONTHS[int(found['month']) - 1]} {found['year']}".strip()


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
