"""Bytes as HTTP responses, and which format a request wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Response, render_template, request

from actiongraph import formats
from actiongraph.formats import Format
from actiongraph.settings import Settings
from actiongraph.web.protocol import read_parameters

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Content-Length, ETag, Link, Retry-After",
}
_PREFLIGHT_KEPT_S = 86_400


def answer(body: bytes, chosen: Format, *, status: int = 200) -> Response:
    """Return `body`, which is whole and written in the negotiated format `chosen`, as a response."""
    response = Response(body, status, content_type=chosen.content_type)
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-cache"
    return response


def html(template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - whatever the template shows
    """Return the page that `template` makes of `values`."""
    return answer(render_template(template, **values).encode(), formats.HTML, status=status)


def json_document(document: object, chosen: Format = formats.JSON, *, status: int = 200) -> Response:
    """Return `document` as JSON that people can read too."""
    return answer((json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode(), chosen, status=status)


def text(content: str, *, status: int = 200) -> Response:
    """Return `content` as plain text."""
    return answer(content.encode(), formats.PLAIN_TEXT, status=status)


def accept() -> str | None:
    """Return the Accept header of the request, its repetitions joined."""
    return ", ".join(request.headers.getlist("Accept")) or None


def choose(offered: Sequence[Format], settings: Settings) -> Format:
    """Return the format that the request wants of `offered`: `format=` where it fits, else by Accept.

    Raises:
        RequestError: the parameters of the address cannot be read.
        NotAcceptable: nothing fits.
    """
    pairs = read_parameters(request.query_string.decode("latin-1"), settings)
    return choose_named([value for name, value in pairs if name == "format"], offered)


def choose_named(names: Sequence[str], offered: Sequence[Format]) -> Format:
    """Return the first of `offered` that has one of `names`, else what Accept likes best.

    Raises:
        NotAcceptable: nothing fits.
    """
    named = (formats.by_name(name, offered) for name in names if name)
    return next((format_ for format_ in named if format_), None) or formats.negotiate(accept(), offered)


def add_headers(response: Response) -> Response:
    """Return `response` with what every response bears: security headers, and leave for scripts of any origin."""
    response.headers.update(_SECURITY | _ANY_ORIGIN)
    return response


def allow(methods: Sequence[str]) -> Response:
    """Return the answer to OPTIONS, a browser's preflight among them: 204 and what is allowed."""
    listed = ", ".join(sorted(methods))
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers.update(
        {
            "Allow": listed,
            "Access-Control-Allow-Methods": listed,
            "Access-Control-Allow-Headers": "Accept, Content-Type",
            "Access-Control-Max-Age": str(_PREFLIGHT_KEPT_S),
        }
    )
    return response
