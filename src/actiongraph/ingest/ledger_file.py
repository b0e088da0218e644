"""The ledger of a source as Turtle: each of its records in one state, with the reason; a file beside its actions.

A record is named by its key, `{base}ledger/{source}#{key}`, so that it keeps its name when the source is read again.
The file has no counts but that of the input: the others are counted by a build, which compares them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from actiongraph.ingest.claims import LedgerEntry, RecordState
from actiongraph.ingest.keys import digest, slug
from actiongraph.ingest.turtle_writer import literal
from actiongraph.text import counted, listed, one_line
from actiongraph.vocabulary import CANONICAL_BASE, LEDGER_SUFFIX


def ledger_beside(target: Path) -> Path:
    """Return the file of the ledger of the source whose actions are in the file `target`."""
    return target.with_name(f"{target.stem}{LEDGER_SUFFIX}")


def ledger_turtle(source: str, entries: Sequence[LedgerEntry]) -> str:
    """Return the ledger of the source with the key `source` as Turtle; the same entries give the same text."""
    return "\n".join(_lines(source, entries)) + "\n"


def _lines(source: str, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    counts = Counter(entry.state for entry in entries)
    states = listed([f"{counts[state]:,} {state}" for state in RecordState])
    yield f"@base <{CANONICAL_BASE}> ."
    yield f"@prefix ag: <{CANONICAL_BASE}ontology#> ."
    yield f"@prefix act: <{CANONICAL_BASE}id/action/> ."
    yield f"@prefix src: <{CANONICAL_BASE}id/source/> ."
    yield f"@prefix state: <{CANONICAL_BASE}concept/record-state/> ."
    yield f"@prefix rec: <{CANONICAL_BASE}ledger/{source}#> ."
    yield ""
    yield f"# What became of each record of src:{source}: {counted(len(entries), 'record')}, {states}."
    yield ""
    yield f"<ledger/{source}> a ag:Ledger ; ag:ledgerOf src:{source} ; ag:inputCount {len(entries)} ."
    for name, entry in zip(_names(entries), entries, strict=True):
        yield ""
        yield f"rec:{name} a ag:SourceRecord ; ag:recordOf src:{source} ;"
        yield f"  ag:recordKey {literal(one_line(entry.key))} ; ag:recordLine {entry.line} ;"
        yield " ;\n".join(_facts(entry)) + " ."


def _names(entries: Iterable[LedgerEntry]) -> Iterator[str]:
    """Yield the name of each entry: its key, and a number where an earlier one has the same."""
    taken: set[str] = set()
    for entry in entries:
        plain = name = slug(entry.key)
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}-{digest(entry.key)}" if number == 2 else f"{plain}-{number}"
        taken.add(name)
        yield name


def _facts(entry: LedgerEntry) -> Iterator[str]:
    state = f"  ag:recordState state:{entry.state}"
    if entry.state is RecordState.PUBLISHED:
        yield f"{state} ; ag:publishedAs act:{entry.action}"
    elif entry.state is RecordState.MERGED:
        yield f"{state} ; ag:mergedInto act:{entry.action}"
    else:
        yield f"{state} ; ag:refusalRule {literal(entry.rule)}"
    if entry.reason:
        yield f"  ag:reason {literal(one_line(entry.reason), 'en')}"
    for conflict in dict.fromkeys(entry.conflicts):
        yield f"  ag:conflict {literal(one_line(conflict), 'en')}"
    for part in dict.fromkeys(entry.parts):
        yield f"  ag:partRefused {literal(f'{part.rule}: {one_line(part.reason)}')}"
