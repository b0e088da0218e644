"""Several machines with a copy each, behind nginx as docs/engines.md has it: readers get whole answers all the time."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from actiongraph.release.build import build
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from bench import proxy
from bench.served import Served
from bench.systems import free_port

pytestmark = pytest.mark.long("proxy")

DOCS = Path(__file__).resolve().parents[2] / "docs" / "engines.md"
EXTRA = '<https://w3id.org/actiongraph/id/facility/extra> a ag:Facility ; skos:prefLabel "Extra"@en .\n'
NAMES = (
    "SELECT ?name { ?s a <https://w3id.org/actiongraph/ontology#Facility> ; "
    "<http://www.w3.org/2004/02/skos/core#prefLabel> ?name } ORDER BY ?name"
)
FIRST, SECOND = ("Little",), ("Extra", "Little")
JSON = "application/sparql-results+json"
READERS, ENOUGH, PATIENCE_S = 3, 30, 60


def block(name: str) -> str:
    """Return the block of the documentation that is marked so."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found, name
    return found[1]


class Mirror:
    """A machine: a folder with a copy, and a server on it."""

    def __init__(self, folder: Path, origin: str) -> None:
        folder.mkdir()
        self.folder, self.origin, self.port = folder, origin, free_port()
        self.served: Served | None = None

    def update(self) -> None:
        """Do what the documentation says, with our own addresses and without systemd."""
        copy, convert, restart = block("mirror: update").splitlines()
        assert restart == "systemctl restart actiongraph"
        assert copy.startswith("actiongraph mirror https://origin.example.org/ ")
        copy = copy.replace("actiongraph", f"{sys.executable} -m actiongraph", 1)
        script = "\n".join(["set -euo pipefail", copy.replace("https://origin.example.org/", self.origin), convert])
        subprocess.run(["bash", "-c", script], cwd=self.folder, check=True, capture_output=True, timeout=PATIENCE_S)
        self.stop()
        command = block("mirror: serve").split()
        assert command[:2] == ["actiongraph", "serve"]
        self.served = Served(self.folder, "--port", str(self.port), *command[2:])

    def stop(self) -> None:
        if self.served is not None:
            self.served.stop()
            self.served = None

    def kill(self) -> None:
        assert self.served
        self.served.process.send_signal(signal.SIGKILL)
        self.served.process.wait(PATIENCE_S)


@contextmanager
def nginx_before(folder: Path, mirrors: list[Mirror], origin: Served) -> Iterator[int]:
    text, port = block("mirror: nginx"), free_port()
    for old, new in {
        "192.0.2.1:8000": f"127.0.0.1:{mirrors[0].port}",
        "192.0.2.2:8000": f"127.0.0.1:{mirrors[1].port}",
        "192.0.2.3:8000": f"127.0.0.1:{origin.port}",
        "listen 80;": f"listen 127.0.0.1:{port};",
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    with subprocess.Popen(proxy.command(folder, text), stderr=subprocess.PIPE) as process:
        try:
            wait_until_open(port, process)
            yield port
        finally:
            process.terminate()


def wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionError:
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return


class Reader:
    """Asks the same again and again, and notes what came."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: list[tuple[str, ...] | str] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.is_set():
            self.seen.append(ask(self.port, f"# {len(self.seen)}\n{NAMES}"))

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()


def ask(port: int, query: str, version: str = "") -> tuple[str, ...] | str:
    """Return the names that are found, or what went wrong; a query of a version is sent in the address."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        fields = {"Accept": JSON, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            if version:
                connection.request("GET", f"/sparql?{urlencode({'query': query, 'version': version})}", headers=fields)
            else:
                connection.request("POST", "/sparql", urlencode({"query": query}), fields)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        if response.status != 200:
            return f"{response.status} {content.decode()}"
        return tuple(row["name"]["value"] for row in json.loads(content)["results"]["bindings"])


def wait_for(readers: list[Reader]) -> list[tuple[str, ...] | str]:
    """Return what the readers see from now on, until each has seen enough."""
    begun = [len(reader.seen) for reader in readers]
    until = time.monotonic() + PATIENCE_S
    while any(len(reader.seen) < start + ENOUGH for reader, start in zip(readers, begun, strict=True)):
        assert time.monotonic() < until
        time.sleep(0.01)
    # What was under way may be of before.
    return [each for reader, start in zip(readers, begun, strict=True) for each in reader.seen[start + 1 :]]


def test_readers_see_one_release_or_the_next_whatever_happens(
    little_data: Path, tmp_path: Path, missing: Callable[[str, str], None]
):
    if proxy.nginx() is None:
        missing("nginx", "install it, on Debian with: apt-get install nginx-light")
    store, folders = tmp_path / "store", [tmp_path / name for name in ("nginx", "home")]
    for folder in folders:
        folder.mkdir()
    origin = Served(folders[1], "--data", str(little_data), "--store", str(store))
    mirrors = [Mirror(tmp_path / f"mirror-{number}", f"http://127.0.0.1:{origin.port}/") for number in (1, 2)]
    readers: list[Reader] = []
    try:
        for mirror in mirrors:
            mirror.update()
        with nginx_before(folders[0], mirrors, origin) as port:
            readers += [Reader(port) for _ in range(READERS)]
            assert set(wait_for(readers)) == {FIRST}
            with (little_data / "reference.ttl").open("a", encoding="utf-8") as file:
                file.write(EXTRA)
            version = build(Settings(data=little_data, store=store), ReleaseStore(store)).record.version
            mirrors[0].update()
            assert set(wait_for(readers)) == {FIRST, SECOND}
            mirrors[1].update()
            assert set(wait_for(readers)) == {SECOND}
            mirrors[0].kill()
            assert set(wait_for(readers)) == {SECOND}
            assert ask(port, NAMES, version) == SECOND  # which the origin alone knows
            for reader in readers:
                reader.stop()
            assert {each for reader in readers for each in reader.seen} == {FIRST, SECOND}
    finally:
        for reader in readers:
            reader.stop()
        for mirror in mirrors:
            mirror.stop()
        origin.stop()
