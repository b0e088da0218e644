"""Answers that are cached, requests that lead to them, and queries that many ask at once but that run once.

An answer is cached by what it depends on: the release, the query as sent or the address, the dataset and the format.
The same request, letter by letter, leads to its answer before anything else of it is read: a release never changes,
so its answer is the same. Content coding and condition belong to each request and are looked at each time. All entries
together are bounded by bytes; those not used for longest go first.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cachetools import LRUCache

from actiongraph.engine.base import QueryBudget
from actiongraph.errors import ClientGone, QueryTimeout
from actiongraph.release.snapshots import Snapshots
from actiongraph.settings import Settings
from actiongraph.web.http.access_log import record_of
from actiongraph.web.http.conditions import ASK_BY_ADDRESS
from actiongraph.web.http.representation import Representation, compress, gzip_tag, in_gzip, respond_to
from actiongraph.web.responses import send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Key = bytes
_BESIDE_BYTES = 512
"""About what an entry costs beside the bytes of its answer."""
_ENDPOINT = "/sparql"
_SHARE = 10
"""One answer takes this part of the room at most."""
_LOOK_S = 0.05
"""A request that waits for another's query looks this often whether its own client is still there."""


def key_of(*parts: str | None) -> Key:
    """Return the digest of `parts`, so that a key costs the same however long its query is.

    Other parts have another digest, and None is not the empty string.
    """
    return hashlib.sha256(repr(parts).encode()).digest()  # halves of characters are escaped in what `repr` gives


def request_key(environ: WSGIEnvironment, *parts: str | None) -> Key:
    """Return the key of a request; `parts` are the release it asks and whatever its address does not say."""
    sent = (environ.get(name) for name in ("PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT"))
    return key_of("request", *sent, *parts)


@dataclass(frozen=True, slots=True)
class Pointer:
    """The way from a request to its answer: the answer's key, and the route and the query digest for the log."""

    key: Key
    route: str
    query_digest: str


@dataclass(frozen=True, slots=True)
class CacheState:
    """The size of the cache and how often it helped; `shared` counts requests that waited for another's query."""

    entries: int
    size_bytes: int
    hits: int
    misses: int
    shared: int


@dataclass(slots=True)
class _Flight:
    """A query that runs now, and how many wait for its answer, which is None if it failed."""

    landed: threading.Event = field(default_factory=threading.Event)
    answer: Representation | None = None
    waiting: int = 0


class AnswerCache:
    """Answers by key, and requests that lead to them. Calls may come from many threads."""

    def __init__(self, settings: Settings) -> None:
        """Start empty, and never take more than `max_kept_bytes`."""
        self._settings = settings
        self._lock = threading.Lock()
        self._entries: LRUCache[Key, Representation | Pointer] = LRUCache(settings.max_kept_bytes, _size_bytes)
        self._flights: dict[Key, _Flight] = {}
        self._hits = self._misses = self._shared = self._waiting = 0

    def find(self, request: Key) -> tuple[Pointer, Representation] | None:
        """Return the answer that a request leads to, if it is still cached."""
        with self._lock:
            pointer = self._entries.get(request)
            answer = self._entries.get(pointer.key) if isinstance(pointer, Pointer) else None
            if not isinstance(pointer, Pointer) or not isinstance(answer, Representation):
                return None
            self._hits += 1
            return pointer, answer

    def point(self, request: Key, pointer: Pointer) -> None:
        """Have a request lead to an answer; nothing happens if that is not cached."""
        with self._lock:
            if pointer.key in self._entries:
                self._put(request, pointer)

    def ask(self, key: Key, run: Callable[[QueryBudget], Representation], budget: QueryBudget) -> Representation:
        """Return the answer that is cached by `key`, or that `run` gives; then it is cached.

        A request that comes while another runs the same query waits for that. If it fails, everybody who waited runs
        the query: the reason may lie with the first client, which had less time or has gone.

        Raises:
            QueryTimeout: the deadline came while waiting.
            ClientGone: nobody waits for the answer any more.
            ActiongraphError: whatever `run` raises.
        """
        until = time.monotonic() + budget.within(self._settings.timeout_s)
        found, flight = self._join(key, budget)
        if found is None and flight is not None:
            found = self._wait(flight, until, budget)
        return found or self._run(key, run, until, budget)

    def compressed(self, plain: Representation) -> Representation:
        """Return `plain` in gzip; the bytes are cached as well, and the fields are those of `plain`.

        The same bytes may be sent at several addresses with other fields, of which the tag tells nothing.
        """
        key = gzip_tag(plain).encode()  # a digest already, so it needs none of its own
        with self._lock:
            found = self._entries.get(key)
        if isinstance(found, Representation):
            return in_gzip(plain, found.body)
        made = compress(plain)
        with self._lock:
            self._put(key, made)
        return made

    def state(self) -> CacheState:
        """Return the size of the cache now and its counts so far."""
        with self._lock:
            size_bytes = int(self._entries.currsize)
            return CacheState(len(self._entries), size_bytes, self._hits, self._misses, self._shared)

    def _join(self, key: Key, budget: QueryBudget) -> tuple[Representation | None, _Flight | None]:
        """Return the answer, or the flight to wait for; neither if the query is to be run.

        No more wait here than queries may run at once, for each holds a thread of the server; others ask for
        themselves, and the pool tells them whether there is room.
        """
        with self._lock:
            answer = self._entries.get(key)
            if isinstance(answer, Representation):
                self._hits += 1
                return answer, None
            flight = self._flights.get(key)
            if flight is None or self._waiting >= self._settings.workers:
                self._misses += not budget.is_background
                return None, None
            self._waiting += 1
            self._shared += 1
            flight.waiting += 1
            return None, flight

    def _wait(self, flight: _Flight, until: float, budget: QueryBudget) -> Representation | None:
        """Return the answer of another's query, or None if it failed."""
        try:
            while not flight.landed.wait(max(0.0, min(_LOOK_S, until - time.monotonic()))):
                if time.monotonic() >= until:
                    raise QueryTimeout(budget.within(self._settings.timeout_s))
                if budget.gone():
                    raise ClientGone
            return flight.answer
        finally:
            with self._lock:
                self._waiting -= 1
                flight.waiting -= 1

    def _run(
        self, key: Key, run: Callable[[QueryBudget], Representation], until: float, budget: QueryBudget
    ) -> Representation:
        """Return the answer of `run`, and cache it. Until then others wait for it, unless the same query ran before.

        Nobody waits for a query that is asked in the background: it has less time than theirs may need.
        """
        flight = _Flight()
        with self._lock:
            leads = not budget.is_background and self._flights.setdefault(key, flight) is flight
        # A query that others wait for goes on when its own client has gone.
        left = max(0.001, until - time.monotonic())
        mine = QueryBudget(
            left, lambda: budget.gone() and not flight.waiting, budget.client, is_background=budget.is_background
        )
        try:
            flight.answer = run(mine)
        except QueryTimeout as error:
            raise QueryTimeout(budget.within(self._settings.timeout_s)) from error
        else:
            return flight.answer
        finally:
            with self._lock:
                if leads:
                    del self._flights[key]
                if flight.answer is not None:
                    self._put(key, flight.answer)
            flight.landed.set()

    def _put(self, key: Key, entry: Representation | Pointer) -> None:
        """Cache an entry, unless it is too large. The lock is held."""
        if _size_bytes(entry) <= self._settings.max_kept_bytes // _SHARE:
            self._entries[key] = entry


def _size_bytes(entry: Representation | Pointer) -> int:
    return _BESIDE_BYTES + (len(entry.body) if isinstance(entry, Representation) else 0)


class CacheMiddleware:
    """A WSGI application that sends cached answers, and leaves all else to the one behind it."""

    def __init__(
        self, inner: WSGIApplication, snapshots: Snapshots, cache: AnswerCache, queried: Snapshots | None = None
    ) -> None:
        """Stand before `inner`, which fills `cache`, with answers to queries from `queried` if that is given."""
        self._inner = inner
        self._snapshots = snapshots
        self._queried = queried or snapshots
        self._cache = cache

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from the cache, or as `inner` does."""
        found = self._find(environ)
        if found is None:
            return self._inner(environ, start_response)
        pointer, plain = found
        record = record_of(environ)
        record.route, record.query_digest, record.kept = pointer.route, pointer.query_digest, True
        return send(environ, start_response, *respond_to(environ, plain, self._cache.compressed))

    def _find(self, environ: WSGIEnvironment) -> tuple[Pointer, Representation] | None:
        if environ["REQUEST_METHOD"] not in ASK_BY_ADDRESS:
            return None
        try:
            is_query = environ["PATH_INFO"] == _ENDPOINT
            identity = (self._queried if is_query else self._snapshots).current().identity
        except Exception:  # noqa: BLE001 - not hidden: the app asks the same next, and tells and logs it
            return None
        return self._cache.find(request_key(environ, identity))
