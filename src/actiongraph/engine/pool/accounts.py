"""Seconds of workers per client: what each had lately, so that whoever had least comes first, and its budget."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from actiongraph.errors import BudgetSpent

_HALF_LIFE_S = 10.0
_MINUTE_S = 60.0
_MOST_CLIENTS = 10_000


class Usage:
    """Seconds of workers per client; what is `_HALF_LIFE_S` past counts half. Its owner locks it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody."""
        self._clock = clock
        self._had: dict[str, tuple[float, float]] = {}

    def add(self, client: str, seconds: float) -> None:
        """Note that `client` had a worker for so long."""
        self._had[client] = (self.lately_s(client) + seconds, self._clock())
        if len(self._had) > _MOST_CLIENTS:
            most = sorted(self._had, key=self.lately_s)[_MOST_CLIENTS // 2 :]
            self._had = {client: self._had[client] for client in most}

    def lately_s(self, client: str) -> float:
        """Return the seconds that `client` had lately."""
        seconds, at = self._had.get(client, (0.0, 0.0))
        return seconds * 0.5 ** ((self._clock() - at) / _HALF_LIFE_S) if seconds else 0.0


class ClientBudget:
    """Seconds per client that fill up again evenly over a minute; a client may have all of them at once."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Give each client `seconds` a minute; None means without end."""
        self._seconds = seconds
        self._clock = clock
        self._spent: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def check(self, client: str) -> None:
        """Check that `client` has seconds left.

        Raises:
            BudgetSpent: it has none; `retry_after_s` is when it has one again.
        """
        if self._seconds is None:
            return
        with self._lock:
            owed = self._owed(client)
        if owed >= self._seconds:
            one_more = min(1.0, self._seconds)
            wait_s = (owed - self._seconds + one_more) * _MINUTE_S / self._seconds
            raise BudgetSpent(self._seconds, retry_after_s=math.ceil(wait_s))

    def spend(self, client: str, seconds: float) -> None:
        """Note that a query of `client` took so long."""
        if self._seconds is None:
            return
        with self._lock:
            self._spent[client] = (self._owed(client) + seconds, self._clock())
            if len(self._spent) > _MOST_CLIENTS:
                self._forget()

    def _owed(self, client: str) -> float:
        """Return the seconds that `client` has spent and not yet got back. The lock is held."""
        if self._seconds is None or client not in self._spent:
            return 0.0
        owed, at = self._spent[client]
        return max(0.0, owed - (self._clock() - at) * self._seconds / _MINUTE_S)

    def _forget(self) -> None:
        """Drop the clients that owe nothing, or if all owe something, the half that owes least."""
        owing = {client: owed for client in self._spent if (owed := self._owed(client))}
        if len(owing) > _MOST_CLIENTS // 2:
            owing = dict(sorted(owing.items(), key=lambda pair: pair[1])[len(owing) // 2 :])
        self._spent = {client: self._spent[client] for client in owing}
