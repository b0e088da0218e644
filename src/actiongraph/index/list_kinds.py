"""The lists of a release: actions, partners, countries, themes and chains, with their columns, facets and orders.

The writers and the reader of their indices, their pages and the queries that give the same rows go by this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class CellKind(StrEnum):
    """The values of a column: a text, a whole number, things with names, the IRI of a chain, or yes and no."""

    TEXT = "text"
    NUMBER = "number"
    THINGS = "things"
    CHAIN = "chain"
    FLAG = "flag"


class FacetKind(StrEnum):
    """The values of a facet: things with names, years, a few words such as yes and no, or the words of texts.

    The words of texts are sought and never shown as values.
    """

    THING = "thing"
    YEAR = "year"
    WORD = "word"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list; `name` heads it in CSV, JSON and the results of its query."""

    name: str
    kind: CellKind


@dataclass(frozen=True, slots=True)
class Facet:
    """A property by which the rows of a list are counted and chosen; `name` is its parameter in addresses.

    `words` are the values of one that has words, in the order in which they are shown.
    """

    name: str
    kind: FacetKind = FacetKind.THING
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListKind:
    """A list. `row` is the noun for a row; `orders` names what it is sorted by, the first unless another is chosen."""

    name: str
    row: str
    columns: tuple[ListColumn, ...]
    facets: tuple[Facet, ...]
    orders: tuple[str, ...]


YES_NO = ("yes", "no")
YEAR = Facet("year", FacetKind.YEAR)
"""The year in which an action began; addresses name the first year and the last."""
_COUNTRY, _TYPE, _THEME = Facet("country"), Facet("type"), Facet("theme")


def _columns(**kinds: CellKind) -> tuple[ListColumn, ...]:
    return tuple(ListColumn(name, kind) for name, kind in kinds.items())


ACTIONS = ListKind(
    "actions",
    "action",
    _columns(
        title=CellKind.TEXT,
        number=CellKind.TEXT,
        first_year=CellKind.NUMBER,
        last_year=CellKind.NUMBER,
        countries=CellKind.THINGS,
        experts_from=CellKind.THINGS,
        partners=CellKind.THINGS,
        assistance_types=CellKind.THINGS,
        themes=CellKind.THINGS,
        chain=CellKind.CHAIN,
        chain_size=CellKind.NUMBER,
        mentioned_only=CellKind.FLAG,
    ),
    (
        _COUNTRY,
        Facet("sender"),
        Facet("partner"),
        _TYPE,
        _THEME,
        YEAR,
        Facet("chain", FacetKind.WORD, YES_NO),
        Facet("mention", FacetKind.WORD, YES_NO),
    ),
    ("title", "year", "country", "partner", "type", "chain"),
)
PARTNERS = ListKind(
    "partners",
    "partner",
    _columns(
        name=CellKind.TEXT,
        abbreviations=CellKind.TEXT,
        countries=CellKind.THINGS,
        actions=CellKind.NUMBER,
        first_year=CellKind.NUMBER,
        last_year=CellKind.NUMBER,
    ),
    (_COUNTRY, _TYPE, _THEME, YEAR),
    ("name", "abbreviation", "country", "actions", "year"),
)
COUNTRIES = ListKind(
    "countries",
    "country",
    _columns(
        name=CellKind.TEXT,
        received=CellKind.NUMBER,
        sent=CellKind.NUMBER,
        partners=CellKind.NUMBER,
    ),
    (Facet("part", FacetKind.WORD, ("received", "sent")), _TYPE, _THEME),
    ("name", "received", "sent", "partners"),
)
THEMES = ListKind(
    "themes",
    "theme",
    _columns(
        name=CellKind.TEXT,
        broader=CellKind.THINGS,
        level=CellKind.NUMBER,
        actions=CellKind.NUMBER,
        first_year=CellKind.NUMBER,
        last_year=CellKind.NUMBER,
    ),
    (_COUNTRY, _TYPE, YEAR),
    ("scheme", "name", "actions", "year"),
)
SIZES = MappingProxyType({"2": (2, 2), "3-5": (3, 5), "6-12": (6, 12), "13-60": (13, 60), "over-60": (61, None)})
"""The least and the most actions of a chain, by the word for it in addresses; the last has no most."""
TEXT = Facet("text", FacetKind.TEXT)
"""The words in the titles and numbers of actions, and in the names of what they are with."""
CHAINS = ListKind(
    "chains",
    "chain",
    (),
    (
        _COUNTRY,
        Facet("partner"),
        _TYPE,
        _THEME,
        Facet("place"),
        YEAR,
        Facet("size", FacetKind.WORD, tuple(SIZES)),
        TEXT,
    ),
    ("length", "actions", "year", "country", "partner"),
)
"""The chains, whose index is that of chains; their columns are those of `chains.formats.listing`."""
LIST_KINDS = (ACTIONS, PARTNERS, COUNTRIES, THEMES)
"""The lists of the index of lists, each in its place."""
