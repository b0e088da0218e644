"""A chain of follow-ups as one object: what every way of writing it starts from."""

from __future__ import annotations

from abc import ABC
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Self

from actiongraph.chains.dates import Gap
from actiongraph.chains.fields import THINGS, StepField
from actiongraph.iris import key_of
from actiongraph.vocabulary import AG, IRI


class LinkKind(StrEnum):
    """The authority for a follow-up: a source, or someone who concluded it."""

    STATED = "stated"
    PROBABLE = "probable"

    @property
    def predicate(self) -> IRI:
        """The property that such links have in the data."""
        return _STATED if self is LinkKind.STATED else _PROBABLE


_STATED, _PROBABLE = AG.followUpOf, AG.probableFollowUpOf


class Text(str):
    """A text or date as the data has it, with its language tag or datatype; it is equal to any such text."""

    __slots__ = ("datatype", "language")
    language: str | None
    datatype: IRI | None

    def __new__(cls, text: str, language: str | None = None, datatype: IRI | None = None) -> Self:
        """Return `text` with what the data says of it."""
        made = super().__new__(cls, text)
        made.language, made.datatype = language, datatype
        return made


if TYPE_CHECKING:
    Words = str
else:

    class Words(ABC):  # noqa: B024 - a str is registered as one
        """A `str`, which may be a `Text`: a type of its own, so that a JSON codec keeps language and datatype."""

    Words.register(str)


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with the name to show; `iri` is None where only the name is known."""

    name: Words
    iri: IRI | None = None


def by_name(things: Collection[Named]) -> tuple[Named, ...]:
    """Return `things` by their names, those of one name by IRI."""
    return tuple(things if len(things) < 2 else sorted(things, key=lambda thing: (thing.name, str(thing.iri))))


def joined_names(things: Iterable[Named], between: str = "; ") -> str:
    """Return the names of `things` in one text."""
    return between.join(thing.name for thing in things)


@dataclass(frozen=True, slots=True)
class Team:
    """A team of experts and the countries that sent it; no countries means that they are unknown."""

    iri: IRI | None
    countries: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a source: the quoted fragment, and its position in code points from 0, the end not included.

    `now` is what a newer snapshot has in place of a fragment that it lacks, or empty; None where it lacks none.
    """

    quote: Words | None = None
    start: int | None = None
    end: int | None = None
    source: Named | None = None
    iri: IRI | None = None
    quote_selector: IRI | None = None
    position_selector: IRI | None = None
    now: Words | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One source statement: on what something rests, why it is believed and how firmly, from 0 to 1.

    `conflicts` are other values of the same property that cannot be right if this one is.
    """

    basis: Words | None = None
    reason: Words | None = None
    confidence: Decimal | None = None
    passages: tuple[Passage, ...] = ()
    statement: IRI | None = None
    basis_concept: IRI | None = None
    conflicts: tuple[str, ...] = ()


class FollowUp(NamedTuple):
    """One action follows another, and who says so."""

    later: IRI
    earlier: IRI
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class Link:
    """One action follows another, on this evidence; `gap` is the time between them, None where it is unknown."""

    later: IRI
    earlier: IRI
    kind: LinkKind
    evidence: tuple[Evidence, ...] = ()
    gap: Gap | None = None

    @property
    def confidence(self) -> Decimal | None:
        """The confidence in the link, from 0 to 1: the first confidence that its evidence has."""
        return next((found.confidence for found in self.evidence if found.confidence is not None), None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the link is believed, as far as its evidence says."""
        return tuple(found.reason for found in self.evidence if found.reason)

    @property
    def fragments(self) -> tuple[str, ...]:
        """The fragments of sources that the evidence quotes."""
        return tuple(passage.quote for found in self.evidence for passage in found.passages if passage.quote)


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a chain. What is None or empty is unknown.

    `described` is False for a stub, known only because another action names it. `depth` is the
    number of links on the longest path from a root. `open_end` is True where a source calls the
    action a follow-up and the chain has nothing that it follows; `open_end_evidence` is what that
    rests on. `start` and `end` are as printed: a date, a month or a year. `outcomes` are the
    organizations that the action set up or prepared. `types` are its classes in the data.
    """

    action: IRI
    key: str
    number: Words | None = None
    title: Words | None = None
    described: bool = True
    types: tuple[IRI, ...] = ()
    countries: tuple[Named, ...] = ()
    partners: tuple[Named, ...] = ()
    teams: tuple[Team, ...] = ()
    assistance_types: tuple[Named, ...] = ()
    themes: tuple[Named, ...] = ()
    outcomes: tuple[Named, ...] = ()
    facilities: tuple[Named, ...] = ()
    start: Words | None = None
    end: Words | None = None
    depth: int = 0
    open_end: bool = False
    open_end_evidence: tuple[Evidence, ...] = ()

    @property
    def sending_countries(self) -> tuple[Named, ...]:
        """The countries that sent the experts of all teams together, each once."""
        return tuple(dict.fromkeys(country for team in self.teams for country in team.countries))

    @property
    def name(self) -> str:
        """The name of the action: its title, else its number, else its key."""
        return self.title or self.number or self.key

    @property
    def mention(self) -> str:
        """How a stub is known, in words; empty for an action that is described."""
        return "" if self.described else f"mentioned only by {'number' if self.number else 'IRI'}"


@dataclass(frozen=True, slots=True)
class Chain:
    """All actions that follow-ups join, in order, and the links between them.

    The same chain comes back whichever of its members is requested. `probable` tells whether probable
    links were followed. `loops` are the actions that follow each other in a circle, or themselves.
    `key` is that of its earliest root: the first by links, then by start, then by key, so that it stays as the chain
    grows. `iri` is the name of the chain in a release; None where it would not stand there: for an action that is
    alone, or without probable links.
    """

    key: str
    steps: tuple[Step, ...]
    links: tuple[Link, ...]
    loops: tuple[tuple[IRI, ...], ...] = ()
    probable: bool = True
    iri: IRI | None = None

    @property
    def alone(self) -> bool:
        """Tell whether the action is linked to no other; then it is no chain in the strict sense."""
        return len(self.steps) == 1

    @property
    def length(self) -> int:
        """The number of actions on the longest path, a loop counted once."""
        return max(step.depth for step in self.steps) + 1

    @property
    def roots(self) -> tuple[IRI, ...]:
        """The actions the chain begins with, in order."""
        return tuple(step.action for step in self.steps if step.depth == 0)

    @property
    def forks(self) -> tuple[IRI, ...]:
        """The actions that two or more others follow, in order."""
        return self._shared((link.earlier, link.later) for link in self.links)

    @property
    def joins(self) -> tuple[IRI, ...]:
        """The actions that follow two or more others, in order."""
        return self._shared((link.later, link.earlier) for link in self.links)

    def _shared(self, pairs: Iterable[tuple[IRI, IRI]]) -> tuple[IRI, ...]:
        others: dict[IRI, set[IRI]] = defaultdict(set)
        for action, other in pairs:
            if other != action:
                others[action].add(other)
        return tuple(step.action for step in self.steps if len(others[step.action]) > 1)


class Lookup:
    """The steps and links of a chain by their actions, made once, in time linear in the chain.

    `position` counts from 1; `before` has the links to what an action follows, `after` those to what follows it.
    """

    def __init__(self, chain: Chain) -> None:
        """Look through `chain`."""
        self.steps = {step.action: step for step in chain.steps}
        self.position = {step.action: position for position, step in enumerate(chain.steps, start=1)}
        self.before: dict[IRI, list[Link]] = {step.action: [] for step in chain.steps}
        self.after: dict[IRI, list[Link]] = {step.action: [] for step in chain.steps}
        for link in chain.links:
            self.before[link.later].append(link)
            self.after[link.earlier].append(link)
        self.forks, self.joins = frozenset(chain.forks), frozenset(chain.joins)


def chain_iri(root: str, base: str) -> IRI:
    """Return the name of the chain whose earliest root is `root`, under the base of that action, else under `base`."""
    path = f"id/action/{key_of(root)}"
    return IRI(f"{root.removesuffix(path) if root.endswith('/' + path) else base}id/chain/{key_of(root)}")


@dataclass(frozen=True, slots=True)
class Difference:
    """The things that the later action adds, keeps and drops."""

    added: tuple[Named, ...] = ()
    kept: tuple[Named, ...] = ()
    dropped: tuple[Named, ...] = ()


def differences(lookup: Lookup, link: Link) -> Mapping[StepField, Difference | None]:
    """Return the things that the later action of `link` adds, keeps and drops against the earlier one, by field.

    It is None where a field is not known whole on both sides, for unknown is not dropped.
    """
    earlier, later = lookup.steps[link.earlier], lookup.steps[link.later]
    return {field: _difference(_known(earlier, field), _known(later, field)) for field in THINGS if field.compared_as}


def _known(step: Step, field: StepField) -> tuple[Named, ...]:
    """Return the things of a field; no sending countries where those of one team are unknown, for it may be any."""
    if field.name == "sending_countries" and not all(team.countries for team in step.teams):
        return ()
    things: tuple[Named, ...] = getattr(step, field.name)
    return things


def _difference(before: tuple[Named, ...], after: tuple[Named, ...]) -> Difference | None:
    if not before or not after:
        return None
    difference = Difference(
        added=tuple(thing for thing in after if thing not in before),
        kept=tuple(thing for thing in after if thing in before),
        dropped=tuple(thing for thing in before if thing not in after),
    )
    # What differs must be identified: two names as printed may be two spellings of one thing.
    identified = all(thing.iri is not None for thing in (*difference.added, *difference.dropped))
    return difference if identified else None
