"""Where the command `actiongraph` begins and ends; light, so that it can be stopped while the rest is still read.

Exit codes: 0 fine, 1 the data or the query is at fault, 2 usage, 3 the machine or an engine, 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

STOPPED = 130
_SAID = b"actiongraph: stopped.\n"


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        with stopped_at_once():
            from actiongraph.cli.running import run  # noqa: PLC0415 - nothing is read before it can be stopped
        code = run()
    except KeyboardInterrupt:
        os.write(2, _SAID)
        code = STOPPED
    sys.exit(code)


@contextmanager
def stopped_at_once() -> Iterator[None]:
    """End the process at Ctrl-C until the block ends: an exception may be lost, or shown at length, among imports."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # whoever started this process has Ctrl-C ignored
        yield
        return
    signal.signal(signal.SIGINT, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(*_: object) -> NoReturn:
    """End the process at once; nothing has been begun that needs an end."""
    os.write(2, _SAID)
    os._exit(STOPPED)
