"""A move that is killed leaves the release of before, the new one, or no marker; never a marker over a mixture."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from graph_store import GraphStore, Mover

KILLS = 20


@pytest.mark.long("kills")
def test_a_move_that_is_killed_at_twenty_moments_leaves_no_mixture(mover: Mover, store: GraphStore):
    first = mover.to(store, "first", release=0)
    first.load()
    first.finish()
    old = list(store.quads)
    store.requests.clear()
    assert run(mover, store, None) == 0
    many, new = len(store.requests), set(store.quads)
    found = []
    for number in range(KILLS):
        store.quads.clear()
        store.quads.extend(old)
        # At an even moment a request is lost, at an odd one it is done before: from the first of all to the last.
        at = number * (2 * many - 1) // (KILLS - 1)
        assert run(mover, store, at) == -signal.SIGKILL
        found.append(store.marker().get("moveIdentifier") if "releaseVersion" in store.marker() else None)
        if found[-1]:
            assert set(store.quads) == (set(old) if found[-1] == "first" else new)
    assert (found[0], found[-1]) == ("first", "second")
    assert found == sorted(found, key=("first", None, "second").index)
    assert found.count(None) > KILLS / 2


def run(mover: Mover, store: GraphStore, kill_at: int | None) -> int:
    """Run a move, and kill it at a moment of its requests; return how it ended."""
    program = Path(__file__).with_name("moving.py")
    command = [sys.executable, str(program), str(mover.releases.folder), "second", str(store.port)]
    store.requests.clear()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:

        def kill(*_: object) -> bool:
            is_now = kill_at is not None and len(store.requests) == kill_at // 2 + 1
            if is_now:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
            return is_now

        setattr(store, "after" if (kill_at or 0) % 2 else "before", kill)
        try:
            return process.wait(60)
        finally:
            store.before = store.after = lambda *_: False
