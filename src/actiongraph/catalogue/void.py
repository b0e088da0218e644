"""The figures of a dataset as VoID: per class, per property, per graph, and its links into other datasets.

Source: Describing Linked Datasets with the VoID Vocabulary, sections 3 to 5.
"""

from __future__ import annotations

import re

from rdflib import DCTERMS, FOAF, RDF, Graph, Literal
from rdflib.term import Node

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.catalogue.statistics import TARGETS, Linkset, PropertyUse, Statistics
from actiongraph.formats import Result
from actiongraph.vocabulary import IRI, VOID

_GRAPH_TITLES = {
    "derived": "Facts that are computed: inverses, chains, comparable dates",
    "reference": "What several sources speak of: countries, organizations, places, facilities",
    "vocabulary": "The ontology and its concept schemes",
    "withdrawn": "What was withdrawn, and why",
}


def add_void(graph: Graph, names: Identifiers, counted: Statistics) -> None:
    """Add the VoID description of the dataset to `graph`."""
    _add_figures(graph, names, counted)
    _add_partitions(graph, names, counted)
    for name, triples in counted.graphs.items():
        graph.add((names.dataset, VOID.subset, name))
        _add(graph, name, VOID.Dataset, (DCTERMS.title, _graph_title(names, name, counted)))
        graph.add((name, VOID.triples, Literal(triples)))
    for linkset in counted.linksets:
        _add_linkset(graph, names, linkset)


def _add_figures(graph: Graph, names: Identifiers, counted: Statistics) -> None:
    things = f"{names.base}id/"
    _add(
        graph,
        names.dataset,
        VOID.Dataset,
        (VOID.triples, Literal(counted.triples)),
        (VOID.entities, Literal(counted.entities)),
        (VOID.classes, Literal(len(counted.classes))),
        (VOID.properties, Literal(len(counted.properties))),
        (VOID.distinctSubjects, Literal(counted.subjects)),
        (VOID.distinctObjects, Literal(counted.objects)),
        (VOID.uriSpace, Literal(things)),
        (VOID.uriRegexPattern, Literal(f"^{re.escape(things)}[^#]+$")),
        *((VOID.feature, IRI(format_.iri)) for format_ in formats.offers(Result.GRAPH)),
        *((VOID.vocabulary, vocabulary) for vocabulary in counted.vocabularies),
        *((VOID.exampleResource, example) for example in counted.examples),
    )
    _add(
        graph,
        names.catalog_graph,
        VOID.DatasetDescription,
        (DCTERMS.title, Literal("The catalogue", lang="en")),
        (FOAF.primaryTopic, names.dataset),
    )


def _add_partitions(graph: Graph, names: Identifiers, counted: Statistics) -> None:
    for name, entities in counted.classes.items():
        part = names.part("class", name)
        graph.add((names.dataset, VOID.classPartition, part))
        _add(graph, part, VOID.Dataset, (VOID["class"], name), (VOID.entities, Literal(entities)))
    for name, use in counted.properties.items():
        part = names.part("property", name)
        graph.add((names.dataset, VOID.propertyPartition, part))
        _add(graph, part, VOID.Dataset, (VOID.property, name), *_use(use))


def _add_linkset(graph: Graph, names: Identifiers, linkset: Linkset) -> None:
    part = names.part("linkset", linkset.predicate, linkset.target)
    target = names.part("target", linkset.target)
    title = TARGETS.get(linkset.target)
    graph.add((names.dataset, VOID.subset, part))
    _add(
        graph,
        part,
        VOID.Linkset,
        (VOID.linkPredicate, linkset.predicate),
        (VOID.subjectsTarget, names.dataset),
        (VOID.objectsTarget, target),
        *_use(linkset.use),
    )
    _add(graph, target, VOID.Dataset, (VOID.uriSpace, Literal(linkset.target)))
    if title:
        graph.add((target, DCTERMS.title, Literal(title, lang="en")))


def _use(use: PropertyUse) -> tuple[tuple[IRI, Node], ...]:
    return (
        (VOID.triples, Literal(use.triples)),
        (VOID.distinctSubjects, Literal(use.subjects)),
        (VOID.distinctObjects, Literal(use.objects)),
    )


def _graph_title(names: Identifiers, graph: IRI, counted: Statistics) -> Literal:
    """Return what a graph holds: for a source, what that is called; its key where nothing else is known."""
    key = graph.removeprefix(f"{names.base}graph/")
    source = counted.titles.get(IRI(f"{names.base}id/source/{key}"))
    return Literal(_GRAPH_TITLES.get(key) or source or key, lang="en")


def _add(graph: Graph, subject: IRI, kind: IRI, *facts: tuple[IRI, Node]) -> None:
    graph.add((subject, RDF.type, kind))
    for predicate, value in facts:
        graph.add((subject, predicate, value))
