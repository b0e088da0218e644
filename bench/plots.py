"""Plots of what comparisons found, by matplotlib, which is in the extra `bench`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.load import Measured
from bench.peers import BEFORE, FUSEKI, OURS, OXIGRAPH, VIRTUOSO
from bench.questions import ASKERS
from bench.tables import EIGHT, ONE, REPEATED, UNCACHED, Result

# Colours of Okabe and Ito, which the colour-blind can tell apart; each has a mark of its own besides.
_STYLES = {
    OURS: ("#0072B2", "o"),
    BEFORE: ("#56B4E9", "o"),
    f"{BEFORE}, files": ("#56B4E9", "o"),
    OXIGRAPH: ("#D55E00", "D"),
    VIRTUOSO: ("#009E73", "s"),
    FUSEKI: ("#CC79A7", "^"),
}
_DPI = 110


def plotted(result: Result) -> list[str]:
    """Return the servers of `result` that plots show: those of 0.2.0 with files only where its releases are not."""
    left_out = {f"{BEFORE}, files"} if BEFORE in result.systems else set()
    return [name for name in result.systems if name in _STYLES and name not in left_out]


_PANELS: tuple[tuple[str, str, str, Callable[[Measured], float]], ...] = (
    (UNCACHED, ONE, "Uncached, one client: p50 in ms", lambda found: found.p50_ms),
    (UNCACHED, ONE, "Uncached: processor time, ms", lambda found: found.processor_ms),
    (UNCACHED, EIGHT, "Uncached, 8 clients: requests/s", lambda found: found.per_s),
    (REPEATED, EIGHT, "Repeated, 8 clients: requests/s", lambda found: found.per_s),
)


def draw_questions(result: Result, path: Path) -> None:
    """Draw how each server did on each question, uncached and repeated, into a PNG."""
    questions = [question for asker in ASKERS for question in result.groups.get(asker, ())]
    figure = Figure(figsize=(15, 1.8 + 0.27 * len(questions)), layout="constrained")
    panels = figure.subplots(1, len(_PANELS), sharey=True)
    for axes, (mode, clients, title, value) in zip(panels, _PANELS, strict=True):
        for name in plotted(result):
            found = {
                row: value(by_system[name][clients])
                for row, question in enumerate(questions)
                if clients in (by_system := result.figures.get(mode, {}).get(question, {})).get(name, {})
            }
            # Within a tick of the clock nothing is known, and a logarithmic scale has no nought.
            seen = {row: size for row, size in found.items() if size}
            colour, mark = _STYLES[name]
            fill = "none" if name.startswith(BEFORE) else colour  # hollow, for it is seldom far from ours
            values, rows = list(seen.values()), list(seen)
            axes.scatter(values, rows, s=42, facecolors=fill, edgecolors=colour, marker=mark, label=name, alpha=0.9)
        if any(marks.get_offsets().size for marks in axes.collections):
            axes.set_xscale("log")
        axes.set_title(title, fontsize=10)
        _tidy(axes)
    panels[0].set_yticks(range(len(questions)), questions)
    panels[0].invert_yaxis()
    _divide(panels, [len(result.groups.get(asker, ())) for asker in ASKERS])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    side = "less is better in the first two, more in the others"
    figure.suptitle(f"{result.actions:,} actions, {result.triples:,} triples; {side}", fontsize=11)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


def _divide(panels: Sequence[Axes], sizes: Sequence[int]) -> None:
    """Draw a line between the questions of those who ask, and name these at the right."""
    row = 0
    for asker, size in zip(ASKERS, sizes, strict=True):
        if size:
            middle = (1.02, row + (size - 1) / 2)
            panels[-1].annotate(asker, middle, xycoords=("axes fraction", "data"), rotation=270, va="center")
        row += size
        if row < sum(sizes):
            for axes in panels:
                axes.axhline(row - 0.5, color="black", linewidth=0.6)


def draw_memory(results: Sequence[Result], path: Path) -> None:
    """Draw the memory of each server once all was asked, for each number of actions, into a PNG."""
    names = list(dict.fromkeys(name for result in results for name in plotted(result)))
    figure = Figure(figsize=(8, 1.2 + 0.35 * len(names) * len(results)), layout="constrained")
    axes = figure.subplots()
    height = 0.8 / len(results)
    for turn, result in enumerate(results):
        for row, name in enumerate(names):
            if name not in result.memory:
                continue
            memory = result.memory[name][-1]
            at = row + (turn - (len(results) - 1) / 2) * height
            axes.barh(at, memory.pss, height * 0.9, color=_STYLES[name][0], alpha=0.35)
            axes.barh(at, memory.anonymous, height * 0.9, color=_STYLES[name][0])
            axes.annotate(
                f" {memory.pss:,.0f} MB at {result.actions:,} actions", (memory.pss, at), va="center", fontsize=8
            )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.set_title("Memory once all was asked: PSS in MB; dark is what no file backs", fontsize=10)
    _tidy(axes)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


def _tidy(axes: Axes) -> None:
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(labelsize=9)
