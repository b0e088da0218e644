"""The variables of a query: those that nothing gives a value, and the plain triples that they stand in.

The query is read in one walk through the grammar, in time proportional to its length and without recursion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from actiongraph.sparql.grammar import MARKS, walk
from actiongraph.sparql.lexer import Kind, Token, tokens
from actiongraph.sparql.terms import RDF_TYPE, Names

LONGEST_READ = 20_000
"""Code points; reading so many takes some tens of milliseconds."""
_IRIS = frozenset({Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS})
_HIDING = frozenset({"MINUS", "EXISTS"})
"""Words before a group that gives no values to variables outside."""


class PlainTriple(NamedTuple):
    """A triple pattern, or a step of a path, whose predicate is one IRI.

    `subject` and `object` are equal for what is the same thing wherever it stands: an IRI is itself, all else has a
    name of its own that is no IRI; the object may be none of both. `token` is that of the predicate, and `groups` are
    the groups around it, the outermost first.
    """

    subject: str
    predicate: str
    object: str
    token: Token
    groups: tuple[int, ...]


class UnboundVariable(NamedTuple):
    """A variable that has no value wherever the query uses it: `tokens` are those places, in their order.

    `is_column` tells whether it is in the result. `others` are variables of the same SELECT that have values, and
    `free` those of them that are not in the result.
    """

    tokens: Sequence[Token]
    is_column: bool
    others: Sequence[str]
    free: Sequence[str]


class Bindings(NamedTuple):
    """The plain triples of a query, and its variables without values, each in the order of the query."""

    triples: Sequence[PlainTriple]
    unbound: Sequence[UnboundVariable]


def read_bindings(text: str, base: str = "") -> Bindings:
    """Return the bindings of `text`, which has passed the guard; without a BASE, IRIs are relative to `base`.

    There are none of a text over `LONGEST_READ`, which is a list of data.
    """
    return _BindingVisitor(list(tokens(text)), base).visit() if len(text) <= LONGEST_READ else Bindings([], [])


@dataclass(slots=True)
class _OpenSubject:
    """The subject of the triples between two brackets, and the steps of the last path, each with its direction.

    `ends_at` is the index of the first token after the subject.
    """

    name: str = ""
    ends_at: int = -1
    path_at: int = 0
    steps: list[tuple[str, Token, bool]] = field(default_factory=list)
    counts: bool = True


@dataclass(slots=True)
class _Scope:
    """The variables of a group, or of the SELECT in it: with values, with values in hidden groups only, and used.

    `used` has each with whether it is a column, or in a template; `made` are the columns that expressions make.
    """

    number: int
    is_hidden: bool = False
    is_select: bool = False
    is_template: bool = False
    takes_all: bool = False
    bound: dict[str, None] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    used: list[tuple[Token, bool]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)


class _BindingVisitor:
    """One walk through a query, by `visit`; every other public method is called at the mark of its name."""

    def __init__(self, read: Sequence[Token], base: str) -> None:
        self._read = read
        self._names = Names(base)
        self._scopes = [_Scope(0, is_select=True)]
        self._subjects = [_OpenSubject()]
        self._number = 0
        self._triples: list[PlainTriple] = []
        self._unbound: list[UnboundVariable] = []

    def visit(self) -> Bindings:
        """Return the bindings of the query."""
        for mark, index in walk(self._read, _MARKS):
            if mark in Names.MARKS:
                self._names.declare(mark, self._read[index])
            else:
                getattr(self, mark[1:])(index)
        self._close(self._scopes[0])
        self._unbound.sort(key=lambda found: found.tokens[0].start)
        return Bindings(self._triples, self._unbound)

    # Groups and SELECT

    def group(self, index: int) -> None:
        self._number += 1
        is_hidden = self._read[index - 2].text.upper() in _HIDING
        self._scopes.append(_Scope(self._number, is_hidden=is_hidden))
        self._subjects.append(_OpenSubject(counts=not is_hidden and self._subjects[-1].counts))

    def group_end(self, _: int) -> None:
        self._subjects.pop()
        inner, outer = self._scopes.pop(), self._scopes[-1]
        given = self._close(inner) if inner.is_select else inner.bound
        if inner.is_hidden:
            outer.hidden |= given.keys() | inner.hidden
        else:
            outer.bound |= given
            outer.hidden |= inner.hidden
        outer.used += [] if inner.is_select else inner.used

    def select(self, index: int) -> None:
        scope = self._scopes[-1]
        scope.is_select = True
        scope.takes_all = "*" in {token.text for token in self._read[index + 1 : index + 3]}

    def column(self, index: int) -> None:
        token = self._read[index]
        if self._read[index - 1].text.upper() == "AS":
            self._scopes[-1].made.add(token.text[1:])
        else:
            self._scopes[-1].used.append((token, True))

    def _close(self, scope: _Scope) -> dict[str, None]:
        """Note the variables of a SELECT, or of the whole query, without values, and return those that leave it."""
        columns = {token.text[1:] for token, is_column in scope.used if is_column} | scope.made
        missing: dict[str, list[tuple[Token, bool]]] = {}
        for token, is_column in scope.used:
            name = token.text[1:]
            if name not in scope.bound and name not in scope.made and (is_column or name not in scope.hidden):
                missing.setdefault(name, []).append((token, is_column))
        for uses in missing.values():
            found = [token for token, _ in sorted(uses, key=lambda use: use[0].start)]
            is_column = any(is_column for _, is_column in uses)
            free = [name for name in scope.bound if name not in columns]
            self._unbound.append(UnboundVariable(found, is_column, list(scope.bound), free))
        return scope.bound if scope.takes_all else dict.fromkeys(columns)

    # Variables

    def _bind(self, index: int) -> None:
        token, scope = self._read[index], self._scopes[-1]
        if token.kind is Kind.VAR and scope.is_template:
            scope.used.append((token, True))
        elif token.kind is Kind.VAR:
            scope.bound[token.text[1:]] = None

    def listed(self, index: int) -> None:
        self._bind(index)

    graph = item = bound = listed

    def value(self, index: int) -> None:
        if self._read[index].kind is Kind.VAR:
            self._scopes[-1].used.append((self._read[index], False))

    def described(self, index: int) -> None:
        if self._read[index].kind is Kind.VAR:
            self._scopes[-1].used.append((self._read[index], True))

    # Triples

    def template(self, _: int) -> None:
        self._scopes.append(_Scope(-1, is_template=True))
        self._subjects.append(_OpenSubject(counts=False))

    def template_end(self, _: int) -> None:
        self._subjects.pop()
        template = self._scopes.pop()
        self._scopes[-1].used += template.used

    def properties(self, index: int) -> None:
        self._subjects.append(_OpenSubject(f"[{index}", index, counts=self._subjects[-1].counts))

    def properties_end(self, _: int) -> None:
        self._subjects.pop()

    def subject(self, index: int) -> None:
        self._bind(index)
        self._subjects[-1].name, self._subjects[-1].ends_at = self._name(index), index + 1

    def verb(self, index: int) -> None:
        subject = self._subjects[-1]
        if index != subject.ends_at and self._read[index - 1].text != ";":
            subject.name = ""  # the subject was in brackets
        subject.path_at = index

    def step(self, index: int) -> None:
        self._bind(index)

    def objects(self, index: int) -> None:
        subject = self._subjects[-1]
        subject.steps = list(self._steps(subject.path_at, index))

    def _steps(self, start: int, end: int) -> Iterator[tuple[str, Token, bool]]:
        """Yield the steps of the path between two indices: predicate, token and direction; none if it is more."""
        path = self._read[start:end]
        if any(token.kind not in _IRIS and token.text not in {"a", "/", "^"} for token in path):
            return
        for before, token in zip((None, *path), path, strict=False):
            if token.text not in {"/", "^"}:
                predicate = RDF_TYPE if token.text == "a" else self._names.iri(token)
                yield predicate, token, before is not None and before.text == "^"

    def object(self, index: int) -> None:
        self._bind(index)
        subject = self._subjects[-1]
        if not subject.counts or not subject.name:
            return
        groups = tuple(scope.number for scope in self._scopes)
        here = subject.name
        for number, (predicate, token, is_inverse) in enumerate(subject.steps, 1):
            there = self._name(index) if number == len(subject.steps) else f"/{index}.{number}"
            one, other = (there, here) if is_inverse else (here, there)
            self._triples.append(PlainTriple(one, predicate, other, token, groups))
            here = there

    def _name(self, index: int) -> str:
        """Return a name for what begins at `index`, the same for the same thing in the same SELECT."""
        token = self._read[index]
        if token.kind is Kind.VAR:
            select = max((scope.number for scope in self._scopes if scope.is_select), default=0)
            return f"?{token.text[1:]} {select}"
        if token.kind in _IRIS:
            return self._names.iri(token)
        if token.text == "[":
            return f"[{index + 1}"
        return token.text if token.kind is Kind.BLANK_NODE_LABEL else f"'{index}"


_MARKS = Names.MARKS | MARKS.intersection(f"@{name}" for name in vars(_BindingVisitor))
