"""Builds that are killed, run as a program of its own: `python killing.py STORE KILLS`.

Each build runs in a child that is ended by SIGKILL at one of its operations on files, a later one each time, so that
every moment between two of them is met. What is left in the store is looked at by another child: whether the newest
release is whole, and which it is. Then a build runs to its end. Each round is told as a line of JSON.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from actiongraph.engine.nquads import read_quads
from actiongraph.release.build import publish
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings
from actiongraph.validate.report import Report

KEPT = 2
BASE = "https://w3id.org/actiongraph/"
EVENTS = {"open", "sqlite3.connect", "shutil.rmtree", "shutil.copytree"}


def lines(number: int) -> list[bytes]:
    """Return the quads of the data with `number`: some that stay, and one of its own."""
    return [
        f'<{BASE}id/facility/f-{key}> <{BASE}p> "{key}" <{BASE}graph/one> .\n'.encode() for key in ("a", "b", number)
    ]


def build(releases: ReleaseStore, number: int) -> None:
    settings = Settings(store=releases.folder, keep_releases=KEPT)
    with releases.locked():
        version = publish(list(read_quads(lines(number))), Report(), settings, releases).record.version
        releases.check(str(number), version)


def in_child(act: Callable[[], object]) -> tuple[int, str]:
    """Do `act` in a process of its own; return how that ended and what `act` returned."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(write_end, json.dumps(act()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as said:
        told = said.read().decode()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told


def count_events(folder: Path, kill_at: int | None) -> Callable[[], int]:
    """Count the operations on files in `folder`, and end this process at the one numbered `kill_at`."""
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if (event in EVENTS or event.startswith("os.")) and any(str(folder) in str(each) for each in arguments):
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return lambda: seen


def killed(releases: ReleaseStore, number: int, kill_at: int | None) -> int:
    counted = count_events(releases.folder, kill_at)
    build(releases, number)
    return counted()


def look(releases: ReleaseStore) -> dict[str, object]:
    """Return what stands in the store; that each release is whole is asserted."""
    versions = releases.versions()
    for version in versions:
        record = releases.record(version)
        for name, sha256 in record.dumps.items():
            assert hashlib.sha256((releases.path(version) / "dumps" / name).read_bytes()).hexdigest() == sha256
        content = gzip.decompress((releases.path(version) / "dumps" / "actiongraph.nq.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == record.content_sha256
        assert len(ox.Store.read_only(str(releases.path(version) / "store"))) == record.triples
    assert ReleaseSnapshots(releases).current().version == releases.newest() == versions[-1]
    past = releases.past_versions()
    assert [releases.record(version).version for version in past] == past
    left = [path.name for folder in (releases.releases, releases.past) for path in folder.glob(".*")]
    unpublished = {path.name for path in releases.releases.iterdir() if not path.name.startswith(".")} - set(versions)
    own = int(content.splitlines()[0].split(b'"')[1])
    return {"versions": versions, "past": past, "left": left + sorted(unpublished), "own": own}


def main(folder: Path, kills: int) -> None:
    releases = ReleaseStore(folder)
    for number in range(KEPT + 1):
        code, counted = in_child(lambda number=number: killed(releases, number, None))
        assert code == 0
    # An engine's store is sometimes a file more or less, and a build that ends before it is killed shows nothing.
    events = int(counted) - 4
    for number in range(kills):
        kill_at = 1 + number * (events - 1) // (kills - 1)
        ended, _ = in_child(lambda at=kill_at, number=number: killed(releases, 1000 + number, at))
        _, after_kill = in_child(lambda: look(releases))
        _, after_build = in_child(lambda number=number: (build(releases, 2000 + number), look(releases))[1])
        told = {"number": number, "ended": ended, "killed": json.loads(after_kill), "built": json.loads(after_build)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
