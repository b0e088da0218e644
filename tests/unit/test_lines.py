"""Values of things are found in sorted lines wherever blocks begin and end; expected are those of a dictionary."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph import sorted_lines
from actiongraph.engine.nquads import WrittenTerm
from actiongraph.release.lines import Lines

KNOWS, NAME, KIND = (f"http://e/{name}" for name in ("knows", "name", "kind"))
GRAPH = ox.NamedNode("http://e/g")


def quads() -> list[ox.Quad]:
    """Things with a name, a kind, one to four others that they know, and each other's triples in a literal."""
    made = []
    for number in range(60):
        thing = ox.NamedNode(f"http://e/thing/{number}")
        known = [ox.NamedNode(f"http://e/thing/{number * 7 % 60 + each}") for each in range(number % 4 + 1)]
        odd = ox.Literal(f'" <{KIND}> <http://e/kind/1> <http://e/g> .')
        made += [(thing, NAME, odd), (thing, KIND, ox.NamedNode(f"http://e/kind/{number % 3}"))]
        made += [(thing, KNOWS, each) for each in known]
    return [ox.Quad(subject, ox.NamedNode(predicate), object_, GRAPH) for subject, predicate, object_ in made]


@pytest.mark.parametrize("block_bytes", [1, 150, 400, 5_000])
def test_things_have_their_values_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, block_bytes: int
):
    for name, value in {"_BLOCK_BYTES": block_bytes, "_HELD_BYTES": 500, "_BLOCKS_AT_ONCE": 2}.items():
        monkeypatch.setattr(sorted_lines, name, value)
    monkeypatch.setattr(sorted_lines, "_LINES_AT_ONCE", 7)
    expected: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for quad in quads():
        assert isinstance(quad.subject, ox.NamedNode)
        expected[quad.subject.value][quad.predicate.value].add(str(quad.object))
    lines = Lines(quads(), tmp_path)
    for iri, values in expected.items():
        found = lines.about(WrittenTerm(f"<{iri}>".encode()))
        assert {name: {term.decode() for term in terms} for name, terms in found.items()} == values
    assert lines.about(WrittenTerm(b"<http://e/thing/none>")) == {}
    of_kind = [iri for iri in sorted(expected, key="{}>".format) if expected[iri][KIND] == {"<http://e/kind/1>"}]
    assert [iri for iri, _ in lines.things("http://e/thing/", having=[(KIND, "http://e/kind/1")])] == of_kind
    named = {iri: set(values) for iri, values in lines.things("http://e/thing/", only=(NAME,))}
    assert named == {iri: {NAME} for iri in expected}
