"""What was asked before, letter by letter, answered before anything else is looked at.

A release never changes, so the same address, asked with the same Accept field, has the same answer. Content coding
and condition are the request's own, and are looked at each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from actiongraph.release.snapshots import Snapshots
from actiongraph.web.cache import Kept, Key, Pointer, key_of
from actiongraph.web.http.access_records import record_of
from actiongraph.web.http.representation import Condition, Representation, select
from actiongraph.web.responses import ASK_BY_ADDRESS, COMMON

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def address_of(environ: WSGIEnvironment, version: str | None) -> Key:
    """Return the key of the address of a request in one release."""
    return key_of("address", version, environ.get("PATH_INFO"), environ.get("QUERY_STRING"), environ.get("HTTP_ACCEPT"))


class Front:
    """A WSGI application that sends kept answers, and leaves all else to the one behind it."""

    def __init__(self, inner: WSGIApplication, snapshots: Snapshots, kept: Kept) -> None:
        """Stand before `inner`, which fills `kept`."""
        self._inner = inner
        self._snapshots = snapshots
        self._kept = kept

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from what is kept, or as `inner` does."""
        found = self._find(environ)
        if found is None:
            return self._inner(environ, start_response)
        pointer, plain = found
        record = record_of(environ)
        record.route, record.asked, record.kept = pointer.route, pointer.asked, True
        condition = Condition(environ.get("HTTP_IF_NONE_MATCH"), environ.get("HTTP_IF_MODIFIED_SINCE"))
        status, fields, body = select(plain, environ.get("HTTP_ACCEPT_ENCODING"), condition, self._kept.compressed)
        start_response(f"{status} {HTTPStatus(status).phrase}", [*fields.items(), *COMMON.items()])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _find(self, environ: WSGIEnvironment) -> tuple[Pointer, Representation] | None:
        if environ["REQUEST_METHOD"] not in ASK_BY_ADDRESS:
            return None
        try:
            version = self._snapshots.current().version
        except Exception:  # noqa: BLE001 - not hidden: the app asks the same next, and tells and logs it
            return None
        return self._kept.find(address_of(environ, version))
