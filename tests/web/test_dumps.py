"""The files of releases over HTTP."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Dataset, Graph

from actiongraph.engine.nquads import read_quads
from actiongraph.release.build import publish
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report
from actiongraph.vocabulary import VOID
from actiongraph.web import stored_files
from actiongraph.web.app import create_app

URL = "https://graph.example.org/prefix/"
NQ = "actiongraph.nq.gz"
BIG_BYTES = 64 * 1024**2
LOOK_S = 0.25
"""How often the server looks for whom to cut off."""


@pytest.fixture(scope="module")
def app(release) -> Flask:
    return create_app(Settings(url=URL, store=release.releases.folder), release.snapshots)


def quad(number: int) -> bytes:
    return (
        f'<https://w3id.org/actiongraph/id/x/{number:05}> <https://e.org/p> "{number}" <https://e.org/g> .\n'.encode()
    )


class Deployment:
    """Releases of a few quads each, published without SHACL, of which two are kept."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(url=URL, store=folder, keep_releases=2)
        self.releases = ReleaseStore(folder)
        self.client = create_app(self.settings, ReleaseSnapshots(self.releases)).test_client()

    def publish(self, *numbers: int) -> str:
        with self.releases.locked():
            return publish(list(read_quads(map(quad, numbers))), Report(), self.settings, self.releases).record.version

    def big_file(self, version: str) -> Path:
        """Put a large file in the place of a dump, most of which takes no room on disk."""
        path = self.releases.path(version) / "dumps" / NQ
        with path.open("r+b") as file:
            file.truncate(BIG_BYTES)
        return path


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path / "store")


def test_the_listing_names_each_file_with_address_hash_size_and_type(client: FlaskClient, release):
    document = client.get("/dumps/").json
    assert document["version"] == release.record.version
    types = {dump["name"]: dump["media_type"] for dump in document["dumps"]}
    assert types == {
        "actiongraph-csv.zip": "application/zip",
        "actiongraph.nq.gz": "application/gzip",
        "actiongraph.trig.gz": "application/gzip",
        "actiongraph.ttl.gz": "application/gzip",
    }
    for dump in (*document["dumps"], *document["changes"].values()):
        assert dump["address"].startswith(f"{URL}dumps/{release.record.version}/")
        content = client.get("/" + dump["address"].removeprefix(URL)).data
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (dump["sha256"], dump["size_bytes"])


def test_the_page_leads_to_each_file(client: FlaskClient, release):
    page = client.get("/dumps/", headers={"Accept": "text/html"}).text
    for name, sha256 in release.record.dumps.items():
        assert f'href="/prefix/dumps/{release.record.version}/{name}"' in page
        assert sha256 in page


def test_checksums_are_those_of_the_files(client: FlaskClient, release, tmp_path: Path):
    text = client.get(f"/dumps/{release.record.version}/SHA256SUMS").text
    listed = dict(reversed(line.split("  ")) for line in text.splitlines())
    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in release.dump.parent.iterdir()
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_says_what_it_is(client: FlaskClient, release, method: str):
    content = release.dump.read_bytes()
    response = client.open(f"/dumps/{release.record.version}/{NQ}", method=method, headers={"Accept-Encoding": "gzip"})
    sha256 = hashlib.sha256(content)
    assert response.status_code == 200
    assert response.data == (content if method == "GET" else b"")
    told = dict(response.headers)
    assert told["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in told
    assert told["Content-Length"] == str(len(content))
    assert told["ETag"] == f'"{sha256.hexdigest()}"'
    assert told["Accept-Ranges"] == "bytes"
    assert told["Cache-Control"] == "public, max-age=31536000, immutable"
    assert told["Repr-Digest"] == f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"
    assert told["Content-Disposition"] == f'attachment; filename="{NQ}"'
    assert told["X-Content-Type-Options"] == "nosniff"
    modified = client.get(f"/dumps/{release.record.version}/{NQ}", headers={"If-Modified-Since": told["Last-Modified"]})
    assert (modified.status_code, modified.data, modified.headers["ETag"]) == (304, b"", told["ETag"])
    assert "Content-Length" not in modified.headers


def test_head_opens_no_file(client: FlaskClient, release, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(stored_files, "FilePart")
    assert client.head(f"/dumps/{release.record.version}/{NQ}").status_code == 200


def test_a_file_is_put_together_from_its_parts(client: FlaskClient, release):
    content = release.dump.read_bytes()
    address, tag = f"/dumps/{release.record.version}/{NQ}", f'"{release.record.dumps[NQ]}"'
    parts = []
    for start in range(0, len(content), 10_000):
        response = client.get(address, headers={"Range": f"bytes={start}-{start + 9_999}", "If-Range": tag})
        stop = min(start + 10_000, len(content))
        assert response.status_code == 206
        assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(content)}"
        assert response.headers["Content-Length"] == str(stop - start)
        parts.append(response.data)
    assert b"".join(parts) == content


def test_a_range_beyond_the_end_is_a_problem_that_tells_the_size(client: FlaskClient, release):
    size_bytes = release.dump.stat().st_size
    headers = {"Range": "bytes=99999999-", "Accept": "application/json"}
    response = client.get(f"/dumps/{release.record.version}/{NQ}", headers=headers)
    assert (response.status_code, response.json["code"]) == (416, "range-not-satisfiable")
    assert response.headers["Content-Range"] == f"bytes */{size_bytes}"
    response = client.get(f"/dumps/{release.record.version}/{NQ}", headers={"If-Match": '"x"'})
    assert response.status_code == 412


def test_what_is_wrong_with_a_request_is_told_in_the_one_shape(client: FlaskClient, release):
    for path in ("/dumps/", f"/dumps/{release.record.version}/"):
        for status, wrong in ((405, {"method": "DELETE"}), (400, {"path": path + "?%zz"}), (406, {})):
            response = client.open(**{"path": path, "headers": {"Accept": "image/png"}} | wrong)
            assert response.text.startswith(f"Error {status} (")
        assert client.open(path, method="OPTIONS").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_name_alone_leads_to_the_newest(deployment: Deployment):
    for numbers in ((1, 2), (2, 3)):
        version = deployment.publish(*numbers)
        response = deployment.client.get(f"/dumps/{NQ}", headers={"Host": "elsewhere.example"})
        assert response.status_code == 302
        assert response.headers["Location"] == f"{URL}dumps/{version}/{NQ}"
        assert response.headers["Cache-Control"] == "no-cache"
        assert response.headers["Location"] in response.text
        assert deployment.client.get(f"/dumps/{version}").headers["Location"] == f"{URL}dumps/{version}/"


def test_what_there_is_not_is_404_with_what_there_is(client: FlaskClient, release):
    version = release.record.version
    for address in ("/dumps/x.gz", f"/dumps/{version}/x.gz", f"/dumps/{version}/..%2frelease.json"):
        response = client.get(address)
        assert response.status_code == 404
        assert NQ in response.text or "nothing at" in response.text
    assert client.get(f"/dumps/20200101T000000Z-0123456789ab/{NQ}").status_code == 404
    assert "added.nq.gz" in client.get(f"/dumps/{version}/changes/x").text


def test_the_list_of_a_release_changes_when_it_is_no_longer_the_newest(deployment: Deployment):
    version = deployment.publish(1)
    first = deployment.client.get(f"/dumps/{version}/")
    deployment.publish(2)
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    second = deployment.client.get(f"/dumps/{version}/", headers=since)
    assert (first.json["current"], second.status_code, second.json["current"]) == (True, 200, False)


def test_a_release_that_is_no_longer_kept_is_gone_but_its_changes_stay(deployment: Deployment):
    first, second, _ = (deployment.publish(*numbers) for numbers in ((1, 2), (2, 3), (3, 4)))
    gone = deployment.client.get(f"/dumps/{first}/{NQ}")
    assert gone.status_code == 410
    assert second in gone.text
    assert deployment.client.get(f"/dumps/{first}/").status_code == 410
    kept = deployment.client.get(f"/dumps/{second}/changes/removed.nq.gz")
    past = deployment.client.get(f"/dumps/{first}/changes/added.nq.gz")
    assert gzip.decompress(kept.data) == quad(1)
    assert gzip.decompress(past.data) == quad(1) + quad(2)
    assert past.headers["ETag"] == f'"{hashlib.sha256(past.data).hexdigest()}"'


def test_a_file_that_is_taken_away_meanwhile_is_sent_to_its_end(deployment: Deployment):
    version = deployment.publish(1)
    path = deployment.big_file(version)
    response = deployment.client.get(f"/dumps/{version}/{NQ}", buffered=False)
    blocks = response.iter_encoded()
    sent = len(next(iter(blocks)))
    shutil.rmtree(path.parent)
    assert sent + sum(map(len, blocks)) == BIG_BYTES
    response.close()


def test_one_quad_is_one_quad(deployment: Deployment):
    deployment.publish(1)
    deployment.publish(1, 2)
    page = deployment.client.get("/dumps/", headers={"Accept": "text/html"}).text
    assert "1 quad was <a" in page
    assert "2 quads in the release" in page


def test_a_file_that_is_lost_is_one_problem_whose_cause_is_in_the_log(deployment: Deployment, caplog):
    version = deployment.publish(1)
    folder = deployment.releases.path(version)
    for lost, address in ((f"dumps/{NQ}", NQ), ("changes/added.nq.gz", "changes/added.nq.gz")):
        (folder / lost).unlink()
        caplog.clear()
        response = deployment.client.get(f"/dumps/{version}/{address}")
        assert (response.status_code, str(folder) in response.text) == (503, False)
        [record] = caplog.records
        assert str(folder / lost) in record.getMessage()
        assert "Traceback" not in record.getMessage()


def test_where_files_are_served_there_are_no_dumps(files_client: FlaskClient):
    response = files_client.get("/dumps/")
    assert response.status_code == 404
    assert "files as they are" in response.text
    assert "/dumps/" not in files_client.get("/nowhere").text


# --- plain


PLAIN = {"nq": "application/n-quads", "trig": "application/trig", "ttl": "text/turtle; charset=utf-8"}


@pytest.mark.parametrize("suffix", PLAIN)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_dump_is_offered_unpacked_as_what_it_is(client: FlaskClient, release, suffix: str, method: str):
    name = f"actiongraph.{suffix}"
    content = gzip.decompress((release.dump.parent / f"{name}.gz").read_bytes())
    response = client.open(f"/dumps/{release.record.version}/{name}", method=method)
    assert response.status_code == 200
    assert response.data == (content if method == "GET" else b"")
    told = dict(response.headers)
    assert told["Content-Type"] == PLAIN[suffix]
    assert told["Content-Length"] == str(len(content))
    assert "Content-Encoding" not in told
    assert told["Content-Disposition"] == f'attachment; filename="{name}"'
    assert told["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (told["Accept-Ranges"], told["Vary"]) == ("none", "Accept-Encoding")
    assert release.record.dumps[f"{name}.gz"] in told["ETag"]


def test_who_reads_gzip_gets_the_file_as_it_lies_as_a_coding(client: FlaskClient, release):
    address, packed = f"/dumps/{release.record.version}/actiongraph.nq", release.dump.read_bytes()
    response = client.get(address, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (response.data, response.headers["Content-Encoding"]) == (packed, "gzip")
    assert response.headers["Content-Type"] == "application/n-quads"
    assert response.headers["Content-Length"] == str(len(packed))
    refused = client.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert (refused.data, "Content-Encoding" in refused.headers) == (gzip.decompress(packed), False)


def test_each_of_the_three_has_a_tag_of_its_own(client: FlaskClient, release):
    address, gzipped = f"/dumps/{release.record.version}/actiongraph.nq", {"Accept-Encoding": "gzip"}
    ways = ((address + ".gz", {}), (address, {}), (address, gzipped))
    tags = [client.get(path, headers=fields).headers["ETag"] for path, fields in ways]
    assert len(set(tags)) == 3
    for (path, fields), tag in zip(ways, tags, strict=True):
        for known in tags:
            again = client.get(path, headers=fields | {"If-None-Match": known})
            assert (again.status_code, again.headers["ETag"]) == (304 if known == tag else 200, tag)
        assert client.get(path, headers=fields | {"If-Match": '"other"'}).status_code == 412


def test_a_range_of_what_is_unpacked_is_all_of_it(client: FlaskClient, release):
    response = client.get(f"/dumps/{release.record.version}/actiongraph.nq", headers={"Range": "bytes=0-9"})
    assert (response.status_code, response.data) == (200, gzip.decompress(release.dump.read_bytes()))


def test_what_is_unpacked_is_found_by_name_and_linked(client: FlaskClient, release):
    version = release.record.version
    redirected = client.get("/dumps/actiongraph.ttl")
    assert (redirected.status_code, redirected.headers["Location"]) == (302, f"{URL}dumps/{version}/actiongraph.ttl")
    page = client.get("/dumps/", headers={"Accept": "text/html"}).text
    assert f'href="/prefix/dumps/{version}/actiongraph.nq"' in page
    for name in ("actiongraph-csv", "added.nq", "actiongraph.rdf", "actiongraph"):
        assert client.get(f"/dumps/{version}/{name}").status_code == 404
        assert client.get(f"/dumps/{name}").status_code == 404


@pytest.mark.parametrize("damage", [None, b"no gzip", b"half"])
def test_a_dump_that_cannot_be_unpacked_is_one_problem(deployment: Deployment, damage: bytes | None):
    version = deployment.publish(1)
    path = deployment.releases.path(version) / "dumps" / NQ
    content = path.read_bytes()
    path.unlink()
    if damage:
        path.write_bytes(content[: len(content) // 2] if damage == b"half" else damage)
    response = deployment.client.get(f"/dumps/{version}/actiongraph.nq")
    assert (response.status_code, str(path) in response.text) == (503, False)


def test_a_release_that_is_no_longer_kept_has_nothing_unpacked(deployment: Deployment):
    first, *_ = (deployment.publish(*numbers) for numbers in ((1, 2), (2, 3), (3, 4)))
    assert deployment.client.get(f"/dumps/{first}/actiongraph.nq").status_code == 410


def test_what_is_unpacked_is_read_as_a_server_reads(tmp_path: Path):
    content = random.Random(1).randbytes(1_000_000)
    (tmp_path / "x.gz").write_bytes(gzip.compress(content))
    with closing(stored_files.UnpackedFile(tmp_path / "x.gz", len(content))) as file:
        assert (file.seek(0, os.SEEK_END), file.seek(0), len(file)) == (len(content), 0, len(content))
        found, place = b"", 0
        for size, sent in itertools.cycle([(300_000, 100), (300_000, 300_000), (10, 7), (1, 1)]):
            read = file.read(size)
            file.seek(place)  # it looks at the next bytes
            file.seek(len(read[:sent]), os.SEEK_CUR)  # and moves on by those that it could send
            found += read[:sent]
            place += len(read[:sent])
            if not read:
                break
        assert (found, file.tell()) == (content, len(content))
        file.seek(0)
        with pytest.raises(ValueError, match="no longer kept"):
            file.read(1)


# --- through the server


class Served:
    """A server in a process of its own, and connections to it that read as much as they are told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process, self.url = process, process.stdout.readline().strip().removeprefix("Serving on ")

    def figure(self, name: str) -> float:
        """Return what /metrics says of `name`, with its labels."""
        with urllib.request.urlopen(f"{self.url}metrics", timeout=30) as response:
            lines = response.read().decode().splitlines()
        return next(float(line.removeprefix(f"{name} ")) for line in lines if line.startswith(f"{name} "))

    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", "ascii")  # proc(5)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        with socket.create_connection(("127.0.0.1", urlsplit(self.url).port), timeout=30) as connection:
            yield Connection(connection)


@dataclass(frozen=True)
class Connection:
    socket: socket.socket

    def ask(self, address: str, *fields: str) -> None:
        lines = (f"GET {address} HTTP/1.1", "Host: x", *fields, "", "")
        self.socket.sendall("\r\n".join(lines).encode())

    def read(self, size_bytes: int) -> bytes:
        """Return so many bytes, or all up to the end of the connection."""
        found = bytearray()
        with suppress(ConnectionResetError):
            while len(found) < size_bytes and (more := self.socket.recv(size_bytes - len(found))):
                found += more
        return bytes(found)

    def head(self) -> bytes:
        found = b""
        while not found.endswith(b"\r\n\r\n"):
            found += self.read(1)
        return found


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a store and the address of a large file in it."""
    deployment = Deployment(tmp_path_factory.mktemp("big") / "store")
    version = deployment.publish(1)
    with deployment.big_file(version).open("r+b") as file:
        file.seek(3_000_000 - 2)
        file.write(b"abcd")
    return deployment.releases.folder, f"/dumps/{version}/{NQ}"


@contextmanager
def serving(folder: Path, *limits: str) -> Iterator[Served]:
    program = [sys.executable, "-m", "bench.serving", str(folder), "workers=2", *limits]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def served(big: tuple[Path, str]) -> Iterator[Served]:
    with serving(big[0], "max_unsent_bytes=100000") as server:
        yield server


def test_sending_a_large_file_costs_no_memory_and_no_reader_is_cut_for_it(big: tuple[Path, str], served: Served):
    with served.connected() as connection:
        connection.ask(big[1])
        assert connection.head().startswith(b"HTTP/1.1 200 ")
        served.forget_peak()
        before, looked_at = served.peak_bytes(), time.monotonic()
        left = BIG_BYTES - len(connection.read(1_000_000))
        while time.monotonic() < looked_at + 3 * LOOK_S:  # the server looks meanwhile for whom to cut
            assert served.figure("actiongraph_unsent_bytes") < 100_000
        while left:
            read = connection.read(min(left, 1_000_000))
            assert read, f"cut off {left} bytes before the end"
            left -= len(read)
        assert served.peak_bytes() - before < BIG_BYTES // 4
        for reason in ("slow", "silent"):
            assert served.figure(f'actiongraph_connections_cut_total{{reason="{reason}"}}') == 0


def test_a_range_of_a_large_file_ends_where_it_should(big: tuple[Path, str], served: Served):
    with served.connected() as connection:
        connection.ask(big[1], "Range: bytes=1000000-2999999")
        head = connection.head()
        assert head.startswith(b"HTTP/1.1 206 ")
        assert connection.read(2_000_000)[-4:] == b"\0\0ab"
        connection.ask("/limits")
        assert connection.head().startswith(b"HTTP/1.1 200 ")


@pytest.fixture(scope="module")
def unpacking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A server with a dump that unpacks to a large file, and the address of that."""
    deployment = Deployment(tmp_path_factory.mktemp("unpacking") / "store")
    version = deployment.publish(1)
    path = deployment.releases.path(version) / "dumps" / NQ
    with gzip.open(path, "wb") as file:
        for number in range(BIG_BYTES // 1_000_000):
            file.write(f"{number:1000000}".encode())
    with serving(deployment.releases.folder, "max_unsent_bytes=100000") as server:
        yield server, f"/dumps/{version}/actiongraph.nq"


def test_unpacking_a_large_file_costs_no_memory_and_no_reader_is_cut_for_it(unpacking: tuple[Served, str]):
    server, address = unpacking
    with server.connected() as connection:
        connection.ask(address)
        size_bytes = BIG_BYTES // 1_000_000 * 1_000_000
        assert f"\r\nContent-Length: {size_bytes}\r\n".encode() in connection.head()
        server.forget_peak()
        before, looked_at = server.peak_bytes(), time.monotonic()
        found = hashlib.sha256(first := connection.read(1_000_000))
        while time.monotonic() < looked_at + 3 * LOOK_S:  # the server looks meanwhile for whom to cut
            assert server.figure("actiongraph_unsent_bytes") < 100_000
        left = size_bytes - len(first)
        while left:
            read = connection.read(min(left, 1_000_000))
            assert read, f"cut off {left} bytes before the end"
            found.update(read)
            left -= len(read)
        content = b"".join(f"{number:1000000}".encode() for number in range(BIG_BYTES // 1_000_000))
        assert found.hexdigest() == hashlib.sha256(content).hexdigest()
        assert server.peak_bytes() - before < BIG_BYTES // 4
        for reason in ("slow", "silent"):
            assert server.figure(f'actiongraph_connections_cut_total{{reason="{reason}"}}') == 0


@pytest.fixture(scope="module")
def shipped(release) -> Iterator[Served]:
    with serving(release.releases.folder) as server:
        yield server


@pytest.mark.long("clients")
@pytest.mark.parametrize("pinned", [True, False])
def test_rdflib_loads_a_dump_by_its_address(release, shipped: Served, pinned: bool):
    folder = f"{shipped.url}dumps/{release.record.version}/" if pinned else f"{shipped.url}dumps/"
    quads = len(gzip.decompress(release.dump.read_bytes()).splitlines())
    assert len(Graph().parse(f"{folder}actiongraph.ttl")) == quads
    for name in ("actiongraph.nq", "actiongraph.trig"):
        dataset = Dataset()
        dataset.parse(f"{folder}{name}")
        assert len(list(dataset.quads())) == quads


def test_each_address_of_a_dump_in_the_catalogue_is_rdf_under_its_own_type(release, shipped: Served):
    lines = gzip.decompress(release.dump.read_bytes()).splitlines(keepends=True)
    held = {quad.triple for quad in read_quads(lines)}
    with urllib.request.urlopen(f"{shipped.url}catalog.ttl", timeout=30) as response:
        catalogue = Graph().parse(response, format="turtle")
    addresses = sorted(map(str, catalogue.objects(None, VOID.dataDump)))
    assert [address.rpartition("/")[2] for address in addresses] == [f"actiongraph.{suffix}" for suffix in PLAIN]
    for address in addresses:
        found = urlsplit(address)
        with urllib.request.urlopen(f"{shipped.url}{found.path.lstrip('/')}", timeout=30) as response:
            syntax = ox.RdfFormat.from_media_type(response.headers["Content-Type"])
            assert {quad.triple for quad in ox.parse(response, format=syntax)} == held


@pytest.mark.long("load")
def test_a_silent_reader_of_a_large_file_is_cut_off(big: tuple[Path, str]):
    with serving(big[0], "silence_s=1") as server, server.connected() as connection:
        connection.ask(big[1])
        connection.head()
        give_up_at = time.monotonic() + 30
        while server.figure('actiongraph_connections_cut_total{reason="silent"}') != 1:
            assert time.monotonic() < give_up_at
        assert len(connection.read(BIG_BYTES)) < BIG_BYTES


def test_who_does_not_wait_for_a_large_file_holds_no_thread_and_no_second_file(big: tuple[Path, str], served: Served):
    with served.connected() as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        # At once, so that the server has read all three before it begins to send.
        connection.socket.sendall(3 * f"GET {big[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert connection.head().startswith(b"HTTP/1.1 200 ")
        # A thread sends until the system takes no more. It would go on for a client that reads as fast as it sends, and
        # only then look at the next request. So read nothing for as long as it takes to answer others.
        for _ in range(20):
            served.figure("actiongraph_unsent_bytes")
        assert len(connection.read(3 * BIG_BYTES)) == BIG_BYTES  # and then the connection is closed
