"""Sorted N-Quads that are changed, and what is a line of them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.errors import DataError
from actiongraph.mirror.quads import ByteBudget, changed, content_of, read_lines, unpack, write_lines

SETS = st.sets(st.binary(max_size=2))


@given(SETS, SETS)
def test_a_copy_with_its_changes_is_the_new_one(old: set[bytes], new: set[bytes]):
    assert list(changed(sorted(old), sorted(old - new), sorted(new - old))) == sorted(new)


@given(SETS, SETS, SETS)
def test_changes_that_are_none_are_refused(old: set[bytes], removed: set[bytes], added: set[bytes]):
    fits = removed <= old and not added & old
    try:
        found = list(changed(sorted(old), sorted(removed), sorted(added)))
    except DataError:
        assert not fits
    else:
        assert fits
        assert found == sorted((old - removed) | added)


@pytest.mark.parametrize(
    "line",
    [
        # From RDF 1.1 N-Quads, section 2, in the form that has one space between terms.
        "<http://one.example/subject1> <http://one.example/predicate1> <http://one.example/object1> .",
        '_:subject1 <http://an.example/predicate1> "object1" <http://example.org/graph1> .',
        '<http://e.org/s> <http://e.org/p> "\\u00e9 é \\U0001F30D \\n \\" \\\\"@en-GB <http://e.org/g> .',
        '<http://e.org/s> <http://e.org/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <http://e.org/g> .',
        '<http://e.org/s> <http://e.org/p> "" _:g .',
    ],
)
def test_what_is_a_line_is_read(tmp_path: Path, line: str):
    (tmp_path / "a.gz").write_bytes(gzip.compress(line.encode() + b"\n"))
    assert list(read_lines(tmp_path / "a.gz", ByteBudget(10_000))) == [line.encode() + b"\n"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# a comment",
        '<http://e.org/s> <http://e.org/p> "a" <http://e.org/g>',
        '<http://e.org/s> <http://e.org/p> "a"b" .',
        '<http://e.org/s> <http://e.org/p> "a\\" .',
        '<http://e.org/s> <http://e.org/p> "a\\x" .',
        '<http://e.org/s> <http://e.org/p> "a\rb" .',
        '<http://e.org/s> "p" <http://e.org/o> .',
        '"s" <http://e.org/p> <http://e.org/o> .',
        '<http://e.org/s> <http://e.org/p> <http://e.org/o> "g" .',
        "<http://e.org/ s> <http://e.org/p> <http://e.org/o> .",
        '<http://e.org/s> <http://e.org/p> <http://e.org/o> . <http://e.org/s> <http://e.org/p> "a" .',
        '<http://e.org/s> <http://e.org/p> "a"@ .',
    ],
)
def test_what_is_no_line_is_refused(tmp_path: Path, line: str):
    (tmp_path / "a.gz").write_bytes(gzip.compress(line.encode() + b"\n"))
    with pytest.raises(DataError, match="line 1 is not"):
        list(read_lines(tmp_path / "a.gz", ByteBudget(10_000)))


def test_what_is_written_is_read_again_with_the_same_hash(tmp_path: Path):
    lines = [b'<http://e.org/s> <http://e.org/p> "%05d" .\n' % number for number in range(20_000)]
    content = write_lines(tmp_path / "a.gz", lines, ByteBudget(10**7))
    assert content == content_of(lines)
    assert content_of(unpack(tmp_path / "a.gz", ByteBudget(10**7))).sha256 == content.sha256
    assert list(read_lines(tmp_path / "a.gz", ByteBudget(10**7))) == lines
