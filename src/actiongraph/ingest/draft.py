"""The draft that a source becomes, before it is written: Turtle for review, and an entry for each record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from actiongraph.ingest.claims import LedgerEntry, RecordState, Refusal
from actiongraph.ingest.workspace import TextSpool


class Refused(NamedTuple):
    """A refusal, with the line and the key of its record."""

    line: int
    key: str
    refusal: Refusal


class Dangling(NamedTuple):
    """An end of a link that is no record of the source: its name there, and the line that names it first."""

    name: str
    line: int


@dataclass(slots=True)
class Summary:
    """Counts of records written, merged, refused and in conflict, and of parts of records that were refused.

    `written` counts the actions that the Turtle describes, not those of other files that it adds to. `first_merged` and
    `first_refused`, which are whole records and parts, are in the order of lines. `by_rule` has for each rule how often
    it refused something, and what first.
    """

    written: int = 0
    merged: int = 0
    refused: int = 0
    refused_parts: int = 0
    in_conflict: int = 0
    first_merged: list[LedgerEntry] = field(default_factory=list)
    first_refused: list[Refused] = field(default_factory=list)
    by_rule: dict[str, tuple[int, Refused]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """Turtle for review, and what became of the records, as long as their workspace is open.

    `dangling` are ends of links that became actions that are only referenced. `ledger` has an entry for each record, in
    the order of the records.
    """

    head: str
    parts: Sequence[TextSpool]
    dangling: Sequence[Dangling]
    ledger: Sequence[LedgerEntry]

    def blocks(self) -> Iterator[bytes]:
        """Yield the Turtle in UTF-8."""
        yield self.head.encode("utf-8")
        for part in self.parts:
            yield from part.blocks()

    @property
    def text(self) -> str:
        """The Turtle of a source that is not large."""
        return b"".join(self.blocks()).decode("utf-8")


def summarize(ledger: Iterable[LedgerEntry], most: int) -> Summary:
    """Return the summary of a ledger, with at most so many records and refusals."""
    summary = Summary()
    for entry in ledger:
        summary.in_conflict += bool(entry.conflicts)
        summary.refused_parts += len(entry.parts)
        if entry.state is RecordState.PUBLISHED:
            summary.written += 1
        elif entry.state is RecordState.MERGED:
            summary.merged += 1
            if len(summary.first_merged) < most:
                summary.first_merged.append(entry)
        else:
            summary.refused += 1
        for refused in _refusals(entry):
            rule = refused.refusal.rule
            number, first = summary.by_rule.get(rule, (0, refused))
            summary.by_rule[rule] = number + 1, first
            if len(summary.first_refused) < most:
                summary.first_refused.append(refused)
    return summary


def _refusals(entry: LedgerEntry) -> Iterator[Refused]:
    if entry.state is RecordState.REFUSED:
        yield Refused(entry.line, entry.key, Refusal(entry.rule, entry.reason, is_whole=True))
    yield from (Refused(entry.line, entry.key, part) for part in entry.parts)
