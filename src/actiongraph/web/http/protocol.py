"""Reads a request as a query operation of the SPARQL 1.1 Protocol.

Source: https://www.w3.org/TR/sparql11-protocol/, sections 2.1 and 2.1.1 to 2.1.6.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.wsgi import get_content_length, get_input_stream

from actiongraph.engine.base import Dataset
from actiongraph.errors import LimitError, RefusedFeature, RequestError, UnsupportedMediaType
from actiongraph.iris import is_iri
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
_UPDATE = "application/sparql-update"
_READ = (FORM, DIRECT)
_KNOWN = frozenset({"query", "default-graph-uri", "named-graph-uri", "format", "timeout", "version"})
_MAX_PARAMETERS = 1_000
_ROOM_FOR_GRAPHS = 16_384
_LONG = 16_384
_LONGEST_ACCEPT = 2_000
_CHUNK_BYTES = 65_536
_ONE_AT_A_TIME = threading.Lock()
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]*)", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
_UTF_8 = ("", "utf-8", "utf8", "us-ascii")


class BodyTooLarge(LimitError):
    """The body of the request is longer than any query that is read here."""

    code = "body-too-large"


class AddressTooLong(LimitError):
    """The address is longer than any query that is read here could make it."""

    code = "address-too-long"


_Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of an HTTP request that the protocol reads.

    `read_body` gives the body, or None if it is longer than the limit it is called with.
    """

    method: str
    parameters: str
    content_type: str
    read_body: Callable[[int], bytes | None]

    @classmethod
    def of(cls, environ: WSGIEnvironment) -> Request:
        """Return the parts of a request to a WSGI application; its body is read when it is called for."""
        return cls(
            environ["REQUEST_METHOD"].upper(),
            environ.get("QUERY_STRING", ""),
            environ.get("CONTENT_TYPE", ""),
            partial(_read_stream, environ),
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """A query operation: the query as sent, the dataset to ask, and the formats hinted at.

    `timeout_s` is how long the caller is ready to wait, if it says so; `version` is the release to ask, if not
    the newest. `others` are the parameters that are not the protocol's: they say which part of a result a page shows.
    """

    query: str
    dataset: Dataset
    formats: tuple[str, ...] = ()
    timeout_s: float | None = None
    version: str | None = None
    others: tuple[tuple[str, str], ...] = ()

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters with which an address asks the same: query, dataset and release."""
        pairs = [("query", self.query)]
        pairs += [("default-graph-uri", str(graph)) for graph in self.dataset.default_graphs]
        pairs += [("named-graph-uri", str(graph)) for graph in self.dataset.named_graphs]
        return pairs + ([("version", self.version)] if self.version else [])

    def parts(self) -> tuple[str, ...]:
        """Return the same as `pairs` for the key of a cache: other operations have other parts."""
        return tuple(chain.from_iterable(self.pairs()))


def accept_of(environ: WSGIEnvironment) -> str | None:
    """Return the Accept header of a request; no client means what is beyond its bound."""
    sent = environ.get("HTTP_ACCEPT", "")
    return (sent if len(sent) <= _LONGEST_ACCEPT else sent[:_LONGEST_ACCEPT].rpartition(",")[0]) or None


def read_operation(request: Request, settings: Settings) -> Operation | None:
    """Return the query operation that `request` asks for, or None if it is a GET that asks nothing.

    Parameters other than the protocol's are left alone, apart from `format`, `timeout` (seconds) and `version`.

    Raises:
        RequestError: not exactly one query, a graph that is no absolute IRI, bytes that are not UTF-8, a
            timeout that is no number of seconds.
        RefusedFeature: an update; nothing here writes.
        UnsupportedMediaType: a body that is neither a form nor a query.
        BodyTooLarge, AddressTooLong: longer than `max_query_bytes` allows for.
    """
    pairs = read_parameters(request.parameters, settings)
    if request.method == "POST":
        pairs = [*pairs, *_read_body(request, settings, "A query", _READ)]
    elif not {"query", "update", "default-graph-uri", "named-graph-uri"} & {name for name, _ in pairs}:
        return None
    if _values(pairs, "update"):
        raise _no_update()
    dataset = Dataset(_graphs(pairs, "default-graph-uri"), _graphs(pairs, "named-graph-uri"))
    queries = _values(pairs, "query")
    if len(queries) != 1:
        raise RequestError(
            "A request carries exactly one query, in the parameter 'query' or as the body; "
            f"this one has {len(queries) or 'none'}."
        )
    others = tuple((name, value) for name, value in pairs if name not in _KNOWN)
    return Operation(queries[0], dataset, _values(pairs, "format"), _timeout_s(pairs), read_version(pairs), others)


def read_parameters(text: str, settings: Settings) -> _Pairs:
    """Return the parameters in the query component of an address, in order.

    Raises:
        RequestError: they are not percent-encoded UTF-8.
        AddressTooLong: longer than `max_query_bytes` allows for.
    """
    if len(text) > _form_bytes(settings):
        raise _too_long(AddressTooLong, "address", settings)
    return _decoded(text, "the address")


def read_form(request: Request, settings: Settings) -> _Pairs:
    """Return the parameters of a request: those in its address, and those of a form in its body.

    Raises:
        RequestError: they are not percent-encoded UTF-8.
        UnsupportedMediaType: the body is no form.
        BodyTooLarge, AddressTooLong: longer than `max_query_bytes` allows for.
    """
    pairs = read_parameters(request.parameters, settings)
    return [*pairs, *_read_body(request, settings, "A request", (FORM,))] if request.method == "POST" else pairs


def read_page(written: str | None) -> int:
    """Return the number of a page, counted from 1, that the parameter `page` names; the first if it is not given.

    Raises:
        RequestError: it is no such number.
    """
    if not re.fullmatch("0*[1-9][0-9]{0,8}", written or "1"):
        raise RequestError(f"The page {(written or '')[:40]!r} is not a page number.")
    return int(written or "1")


def read_version(pairs: _Pairs) -> str | None:
    """Return the release that the parameter `version` names, or None for the newest.

    Raises:
        RequestError: two are named.
    """
    versions = set(filter(None, _values(pairs, "version")))
    if len(versions) > 1:
        raise RequestError("A request is about one release; give the parameter 'version' once.")
    return next(iter(versions), None)


def _read_body(request: Request, settings: Settings, what: str, accepted: tuple[str, ...]) -> _Pairs:
    """Return the parameters in a body of one of the media types `accepted`."""
    media_type = request.content_type.partition(";")[0].strip().lower()
    if media_type == _UPDATE and DIRECT in accepted:
        raise _no_update()
    if media_type not in accepted:
        came = f"as {media_type[:80]!r}" if media_type else "without a Content-Type"
        raise UnsupportedMediaType(
            f"{what} is read from a POST body as {' or '.join(accepted)}; this one came {came}.", available=accepted
        )
    charset = _CHARSET.search(request.content_type)
    if charset and charset[1].lower() not in _UTF_8:
        raise UnsupportedMediaType(
            f"Queries are read as UTF-8 only; this one is in {charset[1][:40]!r}.",
            available=tuple(f"{media_type}; charset=utf-8" for media_type in _READ),
        )
    if media_type == DIRECT:
        return [("query", _body(request, settings.max_query_bytes, settings))]
    return _decoded(_body(request, _form_bytes(settings), settings), "the form")


def _form_bytes(settings: Settings) -> int:
    """Return how long a percent-encoded query may be: every byte may have become three."""
    return 3 * settings.max_query_bytes + _ROOM_FOR_GRAPHS


def _too_long(error: type[LimitError], what: str, settings: Settings) -> LimitError:
    longest = settings.max_query_bytes
    message = f"The {what} is longer than a query of {longest:,} bytes needs; send a shorter query."
    return error(message, limit="max_query_bytes", value=longest)


def _read_stream(environ: WSGIEnvironment, limit: int) -> bytes | None:
    """Return the body of the request, or None if it is longer than `limit`; if its length says so, it is not read."""
    declared, stream = get_content_length(environ) or 0, get_input_stream(environ)
    body = bytearray()
    while declared <= limit and len(body) <= limit:
        chunk = stream.read(_CHUNK_BYTES)
        if not chunk:
            return bytes(body)
        body += chunk
    return None


def _body(request: Request, limit: int, settings: Settings) -> str:
    body = request.read_body(limit)
    if body is None:
        raise _too_long(BodyTooLarge, "body", settings)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(f"The body is not UTF-8 at byte {error.start + 1}; send the query in UTF-8.") from error


def _decoded(text: str, where: str) -> _Pairs:
    """Return the parameters in `text`; long ones are decoded one after another, lest many delay what is short."""
    try:
        with _ONE_AT_A_TIME if len(text) > _LONG else nullcontext():
            if found := _BAD_ESCAPE.search(text):
                raise RequestError(
                    f"In {where}, {found.group()!r} is not a percent-encoding; write a percent sign as %25."
                )
            return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise RequestError(
            f"In {where}, the percent-encoded bytes are not UTF-8; encode the query as UTF-8."
        ) from error
    except ValueError as error:
        raise RequestError(f"There are more than {_MAX_PARAMETERS:,} parameters in {where}; send fewer.") from error


def _values(pairs: _Pairs, name: str) -> tuple[str, ...]:
    return tuple(value for key, value in pairs if key == name)


def _timeout_s(pairs: _Pairs) -> float | None:
    wanted = [value for value in _values(pairs, "timeout") if value]
    if not wanted:
        return None
    if not _SECONDS.fullmatch(wanted[0]) or not float(wanted[0]):
        raise RequestError(
            f"The timeout {wanted[0][:40]!r} is not a number of seconds above 0; use one such as 5 or 0.5."
        )
    return float(wanted[0])


def _graphs(pairs: _Pairs, name: str) -> tuple[IRI, ...]:
    graphs = _values(pairs, name)
    for graph in graphs:
        if not is_iri(graph):
            raise RequestError(f"The {name} {graph[:200]!r} is not an absolute IRI; name a graph by its whole IRI.")
    return tuple(IRI(graph) for graph in graphs)


def _no_update() -> RefusedFeature:
    return RefusedFeature("This endpoint is read-only; send a query in the parameter 'query'.")
