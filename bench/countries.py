"""The countries that generated actions happen in, and those that generated experts come from."""

from __future__ import annotations

from typing import NamedTuple

from actiongraph.vocabulary import BASE


class Country(NamedTuple):
    """A country with its codes of ISO 3166-1 and its name in English."""

    iso3: str
    iso2: str
    name: str

    @property
    def iri(self) -> str:
        """The address of the country."""
        return f"{BASE}id/country/{self.iso3}"


def _read(table: str) -> tuple[Country, ...]:
    return tuple(Country(*line.split(maxsplit=2)) for line in table.strip().splitlines())


RECEIVING = _read("""
    GHA GH Ghana
    COL CO Colombia
    MEX MX Mexico
    ARM AM Armenia
    KHM KH Cambodia
    PER PE Peru
    KEN KE Kenya
    ECU EC Ecuador
    CHL CL Chile
    URY UY Uruguay
    PRY PY Paraguay
    BRA BR Brazil
    ARG AR Argentina
    CRI CR Costa Rica
    PAN PA Panama
    SEN SN Senegal
    MAR MA Morocco
    TUN TN Tunisia
    ZMB ZM Zambia
    UGA UG Uganda
    TZA TZ Tanzania
    MOZ MZ Mozambique
    NAM NA Namibia
    BWA BW Botswana
    RWA RW Rwanda
    ETH ET Ethiopia
    VNM VN Viet Nam
    PHL PH Philippines
    IDN ID Indonesia
    MNG MN Mongolia
    NPL NP Nepal
    KGZ KG Kyrgyzstan
    GEO GE Georgia
    UKR UA Ukraine
    MDA MD Moldova
    JOR JO Jordan
    LBN LB Lebanon
    FJI FJ Fiji
""")
"""The first receives most actions, each further one fewer."""

SENDING = _read("""
    FRA FR France
    ESP ES Spain
    ITA IT Italy
    DEU DE Germany
    GRC GR Greece
    LTU LT Lithuania
    CYP CY Cyprus
    PRT PT Portugal
    BEL BE Belgium
    AUT AT Austria
    FIN FI Finland
    EST EE Estonia
""")
