"""Values that cannot be compared are told of as what they are, and neither validator fails or tells more of them."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.settings import shipped
from actiongraph.validate import core, reference
from actiongraph.validate.shapes import read_shapes
from actiongraph.vocabulary import AG, AGSH

XSD = "http://www.w3.org/2001/XMLSchema#"
OA = "http://www.w3.org/ns/oa#"
PAIRS = {
    "position-order": (f"{OA}TextPositionSelector", f"{OA}start", f"{OA}end"),
    "chain-longer-than-size": (str(AG.Chain), str(AG.chainLength), str(AG.chainSize)),
}


def found(rule: str, smaller: str, larger: str) -> list[str | None]:
    """Return the paths of what both validators find for `rule` where it compares `smaller` with `larger`."""
    kind, first, second = PAIRS[rule]
    turtle = f"<http://x> a <{kind}> ; <{first}> {smaller} ; <{second}> {larger} ."
    quads = list(ox.parse(turtle, format=ox.RdfFormat.TURTLE))
    shapes = read_shapes(sorted(shipped("shapes").glob("*.ttl")))
    reports = (reference.validate(to_rdflib_graph(quads), shapes), core.validate(quads, shapes))
    both = [[result for result in report.results if result.shape == AGSH[rule]] for report in reports]
    assert both[0] == both[1]
    return [result.path for result in both[0]]


@pytest.mark.long("validators")
@pytest.mark.parametrize("rule", PAIRS)
@pytest.mark.parametrize(
    "value",
    [f'"ab"^^<{XSD}hexBinary>', f'"2014-01-01"^^<{XSD}date>', f'"x"^^<{XSD}integer>', "true", '""', "<http://y>"],
)
def test_what_is_no_number_is_neither_before_nor_after(rule: str, value: str):
    assert found(rule, value, "5") == found(rule, "5", value) == []


@pytest.mark.parametrize("rule", PAIRS)
def test_numbers_are_compared_as_numbers(rule: str):
    assert [str(path) for path in found(rule, "10", "9")] == [PAIRS[rule][1]]
    assert found(rule, "9", "10") == []
