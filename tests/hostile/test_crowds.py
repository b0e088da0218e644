"""Many at once: half-open, slow, silent, greedy and vanishing clients, while somebody else asks a small query."""

# ruff: noqa: E501 - a table reads best with one case to a line

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from hostile_queries import numbered, where
from hostile_target import ATTACKER, ENDLESS, TIMEOUT_S, UNSENT, Target, check_answer, outcome, settle

from bench.served import Connection, get, post

pytestmark = pytest.mark.long("attacks")

RUNNING = "actiongraph_queries_running"
WAITING = "actiongraph_queries_waiting"
UNSENT_BYTES = "actiongraph_unsent_bytes"
"""Figures that tell what the crowd has come to."""
BIG = "SELECT * WHERE { ?a <http://x/p> ?b . ?c <http://x/k> ?d } LIMIT 60000"
PROBES = 8
LONGEST_S = 60


@contextmanager
def crowd(target: Target, size: int, message: bytes = b"") -> Iterator[list[Connection]]:
    """So many connections, each of which has sent `message`, and of which the system takes little that is not read."""
    with ExitStack() as stack:
        connections = [stack.enter_context(target.served.connect(ATTACKER)) for _ in range(size)]
        for connection in connections:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            connection.socket.sendall(message)
        yield connections


def all_at_once(run: Callable[[int], object], size: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(size)]
    for thread in threads:
        thread.start()
    return threads


def probe_until(target: Target, is_over: Callable[[], bool]) -> None:
    """Ask small queries of nobody in particular, until what goes on meanwhile is over."""
    give_up_at = time.monotonic() + LONGEST_S
    while not is_over():
        assert time.monotonic() < give_up_at
        target.probe()
    target.probe()


def probe_while(target: Target, threads: list[threading.Thread]) -> None:
    probe_until(target, lambda: not any(thread.is_alive() for thread in threads))


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /spar",
        b"GET /sparql HTTP/1.1\r\nHost: x\r\nA: b",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 100\r\n\r\nASK",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 700000\r\n\r\n"
        + b"x" * 600_000,
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nASK",
    ],
    ids=["nothing", "half a line", "half a header", "half a body", "most of a long body", "half a chunk"],
)
def test_200_half_open_connections(target: Target, begun: bytes):
    with crowd(target, 200, begun):
        for _ in range(PROBES):
            target.probe()


def test_silent_connections_are_closed_in_the_end(target: Target):
    with crowd(target, 50, b"GET /") as connections:
        for connection in connections:
            connection.socket.settimeout(15)
            assert outcome(connection.answer) is None


def test_200_connections_that_send_a_byte_now_and_then(target: Target):
    with crowd(target, 200) as connections:
        for sign in get("/sparql")[:20]:
            for connection in connections:
                connection.socket.sendall(bytes([sign]))
            target.probe()


def test_more_connections_than_are_kept(target: Target):
    with crowd(target, 1_100, b"GET /"):
        for _ in range(PROBES):
            target.probe()


def test_connections_opened_and_closed_without_a_word(target: Target):
    for _ in range(1_000):
        target.served.connect(ATTACKER).socket.close()
    target.probe()


def test_connections_that_are_reset(target: Target):
    linger_not = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    for n in range(300):
        connection = target.served.connect(ATTACKER)
        connection.socket.sendall(get("/sparql?query=ASK%7B%7D") if n % 2 else get("/spa")[:9])
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        connection.socket.close()
    target.probe()


def test_50_unread_answers_of_10_mb(target: Target):
    assert 9_000_000 < len(target.ask(BIG).body) < 12_000_000
    before = target.served.footprint().memory_mb
    with crowd(target, 50) as connections:
        for n, connection in enumerate(connections):
            connection.socket.sendall(post(f"{BIG} # {n % 10}"))

        def is_answered() -> bool:
            assert target.served.footprint().memory_mb < before + 2 * UNSENT / 1e6 + 100
            return not target.figure(RUNNING) and not target.figure(WAITING)

        assert settle(lambda: target.figure(WAITING) > 0)
        probe_until(target, is_answered)
    target.probe()


def test_who_reads_slowly_reads_all(target: Target):
    with target.served.connect(ATTACKER) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.socket.sendall(post(BIG))
        probe_until(target, lambda: target.figure(UNSENT_BYTES) > 0)
        answer = connection.answer()
    check_answer(answer, (200,))
    assert answer.body.endswith(b"]}}")


@pytest.mark.parametrize(
    ("query", "size", "begun"),
    [
        (ENDLESS, 40, None),
        (ENDLESS, 40, RUNNING),
        (ENDLESS, 40, WAITING),
        (BIG, 10, None),
        (BIG, 2, UNSENT_BYTES),
    ],
    ids=["at once", "while it runs", "while others wait", "at once before an answer", "before the answer is sent"],
)
def test_clients_that_vanish(target: Target, query: str, size: int, begun: str | None):
    with crowd(target, size, post(query)):
        assert settle(lambda: begun is None or target.figure(begun) > 0)
    assert target.probe() < 1
    started = time.monotonic()
    assert target.ask("ASK { <http://x/7> ?p ?o }").status == 200
    assert time.monotonic() - started < 1


def test_half_closed_connections(target: Target):
    with crowd(target, 50, post(ENDLESS)) as connections:
        for connection in connections:
            connection.socket.shutdown(socket.SHUT_WR)
        target.probe()


def test_100_endless_queries_from_one_address(target: Target):
    statuses: Counter[int] = Counter()

    def ask(number: int) -> None:
        answer = target.ask(f"{ENDLESS} # {number}")
        check_answer(answer, (503, 504))
        assert answer.took_s < 2 * TIMEOUT_S + 1
        statuses[answer.status] += 1

    probe_while(target, all_at_once(ask, 100))
    assert statuses.total() == 100


def test_100_memory_bombs_from_one_address(target: Target):
    bomb = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f # "
    probe_while(target, all_at_once(lambda n: check_answer(target.ask(bomb + str(n)), (422, 503, 504)), 30))


HEAVY = {
    "long VALUES": lambda n: post(where("VALUES ?x { " + "1 " * 99_000 + f"{n} }}")),
    "long IN": lambda n: post(where("FILTER(1 IN (" + "2," * 90_000 + f"{n}))")),
    "long groups": lambda n: post("SELECT * WHERE " + "{ " * 95_000 + str(n)),
    "prefixes that are alike": lambda n: post(
        "".join(f"PREFIX {'ab' * (m % 90)}a{'ba' * (99 - m % 90)}: <>" for m in range(850)) + f"ASK {{ ?s {'ba' * 99}:a {n} }}"
    ),
    "long forms": lambda n: (
        "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 570006\r\n\r\nquery=" + "%41" * 190_000
    ).encode(),
    "long queries to check": lambda n: post(where("VALUES ?x { " + "1 " * 99_000 + f"{n} }}"), "/sparql/check"),
    "many patterns to check": lambda n: post(where(numbered("?x# <http://x/k> ?x@ .", 290)), "/sparql/check"),
    "many header fields": lambda n: get("/sparql", *(f"A{m}: b" for m in range(190))),
    "long Accept": lambda n: get("/sparql", "Accept: " + ",".join(f"a/b{m};q=0.{m % 9}" for m in range(1_000))),
    "pages": lambda n: get("/", "Accept: text/html"),
    "long pages of errors": lambda n: post(f"ASK {{ {n} " + "<&>" * 60_000, accept="text/html"),
    "short pages of errors": lambda n: post(f"SELCT {n} " + "?x ag:a skos:b FILTR(?x == 'a') ] " * 100, accept="text/html"),
    "unknown addresses": lambda n: get("/" + "x/" * 1_000 + str(n), "Accept: text/html"),
    "unknown graphs": lambda n: get(f"/graph-store?graph=http://x/{'ab' * 400}{n}", "Accept: text/turtle"),
    "whole graph": lambda n: get("/graph-store?default", "Accept: application/rdf+xml"),
    "big answers": lambda n: post(f"{BIG} # {n}"),
    "many short queries": lambda n: post(f"ASK {{ <http://x/{n}> ?p ?o }}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HEAVY)
def test_60_clients_of_one_address_that_make_the_server_work(target: Target, kind: str):
    """What is done before a query runs costs the server itself; so that must be little, or be done elsewhere."""

    def ask(number: int) -> None:
        message = HEAVY[kind](number)
        with target.served.connect(ATTACKER, 30) as connection:
            answer = outcome(lambda: connection.exchange(message))
        assert answer is None or answer.status < 500 or answer.status in {503, 504}

    probe_while(target, all_at_once(ask, 60))
