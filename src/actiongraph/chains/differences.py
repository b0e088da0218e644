"""The differences between an action and the one it follows: things that it adds, keeps and drops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from actiongraph.chains.fields import THINGS, StepField
from actiongraph.chains.model import Chain, Link, Lookup, Named, Step


@dataclass(frozen=True, slots=True)
class Difference:
    """The things that the later action adds, keeps and drops."""

    added: tuple[Named, ...] = ()
    kept: tuple[Named, ...] = ()
    dropped: tuple[Named, ...] = ()


def differences(chain: Chain | Lookup, link: Link) -> Mapping[StepField, Difference | None]:
    """Return the things that the later action of `link` adds, keeps and drops against the earlier one, by field.

    It is None where a field is not known whole on both sides, for unknown is not dropped. For many
    links, give a `Lookup`.

    Raises:
        KeyError: `chain` has no such actions.
    """
    earlier, later = chain.step(link.earlier), chain.step(link.later)
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
    kept = tuple(thing for thing in after if thing in before)
    difference = Difference(_without(after, before), kept, _without(before, after))
    # What differs must be identified: two names as printed may be two spellings of one thing.
    identified = all(thing.iri is not None for thing in (*difference.added, *difference.dropped))
    return difference if identified else None


def _without(things: Iterable[Named], others: tuple[Named, ...]) -> tuple[Named, ...]:
    return tuple(thing for thing in things if thing not in others)
