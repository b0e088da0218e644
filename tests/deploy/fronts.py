"""Requests to nginx or to a server, as bytes on a connection of their own, and their answers."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.proxy import HOST

URL = f"https://{HOST}/"


@dataclass(frozen=True)
class Answer:
    """An answer; the names of its header fields are in lower case, and those that each hop writes itself left out."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    own = {"date", "server", "connection", "keep-alive", "x-accel-expires"}
    headers = {name.lower(): value for name, value in response.getheaders() if name.lower() not in own}
    return Answer(response.status, headers, response.read())


def written(method: str, target: str, *fields: str, body: bytes = b"") -> bytes:
    """Return a request; one of `fields` may be another Host."""
    host = [] if any(field.lower().startswith("host:") for field in fields) else [f"Host: {HOST}"]
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = [f"{method} {target} HTTP/1.1", *host, *fields, *length, "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@cache
def trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate)
    return context


@dataclass(frozen=True)
class Front:
    """Where requests are sent: nginx, by TLS unless it is bare."""

    port: int
    folder: Path | None = None
    http_port: int = 0

    def connect(self, client: str = "127.0.0.1") -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), 60, (client, 0))
        if self.folder is None:
            return plain
        return trusting(self.folder / "certificate").wrap_socket(plain, server_hostname=HOST)

    def send(self, request: bytes, client: str = "127.0.0.1") -> Answer:
        with closing(self.connect(client)) as connection:
            connection.sendall(request)
            return read_answer(connection, request.partition(b" ")[0].decode())

    def ask(self, target: str, *fields: str, method: str = "GET", body: bytes = b"") -> Answer:
        return self.send(written(method, target, *fields, body=body))

    def log(self) -> str:
        assert self.folder
        return (self.folder / "actiongraph.log").read_text("utf-8")

    def said(self) -> str:
        """Return all that nginx wrote into logs."""
        assert self.folder
        return "".join(path.read_text("utf-8", "replace") for path in self.folder.glob("*.log"))
