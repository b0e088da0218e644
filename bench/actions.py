"""Made-up actions, one connected piece at a time: alone, in lines, forks and joins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain as joined
from random import Random

from actiongraph.vocabulary import BASE, CONCEPT
from bench.countries import RECEIVING, SENDING, Country

TYPES = tuple(
    f"{CONCEPT}assistance/{key}"
    for key in (
        "policy-development",
        "legislative-regulatory",
        "organisational-management",
        "institutional-strengthening",
        "institutional-regulatory-policy",
    )
)
THEMES = tuple(
    f"{CONCEPT}theme/{key}" for key in ("informal-work", "atypical-work", "disability", "pensions", "strategy")
)
ROLES = tuple(f"{CONCEPT}team-role/{key}" for key in ("adviser", "facilitator", "trainer", "reviewer"))
TOPICS = (
    "sickness insurance",
    "pension reform",
    "labour inspection",
    "street vendors",
    "child benefits",
    "disability assessment",
    "unemployment insurance",
    "data exchange",
)
VERBS = ("Reforming", "Extending", "Building", "Reviewing", "Strengthening")
PLACES_PER_COUNTRY = 3
LONGEST = 30
_EPOCH = date(2005, 1, 1)
_OPENING = (("fork", 4), ("join", 3), ("line", 2))
"""What even nine actions begin with, so that every query has an answer."""


@dataclass(frozen=True, slots=True)
class Partner:
    """An organization that asks for actions."""

    number: int
    country: Country

    @property
    def iri(self) -> str:
        """The address of the partner."""
        return f"{BASE}id/org/{self.country.iso3.lower()}-{self.number:05d}"

    @property
    def name(self) -> str:
        """The English name, which no other partner has."""
        return f"Social Security Institute {self.number} of {self.country.name}"


@dataclass(frozen=True, slots=True)
class Link:
    """A follow-up of an earlier action, stated by the source or only probable."""

    earlier: Action
    stated: bool


@dataclass(frozen=True, slots=True)
class Action:
    """An action; only referenced where it has a number, else described.

    `start` has the precision that is written; `depth` counts the links of the longest way from a root.
    `teams` has the sending countries of each expert team.
    """

    key: str
    number: str | None
    country: Country
    depth: int
    title: str = ""
    topic: str = ""
    partner: Partner | None = None
    is_partner_new: bool = False
    assistance: str = ""
    themes: tuple[str, ...] = ()
    place: int | None = None
    start: str | None = None
    teams: tuple[tuple[Country, ...], ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def iri(self) -> str:
        """The address of the action."""
        return f"{BASE}id/action/{self.key}"


def invent(actions: int, random: Random) -> Iterator[list[Action]]:
    """Yield made-up actions, `actions` in all, in connected pieces, the earlier ones of each first.

    The memory this takes does not grow with their number, apart from the partners of each country.
    """
    inventor = _Inventor(random)
    made = 0
    for shape, size in joined(_OPENING, [("line", LONGEST)] if actions >= 100 else [], _shapes(random)):
        piece = inventor.piece(shape, min(size, actions - made))
        made += len(piece)
        yield piece
        if made == actions:
            return


def _shapes(random: Random) -> Iterator[tuple[str, int]]:
    while True:
        if random.random() < 0.87:
            yield "line", 1
        else:
            size = random.choices((2, 3, random.randint(4, 8), random.randint(9, 29), LONGEST), (52, 26, 16, 5, 1))[0]
            yield random.choices(("line", "fork", "join"), (70, 18, 12))[0], size


def earlier_of(shape: str, size: int, place: int) -> tuple[int, ...]:
    """Return the places of those that the member at `place` of a piece directly follows."""
    if place == 0:
        return ()
    if shape == "line" or size < 3:
        return (place - 1,)
    if shape == "join":
        if place == size - 1:
            return (place - 1, place - 2)
        return (place - 2,) if place >= 2 else ()
    trunk = size // 2
    return (place - 1,) if place < trunk else (max(place - 2, trunk - 1),)


class _Inventor:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._partners = dict.fromkeys(RECEIVING, 0)
        self._weights = [1 / (rank + 2) for rank in range(len(RECEIVING))]
        self._described = 0
        self._referenced = 0

    def piece(self, shape: str, size: int) -> list[Action]:
        """Return `size` actions in one country, joined in `shape`; the first may be one that is only referenced."""
        random = self._random
        country = random.choices(RECEIVING, self._weights)[0]
        first_referenced = size > 1 and (self._described == 0 or random.random() < 0.3)
        begun = _EPOCH + timedelta(days=random.randrange(4_000))
        piece: list[Action] = []
        for place in range(size):
            earlier = [piece[other] for other in earlier_of(shape, size, place)]
            if place == 0 and first_referenced:
                piece.append(self._reference(country))
            else:
                piece.append(self._describe(country, begun, earlier, piece[-1].partner if piece else None))
            begun += timedelta(days=random.randrange(20, 200))
        return piece

    def _reference(self, country: Country) -> Action:
        years, running = self._referenced % 12, self._referenced // 12 + 1
        self._referenced += 1
        number = f"{2013 + years}-{running:02d}"
        return Action(key=number, number=number, country=country, depth=0)

    def _describe(self, country: Country, begun: date, earlier: Sequence[Action], usual: Partner | None) -> Action:
        random = self._random
        self._described += 1
        partner, is_new = (usual, False) if usual and random.random() < 0.8 else self._partner(country)
        topic = random.choice(TOPICS)
        return Action(
            key=f"action-{self._described:07d}",
            number=None,
            country=country,
            depth=max((action.depth + 1 for action in earlier), default=0),
            title=f"{random.choice(VERBS)} {topic} in {country.name} ({self._described})",
            topic=topic,
            partner=partner,
            is_partner_new=is_new,
            assistance=random.choices(TYPES, (30, 25, 20, 15, 10))[0],
            themes=tuple(random.sample(THEMES, random.choices((1, 2), (80, 20))[0])),
            place=random.randrange(PLACES_PER_COUNTRY) if random.random() < 0.3 else None,
            start=self._written(begun),
            teams=tuple(self._team() for _ in range(random.choices((0, 1, 2), (50, 42, 8))[0])),
            links=tuple(Link(action, action.number is not None or random.random() < 0.6) for action in earlier),
        )

    def _partner(self, country: Country) -> tuple[Partner, bool]:
        """Return a partner of `country`, and whether it is one that no action had before."""
        known = self._partners[country]
        if known and self._random.random() < 0.65:
            return Partner(self._random.randint(1, known), country), False
        self._partners[country] += 1
        return Partner(known + 1, country), True

    def _team(self) -> tuple[Country, ...]:
        return tuple(self._random.sample(SENDING, self._random.choices((0, 1, 2, 3), (15, 50, 25, 10))[0]))

    def _written(self, day: date) -> str | None:
        length = self._random.choices((10, 7, 4, 0), (60, 15, 10, 15))[0]
        return day.isoformat()[:length] or None
