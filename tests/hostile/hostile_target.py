"""The server that is attacked, with small limits and little data, and what must be true of it at any time."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import json
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pyoxigraph as ox

from actiongraph.engine.marker import Marker, marker_graph
from actiongraph.release.build import build
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from bench.served import Answer, Footprint, NoAnswerError, Served, get

TIMEOUT_S = 2.0
WORKERS = 4
MEMORY = 384 * 1024**2
ANSWER = 12 * 1024**2
UNSENT = 64 * 1024**2
LIMITS = {
    "max_memory_bytes": MEMORY,
    "max_answer_bytes": ANSWER,
    "max_unsent_bytes": UNSENT,
    "queue_s": 2,
    "silence_s": 5,
}
ATTACKER = "127.0.0.66"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "code"}
REFUSED = (400, 404, 405, 406, 413, 414, 415, 422, 431, 501, 503, 504)
GROWTH_MB = 200
REFERENCE = """<https://w3id.org/actiongraph/id/facility/x> a <https://w3id.org/actiongraph/ontology#Facility> ;
  <http://www.w3.org/2004/02/skos/core#prefLabel> "X"@en .
"""
SECRET = "never-to-be-read-4711"


class Target:
    """A running server, and what to watch."""

    def __init__(self, home: Path) -> None:
        self.canary = _CanaryFile(home / "canary.nt")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.served = self._serve(home)
        self._numbers = count()
        self.slowest_probe_s = 0.0
        for _ in range(3 * WORKERS):
            self.probe()
        self.starter = self.served.starter()
        self.before = self.served.footprint()

    def _serve(self, home: Path) -> Served:
        """Start the server on the data."""
        (home / "data.nt").write_text("".join(_statements()), "utf-8")
        return self._started(home, "data.nt")

    def _started(self, home: Path, *arguments: str) -> Served:
        limits = [part for name, value in LIMITS.items() for part in ("--limit", f"{name}={value}")]
        return Served(home, "--workers", str(WORKERS), "--timeout", str(TIMEOUT_S), *limits, *arguments)

    def url(self, scheme: str = "http") -> str:
        """An address that must never be called."""
        return f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}/canary"

    def ask(self, query: str, **parameters: str) -> Answer:
        return self.served.ask(query, ATTACKER, **parameters)

    def probe(self) -> float:
        """Return how long a small query takes from an address that nobody used before; at most 1 s."""
        number = next(self._numbers)
        query = f"SELECT ?o WHERE {{ <http://x/{number % 500}> <http://x/p> ?o }} # {number}"
        started = time.monotonic()
        answer = self.served.ask(query, f"127.0.{1 + number // 250 % 250}.{1 + number % 250}")
        took = time.monotonic() - started
        assert answer.status == 200
        [row] = json.loads(answer.body)["results"]["bindings"]
        assert row["o"]["value"] == f"text {number % 500}"
        assert took < 1
        self.slowest_probe_s = max(self.slowest_probe_s, took)
        return took

    def figure(self, name: str) -> float:
        """Return what /metrics says of `name`, with its labels."""
        with self.served.connect() as connection:
            lines = connection.exchange(get("/metrics")).body.decode().splitlines()
        return next(float(line.removeprefix(f"{name} ")) for line in lines if line.startswith(f"{name} "))

    def check_unharmed(self) -> None:
        """Nothing was called or read, and the same processes take what they took before."""
        assert not self.was_called()
        assert not self.canary.was_opened()
        assert self.served.process.poll() is None
        assert self.served.starter() == self.starter
        now = self.settled()
        assert self._is_as_before(now)
        assert now.memory_mb <= self.before.memory_mb + GROWTH_MB

    def settled(self) -> Footprint:
        """Return what the server takes once ended processes have gone and closed connections are closed.

        That is so when it is seen four times in a row: a worker that is about to be ended is still there once.
        """
        seen: deque[bool] = deque(maxlen=4)

        def is_as_before() -> bool:
            seen.append(self._is_as_before(self.served.footprint()))
            return len(seen) == 4 and all(seen)

        settle(is_as_before)
        return self.served.footprint()

    def _is_as_before(self, now: Footprint) -> bool:
        return now.processes == self.before.processes and now.files <= self.before.files

    def check_log(self) -> None:
        said = "".join(self.served.said)
        assert "Traceback" not in said, said
        assert SECRET not in said

    def was_called(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self.listener.accept()[0].close()
            return True
        return False

    def close(self) -> None:
        self.listener.close()
        self.canary.close()


class TargetBehind(Target):
    """A server with the same data and limits, whose queries another engine answers: our own server, on plain files.

    That engine has more time and memory than clients are given, so that it is not what keeps the limits.
    """

    def _serve(self, home: Path) -> Served:
        data, store = home / "data", home / "store"
        data.mkdir()
        (data / "reference.ttl").write_text(REFERENCE + "".join(_statements()), "utf-8")
        settings = Settings(data=data, store=store)
        releases = ReleaseStore(store)
        record = build(settings, releases).record
        with (home / "all.nq").open("wb") as file:
            ox.Store.read_only(str(releases.path(record.version) / "store")).dump(file, format=ox.RdfFormat.N_QUADS)
            for line in Marker(record.version, record.content_sha256).triples(settings.base).splitlines():
                file.write(line.replace(" .", f" <{marker_graph(settings.base)}> .\n").encode())
        (home / "engine").mkdir()
        self.engine = Served(home / "engine", "--workers", str(2 * WORKERS), "--timeout", "60", str(home / "all.nq"))
        at = f"http://127.0.0.1:{self.engine.port}/sparql"
        return self._started(home, "--engine", at, "--data", str(data), "--store", str(store))

    def _is_as_before(self, now: Footprint) -> bool:
        """Workers only read long texts here, so that more of them may be needed than were before."""
        return now.processes <= self.before.processes + WORKERS and now.files <= self.before.files + 4 * WORKERS

    def check_unharmed(self) -> None:
        """As for any; besides, whatever the engine was asked has ended there."""
        super().check_unharmed()

        def is_idle() -> bool:
            with self.engine.connect() as connection:
                lines = connection.exchange(get("/metrics")).body.decode().splitlines()
            return "actiongraph_queries_running 0.0" in lines

        assert settle(is_idle)

    def close(self) -> None:
        self.engine.stop()
        super().close()


def check_answer(answer: Answer, statuses: tuple[int, ...]) -> None:
    """The status is one of those, and an error has the one shape and no secrets."""
    assert answer.status in statuses, answer
    assert b"Traceback" not in answer.body
    assert SECRET.encode() not in answer.body
    if answer.status >= 400:
        check_problem(answer)


def check_problem(answer: Answer) -> None:
    media_type = answer.headers["content-type"].partition(";")[0]
    if media_type == "application/problem+json":
        problem = json.loads(answer.body)
        assert problem.keys() >= PROBLEM_MEMBERS
        assert problem["status"] == answer.status
        assert ("retry-after" in answer.headers) == (answer.status == 503)
    else:
        assert media_type == "text/plain"
        assert answer.body.startswith(f"Error {answer.status} (".encode())
    assert answer.headers["x-content-type-options"] == "nosniff"


def settle(check: Callable[[], bool], within_s: float = 10) -> bool:
    """Wait until `check` holds; processes and connections end in their own time."""
    until = time.monotonic() + within_s
    while not check() and time.monotonic() < until:
        time.sleep(0.05)
    return check()


def outcome(run: Callable[[], Answer]) -> Answer | None:
    """Return the answer, or None where the server closes or keeps silent."""
    try:
        return run()
    except NoAnswerError:
        return None


class _CanaryFile:
    """A file whose opening does not go unnoticed (inotify(7))."""

    def __init__(self, path: Path) -> None:
        path.write_text(f'<http://x/s> <http://x/p> "{SECRET}" .\n', "utf-8")
        self.path = path
        libc = ctypes.CDLL(None, use_errno=True)
        in_open = 0x20
        self._events = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self._events, os.fsencode(path), in_open) > 0

    def was_opened(self) -> bool:
        try:
            return bool(os.read(self._events, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._events)


def _statements() -> list[str]:
    """3,000 texts, and 80 nodes each of which knows each: little to store, and without end for careless queries."""
    texts = [f'<http://x/{n}> <http://x/p> "text {n}" .\n' for n in range(3000)]
    return texts + [f"<http://x/{a}> <http://x/k> <http://x/{b}> .\n" for a in range(80) for b in range(80)]
