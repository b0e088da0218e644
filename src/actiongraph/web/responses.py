"""Bytes as HTTP responses, and which format a request wants.

Answers may be stored by whoever gets them, but used again only after asking us (`no-cache`), which the entity tag
makes cheap. What the same request would not get again has no tag to ask with, so storing it is of no use:
`no-store` (RFC 9111, sections 5.2.2.4 and 5.2.2.5). The Last-Modified of an answer from a release is the time at which
the release was published or the program was started, whichever is later, since settings shape answers too. An answer
that depends on settings alone has only its tag, which, being a hash of the bytes, is always right. Pinned data is
`immutable`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import msgspec
from flask import Flask, Response, render_template, request

from actiongraph import formats
from actiongraph.chains.drawing import style_source
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format
from actiongraph.settings import Settings
from actiongraph.web.http.conditions import Condition
from actiongraph.web.http.protocol import read_parameters
from actiongraph.web.http.representation import Representation, in_ascii, represent, select

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
ASK_BY_ADDRESS = frozenset({"GET", "HEAD"})
"""The methods that ask for the representation at an address, so that tags and conditions apply."""
_ENCODER = msgspec.json.Encoder(enc_hook=str)
"""An IRI is a text to JSON, and so is a text with its language."""
_WITH_IRIS = {"Link", "Location"}
_LONGEST_ACCEPT = 2_000
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
    """Return `plain` as the request wants it: in gzip or not, or 304; `compressed` is as for `select`.

    A POST asks for what is in its body, and neither for the representation at the address nor for a change of it:
    its answer has no entity tag, and conditions do not apply (RFC 9110, section 13.2.1).
    """
    status, fields, body = select(plain, request.headers.get("Accept-Encoding"), _condition(), compressed)
    response = Response(body, status, content_type=fields.get("Content-Type"), headers=dict(fields))
    if "Content-Type" not in fields:  # Flask's own, which is that of a page
        del response.headers["Content-Type"]
    if request.method not in ASK_BY_ADDRESS:
        del response.headers["ETag"]
    return response


def _condition() -> Condition:
    if request.method not in ASK_BY_ADDRESS:
        return Condition()
    return Condition(request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since"))


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
    """Return the Accept header of the request, its repetitions joined; no client means what is beyond its bound."""
    joined = ", ".join(request.headers.getlist("Accept"))
    return (joined if len(joined) <= _LONGEST_ACCEPT else joined[:_LONGEST_ACCEPT].rpartition(",")[0]) or None


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
    named = (formats.by_name(name, offered) for name in names if name)
    return next((format_ for format_ in named if format_), None) or formats.negotiate(accept(), offered)


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
    condition = _condition() if has_tag else Condition()
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
