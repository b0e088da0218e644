"""Plots of what comparisons found, by matplotlib, which is in the extra `bench`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

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


def draw_questions(result: Result, path: Path) -> None:
    """Draw the time of each question for one client, and the requests per second for eight, into a PNG."""
    questions = [question for asker in ASKERS for question in result.groups.get(asker, ())]
    figure = Figure(figsize=(13, 1.8 + 0.27 * len(questions)), layout="constrained")
    left, middle, right = figure.subplots(1, 3, sharey=True)
    for axes, mode, clients, title in (
        (left, UNCACHED, ONE, "One client, uncached: p50 in ms"),
        (middle, UNCACHED, EIGHT, "Eight clients, uncached: requests/s"),
        (right, REPEATED, EIGHT, "Eight clients, repeated: requests/s"),
    ):
        for name in plotted(result):
            colour, mark = _STYLES[name]
            found = {
                row: by_system[name][clients]
                for row, question in enumerate(questions)
                if clients in (by_system := result.figures.get(mode, {}).get(question, {})).get(name, {})
            }
            values = [each.p50_ms if clients == ONE else each.per_s for each in found.values()]
            axes.scatter(values, list(found), s=42, c=colour, marker=mark, label=name, alpha=0.85, linewidths=0)
        if any(offsets.get_offsets().size for offsets in axes.collections):
            axes.set_xscale("log")
        axes.set_title(title, fontsize=10)
        _tidy(axes)
    left.set_yticks(range(len(questions)), questions)
    left.invert_yaxis()
    row = 0
    for asker in ASKERS:
        asked = len(result.groups.get(asker, ()))
        if asked:
            right.annotate(
                asker, (1.02, row + (asked - 1) / 2), xycoords=("axes fraction", "data"), rotation=270, va="center"
            )
        row += asked
        for axes in (left, middle, right):
            if row < len(questions):
                axes.axhline(row - 0.5, color="black", linewidth=0.6)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    figure.suptitle(
        f"{result.actions:,} actions, {result.triples:,} triples; left is better in the first, right in the others",
        fontsize=11,
    )
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


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
    axes.grid(axis="x", which="major", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(labelsize=9)
