"""The links of one chain, followed breadth first, and checked link by link whatever derived facts say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from rdflib.term import Node

from actiongraph.chains.asking import ask, ask_of_each
from actiongraph.chains.chain import LinkKind, key_of
from actiongraph.engine.base import Engine, Solution
from actiongraph.engine.queries import BATCH
from actiongraph.errors import ChainTooLong, DataError
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import IRI

Found = tuple[IRI, IRI, LinkKind]
"""Later, earlier, and who says so."""


def links_around(engine: Engine, asked: IRI, kinds: Collection[LinkKind], settings: Settings) -> set[Found]:
    """Return all links of `kinds` in the chain of `asked`, each once, however many graphs have it.

    Raises:
        ChainTooLong: a member is more than `settings.max_hops` links away from `asked`.
        DataError: a follow-up leads to a literal or a blank node, which cannot be asked for.
        EngineError: the engine failed.
    """
    book = _Book(engine, asked, settings)
    members, frontier, hops = {asked}, [asked], 0
    found: set[Found] = set()
    while frontier:
        near = {link for link in book.links_of(frontier) if link[2] in kinds}
        frontier = sorted({action for later, earlier, _ in near for action in (later, earlier)} - members)
        if frontier and hops == settings.max_hops:
            raise _too_long(asked, settings)
        hops += 1
        members.update(frontier)
        found |= near
    return found


class _Book:
    """The links of actions, asked for once.

    Where there are derived facts they say whose links will be wanted next, and a query that is asked anyway
    asks for theirs too. So a long chain takes few queries; which actions belong to it, only its links say.
    """

    def __init__(self, engine: Engine, asked: IRI, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._rows: dict[Node, list[Solution]] = defaultdict(list)
        self._asked_for: set[Node] = set()
        members = (row["member"] for row in ask(engine, "members", [asked], settings))
        self._expected = iter([member for member in members if isinstance(member, IRI)])

    def links_of(self, actions: Iterable[IRI]) -> Iterator[Found]:
        """Yield the links from and to each of `actions`, those among them twice."""
        wanted = list(actions)
        self._ask_for([action for action in wanted if action not in self._asked_for])
        return (_link(action, row) for action in wanted for row in self._rows[action])

    def _ask_for(self, actions: list[IRI]) -> None:
        self._asked_for.update(actions)
        others = (member for member in self._expected if member not in self._asked_for)
        more = list(islice(others, -len(actions) % BATCH))
        self._asked_for.update(more)
        for action, row in ask_of_each(self._engine, "links", [*actions, *more], self._settings):
            self._rows[action].append(row)


def _link(action: IRI, row: Solution) -> Found:
    if "follows" in row:
        return checked(action, row["follows"], LinkKind.STATED)
    if "probablyFollows" in row:
        return checked(action, row["probablyFollows"], LinkKind.PROBABLE)
    if "followedBy" in row:
        return checked(row["followedBy"], action, LinkKind.STATED)
    return checked(row["probablyFollowedBy"], action, LinkKind.PROBABLE)


def checked(later: Node, earlier: Node, kind: LinkKind) -> Found:
    """Return a link between two actions that can be asked for.

    Raises:
        DataError: one of them is a literal or a blank node.
    """
    if isinstance(later, IRI) and isinstance(earlier, IRI):
        return later, earlier, kind
    named, other = (later, earlier) if isinstance(later, IRI) else (earlier, later)
    raise DataError(
        f"A follow-up joins {named} to {other.n3()}, which is no IRI and cannot be traced; "
        "give that action an IRI in the data."
    )


def check_reach(asked: IRI, links: Iterable[Found], settings: Settings) -> None:
    """Return if the links that are known lead to no member too far from `asked`, as `links_around` would find.

    Raises:
        ChainTooLong: a member is more than `settings.max_hops` links away.
    """
    beside: dict[IRI, set[IRI]] = defaultdict(set)
    for later, earlier, _ in links:
        beside[later].add(earlier)
        beside[earlier].add(later)
    if len(beside) <= settings.max_hops:
        return
    reached, frontier, hops = {asked}, {asked}, 0
    while frontier := set().union(*(beside[action] for action in frontier)) - reached:
        if hops == settings.max_hops:
            raise _too_long(asked, settings)
        hops += 1
        reached |= frontier


def _too_long(asked: IRI, settings: Settings) -> ChainTooLong:
    return ChainTooLong(
        f"The chain of {key_of(asked)} reaches more than {counted(settings.max_hops, 'link')} away from it (max_hops); "
        "ask for an action nearer its middle, follow stated links only, or set max_hops higher.",
        limit="max_hops",
        value=settings.max_hops,
    )
