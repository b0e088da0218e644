"""The loading of a release: the marker is removed first, then graph by graph is replaced, and the marker comes last.

Whenever that is broken off, either the release of before stands as it was, or no marker does. A claim in place of the
marker tells one move of another, so that two at once come to nothing instead of a mixture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from time import sleep

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.engine.marker import GRACE_S, Marker, MarkerState, claim, marker_graph, marker_query, read_state
from actiongraph.engine.queries import ShippedQueries
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.engine.upstream_graphs import UpstreamGraphs
from actiongraph.errors import EndpointError, StoreError
from actiongraph.move.dump_parts import DumpPart, in_parts, read_dump
from actiongraph.move.writers import Writer
from actiongraph.publication import DUMP, ReleaseRecord
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.portability import Portability
from actiongraph.vocabulary import IRI

QUERIES = ShippedQueries("actiongraph.move")
Progress = Callable[[str, int, int, str], None]
"""Called with a step, how far it has come, of how much, and the word for one of these."""
_OTHER = "Another move to this engine has begun, so this one ends; if the other does not, run this again."
_GRAPH = r"graph/[a-z0-9]+(?:-[a-z0-9]+)*"
"""How the graphs of a release end, besides those that its record names."""


@dataclass(frozen=True)
class Move:
    """A release on its way from `snapshot` to `engine`, which `writer` changes."""

    snapshot: Snapshot
    record: ReleaseRecord
    engine: UpstreamEngine
    writer: Writer
    settings: Settings
    name: str
    """The claim of this move, which no other has."""
    progress: Progress
    grace_s: float = GRACE_S
    """The seconds to wait once the marker is gone: answers that were begun before may count on it for so long."""

    @cached_property
    def there(self) -> UpstreamGraphs:
        """The graphs of the release in the engine, as `serve --engine` asks for them."""
        graphs = UpstreamGraphs(self.engine, Portability(self.settings.max_kept_shapes), self.snapshot.graphs)
        graphs.look_around()
        return graphs

    @property
    def here(self) -> Engine:
        """The engine on the release itself."""
        return self.snapshot.engine

    @property
    def marker(self) -> Marker:
        """The marker that is to stand in the end."""
        return Marker(self.record.version, self.record.content_sha256, self.name)

    @property
    def base(self) -> str:
        """The beginning of the names of all graphs of the release."""
        return self.record.base

    def load(self) -> int:
        """Replace what the engine has under our base by the release, but for the marker; return the triples sent.

        Raises:
            EndpointError: the engine failed, refused, or does not what it says; no marker stands then.
            StoreError: the release cannot be read.
        """
        outside = [graph for graph in self.record.graphs if not graph.startswith(self.base)]
        if outside:
            raise StoreError(
                f"{outside[0]} is not under {self.base}, and nothing else is written; run actiongraph build."
            )
        self._claim()
        self._remove(self._to_remove())
        sent = 0
        for graph, lines in chain(self._parts_beside(), self._parts_of_dump()):
            if graph not in self.record.graphs:
                raise StoreError(f"The dump has {graph}, and the record of the release has not; run actiongraph build.")
            self._check_claim()  # each time: a move that goes on beside another would add to what stands already
            self.writer.add(IRI(graph), lines)
            sent += len(lines)
            self.progress("sent", sent, self.record.triples, "triple")
        return sent

    def finish(self) -> None:
        """Write the marker; from then on the release stands.

        Raises:
            EndpointError: another move has begun meanwhile, or the engine did not keep the marker.
        """
        self._check_claim()
        graph = marker_graph(self.base)
        self.writer.add(graph, self.marker.triples(self.base).encode().splitlines(keepends=True))
        standing = self.standing()
        if standing != MarkerState(self.marker, (self.name,)):
            self.writer.remove(graph)
            raise EndpointError(
                _OTHER if standing.moves != (self.name,) else "The engine did not keep the marker, so none stands."
            )

    def standing(self) -> MarkerState:
        """Return the state of the graph of the marker.

        Raises:
            UpstreamError: the engine failed.
        """
        return read_state(self.engine.look(marker_query(self.base), self.engine.within(QueryBudget())))

    def _claim(self) -> None:
        graph = marker_graph(self.base)
        self.writer.remove(graph)
        if self.standing() != MarkerState(None, ()):
            raise EndpointError(
                "The marker is still there after it was removed: the address to write to is that of another engine "
                "than the one to ask, or of another dataset in it."
            )
        self.writer.add(graph, [claim(self.base, self.name).encode()])
        self._check_claim()
        sleep(self.grace_s)

    def _check_claim(self) -> None:
        standing = self.standing()
        if standing == MarkerState(None, ()):
            raise EndpointError(
                "What is written does not appear where it is asked for: the address to write to is that of another "
                "engine than the one to ask, or of another dataset in it."
            )
        if not standing.is_claimed_by(self.name):
            raise EndpointError(_OTHER)

    def _to_remove(self) -> list[IRI]:
        """Return the graphs that are there of this or an earlier release, and no others."""
        ours = re.compile(re.escape(self.base) + _GRAPH)
        there = self.engine.select(QUERIES.query_once("graphs", self.settings))
        return sorted(
            graph
            for graph in {IRI(str(row["graph"])) for row in there}
            if graph != marker_graph(self.base) and (str(graph) in self.record.graphs or ours.fullmatch(graph))
        )

    def _remove(self, graphs: Collection[IRI]) -> None:
        for number, graph in enumerate(graphs, start=1):
            self.writer.remove(graph)
            self.progress("removed", number, len(graphs), "graph")

    def _parts_of_dump(self) -> Iterator[DumpPart]:
        assert self.snapshot.folder is not None  # noqa: S101 - a release has one
        return in_parts(read_dump(self.snapshot.folder / "dumps" / DUMP, self.record.content_sha256))

    def _parts_beside(self) -> Iterator[DumpPart]:
        """Yield the small graphs about the release, which dumps do not have."""
        query = QUERIES.query_once("all", self.settings)
        for graph in sorted(beside(self.record)):
            lines = self.here.answer(query, formats.N_TRIPLES, Dataset((graph,))).splitlines(keepends=True)
            if any(line.startswith(b"_:") or b" _:" in line.partition(b'"')[0] for line in lines):
                yield DumpPart(str(graph), lines)  # blank nodes have names within one part only
            else:
                yield from in_parts(line[: line.rindex(b".")] + b"<%s> .\n" % graph.encode() for line in lines)


def beside(record: ReleaseRecord) -> set[IRI]:
    """Return the graphs of a release that its dumps do not have."""
    return {graph for graph in Identifiers(record.base).beside if str(graph) in record.graphs}
