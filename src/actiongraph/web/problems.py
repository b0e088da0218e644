"""Errors as answers: the only place that maps an error family to a status.

The shape is that of problem details (RFC 9457), with the fields an error carries as members of their own:
`code` for programs, and where there is one `line`, `column`, `excerpt`, `limit`, `value`, `available`, `near`.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from flask import Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from actiongraph import errors, formats
from actiongraph.errors import ActiongraphError, NotAcceptable, QueryError
from actiongraph.sparql.advice import excerpt, listing
from actiongraph.text import one_line
from actiongraph.web import responses
from actiongraph.web.http.access_log import record_of
from actiongraph.web.http.conditions import PreconditionFailed, RangeNotSatisfiable
from actiongraph.web.http.protocol import AddressTooLong, BodyTooLarge, Operation
from actiongraph.web.query_pages import SentQuery, first_edits

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ActiongraphError], HTTPStatus], ...] = (
    (errors.NotAcceptable, HTTPStatus.NOT_ACCEPTABLE),
    (errors.UnsupportedMediaType, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (BodyTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (AddressTooLong, HTTPStatus.REQUEST_URI_TOO_LONG),
    (PreconditionFailed, HTTPStatus.PRECONDITION_FAILED),
    (RangeNotSatisfiable, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    (errors.GoneResource, HTTPStatus.GONE),
    (errors.UnknownResource, HTTPStatus.NOT_FOUND),
    (errors.QueryError, HTTPStatus.BAD_REQUEST),
    (errors.RequestError, HTTPStatus.BAD_REQUEST),
    (errors.Busy, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.BudgetSpent, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.QueryTimeout, HTTPStatus.GATEWAY_TIMEOUT),
    (errors.LimitError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.ReleaseNotMarked, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.UpstreamSilent, HTTPStatus.GATEWAY_TIMEOUT),
    (errors.EndpointError, HTTPStatus.BAD_GATEWAY),
    (errors.StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ActiongraphError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
"""The first family that fits decides."""

_FAULTS = (errors.DataError, errors.EngineError, errors.SettingsError)
"""Families that no client can do anything about; their messages are for the log."""

_LONGEST_WORDS = 100
_MEMBERS = ("line", "column", "limit", "value", "available", "near", "retry_after_s")
_FAULT = (
    "The server could not answer; your request is not at fault. "
    "Try again later, or tell the operator; the log has the cause."
)
_ONE_AT_A_TIME = threading.Lock()
"""Pages of problems are written one after another, so that a crowd of them takes its turn as one among others."""
_OFFERS = (
    formats.PLAIN_TEXT,
    replace(
        formats.PROBLEM_JSON,
        aliases=("application/json", *formats.RESULTS_JSON.aliases, formats.RESULTS_JSON.media_type),
    ),
    formats.HTML,
)
"""A client that accepts results in JSON is given problems in JSON; one that says nothing is given text."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the answer tells it: `detail` in one or two sentences, `members` for programs.

    `error` is about the `query` that was sent, if it is one about a query. `titles` are what people call the addresses
    in `members`.
    """

    status: HTTPStatus
    code: str
    detail: str
    members: Mapping[str, object] = field(default_factory=dict)
    error: QueryError | None = None
    query: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The words of the address that was asked for in vain, to search for."""
        last = request.path.rstrip("/").rpartition("/")[2].partition(".")[0]
        return one_line(last.replace("-", " ").replace("_", " "))[:_LONGEST_WORDS]

    def document(self) -> dict[str, object]:
        """Return the problem details object."""
        fields = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value}
        return fields | {"detail": self.detail, "code": self.code} | dict(self.members)

    def text(self) -> str:
        """Return the problem as people read it in a terminal."""
        lines = [f"Error {self.status.value} ({self.code}): {self.detail}"]
        if "excerpt" in self.members:
            lines += ["", str(self.members["excerpt"])]
        if self.error and self.error.others:
            lines += ["", listing(self.query, self.error.others)]
        for name, label in (("available", "Available"), ("near", "Near")):
            listed = self.members.get(name)
            lines += ["", f"{label}:", *(f"  {item}" for item in listed)] if isinstance(listed, tuple) else []
        return "\n".join(lines) + "\n"


def on_error(error: ActiongraphError, status: HTTPStatus | None = None) -> Response:
    """Return the answer to an error that was raised on purpose, with the status of its family or the one given."""
    status = status or next(status for family, status in _STATUS if isinstance(error, family))
    if isinstance(error, errors.UpstreamError):
        log_fault(error)
    elif isinstance(error, _FAULTS):
        return _on_fault(error, status, error.code)
    members = {name: value for name in _MEMBERS if (value := getattr(error, name, None)) not in (None, ())}
    operation: Operation | None = g.get("operation")
    titles = error.titles if isinstance(error, errors.UnknownResource) else {}
    problem = Problem(status, error.code, str(error), members, titles=titles)
    if isinstance(error, QueryError) and operation:
        problem = replace(problem, error=error, query=operation.query)
        if error.start is not None:
            members["excerpt"] = excerpt(operation.query, error.start)
    response = _respond(problem)
    if isinstance(error, errors.Busy | errors.BudgetSpent | errors.ReleaseNotMarked):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, RangeNotSatisfiable):
        response.headers["Content-Range"] = f"bytes */{error.size_bytes}"
    return response


def on_http_error(error: HTTPException) -> Response:
    """Return the answer to an error that was found before any route: no such address, no such method."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _respond(Problem(status, "internal", _FAULT))
    code = status.name.lower().replace("_", "-")
    if isinstance(error, MethodNotAllowed):
        methods = tuple(sorted(error.valid_methods or ()))
        detail = f"This address only accepts {', '.join(methods)}; the server is read-only."
        response = _respond(Problem(status, code, detail, {"available": methods}))
        response.headers["Allow"] = ", ".join(methods)
        return response
    return _respond(Problem(status, code, error.description or status.description))


def on_unknown_address(addresses: tuple[str, ...]) -> Response:
    """Return the answer to an unknown address, with the addresses that there are."""
    detail = f"There is nothing at {request.script_root + request.path!r} here."
    return _respond(Problem(HTTPStatus.NOT_FOUND, "not-found", detail, {"available": addresses}))


def on_exception(error: Exception) -> Response:
    """Return the answer to an unforeseen error; the traceback goes to the log."""
    return _on_fault(error, HTTPStatus.INTERNAL_SERVER_ERROR, "internal")


def log_fault(error: BaseException) -> None:
    """Log what a client must not see: messages of this kind name files and addresses of the machine.

    A fault of the store, or of an engine behind, has no traceback in the log: its message says all there is, and every
    request meets it.
    """
    is_told = isinstance(error, errors.StoreError | errors.UpstreamError)
    trace = "".join(traceback.format_exception_only(error)[-1:] if is_told else traceback.format_exception(error))
    # No line of it can pass for a log record: a message may hold what a request sent.
    lines = ("".join(char if char.isprintable() else ascii(char)[1:-1] for char in line) for line in trace.splitlines())
    indented = "\n".join(f"    {line}" for line in lines)
    _log.error("%a %a failed:\n%s", request.method, request.path, indented)


def _on_fault(error: Exception, status: HTTPStatus, code: str) -> Response:
    log_fault(error)
    return _respond(Problem(status, code, _FAULT))


def _respond(problem: Problem) -> Response:
    record_of(request.environ).outcome = problem.code
    try:
        chosen = formats.negotiate(responses.accept(), _OFFERS)
    except NotAcceptable:
        chosen = formats.PLAIN_TEXT
    if chosen is formats.HTML:
        operation: Operation | None = g.get("operation")
        sent = SentQuery(operation) if operation else None
        together = first_edits(problem.error.faults) if problem.error else ()
        with _ONE_AT_A_TIME:
            return responses.html("problem.html", status=problem.status, problem=problem, sent=sent, together=together)
    if chosen is formats.PLAIN_TEXT:
        return responses.text(problem.text(), status=problem.status)
    return responses.json_document(problem.document(), chosen, status=problem.status)
