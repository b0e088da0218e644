"""The rows of a table in a CSV file or an Excel workbook, as texts; a hostile file is an error and no burden."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from actiongraph.errors import DataError, DataSyntaxError, SettingsError
from actiongraph.text import counted, near_names

_LARGEST_BYTES = 256 * 1024**2
"""A larger file, or one that unpacks to more, is no table that people keep: 644 projects take a 300th of it."""
_LONGEST_LINE = 1024**2
"""In bytes. Longer lines are no table: the longest of the 644 projects has 8,000."""
_HIGHEST_RATIO = 200
"""Workbooks unpack to ten or twenty times their size, and bombs to a thousand."""
_SMALL_BYTES = 4 * 1024**2
"""What unpacks to less than this needs no look at the ratio: a small sheet of one word may be packed very tightly."""
_MOST_CELLS = 5_000_000
"""A sheet can name a cell far out, and each cell before it takes room: 644 projects have 13,000."""
CSV, _EXCEL = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORKBOOKS = frozenset({".xlsx", ".xlsm"})
_OLD_WORKBOOKS = frozenset({".xls", ".xlsb", ".ods"})


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: the line it begins in and its place among the rows, both from 1, its cells, and the cells that have none.

    `faults` says, by the place of a cell, why its value is not taken.
    """

    line: int
    row: int
    cells: Sequence[str]
    faults: dict[int, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """True if no cell has anything in it."""
        return not self.faults and not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table with its header, the rows below that are not blank, and checksum and media type of its file."""

    header: Sequence[str]
    rows: Sequence[TableRow]
    sha256: str
    media_type: str


def read_table(path: Path, *, delimiter: str = ",", header_row: int = 1, sheet: str = "") -> SourceTable:
    """Return the table in the file at `path`: a workbook if it ends in `.xlsx` or `.xlsm`, else CSV in UTF-8.

    Raises:
        DataError: the file cannot be read or is too large, or there is no such sheet or row.
        DataSyntaxError: it is not what its name says; `line` tells where.
        SettingsError: it is a workbook, and openpyxl is missing.

    Source: RFC 4180 (CSV).
    """
    suffix = path.suffix.lower()
    if suffix in _OLD_WORKBOOKS:
        raise DataError(f"{path}: {suffix} files are not read; save the table as .xlsx or as CSV.", file=str(path))
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DataError(f"{path} is larger than {_LARGEST_BYTES:,} bytes; split the table.", file=str(path))
        with path.open("rb") as file:
            read = _of_workbook if suffix in _WORKBOOKS else _of_csv
            rows, sha256, media_type = read(file, path, sheet if suffix in _WORKBOOKS else delimiter)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    header = next((row for row in rows if row.row == header_row), None)
    if header is None or header.is_blank:
        raise DataError(f"{path} has no header in row {header_row}; see header_row in the mapping.", file=str(path))
    names = [cell.strip() for cell in header.cells]
    below = [row for row in rows if row.row > header_row and not row.is_blank]
    return SourceTable(names, below, sha256, media_type)


def _of_csv(file: IO[bytes], path: Path, delimiter: str) -> tuple[list[TableRow], str, str]:
    hashed = hashlib.sha256()
    reader = csv.reader(_lines(file, path, hashed), delimiter=delimiter, strict=True)
    rows: list[TableRow] = []
    begin = 1
    try:
        for number, cells in enumerate(reader, 1):
            rows.append(TableRow(begin, number, cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise _fault(
            path, begin, _CSV_ERRORS.get(str(error).partition(" (")[0], f"this is not CSV ({error})")
        ) from error
    return rows, hashed.hexdigest(), CSV


_CSV_ERRORS = {
    "field larger than field limit": "a cell that begins here is too long; a quotation mark may not be closed",
    "unexpected end of data": "a quotation mark in the row that begins here is not closed",
}


def _lines(file: IO[bytes], path: Path, hashed: Any) -> Iterator[str]:  # noqa: ANN401 - hashlib has no name for it
    """Yield the lines of a file as text, and add their bytes to the hash."""
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise _fault(path, number, f"the line is longer than {_LONGEST_LINE:,} bytes, so this is no table")
        hashed.update(line)
        if number == 1:
            if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise _fault(path, 1, "the file is in UTF-16; save it as CSV in UTF-8")
            if line.startswith(b"PK\x03\x04"):
                raise _fault(path, 1, "this is a packed file and no CSV; a workbook ends in .xlsx")
            line = line.removeprefix(codecs.BOM_UTF8)
        if b"\0" in line:
            raise _fault(path, number, "there is a NUL byte, which no text has; save the file as CSV in UTF-8")
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            reason = f"byte {line[error.start]:#04x} at place {error.start + 1} is not UTF-8"
            raise _fault(path, number, f"{reason}; save the file as CSV in UTF-8") from error


def _fault(path: Path, line: int, reason: str) -> DataSyntaxError:
    return DataSyntaxError(f"{path}, line {line}: {reason}.", file=str(path), line=line)


def _of_workbook(file: IO[bytes], path: Path, sheet: str) -> tuple[list[TableRow], str, str]:
    try:
        import openpyxl  # noqa: PLC0415 - an extra, read only where it is needed
        from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError("Workbooks are read with openpyxl: pip install 'actiongraph[excel]'.") from error
    content = file.read()
    _check_workbook(content, path)
    # What openpyxl and the parser below it raise for a workbook that is not whole; it has no error of its own for that.
    broken = (
        InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, TypeError,
        AttributeError, IndexError, EOFError, NotImplementedError, RuntimeError,
    )  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that no cell is in, such as styles
            # The formulas, and not what they last came to: a value that nobody typed is refused, not guessed.
            workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            with closing(workbook):
                rows = list(_rows_of(_sheet(workbook, sheet, path), path))
    except broken as error:
        raise DataSyntaxError(
            f"{path} cannot be read as a workbook ({type(error).__name__}); save it anew.", file=str(path)
        ) from error
    return rows, hashlib.sha256(content).hexdigest(), _EXCEL


def _sheet(workbook: Any, name: str, path: Path) -> Any:  # noqa: ANN401 - openpyxl has no types
    """Return the sheet `name` of a workbook, its first one if that is empty."""
    sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    if not sheets or (name and name not in sheets):
        near = near_names(name, sheets) or list(sheets)
        raise DataError(f"{path} has no sheet {name!r}; it has {', '.join(near) or 'none'}.", file=str(path))
    return sheets[name] if name else next(iter(sheets.values()))


def _rows_of(sheet: Any, path: Path) -> Iterator[TableRow]:  # noqa: ANN401 - openpyxl has no types
    """Yield the rows of a sheet that are not blank."""
    sheet.reset_dimensions()  # which a file may lie about
    cells_read = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        cells_read += len(cells)
        if cells_read > _MOST_CELLS:
            raise DataError(f"{path}, row {number}: there are more than {_MOST_CELLS:,} cells.", file=str(path))
        row = _row(number, cells)
        if not row.is_blank:
            yield row


def _check_workbook(content: bytes, path: Path) -> None:
    """Raise an error for what unpacks to too much, or whose XML could grow: before anything else opens it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
            is_bomb = unpacked > _SMALL_BYTES and unpacked > _HIGHEST_RATIO * len(content)
            if unpacked > _LARGEST_BYTES or is_bomb:
                raise DataError(
                    f"{path} unpacks {counted(len(content), 'byte')} to {unpacked:,}, which no workbook of a table "
                    "does; it is not opened.",
                    file=str(path),
                )
            for part in parts:
                with packed.open(part) as text:
                    if _has_declarations(text):
                        raise DataError(
                            f"{path} has a DOCTYPE in its part {part.filename!r}, which workbooks do not have, and "
                            "which could let it grow without bound; it is not opened.",
                            file=str(path),
                        )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataSyntaxError(f"{path} is no whole workbook ({error}); save it anew.", file=str(path)) from error


_DECLARATIONS = tuple("<!DOCTYPE".encode(each) for each in ("utf-8", "utf-16-le", "utf-16-be"))
_BLOCK = 1024**2


def _has_declarations(text: IO[bytes]) -> bool:
    tail = b""
    while block := text.read(_BLOCK):
        if any(mark in tail + block for mark in _DECLARATIONS):
            return True
        tail = block[-len(_DECLARATIONS[-1]) :]
    return False


def _row(number: int, cells: Sequence[Any]) -> TableRow:
    texts, faults = [], {}
    for place, cell in enumerate(cells):
        kind = getattr(cell, "data_type", "n")
        if kind == "f":
            faults[place] = "is a formula, of which nobody has typed the value; paste the values"
        elif kind == "e":
            faults[place] = f"has the error {cell.value}"
        texts.append("" if kind in "fe" else _text(cell.value))
    while texts and not texts[-1] and len(texts) - 1 not in faults:
        texts.pop()
    return TableRow(number, number, texts, faults)


def _text(value: object) -> str:
    """Return the value of a cell as people see it, with dates in the form of ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
