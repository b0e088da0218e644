"""Who had least of the workers lately, by a clock of the test's own."""

from __future__ import annotations

import pytest

from actiongraph.engine.pool.queue import Usage


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_a_client_had_counts_half_after_ten_seconds():
    clock = Clock()
    usage = Usage(clock)
    usage.add("a", 8)
    assert usage.lately_s("a") == 8
    clock.now += 10
    assert usage.lately_s("a") == pytest.approx(4)
    usage.add("a", 1)
    assert usage.lately_s("a") == pytest.approx(5)
    clock.now += 20
    assert usage.lately_s("a") == pytest.approx(1.25)


def test_who_never_asked_had_nothing():
    usage = Usage(Clock())
    usage.add("a", 1)
    assert usage.lately_s("b") == 0


def test_a_crowd_does_not_fill_the_memory_and_the_greedy_are_remembered():
    usage = Usage(Clock())
    usage.add("greedy", 100)
    for number in range(25_000):
        usage.add(f"client {number}", 0.1)
    assert sum(usage.lately_s(f"client {number}") > 0 for number in range(25_000)) <= 10_000
    assert usage.lately_s("greedy") == 100
