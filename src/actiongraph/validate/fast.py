"""The validator `shacl`: SHACL Core in Rust, in a process of its own, for what it is known to judge as pyshacl does.

It is young, so a crash, a hang and a full memory must not reach the build, and nothing is taken on trust: only the
constructs, patterns and forms of literals that the tests compare with pyshacl are its own; the rest is pyshacl's.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TypeGuard

import pyoxigraph as ox
import rdflib
from rdflib import RDF, SH, XSD
from rdflib.term import Node

from actiongraph.engine.oxigraph import to_rdflib
from actiongraph.validate.report import Severity, ValidationResult
from actiongraph.validate.shapes import TARGETS, Rule, Shapes
from actiongraph.vocabulary import IRI

Row = tuple[str, str | None, str | None, str, str, str]
"""Focus node, path, value, shape, message and severity of one result, terms as in N-Triples."""
VERSION = "0.3.4"
"""The one version that the tests compare with pyshacl; pyproject.toml pins it."""

DIFFERENT = {
    SH.lessThan: "values that cannot be compared",
    SH.lessThanOrEquals: "values that cannot be compared",
    SH.node: "the results of the shape that it names",
    SH.closed: "which properties a closed shape is about",
    SH.flags: "the flags of a pattern",
}
"""Constructs that the two are known to judge differently, and in what; their rules are pyshacl's."""

_BESIDE = {
    SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode, SH.path, SH.property,
    SH.inversePath, SH.alternativePath, SH.zeroOrMorePath, SH.oneOrMorePath, SH.zeroOrOnePath,
    SH.severity, SH.message, SH.description, SH.name, SH.deactivated,
}  # fmt: skip
_RANGES = {SH.minInclusive, SH.minExclusive, SH.maxInclusive, SH.maxExclusive}
_CONSTRAINTS = _RANGES | {
    SH["class"], SH.datatype, SH.nodeKind, SH.minCount, SH.maxCount, SH.minLength, SH.maxLength, SH.pattern,
    SH.languageIn, SH.uniqueLang, SH.equals, SH.disjoint, SH.hasValue, SH["in"], SH["not"], SH["and"], SH["or"],
    SH.qualifiedValueShape, SH.qualifiedMinCount, SH.qualifiedMaxCount,
}  # fmt: skip
_NUMBERS = {XSD.integer, XSD.decimal}
_DATATYPES = _NUMBERS | {
    XSD.string, RDF.langString, XSD.boolean, XSD.date, XSD.dateTime, XSD.gYear, XSD.gYearMonth, XSD.hexBinary,
}  # fmt: skip
_PATTERN = re.compile(
    r"(?:[^\\\[({]|\\[sS./?*+|()\[\]{}^$-]|\((?:\?:|(?!\?))|\{(?=\d)|\[\^?(?:[\w.#=,/: ]|-(?!-)|&(?!&))+\])*", re.ASCII
)
"""Patterns that mean the same to Rust and to Python: no look-around, no back-reference, no class but white space."""

_TIMEZONE = r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)?"
_ASCII_NUMBER = r"[!-^`-~]{0,18}"
_PLAIN = {
    "integer": _ASCII_NUMBER, "nonNegativeInteger": _ASCII_NUMBER, "positiveInteger": _ASCII_NUMBER,
    "decimal": r"[+.0-9-]{0,18}",
    "date": rf"(?!0000)\d{{1,4}}(?:-\d{{1,2}}){{0,2}}{_TIMEZONE}|[A-Za-z].*",
    "dateTime": rf"(?!0000)\d{{4}}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,6}})?{_TIMEZONE}|[A-Za-z].*",
    "hexBinary": r"(?:[0-9A-Fa-f]{2})*",
}  # fmt: skip
"""Lexical forms on which the two agree, right or wrong, by the datatypes of which there are others."""
_PLAIN_FORM = {name.encode(): re.compile(form.encode()) for name, form in _PLAIN.items()}
_TYPED = re.compile(rb'"((?:[^"\\\n]++|\\.)*+)"\^\^<http://www\.w3\.org/2001/XMLSchema#(\w+)>')
_NOT_RDF_1_1 = re.compile(rb'^_:|(?: _:[^\s"]+|\)>>)(?: <[^<>\s]*>)? \.$', re.MULTILINE)
_FINAL_LINE_FEED = re.compile(rb'(?<!\\)(?:\\\\)*\\n"')

_PREDICATE_PATH = re.compile(r"<[^<>]*>")

_CHILD = Path(__file__).with_name("shacl_child.py")
_TIMEOUT_S, _S_PER_MB = 60, 0.5
"""It takes 0.03 s for a megabyte of data where nothing else runs."""
_MEMORY_BYTES, _MEMORY_PER_BYTE = 2 * 1024**3, 20
"""It takes 7 bytes for a byte of data; address space is more than that."""


class FastFailure(Exception):
    """`shacl` gave no results; the text says why."""


def version() -> str | None:
    """Return the version of `shacl` that is installed, or None."""
    try:
        return metadata.version("shacl")
    except metadata.PackageNotFoundError:
        return None


def left_to_reference(shapes: rdflib.Graph) -> dict[IRI, str]:
    """Return the rules of `shapes` that are not known to be judged alike, each with what it is about."""
    found: dict[IRI, str] = {}
    kinds = (SH.NodeShape, SH.PropertyShape)
    declared = {shape for kind in kinds for shape in shapes.subjects(RDF.type, kind)}
    targeted = {shape for target in TARGETS for shape in shapes.subjects(target)}
    for shape in sorted(node for node in declared | targeted | set(shapes.objects(None, SH.property)) if _is_iri(node)):
        parts: list[Node] = [shape]
        for part in parts:
            parts += [o for p, o in shapes.predicate_objects(part) if _is_part(shapes, part == shape, p, o, parts)]
        if why := next((why for part in parts for why in _differences(shapes, part, part == shape)), None):
            found |= {shape: why} | {own: why for own in shapes.objects(shape, SH.property) if _is_iri(own)}
    return found


def _is_iri(node: Node) -> TypeGuard[IRI]:
    """Tell whether `node` is an IRI."""
    return isinstance(node, IRI)


def _is_part(shapes: rdflib.Graph, of_the_rule: bool, predicate: Node, node: Node, known: list[Node]) -> bool:
    is_rule_of_its_own = of_the_rule and predicate == SH.property and _is_iri(node)
    return not is_rule_of_its_own and node not in known and (node, None, None) in shapes


def _differences(shapes: rdflib.Graph, part: Node, is_rule: bool) -> Iterator[str]:
    said = {predicate for predicate in shapes.predicates(part) if str(predicate).startswith(str(SH))}
    for predicate in sorted(map(str, said - _BESIDE - _CONSTRAINTS)):
        yield f"sh:{predicate.removeprefix(str(SH))}"
    if any(not (is_rule and _is_iri(own)) for own in shapes.objects(part, SH.property)):
        yield "a property shape without a name"
    if is_rule and said & _CONSTRAINTS and len(set(shapes.objects(part, SH.message))) != 1:
        yield "not exactly one message"
    datatypes = set(shapes.objects(part, SH.datatype))
    # What is not of XML Schema has no lexical form that either of them would check.
    unknown = [name for name in map(str, datatypes - _DATATYPES) if name.startswith(str(XSD))]
    if unknown:
        yield f"the datatype {min(unknown)}"
    if said & _RANGES and not datatypes & _NUMBERS:
        yield "a range that is not one of numbers"
    for pattern in shapes.objects(part, SH.pattern):
        if not _PATTERN.fullmatch(str(pattern)):
            yield f"the pattern {pattern}"


def unlike(lines: bytes) -> str | None:
    """Return the reason why the validators may read the N-Quads `lines` differently, or None."""
    if (b"_:" in lines or b")>> " in lines) and _NOT_RDF_1_1.search(lines):
        return "the data has blank nodes or triple terms"
    if b"\\" in lines:
        if b'\\n"' in lines and _FINAL_LINE_FEED.search(lines):
            return "a text in the data ends with a line feed"
        if b"\\u001" in lines:
            return "a text in the data has a control character"
    for lexical, datatype in set(_TYPED.findall(lines)):
        if (form := _PLAIN_FORM.get(datatype)) and not form.fullmatch(lexical):
            return f'the data has "{lexical.decode()}"^^xsd:{datatype.decode()}'
    return None


def validate(
    lines: bytes, shapes: rdflib.Graph, of: Callable[[bytes], bool] = lambda _: True
) -> list[ValidationResult]:
    """Return the results of `shacl` for the union of the N-Quads `lines` and the Core `shapes`.

    Only those are returned whose focus node, as in N-Triples, is one that they are asked `of`.

    Raises:
        FastFailure: there are none.
    """
    rule = cache(Shapes(shapes).rule)
    return [_result(row, rule) for row in run(as_n_triples(shapes), lines) if of(row[0].encode())]


def as_n_triples(shapes: rdflib.Graph) -> bytes:
    """Return `shapes` as the process reads them."""
    return shapes.serialize(format="nt", encoding="utf-8")


def run(shapes: bytes, lines: bytes) -> list[Row]:
    """Validate the N-Quads `lines` by `shapes`, N-Triples, in a process of its own, and return its results.

    Raises:
        FastFailure: it says nothing in time, or ends before it has.
    """
    timeout_s = _TIMEOUT_S + _S_PER_MB * len(lines) / 1e6
    memory_bytes = _MEMORY_BYTES + _MEMORY_PER_BYTE * len(lines)
    command = [sys.executable, "-P", str(_CHILD), str(memory_bytes), str(len(shapes))]
    try:
        ended = subprocess.run(  # noqa: S603 - our own program, our own numbers
            command, input=shapes + lines, capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FastFailure(f"it took more than {timeout_s:.0f} s") from error
    except OSError as error:
        raise FastFailure(f"its process did not start: {error.strerror}") from error
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        last = f": {said[-1][:200]}" if said else ""
        raise FastFailure(f"its process ended with {_status(ended.returncode)}{last}")
    try:
        rows: list[Row] = json.loads(ended.stdout)
    except ValueError as error:
        raise FastFailure("what it said is not complete") from error
    return rows


def _status(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"status {code}"


def _result(row: Row, rule: Callable[[IRI], Rule]) -> ValidationResult:
    focus, path, value, shape, message, severity = row
    return ValidationResult(
        severity=Severity.of(IRI(severity)),
        shape=IRI(shape[1:-1]),
        focus=_term(focus),
        message=message,
        path=IRI(path[1:-1]) if path and _PREDICATE_PATH.fullmatch(path) else None,
        value=None if value is None else _term(value),
        allowed=rule(IRI(shape[1:-1])).allowed,
    )


def _term(text: str) -> Node:
    [quad] = ox.parse(f"<x:s> <x:p> {text} .", format=ox.RdfFormat.N_TRIPLES)
    return to_rdflib(quad.object)
