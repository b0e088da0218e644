"""Bytes as HTTP responses, and which format a request wants.

Answers may be stored by whoever gets them, but used again only after asking us (`no-cache`), which the entity tag
makes cheap. What the same request would not get again has no tag to ask with, so storing it is of no use:
`no-store` (RFC 9111, sections 5.2.2.4 and 5.2.2.5). The Last-Modified of an answer from a release is the time at which
the release was published or the program was started, whichever is later, since settings shape answers too. An answer
that depends on settings alone has only its tag, which, being a hash of the bytes, is always right. Pinned data is
`immutable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Flask, Response, render_template, request

from actiongraph import formats
from actiongraph.chains.drawing import style_source
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format
from actiongraph.settings import Settings
from actiongraph.web.http.conditions import ASK_BY_ADDRESS, NONE, Condition
from actiongraph.web.http.protocol import accept_of, read_parameters
from actiongraph.web.http.representation import Representation, in_ascii, represent, respond_to, select

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'self' {style_source()}; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Accept-Ranges, Allow, Content-Disposition, Content-Length, Content-Range, ETag, Link, Repr-Digest, Retry-After"
    ),
}
COMMON = MappingProxyType(_SECURITY | _ANY_ORIGIN)
"""The header fields of every response: security, and permission for scripts of any origin."""
_ENCODER = msgspec.json.Encoder(enc_hook=str)
"""An IRI is a text to JSON, and so is a text with its language."""
_WITH_IRIS = {"Link", "Location"}
_PREFLIGHT_KEPT_S = 86_400


def answer(
    body: bytes,
    chosen: Format,
    *,
    status: int = 200,
    passing: bool = False,
    link: str | None = None,
    filename: str | None = None,
) -> Response:
    """Return `body`, which is whole and written in the negotiated format `chosen`, as a response.

    `passing` is for what the same request would not get again; `link` is the Link field, if there is one, and
    `filename` the name under which browsers save the answer, where they should.
    """
    response = Response(body, status, content_type=chosen.content_type, headers={"Link": link} if link else None)
    response.headers["Cache-Control"] = "no-store" if passing else "no-cache"
    if filename:
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def represented(plain: Representation, compressed: Callable[[Representation], Representation]) -> Response:
    """Return `plain` as the request wants it: in gzip or not, or 304; see `respond_to`."""
    return made_of(*respond_to(request.environ, plain, compressed))


def made_of(status: int, fields: Mapping[str, str], body: bytes) -> Response:
    """Return status, header fields and bytes as a response."""
    response = Response(body, status, content_type=fields.get("Content-Type"), headers=dict(fields))
    if "Content-Type" not in fields:  # Flask's own, which is that of a page
        del response.headers["Content-Type"]
    return response


def send(
    environ: WSGIEnvironment, start_response: StartResponse, status: int, fields: Mapping[str, str], body: bytes
) -> list[bytes]:
    """Send status, header fields and bytes past Flask, with the fields that every response has."""
    start_response(f"{status} {HTTPStatus(status).phrase}", [*fields.items(), *COMMON.items()])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def html(template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - whatever the template shows
    """Return the page that `template` makes of `values`."""
    return answer(render_template(template, **values).encode(), formats.HTML, status=status)


def json_document(document: object, chosen: Format = formats.JSON, *, status: int = 200) -> Response:
    """Return `document` as JSON that people can read too."""
    return answer(json_bytes(document), chosen, status=status)


def json_bytes(document: object) -> bytes:
    """Return `document` as JSON, in lines, in UTF-8 as it is, not escaped."""
    # The same bytes as the standard library writes with an indent, which it does in Python, ten times as slowly.
    return msgspec.json.format(_ENCODER.encode(document), indent=2) + b"\n"


def text(content: str, *, status: int = 200) -> Response:
    """Return `content` as plain text."""
    return answer(content.encode(), formats.PLAIN_TEXT, status=status)


def accept() -> str | None:
    """Return the Accept header of the current request; see `accept_of`."""
    return accept_of(request.environ)


def choose(offered: Sequence[Format], settings: Settings) -> Format:
    """Return the format that the request wants of `offered`: by suffix, or `format=` where it fits, else by Accept.

    Raises:
        RequestError: the parameters of the address cannot be read.
        UnknownResource: no format has the suffix.
        NotAcceptable: nothing fits.
    """
    if suffix := (request.view_args or {}).get("suffix"):
        return _by_suffix(suffix, offered)
    return choose_named([value for name, value in parameters(settings) if name == "format"], offered)


def parameters(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return the parameters in the address of the request, in order.

    Raises:
        RequestError: they cannot be read.
    """
    return read_parameters(request.query_string.decode("latin-1"), settings)


def choose_named(names: Sequence[str], offered: Sequence[Format]) -> Format:
    """Return the first of `offered` that has one of `names`, else what Accept likes best.

    Raises:
        NotAcceptable: nothing fits.
    """
    return formats.choose(names, accept(), offered)


def add_document(app: Flask, name: str, view: Callable[[], Response], endpoint: str | None = None) -> None:
    """Add the routes to the document `name`, as negotiated and by suffix; `view` calls `choose`, which reads either.

    The routes are called `endpoint` and that with `_as`; without it by the name.
    """
    app.add_url_rule(f"/{name}", endpoint or name, view)
    app.add_url_rule(f"/{name}.<suffix>", f"{endpoint or name}_as", lambda **_: view())


def _by_suffix(suffix: str, offered: Sequence[Format]) -> Format:
    found = next((offer for offer in offered if offer.suffix == suffix), None)
    if found is None:
        name = request.path[1:].partition(".")[0]
        known = ", ".join(f"{name}.{offer.suffix}" for offer in offered)
        raise UnknownResource(f"There is no /{name}.{suffix[:20]} here; there are {known}.")
    return found


def redirect(location: str, status: int = 303) -> Response:
    """Return a status that leads to `location`: 303 to what describes a thing, 301 to the name it has now."""
    response = text(f"See {location}\n", status=status)
    response.headers["Location"] = location
    return response


def finish(response: Response) -> Response:
    """Return `response` as it is sent: with the headers that all bear, and as bytes that the request accepts.

    A file that passes through is left as it is; see `sending`.
    """
    if response.content_type and "Vary" not in response.headers and not response.direct_passthrough:
        _encode(response)
    for name in _WITH_IRIS & set(response.headers.keys()):
        response.headers[name] = in_ascii(response.headers[name])
    response.headers.update(COMMON)
    return response


def _encode(response: Response) -> None:
    """Put the body into the content coding that the request wants; a whole answer gets a tag, and heeds a condition."""
    has_tag = request.method in ASK_BY_ADDRESS and response.status_code == 200 and not response.cache_control.no_store
    plain = replace(represent(response.get_data(), response.content_type or ""), modified_at=response.last_modified)
    condition = Condition.of(request.environ) if has_tag else NONE
    status, fields, body = select(plain, request.headers.get("Accept-Encoding"), condition)
    response.set_data(body)
    response.headers.update({name: value for name, value in fields.items() if name != "Cache-Control"})
    if status != 200:
        response.status_code = status
    if not has_tag:
        del response.headers["ETag"]


def allow(methods: Sequence[str]) -> Response:
    """Return the answer to OPTIONS, a browser's preflight among them: 204 and what is allowed."""
    listed = ", ".join(sorted(methods))
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers.update(
        {
            "Allow": listed,
            "Access-Control-Allow-Methods": listed,
            "Access-Control-Allow-Headers": "Accept, Content-Type, If-Match, If-None-Match, If-Range, Range",
            "Access-Control-Max-Age": str(_PREFLIGHT_KEPT_S),
        }
    )
    return response
