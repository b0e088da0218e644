"""The shipped examples, asked in the background when a release is opened, so that the first visitor finds them cached.

One at a time, and never while a client waits: a query during which one comes is ended, and asked again when it is
quiet. What takes longer than `quick_s` is cut off and left to whoever wants it. The templates of pages are compiled
before, which each first page of its kind would wait for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

from flask import Flask

from actiongraph import formats
from actiongraph.errors import ClientGone, EngineError
from actiongraph.examples import load_examples
from actiongraph.release.snapshots import Snapshots
from actiongraph.settings import Settings
from actiongraph.web.http.access_log import record_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_CLIENT = "examples"
"""The client that the pool knows them as; no address is called so."""
_ACCEPT = f"{formats.RESULTS_JSON.media_type}, {formats.TURTLE.media_type};q=0.9"
"""Pages are made of answers in these formats, and programs that name none get them."""
_LOOK_S = 1.0
"""How often to look for a new release."""
_QUIET_S, _LONGEST_QUIET_S = 0.1, 60.0
"""How long nobody must have come after an example was ended: twice as long after each more, half as after others."""
_GLANCE_S = 0.02


class ExampleAnswers:
    """Asks `app` the examples of each release that it opens."""

    def __init__(self, app: Flask, snapshots: Snapshots, settings: Settings, is_busy: Callable[[], bool]) -> None:
        """Take the application and its releases; `is_busy` tells whether a client waits. Nothing is asked yet."""
        self._app = app
        self._snapshots = snapshots
        self._settings = settings
        self._is_busy = is_busy
        self._stopped = threading.Event()

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Ask in a thread of its own, until the `with` ends."""
        thread = threading.Thread(target=self._run, name="examples", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join(_LOOK_S)

    def _run(self) -> None:
        self.compile_templates()
        asked = None
        while not self._stopped.is_set():
            version = self._version()
            if version is not None and version != asked:
                self.ask_all(version)
                asked = version
            self._stopped.wait(_LOOK_S)

    def compile_templates(self) -> None:
        """Compile the templates one after another; each takes some ten milliseconds."""
        for name in self._app.jinja_env.list_templates():
            if self._is_quiet(0):
                self._app.jinja_env.get_template(name)

    def ask_all(self, version: str) -> None:
        """Ask the examples one after another, as long as `version` is the newest release."""
        quiet_s = 0.0
        for example in load_examples(self._settings.base, self._settings.programme):
            while self._is_quiet(quiet_s) and self._version() == version:
                if self._ask(example.text) != ClientGone.code:
                    quiet_s = quiet_s / 2 if quiet_s > _QUIET_S else 0.0
                    break
                quiet_s = min(max(2 * quiet_s, _QUIET_S), _LONGEST_QUIET_S)

    def _version(self) -> str | None:
        try:
            return self._snapshots.current().version
        except EngineError:
            return None  # /health tells of it

    def _is_quiet(self, seconds: float) -> bool:
        """Wait until nobody waits, and nobody has come for so long; return False if all is to stop before that."""
        since = time.monotonic()
        while not self._stopped.is_set():
            if self._is_busy():
                since = time.monotonic()
            elif time.monotonic() - since >= seconds:
                return True
            self._stopped.wait(_GLANCE_S)
        return False

    def _ask(self, query: str) -> str:
        """Send `query` as a request that is neither logged nor counted, and return its outcome for the log."""
        environ: WSGIEnvironment = {
            "PATH_INFO": "/sparql",
            "QUERY_STRING": urlencode({"query": query, "timeout": f"{self._settings.quick_s:g}"}),
            "HTTP_ACCEPT": _ACCEPT,
            "REMOTE_ADDR": _CLIENT,
            "actiongraph.client_gone": lambda: self._is_busy() or self._stopped.is_set(),
            "actiongraph.is_background": True,
        }
        setup_testing_defaults(environ)
        record = record_of(environ)
        record.client = _CLIENT
        for _ in self._app(environ, lambda *_: lambda _: None):
            pass  # the answer is cached
        return record.outcome
