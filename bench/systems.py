"""The servers that are compared: how each is started on the same data, and what it takes of the machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Address, BadAnswerError, Client

_READY_S = 600.0
_STOP_S = 15.0


@dataclass(frozen=True, slots=True)
class Data:
    """The same triples in the three ways that servers take them."""

    folder: Path
    releases: Path
    triples: Path


@dataclass(frozen=True, slots=True)
class System:
    """A server: its command for a port, where it takes queries, and what must be done before.

    `most_actions` is how much data it can be asked to hold in a sensible time.
    """

    name: str
    path: str
    command: Callable[[Data, int], Sequence[str]]
    program: str = sys.executable
    prepare: Callable[[Data], None] = field(default=lambda _: None)
    most_actions: int = 1_000_000

    @property
    def is_installed(self) -> bool:
        """Whether its program is here."""
        return bool(shutil.which(self.program))


@dataclass(slots=True)
class Running:
    """A server that answers: where, after how many seconds, and what it takes."""

    system: System
    address: Address
    ready_s: float
    process: subprocess.Popen[bytes]

    def memory_mb(self) -> tuple[float, float]:
        """Return the resident memory of all its processes in MB: summed, and with shared pages counted once."""
        found = [_memory_kb(process) for process in _tree(self.process.pid)]
        return sum(rss for rss, _ in found) / 1024, sum(pss for _, pss in found) / 1024


def systems(rdflib_endpoint: str) -> tuple[System, ...]:
    """Return all servers that are compared; `rdflib_endpoint` is the program of that name."""
    oxigraph = _beside_python("oxigraph")
    return (
        System("actiongraph", "/sparql", _serve_release),
        System("actiongraph, files", "/sparql", _serve_files),
        System("oxigraph", "/query", _oxigraph(oxigraph), oxigraph, lambda data: _load(oxigraph, data)),
        System("rdflib-endpoint", "/", _rdflib(rdflib_endpoint), rdflib_endpoint, most_actions=1_000),
    )


def trivial() -> System:
    """Return the server that shows what the clients themselves cost."""
    return System("trivial", "/", lambda _, port: [sys.executable, "-m", "bench.trivial", str(port)])


def _serve_release(data: Data, port: int) -> Sequence[str]:
    return [*_actiongraph(port), "--data", str(data.folder), "--store", str(data.releases)]


def _serve_files(data: Data, port: int) -> Sequence[str]:
    return [*_actiongraph(port), str(data.triples)]


def _actiongraph(port: int) -> list[str]:
    return [sys.executable, "-m", "actiongraph", "serve", "--port", str(port)]


def _oxigraph(program: str) -> Callable[[Data, int], Sequence[str]]:
    return lambda data, port: [program, "serve", "--location", str(_location(data)), "--bind", f"127.0.0.1:{port}"]


def _load(program: str, data: Data) -> None:
    place = ["--location", str(_location(data))]
    for command in (["load", *place, "--file", str(data.triples)], ["optimize", *place]):
        subprocess.run([program, *command], check=True, capture_output=True)  # noqa: S603 - our own arguments


def _location(data: Data) -> Path:
    return data.triples.parent / "oxigraph"


def _rdflib(program: str) -> Callable[[Data, int], Sequence[str]]:
    return lambda data, port: [program, "serve", "--host", "127.0.0.1", "--port", str(port), str(data.triples)]


def _beside_python(program: str) -> str:
    """Return `program` beside the Python that runs, else by its name alone."""
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.exists() else program


@contextmanager
def running(system: System, data: Data) -> Iterator[Running]:
    """Give the system, started and answering; stop it and all its processes at the end.

    Raises:
        BadAnswerError: it ended or did not answer in time.
    """
    system.prepare(data)
    port = _free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own arguments
        system.command(data, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        address = Address(port, system.path)
        _wait_until_ready(address, process, system.name)
        yield Running(system, address, time.perf_counter() - begun, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_ready(address: Address, process: subprocess.Popen[bytes], name: str) -> None:
    target = address.target("ASK { }").encode()
    until = time.monotonic() + _READY_S
    while True:
        try:
            client = Client(address)
        except ConnectionError:
            if process.poll() is not None or time.monotonic() > until:
                raise BadAnswerError(f"{name} did not start") from None
            time.sleep(0.005)
        else:
            with closing(client):
                client.get(target)
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _tree(root: int) -> list[int]:
    """Return the process `root` and all below it, by what Linux says in /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def _memory_kb(process: int) -> tuple[int, int]:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0, 0
    sizes = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
    return sizes["Rss"], sizes["Pss"]
