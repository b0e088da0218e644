"""Lines of N-Quads are split into terms as the grammar has them, and terms mean what the engine reads.

Source: RDF 1.1 N-Quads, section 4.
"""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from actiongraph.engine.nquads import WrittenTerm, as_lines, split_quads

S, P, G = (ox.NamedNode(f"http://e/{name}") for name in "spg")
OBJECTS = [
    ox.NamedNode("http://e/o#é"),
    ox.Literal(""),
    ox.Literal("a b"),
    ox.Literal('" <http://e/p> <http://e/o> <http://e/g> .'),
    ox.Literal("two\nlines,\ta tab and a \\"),
    ox.Literal('ends in a quote"'),
    ox.Literal("Äpfel", language="de-ch"),
    ox.Literal("05", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
]


@pytest.mark.parametrize("graph", [G, ox.DefaultGraph()], ids=["named", "default"])
def test_quads_are_split_into_terms_that_mean_what_was_written(graph: ox.NamedNode | ox.DefaultGraph):
    found = split_quads(b"".join(as_lines(ox.Quad(S, P, object_, graph) for object_ in OBJECTS)))
    assert [quad[2].decode() for quad in found] == [str(object_) for object_ in OBJECTS]
    name = b"<http://e/g>" if graph == G else b""
    assert {(quad[0], quad[1], quad[3]) for quad in found} == {(b"<http://e/s>", b"<http://e/p>", name)}
    for quad, object_ in zip(found, OBJECTS, strict=True):
        term = WrittenTerm(quad[2])
        assert term.value == object_.value
        assert term.is_literal is isinstance(object_, ox.Literal)
        assert term.language == getattr(object_, "language", None)
