"""The queue for idle workers, where whoever had least lately is served first, and the seconds of each client."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from actiongraph.engine.base import QueryBudget
from actiongraph.errors import BudgetSpent, Busy, ClientGone
from actiongraph.settings import Settings

LOOK_S = 0.05
"""The time after which a waiting query checks again that its client is still there."""

_W = TypeVar("_W")
_HALF_LIFE_S = 10.0
_MINUTE_S = 60.0
_MOST_CLIENTS = 10_000


@dataclass(slots=True, eq=False)
class Worker:
    """A worker process as the server sees it: its number, the socket to it, and the status it ended with."""

    number: int
    end: socket.socket
    status: int | None = None
    has_ended: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True, eq=False)
class _Ticket(Generic[_W]):
    """A client's turn in the queue for a worker."""

    client: str
    changed: threading.Condition
    worker: _W | None = None
    is_refused: bool = False


class WorkerQueue(Generic[_W]):
    """The idle workers, and the line of clients that wait for one. All but `acquire` is called with the lock held.

    A worker may be anything of which there are only so many.
    """

    def __init__(self, settings: Settings, lock: threading.RLock) -> None:
        """Begin without workers; `lock` is the pool's, for handing out and ending workers exclude each other."""
        self.idle: list[_W] = []
        self._settings = settings
        self._lock = lock
        self._line: list[_Ticket[_W]] = []
        self._running: Counter[str] = Counter()
        self._usage = Usage()
        self._closed = False

    def __len__(self) -> int:
        """Return the number of those that wait."""
        return len(self._line)

    def acquire(self, until: float, budget: QueryBudget) -> _W:
        """Return a worker, waiting in line until the instant `until` where none is idle.

        Raises:
            Busy: the line is full, or no worker was free in time, or the pool was closed.
            ClientGone: nobody waits for the answer any more.
        """
        until = min(until, time.monotonic() + self._settings.queue_s)
        with self._lock:
            self._check_open()
            if len(self.idle) > 1 and not self._line:  # whoever it is need not wait
                self._running[budget.client] += 1
                return self.idle.pop()
            ticket: _Ticket[_W] = _Ticket(budget.client, threading.Condition(self._lock))
            self._join(ticket)
            self.hand_out()
            try:
                while ticket.worker is None:
                    self._check_open()
                    if ticket.is_refused:
                        raise self._line_full()
                    left = until - time.monotonic()
                    if left <= 0:
                        raise busy("Every worker was busy for queue_s", "queue_s", self._settings.queue_s)
                    if budget.gone():
                        raise ClientGone
                    ticket.changed.wait(min(left, LOOK_S))
            finally:
                if ticket in self._line:
                    self._line.remove(ticket)
            return ticket.worker

    def note_done(self, client: str, took_s: float) -> None:
        """Note that a query of `client`, which had a worker for `took_s` seconds, has ended."""
        self._usage.add(client, took_s)
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]

    def hand_out(self) -> None:
        """Give idle workers to those in line: first who had least lately, then who came first.

        The last idle worker is reserved for a client that had little. So those with many or long queries do not
        keep another from running a short one.
        """
        while self.idle and self._line:
            ticket = min(self._line, key=self._had_s)
            is_reserved = len(self.idle) == 1 and self._settings.workers > 1
            if is_reserved and self._had_s(ticket) >= self._settings.quick_s:
                return
            self._line.remove(ticket)
            self._running[ticket.client] += 1
            ticket.worker = self.idle.pop()
            ticket.changed.notify()

    def close(self) -> None:
        """Refuse all who wait."""
        self._closed = True
        for ticket in self._line:
            ticket.changed.notify()

    def _join(self, ticket: _Ticket[_W]) -> None:
        """Put a ticket into the line; if that is full, whoever has most tickets in it gives one up."""
        if len(self._line) >= self._settings.max_waiting:
            waiting = Counter(other.client for other in self._line)
            client, most = waiting.most_common(1)[0]
            if waiting[ticket.client] >= most:
                raise self._line_full()
            given_up = next(other for other in reversed(self._line) if other.client == client)
            self._line.remove(given_up)
            given_up.is_refused = True
            given_up.changed.notify()
        self._line.append(ticket)

    def _had_s(self, ticket: _Ticket[_W]) -> float:
        """Return the seconds that a client had lately; what runs counts as long as any query may run."""
        return self._usage.lately_s(ticket.client) + self._running[ticket.client] * self._settings.quick_s

    def _line_full(self) -> Busy:
        return busy("The queue is full", "max_waiting", self._settings.max_waiting)

    def _check_open(self) -> None:
        if self._closed:
            raise stopping(self._settings)


def stopping(settings: Settings) -> Busy:
    """Return the error for a query that the end of the server meets."""
    return busy("The server is shutting down", "workers", settings.workers)


def busy(reason: str, limit: str, value: float) -> Busy:
    """Return the error for a query that found no room: why, and the limit that says how much there is."""
    retry_after_s = 2
    return Busy(
        f"{reason} ({limit} is {value:g}); try again in {retry_after_s} s.",
        limit=limit,
        value=value,
        retry_after_s=retry_after_s,
    )


def _halved(seconds: float, passed_s: float) -> float:
    return seconds * math.exp2(-passed_s / _HALF_LIFE_S)


class Usage:
    """Seconds of workers per client, which count for less as time passes. Its owner locks it."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, fade: Callable[[float, float], float] = _halved
    ) -> None:
        """Begin with nobody; `fade` gives what is left of seconds after others: half of them each `_HALF_LIFE_S`."""
        self._clock = clock
        self._fade = fade
        self._had: dict[str, tuple[float, float]] = {}

    def add(self, client: str, seconds: float) -> None:
        """Note that `client` had a worker for so long."""
        self._had[client] = (self.lately_s(client) + seconds, self._clock())
        if len(self._had) > _MOST_CLIENTS:
            self._forget()

    def lately_s(self, client: str) -> float:
        """Return the seconds that `client` had lately."""
        seconds, at = self._had.get(client, (0.0, 0.0))
        return self._fade(seconds, self._clock() - at) if seconds else 0.0

    def _forget(self) -> None:
        """Drop the clients of whose seconds nothing is left, or if all have some, the half that has least."""
        left = {client: lately_s for client in self._had if (lately_s := self.lately_s(client))}
        most = sorted(left, key=left.__getitem__)
        if len(most) > _MOST_CLIENTS // 2:
            most = most[len(most) // 2 :]
        self._had = {client: self._had[client] for client in most}


class ClientBudget:
    """Seconds per client that fill up again evenly over a minute; a client may have all of them at once."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Give each client `seconds` a minute; None means without end."""
        self._seconds = seconds
        again_each_s = (seconds or 0) / _MINUTE_S
        self._spent = Usage(clock, lambda owed, passed_s: max(0.0, owed - passed_s * again_each_s))
        self._lock = threading.Lock()

    def check(self, client: str) -> None:
        """Check that `client` has seconds left.

        Raises:
            BudgetSpent: it has none; `retry_after_s` is when it has one again.
        """
        if self._seconds is None:
            return
        with self._lock:
            owed = self._spent.lately_s(client)
        if owed >= self._seconds:
            one_more = min(1.0, self._seconds)
            wait_s = (owed - self._seconds + one_more) * _MINUTE_S / self._seconds
            raise BudgetSpent(self._seconds, retry_after_s=math.ceil(wait_s))

    def spend(self, client: str, seconds: float) -> None:
        """Note that a query of `client` took so long."""
        if self._seconds is not None:
            with self._lock:
                self._spent.add(client, seconds)
