"""The exchanges of HTTP messages that the W3C's protocol manifests describe.

Source: HTTP Vocabulary in RDF 1.0 and Representing Content in RDF 1.0, as the manifests use them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from rdflib import Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

CNT = Namespace("http://www.w3.org/2011/content#")
HT = Namespace("http://www.w3.org/2011/http#")
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and the statuses (as `OK` or `StatusCode2xx`), headers and body that are expected of the response."""

    method: str
    path: str
    query_string: str
    headers: list[tuple[str, str]]
    data: bytes
    response: Node
    statuses: frozenset[str]
    expected_headers: list[tuple[str, str]]
    expected_body: str

    @property
    def sent(self) -> dict[str, object]:
        """The request as Flask's test client takes it."""
        return {
            "method": self.method,
            "path": self.path,
            "query_string": self.query_string,
            "headers": self.headers,
            "data": self.data,
        }


def exchanges(manifest: Graph, test: URIRef) -> Iterator[Exchange]:
    """Yield what a test exchanges with the endpoint, in order."""
    connection = manifest.value(test, MF.action)
    for request in Collection(manifest, manifest.value(connection, HT.requests)):
        response = manifest.value(request, HT.resp)
        address = urlsplit(str(manifest.value(request, HT.absolutePath)))
        yield Exchange(
            str(manifest.value(request, HT.methodName)),
            address.path,
            address.query,
            _headers(manifest, request),
            _body(manifest, request),
            response,
            frozenset(str(status).rpartition("#")[2] for status in manifest.objects(response, MF.expectedStatus)),
            _headers(manifest, response),
            _body(manifest, response).decode(),
        )


def _headers(manifest: Graph, message: Node) -> list[tuple[str, str]]:
    listed = manifest.value(message, HT.headers)
    return [
        (str(manifest.value(one, HT.fieldName)), str(manifest.value(one, HT.fieldValue)))
        for one in (Collection(manifest, listed) if listed else ())
    ]


def _body(manifest: Graph, message: Node) -> bytes:
    body = manifest.value(message, HT.body)
    if body is None:
        return b""
    return str(manifest.value(body, CNT.chars)).encode(str(manifest.value(body, CNT.characterEncoding)))
