"""The names of countries in English, French, Spanish, Portuguese and German, and what their people are called.

`names.csv` is made from Unicode's CLDR by `bench/country_names.py`; `demonyms.csv` is written by hand.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from actiongraph.text import folded

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


def codes() -> tuple[str, ...]:
    """Return the three-letter codes of all countries that have names here."""
    return tuple(_rows("names.csv"))


def demonyms_of(alpha3: str) -> tuple[str, ...]:
    """Return the English demonyms of the country with this code, such as `Greek` and `Hellenic`; those of no other."""
    return tuple(_apart(_rows("demonyms.csv").get(alpha3, {}).get("demonyms", "")))


def alpha2_of(alpha3: str) -> str:
    """Return the two-letter code of the country with this three-letter code of ISO 3166-1; empty of no such code."""
    return _rows("names.csv").get(alpha3, {}).get("alpha2", "")


def find_country(text: str) -> str | None:
    """Return the three-letter code of the country that `text` names, by a code in capitals or a name; None if none.

    Names are those of `names_of` without demonyms, and differ neither by capitals nor by accents. What is the name of
    two countries is that of none.
    """
    text = text.strip()
    return _by_code().get(text) or _by_name().get(folded(text))


@cache
def _by_code() -> Mapping[str, str]:
    codes = {code: code for code in _rows("names.csv")}
    return codes | {row["alpha2"]: code for code, row in _rows("names.csv").items()}


@cache
def _by_name() -> Mapping[str, str]:
    found: dict[str, set[str]] = {}
    for code, row in _rows("names.csv").items():
        by_hand = _rows("demonyms.csv").get(code, {}).get("names", "")
        for cell in (*(row[tag] for tag in LANGUAGES), by_hand):
            for name in _apart(cell):
                found.setdefault(folded(name), set()).add(code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}


def _apart(cell: str) -> Iterator[str]:
    return filter(None, cell.split(_BETWEEN))


@cache
def _rows(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the rows of a file by their alpha-3 code."""
    text = (files("actiongraph.countries") / name).read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {row["alpha3"]: row for row in csv.DictReader(lines)}
