"""The one face of three validators: `shacl` or pyshacl for SHACL Core, and SPARQL rules over whole sets.

`shacl` judges what it is known to judge as pyshacl does, if it is installed; see `fast`. What it is not known for goes
to pyshacl: a rule, or all of Core where the data has something that the two may read differently, or it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from importlib import metadata

import pyoxigraph as ox
import rdflib
from rdflib import RDF, RDFS, SH, BNode
from rdflib.term import Node

from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.validate import fast, reference, set_wise
from actiongraph.validate.report import Report, ValidationResult, Validator, short
from actiongraph.validate.shapes import TARGETS, Shapes
from actiongraph.vocabulary import IRI


def validate(quads: Sequence[ox.Quad], shapes: rdflib.Graph) -> Report:
    """Return the results of `shapes` on the union of `quads`, as pyshacl would find them, and who found them.

    Raises:
        DataError: `shapes` is not a shapes graph that can be read.

    Source: SHACL, sections 3.4 to 3.6 and 5.3.
    """
    read = Shapes(shapes)
    results, validator = _validate_core(quads, read.core())
    return Report.of([*results, *set_wise.validate(quads, read)], validator=validator)


def _validate_core(quads: Sequence[ox.Quad], shapes: rdflib.Graph) -> tuple[Collection[ValidationResult], Validator]:
    installed = fast.version()
    if installed is None:
        return _by_reference(quads, shapes, None)
    if installed != fast.VERSION:
        return _by_reference(quads, shapes, f"shacl {installed} is installed, and only {fast.VERSION} is known")
    triples = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b""
    if why := fast.unlike(triples):
        return _by_reference(quads, shapes, why)
    others = fast.left_to_reference(shapes)
    try:
        results = fast.validate(triples, without(shapes, others) if others else shapes)
    except fast.FastFailure as failure:
        return _by_reference(quads, shapes, f"shacl {installed} failed: {failure}")
    if not others:
        return results, Validator(f"shacl {installed}")
    remaining = only(shapes, others)
    some = to_rdflib_graph(filter(_read_by(remaining), quads))
    found = reference.validate(some, remaining).results
    rules = ", ".join(f"{short(rule, '')} ({why})" for rule, why in sorted(others.items()))
    return [*results, *found], Validator(f"shacl {installed}", f"by pyshacl: {rules}")


def _by_reference(
    quads: Sequence[ox.Quad], shapes: rdflib.Graph, why: str | None
) -> tuple[Collection[ValidationResult], Validator]:
    results = reference.validate(to_rdflib_graph(quads), shapes).results
    return results, Validator(f"pyshacl {metadata.version('pyshacl')}", why)


def without(shapes: rdflib.Graph, rules: Collection[IRI]) -> rdflib.Graph:
    """Return `shapes` without `rules` and their unnamed parts: even of what is deactivated, a pattern must be read."""
    gone: list[Node] = list(rules)
    for node in gone:
        gone += [part for part in shapes.objects(node) if isinstance(part, BNode) and part not in gone]
    left = rdflib.Graph(bind_namespaces="none")
    for subject, predicate, node in shapes:
        if subject not in gone and not (predicate == SH.property and node in rules):
            left.add((subject, predicate, node))
    return left


def only(shapes: rdflib.Graph, rules: Collection[IRI]) -> rdflib.Graph:
    """Return `shapes` without the targets of all but `rules` and the shapes that gather them."""
    gather = {shape for rule in rules for shape in shapes.subjects(SH.property, rule)}
    left = rdflib.Graph(bind_namespaces="none")
    for subject, predicate, node in shapes:
        is_of_another = predicate == SH.property and subject in gather and node not in rules
        has_none = predicate in TARGETS and subject not in gather and subject not in rules
        if not is_of_another and not has_none:
            left.add((subject, predicate, node))
    return left


def _read_by(shapes: rdflib.Graph) -> Callable[[ox.Quad], bool]:
    """Return a test for the quads that `shapes` can read: those whose predicate they name, and those on classes."""
    named = {str(node) for node in shapes.objects()} | {str(RDF.type), str(RDFS.subClassOf)}
    is_closed = (None, SH.closed, None) in shapes
    return lambda quad: is_closed or quad.predicate.value in named
