"""The chains that a release carries ready made are those that its engine gives, in everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.chains.model import Chain, LinkKind
from actiongraph.chains.summary import ChainSummary, Filters, Overview, read_chains
from actiongraph.chains.trace import trace_chain
from actiongraph.engine.base import Engine, QueryBudget, Solutions
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import ChainTooLong, DataError, StoreError, UnknownResource
from actiongraph.index import chain_index
from actiongraph.index.chain_index import CHAINS, open_chain_list, write_chains
from actiongraph.index.chain_lists import ChainList
from actiongraph.release.build import publish
from actiongraph.release.snapshots import ReleaseSnapshots, Snapshot
from actiongraph.release.store import ReleaseStore
from actiongraph.settings import Settings, shipped
from actiongraph.sparql.query import CheckedQuery
from actiongraph.validate.report import Report
from actiongraph.vocabulary import AG

Exact = Callable[[object], object]
ALL = Filters()
BY_NAME = {"countries": "country", "partners": "partner", "assistance_types": "assistance_type"}
SETTINGS = Settings()
ACTION = SETTINGS.base + "id/action/"
OUTSIDE = "https://example.org/id/action/"
"""Another base, so that two chains may have one key."""
PREDICATES = {LinkKind.STATED: AG.followUpOf, LinkKind.PROBABLE: AG.probableFollowUpOf}
ACTIONS = [ACTION + key for key in "abcde"] + [OUTSIDE + "a", OUTSIDE + "b"]
LINKS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(LinkKind), st.sampled_from(ACTIONS)), max_size=9)
OF_ACTIONS = st.dictionaries(st.sampled_from(ACTIONS), st.sampled_from(["2014", "2014-03", "2015-01-01"]))


def node(iri: object) -> ox.NamedNode:
    return ox.NamedNode(str(iri))


def quads_of(
    links: Iterable[tuple[str, LinkKind, str]], starts: Mapping[str, str], called: Iterable[str]
) -> Iterator[ox.Quad]:
    """Actions with starts and partners; every link, and that some are called follow-ups, with evidence."""
    graph, partner = node("urn:graph"), node("urn:partner")
    for action in ACTIONS:
        yield ox.Quad(node(action), node(RDF.type), node(AG.Action), graph)
        yield ox.Quad(node(action), node(AG.partner), partner, graph)
    yield ox.Quad(partner, node(SKOS.prefLabel), ox.Literal("Partner", language="en"), graph)
    for action, start in starts.items():
        yield ox.Quad(node(action), node(AG.startDate), ox.Literal(start), graph)
        yield ox.Quad(node(action), node(DCTERMS.title), ox.Literal(start, language="es"), graph)
    claims = [(later, PREDICATES[kind], node(earlier)) for later, kind, earlier in links]
    claims += [(action, AG.describedAsFollowUp, ox.Literal(True)) for action in called]
    for number, (subject, predicate, object_) in enumerate(claims):
        statement = node(f"urn:statement:{number}")
        yield ox.Quad(node(subject), node(predicate), object_, graph)
        yield ox.Quad(statement, node(RDF.subject), node(subject), graph)
        yield ox.Quad(statement, node(RDF.predicate), node(predicate), graph)
        yield ox.Quad(statement, node(RDF.object), object_, graph)
        yield ox.Quad(statement, node(AG.reason), ox.Literal(f"Reason {number}", language="en"), graph)


@contextmanager
def indexed(quads: Iterable[ox.Quad], settings: Settings = SETTINGS) -> Iterator[Snapshot]:
    """A snapshot on `quads` with an index of its chains."""
    engine = OxigraphEngine.in_memory(quads, union_default=True)
    with TemporaryDirectory() as folder:
        write_chains(Path(folder) / CHAINS, engine, settings)
        yield Snapshot(engine, "v", {}, union_default=True, folder=Path(folder))


def line(length: int) -> list[ox.Quad]:
    names = [node(f"{ACTION}a{number}") for number in range(length)]
    return [ox.Quad(later, node(AG.followUpOf), earlier) for earlier, later in pairwise(names)]


def chain_of(snapshot: Snapshot, asked: str, *, settings: Settings, probable: bool = True) -> Chain:
    return chain_index.chain_of(snapshot.engine, asked, index=snapshot.chains, settings=settings, probable=probable)


@contextmanager
def opened(snapshot: Snapshot, *, settings: Settings, probable: bool = True) -> Iterator[ChainList]:
    with open_chain_list(snapshot.engine, index=snapshot.chains, settings=settings, probable=probable) as found:
        yield found


def said_by(listed: ChainList, overview: Overview) -> list[object]:
    """Everything that a list says: its chains, figures and things, and what each word of `overview` chooses."""
    words = {word for words in overview.words.values() for word in words}
    chosen = {
        (field, word): listed.figures(Filters(**{field: word})).chains for field in BY_NAME.values() for word in words
    }
    return [listed.chosen(ALL), listed.figures(ALL), [listed.things(field) for field in BY_NAME], chosen]


class Silent:
    """An engine that nobody may ask."""

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        raise AssertionError(query.text)


def silent(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, engine=Silent())  # type: ignore[arg-type]


def assert_same(snapshot: Snapshot, engine: Engine, asked: Iterable[str], exact: Exact) -> None:
    """Each of `asked` gets the chain that the engine traces, and the list is the one it gives."""
    for probable in (True, False):
        for action in asked:
            ready = chain_of(snapshot, action, settings=SETTINGS, probable=probable)
            assert exact(ready) == exact(trace_chain(engine, action, settings=SETTINGS, probable=probable))
        asked_for = read_chains(engine, settings=SETTINGS, probable=probable)
        with opened(silent(snapshot), settings=SETTINGS, probable=probable) as listed:
            assert exact(listed.chosen(ALL)) == exact(list(asked_for.chains))
            assert said_by(listed, asked_for) == said_by(ChainList.in_memory(asked_for), asked_for)


def test_every_chain_of_the_shipped_data_is_the_one_that_is_traced(release, exact: Exact):
    snapshot = release.snapshots.current()
    data = ox.parse(path=shipped("data") / "social-security-policy.ttl")
    actions = {quad.subject.value for quad in data if quad.object == node(AG.Action)}
    assert len(actions) == 10
    assert_same(snapshot, release.engine, [*actions, "2014-12", "mosd-strategy"], exact)
    assert chain_of(silent(snapshot), "2014-12", settings=SETTINGS).key == "2014-12"


@settings(max_examples=40)
@given(LINKS, OF_ACTIONS, st.sets(st.sampled_from(ACTIONS)))
def test_any_chain_with_loops_joins_and_open_ends_is_the_one_that_is_traced(
    exact: Exact, links: list[tuple[str, LinkKind, str]], starts: dict[str, str], called: set[str]
):
    with indexed(quads_of(links, starts, called)) as snapshot:
        assert_same(snapshot, snapshot.engine, ACTIONS, exact)


def test_what_only_probable_links_give_something_to_follow_is_an_open_end_without_them():
    links = [(ACTION + "b", LinkKind.PROBABLE, ACTION + "a"), (ACTION + "c", LinkKind.STATED, ACTION + "b")]
    with indexed(quads_of(links, {}, [ACTION + "b"])) as snapshot:
        stated = chain_of(snapshot, "c", settings=SETTINGS, probable=False)
        whole = chain_of(snapshot, "c", settings=SETTINGS)
    assert [(step.key, step.depth, step.open_end) for step in stated.steps] == [("b", 0, True), ("c", 1, False)]
    assert [found.reason for found in stated.steps[0].open_end_evidence] == ["Reason 2"]
    assert [(step.key, step.open_end) for step in whole.steps] == [("a", False), ("b", False), ("c", False)]


def test_over_max_hops_is_an_error_for_those_who_stand_too_far_away():
    few = replace(SETTINGS, max_hops=3)
    with indexed(line(7)) as snapshot:
        for asked in range(7):
            far = max(asked, 6 - asked)
            if far > 3:
                with pytest.raises(ChainTooLong, match=f"The chain of a{asked} extends more than 3 links"):
                    chain_of(snapshot, f"a{asked}", settings=few)
            else:
                assert len(chain_of(snapshot, f"a{asked}", settings=few).steps) == 7


def test_a_number_is_found_and_one_of_several_is_refused_as_without_an_index():
    number = node(AG.actionNumber)
    quads = [*line(2), ox.Quad(node(ACTION + "a1"), number, ox.Literal("7"))]
    with indexed(quads) as snapshot:
        assert chain_of(snapshot, "7", settings=SETTINGS).key == "a0"
        with pytest.raises(UnknownResource, match="No action is called 'a2'"):
            chain_of(snapshot, "a2", settings=SETTINGS)
    with indexed([*quads, ox.Quad(node(ACTION + "z"), number, ox.Literal("7"))]) as snapshot:
        with pytest.raises(UnknownResource, match="2 actions are called '7'"):
            chain_of(snapshot, "7", settings=SETTINGS)
        alone = chain_of(snapshot, "z", settings=SETTINGS)
        assert (alone.alone, alone.key) == (True, "z")


def list_all(snapshot: Snapshot, settings: Settings = SETTINGS) -> list[ChainSummary]:
    with opened(snapshot, settings=settings) as listed:
        return listed.chosen(ALL)


def traced(snapshot: Snapshot, settings: Settings = SETTINGS) -> list[Chain]:
    return [chain_of(snapshot, "a1", settings=settings), chain_of(snapshot, "a1", settings=settings, probable=False)]


def test_without_an_index_or_with_one_of_another_layout_or_base_the_engine_is_asked():
    with indexed(line(3)) as snapshot:
        ready = traced(silent(snapshot))
        index = snapshot.folder / CHAINS
        other = replace(SETTINGS, base="https://example.org/")
        with pytest.raises(AssertionError):
            list_all(silent(snapshot), other)
        assert chain_of(snapshot, ACTION + "a1", settings=other).iri == ready[0].iri
        content = index.read_bytes()
        index.write_bytes(content[:60] + b"\0\0\0\x09" + content[64:])  # user_version, SQLite file format 1.3.15
        with pytest.raises(AssertionError):
            traced(silent(snapshot))
        assert traced(snapshot) == ready
        index.unlink()
        assert traced(snapshot) == ready
        assert list_all(snapshot) == list(read_chains(snapshot.engine, settings=SETTINGS).chains)
    assert traced(replace(snapshot, folder=None)) == ready


@pytest.mark.parametrize("ask", [traced, list_all])
@pytest.mark.parametrize("damage", [lambda content: b"no index", lambda content: content.replace(b"x\x9c", b"x\x9d")])
def test_a_damaged_index_is_an_error_that_says_what_to_do(
    ask: Callable[[Snapshot], object], damage: Callable[[bytes], bytes]
):
    with indexed(line(3)) as snapshot:
        index = snapshot.folder / CHAINS
        index.write_bytes(damage(index.read_bytes()))
        with pytest.raises(StoreError, match=r"The index of chains .*chains\.sqlite cannot be read: .*delete the file"):
            ask(snapshot)


def test_data_with_a_follow_up_of_a_literal_has_no_index_and_its_other_chains_are_traced():
    quads = [*line(2), ox.Quad(node(ACTION + "z"), node(AG.followUpOf), ox.Literal("2014-12"))]
    with indexed(quads) as snapshot:
        assert not (snapshot.folder / CHAINS).exists()
        assert len(traced(snapshot)[0].steps) == 2
        with pytest.raises(DataError):
            chain_of(snapshot, "z", settings=SETTINGS)


def test_a_release_has_an_index_as_long_as_it_is_kept(tmp_path: Path):
    releases, settings = ReleaseStore(tmp_path), Settings(store=tmp_path, keep_releases=1)
    versions = []
    for length in (2, 3):
        quads = [ox.Quad(*quad.triple, node(SETTINGS.base + "graph/one")) for quad in line(length)]
        with releases.locked():
            versions.append(publish(quads, Report(), settings, releases).record.version)
        assert len(chain_of(silent(ReleaseSnapshots(releases).current()), "a1", settings=settings).steps) == length
    assert releases.past_versions() == versions[:1]
    assert {path.parent.name for path in tmp_path.rglob(CHAINS)} == {versions[1]}
