"""Generated data with hundreds of faults at once: `shacl` and pyshacl find the same, to the letter."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest

from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.release.derive import derive
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.settings import Settings
from actiongraph.validate import core, reference
from actiongraph.validate.shapes import Shapes, read_shapes
from bench.generate import generate, write_data

XSD = "http://www.w3.org/2001/XMLSchema#"
FAULTS = 300
ODD: tuple[ox.NamedNode | ox.Literal, ...] = (
    *map(ox.NamedNode, ("http://ex/a", "urn:x", "http://ex/é", "http://ex/a%20b")),
    *map(
        ox.Literal,
        ("", " ", "x", "GHA", "gha", "2014-12", "\uff12\uff10\uff11\uff14", "\u00a0", "e\u0301", "x" * 300, "a\nb"),
    ),
    *(ox.Literal("x", language=tag) for tag in ("en", "fr", "de-CH")),
    *(
        ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))
        for datatype, texts in {
            "date": ("2014-01-01", "2014-02-30", "2014-01-01Z", "soon"),
            "gYearMonth": ("2014-01", "2014-13"),
            "gYear": ("2014", "-0044", "12014"),
            "integer": ("1", "01", "+1", "-1", "1.0", "a", "999999999999999999"),
            "int": ("1",),
            "decimal": ("0.5", "1.50", ".5", "2"),
            "double": ("1e0", "NaN", "INF"),
            "boolean": ("true", "1", "TRUE", "false"),
            "anyURI": ("http://example.org/", "not a uri"),
            "duration": ("P1Y",),
        }.items()
        for text in texts
    ),
)


def with_faults(quads: list[ox.Quad], random: Random) -> list[ox.Quad]:
    """Return the union of `quads` with triples taken out, put elsewhere, and given what they should not have."""
    before = sorted({quad.triple for quad in quads}, key=str)
    after = dict.fromkeys(before)
    subjects, predicates, objects = ([t[place] for t in before] for place in range(3))
    for _ in range(FAULTS):
        triple = random.choice(before)
        match random.randrange(5):
            case 0:
                after.pop(triple, None)
            case 1:
                after.pop(triple, None)
                after[ox.Triple(triple.subject, triple.predicate, random.choice(ODD))] = None
            case 2:
                after[ox.Triple(triple.subject, triple.predicate, random.choice(ODD))] = None
            case 3:
                after[ox.Triple(random.choice(subjects), random.choice(predicates), random.choice(objects))] = None
            case _:
                after[ox.Triple(random.choice(subjects), random.choice(predicates), random.choice(ODD))] = None
    return [ox.Quad(*triple) for triple in after]


@pytest.mark.parametrize("seed", range(3))
def test_faulty_data_has_the_same_results(seed: int, in_process: None, tmp_path: Path):
    write_data(generate(20, seed=seed), tmp_path / "data")
    settings = Settings(data=tmp_path / "data", store=tmp_path)
    inputs = find_inputs(settings.data)
    quads = read_data(inputs, settings)
    quads = with_faults([*quads, *derive(quads, settings)], Random(seed))
    shapes = Shapes(read_shapes(inputs.shapes)).core()
    report = core.validate(quads, shapes)
    assert str(report.validator) == "shacl 0.3.4"
    assert report == reference.validate(to_rdflib_graph(quads), shapes)
    assert len({result.shape for result in report.results}) > 40
