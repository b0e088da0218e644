"""A SPARQL server on loopback that answers from a store of pyoxigraph, and misbehaves as a test wants it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pyoxigraph as ox

from actiongraph.engine.marker import Marker, marker_graph

TABLE, TRIPLES = "application/sparql-results+json", "application/n-triples"
Behaviour = Callable[["Handler", dict[str, list[str]]], None]


class Handler(BaseHTTPRequestHandler):
    """Reads a form, and has the engine's behaviour answer it."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together, or the second would wait for the acknowledgement of the first
    server: Server

    def do_POST(self) -> None:
        engine = self.server.engine
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
        engine.authorizations.append(self.headers.get("Authorization"))
        if "/marker>" in form["query"][0] and engine.has_own_marker:
            found = engine.marker.query(form["query"][0])
            self.send(found.serialize(format=ox.QueryResultsFormat.JSON), TABLE)
        elif form["query"][0].startswith(
            ("SELECT ?x {", "SELECT DISTINCT ?x {")
        ):  # which graphs there are, and of what vocabulary
            engine.honest(self, form)
        elif form["query"] == ["ASK {}"]:
            engine.answer_probe(self)
        else:
            engine.forms.append(form)
            engine.behaviour(self, form)

    def send(self, content: bytes, media_type: str, status: int = 200, **fields: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | fields).items():
            self.send_header(name.replace("_", "-"), value)
        for name, value in self.server.engine.fields.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.end_headers()
        self.raw(content, is_last=False)

    def raw(self, content: bytes, *, is_last: bool = True) -> None:
        self.wfile.write(content)
        self.wfile.flush()
        self.close_connection = self.close_connection or is_last

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    engine: FakeEngine
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that has gone is no news."""


class FakeEngine:
    """Answers from the store at a path, and from the marker beside it; `behaviour` may be exchanged."""

    def __init__(self, store: ox.Store, base: str) -> None:
        self.store = store
        self.base = base
        self.marker = ox.Store()
        self.has_own_marker = True
        self.behaviour: Behaviour = self.honest
        self.fields: dict[str, str] = {}
        self.forms: list[dict[str, list[str]]] = []
        self.authorizations: list[str | None] = []
        self.url = ""

    def mark(self, version: str, content_hash: str, move: str = "") -> None:
        self.marker.update(f"DROP SILENT GRAPH <{marker_graph(self.base)}>")
        triples = Marker(version, content_hash, move).triples(self.base)
        self.marker.update(f"INSERT DATA {{ GRAPH <{marker_graph(self.base)}> {{ {triples} }} }}")

    def unmark(self) -> None:
        self.marker.update(f"DROP SILENT GRAPH <{marker_graph(self.base)}>")

    def answer_probe(self, handler: Handler) -> None:
        handler.send(b'{"head":{},"boolean":true}', TABLE)

    def run(self, form: dict[str, list[str]]) -> tuple[bytes, str]:
        """Return the answer to a query, in the one format of its kind that is known here, and its type."""
        named = {name: form.get(f"{name}-graph-uri", []) for name in ("default", "named")}
        dataset = {
            f"{name}_graph{'s' * (name == 'named')}": [*map(ox.NamedNode, graphs)]
            for name, graphs in named.items()
            if any(named.values())
        }
        found = self.store.query(form["query"][0], **dataset)
        if isinstance(found, ox.QueryTriples):
            return ox.serialize(found, format=ox.RdfFormat.N_TRIPLES), TRIPLES
        return found.serialize(format=ox.QueryResultsFormat.JSON), TABLE

    def in_union(self, handler: Handler, form: dict[str, list[str]]) -> None:
        """Answer as an engine whose default graph has all graphs."""
        if "bif:" in form["query"][0]:
            handler.send(b"no", "text/plain", 500)
            return
        found = self.store.query(form["query"][0], use_default_graph_as_union=True)
        handler.send(found.serialize(format=ox.QueryResultsFormat.JSON), TABLE)

    def honest(self, handler: Handler, form: dict[str, list[str]]) -> None:
        if "bif:" in form["query"][0]:  # which only one engine has, and nobody has to tell
            handler.send(b"no", "text/plain", 500)
        else:
            handler.send(*self.run(form))

    @contextmanager
    def running(self) -> Iterator[FakeEngine]:
        with Server(("127.0.0.1", 0), Handler) as server:
            server.engine = self
            self.url = f"http://127.0.0.1:{server.server_port}/sparql"
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()
