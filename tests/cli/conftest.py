"""The command as people run it: another process, its own store."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "actiongraph"]
READY_S = 60


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `actiongraph` with arguments; the user's data folder is a temporary one."""

    def run(*arguments: str, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            timeout=120,
            check=False,
            cwd=tmp_path,
            env=own_environment(tmp_path, PYTHONWARNINGS="error", **environment),
        )

    return run


def own_environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "share"), **more}


class Server:
    """A running `actiongraph serve`."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env=own_environment(home),
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
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers; those still running at the end are stopped."""
    running: list[Server] = []

    def start(*arguments: str) -> Server:
        running.append(Server(tmp_path, *arguments))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            server.stop()
