"""The terms of a query with what they are asked to be: subject, predicate, class, graph and so on.

The tokens of a query that passed the guard are read once, from left to right, with a stack of the
brackets that are open; so it takes time proportional to the query, and no recursion. Templates of
CONSTRUCT, negated paths and arguments of functions are passed over: what they name need not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from actiongraph.sparql.items import Item, read_items
from actiongraph.sparql.lexer import Kind, Token, tokens
from actiongraph.sparql.terms import RDF_TYPE, Term


class Role(Enum):
    """What a query asks a term to be. VALUE may be anything; OPERAND is compared with a variable."""

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
    """A term in a role. `graph` is the IRI or variable after the GRAPH around it.

    `predicates` are those whose object it is or is compared with; none where they are not known.
    """

    term: Term
    role: Role
    token: Token
    graph: str = ""
    predicates: tuple[str, ...] = ()
    operator: str = ""


@dataclass(slots=True)
class Reading:
    """What a query uses: its prefixes with the places of their IRIs, its terms, and the names after GRAPH."""

    prefixes: dict[str, tuple[str, Token]] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    graphs: list[Token] = field(default_factory=list)


def read_uses(text: str, base: str = "") -> Reading:
    """Return what the query `text`, which has passed the guard, uses; IRIs are relative to `base` without a BASE.

    Raises:
        QuerySyntaxError: it has not passed the guard.
    """
    reading = Reading()
    items = list(read_items(list(tokens(text)), reading.prefixes, base))
    _Walk(items, reading).run()
    reading.uses.sort(key=lambda use: use.token.start)
    return reading


class _In(Enum):
    """What a bracket encloses; QUERY is what stands outside of groups, where no triples are."""

    QUERY = auto()
    GROUP = auto()
    PROPERTIES = auto()
    COLLECTION = auto()
    EXPRESSION = auto()
    ROWS = auto()


@dataclass(slots=True)
class _Frame:
    """An open bracket. `place` is what the next term would be; None where it would be no part of a triple."""

    kind: _In
    place: Role | None = None
    graph: str = ""
    counts: bool = True
    open_paths: int = 0
    verbs: list[str] = field(default_factory=list)
    is_inverse: bool = False
    ends_plainly: bool = True
    variable: str = ""

    @property
    def has_triples(self) -> bool:
        return self.kind in {_In.GROUP, _In.PROPERTIES}

    def object_role(self, *, is_literal: bool) -> Role:
        """Return what the path that was read asks of its end; one that goes backwards or nowhere asks for any term."""
        if not self.is_inverse and self.ends_plainly and self.verbs == [RDF_TYPE]:
            return Role.CLASS
        return Role.OBJECT if is_literal or (self.ends_plainly and not self.is_inverse) else Role.VALUE


_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")
_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">="})
_OPERANDS_END = frozenset({"(", ")", "&&", "||", ",", "IN", "NOT"})


class _Walk:
    """One walk over the items of a query."""

    def __init__(self, items: Sequence[Item], reading: Reading) -> None:
        self._items = items
        self._reading = reading
        self._frames = [_Frame(_In.QUERY)]
        self._pending = ""
        self._graph = ""
        self._objects: dict[str, set[str]] = {}
        self._compared: list[tuple[str, Use]] = []
        self._columns: list[str] = []
        self._column = 0
        self._skip_to = 0

    def run(self) -> None:
        """Read all items, one after the other."""
        for place, item in enumerate(self._items):
            if place < self._skip_to:
                continue
            if item.text in _OPENING:
                self._open(place)
            elif item.text in _CLOSING:
                self._close(place)
            elif item.word and not self._is_type(item):
                self._keyword(item.word)
            elif item.term is not None or item.token.kind in {Kind.VAR, Kind.BLANK_NODE_LABEL} or item.word:
                self._name(place)
            else:
                self._sign(place)
        self._resolve_comparisons()

    def _is_type(self, item: Item) -> bool:
        return item.text == "a" and self._frames[-1].place is Role.PREDICATE

    def _text(self, place: int) -> str:
        return self._items[place].text if 0 <= place < len(self._items) else ""

    def _keyword(self, word: str) -> None:
        frame = self._frames[-1]
        if word == "SELECT":
            frame.kind = _In.QUERY
        frame.place = None
        self._pending = word
        if word == "VALUES":
            self._columns = []
        elif word == "UNDEF":
            self._column += 1

    def _open(self, place: int) -> None:
        frame, mark = self._frames[-1], self._text(place)
        if mark == "(" and frame.place is Role.PREDICATE:
            frame.open_paths += 1
        elif mark == "{":
            self._frames.append(self._opened_group(frame))
        elif mark == "[":
            self._frames.append(_Frame(_In.PROPERTIES, Role.PREDICATE, frame.graph, frame.counts))
        elif frame.kind is _In.COLLECTION or (frame.has_triples and frame.place is not None):
            self._frames.append(_Frame(_In.COLLECTION, Role.OBJECT, frame.graph, frame.counts))
        elif frame.kind is _In.ROWS:
            self._column = 0
            self._frames.append(_Frame(_In.ROWS, graph=frame.graph))
        else:
            self._frames.append(_Frame(_In.EXPRESSION, graph=frame.graph, variable=self._listed(place)))
        if mark == "{":
            self._pending = ""

    def _opened_group(self, frame: _Frame) -> _Frame:
        if self._pending == "VALUES":
            return _Frame(_In.ROWS, graph=frame.graph)
        graph = self._graph if self._pending == "GRAPH" else frame.graph
        return _Frame(_In.GROUP, Role.SUBJECT, graph, frame.counts and self._pending != "CONSTRUCT")

    def _listed(self, place: int) -> str:
        """Return the variable of `?x IN (`, or nothing."""
        if self._items[place - 1].word == "IN" and self._items[place - 2].token.kind is Kind.VAR:
            return self._text(place - 2)[1:]
        return ""

    def _close(self, place: int) -> None:
        frame = self._frames[-1]
        if self._text(place) == ")" and frame.open_paths:
            frame.open_paths -= 1
            self._end_step(place)
            return
        closed = self._frames.pop()
        outer = self._frames[-1]
        if outer.kind is _In.GROUP and (self._text(place) == "}" or closed.kind is _In.EXPRESSION):
            # The variables of VALUES (…) come before their rows.
            outer.place = None if self._pending == "VALUES" and self._text(place) == ")" else Role.SUBJECT
        elif outer.has_triples and outer.place is Role.SUBJECT:
            outer.place = Role.PREDICATE

    def _sign(self, place: int) -> None:
        frame, sign = self._frames[-1], self._text(place)
        if frame.kind is _In.EXPRESSION and sign in _COMPARISONS:
            self._comparison(place)
        elif frame.has_triples and frame.place is Role.PREDICATE and sign in {"/", "|", "^", "!"}:
            self._path_sign(frame, place)
        elif frame.has_triples and sign in {".", ";"} and frame.place is not None:
            frame.place = Role.SUBJECT if sign == "." else Role.PREDICATE
            frame.verbs = []

    def _path_sign(self, frame: _Frame, place: int) -> None:
        sign = self._text(place)
        if sign == "/" and frame.verbs:
            frame.verbs.pop()
        if sign == "^":
            frame.is_inverse = True
        if sign == "!":
            self._skip_negated(place)

    def _skip_negated(self, place: int) -> None:
        end = place + 1 + (self._text(place + 1) == "^")
        if self._text(end) == "(":
            while self._text(end) != ")":
                end += 1
        self._frames[-1].verbs = []
        self._skip_to = end + 1
        self._end_step(end)

    def _end_step(self, place: int) -> None:
        """Expect objects if the path ends at `place`."""
        frame = self._frames[-1]
        follower = place + 1 + (self._text(place + 1) in {"?", "*", "+"})
        self._skip_to = max(self._skip_to, follower)
        if not frame.open_paths and self._text(follower) not in {"/", "|"}:
            frame.place = Role.OBJECT
            frame.ends_plainly = self._text(place) != ")" and self._text(place + 1) not in {"?", "*"}

    def _name(self, place: int) -> None:
        frame, item = self._frames[-1], self._items[place]
        if self._pending in {"GRAPH", "FROM", "NAMED"}:
            self._graph_name(item)
        elif frame.kind is _In.ROWS and item.term:
            self._value(item)
        elif self._pending == "VALUES":
            self._columns.append(item.text[1:])
        elif frame.kind is _In.EXPRESSION and frame.variable and item.term:
            self._operand(frame.variable, item, "=")
        elif frame.kind is _In.COLLECTION and item.term:
            self._add(Use(item.term, Role.OBJECT, item.token, frame.graph))
        elif frame.has_triples and frame.place is not None:
            self._part(frame, place)
        elif frame.kind is _In.QUERY and self._pending == "DESCRIBE" and item.term:
            self._add(Use(item.term, Role.VALUE, item.token))

    def _value(self, item: Item) -> None:
        """Take a term of VALUES; its column tells the variable, and is 0 where there is only one."""
        column = self._column if len(self._columns) > 1 else 0
        self._column += 1
        if item.term and column < len(self._columns):
            self._compared.append((self._columns[column], Use(item.term, Role.VALUE, item.token)))

    def _graph_name(self, item: Item) -> None:
        self._graph = item.term.text if item.term else item.text
        role = {"GRAPH": Role.GRAPH, "FROM": Role.FROM, "NAMED": Role.FROM_NAMED}[self._pending]
        if role is Role.GRAPH:
            self._reading.graphs.append(item.token)
        else:
            self._pending = ""
        if item.term:
            self._add(Use(item.term, role, item.token))

    def _part(self, frame: _Frame, place: int) -> None:
        """Take the term or variable at `place` as the next part of a triple."""
        item = self._items[place]
        if frame.place is Role.SUBJECT:
            self._add_part(frame, item, Role.SUBJECT if self._begins_plainly(place + 1) else Role.VALUE)
            frame.place = Role.PREDICATE
        elif frame.place is Role.PREDICATE:
            self._verb(frame, place)
        else:
            self._add_part(frame, item, frame.object_role(is_literal=bool(item.term and item.term.is_literal)))
            if item.token.kind is Kind.VAR and not frame.is_inverse and frame.counts:
                self._objects.setdefault(item.text[1:], set()).update(frame.verbs or [""])

    def _begins_plainly(self, place: int) -> bool:
        """Tell whether the first step of the path at `place` goes from a subject: one forwards, and at least one."""
        return self._text(place) not in {"^", "("} and self._text(place + 1) not in {"?", "*"}

    def _verb(self, frame: _Frame, place: int) -> None:
        item = self._items[place]
        if self._text(place - 1) != "^" and not frame.open_paths:
            frame.is_inverse = False
        if item.text == "a":
            frame.verbs.append(RDF_TYPE)
        elif item.term:
            self._add_part(frame, item, Role.PREDICATE)
            frame.verbs.append(item.term.text)
        else:
            frame.verbs = []
        self._end_step(place)

    def _add_part(self, frame: _Frame, item: Item, role: Role) -> None:
        if item.term and frame.counts:
            known = role is Role.OBJECT and not frame.is_inverse
            self._add(Use(item.term, role, item.token, frame.graph, tuple(frame.verbs) if known else ()))

    def _add(self, use: Use) -> None:
        self._reading.uses.append(use)

    def _comparison(self, place: int) -> None:
        left, right = self._items[place - 1], self._items[place + 1]
        ends = {self._text(place - 2).upper(), self._text(place + 2).upper()}
        if not ends <= _OPERANDS_END:
            return
        if left.token.kind is Kind.VAR and right.term:
            self._operand(left.text[1:], right, self._text(place))
        elif right.token.kind is Kind.VAR and left.term:
            self._operand(right.text[1:], left, self._text(place))

    def _operand(self, variable: str, item: Item, operator: str) -> None:
        if item.term:
            self._compared.append((variable, Use(item.term, Role.OPERAND, item.token, operator=operator)))

    def _resolve_comparisons(self) -> None:
        """Add what is compared with variables, with the predicates that give these their values."""
        for variable, use in self._compared:
            known = self._objects.get(variable, {""})
            self._add(use._replace(predicates=() if "" in known else tuple(sorted(known))))
