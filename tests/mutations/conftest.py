"""How many faults were caught, told at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

_CAUGHT = pytest.StashKey[Counter[tuple[str, bool]]]()


@pytest.fixture
def count_fault(request: pytest.FixtureRequest) -> Callable[[str, bool], None]:
    """Count one fault of a group as caught, with the right message first, or not."""
    counted = request.config.stash.setdefault(_CAUGHT, Counter())
    return lambda group, caught: counted.update([(group, caught)])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if counted := config.stash.get(_CAUGHT, None):
        terminalreporter.section("faults told of with the right message first")
        for group in sorted({group for group, _ in counted}):
            caught, missed = counted[group, True], counted[group, False]
            terminalreporter.line(f"{caught:5} of {caught + missed}  {group}")
        caught = sum(count for (_, told), count in counted.items() if told)
        terminalreporter.line(f"{caught:5} of {counted.total()}  in all")
