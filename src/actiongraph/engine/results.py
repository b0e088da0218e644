"""SPARQL results as bytes: read back as terms, or only checked for being empty."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import rdflib
from rdflib import XSD
from rdflib.term import Node

from actiongraph import formats
from actiongraph.engine.base import Solutions
from actiongraph.formats import Format, Result
from actiongraph.vocabulary import IRI


def read_solutions(content: bytes) -> Solutions:
    """Return the solutions in `content`.

    Raises:
        ValueError: it is not what the specification says.

    Source: SPARQL 1.1 Query Results JSON Format, section 3.
    """
    try:
        document = json.loads(content)
        rows = document["results"]["bindings"]
        return Solutions(document["head"]["vars"], ({name: _term(cell) for name, cell in row.items()} for row in rows))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("These are not SPARQL results in JSON.") from error


class TableReader:
    """Reads TSV that an engine is trusted to write as it is specified; a term that comes again is made once.

    It takes a third of the time that JSON takes. Countries, types and dates come again in every answer, so
    the terms are cached from one answer to the next, up to `most` of them.

    Source: SPARQL 1.1 Query Results CSV and TSV Formats, section 4.
    """

    def __init__(self, most: int = 20_000) -> None:
        """Begin without terms."""
        self._most = most
        self._terms = _Terms()

    def read(self, content: bytes) -> Solutions:
        """Return the solutions in `content`.

        Raises:
            TypeError: a triple term of RDF 1.2, which rdflib does not have.
        """
        head, *lines = content.decode("utf-8").split("\n")
        names = [name.removeprefix("?") for name in head.split("\t")] if head else []
        if len(self._terms) > self._most:
            self._terms = _Terms()
        terms = self._terms
        return Solutions(
            names,
            [
                {name: terms[cell] for name, cell in zip(names, line.split("\t"), strict=False) if cell}
                for line in lines[:-1]
            ],
        )


class _Terms(dict[str, Node]):
    """Terms by how TSV writes them, which is Turtle's way."""

    def __missing__(self, written: str) -> Node:
        self[written] = made = _made(written)
        return made


_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_BARE = (
    (re.compile(r"true|false"), XSD.boolean),
    (re.compile(r"[+-]?\d+"), XSD.integer),
    (re.compile(r"[+-]?\d*\.\d+"), XSD.decimal),
    (re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+"), XSD.double),
)


def _made(written: str) -> Node:
    if written.startswith("<") and not written.startswith("<<"):
        return IRI(written[1:-1])
    if written.startswith("_:"):
        return rdflib.BNode(written[2:])
    if written.startswith('"'):
        lexical, _, rest = written[1:].rpartition('"')
        return _literal(_ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), lexical), rest)
    for pattern, datatype in _BARE:
        if pattern.fullmatch(written):
            return rdflib.Literal(written, datatype=datatype, normalize=False)
    raise TypeError(f"rdflib has no triple terms, such as {written}.")


def _literal(lexical: str, rest: str) -> Node:
    if rest.startswith("@"):
        return rdflib.Literal(lexical, lang=rest[1:])
    return rdflib.Literal(lexical, datatype=IRI(rest[3:-1]) if rest else None, normalize=False)


def _term(cell: dict[str, Any]) -> Node:
    value = cell["value"]
    if cell["type"] == "uri":
        return IRI(value)
    if cell["type"] == "bnode":
        return rdflib.BNode(value)
    datatype = cell.get("datatype")
    return rdflib.Literal(
        value, lang=cell.get("xml:lang"), datatype=IRI(datatype) if datatype else None, normalize=False
    )


def finds_nothing(written: bytes, chosen: Format, result: Result) -> bool:
    """Tell whether an answer has no solutions or no triples; one to ASK always has something to say.

    Only the ends of the answer are looked at, so it costs the same for every answer. They are as the engine
    (pyoxigraph 0.5) writes them; of an answer that somebody else laid out otherwise, False is said.
    """
    return result is not Result.BOOLEAN and _EMPTY[chosen](written)


def _has_no_second_line(written: bytes) -> bool:
    """Tell whether the line with the names of the variables is the last; in names there are no line ends."""
    return written.find(b"\n") in {-1, len(written) - 1}


def _is_blank(written: bytes) -> bool:
    return not written[:1024].strip()


def _ends(end: bytes) -> Callable[[bytes], bool]:
    return lambda written: written.endswith(end)


_EMPTY: Mapping[Format, Callable[[bytes], bool]] = MappingProxyType(
    {
        # Inside of a JSON string a quotation mark is escaped, and inside of an XML text there is no <.
        formats.RESULTS_JSON: _ends(b'"bindings":[]}}'),
        formats.RESULTS_XML: _ends(b"<results></results></sparql>"),
        formats.RESULTS_CSV: _has_no_second_line,
        formats.RESULTS_TSV: _has_no_second_line,
        formats.TURTLE: _is_blank,
        formats.N_TRIPLES: _is_blank,
        formats.N_QUADS: _is_blank,
        formats.TRIG: _is_blank,
        formats.RDF_XML: _ends(b'">\n</rdf:RDF>'),
        formats.JSON_LD: b"[]".__eq__,
    }
)
