"""The SHACL rules that data is judged by, read for people."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib import RDF, SH, Graph
from rdflib.term import Node

from actiongraph.shipped import shipped
from actiongraph.validate.shapes import Rule, Shapes
from actiongraph.vocabulary import IRI, PREFIXES


@dataclass(frozen=True, slots=True)
class Rules:
    """All shapes as one graph, and each rule in it: a shape with a severity."""

    graph: Graph
    rules: tuple[Rule, ...]
    gatherings: tuple[IRI, ...]
    """Shapes without a severity of their own, which only gather rules."""


def read_rules() -> Rules:
    """Return the rules that travel with the program.

    Raises:
        SettingsError: the installation is broken.
    """
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for path in sorted(shipped("shapes").glob("*.ttl")):
        graph.parse(path, format="turtle")
    shapes = Shapes(graph)
    named = sorted(shape for shape in _shapes_in(graph) if isinstance(shape, IRI))
    rules = tuple(shapes.rule(shape) for shape in named if (shape, SH.severity, None) in graph)
    return Rules(graph, rules, tuple(shape for shape in named if (shape, SH.severity, None) not in graph))


def _shapes_in(graph: Graph) -> set[Node]:
    return set(graph.subjects(RDF.type, SH.NodeShape)) | set(graph.subjects(RDF.type, SH.PropertyShape))
