"""A whole answer as the bytes that are sent, in each content coding, and the choice between codings.

An entity tag is a hash of the bytes, so it is strong, and the same answer has the same
tag in another process and after a release that did not change it. Nothing here is secret, there are no cookies,
and no answer mixes what one client sent with what another may not see, so compression leaks nothing.

Source: RFC 9110, sections 8.4, 8.8.3, 12.5.3 and 13.1.2.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from actiongraph.publication import GZIP_WINDOW
from actiongraph.release.snapshots import Snapshot
from actiongraph.web.http.conditions import ASK_BY_ADDRESS, Condition

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

GZIP = "gzip"
FOR_EVER = "public, max-age=31536000, immutable"
_ASCII = "".join(map(chr, range(0x20, 0x7F)))
_LEAST_BYTES = 1_024
"""A shorter body fits into one packet as it is."""
_LEVEL = 3
"""Measured on answers in JSON, CSV and Turtle: 350 to 450 MB/s and 10 to 17 times smaller, where level 6 gives
120 to 170 MB/s and 13 to 21 times, and level 9 only costs more."""
_COMPRESSIBLE = re.compile(
    r"text/.*|application/(.*[+])?(json|xml)|application/(n-triples|n-quads|trig)|image/svg[+]xml"
)
_CODING = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?")


@dataclass(frozen=True, slots=True)
class Representation:
    """Bytes in one content coding, and the fields that go with them.

    `tag` is the entity tag with its quotation marks; `link` is the Link field, if there is one. `filename` is the name
    under which browsers save the bytes, where they should. `modified_at` is the time since which the release that they
    come from has been answered from (see `Snapshot`). `immutable` tells that the same request can never have another
    answer (RFC 8246).
    """

    body: bytes
    content_type: str
    tag: str
    coding: str = ""
    link: str | None = None
    filename: str | None = None
    modified_at: datetime | None = None
    immutable: bool = False

    def fields(self) -> dict[str, str]:
        """Return the header fields of a 200, without those that every answer has."""
        return self.validators() | {
            "Content-Type": self.content_type,
            "Content-Length": str(len(self.body)),
            **({"Last-Modified": _http_date(self.modified_at)} if self.modified_at else {}),
            **({"Content-Encoding": self.coding} if self.coding else {}),
            **({"Link": in_ascii(self.link)} if self.link else {}),
            **({"Content-Disposition": f'attachment; filename="{self.filename}"'} if self.filename else {}),
        }

    def validators(self) -> dict[str, str]:
        """Return the header fields that a 304 has too (RFC 9110, section 15.4.5)."""
        return {
            "ETag": self.tag,
            "Cache-Control": FOR_EVER if self.immutable else "no-cache",
            "Vary": "Accept, Accept-Encoding",
        }


def in_ascii(field: str) -> str:
    """Return a header field that holds IRIs as one that holds URIs, which a field may hold.

    Source: RFC 3987, section 3.1, step 2; RFC 9110, section 5.5.
    """
    return field if field.isascii() else quote(field, safe=_ASCII)


def represent(
    body: bytes,
    content_type: str,
    snapshot: Snapshot | None = None,
    *,
    link: str | None = None,
    rendered: bool = False,
) -> Representation:
    """Return `body` with its entity tag, in no coding; `snapshot` is what it was read from, if from any.

    `rendered` is for what this version of the program makes of that, such as a page or a picture: it may look
    different in another version, so it is not for ever.
    """
    # Two formats may have the same bytes; and another zlib may compress the same bytes into others.
    digest = hashlib.sha256(f"{content_type}\n{zlib.ZLIB_RUNTIME_VERSION}\n".encode())
    digest.update(body)
    return Representation(
        body,
        content_type,
        f'"{digest.hexdigest()[:32]}"',
        link=link,
        modified_at=snapshot.modified_at if snapshot else None,
        immutable=snapshot is not None and snapshot.pinned and not rendered,
    )


def compress(plain: Representation) -> Representation:
    """Return `plain` in gzip, which has an entity tag of its own."""
    return in_gzip(plain, zlib.compress(plain.body, _LEVEL, wbits=GZIP_WINDOW))


def in_gzip(plain: Representation, body: bytes) -> Representation:
    """Return `plain` with its `body` in gzip."""
    return replace(plain, body=body, tag=gzip_tag(plain), coding=GZIP)


def gzip_tag(plain: Representation) -> str:
    """Return the entity tag that `plain` has in gzip."""
    return f'{plain.tag[:-1]}-gzip"'


@lru_cache(maxsize=64)
def _http_date(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)


def respond_to(
    environ: WSGIEnvironment, plain: Representation, compressed: Callable[[Representation], Representation]
) -> tuple[int, dict[str, str], bytes]:
    """Return status, header fields and bytes that answer a request with `plain`: in gzip or not, or 304; see `select`.

    A POST asks for what is in its body, and neither for the representation at the address nor for a change of it:
    its answer has no entity tag, and conditions do not apply (RFC 9110, section 13.2.1).
    """
    accepted = environ.get("HTTP_ACCEPT_ENCODING")
    status, fields, body = select(plain, accepted, Condition.of(environ), compressed)
    if environ["REQUEST_METHOD"].upper() not in ASK_BY_ADDRESS:
        del fields["ETag"]
    return status, fields, body


def select(
    plain: Representation,
    accept_encoding: str | None,
    condition: Condition,
    compressed: Callable[[Representation], Representation] = compress,
) -> tuple[int, dict[str, str], bytes]:
    """Return status, header fields and bytes that answer a GET: 200, or 304 if the client has these bytes already.

    `compressed` is called only where the bytes in gzip are sent.
    """
    in_gzip = wants_gzip(accept_encoding, plain)
    tag = gzip_tag(plain) if in_gzip else plain.tag
    if condition.is_met(tag, plain.modified_at):
        return 304, replace(plain, tag=tag).validators(), b""
    chosen = compressed(plain) if in_gzip else plain
    return 200, chosen.fields(), chosen.body


def wants_gzip(accept_encoding: str | None, plain: Representation) -> bool:
    """Tell whether to send `plain` in gzip: the client likes it, and it is worth it or the client wants nothing else.

    No field, though it allows any coding, is left alone: who cannot say what it reads gets what everybody reads.
    Where nothing fits, the answer is sent as it is, which section 12.4.1 allows.

    Source: RFC 9110, section 12.5.3.
    """
    if accept_encoding is None or plain.coding or not _COMPRESSIBLE.fullmatch(plain.content_type.partition(";")[0]):
        return False
    gzip, identity = coding_qualities(accept_encoding)
    if gzip == 0:
        return False
    return identity == 0 or (len(plain.body) >= _LEAST_BYTES and gzip >= identity)


@lru_cache(maxsize=256)
def coding_qualities(accept_encoding: str) -> tuple[float, float]:
    """Return how much gzip and no coding at all are liked, from 0 (not acceptable) to 1.

    A client that does not mention `identity` accepts it, but likes any coding that it names better. Members that
    are no codings are ignored.
    """
    found = (_CODING.fullmatch(member) for member in accept_encoding.split(","))
    liked = {match[1].lower(): float(match[2] or 1) for match in found if match}
    others = liked.get("*")
    gzip = liked.get(GZIP, liked.get("x-gzip", others or 0.0))
    unnamed = 0.001 if others is None else others
    return gzip, liked.get("identity", unnamed)
