"""Releases that came before, seen from a later one: what happened with each, kept or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from actiongraph.engine.base import Edition
from actiongraph.errors import GoneResource, UnknownResource
from actiongraph.release.shelf import Shelf
from actiongraph.release.things import Things, open_things, things_of


@contextmanager
def things_at(edition: Edition, version: str) -> Iterator[Things]:
    """Give the register of the release `version`, which is `edition` or came before it; see `open_things`.

    Of a release that is no longer kept it has only what came, changed or went with it.

    Raises:
        UnknownResource: `edition` has no register, or knows no such release.
        GoneResource: the release was there, and nothing is left of it.
        StoreError: the register cannot be read.
    """
    with things_of(edition) as newest:
        known = [stamp.version for stamp, _ in newest.releases()]
    if version not in known:
        raise UnknownResource(f"There never was a release {version[:60]!r} here.", near=tuple(known[-1:]))
    assert edition.folder is not None  # noqa: S101 - it has a register
    register = Shelf.holding(edition.folder).register(version)
    if register is None:
        raise GoneResource(f"What happened with the release {version} is no longer here.", near=tuple(known[-1:]))
    with open_things(register) as things:
        yield things
