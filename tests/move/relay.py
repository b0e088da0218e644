"""A server that hands requests on to an engine, one after another, and lets a test act before and after each."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Act = Callable[[], bool]
"""Tells whether the request is dropped."""
_OF_ONE_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class Relay:
    """Passes on to `target`, a port of the loopback; `requests` are the method and the path of each so far."""

    target: int
    port: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    before: Act = lambda: False
    after: Act = lambda: False

    def answered(self, method: str, path: str, body: bytes, fields: dict[str, str]) -> tuple[int, list, bytes] | None:
        """Return what the engine answers; None if the request is dropped, before the engine sees it or after."""
        self.requests.append((method, path.partition("?")[0]))
        if self.before():
            return None
        with closing(http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)) as connection:
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _OF_ONE_HOP]
            answer = response.status, kept, response.read()
        return None if self.after() else answer


@contextmanager
def relaying(target: int) -> Iterator[Relay]:
    """Give a relay that runs before a port."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def act(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fields = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_HOP}
            with suppress(ConnectionError), lock:
                answer = relay.answered(self.command, self.path, body, fields)
                if answer is None:
                    return
                status, kept, content = answer
                self.send_response_only(status)
                for name, value in (*kept, ("Content-Length", str(len(content)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = act  # noqa: N815 - as http.server has it

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        relay = Relay(target, server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield relay
        finally:
            server.shutdown()
            thread.join()
