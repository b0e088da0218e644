"""Numbers of rows, any many of each, kept as bits: the n-th of those of any choice of rows is found in microseconds.

Each number has a place, in the order of `as_parts`. The numbers less the least of all are cut into binary digits, and
a slice has one digit of each. So the n-th number of a choice is found digit by digit, by counting the bits of whole
numbers, however many are chosen; to sort them would take milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actiongraph.index.list_index import NOTHING, SIGNED, as_parts, packed, unpacked

_AS_DIGITS = bytes.maketrans(b"\0\1", b"01")
SLICES_TABLE = """
CREATE TABLE sliced (list INTEGER, name TEXT, least INTEGER, lengths BLOB, rest BLOB, present BLOB, slices BLOB,
  PRIMARY KEY (list, name)) WITHOUT ROWID;
"""


def as_slices(rows: Sequence[Sequence[int]]) -> tuple[int, bytes, bytes, bytes, bytes]:
    """Return the numbers of rows as the columns of `SLICES_TABLE` after the name."""
    places, lengths, rest = list[int](), list[int](), b""
    for _, ids, numbers in as_parts(rows):
        part = unpacked(numbers, SIGNED)
        places += part
        if ids is None:
            lengths.append(len(part))
        else:
            rest = ids
    known = [number for number in places if number != NOTHING]
    least, size = min(known, default=0), len(places) // 8 + 1

    def slice_of(digit: int) -> bytes:
        bits = (b"1" if number != NOTHING and (number - least) >> digit & 1 else b"0" for number in reversed(places))
        return int(b"".join(bits) or b"0", 2).to_bytes(size, "little")

    digits = reversed(range((max(known, default=0) - least).bit_length()))
    present = int(b"".join(b"0" if number == NOTHING else b"1" for number in reversed(places)) or b"0", 2)
    slices = b"".join(map(slice_of, digits))
    return least, packed(lengths), rest, present.to_bytes(size, "little"), slices


class ChosenNumbers:
    """The numbers of some rows; `size` is how many they are."""

    def __init__(self, written: Sequence[Any], bits: int, flags: bytes) -> None:
        """Take what `as_slices` returned, and the rows as bits and with a byte for each.

        Raises:
            ValueError, IndexError, TypeError: it is something else.
        """
        least, lengths, rest, present, slices = written
        chosen, start = 0, 0
        for length in unpacked(lengths):
            chosen |= (bits & ((1 << length) - 1)) << start
            start += length
        digits = bytes(map(flags.__getitem__, unpacked(rest))).translate(_AS_DIGITS)
        chosen |= int(digits[::-1] or b"0", 2) << start
        self._least, self._chosen = int(least), chosen & int.from_bytes(present, "little")
        self._slices = [
            int.from_bytes(slices[start : start + len(present)], "little")
            for start in range(0, len(slices), len(present))
        ]
        self.size = self._chosen.bit_count()

    def nth(self, place: int) -> int:
        """Return the number in this place, counted from 0, in ascending order."""
        found, left = 0, self._chosen
        for digits in self._slices:
            ones = left & digits
            zeros = left ^ ones
            found <<= 1
            if (lower := zeros.bit_count()) > place:
                left = zeros
            else:
                place -= lower
                left, found = ones, found + 1
        return self._least + found

    def median(self) -> int:
        """Return the median, towards zero if it is no whole number, of at least one number."""
        return int((self.nth((self.size - 1) // 2) + self.nth(self.size // 2)) / 2)
