"""The patterns of a query, read from its tokens in one walk through the grammar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
from actiongraph.sparql.patterns import (
    GraphPart,
    GroupKey,
    GroupPattern,
    KeptPart,
    Modifiers,
    OptionalPart,
    Part,
    PartKind,
    QueryPattern,
    RepeatedPath,
    SelectedColumn,
    TriplePattern,
    UnionPart,
    named_in,
    visible_variables,
    written_term,
)
from actiongraph.sparql.terms import STRING, Names
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import IRI

_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_CLAUSES = frozenset({"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"})
_KEPT = frozenset({"FILTER", "BIND", "VALUES"})


def read_pattern(text: str, base: str = "") -> QueryPattern:
    """Return the patterns of `text`, a SELECT or ASK query that has passed the guard.

    Without a BASE, IRIs are relative to `base`.

    Raises:
        ValueError: an IRI of a path cannot be written.
    """
    return _PatternReader(text, base).visit()


@dataclass(slots=True)
class _Subject:
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
    subjects: list[_Subject] = field(default_factory=lambda: [_Subject()])
    is_subquery: bool = False
    subquery_columns: list[Token] | None = None


class _PatternReader:
    """One walk through a query, by `visit`; the other public methods are called at the marks of their names."""

    def __init__(self, text: str, base: str) -> None:
        self._text = text
        self._read = list(tokens(text))
        self._closings = closings(self._read)
        self._openings = {end: start for start, end in self._closings.items()}
        self._names = Names(base)
        self._groups: list[_OpenGroup] = []
        self._graph: Node | None = None
        self._labels: dict[str, Variable] = {}
        self._clause_end = 0
        self._columns: list[SelectedColumn] = []
        self._default_graphs: list[IRI] = []
        self._named_graphs: list[IRI] = []
        self._top: tuple[GroupPattern, int, int] | None = None
        taken = {token.text[1:] for token in self._read if token.kind is Kind.VAR}
        prefix = "w"
        while any(name.startswith(prefix) for name in taken):
            prefix += "w"
        self._prefix, self._numbers = prefix, count()

    def _fresh(self) -> Variable:
        """Return a variable that the query does not have."""
        return Variable(f"{self._prefix}{next(self._numbers)}")

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
        clause = self._read[form + 1 : self._clause_end] if self._clause_end else []
        modifiers = self._modifiers(end + 1)
        made = [*clause, *self._read[end + 1 :]]
        columns = tuple(self._columns)
        if clause and not columns:
            own = {str(name) for name in self._text_variables(start, end)}
            columns = tuple(SelectedColumn(name) for name in dict.fromkeys(visible_variables(group)) if name in own)
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
        if self._groups:
            self._groups[-1].is_subquery = True

    def patterns(self, index: int) -> None:
        if not self._groups:
            self._clause_end = index

    def column(self, index: int) -> None:
        token = self._read[index]
        if self._groups:
            opened = self._groups[-1]
            opened.subquery_columns = [*(opened.subquery_columns or ()), token]
        else:
            expression = None
            if _word(self._read[index - 1]) == "AS":
                opening = self._openings[index + 1]
                expression = self._slice(opening + 1, index - 2)
            self._columns.append(SelectedColumn(token.text[1:], expression))

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
        end = -1
        for index in indices:
            token = self._read[index]
            if index <= end:
                continue
            if token.kind is Kind.VAR:
                yield GroupKey(f"?{token.text[1:]}", token.text[1:])
                continue
            opening = next(each for each in range(index, len(self._read)) if self._read[each].text == "(")
            end = self._closings[opening]
            is_named = opening == index and _word(self._read[end - 2]) == "AS"
            spelling = self._slice(index + 1, end - 3) if is_named else self._slice(index, end)
            yield GroupKey(spelling, self._read[end - 1].text[1:] if is_named else None)

    # Groups

    def graph(self, index: int) -> None:
        self._graph = self._node(index)

    def group(self, index: int) -> None:
        self._groups.append(_OpenGroup(index - 1, self._graph))
        self._graph = None

    def group_end(self, index: int) -> None:
        self._settle(index)
        opened = self._groups.pop()
        group = GroupPattern(tuple(opened.parts))
        if opened.is_subquery:
            group = GroupPattern((self._subquery(opened, index),))
        before = _word(self._read[opened.start - 1])
        if before == "EXISTS":
            return  # the FILTER, or the expression, has it whole
        if not self._groups:
            self._top = group, opened.start, index
            return
        self._add(group, opened, index, before)

    def _add(self, group: GroupPattern, opened: _OpenGroup, end: int, before: str) -> None:
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

    def _settle(self, index: int) -> _Subject:
        """Close the brackets that have ended before `index`, and return what is being read there."""
        subjects = self._groups[-1].subjects
        while (frame := subjects[-1]).end is not None and frame.end < index:
            subjects.pop()
            if frame.is_list and frame.cell is not None:
                self._groups[-1].parts.append(TriplePattern(frame.cell, RDF.rest, RDF.nil))
        return subjects[-1]

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
                self._groups[-1].subjects.append(_Subject(made, end, is_list))
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
                return [
                    TriplePattern(*((object_, predicate, subject) if is_inverse else (subject, predicate, object_)))
                ]
            case PathSequence(parts):
                ends = [subject, *(self._fresh() for _ in parts[1:]), object_]
                return [
                    made
                    for part, (start, end) in zip(parts, pairwise(ends), strict=True)
                    for made in self._path(start, part, end, spelling)
                ]
            case PathChoice(parts):
                branches = (GroupPattern(tuple(self._path(subject, part, object_, spelling))) for part in parts)
                return [UnionPart(tuple(branches), self._fresh())]
            case PathRepeat(part, times):
                if links := single_links(part):
                    return [RepeatedPath(subject, links, times, object_, spelling)]
                written = f"{written_term(subject)} {written_path(path)} {written_term(object_)} ."
                return [KeptPart(PartKind.PATH, spelling, written, frozenset(named_in(subject, object_)))]
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
        return [GroupPattern((TriplePattern(subject, predicate, object_), kept))]


def _word(token: Token) -> str:
    return token.text.upper() if token.kind is Kind.WORD else ""


_MARKS = Names.MARKS | {
    f"@{name}"
    for name in (
        "default_graph", "named_graph", "select", "patterns", "column", "graph", "group", "group_end", "element",
        "subject", "verb", "objects", "object", "item",
    )
}  # fmt: skip
