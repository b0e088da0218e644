"""The validator for whole sets: each SPARQL rule runs once over all the data.

pyshacl runs a SPARQL rule once per thing, which took 10 s on nine actions. Here the targets of a rule
are joined to its query, which pyoxigraph answers for all of them at once. The tests compare the reports
with pyshacl's, for the shipped data and for a broken and a mended graph per rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import pyoxigraph as ox
import rdflib
from rdflib import RDFS
from rdflib.term import Node

from actiongraph.engine.oxigraph import to_rdflib
from actiongraph.errors import DataError
from actiongraph.validate.report import ValidationResult
from actiongraph.validate.shapes import Shapes
from actiongraph.vocabulary import IRI

_HEAD = re.compile(r"\bWHERE\s*\{", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")
_MOST_NAMED = 1_000
"""Of more things than this a rule is asked of all its targets."""


def validate(
    store: ox.Store,
    shapes: Shapes,
    covered: Collection[IRI] = (),
    doubtful: Mapping[IRI, Collection[bytes]] = MappingProxyType({}),
) -> Iterator[ValidationResult]:
    """Yield the results of the SPARQL rules of `shapes` on the union of all graphs, as pyshacl would find them.

    No triple may be in two graphs of `store`. Rules that are `covered` by something else are left out. Of rules that
    are in `doubtful`, all results are about the things, as in N-Triples, that are named there.

    Raises:
        DataError: the query of a rule cannot be read.

    Source: SHACL, section 5.3.
    """
    classes = rdflib.Graph(bind_namespaces="none")
    for quad in store.quads_for_pattern(None, ox.NamedNode(RDFS.subClassOf), None):
        classes.add((to_rdflib(quad.subject), RDFS.subClassOf, to_rdflib(quad.object)))
    for shape in shapes.sparql_shapes:
        if shape in covered:
            continue
        things = doubtful.get(shape)
        if things is None or things:
            yield from _run(store, shapes, shape, classes, things or ())


def _run(
    store: ox.Store, shapes: Shapes, shape: IRI, classes: rdflib.Graph, things: Collection[bytes] = ()
) -> Iterator[ValidationResult]:
    rule = shapes.rule(shape)
    try:
        targets = shapes.targets(shape, classes)
        constraints = list(shapes.constraints(shape)) if targets else []
    except ValueError as error:
        raise DataError(f"The shape {shape} cannot be read: {error}") from error
    for select, message in constraints:
        query = _over_all(select, _named(things) + f"{{ {targets} }}", shape)
        for bound in _solutions(store, query, shape):
            focus, value = bound["this"], bound.get("value", bound["this"])
            path = bound.get("path", rule.path)
            yield ValidationResult(
                rule.severity,
                shape,
                focus,
                _filled(message, bound),
                path=path if isinstance(path, IRI) else None,
                value=value,
                allowed=rule.allowed,
            )


def _named(things: Collection[bytes]) -> str:
    """Return a pattern whose `?this` are `things`; nothing if they are none, many, or have no name."""
    if len(things) > _MOST_NAMED or any(each.startswith(b"_:") for each in things):
        return ""
    return f"VALUES ?this {{ {b' '.join(sorted(things)).decode()} }} " if things else ""


def _over_all(select: str, targets: str, shape: IRI) -> str:
    """Return the rule's query with its targets joined first, so that one run answers for all of them."""
    query, found = _HEAD.subn(
        lambda head: f"{head.group()} {{ SELECT DISTINCT ?this WHERE {{ {targets} }} }} ", select, count=1
    )
    if not found:
        raise DataError(f"The query of the shape {shape} must be written with WHERE {{ … }}.")
    return query


def _filled(message: str, bound: Mapping[str, Node]) -> str:
    """Return `message` with its `{?name}` replaced (SHACL, section 5.3.2)."""
    return _PLACEHOLDER.sub(lambda name: str(bound.get(name.group(1), name.group())), message)


def _solutions(store: ox.Store, query: str, shape: IRI) -> Iterator[dict[str, Node]]:
    try:
        results = store.query(query, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise DataError(f"The query of the shape {shape} cannot be read: {error}.") from error
    if not isinstance(results, ox.QuerySolutions):
        raise DataError(f"The query of the shape {shape} must be a SELECT query.")
    names = [variable.value for variable in results.variables]
    for solution in results:
        yield {name: to_rdflib(term) for name, term in zip(names, solution, strict=True) if term is not None}
