"""The list of all chains: what it says of each, how it is chosen from, and its figures, worked out by hand."""

import csv
import io
import json
from dataclasses import replace

import pyoxigraph as ox
import pytest

from actiongraph.chains.dates import Gap
from actiongraph.chains.formats import LIST_WRITERS
from actiongraph.chains.formats.listing import Listing
from actiongraph.chains.summary import Filters, Overview, name_actions, read_chains
from actiongraph.engine.base import QueryBudget, Solutions
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.errors import DataError, EndpointError
from actiongraph.index.chain_lists import ChainList
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.vocabulary import AG, IRI

SETTINGS = Settings()
ALL = Filters()
DATA = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@base <https://w3id.org/actiongraph/id/> .
<action/b> ag:followUpOf <action/a> ; ag:partner <org/m> ; ag:country <country/GHA> ; ag:startDate "2016-03-01" ;
  ag:assistanceType <type/advice> ; dcterms:title "B"@en .
<action/c> ag:probableFollowUpOf <action/b> ; ag:partner <org/m> ; ag:country <country/GHA> ; ag:startDate "2016-04" .
<action/a> ag:partner <org/n> ; ag:actionNumber "2014-12" ; ag:startDate "2015" ; ag:endDate "2016-02-20" .
<action/y> ag:followUpOf <action/x> ; ag:country <country/PER> ; ag:startDate "2019" .
<action/z> ag:followUpOf <action/x>, <action/y> .
<action/alone> ag:country <country/PER> ; ag:startDate "2019" .
<action/self> ag:followUpOf <action/self> .
<action/l> ag:followUpOf <action/k> . <action/k> ag:followUpOf <action/l> .
<country/GHA> skos:prefLabel "Ghana"@en, "Gana"@es ; ag:iso2 "GH" ; ag:iso3 "GHA" .
<country/PER> skos:prefLabel "Peru"@en ; ag:iso2 "PE" ; ag:iso3 "PER" .
<org/m> skos:prefLabel "Ministry"@en ; skos:altLabel "Department"@en . <type/advice> skos:prefLabel "Advice"@en .
"""


def engine() -> OxigraphEngine:
    return OxigraphEngine.in_memory(ox.parse(DATA, format=ox.RdfFormat.TURTLE), union_default=False)


def overview(*, probable: bool = True) -> Overview:
    return read_chains(engine(), settings=SETTINGS, probable=probable)


def iri(path: str) -> IRI:
    return IRI(f"{SETTINGS.base}id/{path}")


def listed() -> ChainList:
    return ChainList.in_memory(overview())


def keys(chains: ChainList, filters: Filters) -> list[str]:
    return [summary.key for summary in chains.chosen(filters)]


def test_all_chains_longest_first_and_those_alone_left_out():
    assert [(summary.key, summary.length, summary.size) for summary in overview().chains] == [
        ("a", 3, 3),
        ("x", 3, 3),
        ("k", 1, 2),
    ]


def test_what_is_said_of_a_chain():
    first = overview().chains[0]
    assert (first.iri, first.roots, first.ends) == (iri("chain/a"), (iri("action/a"),), (iri("action/c"),))
    assert (first.links, first.probable_links, first.stated, first.has_loop) == (2, 1, False, False)
    assert [country.name for country in first.countries] == ["Ghana"]
    assert [partner.name for partner in first.partners] == ["Ministry", "n"]
    assert [partner.name for partner in first.returning_partners] == ["Ministry"]
    assert [kind.name for kind in first.assistance_types] == ["Advice"]
    assert first.years == (2015, 2016)
    assert first.gaps == (Gap(10, 10), Gap(31, 60, from_end=False))


def test_a_loop_is_told_and_its_members_are_first_and_last():
    loop = overview().chains[2]
    assert loop.has_loop
    assert loop.roots == loop.ends == (iri("action/k"), iri("action/l"))


def test_with_stated_links_alone_chains_are_computed_anew():
    stated = overview(probable=False)
    assert [(summary.key, summary.size) for summary in stated.chains] == [("x", 3), ("a", 2), ("k", 2)]
    assert {summary.iri for summary in stated.chains} == {None}


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        (Filters(country="gh"), ["a"]),
        (Filters(country="PER"), ["x"]),
        (Filters(country=" gana "), ["a"]),
        (Filters(country=str(iri("country/GHA"))), ["a"]),
        (Filters(country="Atlantis"), []),
        (Filters(country=""), ["a", "x", "k"]),
        (Filters(partner="ministry"), ["a"]),
        (Filters(partner="n"), ["a"]),
        (Filters(partner="DEPARTMENT"), ["a"]),
        (Filters(assistance_type="Advice"), ["a"]),
        (Filters(from_year=2016), ["a", "x"]),
        (Filters(to_year=2015), ["a"]),
        (Filters(from_year=2017, to_year=2018), []),
        (Filters(country="PE", from_year=2016), ["x"]),
    ],
)
def test_chains_are_chosen_by_names_codes_keys_and_years(filters: Filters, chosen: list[str]):
    assert keys(listed(), filters) == chosen
    assert listed().figures(filters).chains == len(chosen)


def test_what_can_be_chosen_is_counted_by_chains():
    assert listed().things("countries") == [("Ghana", 1), ("Peru", 1)]
    assert listed().things("partners") == [("Ministry", 1), ("n", 1)]
    assert listed().things("assistance_types") == [("Advice", 1)]


def test_figures():
    figures = listed().figures(ALL)
    assert (figures.chains, figures.actions, figures.links, figures.probable_links) == (3, 8, 7, 1)
    assert (figures.stated_chains, figures.returning) == (2, 1)
    assert (dict(figures.lengths), dict(figures.sizes)) == ({1: 1, 3: 2}, {2: 1, 3: 2})
    assert (figures.gaps, figures.gaps_from_start) == (2, 1)
    assert (figures.shortest_days, figures.longest_days) == (10, 60)
    assert figures.median_gap == Gap(20, 35, from_end=False)
    assert listed().figures(Filters(country="Atlantis")).median_gap is None


def test_the_list_in_every_format():
    chains = overview().chains
    actions = {action for summary in chains for action in (*summary.roots, *summary.ends)}
    listing = Listing(chains, listed().figures(ALL), name_actions(engine(), actions, SETTINGS))
    written = {name: write(listing) for name, write in LIST_WRITERS.items()}
    assert "a: 3 actions, length 3, 1 of 2 links probable; Ghana; 2015 to 2016\n  2014-12 -> c\n" in written["text"]
    rows = list(csv.DictReader(io.StringIO(written["csv"], newline="")))
    assert [row["key"] for row in rows] == ["a", "x", "k"]
    assert (rows[0]["first_actions"], rows[0]["first_year"], rows[0]["returning_partners"]) == (
        "2014-12",
        "2015",
        "Ministry",
    )
    document = json.loads(written["json"])
    assert document["figures"]["lengths"] == {"1": 1, "3": 2}
    assert document["chains"][0]["roots"] == [{"iri": str(iri("action/a")), "name": "2014-12"}]


def test_the_list_in_words_counts_one_as_one():
    chain, names = overview().chains[1], name_actions(engine(), overview().chains[1].roots, SETTINGS)
    one = replace(chain, ends=chain.roots, links=1, probable_links=1, size=2)
    figures = ChainList.in_memory(Overview((one,), probable=True, words={})).figures(ALL)
    written = LIST_WRITERS["text"](Listing((one,), figures, names))
    assert written.startswith("Chains: 1, with 2 actions and 1 link, 1 of them probable\n")
    assert "1 of 1 link probable" in written


def test_a_follow_up_of_a_literal_is_the_data_at_fault():
    quad = ox.Quad(ox.NamedNode(iri("action/b")), ox.NamedNode(str(AG.followUpOf)), ox.Literal("a"))
    with pytest.raises(DataError):
        read_chains(OxigraphEngine.in_memory([quad], union_default=False), settings=SETTINGS)


class CuttingOff(OxigraphEngine):
    """An engine that gives five rows at most and does not say so."""

    def select(self, query: CheckedQuery, budget: QueryBudget = QueryBudget()) -> Solutions:
        whole = super().select(query, budget)
        return Solutions(whole.variables, whole[:5])


def test_a_list_that_an_endpoint_cuts_off_is_an_error_and_never_shown():
    store = ox.Store()
    store.load(DATA, format=ox.RdfFormat.TURTLE)
    with pytest.raises(EndpointError, match="counts 8 follow-ups but returned 5"):
        read_chains(CuttingOff(store, union_default=False), settings=SETTINGS)
