"""A picture as SVG: no script, no style but one sheet, nothing fetched, and every box a link.

Source: SVG 2, sections 5.8 (title and desc), 16.2 (links); WAI-ARIA 1.2, role group.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

from actiongraph.chains.drawing.boxes import PADDING, TextLine, width_of
from actiongraph.chains.drawing.graph import Sort
from actiongraph.chains.drawing.picture import MARGIN, OPEN_END, Bend, Course, Picture, Placed, picture_of
from actiongraph.chains.model import Chain, LinkKind, Step
from actiongraph.iris import is_web_address
from actiongraph.text import one_line
from actiongraph.vocabulary import IRI

Address = Callable[[Step], str | None]
_ARROW, _CORNER, _RULE, _SMALL = 7.0, 7.0, 22.0, 12.0
_NARROWEST = 330.0
_TAG = 100.0
_ROW_LABEL = {Sort.UNDATED: "undated", Sort.CONTRADICTED: "out of order"}


def address_of(step: Step) -> str | None:
    """Return the address of a page on an action: its IRI if that is a web address, for no other should be clicked."""
    return str(step.action) if is_web_address(step.action) else None


def as_svg(
    chain: Chain,
    link: Address = address_of,
    *,
    rest: str | None = None,
    styled: bool = True,
    here: IRI | None = None,
) -> str:
    """Return the chain as a picture: time runs down the page, each action is a box that leads to `link` of it.

    Solid lines are stated, dotted ones probable. A row of more actions than a page has room for ends in a
    box that counts the others and leads to `rest`, where they are listed. Without `styled` the picture has
    no style sheet of its own; a page that shows it brings `stylesheet()` instead, with the looks of the box that is
    marked as the action that was asked for, `here`.
    """
    picture = picture_of(chain)
    width = max(picture.width, _NARROWEST)
    legend, legend_height = _legend(picture, width)
    size = f"{_number(width)} {_number(picture.height + legend_height)}"
    across, down = size.split()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="group" lang="en" width="{across}"'
        f' height="{down}" viewBox="0 0 {size}" aria-labelledby="picture-name picture-about">',
        f'<title id="picture-name">{_text(f"Chain {chain.key}")}</title>',
        f'<desc id="picture-about">{_text(_about(chain))}</desc>',
        *([f"<style>{stylesheet()}</style>"] if styled else []),
        '<g aria-hidden="true">',
        *_axis(picture, width),
        # Lines from folded boxes come first, so that other lines lie over them.
        *(part for course in sorted(picture.courses, key=lambda course: not course.folded) for part in _course(course)),
        *legend,
        "</g>",
        *(part for placed in _reading_order(picture, chain) for part in _box(placed, link, rest, here)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


@cache
def stylesheet() -> str:
    """Return the style sheet of pictures; every rule begins with `.picture`."""
    return files(__package__).joinpath("picture.css").read_text("utf-8")


def style_source() -> str:
    """Return the source expression of the style sheet in a picture, by its hash (CSP Level 3, section 2.3.1)."""
    return f"'sha256-{b64encode(sha256(stylesheet().encode()).digest()).decode()}'"


def _about(chain: Chain) -> str:
    probable = sum(link.kind is LinkKind.PROBABLE for link in chain.links)
    loops = f" {len(chain.loops)} of its parts are loops." if chain.loops else ""
    return (
        f"Actions: {len(chain.steps)}. Links: {len(chain.links)}, of which probable: {probable}.{loops} "
        "Lower actions follow those above; each box links to its action."
    )


def _reading_order(picture: Picture, chain: Chain) -> list[Placed]:
    position = {step.action: number for number, step in enumerate(chain.steps)}
    return sorted(
        picture.boxes, key=lambda placed: (placed.box.group.folded, position[placed.box.group.steps[0].action])
    )


def _axis(picture: Picture, width: float) -> Iterator[str]:
    """Yield a label for each year and for each row without one, where there are years at all."""
    said: int | str | None = None
    for band in picture.bands if picture.axis else ():
        label = _ROW_LABEL.get(band.row.sort, band.row.year)
        if label != said:
            if said is not None:
                yield _line("rule", MARGIN, band.top - _RULE, width - MARGIN)
            yield _label(str(label), "year" if band.row.sort is Sort.DATED else "remark", MARGIN, band.top + 4)
        said = label


def _course(course: Course) -> Iterator[str]:
    stroke = course.stroke
    looks = f"{stroke.kind}{' loop' if stroke.in_loop else ''}{' aside' if course.folded else ''}"
    first = course.bends[0]
    ends = [(bend.to_x, bend.to_y) for bend in course.bends if bend.to_box]
    if stroke.upwards:
        ends = [(first.from_x, first.from_y)]
    yield f'<path class="line {looks}" d="{" ".join(_bend(bend, up=stroke.upwards) for bend in course.bends)}"/>'
    yield f'<path class="arrow {looks}" d="{" ".join(_arrow(x, y, up=stroke.upwards) for x, y in ends)}"/>'


def _bend(bend: Bend, *, up: bool) -> str:
    begin = bend.from_y + (_ARROW if up and bend.from_box else 0)
    end = bend.to_y - (_ARROW if bend.to_box and not up else 0)
    across = bend.to_x - bend.from_x
    x, y, to_x = _number(bend.from_x), _number(bend.level), _number(bend.to_x)
    if abs(across) < 0.5:
        return f"M{x} {_number(begin)}V{_number(end)}"
    corner = min(_CORNER, abs(across) / 2)
    aside = corner if across > 0 else -corner
    return (
        f"M{x} {_number(begin)}V{_number(bend.level - corner)}Q{x} {y} {_number(bend.from_x + aside)} {y}"
        f"H{_number(bend.to_x - aside)}Q{to_x} {y} {to_x} {_number(bend.level + corner)}V{_number(end)}"
    )


def _arrow(x: float, y: float, *, up: bool) -> str:
    height = -_ARROW if up else _ARROW
    return f"M{_number(x)} {_number(y)}l-4.5 {_number(-height)}h9z"


def _box(placed: Placed, link: Address, rest: str | None, here: IRI | None) -> Iterator[str]:
    box = placed.box
    href = rest if box.group.folded else link(box.group.steps[0])
    is_here = here in {step.action for step in box.group.steps}
    kinds = {"several": box.group.folded, "stub": box.stub, "loop": box.in_loop, "here": is_here}
    looks = " ".join(["action", *(kind for kind, fits in kinds.items() if fits)])
    yield f'<a class="{looks}" href="{_text(href)}">' if href else f'<g class="{looks}">'
    yield f"<title>{_text(box.description)}{'. You are here' if is_here else ''}</title>"
    if box.group.folded:
        yield _rect(placed, 6)
        yield _rect(placed, 3)
    yield _rect(placed)
    yield from (_written(text, placed) for text in box.texts)
    if box.open_end:
        yield from _open_end(placed)
    yield "</a>" if href else "</g>"
    if is_here:
        yield from _tag(placed)


def _tag(placed: Placed) -> Iterator[str]:
    """Yield the words that mark the box of the action that was asked for, on its upper edge."""
    left, top = placed.left + placed.width - _TAG - 8, placed.top - 9
    yield '<g class="you" aria-hidden="true">'
    yield f'<rect x="{_number(left)}" y="{_number(top)}" width="{_number(_TAG)}" height="18" rx="9"/>'
    yield _label("you are here", "middle", left + _TAG / 2, top + 13) + "</g>"


def _rect(placed: Placed, aside: float = 0) -> str:
    x, y = _number(placed.left + aside), _number(placed.top + aside)
    return f'<rect x="{x}" y="{y}" width="{_number(placed.width)}" height="{_number(placed.box.height)}" rx="5"/>'


def _written(text: TextLine, placed: Placed) -> str:
    x = placed.left + (placed.width - PADDING if text.at_the_end else PADDING)
    return _label(text.words, text.look.style + (" end" if text.at_the_end else ""), x, placed.top + text.down)


def _open_end(placed: Placed) -> Iterator[str]:
    top = placed.top - OPEN_END + 22
    yield _label("follows an unnamed action", "open middle", placed.middle, top - 6)
    yield f'<path class="line open" d="M{_number(placed.middle)} {_number(top)}V{_number(placed.top - _ARROW)}"/>'
    yield f'<path class="arrow open" d="{_arrow(placed.middle, placed.top, up=False)}"/>'


def _legend(picture: Picture, width: float) -> tuple[list[str], float]:
    """Return the legend of each kind of line and outline that occurs, and the height that it takes."""
    parts: list[str] = []
    left, down = MARGIN, picture.height + 20
    for words, draw in _explained(picture):
        needs = 34 + width_of(words) * _SMALL + 18
        if left > MARGIN and left + needs > width:
            left, down = MARGIN, down + 20
        parts += [draw(left, down), _label(words, "remark", left + 34, down + 4)]
        left += needs
    return parts, down - picture.height + 18 if parts else 0


def _explained(picture: Picture) -> Iterator[tuple[str, Callable[[float, float], str]]]:
    strokes = {line.stroke for line in picture.lines}
    boxes = [placed.box for placed in picture.boxes]
    if any(stroke.kind is LinkKind.STATED for stroke in strokes):
        yield "follow-up (stated by a source)", lambda x, y: _line("line stated", x, y, x + 26)
    if any(stroke.kind is LinkKind.PROBABLE for stroke in strokes):
        yield "probable follow-up (inferred)", lambda x, y: _line("line probable", x, y, x + 26)
    if any(stroke.in_loop for stroke in strokes):
        yield "loop (impossible in time)", lambda x, y: _line("line stated loop", x, y, x + 26)
    if any(box.stub for box in boxes):
        yield "mentioned only by another action", lambda x, y: _swatch("stub", x, y)


def _swatch(looks: str, x: float, y: float) -> str:
    return f'<g class="action {looks}"><rect x="{_number(x)}" y="{_number(y - 7)}" width="26" height="14" rx="3"/></g>'


def _line(looks: str, x: float, y: float, to_x: float) -> str:
    return f'<path class="{looks}" d="M{_number(x)} {_number(y)}H{_number(to_x)}"/>'


def _label(words: str, looks: str, x: float, y: float) -> str:
    return f'<text class="{looks}" x="{_number(x)}" y="{_number(y)}">{_text(words)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(words: str) -> str:
    return escape(one_line(words))
