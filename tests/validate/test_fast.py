"""The validator `shacl` is used for what it judges as pyshacl does, and whatever it does, the results are the same."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import SH

from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.settings import shipped
from actiongraph.validate import core, fast, reference
from actiongraph.validate.report import Report, as_json, as_text, as_turtle
from actiongraph.validate.shapes import Shapes, read_shapes
from actiongraph.vocabulary import IRI

PREFIXES = """
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix x: <http://x/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
DATA = """
x:a a x:C ; x:p 1, 2.5, "x", "ab"@en, "AB"@en-gb, "été", x:b, true, "2014-01-01"^^xsd:date, "2014"^^xsd:gYear ;
    x:q 2, "x" ; x:u "m"@en, "n"@en, "o"@fr ; x:r x:b, x:c .
x:b a x:D ; x:p "abc", "ABC\\nabc", "a b" ; x:r x:a .
x:c a x:E ; x:r x:c ; x:q "x" .
x:D rdfs:subClassOf x:C . x:E rdfs:subClassOf x:D . x:d a x:C .
x:e x:p 5 ; x:q 7 . x:f x:p 5 ; x:q 5 . x:g x:p "b" ; x:q "a" . x:h x:p "a"@en ; x:q "b"@en .
x:i x:p "X", "", "zz"^^xsd:integer, "2014-02-30"^^xsd:date, "2014-13"^^xsd:gYearMonth,
    "1.0"^^xsd:decimal, "abc"^^x:code, "\U0001f600\U0001f600" .
"""
TARGETS = ("sh:targetClass x:C", "sh:targetSubjectsOf x:p", "sh:targetObjectsOf x:r", "sh:targetNode x:a, x:zz")
PATHS = (
    "x:p", "x:r", "x:u", "( x:r x:p )", "[ sh:inversePath x:r ]", "[ sh:alternativePath ( x:p x:q ) ]",
    "[ sh:zeroOrMorePath x:r ]", "[ sh:oneOrMorePath x:r ]", "[ sh:zeroOrOnePath x:r ]",
    "[ sh:inversePath ( x:r x:r ) ]",
)  # fmt: skip
CONSTRAINTS = (
    "sh:class x:C", "sh:class x:D", "sh:datatype xsd:string", "sh:datatype xsd:integer", "sh:datatype xsd:date",
    "sh:datatype xsd:decimal", "sh:datatype xsd:boolean", "sh:datatype xsd:gYear", "sh:datatype xsd:gYearMonth",
    "sh:datatype x:code", "sh:datatype rdf:langString", "sh:nodeKind sh:IRI", "sh:nodeKind sh:Literal",
    "sh:nodeKind sh:BlankNode",
    "sh:datatype xsd:integer ; sh:minExclusive 1", "sh:datatype xsd:decimal ; sh:maxInclusive 2.0",
    "sh:datatype xsd:integer ; sh:maxExclusive 5", "sh:datatype xsd:integer ; sh:minInclusive 2",
    "sh:minLength 2", "sh:maxLength 1", 'sh:pattern "^a"', 'sh:pattern "^[a-z]+$"', 'sh:pattern "^.{2}$"',
    'sh:pattern "^\\\\S(.*\\\\S)?$"', 'sh:pattern "^[^a]+$"', 'sh:pattern "^(?:a|b)\\\\.?"',
    'sh:languageIn ( "en" "fr" )', "sh:uniqueLang true", "sh:equals x:q", "sh:disjoint x:q", 'sh:hasValue "x"',
    "sh:hasValue 1", "sh:hasValue x:b", 'sh:in ( "x" 1 x:b )', 'sh:in ( "ab"@en )', "sh:minCount 2", "sh:maxCount 1",
    "sh:not [ sh:datatype xsd:string ]", "sh:and ( [ sh:nodeKind sh:Literal ] [ sh:datatype xsd:string ] )",
    "sh:or ( [ sh:datatype xsd:integer ] [ sh:datatype xsd:string ] )", "sh:minCount 5 ; sh:deactivated true",
    'sh:qualifiedValueShape [ sh:datatype x:code ; sh:pattern "^a" ] ; sh:qualifiedMinCount 1',
    "sh:qualifiedValueShape [ sh:class x:D ] ; sh:qualifiedMinCount 1",
    "sh:qualifiedValueShape [ sh:path rdf:type ; sh:hasValue x:D ] ; sh:qualifiedMaxCount 1",
)  # fmt: skip
OF_A_PATH = ("Count", "uniqueLang", "qualified")
NOT_ALIKE = {
    "sh:lessThan": ("x:r", "sh:lessThan x:q", None),
    "sh:lessThanOrEquals": ("x:r", "sh:lessThanOrEquals x:q", None),
    "sh:node": ("x:r", "sh:node x:Other", None),
    "sh:closed": ("x:p", "sh:closed true", None),
    "sh:flags": ("x:p", 'sh:pattern "a b" ; sh:flags "x"', None),
    "a range that is not one of numbers": ("x:p", "sh:maxInclusive 2", None),
    "a property shape without a name": ("x:r", "sh:property [ sh:path x:q ; sh:maxCount 0 ]", None),
    "the pattern \\w+$": ("x:t", 'sh:pattern "\\\\w+$"', 'x:a x:t "e\u0301" .'),
    "the pattern (.)\\1": ("x:p", 'sh:pattern "(.)\\\\1"', None),
    "the pattern ^(?!x)": ("x:p", 'sh:pattern "^(?!x)"', None),
    "the datatype http://www.w3.org/2001/XMLSchema#double": (
        "x:t",
        "sh:datatype xsd:double",
        'x:a x:t "1_0"^^xsd:double .',
    ),
}
"""Rules that the two judge differently on the data, with more of it where it takes more."""
UNLIKE = {
    "blank nodes": ("sh:nodeKind sh:IRI", "x:a x:t _:b ."),
    "ends with a line feed": ('sh:pattern "^[a-z]+$"', 'x:a x:t "c\\n" .'),
    "has a control character": ('sh:pattern "\\\\S"', 'x:a x:t "\\u001c" .'),
    '"5 "^^xsd:integer': ("sh:datatype xsd:integer", 'x:a x:t "5 "^^xsd:integer .'),
    '"1_000"^^xsd:integer': ("sh:datatype xsd:integer", 'x:a x:t "1_000"^^xsd:integer .'),
    '"1e5"^^xsd:decimal': ("sh:datatype xsd:decimal", 'x:a x:t "1e5"^^xsd:decimal .'),
    '"10000-01-01"^^xsd:date': ("sh:datatype xsd:date", 'x:a x:t "10000-01-01"^^xsd:date .'),
    '"2014-01-01T"^^xsd:date': ("sh:datatype xsd:date", 'x:a x:t "2014-01-01T"^^xsd:date .'),
    '"2014-01-01"^^xsd:dateTime': ("sh:datatype xsd:dateTime", 'x:a x:t "2014-01-01"^^xsd:dateTime .'),
    '"0g"^^xsd:hexBinary': ("sh:datatype xsd:hexBinary", 'x:a x:t "0g"^^xsd:hexBinary .'),
    '"0.1234567890123456789012345678901234567890"^^xsd:decimal': (
        "sh:datatype xsd:decimal ; sh:maxInclusive 1",
        'x:a x:t "0.1234567890123456789012345678901234567890"^^xsd:decimal .'
    ),
}  # fmt: skip
"""Data that the two read differently, with a rule that shows it."""


def quads(turtle: str) -> list[ox.Quad]:
    return list(ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE))


def graph(turtle: str) -> rdflib.Graph:
    return to_rdflib_graph(quads(turtle))


def rule(target: str, constraint: str, path: str | None = None, name: str = "x:s") -> str:
    of_path = f"sh:path {path} ;" if path else ""
    return f'{name} {target} ; {of_path} sh:severity sh:Warning ; sh:message "m" ; {constraint} .\n'


def rules() -> dict[str, str]:
    """Return every constraint at the end of every path and on the targets themselves, in turns with every target."""
    found = {}
    for constraint in CONSTRAINTS:
        for path in (*PATHS, *(() if any(word in constraint for word in OF_A_PATH) else (None,))):
            target = TARGETS[len(found) % len(TARGETS)]
            found[f"{constraint} / {path}"] = rule(target, constraint, path, f"x:s{len(found)}")
    return found


def by_shacl_alone(data: str, shapes: rdflib.Graph) -> Report | str:
    """Return what `shacl` says of what is kept from it, or why it says nothing."""
    triples = ox.serialize((quad.triple for quad in quads(data)), format=ox.RdfFormat.N_TRIPLES)
    try:
        with fast.Judge() as judge:
            return Report.of(judge.validate(triples or b"", shapes))
    except (fast.FastFailure, ValueError) as error:
        return str(error)


def test_every_construct_that_is_its_own_is_judged_alike(in_process: None):
    shapes = graph("".join(rules().values()))
    report = core.validate(quads(DATA), shapes)
    assert str(report.validator) == f"shacl {fast.VERSION}"
    by_reference = reference.validate(to_rdflib_graph(quads(DATA)), shapes)
    assert report == by_reference
    assert len(by_reference.results) > 1_000


@pytest.mark.parametrize("what", NOT_ALIKE)
def test_what_is_kept_from_it_is_still_judged_differently_and_goes_to_pyshacl(what: str, in_process: None):
    path, constraint, more = NOT_ALIKE[what]
    other = 'x:Other a sh:NodeShape ; sh:property x:inner . x:inner sh:path x:q ; sh:maxCount 1 ; sh:message "i" .'
    fine = rule("sh:targetClass x:C", 'sh:pattern "^http"', None, "x:fine")
    shapes = graph(rule(TARGETS[0], constraint, path) + fine + other)
    data = DATA + (more or "")
    by_reference = reference.validate(to_rdflib_graph(quads(data)), shapes)
    named = [result for result in by_reference.results if result.shape.startswith("http://x/")]
    assert by_shacl_alone(data, shapes) != by_reference
    report = core.validate(quads(data), shapes)
    assert [result for result in report.results if result.shape.startswith("http://x/")] == named
    assert report.validator
    assert report.validator.name == f"shacl {fast.VERSION}"
    assert f"<http://x/s> ({what})" in (report.validator.note or "")
    assert "fine" not in (report.validator.note or "")


@pytest.mark.parametrize("what", UNLIKE)
def test_data_that_the_two_read_differently_goes_to_pyshacl(what: str, in_process: None):
    constraint, more = UNLIKE[what]
    shapes = graph(rule("sh:targetSubjectsOf x:t", constraint, "x:t"))
    report = core.validate(quads(more), shapes)
    assert report.validator
    assert report.validator.name.startswith("pyshacl ")
    assert what in (report.validator.note or "")
    assert report == reference.validate(to_rdflib_graph(quads(more)), shapes)
    assert by_shacl_alone(more, shapes) != report


@pytest.mark.parametrize("text", ["a _:b", "a _:b .", ") >> .", "\\\\n", "5 ", "1_000", "\\\\u002"])
def test_a_text_that_looks_like_such_data_is_none(text: str):
    triples = ox.serialize((quad.triple for quad in quads(f'x:a x:t "{text}" .')), format=ox.RdfFormat.N_TRIPLES)
    assert fast.unlike(triples or b"") is None


def test_every_shipped_rule_is_its_own():
    shapes = Shapes(read_shapes(sorted(shipped("shapes").glob("*.ttl"))))
    assert fast.left_to_reference(shapes.core()) == {}


def test_every_construct_known_to_differ_is_shown_to():
    assert {f"sh:{construct.removeprefix(str(SH))}" for construct in fast.DIFFERENT} <= NOT_ALIKE.keys()


def test_the_extra_pins_the_version_that_is_compared():
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert pyproject["project"]["optional-dependencies"]["fast"] == [f"shacl=={fast.VERSION}"]


FAULTS = {
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": "its process ended with SIGSEGV",
    "import sys; print(1); print('worse', file=sys.stderr); sys.exit(3)": "its process ended with status 3: worse",
    "import time; time.sleep(60)": "it took more than 1 s",
    "print('[[')": "what it said is not complete",
    "bytearray(10**16)": "MemoryError",
}


@pytest.mark.parametrize("program", FAULTS)
def test_whatever_befalls_it_pyshacl_steps_in(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    child = tmp_path / "child.py"
    child.write_text(program, "utf-8")
    monkeypatch.setattr(fast, "version", lambda: fast.VERSION)
    monkeypatch.setattr(fast, "_CHILD", child)
    monkeypatch.setattr(fast, "_TIMEOUT_S", 1)
    shapes = graph(rule(TARGETS[0], "sh:minCount 2", "x:q"))
    report = core.validate(quads(DATA), shapes)
    assert report == reference.validate(graph(DATA), shapes)
    assert report.results
    assert report.validator
    assert report.validator.name.startswith("pyshacl ")
    assert (report.validator.note or "").startswith(f"shacl {fast.VERSION} failed: ")
    assert FAULTS[program] in (report.validator.note or "")


def test_its_process_says_the_same(shacl: object):
    shapes = graph("".join(rules().values()))
    report = core.validate(quads(DATA), shapes)
    assert str(report.validator) == f"shacl {fast.VERSION}"
    assert report == reference.validate(graph(DATA), shapes)


def test_one_process_judges_one_data_after_another_by_other_shapes_too(shacl: object, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fast, "_MEMORY_PER_BYTE", 0)
    few, many = (graph(rule(TARGETS[1], f"sh:minCount {number}", "x:p")) for number in (1, 2))
    some = b'<http://x/a> <http://x/p> "1" .\n'
    some += b'<http://x/b> <http://x/p> "1" <x:g> .\n<http://x/b> <http://x/p> "2" <x:h> .\n'
    with fast.Judge() as judge:
        assert judge.validate(some, few) == []
        process = judge._process
        assert [str(each.focus) for each in judge.validate(some, many)] == ["http://x/a"]
        assert judge.validate(b"", many) == []
        assert [str(each.focus) for each in judge.validate(some, many, lambda node: node != b"<http://x/a>")] == []
        assert judge._process is process
        with pytest.raises(fast.FastFailure, match="ended with status 1: ValueError: "):
            judge.validate(b"no triple", many)
        assert [str(each.focus) for each in judge.validate(some, many)] == ["http://x/a"]
        judge.close()
    assert process is not None
    assert process.poll() == 1


def test_more_data_than_the_process_has_memory_for_is_judged_by_another(shacl: object, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fast, "_MEMORY_PER_BYTE", 100_000_000)
    shapes = graph(rule(TARGETS[1], "sh:minCount 2", "x:p"))
    line = b'<http://x/a> <http://x/p> "1" .\n'
    with fast.Judge() as judge:
        assert len(judge.validate(line, shapes)) == 1
        first = judge._process
        assert len(judge.validate(100 * line, shapes)) == 1
        assert first is not None
        assert judge._process is not first
        assert first.poll() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to its address space")
def test_its_process_may_take_so_much_memory(shacl: object, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fast, "_MEMORY_BYTES", 50_000_000)
    shapes = graph(rule(TARGETS[0], "sh:minCount 2", "x:q"))
    many = "".join(f'x:n{n} a x:C ; x:q "{n} {"x" * 9_000}" .\n' for n in range(2_000))
    monkeypatch.setattr(fast, "_MEMORY_PER_BYTE", 0)
    report = core.validate(quads(many), shapes)
    assert report.validator
    assert "failed" in (report.validator.note or "")
    assert len(report.results) == 2_000


@pytest.mark.parametrize(
    ("installed", "note"), [(None, None), ("0.4.0", "shacl 0.4.0 is installed, and only 0.3.4 is known")]
)
def test_without_the_version_that_is_known_pyshacl_validates(
    installed: str | None, note: str | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fast, "version", lambda: installed)
    report = core.validate(quads(DATA), graph(rule(TARGETS[0], "sh:minCount 2", "x:q")))
    assert report.validator
    assert report.validator.name.startswith("pyshacl ")
    assert report.validator.note == note


def test_the_turtle_that_is_hashed_is_the_same_whoever_validated(in_process: None, monkeypatch: pytest.MonkeyPatch):
    shapes = graph(rule(TARGETS[0], "sh:minCount 2", "x:q"))
    one = core.validate(quads(DATA), shapes)
    monkeypatch.setattr(fast, "version", lambda: None)
    other = core.validate(quads(DATA), shapes)
    assert as_turtle(one) == as_turtle(other)
    assert as_text(one, "http://x/") != as_text(other, "http://x/")
    assert "\n\nCore rules validated by shacl 0.3.4.\n0 violations, " in as_text(one, "http://x/")
    assert json.loads(as_json(one))["validator"] == {"core": "shacl 0.3.4", "note": None}


def test_a_rule_with_a_name_only(in_process: None):
    assert fast.left_to_reference(graph("x:s a sh:NodeShape ; sh:targetClass x:C ; sh:minLength 3 .")) == {
        IRI("http://x/s"): "not exactly one message"
    }
