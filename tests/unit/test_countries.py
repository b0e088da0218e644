"""Countries by what tables and pages call them."""

from __future__ import annotations

import pytest

from actiongraph.countries import alpha2_of, find_country


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("GH", "GHA"),
        ("GHA", "GHA"),
        (" Ghana ", "GHA"),
        ("TOGO", "TGO"),
        ("Alemania", "DEU"),
        ("Frankreich", "FRA"),
        ("Países Baixos", "NLD"),
        ("Cote d'Ivoire", "CIV"),
        ("Czechia", "CZE"),
        ("Kosovo", "XKX"),
        ("Palestine", "PSE"),
        ("North Macedonia", "MKD"),
        ("République démocratique du Congo", "COD"),
    ],
)
def test_a_code_or_a_name_in_one_of_five_languages_is_a_country(text, code):
    assert find_country(text) == code


@pytest.mark.parametrize(
    "text", ["", "gh", "Atlantis", "Ghanaian", "Togo and Ghana", "Africa", "EU", "XX", "Guinea Ecuador"]
)
def test_what_names_none_or_a_people_is_none(text):
    assert find_country(text) is None


def test_each_code_has_its_pair():
    assert (alpha2_of("GHA"), alpha2_of("XXX")) == ("GH", "")
