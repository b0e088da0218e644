"""The one face of three validators: `shacl` or pyshacl for SHACL Core, and SPARQL rules over whole sets.

`shacl` judges what it is known to judge as pyshacl does, if it is installed; see `fast`. What it is not known for goes
to pyshacl: a rule, or all of Core where the data has something that the two may read differently, or it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from importlib import metadata
from itertools import chain
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib import RDF, RDFS, SH, BNode
from rdflib.term import Node

from actiongraph.engine.nquads import as_single_lines, in_graph, read_quads, triples_of
from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.sorted_lines import Progress, SortedLines, silent
from actiongraph.validate import fast, reference, set_wise
from actiongraph.validate.parts import parts_of
from actiongraph.validate.report import Report, ValidationResult, Validator, short
from actiongraph.validate.screening import doubtful
from actiongraph.validate.shapes import TARGETS, Shapes
from actiongraph.vocabulary import IRI


def validate(quads: Iterable[ox.Quad], shapes: rdflib.Graph) -> Report:
    """Return the results of `shapes` on the union of `quads`, as pyshacl would find them, and who found them.

    Raises:
        DataError: `shapes` is not a shapes graph that can be read.

    Source: SHACL, sections 3.4 to 3.6 and 5.3.
    """
    one = ox.NamedNode("urn:x-actiongraph:union")
    return validate_lines(SortedLines.of(as_single_lines(in_graph(quads, one))), shapes)


def validate_lines(
    lines: SortedLines,
    shapes: rdflib.Graph,
    more: Iterable[ox.Quad] = (),
    store: Path | None = None,
    covered: Collection[IRI] = (),
    progress: Progress = silent,
) -> Report:
    """Return what `validate` does for the union of `lines`, N-Quads each in a named graph, and a few `more` quads.

    `store` is a store with the quads of `lines`, no triple in two graphs, if there is one. Rules in SPARQL that are
    `covered` by something else are left out.

    Raises:
        DataError: as `validate`.
    """
    read = Shapes(shapes)
    added = list(more)
    results, validator = _validate_core(lines, added, read.core(), progress)
    progress("validating by rules in SPARQL")
    return Report.of([*results, *_by_sparql(lines, read, added, store, covered)], validator=validator)


def _by_sparql(
    lines: SortedLines, shapes: Shapes, more: Sequence[ox.Quad], store: Path | None, covered: Collection[IRI]
) -> list[ValidationResult]:
    """Return the results of rules in SPARQL. No store stays open, as it might in a frame that a failure remembers."""
    known = doubtful(lines, shapes, more)
    opened = _in_memory(lines) if store is None else _in_order(store)
    opened.extend(more)
    results = list(set_wise.validate(opened, shapes, covered, known))
    for quad in more:
        opened.remove(quad)
    return results


def _in_order(store: Path) -> ox.Store:
    """Return the store at a path after what was loaded piece by piece is put into one order, which halves look-ups."""
    opened = ox.Store(str(store))
    opened.optimize()
    return opened


def _in_memory(lines: SortedLines) -> ox.Store:
    store = ox.Store()
    for text in lines.texts():
        store.bulk_load(triples_of(text), format=ox.RdfFormat.N_TRIPLES, lenient=True)
    return store


def _validate_core(
    lines: SortedLines, more: Sequence[ox.Quad], shapes: rdflib.Graph, progress: Progress
) -> tuple[Collection[ValidationResult], Validator]:
    def quads() -> Iterator[ox.Quad]:
        return chain(read_quads(lines), more)

    installed = fast.version()
    if installed is None:
        return _by_reference(quads(), shapes, None)
    if installed != fast.VERSION:
        return _by_reference(quads(), shapes, f"shacl {installed} is installed, and only {fast.VERSION} is known")
    others = fast.left_to_reference(shapes)
    own = without(shapes, others) if others else shapes
    try:
        results = _by_shacl(lines, more, own, progress)
    except _NotJudged as why:
        return _by_reference(quads(), shapes, str(why))
    if not others:
        return results, Validator(f"shacl {installed}")
    remaining = only(shapes, others)
    some = to_rdflib_graph(filter(_read_by(remaining), quads()))
    found = reference.validate(some, remaining).results
    rules = ", ".join(f"{short(rule, '')} ({why})" for rule, why in sorted(others.items()))
    return [*results, *found], Validator(f"shacl {installed}", f"by pyshacl: {rules}")


class _NotJudged(Exception):
    """`shacl` has no results, or none that can be trusted; the text says why."""


def _by_shacl(
    lines: SortedLines, more: Sequence[ox.Quad], shapes: rdflib.Graph, progress: Progress
) -> list[ValidationResult]:
    added = ox.serialize((quad.triple for quad in more), format=ox.RdfFormat.N_TRIPLES) or b""
    results: list[ValidationResult] = []
    done = 0
    progress("validating by SHACL Core")
    try:
        with fast.Judge() as judge:
            for part in parts_of(lines, shapes):
                progress("validating by SHACL Core", done, lines.size_bytes)
                done += part.own_bytes
                text = part.lines + added if added else part.lines
                if why := fast.unlike(text):
                    raise _NotJudged(why)
                results += judge.validate(text, part.shapes, part.has)
            judge.close()
    except fast.FastFailure as failure:
        raise _NotJudged(f"shacl {fast.VERSION} failed: {failure}") from failure
    return results


def _by_reference(
    quads: Iterable[ox.Quad], shapes: rdflib.Graph, why: str | None
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
