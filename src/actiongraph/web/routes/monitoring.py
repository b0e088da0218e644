"""Routes for operators: `/health`, found out by asking the engine no more than once a second, and `/metrics`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from flask import Flask, Response

from actiongraph import __version__, formats
from actiongraph.engine.base import Dataset, QueryBudget
from actiongraph.errors import EngineError, LimitError
from actiongraph.release.snapshots import Snapshots
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.web import problems, responses
from actiongraph.web.metrics import Metrics
from actiongraph.web.site import Site

_HEALTH = (formats.PLAIN_TEXT, formats.JSON)
_LONGEST_S = 1.0
_HOLDS_S = 1.0
_PROBE = "ASK {}"
_PROBER = "health"
"""The client that the pool knows the probe as: it runs nothing else, so it does not wait behind anybody's queries."""


def add_routes(app: Flask, site: Site, metrics: Metrics) -> None:
    """Add the routes for operators."""
    app.add_url_rule("/health", "health", Health(site.settings, site.snapshots).respond)
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
            snapshot.engine.answer(query, formats.RESULTS_JSON, Dataset(), budget)
        except (EngineError, LimitError) as error:
            return HealthState(self._clock(), error=error)
        return HealthState(self._clock(), snapshot.version)
