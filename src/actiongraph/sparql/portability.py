"""What a query may name where an engine answers it that does more than SPARQL 1.1 says.

Such engines run programs of their own by the name of a function or a predicate (`bif:`, `sql:`, `java:`, full text),
and hold graphs beside those of a release. So of all functions that have IRIs only the casts of XML Schema are called,
no IRI that does something by itself stands anywhere in the query, and FROM and GRAPH name graphs of the release.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

from cachetools import LRUCache

from actiongraph.errors import RefusedFeature
from actiongraph.sparql.faults import refusal
from actiongraph.sparql.grammar import walk
from actiongraph.sparql.guard import LONGEST_SHAPE
from actiongraph.sparql.lexer import Kind, Token, shape, tokens
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.sparql.terms import RDF_TYPE, XSD, Names
from actiongraph.vocabulary import PREFIXES

_T = TypeVar("_T")
_DATASET = frozenset({"@default_graph", "@named_graph"})
_GRAPHS = _DATASET | {"@graph"}
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
        self._vocabularies: LRUCache[str, QueryVocabulary | None] = LRUCache(max_kept)
        self._constructs: LRUCache[str, frozenset[Construct]] = LRUCache(max_kept)

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

    def vocabulary(self, query: CheckedQuery) -> QueryVocabulary | None:
        """Return the vocabulary of `query`, which depends on its shape alone; see `vocabulary_of`.

        It is None for a long text as well, for to read that would take a third of a second from all others.
        """
        return self._kept(query, self._vocabularies, vocabulary_of) if len(query.text) <= LONGEST_SHAPE else None

    def constructs(self, query: CheckedQuery) -> frozenset[Construct]:
        """Return the constructs in `query` that some engines do otherwise, which depend on its shape alone."""
        return self._kept(query, self._constructs, lambda query: frozenset(constructs_of(query)))

    def _kept(self, query: CheckedQuery, kept: LRUCache[str, _T], read: Callable[[CheckedQuery], _T]) -> _T:
        key = shape(query.text) if len(query.text) <= LONGEST_SHAPE else None
        if key is None:
            return read(query)
        with self._lock:
            if key in kept:
                return kept[key]
        found = read(query)
        with self._lock:
            kept[key] = found
        return found

    @staticmethod
    def check_dataset(names: Iterable[str], graphs: Collection[str]) -> None:
        """Check the `names` of graphs in a request, beside its query; see `check`.

        Raises:
            RefusedFeature: one is not that of a graph of the release.
        """
        for name in names:
            if name not in graphs:
                raise RefusedFeature(f"{name[:200]} is no graph of this release, and no other is queried; {_LISTED}")


class Construct(StrEnum):
    """A construct that some engines are known to answer otherwise than SPARQL 1.1 says; see `engine/profiles.toml`."""

    ANY_LENGTH = "path of any length"
    OPTIONAL_STEP = "path p* or p?, each row once"
    STEP_IN_GRAPH = "path p* or p? in GRAPH"
    TEXT_ORDER = "order of texts"
    DIVISION = "division"


_CONSTRUCT_MARKS = frozenset({"@verb", "@objects", "@operator", "@comparison"})
_ORDERS, _INSIDE = frozenset({"<", ">", "<=", ">="}), frozenset({"OPTIONAL", "MINUS", "EXISTS"})
_COUNTING = frozenset({"COUNT", "SUM", "AVG", "SAMPLE", "GROUP_CONCAT", "GROUP"})


def constructs_of(query: CheckedQuery) -> dict[Construct, list[Token]]:
    """Return the constructs that are in a query, each with the tokens that it is seen by.

    p? or p* of one predicate is told from other paths of no fixed length where it makes no difference how often a row
    is found: outside of other queries, OPTIONAL, MINUS and EXISTS, in an answer that has each row once. The order of
    texts is seen where a variable is compared with a string as it is written.
    """
    read = list(tokens(query.text))
    inside, in_graph, is_once = _insides(read, _INSIDE), _insides(read, {"GRAPH"}), _is_once(query, read)
    found: dict[Construct, list[Token]] = {}
    verb = 0
    for mark, index in walk(read, _CONSTRUCT_MARKS):
        token = read[index]
        if mark == "@verb":
            verb = index
        elif mark == "@objects":
            for at in range(verb + 1, index):
                if (sign := read[at].text) in {"*", "+", "?"}:
                    is_simple = sign != "+" and read[at - 1].text != ")" and not inside[at]
                    is_optional = is_simple and (is_once or sign == "?")
                    kind = Construct.OPTIONAL_STEP if is_optional else Construct.ANY_LENGTH
                    found.setdefault(kind, []).append(read[at])
                    if in_graph[at] and sign != "+":
                        found.setdefault(Construct.STEP_IN_GRAPH, []).append(read[at])
        elif mark == "@operator" and token.text == "/":
            found.setdefault(Construct.DIVISION, []).append(token)
        elif mark == "@comparison" and token.text in _ORDERS and _orders_texts(read, index):
            found.setdefault(Construct.TEXT_ORDER, []).append(token)
    return found


def _is_once(query: CheckedQuery, read: Sequence[Token]) -> bool:
    words = [token.text.upper() for token in read]
    if not _COUNTING.isdisjoint(words) or words.count("SELECT") > (query.form is QueryForm.SELECT):
        return False
    return query.form is not QueryForm.SELECT or words[words.index("SELECT") + 1] == "DISTINCT"


def _insides(read: Sequence[Token], words: Collection[str]) -> list[bool]:
    """Return of each token whether it is in a group after one of `words`, with a name between them or not."""
    groups, found = [False], []
    for index, token in enumerate(read):
        if token.text == "{":
            before = {each.text.upper() for each in read[max(0, index - 2) : index]}
            groups.append(groups[-1] or not before.isdisjoint(words))
        elif token.text == "}":
            groups.pop()
        found.append(groups[-1])
    return found


def _orders_texts(read: Sequence[Token], operator: int) -> bool:
    """Tell whether a variable is on one side of a comparison, and a string, whatever its language, on the other."""
    before, after = read[operator - 1], read[operator + 1]
    begun = operator - (2 if before.kind is Kind.LANGTAG else 1)
    if after.kind is Kind.VAR:
        is_typed = read[begun - 1].text == "^^" and not _is_string(before)
        return read[begun].kind is Kind.STRING or (read[begun - 1].text == "^^" and not is_typed)
    if before.kind is Kind.VAR and after.kind is Kind.STRING:
        return read[operator + 2].text != "^^" or _is_string(read[operator + 3])
    return False


def _is_string(token: Token) -> bool:
    return token.text.rstrip(">").endswith(("#string", ":string"))


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


def without_dataset(query: CheckedQuery) -> CheckedQuery:
    """Return the query without its FROM clauses; blanks stand in their place, so that all else stays where it is."""
    read, parts, end = list(tokens(query.text)), [], 0
    for mark, index in walk(read, _DATASET):
        start = read[index - 1 - (mark == "@named_graph")].start
        parts += [query.text[end:start], re.sub(r"[^\r\n]", " ", query.text[start : read[index].end])]
        end = read[index].end
    return replace(query, text="".join(parts) + query.text[end:], names_dataset=False)


class QueryVocabulary(NamedTuple):
    """The predicates and the classes of all triples that the patterns of a query can match."""

    predicates: frozenset[str]
    classes: frozenset[str]

    def meets(self, other: QueryVocabulary) -> bool:
        """Tell whether a triple may belong to both."""
        return not (self.predicates.isdisjoint(other.predicates) and self.classes.isdisjoint(other.classes))


def vocabulary_of(query: CheckedQuery) -> QueryVocabulary | None:
    """Return the vocabulary of a query on the default graph; None if its patterns may match triples of any.

    They may where a predicate is a variable or negated, or a path may be of no step and is bound at neither end; so may
    DESCRIBE, and what is said of graphs.
    """
    if query.form is QueryForm.DESCRIBE or query.names_dataset:
        return None
    return _VocabularyVisitor(list(tokens(query.text)), query.base or "").visit()


class _VocabularyVisitor:
    """One walk through a query, which ends where its patterns may match anything."""

    def __init__(self, read: Sequence[Token], base: str) -> None:
        self._read = read
        self._names = Names(base)
        self._predicates: set[str] = set()
        self._classes: set[str] = set()
        self._subjects = [False]
        self._steps: list[str] = []
        self._verb = 0
        self._is_loose = False

    def visit(self) -> QueryVocabulary | None:
        """Return the vocabulary that is named, or None."""
        is_template = False
        for mark, index in walk(self._read, _VOCABULARY_MARKS):
            if mark in Names.MARKS:
                self._names.declare(mark, self._read[index])
            elif mark in {"@template", "@template_end"}:
                is_template = mark == "@template"
            elif mark in {"@graph", "@negated"} or (mark == "@step" and self._read[index].kind is Kind.VAR):
                if not is_template:
                    return None
            elif not is_template and not self._take(mark, index):
                return None
        return QueryVocabulary(frozenset(self._predicates), frozenset(self._classes))

    def _take(self, mark: str, index: int) -> bool:
        """Take what follows a mark, and tell whether it names what it matches."""
        token = self._read[index]
        if mark == "@subject":
            self._subjects[-1] = token.kind in _IRIS or token.kind is Kind.STRING
        elif mark == "@properties":
            self._subjects.append(False)
        elif mark == "@properties_end":
            self._subjects.pop()
        elif mark == "@item":
            self._predicates.update(_LIST)
        elif mark == "@verb":
            self._verb, self._steps = index, []
        elif mark == "@step":
            self._steps.append(RDF_TYPE if token.text == "a" else self._names.iri(token))
        elif mark == "@objects":
            path = [each.text for each in self._read[self._verb : index]]
            loose = sum(text in {"*", "?"} for text in path)
            self._is_loose = loose > 0 and (loose > path.count("/") or "|" in path)
        else:
            return self._object(token)
        return True

    def _object(self, token: Token) -> bool:
        is_bound = token.kind in _IRIS or token.kind is Kind.STRING
        if self._steps == [RDF_TYPE] and token.kind in _IRIS and not self._is_loose:
            self._classes.add(self._names.iri(token))
        else:
            self._predicates.update(self._steps)
        return is_bound or self._subjects[-1] or not self._is_loose


_LIST = (PREFIXES["rdf"] + "first", PREFIXES["rdf"] + "rest")
_VOCABULARY_MARKS = Names.MARKS | {
    f"@{name}"
    for name in (
        "template", "template_end", "graph", "subject", "properties", "properties_end", "item", "verb", "step",
        "negated", "objects", "object",
    )
}  # fmt: skip
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
    return refusal(
        text,
        named.token,
        f"the function {named.token.text} is refused: of functions that have an IRI only casts such as xsd:integer are "
        "called here; use one of SPARQL's own.",
    )


def _no_action(text: str, named: _Named) -> RefusedFeature:
    return refusal(
        text,
        named.token,
        f"{named.token.text} is refused: to some engines it is no name, but a command; use FILTER with CONTAINS or "
        "REGEX to search in texts.",
    )


def _no_graph(text: str, named: _Named) -> RefusedFeature:
    return refusal(
        text, named.token, f"{named.token.text} is no graph of this release, and no other is queried; {_LISTED}"
    )
