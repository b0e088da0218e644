"""Notes on a release that was published, on things that are gone with it, and on files that are no data."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from actiongraph.release.build import Outcome
from actiongraph.release.inputs import left_out
from actiongraph.settings import Settings, shipped
from actiongraph.text import counted
from actiongraph.vocabulary import CANONICAL_BASE, PREFIXES

_MOST_NAMED = 10
_MOST_FILES = 5


def published_note(outcome: Outcome) -> str:
    """Return the result of a build in one sentence."""
    record = outcome.record
    if not outcome.is_new:
        return f"Nothing has changed: {record.version} is still the newest release."
    changes = f", {counted(record.added, 'quad')} added and {record.removed:,} removed" if record.previous else ""
    contents = f"{counted(record.triples, 'triple')} in {counted(len(record.graphs), 'graph')}"
    return f"Published {record.version}: {contents}{changes}."


def place_note(folder: Path, data: Path | None, store: Path | None, base: str | None) -> str:
    """Return the folder of the releases, and the command that serves them with the options that were given."""
    command = ["actiongraph", "serve"]
    for option, given in (("--data", data), ("--store", store), ("--base", base)):
        if given:
            command += [option, str(given)]
    return f"Stored in {folder}; serve it with: {shlex.join(command)}"


def vanished_note(things: Sequence[str], settings: Settings) -> str:
    """Return the note on `things`, as `kind/key`, that were published before, and are neither here nor withdrawn.

    The lines that a curator would write are ready to be pasted into Turtle, whether or not that has the prefixes.
    """
    path = _data(settings) / "withdrawn.ttl"
    prefixes = [f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in ("ag", "prov", "xsd")]
    today = datetime.now(UTC).date().isoformat()
    lines = [
        f'<id/{thing}> a ag:WithdrawnResource ; ag:reason "…"@en ; prov:invalidatedAtTime "{today}"^^xsd:date .'
        for thing in things[:_MOST_NAMED]
    ]
    more = [f"# and {len(things) - _MOST_NAMED} more"] if len(things) > _MOST_NAMED else []
    return "\n".join(
        [
            f"Missing since the previous release: {counted(len(things), 'key')}. To tell readers why, add this to "
            f"{path}, with the reasons:",
            f"@base <{CANONICAL_BASE}> .",
            *prefixes,
            *lines,
            *more,
        ]
    )


def left_out_note(settings: Settings) -> str | None:
    """Return the note on files in the data folder that are not read, or None if there are none."""
    names = left_out(_data(settings))
    if not names:
        return None
    more = f" and {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
    return f"Only .ttl files are read; ignored in {_data(settings)}: {', '.join(names[:_MOST_FILES])}{more}."


def _data(settings: Settings) -> Path:
    return (settings.data or shipped("data")).resolve()
