"""Tables as records: what a cell claims, what is refused and why."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from actiongraph.errors import DataError, DataSyntaxError
from actiongraph.ingest.claims import Basis, Property
from actiongraph.ingest.columns import read_columns
from actiongraph.ingest.table import ReadTable
from actiongraph.ingest.written_dates import read_date

MAPPING = (Path(__file__).parent / "wells.toml").read_text("utf-8")
HEADER = "No.,Title,Country,Partner,From,To,Experts,Follows,Part of\n"


def claims(found: ReadTable, at: int = 0) -> list[tuple[str, str]]:
    return [(claim.property.value, claim.value) for claim in found.records[at].claims]


def refusals(found: ReadTable) -> list[tuple[int, str, bool]]:
    return [(record.line, refusal.rule, refusal.is_whole) for record in found.records for refusal in record.refusals]


def test_a_row_claims_what_its_cells_say(read):
    partner = '"Water Office [Office des eaux] (WO)"'
    row = f'W-010,"A plan\nfor Kara",Togo|GH,{partner},03/2019,Ongoing,Irlande|Côte d\u2019Ivoire|NL,,W-001\n'
    found = read(HEADER + row)
    assert claims(found) == [
        ("number", "W-010"),
        ("title", "A plan for Kara"),
        ("partner", "Water Office"),
        ("partner-native", "Office des eaux"),
        ("partner-abbreviation", "WO"),
        ("partner-as-printed", "Water Office [Office des eaux] (WO)"),
        ("country", "TGO"),
        ("country", "GHA"),
        ("start", "2019-03"),
        ("experts-from", "IRL"),
        ("experts-from", "CIV"),
        ("experts-from", "NLD"),
        ("parent", "W-001"),
    ]
    assert {claim.basis for claim in found.records[0].claims} == {Basis.STATED}
    assert (found.records[0].key, found.records[0].line, found.records[0].row) == ("W-010", 2, 2)
    assert found.source.sha256 == hashlib.sha256((HEADER + row).encode()).hexdigest()
    assert (found.source.key, found.source.title, found.source.media_type) == ("wells", "List of wells", "text/csv")


def test_lines_and_rows_are_counted_apart(read):
    found = read(HEADER + 'A,"one\n\ntwo",,,,,,,\n\nB,x,,,,,,,\n')
    assert [(record.key, record.line, record.row) for record in found.records] == [("A", 2, 2), ("B", 6, 4)]


def test_columns_without_a_meaning_are_named(read):
    found = read(HEADER.replace("\n", ",Budget,Remark\n") + "A,,,,,,,,,5,\n")
    assert found.unread == ["Budget", "Remark"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_either_end_of_line_change_nothing(read, mark, end):
    found = read(mark + (HEADER + "Ä-1,Wélls,,,,,,,\n").replace("\n", end).encode())
    assert claims(found) == [("number", "Ä-1"), ("title", "Wélls")]


@pytest.mark.parametrize(
    ("cell", "name", "native", "short"),
    [
        (
            "Ministry of the Interior [Ministerio del Interior",
            "Ministry of the Interior",
            "Ministerio del Interior",
            "",
        ),
        ("Ministry of Social Development (MoSD)", "Ministry of Social Development", "", "MoSD"),
        ("Tourism Board (South)", "Tourism Board (South)", "", ""),
        ("[Ministerio de Salud]", "Ministerio de Salud", "", ""),
        ("Instituto Social (IPES), Bogota", "Instituto Social (IPES), Bogota", "", ""),
        ("National Council (NSPC) / Ministry", "National Council (NSPC) / Ministry", "", ""),
    ],
)
def test_a_partner_is_read_as_pages_print_it(read, cell, name, native, short):
    found = read(HEADER + f'A,,,"{cell}",,,,,\n')
    parts = [("partner", name), ("partner-native", native), ("partner-abbreviation", short)]
    assert claims(found) == [("number", "A"), *filter(lambda part: part[1], parts), ("partner-as-printed", cell)]


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2019", "", "2019"),
        ("2019-03", "", "2019-03"),
        ("2019-03-04", "", "2019-03-04"),
        ("2019/3/4", "", "2019-03-04"),
        ("2019-03-04T00:00:00Z", "", "2019-03-04"),
        ("04/03/2019", "day-first", "2019-03-04"),
        ("04/03/2019", "month-first", "2019-04-03"),
        ("28-10-2022", "", "2022-10-28"),
        ("10.28.2022", "", "2022-10-28"),
        ("05/05/2021", "", "2021-05-05"),
        ("06/2015", "", "2015-06"),
        ("jun-2015", "", "2015-06"),
        ("Juin 2015", "", "2015-06"),
        ("12 de junio de 2015", "", "2015-06-12"),
        ("3rd March 2019", "", "2019-03-03"),
        ("1er août 2019", "", "2019-08-01"),
        ("5. März 2019", "", "2019-03-05"),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(text, order, expected):
    assert read_date(text, order) == expected


@pytest.mark.parametrize(
    ("text", "order", "why"),
    [
        ("04/03/2019", "", "could have the day or the month first"),
        ("31/02/2022", "day-first", "does not exist"),
        ("28/13/2022", "day-first", "does not exist"),
        ("13/28/2022", "day-first", "does not exist"),
        ("2016-2020", "", "not written as a date"),
        ("26/02/2018 (activity 1)", "day-first", "not written as a date"),
        ("spring 2019", "", "not written as a date"),
        ("0000", "", "does not exist"),
        ("1900-01-01", "", "stands for a date that is not known"),
        ("31/12/9999", "day-first", "stands for a date that is not known"),
    ],
)
def test_what_is_no_date_or_could_be_two_is_none(text, order, why):
    with pytest.raises(ValueError, match=why):
        read_date(text, order)


def test_parts_that_cannot_be_taken_are_refused_and_the_rest_stays(read):
    found = read(HEADER + "A,Wells,Togo|Atlantis,,31/02/2022,2021,,,\nB,,,,2022,2021-05,,,\n")
    assert refusals(found) == [(2, "unknown-country", False), (2, "no-date", False), (3, "ends-before-start", False)]
    assert claims(found) == [("number", "A"), ("title", "Wells"), ("country", "TGO"), ("end", "2021")]
    assert claims(found, 1) == [("number", "B"), ("start", "2022")]
    assert [each.reason for each in found.records[0].refusals] == [
        "'Atlantis' names no country.",
        "'31/02/2022' is a date that does not exist.",
    ]


def test_no_person_is_taken_from_a_cell(read):
    found = read(
        HEADER + "W-1,Plan by Dr Zoe Quill (z@quill.example),Ms Quill,Office of Ms Zoe Quill,,,,,\n"
        ",Call Mr Yann Quill at +228 22 21 20 19,,,,,,,0022821202122\n"
    )
    assert "Quill" not in repr(found.records)
    assert "quill" not in repr(found.records)
    assert "2120" not in repr(found.records).replace("0022821202122", "")
    assert claims(found) == [("number", "W-1"), ("title", "Plan by […] ([…])")]
    assert claims(found, 1) == [("title", "Call […] at […]"), ("parent", "0022821202122")]
    assert refusals(found) == [(2, "personal-data", False)] * 3 + [(3, "personal-data", False)]


def test_rows_that_are_ragged_or_nameless_are_refused_whole(read):
    found = read(HEADER + "A,x,,,,,,,\nB,x,,\nC,x,,,,,,,,surplus\nD,x,,,,,,,,\n,,Togo,,,,,,\nA,y,,,,,,,\n,,,,,,,,\n")
    assert refusals(found) == [
        (3, "ragged-row", True),
        (4, "ragged-row", True),
        (6, "no-name", True),
    ]
    assert [record.key for record in found.records if record.claims] == ["A", "D", "A"]


def test_without_a_number_the_key_is_made_from_title_partner_and_country_alone(read):
    rows = [
        ",Wells for all,Togo,Office,2019,,,,\n",
        ",Wells for all,Ghana,Office,,,,,\n",
        ",Wells  for ALL,TG,Office,,,,,\n",
    ]
    found = read(HEADER + "".join(rows))
    keys = [record.key for record in found.records]
    assert len(set(keys)) == 2
    assert all(key.startswith("wells-for-all-") for key in keys)
    assert refusals(found) == []
    assert [record.key for record in read(HEADER + rows[1]).records] == [keys[1]]


def test_phases_are_concluded_from_titles_but_for_what_a_column_states(read):
    rows = "A,Wells for all,,,,,,,\nB,Wells for all - phase II,,,,,,,\n"
    found = read(HEADER + rows + "C,Wells for all - phase III,,,,,,A,\n")
    [link] = [claim for claim in found.records[1].claims if claim.property is Property.FOLLOW_UP_OF]
    assert (link.value, link.basis, link.rule) == ("A", Basis.INFERRED, "title-phase")
    [link] = [claim for claim in found.records[2].claims if claim.property is Property.FOLLOW_UP_OF]
    assert (link.value, link.basis) == ("A", Basis.STATED)
    off = read(HEADER + rows, MAPPING + "\n[rules]\nphases = false\n")
    assert not [claim for claim in off.records[1].claims if claim.basis is Basis.INFERRED]


def test_constants_separators_and_languages_of_columns(read):
    mapping = """
    [source]
    title = "List"
    language = "fr"
    key = "my-list"
    address = "https://example.org/list"
    [table]
    delimiter = ";"
    header_row = 2
    [columns]
    identifier = "Id"
    title = [{ name = "Titre" }, { name = "Title", language = "en" }]
    country = { name = "Pays", separator = " et " }
    described_as_follow_up = "Suite"
    team_count = "Teams"
    [constants]
    assistance_type = "training"
    country = "Mali"
    """
    found = read("Ministère\nId;Titre;Title;Pays;Suite;Teams\n7;Puits;Wells;Togo et Bénin;oui;two\n", mapping)
    record = found.records[0]
    assert [(claim.property.value, claim.value, claim.language, claim.rule) for claim in record.claims] == [
        ("identifier", "7", "", "column"),
        ("title", "Puits", "", "column"),
        ("title", "Wells", "en", "column"),
        ("country", "TGO", "", "column"),
        ("country", "BEN", "", "column"),
        ("country", "MLI", "", "constant"),
        ("assistance-type", "training", "", "constant"),
        ("described-as-follow-up", "true", "", "column"),
    ]
    assert [each.rule for each in record.refusals] == ["no-count"]
    assert (found.source.key, found.source.language, found.source.address) == (
        "my-list",
        "fr",
        "https://example.org/list",
    )


def test_the_shared_separator_takes_no_title_and_no_partner_apart(read):
    mapping = MAPPING.replace('separator = "|"', 'separator = ", "')
    row = 'A,"Wells, pumps",Togo,"Ministry of Water, Roads and Ports",2019,,"Spain, Italy",,"B, C"\n'
    assert claims(read(HEADER + row, mapping))[1:] == [
        ("title", "Wells, pumps"),
        ("partner", "Ministry of Water, Roads and Ports"),
        ("partner-as-printed", "Ministry of Water, Roads and Ports"),
        ("country", "TGO"),
        ("start", "2019"),
        ("experts-from", "ESP"),
        ("experts-from", "ITA"),
        ("parent", "B"),
        ("parent", "C"),
    ]
    own = mapping.replace('partner = "Partner"', 'partner = { name = "Partner", separator = ";" }')
    found = claims(read(HEADER + "A,,,Water Office;Road Office,,,,,\n", own))
    assert [value for property_, value in found if property_ == "partner"] == ["Water Office", "Road Office"]


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ('title = "List of wells"', 'titel = "List"', r"the key source\.titel, .*; did you mean source\.title"),
        ("[table]", "[tabel]", r"the key tabel, which is not known; did you mean table\?"),
        ("country =", "contry =", r"the key columns\.contry, which is not known; did you mean columns\.country\?"),
        ('separator = "|"', 'header_row = "2"', r"key table\.header_row: Expected `int`"),
        ('date_order = "day-first"', 'date_order = "dmy"', r"key table\.date_order: Invalid enum value 'dmy'"),
        ('date_order = "day-first"', 'delimiter = ";;"', r"key table\.delimiter: write one character"),
        ('date_order = "day-first"', "header_row = 0", r"key table\.header_row: rows count from 1"),
        ('title = "List of wells"', 'title = " "', r"key source\.title: it is empty"),
        ('title = "List of wells"', 'title = "x"\nlanguage = "english"', "'english' is not a language tag"),
        ('title = "List of wells"', 'title = "x"\nkey = "reference"', r"key source\.key: use small letters"),
        ('title = "List of wells"', 'title = "x"\naddress = "ftp://a"', r"key source\.address: write an address"),
        ('number = "No."\ntitle = "Title"', "", "key columns: name the column of at least one of number"),
        ("[columns]", "[columns", "cannot be read as TOML"),
        ('partner = "Partner"', "partner = 7", r"key columns\.partner: Expected `str`, got `int`"),
        ('partner = "Partner"', 'partner = { nme = "x" }', r"columns\.partner\.nme, which is not known; did you mean"),
        ("[source]", "source = 1\n[other]", "the key other, which is not known"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_mapping_is_told_with_what_was_meant(read, wrong, right, message):
    assert wrong in MAPPING
    with pytest.raises(DataError, match=message):
        read(HEADER, MAPPING.replace(wrong, right))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("Partner", "Partners"), "'Partner', which .* names, is not there; did you mean 'Partners'"),
        (HEADER.replace("Partner", "Title"), "the column 'Title', which .* names, is there more than once"),
        ("\n" + HEADER, "has no header in row 1"),
        ("", "has no header in row 1"),
    ],
)  # fmt: skip
def test_a_header_that_is_not_as_the_mapping_says_is_an_error(read, header, message):
    with pytest.raises(DataError, match=message):
        read(header)


def test_another_delimiter_than_the_mapping_has_is_told(read):
    with pytest.raises(DataError, match=r"cells seem to have ';' between them; write it as delimiter in \[table\]"):
        read(HEADER.replace(",", ";"))


def test_a_mapping_in_another_encoding_is_told_in_words(read, tmp_path):
    (tmp_path / "latin.toml").write_bytes(MAPPING.replace("wells", "forêt").encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.toml cannot be read as TOML: it is not in UTF-8\."):
        read_columns(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (HEADER.encode() + b"A,W\0lls,,,,,,,\n", 2, "there is a NUL byte"),
        (HEADER.encode() + b"A,x,,,,,,,\nB,Soci\xe9t\xe9,,,,,,,\n", 3, "byte 0xe9 at place 7 is not UTF-8; save the"),
        (HEADER.encode("utf-16"), 1, "the file is in UTF-16"),
        (b"PK\x03\x04rest", 1, "this is a packed file and no CSV"),
        (HEADER.encode() + b'A,x,,,,,,,\nB,"Wells,,,,\nC,x,,,,,,,\n', 3, "a quotation mark in the row that begins"),
        (HEADER.encode() + b'A,"x"y,,,,,,,\n', 2, "this is not CSV"),
        (HEADER.encode() + b'A,"' + b"x" * 140_000 + b'",,,,,,,\n', 2, "a cell that begins here is too long"),
    ],
)  # fmt: skip
def test_what_is_no_csv_in_utf_8_is_told_with_its_line(read, content, line, message):
    with pytest.raises(DataSyntaxError, match=f"line {line}: {message}") as raised:
        read(content)
    assert raised.value.line == line
