"""The command as people run it: another process, its own store."""

from __future__ import annotations

import io
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from actiongraph.cli.running import run as run_command

COMMAND = [sys.executable, "-m", "actiongraph"]
READY_S = 60
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def share(built_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A user's data folder where the shipped data was built; nobody may change it."""

    def make(folder: Path) -> None:
        environment = os.environ | {"XDG_DATA_HOME": str(folder)}
        subprocess.run([*COMMAND, "build"], env=environment, stdout=subprocess.DEVNULL, check=True, timeout=120)

    return built_once("share", make)


@pytest.fixture
def environment(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, share: Path) -> dict[str, str]:
    """What a user has who ran the command before."""
    folder = tmp_path_factory.mktemp("home") / "share"
    shutil.copytree(share, folder, symlinks=True)
    return {"HOME": str(tmp_path), "XDG_DATA_HOME": str(folder)}


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run `actiongraph` with arguments, and with more of an environment, in a process of its own."""

    def run(*arguments: str, stdin: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            timeout=120,
            check=False,
            cwd=tmp_path,
            env=os.environ | environment | {"PYTHONWARNINGS": "error"} | more,
        )

    return run


@pytest.fixture
def run_here(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `actiongraph` as `run` does, in this process: most of a short command is reading Python's modules."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["actiongraph", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        written = [environment["XDG_DATA_HOME"] + name for name in ("-stdout", "-stderr")]
        with (
            open(written[0], "w", encoding="utf-8") as out,  # noqa: PTH123
            open(written[1], "w", encoding="utf-8") as err,  # noqa: PTH123
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = run_command()
        return subprocess.CompletedProcess(arguments, code, *(Path(name).read_text("utf-8") for name in written))

    return run


class Server:
    """A running `actiongraph serve`."""

    def __init__(self, home: Path, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env=os.environ | environment,
        )
        self.said: list[str] = []
        self._errors = threading.Thread(target=self._collect, daemon=True)
        self._errors.start()
        self.url = self._ready()

    def _collect(self) -> None:
        assert self.process.stderr
        self.said += list(self.process.stderr)

    def _ready(self) -> str:
        lines: queue.Queue[str] = queue.Queue()
        assert self.process.stdout
        output = self.process.stdout
        threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
        line = lines.get(timeout=READY_S)
        if not line.startswith("Serving on http://"):
            self.process.kill()
            self.process.wait(5)
            self._errors.join(5)
            pytest.fail(f"no ready line but {line!r}, and on standard error: {''.join(self.said)}")
        return line.removeprefix("Serving on ").strip()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        code = self.process.wait(15)
        self._errors.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream
            stream.close()
        return code


@pytest.fixture
def serve(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., Server]]:
    """Start servers; those still running at the end are stopped."""
    running: list[Server] = []

    def start(*arguments: str) -> Server:
        running.append(Server(tmp_path, environment, *arguments))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            server.stop()
