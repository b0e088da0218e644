"""A query with what is needed to look at it: its terms, the graphs it asks, the index, and how it writes terms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rdflib import Literal

from actiongraph.engine.base import Dataset
from actiongraph.index.term_index import TermIndex
from actiongraph.sparql.lexer import Token
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.term_uses import Reading, Role, Use, read_uses
from actiongraph.sparql.terms import LANG_STRING, STRING, XSD, Term
from actiongraph.sparql.values import serialised

_SHOWN = 80
_LONGEST_IRI = 300
_BARE = {XSD + "integer": re.compile(r"[+-]?[0-9]+"), XSD + "boolean": re.compile(r"true|false")}
"""Literals that need no quotation marks."""
_LOCAL = re.compile(r"[A-Za-z_0-9](?:[A-Za-z_0-9.-]*[A-Za-z_0-9-])?")


class Saying(NamedTuple):
    """A hint before its place is counted: `token` is what it is about."""

    code: str
    token: Token
    sentence: str
    suggestion: str = ""


class Asked:
    """One query, asked of one dataset."""

    def __init__(self, query: CheckedQuery, index: TermIndex, dataset: Dataset) -> None:
        """Read the query; the index is looked into as it is needed."""
        self.index = index
        self.reading: Reading = read_uses(query.text, query.base or "")
        self.graphs = index.graphs()
        self.named_graphs: frozenset[str]
        self._default_graphs, self.named_graphs = _active(self.reading, dataset, self.graphs)
        self._prefixes = sorted(query.prefixes.items(), key=lambda item: -len(item[1]))
        self._ranges: dict[tuple[str, ...], Counter[str]] = {}

    def graphs_of(self, use: Use) -> frozenset[str]:
        """Return the graphs that a term is looked for in."""
        if not use.graph:
            return self._default_graphs
        return self.named_graphs if use.graph[0] in "?$" else frozenset({use.graph}) & self.named_graphs

    def ranges(self, predicates: Iterable[str]) -> Counter[str]:
        """Return how many literals of each datatype the predicates have as objects."""
        key = tuple(predicates)
        if key not in self._ranges:
            counts: Counter[str] = Counter()
            for predicate in key:
                counts.update(self.index.datatypes(predicate))
            self._ranges[key] = counts
        return self._ranges[key]

    def shown(self, term: Term) -> str:
        """Return a term as the query could write it, with its own prefixes; a long text is cut."""
        if not term.is_literal:
            return self._shown_iri(term.text)
        if (bare := _BARE.get(term.datatype)) and bare.fullmatch(term.text):
            return term.text
        text = term.text if len(term.text) <= _SHOWN else term.text[: _SHOWN - 1] + "…"
        lexical = serialised(Literal(text))
        if term.language:
            return f"{lexical}@{term.language}"
        return lexical if term.datatype == STRING else f"{lexical}^^{self._shown_iri(term.datatype)}"

    def _shown_iri(self, iri: str) -> str:
        if len(iri) > _LONGEST_IRI:
            return f"<{iri[:_LONGEST_IRI]}…>"
        for label, namespace in self._prefixes:
            if namespace and iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
                return f"{label}:{iri[len(namespace) :]}"
        return f"<{iri}>"


def _active(reading: Reading, dataset: Dataset, graphs: Mapping[str, int]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the graphs that make the default graph, and the named ones; what the request names comes first.

    Source: SPARQL 1.1 Protocol, section 2.1.4; SPARQL 1.1 Query, section 13.2.
    """
    if dataset:
        return frozenset(map(str, dataset.default_graphs)), frozenset(map(str, dataset.named_graphs))
    defaults = frozenset(use.term.text for use in reading.uses if use.role is Role.FROM)
    named = frozenset(use.term.text for use in reading.uses if use.role is Role.FROM_NAMED)
    return (defaults, named) if defaults or named else (frozenset(graphs), frozenset(graphs))


def kinds(counts: Mapping[str, int]) -> str:
    """Return how many of each datatype there are, in words."""
    return ", ".join(f"{count:,} {_kind(datatype)}" for datatype, count in counts.items())


def _kind(datatype: str) -> str:
    if datatype == LANG_STRING:
        return "strings with a language tag"
    return f"xsd:{datatype.removeprefix(XSD)}" if datatype.startswith(XSD) else f"<{datatype}>"


def times(count: int) -> str:
    """Return how often, in words."""
    return "once" if count == 1 else f"{count:,} times"


def elsewhere(asked: Asked, use: Use, counts: Mapping[str, int]) -> Saying:
    """Say that a term is not in the graphs that are asked, but in others; `counts` is how often by graph."""
    graph, count = max(counts.items(), key=lambda item: (item[1], item[0]))
    looked_in = asked.graphs_of(use)
    place = asked.shown(Term(*looked_in)) if len(looked_in) == 1 else "the graphs that are asked"
    role = {Role.PREDICATE: " as a predicate", Role.CLASS: " as a class"}.get(use.role, "")
    meant = asked.shown(Term(graph))
    sentence = f"{asked.shown(use.term)} does not occur{role} in {place}, but {times(count)} in {meant}."
    return Saying("other-graph", use.token, sentence, meant)
