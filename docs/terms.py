"""Writes docs/terms.md from the ontology and the shapes: `python docs/terms.py > docs/terms.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import rdflib
from rdflib import OWL, RDF, RDFS, SDO, SH, SKOS
from rdflib.term import Node

CHECKOUT = Path(__file__).resolve().parents[1]
AG = rdflib.Namespace("https://w3id.org/actiongraph/ontology#")
PREFIXES = {
    "ag": str(AG), "dcterms": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#", "rdf": str(RDF), "skos": str(SKOS), "xsd": "http://www.w3.org/2001/XMLSchema#",
    "prov": "http://www.w3.org/ns/prov#", "oa": "http://www.w3.org/ns/oa#", "spdx": "http://spdx.org/rdf/terms#",
}  # fmt: skip
HEAD = """# The terms

All terms of the vocabulary `ag:` (`https://w3id.org/actiongraph/ontology#`), by the class whose things have them.
This page is made from `ontology/` and `shapes/` by `python docs/terms.py > docs/terms.md`; a test holds it against
them. What is computed is never written into data, and what gives way goes with the next minor version.
"""


def read(*folders: str) -> rdflib.Graph:
    """Return the Turtle files of `folders` in one graph."""
    graph = rdflib.Graph(bind_namespaces="none")
    for folder in folders:
        for path in sorted((CHECKOUT / folder).glob("*.ttl")):
            graph.parse(path)
    return graph


def short(term: Node | None) -> str:
    """Return `term` as a prefixed name where a prefix fits."""
    text = str(term)
    for prefix, namespace in PREFIXES.items():
        if text.startswith(namespace):
            return f"{prefix}:{text[len(namespace) :]}"
    return f"<{text}>"


def reference() -> str:
    """Return the page in Markdown."""
    ontology, shapes = read("ontology"), read("shapes")
    own = {term for term in ontology.subjects(RDFS.isDefinedBy) if str(term).startswith(str(AG))}
    classes = sorted(own & set(ontology.subjects(RDF.type, OWL.Class)), key=str)
    properties = sorted(
        term
        for kind in (OWL.ObjectProperty, OWL.DatatypeProperty)
        for term in own & set(ontology.subjects(RDF.type, kind))
    )
    annotations = own & set(ontology.subjects(RDF.type, OWL.AnnotationProperty))
    properties = sorted([*properties, *(term for term in annotations if _domains(ontology, term))])
    lines = [HEAD]
    for class_ in classes:
        lines += [f"## `{short(class_)}`: {_text(ontology, class_, RDFS.label)}", "", _comment(ontology, class_), ""]
        lines += _table(ontology, shapes, [each for each in properties if class_ in _domains(ontology, each)], class_)
    elsewhere = [each for each in properties if not _domains(ontology, each) & set(classes)]
    lines += ["## On things of other vocabularies", ""]
    lines += _table(ontology, shapes, elsewhere, None)
    return "\n".join(lines).rstrip("\n") + "\n"


def _domains(ontology: rdflib.Graph, term: Node) -> set[Node]:
    return {*ontology.objects(term, RDFS.domain), *ontology.objects(term, SDO.domainIncludes)}


def _text(graph: rdflib.Graph, term: Node, predicate: rdflib.URIRef) -> str:
    return " ".join(str(next(iter(graph.objects(term, predicate)), "")).split())


def _comment(ontology: rdflib.Graph, term: Node) -> str:
    example = _text(ontology, term, SKOS.example)
    return _text(ontology, term, RDFS.comment) + (f" Example: {example.rstrip('.')}." if example else "")


def _table(ontology: rdflib.Graph, shapes: rdflib.Graph, terms: Iterable[Node], class_: Node | None) -> Iterator[str]:
    rows = [
        f"| `{short(term)}` | {_value(ontology, term)} | {_often(shapes, term, class_)} | {_comment(ontology, term)} |"
        for term in terms
    ]
    if rows:
        yield from ("| property | value | how often | what it says |", "|---|---|---|---|", *rows, "")


def _value(ontology: rdflib.Graph, term: Node) -> str:
    ranges = sorted(short(each) for each in ontology.objects(term, RDFS.range))
    if (term, RDF.type, OWL.AnnotationProperty) in ontology:
        return "a value"
    is_date = str(term).endswith(("Date", "On"))
    return ", ".join(f"`{each}`" for each in ranges) or ("date, month or year" if is_date else "an entry")


def _often(shapes: rdflib.Graph, term: Node, class_: Node | None) -> str:
    """Return how many values a thing of the class has, as far as a rule on its property alone says so."""
    rules = [
        rule
        for rule in shapes.subjects(SH.path, term)
        for shape in shapes.subjects(SH.property, rule)
        if (shape, SH.targetClass, class_) in shapes
    ]
    severity = {shapes.value(rule, SH.severity) for rule in rules if (rule, SH.minCount, None) in shapes}
    least = "at least one" if SH.Violation in severity else "wanted" if severity else "any"
    return f"{least}, one at most" if any((rule, SH.maxCount, None) in shapes for rule in rules) else least


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - it is what the script is for
