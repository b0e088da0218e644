"""Where routes ask for answers: kept ones, or the engine's. What was asked is noted in the record of the request."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from actiongraph.engine.base import Dataset, QueryBudget
from actiongraph.formats import Format
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.web import responses
from actiongraph.web.cache import Kept, Key, Pointer, key_of
from actiongraph.web.front import address_of
from actiongraph.web.http.access_records import record_of
from actiongraph.web.http.protocol import Operation
from actiongraph.web.http.representation import Representation
from actiongraph.web.reading import query_budget

Run = Callable[[QueryBudget], Representation]


@dataclass(frozen=True, slots=True)
class Desk:
    """Asks on behalf of the current request, within `settings`."""

    settings: Settings
    kept: Kept

    def recall(self, snapshot: Snapshot, operation: Operation) -> Response | None:
        """Return the answer to an operation that was asked before, so that its query need not be read again."""
        record = record_of(request.environ)
        record.asked = hashlib.sha256(operation.query.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        found = self.kept.find(_operation_key(snapshot, operation))
        if found is None:
            return None
        pointer, plain = found
        record.kept = True
        return self.send(snapshot, plain, pointer.key)

    def ask(self, run: Run, key: Key | None, timeout_s: float | None = None) -> Representation:
        """Return the answer that is kept by `key`, or what `run` gives; without a key it is not kept.

        Raises:
            ActiongraphError: whatever keeps the engine from answering.
        """
        record = record_of(request.environ)

        def timed(budget: QueryBudget) -> Representation:
            started = time.perf_counter()
            try:
                return run(budget)
            finally:
                record.query_s = time.perf_counter() - started

        budget = query_budget(self.settings, timeout_s)
        if key is None:
            return timed(budget)
        answer = self.kept.ask(key, timed, budget)
        record.kept = record.query_s is None
        return answer

    def send(self, snapshot: Snapshot, plain: Representation, key: Key, operation: Operation | None = None) -> Response:
        """Return `plain`, kept by `key`, as a response; the same address, and the same operation, lead to it again."""
        route = request.url_rule.rule if request.url_rule else ""
        pointer = Pointer(key, route, record_of(request.environ).asked)
        if operation is not None:
            self.kept.point(_operation_key(snapshot, operation), pointer)
        if request.method in responses.ASK_BY_ADDRESS and not snapshot.pinned:
            self.kept.point(address_of(request.environ, snapshot.version), pointer)
        return responses.represented(plain, self.kept.compressed)


def answer_key(snapshot: Snapshot, query: str, dataset: Dataset, chosen: Format) -> Key:
    """Return what the answer to a query is kept by."""
    return key_of("answer", *release_parts(snapshot), query, chosen.media_type, *_parts(dataset))


def graph_key(snapshot: Snapshot, dataset: Dataset, chosen: Format) -> Key:
    """Return what a whole graph is kept by."""
    return key_of("graph", *release_parts(snapshot), chosen.media_type, *_parts(dataset))


def page_key(snapshot: Snapshot, address: str, chosen: Format) -> Key:
    """Return what a page or document about something in a release is kept by: `address` with its parameters."""
    return key_of("page", *release_parts(snapshot), address, chosen.media_type)


def release_parts(snapshot: Snapshot) -> tuple[str | None, str]:
    """Return what tells two snapshots apart; the same release, asked by its version, is sent as immutable."""
    return snapshot.version, "pinned" if snapshot.pinned else ""


def _operation_key(snapshot: Snapshot, operation: Operation) -> Key:
    """Return the key of an operation as it was asked: the format is not known before the query has been read."""
    asked = (operation.query, responses.accept(), str(len(operation.formats)), *operation.formats)
    return key_of("operation", *release_parts(snapshot), *asked, *_parts(operation.dataset))


def _parts(dataset: Dataset) -> tuple[str, ...]:
    return (str(len(dataset.default_graphs)), *dataset.default_graphs, *dataset.named_graphs)
