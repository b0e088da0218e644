"""What a query may name where an engine answers it that does more than SPARQL 1.1 says.

Such engines run programs of their own by the name of a function or a predicate (`bif:`, `sql:`, `java:`, full text),
and hold graphs beside those of a release. So of all functions that have IRIs only the casts of XML Schema are called,
no IRI that does something by itself stands anywhere in the query, and FROM and GRAPH name graphs of the release.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from cachetools import LRUCache

from actiongraph.errors import RefusedFeature
from actiongraph.sparql.grammar import walk
from actiongraph.sparql.guard import LONGEST_SHAPE
from actiongraph.sparql.lexer import Kind, Token, position, shape, tokens
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.terms import XSD, Names

_GRAPHS = frozenset({"@default_graph", "@named_graph", "@graph"})
_MARKS = Names.MARKS | _GRAPHS | {"@function"}
IRIS_THAT_ACT = (
    "bif:",
    "sql:",
    "java:",
    "http://www.openlinksw.com/schemas/bif#",
    "http://www.openlinksw.com/schemas/sql#",
    "http://www.openlinksw.com/schema/sparql/extensions#",
    "http://jena.apache.org/arq/",
    "http://jena.apache.org/text#",
    "http://jena.apache.org/spatial#",
    "http://jena.apache.org/geosparql",
    "http://jena.hpl.hp.com/arq/",
    "urn:x-arq:",
    "http://www.ontotext.com/",
    "http://www.bigdata.com/",
    "http://www.opengis.net/def/function/",
    "tag:stardog:api:",
    "http://aws.amazon.com/neptune/",
    "http://franz.com/ns/",
    "http://marklogic.com/",
)
"""The beginnings, in lower case, of IRIs that engines take for something to do: functions, full text, hints, settings.

Source: the manuals of Virtuoso, Jena ARQ, GraphDB, Blazegraph, Stardog, Neptune, AllegroGraph and MarkLogic.
"""
_IRIS = frozenset({Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS})


class _Named(NamedTuple):
    """An IRI that a query names, with the token that it is written as."""

    iri: str
    token: Token


class Portability:
    """Checks queries that have passed the guard, and remembers their shapes. Calls may come from many threads."""

    def __init__(self, max_kept: int) -> None:
        """Begin without shapes; at most `max_kept` are remembered."""
        self._lock = threading.Lock()
        self._passed: LRUCache[str, frozenset[str]] = LRUCache(max_kept)

    def check(self, query: CheckedQuery, graphs: Collection[str]) -> None:
        """Check what `query` names; `graphs` are the names of the graphs of the release.

        Raises:
            RefusedFeature: it calls a function, or names an IRI or a graph, that is not allowed.
        """
        text = query.text
        key = shape(text) if len(text) <= LONGEST_SHAPE else None
        with self._lock:
            passed = None if key is None else self._passed.get(key)
        if passed is not None and all(name in graphs for name in passed):
            return
        read = list(tokens(text))
        named = _names(read, query.base or "", text)
        for graph in named:
            if graph.iri not in graphs:
                raise _no_graph(text, graph)
        if key is not None:
            with self._lock:
                self._passed[key] = frozenset(graph.iri for graph in named)

    @staticmethod
    def check_dataset(names: Iterable[str], graphs: Collection[str]) -> None:
        """Check the `names` of graphs in a request, beside its query; see `check`.

        Raises:
            RefusedFeature: one is not that of a graph of the release.
        """
        for name in names:
            if name not in graphs:
                raise RefusedFeature(f"{name[:200]} is no graph of this release, and no other is queried; {_LISTED}")


def named_dataset(query: CheckedQuery) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the graphs that a query names after FROM, and those after FROM NAMED."""
    read, names = list(tokens(query.text)), Names(query.base or "")
    found: dict[str, list[str]] = {"@default_graph": [], "@named_graph": []}
    for mark, index in walk(read, Names.MARKS.union(found)):
        if mark in found:
            found[mark].append(names.iri(read[index]))
        else:
            names.declare(mark, read[index])
    return tuple(found["@default_graph"]), tuple(found["@named_graph"])


def has_path_beside_optional(query: CheckedQuery) -> bool:
    """Tell whether a path of any length, such as p+, stands in a group that has OPTIONAL beside it."""
    text = query.text.upper()
    if "OPTIONAL" not in text or not _ANY_LENGTH.intersection(text):
        return False
    read = list(tokens(query.text))
    groups: list[set[str]] = [set()]
    verb = 0
    for mark, index in walk(read, _SHAPE_MARKS):
        if mark == "@group":
            groups.append(set())
        elif mark == "@verb":
            verb = index
        elif mark == "@element" and read[index].text.upper() == "OPTIONAL":
            groups[-1].add("optional")
        elif mark == "@objects" and any(token.text in _ANY_LENGTH for token in read[verb:index]):
            groups[-1].add("path")
        if len(groups[-1]) == 2:
            return True
        if mark == "@group_end":
            groups.pop()
    return False


_ANY_LENGTH = frozenset("*+")
_SHAPE_MARKS = frozenset({"@group", "@group_end", "@verb", "@objects", "@element"})
_LISTED = "the service description at the address of the endpoint lists those that there are."


def _names(read: Sequence[Token], base: str, text: str) -> list[_Named]:
    """Return the graphs that a query names.

    Raises:
        RefusedFeature: a function or an IRI in it is not allowed.
    """
    names, graphs, start = Names(base), [], 0
    for mark, index in walk(read, _MARKS):
        token = read[index]
        if mark in Names.MARKS:
            names.declare(mark, token)
            start = index + 1
        elif token.kind not in _IRIS:
            continue
        elif mark in _GRAPHS:
            graphs.append(_Named(names.iri(token), token))
        elif read[index + 1].text == "(" and not (iri := names.iri(token)).startswith(XSD):
            raise _no_function(text, _Named(iri, token))
    for named in _iris(read[start:], names):
        if named.iri.lower().startswith(IRIS_THAT_ACT):
            raise _no_action(text, named)
    return graphs


def _iris(read: Iterable[Token], names: Names) -> Iterator[_Named]:
    return (_Named(names.iri(token), token) for token in read if token.kind in _IRIS)


def _no_function(text: str, named: _Named) -> RefusedFeature:
    return _refused(
        text,
        named.token,
        f"the function {named.token.text} is refused: of functions that have an IRI only casts such as xsd:integer are "
        "called here; use one of SPARQL's own.",
    )


def _no_action(text: str, named: _Named) -> RefusedFeature:
    return _refused(
        text,
        named.token,
        f"{named.token.text} is refused: to some engines it is no name, but a command; use FILTER with CONTAINS or "
        "REGEX to search in texts.",
    )


def _no_graph(text: str, named: _Named) -> RefusedFeature:
    return _refused(
        text, named.token, f"{named.token.text} is no graph of this release, and no other is queried; {_LISTED}"
    )


def _refused(text: str, token: Token, sentence: str) -> RefusedFeature:
    line, column = position(text, token.start)
    message = f"Line {line}, column {column}: {sentence}"
    return RefusedFeature(message, line=line, column=column, span=(token.start, token.end))
