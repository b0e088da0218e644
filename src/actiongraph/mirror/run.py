"""Copying a server's newest release, and keeping the copy up.

What a copy is, its own hash says, not the note beside it: so a run that was killed between two renames, or a copy
that was damaged, is noticed. Only a copy whose hash is that of the newest release is put in place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from actiongraph.errors import DataError, EndpointError, StoreError
from actiongraph.mirror.folder import COPY, Folder, Note
from actiongraph.mirror.quads import ByteBudget, TooMuch, changed, content_of, read_lines, unpack, write_lines
from actiongraph.mirror.remote_releases import RemoteFile, RemoteRelease, releases_of
from actiongraph.mirror.source import Missing, Progress, Source

MAX_BYTES = 32 * 1024**3
"""Room for a hundred million quads; a hostile server must not fill the disk."""
_MOST_STEPS = 100
"""Releases whose changes are applied at once; two files are open for each."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The result of a run: the release, and the number of quads in the copy of it, which its hash has proved.

    `before` is the version that was there, if it is known, and `steps` counts the releases whose changes were
    applied to it, by which quads were `added` and `removed`; no steps are a whole copy, or that nothing had changed,
    which `is_new` tells. `why_whole` says why a copy that was there was not updated.
    """

    release: RemoteRelease
    quads: int
    is_new: bool
    fetched_bytes: int = 0
    before: str | None = None
    steps: int = 0
    added: int = 0
    removed: int = 0
    why_whole: str = ""


def mirror(source: Source, folder: Folder, *, max_bytes: int = MAX_BYTES, progress: Progress) -> Mirrored:
    """Make or keep up a copy of the newest release of `source` in `folder`, prove it, and return what it came to.

    No more than `max_bytes` are fetched, unpacked from what was fetched, and written, all together; a copy that is
    there may unpack to as many. When this fails, a copy that was there is as it was.

    Raises:
        EndpointError: the server does not answer as it should, or what it sends is not what its hash says.
        StoreError: the folder cannot be written, has a file that is no copy or a copy of another server, or another
            run holds it.
    """
    allowed = ByteBudget(max_bytes)
    with folder.held():
        _check_source(source, folder)
        try:
            return _Run(source, folder, allowed, progress).mirror()
        except Missing:
            # A release may have been taken away between the list and the files: the list says what there is now.
            folder.clear()
            return _Run(source, folder, allowed, progress).mirror()


def _check_source(source: Source, folder: Folder) -> None:
    """Refuse to put the copy of one server in the place of another's."""
    note = folder.note()
    if note is not None and folder.copy.exists() and not source.is_at(str(note.source)):
        raise StoreError(
            f"{folder.path} holds a copy of {note.source}; use another folder for {source.url}, or remove that copy."
        )


class _Broken(Exception):
    """The copy that is there cannot be updated; the text says why."""


class _Run:
    """One run: the server and the folder, and the releases that the server has listed so far."""

    def __init__(self, source: Source, folder: Folder, allowed: ByteBudget, progress: Progress) -> None:
        self._source = source
        self._folder = folder
        self._allowed = allowed
        self._progress = progress
        self._telling = releases_of(source)
        self._told: list[RemoteRelease] = []
        self._fetched_bytes = 0

    def mirror(self) -> Mirrored:
        """Leave, update or make the copy, as what is there demands."""
        newest = next((release for release in self._releases() if release.is_current), None)
        if newest is None:
            raise EndpointError(f"The server at {self._source.url} lists no newest release; try again later.")
        if not self._folder.copy.exists():
            return self._copy_whole(newest)
        found = self._found()
        if found == newest.content_sha256:
            return self._leave(newest)
        before = next((release for release in self._releases() if release.content_sha256 == found), None)
        try:
            return self._keep_up(newest, before)
        except _Broken as broken:
            self._folder.clear()
            return self._copy_whole(newest, before, str(broken))

    def _releases(self) -> Iterator[RemoteRelease]:
        """Yield the releases that the server tells of, newest first, and ask for more only when they are wanted."""
        yield from self._told
        for release in self._telling:
            self._told.append(release)
            yield release

    def _found(self) -> str:
        """Return the hash of what is there, empty if it cannot be read.

        Raises:
            StoreError: it is longer than any copy that this run may make.
        """
        try:
            return content_of(unpack(self._folder.copy, ByteBudget(self._allowed.max_bytes))).sha256
        except DataError:
            return ""
        except TooMuch as error:
            raise StoreError(
                f"{self._folder.copy} unpacks to more than {self._allowed.max_bytes:,} bytes; "
                "raise --max-bytes, or delete it."
            ) from error

    def _leave(self, newest: RemoteRelease) -> Mirrored:
        known = self._folder.note()
        if known is not None and known.content_sha256 == newest.content_sha256:
            quads = known.quads
        else:
            quads = content_of(self._own_lines()).quads
        note = self._note(newest, quads)
        if known is None or (known.version, known.source) != (note.version, note.source):
            self._folder.write_note(note)
        return Mirrored(newest, quads, is_new=False, before=newest.version)

    def _copy_whole(self, newest: RemoteRelease, before: RemoteRelease | None = None, why: str = "") -> Mirrored:
        if newest.dump is None:
            raise EndpointError(f"The server at {self._source.url} has no dump of {newest.version}; try again later.")
        written = self._fetch(newest.dump, COPY)
        try:
            content = content_of(read_lines(written, self._allowed))
        except DataError as error:
            raise EndpointError(f"{newest.dump.address} is not sorted N-Quads: {error}.") from error
        if content.sha256 != newest.content_sha256:
            raise EndpointError(
                f"{newest.dump.address} is not the release {newest.version}: its quads have the SHA-256 "
                f"{content.sha256}, not {newest.content_sha256}."
            )
        self._folder.put(written, self._note(newest, content.quads))
        version = before.version if before else None
        return Mirrored(newest, content.quads, True, self._fetched_bytes, version, why_whole=why)

    def _keep_up(self, newest: RemoteRelease, before: RemoteRelease | None) -> Mirrored:
        """Bring the copy, which is the release `before`, up to the newest by the changes of the releases since.

        Raises:
            _Broken: that cannot be done, or does not lead to the newest release.
        """
        if before is None:
            raise _Broken(self._why_unknown())
        steps, counts = self._steps(newest, before), [0, 0]
        lines: Iterator[bytes] = self._own_lines()
        try:
            for number, (added, removed) in enumerate(steps):
                coming = _counted(self._fetched_lines(added, f"added-{number}"), counts, 0)
                going = _counted(self._fetched_lines(removed, f"removed-{number}"), counts, 1)
                lines = changed(lines, going, coming)
            with self._folder.clear_errors():
                content = write_lines(self._folder.beside(COPY), lines, self._allowed)
        except TooMuch:
            raise
        except (DataError, EndpointError) as error:
            raise _Broken(f"the changes since {before.version} cannot be applied: {error}") from error
        if content.sha256 != newest.content_sha256:
            raise _Broken(f"the changes since {before.version} do not lead to {newest.version}")
        self._folder.put(self._folder.beside(COPY), self._note(newest, content.quads))
        return Mirrored(
            newest, content.quads, True, self._fetched_bytes, before.version, len(steps), counts[0], counts[1]
        )

    def _why_unknown(self) -> str:
        """Tell why what is there is none of the releases; a file that no run can have left is not touched."""
        note = self._folder.note()
        if note is None:
            raise StoreError(f"{self._folder.copy} was not made by mirror; use another folder.")
        if note.content_sha256 != self._found():
            return f"the copy of {note.version} is damaged: its hash differs"
        return f"the server does not list {note.version}"

    def _steps(self, newest: RemoteRelease, before: RemoteRelease) -> list[tuple[RemoteFile, RemoteFile]]:
        """Return the files of what was added and removed with each release after `before`, oldest first.

        Raises:
            _Broken: one is missing, or the whole is less to fetch.
        """
        steps: list[tuple[RemoteFile, RemoteFile]] = []
        release = newest
        while release.content_sha256 != before.content_sha256:
            earlier = next((one for one in self._releases() if one.version == release.previous), None)
            if release.delta is None or earlier is None or len(steps) == _MOST_STEPS:
                raise _Broken(f"the server does not have the changes of all releases since {before.version}")
            steps.append(release.delta)
            release = earlier
        fetched = sum(file.size_bytes or 0 for step in steps for file in step)
        if newest.dump and newest.dump.size_bytes is not None and fetched >= newest.dump.size_bytes:
            raise _Broken(f"the full dump is smaller than all changes since {before.version}")
        return steps[::-1]

    def _own_lines(self) -> Iterator[bytes]:
        """Return the lines of the copy, which cost nothing of what is allowed to the run: it was paid for then."""
        return read_lines(self._folder.copy, ByteBudget(self._allowed.max_bytes))

    def _fetched_lines(self, file: RemoteFile, name: str) -> Iterator[bytes]:
        return read_lines(self._fetch(file, name), self._allowed)

    def _fetch(self, file: RemoteFile, name: str) -> Path:
        """Return the path that `file` was written to beside the copy, under a name of ours.

        Raises:
            Missing: it is not there (any more).
            EndpointError: it cannot be had, or is another than the server listed.
        """
        left = self._allowed.left_bytes
        limit = left if file.size_bytes is None else min(file.size_bytes, left)
        path, digest, size_bytes = self._folder.beside(name), hashlib.sha256(), 0
        with self._folder.clear_errors(), path.open("xb") as written:
            for block in self._source.stream(file.address, "application/gzip", limit, self._progress):
                self._allowed.take(len(block))
                digest.update(block)
                size_bytes += len(block)
                written.write(block)
        self._fetched_bytes += size_bytes
        if digest.hexdigest() != file.sha256:
            raise EndpointError(f"{file.address} does not match its SHA-256; try again later.")
        return path

    def _note(self, release: RemoteRelease, quads: int) -> Note:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Note(release.version, release.content_sha256, quads, self._source.url, now)


def _counted(lines: Iterable[bytes], counts: list[int], index: int) -> Iterator[bytes]:
    for line in lines:
        counts[index] += 1
        yield line
