"""The mapping file of a table: which column is what. Columns that it does not name are not read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from actiongraph.errors import DataError
from actiongraph.ingest.claims import Property
from actiongraph.ingest.keys import TAKEN, slug
from actiongraph.ingest.turtle_writer import UNWRITTEN
from actiongraph.iris import is_web_address
from actiongraph.text import near_names

_T = TypeVar("_T", bound=msgspec.Struct)
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_UNTOLD = frozenset({Property.PARTICIPANT, Property.OUTCOME, *UNWRITTEN})
"""A table does not say in which activity somebody took part, or what kind an outcome is; others are not written."""
NAMES: Mapping[str, Property] = {each.value.replace("-", "_"): each for each in Property if each not in _UNTOLD}
"""The properties by their names in the file, such as `follow_up_of`."""


class SourceText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[source]`: how the source is described; `language` is that of its texts, `und` if they differ."""

    title: str
    language: str = "en"
    key: str = ""
    address: str = ""
    rights: str = ""


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[table]`: how the table is written.

    `separator` stands between values of one cell, where a column names none of its own; without one, a cell has one
    value, and so has any cell with a title, a partner, a number or a date. Dates with the year in front need no
    `date_order`. Rows count from 1.
    """

    delimiter: str = ","
    separator: str = ""
    date_order: Literal["", "day-first", "month-first"] = ""
    header_row: int = 1
    sheet: str = ""


class TitleRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[rules]`: whether phases and continuations are concluded from titles."""

    phases: bool = True


class MappedColumn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column by the name in its header, with what stands between its values and the language of its texts."""

    name: str
    separator: str | None = None
    language: str = ""


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping file, read: columns and constants by the property that they are about."""

    path: Path
    source: SourceText
    table: Layout
    rules: TitleRules
    columns: Mapping[Property, tuple[MappedColumn, ...]]
    constants: Mapping[Property, tuple[str, ...]]

    def key(self, file: Path) -> str:
        """Return the key of the source: as the mapping file has it, else from the name of the table's file."""
        return self.source.key or slug(file.stem)


def read_columns(path: Path) -> Columns:
    """Read the mapping file at `path`.

    Raises:
        DataError: it cannot be read, is not TOML, or has a key or a value that makes no sense; near names are told.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        reason = "it is not in UTF-8" if isinstance(error, UnicodeDecodeError) else reason
        raise DataError(f"{path} cannot be read as TOML: {reason}.", file=str(path)) from error
    _check_known(path, values, ("source", "table", "columns", "constants", "rules"), "")
    for name in ("source", "columns"):
        if name not in values:
            raise DataError(f"{path} has no table [{name}]; add it.", file=str(path))
    for name, value in values.items():
        if not isinstance(value, dict):
            raise DataError(
                f"{path}, key {name}: this is a table; write [{name}] in a line of its own.", file=str(path)
            )
    columns = {
        NAMES[key]: tuple(_column(path, f"columns.{key}", each) for each in _several(value))
        for key, value in _known_properties(path, values["columns"], "columns.").items()
    }
    constants = {
        NAMES[key]: tuple(_converted(path, f"constants.{key}", each, str) for each in _several(value))
        for key, value in _known_properties(path, values.get("constants", {}), "constants.").items()
    }
    found = Columns(
        path=path,
        source=_table(path, "source", values["source"], SourceText),
        table=_table(path, "table", values.get("table", {}), Layout),
        rules=_table(path, "rules", values.get("rules", {}), TitleRules),
        columns=columns,
        constants=constants,
    )
    for key, fault in _faults(found):
        raise DataError(f"{path}, key {key}: {fault}", file=str(path))
    return found


def _several(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _known_properties(path: Path, values: Mapping[str, object], under: str) -> Mapping[str, object]:
    _check_known(path, values, NAMES, under)
    return values


def _check_known(path: Path, values: Mapping[str, object], known: Collection[str], under: str) -> None:
    for key in values:
        if key not in known:
            near = near_names(key, known)
            advice = f"did you mean {under}{near[0]}?" if near else f"the keys are {', '.join(known)}."
            raise DataError(f"{path} has the key {under}{key}, which is not known; {advice}", file=str(path))


def _table(path: Path, name: str, values: Mapping[str, object], kind: type[_T]) -> _T:
    _check_known(path, values, kind.__struct_fields__, f"{name}.")
    table: _T = _converted(path, name, values, kind)
    return table


def _column(path: Path, name: str, value: object) -> MappedColumn:
    if isinstance(value, dict):
        return _table(path, name, value, MappedColumn)
    return MappedColumn(name=_converted(path, name, value, str))


def _converted(path: Path, name: str, value: object, kind: type[Any]) -> Any:  # noqa: ANN401 - an instance of `kind`
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, at = str(error).partition(" - at `$.")
        key = f"{name}.{at.rstrip('`')}" if at else name
        raise DataError(f"{path}, key {key}: {reason}.", file=str(path)) from error


def _faults(found: Columns) -> list[tuple[str, str]]:
    """Return what is wrong that types do not say, each as a key and a sentence."""
    source, table = found.source, found.table
    faults = []
    if not source.title.strip():
        faults.append(("source.title", "it is empty; write how the source is called."))
    languages = [("source.language", source.language)]
    languages += [
        (f"columns.{property_.replace('-', '_')}.language", column.language)
        for property_, columns in found.columns.items()
        for column in columns
        if column.language
    ]
    for key, tag in languages:
        if not _LANGUAGE.fullmatch(tag):
            faults.append((key, f"{tag!r} is not a language tag; write one such as en or fr, or und."))
    if source.key and (not _KEY.fullmatch(source.key) or source.key in TAKEN):
        faults.append(("source.key", "use small letters, digits and single hyphens, and no name with a meaning."))
    if source.address and not is_web_address(source.address):
        faults.append(("source.address", "write an address that begins with http:// or https://."))
    if len(table.delimiter) != 1 or table.delimiter in '"\r\n':
        faults.append(("table.delimiter", r'write one character, such as "," or ";" or "\t".'))
    if table.header_row < 1:
        faults.append(("table.header_row", "rows count from 1."))
    naming = (Property.NUMBER, Property.IDENTIFIER, Property.TITLE)
    if not any(property_ in found.columns for property_ in naming):
        faults.append(("columns", "name the column of at least one of number, identifier and title."))
    return faults
