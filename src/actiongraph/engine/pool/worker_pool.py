"""Queries in processes that can be ended: lanes, deadlines, one owner of both, and the engine that asks it.

Nothing in Python can stop a query of pyoxigraph, and a query can end its process. So each runs in a worker,
a process that reads the store and nothing else, and this pool, in the server, decides how long.

Every query may run briefly; after `quick_s` it needs one of a few slots for slow queries (`slow_places`), or
makes room as soon as another waits. So short queries find a worker even while long ones take all these slots.
The client that runs least is served first.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from actiongraph.engine.base import Dataset, Engine, QueryBudget, Solutions
from actiongraph.engine.pool import starter, wire
from actiongraph.engine.pool.queue import LOOK_S, ClientBudget, Worker, WorkerQueue, busy, stopping
from actiongraph.engine.pool.worker import Confines
from actiongraph.engine.results import TableReader
from actiongraph.errors import (
    Busy,
    ClientGone,
    EngineError,
    OutOfMemory,
    QueryError,
    QueryTimeout,
    StoreError,
    TooComplex,
)
from actiongraph.formats import RESULTS_TSV, Format, offers
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery

_STATUS_S = 2.0


@dataclass(slots=True)
class PoolState:
    """The work of the pool at one moment, for operators."""

    workers: int
    running: int
    slow: int
    waiting: int
    ended: dict[str, int]


class Pool:
    """Workers, and who may use them for how long. Calls may come from many threads."""

    def __init__(self, settings: Settings) -> None:
        """Start the starter and the workers; `close` ends them all."""
        self.settings = settings
        self._alive: dict[int, Worker] = {}
        self._lock = threading.RLock()
        self._control_lock = threading.Lock()
        self._queue: WorkerQueue[Worker] = WorkerQueue(settings, self._lock)
        self._client_budgets = ClientBudget(settings.budget_s)
        self._slow: set[Worker] = set()
        self._making_room: set[Worker] = set()
        self._closed = False
        self._next_number = 0
        self._ended = dict.fromkeys(("deadline", "no slow place", "client gone", "memory", "crash"), 0)
        self._start()
        self._listener = threading.Thread(target=self._listen, name="starter", daemon=True)
        self._listener.start()

    def _start(self) -> None:
        """Start the starter, and have it begin all workers."""
        limits = self.settings
        confines = Confines(limits.max_memory_bytes, limits.stack_bytes, limits.max_answer_bytes, limits.quick_s)
        self._control, theirs = socket.socketpair()
        with theirs:
            self._starter = subprocess.Popen(  # noqa: S603 - our own module, our own numbers
                [sys.executable, "-m", starter.__name__, str(theirs.fileno()), msgspec.json.encode(confines)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "MALLOC_ARENA_MAX": "1"},
            )
        with self._lock:
            self._queue.idle += [self._begin() for _ in range(self.settings.workers)]

    def run(self, task: wire.Task | wire.ReadTask, budget: QueryBudget) -> bytes:
        """Return the answer of a worker to `task`.

        Raises:
            BudgetSpent: the client has used up its seconds.
            Busy: no worker, or no slot for a slow query, was free.
            QueryTimeout: the deadline came first.
            OutOfMemory: the query took more memory than a worker may have.
            QueryError: the engine cannot sort its values.
            TooComplex: the query is too deep even for a worker's stack.
            ClientGone: nobody waits for the answer any more.
            ActiongraphError: whatever the engine says of the query.
        """
        self._client_budgets.check(budget.client)
        deadline = time.monotonic() + budget.within(self.settings.timeout_s)
        worker = self._queue.acquire(deadline, budget)
        started = time.monotonic()
        keep = False
        try:
            reply, body, file = self._converse(worker, task, deadline, budget)
            keep = not reply.is_last
        finally:
            took_s = time.monotonic() - started
            self._client_budgets.spend(budget.client, took_s)
            self._release(worker, budget.client, took_s, keep=keep)
        if reply.error:
            raise reply.failure()
        answer = body if file is None else _read_file(file, reply.size)
        if len(answer) != reply.size:
            # The system drops a file that is handed over where this process may open no more.
            raise StoreError("The answer could not be received from its worker; raise the limit on open files.")
        return answer

    def state(self) -> PoolState:
        """Return the state of the pool now."""
        with self._lock:
            running = len(self._alive) - len(self._queue.idle)
            return PoolState(len(self._alive), running, len(self._slow), len(self._queue), dict(self._ended))

    def close(self) -> None:
        """End the workers and the starter; queries that run end with an error."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.close()
        self._control.shutdown(socket.SHUT_RDWR)
        self._starter.wait(_STATUS_S * 2)
        self._listener.join(_STATUS_S)
        self._control.close()
        with self._lock:
            for worker in self._queue.idle:
                worker.end.close()
            self._queue.idle.clear()
            self._alive.clear()

    def _release(self, worker: Worker, client: str, took_s: float, *, keep: bool) -> None:
        """Take a worker back, or begin another instead at once: the next query must not wait for its end."""
        with self._lock:
            self._slow.discard(worker)
            self._making_room.discard(worker)
            self._queue.note_done(client, took_s)
            if keep and not self._closed and not worker.has_ended.is_set():
                self._queue.idle.append(worker)
            else:
                self._let_go(worker)
            self._queue.hand_out()

    def _let_go(self, worker: Worker) -> None:
        """End a worker and begin another, unless its starter has ended and all have begun anew. The lock is held."""
        worker.end.close()
        if self._alive.pop(worker.number, None) is None:
            return
        if not worker.has_ended.is_set():
            self._command(starter.END, worker.number)
        if not self._closed:
            self._queue.idle.append(self._begin())

    def _begin(self) -> Worker:
        """Have the starter begin a worker. The lock is held."""
        self._next_number += 1
        ours, theirs = socket.socketpair()
        worker = Worker(self._next_number, ours)
        self._alive[worker.number] = worker
        with theirs:
            self._command(starter.BEGIN, worker.number, theirs)
        return worker

    def _command(self, kind: bytes, number: int, file: socket.socket | None = None) -> None:
        packet = starter.COMMAND.pack(kind, number)
        with self._control_lock, suppress(OSError):  # a starter that has gone has ended its workers with it
            if file is None:
                self._control.sendall(packet)
            else:
                socket.send_fds(self._control, [packet], [file.fileno()])

    def _listen(self) -> None:
        """Take note of each worker that has ended, until the pool is closed."""
        received = b""
        while not self._closed:
            try:
                part = self._control.recv(4096)
            except ConnectionError:
                part = b""  # the starter ended with commands unread
            if not part:
                received = b""
                self._start_again()
            received += part
            while len(received) >= starter.ENDED.size:
                _, number, status = starter.ENDED.unpack(received[: starter.ENDED.size])
                received = received[starter.ENDED.size :]
                self._note_ended(number, status)

    def _start_again(self) -> None:
        """Begin anew where the starter has ended, and with it all workers, though nobody closed the pool."""
        with self._lock:
            if self._closed:
                return
            for worker in self._alive.values():
                worker.has_ended.set()
            for worker in self._queue.idle:
                worker.end.close()
            self._alive.clear()
            self._queue.idle.clear()
            self._control.close()
            self._starter.wait()
            self._start()
            self._queue.hand_out()

    def _note_ended(self, number: int, status: int) -> None:
        with self._lock:
            worker = self._alive.get(number)
            if worker is None:
                return
            worker.status = status
            worker.has_ended.set()
            if worker in self._queue.idle:
                # Somebody ended it, and nobody is talking to it; so another replaces it.
                self._queue.idle.remove(worker)
                self._let_go(worker)
                self._queue.hand_out()

    def _converse(
        self, worker: Worker, task: wire.Task | wire.ReadTask, deadline: float, budget: QueryBudget
    ) -> tuple[wire.Reply, bytes, int | None]:
        try:
            wire.send(worker.end, task)
            self._wait(worker, deadline, budget)
            return wire.receive(worker.end, wire.read_reply)
        except (wire.WorkerEnded, ConnectionError) as error:
            raise self._fault(worker) from error

    def _wait(self, worker: Worker, deadline: float, budget: QueryBudget) -> None:
        """Wait for the answer, and give up where the rules say so; the caller then ends the worker."""
        poll = select.poll()
        poll.register(worker.end, select.POLLIN)
        quick_until = time.monotonic() + self.settings.quick_s
        is_slow = False
        while True:
            now = time.monotonic()
            if now >= deadline:
                self._count("deadline", budget)
                raise QueryTimeout(budget.within(self.settings.timeout_s))
            is_slow = is_slow or (now >= quick_until and self._has_slow_place(worker))
            if now >= quick_until and not is_slow and self._must_make_room(worker):
                self._count("no slow place", budget)
                raise busy(
                    "The query took longer than quick_s, all slots for slow queries are in use, and others are waiting",
                    "slow_places",
                    self.settings.slow_places,
                )
            until = deadline if is_slow else min(deadline, quick_until)
            if poll.poll(max(0.0, min(until - now, LOOK_S)) * 1000 + 1):
                return
            if budget.gone():
                self._count("client gone", budget)
                raise ClientGone

    def _has_slow_place(self, worker: Worker) -> bool:
        """Give the query of a worker a slot for slow queries, if one is free, and tell whether it has one."""
        with self._lock:
            if len(self._slow) < self.settings.slow_places:
                self._slow.add(worker)
            return worker in self._slow

    def _must_make_room(self, worker: Worker) -> bool:
        """Tell whether somebody waits for whom no other query makes room already."""
        with self._lock:
            if len(self._queue) > len(self._making_room):
                self._making_room.add(worker)
            return worker in self._making_room

    def _fault(self, worker: Worker) -> Busy | OutOfMemory | QueryError | EngineError:
        """Return why a worker ended in the middle of a query, by its status."""
        if self._closed:
            return stopping(self.settings)
        worker.has_ended.wait(_STATUS_S)
        if worker.status == -signal.SIGABRT:
            self._count("memory")
            return OutOfMemory(self.settings.max_memory_bytes)
        self._count("crash")
        if worker.status == starter.UNSORTABLE:
            return QueryError(
                "The engine cannot sort what ORDER BY names: there are numbers, strings and others among it, or texts "
                "in several languages; sort by text, as in ORDER BY STR(?x), or let FILTER keep values of one type."
            )
        if worker.status == -signal.SIGSEGV:
            return TooComplex(
                "The query is too deeply nested for the engine; nest fewer groups and calls.",
                limit="stack_bytes",
                value=self.settings.stack_bytes,
            )
        return EngineError("The engine stopped during the query; try again, and tell the operator if it persists.")

    def _count(self, why: str, budget: QueryBudget = QueryBudget()) -> None:
        with self._lock:
            self._ended[why] += not budget.is_background


class PooledEngine(Engine):
    """The store at a path, queried through a pool, which others begin and close; nothing is opened in this process."""

    def __init__(self, pool: Pool, store: Path, *, union_default: bool) -> None:
        """Name the store; nothing is opened yet."""
        self._pool = pool
        self._store = os.fsencode(store)
        self._union_default = union_default
        self._tables = TableReader()

    def answer(
        self, query: CheckedQuery, format: Format, dataset: Dataset = Dataset(), budget: QueryBudget = QueryBudget()
    ) -> bytes:
        """Return the whole answer in `format`; see `Engine.answer` and `Pool.run`."""
        return self._pool.run(wire.Task(query, self._store, self._union_default, format, dataset), budget)

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        """Return the solutions as terms; see `Engine.select`."""
        return self._tables.read(self.answer(query, RESULTS_TSV, budget=budget))

    def read(self, text: str, budget: QueryBudget = QueryBudget()) -> CheckedQuery:
        """Have a worker read what may take long, so that it can be ended; see `Reader.read` and `Pool.run`."""
        return wire.read_query(self._pool.run(wire.ReadTask.of(text, self._pool.settings), budget))

    def parse(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> None:
        """Have a worker read the query and evaluate nothing; see `Parser.parse` and `Pool.run`."""
        chosen = offers(query.form.result)[0]
        self._pool.run(wire.Task(query, self._store, self._union_default, chosen, parse_only=True), budget)


def _read_file(file: int, size: int) -> bytes:
    try:
        return os.pread(file, size, 0)
    finally:
        os.close(file)
