"""The ledgers of a release: for each source, what became of each of its records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rdflib.term import Node

from actiongraph.chains.facts import preferred
from actiongraph.chains.formats.csv_table import csv_text, text_cell
from actiongraph.chains.model import Named, Text
from actiongraph.engine.base import Engine
from actiongraph.errors import UnknownResource
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.sparql.values import with_slice
from actiongraph.text import near_names
from actiongraph.things.thing import QUERIES, names_of
from actiongraph.vocabulary import AG, CONCEPT, IRI

STATES = ("published", "merged", "refused")
"""The states of records, by the keys of their concepts."""
_RECORD_COLUMNS = ("record", "key", "line", "state", "action", "rule", "reason", "conflicts", "parts_refused")


@dataclass(frozen=True, slots=True)
class SourceLedger:
    """The ledger of a source: how many records it has, and how many are in each state, or have a conflict."""

    iri: IRI
    source: IRI
    title: Text
    records: int
    counts: Mapping[str, int]
    conflicts: int

    @property
    def key(self) -> str:
        """The key of the source, by which its ledger is asked for."""
        return key_of(self.iri)


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """A record of a source: its key there, the line if that is known, its state and why; see the terms of the ledger.

    `action` is what it is published as or merged into. `parts` are refused parts, each with its rule and the reason.
    """

    iri: IRI
    key: str
    line: int | None
    state: str
    action: Named | None
    rule: str
    reason: str
    conflicts: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]


def read_ledgers(engine: Engine, settings: Settings) -> tuple[SourceLedger, ...]:
    """Return the ledgers of all sources, by key; none for a release of a program that wrote none.

    Raises:
        EngineError: the engine failed.
    """
    rows = list(QUERIES.ask_once(engine, "ledgers", settings))
    names = names_of(engine, (row["source"] for row in rows), settings)
    return tuple(
        SourceLedger(
            IRI(str(row["ledger"])),
            IRI(str(row["source"])),
            names.get(row["source"]) or Text(key_of(str(row["source"]))),
            int(str(row["input"])),
            {state: int(str(row[state])) for state in STATES},
            int(str(row.get("conflicts", 0))),
        )
        for row in rows
    )


def find_ledger(ledgers: Iterable[SourceLedger], key: str) -> SourceLedger:
    """Return the ledger of the source with this key, or address.

    Raises:
        UnknownResource: there is none; the nearest keys are told.
    """
    found = {ledger.key: ledger for ledger in ledgers}
    ledger = found.get(key) or next((each for each in found.values() if key in (each.iri, each.source)), None)
    if ledger is None:
        near = near_names(key, sorted(found))
        advice = f"did you mean {' or '.join(near)}?" if near else "the list of ledgers has all that there are."
        raise UnknownResource(f"There is no ledger of a source {key[:80]!r} here; {advice}", near=tuple(near))
    return ledger


def read_records(
    engine: Engine, ledger: SourceLedger, settings: Settings, *, state: str = "", part: slice = slice(None)
) -> tuple[LedgerRecord, ...]:
    """Return the records of a ledger in the order of their lines, those without a line first, by key.

    `state` chooses those in one state, and `part`, with both ends or none, some of these by their place from 0.

    Raises:
        EngineError: the engine failed.
    """
    said = records_said(engine, ledger, settings, state=state, part=part)
    actions = {node for values in said.values() for node in _actions(values)}
    names = names_of(engine, actions, settings)
    return tuple(_record(iri, values, names, settings) for iri, values in said.items())


def records_said(
    engine: Engine, ledger: SourceLedger, settings: Settings, *, state: str = "", part: slice = slice(None)
) -> Mapping[IRI, Mapping[Node, list[Node]]]:
    """Return what is said of records of a ledger, values by predicate; for `state` and `part` see `read_records`.

    Raises:
        EngineError: the engine failed.
    """
    states = [state] if state else STATES
    rows = [{"source": ledger.source, "state": CONCEPT[f"record-state/{each}"]} for each in states]
    query = QUERIES.query("ledger-page", rows, settings)
    if part != slice(None):
        query = replace(query, text=with_slice(query.text, limit=part.stop - part.start, offset=part.start))
    records = [IRI(str(row["record"])) for row in engine.select(query)]
    said: dict[IRI, defaultdict[Node, list[Node]]] = {record: defaultdict(list) for record in records}
    for row in QUERIES.ask(engine, "ledger-records", records, settings):
        said[IRI(str(row["record"]))][row["predicate"]].append(row["object"])
    return said


def _actions(values: Mapping[Node, list[Node]]) -> list[Node]:
    return [*values.get(AG.publishedAs, ()), *values.get(AG.mergedInto, ())]


def _record(
    iri: IRI, values: Mapping[Node, list[Node]], names: Mapping[Node, Text], settings: Settings
) -> LedgerRecord:
    def text(predicate: IRI) -> str:
        return str(preferred(set(values.get(predicate, ())), settings.languages) or "")

    line, action = text(AG.recordLine), next(iter(_actions(values)), None)
    return LedgerRecord(
        iri,
        text(AG.recordKey),
        int(line) if line else None,
        key_of(text(AG.recordState)),
        Named(names.get(action) or Text(key_of(str(action))), IRI(str(action))) if action else None,
        text(AG.refusalRule),
        text(AG.reason),
        tuple(sorted(map(str, values.get(AG.conflict, ())))),
        tuple(sorted((rule, reason) for rule, _, reason in _parted(values.get(AG.partRefused, ())))),
    )


def _parted(parts: Iterable[Node]) -> Iterator[tuple[str, str, str]]:
    return (str(part).partition(": ") for part in parts)


def ledger_document(ledger: SourceLedger) -> dict[str, Any]:
    """Return the counts of a ledger as JSON has them; members are added over time, never renamed or removed."""
    return {
        "ledger": ledger.iri,
        "source": ledger.source,
        "title": ledger.title,
        "records": ledger.records,
        **ledger.counts,
        "conflicts": ledger.conflicts,
    }


def record_document(record: LedgerRecord) -> dict[str, Any]:
    """Return a record as JSON has it; unknown is null."""
    return {
        "record": record.iri,
        "key": record.key,
        "line": record.line,
        "state": record.state,
        "action": {"iri": record.action.iri, "name": record.action.name} if record.action else None,
        "rule": record.rule or None,
        "reason": record.reason or None,
        "conflicts": list(record.conflicts),
        "parts_refused": [{"rule": rule, "reason": reason} for rule, reason in record.parts],
    }


def ledgers_csv(ledgers: Sequence[SourceLedger]) -> str:
    """Return the counts of all ledgers as CSV."""
    rows = (
        [each.source, text_cell(each.title), each.records, *(each.counts[state] for state in STATES), each.conflicts]
        for each in ledgers
    )
    return csv_text(("source", "title", "records", *STATES, "conflicts"), rows)


def records_csv(records: Sequence[LedgerRecord]) -> str:
    """Return records as CSV; several conflicts or parts are in one cell, with a bar between them."""
    return csv_text(_RECORD_COLUMNS, map(_row, records))


def _row(record: LedgerRecord) -> list[object]:
    parts = (f"{rule}: {reason}" for rule, reason in record.parts)
    return [
        record.iri,
        text_cell(record.key),
        "" if record.line is None else record.line,
        record.state,
        record.action.iri if record.action else "",
        text_cell(record.rule),
        text_cell(record.reason),
        text_cell(" | ".join(record.conflicts)),
        text_cell(" | ".join(parts)),
    ]
