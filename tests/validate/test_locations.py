"""Lines in Turtle, counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import RDF, SH

from actiongraph.validate.locations import blank_node_line, locate
from actiongraph.validate.report import Report, Severity, ValidationResult
from actiongraph.vocabulary import AG, CANONICAL_BASE, IRI

TURTLE = '''@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
PREFIX act: <https://w3id.org/actiongraph/id/action/>
# act:b in a comment is nothing
act:a a ag:Action ;
  ag:summary """two
lines; act:b ag:country "no" ."""@en ,
    "another" ;
  ag:country <id/country/GHA> .

<id/action/b>
  ag:partner <id/org/x> , [ ag:country 1 ; ag:theme 2 ] ;
  ag:country
    <id/country/COL> . act:c a ag:Action .
@prefix act: <https://w3id.org/actiongraph/id/other/> .
act:c a ag:Action ; .
'''


def finding(thing: str, path: IRI | None = None) -> ValidationResult:
    return ValidationResult(Severity.VIOLATION, IRI(SH.Shape), IRI(CANONICAL_BASE + "id/" + thing), "wrong", path)


def place(tmp_path: Path, found: ValidationResult, base: str = CANONICAL_BASE) -> tuple[str | None, int | None]:
    path = tmp_path / "some.ttl"
    path.write_text(TURTLE, "utf-8")
    located = locate(Report.of([found]), [path], base).results[0]
    return located.file, located.line


@pytest.mark.parametrize(
    ("thing", "path", "line"),
    [
        ("action/a", None, 5),
        ("action/a", RDF.type, 5),
        ("action/a", AG.summary, 6),
        ("action/a", AG.country, 9),
        ("action/a", AG.partner, 5),
        ("action/b", None, 11),
        ("action/b", AG.partner, 12),
        ("action/b", AG.country, 13),
        ("action/b", AG.theme, 11),
        ("action/c", None, 14),
        ("other/c", None, 16),
    ],
)
def test_a_finding_stands_where_the_thing_or_its_property_is_written(
    tmp_path: Path, thing: str, path: IRI | None, line: int
):
    assert place(tmp_path, finding(thing, path)) == ("some.ttl", line)


def test_of_files_that_speak_of_a_thing_the_one_that_gives_its_type_is_named(tmp_path: Path):
    head = "@base <https://w3id.org/actiongraph/> .\n@prefix ag: <https://w3id.org/actiongraph/ontology#> .\n"
    adding, describing = tmp_path / "adding.ttl", tmp_path / "describing.ttl"
    adding.write_text(head + '<id/action/a> ag:actionNumber "1" .\n', "utf-8")
    describing.write_text(head + "\n<id/action/a>\n  a ag:Action .\n", "utf-8")
    results = [finding("action/a"), finding("action/a", AG.country), finding("action/a", AG.actionNumber)]
    located = locate(Report.of(results), [adding, describing], CANONICAL_BASE).results
    assert {(each.path, each.file, each.line) for each in located} == {
        (None, "describing.ttl", 4),
        (AG.country, "describing.ttl", 4),
        (AG.actionNumber, "adding.ttl", 3),
    }


def test_a_thing_that_no_file_describes_has_no_place(tmp_path: Path):
    assert place(tmp_path, finding("action/none")) == (None, None)


def test_a_thing_under_another_base_is_found_where_the_canonical_one_is_written(tmp_path: Path):
    found = ValidationResult(Severity.INFO, IRI(SH.Shape), IRI("https://example.org/id/action/b"), "wrong")
    assert place(tmp_path, found, "https://example.org/") == ("some.ttl", 11)


def test_the_first_blank_node_has_its_line(tmp_path: Path):
    path = tmp_path / "some.ttl"
    path.write_text(TURTLE, "utf-8")
    assert blank_node_line(path) == 12
    path.write_text('<a> <b> "[" . # [', "utf-8")
    assert blank_node_line(path) is None
