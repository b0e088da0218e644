"""Tables, CSV or Excel, as records with claims: a mapping file says which column is what (`ingest.columns`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from actiongraph.countries import find_country
from actiongraph.errors import DataError
from actiongraph.ingest.claims import Claim, Property, Record, Refusal
from actiongraph.ingest.columns import Columns, MappedColumn
from actiongraph.ingest.contact_details import LEFT_OUT, without_contact_details
from actiongraph.ingest.keys import slug_with
from actiongraph.ingest.phases import TitledAction, phase_claims
from actiongraph.ingest.printed_names import ABBREVIATION, partner_names
from actiongraph.ingest.rows import CSV, SourceTable, TableRow, read_table
from actiongraph.ingest.turtle_writer import SourceDescription
from actiongraph.ingest.written_dates import ONGOING, read_date
from actiongraph.text import folded, near_names, one_line

_COLUMN, _CONSTANT = "column", "constant"
_COUNTRIES = frozenset({Property.COUNTRY, Property.EXPERTS_FROM, Property.VISITED_COUNTRY})
_DATES = frozenset({Property.START, Property.END})
_COUNTS = {Property.TEAM_COUNT: 1, Property.ACTIVITY_COUNT: 0, Property.ORDINAL: 1}
"""Whole numbers, with the least of each."""
_WHOLE = frozenset(
    {
        Property.NUMBER,
        Property.IDENTIFIER,
        Property.TITLE,
        Property.CATEGORY,
        Property.PARTNER,
        Property.PARTNER_NATIVE,
        Property.PARTNER_AS_PRINTED,
        Property.START,
        Property.END,
        Property.DESCRIBED_AS_FOLLOW_UP,
    }
    | _COUNTS.keys()
)
"""Properties whose cells are taken apart only where their own column says so: names have commas in them."""
_ORGANIZATIONS = frozenset(
    {Property.PARTNER, Property.PARTNER_NATIVE, Property.PARTNER_AS_PRINTED}
    | {each for each in Property if each.endswith("-organization")}
)
_NAMES = frozenset(
    {
        Property.NUMBER,
        Property.IDENTIFIER,
        Property.FOLLOW_UP_OF,
        Property.PARALLEL_TO,
        Property.SAME_REQUEST_AS,
        Property.PARENT,
        Property.CHILD,
        Property.SIBLING,
    }
)
"""Properties whose values name actions, and may look like telephone numbers."""
_YES, _NO = (
    frozenset({"yes", "true", "1", "x", "oui", "si", "sim", "ja"}),
    frozenset({"no", "false", "0", "non", "nao"}),
)
_LONGEST_SAID = 60


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table as records, with the description of it as a source.

    `unread` are the columns that the mapping does not name; none of what they hold is in the records.
    """

    source: SourceDescription
    records: Sequence[Record]
    unread: Sequence[str]


def records_of_table(path: Path, mapping: Columns) -> ReadTable:
    """Return the table in the file at `path`: a record for each row that is not blank.

    Raises:
        DataError: the file cannot be read, or lacks a column that the mapping names.
        SettingsError: it is a workbook, and openpyxl is missing.
    """
    layout = mapping.table
    table = read_table(path, delimiter=layout.delimiter, header_row=layout.header_row, sheet=layout.sheet)
    places = _places(path, mapping, table)
    reader = _RowReader(mapping, table, places)
    records = _with_phases([reader.record(row) for row in table.rows], mapping)
    described = mapping.source
    source = SourceDescription(
        key=mapping.key(path),
        title=described.title,
        sha256=table.sha256,
        media_type=table.media_type,
        language=described.language,
        address=described.address,
        rights=described.rights,
    )
    named = {place for found in places.values() for place, _ in found}
    return ReadTable(source, records, [name for place, name in enumerate(table.header) if place not in named and name])


_Places = Mapping[Property, Sequence[tuple[int, MappedColumn]]]


def _places(path: Path, mapping: Columns, table: SourceTable) -> _Places:
    """Return the columns of each property, with their places in a row."""
    found: dict[Property, list[tuple[int, MappedColumn]]] = {}
    for property_, columns in mapping.columns.items():
        for column in columns:
            times = table.header.count(column.name)
            if times != 1:
                near = near_names(column.name, table.header)
                advice = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(table.header)}."
                if len(table.header) == 1 and (between := re.search(r"[;\t|,]", table.header[0])):
                    advice = f"the cells seem to have {between[0]!r} between them; write it as delimiter in [table]."
                fault = "is there more than once; rename one" if times else f"is not there; {advice}"
                raise DataError(
                    f"{path}: the column {column.name!r}, which {mapping.path} names, {fault}", file=str(path)
                )
            found.setdefault(property_, []).append((table.header.index(column.name), column))
    return found


class _RowReader:
    """Makes records of rows."""

    def __init__(self, mapping: Columns, table: SourceTable, places: _Places) -> None:
        self._mapping = mapping
        self._header = table.header
        self._places = places
        self._must_be_whole = table.media_type == CSV  # a workbook does not keep the empty cells at the end of a row

    def record(self, row: TableRow) -> Record:
        """Return the record of a row: all that it claims, or why it is refused."""
        claims: list[Claim] = []
        refusals: list[Refusal] = []
        for property_ in (each for each in Property if each in self._places or each in self._mapping.constants):
            for made in self._made(property_, row):
                (claims if isinstance(made, Claim) else refusals).append(made)  # type: ignore[arg-type]
        _drop_early_end(claims, refusals)
        key = _key_of(claims)
        whole = self._fault(row, key)
        if whole:
            return Record(key or f"row-{row.row}", row.line, (), (whole,), row.row)
        return Record(key, row.line, tuple(claims), tuple(refusals), row.row)

    def _fault(self, row: TableRow, key: str) -> Refusal | None:
        """Return why the whole row is refused, if it is."""
        cells, columns = len(row.cells), len(self._header)
        is_surplus = any(cell.strip() for cell in row.cells[columns:])
        if is_surplus or (cells < columns and self._must_be_whole):
            reason = f"It has {cells} cells and the header {columns}, so that values may stand in wrong columns."
            return Refusal("ragged-row", reason, is_whole=True)
        if not key:
            return Refusal("no-name", "It has no number, no identifier and no title.", is_whole=True)
        return None

    def _made(self, property_: Property, row: TableRow) -> Iterator[Claim | Refusal]:
        for place, column in self._places.get(property_, ()):
            if place in row.faults:
                yield Refusal("no-value", f"The cell of {column.name!r} {row.faults[place]}.")
                continue
            cell = row.cells[place] if place < len(row.cells) else ""
            shared = "" if property_ in _WHOLE else self._mapping.table.separator
            separator = shared if column.separator is None else column.separator
            for text in cell.split(separator) if separator else [cell]:
                value = one_line(text)
                clean = value if property_ in _NAMES else without_contact_details(value)
                if clean != value:
                    what = "an e-mail address, a telephone number or a person's name"
                    yield Refusal("personal-data", f"The cell of {column.name!r} has {what}, which is left out.")
                if clean and not (LEFT_OUT in clean and (clean == LEFT_OUT or property_ in _ORGANIZATIONS)):
                    yield from self._claims(property_, clean, _COLUMN, column.language)
        for value in self._mapping.constants.get(property_, ()):
            yield from self._claims(property_, one_line(value), _CONSTANT, "")

    def _claims(self, property_: Property, value: str, rule: str, language: str) -> Iterator[Claim | Refusal]:
        """Yield what a value claims about a property, or why it claims nothing."""
        if property_ in _COUNTRIES:
            code = find_country(value)
            yield Claim(property_, code, rule) if code else _refusal("unknown-country", value, "names no country")
        elif property_ in _DATES:
            yield from self._date(property_, value, rule)
        elif property_ in _COUNTS:
            is_count = value.isascii() and value.isdecimal() and int(value) >= _COUNTS[property_]
            least = f"is no whole number from {_COUNTS[property_]}"
            yield Claim(property_, str(int(value)), rule) if is_count else _refusal("no-count", value, least)
        elif property_ is Property.DESCRIBED_AS_FOLLOW_UP:
            if folded(value) in _YES:
                yield Claim(property_, "true", rule)
            elif folded(value) not in _NO:
                yield _refusal("no-yes-or-no", value, "is neither yes nor no")
        elif property_ is Property.PARTNER:
            yield from _partner(value, rule, language)
        elif property_ is Property.PARTNER_ABBREVIATION and not ABBREVIATION.fullmatch(value):
            yield _refusal("no-abbreviation", value, "is no abbreviation")
        else:
            yield Claim(property_, value, rule, language=language)

    def _date(self, property_: Property, value: str, rule: str) -> Iterator[Claim | Refusal]:
        if property_ is Property.END and folded(value) in ONGOING:
            return
        try:
            yield Claim(property_, read_date(value, self._mapping.table.date_order), rule)
        except ValueError as error:
            yield _refusal("no-date", value, str(error))


def _said(value: str) -> str:
    return repr(value if len(value) <= _LONGEST_SAID else value[: _LONGEST_SAID - 1] + "…")


def _refusal(rule: str, value: str, why: str) -> Refusal:
    return Refusal(rule, f"{_said(value)} {why}.")


def _partner(value: str, rule: str, language: str) -> Iterator[Claim]:
    """Yield what a partner's cell says: its name, its name in its own language, its short form, and all as printed."""
    names = partner_names(value)
    yield Claim(Property.PARTNER, names.name or value, rule, language=language)
    if names.native and names.native != names.name:
        yield Claim(Property.PARTNER_NATIVE, names.native, rule)
    if names.abbreviation:
        yield Claim(Property.PARTNER_ABBREVIATION, names.abbreviation, rule)
    yield Claim(Property.PARTNER_AS_PRINTED, value, rule)


def _values(claims: Sequence[Claim], *properties: Property) -> list[str]:
    return [claim.value for claim in claims if claim.property in properties and claim.rule == _COLUMN]


def _key_of(claims: Sequence[Claim]) -> str:
    """Return the key of a row: its number or its identifier, else made from title, partner and country; empty if none.

    What is made from a title always has a digest, so that no other row can change it.
    """
    if named := _values(claims, Property.NUMBER) or _values(claims, Property.IDENTIFIER):
        return named[0]
    titles = _values(claims, Property.TITLE)
    if not titles:
        return ""
    partners, countries = _values(claims, Property.PARTNER), _values(claims, Property.COUNTRY)
    return slug_with(titles[0], *sorted(map(folded, partners)), *sorted(countries))


def _drop_early_end(claims: list[Claim], refusals: list[Refusal]) -> None:
    """Refuse an end that is before the start, as far as both are known."""
    starts, ends = _values(claims, Property.START), _values(claims, Property.END)
    for end in ends if starts else ():
        known = min(len(end), len(starts[0]))
        if end[:known] < starts[0][:known]:
            claims[:] = [claim for claim in claims if (claim.property, claim.value) != (Property.END, end)]
            refusals.append(_refusal("ends-before-start", end, f"is before the start, {starts[0]}"))


def _with_phases(records: Sequence[Record], mapping: Columns) -> Sequence[Record]:
    """Return `records` with what their titles let conclude, but for those whose follow-up a column states."""
    if not mapping.rules.phases:
        return records
    titled = {record.key: record for record in reversed(records) if _values(record.claims, Property.TITLE)}
    concluded = phase_claims([_titled(record) for record in reversed(titled.values())])
    return [
        replace(record, claims=(*record.claims, concluded[record.key]))
        if record.key in concluded and not _values(record.claims, Property.FOLLOW_UP_OF)
        else record
        for record in records
    ]


def _titled(record: Record) -> TitledAction:
    claims = record.claims
    [start, *_] = _values(claims, Property.START) or [""]
    [end, *_] = _values(claims, Property.END) or [""]
    return TitledAction(
        key=record.key,
        name=record.key,
        title=_values(claims, Property.TITLE)[0],
        countries=_values(claims, Property.COUNTRY),
        start=start,
        end=end,
        parents=_values(claims, Property.PARENT),
    )
