"""How servers are started and measured, and how those of others are loaded; the long ones need bench/peers.sh."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

from bench.compare import fault_of, prepare
from bench.load import BadAnswerError, Client
from bench.peers import fuseki_main, once, systems, virtuoso
from bench.questions import Asking, CheckedQuery
from bench.systems import Data, Running, System, running

CHECKOUT = Path(__file__).resolve().parents[2]
Prepared = tuple[Data, Sequence[CheckedQuery]]
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
HUNGRY = """
import subprocess, sys
if len(sys.argv) > 2:
    kept = bytearray(b"x") * (int(sys.argv[2]) << 20)
says = "x = bytearray(b'x') * (60 << 20); print(flush=True); input()"
child = subprocess.Popen([sys.executable, "-c", says], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
from bench.trivial import serve
serve(int(sys.argv[1]))
"""
BUSY = """
import subprocess, sys
says = "import time\\nwhile time.process_time() < 0.2: pass\\nprint(flush=True); input()"
for goes_on in (False, True):
    child = subprocess.Popen([sys.executable, "-c", says], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    if not goes_on:
        child.communicate(b"\\n")
from bench.trivial import serve
serve(int(sys.argv[1]))
"""


def no_data(folder: Path) -> Data:
    return Data(folder / "data", folder / "store", folder / "all.nt")


def test_what_children_take_counts_too(tmp_path: Path):
    system = System("hungry", "/", lambda _, port: [sys.executable, "-c", HUNGRY, str(port), "40"])
    with running(system, no_data(tmp_path)) as server:
        memory = server.memory()
    assert 100 < memory.anonymous <= memory.pss < 200


def test_processor_time_counts_children_and_those_that_have_ended(tmp_path: Path):
    system = System("busy", "/", lambda _, port: [sys.executable, "-c", BUSY, str(port)])
    with running(system, no_data(tmp_path)) as server:
        found = server.processor_s()
    assert 0.4 <= found < 4


def test_a_server_that_ends_at_once_is_told(tmp_path: Path):
    system = System("brief", "/", lambda _, __: ["false"])
    with pytest.raises(BadAnswerError, match="brief did not start"), running(system, no_data(tmp_path)):
        pass


def test_a_system_is_there_only_with_all_that_it_needs(tmp_path: Path):
    def command(_: Data, __: int) -> Sequence[str]:
        return []

    assert System("a", "/", command, ("true", str(tmp_path))).is_installed
    assert not System("a", "/", command, ("true", str(tmp_path / "jars"))).is_installed


def test_what_was_loaded_in_part_is_loaded_anew(tmp_path: Path):
    folder = tmp_path / "store"

    def fail(begun: Path) -> None:
        (begun / "half").touch()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        once(folder, fail)
    assert not folder.exists()
    once(folder, lambda begun: (begun / "whole").touch())
    once(folder, fail)
    assert [path.name for path in folder.iterdir()] == ["whole"]


def test_systems_have_names_of_their_own_and_those_of_0_2_0_need_its_checkout(tmp_path: Path):
    names = [system.name for system in systems("rdflib-endpoint", tmp_path, tmp_path)]
    assert len(set(names)) == len(names)
    assert {"0.2.0", "0.2.0, files", "Fuseki 5"} == set(names) - {
        system.name for system in systems("rdflib-endpoint", None, None)
    }


def test_installing_names_no_address():
    for name in ("peers.sh", "fuseki/pom.xml"):
        assert "://" not in (CHECKOUT / "bench" / name).read_text("utf-8")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("peers"), 400, seed=5)


@pytest.fixture
def peer(name: str, missing: Callable[[str, str], NoReturn]) -> System:
    jars = os.environ.get("ACTIONGRAPH_FUSEKI")
    if name == "Fuseki" and not jars:
        missing("Fuseki", "bench/peers.sh FOLDER, and FOLDER in ACTIONGRAPH_FUSEKI")
    system = virtuoso() if name == "Virtuoso" else fuseki_main(Path(jars or ""))
    if not system.is_installed:
        missing(name, "bench/peers.sh FOLDER")
    return system


@pytest.mark.long("peers")
@pytest.mark.parametrize("name", ["Virtuoso", "Fuseki"])
def test_a_peer_answers_all_questions_right_on_the_loopback_alone_and_ends(peer: System, prepared: Prepared):
    data, asked = prepared
    with running(peer, data) as server:
        faults = {each.name: fault_of(each, asking, server.address) for each in asked for asking in each.askings}
        addresses = set(listening(server))
    assert {name: fault for name, fault in faults.items() if fault} == {}
    assert addresses <= LOOPBACK
    assert len(addresses) == 1
    assert server.process.poll() is not None
    with pytest.raises(ConnectionError):
        Client(server.address)


@pytest.mark.long("peers")
@pytest.mark.parametrize("name", ["Virtuoso"])
def test_virtuoso_follows_a_path_only_from_what_stands_in_a_pattern(peer: System, prepared: Prepared):
    """Two questions of the comparison have a pattern more for that, and docs/measurements.md says so."""
    data, asked = prepared
    query = next(query for query in asked if query.name == "after-by-path")
    text = query.askings[0].query
    assert "?action a ag:Action ; " in text
    bare = Asking(text.replace("?action a ag:Action ; ", "?action "), query.askings[0].rows)
    with running(peer, data) as server:
        assert fault_of(query, query.askings[0], server.address) is None
        assert fault_of(query, bare, server.address) == "no answer: HTTP/1.1 500 SPARQL Request Failed"


def listening(server: Running) -> Iterator[str]:
    """Yield the addresses that the process of `server` listens on, as /proc writes them."""
    process = Path(f"/proc/{server.process.pid}")
    sockets = set()
    for path in (process / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            sockets.add(str(path.readlink()))
    for table in ("tcp", "tcp6"):
        for line in (process / "net" / table).read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and f"socket:[{rest[5]}]" in sockets:
                yield local.partition(":")[0]
