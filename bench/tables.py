"""What a comparison found, as tables for people and as JSON for programs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import msgspec

from bench.load import Measured
from bench.questions import ASKERS, CheckedQuery
from bench.systems import Memory

REPEATED, UNCACHED = "repeated", "uncached"
MODES = (UNCACHED, REPEATED)
ONE, EIGHT = "1 client", "8 clients"
SMALL = "small questions"
_PLACE = re.compile(r"(<!-- bench\.report: begin -->\n).*?(<!-- bench\.report: end -->)", re.DOTALL)


@dataclass(slots=True)
class Result:
    """The figures of one run. Times are in milliseconds, `starts` in seconds; ratios are against the first system.

    `load_before` and `load_after` are what the machine was busy with: processes that ran or wanted to, over a minute.
    """

    actions: int
    systems: list[str]
    clients_alone: Mapping[str, Measured]
    triples: int = 0
    measured_on: str = ""
    load_before: float = 0.0
    load_after: float = 0.0
    starts: dict[str, float] = field(default_factory=dict)
    memory: dict[str, list[Memory]] = field(default_factory=dict)
    """By system, once it was started and once all was asked."""
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=dict)
    """Questions by who asks them, and those that are small."""
    figures: dict[str, dict[str, dict[str, dict[str, Measured]]]] = field(default_factory=dict)
    """By mode, question, system and number of clients."""

    def note_start(self, system: str, ready_s: float, memory: Memory) -> None:
        """Note how long `system` took to answer, and its memory then."""
        self.starts[system] = ready_s
        self.memory[system] = [memory]

    def note_end(self, system: str, memory: Memory) -> None:
        """Note the memory of `system` when all was asked."""
        self.memory[system].append(memory)

    def note_fault(self, question: str, system: str, fault: str) -> None:
        """Note why `system` is not timed on `question`."""
        self.faults.append((question, system, fault))

    def note_question(self, question: CheckedQuery) -> None:
        """Note who asks `question`, and whether it is small."""
        for group in (question.asker, *([SMALL] if question.is_small else ())):
            self.groups.setdefault(group, []).append(question.name)

    def note(self, question: str, mode: str, system: str, clients: str, found: Measured) -> None:
        """Note how `system` did on `question` with so many `clients`."""
        by_question = self.figures.setdefault(mode, {}).setdefault(question, {})
        by_question.setdefault(system, {})[clients] = found

    def pairs(self, mode: str, system: str, clients: str, group: str) -> list[tuple[Measured, Measured]]:
        """Return the figures of `system` and of the first system for each question of `group` that has both."""
        asked = (self.figures.get(mode, {}).get(question, {}) for question in self.groups.get(group, ()))
        found = ((by_system.get(system, {}), by_system.get(self.systems[0], {})) for by_system in asked)
        return [(theirs[clients], first[clients]) for theirs, first in found if clients in theirs and clients in first]

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON can write it."""
        return asdict(self)


def as_markdown(result: Result) -> str:
    """Return the tables: means by who asks, latency with one client, throughput with eight, start and memory."""
    lines = [f"## {result.actions:,} actions, {result.triples:,} triples", "", *_means(result)]
    for mode, clients, title, cell in _TABLES:
        if mode in result.figures:
            lines += ["", f"### {title}", "", *_table(result, mode, clients, cell)]
    if result.faults:
        lines += ["", "### Not timed", ""]
        lines += [f"- **{name}** on {question}: {fault}" for question, name, fault in result.faults]
    return "\n".join([*lines, "", *_start_and_memory(result), "", *_clients(result)]) + "\n"


def read(path: Path) -> list[Result]:
    """Return the results that `bench.compare --json` printed into the file.

    Raises:
        msgspec.ValidationError: the file holds something else.
    """
    return msgspec.json.decode(path.read_bytes(), type=list[Result])


def with_tables(page: str, results: Sequence[Result]) -> str:
    """Return `page` with the tables of `results` in their place.

    Raises:
        ValueError: the page has no such place.
    """
    memory = "![Memory of each server, by the number of actions](pictures/compare-memory.png)\n"
    parts = [f"{_plot(result)}\n\n{as_markdown(result)}" for result in results]
    text = "\n".join([memory, *parts])
    made, places = _PLACE.subn(lambda found: f"{found[1]}\n{text}\n{found[2]}", page)
    if places != 1:
        raise ValueError(f"The page has {places} places for tables, between <!-- bench.report: begin --> and end.")
    return made


def _plot(result: Result) -> str:
    title = f"Each question to each server at {result.actions:,} actions, time and throughput"
    return f"![{title}](pictures/compare-{result.actions}.png)"


def _times(found: Measured) -> str:
    return f"{found.p50_ms:.2f} / {found.p99_ms:.2f}"


def _processor(found: Measured) -> str:
    return f"{found.processor_ms:.2f}"


def _rate(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= 10 else f"{per_s:.1f}"


_TABLES: tuple[tuple[str, str, str, Callable[[Measured], str]], ...] = (
    (UNCACHED, ONE, "Uncached, one client: p50 / p99 in ms", _times),
    (UNCACHED, ONE, "Uncached: processor time of the server for each answer, in ms", _processor),
    (UNCACHED, EIGHT, "Uncached, 8 clients: requests/s", lambda found: _rate(found.per_s)),
    (REPEATED, EIGHT, "Repeated, 8 clients: requests/s", lambda found: _rate(found.per_s)),
)


def _table(result: Result, mode: str, clients: str, cell: Callable[[Measured], str]) -> Iterator[str]:
    yield from _head("question", *result.systems)
    for question, by_system in result.figures[mode].items():
        found = {name: figures[clients] for name, figures in by_system.items() if clients in figures}
        cells = (cell(found[name]) if name in found else "-" for name in result.systems)
        yield f"| {question} | {' | '.join(cells)} |"


def _means(result: Result) -> Iterator[str]:
    """Yield for each group of questions and each system the geometric means of its ratios to the first system."""
    first, *others = result.systems
    yield f"### As multiples of {first}: time for one client / processor time / requests per second for eight"
    yield ""
    yield from _head("asked by", *others)
    for mode in result.figures:
        for group in (*ASKERS, SMALL):
            if group in result.groups:
                cells = (_mean(result, mode, name, group) for name in others)
                yield f"| {group}, {mode} | {' | '.join(cells)} |"


def _mean(result: Result, mode: str, name: str, group: str) -> str:
    one, eight = (result.pairs(mode, name, clients, group) for clients in (ONE, EIGHT))
    all_asked = len(result.groups[group])
    times = [theirs.p50_ms / ours.p50_ms for theirs, ours in one]
    # Within a tick of the clock nothing is known of a server's processor time.
    processor = [
        theirs.processor_ms / ours.processor_ms for theirs, ours in one if theirs.processor_ms * ours.processor_ms
    ]
    rates = [theirs.per_s / ours.per_s for theirs, ours in eight]
    return " / ".join(_ratio(ratios, all_asked) for ratios in (times, processor, rates))


def _ratio(ratios: Sequence[float], all_asked: int) -> str:
    if not ratios:
        return "-"
    of = "" if len(ratios) == all_asked else f" ({len(ratios)} of {all_asked})"
    return f"{geometric_mean(ratios):.2f}{of}"


def _start_and_memory(result: Result) -> Iterator[str]:
    yield "### Start and memory of all processes of a server (PSS, and in it what no file backs)"
    yield ""
    yield from _head("server", "ready after", "MB started", "MB at the end")
    for name, moments in result.memory.items():
        cells = " | ".join(f"{memory.pss:,.0f} ({memory.anonymous:,.0f})" for memory in moments)
        yield f"| {name} | {result.starts[name]:.2f} s | {cells} |"


def _clients(result: Result) -> Iterator[str]:
    yield "The clients themselves, against a server that does nothing:"
    yield ""
    for name, found in result.clients_alone.items():
        yield f"- {name}: p50 {found.p50_ms:.3f} ms, p99 {found.p99_ms:.3f} ms, {found.per_s:,.0f} requests/s"
    yield ""
    load = f"{result.load_before:.1f} before and {result.load_after:.1f} after the questions"
    yield f"Measured on {result.measured_on}; the load of the machine was {load}, on {os.cpu_count()} processors."


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
