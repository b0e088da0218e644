"""Terms as plain text, independent of any library, and the terms that the tokens of a query or of Turtle denote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from actiongraph.sparql.lexer import Kind, Token
from actiongraph.vocabulary import PREFIXES

XSD = PREFIXES["xsd"]
STRING = XSD + "string"
RDF_TYPE = PREFIXES["rdf"] + "type"
LANG_STRING = PREFIXES["rdf"] + "langString"

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\([tbnrf\"'\\])")
_ECHARS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_LOCAL_ESCAPE = re.compile(r"\\(.)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NUMBERS = {Kind.INTEGER: XSD + "integer", Kind.DECIMAL: XSD + "decimal", Kind.DOUBLE: XSD + "double"}
_IRIS = frozenset({Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS})


class Term(NamedTuple):
    """An IRI, or a literal with its datatype; a language tag is in lower case, as the store keeps it."""

    text: str
    language: str = ""
    datatype: str = ""

    @property
    def is_literal(self) -> bool:
        """True if it is a literal, for every literal has a datatype (RDF 1.1 Concepts, section 3.3)."""
        return bool(self.datatype)


class Names:
    """The prefixes and the base that a text has declared so far, and the terms that its tokens denote."""

    MARKS = frozenset({"@base", "@label", "@namespace"})
    """The marks of the grammar that `declare` takes."""

    def __init__(self, base: str = "") -> None:
        """Begin with a `base` for a text that declares none; an empty one leaves relative IRIs as they are."""
        self._base = base
        self._label = ""
        self.prefixes: dict[str, tuple[str, Token]] = {}
        """Each prefix, without its colon, with its namespace and the token of that."""

    def declare(self, mark: str, token: Token) -> None:
        """Take the `token` after a mark of the prologue, or of a directive in Turtle."""
        if mark == "@label":
            self._label = token.text[:-1]
        elif mark == "@namespace":
            self.prefixes[self._label] = (self.iri(token), token)
        else:
            self._base = self.iri(token)

    def iri(self, token: Token) -> str:
        """Return the IRI that an IRIREF or a prefixed name denotes."""
        if token.kind is not Kind.IRIREF:
            label, _, local = token.text.partition(":")
            namespace, _ = self.prefixes.get(label, ("", token))
            return namespace + _LOCAL_ESCAPE.sub(r"\1", local)
        iri = _unescaped(token.text[1:-1])
        if not self._base or _ABSOLUTE.match(iri):
            return iri
        try:
            resolved = urljoin(self._base, iri)
        except ValueError:  # the host is malformed, which the engine reports
            return iri
        return resolved + "#" if iri.endswith("#") else resolved  # urljoin drops an empty fragment

    def term(self, read: Sequence[Token], index: int) -> tuple[Term | None, int]:
        """Return the IRI or literal that begins at `index` of `read`, or None, and how many tokens it has."""
        token = read[index]
        if token.kind is Kind.STRING:
            return self._string(read, index)
        if token.kind in _IRIS:
            return self._iri_or_literal(read, index)
        if token.kind in _NUMBERS:
            return Term(token.text, "", _NUMBERS[token.kind]), 1
        if token.kind is Kind.WORD and token.text.upper() in {"TRUE", "FALSE"}:
            return Term(token.text.lower(), "", XSD + "boolean"), 1
        return None, 1

    def _string(self, read: Sequence[Token], index: int) -> tuple[Term, int]:
        text = _lexical(read[index])
        follower = read[index + 1] if index + 1 < len(read) else None
        if follower and follower.kind is Kind.LANGTAG:
            return Term(text, follower.text[1:].lower(), LANG_STRING), 2
        if follower and follower.text == "^^":
            return Term(text, "", self.iri(read[index + 2])), 3
        return Term(text, "", STRING), 1

    def _iri_or_literal(self, read: Sequence[Token], index: int) -> tuple[Term, int]:
        """Return the IRI, or the literal where a datatype is called with a string, as in xsd:date("2015-01-01")."""
        iri = self.iri(read[index])
        if iri.startswith(XSD) and [token.text for token in read[index + 1 : index + 4 : 2]] == ["(", ")"]:
            value = read[index + 2]
            if value.kind is Kind.STRING:
                return Term(_lexical(value), "", iri), 4
        return Term(iri), 1


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if not found[3] else _ECHARS.get(found[3], found[3]), text
    )


def _lexical(token: Token) -> str:
    quotes = 3 if token.text[:3] in {'"""', "'''"} else 1
    return _unescaped(token.text[quotes:-quotes])
