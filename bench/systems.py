"""How a server is started on data that others have too, and what it takes of the machine."""

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
    """The same triples in the three ways that servers take them; they may keep what they make of it in `home`."""

    folder: Path
    releases: Path
    triples: Path

    @property
    def home(self) -> Path:
        """The folder of all this."""
        return self.triples.parent


@dataclass(frozen=True, slots=True)
class System:
    """A server: its command for a port, where it takes queries, and what must be done before.

    `needs` are its programs and files. It is asked where there are `fewest_actions` to `most_actions`, which is what
    it can hold in a sensible time.
    """

    name: str
    path: str
    command: Callable[[Data, int], Sequence[str]]
    needs: Sequence[str] = ()
    prepare: Callable[[Data], None] = field(default=lambda _: None)
    fewest_actions: int = 0
    most_actions: int = 1_000_000

    @property
    def is_installed(self) -> bool:
        """Whether all that it needs is here."""
        return all(shutil.which(need) or Path(need).exists() for need in self.needs)


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in MB: in `pss` a page that n processes share counts as 1/n; `anonymous` is what no file backs."""

    pss: float
    anonymous: float


@dataclass(slots=True)
class Running:
    """A server that answers: where, and after how many seconds."""

    system: System
    address: Address
    ready_s: float
    process: subprocess.Popen[bytes]

    def memory(self) -> Memory:
        """Return what all its processes take now."""
        found = [_memory_kb(process) for process in _tree(self.process.pid)]
        return Memory(*(sum(column) / 1024 for column in zip(*found, strict=True)))

    def processor_s(self) -> float:
        """Return the processor time of all its processes so far, those included that have ended, in seconds."""
        return sum(processor_ticks(process) for process in _tree(self.process.pid)) / os.sysconf("SC_CLK_TCK")


def trivial() -> System:
    """Return the server that shows what the clients themselves cost."""
    return System("trivial", "/", lambda _, port: [sys.executable, "-m", "bench.trivial", str(port)])


@contextmanager
def running(system: System, data: Data) -> Iterator[Running]:
    """Give the system, started and answering; stop it and all its processes at the end.

    Raises:
        BadAnswerError: it ended or did not answer in time.
    """
    system.prepare(data)
    port = free_port()
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
            with closing(Client(address)) as client:
                client.get(target)
        except (ConnectionError, BadAnswerError):  # Virtuoso may hang up on the first that ask
            if process.poll() is not None or time.monotonic() > until:
                raise BadAnswerError(f"{name} did not start") from None
            time.sleep(0.005)
        else:
            return


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
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
        return 0, 0  # it has ended meanwhile
    sizes = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
    return sizes["Pss"], sizes["Pss_Anon"]


def processor_ticks(process: int) -> int:
    """Return the ticks of the process and of its children that have ended (utime to cstime in /proc/PID/stat)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0  # it has ended meanwhile
    return sum(map(int, fields[11:15]))
