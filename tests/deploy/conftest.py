"""`deploy/nginx.conf` as it is, before a server, on free ports."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
# The tests of this folder share modules, and the benchmark has more; --import-mode=importlib looks nowhere for either.
sys.path[:0] = [str(Path(__file__).parent), str(CHECKOUT)]

from fronts import HOST, URL, Front  # noqa: E402

from bench import proxy  # noqa: E402
from bench.served import Served  # noqa: E402

READY_S = 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def certificate(missing, built_once) -> Path:
    """A folder with a certificate for the host, and its key."""
    if shutil.which("openssl") is None:
        missing("openssl", "install it, on Debian with: apt-get install openssl")

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        command += ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
        subprocess.run(command, check=True, capture_output=True)

    return built_once("certificate", make)


Proxied = Callable[..., Front]


@pytest.fixture(scope="session")
def proxied(missing, certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Gives a function that puts nginx before a port."""
    if proxy.nginx() is None:
        missing("nginx", "install it, on Debian with: apt-get install nginx-light")
    running: list[subprocess.Popen[bytes]] = []

    def before(port: int, change: Callable[[str], str] = str) -> Front:
        folder = tmp_path_factory.mktemp("nginx")
        for name in ("key", "certificate"):
            shutil.copy(certificate / name, folder)
        https, plain = free_port(), free_port()
        text = proxy.adapted(change(proxy.CONFIGURATION.read_text("utf-8")), folder, port, https, plain)
        command = proxy.command(folder, text)
        running.append(subprocess.Popen(command, stderr=subprocess.PIPE))
        until = time.monotonic() + READY_S
        while True:
            assert running[-1].poll() is None, running[-1].stderr.read()
            try:
                socket.create_connection(("127.0.0.1", https)).close()
            except ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.02)
            else:
                return Front(https, folder, plain)

    yield before
    for process in running:
        process.terminate()
    for process in running:
        process.communicate(timeout=READY_S)


@pytest.fixture(scope="module")
def served(release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The shipped data by `actiongraph serve`, as the unit starts it."""
    home = tmp_path_factory.mktemp("home")
    server = Served(
        home, "--store", str(release.releases.folder), "--url", URL, "--trusted-proxies", "127.0.0.1", "--log",
        "--limit", "proxy_cache_s=1",
    )  # fmt: skip
    yield server
    server.stop()


@pytest.fixture(scope="module")
def nginx(proxied: Proxied, served: Served) -> Front:
    return proxied(served.port)


@pytest.fixture(scope="module")
def bare(served: Served) -> Front:
    return Front(served.port)
