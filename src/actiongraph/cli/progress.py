"""How far a long command is: the reading of a file, each later step, and a build, on standard error."""

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


class _ProgressLine:
    """A line that is replaced at a terminal; elsewhere another line every ten seconds."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._interval_s = _AT_TERMINAL_S if self._is_terminal else _IN_LOG_S
        self._show_at = time.monotonic() + self._interval_s
        self._has_shown = False

    def is_due(self) -> bool:
        """Tell whether it is time to show something; if so, not again for a while."""
        now = time.monotonic()
        if now < self._show_at:
            return False
        self._show_at = now + self._interval_s
        self._has_shown = True
        return True

    def show(self, text: str) -> None:
        """Show `text`."""
        click.echo(
            f"\r\033[K{text}" if self._is_terminal else f"actiongraph: {text}", nl=not self._is_terminal, err=True
        )

    def close(self) -> None:
        """Leave the line of a terminal clean."""
        if self._has_shown and self._is_terminal:
            click.echo("\r\033[K", nl=False, err=True)


class StepProgress:
    """Shows what is done, the rate and the time left: in one line at a terminal, elsewhere in a line every ten seconds.

    Of reading that is in records and MB, of each later step in records.
    """

    def __init__(self) -> None:
        self._line = _ProgressLine()
        self._step = ""
        self._started_at = time.monotonic()
        self._records = 0

    def counted(self, records: Iterable[_T]) -> Iterator[_T]:
        """Yield `records`, and count them."""
        for record in records:
            self._records += 1
            yield record

    def tell_read(self, done: int, total: int | None) -> None:
        """Show that `done` bytes of `total` are read, if it is time to."""
        if self._line.is_due():
            self._line.show(progress_line(self._records, done, total, time.monotonic() - self._started_at))

    def tell_step(self, step: str, done: int, total: int, noun: str = "record") -> None:
        """Show that a step has come to `done` of `total`, if it is time to; `noun` is the word for one of them."""
        if step != self._step:
            self._step, self._started_at = step, time.monotonic()
        elif self._line.is_due():
            self._line.show(step_line(step, done, total, time.monotonic() - self._started_at, noun))

    def close(self) -> None:
        """Leave the line of a terminal clean."""
        self._line.close()


class BuildProgress:
    """Shows the step of a build and, where the step knows them, MB, rate and the time left of it."""

    def __init__(self) -> None:
        self._line = _ProgressLine()
        self._what = ""
        self._started_at = time.monotonic()

    def tell(self, what: str, done: int = 0, total: int = 0, /) -> None:
        """Show that `done` bytes of `total` of a step are done, if it is time to."""
        if what != self._what:
            self._what, self._started_at = what, time.monotonic()
        if self._line.is_due():
            elapsed_s = time.monotonic() - self._started_at
            self._line.show(f"{what}: {amount(done, total, elapsed_s)}" if total else what)

    def close(self) -> None:
        """Leave the line of a terminal clean."""
        self._line.close()


def progress_line(records: int, done: int, total: int | None, elapsed_s: float) -> str:
    """Return the progress of a reading that took `elapsed_s` seconds for `done` bytes, in words."""
    return f"{counted(records, 'record')}, {amount(done, total, elapsed_s)}"


def amount(done: int, total: int | None, elapsed_s: float) -> str:
    """Return `done` bytes of `total` in MB, with the rate and the time left after `elapsed_s` seconds."""
    rate = done / elapsed_s if elapsed_s > 0 else 0
    of = f" of {total / 1e6:,.1f}" if total else ""
    left = _left((total - done) / rate) if total and rate else ""
    return f"{done / 1e6:,.1f}{of} MB, {rate / 1e6:.1f} MB/s{left}"


def step_line(step: str, done: int, total: int, elapsed_s: float, noun: str = "record") -> str:
    """Return how far a step is that took `elapsed_s` seconds for `done` of what `noun` is the word for."""
    rate = done / elapsed_s if elapsed_s > 0 else 0
    left = _left((total - done) / rate) if rate else ""
    return f"{step}: {done:,} of {counted(total, noun)}, {rate:,.0f} {noun}s/s{left}"


def _left(seconds: float) -> str:
    minutes, seconds = divmod(round(max(seconds, 0)), 60)
    return f", {minutes} min {seconds} s left" if minutes else f", {seconds} s left"
