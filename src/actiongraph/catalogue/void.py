"""The figures of a dataset as VoID: per class, per property, per graph, and its links into other datasets.

Within a class, its properties, and within those the classes and datatypes of their values, in the form that editors and
checkers of queries ask for. The graphs are those of SPARQL, described in its terms.

Source: Describing Linked Datasets with the VoID Vocabulary, sections 3 to 5; the extension http://ldf.fi/void-ext# for
datatypes; SPARQL 1.1 Service Description, section 3.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rdflib import DCTERMS, FOAF, RDF, RDFS, Graph, Literal
from rdflib.term import Node

from actiongraph import formats
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.catalogue.statistics import TARGETS, PropertyUse, Statistics
from actiongraph.formats import Result
from actiongraph.vocabulary import IRI, SD, VOID, VOID_EXT

_GRAPH_TITLES = {
    "derived": "Facts that are computed: inverses, chains, comparable dates",
    "ledger": "What became of each record of the sources, and of words that they no longer have",
    "reference": "Shared by several sources: countries, organizations, places, facilities",
    "vocabulary": "The ontology and its concept schemes",
    "withdrawn": "Withdrawn resources, and why",
}


Facts = tuple[tuple[IRI, Node | None], ...]
"""Predicates with their values; a fact whose value is None is not known."""


def add_facts(graph: Graph, subject: IRI, *facts: tuple[IRI, Node | None]) -> None:
    """Add what is known of `subject` to `graph`."""
    for predicate, value in facts:
        if value is not None:
            graph.add((subject, predicate, value))


def add_void(graph: Graph, names: Identifiers, statistics: Statistics) -> None:
    """Add the VoID description of the dataset to `graph`."""
    things = f"{names.base}id/"
    add_facts(
        graph,
        names.dataset,
        (RDF.type, VOID.Dataset),
        (VOID.triples, Literal(statistics.triples)),
        (VOID.entities, Literal(statistics.entities)),
        (VOID.classes, Literal(len(statistics.classes))),
        (VOID.properties, Literal(len(statistics.properties))),
        (VOID.distinctSubjects, Literal(statistics.subjects)),
        (VOID.distinctObjects, Literal(statistics.objects)),
        (VOID.uriSpace, Literal(things)),
        (VOID.uriRegexPattern, Literal(f"^{re.escape(things)}[^#]+$")),
        *((VOID.feature, IRI(format_.iri)) for format_ in formats.offers(Result.GRAPH)),
        *((VOID.vocabulary, vocabulary) for vocabulary in statistics.vocabularies),
        *((VOID.exampleResource, example) for example in statistics.examples),
    )
    add_facts(
        graph,
        names.catalog_graph,
        (RDF.type, VOID.DatasetDescription),
        (DCTERMS.title, Literal("The catalogue", lang="en")),
        (FOAF.primaryTopic, names.dataset),
    )
    for predicate, subset, facts in _subsets(names, statistics):
        graph.add((names.dataset, predicate, subset))
        add_facts(graph, subset, *facts)
    for whole, predicate, part, facts in _partitions(names, statistics):
        graph.add((whole, predicate, part))
        add_facts(graph, part, *facts)
    _add_graphs(graph, names, statistics)
    for space in {linkset.target for linkset in statistics.linksets}:
        add_facts(
            graph,
            names.part("target", space),
            (RDF.type, VOID.Dataset),
            (VOID.uriSpace, Literal(space)),
            (DCTERMS.title, Literal(TARGETS[space], lang="en") if space in TARGETS else None),
        )


def _add_graphs(graph: Graph, names: Identifiers, statistics: Statistics) -> None:
    """Add the graphs that queries can name, and all of them together, of which the partitions are."""
    default, a_graph = names.part("default-graph"), (RDF.type, SD.Graph)
    add_facts(graph, names.dataset, a_graph, (RDF.type, SD.Dataset), (SD.defaultGraph, default))
    # A class has things in several graphs, so that what is said of it is said of all of them.
    add_facts(
        graph,
        default,
        a_graph,
        (RDFS.label, Literal("All graphs of the dataset together", lang="en")),
        (SD.graph, names.dataset),
        *((SD.graph, names.part("class", name)) for name in statistics.classes),
    )
    for name in statistics.graphs:
        named = names.part("named-graph", name)
        add_facts(graph, names.dataset, (SD.namedGraph, named))
        add_facts(graph, named, (RDF.type, SD.NamedGraph), (SD.name, name), (SD.graph, name))
        add_facts(graph, name, a_graph)


def _partitions(names: Identifiers, statistics: Statistics) -> Iterator[tuple[IRI, IRI, IRI, Facts]]:
    """Yield each part of a class, and each part of that, after the whole and the property that joins them."""
    a_dataset = (RDF.type, VOID.Dataset)
    for name, properties in statistics.class_properties.items():
        for predicate, found in properties.items():
            part = names.part("class", name, predicate)
            example = statistics.class_examples[name][predicate]
            facts: Facts = (a_dataset, (VOID.property, predicate), (VOID.exampleResource, example), *_use(found.use))
            yield names.part("class", name), VOID.propertyPartition, part, facts
            for kind, terms, partition, of in (
                ("class", found.classes, VOID.classPartition, VOID["class"]),
                ("datatype", found.datatypes, VOID_EXT.datatypePartition, VOID_EXT.datatype),
            ):
                for term, triples in terms.items():
                    yield (
                        part,
                        partition,
                        names.part(kind, name, predicate, term),
                        (a_dataset, (of, term), (VOID.triples, Literal(triples))),
                    )


def _subsets(names: Identifiers, statistics: Statistics) -> Iterator[tuple[IRI, IRI, Facts]]:
    """Yield each part of the dataset after the property that says which kind of part it is, and before its facts."""
    a_dataset = (RDF.type, VOID.Dataset)
    for name, entities in statistics.classes.items():
        yield (
            VOID.classPartition,
            names.part("class", name),
            (a_dataset, (VOID["class"], name), (VOID.entities, Literal(entities))),
        )
    for name, use in statistics.properties.items():
        yield VOID.propertyPartition, names.part("property", name), (a_dataset, (VOID.property, name), *_use(use))
    for name, triples in statistics.graphs.items():
        key = name.removeprefix(f"{names.base}graph/")
        known = statistics.titles.get(IRI(f"{names.base}id/source/{key}"))
        title = Literal(_GRAPH_TITLES.get(key) or key, lang="en") if known is None else known
        yield (
            VOID.subset,
            name,
            (a_dataset, (DCTERMS.title, title), (VOID.triples, Literal(triples))),
        )
    for linkset in statistics.linksets:
        facts: Facts = (
            (RDF.type, VOID.Linkset),
            (VOID.linkPredicate, linkset.predicate),
            (VOID.subjectsTarget, names.dataset),
            (VOID.objectsTarget, names.part("target", linkset.target)),
            *_use(linkset.use),
        )
        yield VOID.subset, names.part("linkset", linkset.predicate, linkset.target), facts


def _use(use: PropertyUse) -> Facts:
    return (
        (VOID.triples, Literal(use.triples)),
        (VOID.distinctSubjects, Literal(use.subjects)),
        (VOID.distinctObjects, Literal(use.objects)),
    )
