"""The chains that the actions in the rows of a result are in, for the view of it that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from actiongraph.chains.model import Chain, Step
from actiongraph.chains.outline import Branch, beginning, outline, summary
from actiongraph.index.chain_index import open_chains
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI
from actiongraph.web.chain_pages import ChainTarget
from actiongraph.web.chain_view import PICTURE_UP_TO

_MOST = 20
"""Chains that a page shows."""


@dataclass(frozen=True, slots=True)
class ResultChain:
    """A chain, its address, and which of its actions are in the rows; `anchor` gives the address of an action."""

    chain: Chain
    address: str
    actions: frozenset[IRI]
    anchor: Callable[[Step], str]

    @property
    def beginning(self) -> str:
        """The name of the action that it begins with."""
        return beginning(self.chain)

    @property
    def summary(self) -> str:
        """One sentence about it."""
        return summary(self.chain)

    @property
    def branches(self) -> Sequence[Branch]:
        """Its actions as a list of branches, if they can be taken in at a glance."""
        return outline(self.chain) if len(self.chain.steps) <= PICTURE_UP_TO else ()

    @property
    def place(self) -> Mapping[IRI, int]:
        """The number of each action, from 1, as everywhere."""
        return {step.action: number for number, step in enumerate(self.chain.steps, start=1)}


def has_chains(iris: Iterable[str], snapshot: Snapshot, settings: Settings) -> bool:
    """Tell whether any of `iris` is an action in a chain, by the index of the release.

    Raises:
        StoreError: the index cannot be read.
    """
    with open_chains(snapshot.chains, settings) as index:
        return index is not None and index.has_any(iris)


def result_chains(iris: Iterable[str], snapshot: Snapshot, settings: Settings) -> Sequence[ResultChain]:
    """Return the chains that actions among `iris` are in, in the order of these; none without an index.

    Raises:
        StoreError: the index cannot be read.
    """
    wanted, found = dict.fromkeys(map(IRI, iris)), list[ResultChain]()
    with open_chains(snapshot.chains, settings) as index:
        while index is not None and wanted and len(found) < _MOST:
            action = next(iter(wanted))
            del wanted[action]
            if whole := index.around(action):
                members = {step.action for step in whole.chain.steps}
                found.append(_result_chain(whole.chain, members & {action, *wanted}, snapshot, settings))
                for member in members:
                    wanted.pop(member, None)
    return found


def _result_chain(chain: Chain, actions: Iterable[IRI], snapshot: Snapshot, settings: Settings) -> ResultChain:
    target = ChainTarget(chain.key, stated=False, snapshot=snapshot, settings=settings)
    return ResultChain(chain, target.address(), frozenset(actions), lambda step: target.page_of(step.action) or "")
