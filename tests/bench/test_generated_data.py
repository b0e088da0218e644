"""Generated data: the same each time, right by our shapes, and as the generator says it is."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, Graph, URIRef
from rdflib.term import Node

from actiongraph.release.build import validate_files
from actiongraph.settings import Settings
from actiongraph.validate.report import Severity
from actiongraph.vocabulary import AG, BASE
from bench.actions import earlier_of
from bench.countries import RECEIVING
from bench.generate import FEWEST, MOST, generate, write_data
from bench.truth import PAGE, Chain, Truth

pytestmark = pytest.mark.long("large")

ACTIONS = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated") / "data"


@pytest.fixture(scope="module")
def truth(folder: Path) -> Truth:
    return write_data(generate(ACTIONS, seed=7), folder)


@pytest.fixture(scope="module")
def graph(truth: Truth, folder: Path) -> Graph:
    graph = Graph(bind_namespaces="none")
    for path in folder.glob("*.ttl"):
        graph.parse(path, format="turtle")
    assert len(graph) == sum(truth.triples.values())
    return graph


def digest(actions: int, seed: int) -> str:
    return hashlib.sha256("\n".join(map(str, generate(actions, seed))).encode()).hexdigest()


def test_the_same_seed_gives_the_same_triples_and_another_gives_others():
    assert digest(100, 3) == digest(100, 3)
    assert digest(100, 3) != digest(100, 4)


@pytest.mark.parametrize("actions", [FEWEST - 1, MOST + 1])
def test_too_few_and_too_many_are_refused(actions: int):
    with pytest.raises(ValueError, match=f"{actions:,} actions cannot be generated; ask for 9 to 1,000,000"):
        generate(actions)


@pytest.mark.parametrize("actions", [9, 10, 99, 100, 101, 1000])
def test_there_are_as_many_actions_as_asked_for(actions: int):
    generation = generate(actions)
    subjects = {s.triple.split()[0] for s in generation if s.triple.endswith(f"<{RDF.type}> <{AG.Action}>")}
    assert len(subjects) == generation.truth.actions == actions


@pytest.mark.long("large")
def test_it_breaks_no_rule(truth: Truth, folder: Path, tmp_path: Path):
    assert truth.actions == ACTIONS
    report = validate_files(Settings(data=folder, store=tmp_path), ())
    worse = [finding for finding in report.results if finding.severity is not Severity.INFO]
    assert worse == []


@pytest.mark.parametrize("actions", [9, pytest.param(60, marks=pytest.mark.long("large"))])
def test_little_data_breaks_no_rule_either(actions: int, tmp_path: Path):
    write_data(generate(actions, seed=2), tmp_path / "data")
    assert validate_files(Settings(data=tmp_path / "data", store=tmp_path), ()).publishable


def test_no_triple_stands_in_two_graphs():
    triples = [statement.triple for statement in generate(1_000)]
    assert len(triples) == len(set(triples))


def test_a_thousand_actions_have_about_a_hundred_triples_each_and_chains_of_thirty():
    generation = generate(1_000)
    count = sum(1 for _ in generation)
    assert 90_000 <= count <= 120_000
    assert max(chain.length for chain in generation.truth.chains) == 30


def test_actions_are_counted_right(truth: Truth, graph: Graph):
    assert truth.actions == len(set(graph.subjects(RDF.type, AG.Action)))
    assert truth.described == len(set(graph.subjects(RDF.type, AG.DescribedAction)))
    assert truth.referenced == len(set(graph.subjects(RDF.type, AG.ReferencedAction)))
    assert truth.referenced > 0


def test_values_are_counted_right(truth: Truth, graph: Graph):
    assert {c.iri: n for c, n in truth.by_country.items()} == counted(graph, AG.country)
    assert truth.by_type == counted(graph, AG.assistanceType)
    assert truth.by_theme == counted(graph, AG.theme)
    assert {p.iri: n for p, n in truth.by_partner.items()} == counted(graph, AG.partner)
    years = Counter(int(str(start)[:4]) for start in graph.objects(None, AG.startDate))
    assert truth.by_year == years


def counted(graph: Graph, predicate: URIRef) -> Counter[str]:
    return Counter(str(value) for value in graph.objects(None, predicate))


def test_sending_countries_are_counted_once_for_an_action(truth: Truth, graph: Graph):
    pairs = {
        (action, str(country))
        for action, team in graph.subject_objects(AG.expertTeam)
        for country in graph.objects(team, AG.sendingCountry)
    }
    assert {c.iri: n for c, n in truth.by_sender.items()} == Counter(country for _, country in pairs)


def test_partners_and_those_that_came_back_are_known(truth: Truth, graph: Graph):
    by_partner = counted(graph, AG.partner)
    assert {partner.iri for partner in truth.returning} == {p for p, n in by_partner.items() if n > 1}
    for country, partners in truth.partners.items():
        based = {str(partner) for partner in graph.subjects(AG.basedIn, URIRef(country.iri))}
        assert {partner.iri for partner in partners} == based


def test_the_first_titles_of_a_country_are_known(truth: Truth, graph: Graph):
    for country, titles in truth.titles.items():
        found = sorted(
            (str(title), str(action))
            for action in graph.subjects(AG.country, URIRef(country.iri))
            for title in graph.objects(action, DCTERMS.title)
        )
        assert titles == found[:50]


def test_classes_are_counted_as_often_as_things_are_of_them(truth: Truth, graph: Graph):
    assert truth.classes == Counter(str(each) for each in graph.objects(None, RDF.type))


def test_what_the_first_source_describes_is_known(truth: Truth, graph: Graph):
    source = URIRef(f"{BASE}id/source/generated-01")
    assert sorted(truth.listing) == titled(graph, set(graph.subjects(DCTERMS.source, source)))


def test_the_next_hundred_follow_in_the_order_of_their_iris(truth: Truth, graph: Graph):
    described = titled(graph, set(graph.subjects(RDF.type, AG.DescribedAction)))
    assert len(truth.pages) == 2
    for last, page in truth.pages.items():
        assert page == [row for row in described if row[0] > last][:PAGE]


def test_a_chain_of_each_size_is_known_whole(truth: Truth):
    by_size = {len(chain.depths): set() for chain in truth.chains}
    for chain in truth.chains:
        by_size[len(chain.depths)].add(frozenset(chain.depths))
    assert truth.pieces.keys() == by_size.keys()
    for size, piece in truth.pieces.items():
        assert frozenset(action.iri for action in piece) in by_size[size]


def titled(graph: Graph, chosen: set[Node]) -> list[tuple[str, str]]:
    return sorted(
        (str(action), str(title)) for action, title in graph.subject_objects(DCTERMS.title) if action in chosen
    )


def test_topics_are_counted_as_often_as_titles_mention_them(truth: Truth, graph: Graph):
    titles = [
        str(graph.value(action, DCTERMS.title)).lower() for action in graph.subjects(RDF.type, AG.DescribedAction)
    ]
    assert truth.by_topic == Counter({topic: sum(topic in title for title in titles) for topic in truth.by_topic})


def test_chains_are_the_connected_pieces_with_their_longest_ways(truth: Truth, graph: Graph):
    earlier: dict[str, set[str]] = {}
    for predicate in (AG.followUpOf, AG.probableFollowUpOf):
        for later, before in graph.subject_objects(predicate):
            earlier.setdefault(str(later), set()).add(str(before))
    assert sum(map(len, earlier.values())) == sum(truth.links.values())
    assert {frozenset(chain.depths) for chain in truth.chains} == pieces(earlier)
    for chain in truth.chains:
        assert chain.depths == {member: depth(member, earlier) for member in chain.depths}


def pieces(earlier: dict[str, set[str]]) -> set[frozenset[str]]:
    """Merge the two ends of each link until nothing changes."""
    found = [{later, *before} for later, before in earlier.items()]
    merged: list[set[str]] = []
    for piece in found:
        apart = [other for other in merged if other.isdisjoint(piece)]
        touching = [other for other in merged if not other.isdisjoint(piece)]
        merged = [*apart, piece.union(*touching)]
    return {frozenset(piece) for piece in merged}


def depth(member: str, earlier: dict[str, set[str]]) -> int:
    return max((depth(other, earlier) + 1 for other in earlier.get(member, ())), default=0)


@pytest.mark.parametrize(
    ("shape", "links"),
    [
        ("line", [(), (0,), (1,), (2,), (3,)]),
        ("fork", [(), (0,), (1,), (1,), (2,)]),
        ("join", [(), (), (0,), (1,), (3, 2)]),
    ],
)
def test_shapes_are_what_they_are_called(shape: str, links: list[tuple[int, ...]]):
    assert [earlier_of(shape, 5, place) for place in range(5)] == links


def test_what_comes_after_follows_every_way():
    links = (("b", "a"), ("c", "a"), ("d", "b"), ("d", "c"), ("e", "d"))
    chain = Chain(RECEIVING[0], {"a": 0, "b": 1, "c": 1, "d": 2, "e": 3}, links)
    assert chain.after("a") == {"b", "c", "d", "e"}
    assert chain.after("b") == {"d", "e"}
    assert chain.length == 4
