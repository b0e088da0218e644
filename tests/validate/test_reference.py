"""The adapter of pyshacl: its results are about what the report says."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from rdflib import Literal

from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.validate import reference
from actiongraph.vocabulary import IRI

SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<http://s> a sh:NodeShape ; sh:targetObjectsOf <http://p> ; sh:minLength 9 ; sh:message "Too short."@en .
"""


@pytest.mark.parametrize("value", ["", "0", "no"])
def test_a_text_is_the_focus_node_that_it_is(value: str):
    data = ox.parse(f'<http://x> <http://p> "{value}" .', format=ox.RdfFormat.TURTLE)
    shapes = to_rdflib_graph(ox.parse(SHAPES, format=ox.RdfFormat.TURTLE))
    [result] = reference.validate(to_rdflib_graph(data), shapes).results
    assert (result.focus, result.value, result.shape) == (Literal(value), Literal(value), IRI("http://s"))
