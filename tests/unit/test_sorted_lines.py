"""Lines are sorted, sought and put apart in files as in memory; the expected values are those of Python's lists."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from actiongraph import sorted_lines
from actiongraph.sorted_lines import LinesApart, LineSorter, SortedLines, held, merged, whole_subjects


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and blocks of a few lines."""
    for name, value in {"_RUN_BYTES": 2_000, "_BLOCK_BYTES": 100, "_BLOCKS_AT_ONCE": 3, "_HELD_BYTES": 500}.items():
        monkeypatch.setattr(sorted_lines, name, value)
    monkeypatch.setattr(sorted_lines, "_LINES_AT_ONCE", 7)


def made(number: int) -> list[bytes]:
    random = Random(number)
    return [
        f"<{random.choice('abcé') * random.randint(1, 3)}{random.randint(0, 20)}> <p> {word} .\n".encode()
        for word in random.choices(range(50), k=number)
    ]


@pytest.fixture(params=["memory", "file"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path if request.param == "file" else None


@pytest.fixture(params=[0, 1, 5, 200, 1_000])
def lines(request: pytest.FixtureRequest) -> list[bytes]:
    return made(request.param)


def in_order(lines: list[bytes], folder: Path | None) -> SortedLines:
    sorter = LineSorter(folder)
    for start in range(0, len(lines), 7):
        sorter.add(lines[start : start + 7])
    assert sorted(sorter.having(b" <p> 1")) == sorted(line for line in lines if b" <p> 1" in line)
    return sorter.sorted()


def test_lines_come_in_order_and_once_and_are_found_by_how_they_begin(lines: list[bytes], folder: Path | None):
    found, expected = in_order(lines, folder), sorted(set(lines))
    assert list(found) == expected
    assert len(found) == len(expected)
    assert list(found.having(b" <p> 4", b" <p> 12 ")) == [
        line for line in expected if b"<p> 4" in line or b" 12 ." in line
    ]
    random = Random(2)
    prefixes = [
        b"",
        b"<",
        b"<b",
        b"<b1>",
        b"<zz",
        b"!",
        *(line[: random.randint(1, len(line))] for line in expected[:50]),
    ]
    for prefix in prefixes:
        own = [line for line in expected if line.startswith(prefix)]
        assert list(found.under(prefix)) == own
        assert found.beginning_with(prefix) == b"".join(own)
        whole = list(found.whole_texts(prefix))
        assert b"".join(whole) == b"".join(own)
        subjects = [{line.split()[0] for line in text.splitlines()} for text in whole]
        assert sum(map(len, subjects)) == len(set().union(*subjects))
        start = expected[0][:2] if expected else b""
        assert list(found.between(start, prefix)) == [line for line in expected if start <= line < prefix]
        assert list(found.between(prefix, None)) == [line for line in expected if prefix <= line]


def test_files_go_when_nobody_needs_them(tmp_path: Path):
    found = in_order(made(1_000), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    del found
    assert list(tmp_path.iterdir()) == []


def test_sorted_lines_can_be_merged_chosen_from_and_held(folder: Path | None):
    one, other = made(100), made(101)
    both = held(merged(SortedLines.of(one).lists(), in_order(other, folder).lists()), folder)
    assert list(both) == sorted({*one, *other})
    sorter = LineSorter(folder)
    sorter.add(one)
    assert list(sorter.sorted(lambda found: ([line for line in some if b"a" in line] for some in found))) == sorted(
        {line for line in one if b"a" in line}
    )


def test_all_lines_with_one_first_word_come_together():
    lines = sorted(set(made(300)))
    lists = list(whole_subjects(lines[start : start + 7] for start in range(0, len(lines), 7)))
    assert [line for each in lists for line in each] == lines
    subjects = [{line.split()[0] for line in each} for each in lists]
    assert sum(map(len, subjects)) == len(set().union(*subjects))
    assert len(lists) > 5


def test_lines_are_put_apart_by_their_key(folder: Path | None):
    apart, expected = LinesApart(folder), dict[bytes, bytes]()
    for line in made(500):
        key = line[1:2]
        apart.add(key, line)
        expected[key] = expected.get(key, b"") + line
    assert {key: b"".join(apart.texts(key)) for key in sorted(apart)} == expected
    assert folder is None or list(folder.iterdir()) == []
