"""A query with what hints need: its terms, its graphs, the index, and its way of writing terms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdflib import Literal

from actiongraph.engine.base import Dataset
from actiongraph.errors import Edit
from actiongraph.index.search_index import SearchIndex
from actiongraph.index.term_index import IndexedTerm, TermIndex, TermUses
from actiongraph.iris import prefixed_name
from actiongraph.sparql.advice import rewritten
from actiongraph.sparql.bindings import read_bindings
from actiongraph.sparql.lexer import Token, position
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.term_uses import Reading, Role, Use, read_uses
from actiongraph.sparql.terms import LANG_STRING, STRING, XSD, Term
from actiongraph.sparql.values import serialised

_SHOWN = 80
_LONGEST_IRI = 300
_BARE = {XSD + "integer": re.compile(r"[+-]?[0-9]+"), XSD + "boolean": re.compile(r"true|false")}
"""Literals that need no quotation marks."""
ROLES: Mapping[Role, tuple[str, str, str]] = {
    Role.SUBJECT: ("subjects", "never-subject", "is never the subject of a triple"),
    Role.PREDICATE: ("predicates", "never-predicate", "is never used as a predicate"),
    Role.OBJECT: ("objects", "never-object", "is never the object of a triple"),
    Role.CLASS: ("instances", "no-instances", "has no instances"),
}
"""The field of `TermUses` that counts a role, then the code and the words of the hint that it is zero."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One reason why a query may find nothing.

    `code` is stable; `line` and `column` count from 1, the offsets `start` and `end` from 0, all in code points;
    `suggestion` is what to write instead, as it can stand in the query, or empty. Each of `edits` does what the hint
    says, the likeliest first; there are none where that takes more than one change, or is not certain.
    """

    code: str
    sentence: str
    line: int
    column: int
    start: int
    end: int
    suggestion: str = ""
    edits: tuple[Edit, ...] = ()

    def __str__(self) -> str:
        """Return the sentence after its line and column, as errors have it."""
        return f"Line {self.line}, column {self.column}: {self.sentence}"


class Context:
    """One query, run on one dataset."""

    def __init__(
        self, query: CheckedQuery, index: TermIndex, dataset: Dataset, things: SearchIndex | None = None
    ) -> None:
        """Read the query; the indices are looked into as they are needed, and `things` is None without one."""
        self.index = index
        self.things = things
        self.text = query.text
        self.bindings = read_bindings(query.text, query.base or "")
        self.reading: Reading = read_uses(query.text, query.base or "")
        self.graphs = index.graphs()
        self._default_graphs, self.named_graphs = _active(self.reading, dataset, self.graphs)
        self._query = query
        self._dataset = dataset
        self._ranges: dict[tuple[str, ...], Counter[str]] = {}

    def hint(
        self, code: str, about: Token | Use, sentence: str, suggestion: str = "", edits: Iterable[Edit | None] = ()
    ) -> Hint:
        """Return a hint about a token, or a term that may have more than one."""
        start = about.start if isinstance(about, Token) else about.token.start
        place = position(self._query.text, start)
        return Hint(code, sentence, *place, start, about.end, suggestion, tuple(filter(None, edits)))

    def replacing(self, use: Use, *meant: Term) -> Iterator[Edit]:
        """Yield the edits that write each of the terms `meant` where the query has that of `use` in the same way."""
        alike = [other for other in self.reading.uses if same_way(other) == same_way(use)]
        for term in meant:
            written = self.written(term)
            title = f"Write {self.shown(term)} in place of {self.shown(use.term)}"
            yield rewritten(self._query.text, [(other.token.start, other.end) for other in alike], written, title)

    def naming(self, keyword: str, graph: str) -> Edit | None:
        """Return the edit that adds a graph to those of the query by `keyword`; None where the request names them."""
        clauses = [use.end for use in self.reading.uses if use.role in (Role.FROM, Role.FROM_NAMED)]
        if self._dataset or not clauses:
            return None
        clause = f"{keyword} {self.written(Term(graph))}"
        return Edit(clauses[-1], clauses[-1], f" {clause}", f"Add {clause}")

    def hint_near(self, use: Use, code: str, sentence: str, near: Sequence[IndexedTerm]) -> Hint:
        """Return the hint that says `sentence`, and which of the terms `near` may be meant, if there are any."""
        if not near:
            return self.hint(code, use, f"{sentence}.")
        listed = " or ".join(f"{self.shown(found.term)} ({times(count_in(use.role, found.uses))})" for found in near)
        edits = self.replacing(use, *(found.term for found in near))
        return self.hint(code, use, f"{sentence}; did you mean {listed}?", self.shown(near[0].term), edits)

    def elsewhere(self, use: Use, counts: Mapping[str, int]) -> Hint:
        """Return the hint that a term is only in graphs that the query leaves out; `counts` is how often in each."""
        graph, count = max(counts.items(), key=lambda item: (item[1], item[0]))
        looked_in = self.graphs_of(use)
        scope = self.shown(Term(*looked_in)) if len(looked_in) == 1 else "the graphs queried"
        role = {Role.PREDICATE: " as a predicate", Role.CLASS: " as a class"}.get(use.role, "")
        meant = self.shown(Term(graph))
        sentence = f"{self.shown(use.term)} does not occur{role} in {scope}, but {times(count)} in {meant}."
        return self.hint("other-graph", use, sentence, meant, [self._looking_in(use, graph)])

    def _looking_in(self, use: Use, graph: str) -> Edit | None:
        """Return the edit by which a term is looked for in `graph` too, or instead, where one does that."""
        if not use.graph:
            return self.naming("FROM", graph)
        if use.graph[0] in "?$":
            return self.naming("FROM NAMED", graph)
        named = [other for other in self.reading.uses if other.role is Role.GRAPH and other.term.text == use.graph]
        return next(self.replacing(named[0], Term(graph))) if len(named) == 1 else None

    def graphs_of(self, use: Use) -> frozenset[str]:
        """Return the graphs in which the query looks for a term."""
        if not use.graph:
            return self._default_graphs
        return self.named_graphs if use.graph[0] in "?$" else frozenset({use.graph}) & self.named_graphs

    def ranges(self, predicates: tuple[str, ...]) -> Counter[str]:
        """Return the number of literals of each datatype among the objects of the predicates."""
        if predicates not in self._ranges:
            counts = (Counter(self.index.datatypes(predicate)) for predicate in predicates)
            self._ranges[predicates] = sum(counts, Counter())
        return self._ranges[predicates]

    def occurs_as_predicate(self, iri: str) -> bool:
        """Tell whether the release has triples with this predicate."""
        return any(uses.predicates for uses in self.index.uses(Term(iri)).values())

    def shown(self, term: Term) -> str:
        """Return a term as `written` does; a long text is cut."""
        if term.is_literal and len(term.text) > _SHOWN:
            return self.written(term._replace(text=term.text[: _SHOWN - 1] + "…"))
        if not term.is_literal and len(term.text) > _LONGEST_IRI:
            return f"<{term.text[:_LONGEST_IRI]}…>"
        return self.written(term)

    def written(self, term: Term) -> str:
        """Return a term as the query can write it, with its own prefixes."""
        if not term.is_literal:
            return prefixed_name(term.text, self._query.prefixes) or f"<{term.text}>"
        if (bare := _BARE.get(term.datatype)) and bare.fullmatch(term.text):
            return term.text
        lexical = serialised(Literal(term.text))
        if term.language:
            return f"{lexical}@{term.language}"
        return lexical if term.datatype == STRING else f"{lexical}^^{self.shown(Term(term.datatype))}"


def _active(reading: Reading, dataset: Dataset, graphs: Mapping[str, int]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the graphs that make the default graph, and the named ones; what the request names comes first.

    Source: SPARQL 1.1 Protocol, section 2.1.4; SPARQL 1.1 Query, section 13.2.
    """
    if dataset:
        return frozenset(map(str, dataset.default_graphs)), frozenset(map(str, dataset.named_graphs))
    defaults = frozenset(use.term.text for use in reading.uses if use.role is Role.FROM)
    named = frozenset(use.term.text for use in reading.uses if use.role is Role.FROM_NAMED)
    return (defaults, named) if defaults or named else (frozenset(graphs), frozenset(graphs))


def same_way(use: Use) -> tuple[object, ...]:
    """Return a key that is equal for two uses which one hint is about."""
    return use.term, use.role, use.graph, use.predicates, use.operator


def kinds(counts: Mapping[str, int]) -> str:
    """Return the number of each datatype, in words."""
    return ", ".join(f"{count:,} {_kind(datatype)}" for datatype, count in counts.items())


def _kind(datatype: str) -> str:
    if datatype == LANG_STRING:
        return "strings with a language tag"
    return f"xsd:{datatype.removeprefix(XSD)}" if datatype.startswith(XSD) else f"<{datatype}>"


def count_in(role: Role, uses: TermUses) -> int:
    """Return the number of uses of a term in `role`; of a role without a count of its own, the number of all."""
    return getattr(uses, ROLES[role][0]) if role in ROLES else uses.total


def times(count: int) -> str:
    """Return `count` as an adverb."""
    return "once" if count == 1 else f"{count:,} times"


def best(rated: Iterable[tuple[float, IndexedTerm]]) -> list[IndexedTerm]:
    """Return the nearest, and up to two more that are almost as near; of equally near ones the more used first."""
    ordered = sorted(rated, key=lambda entry: (-entry[0], -entry[1].uses.total, entry[1].term))
    return [found for rating, found in ordered[:3] if rating > ordered[0][0] - 0.1]
