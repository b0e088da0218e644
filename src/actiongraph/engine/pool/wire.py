"""Messages between the server and its workers: two lengths, MessagePack, and behind or beside it the answer."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from actiongraph import errors
from actiongraph.engine.base import Dataset
from actiongraph.errors import ActiongraphError, Edit, EngineError, Fault, QueryError
from actiongraph.formats import Format
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery

_LENGTHS = struct.Struct("=II")
_ERRORS = {
    name: found
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, ActiongraphError)
}
_GUARDED = ("max_query_bytes", "max_nesting", "max_patterns", "max_operators")
_AT_ONCE_BYTES = 16_384
INLINE_BYTES = 65_536
"""A shorter answer travels in the message itself; handing over a file costs more than copying that much."""

Message = TypeVar("Message")


class WorkerEnded(Exception):
    """The other end has closed before a whole message had come."""


class Task(Struct, frozen=True, tag=True):
    """A query for a worker to answer from the store at a path, or only to parse, and how to write the answer.

    What need not be UTF-8 travels as bytes: paths, texts that nobody has checked, and errors that quote either.
    """

    query: CheckedQuery
    store: bytes
    union_default: bool
    format: Format
    dataset: Dataset = Dataset()
    parse_only: bool = False


class ReadTask(Struct, frozen=True, tag=True):
    """A text that the guard is to read in a worker, with the limits that hold."""

    written: bytes
    limits: dict[str, Any]

    @classmethod
    def of(cls, text: str, settings: Settings) -> ReadTask:
        """Return the task to read `text` within the limits that `settings` has for the guard."""
        return cls(text.encode("utf-8", "surrogatepass"), {name: getattr(settings, name) for name in _GUARDED})

    @property
    def text(self) -> str:
        """The text that is to be read."""
        return self.written.decode("utf-8", "surrogatepass")


class Reply(Struct, frozen=True):
    """The reply of a worker to a task: the size of the answer, or an error in parts. After the last one it ends."""

    is_last: bool
    size: int = 0
    error: str = ""
    text: bytes = b""
    fields: dict[str, Any] = {}

    @classmethod
    def of(cls, error: ActiongraphError, *, is_last: bool) -> Reply:
        """Return the reply that tells of `error`, by its class, its text and its fields."""
        text = str(error).encode("utf-8", "surrogatepass")
        return cls(is_last, error=type(error).__name__, text=text, fields=vars(error))

    def failure(self) -> ActiongraphError:
        """Return the error again; what is none of ours becomes an `EngineError`."""
        kind = _ERRORS.get(self.error, EngineError)
        made = kind.__new__(kind)
        made.args = (self.text.decode("utf-8", "surrogatepass"),)
        for name, value in self.fields.items():
            setattr(made, name, tuple(value) if isinstance(value, list) else value)
        if isinstance(made, QueryError):
            made.edits = msgspec.convert(made.edits, tuple[Edit, ...])
            made.others = msgspec.convert(made.others, tuple[Fault, ...])
        return made


encode = msgspec.msgpack.Encoder(enc_hook=str).encode
"""An IRI is a text to the encoder."""
read_query = msgspec.msgpack.Decoder(CheckedQuery).decode
read_reply = msgspec.msgpack.Decoder(Reply).decode
_TASKS: msgspec.msgpack.Decoder[Task | ReadTask] = msgspec.msgpack.Decoder(
    Task | ReadTask, dec_hook=lambda kind, value: kind(value)
)
read_task = _TASKS.decode


def send(end: socket.socket, message: object, body: bytes = b"", file: int | None = None) -> None:
    """Send one message, with bytes behind it or a file beside it."""
    written = encode(message)
    packet = _LENGTHS.pack(len(written), len(body)) + written + body
    sent = 0 if file is None else socket.send_fds(end, [packet], [file])
    end.sendall(packet[sent:])


def receive(end: socket.socket, read: Callable[[bytes], Message]) -> tuple[Message, bytes, int | None]:
    """Return the next message by `read`, the bytes behind it, and the descriptor of the file beside it, if any.

    Raises:
        WorkerEnded: the other end closed.
    """
    # One message is under way at a time, so nothing behind it can come with it.
    received, files, _, _ = socket.recv_fds(end, _AT_ONCE_BYTES, 1)
    try:
        # An end that has closed gives no head, and then nothing more of it either.
        received += _exactly(end, _LENGTHS.size - len(received))
        length, beside = _LENGTHS.unpack_from(received)
        body_at = _LENGTHS.size + length
        received += _exactly(end, body_at + beside - len(received))
        return read(received[_LENGTHS.size : body_at]), received[body_at:], files[0] if files else None
    except BaseException:
        for file in files:
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
