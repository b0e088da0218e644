"""Routes for operators: `/health`, found out by asking the engine no more than once a second, and `/metrics`.

The metrics are figures in the format that Prometheus reads. They are the application's own: two applications in one
process do not mix. No label takes what a request sends, so their number is bounded: a route is a rule of the
application, an outcome one of its error codes.
"""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily as Count
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from actiongraph import __version__, formats
from actiongraph.engine.base import Dataset, QueryBudget
from actiongraph.errors import EngineError, LimitError
from actiongraph.release.snapshots import Snapshots
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.web import problems, responses
from actiongraph.web.cache import AnswerCache, CacheState
from actiongraph.web.http.access_log import AccessRecord
from actiongraph.web.site import Site

if TYPE_CHECKING:
    from actiongraph.engine.pool.worker_pool import PoolState
    from actiongraph.web.server import Traffic

_HEALTH = (formats.PLAIN_TEXT, formats.JSON)
_LONGEST_S = 1.0
_HOLDS_S = 1.0
_PROBE = "ASK {}"
_PROBER = "health"
"""The client that the pool knows the probe as: it runs nothing else, so it does not wait behind anybody's queries."""
_TEXT = replace(formats.PLAIN_TEXT, aliases=("application/openmetrics-text",))
_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


def add_routes(app: Flask, site: Site, metrics: Metrics) -> None:
    """Add the routes for operators."""
    app.add_url_rule("/health", "health", Health(site.settings, site.endpoint.queried).respond)
    app.add_url_rule("/metrics", "metrics", partial(metrics.respond, site.settings))


@dataclass(frozen=True, slots=True)
class HealthState:
    """Result of a probe, and when it was taken by the clock: the release that answers, or the error."""

    at_s: float
    release: str | None = None
    error: EngineError | LimitError | None = None


class Health:
    """Asks the engine whether it answers. Calls may come from many threads; one of them asks."""

    def __init__(self, settings: Settings, snapshots: Snapshots, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask nothing yet."""
        self._settings = settings
        self._snapshots = snapshots
        self._clock = clock
        self._lock = threading.Lock()
        self._last: HealthState | None = None

    def respond(self) -> Response:
        """Return 200 if the engine answers, else 503 and why."""
        found = self.state()
        if found.error is not None:
            return problems.on_error(found.error, HTTPStatus.SERVICE_UNAVAILABLE)
        if responses.choose(_HEALTH, self._settings) is formats.JSON:
            response = responses.json_document({"status": "ok", "program": __version__, "release": found.release})
        else:
            release = f", release {found.release}" if found.release else ""
            response = responses.text(f"ok\nactiongraph {__version__}{release}\n")
        response.headers["Cache-Control"] = "no-store"
        return response

    def state(self) -> HealthState:
        """Return the result of the last probe, which is at most a second old unless another is under way."""
        last = self._last
        if last is not None and (self._clock() - last.at_s < _HOLDS_S or self._lock.locked()):
            return last
        with self._lock:
            if self._last is None or self._last is last:
                self._last = self._ask()
            return self._last

    def _ask(self) -> HealthState:
        """Return the result of asking the engine a tiny query, past the cache."""
        try:
            snapshot = self._snapshots.current()
            query = check_query(_PROBE, self._settings)
            budget = QueryBudget(timeout_s=_LONGEST_S, client=_PROBER)
            snapshot.queried_engine.answer(query, formats.RESULTS_JSON, Dataset(), budget)
        except (EngineError, LimitError) as error:
            return HealthState(self._clock(), error=error)
        return HealthState(self._clock(), snapshot.version)


@dataclass(slots=True)
class Gauges:
    """Figures that only the server and the pool know; None where the application runs under another server."""

    pool: Callable[[], PoolState] | None = None
    traffic: Callable[[], Traffic] | None = None


class Metrics(Collector):
    """The figures of one application: those that are counted, and those that are read whenever somebody asks."""

    def __init__(self, snapshots: Snapshots, cache: AnswerCache, gauges: Gauges) -> None:
        """Count from 0; `gauges` are read whenever the figures are."""
        self._snapshots = snapshots
        self._cache = cache
        self._gauges = gauges
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "actiongraph_requests", "Requests by route and status.", ("route", "status"), registry=self._registry
        )
        self._queries = Histogram(
            "actiongraph_query_seconds",
            "How long the engine took for a query, waiting in line among it, by outcome.",
            ("outcome",),
            registry=self._registry,
            buckets=_BUCKETS_S,
        )
        self._registry.register(self)

    def observe(self, record: AccessRecord) -> None:
        """Count a request."""
        self._requests.labels(record.route, str(record.status)).inc()
        if record.query_s is not None:
            self._queries.labels(record.outcome).observe(record.query_s)

    def respond(self, settings: Settings) -> Response:
        """Return the figures as they are now, as OpenMetrics or as text, whichever the request prefers."""
        responses.choose((_TEXT,), settings)
        encode, content_type = choose_encoder(responses.accept() or "")
        response = Response(encode(self._registry), content_type=content_type)
        response.headers["Cache-Control"] = "no-store"
        return response

    def collect(self) -> Iterator[Metric]:
        """Yield the figures that are not counted here, as they are now."""
        labels = {"version": __version__, "python": platform.python_version(), "pyoxigraph": version("pyoxigraph")}
        yield _info("actiongraph_build_info", "The program that answers.", labels)
        with suppress(EngineError):  # /health tells of it
            if release := self._snapshots.current().version:
                yield _info("actiongraph_release_info", "The release that is answered from.", {"version": release})
        yield from _cached(self._cache.state())
        if self._gauges.pool is not None:
            yield from _pool(self._gauges.pool())
        if self._gauges.traffic is not None:
            yield from _traffic(self._gauges.traffic())


def _cached(state: CacheState) -> Iterator[Metric]:
    yield Gauge("actiongraph_kept_bytes", "Bytes of kept answers.", state.size_bytes)
    yield Gauge("actiongraph_kept_entries", "Kept answers, and addresses that lead to them.", state.entries)
    yield Count("actiongraph_kept_hits", "Answers that were kept.", state.hits)
    yield Count("actiongraph_kept_misses", "Answers that could have been kept but were not.", state.misses)
    yield Count("actiongraph_kept_shared", "Requests that waited for the same query of another.", state.shared)


def _pool(state: PoolState) -> Iterator[Metric]:
    yield Gauge("actiongraph_workers", "Workers that are alive.", state.workers)
    yield Gauge("actiongraph_queries_running", "Queries that run.", state.running)
    yield Gauge("actiongraph_queries_slow", "Queries that run longer than quick_s.", state.slow)
    yield Gauge("actiongraph_queries_waiting", "Queries that wait in line.", state.waiting)
    yield _by_reason("actiongraph_queries_ended", "Queries that were ended, by reason.", state.ended)


def _traffic(traffic: Traffic) -> Iterator[Metric]:
    yield Gauge("actiongraph_connections", "Open connections.", traffic.connections)
    yield Gauge("actiongraph_unsent_bytes", "Bytes of answers that wait for their readers.", traffic.unsent_bytes)
    cut = {"slow": traffic.cut_slow, "silent": traffic.cut_silent}
    yield _by_reason("actiongraph_connections_cut", "Connections that were cut off, by reason.", cut)


def _by_reason(name: str, text: str, counts: Mapping[str, int]) -> Metric:
    family = Count(name, text, labels=("reason",))
    for reason, count in counts.items():
        family.add_metric((reason,), count)
    return family


def _info(name: str, text: str, labels: dict[str, str]) -> Metric:
    family = Gauge(name, text, labels=tuple(labels))
    family.add_metric(tuple(labels.values()), 1)
    return family
