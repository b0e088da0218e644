"""Queries that ask for the solutions behind one row of a query: written anew from its patterns, with the row's values.

The values of the row are compared with those of each solution (`sameTerm`), so that nothing but this row is found. They
also stand in a VALUES block at the beginning, where that changes no solution, for an engine begins with it then: this
takes a millisecond where the query itself takes half a second.

Source: SPARQL 1.1 Query, sections 10.2, 17.4.1.8 and 18.2.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rdflib import Variable
from rdflib.term import Node

from actiongraph.sparql.paths import PathChoice, PathRepeat, written_path
from actiongraph.sparql.patterns import (
    GraphPart,
    GroupKey,
    GroupPattern,
    KeptPart,
    OptionalPart,
    Part,
    PartKind,
    QueryPattern,
    RepeatedPath,
    TriplePattern,
    UnionPart,
    written_term,
)
from actiongraph.sparql.values import serialised

Values = Mapping[str, Node | None]
"""Variables, without the question mark, to terms; None is for one that must be unbound."""


def solutions_query(query: QueryPattern, values: Values, computed: Mapping[str, str], most: int) -> str:
    """Return a query for at most `most` solutions of the patterns of `query` in which the variables have `values`.

    `computed` are expressions, by the variables that they are bound to after the patterns.

    Raises:
        ValueError: a term that cannot be written into a query.
    """
    certain = _certain(query.group)
    pinned = {name: term for name, term in values.items() if term is not None and name in certain}
    lines = [f"{{ {_block(pinned)} {_inside(query.group)} }}", query.modifiers.values]
    lines += (f"BIND({expression} AS ?{name})" for name, expression in computed.items())
    return _select(query, [*lines, _condition(query, values)], most)


def row_query(query: QueryPattern, values: Values) -> tuple[str, Mapping[str, GroupKey]]:
    """Return a query for one row of `query` that has `values`, and the variable that each GROUP BY key has in it.

    The row has all of them, also those that the query leaves without a name or out of its rows.

    Raises:
        ValueError: a term that cannot be written into a query.
    """
    modifiers = query.modifiers
    grouping, added, keys = "", list[str](), dict[str, GroupKey]()
    known = {column.name for column in query.columns}
    for key in modifiers.keys or ():
        name = key.name or str(query.fresh())
        keys[name] = key
        grouping += f" ?{name}" if key.is_variable else f" ({key.expression} AS ?{name})"
        if name not in known:
            added.append(f"?{name}")
    has_all = bool(added) and query.is_distinct
    lines = [
        f"SELECT {query.selected} {' '.join(added)} WHERE {query.where}",
        f"GROUP BY{grouping}" if grouping else "",
        modifiers.having,
        modifiers.order,
        # With more columns there may be more distinct rows, so that a slice of them would be another.
        "" if has_all else modifiers.slice,
        modifiers.values,
    ]
    inner = "\n".join(filter(None, lines))
    return _select(query, [f"{{ {inner} }}", _condition(query, values)], 1), keys


def _select(query: QueryPattern, lines: Iterable[str], most: int) -> str:
    body = "\n".join(filter(None, lines))
    return f"{query.prologue}SELECT * WHERE {{\n{body}\n}}\nLIMIT {int(most)}"


def _block(values: Mapping[str, Node]) -> str:
    if not values:
        return ""
    names = " ".join(f"?{name}" for name in values)
    return f"VALUES ({names}) {{ ({' '.join(map(serialised, values.values()))}) }}"


def _condition(query: QueryPattern, values: Values) -> str:
    """Return a block with the values under names of their own, and a filter that compares them with the solution."""
    bound = {name: (query.fresh(), term) for name, term in values.items() if term is not None}
    tests = [f"sameTerm(?{name}, ?{own})" for name, (own, _) in bound.items()]
    tests += [f"!BOUND(?{name})" for name, term in values.items() if term is None]
    if not tests:
        return ""
    block = _block({str(own): term for own, term in bound.values()})
    return f"{block}\nFILTER({' && '.join(tests)})"


def _inside(group: GroupPattern) -> str:
    return "\n".join(map(_written, group.parts))


def _written(part: Part) -> str:
    match part:
        case TriplePattern(subject, predicate, object_):
            written = f"{written_term(subject)} {written_term(predicate)} {written_term(object_)} ."
        case RepeatedPath(subject, links, times, object_):
            path = written_path(PathRepeat(PathChoice(links), times))
            written = f"{written_term(subject)} {path} {written_term(object_)} ."
        case KeptPart(written=written):
            pass
        case OptionalPart(group, marker):
            written = f"OPTIONAL {{ {_marked(group, marker, 1)} }}"
        case UnionPart(branches, marker):
            marked = (f"{{ {_marked(branch, marker, index)} }}" for index, branch in enumerate(branches))
            written = " UNION ".join(marked)
        case GraphPart(name, group):
            written = f"GRAPH {written_term(name)} {{ {_inside(group)} }}"
        case GroupPattern():
            written = f"{{ {_inside(part)} }}"
    return written


def _marked(group: GroupPattern, marker: Variable, value: int) -> str:
    return f"{_inside(group)} BIND({value} AS ?{marker})"


def _certain(group: GroupPattern) -> set[str]:
    """Return the variables to which a group gives values before anything else in it depends on them.

    Joined with a value of one of these first, a group has the same solutions as joined with it last: no OPTIONAL,
    MINUS or BIND stands before the triple that binds it.
    """
    found: set[str] = set()
    for part in group.parts:
        match part:
            case TriplePattern(subject, predicate, object_):
                found.update(str(term) for term in (subject, predicate, object_) if isinstance(term, Variable))
            case GraphPart(name, inner):
                found |= _certain(inner) | ({str(name)} if isinstance(name, Variable) else set())
            case GroupPattern():
                found |= _certain(part)
            case UnionPart(branches):
                found |= set.intersection(*map(_certain, branches))
            case OptionalPart() | KeptPart(kind=PartKind.MINUS | PartKind.BIND | PartKind.SUBQUERY):
                break
    return found
