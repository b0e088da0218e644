"""A release at a glance: how much there is, of what, the countries with the most actions, and the longest chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from rdflib.term import Node

from actiongraph.chains.model import Named
from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.things.involvements import Ranking, Share, named
from actiongraph.things.thing import QUERIES, Naming
from actiongraph.vocabulary import IRI

_MEMBERS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Lane:
    """A chain in one line: its first actions with the year of their start, and how many it has in all."""

    chain: IRI
    size: int
    first: tuple[tuple[Named, str | None], ...]


@dataclass(frozen=True, slots=True)
class ReleaseFigures:
    """The figures of a release by name, the countries with the most actions, and the longest chains.

    `figures` has `described`, `mentioned`, `helped`, `sending`, `partners` and `chains`, which count, and `first` and
    `last`, the years between which actions started, if any year is known.
    """

    figures: Mapping[str, int]
    helped: Ranking
    sending: Ranking
    lanes: tuple[Lane, ...]

    @property
    def actions(self) -> int:
        """The number of actions, described or only mentioned."""
        return self.figures["described"] + self.figures["mentioned"]


def read_figures(engine: Engine, settings: Settings) -> ReleaseFigures:
    """Return the figures of a release.

    Raises:
        EngineError: the engine failed.
    """
    [figures] = QUERIES.ask_once(engine, "release-figures", settings)
    helped, sending = (list(QUERIES.ask_once(engine, f"release-{name}", settings)) for name in ("helped", "sending"))
    chains = list(QUERIES.ask_once(engine, "release-chains", settings))
    members = _members(engine, [row["chain"] for row in chains], settings)
    shown = [row["action"] for rows in members.values() for row in rows[:_MEMBERS_SHOWN]]
    name = Naming(engine, {*(row["other"] for row in (*helped, *sending)), *shown}, settings)
    return ReleaseFigures(
        {key: int(str(value)) for key, value in figures.items()},
        _ranking("Helped", helped, name),
        _ranking("Sent experts", sending, name),
        tuple(
            Lane(
                IRI(str(row["chain"])),
                int(str(row["size"])),
                tuple(
                    (named(name, member["action"]), str(member["year"]) if "year" in member else None)
                    for member in members[row["chain"]][:_MEMBERS_SHOWN]
                ),
            )
            for row in chains
        ),
    )


def _members(engine: Engine, chains: list[Node], settings: Settings) -> Mapping[Node, list[Solution]]:
    members: dict[Node, list[Solution]] = defaultdict(list)
    for row in QUERIES.ask(engine, "release-members", chains, settings):
        members[row["chain"]].append(row)
    for rows in members.values():
        rows.sort(key=lambda row: (int(str(row["depth"])), str(row.get("year", "")), str(row["action"])))
    return members


def _ranking(title: str, rows: list[Solution], name: Naming) -> Ranking:
    return Ranking(title, tuple(Share(named(name, row["other"]), int(str(row["actions"]))) for row in rows))
