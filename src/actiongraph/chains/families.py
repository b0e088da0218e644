"""Every link of a dataset, and which actions they join to chains."""

from __future__ import annotations

from collections.abc import Iterable

from actiongraph.chains.asking import ask_once
from actiongraph.chains.chain import LinkKind
from actiongraph.chains.links import Found, checked
from actiongraph.chains.order import components
from actiongraph.engine.base import Engine, Solution
from actiongraph.errors import EndpointError
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

Family = tuple[frozenset[IRI], list[Found]]
"""The members of a chain, and the links between them."""


def all_links(engine: Engine, settings: Settings) -> set[Found]:
    """Return every link of the dataset, each once, however many graphs have it.

    Raises:
        DataError: a follow-up leads to a literal or a blank node.
        EngineError: the engine failed, or gave fewer links than it counts.
    """
    links = list(ask_once(engine, "all-links", settings))
    [counted] = ask_once(engine, "link-count", settings)
    # Some endpoints cut off long answers without saying so, and a list cut short looks whole.
    if len(links) < int(str(counted["links"])):
        raise EndpointError(
            f"The endpoint counts {counted['links']} follow-ups and gave {len(links)}: it cuts off long answers; "
            "ask for single chains, or raise its limit on the rows of an answer."
        )
    return {_link(row) for row in links}


def _link(row: Solution) -> Found:
    if "follows" in row:
        return checked(row["later"], row["follows"], LinkKind.STATED)
    return checked(row["later"], row["probablyFollows"], LinkKind.PROBABLE)


def families(links: Iterable[Found]) -> list[Family]:
    """Return the members of each chain with its links, also of actions that follow only themselves."""
    known = list(links)
    found = components((later, earlier) for later, earlier, _ in known)
    chain_of = {member: number for number, members in enumerate(found) for member in members}
    own: list[list[Found]] = [[] for _ in found]
    for link in known:
        own[chain_of[link[0]]].append(link)
    return list(zip(found, own, strict=True))
