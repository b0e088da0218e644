"""The names of countries in English, French, Spanish, Portuguese and German, and what their people are called.

`names.csv` is made from Unicode's CLDR by `bench/country_names.py`; `demonyms.csv` is written by hand.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "fr", "es", "pt", "de")
_BETWEEN = "|"


@cache
def names_of(alpha3: str) -> tuple[tuple[str, str], ...]:
    """Return the names of the country with this code of ISO 3166-1, each with its language tag; none of no such code.

    What was written by hand, demonyms among it, comes last and has no tag.
    """
    named, called = _rows("names.csv").get(alpha3, {}), _rows("demonyms.csv").get(alpha3, {})
    found = [(name, tag) for tag in LANGUAGES for name in _apart(named.get(tag, ""))]
    return (*found, *((name, "") for column in ("names", "demonyms") for name in _apart(called.get(column, ""))))


def alpha3_of(alpha2: str) -> str | None:
    """Return the three-letter code of the country with this two-letter code of ISO 3166-1; None of no such country."""
    return _alpha3_by_alpha2().get(alpha2)


@cache
def _alpha3_by_alpha2() -> Mapping[str, str]:
    return {row["alpha2"]: alpha3 for alpha3, row in _rows("names.csv").items()}


def _apart(cell: str) -> Iterator[str]:
    return filter(None, cell.split(_BETWEEN))


@cache
def _rows(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the rows of a file by their alpha-3 code."""
    text = (files("actiongraph.countries") / name).read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {row["alpha3"]: row for row in csv.DictReader(lines)}
