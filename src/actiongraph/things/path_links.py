"""The shortest path between two things by repeated links, as the triples it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from rdflib.term import Node

from actiongraph.engine.base import Dataset, Engine, Solutions
from actiongraph.engine.queries import BATCH
from actiongraph.formats import RESULTS_JSON
from actiongraph.settings import Settings
from actiongraph.sparql.paths import PathLink
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.values import Row, with_slice
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import IRI

Triple = tuple[Node, Node, Node]
MOST_SEEN = 1_000
"""Things that a search looks at: one level of a wide graph, or a long chain."""
_MOST_LINKS = 5_000


def select_from(engine: Engine, query: CheckedQuery, dataset: Dataset) -> Solutions:
    """Return the solutions of a SELECT query on a dataset.

    Raises:
        EngineError: the engine failed.
    """
    return Solutions.read_json(engine.answer(query, RESULTS_JSON, dataset))


class PathSearch:
    """Looks for paths in one dataset, level by level from their beginning."""

    def __init__(self, engine: Engine, dataset: Dataset, settings: Settings) -> None:
        """Look for nothing yet."""
        self._engine = engine
        self._dataset = dataset
        self._settings = settings

    def shortest(
        self, start: Node, links: tuple[PathLink, ...], times: str, end: Node, graph: Node | None
    ) -> tuple[Triple, ...] | None:
        """Return the triples of a shortest path from `start` to `end`, in its order; in `graph` if one is named.

        `times` is `?`, `*` or `+`. None if there is no path, or one that is not found within `MOST_SEEN` things.

        Raises:
            EngineError: the engine failed.
        """
        if times != "+" and start == end:
            return ()
        came_by: dict[Node, tuple[Node, Triple]] = {}
        level = [start]
        for _ in range(1 if times == "?" else self._settings.max_hops):
            following: list[Node] = []
            for here, there, triple in self._next(level, links, graph):
                if there in came_by:
                    continue
                came_by[there] = here, triple
                if there == end:
                    return tuple(_back(start, end, came_by))
                if there != start:
                    following.append(there)
            level = [thing for thing in following if isinstance(thing, IRI)]
            if not level or len(came_by) > MOST_SEEN:
                return None
        return None

    def _next(
        self, level: list[Node], links: tuple[PathLink, ...], graph: Node | None
    ) -> Iterator[tuple[Node, Node, Triple]]:
        """Yield the things that one link leads to from those of a level, with the link."""
        for is_inverse in (False, True):
            wanted: Iterator[Row] = (
                {"to" if is_inverse else "from": thing, "predicate": link.predicate}
                for thing in level
                for link in links
                if link.is_inverse is is_inverse and isinstance(thing, IRI)
            )
            name = f"links-{'to' if is_inverse else 'from'}" + ("" if graph is None else "-in-graph")
            while rows := list(islice(wanted, BATCH)):
                if graph is not None:
                    rows = [{"graph": graph, **row} for row in rows]
                query = QUERIES.query(name, rows, self._settings)
                query = replace(query, text=with_slice(query.text, limit=_MOST_LINKS, offset=0))
                for row in select_from(self._engine, query, self._dataset):
                    triple = row["from"], row["predicate"], row["to"]
                    yield (triple[2], triple[0], triple) if is_inverse else (triple[0], triple[2], triple)


def _back(start: Node, end: Node, came_by: dict[Node, tuple[Node, Triple]]) -> Iterator[Triple]:
    """Yield the triples from `start` to `end`, found from the end back."""
    path = []
    here, triple = came_by[end]
    path.append(triple)
    while here != start:
        here, triple = came_by[here]
        path.append(triple)
    return reversed(path)
