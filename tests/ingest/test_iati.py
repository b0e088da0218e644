"""What is found in IATI files: in real ones of 1.01 and 1.02, in made-up ones with their own truth, rule by rule."""

from __future__ import annotations

import re
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actiongraph.ingest.claims import Basis, Claim, Property, Record
from actiongraph.ingest.contact_details import without_contact_details
from actiongraph.ingest.iati import read_activities

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))
from bench.iati import PERSONAL, VERSIONS, MadeActivity, write_activities  # noqa: E402

ROLES = {
    "1": Property.FUNDING_ORGANIZATION,
    "2": Property.ACCOUNTABLE_ORGANIZATION,
    "3": Property.EXTENDING_ORGANIZATION,
    "4": Property.IMPLEMENTING_ORGANIZATION,
}
RELATIONS = {"1": "parent", "2": "child", "3": "sibling", "4": "co-funded", "5": "third-party"}


def claims(record: Record, *about: Property) -> list[Claim]:
    return [claim for claim in record.claims if claim.property in about]


def values(record: Record, about: Property) -> list[str]:
    return [claim.value for claim in claims(record, about)]


def rules(record: Record) -> list[str]:
    return [refusal.rule for refusal in record.refusals]


def read(tmp_path: Path, inner: str, *, version: str = "2.03", root: str = "", activity: str = "") -> list[Record]:
    """Read a file with what is in one activity, or with several if that is written out."""
    inner = inner if inner.startswith("<iati-activity") else f"<iati-activity{activity}>{inner}</iati-activity>"
    path = tmp_path / "file.xml"
    path.write_text(f'<iati-activities version="{version}"{root}>\n{inner}\n</iati-activities>', "utf-8")
    return list(read_activities(path))


def read_one(tmp_path: Path, inner: str, **more: Any) -> Record:
    (record,) = read(tmp_path, f"<iati-identifier>XX-1-1</iati-identifier>{inner}", **more)
    return record


# The real files. What is expected was counted in their text with grep, not by the reader.


def counted_in(path: Path, pattern: str) -> int:
    return len(re.findall(pattern, path.read_text("utf-8")))


def test_the_file_of_the_congo_has_205_activities_and_794_links_of_which_658_lead_to_its_own(congo_xml: Path):
    path = congo_xml
    records = list(read_activities(path))
    assert len(records) == counted_in(path, "<iati-activity ") == 205
    text = path.read_text("utf-8").splitlines()
    assert all(text[record.line - 1].lstrip().startswith("<iati-activity ") for record in records)
    identifiers = re.findall("<iati-identifier>(.*?)</iati-identifier>", path.read_text("utf-8"))
    assert [record.key for record in records] == identifiers

    links = [claim for record in records for claim in record.claims if claim.property in set(RELATIONS.values())]
    assert len(links) == 794
    assert Counter(claim.property.value for claim in links) == {
        relation: counted_in(path, f'<related-activity ref="[^"]+" type="{code}"')
        for code, relation in RELATIONS.items()
        if counted_in(path, f'<related-activity ref="[^"]+" type="{code}"')
    }
    assert sum(claim.value in identifiers for claim in links) == 658
    codes = {relation: code for code, relation in RELATIONS.items()}
    assert all(claim.rule == f"iati:related-activity[@type={codes[claim.property]}]" for claim in links)


def test_nothing_in_the_file_of_the_congo_is_a_follow_up_and_every_contact_is_skipped_and_told_of(congo_xml: Path):
    records = list(read_activities(congo_xml))
    assert not [claim for record in records for claim in record.claims if "follow" in claim.property]
    assert all("contact-info" in rules(record) for record in records)
    written = repr(records)
    for private in ("enquiry@", "1355 84 3132", "Abercrombie", "G75 8EA", "ppisupport"):
        assert private in congo_xml.read_text("utf-8")
        assert private not in written


def test_a_project_of_the_congo_is_read_as_it_stands_there(congo_xml: Path):
    record = next(each for each in read_activities(congo_xml) if each.key == "GB-1-105838-101")
    assert values(record, Property.COUNTRY) == ["COD"]
    assert [(claim.value, claim.percentage) for claim in claims(record, Property.SECTOR)] == [
        ("15110", 40), ("16010", 30), ("15111", 20), ("16062", 10),
    ]  # fmt: skip
    assert [(claim.value, claim.reference) for claim in claims(record, *ROLES.values())] == [
        ("UNITED KINGDOM", "GB"), ("Department for International Development", "GB-1"),
    ]  # fmt: skip
    assert "Other. (52000) is a kind of organization, and names none." in [each.reason for each in record.refusals]
    assert [(claim.value, claim.basis) for claim in claims(record, Property.START, Property.END)] == [
        ("2004-01-01", Basis.STATED), ("2008-11-30", Basis.STATED),
    ]  # fmt: skip
    assert not claims(record, Property.PARTNER)


def test_ends_after_the_day_the_file_was_written_are_plans_whatever_they_are_called(congo_xml: Path):
    path = congo_xml
    ends = re.findall('<activity-date type="end-actual">(.*?)<', path.read_text("utf-8"))
    records = list(read_activities(path))
    later = [claim for record in records for claim in claims(record, Property.END) if claim.basis is Basis.INFERRED]
    assert sorted(claim.value for claim in later) == sorted(end for end in ends if end > "2013-04-30")
    assert len(later) == 69


def test_the_file_of_1_02_which_is_one_line_is_read_with_its_dates_in_attributes(mali_xml: Path):
    path = mali_xml
    records = list(read_activities(path))
    assert [record.line for record in records] == [1] * 4
    assert values(records[0], Property.START) == ["2009-08-17"]
    assert values(records[0], Property.PLANNED_START) == ["2009-07-15"]
    assert sum(len(claims(record, Property.PARENT, Property.CHILD, Property.SIBLING)) for record in records) == (
        counted_in(path, "<related-activity ")
    )


# Made-up files of each version, against what their generator knows.


def expected(made: MadeActivity, version: str) -> dict[str, object]:
    is_old = version.startswith("1")
    return {
        "line": made.line,
        "identifier": [made.identifier],
        "title": list(made.titles),
        "description": list(made.descriptions),
        "organizations": [
            (ROLES[each.role], each.reference, each.names[0], () if is_old else each.names[1:])
            for each in made.organizations
        ],
        "country": {alpha3: Decimal(share) for alpha3, share in made.countries.items()},
        "sector": {code: Decimal(share) if share else None for (_, code), share in made.sectors.items()},
        "start": [(made.start, made.is_start_planned)],
        "end": [(made.end, made.is_end_planned)],
        "related": [(RELATIONS[code], other) for code, other in made.related],
        "partner": [made.partner] if made.partner else [],
    }


def found(record: Record) -> dict[str, object]:
    def dated(about: Property) -> list[tuple[str, bool]]:
        return [(claim.value, claim.basis is Basis.INFERRED) for claim in claims(record, about)]

    return {
        "line": record.line,
        "identifier": values(record, Property.IDENTIFIER),
        "title": [(claim.value, claim.language) for claim in claims(record, Property.TITLE)],
        "description": [(claim.value, claim.language) for claim in claims(record, Property.DESCRIPTION)],
        "organizations": [
            (claim.property, claim.reference, (claim.value, claim.language), claim.names)
            for claim in claims(record, *ROLES.values())
        ],
        "country": {claim.value: claim.percentage for claim in claims(record, Property.COUNTRY)},
        "sector": {claim.value: claim.percentage for claim in claims(record, Property.SECTOR)},
        "start": dated(Property.START),
        "end": dated(Property.END),
        "related": [
            (claim.property.value, claim.value) for claim in record.claims if claim.property in RELATIONS.values()
        ],
        "partner": values(record, Property.PARTNER),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_claim_of_a_made_up_file_is_what_its_generator_knows(tmp_path: Path, version: str):
    made = write_activities(tmp_path / "made.xml", 120, version)
    records = list(read_activities(tmp_path / "made.xml"))
    assert [record.key for record in records] == [activity.identifier for activity in made]
    for record, activity in zip(records, made, strict=True):
        assert found(record) == expected(activity, version)
        assert rules(record) == ["contact-info", "not-modelled"]
    assert any(activity.is_start_planned for activity in made)
    assert any(activity.partner for activity in made)
    assert PERSONAL in (tmp_path / "made.xml").read_text("utf-8")
    assert PERSONAL not in repr(records)


def test_lines_are_right_beyond_those_that_libxml2_counts(tmp_path: Path):
    blank = "\n" * 70_000
    one = "<iati-activity><iati-identifier>{}</iati-identifier></iati-activity>"
    records = read(tmp_path, f"{one.format('A')}{blank}<!-- {one.format('C')}\n -->\n<iati-activity\n>"
                             "<iati-identifier>B</iati-identifier></iati-activity>" + one.format("D"))  # fmt: skip
    assert [(record.key, record.line) for record in records] == [("A", 2), ("B", 70_004), ("D", 70_005)]


@pytest.mark.parametrize("shift", range(20))
def test_lines_are_right_where_a_block_of_the_file_ends_inside_the_tag(tmp_path: Path, shift: int):
    one = "<iati-activity>\n<iati-identifier>{}</iati-identifier></iati-activity>"
    padding = "\n" * (2 * 65_536 - len('<iati-activities version="2.03">\n') - len(one.format("A")) - shift)
    records = read(tmp_path, f"{one.format('A')}{padding}{one.format('B')}\n{one.format('C')}")
    assert [record.line for record in records] == [2, 3 + len(padding), 5 + len(padding)]


def test_utf_16_is_read_with_its_lines(tmp_path: Path):
    text = '<?xml version="1.0" encoding="UTF-16"?>\n<iati-activities version="2.03">\n\n<iati-activity>{}{}'
    inner = "<iati-identifier>É-1</iati-identifier>", "</iati-activity></iati-activities>"
    (tmp_path / "wide.xml").write_bytes(text.format(*inner).encode("utf-16"))
    assert [(record.key, record.line) for record in read_activities(tmp_path / "wide.xml")] == [("É-1", 4)]


# One rule after another.


def test_texts_are_in_their_own_language_else_in_that_of_what_is_around_them(tmp_path: Path):
    title = (
        '<title><narrative xml:lang="FR">Un</narrative><narrative>One</narrative><narrative> </narrative></title>'
        '<title xml:lang="pt_BR"><narrative>Uma</narrative></title>'
    )
    told = [(each.value, each.language) for each in read_one(tmp_path, title, activity=' xml:lang="en"').claims[:3]]
    assert told == [("Un", "fr"), ("One", "en"), ("Uma", "pt-br")]
    record = read_one(
        tmp_path, "<title>Two <b>bold</b> words<!-- no --></title>", version="1.03", root=' xml:lang="es"'
    )
    assert (record.claims[0].value, record.claims[0].language) == ("Two bold words", "es")
    record = read_one(tmp_path, '<title xml:lang="English">One</title>')
    assert (record.claims[0].language, rules(record)) == ("und", ["language"])


def test_roles_are_read_by_code_and_by_name_and_none_is_the_partner(tmp_path: Path):
    roles = [*ROLES, "Funding", "accountable", "EXTENDING", "Implementing"]
    inner = "".join(f'<participating-org role="{role}" ref="XX-{role}">Body</participating-org>' for role in roles)
    record = read_one(tmp_path, inner)
    assert [claim.property for claim in claims(record, *ROLES.values())] == [*ROLES.values()] * 2
    assert not claims(record, Property.PARTNER)
    assert rules(read_one(tmp_path, '<participating-org role="5">Body</participating-org>')) == ["organization-role"]
    assert rules(read_one(tmp_path, '<participating-org role="4"/>')) == ["organization"]


@pytest.mark.parametrize(
    ("role", "kind", "reference", "is_partner"),
    [
        ("4", "10", "CD-GOV-1", True),
        ("2", "15", "CD-GOV-1", True),
        ("4", "70", "CD-RCCM-1", False),  # a firm
        ("4", "10", "GB-GOV-1", False),  # of the country that sends
        ("1", "10", "CD-GOV-1", False),  # who pays
        ("4", "10", "CDX", False),
        ("4", "", "CD-GOV-1", False),
    ],
)
def test_a_public_body_of_the_receiving_country_is_concluded_to_be_the_partner(
    tmp_path: Path, role: str, kind: str, reference: str, is_partner: bool
):
    body = f'<participating-org role="{role}" type="{kind}" ref="{reference}">Body</participating-org>'
    partners = claims(read_one(tmp_path, f'{body}<recipient-country code="CD"/>'), Property.PARTNER)
    assert [(claim.value, claim.basis, bool(claim.reason)) for claim in partners] == (
        [("Body", Basis.INFERRED, True)] if is_partner else []
    )
    assert not claims(read_one(tmp_path, body), Property.PARTNER)


def test_countries_and_sectors_of_transactions_count_and_other_lists_than_the_dacs_are_refused(tmp_path: Path):
    record = read_one(
        tmp_path,
        '<transaction><sector vocabulary="1" code="11220"/><recipient-country code="GH"/></transaction>'
        '<transaction><sector code="11220"/></transaction><sector vocabulary="DAC-3" code="112" percentage="12.5"/>'
        '<sector vocabulary="99" code="A1"><narrative>Own</narrative></sector><sector code="1122"/>'
        '<recipient-country code="ZZ"/><recipient-country code="gh" percentage="101"/>'
        "<recipient-country code='GHANA'/><result><sector code='31110'/></result>"
        "<x:sector xmlns:x='http://example.org/' code='31120'/>",
    )
    assert [(claim.value, claim.percentage) for claim in claims(record, Property.SECTOR)] == [
        ("11220", None), ("112", Decimal("12.5")),
    ]  # fmt: skip
    assert values(record, Property.COUNTRY) == ["GHA", "GHA"]
    assert rules(record) == [
        "sector-vocabulary",
        "unknown-sector",
        "unknown-country",
        "percentage",
        "unknown-country",
        "not-modelled",
    ]


@pytest.mark.parametrize(
    ("dates", "start", "is_inferred"),
    [
        ({"1": "2014-02-01", "2": "2014-03-01"}, "2014-03-01", False),
        ({"2": "2014-03-01Z", "1": "2014-02-01"}, "2014-03-01", False),
        ({"start-planned": "2014-02-01"}, "2014-02-01", True),
        ({"2": "2020-07-01"}, "2020-07-01", True),
        ({"1": "2020-08-01", "2": "2020-07-01"}, "2020-07-01", True),
        ({"2": "2014-02-30"}, None, False),
        ({"2": "01/02/2014"}, None, False),
        ({"6": "2014-02-01"}, None, False),
        ({"2": "1900-01-01"}, None, False),
        ({"2": "1900-01-01", "1": "2014-02-01"}, "2014-02-01", True),
    ],
)
def test_the_actual_start_comes_before_the_planned_one(
    tmp_path: Path, dates: dict[str, str], start: str | None, is_inferred: bool
):
    inner = "".join(f'<activity-date type="{kind}" iso-date="{day}"/>' for kind, day in dates.items())
    record = read_one(tmp_path, inner, root=' generated-datetime="2020-06-30T00:00:00"')
    found_starts = [(claim.value, claim.basis is Basis.INFERRED) for claim in claims(record, Property.START)]
    assert found_starts == ([(start, is_inferred)] if start else [])
    refused = {"6": "date-type", "1900-01-01": "no-date", "2014-02-30": "no-date", "01/02/2014": "no-date"}
    assert rules(record) == [refused[word] for pair in dates.items() for word in pair if word in refused]


@pytest.mark.parametrize("kind", ["3", "4"])
def test_an_end_before_the_start_is_refused(tmp_path: Path, kind: str):
    dates = f'<activity-date type="2" iso-date="2015-02-01"/><activity-date type="{kind}" iso-date="2014-12-31"/>'
    record = read_one(tmp_path, dates)
    assert (values(record, Property.START), values(record, Property.END)) == (["2015-02-01"], [])
    assert rules(record) == ["ends-before-start"]


def test_an_identifier_that_is_there_again_is_that_of_the_same_action(tmp_path: Path):
    one = "<iati-activity><iati-identifier> A  1 </iati-identifier><title>T{}</title></iati-activity>\n"
    records = read(tmp_path, "".join(one.format(number) for number in range(3)))
    assert [(record.key, record.line) for record in records] == [("A 1", 2), ("A 1", 3), ("A 1", 4)]
    assert [values(record, Property.IDENTIFIER) for record in records] == [["A 1"]] * 3
    assert [rules(record) for record in records] == [[], [], []]


@pytest.mark.parametrize(
    ("inner", "rule"),
    [
        ("<title>T</title>", "no-identifier"),
        (f"<iati-identifier>{'x' * 501}</iati-identifier>", "no-identifier"),
        ('<iati-identifier>A</iati-identifier><activity-status code="5"/>', "cancelled"),
        (
            "<iati-identifier>A</iati-identifier>"
            + "".join(f'<related-activity type="1" ref="{n}"/>' for n in range(2_001)),
            "too-much",
        ),
    ],
)
def test_an_activity_that_cannot_be_taken_over_is_refused_as_a_whole(tmp_path: Path, inner: str, rule: str):
    (record,) = read(tmp_path, inner)
    assert [each.rule for each in record.refusals if each.is_whole] == [rule]
    assert not record.claims


def test_details_of_people_are_cut_out_of_texts_and_an_organization_that_is_a_person_is_refused(tmp_path: Path):
    record = read_one(
        tmp_path,
        "<title>Wells, ask jo@example.org</title><participating-org role='4'>Dr Jo Bloggs</participating-org>",
    )
    assert values(record, Property.TITLE) == ["Wells, ask […]"]
    assert not claims(record, *ROLES.values())
    assert rules(record) == ["personal-data", "personal-data"]
    assert "Bloggs" not in repr(record)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ask Ms. Zoë O\u2019Hara-Li of it", "Ask […] of it"),
        ("Tel: (0)20 7946-0018 or +44 20 7946 0018.", "[…] or […]."),
        ("téléphone 0123 456 789", "[…]"),
        ("a.b+c@example.co.uk, x", "[…], x"),
        ("a.b (at) example.org or c[arroba]example", "[…] or […]"),
        ("Tel : 77 123 45 67, telemóvel 923 456 789, tel (+51) 1 630-6000", "[…], […], […]"),
        ("Mobile 2016-2020 for GB-1-0012345678", None),
        ("M. Kossi Agbeko, Madame Claire Dubois, Professor John Smith", "[…], […], […]"),
        ("a Exma. Sra. D. Ana Costa e S.E. M. Kofi Agbeko", "a […] e […]"),
        ("Prof. Dr. h.c. Karl Heinz Meyer and Dr. A. B. Smith-Jones. He", "[…] and […]. He"),
        ("Ms أمينة محمد and Mme N'Diaye", "[…] and […]"),
        ("Annex D. Reform of the MM Programme in DR. Congo", None),
        ("Aid to Dr Congo, 2014-2016, 3 000 000 EUR, code 15111", None),
        ("MS Excel and the DR of Congo since 2007: 12 000 schools", None),
        ("Hotel 2014: mobile clinics", None),
    ],
)
def test_addresses_numbers_and_titled_names_are_seen_and_little_else(text: str, clean: str | None):
    assert without_contact_details(text) == (text if clean is None else clean)


def test_what_the_graph_has_no_terms_for_is_counted(tmp_path: Path):
    record = read_one(tmp_path, "<budget/><budget/><result/><iati-activity/><activity-status code='2'/>")
    assert [each.reason for each in record.refusals] == [
        "The graph has no terms for 2 budget, 1 result, 1 iati-activity and 1 activity-status."
    ]
