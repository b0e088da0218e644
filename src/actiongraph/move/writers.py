"""The two ways in which an engine is written to: graph by graph over HTTP, or by updates.

Whoever runs an engine says where it takes them: each has other addresses, and none is guessed, for to try one would be
to write to it.

Source: SPARQL 1.1 Graph Store HTTP Protocol, sections 4.1, 5.4 and 5.5; SPARQL 1.1 Protocol, section 2.2.2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol
from urllib.parse import quote

from actiongraph.engine.exchange import Exchange
from actiongraph.errors import UpstreamError
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import IRI

_DONE = frozenset({200, 201, 202, 204})
_GONE = frozenset({404, 410})
_SHOWN = 200
_TURTLE = "text/turtle; charset=utf-8"
"""What every graph store has to read, and N-Triples is some of it."""


class Writer(Protocol):
    """Changes one graph of an engine at a time."""

    def remove(self, graph: IRI) -> None:
        """Remove `graph` with all its triples, if it is there.

        Raises:
            UpstreamError: the engine failed, or refused.
        """

    def add(self, graph: IRI, lines: Iterable[bytes]) -> None:
        """Add N-Triples to `graph`; what is there already stays once.

        Raises:
            UpstreamError: the engine failed, or refused.
        """


class GraphStoreWriter:
    """Writes by the Graph Store HTTP Protocol."""

    def __init__(self, exchange: Exchange, address: str) -> None:
        """Name where graphs are; nothing is sent yet.

        Raises:
            SettingsError: `address` is on another server.
        """
        self._exchange, self._address = exchange, exchange.locate(address)

    def remove(self, graph: IRI) -> None:
        """See `Writer.remove`."""
        _write(self._exchange, "DELETE", self._at(graph), done=_DONE | _GONE)

    def add(self, graph: IRI, lines: Iterable[bytes]) -> None:
        """See `Writer.add`."""
        _write(self._exchange, "POST", self._at(graph), b"".join(lines), _TURTLE)

    def _at(self, graph: IRI) -> str:
        return f"{self._address}{'&' if '?' in self._address else '?'}graph={quote(str(graph), safe='')}"


class UpdateWriter:
    """Writes by updates, each sent as it is: as a form it would be half as long again, and forms have lower limits."""

    def __init__(self, exchange: Exchange, address: str) -> None:
        """Name where updates are taken; nothing is sent yet.

        Raises:
            SettingsError: `address` is on another server.
        """
        self._exchange, self._address = exchange, exchange.locate(address)

    def remove(self, graph: IRI) -> None:
        """See `Writer.remove`."""
        self._update(f"DROP SILENT GRAPH {serialised(graph)}".encode())

    def add(self, graph: IRI, lines: Iterable[bytes]) -> None:
        """See `Writer.add`."""
        self._update(b"INSERT DATA { GRAPH %s {\n%s} }" % (serialised(graph).encode(), b"".join(lines)))

    def _update(self, text: bytes) -> None:
        _write(self._exchange, "POST", self._address, text, "application/sparql-update")


def _write(
    exchange: Exchange,
    method: str,
    address: str,
    body: bytes | None = None,
    media_type: str = "",
    done: Collection[int] = _DONE,
) -> None:
    """Send what changes something, on a connection of its own: nobody could tell whether it was done before."""
    fields = {"Content-Type": media_type} if body else {}
    with exchange.send(method, address, body, fields) as reply:
        if reply.status not in done:
            raise UpstreamError(f"{address[:_SHOWN]} answered with {reply.status}. It says: {exchange.told(reply)}")
