"""The servers that are compared: ours, 0.2.0 and those of others, each with the same triples loaded before."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.systems import Data, System, free_port, running

OURS, BEFORE, OXIGRAPH, VIRTUOSO, FUSEKI = "actiongraph", "0.2.0", "oxigraph", "Virtuoso 7", "Fuseki 5"
GRAPH = "http://example.org/all"
"""The named graph that all triples stand in where a server has no other place; nobody asks by it."""
_MOST_OF_0_2_0 = 20_000
"""Its builds hold all quads: 2.3 GB for 10,000 actions."""
_PASSWORD = "dba"  # noqa: S105 - Virtuoso's own, of a server on the loopback that ends with the comparison


def systems(rdflib_endpoint: str, fuseki: Path | None, before: Path | None) -> tuple[System, ...]:
    """Return all servers that are compared.

    `rdflib_endpoint` is the program of that name, `fuseki` the folder that bench/peers.sh fills, and `before` a
    checkout of 0.2.0 with a virtual environment `.venv` that 0.2.0 is installed in.
    """
    return (
        System(OURS, "/sparql", _serve_release),
        System(f"{OURS}, files", "/sparql", _serve_files),
        *(_of_0_2_0(before) if before else ()),
        oxigraph(),
        virtuoso(),
        *([fuseki_main(fuseki)] if fuseki else []),
        System("rdflib-endpoint", "/", partial(_serve_rdflib, rdflib_endpoint), (rdflib_endpoint,), most_actions=1_000),
    )


def once(folder: Path, fill: Callable[[Path], object]) -> None:
    """Have `fill` fill `folder`, which is there only once it is full."""
    if not folder.exists():
        begun = folder.with_name(f"{folder.name}.begun")
        shutil.rmtree(begun, ignore_errors=True)
        begun.mkdir()
        fill(begun)
        begun.rename(folder)


def _run(*command: str | Path) -> bytes:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout  # noqa: S603


def _beside_python(program: str) -> str:
    """Return `program` beside the Python that runs, else by its name alone."""
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.exists() else program


def _serve_release(data: Data, port: int) -> Sequence[str]:
    return [*_actiongraph(sys.executable, port), "--data", str(data.folder), "--store", str(data.releases)]


def _serve_files(data: Data, port: int) -> Sequence[str]:
    return [*_actiongraph(sys.executable, port), str(data.triples)]


def _actiongraph(python: str, port: int) -> list[str]:
    return [python, "-m", "actiongraph", "serve", "--port", str(port)]


def _of_0_2_0(checkout: Path) -> tuple[System, System]:
    """Return 0.2.0 with a release that it has made itself, and for more data than it can make one of, with files."""
    python = str(checkout.resolve() / ".venv" / "bin" / "python")
    # Whoever compares may have put this version on the path of every Python.
    alone = ("env", "--unset=PYTHONPATH", f"--chdir={checkout.resolve()}")
    shelve = "import pathlib, sys, bench.shelve; bench.shelve.shelve(*map(pathlib.Path, sys.argv[1:]))"

    def releases(data: Data) -> Path:
        return data.home.resolve() / f"releases-{BEFORE}"

    def prepare(data: Data) -> None:
        once(releases(data), lambda store: _run(*alone, python, "-c", shelve, data.folder.resolve(), store))

    def serve(data: Data, port: int) -> Sequence[str]:
        place = ["--data", str(data.folder.resolve()), "--store", str(releases(data))]
        return [*alone, *_actiongraph(python, port), *place]

    def serve_files(data: Data, port: int) -> Sequence[str]:
        return [*alone, *_actiongraph(python, port), str(data.triples.resolve())]

    return (
        System(BEFORE, "/sparql", serve, (python,), prepare, most_actions=_MOST_OF_0_2_0),
        System(f"{BEFORE}, files", "/sparql", serve_files, (python,), fewest_actions=_MOST_OF_0_2_0 + 1),
    )


def oxigraph() -> System:
    """Return `oxigraph serve`, which is in the extra `bench`."""
    program = _beside_python("oxigraph")
    return System(OXIGRAPH, "/query", partial(_serve_oxigraph, program), (program,), partial(_load_oxigraph, program))


def _serve_oxigraph(program: str, data: Data, port: int) -> Sequence[str]:
    return [program, "serve", "--location", str(data.home / "oxigraph"), "--bind", f"127.0.0.1:{port}"]


def _load_oxigraph(program: str, data: Data) -> None:
    def load(folder: Path) -> None:
        _run(program, "load", "--location", folder, "--file", data.triples)
        _run(program, "optimize", "--location", folder)

    once(data.home / "oxigraph", load)


def _serve_rdflib(program: str, data: Data, port: int) -> Sequence[str]:
    return [program, "serve", "--host", "127.0.0.1", "--port", str(port), str(data.triples)]


def virtuoso() -> System:
    """Return Virtuoso 7, as Debian's virtuoso-opensource-7-bin has it."""
    return System(VIRTUOSO, "/sparql", partial(_serve_virtuoso, "virtuoso"), ("virtuoso-t", "isql-vt"), _load_virtuoso)


def _serve_virtuoso(folder: str, data: Data, port: int, sql_port: int | None = None) -> Sequence[str]:
    """Write the configuration for `port`, and return the command.

    Memory and threads are those that its own configuration recommends for 2 GB; answers have a million rows at most
    instead of ten thousand, and queries end after a minute.
    """
    home = (data.home / folder).resolve()
    settings = {
        "Database": {
            "DatabaseFile": home / "all.db",
            "TransactionFile": home / "all.trx",
            "ErrorLogFile": home / "log",
            "LockFile": home / "lock",
            "xa_persistent_file": home / "all.pxa",
        },
        "TempDatabase": {"DatabaseFile": home / "temporary.db", "TransactionFile": home / "temporary.trx"},
        "Parameters": {
            "ServerPort": f"127.0.0.1:{sql_port or free_port()}",
            "DirsAllowed": data.home.resolve(),
            "NumberOfBuffers": 170_000,
            "MaxDirtyBuffers": 130_000,
            "MaxQueryMem": "2G",
            "ThreadsPerQuery": 4,
            "AsyncQueueMaxThreads": 10,
            "CheckpointInterval": 60,
        },
        "HTTPServer": {
            "ServerPort": f"127.0.0.1:{port}",
            "ServerThreads": 10,
            "MaxKeepAlives": 10,
            "KeepAliveTimeout": 60,
            "Charset": "UTF-8",
        },
        "SPARQL": {"ResultSetMaxRows": 1_000_000, "MaxQueryExecutionTime": 60},
    }
    lines = [
        line
        for section, values in settings.items()
        for line in (f"[{section}]", *(f"{name} = {value}" for name, value in values.items()))
    ]
    (home / "virtuoso.ini").write_text("\n".join(lines) + "\n", "utf-8")
    return ["virtuoso-t", "+foreground", "+configfile", str(home / "virtuoso.ini")]


def _load_virtuoso(data: Data) -> None:
    triples = data.triples.resolve()
    load = f"ld_dir('{triples.parent}', '{triples.name}', '{GRAPH}'); rdf_loader_run(); checkpoint;"

    def fill(folder: Path) -> None:
        sql_port = free_port()
        command = partial(_serve_virtuoso, folder.name, sql_port=sql_port)
        with running(System(VIRTUOSO, "/sparql", command), data):
            _run("isql-vt", f"127.0.0.1:{sql_port}", "dba", _PASSWORD, f"EXEC={load}")

    once(data.home / "virtuoso", fill)


def empty_virtuoso() -> System:
    """Return Virtuoso 7 without any data, for tests that write to it; its user dba has that as its password."""

    def prepare(data: Data) -> None:
        (data.home / "empty-virtuoso").mkdir()

    command = partial(_serve_virtuoso, "empty-virtuoso")
    return System(VIRTUOSO, "/sparql", command, ("virtuoso-t",), prepare)


def empty_fuseki(jars: Path) -> System:
    """Return Fuseki without any data, for tests that write to it; it asks for no password."""

    def prepare(data: Data) -> None:
        (data.home / "empty-fuseki").mkdir()

    def serve(data: Data, port: int) -> Sequence[str]:
        place = ["--tdb2", "--loc", str(data.home / "empty-fuseki"), "--update", "--localhost", "--port", str(port)]
        return [*_java(jars), "org.apache.jena.fuseki.main.cmds.FusekiMainCmd", "--quiet", *place, "/all"]

    return System(FUSEKI, "/all/query", serve, ("java", str(jars)), prepare)


def _java(jars: Path) -> tuple[str, ...]:
    # As much as Fuseki's own script gives it.
    return ("java", "-Xmx4G", "-cp", f"{jars.resolve()}/*")


def fuseki_main(jars: Path) -> System:
    """Return Fuseki with TDB2, of the jars that bench/peers.sh has put into the folder `jars`."""

    def serve(data: Data, port: int) -> Sequence[str]:
        place = ["--loc", str(data.home / "fuseki"), "--localhost", "--port", str(port), "/all"]
        return [*java, "org.apache.jena.fuseki.main.cmds.FusekiMainCmd", "--quiet", *place]

    def load(data: Data) -> None:
        def fill(folder: Path) -> None:
            _run(*java, "tdb2.tdbloader", "--loc", folder, data.triples)
            statistics = _run(*java, "tdb2.tdbstats", "--loc", folder)
            (folder / "Data-0001" / "stats.opt").write_bytes(statistics)

        once(data.home / "fuseki", fill)

    java = _java(jars)
    return System(FUSEKI, "/all/query", serve, ("java", str(jars)), load)
