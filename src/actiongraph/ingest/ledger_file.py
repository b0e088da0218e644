"""The ledger of a source as Turtle: each of its records in one state, with the reason; a file beside its actions.

A record is named by its key, `{base}ledger/{source}#{key}`, so that it keeps its name when the source is read again.
The file has no counts but that of the input: the others are counted by a build, which compares them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from actiongraph.ingest.claims import LedgerEntry, RecordState
from actiongraph.ingest.draft import Summary
from actiongraph.ingest.keys import digest, slug
from actiongraph.ingest.turtle_writer import literal
from actiongraph.ingest.workspace import DiskDict, Workspace
from actiongraph.text import counted, listed, one_line
from actiongraph.vocabulary import CANONICAL_BASE, LEDGER_SUFFIX


def ledger_beside(target: Path) -> Path:
    """Return the file of the ledger of the source whose actions are in the file `target`."""
    return target.with_name(f"{target.stem}{LEDGER_SUFFIX}")


def ledger_blocks(
    source: str, ledger: Iterable[LedgerEntry], summary: Summary, workspace: Workspace
) -> Iterator[bytes]:
    """Yield the ledger of the source with the key `source` as Turtle in UTF-8; the same entries give the same bytes."""
    for lines in _lines(source, ledger, summary, workspace.dictionary()):
        yield f"{lines}\n".encode()


def _lines(source: str, ledger: Iterable[LedgerEntry], summary: Summary, taken: DiskDict[str, int]) -> Iterator[str]:
    counts = {
        RecordState.PUBLISHED: summary.written,
        RecordState.MERGED: summary.merged,
        RecordState.REFUSED: summary.refused,
    }
    total = sum(counts.values())
    states = listed([f"{counts[state]:,} {state}" for state in RecordState])
    yield f"@base <{CANONICAL_BASE}> ."
    yield f"@prefix ag: <{CANONICAL_BASE}ontology#> ."
    yield f"@prefix act: <{CANONICAL_BASE}id/action/> ."
    yield f"@prefix src: <{CANONICAL_BASE}id/source/> ."
    yield f"@prefix state: <{CANONICAL_BASE}concept/record-state/> ."
    yield f"@prefix rec: <{CANONICAL_BASE}ledger/{source}#> ."
    yield ""
    yield f"# What became of each record of src:{source}: {counted(total, 'record')}, {states}."
    yield ""
    yield f"<ledger/{source}> a ag:Ledger ; ag:ledgerOf src:{source} ; ag:inputCount {total} ."
    for entry in ledger:
        name = _new_name(entry.key, taken)
        yield ""
        yield f"rec:{name} a ag:SourceRecord ; ag:recordOf src:{source} ;"
        yield f"  ag:recordKey {literal(one_line(entry.key))} ; ag:recordLine {entry.line} ;"
        yield " ;\n".join(_facts(entry)) + " ."


def _new_name(key: str, taken: DiskDict[str, int]) -> str:
    """Return the name of an entry: its key, and a number where an earlier one has the same.

    `taken` are the names so far, each with the last number that was given with it.
    """
    plain = name = slug(key)
    number = taken.get(plain) or 1
    while taken.get(name) is not None:
        number += 1
        name = f"{plain}-{digest(key)}" if number == 2 else f"{plain}-{number}"
    taken[plain] = number
    taken.setdefault(name, 1)
    return name


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
