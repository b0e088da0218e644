"""Builds that are killed or run out of disk, and clients that read meanwhile."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

KILLS = 50


@pytest.fixture(scope="module")
def rounds() -> Iterator[list[dict]]:
    """What each round of killing and building came to; in memory, for syncing to a disk takes most of the time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        program = [sys.executable, str(Path(__file__).with_name("killing.py")), folder, str(KILLS)]
        said = subprocess.run(program, capture_output=True, text=True, check=True, timeout=300).stdout
    yield [json.loads(line) for line in said.splitlines()]


def test_a_build_that_is_killed_at_any_moment_leaves_a_whole_release_served(rounds: list[dict]):
    assert [each["ended"] for each in rounds] == [-9] * KILLS
    # The program asserts that each release that is left is whole. Up to one moment it is the one before, then the new.
    served = [each["killed"]["own"] for each in rounds]
    is_new = [own == 1000 + each["number"] for own, each in zip(served, rounds, strict=True)]
    assert is_new == sorted(is_new)
    assert {False, True} == set(is_new)
    built = [2, *(2000 + number for number in range(KILLS - 1))]
    assert [own for own, new in zip(served, is_new, strict=True) if not new] == built[: is_new.count(False)]


def test_the_build_after_a_killed_one_publishes_and_cleans_up(rounds: list[dict]):
    assert any(each["killed"]["left"] for each in rounds)
    for each in rounds:
        assert (each["built"]["own"], each["built"]["left"]) == (2000 + each["number"], [])
        assert len(each["built"]["versions"]) == 2


def test_no_release_is_forgotten_whenever_a_build_is_killed(rounds: list[dict]):
    known: set[str] = set()
    for each in rounds:
        for state in (each["killed"], each["built"]):
            assert not set(state["versions"]) & set(state["past"])
            assert known <= {*state["versions"], *state["past"]}
            known |= {*state["versions"], *state["past"]}
