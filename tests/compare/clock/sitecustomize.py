"""Stops the clock of a Python process at the instant that COMPARE_CLOCK names, for as long as it names one.

What two programs write about themselves, such as when a release was made, is then the same, and nothing has to be
masked. Clocks that only measure how long something takes go on.
"""

import datetime
import os
import time

_Real = datetime.datetime
_real_time = time.time


def _stopped():
    written = os.environ.get("COMPARE_CLOCK")
    return _Real.fromisoformat(written) if written else None


class _Kind(type):
    def __instancecheck__(cls, thing):
        return isinstance(thing, _Real)


class _Stopped(_Real, metaclass=_Kind):
    @classmethod
    def now(cls, tz=None):
        at = _stopped()
        return cls.fromtimestamp(at.timestamp() if at else _real_time(), tz)


def _time():
    at = _stopped()
    return at.timestamp() if at else _real_time()


_Stopped.__name__ = _Stopped.__qualname__ = "datetime"
_Stopped.__module__ = "datetime"
datetime.datetime = _Stopped  # type: ignore[misc]
time.time = _time
time.time_ns = lambda: int(_time() * 1_000_000_000)
