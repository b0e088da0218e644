"""Rules that are asked of doubtful things alone find what they find when they are asked of all."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
from rdflib import RDF, SH, Literal

from actiongraph import sorted_lines
from actiongraph.engine.nquads import as_single_lines, in_graph
from actiongraph.release.derive import derive
from actiongraph.release.inputs import find_inputs, read_data
from actiongraph.settings import Settings, shipped
from actiongraph.sorted_lines import SortedLines
from actiongraph.validate import screening, set_wise
from actiongraph.validate.screening import IN_DATA, ORDER, QUERIES, QUOTE_LENGTH, doubtful
from actiongraph.validate.shapes import Shapes, read_shapes
from actiongraph.vocabulary import OA
from bench.generate import generate, write_data

SHAPES = Shapes(read_shapes(sorted(shipped("shapes").glob("*.ttl"))))
INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
READ = {str(term) for term in (RDF.subject, RDF.predicate, RDF.object, OA.hasSelector, OA.exact, OA.start, OA.end)}
PREFIXES = """
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix oa: <http://www.w3.org/ns/oa#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix x: <http://x/> .
"""
PASSAGE = "x:p oa:hasSelector x:p-q, x:p-r ."
RANGE = "x:p-r a oa:TextPositionSelector ; oa:start 10 ; oa:end 14 ."
STATEMENT = "x:a-s a ag:SourceStatement ; rdf:subject x:a ; rdf:predicate x:b ; rdf:object 1 ."


def lines_of(quads: list[ox.Quad]) -> SortedLines:
    return SortedLines.of(as_single_lines(in_graph(quads, ox.NamedNode("x:g"))))


def found_of_all(quads: list[ox.Quad]) -> set[tuple[str, str]]:
    store = ox.Store()
    store.extend(in_graph(quads, ox.NamedNode("x:g")))
    every = frozenset(SHAPES.sparql_shapes)
    return {(r.shape, f"<{r.focus}>") for r in set_wise.validate(store, SHAPES, every - QUERIES.keys())}


def test_the_queries_that_are_known_are_those_of_the_shipped_rules():
    assert {rule: [*screening.digests(SHAPES, rule)] for rule in QUERIES} == {
        rule: [digest] for rule, digest in QUERIES.items()
    }


@pytest.mark.parametrize(
    ("turtle", "rule"),
    [
        (f'{PASSAGE} {RANGE} x:p-q oa:exact "abcd" .', None),
        (f'{PASSAGE} {RANGE} x:p-q oa:exact "abc" .', QUOTE_LENGTH),
        (f'{PASSAGE} {RANGE} x:p-q oa:exact "\\n\\"\U0001f600é"@en .', None),
        (f'{PASSAGE} {RANGE} x:p-q oa:exact "\\u0001\\\\cd" .', None),
        (f'{PASSAGE} {RANGE} x:p-q oa:exact "abcd", "e" .', QUOTE_LENGTH),
        (f"{PASSAGE} {RANGE} x:p-q a oa:TextQuoteSelector .", None),
        (f'{PASSAGE} {RANGE} x:p-q oa:exact "abc" ; oa:start 1 ; oa:end 4 .', QUOTE_LENGTH),
        (f'{PASSAGE} {RANGE} x:p-r oa:start 12 . x:p-q oa:exact "abcd" .', QUOTE_LENGTH),
        ('x:p oa:hasSelector x:z, x:A . x:z oa:exact "abc" . x:A oa:start 1 ; oa:end 5 .', QUOTE_LENGTH),
        ("x:p-r a oa:TextPositionSelector ; oa:start 14 ; oa:end 14 .", ORDER),
        ('x:p-r a oa:TextPositionSelector ; oa:start "14"^^x:t ; oa:end 9 .', ORDER),
        ("x:p-r a oa:TextPositionSelector ; oa:start 9, 16 ; oa:end 14 .", ORDER),
        ("x:p-r a oa:TextPositionSelector ; oa:start -1 ; oa:end -2 .", ORDER),
        (STATEMENT, IN_DATA),
        (f"{STATEMENT} x:a x:b 1 .", None),
        (f"{STATEMENT} x:a x:b 1, 2 . x:a-s rdf:object 2 .", None),
        (f"{STATEMENT} x:a x:b 1 . x:a-s rdf:object 2 .", IN_DATA),
        (f"{STATEMENT} x:a x:b 11 .", IN_DATA),
        (f'{STATEMENT} x:a x:b "1" .', IN_DATA),
        (f"{STATEMENT} x:a x:b 2 . x:a-s ag:conflictsWith 2 .", None),
        ("x:s a ag:SourceStatement ; rdf:subject x:a ; rdf:predicate x:b .", None),
    ],
)
def test_a_thing_that_a_rule_is_about_is_doubtful(turtle: str, rule: str | None):
    quads = list(ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE))
    found = found_of_all(quads)
    assert {shape for shape, _ in found} == ({rule} if rule else set())
    known = doubtful(lines_of(quads), SHAPES)
    assert known.keys() == QUERIES.keys()
    assert all(focus.encode() in known[shape] for shape, focus in found)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_found_of_doubtful_things_is_all_that_is_found(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sorted_lines, "_BLOCK_BYTES", 1_000)
    monkeypatch.setattr(sorted_lines, "_BLOCKS_AT_ONCE", 3)
    write_data(generate(20, seed=seed), tmp_path / "data")
    settings = Settings(data=tmp_path / "data", store=tmp_path)
    read = read_data(find_inputs(settings.data), settings)
    every = list({quad.triple: None for quad in [*read, *derive(read, settings)]})
    random = Random(seed)
    terms = [*(triple.object for triple in every), ox.Literal("14"), ox.Literal("x", language="en")]
    before = lines_of([ox.Quad(*triple) for triple in every])
    assert not any(doubtful(before, SHAPES).values())
    for triple in [triple for triple in every if triple.predicate.value in READ and random.random() < 0.2]:
        subject, predicate, term = triple
        match random.randrange(4):
            case 0:
                every.remove(triple)
            case 1 if isinstance(term, ox.Literal) and term.value.isdecimal():
                number = ox.Literal(str(int(term.value) + random.choice((1, 1_000))), datatype=INTEGER)
                every.append(ox.Triple(subject, predicate, number))
            case 2 if isinstance(term, ox.Literal):
                every[every.index(triple)] = ox.Triple(subject, predicate, ox.Literal(term.value + "\n"))
            case _:
                every[every.index(triple)] = ox.Triple(subject, predicate, random.choice(terms))
    quads = [ox.Quad(*triple) for triple in dict.fromkeys(every)]
    found = found_of_all(quads)
    known = doubtful(lines_of(quads), SHAPES)
    assert {shape for shape, _ in found} == QUERIES.keys()
    assert found <= {(rule, thing.decode()) for rule, things in known.items() for thing in things}
    assert sum(map(len, known.values())) < len(quads) / 5


def test_what_is_beside_the_lines_and_rules_of_others_are_not_known():
    quads = list(ox.parse(PREFIXES + STATEMENT, format=ox.RdfFormat.TURTLE))
    beside = ox.Quad(ox.NamedNode("http://x/a-s"), ox.NamedNode(RDF.object), ox.Literal("2"))
    assert doubtful(lines_of(quads), SHAPES, [beside]) == {}
    graph = read_shapes(sorted(shipped("shapes").glob("*.ttl")))
    [query] = graph.objects(ORDER, SH.sparql)
    graph.set((query, SH.select, Literal("SELECT $this WHERE { $this oa:start ?value }")))
    assert doubtful(lines_of(quads), Shapes(graph)).keys() == QUERIES.keys() - {ORDER}
