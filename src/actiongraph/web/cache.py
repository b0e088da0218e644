"""Answers that are kept, and queries that many ask at once but that run once.

An answer is kept by what it depends on: the release, the query as sent, the dataset parameters and the format.
Addresses lead to it, so that a request that came before, letter by letter, is answered without reading its query.
All of it together is bounded by bytes, and what has not been asked for longest goes first. Keys are digests, so
that a key costs the same however long its query is.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from actiongraph.engine.base import QueryBudget
from actiongraph.errors import ClientGone, QueryTimeout
from actiongraph.settings import Settings
from actiongraph.web.http.representation import Representation, compress, in_gzip

Key = bytes
_BESIDE_BYTES = 512
"""What an entry costs beside the bytes of its answer, about."""
_SHARE = 10
"""One answer takes this part of the room at most."""
_LOOK_S = 0.05
"""How often one who waits for another's query looks whether its client is still there."""


def key_of(*parts: str | None) -> Key:
    """Return the digest of `parts`; others have another, and None is not the empty string."""
    digest = hashlib.sha256()
    for part in parts:
        written = (part or "").encode("utf-8", "surrogatepass")
        digest.update(b"%d:%d:" % (part is None, len(written)) + written)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where an address leads: the key of the answer, the route that answered, and what the log calls the query."""

    key: Key
    route: str
    asked: str


@dataclass(frozen=True, slots=True)
class KeptState:
    """What is kept now, and how often it helped; `shared` counts who waited for the same query of another."""

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


class Kept:
    """Answers by key, and addresses that lead to them. Calls may come from many threads."""

    def __init__(self, settings: Settings) -> None:
        """Keep nothing yet, and never more than `max_kept_bytes`."""
        self._settings = settings
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, Representation | Pointer] = OrderedDict()
        self._flights: dict[Key, _Flight] = {}
        self._size_bytes = self._hits = self._misses = self._shared = self._waiting = 0

    def find(self, address: Key) -> tuple[Pointer, Representation] | None:
        """Return the answer that `address` leads to, if it is still kept."""
        with self._lock:
            pointer = self._look_up(address)
            if not isinstance(pointer, Pointer):
                return None
            answer = self._look_up(pointer.key)
            if not isinstance(answer, Representation):
                return None
            self._hits += 1
            return pointer, answer

    def point(self, address: Key, pointer: Pointer) -> None:
        """Have `address` lead to an answer; nothing happens if that is not kept."""
        with self._lock:
            if pointer.key in self._entries:
                self._put(address, pointer)

    def ask(self, key: Key, run: Callable[[QueryBudget], Representation], budget: QueryBudget) -> Representation:
        """Return the answer that is kept by `key`, or that `run` gives; then it is kept.

        Who asks while another runs the same query waits for that. If it fails, everybody who waited runs
        the query: why it failed may lie with who asked first, who had less time or has gone.

        Raises:
            QueryTimeout: the deadline came while waiting.
            ClientGone: nobody waits for the answer any more.
            ActiongraphError: whatever `run` raises.
        """
        until = time.monotonic() + self._timeout_s(budget)
        found, flight = self._join(key)
        if found is None and flight is not None:
            found = self._wait(flight, until, budget)
        return found or self._run(key, run, until, budget)

    def compressed(self, plain: Representation) -> Representation:
        """Return `plain` in gzip; the bytes are kept as well, and the fields are those of `plain`.

        The same bytes may be sent at several addresses with other fields, of which the tag tells nothing.
        """
        key = key_of("gzip", plain.tag)
        with self._lock:
            found = self._look_up(key)
        if isinstance(found, Representation):
            return in_gzip(plain, found.body)
        made = compress(plain)
        with self._lock:
            self._put(key, made)
        return made

    def state(self) -> KeptState:
        """Return what is kept now."""
        with self._lock:
            return KeptState(len(self._entries), self._size_bytes, self._hits, self._misses, self._shared)

    def _join(self, key: Key) -> tuple[Representation | None, _Flight | None]:
        """Return the answer, or the flight to wait for; neither if the query is to be run.

        No more wait here than queries may run at once, for each holds a thread of the server; others ask for
        themselves, and the pool tells them whether there is room.
        """
        with self._lock:
            answer = self._look_up(key)
            if isinstance(answer, Representation):
                self._hits += 1
                return answer, None
            flight = self._flights.get(key)
            if flight is None or self._waiting >= self._settings.workers:
                self._misses += 1
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
                    raise QueryTimeout(self._timeout_s(budget))
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
        with self._flying(key) as flight:
            # A query that others wait for goes on when its own client has gone.
            left = max(0.001, until - time.monotonic())
            mine = replace(budget, timeout_s=left, gone=lambda: budget.gone() and not flight.waiting)
            try:
                flight.answer = run(mine)
            except QueryTimeout as error:
                raise QueryTimeout(self._timeout_s(budget)) from error
            return flight.answer

    @contextmanager
    def _flying(self, key: Key) -> Iterator[_Flight]:
        """Let others wait for this query, unless it runs already, and keep its answer at the end."""
        flight = _Flight()
        with self._lock:
            leads = self._flights.setdefault(key, flight) is flight
        try:
            yield flight
        finally:
            with self._lock:
                if leads:
                    del self._flights[key]
                if flight.answer is not None:
                    self._put(key, flight.answer)
            flight.landed.set()

    def _timeout_s(self, budget: QueryBudget) -> float:
        return min(budget.timeout_s or self._settings.timeout_s, self._settings.timeout_s)

    def _look_up(self, key: Key) -> Representation | Pointer | None:
        """Return an entry and note that it was asked for. The lock is held."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def _put(self, key: Key, entry: Representation | Pointer) -> None:
        """Keep an entry, and drop those asked for longest ago to make room. The lock is held."""
        most = self._settings.max_kept_bytes
        if _size_bytes(entry) > most // _SHARE:
            return
        if replaced := self._entries.pop(key, None):
            self._size_bytes -= _size_bytes(replaced)
        self._entries[key] = entry
        self._size_bytes += _size_bytes(entry)
        while self._size_bytes > most:
            _, dropped = self._entries.popitem(last=False)
            self._size_bytes -= _size_bytes(dropped)


def _size_bytes(entry: Representation | Pointer) -> int:
    return _BESIDE_BYTES + (len(entry.body) if isinstance(entry, Representation) else 0)
