"""Standard output, which may be a full disk."""

from __future__ import annotations

import io
import sys
from typing import Any

from actiongraph.errors import EngineError


class OutputError(EngineError):
    """Standard output cannot be written, as on a full disk."""

    code = "output"


class _Output(io.FileIO):
    """The file that the bytes go to in the end; its errors are distinguished from those of the rest."""

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any bytes; typing has no narrower name before Python 3.12
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"Standard output cannot be written: {error.strerror}; free some space, or redirect it."
            ) from error


def guard_output() -> None:
    """Leave standard output as it is, but that it raises OutputError where it cannot be written, or was closed."""
    if sys.stdout is None:
        raise OutputError("Standard output is closed; redirect it, for example to /dev/null.")
    output = io.BufferedWriter(_Output(sys.stdout.fileno(), "wb", closefd=False))
    sys.stdout = io.TextIOWrapper(output, sys.stdout.encoding, sys.stdout.errors, line_buffering=sys.stdout.isatty())
