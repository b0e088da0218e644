"""What a server says of its releases at `/releases`, believed only where it is what it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from actiongraph.errors import EndpointError
from actiongraph.mirror.source import Source

_VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"[\x00-\x7f]{0,2000}")
"""No more than this is kept of each in memory; whether it is an address at all is looked at when it is asked."""
_DUMP = "actiongraph.nq.gz"
_PAGE_BYTES = 4 * 1024**2
_MOST_BYTES = 64 * 1024**2
_MOST_PAGES = 200
_MOST_RELEASES = 10_000
"""What is read of a list, in pages of fifty; a copy that is older than these releases is made anew."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the server; `size_bytes` is None where the server does not tell."""

    address: str
    sha256: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the server describes it; `dump` is None where it is no longer kept."""

    version: str
    content_sha256: str
    previous: str | None
    is_current: bool
    dump: RemoteFile | None
    added: RemoteFile | None
    removed: RemoteFile | None


def releases_of(source: Source) -> Iterator[Release]:
    """Yield the releases of the server, newest first, up to ten thousand.

    Later pages are asked for only when they are wanted, and no more once 64 MiB were read.

    Raises:
        EndpointError: it does not answer, or not with releases.
    """
    return islice(_all_of(source), _MOST_RELEASES)


def _all_of(source: Source) -> Iterator[Release]:
    address, read_bytes = source.url + "releases", 0
    for _ in range(_MOST_PAGES):
        content = source.read(address, "application/json", _PAGE_BYTES)
        read_bytes += len(content)
        releases, following = _page(content, address)
        yield from releases
        if following is None or read_bytes > _MOST_BYTES - _PAGE_BYTES:
            return
        address = following


def _page(content: bytes, address: str) -> tuple[list[Release], str | None]:
    """Return the releases of a page, and where the next one is; nothing else of it stays in memory."""
    page = _parse(content, address)
    releases = [_release(described, address) for described in _list(page, "releases", address)]
    return releases, _text(page, "next", address, _ADDRESS) if page.get("next") is not None else None


def _parse(content: bytes, address: str) -> dict[str, object]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unexpected(address, "no JSON") from error
    return _object(found, "the whole", address)


def _release(described: object, address: str) -> Release:
    found = _object(described, "a release", address)
    changes = found.get("changes")
    files = _object(changes, "changes", address) if changes is not None else {}
    dumps = [_object(dump, "a dump", address) for dump in _list(found, "dumps", address)]
    release = Release(
        version=_text(found, "version", address, _VERSION),
        content_sha256=_text(found, "content_sha256", address, _SHA256),
        previous=_text(found, "previous", address, _VERSION) if found.get("previous") is not None else None,
        is_current=found.get("current") is True,
        dump=next((_file(dump, address) for dump in dumps if dump.get("name") == _DUMP), None),
        added=_file(_object(files["added"], "added", address), address) if "added" in files else None,
        removed=_file(_object(files["removed"], "removed", address), address) if "removed" in files else None,
    )
    if not release.version.endswith(release.content_sha256[:12]):
        raise _unexpected(address, f"the release {release.version} whose hash is {release.content_sha256}")
    return release


def _file(found: dict[str, object], address: str) -> RemoteFile:
    size = found.get("size_bytes")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise _unexpected(address, "a size that is no number of bytes")
    return RemoteFile(_text(found, "address", address, _ADDRESS), _text(found, "sha256", address, _SHA256), size)


def _text(found: dict[str, object], name: str, address: str, pattern: re.Pattern[str]) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _unexpected(address, f"{name} as {str(value)[:80]!r}")
    return value


def _list(found: dict[str, object], name: str, address: str) -> list[object]:
    value = found.get(name)
    if not isinstance(value, list):
        raise _unexpected(address, f"{name} as no list")
    return value


def _object(value: object, name: str, address: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _unexpected(address, f"{name} as no object")
    return value


def _unexpected(address: str, what: str) -> EndpointError:
    return EndpointError(
        f"{address} is no list of releases: it has {what}; check that the address is that of actiongraph."
    )
