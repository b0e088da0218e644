"""After 500 ended queries everything is where it was."""

from __future__ import annotations

import threading

import pytest
from hostile_target import ATTACKER, ENDLESS, WORKERS, Target, check_answer

pytestmark = pytest.mark.long("attacks")

ENDED = 500
CLIENTS = 2


def test_after_500_ended_queries_everything_is_where_it_was(target: Target):
    before = target.settled()
    late: list[float] = []

    def ask(client: int) -> None:
        for number in range(ENDED // CLIENTS):
            answer = target.served.ask(f"{ENDLESS} # {client} {number}", f"127.0.0.{70 + client}", timeout="0.03")
            check_answer(answer, (504,))
            late.append(answer.took_s - 0.03)

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = target.settled()
    print(f"late: {sorted(late)[len(late) // 2]:.3f} s median, {max(late):.3f} s most; {before} {after}")  # noqa: T201 - with -s
    assert len(late) == ENDED
    assert max(late) < 1
    assert after.processes == before.processes == WORKERS + 2
    assert after.files <= before.files
    assert after.memory_mb <= before.memory_mb + 20


def test_after_crashes_of_every_kind_the_same_workers_answer(target: Target):
    """A query that ends its process by memory or by stack ends no other."""
    for number in range(3):
        check_answer(target.ask(f"SELECT * WHERE {{ ?a ?b ?c . ?d ?e ?f }} ORDER BY ?c ?f # {number}"), (422, 504))
        target.probe()
    assert target.settled().processes == WORKERS + 2
    assert target.served.ask("ASK { <http://x/1> ?p ?o }", ATTACKER).status == 200
