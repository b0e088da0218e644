"""The tables as a package of CSV files with metadata about their columns.

Source: RFC 4180 for the files; Model for Tabular Data and Metadata on the Web, and Metadata Vocabulary for Tabular
Data, W3C Recommendations of 17 December 2015, for `csv-metadata.json`.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rdflib import DCTERMS, SKOS

from actiongraph.engine.nquads import WrittenTerm
from actiongraph.release.lines import Lines
from actiongraph.release.tables import ANYWHERE, SELF, TABLES, VOCABULARY, Column, CsvRow, CsvTable
from actiongraph.text import language_rank
from actiongraph.vocabulary import AG, CONCEPT

METADATA = "csv-metadata.json"
_BETWEEN_KEYS, _BETWEEN_TEXTS = ";", "\n"
_TABLES = {table.name: table for table in TABLES}
_START_OF_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of a file: its name, its description in the metadata, and a function from a row to the cell."""

    name: str
    described: dict[str, object]
    cell: Callable[[CsvRow], str]


def write_package(path: Path, lines: Lines, base: str, languages: Sequence[str]) -> None:
    """Write the tables of the dataset `lines`, whose things are named under `base`, and their metadata to `path`.

    Names of things are shown in the first of `languages` that they have.

    The same dataset gives the same bytes.
    """
    package = _Package(lines, base, languages)
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        described = []
        for table in filter(package.has, TABLES):
            fields = package.fields(table)
            with archive.open(_entry(f"{table.name}.csv"), "w", force_zip64=True) as file:
                written = io.TextIOWrapper(file, "utf-8", newline="")
                writer = csv.writer(written)
                writer.writerow(field.name for field in fields)
                for row in table.rows(lines, table.prefix(base)):
                    writer.writerow([field.cell(row) for field in fields])
                written.flush()
            described.append(_describe(table, fields, base))
        group = {"@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}], "@type": "TableGroup"}
        with archive.open(_entry(METADATA), "w") as file:
            file.write((json.dumps(group | {"tables": described}, ensure_ascii=False, indent=2) + "\n").encode())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _START_OF_ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry


def _describe(table: CsvTable, fields: Sequence[_Field], base: str) -> dict[str, object]:
    about = table.columns[0].name
    schema: dict[str, object] = {
        "columns": [field.described for field in fields],
        "primaryKey": list(table.key) or [about],
        "aboutUrl": f"{table.prefix(base)}{{+{about}}}",
    }
    foreign = [
        {
            "columnReference": [column.name],
            "reference": {"resource": f"{column.to}.csv", "columnReference": [_TABLES[column.to].columns[0].name]},
        }
        for column in table.columns
        if column.to in _TABLES and not column.many and not column.is_name and column.predicate != SELF
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    return {"url": f"{table.name}.csv", "dc:title": table.name, "dc:description": table.says, "tableSchema": schema}


class _Package:
    """Makes columns of files from the columns of tables; some depend on the languages that there are."""

    def __init__(self, lines: Lines, base: str, order: Sequence[str]) -> None:
        self._order = order
        self._lines = lines
        self._base = base
        self._names: dict[str, str] = {}

    def has(self, table: CsvTable) -> bool:
        """Tell whether the table is written: that of own code lists only where there are any."""
        prefix = table.prefix(self._base)
        return not table.is_of_own_lists or (prefix != str(CONCEPT) and any(self._lines.things(prefix)))

    def fields(self, table: CsvTable) -> list[_Field]:
        texts = self._base + table.texts if table.texts else table.prefix(self._base)
        fields = []
        for column in table.columns:
            if not column.by_language:
                fields.append(_Field(column.name, self._describe(column, column.name), self._cell(column)))
                continue
            for language in sorted(self._lines.languages(texts, column.predicate)):
                name = f"{column.name}_{language or 'und'}".replace("-", "_")
                described = self._describe(column, name) | ({"lang": language} if language else {})
                fields.append(_Field(name, described, self._cell(column, language)))
        return fields

    def _describe(self, column: Column, name: str) -> dict[str, object]:
        is_thing = column.to is not None and not column.is_name
        suppressed = column.is_suppressed or column.is_name or (is_thing and column.many)
        described: dict[str, object] = {
            "name": name,
            "titles": name,
            "dc:description": column.says,
            "datatype": "anyURI" if column.to == ANYWHERE else column.datatype,
        }
        if not suppressed:
            described["propertyUrl"] = column.property_url or column.predicate
        if is_thing and not column.many and not suppressed:
            described["valueUrl"] = f"{self._prefix(column)}{{+{name}}}"
        if column.many:
            described["separator"] = _BETWEEN_KEYS if is_thing else _BETWEEN_TEXTS
        if suppressed:
            described["suppressOutput"] = True
        return described

    def _prefix(self, column: Column) -> str:
        if column.to == VOCABULARY:
            return str(AG)
        return _TABLES[column.to].prefix(self._base) if column.to else ""

    def _cell(self, column: Column, language: str | None = None) -> Callable[[CsvRow], str]:
        predicate = str(column.predicate)  # a term of rdflib equals no string
        if column.is_name:
            return lambda row: _BETWEEN_TEXTS.join([self._name(term) for term in row.get(predicate, ())])
        if column.to is not None:
            prefix = self._prefix(column)
            return lambda row: _BETWEEN_KEYS.join([term.value.removeprefix(prefix) for term in row.get(predicate, ())])
        if language is None:
            return lambda row: _joined(row[predicate]) if predicate in row else ""
        return lambda row: _joined([term for term in row.get(predicate, ()) if (term.language or "") == language])

    def _name(self, thing: WrittenTerm) -> str:
        """Return the name of the thing in the first language that it has one in; else its IRI."""
        if thing.value not in self._names:
            values = self._lines.about(thing)
            names = [*values.get(str(SKOS.prefLabel), ()), *values.get(str(DCTERMS.title), ())]
            names.sort(key=lambda name: language_rank(name.language or "", self._order))
            self._names[thing.value] = _one_line(names[0].value) if names else thing.value
        return self._names[thing.value]


def _joined(texts: Sequence[WrittenTerm]) -> str:
    if len(texts) == 1:
        return texts[0].value
    return _BETWEEN_TEXTS.join([_one_line(text.value) for text in texts])


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))
