"""How much of the workers each client had lately, so that whoever had least is served first."""

from __future__ import annotations

import time
from collections.abc import Callable

_HALF_LIFE_S = 10.0
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
        """Return how many seconds `client` had lately."""
        seconds, at = self._had.get(client, (0.0, 0.0))
        return seconds * 0.5 ** ((self._clock() - at) / _HALF_LIFE_S) if seconds else 0.0
