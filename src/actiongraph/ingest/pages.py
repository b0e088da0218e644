"""Pages as text: what a source's passages are counted in, whether it is HTML or was text from the start.

Text stands as it is. HTML becomes a line for each block, without what is not read (scripts, styles, menus) and without
what comes before the first main heading; whatever begins an entry of a list of actions gets a bullet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from actiongraph.errors import DataError, SettingsError

BULLET = "•"
_INNER_BULLET = "◦"
_IS_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|main|article|section|div|ul|h[1-6]|p)\b", re.IGNORECASE)
_IS_IATI = re.compile(r"[^<]*(?:<[?!][^>]*>[^<]*)*<iati-activit(?:y|ies)\b")
_OTHER_KINDS = dict.fromkeys((".csv", ".tsv", ".xlsx", ".xlsm"), "ingest table")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_UNREAD = frozenset((
    "script", "style", "noscript", "template", "head", "nav", "footer", "form", "iframe", "object", "svg",
    "math", "canvas", "audio", "video", "select", "button",
))  # fmt: skip
_ENDS_LINE = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
    "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul",
))  # fmt: skip
_PARTS_OF_AN_ENTRY = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "dl", "table", "br"])
_BOXES = ("body", "main", "section", "div")
_CELLS_OF_AN_ENTRY = 3
"""Rows of two are labels with their values."""
_DEEPEST = 1_500
"""Levels of elements. libxml2 leaves out, without an error, what is some 2,000 deep."""
_HEADINGS = ("h2", "h3", "h4")


class Page(NamedTuple):
    """A page as text; `language` is the primary tag that its HTML names, empty if none.

    Where `was_html`, the text is of our making, and is what a source's checksum is of.
    """

    text: str
    language: str = ""
    was_html: bool = False


def read_page(path: Path) -> Page:
    """Return the page in the file at `path`, HTML or text.

    Raises:
        DataError: the file cannot be read, is no text in its encoding, is of another kind, or has no words.
        SettingsError: it is HTML, and lxml is missing.
    """
    if command := _OTHER_KINDS.get(path.suffix.lower()):
        raise DataError(f"{path} is a table and no page; actiongraph {command} reads it.", file=str(path))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    page = _page(_decoded(content, path), path)
    if not re.search(r"\w", page.text):
        how = "; if scripts make the page, save it from a browser" if page.was_html else ""
        raise DataError(f"{path} has no words in it{how}.", file=str(path))
    return page


def _page(text: str, path: Path) -> Page:
    if _IS_IATI.match(text[:4000]):
        raise DataError(f"{path} is an IATI file and no page; actiongraph ingest iati reads it.", file=str(path))
    if path.suffix.lower() in (".html", ".htm", ".xhtml") or _IS_HTML.match(text[:2000]):
        return page_of_html(text, path)
    if "\0" in text:
        raise DataError(
            f"{path} holds a NUL character, so it is no text. Save the page as text in UTF-8.", file=str(path)
        )
    return Page(text)


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        declared = _CHARSET.search(content[:4096])
        if declared is None or declared[1].lower() in (b"utf-8", b"utf8"):
            found = f"byte {content[error.start]:#04x} at place {error.start + 1:,}"
            reason = f"{path} is no text in UTF-8: {found} is none of its. Save the page as HTML, or as text in UTF-8."
            raise DataError(reason, file=str(path)) from error
        try:
            return content.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError) as other:
            raise DataError(f"{path} is not in the encoding that it names: {other}.", file=str(path)) from other


def page_of_html(html: str, path: Path | None = None) -> Page:
    """Return a page in HTML as text; markup that is broken is read as browsers would.

    Raises:
        DataError: elements are nested so deeply that the parser would drop what is in them.
        SettingsError: lxml is missing.
    """
    try:
        from lxml import etree  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingsError("Reading HTML needs lxml: pip install 'actiongraph[ingest]'.") from error
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(html.encode("utf-8", "replace") or b"<p></p>", parser)
    if root is None:
        return Page("", was_html=True)
    depth = deepest = 0
    for event, _ in etree.iterwalk(root, ("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        raise DataError(
            f"{path or 'The page'} nests elements more than {_DEEPEST:,} deep, where words would be lost; save its "
            "text, and read that.",
            file=str(path) if path else None,
        )
    language = str(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
    return Page(
        _TextOfHtml(_entry_tags(root)).read(etree.iterwalk(root, ("start", "end"))), language[:2].lower(), was_html=True
    )


class _Element(Protocol):
    """What is used of an element of lxml, which is an extra and has no types."""

    tag: str
    text: str | None
    tail: str | None

    def get(self, key: str) -> str | None: ...
    def iter(self, *tags: str) -> Iterator[_Element]: ...
    def __iter__(self) -> Iterator[_Element]: ...


class _Walker(Protocol):
    """What is used of a walk through a tree."""

    def skip_subtree(self) -> None: ...
    def __iter__(self) -> Iterator[tuple[str, _Element]]: ...


def _entry_tags(root: _Element) -> frozenset[str]:
    """Return the tags whose elements are entries: articles, items, the commonest of the headings, rows, or boxes."""
    if next(root.iter("article"), None) is not None:
        return frozenset({"article"})
    if any(_is_entry(item) for item in root.iter("li")):
        return frozenset({"li"})
    counts = Counter(heading.tag for heading in root.iter(*_HEADINGS))
    headings = frozenset(tag for tag, count in counts.most_common(1) if count > 1)
    if headings or sum(_is_entry(row) for row in root.iter("tr")) > 1:
        return headings or frozenset({"tr"})
    for parent in root.iter(*_BOXES):
        if repeated := _repeated_boxes(parent):
            for box in repeated:
                box.tag = "article"  # which is what it is
            return frozenset({"article"})
    return frozenset()


def _repeated_boxes(parent: _Element) -> list[_Element]:
    """Return the boxes of one class in `parent` that have several parts each, if there are two or more."""
    boxes = [box for box in parent if box.tag == "div" and sum(each.tag in _PARTS_OF_AN_ENTRY for each in box) > 1]
    classes = Counter(box.get("class") for box in boxes if box.get("class"))
    return [box for name, count in classes.most_common(1) if count > 1 for box in boxes if box.get("class") == name]


def _is_entry(element: _Element) -> bool:
    """Tell whether an item of a list has blocks or lines, as no item of a menu has, and a row has cells enough."""
    if element.tag == "tr":
        return sum(child.tag == "td" for child in element) >= _CELLS_OF_AN_ENTRY
    return element.tag != "li" or any(child.tag in _PARTS_OF_AN_ENTRY for child in element)


class _TextOfHtml:
    """The text of a page as it is walked through, in lines."""

    def __init__(self, entries: frozenset[str]) -> None:
        self._entries = entries
        self._lines: list[str] = []
        self._line: list[str] = []
        self._prefix = ""
        self._open = 0
        self._has_heading = False

    def read(self, walker: _Walker) -> str:
        for event, element in walker:
            tag = element.tag
            if event == "start":
                if tag in _UNREAD:
                    walker.skip_subtree()
                else:
                    self._begin(element, tag)
                    self._line.append(element.text or "")
            else:
                self._finish(element, tag)
                self._line.append(element.tail or "")
        self._end_line()
        return "\n".join(self._lines)

    def _begin(self, element: _Element, tag: str) -> None:
        if tag in _ENDS_LINE:
            self._end_line()
        if tag == "h1" and not self._has_heading:
            self._has_heading = True
            self._lines.clear()
        if tag in self._entries and _is_entry(element):
            self._prefix = f"{_INNER_BULLET} " if self._open else f"{BULLET} "
            self._open += tag not in _HEADINGS
        elif tag == "li":
            self._prefix = f"{_INNER_BULLET} "

    def _finish(self, element: _Element, tag: str) -> None:
        if tag in _ENDS_LINE:
            self._end_line()
        if tag in self._entries and tag not in _HEADINGS and tag not in _UNREAD and _is_entry(element):
            self._open -= 1

    def _end_line(self) -> None:
        line = " ".join("".join(self._line).split())
        self._line.clear()
        if line:
            self._lines.append(self._prefix + line)
            self._prefix = ""
