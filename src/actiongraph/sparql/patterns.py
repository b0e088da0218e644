"""The patterns of a query as a tree: which triples its solutions are made of, and what else they rest on.

Blank nodes are variables here, so that a solution tells them, and property paths are taken apart into triples as far as
that goes. What is not made of triples that are there (FILTER, MINUS, subqueries) stays as it is spelled. A query is
read by `sparql.pattern_reader`.

Source: SPARQL 1.1 Query, sections 5 to 12 and 18.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from rdflib import Variable
from rdflib.term import Node

from actiongraph.sparql.lexer import tokens
from actiongraph.sparql.paths import PathLink
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

    group: GroupPattern
    marker: Variable
    spelling: str


@dataclass(frozen=True, slots=True)
class UnionPart:
    """Groups of which one matches; `marker` is bound to the index of that."""

    branches: tuple[GroupPattern, ...]
    marker: Variable


@dataclass(frozen=True, slots=True)
class GraphPart:
    """A group that matches in the named graph `name`, which may be a variable."""

    name: Node
    group: GroupPattern


@dataclass(frozen=True, slots=True)
class GroupPattern:
    """Parts that match together, in the order of the query."""

    parts: tuple[Part, ...]


Part = TriplePattern | RepeatedPath | KeptPart | OptionalPart | UnionPart | GraphPart | GroupPattern


@dataclass(frozen=True, slots=True)
class SelectedColumn:
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
    columns: tuple[SelectedColumn, ...]
    group: GroupPattern
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


def visible_variables(group: GroupPattern) -> Iterator[str]:
    """Yield the variables that a group may bind, as SELECT * has them (section 18.2.1), some of them repeatedly."""
    for part in group.parts:
        match part:
            case TriplePattern(subject, predicate, object_):
                yield from named_in(subject, predicate, object_)
            case RepeatedPath(subject=subject, object=object_):
                yield from named_in(subject, object_)
            case KeptPart(variables=variables):
                yield from sorted(variables)
            case OptionalPart(group=inner):
                yield from visible_variables(inner)
            case GroupPattern():
                yield from visible_variables(part)
            case UnionPart(branches=branches):
                for branch in branches:
                    yield from visible_variables(branch)
            case GraphPart(name, inner):
                yield from named_in(name)
                yield from visible_variables(inner)


def named_in(*terms: Node) -> Iterator[str]:
    """Return the names of the variables among `terms`."""
    return (str(term) for term in terms if isinstance(term, Variable))


def written_term(term: Node) -> str:
    """Return a term or a variable as SPARQL writes it.

    Raises:
        ValueError: a term that cannot be written into a query.
    """
    return f"?{term}" if isinstance(term, Variable) else serialised(term)
