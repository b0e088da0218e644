"""`deploy/nginx.conf` as it is, before a server, on free ports."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
# The tests of this folder share modules, and the benchmark has more; --import-mode=importlib looks nowhere for either.
sys.path[:0] = [str(Path(__file__).parent), str(CHECKOUT)]

from bench.served import Served  # noqa: E402

HOST = "graph.example.org"
URL = f"https://{HOST}/"
READY_S = 20
# What Debian's own /etc/nginx/nginx.conf has around it, with what is a danger to us: gzip, and logs with the whole address.
AROUND = """daemon off;
user root;
worker_processes 2;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    default_type application/octet-stream;
    access_log {folder}/access.log;
    error_log {folder}/error.log info;
    gzip on;
    gzip_types application/json text/plain text/css application/xml;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/actiongraph.conf;
}}
"""


@dataclass(frozen=True)
class Answer:
    """An answer; the names of its header fields are in lower case, and those that each hop writes itself left out."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    own = {"date", "server", "connection", "keep-alive", "x-accel-expires"}
    headers = {name.lower(): value for name, value in response.getheaders() if name.lower() not in own}
    return Answer(response.status, headers, response.read())


def written(method: str, target: str, *fields: str, body: bytes = b"") -> bytes:
    """Return a request; one of `fields` may be another Host."""
    host = [] if any(field.lower().startswith("host:") for field in fields) else [f"Host: {HOST}"]
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = [f"{method} {target} HTTP/1.1", *host, *fields, *length, "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@cache
def trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate)
    return context


@dataclass(frozen=True)
class Front:
    """Where requests are sent: nginx, by TLS unless it is bare."""

    port: int
    folder: Path | None = None
    http_port: int = 0

    def connect(self, client: str = "127.0.0.1") -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), 60, (client, 0))
        if self.folder is None:
            return plain
        return trusting(self.folder / "certificate").wrap_socket(plain, server_hostname=HOST)

    def send(self, request: bytes, client: str = "127.0.0.1") -> Answer:
        with closing(self.connect(client)) as connection:
            connection.sendall(request)
            return read_answer(connection, request.partition(b" ")[0].decode())

    def ask(self, target: str, *fields: str, method: str = "GET", body: bytes = b"") -> Answer:
        return self.send(written(method, target, *fields, body=body))

    def log(self) -> str:
        assert self.folder
        return (self.folder / "actiongraph.log").read_text("utf-8")

    def said(self) -> str:
        """Return all that nginx wrote into logs."""
        assert self.folder
        return "".join(path.read_text("utf-8", "replace") for path in self.folder.glob("*.log"))


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


def configured(port: int, folder: Path, change: Callable[[str], str] = str) -> tuple[str, int, int]:
    """Return `deploy/nginx.conf`, changed only in what an operator changes, and the ports for HTTPS and HTTP."""
    text = change((CHECKOUT / "deploy" / "nginx.conf").read_text("utf-8"))
    https, plain = free_port(), free_port()
    for old, new in {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{https} ssl http2;",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "    listen [::]:443 ssl http2;\n": "",
        "    listen [::]:80;\n": "",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": f"{folder}/certificate",
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": f"{folder}/key",
        "/var/log/nginx/": f"{folder}/",
        "/var/cache/nginx/": f"{folder}/cache-",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    assert not re.findall(r"(?<![\w.])/(?:var|etc)/\S+", re.sub(r"#.*", "", text))
    return text, https, plain


Proxied = Callable[..., Front]


@pytest.fixture(scope="session")
def proxied(missing, certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Gives a function that puts nginx before a port."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        missing("nginx", "install it, on Debian with: apt-get install nginx-light")
    running: list[subprocess.Popen[bytes]] = []

    def before(port: int, change: Callable[[str], str] = str) -> Front:
        folder = tmp_path_factory.mktemp("nginx")
        for name in ("key", "certificate"):
            shutil.copy(certificate / name, folder)
        text, https, plain = configured(port, folder, change)
        (folder / "actiongraph.conf").write_text(text, "utf-8")
        around = AROUND.format(folder=folder)
        (folder / "nginx.conf").write_text(around if os.getuid() == 0 else around.replace("user root;\n", ""), "utf-8")
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
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
