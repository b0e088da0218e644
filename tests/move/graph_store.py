"""A store of graphs on the loopback, which keeps what it was sent and does whatever else a test wants, and releases."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pyoxigraph as ox
from peer_engines import Place

from actiongraph.engine.credentials import Credentials
from actiongraph.engine.nquads import read_quads
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.move.loading import Move
from actiongraph.move.writers import GraphStoreWriter, UpdateWriter
from actiongraph.release.build import publish
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report

BASE = "https://w3id.org/actiongraph/"
AG = f"{BASE}ontology#"
MARKER_GRAPH = f"{BASE}graph/marker"


@dataclass(frozen=True)
class Request:
    """One request, as it came."""

    method: str
    path: str
    graph: str
    body: bytes
    authorization: str | None

    @property
    def writes(self) -> bool:
        return self.path in {"/data", "/update"}


Fault = Callable[[BaseHTTPRequestHandler, Request], bool]
"""Answers a request in another way, and tells whether it did."""


@dataclass
class GraphStore:
    """What engines have in common: /query, /data and /update; a fault may come `before` and `after` what is asked."""

    port: int
    quads: ox.Store = field(default_factory=ox.Store)
    requests: list[Request] = field(default_factory=list)
    before: Fault = lambda _, __: False
    after: Fault = lambda _, __: False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/query"

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def place(self) -> Place:
        return Place(self.url, self.at("/data"), self.at("/update"))

    def all_but_marker(self) -> set[ox.Quad]:
        """Return all quads but those in the graph of the marker."""
        return {quad for quad in self.quads if quad.graph_name != ox.NamedNode(MARKER_GRAPH)}

    def marker(self) -> dict[str, str]:
        """Return what is said of the marker, by the end of each property."""
        said = {}
        for quad in self.quads.quads_for_pattern(None, None, None, ox.NamedNode(MARKER_GRAPH)):
            assert quad.subject == ox.NamedNode(f"{BASE}marker")
            said[quad.predicate.value.removeprefix(AG)] = quad.object.value
        return said

    def put(self, graph: str) -> ox.Quad:
        """Put a triple of somebody else into `graph`."""
        quad = ox.Quad(ox.NamedNode(f"{BASE}s"), ox.NamedNode(f"{BASE}p"), ox.Literal("theirs"), ox.NamedNode(graph))
        self.quads.add(quad)
        return quad


def _do(store: GraphStore, asked: Request) -> tuple[int, str, bytes]:
    """Do what a request asks for; return the status, the type and the body of the answer."""
    graph = ox.NamedNode(asked.graph) if asked.graph else None
    if asked.path == "/data" and graph and asked.method == "DELETE":
        known = bool(list(store.quads.quads_for_pattern(None, None, None, graph)))
        store.quads.remove_graph(graph)
        return (204 if known else 404), "text/plain", b""
    if asked.path == "/data" and graph and asked.method == "POST":
        triples = ox.parse(asked.body, format=ox.RdfFormat.TURTLE)
        store.quads.extend(ox.Quad(each.subject, each.predicate, each.object, graph) for each in triples)
        return 204, "text/plain", b""
    if asked.path == "/update":
        store.quads.update(asked.body.decode())
        return 204, "text/plain", b""
    form = parse_qs(asked.body.decode())
    names = {
        name: [ox.NamedNode(each) for each in form[key]] if key in form else None
        for name, key in (("default_graph", "default-graph-uri"), ("named_graphs", "named-graph-uri"))
    }
    found = store.quads.query(form["query"][0], **names)
    if isinstance(found, ox.QueryTriples):
        return 200, "application/n-triples", found.serialize(format=ox.RdfFormat.N_TRIPLES)
    return 200, "application/sparql-results+json", found.serialize(format=ox.QueryResultsFormat.JSON)


@contextmanager
def stores() -> Iterator[Callable[[], GraphStore]]:
    """Give what starts stores, which end with the block."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start() -> GraphStore:
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def answer(self, status: int, kind: str, body: bytes, **fields: str) -> None:
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def act(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                graph = unquote(parts.query.partition("graph=")[2])
                asked = Request(self.command, parts.path, graph, body, self.headers.get("Authorization"))
                with suppress(ConnectionError), lock:
                    made.requests.append(asked)
                    if made.before(self, asked):
                        return
                    said = _do(made, asked)
                    if not made.after(self, asked):
                        self.answer(*said)

            do_POST = do_DELETE = act  # noqa: N815 - as http.server has it

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        made = GraphStore(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return made

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def quads(number: int, many: int = 3) -> list[bytes]:
    """Return the lines of a release: things that stay, with what the `number` makes of them, in one of two graphs."""
    return [
        f'<{BASE}id/facility/f-{key}> <{BASE}p> "{number} {graph} \\"é 𝄞\\" > <x>" <{BASE}graph/{graph}> .\n'.encode()
        for key in range(many)
        for graph in ("one", "two")
    ]


CHAIN = [
    f"<{BASE}id/action/{later}> <{AG}followUpOf> <{BASE}id/action/{earlier}> <{BASE}graph/one> .\n".encode()
    for later, earlier in ("ba", "cb")
]
"""Three actions, each the follow-up of the one before."""


def contents() -> list[list[bytes]]:
    """Return the lines of two releases; the first has a graph that the second has not."""
    gone = f'<{BASE}id/facility/f> <{BASE}p> "x" <{BASE}graph/gone> .\n'.encode()
    return [[*quads(1), *CHAIN, gone], [*quads(2), *CHAIN]]


def publish_contents(folder: Path) -> None:
    """Publish the two releases in the folder of a store."""
    for lines in contents():
        releases, settings = ReleaseStore(folder), Settings(store=folder)
        with releases.locked():
            publish(list(read_quads(lines)), Report(), settings, releases)


class Mover:
    """What moves one of the two releases in a store to an engine."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(store=folder)
        self.releases = ReleaseStore(folder)
        self.versions = self.releases.versions()

    def quads(self, release: int) -> set[ox.Quad]:
        """Return all of a release, as its store has it."""
        return set(ox.Store.read_only(str(self.releases.path(self.versions[release]) / "store")))

    def to(
        self,
        engine: GraphStore | Place,
        name: str = "this",
        release: int = 1,
        *,
        update: bool = False,
        credentials: Credentials | None = None,
        timeout_s: float = 20,
    ) -> Move:
        place = engine if isinstance(engine, Place) else engine.place
        settings = replace(self.settings, timeout_s=timeout_s)
        asked = UpstreamEngine(place.url, settings, credentials or place.credentials, called=None)
        snapshot = ReleaseSnapshots(self.releases).at(self.versions[release])
        record = self.releases.record(self.versions[release])
        writer = (
            UpdateWriter(asked.exchange, place.update or "")
            if update
            else GraphStoreWriter(asked.exchange, place.graph_store)
        )
        return Move(snapshot, record, asked, writer, self.settings, name, lambda *_: None, grace_s=0)


def basic(credentials: Credentials) -> str:
    return "Basic " + base64.b64encode(f"{credentials.user}:{credentials.password}".encode()).decode()
