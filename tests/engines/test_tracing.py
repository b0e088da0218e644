"""What tracing must find on every engine, on the shipped data and on chains that are hard."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import peer_engines
import pyoxigraph as ox
import pytest

from actiongraph.chains.model import Chain, LinkKind, Named
from actiongraph.chains.summary import Filters, read_chains
from actiongraph.chains.trace import trace_chain
from actiongraph.engine.base import Engine
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.engine.remote import RemoteEngine
from actiongraph.errors import ChainTooLong, DataError, UnknownResource
from actiongraph.index.chain_lists import ChainList
from actiongraph.release.evidence import expand
from actiongraph.settings import Settings, shipped
from actiongraph.vocabulary import AG, CANONICAL_BASE, IRI

PAGE_READ_AT = IRI(f"{CANONICAL_BASE}id/source/socieux-mexico-3")
SETTINGS = Settings()
ACTION = SETTINGS.base + "id/action/"
GHANA = "social-protection-coordination-ghana"
PENSIONS, ONIESS = "pension-reform-follow-up-mexico", "start-up-oniess-mexico"
FIRST_BOGOTA, SECOND_BOGOTA = "informal-economy-coverage-bogota", "consolidation-of-strategy-bogota"


@contextmanager
def in_process(quads: Iterable[ox.Quad]) -> Iterator[Engine]:
    yield OxigraphEngine.in_memory(quads, union_default=True)


@contextmanager
def over_http(quads: Iterable[ox.Quad]) -> Iterator[Engine]:
    """An endpoint that knows nothing but the query operation by form POST, as the plainest of them do."""
    store = ox.Store()
    store.bulk_extend(quads)

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            results = store.query(form["query"][0], use_default_graph_as_union=True)
            body = results.serialize(format=ox.QueryResultsFormat.JSON)
            self.send_response(200)
            self.send_header("Content-Type", "application/sparql-results+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield RemoteEngine(f"http://127.0.0.1:{server.server_port}/sparql")
        server.shutdown()


Open = Callable[[Iterable[ox.Quad]], Engine]


PEERS = [pytest.param(name, marks=pytest.mark.long("peers")) for name in peer_engines.NAMES]


@pytest.fixture(params=["pyoxigraph", "pooled", "remote", *PEERS])
def open_on(request: pytest.FixtureRequest, opener_of: Callable[[str], Callable[..., Engine]]) -> Iterator[Open]:
    """Opens an engine of each kind on the quads it is given."""
    plain = {"pyoxigraph": in_process, "remote": over_http}
    begin = plain.get(request.param) or partial(opener_of(request.param), union_default=True)
    with ExitStack() as stack:
        yield lambda quads: stack.enter_context(begin(quads))


@pytest.fixture(scope="module")
def shipped_quads() -> list[ox.Quad]:
    """The shipped data and concept schemes, without any derived fact."""
    files = [path for name in ("data", "ontology") for path in sorted(shipped(name).glob("*.ttl"))]
    return [
        ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(path.as_uri()))
        for path, quads in expand({path: list(ox.parse(path=path)) for path in files}).items()
        for quad in quads
    ]


@pytest.fixture
def real(open_on: Open, shipped_quads: list[ox.Quad]) -> Engine:
    """An engine on the shipped data."""
    return open_on(shipped_quads)


def linked(*pairs: str, graph: str = "urn:graph") -> list[ox.Quad]:
    """Links written as `b>a` for stated and `b~a` for probable: b follows a."""
    predicates = {">": AG.followUpOf, "~": AG.probableFollowUpOf}
    return [
        ox.Quad(
            ox.NamedNode(ACTION + later),
            ox.NamedNode(str(predicates[sign])),
            ox.NamedNode(ACTION + earlier),
            ox.NamedNode(graph),
        )
        for later, sign, earlier in (re.split("([>~])", pair) for pair in pairs)
    ]


def line(length: int) -> list[ox.Quad]:
    """A line of links: each of a1, a2, … follows the one before it."""
    return linked(*(f"a{number}>a{number - 1}" for number in range(1, length + 1)))


def numbered(key: str, number: str) -> ox.Quad:
    return ox.Quad(ox.NamedNode(ACTION + key), ox.NamedNode(str(AG.actionNumber)), ox.Literal(number))


def trace(engine: Engine, action: str, settings: Settings = SETTINGS, *, probable: bool = True) -> Chain:
    return trace_chain(engine, action, settings=settings, probable=probable)


def keys(chain: Chain) -> list[str]:
    return [step.key for step in chain.steps]


def links(chain: Chain) -> list[tuple[str, str, str]]:
    key = {step.action: step.key for step in chain.steps}
    return [(key[link.later], key[link.earlier], link.kind.value) for link in chain.links]


def names(things: Iterable[Named]) -> list[str]:
    return [thing.name for thing in things]


@pytest.mark.parametrize("asked", ["2014-12", GHANA, ACTION + GHANA])
def test_ghana_follows_2014_12_as_the_source_states(real: Engine, asked: str):
    chain = trace(real, asked)
    assert (chain.key, keys(chain), chain.loops) == ("2014-12", ["2014-12", GHANA], ())
    assert links(chain) == [(GHANA, "2014-12", "stated")]
    [evidence] = chain.links[0].evidence
    [passage] = evidence.passages
    assert evidence.basis == "stated"
    assert passage.quote == "Follow-up action from 2014-12"


def test_2014_12_is_a_stub_and_the_ghana_action_is_described(real: Engine):
    stub, ghana = trace(real, "2014-12").steps
    assert (stub.described, stub.number, stub.title, stub.depth) == (False, "2014-12", None, 0)
    assert stub.partners == ghana.partners
    assert (ghana.described, ghana.number, ghana.depth) == (True, None, 1)
    assert ghana.title == "Enhance the effectiveness and coordination of social protection in Ghana"
    assert names(ghana.countries) == ["Ghana"]
    assert names(ghana.partners) == ["Ministry of Gender, Children and Social Protection"]
    assert names(ghana.assistance_types) == ["Organisational management (structures & functions)"]
    assert (ghana.start, ghana.end, ghana.teams, ghana.open_end) == (None, None, (), False)


def test_the_mexican_start_up_probably_follows_an_action_that_probably_follows_2014_25(real: Engine):
    chain = trace(real, ONIESS)
    assert links(chain) == [
        ("2014-25", "2014-04", "stated"),
        (PENSIONS, "2014-25", "probable"),
        (ONIESS, PENSIONS, "probable"),
    ]
    read_at, _, [evidence] = (link.evidence for link in chain.links)
    assert [(each.basis, [passage.quote for passage in each.passages]) for each in read_at] == [("read at", [None])]
    assert (evidence.basis, evidence.confidence) == ("inferred", Decimal("0.85"))
    assert evidence.reason
    assert [passage.quote for passage in evidence.passages] == [
        "a national platform (which will become",
        "was the establishment of the National Platform",
    ]
    assert keys(chain) == ["2014-04", "2014-25", PENSIONS, ONIESS]
    assert [names(team.countries) for team in chain.steps[-1].teams] == [["France", "Germany", "Spain"]]


def test_the_first_mexican_action_of_the_source_follows_something_that_it_does_not_name(real: Engine):
    [step] = trace_chain(real, PENSIONS, settings=SETTINGS, probable=False).steps
    assert step.open_end
    assert [passage.quote for found in step.open_end_evidence for passage in found.passages] == ["Follow up support"]


def test_the_second_bogota_action_probably_follows_the_first_and_says_why(real: Engine):
    chain = trace(real, FIRST_BOGOTA)
    assert links(chain) == [(SECOND_BOGOTA, FIRST_BOGOTA, "probable")]
    [evidence] = chain.links[0].evidence
    assert evidence.confidence == Decimal("0.7")
    assert "second cooperation" in (evidence.reason or "")
    assert evidence.passages[0].quote == "The second cooperation between IPES and SOCIEUX+"
    assert sorted(names(country for team in chain.steps[0].teams for country in team.countries)) == [
        "France",
        "Italy",
        "Spain",
    ]


def test_every_quoted_fragment_stands_in_the_source_where_the_chain_says(real: Engine, source_page: Path):
    text = source_page.read_text("utf-8")
    for asked in ("2014-12", ONIESS, SECOND_BOGOTA):
        for link in trace(real, asked).links:
            for passage in (passage for evidence in link.evidence for passage in evidence.passages):
                if passage.source.iri == PAGE_READ_AT:  # of which no text was kept
                    assert (passage.start, passage.end, passage.quote) == (None, None, None)
                else:
                    assert text[passage.start : passage.end] == passage.quote


def test_without_probable_links_an_action_may_be_alone(real: Engine):
    chain = trace(real, ONIESS, probable=False)
    assert (keys(chain), chain.links, chain.alone, chain.probable) == ([ONIESS], (), True, False)
    assert trace(real, GHANA, probable=False).links == trace(real, GHANA).links


def test_the_list_of_all_chains_has_the_three_that_there_are(real: Engine):
    listed = read_chains(real, settings=SETTINGS)
    assert {summary.key: summary.probable_links for summary in listed.chains} == {
        "2014-04": 2,
        "2014-12": 0,
        FIRST_BOGOTA: 1,
    }
    for summary in listed.chains:
        chain = trace(real, summary.key)
        assert (summary.roots, summary.size, summary.iri) == (chain.roots, len(chain.steps), chain.iri)
    chosen = ChainList.in_memory(listed).chosen(Filters(country="Mexico"))
    assert [summary.key for summary in chosen] == ["2014-04"]
    stated = read_chains(real, settings=SETTINGS, probable=False).chains
    assert {summary.key: summary.size for summary in stated} == {"2014-04": 2, "2014-12": 2}


def test_an_action_that_nothing_follows_is_a_chain_of_one_step(real: Engine):
    chain = trace(real, "disability-assessment-armenia")
    assert chain.alone
    assert (keys(chain), chain.links, chain.length) == (["disability-assessment-armenia"], (), 1)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("2014-13", "2014-12"),
        ("social-protection-gahna", GHANA),
        (f"https://example.org/{GHANA}s", GHANA),
        ("ghana", GHANA),
    ],
)
def test_an_unknown_action_is_an_error_that_names_what_is_near(real: Engine, asked: str, near: str):
    with pytest.raises(UnknownResource, match=f"{near}") as caught:
        trace(real, asked)
    assert near in caught.value.near


@pytest.mark.parametrize(
    "asked", ["", "a b", "<x>", 'x" } #', "x\\", "id/country/GHA", SETTINGS.base + "id/country/GHA"]
)
def test_what_is_no_action_is_unknown_whatever_it_looks_like(real: Engine, asked: str):
    with pytest.raises(UnknownResource):
        trace(real, asked)


def test_a_fork_and_a_join_are_one_chain_whoever_is_asked(open_on: Open):
    engine = open_on(linked("b>a", "c~a", "d>b", "d>c", "e>a"))
    chain = trace(engine, "a")
    assert keys(chain) == ["a", "b", "c", "d", "e"]
    assert [step.depth for step in chain.steps] == [0, 1, 1, 2, 1]
    assert (chain.length, chain.roots) == (3, (IRI(ACTION + "a"),))
    assert (chain.forks, chain.joins) == ((IRI(ACTION + "a"),), (IRI(ACTION + "d"),))
    assert [trace(engine, key) for key in "bcde"] == [chain] * 4


def test_two_roots_that_join_are_one_chain(open_on: Open):
    chain = trace(open_on(linked("c>a", "c>b")), "a")
    assert (keys(chain), chain.roots, chain.key) == (["a", "b", "c"], (IRI(ACTION + "a"), IRI(ACTION + "b")), "a")


def test_probable_links_join_what_stated_links_alone_would_split(open_on: Open):
    engine = open_on(linked("b>a", "c~b", "d>c"))
    assert links(trace(engine, "d")) == [("b", "a", "stated"), ("c", "b", "probable"), ("d", "c", "stated")]
    assert keys(trace(engine, "d", probable=False)) == ["c", "d"]


def test_a_link_both_stated_and_probable_is_shown_as_both(open_on: Open):
    assert links(trace(open_on(linked("b>a", "b~a")), "a")) == [("b", "a", "probable"), ("b", "a", "stated")]


def test_a_loop_is_reported_and_not_followed_for_ever(open_on: Open):
    chain = trace(open_on(linked("b>a", "c>b", "b>c", "d>c")), "d")
    assert (keys(chain), [step.depth for step in chain.steps]) == (["a", "b", "c", "d"], [0, 1, 1, 2])
    assert chain.loops == ((IRI(ACTION + "b"), IRI(ACTION + "c")),)
    assert len(chain.links) == 4


def test_an_action_that_follows_itself_is_a_loop_of_one(open_on: Open):
    chain = trace(open_on(linked("a>a")), "a")
    assert (keys(chain), chain.loops) == (["a"], ((IRI(ACTION + "a"),),))
    assert (chain.roots, chain.forks, chain.joins) == ((IRI(ACTION + "a"),), (), ())


def test_a_link_that_two_graphs_have_is_one_link(open_on: Open):
    chain = trace(open_on([*linked("b>a"), *linked("b>a", graph="urn:another")]), "a")
    assert links(chain) == [("b", "a", "stated")]


@pytest.mark.parametrize("asked", ["a0", "a6"])
def test_a_chain_longer_than_max_hops_is_an_error_and_never_shortened(open_on: Open, asked: str):
    engine = open_on(line(6))
    assert len(trace(engine, asked, replace(SETTINGS, max_hops=6)).steps) == 7
    with pytest.raises(ChainTooLong, match="max_hops") as caught:
        trace(engine, asked, replace(SETTINGS, max_hops=5))
    assert (caught.value.limit, caught.value.value) == ("max_hops", 5)
    assert "5 links" in str(caught.value)


def test_hops_are_counted_from_the_action_asked(open_on: Open):
    engine = open_on(line(6))
    assert len(trace(engine, "a3", replace(SETTINGS, max_hops=3)).steps) == 7


def test_a_family_wider_than_one_batch_comes_back_whole(open_on: Open):
    children = [f"c{number:03}" for number in range(450)]
    links_of_all = (link for child in children for link in (f"{child}>a", f"z>{child}"))
    chain = trace(open_on(linked(*links_of_all)), "a")
    assert keys(chain) == ["a", *children, "z"]
    assert len(chain.links) == 900


def test_start_decides_among_those_that_links_leave_free_and_unknown_comes_last(open_on: Open):
    starts = {"b": None, "c": "2016-02", "d": "2015"}
    quads = linked("b>a", "c>a", "d>a") + [
        ox.Quad(ox.NamedNode(ACTION + key), ox.NamedNode(str(AG.startDate)), ox.Literal(start))
        for key, start in starts.items()
        if start
    ]
    for order in (quads, reversed(quads)):
        assert keys(trace(open_on(order), "a")) == ["a", "d", "c", "b"]


def test_a_number_finds_the_action_that_bears_it(open_on: Open):
    assert trace(open_on([*linked("b>a"), numbered("b", "2016-07")]), "2016-07").key == "a"


def test_a_number_of_two_actions_is_refused_with_the_keys_to_choose_from(open_on: Open):
    engine = open_on([*linked("b>a"), numbered("a", "2016-07"), numbered("c", "2016-07")])
    with pytest.raises(UnknownResource, match="2 actions are called '2016-07'") as caught:
        trace(engine, "2016-07")
    assert caught.value.near == ("a", "c")


def test_a_key_goes_before_a_number(open_on: Open):
    engine = open_on([*linked("2016-07>a"), numbered("c", "2016-07")])
    assert keys(trace(engine, "2016-07")) == ["a", "2016-07"]


def test_data_under_another_base_is_found_by_its_keys(open_on: Open):
    later, earlier = ox.NamedNode("https://example.org/x/b"), ox.NamedNode("urn:a")
    chain = trace(open_on([ox.Quad(later, ox.NamedNode(str(AG.followUpOf)), earlier)]), "b")
    assert [step.action for step in chain.steps] == [IRI("urn:a"), IRI("https://example.org/x/b")]
    assert [step.described for step in chain.steps] == [False, False]
    assert chain.links[0].kind is LinkKind.STATED
    assert chain.links[0].evidence == ()


@pytest.mark.parametrize("end", [ox.Literal("2014-12"), ox.BlankNode("x")], ids=["literal", "blank node"])
def test_a_follow_up_of_what_cannot_be_asked_for_is_the_data_at_fault(open_on: Open, end: ox.Literal | ox.BlankNode):
    quad = ox.Quad(ox.NamedNode(ACTION + "b"), ox.NamedNode(str(AG.followUpOf)), end)
    with pytest.raises(DataError, match="give that action an IRI"):
        trace(open_on([quad]), "b")
