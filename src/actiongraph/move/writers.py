"""The two ways in which an engine is written to: graph by graph over HTTP, or by updates.

Whoever runs an engine says where it takes them: each has other addresses, and none is guessed, for to try one would be
to write to it.

Source: SPARQL 1.1 Graph Store HTTP Protocol, sections 4.1, 5.4 and 5.5; SPARQL 1.1 Protocol, section 2.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from urllib.parse import quote

from actiongraph.engine.origin import Origin, Response
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import IRI

_DONE = frozenset({200, 201, 202, 204})
_GONE = frozenset({404, 410})
_TURTLE = "text/turtle; charset=utf-8"
"""What every graph store has to read, and N-Triples is some of it."""


class Writer(Protocol):
    """Changes one graph of an engine at a time."""

    def remove(self, graph: IRI) -> None:
        """Remove `graph` with all its triples, if it is there.

        Raises:
            EndpointError: the engine failed, or refused.
        """

    def add(self, graph: IRI, lines: Iterable[bytes]) -> None:
        """Add N-Triples to `graph`; what is there already stays once.

        Raises:
            EndpointError: the engine failed, or refused.
        """


class GraphStoreWriter:
    """Writes by the Graph Store HTTP Protocol."""

    def __init__(self, origin: Origin, address: str) -> None:
        """Name where graphs are; nothing is sent yet.

        Raises:
            SettingsError: `address` is on another server.
        """
        self._origin, self._address = origin, origin.locate(address)

    def remove(self, graph: IRI) -> None:
        """See `Writer.remove`."""
        self._check(self._origin.send("DELETE", self._at(graph)), _DONE | _GONE)

    def add(self, graph: IRI, lines: Iterable[bytes]) -> None:
        """See `Writer.add`."""
        self._check(self._origin.send("POST", self._at(graph), b"".join(lines), {"Content-Type": _TURTLE}), _DONE)

    def _at(self, graph: IRI) -> str:
        return f"{self._address}{'&' if '?' in self._address else '?'}graph={quote(str(graph), safe='')}"

    def _check(self, reply: Response, wanted: frozenset[int]) -> None:
        if reply.status not in wanted:
            raise self._origin.refused(self._address, reply)


class UpdateWriter:
    """Writes by updates, each sent as it is: as a form it would be half as long again, and forms have lower limits."""

    def __init__(self, origin: Origin, address: str) -> None:
        """Name where updates are taken; nothing is sent yet.

        Raises:
            SettingsError: `address` is on another server.
        """
        self._origin, self._address = origin, origin.locate(address)

    def remove(self, graph: IRI) -> None:
        """See `Writer.remove`."""
        self._update(f"DROP SILENT GRAPH {serialised(graph)}".encode())

    def add(self, graph: IRI, lines: Iterable[bytes]) -> None:
        """See `Writer.add`."""
        self._update(b"INSERT DATA { GRAPH %s {\n%s} }" % (serialised(graph).encode(), b"".join(lines)))

    def _update(self, text: bytes) -> None:
        reply = self._origin.send("POST", self._address, text, {"Content-Type": "application/sparql-update"})
        if reply.status not in _DONE:
            raise self._origin.refused(self._address, reply)
