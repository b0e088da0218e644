"""Messages between the server and its workers: a length, JSON, and for a long answer a file."""

from __future__ import annotations

import json
import os
import socket
import struct
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
_FAMILIES = {name: found for name, found in vars(errors).items() if isinstance(found, type)}
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


def write_task(query: CheckedQuery, chosen: Format, dataset: Dataset) -> dict[str, Any]:
    """Return a query and how to answer it as a message."""
    return {
        "text": query.text,
        "form": query.form.value,
        "names_dataset": query.names_dataset,
        "prefixes": dict(query.prefixes),
        "base": query.base,
        "format": chosen.media_type,
        "default_graphs": list(dataset.default_graphs),
        "named_graphs": list(dataset.named_graphs),
    }


def read_task(message: dict[str, Any]) -> tuple[CheckedQuery, Format, Dataset]:
    """Return what `write_task` wrote."""
    query = CheckedQuery(
        message["text"],
        QueryForm(message["form"]),
        message["names_dataset"],
        prefixes=message["prefixes"],
        base=message["base"],
    )
    dataset = Dataset(tuple(map(IRI, message["default_graphs"])), tuple(map(IRI, message["named_graphs"])))
    return query, _FORMATS[message["format"]], dataset


def write_text(text: str, settings: Settings) -> dict[str, Any]:
    """Return a text that the guard is to read, with the limits that hold, as a message."""
    return {"read": text, "limits": {name: getattr(settings, name) for name in _GUARDED}}


def read_text(message: dict[str, Any]) -> tuple[str, Settings]:
    """Return what `write_text` wrote."""
    return message["read"], Settings(**message["limits"])


def write_query(query: CheckedQuery) -> bytes:
    """Return what a query says beyond its text."""
    told = {"form": query.form.value, "names_dataset": query.names_dataset, "repeatable": query.repeatable}
    return json.dumps({**told, "prefixes": dict(query.prefixes)}).encode()


def read_query(text: str, written: bytes) -> CheckedQuery:
    """Return the query that `write_query` wrote, with its text."""
    told = json.loads(written)
    return CheckedQuery(**{**told, "text": text, "form": QueryForm(told["form"])})


def write_error(error: ActiongraphError) -> dict[str, Any]:
    """Return an error as a message: its class, its text and its fields."""
    return {"error": type(error).__name__, "text": str(error), "fields": vars(error)}


def read_error(message: dict[str, Any]) -> ActiongraphError:
    """Return the error that `write_error` wrote; what is none of ours becomes an `EngineError`."""
    family = _FAMILIES.get(message["error"], EngineError)
    made = family.__new__(family, message["text"]) if issubclass(family, ActiongraphError) else EngineError()
    made.args = (message["text"],)
    for name, value in message["fields"].items():
        setattr(made, name, tuple(value) if isinstance(value, list) else value)
    return made
