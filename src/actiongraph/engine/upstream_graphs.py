"""The graphs of one release in an engine behind, and of nothing else that it has: what clients ask, and what is proved.

Engines name such a dataset at a price, so that a query which can meet nothing else is asked of all that the engine has.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping

from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.errors import QueryError, UpstreamError
from actiongraph.formats import Format
from actiongraph.iris import is_iri
from actiongraph.sparql.portability import Portability, QueryVocabulary, named_dataset
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import IRI

_LONGEST_LOOK_S = 5.0
_LONGEST_SEARCH_S = 60.0
_MOST_OTHERS = 50
"""Graphs of others whose vocabulary is looked at."""
_ANY_LENGTH = re.compile(r"[\w>)][*+]")
"""What a path of any length has, and few other things."""
_NO_GRAPHS = (IRI("urn:x-actiongraph:nowhere"),)
"""What a side of a dataset that has no graphs is named as."""


class UpstreamGraphs(Engine):
    """Some graphs in an engine behind, whose default graph is their union (SPARQL 1.1 Query, section 13.2)."""

    def __init__(self, engine: UpstreamEngine, portability: Portability, graphs: Mapping[IRI, int]) -> None:
        """Take the engine, and each graph with its number of triples; nothing is asked yet."""
        self._portability = portability
        self._engine = engine
        self._graphs = frozenset(map(str, graphs))
        self._empty = frozenset(str(graph) for graph, triples in graphs.items() if not triples)
        self._foreign: QueryVocabulary | None = None
        self._has_looked = threading.Event()
        self._whole = Dataset(tuple(graphs), tuple(graphs))

    def check(self, query: CheckedQuery) -> None:
        """Check that `query` names nothing but what every engine understands, and none but these graphs.

        Raises:
            RefusedFeature: it does.
        """
        self._portability.check(query, self._graphs)

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer; see `UpstreamEngine.answer`.

        Raises:
            RefusedFeature: `dataset` names a graph that is not one of these.
        """
        Portability.check_dataset(map(str, (*dataset.default_graphs, *dataset.named_graphs)), self._graphs)
        return self._engine.answer(query, format, self._asked(query, dataset, budget), budget)

    def look_around(self) -> None:
        """Look which vocabulary the other graphs of the engine have, so that it need not be told where not to look."""
        try:
            if self._engine.profile(time.monotonic() + _LONGEST_LOOK_S).union is None:
                return  # there is no other way to name them
            names = self._terms("SELECT DISTINCT ?x { GRAPH ?x { ?s ?p ?o } }")
            others = [name for name in names - self._graphs if is_iri(name)]
            if self._graphs <= names | self._empty and len(others) <= _MOST_OTHERS:
                predicates = [self._terms(f"SELECT DISTINCT ?x {{ GRAPH <{name}> {{ ?s ?x ?o }} }}") for name in others]
                classes = [self._terms(f"SELECT DISTINCT ?x {{ GRAPH <{name}> {{ ?s a ?x }} }}") for name in others]
                self._foreign = QueryVocabulary(frozenset().union(*predicates), frozenset().union(*classes))
        except UpstreamError:
            pass  # each query names all graphs, which is as right, and slower
        finally:
            self._has_looked.set()

    def _terms(self, text: str) -> frozenset[str]:
        found = self._engine.look(text, _LONGEST_SEARCH_S)
        if found.variables != ("x",) or not all(found):
            raise UpstreamError("The engine behind this endpoint answered another query than it was sent.")
        return frozenset(str(row["x"]) for row in found)

    def _asked(self, query: CheckedQuery, dataset: Dataset, budget: QueryBudget) -> Dataset:
        """Return the dataset to name to the engine: some take a side that nobody names for all graphs that they have.

        Source: SPARQL 1.1 Query, section 13.2, and Protocol, section 2.1.4: the request comes before the query.
        """
        if not dataset and not query.names_dataset:
            return self._default(query, budget)
        if not dataset:
            dataset = Dataset(*(tuple(map(IRI, graphs)) for graphs in named_dataset(query)))
        return Dataset(dataset.default_graphs or _NO_GRAPHS, dataset.named_graphs or _NO_GRAPHS)

    def _default(self, query: CheckedQuery, budget: QueryBudget) -> Dataset:
        """Return all graphs of the release, by their names, or as all that the engine has where no other can be met.

        Raises:
            QueryError: the engine would lose rows.
        """
        profile = self._engine.profile(time.monotonic() + self._engine.within(budget))
        if profile.union is None:
            return self._whole
        vocabulary = self._portability.vocabulary(query)
        has_any_length = vocabulary is None or vocabulary.has_any_length
        if profile.loses_rows and has_any_length:
            self._has_looked.wait(self._engine.within(budget))
        if vocabulary is not None and self._foreign is not None and not vocabulary.meets(self._foreign):
            return Dataset(tuple(map(IRI, profile.union)))
        if profile.loses_rows and has_any_length and _ANY_LENGTH.search(query.text):
            raise QueryError(
                "The engine behind this endpoint may lose rows where it follows a path such as p* beside patterns "
                "that match anything; name all predicates and classes, or leave out the path."
            )
        return self._whole
