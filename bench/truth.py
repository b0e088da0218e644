"""What is true of generated data, counted while it is made and never by asking it."""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.actions import Action, Partner
from bench.countries import Country

TITLES_KEPT = 50
PAGE = 100
_PAGES = 8
_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain: the country of its members, the members with their depths, and the links from later to earlier."""

    country: Country
    depths: dict[str, int]
    links: tuple[tuple[str, str], ...]

    @property
    def length(self) -> int:
        """The actions on the longest way."""
        return max(self.depths.values()) + 1

    def after(self, action: str) -> set[str]:
        """Return the members that follow `action`, directly or not."""
        found: set[str] = set()
        for later, earlier in self.links:  # each piece was made with the earlier first
            if earlier == action or earlier in found:
                found.add(later)
        return found


@dataclass(slots=True)
class Truth:
    """The counts, chains and samples of one generation. Actions, partners and chains are given by their IRIs."""

    actions: int = 0
    referenced: int = 0
    triples: Counter[str] = field(default_factory=Counter)
    by_country: Counter[Country] = field(default_factory=Counter)
    by_type: Counter[str] = field(default_factory=Counter)
    by_theme: Counter[str] = field(default_factory=Counter)
    by_topic: Counter[str] = field(default_factory=Counter)
    by_year: Counter[int] = field(default_factory=Counter)
    by_sender: Counter[Country] = field(default_factory=Counter)
    by_partner: Counter[Partner] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    partners: dict[Country, list[Partner]] = field(default_factory=lambda: defaultdict(list))
    chains: list[Chain] = field(default_factory=list)
    titles: dict[Country, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Of each country, the first `TITLES_KEPT` titles in the order of their code points, with the actions."""
    samples: list[Action] = field(default_factory=list)
    """Some described actions, spread over all, and so of all sizes of chain."""
    numbers: list[Action] = field(default_factory=list)
    """Some actions that are only referenced."""
    pieces: dict[int, Sequence[Action]] = field(default_factory=dict)
    """The first chain of each size, with all its actions, the earlier ones first."""
    pages: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By some described actions, the next `PAGE` in the order of their IRIs, with their titles."""
    listing: list[tuple[str, str]] = field(default_factory=list)
    """What the first source describes, with the titles."""
    classes: Counter[str] = field(default_factory=Counter)
    """By the IRIs of classes, how many things are said to be of them, before anything is derived."""

    @property
    def described(self) -> int:
        """How many actions a source describes."""
        return self.actions - self.referenced

    @property
    def returning(self) -> dict[Partner, int]:
        """The partners with more than one action, and with how many."""
        return {partner: count for partner, count in self.by_partner.items() if count > 1}

    def note(self, piece: Sequence[Action], of: int, *, is_first_source: bool) -> None:
        """Take note of a connected piece of the `of` actions that will be made."""
        if is_first_source:
            self.listing += ((action.iri, action.title) for action in piece if action.partner)
        if len(piece) > 1:
            self.pieces.setdefault(len(piece), piece)
            links = tuple((action.iri, link.earlier.iri) for action in piece for link in action.links)
            depths = {action.iri: action.depth for action in piece}
            self.chains.append(Chain(piece[0].country, depths, links))
        for action in piece:
            self._note_action(action, max(1, of // _SAMPLES))
            if action.partner:
                self._note_page(action, max(PAGE, of // _PAGES))

    def _note_page(self, action: Action, every: int) -> None:
        """Add a described action to the last page, and begin the next one after it; IRIs are in the order of making."""
        if self.pages and len(page := next(reversed(self.pages.values()))) < PAGE:
            page.append((action.iri, action.title))
        if self.described % every == 1:
            self.pages[action.iri] = []

    def _note_action(self, action: Action, every: int) -> None:
        self.actions += 1
        self.by_country[action.country] += 1
        if action.partner is None:
            self.referenced += 1
            if len(self.numbers) < _SAMPLES:
                self.numbers.append(action)
            return
        if self.actions % every == 0:
            self.samples.append(action)
        self._note_partner(action.partner, is_new=action.is_partner_new)
        self.by_type[action.assistance] += 1
        self.by_theme.update(action.themes)
        self.by_topic[action.topic] += 1
        self.by_sender.update({country for team in action.teams for country in team})
        self.links.update("stated" if link.stated else "probable" for link in action.links)
        if action.start:
            self.by_year[int(action.start[:4])] += 1
        first = self.titles[action.country]
        insort(first, (action.title, action.iri))
        del first[TITLES_KEPT:]

    def _note_partner(self, partner: Partner, *, is_new: bool) -> None:
        self.by_partner[partner] += 1
        if is_new:
            self.partners[partner.country].append(partner)

    def summary(self) -> dict[str, Any]:
        """Return the counts for a reader."""
        return {
            "actions": self.actions,
            "described": self.described,
            "referenced": self.referenced,
            "triples": sum(self.triples.values()),
            "triples_by_graph": dict(sorted(self.triples.items())),
            "links": dict(sorted(self.links.items())),
            "chains": len(self.chains),
            "chains_by_length": {str(n): count for n, count in sorted(Counter(c.length for c in self.chains).items())},
            "partners": len(self.by_partner),
            "returning_partners": len(self.returning),
            "by_country": {country.iso3: count for country, count in self.by_country.most_common()},
            "by_sending_country": {country.iso3: count for country, count in self.by_sender.most_common()},
            "by_type": dict(self.by_type.most_common()),
            "by_theme": dict(self.by_theme.most_common()),
            "by_year": {str(year): count for year, count in sorted(self.by_year.items())},
        }
