"""A copy of a server that does as it says: whole at first, then kept up, and proved each time."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from actiongraph.errors import EndpointError, StoreError
from actiongraph.mirror.folder import Folder
from actiongraph.mirror.source import Source

BASE = "https://w3id.org/actiongraph/"
MANY = range(100, 400)


def line(number: int) -> bytes:
    return f'<{BASE}id/facility/f-{number:05}> <{BASE}p> "{number} é" <{BASE}graph/one> .\n'.encode()


def lines(*numbers: int) -> bytes:
    return b"".join(sorted(map(line, numbers)))


def test_the_first_copy_is_whole_and_its_hash_is_that_of_the_release(publisher, copy):
    version = publisher.publish(lines(3, 1, 2))
    done = copy(publisher.url)
    assert copy.content == lines(1, 2, 3)
    assert (done.release.version, done.quads, done.is_new, done.steps) == (version, 3, True, 0)
    assert hashlib.sha256(copy.content).hexdigest() == done.release.content_sha256
    assert version.endswith(hashlib.sha256(copy.content).hexdigest()[:12])
    note = json.loads(copy.files["mirror.json"])
    assert (note["version"], note["source"], note["quads"]) == (version, publisher.url, 3)
    assert set(copy.files) == {"actiongraph.nq.gz", "mirror.json"}


def test_nothing_is_fetched_where_nothing_has_changed(publisher, copy):
    publisher.publish(lines(1))
    copy(publisher.url)
    before = copy.files
    publisher.asked.clear()
    assert not copy(publisher.url).is_new
    assert publisher.asked == ["/releases"]
    assert copy.files == before


def test_a_copy_is_kept_up_by_what_was_added_and_removed(publisher, copy):
    first = publisher.publish(lines(*MANY, 1, 2))
    copy(publisher.url)
    publisher.publish(lines(*MANY, 2, 3))
    publisher.publish(lines(*MANY, 3, 4, 5))
    last = publisher.publish(lines(*MANY, 0, 4, 5))  # the first two are no longer kept
    publisher.asked.clear()
    done = copy(publisher.url)
    assert copy.content == lines(*MANY, 0, 4, 5)
    assert (done.before, done.release.version, done.steps, done.why_whole) == (first, last, 3, "")
    assert (done.added, done.removed) == (4, 3)
    assert len(publisher.asked) == 7
    assert all(path == "/releases" or "/changes/" in path for path in publisher.asked)


def test_a_copy_is_made_anew_where_that_is_less(publisher, copy):
    publisher.publish(lines(1))
    copy(publisher.url)
    publisher.publish(lines(2))
    done = copy(publisher.url)
    assert "the full dump is smaller" in done.why_whole
    assert copy.content == lines(2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-9],
        lambda packed: packed + b"x",
        lambda _packed: b"",
        lambda _packed: gzip.compress(lines(7)),
    ],
    ids=["cut", "longer", "empty", "other"],
)
def test_a_damaged_copy_is_noticed_and_made_anew(publisher, copy, damage):
    publisher.publish(lines(*MANY, 1))
    copy(publisher.url)
    path = copy.folder / "actiongraph.nq.gz"
    path.write_bytes(damage(path.read_bytes()))
    publisher.publish(lines(*MANY, 2))
    done = copy(publisher.url)
    assert "is damaged" in done.why_whole
    assert copy.content == lines(*MANY, 2)


def test_a_chain_that_is_broken_is_told_and_the_copy_is_whole(publisher, copy):
    publisher.publish(lines(*MANY, 1))
    copy(publisher.url)
    second = publisher.publish(lines(*MANY, 2))
    publisher.publish(lines(*MANY, 3))
    shutil.rmtree(publisher.releases.path(second) / "changes")
    done = copy(publisher.url)
    assert f"/dumps/{second}/changes/" in done.why_whole
    assert copy.content == lines(*MANY, 3)


def test_a_copy_of_another_server_is_left_alone(publisher, copy, liar):
    liar.offer(lines(8))
    copy(liar.url)
    before = copy.files
    publisher.publish(lines(9))
    with pytest.raises(StoreError) as refused:
        copy(publisher.url)
    assert str(refused.value) == (
        f"{copy.folder} holds a copy of {liar.url}; use another folder for {publisher.url}, or remove that copy."
    )
    assert copy.files == before
    assert publisher.asked == []


@pytest.mark.parametrize(
    ("url", "is_at"),
    [
        ("http://e.org/a~b", True),
        ("HTTP://E.ORG:80/a~b/", True),
        ("http://e.org/a%7Eb/", True),
        ("http://e.org:8080/a~b/", False),
        ("https://e.org/a~b/", False),
        ("http://e.org/", False),
        ("http://e.org/A~b/", False),
        ("http://other.org/a~b/", False),
        ("7", False),
        ("http://[", False),
    ],
)
def test_a_server_is_known_by_its_address_however_it_is_spelled(url: str, is_at: bool):
    assert Source("http://e.org/a~b/").is_at(url) is is_at


def test_a_copy_of_releases_that_the_server_has_forgotten_is_made_anew(copy, liar):
    liar.offer(lines(8))
    copy(liar.url)
    liar.offer(lines(9))
    done = copy(liar.url)
    assert "does not list 2026" in done.why_whole
    assert copy.content == lines(9)


def test_a_first_run_that_fails_leaves_nothing(publisher, copy, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    for folder in (tmp_path / "new" / "deep", tmp_path / "mine"):
        copy.folder = folder
        with pytest.raises(EndpointError):
            copy(publisher.url)
    assert not (tmp_path / "new").exists()
    assert not list((tmp_path / "mine").iterdir())
    (tmp_path / "mine" / "actiongraph.nq.gz").write_bytes(b"mine")
    publisher.publish(lines(1))
    with pytest.raises(StoreError, match="was not made by mirror"):
        copy(publisher.url)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["actiongraph.nq.gz"]


def test_a_run_that_was_killed_between_the_two_files_is_mended(publisher, copy):
    publisher.publish(lines(*MANY, 1))
    copy(publisher.url)
    old_note = copy.files["mirror.json"]
    version = publisher.publish(lines(*MANY, 2))
    copy(publisher.url)
    (copy.folder / "mirror.json").write_bytes(old_note)
    (copy.folder / ".new-actiongraph.nq.gz").write_bytes(b"half")
    assert not copy(publisher.url).is_new
    assert json.loads(copy.files["mirror.json"])["version"] == version
    assert set(copy.files) == {"actiongraph.nq.gz", "mirror.json"}


def test_a_file_that_is_no_copy_is_left_alone(publisher, copy):
    publisher.publish(lines(1))
    copy.folder.mkdir()
    (copy.folder / "actiongraph.nq.gz").write_bytes(b"mine")
    with pytest.raises(StoreError, match="was not made by mirror"):
        copy(publisher.url)
    assert copy.files == {"actiongraph.nq.gz": b"mine"}


def test_two_at_once_do_not_meet(publisher, copy):
    publisher.publish(lines(1))
    with Folder(copy.folder).held(), pytest.raises(StoreError, match="Another mirror is running"):
        copy(publisher.url)
    copy(publisher.url)


def test_releases_on_later_pages_are_found(liar, copy):
    old, new = lines(*MANY, 1), lines(*MANY, 2)
    liar.offer(old)
    copy(liar.url)
    earlier = liar.release | {"current": False, "kept": False, "dumps": []}
    liar.offer(
        new,
        previous=earlier["version"],
        changes={
            "added": liar.file("a", gzip.compress(lines(2), mtime=0)),
            "removed": liar.file("r", gzip.compress(lines(1), mtime=0)),
        },
    )
    liar.tell({"releases": [liar.release], "next": liar.url + "releases?page=2"})
    liar.tell({"releases": [earlier], "next": None}, "/releases?page=2")
    assert copy(liar.url).steps == 1
    assert copy.content == new


@pytest.mark.parametrize(
    ("added", "removed", "why"),
    [
        (lines(2, 3), lines(1), "do not lead to"),
        (lines(1), lines(2), "is there already"),
        (lines(2), lines(5), "is not there"),
        (line(3) + line(2), lines(1), "line 2 is not in order"),
        (b"junk\n", lines(1), "line 1 is not N-Quads"),
    ],
)
def test_changes_that_do_not_fit_are_told_and_the_copy_is_whole(liar, copy, added: bytes, removed: bytes, why: str):
    liar.offer(lines(*MANY, 1))
    copy(liar.url)
    earlier = liar.release | {"current": False}
    changes = {
        "added": liar.file("a", gzip.compress(added, mtime=0)),
        "removed": liar.file("r", gzip.compress(removed, mtime=0)),
    }
    liar.offer(lines(*MANY, 2), previous=earlier["version"], changes=changes)
    liar.tell({"releases": [liar.release, earlier], "next": None})
    done = copy(liar.url)
    assert why in done.why_whole
    assert copy.content == lines(*MANY, 2)


def test_a_release_that_is_taken_away_meanwhile_is_looked_up_again(publisher, copy, monkeypatch: pytest.MonkeyPatch):
    first = publisher.publish(lines(1))
    asked: list[str] = []
    app = publisher._app

    def taking_away(environ, start_response):
        asked.append(environ["PATH_INFO"])
        if len(asked) == 2:
            for number in (2, 3):
                publisher.publish(lines(number))
        return app(environ, start_response)

    monkeypatch.setattr(publisher, "_app", taking_away)
    done = copy(publisher.url)
    assert done.release.version > first
    assert copy.content == lines(3)
    assert asked.count("/releases") == 2


def test_a_server_with_nothing_published_is_told(publisher, copy):
    with pytest.raises(EndpointError, match="503"):
        copy(publisher.url)


def test_the_small_disk_is_full(publisher, copy, small_disk: Path):
    publisher.publish(lines(1))
    copy.folder = small_disk / "copy"
    copy(publisher.url)
    before = copy.files
    publisher.publish(lines(*range(20_000)))
    (small_disk / "filler").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 16_384))
    with pytest.raises(StoreError, match=r"the disk is full; an existing copy is unchanged"):
        copy(publisher.url)
    assert copy.files == before
    (small_disk / "filler").unlink()
    copy(publisher.url)
    assert len(copy.content.splitlines()) == 20_000


def test_a_run_that_is_killed_leaves_nothing_that_the_next_one_does_not_clean_up(liar, copy):
    has_begun, may_end = threading.Event(), threading.Event()

    def never_ends(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(gzip.compress(lines(1)))
        has_begun.set()
        may_end.wait(60)

    liar.offer(lines(1))
    liar.answers[urlsplit(liar.dump["address"]).path] = never_ends
    command = [sys.executable, "-m", "actiongraph", "mirror", liar.url, str(copy.folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert has_begun.wait(60)
        begun = copy.folder / ".new-actiongraph.nq.gz"
        while not begun.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    may_end.set()
    assert begun.exists()
    liar.answers.clear()
    with pytest.raises(EndpointError):
        copy(liar.url)
    assert [path.name for path in copy.folder.iterdir()] == [".lock"]
