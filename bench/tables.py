"""What a comparison found, as tables for people and as JSON for programs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from statistics import geometric_mean
from typing import Any

from bench.load import Measured
from bench.questions import CheckedQuery

REPEATED, UNCACHED = "repeated", "uncached"
MODES = (UNCACHED, REPEATED)
ONE, EIGHT = "1 client", "8 clients"
YARDSTICK = "oxigraph"


@dataclass(slots=True)
class Result:
    """The figures of one run. Times are in milliseconds, memory in MB, `starts` in seconds.

    `load_before` and `load_after` are what the machine was busy with: processes that ran or wanted to, over a minute.
    """

    actions: int
    systems: list[str]
    clients_alone: Mapping[str, Measured]
    load_before: float = 0.0
    load_after: float = 0.0
    starts: dict[str, float] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    small: list[str] = field(default_factory=list)
    figures: dict[str, dict[str, dict[str, dict[str, Measured]]]] = field(default_factory=dict)
    """By mode, question, system and number of clients."""

    def note_start(self, system: str, ready_s: float, memory_mb: tuple[float, float]) -> None:
        """Note how long `system` took to answer, and its memory then."""
        self.starts[system] = ready_s
        self.memory[system] = {"started": memory_mb[0], "started, shared once": memory_mb[1]}

    def note_end(self, system: str, memory_mb: tuple[float, float]) -> None:
        """Note the memory of `system` when all was asked."""
        self.memory[system] |= {"at the end": memory_mb[0], "at the end, shared once": memory_mb[1]}

    def note_fault(self, question: str, system: str, fault: str) -> None:
        """Note why `system` is not timed on `question`."""
        self.faults.append((question, system, fault))

    def note(self, question: CheckedQuery, mode: str, system: str, clients: str, found: Measured) -> None:
        """Note how `system` did on `question` with so many `clients`."""
        if question.is_small and question.name not in self.small:
            self.small.append(question.name)
        by_question = self.figures.setdefault(mode, {}).setdefault(question.name, {})
        by_question.setdefault(system, {})[clients] = found

    def pairs(self, mode: str, system: str, clients: str) -> dict[str, tuple[Measured, Measured]]:
        """Return, by question, the figures of `system` and of the yardstick, where there are both."""
        return {
            question: (by_system[system][clients], by_system[YARDSTICK][clients])
            for question, by_system in self.figures[mode].items()
            if clients in by_system.get(system, {}) and clients in by_system.get(YARDSTICK, {})
        }

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON can write it."""
        return asdict(self)


def as_markdown(result: Result) -> str:
    """Return the tables: latency with one client, throughput and latency with eight, start and memory."""
    lines = [f"## {result.actions:,} actions", *([""] if result.faults else [])]
    lines += [f"- **{name}** on {question}: {fault}; not timed" for question, name, fault in result.faults]
    for mode in result.figures:
        lines += ["", f"### {mode.capitalize()}, one client: p50 / p99 in ms (p50 against {YARDSTICK})", ""]
        lines += _table(result, mode, ONE, _latency)
        lines += ["", f"### {mode.capitalize()}, 8 clients: requests/s, p99 in ms (each against {YARDSTICK})", ""]
        lines += _table(result, mode, EIGHT, _throughput)
        lines += ["", *_summary(result, mode)]
    return "\n".join([*lines, "", *_start_and_memory(result), "", *_clients(result)]) + "\n"


_Cell = Callable[[Measured, Measured | None], str]


def _table(result: Result, mode: str, clients: str, cell: _Cell) -> Iterator[str]:
    yield from _head("question", *result.systems)
    for question, by_system in result.figures[mode].items():
        found = {name: figures[clients] for name, figures in by_system.items() if clients in figures}
        cells = (
            cell(found[name], found.get(YARDSTICK) if name != YARDSTICK else None) if name in found else "-"
            for name in result.systems
        )
        yield f"| {question} | {' | '.join(cells)} |"


def _latency(ours: Measured, theirs: Measured | None) -> str:
    ratio = f" ({ours.p50_ms / theirs.p50_ms:.2f}x)" if theirs else ""
    return f"{ours.p50_ms:.2f} / {ours.p99_ms:.2f}{ratio}"


def _throughput(ours: Measured, theirs: Measured | None) -> str:
    if not theirs:
        return f"{ours.per_s:,.0f}, {ours.p99_ms:.2f}"
    per_s, p99 = ours.per_s / theirs.per_s, ours.p99_ms / theirs.p99_ms
    return f"{ours.per_s:,.0f} ({per_s:.2f}x), {ours.p99_ms:.2f} ({p99:.2f}x)"


def _summary(result: Result, mode: str) -> Iterator[str]:
    """Yield for each system the geometric means of its ratios, and how much later a small answer comes."""
    for name in result.systems:
        many, one = result.pairs(mode, name, EIGHT), result.pairs(mode, name, ONE)
        if name == YARDSTICK or not many:
            continue
        per_s = geometric_mean(ours.per_s / theirs.per_s for ours, theirs in many.values())
        p99 = geometric_mean(ours.p99_ms / theirs.p99_ms for ours, theirs in many.values())
        later = [one[question][0].p50_ms - one[question][1].p50_ms for question in result.small if question in one]
        small = f"; a small query, one client: {max(later):+.2f} ms" if later else ""
        yield f"- {name}, {mode}, 8 clients: {per_s:.2f}x the requests/s, {p99:.2f}x the p99{small}"


def _start_and_memory(result: Result) -> Iterator[str]:
    kinds = list(next(iter(result.memory.values()), {}))
    yield "### Start and memory (all processes of a server)"
    yield ""
    yield from _head("server", "ready after", *(f"MB {kind}" for kind in kinds))
    for name, memory in result.memory.items():
        cells = " | ".join(f"{memory.get(kind, 0):,.0f}" for kind in kinds)
        yield f"| {name} | {result.starts[name]:.2f} s | {cells} |"


def _clients(result: Result) -> Iterator[str]:
    yield "The clients themselves, against a server that does nothing:"
    yield ""
    for name, found in result.clients_alone.items():
        yield f"- {name}: p50 {found.p50_ms:.3f} ms, p99 {found.p99_ms:.3f} ms, {found.per_s:,.0f} requests/s"
    yield ""
    load = f"{result.load_before:.1f} before and {result.load_after:.1f} after"
    yield f"The load of the machine was {load} the questions, on {os.cpu_count()} processors."


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
