"""The graphs of one release in an engine behind, and of nothing else that it has: what clients ask, and what is proved.

Engines name such a dataset at a price, so that a query which can meet nothing else is asked of all that the engine has.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.engine.profiles import Profile, RefusedConstruct
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.errors import RefusedFeature, UpstreamError
from actiongraph.formats import Format
from actiongraph.iris import is_iri
from actiongraph.sparql.faults import refusal
from actiongraph.sparql.lexer import Token
from actiongraph.sparql.portability import Portability, QueryVocabulary, constructs_of, named_dataset
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import IRI

_LONGEST_LOOK_S = 5.0
_LONGEST_SEARCH_S = 60.0
_MOST_OTHERS = 50
"""Graphs of others whose vocabulary is looked at."""
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

    def check(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> None:
        """Check that `query` names nothing but what every engine understands, and that this one answers it rightly.

        Raises:
            RefusedFeature: one of that is not so, as far as it is known.
            UpstreamError: the engine does not answer at all.
        """
        self._portability.check(query, self._graphs)
        self._asked(query, Dataset(), budget)

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
            names = self._terms("SELECT ?x { GRAPH ?x { ?s ?p ?o } } GROUP BY ?x")  # DISTINCT takes Virtuoso 7 20 s
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
        """Return the dataset to name to the engine.

        Raises:
            RefusedFeature: the engine would answer wrongly.
        """
        profile = self._engine.profile(time.monotonic() + self._engine.within(budget))
        refused = {each.construct: each for each in profile.refused}
        found = self._portability.constructs(query) & refused.keys() if refused else frozenset()
        wrong = [each for each in found if refused[each].where == "everywhere"]
        if not wrong:
            named = self._named(query, dataset, profile, budget, has_to=bool(found))
            if not found or named == _all_of(profile):
                return named
            wrong = list(found)
        construct = min(wrong)
        raise _refused(query, constructs_of(query)[construct][0], refused[construct])

    def _named(
        self, query: CheckedQuery, dataset: Dataset, profile: Profile, budget: QueryBudget, *, has_to: bool
    ) -> Dataset:
        """Return the graphs of the release, by their names, or as all that the engine has where no other can be met.

        Some engines take a side of a dataset that nobody names for all graphs that they have. `has_to` tells that
        there is no answer where they are to be named, so that it pays to wait until that is known.

        Source: SPARQL 1.1 Query, section 13.2, and Protocol, section 2.1.4: the request comes before the query.
        """
        if dataset or query.names_dataset:
            if not dataset:
                dataset = Dataset(*(tuple(map(IRI, graphs)) for graphs in named_dataset(query)))
            return Dataset(dataset.default_graphs or _NO_GRAPHS, dataset.named_graphs or _NO_GRAPHS)
        if profile.union is None:
            return self._whole
        if has_to:
            self._has_looked.wait(self._engine.within(budget))
        vocabulary = self._portability.vocabulary(query)
        if vocabulary is None or self._foreign is None or vocabulary.meets(self._foreign):
            return self._whole
        return _all_of(profile)


def _all_of(profile: Profile) -> Dataset:
    """Return the dataset that names all that an engine has."""
    return Dataset(tuple(map(IRI, profile.union or ())))


def _refused(query: CheckedQuery, token: Token, construct: RefusedConstruct) -> RefusedFeature:
    where = "" if construct.where == "everywhere" else f" in {construct.where}"
    return refusal(
        query.text,
        token,
        f"the engine behind this endpoint answers wrongly to this{where} ({construct.construct}), so that it is not "
        f"asked; {construct.advice}.",
    )
