"""Chains read many at a time, each with all that its parts need: what a release keeps of each ready made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from actiongraph.chains.assembling import assembled
from actiongraph.chains.chain import Chain, Evidence, Link, LinkKind, Step
from actiongraph.chains.details import Details
from actiongraph.chains.families import Family, families
from actiongraph.chains.links import Found, check_reach
from actiongraph.chains.order import components
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

_TOGETHER = 2_000
"""Members whose facts are in memory at once."""


@dataclass(frozen=True, slots=True)
class WholeChain:
    """A chain with probable links followed, and what it takes to leave them out again.

    `called` has the evidence of the members that a source calls a follow-up and that only probable links give
    something to follow: without these links they are open ends.
    """

    chain: Chain
    called: Mapping[IRI, tuple[Evidence, ...]] = field(default_factory=dict)

    def around(self, asked: IRI, settings: Settings, *, probable: bool) -> Chain:
        """Return what `trace_chain` does for `asked`, one of the members.

        Raises:
            ChainTooLong: a member is more than `settings.max_hops` links away from `asked`.
        """
        kinds = set(LinkKind) if probable else {LinkKind.STATED}
        found = [(link.later, link.earlier, link.kind) for link in self.chain.links if link.kind in kinds]
        if probable:
            check_reach(asked, found, settings)
            return self.chain
        members = next((part for part in components(_pairs(found)) if asked in part), frozenset({asked}))
        own = [link for link in found if link[0] in members]
        check_reach(asked, own, settings)
        return assembled(sorted(members), own, _Known(self), settings.base, probable=False)


def whole_chains(engine: Engine, links: Iterable[Found], settings: Settings) -> Iterator[WholeChain]:
    """Yield the chain of all `links` that are joined, one for each family; an action that only follows itself too.

    Takes time linear in the links, and memory for some thousand members.

    Raises:
        EngineError: the engine failed.
    """
    for batch in _batches(families(links)):
        details = Details(engine, [member for members, _ in batch for member in sorted(members)], settings)
        for members, own in batch:
            chain = assembled(sorted(members), own, details, settings.base, probable=True)
            yield WholeChain(chain, dict(_called(own, details)))


def _batches(found: Iterable[Family]) -> Iterator[list[Family]]:
    batch: list[Family] = []
    members = 0
    for family in found:
        batch.append(family)
        members += len(family[0])
        if members >= _TOGETHER:
            yield batch
            batch, members = [], 0
    if batch:
        yield batch


def _called(links: Iterable[Found], details: Details) -> Iterator[tuple[IRI, tuple[Evidence, ...]]]:
    outside = [link for link in links if link[0] != link[1]]
    stated = {later for later, _, kind in outside if kind is LinkKind.STATED}
    for action in sorted({later for later, _, _ in outside} - stated):
        found = details.called_on(action)
        if found is not None:
            yield action, found


def _pairs(links: Iterable[Found]) -> Iterator[tuple[IRI, IRI]]:
    return ((later, earlier) for later, earlier, _ in links)


class _Known:
    """What a whole chain knows of its members; see `assembling.Facts`."""

    def __init__(self, whole: WholeChain) -> None:
        self._called = whole.called
        self._steps = {step.action: step for step in whole.chain.steps}
        self._links = {_found(link): link for link in whole.chain.links}

    def step(self, action: IRI, depth: int, *, follows: bool) -> Step:
        step = self._steps[action]
        if follows or step.open_end or action not in self._called:
            return replace(step, depth=depth)
        return replace(step, depth=depth, open_end=True, open_end_evidence=self._called[action])

    def evidence(self, later: IRI, kind: LinkKind, earlier: IRI) -> tuple[Evidence, ...]:
        return self._links[later, earlier, kind].evidence


def _found(link: Link) -> Found:
    return link.later, link.earlier, link.kind
