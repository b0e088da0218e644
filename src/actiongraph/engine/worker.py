"""A worker: a confined process that answers one question after another from a store it only reads."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actiongraph.engine import sandbox, wire
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import ActiongraphError, EngineError

_STORES_OPEN = 3
_GROWTH_BYTES = 256 * 1024 * 1024
"""What a worker may keep of the memory its queries took; one that keeps more makes room for a new one."""
_POLITE = 10
"""The niceness of a query in the slow lane: short queries of others come first."""


@dataclass(frozen=True, slots=True)
class Confines:
    """What a worker is confined to; the units are in the names."""

    memory_bytes: int
    stack_bytes: int
    answer_bytes: int
    quick_s: float


def work(end: socket.socket, confines: Confines) -> None:
    """Answer what comes over `end` until it closes. Nothing may have been opened or started before.

    Raises:
        OSError: the system refuses to confine the process.
    """
    sandbox.die_with_parent()
    sandbox.confine(
        memory_bytes=confines.memory_bytes, stack_bytes=confines.stack_bytes, answer_bytes=confines.answer_bytes
    )
    threading.stack_size(confines.stack_bytes)
    stores = _Stores()
    began_with = sandbox.address_space_bytes()
    while True:
        try:
            message, _, _ = wire.receive(end)
        except wire.WorkerEnded:
            return
        if _answer(end, message, stores, confines.quick_s, began_with + confines.stack_bytes + _GROWTH_BYTES):
            return


def _answer(end: socket.socket, message: dict[str, Any], stores: _Stores, quick_s: float, most_bytes: int) -> bool:
    """Run one query, in a thread of its own for its big stack, and send what comes of it.

    Return whether this was the last: the process has grown beyond `most_bytes`. The message says so too,
    so that no further question is sent to a worker that is about to end.
    """
    file = _empty_file()
    try:
        failure = _in_thread(lambda: _run(message, stores, file), quick_s)
        is_last = sandbox.address_space_bytes() > most_bytes
        size = os.fstat(file).st_size
        if failure is not None:
            wire.send(end, {**wire.write_error(failure), "last": is_last})
        elif size <= wire.INLINE_BYTES:
            wire.send(end, {"size": size, "last": is_last}, os.pread(file, size, 0))
        else:
            wire.send(end, {"size": size, "last": is_last}, file=file)
        return is_last
    finally:
        os.close(file)


def _run(message: dict[str, Any], stores: _Stores, file: int) -> None:
    question, chosen, dataset = wire.read_task(message)
    stores.engine(message["store"], union_default=message["union_default"]).write_answer(
        question, chosen, dataset, file
    )


def _in_thread(run: Callable[[], None], quick_s: float) -> ActiongraphError | None:
    """Run, and return the error that came of it; a query that takes longer than `quick_s` goes on politely."""
    failures: list[ActiongraphError] = []

    def body() -> None:
        try:
            run()
        except ActiongraphError as error:
            failures.append(error)
        except Exception as error:  # noqa: BLE001 - the parent tells it, and it must not pass for an answer
            failures.append(EngineError(f"The engine failed: {type(error).__name__}: {error}"))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(quick_s)
    if thread.is_alive() and thread.native_id is not None:
        os.setpriority(os.PRIO_PROCESS, thread.native_id, _POLITE)
        thread.join()
    return failures[0] if failures else None


def _empty_file() -> int:
    """Return a file without a name, in memory where the system has such."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("answer")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - its descriptor outlives it
    return os.dup(file.fileno())


class _Stores:
    """The stores that are open, the last few used."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, bool], OxigraphEngine] = {}

    def engine(self, path: str, *, union_default: bool) -> OxigraphEngine:
        key = (path, union_default)
        found = self._open.pop(key, None) or OxigraphEngine.open(Path(path), union_default=union_default)
        self._open[key] = found
        while len(self._open) > _STORES_OPEN:
            self._open.pop(next(iter(self._open))).close()
        return found
