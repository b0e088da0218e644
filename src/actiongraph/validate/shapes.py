"""The rules of a shapes graph, as validators and people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import rdflib
from rdflib import RDF, RDFS, SH
from rdflib.term import Node

from actiongraph.settings import shipped
from actiongraph.sparql.values import serialised
from actiongraph.validate.report import Severity
from actiongraph.vocabulary import IRI, PREFIXES


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a shape with its severity, message and, if it says so, what is allowed and the property it is about."""

    shape: IRI
    severity: Severity
    message: str
    allowed: str | None
    path: IRI | None


TARGETS = {
    SH.targetClass: f"?this <{RDF.type}> {{0}} .",
    SH.targetSubjectsOf: "?this {0} ?target .",
    SH.targetObjectsOf: "?target {0} ?this .",
    SH.targetNode: "VALUES ?this {{ {0} }}",
}
"""The pattern for `?this` of each kind of target, with a gap for its term."""


class Shapes:
    """A shapes graph, split into what SHACL Core can say and what takes SPARQL."""

    def __init__(self, graph: rdflib.Graph) -> None:
        """Take `graph` as it is; it is not changed."""
        self.graph = graph
        self.sparql_shapes = tuple(sorted(shape for shape in graph.subjects(SH.sparql) if isinstance(shape, IRI)))

    def rule(self, shape: Node) -> Rule:
        """Return the rule that `shape` states; an unnamed part of a shape counts as its own rule."""
        path = self.graph.value(shape, SH.path)
        return Rule(
            shape=IRI(str(shape)),
            severity=Severity.of(self.graph.value(shape, SH.severity)),
            message=self._text(shape, SH.message) or "This does not conform to the shape.",
            allowed=self._text(shape, SH.description),
            path=path if isinstance(path, IRI) else None,
        )

    def constraints(self, shape: IRI) -> Iterator[tuple[str, str]]:
        """Yield each SPARQL constraint of `shape` as query and message, the prefixes put before the query.

        Raises:
            ValueError: the namespace of a prefix is no IRI.
        """
        for constraint in self.graph.objects(shape, SH.sparql):
            select = str(self.graph.value(constraint, SH.select))
            message = self._text(constraint, SH.message) or self.rule(shape).message
            yield self._prefixes(constraint) + select, message

    def core(self) -> rdflib.Graph:
        """Return the graph without its SPARQL constraints."""
        left = rdflib.Graph(bind_namespaces="none")
        for triple in self.graph:
            if triple[1] != SH.sparql:
                left.add(triple)
        return left

    def targets(self, shape: IRI, data: rdflib.Graph) -> str:
        """Return a graph pattern whose `?this` are the targets of `shape` in `data` (SHACL, section 2.1.3).

        Raises:
            ValueError: a target is a blank node.
        """
        targets = {kind: set(self.graph.objects(shape, kind)) for kind in TARGETS}
        targets[SH.targetClass] = {
            found
            for target in targets[SH.targetClass]
            for found in data.transitive_subjects(RDFS.subClassOf, target)
            if found is not None
        }
        patterns = [pattern.format(serialised(found)) for kind, pattern in TARGETS.items() for found in targets[kind]]
        return " UNION ".join(f"{{ {pattern} }}" for pattern in sorted(patterns))

    def _prefixes(self, constraint: Node) -> str:
        lines = [
            f"PREFIX {self.graph.value(declared, SH.prefix)}: "
            f"{serialised(IRI(str(self.graph.value(declared, SH.namespace))))}\n"
            for ontology in self.graph.objects(constraint, SH.prefixes)
            for declared in self.graph.objects(ontology, SH.declare)
        ]
        return "".join(sorted(lines))

    def _text(self, subject: Node, predicate: IRI) -> str | None:
        texts = sorted(
            self.graph.objects(subject, predicate),
            key=lambda text: (getattr(text, "language", None) != "en", str(text)),
        )
        return str(texts[0]) if texts else None


@dataclass(frozen=True, slots=True)
class Rules:
    """All shapes as one graph, and each rule in it: a shape with a severity."""

    graph: rdflib.Graph
    rules: tuple[Rule, ...]
    gatherings: tuple[IRI, ...]
    """Shapes without a severity of their own, which only gather rules."""


def read_shapes(paths: Iterable[Path]) -> rdflib.Graph:
    """Return all shapes in the Turtle files at `paths` in one graph, with our prefixes."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for path in paths:
        graph.parse(path, format="turtle")
    return graph


def read_rules() -> Rules:
    """Return the rules that travel with the program.

    Raises:
        SettingsError: the installation is broken.
    """
    graph = read_shapes(sorted(shipped("shapes").glob("*.ttl")))
    shapes = Shapes(graph)
    every = {shape for kind in (SH.NodeShape, SH.PropertyShape) for shape in graph.subjects(RDF.type, kind)}
    named = sorted(shape for shape in every if isinstance(shape, IRI))
    rules = tuple(shapes.rule(shape) for shape in named if (shape, SH.severity, None) in graph)
    return Rules(graph, rules, tuple(shape for shape in named if (shape, SH.severity, None) not in graph))
