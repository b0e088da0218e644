"""Where the text of a query is read: here, or in a worker if that may take long."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from actiongraph.catalogue.service_description import endpoint_of
from actiongraph.engine.base import QueryBudget, Reader
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery
from actiongraph.web.http.clients import client_of
from actiongraph.web.http.protocol import Request

_CHUNK_BYTES = 65_536
_READ_HERE = 4_000
"""Code points of a query that are read within some milliseconds, whatever they are."""


def read_text(text: str, settings: Settings, snapshot: Snapshot, timeout_s: float | None = None) -> CheckedQuery:
    """Return the query that `text` is.

    The longest texts take a second, and reading many of them here would delay everybody; so that is left to
    a worker, which has a deadline and a processor of its own.

    Raises:
        ActiongraphError: the guard refuses it, or no worker could read it in time.
    """
    if len(text) > _READ_HERE and isinstance(snapshot.engine, Reader):
        query = snapshot.engine.read(text, query_budget(settings, timeout_s))
    else:
        query = check_query(text, settings)
    return replace(query, base=endpoint_of(settings))


def query_budget(settings: Settings, timeout_s: float | None = None) -> QueryBudget:
    """Return what it may cost to read the query of the current request."""
    budget = QueryBudget(timeout_s, client=client_of(request.environ, settings.trusted_proxies))
    gone = request.environ.get("actiongraph.client_gone")
    return replace(budget, gone=gone) if callable(gone) else budget


def protocol_request() -> Request:
    """Return what of the current request the protocol looks at."""
    parameters = request.query_string.decode("latin-1")
    return Request(request.method, parameters, request.headers.get("Content-Type", ""), _read_body)


def _read_body(limit: int) -> bytes | None:
    """Return the body of the request, or None if it is longer than `limit`; one that says so is not read at all."""
    declared = request.content_length or 0
    body = bytearray()
    while declared <= limit and len(body) <= limit:
        chunk = request.stream.read(_CHUNK_BYTES)
        if not chunk:
            return bytes(body)
        body += chunk
    return None
