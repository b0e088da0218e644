"""An endpoint that refuses, or is none: one line, whatever it sends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from actiongraph import formats
from actiongraph.engine.remote import RemoteEngine
from actiongraph.errors import EndpointError, NotAcceptable, QueryError
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

PROBLEM = b'{"type": "about:blank", "detail": "Line 1, column 2:\\nno."}'
PAGE = b"<!DOCTYPE html><title>x</title><p>Hello</p>" + b"<p>there</p>" * 99


@pytest.fixture
def answering() -> Iterator[Callable[[int, str, bytes], str]]:
    """Start an endpoint that gives one answer to everything, and return its address."""
    running: list[tuple[HTTPServer, threading.Thread]] = []

    def start(status: int, media_type: str, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


ERROR = "The endpoint {} answered with an error, "
NONE = "{} is not a SPARQL endpoint (it answered "


@pytest.mark.parametrize(
    ("status", "media_type", "body", "path", "said"),
    [
        (400, "application/problem+json", PROBLEM, "", "The endpoint {} refused the query: Line 1, column 2: no."),
        (406, "application/problem+json", PROBLEM, "", ERROR + "406: Line 1, column 2: no."),
        (500, "application/problem+json", PROBLEM, "", ERROR + "500: Line 1, column 2: no."),
        (503, "application/problem+json", PROBLEM, "", ERROR + "503: Line 1, column 2: no."),
        (502, "text/html", PAGE, "", ERROR + "502: Hello there there"),
        (500, "text/plain", b"", "", ERROR + "500: no reason given"),
        (405, "text/html", PAGE, "", NONE + "405); try {}sparql."),
        (404, "text/html", PAGE, "", NONE + "404); try {}sparql."),
        (404, "application/problem+json", PROBLEM, "sparql", ERROR + "404: Line 1, column 2: no."),
        (200, "text/html", PAGE, "", NONE + "with a web page); try {}sparql."),
        (200, "text/html", PAGE, "sparql", NONE + "with a web page); check the address."),
    ],
)
def test_what_is_refused_is_told_in_one_line(
    answering, status: int, media_type: str, body: bytes, path: str, said: str
):
    url = answering(status, media_type, body) + path
    with pytest.raises({400: QueryError, 406: NotAcceptable}.get(status, EndpointError)) as refused:
        RemoteEngine(url).answer(check_query("ASK {}", Settings()), formats.RESULTS_JSON)
    assert str(refused.value).startswith(said.replace("{}", url))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250
