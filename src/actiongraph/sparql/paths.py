"""Property paths: read from tokens as a tree, and taken apart into the steps that a triple can be shown for.

Source: SPARQL 1.1 Query, section 9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from actiongraph.sparql.lexer import Kind, Token
from actiongraph.sparql.terms import RDF_TYPE
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import IRI

_TIMES = ("?", "*", "+")


@dataclass(frozen=True, slots=True)
class PathLink:
    """One triple of a path: its predicate, and whether it is followed from object to subject."""

    predicate: IRI
    is_inverse: bool = False


@dataclass(frozen=True, slots=True)
class PathSequence:
    """Paths one after another."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class PathChoice:
    """Paths of which one is taken."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class PathRepeat:
    """A path taken any number of times: `?` at most once, `*` or none at all, `+` at least once."""

    part: Path
    times: str


@dataclass(frozen=True, slots=True)
class PathNegation:
    """One triple with a predicate that is none of these; a forward or a backward one, as there are such."""

    links: tuple[PathLink, ...]


Path = PathLink | PathSequence | PathChoice | PathRepeat | PathNegation
_NOTHING = PathLink(IRI("urn:x-actiongraph:nothing"))
"""What `!()` leaves out; written like this, it can be turned round."""


def read_path(read: Sequence[Token], iri: Callable[[Token], str]) -> Path:
    """Return the path that the tokens `read` are, which keep the rules; `iri` gives the IRI of a token.

    It takes one call of a function for each bracket that is open, and the guard limits those.
    """
    return _Reader(read, iri).choice()


class _Reader:
    def __init__(self, read: Sequence[Token], iri: Callable[[Token], str]) -> None:
        self._read = [*read]
        self._at = 0
        self._iri = iri

    def _next(self, *texts: str) -> str:
        """Return the next token's text and go on if it is one of `texts`; else the empty text."""
        if self._at < len(self._read) and self._read[self._at].text in texts:
            self._at += 1
            return self._read[self._at - 1].text
        return ""

    def choice(self) -> Path:
        parts = [self._sequence()]
        while self._next("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else PathChoice(tuple(parts))

    def _sequence(self) -> Path:
        parts = [self._step()]
        while self._next("/"):
            parts.append(self._step())
        return parts[0] if len(parts) == 1 else PathSequence(tuple(parts))

    def _step(self) -> Path:
        is_inverse = bool(self._next("^"))
        part = self._primary()
        if times := self._next(*_TIMES):
            part = PathRepeat(part, times)
        return inverse(part) if is_inverse else part

    def _primary(self) -> Path:
        if self._next("!"):
            return self._negation()
        if self._next("("):
            part = self.choice()
            self._next(")")
            return part
        return self._link()

    def _link(self, *, is_inverse: bool = False) -> PathLink:
        token = self._read[self._at]
        self._at += 1
        is_type = token.kind is Kind.WORD  # only `a` is one
        return PathLink(IRI(RDF_TYPE if is_type else self._iri(token)), is_inverse)

    def _negation(self) -> PathNegation:
        if not self._next("("):
            return PathNegation((self._link(is_inverse=bool(self._next("^"))),))
        links = []
        while not self._next(")"):
            links.append(self._link(is_inverse=bool(self._next("^"))))
            self._next("|")
        return PathNegation(tuple(links) or (_NOTHING,))


def inverse(path: Path) -> Path:
    """Return the path that leads back: its steps are inverse, and in the other order."""
    match path:
        case PathLink(predicate, is_inverse):
            return PathLink(predicate, not is_inverse)
        case PathSequence(parts):
            return PathSequence(tuple(inverse(part) for part in reversed(parts)))
        case PathChoice(parts):
            return PathChoice(tuple(inverse(part) for part in parts))
        case PathRepeat(part, times):
            return PathRepeat(inverse(part), times)
        case PathNegation(links):
            return PathNegation(tuple(PathLink(link.predicate, not link.is_inverse) for link in links))


def single_links(path: Path) -> tuple[PathLink, ...] | None:
    """Return the triples of which each alone is the path; None if it takes more than one, or is not told by name."""
    if isinstance(path, PathLink):
        return (path,)
    if not isinstance(path, PathChoice):
        return None
    found = [single_links(part) for part in path.parts]
    return tuple(chain.from_iterable(part for part in found if part)) if all(found) else None


def written_path(path: Path) -> str:
    """Return a path as SPARQL has it, with brackets around all that has parts.

    Raises:
        ValueError: an IRI in it cannot be written.
    """
    match path:
        case PathLink(predicate, is_inverse):
            return f"{'^' * is_inverse}{serialised(predicate)}"
        case PathSequence(parts):
            return f"({'/'.join(map(written_path, parts))})"
        case PathChoice(parts):
            return f"({'|'.join(map(written_path, parts))})"
        case PathRepeat(part, times):
            return f"(({written_path(part)}){times})"
        case PathNegation(links):
            return f"(!({'|'.join(map(written_path, links))}))"
