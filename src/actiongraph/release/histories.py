"""The registers of things behind a snapshot: its own, and those of the releases before it, kept or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from actiongraph.errors import GoneResource, StoreError, UnknownResource
from actiongraph.index.resource_history import HISTORY, ResourceHistory, open_history
from actiongraph.release.snapshots import Snapshot
from actiongraph.release.store import ReleaseStore


@contextmanager
def history_of(snapshot: Snapshot) -> Iterator[ResourceHistory]:
    """Give the register of `snapshot`; see `open_history`.

    Raises:
        UnknownResource: files are served as they stand, or the release was made by an older program.
        StoreError: it cannot be read.
    """
    if snapshot.folder is None:
        raise UnknownResource(
            "This endpoint serves files as they stand, which have no history of things; ask at /sparql."
        )
    path = snapshot.folder / HISTORY
    if not path.is_file():
        raise UnknownResource(
            f"The release {snapshot.version} was made by an older program and keeps no list of its things; "
            "the next release will."
        )
    with open_history(path, _published_at(ReleaseStore.holding(snapshot.folder), snapshot.folder.name)) as things:
        yield things


@contextmanager
def history_at(snapshot: Snapshot, version: str) -> Iterator[ResourceHistory]:
    """Give the register of the release `version`, which is `snapshot` or came before it; see `open_history`.

    Of a release that is no longer kept it has only what came, changed or went with it.

    Raises:
        UnknownResource: `snapshot` has no register, or knows no such release.
        GoneResource: the release was there, and nothing is left of it.
        StoreError: the register cannot be read.
    """
    with history_of(snapshot) as newest:
        known = [stamp.version for stamp, _ in newest.releases()]
    if version not in known:
        raise UnknownResource(f"There never was a release {version[:60]!r} here.", near=tuple(known[-1:]))
    assert snapshot.folder is not None  # noqa: S101 - it has a register
    with ExitStack() as stack:
        yield _open_register(ReleaseStore.holding(snapshot.folder), version, stack)


def _open_register(releases: ReleaseStore, version: str, stack: ExitStack) -> ResourceHistory:
    """Return the register of a release, open until `stack` ends; it may be put aside while it is looked for."""
    for path in filter(None, (releases.history(version) for _ in range(2))):
        try:
            return stack.enter_context(open_history(path))
        except StoreError:
            if path.is_file():
                raise
    raise GoneResource(f"What happened with the release {version} is no longer here.", near=(releases.newest() or "",))


def _published_at(releases: ReleaseStore, version: str) -> datetime | None:
    """Return when the release `version` could first be read; of one that is not the newest, the newest knows."""
    newest = releases.newest()
    if newest == version or newest is None:
        return releases.published_at()
    register = releases.history(newest)
    if register is None:
        return None
    with open_history(register) as things:
        return next((stamp.published_at for stamp, _ in things.releases() if stamp.version == version), None)
