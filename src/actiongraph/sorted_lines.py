"""Lines sorted by their bytes or parted by a key: in memory while they are few, else in files.

Lines are sorted in runs of so many bytes, which are merged. Of the result, only the first line of each block is kept in
memory; the other lines of a block are read when one is sought there.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain, count
from pathlib import Path
from typing import BinaryIO, Protocol
from weakref import finalize

_RUN_BYTES = 100_000_000
"""Lines of one run: a million actions make some three hundred runs, all of which are open while they are merged."""
_BLOCK_BYTES = 16_000
_BLOCKS_AT_ONCE = 64
_LAST_BLOCKS = 64
"""Blocks that are kept in mind: what is sought one after another often stands side by side."""
_BUFFER_BYTES = 1 << 18
_LINES_AT_ONCE = 5_000
_HELD_BYTES, _TEXT_BYTES = 32_000_000, 1 << 20
_AFTER_ALL = b"\xff"
"""A byte that UTF-8 does not have, and that sorts after all it has."""
_numbers = count()
Lists = Iterable[list[bytes]]
"""Lines in lists of some thousands: what is done to a list at once takes a fraction of the time for each line."""


class Progress(Protocol):
    """Whoever wants to know how far a long work is."""

    def __call__(self, what: str, done: int = 0, total: int = 0, /) -> None:
        """Take what is being done and, where that is known, how many bytes of it are done and how many there are."""


def silent(_what: str, _done: int = 0, _total: int = 0, /) -> None:
    """Tell nobody."""


class SortedLines:
    """Different lines in order, each with its line feed."""

    def __init__(
        self,
        firsts: Sequence[bytes],
        read: Callable[[int, int], bytes],
        lines: int,
        size_bytes: int,
        path: Path | None = None,
    ) -> None:
        """Take the first line of each block, a function that returns the text of blocks, and how many lines there are.

        `path` is the file that they are in, if they are in one.
        """
        self.path = path
        self.size_bytes = size_bytes
        self._firsts = firsts
        self._read = read
        self._block = lru_cache(_LAST_BLOCKS)(lambda number: read(number, number + 1).splitlines(keepends=True))
        self._lines = lines

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> SortedLines:
        """Return `lines`, which are in any order, sorted in memory."""
        sorter = LineSorter(None)
        sorter.add(lines)
        return sorter.sorted()

    def __iter__(self) -> Iterator[bytes]:
        return self.under(b"")

    def __len__(self) -> int:
        return self._lines

    def under(self, prefix: bytes) -> Iterator[bytes]:
        """Yield the lines that begin with `prefix`."""
        for text in self.texts(prefix):
            yield from text.splitlines(keepends=True)

    def texts(self, prefix: bytes = b"") -> Iterator[bytes]:
        """Yield the lines that begin with `prefix` as longer texts, each of whole lines."""
        start = max(bisect_left(self._firsts, prefix) - 1, 0)
        stop = bisect_left(self._firsts, prefix + _AFTER_ALL)
        for index in range(start, stop, _BLOCKS_AT_ONCE):
            after = min(index + _BLOCKS_AT_ONCE, stop)
            text = self._read(index, after)
            if index == start and not text.startswith(prefix):
                text = text[text.find(b"\n" + prefix) + 1 or len(text) :]
            if after == stop and text:
                text = text[: text.index(b"\n", text.rfind(b"\n" + prefix, 0, -1) + 1) + 1]
            if text:
                yield text

    def whole_texts(self, prefix: bytes = b"") -> Iterator[bytes]:
        """Yield what `texts` yields, parted so that all lines with the same first word are in one text."""
        left = b""
        for more in self.texts(prefix):
            text = left + more
            last = text.rfind(b"\n", 0, -1) + 1
            word = text[last : text.index(b" ", last) + 1]
            start = 0 if text.startswith(word) else text.index(b"\n" + word) + 1
            left = text[start:]
            if start:
                yield text[:start]
        if left:
            yield left

    def lists(self) -> Lists:
        """Yield the lines in lists."""
        return (text.splitlines(keepends=True) for text in self.texts())

    def having(self, *continuations: bytes) -> Iterator[bytes]:
        """Yield the lines that go on with one of `continuations` after their first word."""
        return _having(self.texts(), continuations)

    def ending(self, *ends: bytes) -> Iterator[bytes]:
        """Yield the lines that end with one of `ends`."""
        return (
            line
            for text in self.texts()
            if any(end in text for end in ends)
            for line in text.splitlines(keepends=True)
            if line.endswith(ends)
        )

    def between(self, start: bytes, stop: bytes | None) -> Iterator[bytes]:
        """Yield the lines from `start` on, up to `stop`, which is left out."""
        first = max(bisect_left(self._firsts, start) - 1, 0)
        last = len(self._firsts) if stop is None else bisect_left(self._firsts, stop)
        for index in range(first, last, _BLOCKS_AT_ONCE):
            for line in self._read(index, min(index + _BLOCKS_AT_ONCE, last)).splitlines(keepends=True):
                if start <= line and (stop is None or line < stop):
                    yield line

    def block_of(self, prefix: bytes) -> int:
        """Return the number of the block where the lines that begin with `prefix` start, if there are any."""
        return max(bisect_left(self._firsts, prefix) - 1, 0)

    def block(self, number: int) -> bytes:
        """Return the lines of a block as one text; empty if there is none."""
        return self._read(number, number + 1) if number < len(self._firsts) else b""

    def beginning_with(self, prefix: bytes) -> bytes:
        """Return the lines that begin with `prefix` as one text; made for a few lines."""
        found: list[bytes] = []
        first = self.block_of(prefix)
        for number in range(first, len(self._firsts)):
            block = self._block(number)
            start = stop = bisect_left(block, prefix) if number == first else 0
            while stop < len(block) and block[stop].startswith(prefix):
                stop += 1
            found += block[start:stop]
            if stop < len(block):
                break
        return b"".join(found)


class LineSorter:
    """Takes lines in any order, and returns them sorted; each comes once, however often it was added."""

    def __init__(self, folder: Path | None) -> None:
        """Name the folder for what does not fit into memory, made if need be; without one, all is held there."""
        self._folder = folder
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._runs: list[Path] = []

    def add(self, lines: Iterable[bytes]) -> None:
        """Take `lines`, each with its line feed.

        Raises:
            OSError: a run cannot be written.
        """
        before = len(self._held)
        self._held += lines
        if self._folder is not None:
            self._held_bytes += sum(map(len, self._held[before:]))
            if self._held_bytes > _RUN_BYTES:
                self._write_run(self._folder)

    def another(self) -> LineSorter:
        """Return a sorter without lines that uses the same folder."""
        return LineSorter(self._folder)

    def clear(self) -> None:
        """Forget all that was added."""
        for path in self._runs:
            path.unlink()
        self._held, self._held_bytes, self._runs = [], 0, []

    def having(self, *continuations: bytes) -> Iterator[bytes]:
        """Yield the lines added so far that go on with one of `continuations` after their first word, in any order."""
        return chain.from_iterable(_going_on(lines, continuations) for lines in self._lists())

    def _lists(self) -> Lists:
        for path in self._runs:
            with path.open("rb") as file:
                yield from _lists(file)
        yield self._held

    def texts(self) -> Iterator[bytes]:
        """Yield the lines added so far as longer texts, in any order."""
        return map(b"".join, self._lists())

    def _write_run(self, folder: Path) -> None:
        self._held.sort()
        path = _new_file(folder, "run")
        with path.open("xb", buffering=_BUFFER_BYTES) as file:
            file.writelines(self._held)
        self._runs.append(path)
        self._held, self._held_bytes = [], 0

    def sorted(self, choose: Callable[[Lists], Lists] = iter) -> SortedLines:
        """Return all lines, or those that `choose` leaves of them when it is given them in lists of whole subjects.

        The sorter is empty then; files of runs are gone, and that of all lines goes with them.

        Raises:
            OSError: a file cannot be written.
        """
        if self._folder is None or not self._runs:
            lines, self._held, self._held_bytes = sorted(set(self._held)), [], 0
            return _in_memory(choose(whole_subjects(_slices(lines))))
        self._write_run(self._folder)
        files = [path.open("rb", buffering=_BUFFER_BYTES) for path in self._runs]
        try:
            written = write_sorted(_new_file(self._folder, "sorted"), choose(merged(*map(_lists, files))))
        finally:
            for file, path in zip(files, self._runs, strict=True):
                file.close()
                path.unlink()
        self._runs = []
        return written


class LinesApart:
    """Lines by a key, those of each key in the order in which they came."""

    def __init__(self, folder: Path | None) -> None:
        """Name the folder for what does not fit into memory; without one, all is held there."""
        self._folder = folder
        self._held: dict[bytes, list[bytes]] = {}
        self._held_bytes = 0
        self._files: dict[bytes, Path] = {}

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._held)

    def add(self, key: bytes, line: bytes) -> None:
        """Take a line.

        Raises:
            OSError: the folder cannot be written.
        """
        self._held.setdefault(key, []).append(line)
        self._held_bytes += len(line)
        if self._folder is not None and self._held_bytes > _HELD_BYTES:
            for each, lines in self._held.items():
                if lines:
                    self._put_aside(self._folder, each, lines)
            self._held_bytes = 0

    def _put_aside(self, folder: Path, key: bytes, lines: list[bytes]) -> None:
        path = self._files.get(key) or self._files.setdefault(key, _new_file(folder, "apart"))
        with path.open("ab") as file:
            file.writelines(lines)
        lines.clear()

    def texts(self, key: bytes) -> Iterator[bytes]:
        """Yield the lines of `key` as longer texts, and forget them.

        Raises:
            OSError: the folder cannot be read.
        """
        if path := self._files.pop(key, None):
            with path.open("rb") as file:
                path.unlink()
                while lines := file.readlines(_TEXT_BYTES):
                    yield b"".join(lines)
        yield b"".join(self._held[key])
        self._held[key].clear()


def merged(*runs: Lists) -> Lists:
    """Yield the lines of all `runs`, each of which are in order, in order and each once, in lists of whole subjects."""
    return whole_subjects(_merged(*map(iter, runs)))


def _merged(*runs: Iterator[list[bytes]]) -> Lists:
    left = [next(run, []) for run in runs]
    while any(left):
        stop = min(lines[-1] for lines in left if lines)
        found: list[bytes] = []
        for number, lines in enumerate(left):
            after = bisect_right(lines, stop)
            found += lines[:after]
            if lines:
                left[number] = lines[after:] or next(runs[number], [])
        found.sort()  # which takes runs as they are, and only merges them
        yield list(dict.fromkeys(found))


def held(lists: Lists, folder: Path | None) -> SortedLines:
    """Return the lines of `lists`, in order and different, held in a file in `folder`; if few, in memory.

    Raises:
        OSError: the file cannot be written.
    """
    if folder is None:
        return _in_memory(lists)
    few: list[list[bytes]] = []
    few_bytes = 0
    left = iter(lists)
    for lines in left:
        few.append(lines)
        few_bytes += sum(map(len, lines))
        if few_bytes > _HELD_BYTES:
            return write_sorted(_new_file(folder, "sorted"), chain(few, left))
    return _in_memory(few)


def _new_file(folder: Path, name: str) -> Path:
    """Return the path of a new file in `folder`, which is made if need be."""
    folder.mkdir(exist_ok=True)
    return folder / f"{name}-{next(_numbers)}"


def whole_subjects(lists: Lists) -> Lists:
    """Yield the lines of `lists`, which are in order, in lists of their own: all with the same first word in one."""
    left: list[bytes] = []
    for more in lists:
        lines = left + more
        word = lines[-1][: lines[-1].index(b" ") + 1]
        start = bisect_left(lines, word)
        left = lines[start:]
        if start:
            yield lines[:start]
    if left:
        yield left


def _slices(lines: list[bytes]) -> Lists:
    return (lines[start : start + _LINES_AT_ONCE] for start in range(0, len(lines), _LINES_AT_ONCE))


def _lists(file: BinaryIO) -> Lists:
    while lines := file.readlines(_TEXT_BYTES):
        yield lines


def write_sorted(path: Path, lists: Lists) -> SortedLines:
    """Write the lines of `lists`, in order and different, to the new file `path`; return them, read from there.

    The file is removed when nobody needs the lines any more.

    Raises:
        OSError: the file cannot be written.
    """
    firsts: list[bytes] = []
    offsets = array("Q", [0])
    number = 0
    with path.open("xb", buffering=_BUFFER_BYTES) as file:
        for lines in _blocks(lists):
            firsts.append(lines[0])
            offsets.append(offsets[-1] + file.write(b"".join(lines)))
            number += len(lines)
    read_from = path.open("rb", buffering=0)

    def read(start: int, stop: int) -> bytes:
        return os.pread(read_from.fileno(), offsets[stop] - offsets[start], offsets[start])

    written = SortedLines(firsts, read, number, offsets[-1], path)
    finalize(written, _remove, read_from, path)
    return written


def _remove(file: BinaryIO, path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


def _in_memory(lists: Lists) -> SortedLines:
    firsts: list[bytes] = []
    blocks: list[bytes] = []
    number = 0
    for lines in _blocks(lists):
        firsts.append(lines[0])
        blocks.append(b"".join(lines))
        number += len(lines)
    return SortedLines(firsts, lambda start, stop: b"".join(blocks[start:stop]), number, sum(map(len, blocks)))


def _blocks(lists: Lists) -> Lists:
    """Yield the lines of `lists` in lists of so many bytes."""
    for lines in lists:
        ends = list(accumulate(map(len, lines)))
        start = 0
        while start < len(lines):
            full = (ends[start - 1] if start else 0) + _BLOCK_BYTES
            stop = bisect_left(ends, full) + 1
            yield lines[start:stop]
            start = stop


def _having(texts: Iterable[bytes], continuations: tuple[bytes, ...]) -> Iterator[bytes]:
    if len(continuations) <= _FEW:
        return chain.from_iterable(_found(text, continuations) for text in texts)
    return chain.from_iterable(_going_on(text.splitlines(keepends=True), continuations) for text in texts)


def _going_on(lines: Sequence[bytes], continuations: tuple[bytes, ...]) -> list[bytes]:
    return [line for line in lines if line.startswith(continuations, line.index(b" "))]


_FEW = 3
"""So many words are found faster by a search for each in the whole text than in each line."""


def _found(text: bytes, continuations: tuple[bytes, ...]) -> Iterator[bytes]:
    starts = set()
    for words in continuations:
        at = text.find(words)
        while at >= 0:
            start = text.rfind(b"\n", 0, at) + 1
            if text.find(b" ", start, at) < 0:  # else it is inside a literal
                starts.add(start)
            at = text.find(words, at + 1)
    return (text[start : text.index(b"\n", start) + 1] for start in sorted(starts))
