"""Dates as tables write them, in the forms of XML Schema: a day, a month or a year, as precise as they are written."""

from __future__ import annotations

import re
from datetime import date

from actiongraph.text import folded

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv enero ene janeiro januar",
            "february feb fevrier fevr febrero fevereiro fev februar",
            "march mar mars marzo marco marz maerz mrz",
            "april apr avril avr abril abr",
            "may mai mayo maio",
            "june jun juin junio junho juni",
            "july jul juillet juil julio julho juli",
            "august aug aout agosto ago",
            "september sep sept septembre septiembre setembro set",
            "october oct octobre octubre outubro out oktober okt",
            "november nov novembre noviembre novembro",
            "december dec decembre diciembre dic dezembro dez dezember",
        ),
        1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?)?)?")
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})")
_NAMED = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s-]+(?:of |de )?)?([^\W\d]+)\.?[\s-]+(?:of |de )?(\d{4})")
_STAND_INS = re.compile(r"0001|1900|1970-01-01|9999|2099")
ONGOING = frozenset({"ongoing", "en cours", "en curso", "em curso", "laufend"})
"""What stands in place of an end that has not come, as folded words."""


def read_date(text: str, order: str) -> str:
    """Return the date that `text` writes; `order` is `day-first`, `month-first`, or empty where that is not known.

    Raises:
        ValueError: it is none, could be two, does not exist, or stands for an unknown one; the message says which.
    """
    text = text.strip()
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _NUMBERS.fullmatch(text):
        year = found[4]
        day, month = _in_order(int(found[1]), int(found[3]), order)
    elif found := _MONTH_AND_YEAR.fullmatch(text):
        year, month, day = found[2], found[1], None
    elif (found := _NAMED.fullmatch(text)) and folded(found[2]) in _MONTHS:
        year, month, day = found[3], str(_MONTHS[folded(found[2])]), found[1]
    else:
        raise ValueError("is not written as a date")
    written = "-".join([year, *(f"{int(part):02}" for part in (month, day) if part)])
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise ValueError("is a date that does not exist") from None
    if _STAND_INS.match(written):
        raise ValueError("stands for a date that is not known")
    return written


def _in_order(first: int, second: int, order: str) -> tuple[str, str]:
    """Return day and month."""
    if not order and first <= 12 and second <= 12 and first != second:
        raise ValueError("could have the day or the month first; say which with date_order in the mapping")
    is_day_first = order == "day-first" or (not order and first > 12) or (not order and first == second)
    return (str(first), str(second)) if is_day_first else (str(second), str(first))
