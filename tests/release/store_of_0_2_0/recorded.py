"""Answers of a server as they are written down, so that those of another version can be compared with them."""

from __future__ import annotations

import hashlib
import re
from http.client import HTTPConnection
from json import loads
from typing import Any
from urllib.parse import urlsplit

URL = "https://graph.example.org/"
"""What stands for the address of the server, which is another at every start."""
EVER, NEWEST, KEPT = "for ever", "while the fourth release is the newest", "while {} is kept"
"""How long an answer holds."""
_DATE = re.compile(r"<responseDate>[^<]*</responseDate>")
_UNORDERED = "application/n-triples"
_PACKED = ("application/gzip", "application/zip")
_SENTENCES = {"application/problem+json": ("type", "title", "detail"), "application/json": ("sentence",)}
"""Members of JSON documents that are for people; another version may word them better."""


def record(server: str, path: str, accept: str = "*/*") -> dict[str, Any]:
    """Return what the server at the address `server` answers at `path`, as it is written down.

    Text is there as it was sent, line by line, but for the address of the server, and without the time of the answer.
    Triples that have no order are sorted, JSON is there without sentences, and of packed files the SHA-256.
    """
    connection = HTTPConnection(urlsplit(server).netloc, timeout=60)
    try:
        connection.request("GET", f"/{path}", headers={"Accept": accept})
        response = connection.getresponse()
        fields, body = response.headers, response.read()
    finally:
        connection.close()
    media_type = fields["Content-Type"].partition(";")[0]
    answer = {"status": response.status, "type": media_type, "cache": fields["Cache-Control"]}
    if location := fields["Location"]:
        answer["location"] = location.replace(server, URL)
    return answer | {"body": _written(body, media_type, server)}


def _written(body: bytes, media_type: str, server: str) -> object:
    if media_type in _PACKED:
        return f"sha256:{hashlib.sha256(body).hexdigest()}"
    text = body.decode("utf-8").replace(server, URL)
    if media_type.endswith("json"):
        return _without(_SENTENCES.get(media_type, ()), loads(text))
    lines = _DATE.sub("<responseDate/>", text).replace("><", ">\n<").split("\n")
    return sorted(lines) if media_type == _UNORDERED else lines


def _without(names: tuple[str, ...], document: object) -> object:
    if isinstance(document, dict):
        return {name: _without(names, value) for name, value in document.items() if name not in names}
    return [_without(names, each) for each in document] if isinstance(document, list) else document
