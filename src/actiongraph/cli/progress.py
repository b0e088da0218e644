"""How far a long command is: the reading of a file, and each later step, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

from actiongraph.text import counted

_T = TypeVar("_T")
_AT_TERMINAL_S = 0.5
_IN_LOG_S = 10.0


class StepProgress:
    """Shows what is done, the rate and the time left: in one line at a terminal, elsewhere in a line every ten seconds.

    Of reading that is in records and MB, of each later step in records.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._interval_s = _AT_TERMINAL_S if self._is_terminal else _IN_LOG_S
        self._step = ""
        self._started_at = time.monotonic()
        self._tell_at = self._started_at + self._interval_s
        self._records = 0
        self._has_told = False

    def counted(self, records: Iterable[_T]) -> Iterator[_T]:
        """Yield `records`, and count them."""
        for record in records:
            self._records += 1
            yield record

    def tell_read(self, done: int, total: int | None) -> None:
        """Show that `done` bytes of `total` are read, if it is time to."""
        now = time.monotonic()
        if now >= self._tell_at:
            self._tell(progress_line(self._records, done, total, now - self._started_at), now)

    def tell_step(self, step: str, done: int, total: int, noun: str = "record") -> None:
        """Show that a step has come to `done` of `total`, if it is time to; `noun` is the word for one of them."""
        now = time.monotonic()
        if step != self._step:
            self._step, self._started_at = step, now
        elif now >= self._tell_at:
            self._tell(step_line(step, done, total, now - self._started_at, noun), now)

    def _tell(self, line: str, now: float) -> None:
        self._tell_at = now + self._interval_s
        self._has_told = True
        click.echo(
            f"\r\033[K{line}" if self._is_terminal else f"actiongraph: {line}", nl=not self._is_terminal, err=True
        )

    def close(self) -> None:
        """Leave the line of a terminal clean."""
        if self._has_told and self._is_terminal:
            click.echo("\r\033[K", nl=False, err=True)


def progress_line(records: int, done: int, total: int | None, elapsed_s: float) -> str:
    """Return the progress of a reading that took `elapsed_s` seconds for `done` bytes, in words."""
    rate = done / elapsed_s if elapsed_s > 0 else 0
    of = f" of {total / 1e6:,.1f}" if total else ""
    left = _left((total - done) / rate) if total and rate else ""
    return f"{counted(records, 'record')}, {done / 1e6:,.1f}{of} MB, {rate / 1e6:.1f} MB/s{left}"


def step_line(step: str, done: int, total: int, elapsed_s: float, noun: str = "record") -> str:
    """Return how far a step is that took `elapsed_s` seconds for `done` of what `noun` is the word for."""
    rate = done / elapsed_s if elapsed_s > 0 else 0
    left = _left((total - done) / rate) if rate else ""
    return f"{step}: {done:,} of {counted(total, noun)}, {rate:,.0f} {noun}s/s{left}"


def _left(seconds: float) -> str:
    minutes, seconds = divmod(round(max(seconds, 0)), 60)
    return f", {minutes} min {seconds} s left" if minutes else f", {seconds} s left"
