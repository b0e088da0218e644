"""What today's data cannot show: forks and joins, dates of every precision, missing names, another base."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from actiongraph.engine.base import Engine, Solutions
from actiongraph.engine.oxigraph import OxigraphEngine, to_rdflib_graph
from actiongraph.examples import find_example, load_examples
from actiongraph.formats import Result
from actiongraph.release.derive import derive
from actiongraph.release.inputs import rebased_quads
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.vocabulary import CANONICAL_BASE

OURS = Settings(base="https://example.org/aid/")

_PREFIXES = {
    "ag": CANONICAL_BASE + "ontology#",
    "act": CANONICAL_BASE + "id/action/",
    "cty": CANONICAL_BASE + "id/country/",
    "orgs": CANONICAL_BASE + "id/org/",
    "team": CANONICAL_BASE + "id/team/",
    "asst": CANONICAL_BASE + "concept/assistance/",
    "sector": CANONICAL_BASE + "concept/dac-sector/",
    "th": CANONICAL_BASE + "concept/theme/",
    "eu": "http://publications.europa.eu/resource/authority/country/",
    "org": "http://www.w3.org/ns/org#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

FORKED = """
act:a a ag:Action ; ag:actionNumber "2014-12" .
act:b a ag:Action ; ag:followUpOf act:a .
act:c a ag:Action ; ag:probableFollowUpOf act:a .
act:d a ag:Action ; ag:followUpOf act:b .
act:e a ag:Action ; ag:followUpOf act:d , act:z .
act:z a ag:Action .
act:y a ag:Action ; ag:followUpOf act:x .
act:x a ag:Action .
act:alone a ag:Action .
"""
"""Two chains: y follows x; and a forks into b and c, while e joins b's branch with z."""


CROWDED = """
act:first a ag:Action .
act:unnumbered a ag:Action , ag:ReferencedAction .
act:a a ag:Action , ag:ReferencedAction ; ag:actionNumber "2014-12" ; ag:probableFollowUpOf act:first ;
  ag:expertTeam team:a1 , team:a2 ; ag:assistanceType asst:x .
act:b a ag:Action ; dcterms:title "Un titre"@fr ; ag:followUpOf act:a ; ag:probableFollowUpOf act:a ;
  ag:describedAsFollowUp true ; ag:expertTeam team:b1 , team:b2 ; ag:assistanceType asst:y ;
  ag:theme th:social-protection ; ag:country cty:COL ;
  ag:partner orgs:ipes ; ag:partnerNameAsPrinted "IPES" ; ag:hasActivity <urn:one> , <urn:two> .
act:social-protection-coordination-ghana a ag:Action ; ag:followUpOf act:b ;
  ag:assistanceType asst:x ; ag:expertTeam team:c1 , team:c2 , team:c3 .
act:informal-economy-coverage-bogota a ag:Action ; ag:theme th:old-age , th:survivors .
act:p a ag:Action ; ag:followUpOf act:informal-economy-coverage-bogota ;
  ag:partner orgs:ipes ; ag:partnerNameAsPrinted "IPES" .
act:q a ag:Action ; ag:probableFollowUpOf act:p ; ag:describedAsFollowUp true ; ag:partner orgs:platform .
act:m a ag:Action ; ag:outcome <urn:prepared> ; ag:partner orgs:platform .
act:start-up-oniess-mexico a ag:Action ; ag:followUpOf act:m ;
  ag:outcome <urn:set-up> , <urn:plan> ; ag:partner orgs:platform .
<urn:prepared> ag:resultingOrganization orgs:platform .
<urn:set-up> ag:resultingOrganization orgs:platform .
<urn:plan> ag:resultingOrganization orgs:platform .
<urn:one> ag:visitedCountry cty:FRA .
<urn:two> ag:visitedCountry cty:FRA , cty:ESP .
team:a1 a ag:ExpertTeam ; ag:sendingCountry cty:ESP .
team:a2 a ag:ExpertTeam ; ag:sendingCountry cty:ESP .
team:b1 a ag:ExpertTeam ; ag:sendingCountry cty:ESP .
team:b2 a ag:ExpertTeam ; ag:sendingCountry cty:ESP , cty:FRA .
team:c1 a ag:ExpertTeam ; ag:sendingCountry cty:FRA .
team:c2 a ag:ExpertTeam .
team:c3 a ag:ExpertTeam .
team:idle a ag:ExpertTeam .
cty:COL skos:exactMatch eu:COL .
cty:ESP skos:prefLabel "Espagne"@fr .
orgs:ipes a org:Organization ; skos:prefLabel "Instituto"@es ;
  skos:altLabel "Instituto"@es , "ipes"@es , "Ipes"@fr .
orgs:platform a org:Organization ; skos:prefLabel "Plataforma"@es-MX .
asst:x skos:prefLabel "type"@fr .
asst:y skos:prefLabel "type"@fr .
th:old-age skos:broader th:pensions ; skos:broadMatch sector:16013 ; skos:exactMatch sector:16013 .
th:survivors skos:broader th:pensions ; skos:broadMatch sector:16013 .
sector:16013 skos:notation "16013" .
th:pensions skos:broader th:social-protection .
"""
"""Whatever could double a row (two ways to the same fact) or lose one (no name in English)."""

_GHANA, _BOGOTA, _MEXICO = (
    "social-protection-coordination-ghana",
    "informal-economy-coverage-bogota",
    "start-up-oniess-mexico",
)
IN_THE_CROWD: dict[str, tuple[tuple[str | None, ...], ...]] = {
    "chains-what-came-after-2014-12-by-derived-facts": (("b", None, "2"), (_GHANA, None, "3")),
    "chains-what-came-after-2014-12-by-path": (("b", None), (_GHANA, None)),
    "chains-what-came-before-the-ghana-action": (("a", "2014-12", None), ("b", None, None), ("first", None, None)),
    "chains-what-came-of-the-informal-economy-action": (("p", None), ("q", None)),
    "chains-what-followed-2014-12": (("b", None),),
    "chains-where-the-type-of-assistance-changes": (("a", None, "b", None), ("b", None, _GHANA, None)),
    "chains-which-follow-ups-name-no-earlier-action": (("q", None, "p"),),
    "chains-which-mentioned-actions-need-a-description": (("a", "2014-12", "b"), ("unnumbered", None, None)),
    "chains-which-organization-the-mexican-chain-led-to": (("platform", None),),
    "countries-visited-but-not-assisted": (("ESP", None, "b"), ("FRA", None, "b")),
    "countries-which-actions-assisted-colombia-by-eu-identifier": (("b", None),),
    "countries-which-actions-have-no-known-country": (
        ("a", None), ("first", None), (_BOGOTA, None), ("m", None), ("p", None), ("q", None),
        (_GHANA, None), (_MEXICO, None), ("unnumbered", None),
    ),
    "harvest-which-links-to-other-datasets-exist": (("COL", "COL"),),
    "partners-which-came-back-for-a-second-action": (("platform", None, "3"), ("ipes", None, "2")),
    "partners-which-organizations-have-a-spanish-name": (
        ("ipes", "Instituto"), ("ipes", "ipes"), ("platform", "Plataforma"),
    ),
    "partners-which-spellings-are-printed": (("ipes", "IPES"),),
    "partners-who-is-meant-by-ipes": (("ipes", None),),
    "teams-which-actions-had-several-teams": ((_GHANA, None, "3"), ("a", None, "2"), ("b", None, "2")),
    "teams-which-countries-sent-experts": (("ESP", None, "2"), ("FRA", None, "2")),
    "teams-which-countries-sent-experts-to-an-action-and-its-follow-up": (
        ("a", "b", "ESP", None), ("b", _GHANA, "FRA", None),
    ),
    "teams-which-countries-worked-together": (("ESP", "FRA", "1"),),
    "teams-which-have-no-known-sending-country": (("c2", _GHANA), ("c3", _GHANA), ("idle", None)),
    "themes-how-many-actions-of-each-type-of-assistance": (("x", None, "2"), ("y", None, "1")),
    "themes-which-actions-are-about-social-protection-or-a-narrower-theme": (("b", None), (_BOGOTA, None)),
    "themes-which-actions-match-dac-code-16013": ((_BOGOTA, None),),
}  # fmt: skip


def quads_of(turtle: str) -> list[ox.Quad]:
    """Return `turtle`, without its prefixes, and what is derived from it."""
    head = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in _PREFIXES.items())
    graph = ox.NamedNode(CANONICAL_BASE + "graph/test")
    read = ox.parse(head + turtle, format=ox.RdfFormat.TURTLE)
    quads = [ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in read]
    return [*quads, *derive(quads, Settings())]


def engine_on(turtle: str) -> OxigraphEngine:
    return OxigraphEngine.in_memory(quads_of(turtle), union_default=True)


def ask(engine: Engine, name: str, settings: Settings | None = None) -> Solutions:
    settings = settings or Settings()
    return engine.select(check_query(find_example(name, settings.base).text, settings))


def keys(solutions: Solutions, *names: str) -> list[Any]:
    """Return the last segments of IRIs, and literals as they are, one tuple for each row (or one value)."""
    rows = [tuple(str(row[name]).rpartition("/")[2] if name in row else None for name in names) for row in solutions]
    return [row[0] for row in rows] if len(names) == 1 else rows


@pytest.fixture(scope="module")
def forked() -> OxigraphEngine:
    return engine_on(FORKED)


def test_length_and_size_differ_where_a_chain_forks_and_joins(forked: OxigraphEngine) -> None:
    found = keys(ask(forked, "chains-how-long-each-chain-is"), "chain", "length", "size")
    assert found == [("a", "4", "6"), ("x", "2", "2")]


def test_only_the_longest_chain_is_the_longest(forked: OxigraphEngine) -> None:
    assert keys(ask(forked, "chains-which-are-the-longest"), "chain") == ["a"]


def test_a_joined_chain_has_several_beginnings(forked: OxigraphEngine) -> None:
    found = keys(ask(forked, "chains-which-actions-begin-a-chain"), "chain", "first")
    assert found == [("a", "a"), ("a", "z"), ("x", "x")]


def test_a_forked_chain_has_several_ends(forked: OxigraphEngine) -> None:
    found = keys(ask(forked, "chains-which-actions-end-a-chain"), "chain", "last")
    assert found == [("a", "c"), ("a", "e"), ("x", "y")]


def test_members_stand_in_the_order_of_their_depth(forked: OxigraphEngine) -> None:
    found = keys(ask(forked, "chains-which-actions-are-in-the-chain-of-2014-12"), "depth", "action")
    assert found == [("0", "a"), ("0", "z"), ("1", "b"), ("1", "c"), ("2", "d"), ("3", "e")]


def test_path_and_derived_facts_name_the_same_later_actions(forked: OxigraphEngine) -> None:
    by_facts = keys(ask(forked, "chains-what-came-after-2014-12-by-derived-facts"), "later")
    by_path = keys(ask(forked, "chains-what-came-after-2014-12-by-path"), "later")
    assert by_facts == ["b", "c", "d", "e"]
    assert sorted(by_path) == by_facts


def test_one_probable_link_keeps_a_chain_from_resting_on_stated_ones(forked: OxigraphEngine) -> None:
    assert keys(ask(forked, "chains-which-rest-on-stated-links-alone"), "chain") == ["x"]


def test_only_what_is_in_no_chain_stands_alone(forked: OxigraphEngine) -> None:
    assert keys(ask(forked, "chains-which-actions-stand-alone"), "action") == ["alone"]


@pytest.fixture(scope="module")
def crowded() -> OxigraphEngine:
    return engine_on(CROWDED)


@pytest.fixture(scope="module")
def crowded_graph() -> rdflib.Graph:
    return to_rdflib_graph(quads_of(CROWDED))


@pytest.mark.parametrize("name", IN_THE_CROWD)
def test_no_row_is_doubled_or_lost_in_a_crowd(name: str, crowded: OxigraphEngine) -> None:
    check_crowd(name, ask(crowded, name))


@pytest.mark.parametrize("name", IN_THE_CROWD)
def test_no_row_is_doubled_or_lost_in_a_crowd_on_rdflib(name: str, crowded_graph: rdflib.Graph) -> None:
    result = crowded_graph.query(find_example(name).text)
    rows = [{str(variable): term for variable, term in row.items() if term is not None} for row in result.bindings]
    check_crowd(name, Solutions([str(variable) for variable in result.vars or ()], rows))


def check_crowd(name: str, solutions: Solutions) -> None:
    found = keys(solutions, *solutions.variables)
    expected = [as_key(row) for row in IN_THE_CROWD[name]]
    ordered = "ORDER BY" in find_example(name).text
    assert (found if ordered else sorted(found, key=repr)) == (expected if ordered else sorted(expected, key=repr))


def as_key(row: tuple[str | None, ...]) -> Any:
    return row if len(row) > 1 else row[0]


def test_a_year_finds_starts_of_every_precision() -> None:
    engine = engine_on("""
        act:day ag:startDate "2015-06-30"^^xsd:date .
        act:month ag:startDate "2015-03"^^xsd:gYearMonth ; dcterms:title "A title"@en , "Un titre"@fr .
        act:year ag:startDate "2015"^^xsd:gYear .
        act:before ag:startDate "2014-12-31"^^xsd:date .
        act:after ag:startDate "2016"^^xsd:gYear .
    """)
    found = keys(ask(engine, "harvest-which-actions-started-in-2015"), "action", "title", "start")
    assert found == [("year", None, "2015"), ("month", "A title", "2015-03"), ("day", None, "2015-06-30")]


def test_a_second_name_in_another_language_neither_doubles_nor_loses_rows() -> None:
    engine = engine_on("""
        cty:COL skos:prefLabel "Colombia"@en , "Colombie"@fr .
        cty:TGO skos:prefLabel "Togo"@fr .
        act:a a ag:Action ; ag:country cty:COL .
        act:b a ag:Action ; ag:country cty:COL .
        act:c a ag:Action ; ag:country cty:TGO ; dcterms:title "Un titre"@fr .
    """)
    counted = keys(ask(engine, "countries-how-many-actions-each-received"), "country", "name", "actions")
    assert counted == [("COL", "Colombia", "2"), ("TGO", None, "1")]
    listed = keys(ask(engine, "harvest-every-action-for-a-catalogue"), "action", "title")
    assert listed == [("a", None), ("b", None), ("c", None)]


def test_every_example_answers_alike_under_another_base(release: Any) -> None:
    content = gzip.decompress(release.dump.read_bytes())
    quads: Sequence[ox.Quad] = list(rebased_quads(ox.parse(content, format=ox.RdfFormat.N_QUADS), OURS))
    moved = OxigraphEngine.in_memory(quads, union_default=True)
    for example in load_examples():
        if check_query(example.text, OURS).form.result is Result.BINDINGS:
            here = [{k: str(v).replace(CANONICAL_BASE + "id/", OURS.base + "id/") for k, v in row.items()}
                    for row in ask(release.engine, example.name)]  # fmt: skip
            there = [{k: str(v) for k, v in row.items()} for row in ask(moved, example.name, OURS)]
            assert sorted(map(repr, here)) == sorted(map(repr, there)), example.name
