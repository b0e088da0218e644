"""Files that ingest wrote are written over only as long as nobody has changed them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from actiongraph.errors import DataError, StoreError
from actiongraph.ingest.own_output import alone_beside, check_quoted_text
from actiongraph.ingest.own_output import write_own as write_files

TEXT = "# One\n<urn:a> <urn:b> <urn:c> .\n"
LAST = "# Written by actiongraph ingest; the SHA-256 of all above this line is "


def write_own(path: Path, text: str) -> bool:
    return write_files({path: [text.encode()]})


def test_the_last_line_has_the_hash_of_all_above(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.ttl"
    assert write_own(path, TEXT)
    assert path.read_text() == f"{TEXT}{LAST}{hashlib.sha256(TEXT.encode()).hexdigest()}\n"


def test_the_same_text_changes_nothing_and_another_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "page.ttl"
    write_own(path, TEXT)
    before = path.stat()
    assert not write_own(path, TEXT)
    assert path.stat() == before
    assert write_own(path, TEXT + "# Two\n")
    assert "# Two" in path.read_text()


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: "",
        lambda text: text.replace("One", "Eins"),
        lambda text: text + "# one line more\n",
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: TEXT,
        lambda text: TEXT + LAST + "0" * 64 + "\n",
    ],
)
def test_a_file_that_somebody_changed_or_wrote_is_left_as_it_is(tmp_path: Path, changed) -> None:
    path = tmp_path / "page.ttl"
    write_own(path, TEXT)
    path.write_bytes(changed(path.read_text()).encode())
    before = path.read_bytes()
    with pytest.raises(DataError, match="not as actiongraph ingest wrote it") as raised:
        write_own(path, TEXT + "# Two\n")
    assert str(raised.value).count(". ") == 0  # one sentence
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_stopped_half_way_it_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing) -> None:
    path = tmp_path / "page.ttl"
    write_own(path, TEXT)
    before = path.read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*((os, "fsync") if failing == "fsync" else (Path, "replace")), stop)
    with pytest.raises(KeyboardInterrupt):
        write_own(path, TEXT + "# Two\n")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written: File exists; name another folder with --into"):
        write_own(tmp_path / "file" / "page.ttl", TEXT)
    (tmp_path / "page.ttl").mkdir()
    with pytest.raises(StoreError, match="cannot be written: Is a directory"):
        write_own(tmp_path / "page.ttl", TEXT)


def test_what_is_quoted_is_written_with_what_quotes_it_or_not_at_all(tmp_path: Path):
    target, text = tmp_path / "wells.ttl", tmp_path / "texts" / "wells.txt"
    assert write_files({target: [b"one\n"]}, {text: b"words"})
    assert text.read_bytes() == b"words"
    (tmp_path / "wells.ledger.ttl").mkdir()
    with pytest.raises(StoreError):
        write_files({target: [b"two\n"], tmp_path / "wells.ledger.ttl": [b"two\n"]}, {text: b"others"})
    assert (target.read_bytes()[:4], text.read_bytes()) == (b"one\n", b"words")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["texts", "wells.ledger.ttl", "wells.ttl", "wells.txt"]


def test_a_text_is_written_over_only_if_it_is_what_was_quoted(tmp_path: Path):
    target, text = tmp_path / "wells.ttl", tmp_path / "wells.txt"
    check_quoted_text(text, target, b"new")
    text.write_bytes(b"old")
    with pytest.raises(DataError, match=r"wells\.txt is not the text that .*wells\.ttl quotes"):
        check_quoted_text(text, target, b"new")
    target.write_text(f'<x#checksum> spdx:checksumValue "{hashlib.sha256(b"old").hexdigest()}"^^xsd:hexBinary .\n')
    check_quoted_text(text, target, b"new")
    text.write_bytes(b"typed by somebody")
    with pytest.raises(DataError):
        check_quoted_text(text, target, b"new")


def test_two_at_once_in_one_folder_are_one_after_the_other(tmp_path: Path):
    with (
        alone_beside(tmp_path / "wells.ttl"),
        pytest.raises(StoreError, match=r"^Another actiongraph ingest is writing to .*; wait until it has ended\.$"),
        alone_beside(tmp_path / "pumps.ttl"),
    ):
        pass
    with alone_beside(tmp_path / "pumps.ttl"):
        pass
