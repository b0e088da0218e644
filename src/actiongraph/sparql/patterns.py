"""The patterns of a query as a tree: which triples its solutions are made of, and what else they rest on.

The query is read in one walk through the grammar. Blank nodes become variables, so that a solution tells them, and
property paths are taken apart into triples as far as that goes. What is not made of triples that are there (FILTER,
MINUS, subqueries) stays as it is spelled.

Source: SPARQL 1.1 Query, sections 5 to 12 and 18.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count, pairwise

from rdflib import RDF, Literal, Variable
from rdflib.term import Node

from actiongraph.sparql.grammar import walk
from actiongraph.sparql.lexer import Kind, Token, closings, tokens
from actiongraph.sparql.paths import (
    Path,
    PathChoice,
    PathLink,
    PathNegation,
    PathRepeat,
    PathSequence,
    inverse,
    read_path,
    single_links,
    written_path,
)
from actiongraph.sparql.terms import STRING, Names
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import IRI


@dataclass(frozen=True, slots=True)
class TriplePattern:
    """Three terms, each of which may be a variable."""

    subject: Node
    predicate: Node
    object: Node


@dataclass(frozen=True, slots=True)
class RepeatedPath:
    """One of `links` taken `times` (`?`, `*` or `+`); a path of triples leads from subject to object."""

    subject: Node
    links: tuple[PathLink, ...]
    times: str
    object: Node
    spelling: str


class PartKind(Enum):
    """The parts of a query that are kept as they are spelled."""

    FILTER = auto()
    EXISTS = auto()
    NOT_EXISTS = auto()
    MINUS = auto()
    BIND = auto()
    VALUES = auto()
    SUBQUERY = auto()
    PATH = auto()
    HAVING = auto()


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part of a query: as it is spelled there, and as it is `written` into a query that asks for the same.

    `variables` are those that it gives values to.
    """

    kind: PartKind
    spelling: str
    written: str
    variables: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OptionalPart:
    """A group that need not match; the variable `marker` is bound where it does."""

    group: Group
    marker: Variable
    spelling: str


@dataclass(frozen=True, slots=True)
class UnionPart:
    """Groups of which one matches; `marker` is bound to the index of that."""

    branches: tuple[Group, ...]
    marker: Variable


@dataclass(frozen=True, slots=True)
class GraphPart:
    """A group that matches in the named graph `name`, which may be a variable."""

    name: Node
    group: Group


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that match together, in the order of the query."""

    parts: tuple[Part, ...]


Part = TriplePattern | RepeatedPath | KeptPart | OptionalPart | UnionPart | GraphPart | Group


@dataclass(frozen=True, slots=True)
class Column:
    """A variable that a SELECT clause names, with the expression that makes it, if one does."""

    name: str
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class GroupKey:
    """A condition of GROUP BY: its expression, and the variable that it is called by, if there is one."""

    expression: str
    name: str | None

    @property
    def is_variable(self) -> bool:
        """Tell whether it is a variable of the patterns, as it is."""
        return self.expression == f"?{self.name}"


@dataclass(frozen=True, slots=True)
class Modifiers:
    """The solution modifiers and the last VALUES of a query, each as it is spelled, or empty.

    `keys` is None where there is no GROUP BY.
    """

    keys: tuple[GroupKey, ...] | None = None
    having: str = ""
    order: str = ""
    slice: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class QueryPattern:
    """A SELECT or an ASK taken apart.

    `selected` is the SELECT clause after its keyword, and `columns` are the variables of its rows; `is_grouped` tells
    whether a row is made of several solutions. `where` is the spelling of `group`. `default_graphs` and `named_graphs`
    are those of FROM. `fresh` gives variables that the query does not have.
    """

    prologue: str
    selected: str
    columns: tuple[Column, ...]
    group: Group
    where: str
    modifiers: Modifiers
    is_grouped: bool
    default_graphs: tuple[IRI, ...]
    named_graphs: tuple[IRI, ...]
    fresh: Callable[[], Variable]

    @property
    def is_distinct(self) -> bool:
        """Tell whether equal rows of it are one, or may be."""
        return next(tokens(self.selected)).text.upper() in {"DISTINCT", "REDUCED"}


_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_CLAUSES = frozenset({"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"})
_KEPT = frozenset({"FILTER", "BIND", "VALUES"})


def read_pattern(text: str, base: str = "") -> QueryPattern:
    """Return the patterns of `text`, a SELECT or ASK query that has passed the guard.

    Without a BASE, IRIs are relative to `base`.

    Raises:
        ValueError: an IRI of a path cannot be written.
    """
    return _Visitor(text, base).visit()


def visible_variables(group: Group) -> Iterator[str]:
    """Yield the names of the variables that a group may bind, as SELECT * has them (section 18.2.1); some repeatedly."""
    for part in group.parts:
        match part:
            case TriplePattern(subject, predicate, object_):
                yield from _named(subject, predicate, object_)
            case RepeatedPath(subject=subject, object=object_):
                yield from _named(subject, object_)
            case KeptPart(variables=variables):
                yield from sorted(variables)
            case OptionalPart(group=inner):
                yield from visible_variables(inner)
            case Group():
                yield from visible_variables(part)
            case UnionPart(branches=branches):
                for branch in branches:
                    yield from visible_variables(branch)
            case GraphPart(name, inner):
                yield from _named(name)
                yield from visible_variables(inner)


def _named(*terms: Node) -> Iterator[str]:
    return (str(term) for term in terms if isinstance(term, Variable))


@dataclass(slots=True)
class _Frame:
    """The triples that are being read about one subject; of a list, `cell` is the cell of its last item.

    It ends with the token at the index `end`.
    """

    subject: Node | None = None
    end: int | None = None
    is_list: bool = False
    cell: Node | None = None
    verb: int = 0
    objects: int = 0


@dataclass(slots=True)
class _OpenGroup:
    """A group that has not ended: the index of its brace, and the name of its graph, if it has one of its own."""

    start: int
    graph: Node | None = None
    parts: list[Part] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=lambda: [_Frame()])
    is_subquery: bool = False
    subquery_columns: list[Token] | None = None


class _Visitor:
    """One walk through a query, by `visit`; the methods without an underscore are called at the marks of their names."""

    def __init__(self, text: str, base: str) -> None:
        self._text = text
        self._read = list(tokens(text))
        self._closings = closings(self._read)
        self._names = Names(base)
        self._groups: list[_OpenGroup] = []
        self._graph: Node | None = None
        self._labels: dict[str, Variable] = {}
        self._selects = 0
        self._columns: list[Column] = []
        self._default_graphs: list[IRI] = []
        self._named_graphs: list[IRI] = []
        self._top: tuple[Group, int, int] | None = None
        taken = {token.text[1:] for token in self._read if token.kind is Kind.VAR}
        prefix = "w"
        while any(name.startswith(prefix) for name in taken):
            prefix += "w"
        numbers = count()
        self._fresh = lambda: Variable(f"{prefix}{next(numbers)}")

    def visit(self) -> QueryPattern:
        """Return the query taken apart."""
        for mark, index in walk(self._read, _MARKS):
            if mark in Names.MARKS:
                self._names.declare(mark, self._read[index])
            else:
                getattr(self, mark[1:])(index)
        assert self._top is not None  # noqa: S101 - SELECT and ASK have a group
        group, start, end = self._top
        form = next(index for index, token in enumerate(self._read) if _word(token) in {"SELECT", "ASK"})
        clause_end = next(
            index
            for index in range(form, start + 1)
            if _word(self._read[index]) in {"FROM", "WHERE"} or index == start
        )
        clause = self._read[form + 1 : clause_end] if _word(self._read[form]) == "SELECT" else []
        modifiers = self._modifiers(end + 1)
        made = [*clause, *self._read[end + 1 :]]
        columns = tuple(self._columns)
        if clause and not columns:
            own = {str(name) for name in self._text_variables(start, end)}
            columns = tuple(Column(name) for name in dict.fromkeys(visible_variables(group)) if name in own)
        return QueryPattern(
            prologue=self._text[: self._read[form].start],
            selected=self._between(clause),
            columns=columns,
            group=group,
            where=self._slice(start, end),
            modifiers=modifiers,
            is_grouped=modifiers.keys is not None or any(_word(token) in _AGGREGATES for token in made),
            default_graphs=tuple(self._default_graphs),
            named_graphs=tuple(self._named_graphs),
            fresh=self._fresh,
        )

    # What is spelled

    def _slice(self, start: int, end: int) -> str:
        """Return the text from the token at `start` to the one at `end`, both included."""
        return self._text[self._read[start].start : self._read[end].end]

    def _between(self, read: Sequence[Token]) -> str:
        return self._text[read[0].start : read[-1].end] if read else ""

    def _text_variables(self, start: int, end: int) -> Iterator[str]:
        return (token.text[1:] for token in self._read[start : end + 1] if token.kind is Kind.VAR)

    # The clauses

    def default_graph(self, index: int) -> None:
        self._default_graphs.append(IRI(self._names.iri(self._read[index])))

    def named_graph(self, index: int) -> None:
        self._named_graphs.append(IRI(self._names.iri(self._read[index])))

    def select(self, _: int) -> None:
        self._selects += 1
        if self._groups:
            self._groups[-1].is_subquery = True

    def column(self, index: int) -> None:
        token = self._read[index]
        if self._groups:
            opened = self._groups[-1]
            opened.subquery_columns = [*(opened.subquery_columns or ()), token]
        else:
            expression = None
            if _word(self._read[index - 1]) == "AS":
                opening = next(start for start, end in self._closings.items() if end == index + 1)
                expression = self._slice(opening + 1, index - 2)
            self._columns.append(Column(token.text[1:], expression))

    def _modifiers(self, start: int) -> Modifiers:
        clauses: dict[str, list[int]] = {}
        found: list[int] = []
        index = start
        while index < len(self._read):
            if _word(self._read[index]) in _CLAUSES:
                found = clauses.setdefault(_word(self._read[index]), [])
            last = self._closings.get(index, index)
            found += range(index, last + 1)
            index = last + 1
        spelled = {name: self._slice(indices[0], indices[-1]) for name, indices in clauses.items()}
        sliced = " ".join(spelled[name] for name in ("LIMIT", "OFFSET") if name in spelled)
        keys = tuple(self._keys(clauses["GROUP"][2:])) if "GROUP" in clauses else None
        names = ("HAVING", "ORDER", "VALUES")
        having, order, values = (spelled.get(name, "") for name in names)
        return Modifiers(keys, having, order, sliced, values)

    def _keys(self, indices: Sequence[int]) -> Iterator[GroupKey]:
        """Yield the conditions of GROUP BY, whose tokens these are: variables, calls, and expressions in brackets."""
        rest = iter(indices)
        for index in rest:
            if self._read[index].kind is Kind.VAR:
                yield GroupKey(f"?{self._read[index].text[1:]}", self._read[index].text[1:])
                continue
            opening = next(each for each in range(index, len(self._read)) if self._read[each].text == "(")
            end = self._closings[opening]
            is_named = opening == index and _word(self._read[end - 2]) == "AS"
            inner = self._slice(index, end) if not is_named else self._slice(index + 1, end - 3)
            yield GroupKey(inner, self._read[end - 1].text[1:] if is_named else None)
            while index < end:
                index = next(rest)

    # Groups

    def graph(self, index: int) -> None:
        self._graph = self._node(index)

    def group(self, index: int) -> None:
        self._groups.append(_OpenGroup(index - 1, self._graph))
        self._graph = None

    def group_end(self, index: int) -> None:
        self._settle(index)
        opened = self._groups.pop()
        group = Group(tuple(opened.parts))
        if opened.is_subquery:
            group = Group((self._subquery(opened, index),))
        if not self._groups:
            self._top = self._top or (group, opened.start, index)
            return
        before = _word(self._read[opened.start - 1])
        if before == "EXISTS":
            return  # the FILTER, or the expression, has it whole
        self._add(group, opened, index, before)

    def _add(self, group: Group, opened: _OpenGroup, end: int, before: str) -> None:
        """Add a group, after the word `before`, to the one around it."""
        parts = self._groups[-1].parts
        if before == "OPTIONAL":
            parts.append(OptionalPart(group, self._fresh(), self._slice(opened.start - 1, end)))
        elif before == "MINUS":
            spelling = self._slice(opened.start - 1, end)
            parts.append(KeptPart(PartKind.MINUS, spelling, spelling))
        elif opened.graph is not None:
            parts.append(GraphPart(opened.graph, group))
        elif before == "UNION" and isinstance(last := parts[-1], UnionPart):
            parts[-1] = UnionPart((*last.branches, group), last.marker)
        elif end + 1 < len(self._read) and _word(self._read[end + 1]) == "UNION":
            parts.append(UnionPart((group,), self._fresh()))
        else:
            parts.append(group)

    def _subquery(self, opened: _OpenGroup, end: int) -> KeptPart:
        spelling = self._slice(opened.start, end)
        named = opened.subquery_columns
        names = (token.text[1:] for token in named) if named else self._text_variables(opened.start, end)
        return KeptPart(PartKind.SUBQUERY, spelling, spelling, frozenset(names))

    def element(self, index: int) -> None:
        """Keep what is no group: FILTER, BIND and VALUES."""
        self._settle(index)
        word = _word(self._read[index])
        if word not in _KEPT:
            return
        brackets = {"{"} if word == "VALUES" else {"(", "{"}
        opening = next(at for at in range(index, len(self._read)) if self._read[at].text in brackets)
        end = self._closings[opening]
        spelling, variables = self._slice(index, end), frozenset[str]()
        if word == "FILTER":
            kind = self._kind_of_filter(index, end)
        elif word == "BIND":
            kind, variables = PartKind.BIND, frozenset({self._read[end - 1].text[1:]})
        else:
            kind, variables = PartKind.VALUES, frozenset(self._text_variables(index, opening))
        self._groups[-1].parts.append(KeptPart(kind, spelling, spelling, variables))

    def _kind_of_filter(self, start: int, end: int) -> PartKind:
        words = [_word(token) for token in self._read[start : end + 1]]
        if "EXISTS" not in words:
            return PartKind.FILTER
        is_absence = ("NOT", "EXISTS") in pairwise(words)
        return PartKind.NOT_EXISTS if is_absence else PartKind.EXISTS

    # Triples

    def subject(self, index: int) -> None:
        self._settle(index).subject = self._node(index)

    def verb(self, index: int) -> None:
        self._settle(index).verb = index

    def objects(self, index: int) -> None:
        self._settle(index).objects = index

    def object(self, index: int) -> None:
        frame = self._settle(index)
        subject, verb, objects = frame.subject, frame.verb, frame.objects
        object_ = self._node(index)
        assert subject is not None  # noqa: S101 - the grammar has one before every verb
        self._triple(subject, verb, objects, object_, index)

    def item(self, index: int) -> None:
        frame = self._settle(index)
        cell = frame.subject
        if frame.cell is not None:
            cell = self._fresh()
            self._groups[-1].parts.append(TriplePattern(frame.cell, RDF.rest, cell))
        assert cell is not None  # noqa: S101 - a list that has items has a first cell
        frame.cell = cell
        item = self._node(index)
        self._groups[-1].parts.append(TriplePattern(cell, RDF.first, item))

    def _settle(self, index: int) -> _Frame:
        """Close the brackets that have ended before `index`, and return what is being read there."""
        frames = self._groups[-1].frames
        while (frame := frames[-1]).end is not None and frame.end < index:
            frames.pop()
            if frame.is_list and frame.cell is not None:
                self._groups[-1].parts.append(TriplePattern(frame.cell, RDF.rest, RDF.nil))
        return frames[-1]

    def _node(self, index: int) -> Node:
        """Return the term at `index`; what opens brackets is a variable, and its triples follow."""
        token = self._read[index]
        if token.kind is Kind.VAR:
            return Variable(token.text[1:])
        if token.kind is Kind.BLANK_NODE_LABEL:
            return self._labels.setdefault(token.text, self._fresh())
        if token.text in {"[", "("}:
            end, is_list = self._closings[index], token.text == "("
            if is_list and end == index + 1:
                return RDF.nil
            made = self._fresh()
            if end > index + 1:
                self._groups[-1].frames.append(_Frame(made, end, is_list))
            return made
        if token.kind in {Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS}:
            return IRI(self._names.iri(token))
        term, _ = self._names.term(self._read, index)
        assert term is not None  # noqa: S101 - the grammar allows nothing else
        datatype = None if term.language or term.datatype == STRING else IRI(term.datatype)
        return Literal(term.text, lang=term.language or None, datatype=datatype, normalize=False)

    def _triple(self, subject: Node, verb: int, objects: int, object_: Node, index: int) -> None:
        read = self._read[verb:objects]
        parts = self._groups[-1].parts
        if len(read) == 1 and read[0].kind is Kind.VAR:
            parts.append(TriplePattern(subject, Variable(read[0].text[1:]), object_))
            return
        path = read_path(read, self._names.iri)
        parts += self._path(subject, path, object_, self._between(read))

    def _path(self, subject: Node, path: Path, object_: Node, spelling: str) -> list[Part]:
        """Return what a path from `subject` to `object_` is made of."""
        match path:
            case PathLink(predicate, is_inverse):
                return [TriplePattern(*((object_, predicate, subject) if is_inverse else (subject, predicate, object_)))]
            case PathSequence(parts):
                ends = [subject, *(self._fresh() for _ in parts[1:]), object_]
                return [
                    made
                    for part, (start, end) in zip(parts, pairwise(ends), strict=True)
                    for made in self._path(start, part, end, spelling)
                ]
            case PathChoice(parts):
                branches = (Group(tuple(self._path(subject, part, object_, spelling))) for part in parts)
                return [UnionPart(tuple(branches), self._fresh())]
            case PathRepeat(part, times):
                if links := single_links(part):
                    return [RepeatedPath(subject, links, times, object_, spelling)]
                written = f"{_written(subject)} {written_path(path)} {_written(object_)} ."
                return [KeptPart(PartKind.PATH, spelling, written, frozenset(_named(subject, object_)))]
            case PathNegation():
                return self._negation(subject, path, object_, spelling)

    def _negation(self, subject: Node, path: PathNegation, object_: Node, spelling: str) -> list[Part]:
        """Return one triple with a predicate of its own, which is none of those that the path names."""
        forward = tuple(link for link in path.links if not link.is_inverse)
        backward = tuple(link for link in path.links if link.is_inverse)
        if forward and backward:
            choice = PathChoice((PathNegation(forward), PathNegation(backward)))
            return self._path(subject, choice, object_, spelling)
        if backward:
            turned = inverse(path)
            return self._path(object_, turned, subject, spelling)
        predicate = self._fresh()
        others = ", ".join(serialised(link.predicate) for link in forward)
        written = f"FILTER(?{predicate} NOT IN ({others}))"
        kept = KeptPart(PartKind.FILTER, spelling, written)
        return [Group((TriplePattern(subject, predicate, object_), kept))]


def _word(token: Token) -> str:
    return token.text.upper() if token.kind is Kind.WORD else ""


def _written(term: Node) -> str:
    return f"?{term}" if isinstance(term, Variable) else serialised(term)


_MARKS = Names.MARKS | {
    f"@{name}"
    for name in (
        "default_graph", "named_graph", "select", "column", "graph", "group", "group_end", "element", "subject", "verb",
        "objects", "object", "item",
    )
}  # fmt: skip
