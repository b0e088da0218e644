"""Moves in processes of their own, each killed at a moment of its requests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph_store import Mover
from peer_engines import Place

from actiongraph.engine.credentials import VARIABLE

KILLS = 20


class Killer:
    """Runs moves of the later release to a place, and kills each when its `is_due` is called so often."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program
        self._has_begun = threading.Event()
        self._process = self._left = 0

    def run(self, name: str, kill_at: int | None = None) -> int:
        """Return how a move ended; it is killed at its request number `kill_at`, counted from 0."""
        assert self._program.stdin
        assert self._program.stdout
        self._has_begun.clear()
        self._left = -1 if kill_at is None else kill_at + 1
        self._program.stdin.write(f"{name}\n")
        self._program.stdin.flush()
        self._process = int(self._program.stdout.readline())
        self._has_begun.set()
        return int(self._program.stdout.readline())

    def is_due(self) -> bool:
        """Count a request, and tell whether the move was killed at it."""
        self._left -= 1
        if self._left:
            return False
        assert self._has_begun.wait(20)
        os.kill(self._process, signal.SIGKILL)
        return True


@contextmanager
def killer(mover: Mover, place: Place) -> Iterator[Killer]:
    who = f"{place.credentials.user}:{place.credentials.password}" if place.credentials else ""
    program = [sys.executable, str(Path(__file__).with_name("moving.py"))]
    with subprocess.Popen(
        [*program, str(mover.releases.folder), place.url, place.graph_store],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, VARIABLE: who} if who else {**os.environ},
    ) as running:
        yield Killer(running)


def moments(requests: int) -> list[tuple[int, bool]]:
    """Return at which request each move is killed, from the first to the last, and whether it is done before."""
    at = [number * (2 * requests - 1) // (KILLS - 1) for number in range(KILLS)]
    return [(each // 2, bool(each % 2)) for each in at]
