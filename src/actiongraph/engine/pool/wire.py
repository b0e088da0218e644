"""Messages between the server and its workers: a length, JSON, and for a long answer a file."""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from actiongraph import errors
from actiongraph.engine.base import Dataset
from actiongraph.errors import ActiongraphError, EngineError
from actiongraph.formats import Format, Result, offers
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery, QueryForm
from actiongraph.vocabulary import IRI

_LENGTH = struct.Struct("=I")
_FORMATS = {offer.media_type: offer for result in Result for offer in offers(result)}
_ERRORS = {name: found for name, found in vars(errors).items() if isinstance(found, type)}
_GUARDED = ("max_query_bytes", "max_nesting", "max_patterns", "max_operators")
INLINE_BYTES = 65_536
"""A shorter answer travels in the message itself; handing over a file costs more than copying that much."""


class WorkerEnded(Exception):
    """The other end has closed before a whole message had come."""


def send(end: socket.socket, message: dict[str, Any], body: bytes = b"", file: int | None = None) -> None:
    """Send one message, with bytes behind it or a file beside it."""
    written = json.dumps({**message, "body": len(body)}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    packet = _LENGTH.pack(len(written)) + written + body
    if file is None:
        end.sendall(packet)
        return
    sent = socket.send_fds(end, [packet], [file])
    end.sendall(packet[sent:])


def receive(end: socket.socket) -> tuple[dict[str, Any], bytes, int | None]:
    """Return the next message, the bytes behind it, and the descriptor of the file beside it, if any.

    Raises:
        WorkerEnded: the other end closed.
    """
    head, files, _, _ = socket.recv_fds(end, _LENGTH.size, 1)
    file = files[0] if files else None
    try:
        # An end that has closed gives no head, and then nothing more of it either.
        head += _exactly(end, _LENGTH.size - len(head))
        message: dict[str, Any] = json.loads(_exactly(end, _LENGTH.unpack(head)[0]).decode("utf-8", "surrogatepass"))
        return message, _exactly(end, message.pop("body")), file
    except BaseException:
        if file is not None:
            os.close(file)
        raise


def _exactly(end: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = end.recv(size - len(received))
        if not part:
            raise WorkerEnded
        received += part
    return bytes(received)


@dataclass(frozen=True, slots=True)
class Task:
    """A query for a worker to answer from the store at a path, or only to parse, and how to write the answer."""

    query: CheckedQuery
    store: str
    union_default: bool
    format: Format
    dataset: Dataset = field(default_factory=Dataset)
    parse_only: bool = False

    def message(self) -> dict[str, Any]:
        """Return the task as a message."""
        query, dataset = self.query, self.dataset
        return {
            "text": query.text,
            "form": query.form.value,
            "names_dataset": query.names_dataset,
            "prefixes": dict(query.prefixes),
            "base": query.base,
            "format": self.format.media_type,
            "default_graphs": list(dataset.default_graphs),
            "named_graphs": list(dataset.named_graphs),
            "store": self.store,
            "union_default": self.union_default,
            "parse_only": self.parse_only,
        }


@dataclass(frozen=True, slots=True)
class ReadTask:
    """A text that the guard is to read in a worker, with the limits that hold."""

    text: str
    settings: Settings

    def message(self) -> dict[str, Any]:
        """Return the task as a message."""
        return {"read": self.text, "limits": {name: getattr(self.settings, name) for name in _GUARDED}}


def read_task(message: dict[str, Any]) -> Task | ReadTask:
    """Return the task whose `message` this is."""
    if "read" in message:
        return ReadTask(message["read"], Settings(**message["limits"]))
    query = CheckedQuery(
        message["text"],
        QueryForm(message["form"]),
        message["names_dataset"],
        prefixes=message["prefixes"],
        base=message["base"],
    )
    dataset = Dataset(tuple(map(IRI, message["default_graphs"])), tuple(map(IRI, message["named_graphs"])))
    chosen = _FORMATS[message["format"]]
    return Task(query, message["store"], message["union_default"], chosen, dataset, message["parse_only"])


def write_query(query: CheckedQuery) -> bytes:
    """Return the fields of a query beyond its text, as JSON."""
    metadata = {"form": query.form.value, "names_dataset": query.names_dataset, "repeatable": query.repeatable}
    return json.dumps({**metadata, "prefixes": dict(query.prefixes)}).encode()


def read_query(text: str, written: bytes) -> CheckedQuery:
    """Return the query that `write_query` wrote, with its text."""
    metadata = json.loads(written)
    return CheckedQuery(**{**metadata, "text": text, "form": QueryForm(metadata["form"])})


def write_error(error: ActiongraphError) -> dict[str, Any]:
    """Return an error as a message: its class, its text and its fields."""
    return {"error": type(error).__name__, "text": str(error), "fields": vars(error)}


def read_error(message: dict[str, Any]) -> ActiongraphError:
    """Return the error that `write_error` wrote; what is none of ours becomes an `EngineError`."""
    kind = _ERRORS.get(message["error"], EngineError)
    made = kind.__new__(kind, message["text"]) if issubclass(kind, ActiongraphError) else EngineError()
    made.args = (message["text"],)
    for name, value in message["fields"].items():
        setattr(made, name, tuple(value) if isinstance(value, list) else value)
    return made
