"""The classes of a release as a picture: boxes in columns around the class that is linked most, properties as lines.

Each box lists the properties that lead to other classes, and a line goes from each to the box of what it leads to. The
style is that of the page. Source: SVG 2, sections 5.8 (title and desc), 16.2 (links).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from actiongraph.catalogue.schema import SchemaClass, SchemaProperty
from actiongraph.chains.drawing.boxes import width_of, wrapped
from actiongraph.text import counted, visible
from actiongraph.vocabulary import IRI

_WIDTH, _HEAD, _ROW, _PADDING = 184.0, 42.0, 17.0, 9.0
_ACROSS, _DOWN, _MARGIN = 64.0, 16.0, 8.0
_SIZE = 12.0
"""Of letters, in pixels."""
_MOST_ROWS = 14


@dataclass(frozen=True, slots=True)
class _ClassBox:
    found: SchemaClass
    rows: tuple[tuple[SchemaProperty, tuple[IRI, ...]], ...]
    more: int
    column: int
    x: float
    y: float

    @property
    def height(self) -> float:
        return _HEAD + _ROW * (len(self.rows) + bool(self.more)) + (_PADDING if self.rows else 0)

    def row_at(self, number: int) -> float:
        """Return the middle of a row, down the picture."""
        return self.y + _HEAD + _ROW * (number + 0.5)


def draw_classes(classes: Sequence[SchemaClass]) -> str:
    """Return the picture of `classes`, whose boxes lead to their sections on the page; empty without any."""
    if not classes:
        return ""
    boxes = {box.found.term: box for box in _placed(classes)}
    width = max(box.x for box in boxes.values()) + _WIDTH + _ACROSS / 2 + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _MARGIN
    size = f"{_number(width)} {_number(height)}"
    across, down = size.split()
    return "\n".join(
        [
            f'<svg class="classes" role="group" lang="en" width="{across}" height="{down}" viewBox="0 0 {size}"'
            ' aria-labelledby="classes-name classes-about">',
            '<title id="classes-name">The classes and what joins them</title>',
            f'<desc id="classes-about">Classes: {len(classes)}; each leads to the properties of its class.</desc>',
            '<defs><marker id="classes-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path class="arrow" d="M0 0.5 8 4 0 7.5z"/></marker></defs>',
            f'<g aria-hidden="true">{"".join(_lines(boxes))}</g>',
            *(_box(box) for box in boxes.values()),
            "</svg>\n",
        ]
    )


def _placed(classes: Sequence[SchemaClass]) -> Iterator[_ClassBox]:
    """Yield a box for each class, column by column."""
    columns = _columns(classes)
    by_term = {found.term: found for found in classes}
    first, last = min(columns.values()), max(columns.values())
    ordered = _ordered(classes, columns)
    made: list[list[_ClassBox]] = []
    for number in range(first, last + 1):
        x, y, column = _MARGIN + (number - first) * (_WIDTH + _ACROSS), _MARGIN, []
        for term in ordered[number]:
            rows = [(each, tuple(to.term for to in targets)) for each, targets in by_term[term].links()]
            column.append(_ClassBox(by_term[term], tuple(rows[:_MOST_ROWS]), len(rows[_MOST_ROWS:]), number, x, y))
            y += column[-1].height + _DOWN
        made.append(column)
    tallest = max(column[-1].y + column[-1].height for column in made)
    for column in made:
        spare = (tallest - column[-1].y - column[-1].height) / 2
        for box in column:
            yield _ClassBox(box.found, box.rows, box.more, box.column, box.x, box.y + spare)


def _columns(classes: Sequence[SchemaClass]) -> dict[IRI, int]:
    """Return the column of each class.

    The class that is linked with most others is 0; what it leads to stands right of it, what leads to it left, and
    all else beyond what it is linked with. No column between the first and the last is empty.
    """
    leads, led = defaultdict[IRI, list[IRI]](list), defaultdict[IRI, list[IRI]](list)
    for found in classes:
        for to in dict.fromkeys(to.term for _, targets in found.links() for to in targets):
            leads[found.term].append(to)
            led[to].append(found.term)
    hub = max(classes, key=lambda found: len({*leads[found.term], *led[found.term]})).term
    columns = {hub: 0} | dict.fromkeys(led[hub], -1) | dict.fromkeys(leads[hub], 1)
    waiting = list(columns)[1:]
    while waiting:
        term = waiting.pop(0)
        for other in (*leads[term], *led[term]):
            if other not in columns:
                columns[other] = columns[term] + (1 if columns[term] > 0 else -1)
                waiting.append(other)
    for found in classes:
        columns.setdefault(found.term, min(0, *columns.values()))
    return columns


def _ordered(classes: Sequence[SchemaClass], columns: Mapping[IRI, int]) -> dict[int, list[IRI]]:
    """Return the classes of each column from top to bottom: near what they are linked with, nearer the middle."""
    near = defaultdict[IRI, list[tuple[IRI, int]]](list)
    for found in classes:
        for row, (_, targets) in enumerate(found.links()):
            for to in targets:
                near[to.term].append((found.term, row))
                near[found.term].append((to.term, 0))
    place: dict[IRI, float] = {}
    ordered = dict[int, list[IRI]]()
    for number in sorted(set(columns.values()), key=abs):
        here = [found.term for found in classes if columns[found.term] == number]

        def height(term: IRI) -> float:
            known = [place[other] + row / 100 for other, row in near[term] if other in place]  # noqa: B023 - used now
            return sum(known) / len(known) if known else 1.0

        ordered[number] = sorted(here, key=height)
        place |= {term: rank / len(here) for rank, term in enumerate(ordered[number])}
    return ordered


def _lines(boxes: Mapping[IRI, _ClassBox]) -> Iterator[str]:
    for box in boxes.values():
        for number, (_, targets) in enumerate(box.rows):
            for to in filter(None, map(boxes.get, targets)):
                yield f'<path class="line" marker-end="url(#classes-arrow)" d="{_course(box, number, to)}"/>'


def _course(box: _ClassBox, number: int, to: _ClassBox) -> str:
    """Return the way from a row of one box to the head of another."""
    y, end_y = box.row_at(number), to.y + _HEAD / 2
    if to.column == box.column:
        x = box.x + _WIDTH
        out = x + min(_ACROSS - 10, 14 + abs(end_y - y) / 12)
        return f"M{_number(x)} {_number(y)}C{_number(out)} {_number(y)} {_number(out)} {_number(end_y)} " + (
            f"{_number(x)} {_number(end_y)}"
        )
    is_right = to.column > box.column
    x, end_x = (box.x + _WIDTH, to.x) if is_right else (box.x, to.x + _WIDTH)
    bend = _ACROSS * 0.6 * (1 if is_right else -1)
    return (
        f"M{_number(x)} {_number(y)}C{_number(x + bend)} {_number(y)} {_number(end_x - bend)} {_number(end_y)} "
        f"{_number(end_x)} {_number(end_y)}"
    )


def _box(box: _ClassBox) -> str:
    found, left, right = box.found, box.x + _PADDING, box.x + _WIDTH - _PADDING
    things = counted(found.things, "thing")
    texts = [
        f'<text class="name" x="{_number(left)}" y="{_number(box.y + 18)}">{_cut(found.name, _WIDTH)}</text>',
        f'<text class="count" x="{_number(left)}" y="{_number(box.y + 33)}">{things}</text>',
    ]
    for number, (each, _) in enumerate(box.rows):
        y, uses = _number(box.row_at(number) + 4), f"{each.triples:,}"
        room = _WIDTH - 2 * _PADDING - width_of(uses) * _SIZE
        texts.append(f'<text x="{_number(left)}" y="{y}">{_cut(each.name, room)}</text>')
        texts.append(f'<text class="count end" x="{_number(right)}" y="{y}">{uses}</text>')
    if box.more:
        y = _number(box.row_at(len(box.rows)) + 4)
        texts.append(f'<text class="count" x="{_number(left)}" y="{y}">and {box.more} more</text>')
    return (
        f'<a href="#{escape(found.id)}"><title>{_text(found.name)}: {things}</title>'
        f'<rect x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(_WIDTH)}" height="{_number(box.height)}" '
        f'rx="6"/>{"".join(texts)}</a>'
    )


def _cut(words: str, room: float) -> str:
    """Return `words` as text that fits into `room` pixels."""
    return escape(next(iter(wrapped(visible(words), (room - 2 * _PADDING) / _SIZE, 1)), ""))


def _text(words: str) -> str:
    return escape(visible(words))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
