"""The same queries to a server behind which another engine answers: as fit, as timely, and none goes elsewhere."""

from __future__ import annotations

import pytest
from hostile_target import Target
from test_hostile_queries import (  # noqa: F401 - they are collected here with another target
    test_a_deadline_cannot_be_raised,
    test_a_query_is_answered_fitly_and_in_time,
    test_in_other_formats_too,
    test_so_is_one_of_the_same_shape_with_other_literals,
    test_the_deadline_is_kept,
)
from test_nothing_goes_out import (  # noqa: F401
    test_a_graph_of_the_protocol_is_only_a_name,
    test_a_name_is_only_a_name,
    test_service_is_refused,
    test_the_traps_would_notice,
)


@pytest.fixture(scope="module")
def target(target_behind: Target) -> Target:
    """The server that is attacked here."""
    return target_behind
