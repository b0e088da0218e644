"""The facts about the actions of a chain and what its links rest on, with the names of things, in three queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from rdflib import Literal
from rdflib.term import Node

from actiongraph.chains import QUERIES
from actiongraph.chains.fields import LINKED, NAMES, TEXTS
from actiongraph.chains.model import Evidence, FollowUp, Named, Passage, Step, Team, Text, by_name
from actiongraph.engine.base import Engine, Solution
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.text import language_rank
from actiongraph.vocabulary import AG, IRI

_DESCRIBED, _REFERENCED, _CALLED = AG.DescribedAction, AG.ReferencedAction, AG.describedAsFollowUp
_Rows = list[Solution]


class Facts:
    """The facts about some actions, with the evidence for their follow-ups."""

    def __init__(self, engine: Engine, actions: Iterable[IRI], settings: Settings, *, brief: bool = False) -> None:
        """Ask for all of it; if `brief`, only for what the list of all chains shows, and for no evidence.

        Raises:
            EngineError: the engine failed.
        """
        members = list(actions)
        self._languages = settings.languages
        self._texts = [field for field in (*NAMES, *TEXTS) if not brief or field.is_in_brief]
        self._linked = [field for field in LINKED if not brief or field.is_in_brief]
        self.brief = brief
        self._values: dict[Node, dict[str, list[Node]]] = {}
        self._senders: dict[Node, set[Node]] = defaultdict(set)
        for action, row in QUERIES.ask_of_each(engine, "steps-in-brief" if brief else "steps", members, settings):
            values = self._values.setdefault(action, {})
            for variable, term in row.items():
                if variable == "sender":
                    self._senders[row["team"]].add(term)
                elif variable != "row" and term not in (found := values.setdefault(variable, [])):
                    found.append(term)
        self._statements = Statements(engine, [] if brief else members, settings)
        named = self._statements.things.union(*self._senders.values())
        for field in self._linked:
            named.update(*(values.get(field.variable, ()) for values in self._values.values()))
        self._labels = Labels(engine, named, settings, with_words=brief)

    @property
    def words(self) -> Mapping[Node, Collection[str]]:
        """The words by which the things that actions are with may be sought, if the facts are brief."""
        return self._labels.words

    def evidence(self, follow_up: FollowUp) -> tuple[Evidence, ...]:
        """Return the evidence for a follow-up."""
        later, earlier, kind = follow_up
        return () if self.brief else self._statements.about(self._labels, later, kind.predicate, earlier)

    def called_on(self, action: IRI) -> tuple[Evidence, ...] | None:
        """Return on what it rests that a source calls an action a follow-up; None where no source does."""
        if not any(str(value) in ("true", "1") for value in self._values.get(action, {}).get("calledFollowUp", ())):
            return None
        return self._statements.about(self._labels, action, _CALLED)

    def step(self, action: IRI, depth: int, follows: bool) -> Step:
        """Return the step of an action; `follows` tells whether it follows another in the chain."""
        values = self._values.get(action, {})
        known: dict[str, Any] = {
            field.name: preferred(values.get(field.variable, ()), self._languages) for field in self._texts
        }
        for field in self._linked:
            known[field.name] = self._labels.sorted(values.get(field.variable, ()))
        if self.brief:
            return Step(action, key_of(action), depth=depth, **known)
        # Partners are named as the source prints them where none is linked.
        printed = (preferred([name], self._languages) for name in _in_order(values.get("printed", ())))
        known["partners"] = known["partners"] or tuple(Named(name) for name in printed if name)
        types = _in_order(values.get("type", ()))
        evidence = None if follows else self.called_on(action)
        return Step(
            action=action,
            key=key_of(action),
            described=_DESCRIBED in types or (_REFERENCED not in types and known["title"] is not None),
            types=tuple(type_ for type_ in types if isinstance(type_, IRI)),
            teams=tuple(
                Team(_iri(team), self._labels.sorted(self._senders.get(team, ())))
                for team in _in_order(values.get("team", ()))
            ),
            depth=depth,
            open_end=evidence is not None,
            open_end_evidence=evidence or (),
            **known,
        )


class Statements:
    """The evidence of source statements for the follow-ups of some actions, and for their being called follow-ups."""

    def __init__(self, engine: Engine, actions: Iterable[IRI], settings: Settings, query: str = "evidence") -> None:
        """Ask for the statements; the query `evidence-of-all` asks about whatever is said of things.

        Raises:
            EngineError: the engine failed.
        """
        self._languages = settings.languages
        self._rows: dict[tuple[Node, Node, Node | None], _Rows] = defaultdict(list)
        self.things: set[Node] = set()
        """The things in the evidence that want labels: bases, sources, and values in conflict."""
        for row in QUERIES.ask(engine, query, actions, settings):
            predicate = row["predicate"]
            self._rows[row["action"], predicate, None if predicate == _CALLED else row["object"]].append(row)
            self.things.update(row[name] for name in ("basis", "source", "conflict") if name in row)

    def about(self, labels: Labels, action: IRI, predicate: IRI, object_: Node | None = None) -> tuple[Evidence, ...]:
        """Return the evidence for a triple; the object does not count for `ag:describedAsFollowUp`."""
        triple = (action, predicate, None if predicate == _CALLED else object_)
        statements = _grouped(self._rows.get(triple, ()), "statement")
        return tuple(
            _evidence(statement, statements[statement], labels, self._languages) for statement in _in_order(statements)
        )


def _evidence(statement: Node, rows: _Rows, labels: Labels, languages: Sequence[str]) -> Evidence:
    bases = _in_order(_terms(rows, "basis"))
    basis = labels.labelled(bases[0]) if bases else None
    passages = _grouped(rows, "passage")
    found = [_passage(passage, passages[passage], labels, languages) for passage in _in_order(passages)]
    return Evidence(
        basis=basis.name if basis else None,
        reason=preferred(_terms(rows, "reason"), languages),
        confidence=_decimal(preferred(_terms(rows, "confidence"), languages)),
        passages=tuple(
            sorted(found, key=lambda passage: (passage.start is None, passage.start or 0, str(passage.quote)))
        ),
        statement=_iri(statement),
        basis_concept=basis.iri if basis else None,
        conflicts=tuple(
            str(labels.labelled(value).name if isinstance(value, IRI) else value)
            for value in _in_order(_terms(rows, "conflict"))
        ),
    )


def _passage(passage: Node, rows: _Rows, labels: Labels, languages: Sequence[str]) -> Passage:
    sources = _in_order(_terms(rows, "source"))
    return Passage(
        quote=preferred(_terms(rows, "quote"), languages),
        start=_offset(preferred(_terms(rows, "start"), languages)),
        end=_offset(preferred(_terms(rows, "end"), languages)),
        source=labels.titled(sources[0]) if sources else None,
        iri=_iri(passage),
        quote_selector=_first(rows, "quoting"),
        position_selector=_first(rows, "placing"),
        now=preferred(_terms(rows, "now"), languages),
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
    """Return a number, or None for what is none: validation says so, and a chain leaves it out."""
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _offset(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


class Labels:
    """The names of some things; what has none is shown by its key."""

    def __init__(self, engine: Engine, things: Iterable[Node], settings: Settings, *, with_words: bool = False) -> None:
        """Ask for the names of `things`; `with_words` also for the codes and other names that `words` gives.

        Raises:
            EngineError: the engine failed.
        """
        found: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
        iris = sorted({thing for thing in things if isinstance(thing, IRI)})
        for thing, row in QUERIES.ask_of_each(engine, "words" if with_words else "labels", iris, settings):
            for kind in row.keys() - {"row"}:
                found[thing][kind].append(row[kind])
        self._labels = {thing: preferred(names["label"], settings.languages) for thing, names in found.items()}
        self._titles = {thing: preferred(names["title"], settings.languages) for thing, names in found.items()}
        self._labelled: dict[Node, Named] = {}
        self.words = {
            thing: {str(name).casefold() for name in (*names["label"], *names["word"])}
            for thing, names in found.items()
            if with_words
        }
        """The labels in any language and the codes of each thing, in lower case."""

    def labelled(self, thing: Node) -> Named:
        """Return `thing` by its label, else by its title, else by its key; the name is a `Text` if it is the label."""
        if thing not in self._labelled:  # thirty actions may be in one country
            self._labelled[thing] = self._named(thing, self._labels, self._titles)
        return self._labelled[thing]

    def titled(self, thing: Node) -> Named:
        """Return `thing` by its title, else by its label, else by its key; the name is a `Text` if it is the title."""
        return self._named(thing, self._titles, self._labels)

    @staticmethod
    def _named(thing: Node, names: Mapping[Node, Text | None], others: Mapping[Node, Text | None]) -> Named:
        name = names.get(thing) or str(others.get(thing) or key_of(str(thing)))
        return Named(name, thing if isinstance(thing, IRI) else None)

    def sorted(self, things: Iterable[Node]) -> tuple[Named, ...]:
        """Return `things` by their labels, in the order of these."""
        return by_name([self.labelled(thing) for thing in things])


def preferred(terms: Iterable[Node], languages: Sequence[str]) -> Text | None:
    """Return the text to show of several, by `language_rank` and then by text."""
    found = tuple(terms)
    if not found:
        return None
    best = found[0] if len(found) == 1 else min(found, key=lambda term: _preference(term, languages))
    return Text(best, best.language, best.datatype) if isinstance(best, Literal) else Text(str(best))


def _preference(term: Node, languages: Sequence[str]) -> tuple[int, str, str]:
    return *language_rank(term.language if isinstance(term, Literal) else None, languages), str(term)
