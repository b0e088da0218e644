"""SPARQL results as an engine writes them: a table read back as terms, or any answer checked for being empty."""

from __future__ import annotations

import re

import rdflib
from rdflib import XSD
from rdflib.term import Node

from actiongraph import formats
from actiongraph.engine.base import Solutions
from actiongraph.formats import Format, Result
from actiongraph.vocabulary import IRI


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
        lexical = _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), lexical)
        if rest.startswith("@"):
            return rdflib.Literal(lexical, lang=rest[1:])
        return rdflib.Literal(lexical, datatype=IRI(rest[3:-1]) if rest else None, normalize=False)
    for pattern, datatype in _BARE:
        if pattern.fullmatch(written):
            return rdflib.Literal(written, datatype=datatype, normalize=False)
    raise TypeError(f"rdflib has no triple terms, such as {written}.")


_EMPTY_ENDS = {
    # Inside of a JSON string a quotation mark is escaped, and inside of an XML text there is no <.
    formats.RESULTS_JSON: b'"bindings":[]}}',
    formats.RESULTS_XML: b"<results></results></sparql>",
    formats.RDF_XML: b'">\n</rdf:RDF>',
    formats.JSON_LD: b"[]",
}


def finds_nothing(written: bytes, chosen: Format, result: Result) -> bool:
    """Tell whether an answer has no solutions or no triples; one to ASK always has something to say.

    Only the ends of the answer are looked at, so it costs the same for every answer. They are as the engine
    (pyoxigraph 0.5) writes them; of an answer that somebody else laid out otherwise, False is said.
    """
    if result is Result.BOOLEAN:
        return False
    if chosen in (formats.RESULTS_CSV, formats.RESULTS_TSV):
        # The line with the names of the variables is the last; in names there are no line ends.
        return written.find(b"\n") in {-1, len(written) - 1}
    if end := _EMPTY_ENDS.get(chosen):
        return written.endswith(end)
    return not written[:1024].strip()
