"""The facts about the actions of a chain and what its links rest on, read in three queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from rdflib.term import Node

from actiongraph.chains import QUERIES
from actiongraph.chains.dates import gap_between
from actiongraph.chains.fields import LINKED, NAMES, TEXTS
from actiongraph.chains.labels import Labels, preferred
from actiongraph.chains.links import FollowUp
from actiongraph.chains.model import Evidence, Link, Named, Passage, Step, Team, Text
from actiongraph.engine.base import Engine, Solution
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

_NAMED = {*(field.variable for field in LINKED), "sender"}
_Rows = list[Solution]


class Facts:
    """The facts about some actions, with the evidence for their follow-ups."""

    def __init__(self, engine: Engine, actions: Iterable[IRI], settings: Settings, *, brief: bool = False) -> None:
        """Ask for all of it; if `brief`, only for what the list of all chains shows, and for no evidence.

        Raises:
            EngineError: the engine failed.
        """
        members = list(actions)
        self._values: dict[tuple[Node, str], set[Node]] = defaultdict(set)
        self._senders: dict[Node, set[Node]] = defaultdict(set)
        for action, row in QUERIES.ask_of_each(engine, "steps-in-brief" if brief else "steps", members, settings):
            for variable, term in row.items():
                if variable == "sender":
                    self._senders[row["team"]].add(term)
                elif variable != "place":
                    self._values[action, variable].add(term)
        self._statements = Statements(engine, [] if brief else members, settings)
        named = {thing for (_, variable), found in self._values.items() if variable in _NAMED for thing in found}
        self._labels = Labels(engine, named.union(self._statements.things, *self._senders.values()), settings)

    def link(self, follow_up: FollowUp) -> Link:
        """Return a follow-up with its evidence and the time between its actions."""
        later, earlier, kind = follow_up
        evidence = self._statements.about(later, kind.predicate, earlier, self._labels)
        start, end = self._text(earlier, "start"), self._text(earlier, "end")
        return Link(later, earlier, kind, evidence, gap_between(start, end, self._text(later, "start")))

    def called_on(self, action: IRI) -> tuple[Evidence, ...] | None:
        """Return on what it rests that a source calls an action a follow-up; None where no source does."""
        if not any(str(value) in ("true", "1") for value in self._values.get((action, "calledFollowUp"), ())):
            return None
        return self._statements.about(action, AG.describedAsFollowUp, None, self._labels)

    def step(self, action: IRI, depth: int, follows: bool) -> Step:
        """Return the step of an action; `follows` tells whether it follows another in the chain."""
        known: dict[str, Any] = {field.name: self._text(action, field.variable) for field in (*NAMES, *TEXTS)}
        known |= {field.name: self._things(action, field.variable) for field in LINKED}
        types = self._sorted(action, "type")
        evidence = None if follows else self.called_on(action)
        return Step(
            action=action,
            key=key_of(action),
            described=AG.DescribedAction in types or (AG.ReferencedAction not in types and known["title"] is not None),
            types=tuple(type_ for type_ in types if isinstance(type_, IRI)),
            teams=tuple(self._team(team) for team in self._sorted(action, "team")),
            depth=depth,
            open_end=evidence is not None,
            open_end_evidence=evidence or (),
            **known | {"partners": known["partners"] or self._printed_partners(action)},
        )

    def _printed_partners(self, action: IRI) -> tuple[Named, ...]:
        """Return the names of partners as the source prints them; they count where no partner is linked."""
        printed = (preferred([name]) for name in self._sorted(action, "printed"))
        return tuple(Named(name) for name in printed if name)

    def _team(self, team: Node) -> Team:
        return Team(team if isinstance(team, IRI) else None, self._labels.sorted(self._senders.get(team, ())))

    def _things(self, action: IRI, variable: str) -> tuple[Named, ...]:
        return self._labels.sorted(self._values.get((action, variable), ()))

    def _text(self, action: IRI, variable: str) -> Text | None:
        return preferred(self._values.get((action, variable), ()))

    def _sorted(self, action: IRI, variable: str) -> list[Node]:
        found = self._values.get((action, variable), ())
        return list(found) if len(found) < 2 else sorted(found, key=str)


class Statements:
    """What source statements say about the follow-ups of some actions, and about their being called follow-ups."""

    def __init__(self, engine: Engine, actions: Iterable[IRI], settings: Settings, *, query: str = "evidence") -> None:
        """Ask for the statements; the query `evidence-of-all` asks about whatever is said of things.

        Raises:
            EngineError: the engine failed.
        """
        self._rows: dict[tuple[Node, Node, Node | None], _Rows] = defaultdict(list)
        self.things: set[Node] = set()
        """The things in the evidence that want labels: bases and sources."""
        for row in QUERIES.ask(engine, query, actions, settings):
            about = None if row["predicate"] == AG.describedAsFollowUp else row["object"]
            self._rows[row["action"], row["predicate"], about].append(row)
            self.things.update(row[name] for name in ("basis", "source") if name in row)

    def about(self, action: IRI, predicate: IRI, earlier: Node | None, labels: Labels) -> tuple[Evidence, ...]:
        """Return the evidence for a triple; `earlier` is None for `ag:describedAsFollowUp`."""
        statements = _grouped(self._rows.get((action, predicate, earlier), ()), "statement")
        return tuple(_evidence(statement, statements[statement], labels) for statement in _in_order(statements))


def _evidence(statement: Node, rows: _Rows, labels: Labels) -> Evidence:
    bases = _in_order(_terms(rows, "basis"))
    basis = labels.labelled(bases[0]) if bases else None
    passages = _grouped(rows, "passage")
    found = [_passage(passage, passages[passage], labels) for passage in _in_order(passages)]
    return Evidence(
        basis=basis.name if basis else None,
        reason=preferred(_terms(rows, "reason")),
        confidence=_decimal(preferred(_terms(rows, "confidence"))),
        passages=tuple(
            sorted(found, key=lambda passage: (passage.start is None, passage.start or 0, str(passage.quote)))
        ),
        statement=_iri(statement),
        basis_concept=basis.iri if basis else None,
    )


def _passage(passage: Node, rows: _Rows, labels: Labels) -> Passage:
    sources = _in_order(_terms(rows, "source"))
    return Passage(
        quote=preferred(_terms(rows, "quote")),
        start=_offset(preferred(_terms(rows, "start"))),
        end=_offset(preferred(_terms(rows, "end"))),
        source=labels.titled(sources[0]) if sources else None,
        iri=_iri(passage),
        quote_selector=_first(rows, "quoting"),
        position_selector=_first(rows, "placing"),
    )


def _grouped(rows: Iterable[Solution], variable: str) -> Mapping[Node, _Rows]:
    groups: dict[Node, _Rows] = defaultdict(list)
    for row in rows:
        if variable in row:
            groups[row[variable]].append(row)
    return groups


def _terms(rows: Iterable[Solution], variable: str) -> set[Node]:
    return {row[variable] for row in rows if variable in row}


def _in_order(terms: Collection[Node]) -> list[Node]:
    return list(terms) if len(terms) < 2 else sorted(terms, key=str)


def _first(rows: _Rows, variable: str) -> IRI | None:
    return next((term for term in _in_order(_terms(rows, variable)) if isinstance(term, IRI)), None)


def _iri(term: Node) -> IRI | None:
    return term if isinstance(term, IRI) else None


def _decimal(text: str | None) -> Decimal | None:
    """Return a number, or None for what is none: validation says so, a chain is no place for it."""
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _offset(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
