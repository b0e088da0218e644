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
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Timer
from typing import IO, TypeGuard

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
_ENDING_S = 5
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


class Judge:
    """`shacl` in a process of its own, which starts with the first data and ends with the block that this is for."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._memory_bytes = 0
        self._read: _ReadShapes | None = None

    def __enter__(self) -> Judge:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._end()

    def validate(
        self, lines: bytes, shapes: rdflib.Graph, of: Callable[[bytes], bool] = lambda _: True
    ) -> list[ValidationResult]:
        """Return the results of `shacl` for the union of the N-Quads `lines` and the Core `shapes`.

        Only those are returned whose focus node, as in N-Triples, is one that they are asked `of`.

        Raises:
            FastFailure: there are none.
        """
        if self._read is None or self._read.graph is not shapes:
            self._read = _ReadShapes(shapes)
        read = self._read
        return [_result(row, read.rule) for row in self.run(read.text, lines) if of(row[0].encode())]

    def run(self, shapes: bytes, lines: bytes) -> list[Row]:
        """Return the results of the process for `lines`, N-Quads, by `shapes`, N-Triples.

        Raises:
            FastFailure: it says nothing in time, or ends before it has.
        """
        timeout_s = _TIMEOUT_S + _S_PER_MB * len(lines) / 1e6
        process = self._started(_MEMORY_BYTES + _MEMORY_PER_BYTE * len(lines))
        is_late = Event()

        def end() -> None:
            is_late.set()
            process.kill()

        timer = Timer(timeout_s, end)
        timer.start()
        try:
            said = _said(process, shapes, lines)
        finally:
            timer.cancel()
        if (rows := _rows(said)) is not None:
            return rows
        self.close(f"it took more than {timeout_s:.0f} s" if is_late.is_set() else None)
        raise FastFailure("what it said is not complete")

    def close(self, why: str | None = None) -> None:
        """End the process, or say `why` it was ended.

        Raises:
            FastFailure: it was, or does not end well.
        """
        if self._process is None or self._process.stdin is None:
            return
        with suppress(OSError):  # what was not written yet cannot be
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING_S)
        code, said = self._process.poll(), self._said_last()
        self._end()
        if why or code:
            raise FastFailure(why or f"its process ended with {_status(code or 0)}{said}")

    def _started(self, memory_bytes: int) -> subprocess.Popen[bytes]:
        """Return a process that may take so much memory."""
        if self._process is None or memory_bytes > self._memory_bytes:
            self._end()
            self._memory_bytes = memory_bytes + memory_bytes // 4  # the next data may be a little more
            self._complaints = TemporaryFile()  # noqa: SIM115 - closed with the process
            command = [sys.executable, "-P", str(_CHILD), str(self._memory_bytes)]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own program, our own numbers
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints
                )
            except OSError as error:
                raise FastFailure(f"its process did not start: {error.strerror}") from error
        return self._process

    def _said_last(self) -> str:
        if self._complaints is None:
            return ""
        self._complaints.seek(0)
        last = self._complaints.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return "".join(f": {line[:200]}" for line in last)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with suppress(OSError):  # what was not written yet cannot be
                self._process.__exit__(None, None, None)
        if self._complaints is not None:
            self._complaints.close()
        self._process = self._complaints = None


def _rows(said: bytes) -> list[Row] | None:
    try:
        rows = json.loads(said)
    except ValueError:
        return None
    return rows if isinstance(rows, list) else None


class _ReadShapes:
    """Shapes as the process reads them, and their rules by name."""

    def __init__(self, graph: rdflib.Graph) -> None:
        self.graph = graph
        self.text: bytes = graph.serialize(format="nt", encoding="utf-8")
        self.rule = cache(Shapes(graph).rule)


def _said(process: subprocess.Popen[bytes], shapes: bytes, lines: bytes) -> bytes:
    """Return what `process` says of `lines`, one line itself; nothing if it ends."""
    if process.stdin is None or process.stdout is None:
        return b""
    try:
        process.stdin.write(b"%d %d\n" % (len(shapes), len(lines)))
        process.stdin.write(shapes)
        process.stdin.write(lines)
        process.stdin.flush()
    except BrokenPipeError:
        return b""
    return process.stdout.readline()


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
