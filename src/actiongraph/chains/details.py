"""What is known of the actions of a chain, and on what evidence, read in two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation

from rdflib import Literal
from rdflib.term import Node

from actiongraph.chains.asking import ask
from actiongraph.chains.chain import Evidence, Named, Passage, Step, Team, key_of
from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

Triple = tuple[Node, Node, Node | None]
Cited = Mapping[Triple, tuple[Evidence, ...]]
"""The evidence for each triple; the object of `ag:describedAsFollowUp` is left out."""

_NAMING = ("country", "partner", "assistance", "theme", "outcome", "facility", "sender")


class Facts:
    """What the solutions of `steps.rq` say: values by action and variable, and the name of each thing."""

    def __init__(self, solutions: Iterable[Solution]) -> None:
        self._values: dict[tuple[Node, str], set[Node]] = defaultdict(set)
        self._senders: dict[Node, set[Node]] = defaultdict(set)
        self._names: dict[Node, set[Node]] = defaultdict(set)
        for row in solutions:
            self._add(row)

    def _add(self, row: Solution) -> None:
        for variable in row.keys() - {"action", "name", "sender"}:
            self._values[row["action"], variable].add(row[variable])
        if "sender" in row:
            self._senders[row["team"]].add(row["sender"])
        if "name" in row:
            self._names[next(row[variable] for variable in _NAMING if variable in row)].add(row["name"])

    def values(self, action: IRI, variable: str) -> list[Node]:
        """Return the values in the order of their text, each once."""
        return sorted(self._values.get((action, variable), ()), key=str)

    def text(self, action: IRI, variable: str) -> str | None:
        """Return the value to show, as printed."""
        return preferred(self.values(action, variable))

    def named(self, action: IRI, variable: str) -> tuple[Named, ...]:
        """Return the things that a variable stands for, by name."""
        return self._by_name(self.values(action, variable))

    def partners(self, action: IRI) -> tuple[Named, ...]:
        """Return the partners; where no partner is linked, the names as the source prints them."""
        printed = (Named(str(name)) for name in self.values(action, "printed"))
        return self.named(action, "partner") or tuple(printed)

    def teams(self, action: IRI) -> tuple[Team, ...]:
        """Return the expert teams, each with the countries that sent it."""
        return tuple(
            Team(_iri(team), self._by_name(self._senders.get(team, ()))) for team in self.values(action, "team")
        )

    def _by_name(self, things: Iterable[Node]) -> tuple[Named, ...]:
        named = (named_thing(thing, self._names.get(thing, ())) for thing in things)
        return tuple(sorted(named, key=lambda thing: (thing.name, str(thing.iri))))


def steps_of(
    engine: Engine, depth: Mapping[IRI, int], following: Collection[IRI], cited: Cited, settings: Settings
) -> dict[IRI, Step]:
    """Return the step of each action in `depth`; `following` are those that follow something in the chain.

    Raises:
        EngineError: the engine failed.
    """
    facts = Facts(ask(engine, "steps", depth, settings))
    return {action: _step(action, facts, depth[action], action in following, cited) for action in depth}


def _step(action: IRI, facts: Facts, depth: int, follows: bool, cited: Cited) -> Step:
    title = facts.text(action, "title")
    types = facts.values(action, "type")
    open_end = not follows and any(str(value) in ("true", "1") for value in facts.values(action, "calledFollowUp"))
    return Step(
        action=action,
        key=key_of(action),
        number=facts.text(action, "number"),
        title=title,
        described=AG.DescribedAction in types or (AG.ReferencedAction not in types and title is not None),
        countries=facts.named(action, "country"),
        partners=facts.partners(action),
        teams=facts.teams(action),
        assistance_types=facts.named(action, "assistance"),
        themes=facts.named(action, "theme"),
        outcomes=facts.named(action, "outcome"),
        facilities=facts.named(action, "facility"),
        start=facts.text(action, "start"),
        end=facts.text(action, "end"),
        depth=depth,
        open_end=open_end,
        open_end_evidence=cited.get((action, AG.describedAsFollowUp, None), ()) if open_end else (),
    )


def evidence_of(engine: Engine, actions: Iterable[IRI], settings: Settings) -> Cited:
    """Return the evidence for every follow-up of `actions`, and for their being called follow-ups.

    Raises:
        EngineError: the engine failed.
    """
    return cited_by(ask(engine, "evidence", actions, settings))


def cited_by(solutions: Iterable[Solution]) -> Cited:
    """Return the evidence for each triple that the solutions of a query with the variables of `evidence.rq` cite."""
    rows: dict[Triple, dict[Node, list[Solution]]] = defaultdict(lambda: defaultdict(list))
    for row in solutions:
        about = None if row["predicate"] == AG.describedAsFollowUp else row["object"]
        rows[row["action"], row["predicate"], about][row["statement"]].append(row)
    return {
        triple: tuple(_evidence(statement, rows[triple][statement]) for statement in sorted(rows[triple], key=str))
        for triple in rows
    }


def _evidence(statement: Node, rows: list[Solution]) -> Evidence:
    bases, passages = _grouped(rows, "basis"), _grouped(rows, "passage")
    named = [named_thing(basis, _terms(bases[basis], "basisName")) for basis in sorted(bases, key=str)]
    found = (_passage(passages[passage]) for passage in sorted(passages, key=str))
    return Evidence(
        basis=named[0].name if named else None,
        reason=preferred(_terms(rows, "reason")),
        confidence=_decimal(preferred(_terms(rows, "confidence"))),
        passages=tuple(
            sorted(found, key=lambda passage: (passage.start is None, passage.start or 0, str(passage.quote)))
        ),
        statement=_iri(statement),
    )


def _passage(rows: list[Solution]) -> Passage:
    sources = _grouped(rows, "source")
    named = [named_thing(source, _terms(sources[source], "sourceTitle")) for source in sorted(sources, key=str)]
    return Passage(
        quote=preferred(_terms(rows, "quote")),
        start=_offset(preferred(_terms(rows, "start"))),
        end=_offset(preferred(_terms(rows, "end"))),
        source=named[0] if named else None,
    )


def _grouped(rows: Iterable[Solution], variable: str) -> dict[Node, list[Solution]]:
    groups: dict[Node, list[Solution]] = defaultdict(list)
    for row in rows:
        if variable in row:
            groups[row[variable]].append(row)
    return groups


def _terms(rows: Iterable[Solution], variable: str) -> set[Node]:
    return {row[variable] for row in rows if variable in row}


def named_thing(thing: Node, names: Iterable[Node]) -> Named:
    """Return `thing` with the name to show: the preferred one of `names`, else its key."""
    return Named(preferred(names) or key_of(str(thing)), _iri(thing))


def preferred(terms: Iterable[Node]) -> str | None:
    """Return the text to show of several: English first, then without a language, then by language and text."""
    best = min(terms, key=_preference, default=None)
    return None if best is None else str(best)


def _preference(term: Node) -> tuple[int, str, str]:
    language = (term.language or "").lower() if isinstance(term, Literal) else ""
    rank = 0 if language == "en" else 1 if language.startswith("en-") else 2 if not language else 3
    return rank, language, str(term)


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
