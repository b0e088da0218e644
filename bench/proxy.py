"""Small queries that are repeated: the server, the server behind nginx, and `oxigraph serve`, in turns, eight clients.

    python -m bench.proxy --actions 1000 --seconds 3 --rounds 5

nginx runs with `deploy/nginx.conf`, without TLS. Every answer is held against what the generator knows before.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import click

from bench.compare import fault_of, prepare
from bench.generate import FEWEST, MOST
from bench.load import BadAnswerError, many_clients
from bench.questions import CheckedQuery
from bench.systems import Data, Running, System, running

CONFIGURATION = Path(__file__).resolve().parents[1] / "deploy" / "nginx.conf"
HOST = "graph.example.org"
_CLIENTS = 8
# As Debian's own /etc/nginx/nginx.conf is, with what must not reach us: gzip, and logs with the whole address.
_AROUND = """daemon off;
{user}
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


def nginx() -> str | None:
    """Return the path of nginx, if it is here."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def adapted(text: str, folder: Path, upstream: int, https: int, http: int) -> str:
    """Return the configuration `text`, changed only in what an operator changes, with all its files in `folder`.

    Raises:
        ValueError: something that is to be changed is not there, or something else lies elsewhere.
    """
    for old, new in {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{https} ssl http2;",
        "listen 80;": f"listen 127.0.0.1:{http};",
        "    listen [::]:443 ssl http2;\n": "",
        "    listen [::]:80;\n": "",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": f"{folder}/certificate",
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": f"{folder}/key",
        "/var/log/nginx/": f"{folder}/",
        "/var/cache/actiongraph-": f"{folder}/cache-",
    }.items():
        if old not in text:
            raise ValueError(f"{CONFIGURATION} has no {old!r}")
        text = text.replace(old, new)
    if found := re.search(r"(?<![\w.:])/(?:var|etc)/\S+", re.sub(r"#.*", "", text)):
        raise ValueError(f"{CONFIGURATION} has {found.group()!r}")
    return text


def command(folder: Path, text: str) -> list[str]:
    """Return the command that runs nginx in `folder` with the configuration `text`, as Debian's own includes it."""
    (folder / "actiongraph.conf").write_text(text, "utf-8")
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user), "utf-8")
    return [nginx() or "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def _actiongraph(data: Data, port: int) -> Sequence[str]:
    stores = ["--data", str(data.folder), "--store", str(data.releases)]
    served = [sys.executable, "-m", "actiongraph", "serve", "--port", str(port), *stores]
    return [*served, "--trusted-proxies", "127.0.0.1", "--limit", "proxy_cache_s=1"]


def _behind(upstream: Running, folder: Path, port: int) -> Sequence[str]:
    text = adapted(CONFIGURATION.read_text("utf-8"), folder, upstream.address.port, port, port)
    plain, _, secured = text.rpartition("server {")
    plain = plain[: plain.rindex("server {")]  # the one that leads to HTTPS
    secured = re.sub(r"    ssl_.*\n", "", secured).replace(" ssl http2;", ";")
    return command(folder, f"{plain}server {{{secured}")


def _oxigraph(folder: Path) -> System:
    beside = Path(sys.executable).parent / "oxigraph"
    program = str(beside) if beside.exists() else "oxigraph"
    place = ["--location", str(folder / "oxigraph")]

    def load(data: Data) -> None:
        subprocess.run([program, "load", *place, "--file", str(data.triples)], check=True, capture_output=True)  # noqa: S603 - our own arguments

    return System(
        "oxigraph", "/query", lambda _, port: [program, "serve", *place, "--bind", f"127.0.0.1:{port}"], prepare=load
    )


@click.command()
@click.option("--actions", type=click.IntRange(FEWEST, MOST), default=1_000, show_default=True, help="How many.")
@click.option("--seconds", type=click.IntRange(1), default=3, show_default=True, help="Per question, server and round.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Turns; the median is told.")
def main(actions: int, seconds: int, rounds: int) -> None:
    """Measure small repeated queries per second, and print a table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        (folder / "nginx").mkdir()
        data, questions = prepare(folder, actions, 1)
        bare = stack.enter_context(running(System("actiongraph", "/sparql", _actiongraph), data))
        front = System("behind nginx", "/sparql", lambda _, port: _behind(bare, folder / "nginx", port))
        servers = [bare, *(stack.enter_context(running(each, data)) for each in (front, _oxigraph(folder)))]
        click.echo("| question | actiongraph | behind nginx | oxigraph | nginx against oxigraph |")
        click.echo("|---|---|---|---|---|")
        for question in questions:
            if question.is_small:
                alone, behind, other = _measure(question, servers, seconds, rounds)
                ratio = f"{behind / other:.2f}"
                click.echo(f"| {question.name} | {alone:,.0f} | {behind:,.0f} | {other:,.0f} | {ratio} |")
        click.echo(
            f"\nThe load of the machine was {os.getloadavg()[0]:.1f} in the end, on {os.cpu_count()} processors."
        )


def _measure(question: CheckedQuery, servers: Sequence[Running], seconds: int, rounds: int) -> Iterator[float]:
    """Yield the requests per second of each server, the median of `rounds` turns.

    Raises:
        BadAnswerError: an answer is wrong.
    """
    found: dict[str, list[float]] = {server.system.name: [] for server in servers}
    for server in servers:
        for asking in question.askings:
            if fault := fault_of(question, asking, server.address):
                raise BadAnswerError(f"{server.system.name}, {question.name}: {fault}")
    for _ in range(rounds):
        for server in servers:
            targets = [server.address.target(asking.query) for asking in question.askings]
            measured = many_clients(server.address, targets, seconds, vary=False, clients=_CLIENTS)
            found[server.system.name].append(measured.per_s)
    return (median(each) for each in found.values())


if __name__ == "__main__":
    main()
