"""The validator pyshacl: every rule as SHACL defines it, with one query for each rule and thing."""

from __future__ import annotations

import rdflib
from rdflib import RDF, SH
from rdflib.term import Node

from actiongraph.errors import DataError
from actiongraph.validate.report import Report, Severity, ValidationResult
from actiongraph.validate.shapes import Shapes
from actiongraph.vocabulary import IRI


def validate(data: rdflib.Graph, shapes: rdflib.Graph) -> Report:
    """Return the results of pyshacl for `data`: SHACL Core and SPARQL-based constraints, no inference.

    Raises:
        DataError: `shapes` is not a shapes graph that pyshacl can read.

    Source: SHACL, sections 3.4 to 3.6 and 5.
    """
    import pyshacl  # noqa: PLC0415 - it takes an eighth of a second, and no command but those that validate needs it

    read = Shapes(shapes)
    try:
        _, results, _ = pyshacl.validate(
            data, shacl_graph=shapes, advanced=False, inplace=True, js=False, do_owl_imports=False
        )
    except (
        pyshacl.errors.ReportableRuntimeError,
        pyshacl.errors.ShapeLoadError,
        pyshacl.errors.ConstraintLoadError,
    ) as error:
        raise DataError(f"The shapes cannot be read: {error}.") from error
    return Report.of(_result(results, node, read) for node in results.subjects(RDF.type, SH.ValidationResult))


def _result(results: rdflib.Graph, node: Node, shapes: Shapes) -> ValidationResult:
    shape = results.value(node, SH.sourceShape) or node
    focus = results.value(node, SH.focusNode)
    path = results.value(node, SH.resultPath)
    return ValidationResult(
        severity=Severity.of(results.value(node, SH.resultSeverity)),
        shape=IRI(str(shape)),
        focus=node if focus is None else focus,  # an empty text is one, and false
        message=str(results.value(node, SH.resultMessage)),
        path=path if isinstance(path, IRI) else None,
        value=results.value(node, SH.value),
        allowed=shapes.rule(shape).allowed,
    )
