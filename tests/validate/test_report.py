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
