"""Graphs of a few hundred triples as bytes, in each of the RDF syntaxes."""

from __future__ import annotations

from types import MappingProxyType

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


def write_graph(graph: Graph, format: Format) -> bytes:
    """Return `graph` in an RDF syntax, in UTF-8; as a dataset, its triples are in the default graph.

    Raises:
        KeyError: `format` is not one of the RDF syntaxes.
    """
    if format is formats.RDF_XML:
        graph = _in_order(graph)
    written = graph.serialize(format=_RDFLIB_NAMES[format], encoding="utf-8")
    if _RDFLIB_NAMES[format] != "nt":
        return written
    return b"".join(sorted(written.splitlines(keepends=True)))


def _in_order(graph: Graph) -> Graph:
    """Return `graph` in an order that is the same each time."""
    ordered = Graph(bind_namespaces="none")
    for prefix, namespace in graph.namespaces():
        ordered.bind(prefix, namespace)
    # Without these rdflib makes up prefixes, and writes xml:lang with one that it does not declare.
    ordered.bind("rdf", RDF)
    ordered.bind("xml", XMLNS)
    for triple in sorted(graph):
        ordered.add(triple)
    return ordered
