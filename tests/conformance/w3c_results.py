"""Results read from each of their formats, by the formats' own specifications, and held against each other.

The reading owes nothing to the program or its engine, so that a fault in what they write is seen.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple
from urllib.parse import urljoin
from xml.etree import ElementTree

import rdflib
from rdflib.compare import isomorphic
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

XSD = "http://www.w3.org/2001/XMLSchema#"
_RS = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
_SRX = "{http://www.w3.org/2005/sparql-results#}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_INTEGERS = (
    "integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt "
    "unsignedShort unsignedByte positiveInteger decimal"
)
_EXACT = frozenset(XSD + name for name in _INTEGERS.split())
_BOOLEANS = {"1": "true", "0": "false"}
_FLOATING = frozenset({XSD + "double", XSD + "float"})


class Term(NamedTuple):
    """A term; of a `text`, which is what CSV leaves of a term, only the characters are known."""

    kind: Literal["iri", "bnode", "literal", "text"]
    value: str
    datatype: str = ""
    language: str = ""


Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A solution sequence; each row has its terms in the order of `variables`. None is unbound."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    is_lossy: bool = False


def literal(value: str, datatype: str = "", language: str = "") -> Term:
    """Return a literal term, so that equal ones are equal (RDF 1.1 Concepts, section 3.3)."""
    return Term("literal", value, "" if datatype == XSD + "string" else datatype, language.lower())


def read_json(document: str, _base: str) -> Table | bool:
    """Read SPARQL 1.1 Query Results JSON Format, section 3."""
    found = json.loads(document)
    if "boolean" in found:
        return bool(found["boolean"])
    variables = tuple(found["head"].get("vars", ()))

    def term(cell: Mapping[str, str]) -> Term:
        if cell["type"] in ("literal", "typed-literal"):
            return literal(cell["value"], cell.get("datatype", ""), cell.get("xml:lang", ""))
        return Term({"uri": "iri", "bnode": "bnode"}[cell["type"]], cell["value"])  # type: ignore[arg-type]

    rows = found["results"]["bindings"]
    assert all(set(row) <= set(variables) for row in rows)
    return Table(variables, tuple(tuple(term(row[v]) if v in row else None for v in variables) for row in rows))


def read_xml(document: str, base: str) -> Table | bool:
    """Read SPARQL Query Results XML Format (Second Edition), section 2."""
    root = ElementTree.fromstring(document)
    if (boolean := root.find(_SRX + "boolean")) is not None:
        return {"true": True, "false": False}[boolean.text or ""]
    variables = tuple(found.attrib["name"] for found in root.findall(f"{_SRX}head/{_SRX}variable"))

    def term(cell: ElementTree.Element) -> Term:
        value = cell.text or ""
        if cell.tag == _SRX + "literal":
            return literal(value, cell.get("datatype", ""), cell.get(_LANG, ""))
        return Term("iri", urljoin(base, value)) if cell.tag == _SRX + "uri" else Term("bnode", value)

    solutions = [
        {binding.attrib["name"]: term(binding[0]) for binding in result.findall(_SRX + "binding")}
        for result in root.findall(f"{_SRX}results/{_SRX}result")
    ]
    assert all(set(solution) <= set(variables) for solution in solutions)
    return Table(variables, tuple(tuple(solution.get(v) for v in variables) for solution in solutions))


def read_csv(document: str, _base: str) -> Table | bool:
    """Read SPARQL 1.1 Query Results CSV Format, section 3; a boolean, which it has not, is the bare word."""
    if document.strip() in ("true", "false"):
        return document.strip() == "true"
    # A row with one empty cell is an empty line.
    head, *rows = (row or [""] for row in csv.reader(io.StringIO(document, newline="")))
    variables = tuple(name for name in head if name)
    assert all(len(row) == len(head) for row in rows)
    cells = (tuple(_text(cell) for cell in row[: len(variables)]) for row in rows)
    return Table(variables, tuple(cells), is_lossy=True)


def _text(cell: str) -> Term:
    return Term("bnode", cell) if cell.startswith("_:") else Term("text", cell)


_TSV = re.compile(
    r"""<(?P<iri>[^>]*)> | _:(?P<bnode>\S+) | (?P<integer>[+-]?\d+) | (?P<decimal>[+-]?\d*\.\d+)
    | (?P<double>[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+) | (?P<boolean>true|false)
    | (?P<quote>["'])(?P<string>(?:[^\\\t\n\r]|\\.)*)(?P=quote)
      (?:@(?P<language>[A-Za-z0-9-]+)|\^\^<(?P<datatype>[^>]*)>)?""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"""\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"'\\]))""")
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def read_tsv(document: str, _base: str) -> Table | bool:
    """Read SPARQL 1.1 Query Results TSV Format, section 4; a boolean, which it has not, is the bare word."""
    if document.strip() in ("true", "false"):
        return document.strip() == "true"
    head, *rows = [line.removesuffix("\r") for line in document.removesuffix("\n").split("\n")]
    names = head.split("\t") if head else []
    assert all(name[0] in "?$" for name in names)
    variables = tuple(name[1:] for name in names)
    cells = [row.split("\t") if names else [] for row in rows]
    assert all(len(row) == len(names) for row in cells)
    return Table(variables, tuple(tuple(_turtle(cell) for cell in row) for row in cells))


def _turtle(cell: str) -> Term | None:
    if not cell:
        return None
    found = _TSV.fullmatch(cell)
    assert found, f"{cell!r} is not a term in Turtle"
    groups = found.groupdict()
    if groups["iri"] is not None:
        return Term("iri", _unescaped(groups["iri"]))
    if groups["bnode"]:
        return Term("bnode", groups["bnode"])
    if groups["string"] is not None:
        return literal(_unescaped(groups["string"]), groups["datatype"] or "", groups["language"] or "")
    [datatype] = [name for name in ("integer", "decimal", "double", "boolean") if groups[name]]
    return literal(cell, XSD + datatype)


def _unescaped(written: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _ESCAPES.get(found[3], found[3])

    return _ESCAPED.sub(character, written)


def is_result_set(graph: rdflib.Graph) -> bool:
    """Tell whether a graph is a result set that is written as RDF."""
    return (None, rdflib.RDF.type, _RS.ResultSet) in graph


def read_result_set(graph: rdflib.Graph) -> Table:
    """Read a result set that is written as RDF, in the vocabulary of the suite."""
    [result_set] = graph.subjects(rdflib.RDF.type, _RS.ResultSet)
    variables = tuple(sorted(str(name) for name in graph.objects(result_set, _RS.resultVariable)))

    def row(solution: rdflib.term.Node) -> Row:
        bindings = graph.objects(solution, _RS.binding)
        terms = {str(graph.value(binding, _RS.variable)): graph.value(binding, _RS.value) for binding in bindings}
        return tuple(None if terms.get(name) is None else _term(terms[name]) for name in variables)

    return Table(variables, tuple(row(solution) for solution in graph.objects(result_set, _RS.solution)))


def _term(node: rdflib.term.Node | None) -> Term:
    if isinstance(node, rdflib.Literal):
        return literal(str(node), str(node.datatype or ""), node.language or "")
    return Term("iri" if isinstance(node, rdflib.URIRef) else "bnode", str(node))


READERS: dict[str, Callable[[str, str], Table | bool]] = {
    "srj": read_json,
    "srx": read_xml,
    "csv": read_csv,
    "tsv": read_tsv,
}
_GRAPH_READERS = {"ttl": "turtle", "nt": "nt", "nq": "nquads", "trig": "trig", "rdf": "xml", "jsonld": "json-ld"}


def read_graph(document: str, suffix: str, base: str) -> rdflib.Graph:
    """Return the default graph of an RDF document; there must be no other."""
    dataset = rdflib.Dataset()
    dataset.parse(data=document, format=_GRAPH_READERS[suffix], publicID=base)
    graph = rdflib.Graph()
    for subject, predicate, value, name in dataset.quads():
        assert name in (None, DATASET_DEFAULT_GRAPH_ID), f"{name} is not the default graph"
        graph.add((subject, predicate, value))
    return graph


def same(
    expected: Table | bool | rdflib.Graph, actual: Table | bool | rdflib.Graph, *, is_ordered: bool = False
) -> bool:
    """Tell whether two results are the same, by the rules of the suite.

    Graphs and solution sequences are the same up to the labels of blank nodes; solutions have an order only
    where it was asked for; numbers and booleans of one datatype are the same if their values are.
    """
    if isinstance(expected, rdflib.Graph) and isinstance(actual, rdflib.Graph):
        return bool(isomorphic(expected, actual))
    if isinstance(expected, Table) and isinstance(actual, Table):
        return _same_tables(expected, actual, is_ordered=is_ordered)
    return expected is actual


def _same_tables(expected: Table, actual: Table, *, is_ordered: bool) -> bool:
    if set(expected.variables) != set(actual.variables) or len(expected.rows) != len(actual.rows):
        return False
    if expected.is_lossy or actual.is_lossy:
        expected, actual = _without_datatypes(expected), _without_datatypes(actual)
    order = [actual.variables.index(name) for name in expected.variables]
    rows = [tuple(row[place] for place in order) for row in actual.rows]
    return next(_matches(expected.rows, rows, {}, is_ordered=is_ordered), False)


def _without_datatypes(table: Table) -> Table:
    """Return what CSV leaves of a table (SPARQL 1.1 Query Results CSV and TSV Formats, section 3.2)."""

    def left(term: Term | None) -> Term:
        if term is None or term.kind == "bnode":
            return term or Term("text", "")
        is_boolean = term.datatype == XSD + "boolean"
        return Term("text", _BOOLEANS.get(term.value, term.value) if is_boolean else term.value)

    return replace(table, rows=tuple(tuple(left(term) for term in row) for row in table.rows), is_lossy=True)


def _matches(
    expected: Sequence[Row], actual: Sequence[Row], nodes: Mapping[str, str], *, is_ordered: bool
) -> Iterator[bool]:
    """Yield True for each way to pair all rows so that blank nodes correspond one to one."""
    if not expected:
        yield True
        return
    for place, row in enumerate(actual[:1] if is_ordered else actual):
        if (more := _paired(expected[0], row, nodes)) is not None:
            rest = [*actual[:place], *actual[place + 1 :]]
            yield from _matches(expected[1:], rest, more, is_ordered=is_ordered)


def _paired(expected: Row, actual: Row, nodes: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return `nodes` with the pairs of blank nodes that these rows add, or None if the rows differ."""
    paired = dict(nodes)
    for one, other in zip(expected, actual, strict=True):
        if one and other and one.kind == other.kind == "bnode":
            if paired.setdefault(one.value, other.value) != other.value:
                return None
        elif not _same_terms(one, other):
            return None
    return paired if len(set(paired.values())) == len(paired) else None


def _same_terms(one: Term | None, other: Term | None) -> bool:
    if one == other:
        return True
    if one is None or other is None or (one.kind, one.datatype) != (other.kind, other.datatype):
        return False
    value = _number(one)
    return value is not None and value == _number(other)


def _number(term: Term) -> Decimal | float | None:
    try:
        if term.datatype in _EXACT or term.kind == "text":
            return Decimal(term.value)
        if term.datatype == XSD + "boolean":
            return Decimal(term.value in ("true", "1"))
        return float(term.value) if term.datatype in _FLOATING else None
    except (InvalidOperation, ValueError):
        return None
