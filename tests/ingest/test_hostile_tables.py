"""Files that are made to hurt: each is an error in one sentence, before it costs memory or time."""

from __future__ import annotations

import io
import resource
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actiongraph.errors import DataError, DataSyntaxError, SettingsError
from actiongraph.ingest import rows
from actiongraph.ingest.rows import read_table

pytestmark = pytest.mark.long("large")

openpyxl = pytest.importorskip("openpyxl", reason="pip install 'actiongraph[excel]'")
MAPPING = (Path(__file__).parent / "wells.toml").read_text("utf-8")
COLUMNS = ("No.", "Title", "Country", "Partner", "From", "To", "Experts", "Follows", "Part of")


def workbook(*rows: tuple[object, ...], change: Callable[[dict[str, bytes]], None] = lambda _: None) -> bytes:
    """Return a workbook with the header and `rows`, whose parts may be changed before they are packed."""
    book = openpyxl.Workbook()
    for row in (COLUMNS, *rows):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    with zipfile.ZipFile(content) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    return packed_from(parts)


def packed_from(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return content.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_is_read_as_a_table(read):
    written = [("W-1", "Wells", "Togo", None, date(2019, 3, 4), datetime(2020, 1, 2)), (2, None, "GH", None, 2021)]
    found = read(workbook(*written), name="wells.xlsx")
    assert [[(claim.property.value, claim.value) for claim in record.claims] for record in found.records] == [
        [("number", "W-1"), ("title", "Wells"), ("country", "TGO"), ("start", "2019-03-04"), ("end", "2020-01-02")],
        [("number", "2"), ("country", "GHA"), ("start", "2021")],
    ]
    assert found.source.media_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert [(record.line, record.row) for record in found.records] == [(2, 2), (3, 3)]


def test_a_formula_and_an_error_have_no_value(read):
    found = read(workbook(("W-1", '=HYPERLINK("http://x")', "#REF!"), ("=1+1", "Wells")), name="wells.xlsx")
    [first, second] = found.records
    assert [(refusal.rule, refusal.reason) for refusal in first.refusals] == [
        ("no-value", "The cell of 'Title' is a formula, of which nobody has typed the value; paste the values."),
        ("no-value", "The cell of 'Country' has the error #REF!."),
    ]
    assert [claim.value for claim in first.claims] == ["W-1"]
    assert [refusal.rule for refusal in second.refusals] == ["no-value"]


def test_a_sheet_is_named_or_the_first(read):
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("Projects")
    sheet.append(COLUMNS)
    sheet.append(["W-1"])
    content = io.BytesIO()
    book.save(content)
    found = read(content.getvalue(), MAPPING.replace("[columns]", 'sheet = "Projects"\n[columns]'), "wells.xlsx")
    assert [record.key for record in found.records] == ["W-1"]
    with pytest.raises(DataError, match="has no sheet 'Project'; it has Projects"):
        read(content.getvalue(), MAPPING.replace("[columns]", 'sheet = "Project"\n[columns]'), "wells.xlsx")


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_not_opened(read):
    def grow(parts: dict[str, bytes]) -> None:
        parts["xl/media/image.xml"] = b" " * 20 * 1024**2

    with pytest.raises(DataError, match=r"unpacks [\d,]+ bytes to 20,\d{3},\d{3}, which no workbook of a table does"):
        read(workbook(change=grow), name="wells.xlsx")


def test_a_workbook_that_says_it_unpacks_to_too_much_is_not_opened(read):
    content = bytearray(workbook(("W-1",)))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 300 * 1024**2)
    with pytest.raises(DataError, match="which no workbook of a table does"):
        read(bytes(content), name="wells.xlsx")


def test_a_workbook_that_unpacks_to_more_than_a_table_may_have_is_not_opened_however_it_is_packed(read, monkeypatch):
    content = workbook(("W-1",))
    monkeypatch.setattr(rows, "_LARGEST_BYTES", len(content) + 100)
    with pytest.raises(DataError, match="which no workbook of a table does"):
        read(content, name="wells.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_entities_is_not_opened(read, encoding):
    bomb = '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '"><!ENTITY c "&b;&b;&b;&b;">]><worksheet>&c;</worksheet>'

    def change(parts: dict[str, bytes]) -> None:
        parts[SHEET] = bomb.encode(encoding)

    with pytest.raises(DataError, match=r"has a DOCTYPE in its part 'xl/worksheets/sheet1\.xml'"):
        read(workbook(change=change), name="wells.xlsx")


def far_cells(rows: range) -> Callable[[dict[str, bytes]], None]:
    """Return a change that adds a cell in the last column of a sheet to each of `rows`."""

    def change(parts: dict[str, bytes]) -> None:
        cell = '<row r="{0}"><c r="XFD{0}" t="inlineStr"><is><t>x</t></is></c></row>'
        added = "".join(cell.format(row) for row in rows).encode()
        parts[SHEET] = parts[SHEET].replace(b"</sheetData>", added + b"</sheetData>")

    return change


def test_a_sheet_with_a_cell_far_out_in_every_row_is_given_up(read, monkeypatch):
    monkeypatch.setattr(rows, "_MOST_CELLS", 20 * 16_384)
    with pytest.raises(DataError, match="row 21: there are more than 327,680 cells"):
        read(workbook(change=far_cells(range(2, 100))), name="wells.xlsx")


def test_a_cell_far_out_is_no_burden_and_not_lost_without_a_word(read):
    found = read(workbook(change=far_cells(range(50_000, 50_001))), name="wells.xlsx")
    assert [(record.line, [each.rule for each in record.refusals]) for record in found.records] == [
        (50_000, ["ragged-row"])
    ]


@pytest.mark.parametrize("name", ["wells.xls", "wells.ods"])
def test_other_workbooks_are_told_what_to_become(read, name):
    with pytest.raises(DataError, match=r"files are not read; save the table as \.xlsx or as CSV"):
        read(b"\xd0\xcf\x11\xe0", name=name)


def test_without_openpyxl_the_line_to_install_it_is_told(read, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(SettingsError, match=r"pip install 'actiongraph\[excel\]'"):
        read(workbook(), name="wells.xlsx")


def test_a_line_of_100_mb_is_refused_after_its_first_megabyte(tmp_path: Path):
    path = tmp_path / "wells.csv"
    with path.open("wb") as file:
        file.write(b"No.,Title\nA,")
        file.truncate(100 * 1024**2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataSyntaxError, match="line 2: the line is longer than 1,048,576 bytes, so this is no table"):
        read_table(path)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 20_000


def test_a_file_of_more_than_a_quarter_gigabyte_is_not_read(tmp_path: Path):
    path = tmp_path / "wells.csv"
    with path.open("wb") as file:
        file.truncate(256 * 1024**2 + 1)
    with pytest.raises(DataError, match="is larger than 268,435,456 bytes; split the table"):
        read_table(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_an_error_of_the_data(tmp_path: Path, content):
    path = tmp_path / "any.csv"
    path.write_bytes(b"No.,Title\n" + content)
    try:
        found = read_table(path)
    except DataError:
        return
    assert found.header == ["No.", "Title"]


WORKBOOK = workbook(("W-1", "Wells", "Togo"), ("W-2", "Wells", "Ghana"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.data())
def test_a_damaged_workbook_is_a_table_or_an_error_of_the_data(tmp_path: Path, data):
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    at = data.draw(st.integers(0, len(parts[name]) - 1))
    junk = data.draw(st.sampled_from([b"", b"<", b'"', b"\0", b"-1", b"99999999999", b"</row>"]))
    parts[name] = parts[name][:at] + junk + parts[name][at + data.draw(st.integers(0, 20)) :]
    path = tmp_path / "any.xlsx"
    path.write_bytes(packed_from(parts))
    try:
        read_table(path)
    except DataError:
        return
