"""Results that follow from others are left out, and near names are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import Literal

from actiongraph.settings import shipped
from actiongraph.validate.consequences import MISTAKEN, with_suggestions, without_consequences
from actiongraph.validate.curated import Curated
from actiongraph.validate.report import Severity, ValidationResult
from actiongraph.validate.shapes import read_shapes
from actiongraph.vocabulary import AG, AGSH, CANONICAL_BASE, CONCEPT, IRI

ONE, OTHER = (IRI(CANONICAL_BASE + "id/action/" + key) for key in ("one", "other"))


@pytest.fixture(scope="module")
def shapes() -> rdflib.Graph:
    return read_shapes(sorted(shipped("shapes").glob("*.ttl")))


def result(rule: str, focus: IRI = ONE, **more) -> ValidationResult:
    return ValidationResult(Severity.VIOLATION, IRI(AGSH[rule]), focus, "Wrong. Mend it.", **more)


def curated(text: str = "") -> Curated:
    head = f"@prefix ag: <{AG}> . @prefix act: <{CANONICAL_BASE}id/action/> .\n"
    return Curated.of({Path("a.ttl"): list(ox.parse(head + text, format=ox.RdfFormat.TURTLE))})


COMPUTED = ["earliest-start-once", "chain-length-form", "member-chain-known", "followed-by-agrees", "chain-size-agrees"]


@pytest.mark.parametrize("rule", COMPUTED)
def test_what_is_wrong_with_computed_facts_follows_from_another_violation(shapes, rule):
    cause = result("action-start-once")
    assert without_consequences([result(rule), cause], curated(), shapes) == [cause]


@pytest.mark.parametrize("rule", COMPUTED)
def test_it_is_told_where_nothing_else_explains_it(shapes, rule):
    warning = ValidationResult(Severity.WARNING, IRI(AGSH["document-unused"]), OTHER, "Unused. Remove it.")
    assert without_consequences([result(rule), warning], curated(), shapes) == [result(rule), warning]


def test_it_is_told_of_things_with_computed_facts_that_somebody_entered(shapes):
    found = [result("earliest-start-agrees"), result("earliest-start-agrees", OTHER), result("action-start-once")]
    entered = curated('act:one ag:earliestStart "2014-01-01" .')
    assert without_consequences(found, entered, shapes) == [found[0], found[2]]


def test_what_an_undescribed_thing_lacks_follows_from_its_not_being_described(shapes):
    dangling = result("action-document-known", value=OTHER)
    assert without_consequences([result("document-title-missing", OTHER), dangling], curated(), shapes) == [dangling]
    described = curated("act:other a ag:Action .")
    assert len(without_consequences([result("document-title-missing", OTHER), dangling], described, shapes)) == 2


def test_a_quote_that_is_not_where_it_should_be_is_not_told_its_length_too(shapes):
    found = [result("passage-quote-length"), result("passage-quote-length", OTHER), result("passage-not-in-source")]
    assert without_consequences(found, curated(), shapes) == found[1:]


def test_what_a_file_in_a_mistaken_namespace_lacks_follows_from_that(shapes):
    cause = ValidationResult(
        Severity.VIOLATION,
        MISTAKEN,
        IRI("http://x/"),
        "No.",
        allowed=f"The namespace {AG}",
        file="a.ttl",
        explains=True,
    )
    found = [cause, result("described-title-missing"), result("action-partner-known", OTHER, value=ONE)]
    read = curated("act:one a <http://x/Action> .")
    assert without_consequences(found, read, shapes) == [cause]
    elsewhere = result("described-title-missing", OTHER)
    assert without_consequences([cause, elsewhere], read, shapes) == [cause, elsewhere]


def described(*things: IRI) -> Callable[[str], Iterator[str]]:
    return lambda start: (str(thing) for thing in things if f"<{thing}>".startswith(start))


def test_the_nearest_thing_beside_an_unknown_value_is_told():
    things = [CONCEPT["theme/pensions"], CONCEPT["theme/strategy"], CONCEPT["beneficiary/pension"]]
    [told] = with_suggestions([result("action-theme-scheme", value=CONCEPT["theme/pension"])], described(*things))
    assert told.message == f"Wrong. Mend it. Did you mean {CONCEPT}theme/pensions?"


@pytest.mark.parametrize("value", [CONCEPT["theme/strategy"], CONCEPT["theme/migration"], Literal("pension"), None])
def test_nothing_is_suggested_for_what_is_described_like_nothing_or_no_iri(value):
    found = [result("action-theme-scheme", value=value)]
    assert with_suggestions(found, described(CONCEPT["theme/strategy"])) == found
