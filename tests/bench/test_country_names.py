"""The shipped names of countries: what ISO and common usage say of some, the form of all, and where they come from."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from actiongraph.countries import LANGUAGES, names_of
from bench.countries import RECEIVING, SENDING
from bench.country_names import written

NAMES = (files("actiongraph.countries") / "names.csv").read_text("utf-8")
HEAD, *LINES = [line for line in NAMES.splitlines() if not line.startswith("#")]


def test_the_shipped_names_are_those_of_cldr_and_say_so() -> None:
    assert written() == NAMES
    for said in ("Unicode CLDR", "© 2004-2025 Unicode, Inc.", "Unicode License V3"):
        assert said in NAMES.partition("alpha2")[0]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("GHA", {"en": "Ghana", "pt": "Gana", "": "Ghanaian"}),
        ("DEU", {"en": "Germany", "fr": "Allemagne", "es": "Alemania", "pt": "Alemanha", "de": "Deutschland"}),
        ("CIV", {"fr": "Côte d\u2019Ivoire", "pt": "Costa do Marfim", "": "Ivorian"}),
        ("KHM", {"en": "Cambodia", "fr": "Cambodge", "es": "Camboya", "pt": "Camboja", "de": "Kambodscha"}),
        ("MOZ", {"pt": "Moçambique", "de": "Mosambik", "": "Mozambican"}),
        ("NLD", {"en": "Netherlands", "es": "Países Bajos", "": "Dutch"}),
        ("VNM", {"en": "Vietnam", "pt": "Vietname", "": "Vietnamese"}),
    ],
)
def test_countries_are_known_in_five_languages(code: str, names: dict[str, str]) -> None:
    assert {(name, tag) for tag, name in names.items()} <= set(names_of(code))


def test_codes_for_users_own_purposes_are_no_countries() -> None:
    assert names_of("XAA") == names_of("ZZZ") == names_of("") == ()


def test_each_country_has_its_codes_once_and_a_name_in_each_language() -> None:
    rows = list(csv.DictReader([HEAD, *LINES]))
    assert len(rows) > 240
    for column, pattern in (("alpha2", "[A-Z]{2}"), ("alpha3", "[A-Z]{3}")):
        codes = [row[column] for row in rows]
        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch(pattern, code) for code in codes)
    assert all(row[tag].strip() for row in rows for tag in LANGUAGES)
    by_code = {row["alpha3"]: row["alpha2"] for row in rows}
    assert all(by_code[each.iso3] == each.iso2 for each in (*RECEIVING, *SENDING))


def test_every_generated_country_has_a_demonym() -> None:
    for country in (*RECEIVING, *SENDING):
        assert [name for name, tag in names_of(country.iso3) if not tag], country
