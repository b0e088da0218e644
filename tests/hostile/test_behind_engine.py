"""The same queries to a server behind which another engine answers: as fit, as timely, and none goes elsewhere."""

from __future__ import annotations

import pytest
from hostile_queries import ALL, ANY, Case, with_other_literals
from hostile_target import Target, check_answer
from test_hostile_queries import (  # noqa: F401 - they are collected here with another target
    MARGIN_S,
    test_a_deadline_cannot_be_raised,
    test_in_other_formats_too,
    test_the_deadline_is_kept,
)
from test_nothing_goes_out import (  # noqa: F401
    test_a_graph_of_the_protocol_is_only_a_name,
    test_a_name_is_only_a_name,
    test_service_is_refused,
    test_the_traps_would_notice,
)

pytestmark = pytest.mark.long("attacks")


@pytest.fixture(scope="module")
def target(target_behind: Target) -> Target:
    """The server that is attacked here."""
    return target_behind


READ_THRICE = 100_000
"""So many signs are read by the guard, by what looks at names, and by the engine: two seconds may be too few."""


def behind(case: Case, statuses: tuple[int, ...]) -> tuple[int, ...]:
    """Return the statuses that fit: where an answer is too large for the memory of an engine, that engine fails."""
    late = (504,) if len(case.query) > READ_THRICE and 200 in statuses else ()
    return (*statuses, *late, 502) if 422 in statuses else (*statuses, *late)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_query_is_answered_fitly_and_in_time(target: Target, case: Case):
    answer = target.ask(case.query, timeout=str(case.timeout_s))
    check_answer(answer, behind(case, case.statuses))
    assert answer.took_s < case.timeout_s + MARGIN_S


@pytest.mark.parametrize("case", [case for case in ALL if 200 in case.statuses], ids=lambda case: case.name)
def test_so_is_one_of_the_same_shape_with_other_literals(target: Target, case: Case):
    """The guard and what looks at names know the shape by now."""
    answer = target.ask(with_other_literals(case.query), timeout="0.4")
    check_answer(answer, behind(case, ANY))
    assert answer.took_s < 0.4 + MARGIN_S
