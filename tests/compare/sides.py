"""The two that are compared: 0.2.0, from git, and the working tree; their commands and their servers."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

COMMIT = "a2d8281"
CHECKOUT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CLOCK = "2026-04-01T12:00:00+00:00"
HOST = "graph.example.org"
READY_S = 60


class CannotCompareError(Exception):
    """There is nothing to compare with; the message says why."""


@dataclass
class Side:
    """One program: where its source is, and a folder of its own to work in."""

    name: str
    root: Path
    work: Path
    runner: subprocess.Popen[str] | None = None
    jobs: int = 0
    built: dict[str, list[Ran]] = field(default_factory=dict)

    def environment(self, clock: str = CLOCK) -> dict[str, str]:
        home = self.work / "home"
        home.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "share"),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "PYTHONPATH": os.pathsep.join(map(str, (HERE / "clock", self.root / "src"))),
            "COMPARE_CLOCK": clock,
            # rdflib writes some syntaxes in the order of its sets, which would be another in each process.
            "PYTHONHASHSEED": "0",
        }

    def run(self, arguments: list[str], folder: Path, clock: str = CLOCK, stdin: str = "") -> Ran:
        """Run a command; see `again.py`."""
        if self.runner is None:
            self.runner = subprocess.Popen(
                [sys.executable, str(HERE / "again.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self.environment(),
            )
        assert self.runner.stdin
        assert self.runner.stdout
        self.jobs += 1
        streams = {name: self.work / f"job-{self.jobs}.{name}" for name in ("stdin", "stdout", "stderr")}
        streams["stdin"].write_text(stdin, "utf-8")
        job = {"arguments": arguments, "folder": str(folder), "environment": {"COMPARE_CLOCK": clock}}
        self.runner.stdin.write(json.dumps(job | {name: str(path) for name, path in streams.items()}) + "\n")
        self.runner.stdin.flush()
        status = self.runner.stdout.readline().strip()
        if not status:
            raise CannotCompareError(f"The process that runs the commands of {self.name} has ended.")
        said = {name: path.read_bytes() if path.exists() else b"" for name, path in streams.items()}
        return Ran(int(status), said["stdout"], said["stderr"])

    def close(self) -> None:
        if self.runner:
            assert self.runner.stdin
            assert self.runner.stdout
            self.runner.stdin.close()
            self.runner.stdout.close()
            self.runner.wait(30)


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    stdout: bytes
    stderr: bytes


def sides(folder: Path) -> tuple[Side, Side]:
    """Return 0.2.0, which calls itself by the version of the working tree, and the working tree.

    Raises:
        CannotCompareError: the commit is not in the history that is here.
    """
    old = folder / "source"
    old.mkdir()
    with (folder / "source.tar").open("wb") as packed:
        archived = subprocess.run(["git", "-C", str(CHECKOUT), "archive", COMMIT], stdout=packed, check=False)
    if archived.returncode:
        raise CannotCompareError(
            f"The commit {COMMIT}, which is 0.2.0, is not in the git history here; "
            "get all of it, such as by: git fetch --unshallow"
        )
    shutil.unpack_archive(str(folder / "source.tar"), str(old), "tar", filter="data")
    _call(old, _version(CHECKOUT))
    made = []
    for name, root in (("old", old), ("new", CHECKOUT)):
        (folder / name).mkdir()
        made.append(Side(name, root, folder / name))
    return made[0], made[1]


def _package(root: Path) -> Path:
    return root / "src" / "actiongraph" / "__init__.py"


_VERSION = re.compile(r'__version__ = "([^"]+)"')


def _version(root: Path) -> str:
    found = _VERSION.search(_package(root).read_text("utf-8"))
    assert found, "the version stands in actiongraph/__init__.py"
    return found[1]


def _call(root: Path, version: str) -> None:
    """Have the program in `root` call itself `version`: a store of another version would be built again."""
    path = _package(root)
    path.write_text(_VERSION.sub(f'__version__ = "{version}"', path.read_text("utf-8")), "utf-8")


@dataclass
class Reply:
    """What came back: status line, header fields in order, and the body as it was sent."""

    status: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.fields if key.lower() == name), None)


class Server:
    """A running `actiongraph serve` of one side. Each thread that asks has a connection of its own."""

    def __init__(self, side: Side, folder: Path, arguments: list[str]) -> None:
        self.side = side
        self._local = threading.local()
        self._errors = (side.work / f"serve-{id(self)}.stderr").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "actiongraph", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=folder,
            env=side.environment(),
        )
        self.port = 0

    def wait(self) -> Server:
        """Return when it answers."""
        assert self.process.stdout
        late = threading.Timer(READY_S, self.process.kill)
        late.start()
        line = self.process.stdout.readline()
        late.cancel()
        if not line.startswith("Serving on http://"):
            self.process.kill()
            raise CannotCompareError(f"{self.side.name} does not serve: {line!r} {self.said()}")
        self.port = int(line.strip().rstrip("/").rpartition(":")[2])
        return self

    def said(self) -> str:
        """Return what it has said on standard error."""
        self._errors.flush()
        return Path(self._errors.name).read_text("utf-8", "replace")

    def ask(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes | None) -> Reply:
        """Return what is answered; a connection that was closed meanwhile is opened again."""
        for attempt in (1, 2, 3):
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.connect()
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                return self._ask(connection, method, target, headers, body)
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                self._local.connection = None
                if attempt == 3:
                    return Reply(f"no answer: {type(error).__name__}")
        raise AssertionError

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: list[tuple[str, str]],
        body: bytes | None,
    ) -> Reply:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", HOST)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None and not any(name.lower() == "content-length" for name, _ in headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if body:
            # A body that is refused unread may be cut off; the answer is there all the same.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(body)
        response = connection.getresponse()
        reply = Reply(f"{response.status} {response.reason}", response.getheaders(), response.read())
        if response.will_close:
            connection.close()
            self._local.connection = None
        return reply

    def raw(self, sent: bytes) -> Reply:
        """Return all bytes that come back for `sent`, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(sent)
            connection.settimeout(5)
            received = bytearray()
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except OSError as error:
                received += f"\n({type(error).__name__})".encode()
        return Reply("raw", [], bytes(received))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()
        self._errors.close()
        return code
