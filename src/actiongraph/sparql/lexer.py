"""The tokens of SPARQL 1.1, with their positions.

Every terminal of the grammar is one alternative of one regular expression that hardly ever
backtracks, so that reading takes time proportional to the text. Turtle and TriG are built from the
same terminals; `tokens` reads them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from actiongraph.errors import Edit, QuerySyntaxError


class Kind(Enum):
    """The terminals of SPARQL 1.1 Query, section 19.8.

    WORD is a keyword, or any other word where one could stand; OPERATOR is any sign of the grammar's rules.
    Numbers keep their sign. NIL and ANON come as two brackets each.
    """

    IRIREF = auto()
    PNAME_NS = auto()
    PNAME_LN = auto()
    BLANK_NODE_LABEL = auto()
    VAR = auto()
    LANGTAG = auto()
    DOUBLE = auto()
    DECIMAL = auto()
    INTEGER = auto()
    STRING = auto()
    WORD = auto()
    OPERATOR = auto()


class Token(NamedTuple):
    """One terminal: its kind, its spelling, and its offset in the text, in code points from 0."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset just after it."""
        return self.start + len(self.text)


_LETTER = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)  # PN_CHARS_BASE
_VARNAME = _LETTER + "_0-9\u00b7\u0300-\u036f\u203f-\u2040"
_CHARS = _VARNAME + r"\-"  # PN_CHARS
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_PREFIX = rf"[{_LETTER}][{_CHARS}]*+(?:\.++[{_CHARS}]++)*+"  # PN_PREFIX
_LOCAL = rf"(?:[{_LETTER}_:0-9]|{_PLX})(?:[{_CHARS}:]++|{_PLX}|\.++(?=[{_CHARS}:%\\]))*+"  # PN_LOCAL
_UCHAR = r"\\u(?![dD][89A-Fa-f])[0-9A-Fa-f]{4}|\\U00(?:0(?!0[dD][89A-Fa-f])[0-9A-Fa-f]|10)[0-9A-Fa-f]{4}"
_ECHAR = r"""\\[tbnrf\\"']"""


def _string(quote: str) -> str:
    long = rf"{quote}{{3}}(?:{quote}{{0,2}}+(?:[^{quote}\\]++|{_ECHAR}|{_UCHAR}))*+{quote}{{3}}"
    return rf"{long}|{quote}(?!{quote}{quote})(?:[^{quote}\\\r\n]++|{_ECHAR}|{_UCHAR})*+{quote}"


_NAMES = (rf"(?P<PNAME_LN>(?:{_PREFIX})?+:{_LOCAL})", rf"(?P<PNAME_NS>(?:{_PREFIX})?+:)", rf"(?P<NO_NAME>{_PREFIX})")
_OTHERS = (
    rf'(?P<IRIREF><(?:[^<>"{{}}|^`\\\x00-\x20]++|{_UCHAR})*+>)',
    rf"(?P<BLANK_NODE_LABEL>_:[{_LETTER}_0-9][{_CHARS}]*+(?:\.++[{_CHARS}]++)*+)",
    rf"(?P<VAR>[?$][{_LETTER}_0-9][{_VARNAME}]*+)",
    r"(?P<LANGTAG>@[A-Za-z]+(?:-[A-Za-z0-9]+)*+)",
    r"(?P<DOUBLE>[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)[eE][+-]?[0-9]+)",
    r"(?P<DECIMAL>[+-]?[0-9]*\.[0-9]+)",
    r"(?P<INTEGER>[+-]?[0-9]+)",
    rf"""(?P<STRING>{_string("'")}|{_string('"')})""",
    r"(?P<WORD>[A-Za-z_][A-Za-z_0-9]*)",
    r"(?P<OPERATOR>\^\^|\|\||&&|!=|<=|>=|[{}()\[\].,;=<>!+\-*/|^?])",
)
_SPACE = r"(?P<SPACE>(?:[ \t\r\n]++|\#[^\r\n]*+)++)"
_PLAIN_WORD = rf"(?P<KEYWORD>[A-Za-z_][A-Za-z_0-9]*+)(?![{_CHARS}.:])"

_ANY = re.compile("|".join((_SPACE, _PLAIN_WORD, *_NAMES, *_OTHERS)))
_NAMELESS = re.compile("|".join((_SPACE, *_OTHERS)))
_NAME_CHAR = r"""[^\s<>(){}\[\],;.^"'`|\\@#]"""  # and more: which letters it may be takes 50 ms to compile
_ANY_NAME = rf"(?:{_NAME_CHAR}++|\\.)(?:{_NAME_CHAR}++|\\.|\.++(?={_NAME_CHAR}|\\))*+"
_IN_STATEMENT = "|".join((_SPACE, _OTHERS[0], *_OTHERS[3:8], r"\^\^|[()\[\],;]", _ANY_NAME))
_PLAIN_IRI = r"""<[^<>"{}|^`\\\x00-\x20]*+>"""
_PLAIN_REST = (
    rf"[ \t]++{_PLAIN_IRI}[ \t]++(?:{_PLAIN_IRI}|"
    rf'"[^"\\\r\n]++"(?:\^\^{_PLAIN_IRI}|@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)?+)[ \t]*+\.(?=[ \t]*+\r?\n)'
)
"""A statement after its subject as N-Triples have it, on one line."""
_STATEMENT = re.compile(
    rf"(?:{_SPACE})?+(?:{_OTHERS[0]}|(?P<PNAME_LN>(?!_:)(?=[^\s:]*+:){_ANY_NAME}))?+"
    rf"(?:{_PLAIN_REST}|(?:{re.sub('[?]P<[A-Z_]+>', '?:', _IN_STATEMENT)})*+\.)"
    rf"(?:[ \t]*+\r?\n(?P=IRIREF){_PLAIN_REST})*+"
)
_MASKS = {Kind.STRING.name: '""', Kind.DOUBLE.name: "1e0", Kind.DECIMAL.name: "1.0", Kind.INTEGER.name: "1"}
"""What stands for each literal of a kind in a shape; nothing else is written so."""
_KINDS = {**Kind.__members__, "KEYWORD": Kind.WORD}


def tokens(text: str, offset: int = 0) -> Iterator[Token]:
    """Yield the tokens of a query, or of a Turtle or TriG document, from `offset`, without white space and comments.

    Codepoint escapes are read inside IRIs and strings only, which is where Turtle has them; elsewhere
    the character itself can be written, and a keyword cannot hide behind one.

    Raises:
        QuerySyntaxError: part of the text is not a token; what comes after its `end` may be.

    Source: SPARQL 1.1 Query, sections 19.2 to 19.4 and 19.8.
    """
    nameless_until = 0
    while offset < len(text):
        found = (_NAMELESS if offset < nameless_until else _ANY).match(text, offset)
        if found is None:
            sentence, end, *edits = _unreadable(text, offset)
            raise fault(text, offset, sentence, *edits, end=end)
        if found.lastgroup == "NO_NAME":
            # No colon follows these letters, hyphens and dots: they are not searched again, lest a-a-a… take n² steps.
            nameless_until = found.end()
            continue
        if found.lastgroup != "SPACE":
            yield Token(_KINDS[found.lastgroup or ""], found.group(), offset)
        offset = found.end()


@lru_cache(maxsize=16)  # several look for the shape of one query
def shape(text: str) -> str | None:
    """Return the tokens of the query `text` with one and the same literal for all of its kind; None if it has no shape.

    All else is as it is written, with a space between two tokens: words, names, variables, IRIs (those of datatypes
    too), language tags, signs, and numbers with a sign. So two texts of one shape have the same terminals, by kind and
    by `terminal` of the grammar, and differ in the content of strings and in digits alone. A text that `tokens` refuses
    has no shape, nor has one with letters that could begin a name and do not.
    """
    parts: list[str] = []
    end = 0
    read = _ANY.scanner(text).match  # type: ignore[attr-defined] # as in re.Scanner: each match begins where the last ended
    while found := read():
        kind, end = found.lastgroup, found.end()
        if kind == "NO_NAME":
            return None
        if kind != "SPACE":
            word = found.group()
            parts.append(_MASKS[kind] if kind in _MASKS and word[0] not in "+-" else word)
    return " ".join(parts) if end == len(text) else None


def statements(text: str) -> Iterator[tuple[Token | None, int, int]]:
    """Yield the statements of the Turtle document `text`, in a fourth of the time that reading their tokens takes.

    Each comes as its subject if that is an IRI (None for directives and blank nodes too), its offset, and its end;
    those of one subject that follow each other as lines of N-Triples come together. The last is the rest, from the
    first statement that is not complete or not Turtle.
    """
    start = 0
    while found := _STATEMENT.match(text, start):
        kind = found.lastgroup
        named = Token(_KINDS[kind], found[kind], found.start(kind)) if kind and kind != "SPACE" else None
        yield named, start, found.end()
        start = found.end()
    yield None, start, len(text)


def closings(read: Sequence[Token]) -> dict[int, int]:
    """Return the index of the closing bracket of each opening one, by the index of that; all are closed."""
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for index, token in enumerate(read):
        if token.text in {"{", "(", "["}:
            opened.append(index)
        elif token.text in {"}", ")", "]"}:
            pairs[opened.pop()] = index
    return pairs


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of `offset` in `text`, both from 1; columns count code points."""
    end = offset - text.startswith("\r\n", offset - 1) if offset else 0  # half of a line end does not end a line
    returns = text.count("\r", 0, end) - text.count("\r\n", 0, end)
    start = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
    return 1 + text.count("\n", 0, end) + returns, offset - start + 1


def fault(text: str, offset: int, sentence: str, *edits: Edit, end: int | None = None) -> QuerySyntaxError:
    """Return the error that says `sentence` about the position `offset` in the query `text`, which `edits` may mend.

    What is at fault reaches up to `end`; up to the end of the token that begins there if no `end` is given.
    """
    line, column = position(text, offset)
    if end is None:
        found = _ANY.match(text, offset)
        end = found.end() if found and found.lastgroup != "SPACE" else offset
    message = f"Line {line}, column {column}: {sentence}"
    return QuerySyntaxError(message, line=line, column=column, span=(offset, end), edits=edits)


_TYPOGRAPHIC = "\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_TYPOGRAPHIC_STRING = re.compile(rf"[{_TYPOGRAPHIC}]([^{_TYPOGRAPHIC}\r\n]*)[{_TYPOGRAPHIC}]")


_Unreadable = tuple[str, int, *tuple[Edit, ...]]
"""Why something is no token, with what to do; its end; and the edits that do it."""


def _unreadable(text: str, offset: int) -> _Unreadable:
    """Return the reason why no token starts at `offset`."""
    sign = text[offset]
    if sign in "\"'":
        return _unreadable_string(text, offset)
    if sign == "\\" and text[offset + 1 : offset + 2] in {"u", "U"}:
        return "codepoint escapes are allowed inside IRIs and strings only; write the character itself.", offset + 2
    if sign in "\u2018\u2019\u201c\u201d\u00ab\u00bb":
        sentence = f"{sign} is a typographic quotation mark; write \" or '."
        found = _TYPOGRAPHIC_STRING.match(text, offset)
        if not found:
            return sentence, offset + 1
        plain = '"{}"'.format(found[1].replace("\\", "\\\\").replace('"', '\\"'))
        return sentence, found.end(), Edit(*found.span(), plain, f"Write {plain}")
    if sign.isprintable() and sign != "\\":
        sentence = f"the character {sign} is not allowed here; remove it, or write it inside a string or an IRI."
        return sentence, offset + 1, Edit(offset, offset + 1, "", f"Remove {sign}")
    name = f"U+{ord(sign):04X}"
    removed = Edit(offset, offset + 1, " " * sign.isspace(), f"Remove {name}")
    return f"the character {name} is not allowed here; remove it.", offset + 1, removed


_STRING_PARTS = re.compile(rf"{_ECHAR}|{_UCHAR}|[^\\]")


_AFTER_STRING = " \t.;,)}]"
_TAG_AT_END = re.compile(r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*$")
_LONGEST_TAG = 40


def _unreadable_string(text: str, offset: int) -> _Unreadable:
    quote = text[offset]
    long = text.startswith(quote * 3, offset)
    mark = quote * 3 if long else quote
    end = offset + len(mark)
    while (
        (found := _STRING_PARTS.match(text, end))
        and not text.startswith(mark, end)
        and (long or found.group() not in "\r\n")
    ):
        end = found.end()
    if text.startswith("\\", end):
        sentence = f"this string has an escape that SPARQL does not know, {text[end : end + 2]}"
        closes_at = _end_of_string(text, end, mark)
        content = text[end:closes_at].removesuffix(mark)
        doubled = _ESCAPE_OR_BACKSLASH.sub(lambda found: found[1] or "\\\\", content)
        edit = Edit(end, end + len(content), doubled, f"Write {doubled}")
        return f"{sentence}; write \\\\ for a backslash.", closes_at, edit
    if long:
        return f"this string is not closed; end it with {mark}.", len(text)
    closes_at = offset + len(text[offset:end].rstrip(_AFTER_STRING))
    if tag := _TAG_AT_END.search(text[max(offset, closes_at - _LONGEST_TAG) : closes_at]):
        closes_at -= len(tag[0])
    sentence = f"this string is not closed on its line; end it with {mark}, or use {mark * 3} for several lines."
    return sentence, closes_at, Edit(closes_at, closes_at, mark, f"End it as {text[offset:closes_at]}{mark}")


_ESCAPE_OR_BACKSLASH = re.compile(rf"({_ECHAR}|{_UCHAR})|\\")
_REST_OF_STRING = {quote: re.compile(rf"(?:[^{quote}\\\r\n]++|\\[^\r\n])*+{quote}?+") for quote in "\"'"} | {
    quote * 3: re.compile(rf"(?s:(?!{quote * 3})(?:[^{quote}\\]++|\\.|{quote}(?!{quote}{quote})))*+(?:{quote * 3})?+")
    for quote in "\"'"
}
"""What is left of a string by its mark, with escapes of any kind."""


def _end_of_string(text: str, offset: int, mark: str) -> int:
    """Return the end of the string that `mark` closes after `offset`, whatever escapes are in it, or of its line."""
    found = _REST_OF_STRING[mark].match(text, offset)
    return found.end() if found else offset
