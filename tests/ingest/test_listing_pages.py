"""Our own pages in all forms, held against what a person read off them before there was a reader."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from actiongraph.ingest.claims import Record
from actiongraph.ingest.listings import ListingTerms, read_listing
from actiongraph.ingest.pages import Page, read_page

PAGES = Path(__file__).parent / "pages"
TERMS = ListingTerms(types=(PAGES / "types.txt").read_text("utf-8").splitlines())
NAMES = sorted(path.stem for path in PAGES.glob("*.csv"))
PRECISION, RECALL = 0.97, 0.9
SECRETS = ("@", "+995", "+962", "+34", "00 222", "Nino", "Ada Sample", "Aïcha", "Papadopoulou", "Samuel", "Peters")


class Told(NamedTuple):
    """A claim, as the tables have it."""

    page: str
    record: str
    property: str
    value: str
    basis: str


def page_of(name: str) -> Page:
    (path,) = (path for path in PAGES.glob(f"{name}.*") if path.suffix != ".csv")
    return read_page(path)


def records_of(name: str) -> list[Record]:
    return read_listing(page_of(name), TERMS)


def expected(name: str, count: int) -> set[Told]:
    with (PAGES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    everywhere = [str(number) for number in range(1, count + 1)]
    return {
        Told(name, record, row["property"], row["value"], row["basis"])
        for row in rows
        for record in (everywhere if row["record"] == "*" else [row["record"]])
    }


def found(name: str) -> list[Told]:
    return [
        Told(name, str(number), claim.property, claim.value, claim.basis)
        for number, record in enumerate(records_of(name), 1)
        for claim in record.claims
    ]


def test_the_pages_are_as_many_as_they_should_be_and_have_their_entries():
    lists = [name for name in NAMES if name[0] in "bcd"]
    assert len(lists) >= 6
    assert len(NAMES) - len(lists) >= 8
    for name in lists:
        with (PAGES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            numbers = {row["record"] for row in csv.DictReader(file)} - {"*"}
        assert 5 <= len(numbers) <= 12
        assert len(records_of(name)) == len(numbers)


def test_each_kind_of_claim_is_read_precisely_and_nearly_always(capsys):
    right, ours, theirs = Counter(), Counter(), Counter()
    wrong, missed = [], []
    for name in NAMES:
        read = found(name)
        assert len(read) == len(set(read)), name
        wanted = expected(name, len(records_of(name)))
        ours.update(told.property for told in read)
        theirs.update(told.property for told in wanted)
        right.update(told.property for told in wanted & set(read))
        wrong += sorted(set(read) - wanted)
        missed += sorted(wanted - set(read))
    lines = [f"{'claims on our own pages':26}{'there':>7}{'read':>7}{'right':>7}{'precision':>11}{'recall':>8}"]
    for kind in sorted(theirs | ours):
        rates = f"{right[kind] / max(1, ours[kind]):11.3f}{right[kind] / max(1, theirs[kind]):8.3f}"
        lines.append(f"{kind:26}{theirs[kind]:7}{ours[kind]:7}{right[kind]:7}{rates}")
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines, ""]))
    for kind in theirs | ours:
        assert right[kind] >= PRECISION * ours[kind], (kind, [each for each in wrong if each.property == kind])
        assert right[kind] >= RECALL * theirs[kind], (kind, [each for each in missed if each.property == kind])


@pytest.mark.parametrize("name", NAMES)
def test_each_claim_has_its_words_and_no_person_is_in_any(name):
    text = page_of(name).text
    for record in records_of(name):
        for claim in record.claims:
            assert claim.rule
            assert claim.passages
            for passage in claim.passages:
                assert text[passage.start : passage.start + len(passage.quote)] == passage.quote
            said = " ".join([claim.value, *(passage.quote for passage in claim.passages)])
            assert not [secret for secret in SECRETS if secret in said]


def test_a_date_that_does_not_exist_a_contact_and_a_person_are_refused_with_the_reason():
    (record,) = records_of("e-markets-en")
    assert [refusal.rule for refusal in record.refusals] == ["date"]
    assert "31/02/2021" in record.refusals[0].reason
    assert [refusal.rule for refusal in records_of("e-retraites-fr")[0].refusals] == ["contact"]
    assert [refusal.rule for refusal in records_of("d-disability-en")[0].refusals] == ["person"]
