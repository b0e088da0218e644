"""The tokens of a query with the terms they mean: IRIs in full, literals as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from actiongraph.sparql.lexer import Kind, Token
from actiongraph.sparql.terms import LANG_STRING, STRING, XSD, Term


class Item(NamedTuple):
    """A token, or the tokens of one literal; `term` is the IRI or literal it means, if it means one."""

    token: Token
    term: Term | None = None

    @property
    def text(self) -> str:
        """The spelling of the token."""
        return self.token.text

    @property
    def word(self) -> str:
        """The keyword in capitals, or nothing."""
        return self.token.text.upper() if self.token.kind is Kind.WORD and self.term is None else ""


_UCHAR = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\([tbnrf\"'\\])")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ECHARS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_NUMBERS = {Kind.INTEGER: XSD + "integer", Kind.DECIMAL: XSD + "decimal", Kind.DOUBLE: XSD + "double"}
_IRIS = frozenset({Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS})


def _unescaped(text: str) -> str:
    return _UCHAR.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if not found[3] else _ECHARS.get(found[3], found[3]), text
    )


def read_items(read: Sequence[Token], prefixes: dict[str, tuple[str, Token]], base: str) -> Iterator[Item]:
    """Yield the tokens after the prologue, whose prefixes go into `prefixes`; a literal becomes one item."""
    place = 0
    while (word := read[place].text.upper()) in {"PREFIX", "BASE"}:
        iri = _resolved(read[place + (2 if word == "PREFIX" else 1)], base)
        if word == "PREFIX":
            prefixes[read[place + 1].text[:-1]] = (iri, read[place + 2])
        base = iri if word == "BASE" else base
        place += 3 if word == "PREFIX" else 2
    iris = {label: iri for label, (iri, _) in prefixes.items()}
    while place < len(read):
        term, size = _term(read, place, iris, base)
        yield Item(read[place], term)
        place += size


def _resolved(token: Token, base: str) -> str:
    iri = _unescaped(token.text[1:-1])
    if not base or _ABSOLUTE.match(iri):
        return iri
    try:
        resolved = urljoin(base, iri)
    except ValueError:  # a host that is none; the engine has a word to say about it
        return iri
    return resolved + "#" if iri.endswith("#") else resolved  # urljoin takes an empty fragment away


def _iri(token: Token, prefixes: Mapping[str, str], base: str) -> str:
    if token.kind is Kind.IRIREF:
        return _resolved(token, base)
    label, _, local = token.text.partition(":")
    return prefixes.get(label, "") + re.sub(r"\\(.)", r"\1", local)


def _term(read: Sequence[Token], place: int, prefixes: Mapping[str, str], base: str) -> tuple[Term | None, int]:
    """Return what the token at `place` means, and how many tokens say so."""
    token, after = read[place], [follower.text for follower in read[place + 1 : place + 4]]
    if token.kind is Kind.STRING:
        return _string(read, place, prefixes, base)
    if token.kind in _NUMBERS:
        return Term(token.text, "", _NUMBERS[token.kind]), 1
    if token.kind in _IRIS:
        iri = _iri(token, prefixes, base)
        if iri.startswith(XSD) and after[:1] == ["("] and after[2:] == [")"] and read[place + 2].kind is Kind.STRING:
            return Term(_lexical(read[place + 2]), "", iri), 4  # xsd:date("2015-01-01") is a literal in all but name
        return Term(iri), 1
    if token.kind is Kind.WORD and token.text.upper() in {"TRUE", "FALSE"}:
        return Term(token.text.lower(), "", XSD + "boolean"), 1
    return None, 1


def _lexical(token: Token) -> str:
    quotes = 3 if token.text[:3] in {'"""', "'''"} else 1
    return _unescaped(token.text[quotes:-quotes])


def _string(read: Sequence[Token], place: int, prefixes: Mapping[str, str], base: str) -> tuple[Term, int]:
    text, after = _lexical(read[place]), read[place + 1] if place + 1 < len(read) else None
    if after and after.kind is Kind.LANGTAG:
        return Term(text, after.text[1:].lower(), LANG_STRING), 2
    if after and after.text == "^^":
        return Term(text, "", _iri(read[place + 2], prefixes, base)), 3
    return Term(text, "", STRING), 1
