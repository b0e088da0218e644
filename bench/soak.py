"""Good and bad clients on one server for some minutes: are the good ones answered, and is it as it was afterwards?

    python -m bench.soak --minutes 10

Good clients ask small mixed questions from several loopback addresses, about 50 a second together; bad ones,
from others, do their worst. The exit code is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bench.served import Answer, NoAnswerError, Served, get, post

GOOD_CLIENTS = 10
PER_S = 50.0
ANSWERED = 0.999
P99_S = 1.0
GROWTH_MB = 200.0
_WARM_S = 8.0
_WATCH_S = 1.0
_SETTLE_S = 6.0
_ACTIONS = 2_000

_PREFIX = "http://example.org/"
_ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } # {n}"
_GREEDY = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f # {n}"
_BIG = f"SELECT * WHERE {{ ?a <{_PREFIX}p> ?b . ?c <{_PREFIX}k> ?d }} LIMIT 60000 # {{n}}"
_PATHS = f"SELECT (COUNT(*) AS ?n) WHERE {{ ?a <{_PREFIX}k>* ?b . ?c (<{_PREFIX}k>|!<x>)+ ?d }} # {{n}}"
_CHAIN = f"SELECT * WHERE {{ {' '.join(f'?x{n} <{_PREFIX}k> ?x{n + 1} .' for n in range(250))} }} # {{n}}"
_BOMB = "SELECT * WHERE { BIND('xxxxxxxx' AS ?x0) " + " ".join(
    f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(60)
)


@dataclass(slots=True)
class Tally:
    """What came of the good requests and of the bad ones, and what the server took meanwhile."""

    times_s: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    before_mb: float = 0.0
    after_mb: float = 0.0
    most_mb: float = 0.0
    crashes: int = 0

    @property
    def answered(self) -> float:
        """The share of good requests that were answered rightly."""
        return len(self.times_s) / max(1, len(self.times_s) + self.failed.total())

    def quantile_s(self, share: float) -> float:
        """Return the time within which that share of the answers came."""
        ordered = sorted(self.times_s) or [float("inf")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def goals(self) -> list[tuple[str, str, str, bool]]:
        """Return each goal: what, what was measured, what is wanted, and whether it is reached."""
        p99, growth = self.quantile_s(0.99), self.after_mb - self.before_mb
        return [
            ("good requests answered", f"{self.answered:.3%}", f">= {ANSWERED:.1%}", self.answered >= ANSWERED),
            ("p99 of good requests", f"{p99:.3f} s", f"<= {P99_S:g} s", p99 <= P99_S),
            ("memory growth", f"{growth:.0f} MB", f"<= {GROWTH_MB:.0f} MB", growth <= GROWTH_MB),
            ("crashes", str(self.crashes), "0", not self.crashes),
        ]


def soak(seconds: float, rate: float = PER_S) -> Tally:
    """Return what came of so many seconds."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        home = Path(folder)
        (home / "data.nt").write_text("".join(_statements()), "utf-8")
        served = Served(home, "--timeout", "5", "data.nt")
        try:
            return _run(served, seconds, rate)
        finally:
            served.stop()


def _run(served: Served, seconds: float, rate: float) -> Tally:
    tally, stop, numbers = Tally(), threading.Event(), count()
    good = [_started(_good, served, tally, stop, numbers, rate, place) for place in range(GOOD_CLIENTS)]
    # The first seconds show what the server takes when it works and nobody means harm.
    stop.wait(min(_WARM_S, seconds / 4))
    tally.before_mb, starter = served.footprint().memory_mb, served.starter()
    bad = [_started(_bad, served, tally, stop, numbers, place) for place in range(len(_BAD))]
    until = time.monotonic() + seconds
    while time.monotonic() < until and served.process.poll() is None:
        stop.wait(_WATCH_S)
        tally.most_mb = max(tally.most_mb, served.footprint().memory_mb)
    stop.set()
    for thread in (*good, *bad):
        thread.join(30)
    time.sleep(_SETTLE_S)
    tally.after_mb = served.footprint().memory_mb
    said = "".join(served.said)
    tally.crashes = int(served.process.poll() is not None or served.starter() != starter) + said.count("Traceback")
    return tally


def _started(run: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=run, args=arguments, daemon=True)
    thread.start()
    return thread


def _good(served: Served, tally: Tally, stop: threading.Event, numbers: Iterator[int], rate: float, place: int) -> None:
    """Ask small questions at a steady pace, and look at each answer."""
    chance = random.Random(place)  # noqa: S311 - the same questions each time, no secrets
    pause_s = GOOD_CLIENTS / rate
    due = time.monotonic() + chance.random() * pause_s
    while not stop.wait(max(0.0, due - time.monotonic())):
        due = max(due + pause_s, time.monotonic() - 1)
        query, expected = _question(chance.randrange(4), chance.randrange(_ACTIONS), next(numbers))
        started = time.monotonic()
        try:
            answer = served.ask(query, f"127.0.1.{place + 1}")
        except (NoAnswerError, OSError) as error:
            tally.failed[type(error).__name__] += 1
            continue
        if answer.status == 200 and expected in answer.body:
            tally.times_s.append(time.monotonic() - started)
        else:
            tally.failed[str(answer.status)] += 1


def _question(kind: int, number: int, unique: int) -> tuple[str, bytes]:
    """Return a small query and what its answer must hold; two in four were asked before."""
    thing, node = f"<{_PREFIX}{number}>", f"<{_PREFIX}n{number % 80}>"
    return (
        (f"SELECT ?o WHERE {{ {thing} <{_PREFIX}p> ?o }} # {unique}", f'"text {number}"'.encode()),
        (f"ASK {{ {thing} <{_PREFIX}p> 'text {number}' }}", b"true"),
        (f"SELECT (COUNT(*) AS ?n) WHERE {{ {node} <{_PREFIX}k> ?o }} # {unique}", b'"80"'),
        (f"CONSTRUCT {{ {thing} <{_PREFIX}q> ?o }} WHERE {{ {thing} <{_PREFIX}p> ?o }}", f"text {number}".encode()),
    )[kind]


def _bad(served: Served, tally: Tally, stop: threading.Event, numbers: Iterator[int], place: int) -> None:
    """Do one kind of harm again and again."""
    kind, harm = list(_BAD.items())[place]
    client = f"127.0.2.{place + 1}"
    while not stop.wait(0.02):
        try:
            tally.bad[f"{kind}: {harm(served, client, next(numbers))}"] += 1
        except (NoAnswerError, OSError) as error:
            tally.bad[f"{kind}: {type(error).__name__}"] += 1


def _asking(query: str, path: str = "/sparql") -> Callable[[Served, str, int], object]:
    return lambda served, client, number: served.ask(query.replace("{n}", str(number)), client, path=path).status


def _sending(message: bytes) -> Callable[[Served, str, int], object]:
    def send(served: Served, client: str, _number: int) -> object:
        with served.connect(client) as connection:
            return connection.exchange(message).status

    return send


def _vanish(served: Served, client: str, number: int) -> object:
    with served.connect(client) as connection:
        connection.socket.sendall(post(_ENDLESS.replace("{n}", str(number))))
        time.sleep(0.05 * (number % 4))
    return "gone"


def _leave_unread(served: Served, client: str, number: int) -> object:
    with served.connect(client) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.socket.sendall(post(_BIG.replace("{n}", str(number % 7))))
        time.sleep(3)
    return "unread"


def _leave_half_open(served: Served, client: str, _number: int) -> object:
    connections = [served.connect(client) for _ in range(100)]
    for connection in connections:
        connection.socket.sendall(get("/sparql")[:20])
    time.sleep(3)
    for connection in connections:
        connection.socket.close()
    return "half open"


def _crowd(served: Served, client: str, number: int) -> object:
    threads = [_started(_quietly, served, client, f"{number}-{other}") for other in range(40)]
    for thread in threads:
        thread.join(30)
    return "crowd"


def _quietly(served: Served, client: str, number: str) -> Answer | None:
    try:
        return served.ask(_ENDLESS.replace("{n}", number), client)
    except (NoAnswerError, OSError):
        return None


_BAD: dict[str, Callable[[Served, str, int], object]] = {
    "endless": _asking(_ENDLESS),
    "greedy": _asking(_GREEDY),
    "paths": _asking(_PATHS),
    "plan": _asking(_CHAIN),
    "bomb": _asking(_BOMB + " } # {n}"),
    "deep": _asking("SELECT * WHERE " + "{" * 50_000),
    "long": _asking("SELECT * WHERE { VALUES ?x { " + "1 " * 90_000 + "} } # {n}"),
    "long to check": _asking("SELECT * WHERE { VALUES ?x { " + "1 " * 90_000 + "} } # {n}", "/sparql/check"),
    "service": _asking("SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"),
    "huge line": _sending(b"GET /" + b"x" * 1_000_000),
    "huge body": _sending(b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n" + b"x" * 100_000),
    "no HTTP": _sending(b"\x16\x03\x01\x00\r\n\r\n"),
    "pages": _sending(get("/", "Accept: text/html")),
    "vanish": _vanish,
    "unread": _leave_unread,
    "half open": _leave_half_open,
    "crowd": _crowd,
}


def _statements() -> Iterator[str]:
    yield from (f'<{_PREFIX}{n}> <{_PREFIX}p> "text {n}" .\n' for n in range(_ACTIONS))
    yield from (f"<{_PREFIX}n{a}> <{_PREFIX}k> <{_PREFIX}n{b}> .\n" for a in range(80) for b in range(80))


def report(tally: Tally) -> str:
    """Return the table of a soak."""
    lines = [
        f"{what:<24} {measured:>12}   {wanted:<10} {'yes' if ok else 'NO'}"
        for what, measured, wanted, ok in tally.goals()
    ]
    p50, most = tally.quantile_s(0.5), tally.quantile_s(1)
    lines += [
        f"good requests: {len(tally.times_s)} answered, {tally.failed.total()} not {dict(tally.failed) or ''}",
        f"p50 {p50 * 1000:.1f} ms, longest {most:.3f} s",
        f"memory: {tally.before_mb:.0f} MB before, {tally.most_mb:.0f} MB at most, {tally.after_mb:.0f} MB after",
        "bad requests:",
        *(f"  {kind:<32} {number}" for kind, number in sorted(tally.bad.items())),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak, print its table, and return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    tally = soak(60 * parser.parse_args(arguments).minutes)
    print(report(tally))  # noqa: T201 - its purpose
    return 0 if all(reached for *_, reached in tally.goals()) else 1


if __name__ == "__main__":
    sys.exit(main())
