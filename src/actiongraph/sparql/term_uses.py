"""The terms of a query in their roles: subject, predicate, class, graph and so on.

The query is read in one walk through the grammar, in time proportional to its length and without
recursion. Templates of CONSTRUCT, negated paths and arguments of functions are passed over: what they
name need not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from actiongraph.sparql.grammar import MARKS, walk
from actiongraph.sparql.lexer import Kind, Token, closings, tokens
from actiongraph.sparql.terms import RDF_TYPE, Names, Term


class Role(Enum):
    """The part that a query gives to a term. VALUE may be any part; OPERAND is compared with a variable."""

    SUBJECT = auto()
    PREDICATE = auto()
    OBJECT = auto()
    CLASS = auto()
    GRAPH = auto()
    FROM = auto()
    FROM_NAMED = auto()
    VALUE = auto()
    OPERAND = auto()


class Use(NamedTuple):
    """A term in a role, from its first `token` up to the offset `end`.

    `graph` is the IRI or variable after the GRAPH around it; `predicates` are those whose object it is or is compared
    with, and none where they are not known.
    """

    term: Term
    role: Role
    token: Token
    end: int
    graph: str = ""
    predicates: tuple[str, ...] = ()
    operator: str = ""


@dataclass(slots=True)
class Reading:
    """The prefixes of a query with the tokens of their IRIs, the uses of its terms, and the names after GRAPH."""

    prefixes: dict[str, tuple[str, Token]] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    graphs: list[Token] = field(default_factory=list)


def read_uses(text: str, base: str = "") -> Reading:
    """Return the terms that `text`, which has passed the guard, uses; without a BASE, IRIs are relative to `base`."""
    return _Visitor(list(tokens(text)), base).visit()


@dataclass(slots=True)
class _Frame:
    """The state of the triples between two brackets, as far as they have been read.

    `verbs` are the predicates that the next object may be an object of; `is_inverse` and `ends_plainly` tell how
    the path of the verb ends. Only the terms of a template do not count.
    """

    graph: str = ""
    counts: bool = True
    subject: tuple[Term, Token, int] | None = None
    verbs: list[str] = field(default_factory=list)
    open_paths: int = 0
    is_inverse: bool = False
    ends_plainly: bool = True

    def object_role(self, *, is_literal: bool) -> Role:
        """Return the role of an object after the path; one that goes backwards, or may go nowhere, takes any term."""
        goes_on = self.ends_plainly and not self.is_inverse
        if goes_on and self.verbs == [RDF_TYPE]:
            return Role.CLASS
        return Role.OBJECT if is_literal or goes_on else Role.VALUE


_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">="})
_OPERANDS_END = frozenset({"(", ")", "&&", "||", ",", "IN", "NOT"})


class _Visitor:
    """One walk through a query, by `visit`.

    Every other public method is called at the mark of its name, with the index of the token that comes next.
    """

    def __init__(self, read: Sequence[Token], base: str) -> None:
        self._read = read
        self._closings = closings(read)
        self._names = Names(base)
        self._start = self._end = 0
        self._frames = [_Frame()]
        self._graph: str | None = None
        self._objects: dict[str, set[str]] = {}
        self._listed: list[Token] = []
        self._row = iter(self._listed)
        self._compared: list[tuple[str, Use]] = []
        self._reading = Reading(self._names.prefixes)

    def visit(self) -> Reading:
        """Return what the query names, in its order."""
        for mark, index in walk(self._read, _MARKS):
            if mark in Names.MARKS:
                self._names.declare(mark, self._read[index])
            elif role := _ROLES.get(mark):
                self._use(index, role, self._frames[-1].graph)
            else:
                getattr(self, mark[1:])(index)
        for variable, use in self._compared:
            known = self._objects.get(variable, {""})
            self._reading.uses.append(use._replace(predicates=() if "" in known else tuple(sorted(known))))
        self._reading.uses.sort(key=lambda use: use.token.start)
        return self._reading

    def _term(self, index: int) -> Term | None:
        """Return the term that begins at `index`, or None for what is no term, or part of the term before."""
        if index < self._end:
            return None
        term, size = self._names.term(self._read, index)
        self._start, self._end = index, index + size
        return term

    def _use(self, index: int, role: Role, graph: str = "") -> Term | None:
        """Add the term that begins at `index`, if one does, and return it."""
        term = self._term(index)
        if term:
            self._reading.uses.append(Use(term, role, self._read[index], self._term_end, graph))
        return term

    @property
    def _term_end(self) -> int:
        """The offset at which the term that was read last ends."""
        return self._read[self._end - 1].end

    # Brackets around triples

    def template(self, _: int) -> None:
        self._frames.append(_Frame(counts=False))

    def graph(self, index: int) -> None:
        term = self._use(index, Role.GRAPH)
        self._graph = term.text if term else self._read[index].text
        self._reading.graphs.append(self._read[index])

    def group(self, _: int) -> None:
        self._frames.append(_Frame(self._frames[-1].graph if self._graph is None else self._graph))
        self._graph = None

    def properties(self, _: int) -> None:
        self._frames.append(_Frame(self._frames[-1].graph, self._frames[-1].counts))

    def template_end(self, _: int) -> None:
        self._frames.pop()

    group_end = properties_end = template_end

    # Triples

    def subject(self, index: int) -> None:
        term = self._term(index)
        self._frames[-1].subject = (term, self._read[index], self._term_end) if term else None

    def verb(self, index: int) -> None:
        frame = self._frames[-1]
        if frame.subject and frame.counts:
            # A path that begins backwards or with a bracket, or may have no step, goes from anything.
            is_plain = self._read[index].text not in {"^", "("} and self._read[index + 1].text not in {"?", "*"}
            term, token, end = frame.subject
            self._reading.uses.append(Use(term, Role.SUBJECT if is_plain else Role.VALUE, token, end, frame.graph))
        frame.subject = None

    def step(self, index: int) -> None:
        frame, token = self._frames[-1], self._read[index]
        if self._read[index - 1].text != "^" and not frame.open_paths:
            frame.is_inverse = False
        if token.kind is Kind.VAR:
            frame.verbs = []
        elif token.text == "a":
            frame.verbs.append(RDF_TYPE)
        elif term := self._use(index, Role.PREDICATE, frame.graph) if frame.counts else None:
            frame.verbs.append(term.text)

    def then(self, _: int) -> None:
        del self._frames[-1].verbs[-1:]  # the step before a / does not lead to the object

    def inverse(self, _: int) -> None:
        self._frames[-1].is_inverse = True

    def path(self, _: int) -> None:
        self._frames[-1].open_paths += 1

    def path_end(self, _: int) -> None:
        self._frames[-1].open_paths -= 1

    def stop(self, _: int) -> None:
        self._frames[-1].verbs = []

    negated = stop

    def objects(self, index: int) -> None:
        times = self._read[index - 1].text
        last = self._read[index - 2].text if times in {"?", "*", "+"} else times
        self._frames[-1].ends_plainly = last != ")" and times not in {"?", "*"}

    def object(self, index: int) -> None:
        frame, token = self._frames[-1], self._read[index]
        if not frame.counts:
            return
        if term := self._term(index):
            role = frame.object_role(is_literal=term.is_literal)
            known = tuple(frame.verbs) if role is Role.OBJECT and not frame.is_inverse else ()
            self._reading.uses.append(Use(term, role, token, self._term_end, frame.graph, known))
        elif token.kind is Kind.VAR and not frame.is_inverse:
            self._objects.setdefault(token.text[1:], set()).update(frame.verbs or [""])

    # What variables are compared with

    def values(self, _: int) -> None:
        self._listed = []

    def listed(self, index: int) -> None:
        self._listed.append(self._read[index])

    def row(self, _: int) -> None:
        self._row = iter(self._listed)

    def cell(self, index: int) -> None:
        if variable := next(self._row, None):  # a row may be too long, which is the engine's to tell
            self._compare(variable, index, Role.VALUE)

    def value(self, index: int) -> None:
        self._term(index)

    def comparison(self, index: int) -> None:
        """Note the terms that a variable is compared with, where neither side is computed from more."""
        if self._end != index:
            return  # an operand that is more than a term or a variable
        left, sign, right = self._read[self._start], self._read[index].text.upper(), self._read[index + 1]
        if sign == "IN" and left.kind is Kind.VAR:
            self._compare_all(left, index + 2, self._closings[index + 1])
        if sign not in _COMPARISONS:
            return
        term, size = self._names.term(self._read, index + 1)
        around = {self._read[self._start - 1].text.upper(), self._read[index + 1 + size].text.upper()}
        if not around <= _OPERANDS_END:
            return
        if left.kind is Kind.VAR and term:
            self._compare(left, index + 1, Role.OPERAND, sign)
        elif right.kind is Kind.VAR:
            self._compare(right, self._start, Role.OPERAND, sign)

    def _compare_all(self, variable: Token, index: int, end: int) -> None:
        """Take the terms of a list, but for those in further brackets, as what the variable may equal."""
        while index < end:
            size = self._compare(variable, index, Role.OPERAND, "=")
            index = self._closings.get(index, index + size - 1) + 1

    def _compare(self, variable: Token, index: int, role: Role, operator: str = "") -> int:
        """Take the term at `index`, if one is there, and return how many tokens it has."""
        term, size = self._names.term(self._read, index)
        if term:
            end = self._read[index + size - 1].end
            self._compared.append((variable.text[1:], Use(term, role, self._read[index], end, operator=operator)))
        return size


_ROLES = {
    "@default_graph": Role.FROM,
    "@named_graph": Role.FROM_NAMED,
    "@described": Role.VALUE,
    "@item": Role.OBJECT,
}
"""The role of a term after a mark that needs no method."""
_MARKS = Names.MARKS.union(_ROLES, MARKS.intersection(f"@{name}" for name in vars(_Visitor)))
