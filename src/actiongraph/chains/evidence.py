"""On what the links of a chain rest, read in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation

from rdflib.term import Node

from actiongraph.chains.asking import ask
from actiongraph.chains.chain import Evidence, Passage
from actiongraph.chains.names import Names, preferred
from actiongraph.engine.base import Engine, Solution
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

Triple = tuple[Node, Node, Node | None]
Rows = list[Solution]


class Statements:
    """What source statements say about the follow-ups of some actions, and about their being called follow-ups."""

    def __init__(self, engine: Engine, actions: Iterable[IRI], settings: Settings, *, query: str = "evidence") -> None:
        """Ask for the statements; the query `evidence-of-all` asks about whatever is said of things.

        Raises:
            EngineError: the engine failed.
        """
        self._rows: dict[Triple, Rows] = defaultdict(list)
        self.things: set[Node] = set()
        """What is named by `names` in the evidence: bases and sources."""
        for row in ask(engine, query, actions, settings):
            about = None if row["predicate"] == AG.describedAsFollowUp else row["object"]
            self._rows[row["action"], row["predicate"], about].append(row)
            self.things.update(row[name] for name in ("basis", "source") if name in row)

    def about(self, action: IRI, predicate: IRI, earlier: Node | None, names: Names) -> tuple[Evidence, ...]:
        """Return the evidence for a triple; `earlier` is None for `ag:describedAsFollowUp`."""
        statements = _grouped(self._rows.get((action, predicate, earlier), ()), "statement")
        return tuple(_evidence(statement, statements[statement], names) for statement in _in_order(statements))


def _evidence(statement: Node, rows: Rows, names: Names) -> Evidence:
    bases = _in_order(_terms(rows, "basis"))
    basis = names.labelled(bases[0]) if bases else None
    passages = _grouped(rows, "passage")
    found = [_passage(passage, passages[passage], names) for passage in _in_order(passages)]
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


def _passage(passage: Node, rows: Rows, names: Names) -> Passage:
    sources = _in_order(_terms(rows, "source"))
    return Passage(
        quote=preferred(_terms(rows, "quote")),
        start=_offset(preferred(_terms(rows, "start"))),
        end=_offset(preferred(_terms(rows, "end"))),
        source=names.titled(sources[0]) if sources else None,
        iri=_iri(passage),
        quote_selector=_first(rows, "quoting"),
        position_selector=_first(rows, "placing"),
    )


def _grouped(rows: Iterable[Solution], variable: str) -> Mapping[Node, Rows]:
    groups: dict[Node, Rows] = defaultdict(list)
    for row in rows:
        if variable in row:
            groups[row[variable]].append(row)
    return groups


def _terms(rows: Iterable[Solution], variable: str) -> set[Node]:
    return {row[variable] for row in rows if variable in row}


def _in_order(terms: Collection[Node]) -> list[Node]:
    return list(terms) if len(terms) < 2 else sorted(terms, key=str)


def _first(rows: Rows, variable: str) -> IRI | None:
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
