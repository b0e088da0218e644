"""Releases on disk: a folder for each, which never changes once it is there, and a link to the newest."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from actiongraph.errors import GoneResource, StoreError, UnknownResource
from actiongraph.index.resource_history import HISTORY
from actiongraph.index.resource_history_writer import keep_events
from actiongraph.publication import VERSION, ReleaseRecord, sync

_T = TypeVar("_T")
_BUILDING = ".building-"
_FULL = os.strerror(errno.ENOSPC)
"""The system's words for a full disk; errors of the engine have these, and no number."""
_PUBLISHED = "published"
"""An empty file in each release that has been the newest, so that it is not taken for the remains of a build."""
_STAYS = ("release.json", "changes")
"""The parts of a release that stay when it is no longer retained, besides the events of its history."""


class ReleaseStore:
    """The folder with the releases.

    lock                      held while a build runs
    current -> releases/…     the newest release; switched by one rename
    checked.json              the inputs that the newest release was last found to agree with
    releases/{version}/       published, release.json, store/, dumps/, changes/, terms.sqlite, things.sqlite,
                              chains.sqlite, search.sqlite, pages.sqlite, report.ttl, report.json
    past/{version}/           what stays of a release that is no longer retained: release.json, changes/, things.sqlite
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read or made yet."""
        self.folder = folder
        self.releases, self.past = folder / "releases", folder / "past"
        self._current = str(folder / "current")  # read on every answer, and a Path costs five times as much

    @classmethod
    def holding(cls, release: Path) -> ReleaseStore:
        """Return the store that holds the release in the folder `release`."""
        return cls(release.parents[1])

    def newest(self) -> str | None:
        """Return the version of the newest release, or None if nothing has been published."""
        link = self._read_link(os.readlink)
        return link.rstrip("/").rpartition("/")[2] if link else None

    def published_at(self) -> datetime | None:
        """Return when the newest release was switched to, to the second, or None if nothing has been published."""
        link = self._read_link(os.lstat)
        return datetime.fromtimestamp(int(link.st_mtime), UTC) if link else None

    def _read_link(self, read: Callable[[str], _T]) -> _T | None:
        try:
            return read(self._current)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._current} cannot be read: {error.strerror}.") from error

    def path(self, version: str) -> Path:
        """Return the folder of the release `version`."""
        return self.releases / version

    def record(self, version: str) -> ReleaseRecord:
        """Return the record of the release `version`, also of one that is no longer retained.

        Raises:
            StoreError: it is not there or not readable.
        """
        folder = self.path(version) if self.path(version).is_dir() else self.past / version
        try:
            return ReleaseRecord(**json.loads((folder / "release.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(
                f"The release {version} in {self.folder} cannot be read ({error}); run actiongraph build."
            ) from error

    def retained_record(self, version: str) -> ReleaseRecord:
        """Return the record of the release `version`, if it is still retained.

        Raises:
            UnknownResource: there never was such a release.
            GoneResource: it is no longer retained; the message names the nearest that is.
            StoreError: it cannot be read.
        """
        return self.if_retained(version, self.record)

    def if_retained(self, version: str, read: Callable[[str], _T]) -> _T:
        """Return the result of `read` for the release `version`, if it is retained; fails as `retained_record` does."""
        retained = self.versions()
        if version in retained:
            try:
                return read(version)
            except StoreError:
                if version in (retained := self.versions()):
                    raise
        raise _not_retained(version, retained, self.past_versions())

    def versions(self) -> list[str]:
        """Return the published versions in the store, oldest first."""
        newest = self.newest()
        if newest is None or not self.releases.is_dir():
            return []
        return [version for version in _versions_in(self.releases) if version <= newest]

    def past_versions(self) -> list[str]:
        """Return the versions that were published here and are no longer retained, oldest first."""
        retained = set(self.versions())
        return [version for version in _versions_in(self.past) if version not in retained]

    def history(self, version: str) -> Path | None:
        """Return the path of the history of things in the release `version`, or None if there is none.

        Of a release that is no longer retained, it has only the things that came, changed or went with it.
        """
        paths = (folder / version / HISTORY for folder in (self.releases, self.past))
        return next((path for path in paths if path.is_file()), None)

    def checked(self) -> str | None:
        """Return the fingerprint of the inputs that the newest release corresponds to, or None if it is not noted."""
        try:
            found = json.loads((self.folder / "checked.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return str(found.get("inputs")) if isinstance(found, dict) and found.get("version") == self.newest() else None

    def check(self, fingerprint: str, version: str) -> None:
        """Note that the release `version` corresponds to the inputs with this fingerprint."""
        with _clear_errors(self.folder):
            written = self.folder / ".checked.json"
            written.write_text(json.dumps({"inputs": fingerprint, "version": version}), "utf-8")
            written.replace(self.folder / "checked.json")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for a build, and clear away the remains of a build that was killed; a second build waits.

        Raises:
            StoreError: the folder cannot be made or written to.
        """
        with _clear_errors(self.folder):
            self.releases.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("w")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._clear_remains()
            yield

    def _clear_remains(self) -> None:
        """Remove what a killed build left: unfinished folders, and finished ones that it never published.

        Raises:
            StoreError: releases have been published, and the link to the newest is missing.
        """
        newest, versions = self.newest(), _versions_in(self.releases)
        published = [version for version in versions if (self.path(version) / _PUBLISHED).exists()]
        if newest is None and published:
            raise StoreError(
                f"{self.folder} has releases, but the link 'current' to the newest is missing; "
                f"restore it: ln -s releases/{published[-1]} {self.folder / 'current'}"
            )
        never_published = (v for v in versions if v > (newest or "") and v not in published)
        left = [self.path(version) for version in never_published]
        for folder in (*left, *self.releases.glob(f"{_BUILDING}*"), *self.past.glob(f"{_BUILDING}*")):
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Give the name of a folder for what a build puts aside; it is removed with the block, or by the next build.

        Raises:
            StoreError: the disk is full or cannot be written; the published release is as it was.
        """
        folder = self.releases / f"{_BUILDING}workspace"
        try:
            with _clear_errors(self.folder):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def building(self, version: str) -> Iterator[Path]:
        """Give a folder to build `version` in; it is published when the block ends well, and removed otherwise.

        Raises:
            StoreError: the disk is full or cannot be written; the published release is as it was.
        """
        folder = self.releases / (_BUILDING + version)
        try:
            with _clear_errors(self.folder):
                folder.mkdir()
                yield folder
                _sync_all(folder)
                folder.rename(self.path(version))
                sync(self.releases)
                self._switch(version)
            # Without the mark the release is whole all the same: it only may be taken for the remains of a build if the
            # link to the newest should ever be lost.
            with suppress(OSError):
                (self.path(version) / _PUBLISHED).touch()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _switch(self, version: str) -> None:
        """Make `version` the newest: the link is written aside and put in place by one rename."""
        link = self.folder / ".current"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("releases") / version)
        link.rename(self.folder / "current")
        sync(self.folder)

    def prune(self, keep: int) -> list[str]:
        """Remove all but the last `keep` releases and return their versions; the newest always stays.

        The record of a release that is removed, and what changed with it, stay in `past/`.

        Raises:
            StoreError: the disk is full or cannot be written; what was not removed is as it was.
        """
        gone = self.versions()[:-keep]
        for version in gone:
            self.take_away(version)
        return gone

    def take_away(self, version: str) -> None:
        """Remove the release `version`; see `prune`. Nothing stays of one without a record.

        Raises:
            StoreError: as `prune`.
        """
        with _clear_errors(self.folder):
            if (self.path(version) / _STAYS[0]).is_file():
                self._put_aside(version)
            if self.path(version).exists():
                leaving = self.releases / (_BUILDING + version)
                self.path(version).rename(leaving)
                shutil.rmtree(leaving, ignore_errors=True)

    def _put_aside(self, version: str) -> None:
        """Put the record of the release `version`, and what changed with it, into `past/`."""
        aside = self.past / (_BUILDING + version)
        try:
            aside.mkdir(parents=True)
            for name in _STAYS:
                source = self.path(version) / name
                if source.is_dir():
                    shutil.copytree(source, aside / name, copy_function=_same_file)
                elif source.exists():
                    _same_file(source, aside / name)
            if history := self.history(version):
                keep_events(history, aside / HISTORY)
            _sync_all(aside)
            shutil.rmtree(self.past / version, ignore_errors=True)
            aside.rename(self.past / version)
            sync(self.past)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _not_retained(version: str, retained: Sequence[str], past: Sequence[str]) -> UnknownResource:
    """Return the error for a version that is not in the store; versions sort by time, so the next one is nearest."""
    near = tuple(dict.fromkeys([*retained[bisect(retained, version) :][:1], *retained[-1:]]))
    nearest = f"The nearest retained release is {near[0]}." if near else "None is retained."
    if version in past:
        return GoneResource(f"The release {version} is no longer retained. {nearest}", near=near)
    return UnknownResource(f"There has never been a release {version[:60]!r} here. {nearest}", near=near)


def _versions_in(folder: Path) -> list[str]:
    """Return the versions that have a folder in `folder`, oldest first; anything else in it is left alone."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if re.fullmatch(VERSION, entry.name) and entry.is_dir())


@contextmanager
def _clear_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if _FULL in str(error) else error.strerror or str(error)
        raise StoreError(
            f"The store {folder} cannot be written: {reason}; the published releases are unchanged."
        ) from error


def _same_file(source: str | Path, target: str | Path) -> None:
    """Link `target` to a file that never changes, or copy it where that is impossible: a link fits on a full disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _sync_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def write_json(path: Path, record: ReleaseRecord) -> None:
    """Write `record` to `path`, the same bytes for the same record."""
    path.write_text(json.dumps(asdict(record), ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
