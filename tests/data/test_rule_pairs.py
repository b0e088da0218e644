"""Each rule is seen to bite: a broken graph that it catches, and the mended twin that no rule flags.

`rules/*.toml` has the pairs, a file for each file of shapes, a table for each rule. The graphs are
Turtle, without the prefixes. `background` names the sound graphs of `rules/background.toml` that a
pair stands on, for the whole file or for one rule. The broken graph is the background without the
triples of `without`, plus those of `broken`. The mended one is the whole background, or, where
`mended` says what stands in the place of what is broken, the background put right that way. A rule
that asks for exactly one has a second broken graph: the whole background plus `too_many`.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import rdflib
from rdflib import DCTERMS, OWL, RDFS, SH

from actiongraph.settings import shipped
from actiongraph.validate import reference
from actiongraph.validate.report import Report
from actiongraph.vocabulary import AGSH, CANONICAL_BASE

RULES = Path(__file__).parent / "rules"
pytestmark = pytest.mark.usefixtures("rules_read_once")
_OTHER_FILES = {"background", "overlaps"}
_NAMES = {
    "act": "id/action/", "av": "id/activity/", "cty": "id/country/", "doc": "id/document/", "fac": "id/facility/",
    "orgs": "id/org/", "out": "id/outcome/", "place": "id/place/", "src": "id/source/", "st": "id/statement/",
    "team": "id/team/", "ag": "ontology#", "agsh": "shapes#", "agc": "concept/", "ak": "concept/activity-kind/",
    "asst": "concept/assistance/", "bf": "concept/beneficiary/", "bs": "concept/basis/", "ok": "concept/outcome-kind/",
    "os": "concept/outcome-status/", "th": "concept/theme/", "tr": "concept/team-role/",
}  # fmt: skip
_HEAD = f"@base <{CANONICAL_BASE}> .\n" + "".join(
    f"@prefix {prefix}: <{namespace}> .\n"
    for prefix, namespace in {
        **{prefix: CANONICAL_BASE + rest for prefix, rest in _NAMES.items()},
        "dcterms": "http://purl.org/dc/terms/",
        "eu": "http://publications.europa.eu/resource/authority/country/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "oa": "http://www.w3.org/ns/oa#",
        "org": "http://www.w3.org/ns/org#",
        "prov": "http://www.w3.org/ns/prov#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "schema": "https://schema.org/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "spdx": "http://spdx.org/rdf/terms#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }.items()
)


@dataclass(frozen=True)
class Pair:
    """A broken graph for one rule, and its mended twin, as Turtle."""

    rule: str
    file: str
    background: tuple[str, ...]
    without: str = ""
    broken: str = ""
    mended: str | None = None
    too_many: str | None = None

    def broken_graph(self) -> rdflib.Graph:
        return self._graph(self.without, self.broken)

    def mended_graph(self) -> rdflib.Graph:
        return self._graph("" if self.mended is None else self.without, self.mended or "")

    def crowded_graph(self) -> rdflib.Graph:
        return self._graph("", self.too_many or "")

    def graphs(self) -> list[rdflib.Graph]:
        return [self.broken_graph(), self.mended_graph()] + ([self.crowded_graph()] if self.too_many else [])

    def _graph(self, without: str, more: str) -> rdflib.Graph:
        graph = _graph("\n".join(_background()[name] for name in self.background))
        for triple in _graph(without):
            assert triple in graph, f"{self.rule}: the background has no {triple}, so it cannot be left out"
            graph.remove(triple)
        for triple in (*_graph(more), *_vocabulary()):
            graph.add(triple)
        return graph


def _graph(turtle: str) -> rdflib.Graph:
    return rdflib.Graph(bind_namespaces="none").parse(data=_HEAD + turtle, format="turtle")


@functools.cache
def _background() -> dict[str, str]:
    return tomllib.loads((RULES / "background.toml").read_text(encoding="utf-8"))


_OF_TERMS = (RDFS.label, RDFS.subClassOf, OWL.deprecated, DCTERMS.isReplacedBy)


@functools.cache
def _vocabulary() -> tuple[tuple[rdflib.term.Node, ...], ...]:
    """What the rules need of the ontology: which terms there are, which classes are narrower, what has given way."""
    ontology = rdflib.Graph().parse(shipped("ontology") / "actiongraph.ttl")
    return tuple(triple for triple in ontology if triple[1] in _OF_TERMS)


@functools.cache
def _shapes() -> rdflib.Graph:
    shapes = rdflib.Graph(bind_namespaces="none")
    for path in sorted(shipped("shapes").glob("*.ttl")):
        shapes.parse(path)
    return shapes


def _pairs() -> Iterator[Pair]:
    for path in sorted(RULES.glob("*.toml")):
        if path.stem not in _OTHER_FILES:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
            shared = tables.pop("background")
            for rule, table in tables.items():
                yield Pair(rule, path.stem, **{"background": shared, **table})


PAIRS = tuple(_pairs())
OVERLAPS: dict[str, list[str]] = tomllib.loads((RULES / "overlaps.toml").read_text(encoding="utf-8"))


Validate = Callable[[rdflib.Graph, rdflib.Graph], Report]


@functools.cache
def _report(validate: Validate, triples: frozenset[tuple[rdflib.term.Node, ...]]) -> Report:
    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples:
        graph.add(triple)
    return validate(graph, _shapes())


def report(validate: Validate, graph: rdflib.Graph) -> Report:
    """Return what is found in `graph`; many pairs have the same mended twin."""
    return _report(validate, frozenset(graph))


def fires(graph: rdflib.Graph) -> set[str]:
    return {finding.shape.removeprefix(AGSH) for finding in report(reference.validate, graph).results}


@pytest.mark.long("validators")
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.rule)
def test_the_rule_catches_the_broken_graph_and_nothing_else_does(pair: Pair):
    assert fires(pair.broken_graph()) == {pair.rule, *OVERLAPS.get(pair.rule, [])}


@pytest.mark.long("validators")
@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.too_many], ids=lambda pair: pair.rule)
def test_the_rule_that_asks_for_exactly_one_catches_two(pair: Pair):
    assert fires(pair.crowded_graph()) == {pair.rule, *OVERLAPS.get(f"{pair.rule}/too-many", [])}


@pytest.mark.long("validators")
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.rule)
def test_set_wise_rules_find_to_the_letter_what_pyshacl_finds(pair: Pair, without_shacl: Validate):
    for graph in pair.graphs():
        assert report(without_shacl, graph) == report(reference.validate, graph)


@pytest.mark.long("validators")
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.rule)
def test_shacl_finds_to_the_letter_what_pyshacl_finds(pair: Pair, with_shacl: Validate):
    for graph in pair.graphs():
        by_shacl = report(with_shacl, graph)
        assert by_shacl == report(reference.validate, graph)
        assert str(by_shacl.validator) == "shacl 0.3.4"


def test_every_rule_that_asks_for_exactly_one_is_shown_none_and_two():
    exactly_one = {shape for shape in _shapes().subjects(SH.minCount) if (shape, SH.maxCount, None) in _shapes()}
    assert {str(shape).removeprefix(AGSH) for shape in exactly_one} == {pair.rule for pair in PAIRS if pair.too_many}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.rule)
@pytest.mark.long("validators")
def test_no_rule_flags_the_mended_twin(pair: Pair):
    assert fires(pair.mended_graph()) == set()


def test_every_rule_has_its_pair_in_the_file_of_its_shape():
    written = {
        (str(shape).removeprefix(AGSH), path.stem)
        for path in shipped("shapes").glob("*.ttl")
        for shape in rdflib.Graph().parse(path).subjects(SH.severity)
    }
    assert written == {(pair.rule, pair.file) for pair in PAIRS}


def test_overlaps_name_rules_that_there_are():
    rules = {pair.rule for pair in PAIRS}
    assert {name.removesuffix("/too-many") for name in OVERLAPS} <= rules
    assert {other for others in OVERLAPS.values() for other in others} <= rules
