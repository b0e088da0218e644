"""The same calls from a terminal. Only this room knows exit codes.

Exit codes: 0 fine, 1 the data or the query is at fault, 2 usage, 3 the machine or an engine, 130 interrupted.
What is here is light, so that the command can be stopped while the rest is still read.
"""

from __future__ import annotations

import os
import sys

from actiongraph.cli.interrupts import SENTENCE, STOPPED, stopped_at_once


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        with stopped_at_once():
            from actiongraph.cli.running import run  # noqa: PLC0415 - nothing is read before it can be stopped
        code = run()
    except KeyboardInterrupt:
        os.write(2, SENTENCE)
        code = STOPPED
    sys.exit(code)
