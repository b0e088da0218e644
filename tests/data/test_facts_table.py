"""The actions that were read at other pages, row by row as the table of facts has them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import astuple, dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
import rdflib
from rdflib import DCTERMS, RDF, SDO, SKOS, XSD

from actiongraph.vocabulary import AG, BASE, CONCEPT, OA, SPDX

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "decisions" / "other-pages.md"
STATED, INFERRED, READ_AT = (CONCEPT[f"basis/{name}"] for name in ("stated", "inferred", "read-at"))
FIRST_SOURCE = BASE["id/source/social-security-policy"]
MONTHS = MappingProxyType({"jun": "06", "nov": "11"})
MISPRINTS = MappingProxyType({"Familiy": "Family"})
"""What a page misprints in a name; the name of the organization is written right."""

Term = rdflib.term.Node


@dataclass(frozen=True)
class Row:
    """A row of the table; `line` is where it stands."""

    line: int
    number: str
    title: str
    country: str
    partner: str
    assistance: str
    start: str
    end: str
    experts: str
    follows: str
    source: str

    @property
    def is_named(self) -> bool:
        return bool(self.number or self.title)

    @property
    def is_of_the_first_source(self) -> bool:
        return self.source.startswith("seed action")

    @property
    def addresses(self) -> set[str]:
        """The addresses in the cell, without what is remarked of them."""
        return set(re.findall(r"https?://[^\s)]+", self.source))


@pytest.fixture(scope="session")
def rows(facts_table: Path) -> list[Row]:
    """All rows of the table."""
    with facts_table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0][:2] == ["number", "title"]
    return [Row(number, *cells) for number, cells in enumerate(lines[1:], 2)]


@pytest.fixture(scope="session")
def named(rows: list[Row]) -> list[Row]:
    """The rows that have a title or a number."""
    return [row for row in rows if row.is_named]


@pytest.fixture(scope="session")
def further(named: list[Row]) -> list[Row]:
    """Those of them that are none of the actions of the first source."""
    known = {row.title for row in named if row.is_of_the_first_source and row.title}
    return [row for row in named if not row.is_of_the_first_source and row.title not in known]


def titles(data: rdflib.Graph, action: Term) -> dict[str | None, str]:
    """Return the titles of an action by language; an action that is only mentioned may have a name in their place."""
    found = [*data.objects(action, DCTERMS.title), *data.objects(action, SKOS.prefLabel)]
    return {title.language: str(title) for title in found if isinstance(title, rdflib.Literal)}


def is_titled(data: rdflib.Graph, action: Term, cell: str) -> bool:
    """Return whether the cell is the title of the action, or its English title and then the Spanish one in brackets."""
    named = titles(data, action)
    return cell in (named.get("en"), f"{named.get('en')} ({named.get('es')})")


def action_of(data: rdflib.Graph, row: Row) -> Term:
    by_number = set(data.subjects(AG.actionNumber, rdflib.Literal(row.number)))
    by_title = {action for action in data.subjects(RDF.type, AG.Action) if is_titled(data, action, row.title)}
    [action] = by_number & by_title if row.number and row.title else by_number | by_title
    return action


def names(data: rdflib.Graph, action: Term, predicate: rdflib.URIRef) -> set[str]:
    return {
        str(name)
        for thing in data.objects(action, predicate)
        for name in data.objects(thing, SKOS.prefLabel)
        if isinstance(name, rdflib.Literal) and name.language == "en"
    }


def bases(data: rdflib.Graph, subject: Term, predicate: rdflib.URIRef) -> set[Term]:
    """Return why the values of a property are believed; None stands for a value of which nothing says it."""
    found: set[Term] = set()
    for value in data.objects(subject, predicate):
        of_it = {
            basis
            for statement in data.subjects(RDF.object, value)
            if (statement, RDF.subject, subject) in data and (statement, RDF.predicate, predicate) in data
            for basis in data.objects(statement, AG.basis)
        }
        assert of_it, f"nothing says why {subject} has {predicate} {value}"
        found |= of_it
    return found


def date(cell: str) -> rdflib.Literal | None:
    """Return the date as precisely as the cell has it. What is still going on has no end."""
    if day := re.fullmatch(r"(\d\d)[-/](\d\d)[-/](\d{4})", cell):
        return rdflib.Literal(f"{day[3]}-{day[2]}-{day[1]}", datatype=XSD.date)
    if month := re.fullmatch(r"([a-z]{3})-(\d{4})", cell):
        return rdflib.Literal(f"{month[2]}-{MONTHS[month[1]]}", datatype=XSD.gYearMonth)
    assert cell in ("", "Ongoing")
    return None


def test_each_row_with_a_title_or_a_number_is_one_action_and_there_are_no_others(data, named):
    found = {(row.title or row.number): action_of(data, row) for row in named}
    assert len(set(found.values())) == len({row.title or row.number for row in named})
    assert set(found.values()) == set(data.subjects(RDF.type, AG.Action))


def test_titles_and_numbers_are_those_of_the_table(data, named):
    for row in named:
        action = action_of(data, row)
        numbers = {str(number) for number in data.objects(action, AG.actionNumber)}
        if row.number:
            assert numbers == {row.number}, row
        if row.title:
            assert is_titled(data, action, row.title), row
    assert len(set(data.subjects(AG.actionNumber))) == len({row.number for row in named if row.number})


def test_countries_are_those_of_the_table_and_where_it_has_none_they_are_conclusions(data, named):
    for row in named:
        action = action_of(data, row)
        if row.country:
            assert names(data, action, AG.country) == {row.country}, row
        else:
            assert bases(data, action, AG.country) <= {INFERRED}, row


PARTNER = re.compile(r"(?P<name>[^\[(]+?) ?(\[(?P<own>[^\]]+)\]?)? ?(\((?P<short>[A-Z][A-Za-z]+)\))?")


def test_partners_have_the_names_of_the_table(data, named):
    for row in named:
        action = action_of(data, row)
        partners = list(data.objects(action, AG.partner))
        labels = {
            str(name)
            for partner in partners
            for term in (SKOS.prefLabel, SKOS.altLabel, AG.abbreviation)
            for name in data.objects(partner, term)
        }
        if "(news signature)" in row.partner:  # a name of the action, in which two organizations are named
            assert titles(data, action)["en"] == row.partner.removesuffix(" (news signature)")
            assert labels >= {"ONIESS", "ISSEG"}
        elif row.partner:
            parts = PARTNER.fullmatch(row.partner)
            assert parts, row
            assert len(partners) == 1, row
            notes = " ".join(str(note) for note in data.objects(action, SKOS.note))
            name = " ".join(MISPRINTS.get(word, word) for word in parts["name"].split())
            assert {name, parts["own"] or name} <= labels, row
            assert parts["short"] is None or parts["short"] in labels or parts["short"] in notes, row
        else:
            assert not partners, row


def test_partners_of_titled_rows_are_kept_as_printed(data, named):
    for row in named:
        if row.title and row.partner:
            assert str(data.value(action_of(data, row), AG.partnerNameAsPrinted)) == row.partner


def test_types_of_assistance_are_named_as_printed(data, vocabulary, named):
    graph = data + vocabulary
    for row in named:
        rest = row.assistance
        for name in sorted(names(graph, action_of(data, row), AG.assistanceType), key=len, reverse=True):
            assert name in rest, row
            rest = rest.replace(name, "", 1)
        assert rest.strip(" ,") == "", row


def test_there_is_no_type_of_assistance_that_no_action_has(data, vocabulary):
    types = set(vocabulary.subjects(SKOS.inScheme, CONCEPT.assistance))
    assert types == set(data.objects(None, AG.assistanceType))


def test_experts_came_from_the_countries_of_the_table(data, named):
    for row in named:
        assert names(data, action_of(data, row), AG.expertsFrom) == set(filter(None, row.experts.split("|"))), row


def test_dates_are_as_precise_as_in_the_table(data, named):
    of_activities = [row for row in named if "activity" in row.start]
    for row in named:
        action = action_of(data, row)
        start = None if row in of_activities else date(row.start)
        assert (data.value(action, AG.startDate), data.value(action, AG.endDate)) == (start, date(row.end)), row
    assert [row.start for row in of_activities] == ["26/02/2018 (activity 1)"]


def test_the_date_of_an_activity_is_no_date_of_its_action(data, named):
    [armenia] = (row for row in named if "activity" in row.start)
    [first] = (
        activity
        for activity in data.objects(action_of(data, armenia), AG.hasActivity)
        if data.value(activity, AG.activityOrder) == rdflib.Literal(1)
    )
    assert data.value(first, AG.startDate) == rdflib.Literal("2018-02-26", datatype=XSD.date)
    assert bases(data, first, AG.startDate) == {INFERRED}


WORDS_OF_DATES = MappingProxyType(
    {
        "seminar 1-2 June 2021": ("2021-06-01", "2021-06-02"),
        "workshop 9-20 April 2018": ("2018-04-09", "2018-04-20"),
        "event 23-24 May 2024": ("2024-05-23", "2024-05-24"),
        "event 18-20 November 2024": ("2024-11-18", "2024-11-20"),
    }
)


@pytest.mark.parametrize("words", WORDS_OF_DATES)
def test_what_the_table_remarks_of_the_days_of_an_activity_is_said_of_an_activity(data, named, words):
    [row] = (row for row in named if words in row.source)
    [activity] = data.objects(action_of(data, row), AG.hasActivity)
    days = tuple(str(data.value(activity, term)) for term in (AG.startDate, AG.endDate))
    assert days == WORDS_OF_DATES[words]
    assert bases(data, activity, AG.startDate) == bases(data, activity, AG.endDate) == {READ_AT}


FACTS = (AG.actionNumber, DCTERMS.title, AG.country, AG.partner, AG.assistanceType, AG.startDate, AG.endDate,
         AG.expertsFrom, AG.followUpOf, AG.partnerNameAsPrinted)  # fmt: skip


def test_every_fact_of_a_further_action_was_read_at_a_page_or_is_a_conclusion_that_the_table_asks_for(data, further):
    for row in further:
        concluded = {
            AG.partner: "(news signature)" in row.partner,
            DCTERMS.title: "(title from the address)" in row.source,
            AG.country: not row.country,
        }
        for predicate in FACTS:
            action = action_of(data, row)
            expected = INFERRED if concluded.get(predicate) else READ_AT
            assert bases(data, action, predicate) <= {expected}, (row, predicate)


def pages(data: rdflib.Graph, statement: Term) -> set[str]:
    """Return the addresses of the pages that a statement rests on."""
    return {
        str(address)
        for passage in data.objects(statement, AG.evidence)
        for source in data.objects(passage, OA.hasSource)
        for address in data.objects(source, SDO.url)
    }


def test_each_address_of_a_row_bears_facts_on_its_action(data, named):
    for row in named:
        action = action_of(data, row)
        things = {action, *data.objects(action, AG.hasActivity)}
        statements = {statement for thing in things for statement in data.subjects(RDF.subject, thing)}
        found = set().union(*(pages(data, statement) for statement in statements))
        assert row.addresses <= found, row


def test_a_further_action_names_the_pages_it_was_read_at_as_its_sources(data, further):
    for row in further:
        sources = data.objects(action_of(data, row), DCTERMS.source)
        assert {str(data.value(source, SDO.url)) for source in sources} == row.addresses, row


def test_each_address_is_one_source_and_nothing_of_its_text_is_kept(data, named):
    addresses = set().union(*(row.addresses for row in named))
    sources = {source: str(data.value(source, SDO.url)) for source in data.subjects(SDO.url)}
    assert Counter(sources.values()) == Counter(addresses)
    assert set(data.subjects(RDF.type, AG.Source)) == {FIRST_SOURCE, *sources}
    for source in sources:
        assert (source, SPDX.checksum, None) not in data
        for passage in data.subjects(OA.hasSource, source):
            assert list(data.objects(passage, OA.hasSelector)) == []


def test_the_table_tells_no_day_of_reading_so_none_is_given(data, facts_table):
    columns = facts_table.read_text("utf-8").splitlines()[0].split(",")
    assert "read_on" not in columns
    assert list(data.subject_objects(AG.readOn)) == []


def test_there_is_no_prose_and_no_theme_of_a_further_action(data, further):
    for row in further:
        action = action_of(data, row)
        for predicate in (AG.summary, AG.theme, AG.beneficiary, AG.outcome, AG.expertTeam, AG.underFacility):
            assert data.value(action, predicate) is None, row


def test_rows_that_are_the_first_source_again_add_only_what_is_new(data, data_files, named):
    """A number for the action in Armenia, the day of its first activity, and what the one in Mexico follows."""
    of_the_first = {action_of(data, row) for row in named if row.is_of_the_first_source}
    added = {
        (subject, predicate)
        for subject, predicate, _ in data_files["other-pages"]
        if subject in of_the_first or any(subject in data.objects(action, AG.hasActivity) for action in of_the_first)
    }
    assert added == {
        (BASE["id/action/disability-assessment-armenia"], AG.actionNumber),
        (BASE["id/action/disability-assessment-armenia"], DCTERMS.source),
        (BASE["id/activity/armenia-approach"], AG.startDate),
        (BASE["id/action/pension-reform-follow-up-mexico"], AG.probableFollowUpOf),
        (BASE["id/action/2014-12"], SKOS.note),
    }


def by_number(data: rdflib.Graph, number: str) -> Term:
    [action] = data.subjects(AG.actionNumber, rdflib.Literal(number))
    return action


def test_stated_follow_ups_are_those_of_the_table(data, named):
    expected = {(action_of(data, row), by_number(data, row.follows)) for row in named if row.follows}
    assert set(data.subject_objects(AG.followUpOf)) == expected
    assert bases(data, by_number(data, "2014-25"), AG.followUpOf) == {READ_AT}


def test_the_pension_reform_in_mexico_probably_follows_2014_25_and_the_reason_is_given(data):
    later, earlier = BASE["id/action/pension-reform-follow-up-mexico"], by_number(data, "2014-25")
    assert list(data.objects(later, AG.probableFollowUpOf)) == [earlier]
    [statement] = set(data.subjects(RDF.predicate, AG.probableFollowUpOf)) & set(data.subjects(RDF.object, earlier))
    assert data.value(statement, AG.basis) == INFERRED
    assert 0 < float(str(data.value(statement, AG.confidence))) < 1
    assert str(data.value(statement, AG.reason))
    assert pages(data, statement) == {"https://socieux.eu/category/countries/mexico/page/3"}


def linked(data: rdflib.Graph, predicate: rdflib.URIRef) -> set[frozenset[str]]:
    return {
        frozenset(str(data.value(action, AG.actionNumber)) for action in pair)
        for pair in data.subject_objects(predicate)
    }


def test_parallel_actions_and_those_of_one_request_are_linked_as_that(data, named):
    remarks = {row.number: row.source for row in named}
    assert "parallel to, same request as" in remarks["2020-18"]
    assert "parallel to 2020-37" in remarks["2020-35"]
    assert linked(data, AG.parallelTo) == {frozenset({"2020-18", "2021-01"}), frozenset({"2020-35", "2020-37"})}
    assert linked(data, AG.sameRequestAs) == {frozenset({"2020-18", "2021-01"})}


def test_a_series_has_the_actions_that_the_table_counts_in_it(data, named):
    members = {action_of(data, row) for row in named if "one of a series" in row.source}
    assert len(members) == 2
    [series] = data.subjects(RDF.type, AG.Series)
    assert set(data.subjects(AG.partOfSeries, series)) == members
    assert set(data.subjects(AG.partOfSeries)) == members


DOUBTFUL = MappingProxyType(
    {
        "2014-12": "February 2015",
        "2017-17": "start-up-oniess-mexico",
        "2021-01": "2021-09",
        "Elaboration of an Action Plan on Disability": "2020-35",
    }
)
"""By number or how the title begins, what the note of an action names that may be of the same, as the table remarks."""


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubtful_identities_are_kept_apart_with_a_note(data, named, name):
    [row] = (row for row in named if row.number == name or row.title.startswith(name))
    [note] = data.objects(action_of(data, row), SKOS.note)
    assert DOUBTFUL[name] in str(note)


def test_rows_without_title_and_number_stay_out_and_are_listed_with_the_reason(data, rows):
    left_out = [row for row in rows if not row.is_named]
    listed = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    listed = [cells for cells in listed if "http" in cells[1]]
    assert len(listed) == len(left_out)
    for row in left_out:
        found = [why for _, where, why in listed if set(re.findall(r"https?://[^\s>]+", where)) == row.addresses]
        assert found, row
        assert all(found)
        for address in row.addresses:
            assert (None, SDO.url, rdflib.URIRef(address)) not in data


def test_countries_and_organizations_are_there_once(data):
    for class_, term in ((AG.Country, SKOS.notation), (AG.Country, SKOS.prefLabel)):
        found = [value for thing in data.subjects(RDF.type, class_) for value in data.objects(thing, term)]
        assert len(found) == len(set(found))


def test_every_column_of_the_table_was_looked_at(rows):
    assert len(astuple(rows[0])) == 11
