"""The release that a bigger engine was loaded with, to answer the queries of clients from.

Pages, chains, search, lists and feeds come from the newest release in the store, as ever. A query is answered while the
engine bears the marker of a release that is in the store, and its answer is sent only if the marker stands after it
was found: so it is of that release, whole, whenever the engine is loaded anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from actiongraph.engine.base import Dataset, Engine, QueryBudget
from actiongraph.engine.marker import HOLDS_S, Marker, marker_query, read_state
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.engine.upstream_graphs import UpstreamGraphs
from actiongraph.errors import GoneResource, ReleaseNotMarked, UnknownResource, UpstreamError
from actiongraph.formats import Format
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.portability import Portability
from actiongraph.sparql.query import CheckedQuery

_HOLDS_S = HOLDS_S
_LONGEST_LOOK_S = 5.0


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
            marker = read_state(self._engine.look(self._query, self._timeout_s)).marker
        except UpstreamError as error:
            return _Look(began, time.monotonic(), error=error)
        return _Look(began, time.monotonic(), marker)


class _MarkedEngine(Engine):
    """The release in an engine behind, which is answered from while its marker stands."""

    def __init__(self, graphs: UpstreamGraphs, watch: MarkerWatch, marker: Marker) -> None:
        self.graphs = graphs
        self._watch = watch
        self._marker = marker

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer; see `UpstreamGraphs.answer`.

        Raises:
            ReleaseNotMarked: the marker does not stand any more.
        """
        written = self.graphs.answer(query, format, dataset, budget)
        self._watch.confirm(self._marker)
        return written


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

        What the engine behind is known to answer wrongly is found, too, as far as it can be asked who it is.

        Raises:
            RefusedFeature: it does not.
        """
        self._portability.check(query, frozenset(map(str, snapshot.graphs)))
        with suppress(UpstreamError):
            _, marked, _ = self._now()
            assert isinstance(marked.upstream, _MarkedEngine)  # noqa: S101 - it was made here
            marked.upstream.graphs.check(query)

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
        graphs = UpstreamGraphs(self._upstream, self._portability, opened.graphs)
        threading.Thread(target=graphs.look_around, name="upstream graphs", daemon=True).start()
        seen_at = datetime.now(UTC).replace(microsecond=0)
        return replace(
            opened,
            pinned=False,
            upstream=_MarkedEngine(graphs, self._watch, marker),
            move=marker.move,
            modified_at=max(filter(None, (opened.modified_at, seen_at))),
        )
