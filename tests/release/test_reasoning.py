"""A small reading of the ontology by RDF Schema and OWL contradicts nothing in a release, and finds nothing new in it.

Rules: RDF Schema, rdfs2, rdfs3, rdfs5, rdfs7, rdfs9, rdfs11; OWL 2 RL, prp-inv1, prp-inv2, prp-symp, prp-trp, prp-asyp,
prp-irp, prp-fp, prp-pdw, cax-dw. The axioms of PROV-O and FOAF that our terms stand under are read with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, FOAF, OWL, PROV, RDF, RDFS

from actiongraph.release.derive import derive
from actiongraph.release.entail import entail
from actiongraph.release.inputs import find_inputs, read_data, read_vocabulary
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, CANONICAL_BASE

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Fact = tuple[Node, ox.NamedNode, Node]
LOOP = "act:b ag:followUpOf act:a . act:c ag:probableFollowUpOf act:b . act:a ag:followUpOf act:c ."
LINE = "act:b ag:followUpOf act:a . act:c ag:probableFollowUpOf act:b . act:d ag:followUpOf act:c ."
HEAD = f"@prefix ag: <{AG}> . @prefix act: <{CANONICAL_BASE}id/action/> ."


def node(term: object) -> ox.NamedNode:
    return ox.NamedNode(str(term))


TYPE = node(RDF.type)
OF_OTHERS: list[Fact] = [
    (node(PROV.Activity), node(OWL.disjointWith), node(PROV.Entity)),
    (node(FOAF.Document), node(OWL.disjointWith), node(FOAF.Organization)),
    (node(FOAF.Document), node(OWL.disjointWith), node(FOAF.Project)),
    (node(PROV.wasInformedBy), node(RDFS.domain), node(PROV.Activity)),
    (node(PROV.wasInformedBy), node(RDFS.range), node(PROV.Activity)),
    (node(PROV.wasAssociatedWith), node(RDFS.domain), node(PROV.Activity)),
    (node(PROV.wasAssociatedWith), node(RDFS.range), node(PROV.Agent)),
    (node(PROV.atLocation), node(RDFS.range), node(PROV.Location)),
]


def released(data: Iterable[ox.Quad], settings: Settings) -> set[Fact]:
    quads = list(data)
    quads += derive(quads, settings)
    quads += entail(quads, settings)
    return {(quad.subject, quad.predicate, quad.object) for quad in quads}


def chained(turtle: str, settings: Settings) -> set[Fact]:
    graph = node(f"{CANONICAL_BASE}graph/test")
    read = ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE)
    links = [ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in read]
    return released([*read_vocabulary(find_inputs(None), settings), *links], settings)


CUT = Settings(chain_closure_max=2)
RELEASES = {
    "the shipped data": lambda: released(read_data(find_inputs(None), Settings()), Settings()),
    "a loop": lambda: chained(LOOP, Settings()),
    "a chain whose closure is cut": lambda: chained(LINE, CUT),
    "a loop whose closure is cut": lambda: chained(LOOP, CUT),
}


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest) -> set[Fact]:
    facts: set[Fact] = RELEASES[request.param]()
    return facts


class Reading:
    """What follows from some facts and the axioms among them."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = {*facts, *OF_OTHERS}
        self.said: dict[ox.NamedNode, list[tuple[Node, Node]]] = defaultdict(list)
        size = 0
        while size < len(self.facts):
            size = len(self.facts)
            self.said.clear()
            for subject, predicate, term in self.facts:
                self.said[predicate].append((subject, term))
            self.facts |= set(self._next())

    def are(self, type_: object) -> list[Node]:
        return [subject for subject, found in self.said[TYPE] if found == node(type_)]

    def pairs(self, predicate: Node) -> list[tuple[Node, Node]]:
        return self.said.get(predicate, []) if isinstance(predicate, ox.NamedNode) else []

    def _next(self) -> Iterator[Fact]:
        classes, properties = node(RDFS.subClassOf), node(RDFS.subPropertyOf)
        for relation in (classes, properties):
            yield from ((a, relation, d) for a, b in self.said[relation] for c, d in self.said[relation] if b == c)
        for narrower, wider in self.said[properties]:
            assert isinstance(wider, ox.NamedNode)
            yield from ((subject, wider, term) for subject, term in self.pairs(narrower))
        wider_classes = defaultdict(list)
        for narrower, wider in self.said[classes]:
            wider_classes[narrower].append(wider)
        yield from ((thing, TYPE, wider) for thing, type_ in self.said[TYPE] for wider in wider_classes[type_])
        for predicate, class_ in self.said[node(RDFS.domain)]:
            yield from ((subject, TYPE, class_) for subject, _ in self.pairs(predicate))
        for predicate, class_ in self.said[node(RDFS.range)]:
            yield from ((term, TYPE, class_) for _, term in self.pairs(predicate) if isinstance(term, ox.NamedNode))
        for one, other in self.said[node(OWL.inverseOf)]:
            assert isinstance(one, ox.NamedNode)
            assert isinstance(other, ox.NamedNode)
            yield from ((term, other, subject) for subject, term in self.pairs(one))
            yield from ((term, one, subject) for subject, term in self.pairs(other))
        for predicate in self.are(OWL.SymmetricProperty):
            assert isinstance(predicate, ox.NamedNode)
            yield from ((term, predicate, subject) for subject, term in self.pairs(predicate))
        for predicate in self.are(OWL.TransitiveProperty):
            assert isinstance(predicate, ox.NamedNode)
            pairs = self.pairs(predicate)
            yield from ((a, predicate, d) for a, b in pairs for c, d in pairs if b == c)

    def contradictions(self) -> Iterator[tuple[str, object]]:
        for predicate in self.are(OWL.AsymmetricProperty):
            pairs = set(self.pairs(predicate))
            yield from (("asymmetric", pair) for pair in pairs if pair[::-1] in pairs)
        for predicate in self.are(OWL.IrreflexiveProperty):
            yield from (("irreflexive", pair) for pair in self.pairs(predicate) if pair[0] == pair[1])
        for predicate in self.are(OWL.FunctionalProperty):
            values = defaultdict(set)
            for subject, term in self.pairs(predicate):
                values[subject].add(term)
            yield from (("functional", (predicate, subject)) for subject, terms in values.items() if len(terms) > 1)
        for one, other in self.said[node(OWL.propertyDisjointWith)]:
            yield from (("disjoint properties", pair) for pair in set(self.pairs(one)) & set(self.pairs(other)))
        for one, other in self.said[node(OWL.disjointWith)]:
            both = {thing for thing, type_ in self.said[TYPE] if type_ == one}
            yield from (
                ("disjoint", (thing, one)) for thing, type_ in self.said[TYPE] if type_ == other and thing in both
            )


def test_the_reading_sees_what_is_wrong():
    wrong = chained("act:a ag:parallelTo act:a . act:b a ag:Action, ag:Activity . act:c ag:inChain act:d, act:e .", CUT)
    assert {kind for kind, _ in Reading(wrong).contradictions()} >= {"irreflexive", "disjoint", "functional"}


def test_nothing_contradicts(release):
    assert list(Reading(release).contradictions()) == []


def test_the_reading_finds_no_link_that_the_release_does_not_have(release):
    wanted = (str(AG), str(PROV), str(DCTERMS))
    new = {
        (subject, predicate, term)
        for subject, predicate, term in Reading(release).facts - release
        if predicate.value.startswith(wanted)
    }
    assert new == set()


def test_no_probable_link_is_under_a_property_of_prov():
    vocabulary = read_vocabulary(find_inputs(None), Settings())
    reading = Reading((quad.subject, quad.predicate, quad.object) for quad in vocabulary)
    wider = {
        term for property_, term in reading.said[node(RDFS.subPropertyOf)] if property_ == node(AG.probableFollowUpOf)
    }
    assert wider == {node(DCTERMS.relation)}


def test_prov_is_told_of_stated_links_alone():
    facts = chained(LINE, Settings())
    informed = {(s.value[-1], o.value[-1]) for s, p, o in facts if p == node(PROV.wasInformedBy)}
    assert informed == {("b", "a"), ("d", "c")}
