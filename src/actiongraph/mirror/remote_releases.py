"""The releases that a server lists at `/releases`, believed only where they are what they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from actiongraph.errors import EndpointError
from actiongraph.mirror.source import Source
from actiongraph.publication import DUMP, VERSION

_Version = Annotated[str, Meta(pattern=rf"\A{VERSION}\Z")]
_Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Address = Annotated[str, Meta(pattern=r"\A[\x00-\x7f]{0,2000}\Z")]
"""No more than this of each stays in memory; whether it is an address at all is checked when it is read."""
_PAGE_BYTES = 4 * 1024**2
_MOST_BYTES = 64 * 1024**2
_MOST_PAGES = 200
_MOST_RELEASES = 10_000
"""The most that is read of a list, in pages of fifty; a copy that is older than these releases is made anew."""


class RemoteFile(Struct, frozen=True, kw_only=True):
    """A file on the server; `size_bytes` is None where the server does not tell."""

    address: _Address
    sha256: _Sha256
    size_bytes: Annotated[int, Meta(ge=0)] | None = None
    name: str = ""


class _Changes(Struct, frozen=True):
    added: RemoteFile | None = None
    removed: RemoteFile | None = None


class RemoteRelease(Struct, frozen=True, kw_only=True):
    """A release as the server describes it."""

    version: _Version
    content_sha256: _Sha256
    previous: _Version | None = None
    is_current: bool = msgspec.field(default=False, name="current")
    dumps: list[RemoteFile]
    changes: _Changes | None = None

    @property
    def dump(self) -> RemoteFile | None:
        """The sorted N-Quads of the release; None where it is no longer retained."""
        return next((dump for dump in self.dumps if dump.name == DUMP), None)

    @property
    def delta(self) -> tuple[RemoteFile, RemoteFile] | None:
        """The quads it added to the release before and those it removed; None where either is not to be had."""
        if self.changes is None or self.changes.added is None or self.changes.removed is None:
            return None
        return self.changes.added, self.changes.removed


class _Page(Struct, frozen=True, kw_only=True):
    releases: list[RemoteRelease]
    next: _Address | None = None


def releases_of(source: Source) -> Iterator[RemoteRelease]:
    """Yield the releases of the server, newest first, up to ten thousand.

    Later pages are requested only when they are wanted, and no more once 64 MiB were read.

    Raises:
        EndpointError: it does not answer, or not with releases.
    """
    return islice(_all_of(source), _MOST_RELEASES)


def _all_of(source: Source) -> Iterator[RemoteRelease]:
    address, read_bytes = source.url + "releases", 0
    for _ in range(_MOST_PAGES):
        content = source.read(address, "application/json", _PAGE_BYTES)
        read_bytes += len(content)
        page = _parse(content, address)
        yield from page.releases
        if page.next is None or read_bytes > _MOST_BYTES - _PAGE_BYTES:
            return
        address = page.next


def _parse(content: bytes, address: str) -> _Page:
    try:
        document = msgspec.json.decode(content)
    except (ValueError, RecursionError) as error:
        raise _unexpected(address, "no JSON") from error
    try:
        page = msgspec.convert(document, _Page)
    except msgspec.ValidationError as error:
        raise _unexpected(address, _what_is_wrong(document, str(error))) from error
    for release in page.releases:
        if not release.version.endswith(release.content_sha256[:12]):
            raise _unexpected(address, f"the release {release.version} whose hash is {release.content_sha256}")
    return page


def _what_is_wrong(document: object, message: str) -> str:
    """Return the name and the value that a `message` of msgspec is about; it ends in such as `$.releases[0].next`."""
    what, _, path = message.partition(" - at `$")
    name = "the whole"
    for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        name = key or name
        document = document[int(index)] if isinstance(document, list) else document.get(key)  # type: ignore[attr-defined]
    return f"{name} as {str(document)[:80]!r}" if not what.startswith("Object missing") else f"{name} {what[7:]}"


def _unexpected(address: str, what: str) -> EndpointError:
    return EndpointError(
        f"{address} is not a list of releases: it has {what}; check that the address is that of actiongraph."
    )
