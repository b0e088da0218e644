"""Dates as sources print them, to the day, the month or the year, and the time between two of them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_DATE = re.compile(r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d))?)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Gap:
    """The days from one action to the next: at least so many and at most so many, equal where both dates are days.

    Below 0 the later action began first: they overlap. `from_end` tells whether the gap is counted from the
    end of the earlier action; where its end is unknown it is counted from its start, and so holds its duration.
    """

    least_days: int
    most_days: int
    from_end: bool = True

    @property
    def counted_from(self) -> str:
        """The date of the earlier action that the days are counted from: `end` or `start`."""
        return "end" if self.from_end else "start"

    def __str__(self) -> str:
        least, most, begun = self.least_days, self.most_days, f"its {self.counted_from}"
        if least < 0 < most:
            return f"between {_days(-least)} before and {_days(most)} after {begun}"
        near, far = sorted((abs(least), abs(most)))
        return (
            f"{_days(far) if near == far else f'{near} to {_days(far)}'} {'before' if least < 0 else 'after'} {begun}"
        )


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def gap_between(start: str | None, end: str | None, next_start: str | None) -> Gap | None:
    """Return the gap between an action that ran from `start` to `end` and one that began at `next_start`.

    None where a date it takes is unknown or is none.
    """
    ended = date_span(end or "")
    left, begun = ended or date_span(start or ""), date_span(next_start or "")
    if not left or not begun:
        return None
    return Gap((begun[0] - left[1]).days, (begun[1] - left[0]).days, from_end=ended is not None)


@lru_cache(maxsize=16_384)
def date_span(written: str) -> tuple[date, date] | None:
    """Return the first and last day that a date, month or year can mean, or None if it is none of them.

    A time zone is left aside: a day stays the day that is written.

    Source: XML Schema Part 2, sections 3.2.9 to 3.2.11.
    """
    found = _DATE.fullmatch(written)
    if not found:
        return None
    year, month, day = (int(part) if part else None for part in found.group("year", "month", "day"))
    assert year is not None  # noqa: S101 - the pattern has a year in every branch
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    last_month = month or 12
    return first, date(year, last_month, day or calendar.monthrange(year, last_month)[1])
