"""Why a row is in a result: the triples that make it, each with its provenance, and what else it rests on.

The patterns of the query are asked again with the values of the row (`sparql.witness`), and the triples are what the
patterns are for each solution. What is not made of triples that are there, such as MINUS, is named with its words.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rdflib import BNode, Variable
from rdflib.term import Node

from actiongraph.engine.base import Dataset, Engine, Solution
from actiongraph.errors import QueryError, RequestError, TooComplex, UnknownResource
from actiongraph.settings import Settings
from actiongraph.sparql.pattern_reader import read_pattern
from actiongraph.sparql.patterns import (
    GraphPart,
    GroupPattern,
    KeptPart,
    OptionalPart,
    PartKind,
    QueryPattern,
    RepeatedPath,
    SelectedColumn,
    TriplePattern,
    UnionPart,
)
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.sparql.witness import row_query, solutions_query
from actiongraph.text import counted, listed
from actiongraph.things.path_links import PathSearch, Triple, select_from
from actiongraph.things.provenance import Provenance, ProvenanceKind, provenance_of
from actiongraph.things.result_row import Row
from actiongraph.things.thing import Naming
from actiongraph.vocabulary import IRI

MOST_TRIPLES = 200
MOST_SOLUTIONS = 200
_MOST_PATHS = 20
"""Paths of unknown length that are looked for, each of which may take several queries."""
_LONGEST_QUERY = 8_000
"""Code points of a query that is taken apart in this process, not by a worker: 60 ms at most."""
_ONE_AT_A_TIME = threading.Lock()
"""Queries are taken apart one after another, so that many of them do not delay what is short."""

Check = Callable[[str], CheckedQuery]
"""Reads a query by the guard."""


@dataclass(frozen=True, slots=True)
class ExplainedTriple:
    """A triple that a row is made of, with the names of its terms, and on what it rests."""

    triple: Triple
    names: tuple[str, str, str]
    provenance: Provenance
    origin_names: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class QueryPiece:
    """A piece of the query, and in a few words what it has to do with the row."""

    says: str
    spelling: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a row is in a result.

    `is_row` is False for an ASK, of which the answer is explained. `row` has each variable with its term and the name
    of that. `solutions` is how many solutions of the patterns make the row, at most `MOST_SOLUTIONS`; `is_whole` tells
    whether all of their triples are here, and `has_provenance` whether it is known where they come from. `conditions`
    hold for the row; `rests_on` is what else it rests on, beside triples.
    """

    is_row: bool
    row: tuple[tuple[str, Node, str], ...]
    solutions: int
    is_whole: bool
    has_provenance: bool
    triples: tuple[ExplainedTriple, ...]
    conditions: tuple[QueryPiece, ...]
    rests_on: tuple[QueryPiece, ...]
    notes: tuple[str, ...]


_SAYS = {
    PartKind.FILTER: "holds",
    PartKind.HAVING: "holds for the group",
    PartKind.BIND: "computes a value",
    PartKind.VALUES: "lists values in the query itself",
    PartKind.EXISTS: "something matches this",
    PartKind.NOT_EXISTS: "nothing matches this",
    PartKind.MINUS: "nothing that matches this has the same values",
    PartKind.SUBQUERY: "this subquery has a row with these values",
    PartKind.PATH: "this path leads from one thing to the other; its steps are not shown",
}
_CONDITIONS = frozenset({PartKind.FILTER, PartKind.HAVING, PartKind.BIND, PartKind.VALUES})
_UNMATCHED = "nothing matches this optional part"
_NO_STEP = "both ends of this path are the same thing, so it takes no step"
_NO_ROW = "No row of the query has these values."
_NO_PROVENANCE = "Here is no record of where triples come from, so they stand without grounds."


def explain(
    engine: Engine,
    query: CheckedQuery,
    row: Row | None,
    *,
    check: Check,
    settings: Settings,
    dataset: Dataset = Dataset(),
    has_provenance: bool = True,
) -> Explanation:
    """Return why `row` is in the result of `query`, a SELECT; for an ASK, which has no row, why it is true.

    `has_provenance` tells whether the engine has a release, whose graphs say where triples come from.

    Raises:
        RequestError: no row is given, or one with other variables than the query has.
        QueryError: the query has no rows that could be explained.
        UnknownResource: no row has these values.
        EngineError: the engine failed.
    """
    check_explained(query, row)
    try:
        with _ONE_AT_A_TIME:
            pattern = read_pattern(query.text, query.base or "")
        named = dataset or Dataset(pattern.default_graphs, pattern.named_graphs)
        found = _solutions(engine, pattern, row or {}, check, named)
    except ValueError as error:
        raise QueryError(f"The query has a term that cannot be written again: {error}") from error
    collected = _Collected(PathSearch(engine, named, settings))
    for solution in found.solutions:
        if not collected.is_whole:
            break
        collected.take(pattern.group, solution, None)
    for kind, spelling in ((PartKind.HAVING, pattern.modifiers.having), (PartKind.VALUES, pattern.modifiers.values)):
        if spelling:
            collected.keep(kind, spelling)
    grounds = _grounds(engine, collected.triples, settings, named) if has_provenance else {}
    is_row = query.form is QueryForm.SELECT
    return _explanation(
        engine, row or {}, found, collected, grounds, settings, is_row=is_row, has_provenance=has_provenance
    )


def is_explained(query: CheckedQuery) -> bool:
    """Tell whether a row of `query`, or its answer, can be explained, as far as the query tells."""
    has_rows = query.form in {QueryForm.SELECT, QueryForm.ASK}
    return has_rows and query.repeatable and len(query.text) <= _LONGEST_QUERY


def check_explained(query: CheckedQuery, row: Row | None) -> None:
    """Return nothing if `row`, or without one the answer to an ASK, can be explained, as far as that is told by itself.

    Raises:
        RequestError: no row is given where one is needed, or one where there is none.
        QueryError: the query has no rows, or other ones each time, or the row has a blank node.
        TooComplex: the query is too long.
    """
    if query.form.value in {"CONSTRUCT", "DESCRIBE"}:
        raise QueryError(
            f"A {query.form.value} query has a graph as its result, and no rows; "
            "ask about a row of a SELECT with the same WHERE clause."
        )
    if not query.repeatable:
        raise QueryError(
            "The query uses NOW, RAND, UUID or STRUUID, which give other values each time, so its rows cannot be "
            "found again."
        )
    if len(query.text) > _LONGEST_QUERY:
        message = f"The query is too long to say why a row is there ({len(query.text):,} characters, at most "
        raise TooComplex(f"{message}{_LONGEST_QUERY:,}).", limit="longest explained query", value=_LONGEST_QUERY)
    if query.form is QueryForm.SELECT and row is None:
        raise RequestError("Tell the row in the parameter 'row', as SPARQL results in JSON have it in 'bindings'.")
    if query.form is QueryForm.ASK and row:
        raise RequestError("An ASK query has no rows; leave out the row to see why its answer is true.")
    if any(isinstance(term, BNode) for term in (row or {}).values()):
        raise QueryError("A blank node has no name that a query could use, so this row cannot be looked up.")


@dataclass(frozen=True, slots=True)
class _Found:
    """The patterns of a query, the solutions behind a row, at most `MOST_SOLUTIONS`, and whether there are no more."""

    pattern: QueryPattern
    solutions: tuple[Solution, ...]
    is_whole: bool


def _solutions(engine: Engine, pattern: QueryPattern, row: Row, check: Check, dataset: Dataset) -> _Found:
    values: Mapping[str, Node | None] = _values(pattern.columns, row)
    computed = {column.name: column.expression for column in pattern.columns if column.expression is not None}

    def ask(text: str) -> tuple[Solution, ...]:
        return tuple(select_from(engine, _checked(check, text), dataset))

    if pattern.is_grouped or pattern.modifiers.slice:
        written, keys = row_query(pattern, values)
        if pattern.columns:
            rows = ask(written)
            if not rows:
                raise UnknownResource(_NO_ROW)
            if pattern.is_grouped:
                values = {name: rows[0].get(name) for name in keys}
                computed = {name: key.expression for name, key in keys.items() if not key.is_variable}
    # One solution is enough to make an ASK true.
    most = MOST_SOLUTIONS if pattern.columns else 1
    found = ask(solutions_query(pattern, values, computed, most + 1))
    if not found and not pattern.is_grouped:
        raise UnknownResource(_NO_ROW if pattern.columns else "The answer is false: the query has no solution.")
    return _Found(pattern, found[:most], len(found) <= most)


def _values(columns: tuple[SelectedColumn, ...], row: Row) -> Mapping[str, Node | None]:
    """Return the value of each variable of a row, None for one that is not bound.

    Raises:
        RequestError: the row has a variable that the query does not have in its rows.
    """
    names = dict.fromkeys(column.name for column in columns)
    if unknown := next((name for name in row if name not in names), None):
        has = f"its rows have {listed(f'?{name}' for name in names)}" if names else "its rows have none"
        raise RequestError(f"The query has no variable ?{unknown[:40]} in its rows; {has}.")
    return {**names, **row}


def _checked(check: Check, text: str) -> CheckedQuery:
    """Return a query that was written anew as one that may be passed to an engine."""
    try:
        return check(text)
    except TooComplex as error:
        raise TooComplex(
            f"To say why, the query is asked in a longer form, which is over {error.limit} ({error.value:,}); "
            "ask about a row of a smaller query.",
            limit=error.limit,
            value=error.value,
        ) from error


@dataclass(slots=True)
class _Collected:
    """What solutions are made of, each triple and each piece once."""

    search: PathSearch
    triples: dict[tuple[Triple, Node | None], None] = field(default_factory=dict)
    conditions: dict[QueryPiece, None] = field(default_factory=dict)
    rests_on: dict[QueryPiece, None] = field(default_factory=dict)
    is_whole: bool = True
    paths: int = 0

    def keep(self, kind: PartKind, spelling: str) -> None:
        """Keep a piece of the query that holds, or that the row rests on."""
        pieces = self.conditions if kind in _CONDITIONS else self.rests_on
        pieces[QueryPiece(_SAYS[kind], spelling)] = None

    def take(self, group: GroupPattern, solution: Solution, graph: Node | None) -> None:
        """Add what a solution of `group`, which is matched in `graph`, is made of."""
        for part in group.parts:
            match part:
                case TriplePattern(subject, predicate, object_):
                    self._add([_value(term, solution) for term in (subject, predicate, object_)], graph)
                case RepeatedPath():
                    self._follow(part, solution, graph)
                case KeptPart(kind, spelling):
                    self.keep(kind, spelling)
                case OptionalPart(spelling=spelling) if str(part.marker) not in solution:
                    self.rests_on[QueryPiece(_UNMATCHED, spelling)] = None
                case GraphPart(name, inner):
                    self.take(inner, solution, _value(name, solution))
                case _:
                    self.take(_matched(part, solution), solution, graph)

    def _add(self, terms: list[Node | None], graph: Node | None) -> None:
        subject, predicate, object_ = terms
        if subject is None or predicate is None or object_ is None:
            return
        if len(self.triples) >= MOST_TRIPLES and ((subject, predicate, object_), graph) not in self.triples:
            self.is_whole = False
        else:
            self.triples[(subject, predicate, object_), graph] = None

    def _follow(self, path: RepeatedPath, solution: Solution, graph: Node | None) -> None:
        start, end = _value(path.subject, solution), _value(path.object, solution)
        found = None
        if start is not None and end is not None and self.paths < _MOST_PATHS:
            self.paths += 1
            found = self.search.shortest(start, path.links, path.times, end, graph)
        if found is None:
            self.keep(PartKind.PATH, path.spelling)
        elif not found:
            self.rests_on[QueryPiece(_NO_STEP, path.spelling)] = None
        for triple in found or ():
            self._add([*triple], graph)


def _matched(part: GroupPattern | OptionalPart | UnionPart, solution: Solution) -> GroupPattern:
    """Return the group of a part that a solution matches."""
    match part:
        case GroupPattern():
            return part
        case OptionalPart(group):
            return group
        case UnionPart(branches, marker):
            return branches[int(str(solution[str(marker)]))]


def _value(term: Node, solution: Solution) -> Node | None:
    return solution.get(str(term)) if isinstance(term, Variable) else term


def _grounds(
    engine: Engine, found: Mapping[tuple[Triple, Node | None], None], settings: Settings, dataset: Dataset
) -> Mapping[tuple[Triple, Node | None], Provenance]:
    """Return on what each triple rests, where it was matched: in one graph, or in any that the query may look at."""
    made: dict[tuple[Triple, Node | None], Provenance] = {}
    for graph in dict.fromkeys(graph for _, graph in found):
        triples = [triple for triple, in_graph in found if in_graph == graph]
        graphs = dataset.default_graphs if graph is None else (graph,) if isinstance(graph, IRI) else ()
        provenance = provenance_of(engine, triples, settings, graphs)
        made |= {(triple, graph): provenance[triple] for triple in triples}
    return made


def _explanation(
    engine: Engine,
    row: Row,
    found: _Found,
    collected: _Collected,
    grounds: Mapping[tuple[Triple, Node | None], Provenance],
    settings: Settings,
    *,
    is_row: bool,
    has_provenance: bool,
) -> Explanation:
    unknown = Provenance(ProvenanceKind.NOT_KNOWN)
    origins = [each.computed_from for each in grounds.values() if each.computed_from]
    terms = {term for triple, _ in collected.triples for term in triple} | {*row.values()}
    name = Naming(engine, terms.union(*origins), settings)

    def names(triple: Triple) -> tuple[str, str, str]:
        subject, predicate, object_ = triple
        verb = name.of_predicate(predicate) if isinstance(predicate, IRI) else str(predicate)
        return name(subject), verb, name(object_)

    explained = []
    for triple, graph in collected.triples:
        provenance = grounds.get((triple, graph), unknown)
        if isinstance(graph, IRI) and not provenance.graphs:
            provenance = replace(provenance, graphs=(graph,))
        origin = names(provenance.computed_from) if provenance.computed_from else None
        explained.append(ExplainedTriple(triple, names(triple), provenance, origin))
    is_whole = found.is_whole and collected.is_whole
    notes = tuple(_notes(found, explained, is_whole=is_whole, has_provenance=has_provenance))
    return Explanation(
        is_row,
        tuple((variable, term, name(term)) for variable, term in row.items()),
        len(found.solutions),
        is_whole,
        has_provenance,
        tuple(explained),
        tuple(collected.conditions),
        tuple(collected.rests_on),
        notes,
    )


def _notes(found: _Found, triples: list[ExplainedTriple], *, is_whole: bool, has_provenance: bool) -> list[str]:
    notes: list[str] = []
    pattern = found.pattern
    size = counted(len(found.solutions), "solution") if found.is_whole else f"{MOST_SOLUTIONS} solutions and more"
    if pattern.is_grouped:
        keys = {key.name for key in pattern.modifiers.keys or ()}
        made = [f"?{column.name}" for column in pattern.columns if column.name not in keys]
        verb = "is" if len(made) == 1 else "are"
        if not found.solutions:
            notes.append("The group has no solutions: the row is there because nothing matches.")
        elif made:
            notes.append(
                f"{listed(made)} {verb} computed from all {size} of the group, whose triples these are; "
                "which part of the value each one makes is not told."
            )
    elif not pattern.columns and not found.is_whole:
        notes.append("These are the triples of one solution, which is enough; there are more.")
    elif len(found.solutions) > 1:
        notes.append(f"The row is made in several ways: it has {size}, whose triples these are.")
    if not is_whole and pattern.columns:
        notes.append(f"Not all triples are shown: at most {MOST_TRIPLES}, of at most {MOST_SOLUTIONS} solutions.")
    if not triples and found.solutions:
        notes.append("No triple makes the row: it comes from the query itself.")
    if triples and not has_provenance:
        notes.append(_NO_PROVENANCE)
    return notes
