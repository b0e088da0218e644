"""The release that a bigger engine was loaded with, to answer the queries of clients from.

Pages, chains, search, lists and feeds come from the newest release in the store, as ever. A query is answered while the
engine bears the marker of a release that is in the store, and its answer is sent only if the marker stands after it
was found: so it is of that release, whole, whenever the engine is loaded anew.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.engine.marker import HOLDS_S, Marker, marker_query, read_marker
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.errors import GoneResource, QueryError, ReleaseNotMarked, UnknownResource, UpstreamError
from actiongraph.formats import Format
from actiongraph.iris import is_iri
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.portability import Portability, QueryVocabulary, named_dataset
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import IRI

_HOLDS_S = HOLDS_S
_LONGEST_LOOK_S = 5.0
_LONGEST_SEARCH_S = 60.0
_MOST_OTHERS = 50
"""Graphs of others whose vocabulary is looked at."""
_ANY_LENGTH = re.compile(r"[\w>)][*+]")
"""What a path of any length has, and few other things."""
_NO_GRAPHS = (IRI("urn:x-actiongraph:nowhere"),)
"""What a side of a dataset that has no graphs is named as."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at the marker: when it began and ended, and the marker that was seen, or why none could be."""

    began: float
    ended: float
    marker: Marker | None = None
    error: UpstreamError | None = None

    def seen(self) -> Marker:
        """Return the marker that was seen.

        Raises:
            UpstreamError: the engine could not be asked.
            ReleaseNotMarked: there was none.
        """
        if self.error is not None:
            raise type(self.error)(str(self.error)) from self.error
        if self.marker is None:
            raise ReleaseNotMarked(
                "The engine behind this endpoint holds no whole release now: one is being loaded, or that did not "
                "come to its end; try again later."
            )
        return self.marker


class MarkerWatch:
    """Looks for the marker in an engine. Calls may come from many threads; one look serves all who wait for it."""

    def __init__(self, engine: UpstreamEngine, base: str, timeout_s: float) -> None:
        """Look for the marker under `base`; a look has `timeout_s` at most. Nothing is asked yet."""
        self._engine = engine
        self._query = marker_query(base)
        self._timeout_s = min(timeout_s, _LONGEST_LOOK_S)
        self._lock = threading.Lock()
        self._last: _Look | None = None

    def recent(self) -> Marker:
        """Return the marker as it was seen within the last second, or is now.

        Raises:
            UpstreamError: there is none, or the engine could not be asked.
        """
        last = self._last
        now = time.monotonic()
        if last is not None and now - last.began < _HOLDS_S:
            return last.seen()
        return self._look(lambda look: look.began >= now - _HOLDS_S or look.ended >= now).seen()

    def confirm(self, marker: Marker) -> None:
        """Check that what was found until this moment was found where `marker` stood.

        Raises:
            UpstreamError: it does not stand, or the engine could not be asked.
        """
        now, last = time.monotonic(), self._last
        if last is not None and last.marker == marker and now - last.began < _HOLDS_S:
            return
        look = self._look(lambda look: look.began >= now or (look.error is not None and look.ended >= now))
        if look.seen() != marker:
            raise ReleaseNotMarked(
                "The engine behind this endpoint was loaded with another release while the query ran; send it again."
            )

    def _look(self, is_enough: Callable[[_Look], bool]) -> _Look:
        """Return the last look if it is enough, else look."""
        with self._lock:
            if self._last is None or not is_enough(self._last):
                self._last = self._now()
            return self._last

    def _now(self) -> _Look:
        began = time.monotonic()
        try:
            marker = read_marker(self._engine.look(self._query, self._timeout_s))
        except UpstreamError as error:
            return _Look(began, time.monotonic(), error=error)
        return _Look(began, time.monotonic(), marker)


class _MarkedEngine(Engine):
    """The release in an engine behind: each query is asked of its graphs alone, while its marker stands."""

    def __init__(
        self,
        engine: UpstreamEngine,
        watch: MarkerWatch,
        portability: Portability,
        marker: Marker,
        graphs: Mapping[IRI, int],
    ) -> None:
        self._portability = portability
        self._engine = engine
        self._watch = watch
        self._marker = marker
        self._graphs = frozenset(map(str, graphs))
        self._empty = frozenset(str(graph) for graph, triples in graphs.items() if not triples)
        self._foreign: QueryVocabulary | None = None
        self._has_looked = threading.Event()
        # The default graph of a release is the union of its named ones (SPARQL 1.1 Query, section 13.2).
        self._whole = Dataset(tuple(graphs), tuple(graphs))

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer; see `UpstreamEngine.answer`.

        Raises:
            RefusedFeature: `dataset` names a graph that is not one of the release.
            ReleaseNotMarked: the marker does not stand any more.
        """
        Portability.check_dataset(map(str, (*dataset.default_graphs, *dataset.named_graphs)), self._graphs)
        written = self._engine.answer(query, format, self._asked(query, dataset, budget), budget)
        self._watch.confirm(self._marker)
        return written

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


class UpstreamSnapshots:
    """The one snapshot that queries are answered from: the release that the engine behind is marked with."""

    def __init__(self, snapshots: ReleaseSnapshots, upstream: UpstreamEngine, settings: Settings) -> None:
        """Take the releases in the store, and the engine behind; nothing is asked yet."""
        self._snapshots = snapshots
        self._upstream = upstream
        self._watch = MarkerWatch(upstream, settings.base, settings.timeout_s)
        self._portability = Portability(settings.max_kept_shapes)
        self._marked: tuple[Marker, Snapshot, Snapshot] | None = None
        self._lock = threading.Lock()

    def check(self, query: CheckedQuery, snapshot: Snapshot) -> None:
        """Check that `query` names nothing but what every engine understands, and graphs of `snapshot`.

        Raises:
            RefusedFeature: it does.
        """
        self._portability.check(query, frozenset(map(str, snapshot.graphs)))

    def current(self) -> Snapshot:
        """Return the release that the engine behind is marked with; see `Snapshots.current`.

        Raises:
            UpstreamError: it bears no marker of a release in the store, or cannot be asked.
        """
        return self._now()[1]

    def at(self, version: str) -> Snapshot:
        """Return that release if it is `version`; see `Snapshots.at`.

        Raises:
            UpstreamError: as `current`.
        """
        marker, _, pinned = self._now()
        if version != marker.version:
            self._snapshots.at(version)  # tells if there is none
            raise GoneResource(
                f"Queries are answered from release {marker.version} alone, which the engine behind this endpoint "
                f"holds; of {version} there are only pages and files.",
                near=(marker.version,),
            )
        return pinned

    def _now(self) -> tuple[Marker, Snapshot, Snapshot]:
        marker, marked = self._watch.recent(), self._marked
        if marked is None or marked[0] != marker:
            with self._lock:
                marked = self._marked
                if marked is None or marked[0] != marker:
                    snapshot = self._of(marker)
                    marked = self._marked = marker, snapshot, replace(snapshot, pinned=True)
        return marked

    def _of(self, marker: Marker) -> Snapshot:
        try:
            record = self._snapshots.releases.retained_record(marker.version)
            opened = self._snapshots.at(marker.version)
        except UnknownResource as error:
            raise ReleaseNotMarked(
                "The engine behind this endpoint holds a release that is not in the store of this server; load it anew "
                "with actiongraph move."
            ) from error
        if record.content_sha256 != marker.content_sha256:
            raise ReleaseNotMarked(
                "The engine behind this endpoint holds other data than the release of its marker; load it anew with "
                "actiongraph move."
            )
        engine = _MarkedEngine(self._upstream, self._watch, self._portability, marker, opened.graphs)
        threading.Thread(target=engine.look_around, name="upstream graphs", daemon=True).start()
        seen_at = datetime.now(UTC).replace(microsecond=0)
        return replace(
            opened,
            pinned=False,
            upstream=engine,
            modified_at=max(filter(None, (opened.modified_at, seen_at))),
        )
