"""The files of releases over HTTP."""

from __future__ import annotations

import base64
import gzip
import hashlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from actiongraph.release.build import publish
from actiongraph.release.lines import read_quads
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report
from actiongraph.web import stored_files
from actiongraph.web.app import create_app

URL = "https://graph.example.org/prefix/"
NQ = "actiongraph.nq.gz"
BIG_BYTES = 64 * 1024**2
LOOK_S = 0.25
"""How often the server looks for whom to cut off."""
SERVING = Path(__file__).parents[1] / "release" / "serving.py"


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


# --- through the server


class Served:
    """A server in a process of its own, and connections to it that read as much as they are told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process, self.url = process, process.stdout.readline().strip()

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
    program = [sys.executable, str(SERVING), str(folder), *limits]
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
        for _ in range(3):
            connection.ask(big[1])
        assert connection.head().startswith(b"HTTP/1.1 200 ")
        assert len(connection.read(3 * BIG_BYTES)) == BIG_BYTES  # and then the connection is closed
