"""Servers to copy from: the app on releases of a few quads, and one that says whatever a test wants."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from actiongraph.engine.nquads import read_quads
from actiongraph.mirror.folder import Folder
from actiongraph.mirror.run import MAX_BYTES, Mirrored, mirror
from actiongraph.mirror.source import PATIENCE, Source
from actiongraph.release.build import publish
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report
from actiongraph.web.app import create_app


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Publisher:
    """The app in a store, of which the last two releases are kept; `asked` are the paths of its requests."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.settings = Settings(url=self.url, store=folder, keep_releases=2)
        self.releases = ReleaseStore(folder)
        self.asked: list[str] = []
        self._app = create_app(self.settings, ReleaseSnapshots(self.releases))

    def __call__(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        return self._app(environ, start_response)

    def publish(self, content: bytes) -> str:
        quads = list(read_quads(content.splitlines(keepends=True)))
        with self.releases.locked():
            return publish(quads, Report(), self.settings, self.releases).record.version


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with make_server("127.0.0.1", 0, lambda *_: [], server_class=_Server, handler_class=_Quiet) as server:
        made = Publisher(tmp_path / "store", server.server_port)
        server.set_app(made)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


Answer = tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]


class Liar:
    """Answers each path with what a test has put there."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.release: dict[str, object] = {}

    def offer(self, content: bytes, packed: bytes | None = None, **changed: object) -> None:
        """Offer a release with `content`, its dump packed as it is, or as `packed`, and other fields `changed`."""
        packed = gzip.compress(content, mtime=0) if packed is None else packed
        sha256 = hashlib.sha256(content).hexdigest()
        version = f"20260101T000000Z-{sha256[:12]}"
        self.release = {
            "version": version,
            "current": True,
            "kept": True,
            "content_sha256": sha256,
            "previous": None,
            "dumps": [self.file(f"dumps/{version}/actiongraph.nq.gz", packed) | {"name": "actiongraph.nq.gz"}],
            "changes": None,
        } | changed
        self.tell({"releases": [self.release], "next": None})

    def file(self, path: str, packed: bytes) -> dict[str, object]:
        self.answers["/" + path] = (200, {}, packed)
        sha256 = hashlib.sha256(packed).hexdigest()
        return {"address": self.url + path, "sha256": sha256, "size_bytes": len(packed)}

    @property
    def dump(self) -> dict[str, object]:
        [dump] = self.release["dumps"]
        return dump

    def tell(self, document: object, path: str = "/releases") -> None:
        self.answers[path] = (200, {"Content-Type": "application/json"}, json.dumps(document).encode())

    def retell(self) -> None:
        self.tell({"releases": [self.release], "next": None})


@pytest.fixture
def make_liar() -> Iterator[Callable[[], Liar]]:
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start() -> Liar:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                made.asked.append(self.path)
                answer = made.answers.get(self.path, (404, {}, b""))
                if not isinstance(answer, tuple):
                    answer(self)
                    return
                status, fields, body = answer
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | fields).items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):
                    self.wfile.write(body)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        made = Liar(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return made

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def liar(make_liar: Callable[[], Liar]) -> Liar:
    return make_liar()


class Copier:
    """A folder for a copy, and what brings it up to date; `beside_bytes` is the most that stood beside the copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.patience = PATIENCE
        self.beside_bytes = 0

    def __call__(self, url: str, max_bytes: int = MAX_BYTES) -> Mirrored:
        source = Source(url, self.patience)
        return mirror(source, Folder(self.folder), max_bytes=max_bytes, progress=self._look)

    def _look(self, _done: int, _total: int | None) -> None:
        beside = sum(path.stat().st_size for path in self.folder.glob(".new-*"))
        self.beside_bytes = max(self.beside_bytes, beside)

    @property
    def content(self) -> bytes:
        return gzip.decompress((self.folder / "actiongraph.nq.gz").read_bytes())

    @property
    def files(self) -> dict[str, bytes]:
        paths = self.folder.iterdir() if self.folder.exists() else ()
        return {path.name: path.read_bytes() for path in paths if path.name != ".lock"}


@pytest.fixture
def copy(tmp_path: Path) -> Copier:
    return Copier(tmp_path / "copy")
