"""Ctrl-C while nothing has begun that needs an end: the process ends at once, with one sentence."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

STOPPED = 130
SENTENCE = b"actiongraph: stopped.\n"


@contextmanager
def stopped_at_once() -> Iterator[None]:
    """End the process at Ctrl-C until the block ends: an exception may be lost, or shown at length, among imports."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # whoever started this process has Ctrl-C ignored
        yield
        return

    def stop(*_: object) -> NoReturn:
        os.write(2, SENTENCE)
        os._exit(STOPPED)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
