"""A worker: a confined process that answers one query after another from a store it only reads."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType

from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.pool import sandbox, wire
from actiongraph.errors import ActiongraphError, EngineError, OutOfMemory
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

_STORES_OPEN = 3
_GROWTH_BYTES = 256 * 1024 * 1024
"""The memory of its queries that a worker may retain; one that retains more makes room for a new one."""
_POLITE = 10
"""The niceness of a query in the slow lane: short queries of others come first."""


@dataclass(frozen=True, slots=True)
class Confines:
    """The limits that a worker is confined to; the units are in the names."""

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
    worker = _QueryLoop(end, confines)
    signal.signal(signal.SIGALRM, worker.become_polite)
    # The engine recurses, and only a thread can be given a stack of a chosen size.
    threading.stack_size(confines.stack_bytes)
    thread = threading.Thread(target=worker.run)
    thread.start()
    thread.join()


class _QueryLoop:
    def __init__(self, end: socket.socket, confines: Confines) -> None:
        self._end = end
        self._quick_s = confines.quick_s
        self._memory_bytes = confines.memory_bytes
        self._most_bytes = sandbox.address_space_bytes() + confines.stack_bytes + _GROWTH_BYTES
        self._file = empty_file()
        self._thread = 0
        self._is_last = False

    def run(self) -> None:
        """Answer one query after another."""
        self._thread = threading.get_native_id()
        # The timer's signal is for the main thread; here it would interrupt the engine's reading and writing.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        is_last = False
        while not is_last:
            try:
                task, _, _ = wire.receive(self._end, wire.read_task)
            except wire.WorkerEnded:
                return
            is_last = self._answer(task)

    def become_polite(self, _number: int, _frame: FrameType | None) -> None:
        """Let others come first from now on. A process may not take that back, so this query is its last."""
        self._is_last = True
        os.setpriority(os.PRIO_PROCESS, self._thread, _POLITE)

    def _answer(self, task: wire.Task | wire.ReadTask) -> bool:
        """Run one query, send what comes of it, and tell whether it is to be the last.

        The message says so, and nothing but the message counts: the timer may ring a moment later, and a
        further query must not be sent to a worker that ends without a word.
        """
        signal.setitimer(signal.ITIMER_REAL, self._quick_s)
        failure = self._run(task)
        signal.setitimer(signal.ITIMER_REAL, 0)
        is_last = self._is_last or sandbox.address_space_bytes() > self._most_bytes
        size = os.fstat(self._file).st_size
        if failure is not None:
            wire.send(self._end, wire.Reply.of(failure, is_last=is_last))
            os.ftruncate(self._file, 0)
        elif size <= wire.INLINE_BYTES:
            wire.send(self._end, wire.Reply(is_last, size), os.pread(self._file, size, 0))
            os.ftruncate(self._file, 0)
        else:
            wire.send(self._end, wire.Reply(is_last, size), file=self._file)
            os.close(self._file)
            self._file = empty_file()
        return is_last

    def _run(self, task: wire.Task | wire.ReadTask) -> ActiongraphError | None:
        try:
            if isinstance(task, wire.ReadTask):
                os.pwrite(self._file, wire.encode(check_query(task.text, Settings(**task.limits))), 0)
                return None
            engine = _engine(task.store, union_default=task.union_default)
            if task.parse_only:
                engine.parse(task.query)
            else:
                engine.write_answer(task.query, task.format, task.dataset, self._file)
        except ActiongraphError as error:
            return error
        except MemoryError:
            return OutOfMemory(self._memory_bytes)
        except Exception as error:  # noqa: BLE001 - the parent tells it, and it must not pass for an answer
            return EngineError(f"The engine failed: {type(error).__name__}: {error}")
        return None


def empty_file() -> int:
    """Return a file without a name, in memory where the system has such."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("answer")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


@lru_cache(maxsize=_STORES_OPEN)
def _engine(store: bytes, *, union_default: bool) -> OxigraphEngine:
    """Return the engine on a store; of those that are open, the last few used stay so."""
    return OxigraphEngine.open(Path(os.fsdecode(store)), union_default=union_default)
