"""Absolute IRIs: their grammar, their parts, and their prefixed names.

Source: RFC 3987, section 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import quote

NOT_IN_IRIREF = re.compile(r'[<>"{}|^`\\\x00-\x20]')
"""A character that cannot stand between < and > (SPARQL 1.1 Query, section 19.8, IRIREF)."""
LOCAL_NAME = re.compile(r"[A-Za-z_0-9](?:[A-Za-z_0-9.-]*[A-Za-z_0-9-])?")
"""A local name that needs no escape in any syntax with prefixed names."""

_UCSCHAR = (
    "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
    + "".join(f"{chr(plane + 0x0000)}-{chr(plane + 0xFFFD)}" for plane in range(0x10000, 0xE0000, 0x10000))
    + "\U000e1000-\U000efffd"
)
_IPRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_UNRESERVED = rf"A-Za-z0-9\-._~{_UCSCHAR}"
_SUB_DELIMS = "!$&'()*+,;="
_ESCAPED = "%[0-9A-Fa-f]{2}"

_PCHAR = rf"(?:[{_UNRESERVED}{_SUB_DELIMS}:@]|{_ESCAPED})"
_REG_NAME = rf"(?:[{_UNRESERVED}{_SUB_DELIMS}]|{_ESCAPED})*"
_HOST = rf"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|{_REG_NAME})"
_AUTHORITY = rf"(?:(?:[{_UNRESERVED}{_SUB_DELIMS}:]|{_ESCAPED})*@)?{_HOST}(?::[0-9]*)?"
_HIERARCHY = rf"(?://{_AUTHORITY}(?:/{_PCHAR}*)*|(?!//)(?:{_PCHAR}|/)*)"
_QUERY = rf"(?:\?(?:{_PCHAR}|[/?{_IPRIVATE}])*)?"
_FRAGMENT = rf"(?:\#(?:{_PCHAR}|[/?])*)?"

_IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:{_HIERARCHY}{_QUERY}{_FRAGMENT}")
_PATH_SAFE = "/:@!$&'()*+,;=~"


def is_iri(text: str) -> bool:
    """Tell whether `text` is an absolute IRI, with or without a fragment."""
    found = _IRI.fullmatch(text)
    return found is not None and (found["ipv6"] is None or _is_ipv6(found["ipv6"]))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def begins_like_iri(text: str) -> bool:
    """Tell whether `text` begins as an absolute IRI does, with urn: or with a scheme and two slashes."""
    return re.match(r"(urn:|[a-z][a-z0-9+.-]*://)", text, re.IGNORECASE) is not None


def mended_url(url: str) -> str | None:
    """Return `url` with both slashes after its scheme where one was typed, as in `http:/example.org`; else None."""
    mended = re.sub(r"^(https?):/(?=[^/])", r"\1://", url, flags=re.IGNORECASE)
    return mended if mended != url else None


def is_web_address(iri: str) -> bool:
    """Tell whether a page may link to `iri`: no other scheme should be clicked."""
    return str(iri).startswith(("http://", "https://"))  # rdflib's own `startswith` takes one prefix only


def quote_path(path: str) -> str:
    """Return `path` with all percent-encoded that a path may not hold (RFC 3986, section 3.3)."""
    return quote(path, safe=_PATH_SAFE)


def namespace_of(iri: str) -> str:
    """Return `iri` up to and with its last # or slash; all of it where it has neither."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] or iri


def name_of(iri: str) -> str:
    """Return the local name of `iri`, which follows its namespace."""
    return iri[len(namespace_of(iri)) :]


def key_of(iri: str) -> str:
    """Return the last segment of the path of `iri`, which is the key of what it names."""
    return iri.rstrip("/").rpartition("/")[2]


def prefixed_name(iri: str, prefixes: Mapping[str, str], local: re.Pattern[str] = LOCAL_NAME) -> str | None:
    """Return `iri` as `prefix:name`, where the name is all of what `local` matches; None if no prefix fits.

    `prefixes` are namespaces by prefix. The longest namespace wins, of equal ones the first.
    """
    fitting = [item for item in prefixes.items() if item[1] and iri.startswith(item[1])]
    for prefix, namespace in sorted(fitting, key=lambda item: -len(item[1])):
        if local.fullmatch(iri, len(namespace)):
            return f"{prefix}:{iri[len(namespace) :]}"
    return None
