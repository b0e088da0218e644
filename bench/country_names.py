"""Write the names of countries, as Unicode's CLDR has them: `src/actiongraph/countries/names.csv`.

    pip install babel==2.19.0
    python -m bench.country_names > src/actiongraph/countries/names.csv

Babel carries the data of CLDR. The package itself needs neither: the file is read as it is.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version

from babel import Locale
from babel.core import get_global

LOCALES = {"en": ("en",), "fr": ("fr",), "es": ("es",), "pt": ("pt", "pt_PT"), "de": ("de",)}
"""The locales of CLDR that each language is read from; its `pt` is that of Brazil."""
_HEAD = """\
# Names of countries from Unicode CLDR, as in Babel {version}: codes of ISO 3166-1, names by language, divided by |.
# Copyright © 2004-2025 Unicode, Inc. Unicode License V3: see LICENSE-UNICODE, or https://www.unicode.org/license.txt
# Written by bench/country_names.py; do not edit.
"""
_CODE = re.compile("[A-Z]{3}")
_ASIDE = re.compile(r"(.+?) \((.+)\)")
_LEFT_OUT = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR", "QUU", "XAA", "XBB", "ZZZ"}
"""Codes of ISO 3166-3 for which CLDR gives the alpha-2 code of a successor, and those of no country."""
_USUAL = {"XKK": "XKX"}
"""CLDR's own code of Kosovo, and the one that the EU and others use."""


def rows() -> Iterator[tuple[str, ...]]:
    """Yield, for each country in order of its alpha-3 code, both codes and its names in each of `LOCALES`."""
    aliases = get_global("territory_aliases")
    names = {tag: [Locale.parse(locale).territories for locale in locales] for tag, locales in LOCALES.items()}
    for alpha3 in sorted(code for code in aliases if _CODE.fullmatch(code)):
        alpha2, *others = aliases[alpha3]
        if len(alpha2) == 2 and alpha2 in names["en"][0] and not others and alpha3 not in _LEFT_OUT:
            yield alpha2, _USUAL.get(alpha3, alpha3), *("|".join(_different(alpha2, read)) for read in names.values())


def _different(alpha2: str, read: list[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(each for territories in read for each in _apart(territories[alpha2])))


def _apart(name: str) -> Iterator[str]:
    """Yield a name and the other one that stands in brackets after it."""
    found = _ASIDE.fullmatch(name)
    yield from found.groups() if found else (name,)


def written() -> str:
    """Return the file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("alpha2", "alpha3", *LOCALES))
    writer.writerows(rows())
    return _HEAD.format(version=version("babel")) + text.getvalue()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(written())
