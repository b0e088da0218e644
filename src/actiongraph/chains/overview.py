"""All chains of a dataset, by plain SELECT queries: every link, then what is known of their actions in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from rdflib.term import Node

from actiongraph.chains.asking import ask_of_each
from actiongraph.chains.chain import LinkKind, Named, chain_iri, key_of
from actiongraph.chains.dates import Gap, date_span, gap_between
from actiongraph.chains.families import Family, all_links, families
from actiongraph.chains.links import Found
from actiongraph.chains.names import preferred
from actiongraph.chains.order import shape_of
from actiongraph.chains.summary import ChainSummary, Overview
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

_THINGS = ("country", "partner", "assistance")
_ASKED = ("start", "end", *_THINGS)


def read_chains(engine: Engine, *, settings: Settings, probable: bool = True) -> Overview:
    """Return all chains of the dataset in short, longest first; without `probable`, those that stated links make.

    No derived fact is needed. An action that follows only itself is in no chain.

    Raises:
        DataError: a follow-up leads to a literal or a blank node.
        EngineError: the engine failed, or gave fewer links than it counts.
    """
    [overview] = overviews_of(engine, all_links(engine, settings), (probable,), settings=settings)
    return overview


def overviews_of(
    engine: Engine, links: Collection[Found], wanted: Iterable[bool], *, settings: Settings
) -> list[Overview]:
    """Return what `read_chains` does of all `links` of the dataset, with probable links and without, as `wanted`.

    What is known of the actions is asked once for all.

    Raises:
        EngineError: the engine failed.
    """
    found = {probable: list(_chains(links, probable=probable)) for probable in wanted}
    members = dict.fromkeys(member for chains in found.values() for own, _ in chains for member in own)
    facts = _Facts(engine, members, settings)
    return [_overview(chains, facts, settings, probable=probable) for probable, chains in found.items()]


def _chains(links: Iterable[Found], *, probable: bool) -> Iterator[Family]:
    followed = (link for link in links if probable or link[2] is LinkKind.STATED)
    return (family for family in families(followed) if len(family[0]) > 1)


def _overview(chains: Collection[Family], facts: _Facts, settings: Settings, *, probable: bool) -> Overview:
    summaries = [_Family(members, own, facts).summary(settings, probable=probable) for members, own in chains]
    return Overview(
        tuple(sorted(summaries, key=lambda summary: (-summary.length, -summary.size, summary.key))),
        probable,
        facts.words(member for members, _ in chains for member in members),
    )


class _Facts:
    """What the list says of actions, and how the things in it are called."""

    def __init__(self, engine: Engine, actions: Iterable[IRI], settings: Settings) -> None:
        self._values: dict[str, dict[Node, list[Node]]] = {variable: defaultdict(list) for variable in _ASKED}
        for action, row in ask_of_each(engine, "summaries", actions, settings):
            for variable, term in row.items():
                if variable != "place" and term not in (known := self._values[variable][action]):
                    known.append(term)
        things = {variable: self._things(variable) for variable in _THINGS}
        labels: dict[Node, list[Node]] = defaultdict(list)
        for thing, row in ask_of_each(engine, "labels", _iris(set().union(*things.values())), settings):
            if "label" in row:
                labels[thing].append(row["label"])
        self._named = {thing: _named(thing, labels[thing]) for found in things.values() for thing in found}
        self._words = {thing: {str(label).casefold() for label in found} for thing, found in labels.items() if found}
        for thing, row in ask_of_each(engine, "codes", _iris(set().union(*things.values())), settings):
            self._words.setdefault(thing, set()).add(str(row["code"]).casefold())

    def _things(self, variable: str) -> set[Node]:
        return {thing for found in self._values[variable].values() for thing in found}

    def words(self, actions: Iterable[IRI]) -> dict[Node, Collection[str]]:
        """Return the words by which the things that `actions` are with may be asked for."""
        known = [self._values[variable] for variable in _THINGS]
        things = {thing for action in actions for values in known for thing in values.get(action, ())}
        return {thing: words for thing, words in self._words.items() if thing in things}

    def named(self, actions: Iterable[IRI], variable: str, least: int = 1) -> tuple[Named, ...]:
        """Return the things that at least `least` of `actions` are with, by name."""
        values, found = self._values[variable], dict[Node, int]()
        for action in actions:
            for thing in values.get(action, ()):
                found[thing] = found.get(thing, 0) + 1
        named = [self._named[thing] for thing, count in found.items() if count >= least]
        return tuple(named if len(named) < 2 else sorted(named, key=lambda thing: (thing.name, str(thing.iri))))

    def date(self, action: IRI, variable: str) -> str | None:
        """Return a date as printed."""
        found = self._values[variable].get(action)
        return None if not found else str(found[0]) if len(found) == 1 else preferred(found)


def _iris(things: Iterable[Node]) -> list[IRI]:
    return [thing for thing in things if isinstance(thing, IRI)]


def _named(thing: Node, labels: list[Node]) -> Named:
    return Named(preferred(labels) or key_of(str(thing)), thing if isinstance(thing, IRI) else None)


class _Family:
    """One chain while it is being summed up."""

    def __init__(self, members: frozenset[IRI], links: list[Found], facts: _Facts) -> None:
        self._members, self._links, self._facts = members, links, facts
        self._key = {member: key_of(member) for member in members}
        self._start = {member: facts.date(member, "start") for member in members}
        self._shape = shape_of(members, {(later, earlier) for later, earlier, _ in links})

    def summary(self, settings: Settings, *, probable: bool) -> ChainSummary:
        """Return the chain in short."""
        named = self._facts.named
        return ChainSummary(
            key=min(self._key.values()),
            iri=chain_iri(self._members, settings.base) if probable else None,
            size=len(self._members),
            length=self._shape.length,
            links=len(self._links),
            probable_links=sum(kind is LinkKind.PROBABLE for _, _, kind in self._links),
            roots=self._in_order(self._shape.roots),
            ends=self._in_order(self._ends()),
            countries=named(self._members, "country"),
            partners=named(self._members, "partner"),
            returning_partners=named(self._members, "partner", least=2),
            assistance_types=named(self._members, "assistance"),
            years=tuple(sorted({span[0].year for start in self._start.values() if (span := date_span(start or ""))})),
            gaps=tuple(sorted(self._gaps(), key=lambda gap: (gap.least_days, gap.most_days, gap.from_end))),
            has_loop=bool(self._shape.loops),
        )

    def _in_order(self, actions: Collection[IRI]) -> tuple[IRI, ...]:
        """Return actions by start, then by key, an unknown start last."""
        return tuple(actions if len(actions) < 2 else sorted(actions, key=self._rank))

    def _rank(self, member: IRI) -> tuple[bool, str, str, str]:
        begun = self._start[member]
        return begun is None, str(begun), self._key[member], member

    def _ends(self) -> list[IRI]:
        """Return the members that no member outside their own loop follows."""
        knot = {member: loop[0] for loop in self._shape.loops for member in loop}
        pairs = ((knot.get(later, later), knot.get(earlier, earlier)) for later, earlier, _ in self._links)
        followed = {earlier for later, earlier in pairs if later is not earlier and later != earlier}
        return [member for member in self._members if knot.get(member, member) not in followed]

    def _gaps(self) -> Iterator[Gap]:
        for later, earlier, _ in self._links:
            if gap := gap_between(self._start[earlier], self._facts.date(earlier, "end"), self._start[later]):
                yield gap


def name_actions(engine: Engine, actions: Iterable[IRI], settings: Settings) -> dict[IRI, Named]:
    """Return each action by its title, else by its number, else by its key.

    Raises:
        EngineError: the engine failed.
    """
    wanted = list(dict.fromkeys(actions))
    found: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: {"title": [], "number": []})
    for action, row in ask_of_each(engine, "titles", wanted, settings):
        for variable in row.keys() - {"place"}:
            found[action][variable].append(row[variable])
    return {
        action: Named(preferred(found[action]["title"]) or preferred(found[action]["number"]) or key_of(action), action)
        for action in wanted
    }
