"""The soak: ten seconds for everybody, one minute where everything is checked, and ten by hand (see bench/soak.py)."""

from __future__ import annotations

import os

import pytest

from bench.soak import report, soak

pytestmark = pytest.mark.long("attacks")

SECONDS = 60 if os.environ.get("ACTIONGRAPH_CI") == "1" else 10


@pytest.fixture(autouse=True)
def nobody_else_is_delayed() -> None:
    """The soak has a server of its own, and watches it itself."""


def test_good_clients_are_answered_whatever_bad_ones_do():
    tally = soak(SECONDS)
    print(report(tally))  # noqa: T201 - the real figures, with -s
    assert all(reached for *_, reached in tally.goals()), report(tally)
