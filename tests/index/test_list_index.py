"""The index of lists chooses, counts and orders as plain Python does, whatever the data."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.errors import StoreError
from actiongraph.index import list_index_writer
from actiongraph.index.list_index import LISTS, ListFilters, ListIndex, open_lists, packed, unpacked
from actiongraph.index.list_index_writer import write_lists
from actiongraph.index.list_kinds import ACTIONS, COUNTRIES, LIST_KINDS, PARTNERS, THEMES
from actiongraph.iris import key_of
from actiongraph.programme import Programme
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, BASE, CONCEPT

SETTINGS = Settings()
GRAPH = ox.NamedNode("urn:graph")
COUNTRY_KEYS, TYPES = ["AAA", "BBB", "CCC", "DDD"], ["one", "two"]
MADE = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.sampled_from(["a", "B", "b", "É", "e", "f", None]),
            "countries": st.sets(st.sampled_from(COUNTRY_KEYS), max_size=2),
            "types": st.sets(st.sampled_from(TYPES), max_size=2),
            "year": st.sampled_from([None, 1999, 2014, 2015]),
            "mentioned": st.booleans(),
        }
    ),
    max_size=12,
)


def node(iri: object) -> ox.NamedNode:
    return ox.NamedNode(str(iri))


def country(key: str) -> str:
    return f"{BASE}id/country/{key}"


def quads_of(made) -> Iterator[ox.Quad]:
    for key in COUNTRY_KEYS:
        yield ox.Quad(node(country(key)), node(RDF.type), node(AG.Country), GRAPH)
        yield ox.Quad(node(country(key)), node(SKOS.prefLabel), ox.Literal(f"Land {key}", language="en"), GRAPH)
    for number, action in enumerate(made):
        name = node(f"{BASE}id/action/{number:02}")
        yield ox.Quad(name, node(RDF.type), node(AG.Action), GRAPH)
        if action["mentioned"]:
            yield ox.Quad(name, node(RDF.type), node(AG.ReferencedAction), GRAPH)
        if action["title"]:
            yield ox.Quad(name, node(DCTERMS.title), ox.Literal(action["title"], language="en"), GRAPH)
        if action["year"]:
            yield ox.Quad(name, node(AG.startYear), ox.Literal(action["year"]), GRAPH)
        for key in action["countries"]:
            yield ox.Quad(name, node(AG.country), node(country(key)), GRAPH)
        for key in action["types"]:
            yield ox.Quad(name, node(AG.assistanceType), node(f"{CONCEPT}assistance/{key}"), GRAPH)


@contextmanager
def indexed(quads, settings: Settings = SETTINGS) -> Iterator[ListIndex]:
    store = ox.Store()
    store.bulk_extend(quads)
    with TemporaryDirectory() as folder:
        write_lists(Path(folder) / LISTS, store, settings)
        with open_lists(Path(folder) / LISTS, settings) as index:
            assert index is not None
            yield index


def collated(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).lower()


def fits(action, words, years) -> bool:
    return (
        ("country" not in words or words["country"] in action["countries"])
        and ("type" not in words or words["type"] in action["types"])
        and ("mention" not in words or words["mention"] == ("yes" if action["mentioned"] else "no"))
        and (years == (None, None) or (action["year"] and (years[0] or 0) <= action["year"] <= (years[1] or 9999)))
    )


@pytest.mark.parametrize("many", [0, 100])
@settings(max_examples=60)
@given(
    made=MADE,
    words=st.fixed_dictionaries(
        {},
        optional={
            "country": st.sampled_from(COUNTRY_KEYS),
            "type": st.sampled_from(TYPES),
            "mention": st.sampled_from(["yes", "no"]),
        },
    ),
    years=st.sampled_from([(None, None), (2014, None), (None, 2014), (2014, 2014), (2000, 2013)]),
)
def test_rows_and_counts_are_those_of_plain_python(many: int, made, words, years) -> None:
    """`many` is how many values a facet may have to be counted from sets; above it, from the values of each row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_index_writer, "_MANY_VALUES", many)
        with indexed(quads_of(made)) as index:
            view = index.view(ACTIONS, ListFilters(words, *years))
            chosen = {f"{number:02}": action for number, action in enumerate(made) if fits(action, words, years)}
            assert view.total == len(chosen)
            names = {key: action["title"] or key for key, action in chosen.items()}
            rows = view.rows("title")
            assert [key_of(row.iri) for row in rows] == sorted(
                chosen, key=lambda key: (collated(names[key]), names[key], key)
            )
            years_shown = [row.cells["first_year"] for row in view.rows("year", descending=True)]
            known = sorted((year for year in years_shown if year), reverse=True)
            assert years_shown == known + [None] * (len(chosen) - len(known))
            assert view.rows("title", first=1, most=2) == rows[1:3]
            for facet in ACTIONS.facets:
                if facet.name not in ("country", "type", "mention", "year"):
                    continue
                rest = {name: word for name, word in words.items() if name != facet.name}
                others = [each for each in made if fits(each, rest, (None, None) if facet.name == "year" else years)]
                counts = Counter(
                    value
                    for action in others
                    for value in {
                        "country": action["countries"],
                        "type": action["types"],
                        "mention": ["yes" if action["mentioned"] else "no"],
                        "year": [str(action["year"])] if action["year"] else [],
                    }[facet.name]
                )
                values, total = view.facet(facet, 50)
                assert {value.key: value.rows for value in values if value.rows} == counts
                assert total == len(counts)
                in_order = sorted(counts, reverse=facet.name in ("year", "mention"))  # the latest first; yes, then no
                if facet.name in ("country", "type"):
                    in_order.sort(key=counts.__getitem__, reverse=True)
                first = in_order[:2]
                cut, of_all = view.facet(facet, 2)
                assert ([value.key for value in cut][: len(first)], of_all) == (first, total)


def test_a_few_numbers_and_many_come_back() -> None:
    for numbers in ([], [0], [0, 1, 255, 256, 65_536, 4_294_967_295]):
        assert list(unpacked(packed(numbers))) == numbers
    assert packed([1, 258]) == b"\1\0\0\0\2\1\0\0"


def test_names_are_in_the_languages_of_the_programme_in_their_order() -> None:
    labels = {"fr": "Pays", "pt-br": "País", "pt": "Terra", "en": "Land", "de": "Aaland", "": "Aa"}
    for languages, name in (
        (("fr", "pt"), "Pays"),
        (("pt-BR",), "País"),
        (("pt",), "Terra"),
        (("es",), "Land"),
        (("en",), "Land"),
    ):
        quads = [ox.Quad(node(country("AAA")), node(RDF.type), node(AG.Country), GRAPH)]
        quads += [
            ox.Quad(
                node(country("AAA")),
                node(SKOS.prefLabel),
                ox.Literal(text, language=tag) if tag else ox.Literal(text),
                GRAPH,
            )
            for tag, text in labels.items()
        ]
        with indexed(quads, Settings(stated=Programme(languages=languages))) as index:
            [row] = index.view(COUNTRIES, ListFilters()).rows("name")
            assert (row.name, row.name.language) == (name, next(tag for tag, text in labels.items() if text == name))
            assert row.cells["received"] == row.cells["sent"] == 0


def test_wider_themes_in_a_circle_end() -> None:
    one, two, scheme = (f"{CONCEPT}theme/{key}" for key in ("one", "two", "all"))
    action = f"{BASE}id/action/a"
    triples = [
        (action, RDF.type, AG.Action),
        (action, AG.theme, one),
        (one, SKOS.inScheme, scheme),
        (two, SKOS.inScheme, scheme),
        (one, SKOS.broader, two),
        (two, SKOS.broader, one),
    ]
    with indexed(ox.Quad(*map(node, triple), GRAPH) for triple in triples) as index:
        rows = index.view(THEMES, ListFilters()).rows("scheme")
        assert {key_of(row.iri): row.cells["actions"] for row in rows} == {"one": 1, "two": 0}


def test_two_things_of_one_key_are_told_apart() -> None:
    partners = [f"{BASE}id/org/mosd", "https://example.org/id/org/mosd"]
    quads = []
    for number, partner in enumerate(partners):
        for _ in range(number + 1):
            action = node(f"{BASE}id/action/{len(quads)}")
            quads.append(ox.Quad(action, node(RDF.type), node(AG.Action), GRAPH))
            quads.append(ox.Quad(action, node(AG.partner), node(partner), GRAPH))
    with indexed(quads) as index:
        partner_facet = next(facet for facet in ACTIONS.facets if facet.name == "partner")
        values, _ = index.view(ACTIONS, ListFilters()).facet(partner_facet, 10)
        assert [(value.key, value.rows) for value in values] == [(partners[1], 2), (partners[0], 1)]
        assert index.view(ACTIONS, ListFilters({"partner": partners[0]})).total == 1
        assert index.view(ACTIONS, ListFilters({"partner": "MOSD"})).total == 3
        assert index.view(PARTNERS, ListFilters()).total == 2


def test_an_empty_store_has_empty_lists() -> None:
    with indexed([]) as index:
        for kind in LIST_KINDS:
            view = index.view(kind, ListFilters())
            assert (view.total, view.rows(kind.orders[0])) == (0, [])
            assert [view.facet(facet, 10) for facet in kind.facets] == [([], 0)] * len(kind.facets)


def test_there_is_no_index_of_another_layout_or_base_and_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / LISTS
    with open_lists(path, SETTINGS) as index:
        assert index is None
    write_lists(path, ox.Store(), SETTINGS)
    with open_lists(path, Settings(base="https://example.org/")) as index:
        assert index is None
    whole = path.read_bytes()
    path.write_bytes(whole[:60] + (9).to_bytes(4, "big") + whole[64:])  # user_version, SQLite's file format 1.3.15
    with open_lists(path, SETTINGS) as index:
        assert index is None
    path.write_bytes(b"SQLite" + whole[6:200])
    with pytest.raises(StoreError, match="index of lists"), open_lists(path, SETTINGS):
        pass
