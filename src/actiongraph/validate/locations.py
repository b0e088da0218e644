"""Where in a Turtle file a thing is described: neither parser keeps line numbers, the tokens do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from rdflib import RDF

from actiongraph.engine.files import read_bytes
from actiongraph.errors import QuerySyntaxError
from actiongraph.sparql.lexer import Kind, Token, position, tokens
from actiongraph.validate.report import Report, ValidationResult
from actiongraph.vocabulary import CANONICAL_BASE

Key = tuple[str, str | None]
"""A subject, or a subject and a predicate, as IRIs."""


def locate(report: Report, files: Iterable[Path], base: str) -> Report:
    """Return `report` with file and line of each finding whose focus node is a subject in one of the Turtle `files`.

    The line is that of the property where the finding is about one that is there, else of the subject.
    `base` is what the things of the canonical base are named under.
    """
    wanted = {str(finding.focus) for finding in report.findings}
    found: dict[tuple[str, str | None], tuple[str, int]] = {}
    for path in files if wanted else ():
        for key, line in _places(path, base):
            if key[0] in wanted:
                found.setdefault(key, (path.name, line))
    return report.located({finding: place for finding in report.findings if (place := _place(finding, found))})


def _place(finding: ValidationResult, found: dict[Key, tuple[str, int]]) -> tuple[str, int] | None:
    focus = str(finding.focus)
    path = None if finding.path is None else str(finding.path)
    return found.get((focus, path)) or found.get((focus, None))


def _places(path: Path, base: str) -> Iterator[tuple[Key, int]]:
    if path.suffix.lower() != ".ttl":
        return
    text = read_bytes(path).decode("utf-8", "replace")
    names = _Names()
    line, seen = 1, 0
    try:
        for token, subject, predicate in _statements(tokens(text), names):
            line, seen = line + text.count("\n", seen, token.start), token.start
            iri = (
                subject.replace(CANONICAL_BASE + "id/", base + "id/", 1)
                if subject.startswith(CANONICAL_BASE)
                else subject
            )
            yield (iri, predicate), line
    except QuerySyntaxError:
        return  # a file that pyoxigraph reads and these tokens do not: its findings stay without a line


def blank_node_line(path: Path) -> int | None:
    """Return the line of the first blank node in the Turtle file at `path`, or None if the tokens show none."""
    text = read_bytes(path).decode("utf-8", "replace")
    try:
        for token in tokens(text):
            if token.kind is Kind.BLANK_NODE_LABEL or token.text in ("[", "("):
                return position(text, token.start)[0]
    except QuerySyntaxError:
        return None  # as in _places
    return None


class _Names:
    """The prefixes and the base that a Turtle file has declared so far."""

    def __init__(self) -> None:
        self._base = CANONICAL_BASE
        self._prefixes: dict[str, str] = {}

    def resolve(self, token: Token) -> str:
        if token.kind is Kind.IRIREF:
            written = token.text[1:-1]
            # urljoin loses an empty fragment, which is what most namespaces end in.
            return written if urlsplit(written).scheme else urljoin(self._base, written)
        prefix, _, local = token.text.partition(":")
        return self._prefixes.get(prefix, "") + local.replace("\\", "")

    def declare(self, words: list[Token]) -> None:
        """Take a directive: `@prefix p: <iri>`, `@base <iri>` and the forms without the sign (Turtle, section 2.4)."""
        iri = self.resolve(words[-1])
        if words[0].text.lstrip("@").lower() == "base":
            self._base = iri
        else:
            self._prefixes[words[1].text.rstrip(":")] = iri


_DIRECTIVES = {"@prefix": 3, "@base": 2, "prefix": 3, "base": 2}
_NAMES = (Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS)


def _statements(found: Iterator[Token], names: _Names) -> Iterator[tuple[Token, str, str | None]]:
    """Yield each subject, and each subject with a predicate, at the token that names it (Turtle, section 2.1)."""
    subject: str | None = None
    expected = "subject"
    depth = 0
    for token in found:
        if token.text in ("[", "(", "]", ")"):
            depth += 1 if token.text in ("[", "(") else -1
        elif depth:
            continue
        elif expected == "subject" and token.text.lower() in _DIRECTIVES:
            names.declare([token, *(next(found) for _ in range(_DIRECTIVES[token.text.lower()] - 1))])
        elif token.text == ".":
            expected = "subject"
        elif token.text == ";":
            expected = "predicate"
        elif expected == "subject" and token.kind in _NAMES:
            subject, expected = names.resolve(token), "predicate"
            yield token, subject, None
        elif expected == "predicate" and subject is not None:
            predicate = str(RDF.type) if token.text == "a" else names.resolve(token)
            expected = "object"
            yield token, subject, predicate
