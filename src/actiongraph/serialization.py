"""Graphs of a few hundred triples as bytes, in each of the RDF syntaxes, and documents as JSON."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import msgspec
from rdflib import RDF, XMLNS, Graph

from actiongraph import formats
from actiongraph.formats import Format

_RDFLIB_NAMES = MappingProxyType(
    {
        formats.TURTLE: "turtle",
        # A Turtle document is a TriG document whose triples are in the default graph (TriG, section 2.1), and an
        # N-Triples document is an N-Quads document likewise (N-Quads, section 2.1).
        formats.TRIG: "turtle",
        formats.N_TRIPLES: "nt",
        formats.N_QUADS: "nt",
        # Not "pretty-xml", which leaves out what is said of the nodes of a list.
        formats.RDF_XML: "xml",
        formats.JSON_LD: "json-ld",
    }
)

_ENCODER = msgspec.json.Encoder(enc_hook=str)
"""An IRI is a text to JSON, and so is a text with its language."""


def json_bytes(document: object) -> bytes:
    """Return `document` as JSON, in lines, in UTF-8 as it is, not escaped."""
    # The same bytes as the standard library writes with an indent, which it does in Python, ten times as slowly.
    return msgspec.json.format(_ENCODER.encode(document), indent=2) + b"\n"


def write_graph(graph: Graph, format: Format) -> bytes:
    """Return `graph` in an RDF syntax, in UTF-8; as a dataset, its triples are in the default graph.

    Raises:
        KeyError: `format` is not one of the RDF syntaxes.
    """
    if format is formats.RDF_XML:
        graph = _in_order(graph)
    written = graph.serialize(format=_RDFLIB_NAMES[format], encoding="utf-8")
    if format is formats.JSON_LD:
        return json.dumps(_in_order_of_keys(json.loads(written)), ensure_ascii=False, indent=2).encode()
    if _RDFLIB_NAMES[format] != "nt":
        return written
    return b"".join(sorted(written.splitlines(keepends=True)))


class _Sorted(Graph):
    """A graph that is read in one order, whatever the hash seed of the process, so that entity tags stay."""

    def triples(self, triple: Any) -> Any:  # noqa: ANN401 - as rdflib has it
        return iter(sorted(super().triples(triple)))


def _in_order_of_keys(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON-LD with its arrays sorted, apart from lists, whose order counts (JSON-LD 1.1, section 4.3)."""
    if isinstance(value, dict):
        return {
            key: [_in_order_of_keys(each) for each in held] if key == "@list" else _in_order_of_keys(held)
            for key, held in sorted(value.items())
        }
    if isinstance(value, list):
        return sorted((_in_order_of_keys(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def _in_order(graph: Graph) -> Graph:
    """Return `graph` in an order that is the same each time."""
    ordered = _Sorted(bind_namespaces="none")
    for prefix, namespace in graph.namespaces():
        ordered.bind(prefix, namespace)
    # Without these rdflib makes up prefixes, and writes xml:lang with one that it does not declare.
    ordered.bind("rdf", RDF)
    ordered.bind("xml", XMLNS)
    for triple in graph:
        ordered.add(triple)
    return ordered
