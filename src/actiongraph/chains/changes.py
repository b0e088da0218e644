"""What a step adds to the one it follows, keeps of it and drops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actiongraph.chains.chain import Chain, Link, Lookup, Named, Step


@dataclass(frozen=True, slots=True)
class Change:
    """What the later action adds, keeps and drops, each by name."""

    added: tuple[Named, ...] = ()
    kept: tuple[Named, ...] = ()
    dropped: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What changes along a link; None where it is not known whole on both sides, for unknown is not dropped."""

    partners: Change | None = None
    sending_countries: Change | None = None
    assistance_types: Change | None = None
    themes: Change | None = None


def changes(chain: Chain | Lookup, link: Link) -> Changes:
    """Return what the later action of `link` adds, keeps and drops against the earlier one.

    Whoever asks for many links gives a `Lookup`.

    Raises:
        KeyError: `chain` has no such actions.
    """
    earlier, later = chain.step(link.earlier), chain.step(link.later)
    return Changes(
        _change(earlier.partners, later.partners),
        _change(_senders(earlier), _senders(later)),
        _change(earlier.assistance_types, later.assistance_types),
        _change(earlier.themes, later.themes),
    )


def _senders(step: Step) -> tuple[Named, ...]:
    """Return the countries that sent experts; none where those of one team are unknown, for it may be any."""
    if not all(team.countries for team in step.teams):
        return ()
    return step.sending_countries


def _change(before: tuple[Named, ...], after: tuple[Named, ...]) -> Change | None:
    if not before or not after:
        return None
    change = Change(
        added=_without(after, before),
        kept=tuple(thing for thing in after if thing in before),
        dropped=_without(before, after),
    )
    return change if _comparable(change) else None


def _without(things: Iterable[Named], others: tuple[Named, ...]) -> tuple[Named, ...]:
    return tuple(thing for thing in things if thing not in others)


def _comparable(change: Change) -> bool:
    """Tell whether what differs is identified: two names as printed may be two spellings of one thing."""
    return all(thing.iri is not None for thing in (*change.added, *change.dropped))
