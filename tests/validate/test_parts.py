"""Data that is validated in parts gives the results of the whole; what the checks of files need is chosen from all."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
import rdflib

from actiongraph import sorted_lines
from actiongraph.engine.nquads import as_single_lines, in_graph
from actiongraph.release.derive import derive
from actiongraph.release.inputs import Inputs, find_inputs, read_data, read_vocabulary
from actiongraph.settings import Settings
from actiongraph.sorted_lines import SortedLines
from actiongraph.validate import core, parts
from actiongraph.validate.curated import Curated, Vocabulary
from actiongraph.validate.doubles import find_doubles
from actiongraph.validate.parts import UnlimitedReach, parts_of, reach_of
from actiongraph.validate.selection import select
from actiongraph.validate.shapes import Shapes, read_shapes
from actiongraph.validate.unknown_terms import check_terms
from bench.generate import generate, write_data
from tests.validate.test_fast_on_faults import with_faults

HEAD = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix x: <x:> .\n"


def faulty(folder: Path, seed: int) -> tuple[list[ox.Quad], Inputs, Settings]:
    write_data(generate(20, seed=seed), folder / "data")
    settings = Settings(data=folder / "data", store=folder)
    inputs = find_inputs(settings.data)
    quads = read_data(inputs, settings)
    return [*quads, *derive(quads, settings)], inputs, settings


@pytest.mark.parametrize("seed", range(3))
def test_many_parts_have_the_results_of_the_whole(
    seed: int, in_process: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    quads, inputs, _ = faulty(tmp_path, seed)
    faults = with_faults(quads, Random(seed))
    shapes = Shapes(read_shapes(inputs.shapes)).core()
    whole = core.validate(faults, shapes)
    monkeypatch.setattr(parts, "PART_BYTES", 20_000)
    monkeypatch.setattr(sorted_lines, "_BLOCK_BYTES", 2_000)
    monkeypatch.setattr(sorted_lines, "_BLOCKS_AT_ONCE", 1)
    graph = ox.NamedNode("x:g")
    lines = SortedLines.of(
        as_single_lines(ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in faults)
    )
    assert sum(1 for _ in parts_of(lines, shapes)) > 10
    found = core.validate(faults, shapes)
    assert str(found.validator) == "shacl 0.3.4"
    assert found == whole
    assert len({result.shape for result in found.results}) > 40


ABOUT_CLASSES = """
x:t sh:targetClass x:Top ; sh:path x:to ; sh:class x:Top ; sh:message "t" . x:c sh:targetClass x:Low ;
  sh:path ( x:to rdf:type ) ; sh:in ( x:Low ) ; sh:message "c" .
"""


@pytest.mark.parametrize(
    "more",
    [
        "",
        'x:n sh:targetSubjectsOf rdfs:subClassOf ; sh:path rdfs:subClassOf ; sh:maxCount 0 ; sh:message "n" .',
        'x:n sh:targetObjectsOf rdf:type ; sh:path rdfs:subClassOf ; sh:minCount 3 ; sh:message "n" .',
        'x:n sh:targetObjectsOf x:to ; sh:path [ sh:inversePath x:to ] ; sh:class x:Low ; sh:message "n" .',
        'x:n sh:targetObjectsOf rdf:type; sh:path ([sh:inversePath rdf:type] x:to); sh:class x:Low; sh:message "n" .',
        'x:n sh:targetObjectsOf rdf:type ; sh:path [ sh:inversePath rdf:type ] ; sh:class x:Mid ; sh:message "n" .',
    ],
)
def test_rules_about_classes_have_in_parts_the_results_of_the_whole(
    more: str, in_process: None, monkeypatch: pytest.MonkeyPatch
):
    names = "abcdefghijklmnopqrstuvwxyz"
    data = "x:Low rdfs:subClassOf x:Mid . x:Mid rdfs:subClassOf x:Top . x:k a x:Low . x:c a x:Mid, 'x' ."
    for number, name in enumerate(names):
        data += f" x:{name} a x:{('Top', 'Mid', 'Low', 'Other')[number % 4]} ; x:to x:{names[(7 * number) % 26]} ."
    head = HEAD + "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> ."
    head += "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    shapes = rdflib.Graph().parse(data=head + ABOUT_CLASSES + more, format="turtle")
    quads = list(ox.parse(head + data, format=ox.RdfFormat.TURTLE))
    whole = core.validate(quads, shapes)
    assert {result.message for result in whole.results} >= ({"t", "c", "n"} if more else {"t", "c"})
    monkeypatch.setattr(parts, "PART_BYTES", 200)
    monkeypatch.setattr(sorted_lines, "_BLOCK_BYTES", 100)
    monkeypatch.setattr(sorted_lines, "_BLOCKS_AT_ONCE", 1)
    lines = SortedLines.of(as_single_lines(in_graph(quads, ox.NamedNode("x:g"))))
    assert sum(1 for _ in parts_of(lines, shapes)) > 10
    assert core.validate(quads, shapes) == whole


def reach(turtle: str) -> object:
    return reach_of(rdflib.Graph().parse(data=HEAD + turtle, format="turtle"))


@pytest.mark.parametrize(
    "shape",
    [
        "x:s sh:targetClass x:C ; sh:property [ sh:path [ sh:zeroOrMorePath x:p ] ; sh:minCount 1 ] .",
        "x:s sh:targetClass x:C ; sh:property [ sh:path ( x:q [ sh:oneOrMorePath x:p ] ) ; sh:minCount 1 ] .",
        "x:s sh:targetClass x:C ; sh:closed true .",
        "x:s sh:targetClass x:C ; sh:property x:t . x:t sh:path x:p ; sh:node x:s .",
    ],
)
def test_shapes_that_may_look_anywhere_are_known(shape: str):
    with pytest.raises(UnlimitedReach):
        reach(shape)


def test_the_reach_of_shapes_follows_paths_both_ways_and_what_is_nested():
    found = reach(
        "x:s sh:targetObjectsOf x:t ; sh:property [ sh:path ( x:a [ sh:inversePath x:b ] ) ; sh:class x:C ] ;"
        " sh:or ( [ sh:path x:c ; sh:qualifiedValueShape [ sh:path x:d ; sh:hasValue 1 ] ] ) ."
    )
    type_ = (b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", False)
    steps = {step: set(then.steps) for step, then in found.steps.items()}
    assert steps[b"<x:a>", False] == {(b"<x:b>", True)}
    assert set(found.steps[b"<x:a>", False].steps[b"<x:b>", True].steps) == {parts._CLASS}
    assert steps[b"<x:c>", False] == {(b"<x:d>", False)}
    assert type_ in steps


@pytest.mark.parametrize("seed", range(4))
def test_the_checks_of_files_find_with_what_is_chosen_what_they_find_with_all(seed: int, tmp_path: Path):
    quads, inputs, settings = faulty(tmp_path, seed)
    random = Random(seed)
    graphs = {f"<{settings.base}graph/{path.stem}>".encode(): path for path in inputs.data}
    mistaken = settings.base.replace("https", "http") + "ontology#"
    changed = []
    for quad in quads:
        predicate, subject, term = quad.predicate, quad.subject, quad.object
        if random.random() < 0.02:
            predicate = random.choice(quads).predicate
        if random.random() < 0.01:
            predicate = ox.NamedNode(predicate.value[:-1] + "z")
        if random.random() < 0.01 or (seed == 1 and quad.graph_name.value.endswith("-01")):
            predicate = ox.NamedNode(predicate.value.replace(f"{settings.base}ontology#", mistaken))
        if isinstance(term, ox.Literal) and term.language and random.random() < 0.3:
            term = ox.Literal(random.choice(['Institute\n"A"', "institute  a", "Institute A."]), language="en")
        changed.append(ox.Quad(subject, predicate, term, quad.graph_name))
    lines = SortedLines.of(as_single_lines(changed))
    files = {path: [q for q in changed if str(q.graph_name).encode() == graph] for graph, path in graphs.items()}
    vocabulary = Vocabulary(read_vocabulary(inputs, settings))
    found = []
    for curated in (Curated.of(files), select(lines, graphs, vocabulary, ())):
        results = [*check_terms(curated, vocabulary, settings.base + "graph/"), *find_doubles(curated)]
        found.append({(each.focus, each.shape, each.path, each.value, each.message, each.file) for each in results})
    assert found[0] == found[1]
    assert len(found[0]) > 20
