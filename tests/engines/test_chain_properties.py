"""What holds of chains on any data: generated graphs with forks, joins, loops, duplicates and wrong derived facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actiongraph.chains.model import Chain, LinkKind
from actiongraph.chains.summary import read_chains
from actiongraph.chains.trace import trace_chain
from actiongraph.engine.base import QueryBudget, Solutions
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import ChainTooLong
from actiongraph.release.derive import derive
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import AG, IRI

SETTINGS = Settings()
ACTION = SETTINGS.base + "id/action/"
KEYS = "abcdef"
PREDICATES = {LinkKind.STATED: AG.followUpOf, LinkKind.PROBABLE: AG.probableFollowUpOf}
Linked = tuple[str, str, LinkKind]
LINKS = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS), st.sampled_from(LinkKind)), max_size=9)
STARTS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["2014", "2014-03", "2015-01-01"]))


FEW = settings(max_examples=30)
"""Each example traces every action; the pure functions beneath have tests with many more."""


def node(iri: object) -> ox.NamedNode:
    return ox.NamedNode(str(iri))


def quads_of(links: Iterable[Linked], starts: dict[str, str] | None = None) -> list[ox.Quad]:
    """Every action typed, every link in two graphs."""
    typed = node("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    quads = [ox.Quad(node(ACTION + key), typed, node(AG.Action), node("urn:one")) for key in KEYS]
    quads += [
        ox.Quad(node(ACTION + key), node(AG.startDate), ox.Literal(start)) for key, start in (starts or {}).items()
    ]
    return quads + [
        ox.Quad(node(ACTION + later), node(PREDICATES[kind]), node(ACTION + earlier), node(graph))
        for later, earlier, kind in links
        for graph in ("urn:one", "urn:two")
    ]


def engine_on(quads: Iterable[ox.Quad]) -> OxigraphEngine:
    return OxigraphEngine.in_memory(quads, union_default=True)


def trace(engine: OxigraphEngine, key: str, settings: Settings = SETTINGS, *, probable: bool = True) -> Chain:
    return trace_chain(engine, key, settings=settings, probable=probable)


def keys(chain: Chain) -> list[str]:
    return [step.key for step in chain.steps]


def reached(start: str, links: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return how many links lead to each action from `start`, in either direction; slow and plain."""
    both = [pair for later, earlier in links for pair in ((later, earlier), (earlier, later))]
    far = {start: 0}
    for hops in range(1, len(KEYS) + 1):
        for one, other in both:
            if far.get(one) == hops - 1:
                far.setdefault(other, hops)
    return far


def pairs(links: Iterable[Linked]) -> list[tuple[str, str]]:
    return [(later, earlier) for later, earlier, _ in links]


@FEW
@given(LINKS, STARTS)
def test_each_member_is_in_one_chain_whose_order_respects_every_link_outside_loops(
    links: list[Linked], starts: dict[str, str]
):
    engine = engine_on(quads_of(links, starts))
    for key in KEYS:
        chain = trace(engine, key)
        assert set(keys(chain)) == set(reached(key, pairs(links)))
        assert all(trace(engine, other) == chain for other in keys(chain))
        place = {step.action: number for number, step in enumerate(chain.steps)}
        depth = {step.action: step.depth for step in chain.steps}
        loops = [set(loop) for loop in chain.loops]
        for link in chain.links:
            if not any({link.later, link.earlier} <= loop for loop in loops):
                assert place[link.earlier] < place[link.later]
                assert depth[link.earlier] < depth[link.later]


@FEW
@given(LINKS)
def test_without_probable_links_chains_only_split(links: list[Linked]):
    engine = engine_on(quads_of(links))
    for key in KEYS:
        whole, stated = trace(engine, key), trace(engine, key, probable=False)
        assert set(keys(stated)) <= set(keys(whole))
        assert set(stated.links) == {
            link
            for link in whole.links
            if link.kind is LinkKind.STATED and link.later in {s.action for s in stated.steps}
        }


@FEW
@given(LINKS, STARTS)
def test_derived_facts_the_list_and_the_single_chains_agree(links: list[Linked], starts: dict[str, str]):
    quads = quads_of(links, starts)
    derived = {(quad.subject.value, quad.predicate.value, quad.object.value) for quad in derive(quads, SETTINGS)}
    engine = engine_on(quads)
    overview = read_chains(engine, settings=SETTINGS)
    listed = {summary.key: summary for summary in overview.chains}
    in_chains = set[str]()
    for key in KEYS:
        chain = trace(engine, key)
        if chain.alone:
            assert not [1 for subject, term, _ in derived if (subject, term) == (ACTION + key, str(AG.inChain))]
            continue
        in_chains.add(chain.key)
        summary = listed[chain.key]
        assert (str(chain.iri), str(AG.chainLength), str(chain.length)) in derived
        assert (str(chain.iri), str(AG.chainSize), str(len(chain.steps))) in derived
        roots = {
            object_ for subject, term, object_ in derived if (subject, term) == (str(chain.iri), str(AG.chainRoot))
        }
        assert roots == set(map(str, chain.roots))
        for step in chain.steps:
            assert (str(step.action), str(AG.inChain), str(chain.iri)) in derived
            assert (str(step.action), str(AG.chainDepth), str(step.depth)) in derived
        assert (summary.iri, summary.size, summary.length) == (chain.iri, len(chain.steps), chain.length)
        assert (summary.links, summary.has_loop) == (len(chain.links), bool(chain.loops))
        assert set(summary.roots) == set(chain.roots)
        assert sorted(gap.least_days for gap in summary.gaps) == sorted(
            link.gap.least_days for link in chain.links if link.gap
        )
    assert set(listed) == in_chains
    order = [(-summary.length, -summary.size, summary.key) for summary in overview.chains]
    assert order == sorted(order)


@FEW
@given(LINKS, st.dictionaries(st.sampled_from(KEYS), st.sampled_from("xy")))
def test_derived_facts_that_are_wrong_change_nothing(links: list[Linked], chain_of: dict[str, str]):
    quads = quads_of(links)
    wrong = [ox.Quad(node(ACTION + key), node(AG.inChain), node(f"urn:{name}")) for key, name in chain_of.items()]
    plain, misled = engine_on(quads), engine_on([*quads, *wrong])
    for key in KEYS:
        assert trace(misled, key) == trace(plain, key)


@FEW
@given(LINKS, st.integers(1, 4), st.booleans())
def test_over_max_hops_is_an_error_with_derived_facts_and_without(links: list[Linked], hops: int, with_derived: bool):
    quads = quads_of(links)
    engine = engine_on([*quads, *(derive(quads, SETTINGS) if with_derived else ())])
    for key in KEYS:
        far = max(reached(key, pairs(links)).values())
        if far > hops:
            with pytest.raises(ChainTooLong):
                trace(engine, key, replace(SETTINGS, max_hops=hops))
        else:
            assert len(trace(engine, key, replace(SETTINGS, max_hops=hops)).steps) > far


class Counting:
    """An engine that counts what it is asked."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self._engine = engine_on(quads)
        self.asked: list[str] = []

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        self.asked.append(query.text)
        return self._engine.select(query, budget)


def test_with_derived_facts_a_long_chain_takes_few_queries():
    line = [
        ox.Quad(node(f"{ACTION}a{number}"), node(AG.followUpOf), node(f"{ACTION}a{number - 1}"))
        for number in range(1, 30)
    ]
    plain, derived = Counting(line), Counting([*line, *derive(line, SETTINGS)])
    chains = [trace_chain(engine, "a29", settings=SETTINGS) for engine in (plain, derived)]  # type: ignore[arg-type]
    assert chains[0] == chains[1]
    assert len(plain.asked) - len(derived.asked) == 29
    assert len([1 for text in derived.asked if "?followedBy" in text]) == 1


def test_a_literal_in_a_chain_that_derived_facts_only_claim_does_no_harm():
    quads = [
        ox.Quad(node(ACTION + "b"), node(AG.followUpOf), node(ACTION + "a")),
        ox.Quad(node(ACTION + "z"), node(AG.followUpOf), ox.Literal("2014-12")),
        *(ox.Quad(node(ACTION + key), node(AG.inChain), node("urn:x")) for key in "abz"),
        ox.Quad(ox.BlankNode("n"), node(AG.inChain), node("urn:x")),
    ]
    assert keys(trace(engine_on(quads), "b")) == ["a", "b"]
    assert trace(engine_on(quads), "b").steps[0].action == IRI(ACTION + "a")
