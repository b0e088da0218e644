"""The progress of a build: what is done, how much, how fast, and how long it will take."""

from __future__ import annotations

import pytest

from actiongraph.cli import progress
from actiongraph.cli.progress import BuildProgress, amount


def test_what_is_done_is_told_with_rate_and_time_left():
    assert amount(30_000_000, 120_000_000, 10.0) == "30.0 of 120.0 MB, 3.0 MB/s, 30 s left"
    assert amount(1_000_000, None, 2.0) == "1.0 MB, 0.5 MB/s"


def test_a_step_is_told_where_it_takes_long(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    clock = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock)
    shown = BuildProgress()
    shown.tell("reading data", 0, 40_000_000)
    clock = 20.0
    shown.tell("reading data", 10_000_000, 40_000_000)
    shown.tell("reading data", 11_000_000, 40_000_000)
    clock = 31.0
    shown.tell("writing the dumps")
    shown.close()
    assert capsys.readouterr().err.splitlines() == [
        "actiongraph: reading data: 10.0 of 40.0 MB, 0.5 MB/s, 1 min 0 s left",
        "actiongraph: writing the dumps",
    ]
