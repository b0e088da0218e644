"""What is known of the actions of a chain, read in three queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rdflib.term import Node

from actiongraph.chains.asking import ask_of_each
from actiongraph.chains.chain import Evidence, LinkKind, Named, Step, Team, Text, key_of
from actiongraph.chains.evidence import Statements
from actiongraph.chains.names import Names, preferred
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

_NAMED = ("country", "partner", "assistance", "theme", "outcome", "facility", "sender")
_PREDICATES = {LinkKind.STATED: AG.followUpOf, LinkKind.PROBABLE: AG.probableFollowUpOf}


class Details:
    """What is known of some actions, with the evidence for their follow-ups."""

    def __init__(self, engine: Engine, actions: Iterable[IRI], settings: Settings) -> None:
        """Ask for all of it.

        Raises:
            EngineError: the engine failed.
        """
        members = list(actions)
        self._values: dict[tuple[Node, str], set[Node]] = defaultdict(set)
        self._senders: dict[Node, set[Node]] = defaultdict(set)
        for action, row in ask_of_each(engine, "steps", members, settings):
            self._add(action, row)
        self._statements = Statements(engine, members, settings)
        named = (thing for (_, variable), things in self._values.items() if variable in _NAMED for thing in things)
        self._names = Names(engine, {*named, *self._statements.things}.union(*self._senders.values()), settings)

    def _add(self, action: Node, row: Mapping[str, Node]) -> None:
        for variable, term in row.items():
            if variable == "sender":
                self._senders[row["team"]].add(term)
            elif variable != "place":
                self._values[action, variable].add(term)

    def evidence(self, later: IRI, kind: LinkKind, earlier: IRI) -> tuple[Evidence, ...]:
        """Return the evidence for a link."""
        return self._statements.about(later, _PREDICATES[kind], earlier, self._names)

    def called_on(self, action: IRI) -> tuple[Evidence, ...] | None:
        """Return on what it rests that a source calls an action a follow-up; None where no source does."""
        if not any(str(value) in ("true", "1") for value in self._values.get((action, "calledFollowUp"), ())):
            return None
        return self._statements.about(action, AG.describedAsFollowUp, None, self._names)

    def start(self, action: IRI) -> Text | None:
        """Return the start of an action, as printed."""
        return self._text(action, "start")

    def step(self, action: IRI, depth: int, *, follows: bool) -> Step:
        """Return the step of an action; `follows` tells whether it follows another in the chain."""
        title = self._text(action, "title")
        types = self._sorted(action, "type")
        open_end_evidence = None if follows else self.called_on(action)
        return Step(
            action=action,
            key=key_of(action),
            number=self._text(action, "number"),
            title=title,
            described=AG.DescribedAction in types or (AG.ReferencedAction not in types and title is not None),
            types=tuple(type_ for type_ in types if isinstance(type_, IRI)),
            countries=self._things(action, "country"),
            partners=self._partners(action),
            teams=tuple(self._team(team) for team in self._sorted(action, "team")),
            assistance_types=self._things(action, "assistance"),
            themes=self._things(action, "theme"),
            outcomes=self._things(action, "outcome"),
            facilities=self._things(action, "facility"),
            start=self.start(action),
            end=self._text(action, "end"),
            depth=depth,
            open_end=open_end_evidence is not None,
            open_end_evidence=open_end_evidence or (),
        )

    def _partners(self, action: IRI) -> tuple[Named, ...]:
        """Return the partners; where no partner is linked, the names as the source prints them."""
        printed = (preferred([name]) for name in self._sorted(action, "printed"))
        return self._things(action, "partner") or tuple(Named(name) for name in printed if name)

    def _team(self, team: Node) -> Team:
        return Team(team if isinstance(team, IRI) else None, self._names.sorted(self._senders.get(team, ())))

    def _things(self, action: IRI, variable: str) -> tuple[Named, ...]:
        return self._names.sorted(self._values.get((action, variable), ()))

    def _text(self, action: IRI, variable: str) -> Text | None:
        return preferred(self._values.get((action, variable), ()))

    def _sorted(self, action: IRI, variable: str) -> list[Node]:
        found = self._values.get((action, variable), ())
        return list(found) if len(found) < 2 else sorted(found, key=str)
