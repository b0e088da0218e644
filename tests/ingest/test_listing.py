"""Parts of a listing, one by one, and pages that nobody should have made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actiongraph.errors import DataError, SettingsError
from actiongraph.ingest.claims import Property, Record
from actiongraph.ingest.contact_details import PERSONAL
from actiongraph.ingest.listings import ListingTerms, read_listing, title_of
from actiongraph.ingest.pages import Page, page_of_html, read_page

TYPES = ListingTerms(["Capacity building", "Institutional capacity building", "Training (short)", "Policy drafting"])
ENTRY = "• Wells {}\n  Code\n  {}\n  Partner Institution\n  {}\n  Type of Assistance\n  {}\n  Some text.\n"


FRAGMENTS = st.sampled_from(
    [
        "• ", "-\n", "\n", "  ", "Title", "Code", "Code: ", "2014-12", "Start activities\n", "31/02/2021", "Spain",
        "Partner Institution\n", "Ministry of ", "[", "]", "(", ")", "MoH", "Policy drafting", "Experts from ", " and ",
        "Greek ", "Georgia", "State of ", "Ms ", "Ama", "a@b.example", "+41 22 000 00 00", "visited ", "in ", "Lima",
        "The second cooperation with ", "Follow-up action from ", "led to ", "drafted a manual", ". ", ", ", "<li>",
        "<h2>",
        "<p>", "&#xD800;", "\u202e", "é", "مكتب", "\r", "\ue000", "\x1f",
        "TAPIS 2017-38 ARMENIA, ACT. 1 (26/02 \u2013 09/03/2018)",
        "three teams of experts",
    ]
)  # fmt: skip


def read(text: str) -> list[Record]:
    return read_listing(Page(text), TYPES)


def values(record: Record, name: Property) -> list[str]:
    return [claim.value for claim in record.claims if claim.property is name]


def entry(
    *, title: str = "", code: str = "2019-01", partner: str = "Water Office", type_: str = "Policy drafting"
) -> Record:
    (record,) = read(ENTRY.format(title, code, partner, type_))
    return record


@pytest.mark.parametrize(
    ("printed", "parts"),
    [
        ("Water Office [Office des eaux] (OE)", ("Water Office", "Office des eaux", "OE")),
        ("Water Office (WO) [Office des eaux]", ("Water Office", "Office des eaux", "WO")),
        ("Office des eaux [Office of the Waters] (OE)", ("Office of the Waters", "Office des eaux", "OE")),
        ("Water Office [Office des eaux", ("Water Office", "Office des eaux", "")),
        ("Water Office (WO", ("Water Office", "", "WO")),
        ("Water Office", ("Water Office", "", "")),
        ("Water Office (formerly of the town)", ("Water Office (formerly of the town)", "", "")),
        ("[Office des eaux]", ("Office des eaux", "", "")),
        ("Pension Fund [Fonds national [des] pensions] (PF)", ("Pension Fund", "Fonds national [des] pensions", "PF")),
        ("Water Office [Office des eaux (OE)", ("Water Office", "Office des eaux", "OE")),
        ("Water Office (WO [Office des eaux]", ("Water Office", "Office des eaux", "WO")),
        ("Water Office [Office (des eaux)] (WO)", ("Water Office", "Office (des eaux)", "WO")),
        ("Water Office [\u200fمكتب المياه\u200f] (WO)", ("Water Office", "مكتب المياه", "WO")),
    ],
)  # fmt: skip
def test_a_partner_is_taken_apart_and_kept_as_printed(printed: str, parts: tuple[str, str, str]):
    record = entry(partner=printed)
    names = (Property.PARTNER, Property.PARTNER_NATIVE, Property.PARTNER_ABBREVIATION)
    assert tuple("".join(values(record, name)) for name in names) == parts
    assert values(record, Property.PARTNER_AS_PRINTED) == [printed.replace("\u200f", "")]


@pytest.mark.parametrize(
    ("printed", "types"),
    [
        ("Institutional capacity building Capacity building", ["Institutional capacity building", "Capacity building"]),
        ("Training (short), Policy drafting", ["Training (short)", "Policy drafting"]),
        ("Something new", ["Something new"]),
        ("Something new, Policy drafting", ["Something new", "Policy drafting"]),
        ("Organisational capacity building", ["Organisational capacity building"]),
        ("Policy drafting for unions", ["Policy drafting for unions"]),
        ("Capacity building and policy drafting", ["Capacity building", "policy drafting"]),
    ],
)
def test_several_types_on_a_line_are_told_apart_the_longest_first(printed: str, types: list[str]):
    assert values(entry(type_=printed), Property.ASSISTANCE_TYPE) == types


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("10/05/2021", "2021-05-10"), ("28-10-2022", "2022-10-28"), ("jun-2015", "2015-06"), ("ago-2015", "2015-08"),
        ("fev-2021", "2021-02"), ("2015", "2015"), ("Ongoing", None), ("En curso", None),
    ],
)  # fmt: skip
def test_dates_have_the_day_first(written: str, date: str | None):
    (record,) = read(f"• Wells\n  Start activities\n  {written}\n  Type of Assistance\n  Policy drafting\n")
    assert values(record, Property.START) == ([date] if date else [])
    assert not record.refusals


@pytest.mark.parametrize("written", ["31/02/2021", "13/13/2021", "soon, perhaps", "2014-12", "10/05/21"])
def test_what_is_no_date_is_refused_with_its_words(written: str):
    (record,) = read(f"• Wells\n  End activities\n  {written}\n  Type of Assistance\n  Policy drafting\n")
    assert not values(record, Property.END)
    (refusal,) = record.refusals
    assert refusal.rule == "date"
    assert written in refusal.reason


def test_labels_without_values_take_none_from_the_next_label():
    (record,) = read(
        "• Wells\n  Start activities\n  End activities\n  Type of Assistance\n  Policy drafting\n  Text.\n"
    )
    assert {claim.property for claim in record.claims} == {Property.TITLE, Property.ASSISTANCE_TYPE}
    assert not record.refusals


def test_a_number_is_one_in_the_programmes_template_alone():
    assert values(entry(code="2014-12"), Property.NUMBER) == ["2014-12"]
    (refusal,) = entry(code="2016-2020").refusals
    assert refusal.rule == "number"
    (record,) = read_listing(Page(ENTRY.format("", "W-017", "Water Office", "Training")), ListingTerms((), r"W-\d{3}"))
    assert values(record, Property.NUMBER) == ["W-017"]


def test_years_are_no_number_though_the_template_of_the_programme_fits_them():
    terms = ListingTerms(TYPES.types, r"\d{4}-\d{2,}")
    page = Page(
        "• Wells\n  Code: 2016-2020\n  End: 2016-2020\n  A follow-up of 2016-2020, and a follow-up of 2014-12.\n"
    )
    (record,) = read_listing(page, terms)
    assert values(record, Property.NUMBER) == []
    assert values(record, Property.FOLLOW_UP_OF) == ["2014-12"]
    assert [refusal.reason for refusal in record.refusals] == [
        "'2016-2020' is no number of an action.",
        "End: '2016-2020' is not written as a date.",
    ]


def test_a_line_of_news_may_be_all_that_an_entry_has_and_is_no_title():
    first, second = read(
        "• TAPIS 2017-38 ARMENIA, ACT. 1 (26/02 \u2013 09/03/2018)\n"
        "• TAPIS 2017-39 CÔTE D\u2019IVOIRE, ACT. 12 (28/12 \u2013 09/01/2018)\n  TAPIS 2017-40 TOGO (01/02/2018)\n"
    )
    for record, number, country, activity in (
        (first, "2017-38", "ARM", "1 2018-02-26/2018-03-09"),
        (second, "2017-39", "CIV", "12 2017-12-28/2018-01-09"),
    ):
        assert record.key == number
        assert values(record, Property.NUMBER) == [number]
        assert values(record, Property.COUNTRY) == [country]
        assert values(record, Property.ACTIVITY) == [activity]
        assert not values(record, Property.TITLE)
    assert [refusal.rule for refusal in second.refusals] == ["number"]


def test_entries_of_one_title_have_keys_of_their_own_and_the_same_each_time():
    text = "".join(ENTRY.format("", "", "Water Office", "Training (short)") for _ in range(3))
    keys = [record.key for record in read(text)]
    assert len(set(keys)) == 3
    assert keys == [record.key for record in read(text)]


def test_the_same_ministry_in_two_countries_lends_its_country_to_nobody():
    text = "".join(
        f"• Registry {number}\n  Ministry of Social Development{of}\n  Policy drafting\n  Some text about it.\n"
        for number, of in enumerate((" of Jordan", " of Lesotho", ""))
    )
    assert [values(record, Property.COUNTRY) for record in read(text)] == [["JOR"], ["LSO"], []]


def test_the_second_cooperation_probably_follows_the_one_other_action_with_the_partner():
    first = "• Meters\n  Water Office\n  Policy drafting\n  Some text about meters.\n"
    second = "• Pumps\n  Water Office\n  Policy drafting\n  This is the second cooperation with the Office.\n"
    (claim,) = [each for each in read(first + second)[1].claims if each.property is Property.FOLLOW_UP_OF]
    assert (claim.value, claim.basis, claim.confidence) == ("meters", "inferred", 0.7)
    third = first.replace("Meters", "Taps")
    assert not values(read(first + second + third)[1], Property.FOLLOW_UP_OF)


def test_no_person_is_named_in_keys_titles_reasons_or_headings():
    page = """People of Ms Zoe Quill
• Mission of Mr Yann Quill to Togo
  Office of Dr. Xenia Quill (OXQ)
  Policy drafting by Prof. Will Quill
  As a result, Mr. Vic Quill was made director. It led to a new law by Dr. Uma Quill. Experts from Ghana came.
• Madame Tess Quill
• Wells
  Code: Ms Sue Quill
  Country: Mr Ron Quill
  Start date: Ms Quin Quill
  Type of assistance: training, Sir Paul Quill
  The plan was made.
"""
    mission, alone, wells = read(page)
    assert "Quill" not in repr((mission, alone, wells))
    assert "quill" not in repr((mission.key, alone.key, wells.key))
    assert values(mission, Property.TITLE) == ["Mission of […] to Togo"]
    assert values(mission, Property.COUNTRY) == ["TGO"]
    assert values(mission, Property.EXPERTS_FROM) == ["GHA"]
    assert [refusal.rule for refusal in wells.refusals if refusal.rule != "person"] == ["number", "date", "country"]


def test_an_empty_page_has_no_entries_and_a_title_alone_is_refused():
    assert read("") == []
    assert read(" \n\t\n") == []
    (record,) = read("Just a heading")
    assert [(refusal.rule, refusal.is_whole) for refusal in record.refusals] == [("title-alone", True)]
    assert not record.claims


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n  Wells of Togo\n• A", "Wells of Togo"),
        ("• Wells\n  Text.", "Wells"),
        ("-\nWells", "Wells"),
        ("Work of Ms Zoe Quill, z@quill.example", "Work of […], […]"),
        ("•\n", ""),
    ],
)
def test_a_page_is_called_by_its_first_words(text: str, title: str):
    assert title_of(Page(text)) == title


def test_a_page_without_a_heading_is_read_all_the_same():
    (record,) = read(ENTRY.format("", "2019-01", "Water Office", "Policy drafting"))
    assert not values(record, Property.CATEGORY)
    assert values(record, Property.NUMBER) == ["2019-01"]


@pytest.mark.long("large")
def test_ten_thousand_entries_are_read():
    text = "".join(
        ENTRY.format(number, "", f"Water Office of Togo {number}", "Policy drafting") for number in range(10_000)
    )
    assert len(read(text)) == 10_000


@pytest.mark.long("large")
@pytest.mark.parametrize(
    "unit",
    ["a ", "Spain and ", "experts from ", "experts in the ", "Ministry of ", "Greek ", "2014-12 ", "(", "[", "\t",
     "@a.", "+1 ", "Dr A ", "visited a ", "city of A A ", "drafted a b "],
)  # fmt: skip
def test_a_line_of_a_million_characters_is_no_sentence_and_takes_no_long_time(unit: str):
    text = "Wells\nWater Office\nPolicy drafting\n" + unit * (1_000_000 // len(unit))
    (record,) = read(text)
    assert values(record, Property.PARTNER) == ["Water Office"]
    assert {refusal.rule for refusal in record.refusals} <= {"long-sentence"}


def test_a_value_of_a_label_that_is_longer_than_a_line_is_refused():
    (record,) = read("• Wells\n  Type of Assistance: " + "Policy drafting " * 60_000 + "\n  Some text.\n")
    assert [refusal.rule for refusal in record.refusals] == ["long-value"]


def test_html_is_read_without_scripts_styles_menus_and_what_precedes_the_heading():
    page = page_of_html(
        "<html lang='fr-BE'><head><title>T</title><style>p {}</style></head><body><p>Before</p><nav>Menu</nav>"
        "<h1>One\n  <b>two</b></h1><script>three</script><ul><li>four</li><li>five</li></ul><p>six&nbsp;seven</p>"
    )
    assert page == Page("One two\n◦ four\n◦ five\nsix seven", "fr", was_html=True)


def test_entries_of_html_are_articles_items_with_blocks_or_headings_that_repeat():
    for html in (
        "<article><h2>A</h2><p>x</p><ul><li>inner</li></ul></article><article><h2>B</h2></article>",
        "<ul><li><h2>A</h2><p>x</p><ul><li>inner</li></ul></li><li><h2>B</h2></li></ul>",
        "<h2>A</h2><p>x</p><ul><li>inner</li></ul><h2>B</h2>",
    ):
        assert page_of_html(html).text == "• A\nx\n◦ inner\n• B"


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li><b>A</b><br>x<br>y</li><li><b>B</b><br>x<br>y</li></ul><ul><li>Menu</li></ul>",
        "<table><tr><th>Title<th>P<th>Q<tr><td>A<td>x<td>y<tr><td>B<td>x<td>y</table><p>Menu",
        "<div><div class=i><div>A</div><p>x<p>y</div><div class=i><p>B<p>x<p>y</div></div><div class=i><p>Menu</div>",
    ],
    ids=["items with lines", "rows", "boxes of one class"],
)
def test_entries_of_html_are_items_with_lines_rows_and_boxes_too(html: str):
    text = page_of_html(html).text
    assert "• A\nx\ny\n• B\nx\ny\n" in text
    assert text.count("•") == 2


def test_labels_and_values_in_a_table_of_two_columns_are_one_entry():
    html = "<table><tr><td>Code<td>2014-12<tr><td>Partner<td>Water Office</table>"
    assert page_of_html(html).text == "Code\n2014-12\nPartner\nWater Office"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""), ("<", "<"), ("<html>", ""), ("<b><i></b></i>" * 5_000, ""), ("<p " + "a='b' " * 50_000 + ">x", "x"),
        ("<div>" * 1_000 + "x", "x"), ("<p>a&#xD800;&#0;&#x110000;b</p>", "a\ufffd\ufffd\ufffdb"),
        ("<!DOCTYPE a [<!ENTITY b 'bbbb'>]><p>&b;</p>", "]>\n&b;"),
    ],
)  # fmt: skip
def test_broken_html_is_read_as_browsers_would(html: str, text: str):
    page = page_of_html(html)
    assert page.text == text
    read_listing(page)


def test_html_that_is_nested_too_deeply_to_be_whole_is_refused(tmp_path: Path):
    path = tmp_path / "deep.html"
    path.write_text("<html>" + "<div>" * 20_000 + "Wells for all", "utf-8")
    with pytest.raises(DataError, match=r"deep\.html nests elements more than 1,500 deep, where words would be lost"):
        read_page(path)


def test_no_entity_or_file_is_fetched(tmp_path: Path):
    (tmp_path / "secret.txt").write_text("a secret", "utf-8")
    html = f"<!DOCTYPE a [<!ENTITY x SYSTEM '{(tmp_path / 'secret.txt').as_uri()}'>]><p>&x;</p>"
    assert "a secret" not in page_of_html(html).text


def test_files_that_are_no_text_are_told(tmp_path: Path):
    path = tmp_path / "page.txt"
    path.write_bytes(b"a\0b")
    with pytest.raises(DataError, match="NUL"):
        read_page(path)
    path.write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match="no text in UTF-8: byte 0xe9 at place 4 "):
        read_page(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_page(tmp_path / "none.txt")
    path.write_bytes(b"<html><meta charset=iso-8859-1><p>caf\xe9")
    assert read_page(path).text == "café"
    path.write_bytes(b"<html><meta charset=nonsense><p>caf\xe9")
    with pytest.raises(DataError, match="nonsense"):
        read_page(path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("page.csv", "Title\nWells\n", "is a table and no page; actiongraph ingest table reads it"),
        ("page.XLSX", "PK", "is a table and no page"),
        ("page.xml", "<?xml version='1.0'?><!-- a > b -->\n<iati-activities version='2.03'/>", "ingest iati reads it"),
        ("page.txt", "", "has no words in it"),
        ("page.txt", " \n•\n-\n", "has no words in it"),
        ("page.html", "<html><body><script>show()</script></body></html>", "save it from a browser"),
    ],
)
def test_what_is_no_page_is_told_with_what_to_do(tmp_path: Path, name: str, content: str, told: str):
    path = tmp_path / name
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=told):
        read_page(path)


def test_html_without_lxml_names_the_install_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(SettingsError, match=r"pip install 'actiongraph\[ingest\]'"):
        page_of_html("<p>x")


@settings(max_examples=150)
@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=60).map("".join), st.booleans())
def test_whatever_a_page_says_each_claim_quotes_it(text: str, is_html: bool):
    page = page_of_html(text) if is_html else Page(text)
    for record in read_listing(page, TYPES):
        for claim in record.claims:
            assert claim.value.strip()
            assert not PERSONAL.search(claim.value)
            for passage in claim.passages:
                assert page.text[passage.start : passage.start + len(passage.quote)] == passage.quote
                assert not PERSONAL.search(passage.quote)
        for refusal in record.refusals:
            assert not PERSONAL.search(refusal.reason)
