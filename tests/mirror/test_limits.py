"""What a run may take in all, on disk and in memory, however many files and pages the server has."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from actiongraph.errors import EndpointError, StoreError
from actiongraph.mirror.quads import TooMuch
from actiongraph.mirror.remote_releases import releases_of
from actiongraph.mirror.source import Source

MAX_BYTES = 100_000
KEPT = b'<http://e.org/a> <http://e.org/p> "kept" .\n'


def plain(number: int) -> str:
    return f"{number:064}"


def random(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def lines(texts, *numbers: int) -> bytes:
    return b"".join(
        sorted(b'<http://e.org/b> <http://e.org/p> "%s" .\n' % texts(number).encode() for number in numbers)
    )


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


@pytest.fixture
def tell(liar):
    """Offer the last of `contents`, each with what was added and removed since the one before, of unknown sizes."""

    def tell(*contents: bytes) -> None:
        told: list[dict[str, object]] = []
        for number, content in enumerate(contents):
            changes = {}
            if told:
                before, now = (set(one.splitlines(keepends=True)) for one in contents[number - 1 : number + 1])
                for name, quads in (("added", now - before), ("removed", before - now)):
                    file = liar.file(f"{name}-{number}", packed(b"".join(sorted(quads))))
                    changes[name] = file | {"size_bytes": None}
            previous = told[-1]["version"] if told else None
            liar.offer(content, previous=previous, changes=changes or None)
            told.append(liar.release)
        for release in told[:-1]:
            release["current"] = False
        liar.tell({"releases": told[::-1], "next": None})

    return tell


def test_a_run_fetches_no_more_than_is_allowed_in_all(liar, copy, tell):
    """There are eighteen files, of which each could be fetched and all together could not."""
    many = [KEPT + lines(random, *range(200 * n, 200 * n + 200)) for n in range(8)]
    steps = [KEPT, *many, KEPT + lines(plain, 1)]
    liar.offer(KEPT)
    copy(liar.url)
    tell(*steps)
    sizes = [len(body) for path, (_, _, body) in liar.answers.items() if path.startswith(("/added", "/removed"))]
    assert max(sizes) < MAX_BYTES / 4
    assert sum(sizes) > MAX_BYTES * 1.2
    done = copy(liar.url, MAX_BYTES)
    assert "is longer than the" in done.why_whole
    assert copy.content == steps[-1]
    assert done.fetched_bytes < MAX_BYTES
    assert 0 < copy.beside_bytes < MAX_BYTES


def test_a_run_unpacks_no_more_than_is_allowed_in_all(liar, copy, tell):
    liar.offer(KEPT)
    copy(liar.url)
    before = copy.files
    tell(KEPT, *(KEPT + lines(plain, *range(200 * n, 200 * n + 200)) for n in range(6)), KEPT + lines(plain, 1))
    with pytest.raises(TooMuch, match=r"This run would .* more than 100,000 bytes; .* raise --max-bytes"):
        copy(liar.url, MAX_BYTES)
    assert copy.files == before
    assert copy(liar.url, 10 * MAX_BYTES).steps == 7


def test_no_copy_is_put_in_place_that_the_next_run_would_refuse(liar, copy, tell):
    """Old and new lines are each short enough, and together they are not."""
    liar.offer(lines(plain, *range(600)))
    copy(liar.url, MAX_BYTES)
    before = copy.files
    tell(lines(plain, *range(600)), lines(plain, *range(1_200)))
    for _ in range(2):
        with pytest.raises(EndpointError, match="raise --max-bytes"):
            copy(liar.url, MAX_BYTES)
        assert copy.files == before


def test_what_is_allowed_is_what_is_fetched_unpacked_and_written(liar, copy, tell):
    old, new = KEPT + lines(random, *range(100)), lines(random, *range(90, 200))
    liar.offer(old)
    whole = len(packed(old)) + len(old)
    with pytest.raises(TooMuch):
        copy(liar.url, whole - 1)
    assert copy.files == {}
    copy(liar.url, whole)
    assert not copy(liar.url, whole).is_new
    before = copy.files
    tell(old, new)
    assert copy(liar.url).steps == 1
    written = len(copy.files["actiongraph.nq.gz"]) + len(new)
    fetched = sum(
        len(liar.answers[path][2]) + len(gzip.decompress(liar.answers[path][2])) for path in ("/added-1", "/removed-1")
    )
    for name, content in before.items():
        (copy.folder / name).write_bytes(content)
    with pytest.raises(TooMuch):
        copy(liar.url, fetched + written - 1)
    assert copy.files == before
    assert copy(liar.url, fetched + written).steps == 1
    assert copy.content == new


def test_a_copy_that_is_longer_than_is_allowed_is_left_alone(liar, copy):
    liar.offer(lines(plain, *range(2_000)))
    copy(liar.url)
    before = copy.files
    liar.offer(KEPT)
    with pytest.raises(StoreError, match="unpacks to more than 100,000 bytes; raise --max-bytes"):
        copy(liar.url, MAX_BYTES)
    assert copy.files == before


# --- the list of releases


def test_no_more_than_ten_thousand_releases_are_looked_at(liar, copy):
    liar.offer(KEPT)
    copy(liar.url)
    liar.offer(KEPT + lines(plain, 1))
    earlier = [
        {"version": f"20250101T000000Z-{number:012}", "content_sha256": f"{number:012}" + "0" * 52, "dumps": []}
        for number in range(3_000)
    ]
    liar.tell({"releases": [liar.release, *earlier], "next": liar.url + "more"})
    liar.tell({"releases": earlier, "next": liar.url + "more"}, "/more")
    assert sum(1 for _ in releases_of(Source(liar.url))) == 10_000
    liar.asked.clear()
    assert "does not list 2026" in copy(liar.url).why_whole
    assert [path for path in liar.asked if "dumps" not in path] == ["/releases"] + ["/more"] * 3


def test_no_more_than_64_mib_of_lists_are_read(liar):
    padded = {"releases": [], "more": "x" * (4 * 1024**2 - 100), "next": liar.url + "releases"}
    liar.tell(padded)
    assert list(releases_of(Source(liar.url))) == []
    assert len(liar.asked) == 16


@pytest.mark.parametrize("name", ["next", "address"])
def test_an_address_that_fills_memory_is_refused(liar, name: str):
    liar.offer(KEPT)
    long = {"address": liar.url + "x" * 2_000}
    liar.tell({"releases": [liar.release | {"dumps": [liar.dump | long]}], "next": None})
    if name == "next":
        liar.tell({"releases": [liar.release], "next": long["address"]})
    with pytest.raises(EndpointError, match=f"not a list of releases: it has {name} as 'http"):
        list(releases_of(Source(liar.url)))
