"""Seconds of queries per client and minute, by a clock of the test's own."""

from __future__ import annotations

import pytest

from actiongraph.engine.pool.queue import ClientBudget
from actiongraph.errors import BudgetSpent


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def is_refused(budget: ClientBudget, client: str) -> bool:
    try:
        budget.check(client)
    except BudgetSpent:
        return True
    return False


def test_without_a_budget_nobody_is_refused():
    budget = ClientBudget(None)
    budget.spend("a", 1e9)
    budget.check("a")


def test_a_client_may_spend_all_and_gets_it_back_evenly_over_a_minute():
    clock = Clock()
    budget = ClientBudget(30, clock)
    budget.spend("a", 29)
    budget.check("a")
    budget.spend("a", 1)
    with pytest.raises(BudgetSpent) as caught:
        budget.check("a")
    # One second of queries comes back in 60 / 30 = 2 s.
    assert caught.value.retry_after_s == 2
    clock.now = 2
    budget.check("a")


def test_who_overspent_waits_until_it_is_paid_back():
    clock = Clock()
    budget = ClientBudget(10, clock)
    budget.spend("a", 40)
    with pytest.raises(BudgetSpent) as caught:
        budget.check("a")
    # 30 s too much and 1 s to spend, at 10 s a minute.
    assert caught.value.retry_after_s == 31 * 6
    clock.now = caught.value.retry_after_s
    budget.check("a")


def test_clients_have_budgets_of_their_own():
    budget = ClientBudget(1, Clock())
    budget.spend("a", 5)
    budget.check("b")


def test_a_crowd_of_clients_does_not_fill_the_memory():
    clock = Clock()
    budget = ClientBudget(1, clock)
    budget.spend("spender", 1000)
    for number in range(25_000):
        budget.spend(f"client {number}", 2)
    assert sum(is_refused(budget, f"client {number}") for number in range(25_000)) < 10_000
    assert is_refused(budget, "spender")
