"""The report: worst first, the same in every format, readable by RDF tools."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import rdflib
from rdflib import RDF, SH, XSD, Literal

from actiongraph.validate.report import Report, Severity, ValidationResult, as_csv, as_json, as_text, as_turtle, short
from actiongraph.vocabulary import AG, AGSH, CANONICAL_BASE, IRI

THING = IRI(CANONICAL_BASE + "id/action/2014-12")
WORST = ValidationResult(
    Severity.VIOLATION, AGSH["action-number"], THING, "An action number is a year.", AG.actionNumber, Literal("x"),
    allowed="For example 2014-12.", file="a.ttl", line=7,
)  # fmt: skip
INFO = ValidationResult(
    Severity.INFO, AGSH["d-start"], THING, f"No start date of {CANONICAL_BASE}id/action/2014-12 is known."
)
REPORT = Report.of([INFO, WORST, INFO])


def test_findings_are_listed_worst_first_and_each_once():
    assert REPORT.results == (WORST, INFO)
    assert REPORT.counts() == {Severity.VIOLATION: 1, Severity.WARNING: 0, Severity.INFO: 1}
    assert REPORT.summary() == "1 violation, 0 warnings, 1 note"


def test_results_that_differ_by_their_message_alone_have_one_order():
    results = [replace(INFO, message=f"Message {number}") for number in range(10)]
    assert Report.of(reversed(results)).results == tuple(results)


def test_only_a_violation_stops_publication():
    assert not REPORT.publishable
    assert Report.of([INFO]).publishable
    assert Report().publishable


def test_the_text_says_place_thing_rule_and_what_is_allowed():
    assert as_text(REPORT, CANONICAL_BASE) == (
        "Violation  a.ttl:7: action/2014-12 ag:actionNumber\n"
        "    An action number is a year.\n"
        '    Found: "x"\n'
        "    Allowed: For example 2014-12.\n"
        "    Rule: agsh:action-number\n"
        "\n"
        "Info  action/2014-12\n"
        "    No start date of action/2014-12 is known.\n"
        "    Rule: agsh:d-start\n"
        "\n"
        "1 violation, 0 warnings, 1 note\n"
    )


def test_results_of_one_rule_stand_together_with_their_number():
    others = [replace(INFO, focus=IRI(f"{THING}-{number}"), message="No date is known.") for number in range(10, 33)]
    lines = as_text(Report.of([WORST, *others]), CANONICAL_BASE).splitlines()
    assert lines[6:10] == [
        "Info  23 results of the rule agsh:d-start",
        "    No date is known.",
        "    - action/2014-12-10",
        "    - action/2014-12-11",
    ]
    assert lines[-3:] == ["    - and 3 more, which --format csv lists", "", "1 violation, 0 warnings, 23 notes"]


def test_results_of_one_rule_with_several_messages_have_each_its_own():
    found = [replace(WORST, line=number, message=f"Message {number}.") for number in (1, 2)]
    assert as_text(Report.of(found), CANONICAL_BASE).splitlines()[:6] == [
        "Violation  2 results of the rule agsh:action-number",
        "    Allowed: For example 2014-12.",
        '    - a.ttl:1: action/2014-12 ag:actionNumber, found: "x"',
        "      Message 1.",
        '    - a.ttl:2: action/2014-12 ag:actionNumber, found: "x"',
        "      Message 2.",
    ]


def test_what_explains_others_comes_first_among_those_of_its_severity():
    explains = replace(WORST, file="z.ttl", explains=True)
    warning = replace(INFO, severity=Severity.WARNING, explains=True)
    assert Report.of([WORST, warning, explains]).results == (explains, WORST, warning)


def test_json_counts_the_results_of_each_rule():
    others = [replace(INFO, focus=IRI(f"{THING}-{number}")) for number in range(3)]
    assert json.loads(as_json(Report.of([WORST, *others])))["rules"] == [
        {"shape": str(AGSH["action-number"]), "severity": "Violation", "count": 1},
        {"shape": str(AGSH["d-start"]), "severity": "Info", "count": 3},
    ]


def test_json_and_csv_have_the_same_records():
    document = json.loads(as_json(REPORT))
    rows = list(csv.DictReader(io.StringIO(as_csv(REPORT))))
    assert document["publishable"] is False
    assert document["counts"] == {"Violation": 1, "Warning": 0, "Info": 1}
    assert [
        {key: "" if value is None else str(value) for key, value in f.items()} for f in document["findings"]
    ] == rows
    assert rows[0]["focus"] == str(THING)
    assert rows[0]["line"] == "7"


def test_turtle_is_a_shacl_report_without_blank_nodes():
    graph = rdflib.Graph().parse(data=as_turtle(REPORT), format="turtle", publicID="http://x/report")
    report = IRI("http://x/report#report")
    assert (report, RDF.type, SH.ValidationReport) in graph
    assert graph.value(report, SH.conforms) == Literal(False)
    results = set(graph.objects(report, SH.result))
    assert {
        (graph.value(r, SH.resultSeverity), graph.value(r, SH.sourceShape), graph.value(r, SH.focusNode))
        for r in results
    } == {
        (SH.Violation, AGSH["action-number"], THING),
        (SH.Info, AGSH["d-start"], THING),
    }
    assert {graph.value(r, SH.resultPath) for r in results} == {AG.actionNumber, None}
    assert not [term for triple in graph for term in triple if isinstance(term, rdflib.BNode)]


def test_a_report_without_findings_conforms():
    graph = rdflib.Graph().parse(data=as_turtle(Report()), format="turtle", publicID="http://x/report")
    assert graph.value(IRI("http://x/report#report"), SH.conforms) == Literal(True)


def test_terms_are_shortened_as_people_read_them():
    assert short(THING, CANONICAL_BASE) == "action/2014-12"
    assert short(AG.country, CANONICAL_BASE) == "ag:country"
    assert short(IRI("http://elsewhere.example/x"), CANONICAL_BASE) == "<http://elsewhere.example/x>"
    assert short(Literal("2014", datatype=XSD.gYear), CANONICAL_BASE) == f'"2014"^^<{XSD.gYear}>'
