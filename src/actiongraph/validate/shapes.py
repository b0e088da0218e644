"""What a shapes graph says of its rules, read once for every validator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import rdflib
from rdflib import RDF, RDFS, SH
from rdflib.term import Node

from actiongraph.validate.report import Severity
from actiongraph.vocabulary import IRI


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a shape with its severity, message and, if it says so, what is allowed."""

    shape: IRI
    severity: Severity
    message: str
    allowed: str | None


class Shapes:
    """A shapes graph, split into what SHACL Core can say and what takes SPARQL."""

    def __init__(self, graph: rdflib.Graph) -> None:
        """Take `graph` as it is; it is not changed."""
        self.graph = graph
        self.sparql_shapes = tuple(sorted(shape for shape in graph.subjects(SH.sparql) if isinstance(shape, IRI)))

    def rule(self, shape: Node) -> Rule:
        """Return the rule that `shape` states; an unnamed part of a shape counts as its own rule."""
        return Rule(
            shape=IRI(str(shape)),
            severity=Severity.of(self.graph.value(shape, SH.severity)),
            message=self._text(shape, SH.message) or "This does not fit the shape.",
            allowed=self._text(shape, SH.description),
        )

    def constraints(self, shape: IRI) -> Iterator[tuple[str, str]]:
        """Yield each SPARQL constraint of `shape` as query and message, the prefixes put before the query."""
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
        """Return a graph pattern whose `?this` are the targets of `shape` in `data` (SHACL, section 2.1.3)."""
        classes = [
            found for target in self.graph.objects(shape, SH.targetClass) for found in _with_subclasses(data, target)
        ]
        patterns = [f"?this <{RDF.type}> {found.n3()} ." for found in classes]
        patterns += [f"?this {found.n3()} ?target ." for found in self.graph.objects(shape, SH.targetSubjectsOf)]
        patterns += [f"?target {found.n3()} ?this ." for found in self.graph.objects(shape, SH.targetObjectsOf)]
        patterns += [f"VALUES ?this {{ {found.n3()} }}" for found in self.graph.objects(shape, SH.targetNode)]
        return " UNION ".join(f"{{ {pattern} }}" for pattern in sorted(patterns))

    def _prefixes(self, constraint: Node) -> str:
        lines = [
            f"PREFIX {self.graph.value(declared, SH.prefix)}: <{self.graph.value(declared, SH.namespace)}>\n"
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


def _with_subclasses(data: rdflib.Graph, cls: Node) -> list[Node]:
    return sorted({found for found in data.transitive_subjects(RDFS.subClassOf, cls) if found is not None}, key=str)
