"""A query that passed the guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from actiongraph.formats import Result


class QueryForm(Enum):
    """The four query forms (SPARQL 1.1 Query, section 16)."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"

    @property
    def result(self) -> Result:
        """The kind of result that a query of this form gives."""
        return {QueryForm.SELECT: Result.BINDINGS, QueryForm.ASK: Result.BOOLEAN}.get(self, Result.GRAPH)


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that passed the guard: nothing else is ever passed to an engine.

    `names_dataset` tells whether the query has FROM clauses of its own; if so, the engine's default
    for the default graph does not apply (SPARQL 1.1 Query, section 13.2). `prefixes` are those that the
    query declares with absolute IRIs: a graph in the answer is written with them, since the client knows
    them. `repeatable` tells whether the same data gives the same answer again, so that an answer may be
    cached: not with NOW, RAND, UUID or STRUUID. Relative IRIs are resolved against `base`, such as the
    endpoint's address, if the query has no BASE (section 4.1.1.2).
    """

    text: str
    form: QueryForm
    names_dataset: bool = False
    prefixes: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    base: str | None = None
