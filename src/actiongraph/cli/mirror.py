"""`actiongraph mirror`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from actiongraph.cli.options import FolderPath
from actiongraph.mirror.folder import COPY, Folder
from actiongraph.mirror.run import MAX_BYTES, Mirrored
from actiongraph.mirror.run import mirror as make_mirror
from actiongraph.mirror.source import Source
from actiongraph.text import counted

_TELL_S = 0.5


@click.command()
@click.argument("url", metavar="URL")
@click.argument("folder", metavar="DIR", type=FolderPath(path_type=Path, file_okay=False))
@click.option(
    "--max-bytes",
    type=click.IntRange(1),
    default=MAX_BYTES,
    show_default=True,
    help="Do not fetch or unpack files larger than this.",
)
def mirror(url: str, folder: Path, max_bytes: int) -> None:
    """Copy the newest release of the server at URL to DIR and verify the copy; run again to update it.

    DIR receives actiongraph.nq.gz, the sorted quads, and mirror.json, which identifies their release. An existing
    copy is updated with the quads added and removed since.
    """
    progress = _Progress()
    done = make_mirror(Source(url), Folder(folder), max_bytes=max_bytes, progress=progress.tell)
    progress.end()
    click.echo(_told(done, url))
    click.echo(
        f"Verified: the SHA-256 of its {counted(done.quads, 'sorted quad')} is {done.release.content_sha256}, as the "
        "release states, and begins with the twelve digits in the version."
    )
    click.echo(f"The copy is in {folder / COPY}.")


def _told(done: Mirrored, url: str) -> str:
    version, fetched = done.release.version, f"{done.fetched_bytes:,} bytes fetched"
    if not done.is_new:
        return f"Nothing has changed: {version} is the newest release of {url}."
    if done.steps:
        number = "one release" if done.steps == 1 else f"{done.steps} releases"
        return (
            f"Updated from {done.before} to {version} with the changes of {number}: "
            f"{counted(done.added, 'quad')} added, {done.removed:,} removed; {fetched}."
        )
    why = f"Made a full copy, because {done.why_whole}. " if done.why_whole else ""
    return f"{why}Copied release {version} of {url}; {fetched}."


class _Progress:
    """Tells a person at a terminal how far a long copy is."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._tell_at = time.monotonic() + _TELL_S
        self._has_told = False

    def tell(self, done: int, total: int | None) -> None:
        """Tell it, from time to time."""
        if self._is_shown and time.monotonic() > self._tell_at:
            self._tell_at = time.monotonic() + _TELL_S
            self._has_told = True
            of = f" of {total / 1e6:,.1f}" if total else ""
            click.echo(f"\r\033[K{done / 1e6:,.1f}{of} MB", nl=False, err=True)

    def end(self) -> None:
        """Leave the line clean."""
        if self._has_told:
            click.echo("\r\033[K", nl=False, err=True)
