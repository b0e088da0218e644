"""Builds that are killed or run out of disk, and clients that read meanwhile."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox
import pytest

from actiongraph.engine.nquads import read_quads
from actiongraph.errors import StoreError
from actiongraph.release.build import Outcome, publish
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report

BASE = "https://w3id.org/actiongraph/"
KILLS = 50


@pytest.fixture(scope="module")
def rounds() -> list[dict]:
    """What each round of killing and building came to; in memory, for syncing to a disk takes most of the time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        program = [sys.executable, str(Path(__file__).with_name("killing.py")), folder, str(KILLS)]
        said = subprocess.run(program, capture_output=True, text=True, check=True, timeout=300).stdout
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.long("kills")
def test_a_build_that_is_killed_at_any_moment_leaves_a_whole_release_served(rounds: list[dict]):
    assert [each["ended"] for each in rounds] == [-9] * KILLS
    # The program asserts that each release that is left is whole. Up to one moment it is the one before, then the new.
    served = [each["killed"]["own"] for each in rounds]
    is_new = [own == 1000 + each["number"] for own, each in zip(served, rounds, strict=True)]
    assert is_new == sorted(is_new)
    assert {False, True} == set(is_new)
    built = [2, *(2000 + number for number in range(KILLS - 1))]
    assert [own for own, new in zip(served, is_new, strict=True) if not new] == built[: is_new.count(False)]


@pytest.mark.long("kills")
def test_the_build_after_a_killed_one_publishes_and_cleans_up(rounds: list[dict]):
    assert any(each["killed"]["left"] for each in rounds)
    for each in rounds:
        assert (each["built"]["own"], each["built"]["left"]) == (2000 + each["number"], [])
        assert len(each["built"]["versions"]) == 2
        # What was whole but never published is not taken for a release afterwards.
        assert not set(each["killed"]["left"]) & {*each["built"]["versions"], *each["built"]["past"]}


@pytest.mark.long("kills")
def test_no_release_is_forgotten_whenever_a_build_is_killed(rounds: list[dict]):
    known: set[str] = set()
    for each in rounds:
        for state in (each["killed"], each["built"]):
            assert not set(state["versions"]) & set(state["past"])
            assert known <= {*state["versions"], *state["past"]}
            known |= {*state["versions"], *state["past"]}


# --- a full disk


def quads_of(number: int, many: int) -> list[ox.Quad]:
    keys = (f"n-{number}", *(f"k-{key:05}" for key in range(many)))
    return list(
        read_quads(f'<{BASE}id/facility/{key}> <{BASE}p> "{number}" <{BASE}graph/one> .\n'.encode() for key in keys)
    )


def publish_on(releases: ReleaseStore, number: int, many: int = 0, keep: int = 2) -> Outcome:
    settings = Settings(store=releases.folder, keep_releases=keep)
    with releases.locked():
        return publish(quads_of(number, many), Report(), settings, releases)


def fill(folder: Path, left_bytes: int) -> None:
    """Take all the room of a disk but so much."""
    free = shutil.disk_usage(folder).free
    (folder / "filler").write_bytes(b"x" * max(0, free - left_bytes))


def check_whole(releases: ReleaseStore, version: str) -> None:
    record = releases.record(version)
    content = gzip.decompress((releases.path(version) / "dumps" / "actiongraph.nq.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == record.content_sha256
    assert ReleaseSnapshots(releases).current().version == version


def test_a_disk_that_is_full_at_any_step_is_told_and_loses_nothing(small_disk: Path):
    releases = ReleaseStore(small_disk / "store")
    newest = publish_on(releases, 0, 300).record.version
    failed = 0
    for number, left_bytes in enumerate([0, *(2**power for power in range(12, 22))], start=1):
        fill(small_disk, left_bytes)
        try:
            newest = publish_on(releases, number, 300).record.version
        except StoreError as error:
            failed += 1
            assert re.search(r"disk( is|) full|disk is full", str(error)), str(error)
            assert "\n" not in str(error)
        check_whole(releases, newest)
        assert not list(releases.releases.glob(".*"))
        (small_disk / "filler").unlink()
    assert 3 < failed < 11  # the largest is enough for a release of a megabyte
    assert publish_on(releases, 99, 300).is_new


def test_an_old_release_that_cannot_be_tidied_away_stays_and_the_next_build_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    releases = ReleaseStore(tmp_path / "store")
    first, _ = (publish_on(releases, number).record.version for number in (1, 2))

    def is_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("actiongraph.release.store.keep_events", is_full)
        outcome = publish_on(releases, 3)
    assert outcome.is_new
    [remark] = outcome.remarks
    assert "the next build will try again: " in remark
    assert "the disk is full" in remark
    assert releases.newest() == outcome.record.version
    assert first in releases.versions()
    assert not releases.past_versions()
    again = publish_on(releases, 3)
    assert (again.is_new, again.remarks) == (False, ())
    assert releases.past_versions() == [first]


# --- readers meanwhile


ONE_RELEASE = "SELECT (COUNT(DISTINCT ?n) AS ?releases) (SAMPLE(?n) AS ?which) (COUNT(*) AS ?quads) { ?s <%s> ?n }"


class Reader(threading.Thread):
    """A client that asks a server again and again, and notes what was wrong."""

    def __init__(self, url: str, ask: Callable[[Reader], None]) -> None:
        super().__init__(daemon=True)
        self.url = url
        self._ask = ask
        self._is_done = threading.Event()
        self.rounds = 0
        self.wrong: list[object] = []

    def run(self) -> None:
        while not self._is_done.is_set():
            try:
                self._ask(self)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is noted
                self.wrong.append(repr(error))
            self.rounds += 1

    def get(self, path: str) -> tuple[int, bytes]:
        address = urlsplit(self.url)
        with closing(HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
            connection.request("GET", path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()

    def stop(self) -> None:
        self._is_done.set()
        self.join(60)


def ask_query(reader: Reader, version: str | None = None, which: int | None = None) -> None:
    asked = {"query": ONE_RELEASE % f"{BASE}p"} | ({"version": version} if version else {})
    status, body = reader.get(f"/sparql?{urlencode(asked)}")
    row = json.loads(body)["results"]["bindings"][0] if status == 200 else {}
    told = (status, row.get("releases", {}).get("value"), row.get("quads", {}).get("value"))
    if told != (200, "1", "21") or (which is not None and row["which"]["value"] != str(which)):
        reader.wrong.append((status, body))


def ask_dump(reader: Reader) -> None:
    """Copy the newest dump as its list says; it may be taken away only after three more releases."""
    status, body = reader.get("/dumps/")
    listed = json.loads(body)
    [dump] = [each for each in listed["dumps"] if each["name"] == "actiongraph.nq.gz"]
    status, content = reader.get(urlsplit(dump["address"]).path)
    if (status, hashlib.sha256(content).hexdigest()) != (200, dump["sha256"]):
        reader.wrong.append((status, dump))
    elif hashlib.sha256(gzip.decompress(content)).hexdigest() != listed["content_sha256"]:
        reader.wrong.append(listed)


def ask_releases(reader: Reader) -> None:
    status, body = reader.get("/releases")
    listed = json.loads(body)["releases"] if status == 200 else []
    if [each["current"] for each in listed].count(True) != 1:
        reader.wrong.append((status, body))


@pytest.mark.long("kills")
def test_readers_never_notice_a_new_release(tmp_path: Path):
    releases = ReleaseStore(tmp_path)
    pinned = publish_on(releases, 0, 20, keep=100).record.version
    with served(releases) as url:
        readers = [
            Reader(url, ask) for ask in (ask_query, partial(ask_query, version=pinned, which=0), ask_dump, ask_releases)
        ]
        for reader in readers:
            reader.start()
        for number in range(1, 13):
            before = [reader.rounds for reader in readers]
            publish_on(releases, number, 20, keep=100 if number < 6 else 3)
            if number == 5:
                readers[1].stop()  # the release it asks is taken away next
            wait_until(
                lambda before=before: all(
                    reader.rounds > rounds or not reader.is_alive()
                    for reader, rounds in zip(readers, before, strict=True)
                )
            )
        for reader in readers:
            reader.stop()
    assert [reader.wrong for reader in readers] == [[], [], [], []]


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)


@contextmanager
def served(releases: ReleaseStore) -> Iterator[str]:
    """Serve the store as `actiongraph serve` does, but for the build at its start."""
    program = [sys.executable, "-m", "bench.serving", str(releases.folder), "workers=2"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip().removeprefix("Serving on ")
        finally:
            process.terminate()
            process.wait(30)
