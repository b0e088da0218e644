"""The search index of a handful of made-up things: what is found, in which order, and what is marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actiongraph.engine.base import QueryBudget
from actiongraph.errors import ClientGone, QueryTimeout, RequestError, StoreError
from actiongraph.index.search_index import A_FEW, A_PAGE, SearchIndex, open_search
from actiongraph.index.search_index_writer import write_search
from actiongraph.index.search_results import SearchResults
from actiongraph.release.lines import Lines
from actiongraph.settings import Settings

SETTINGS = Settings()
DATA = """
@base <https://w3id.org/actiongraph/> .
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<id/country/GHA> a ag:Country ; skos:prefLabel "Ghana"@en ;
  skos:notation "GH"^^ag:iso3166-1-alpha-2, "GHA"^^ag:iso3166-1-alpha-3 .
<id/country/DEU> a ag:Country ; skos:prefLabel "Germany"@en ;
  skos:notation "DE"^^ag:iso3166-1-alpha-2, "DEU"^^ag:iso3166-1-alpha-3 .
<id/country/GIN> a ag:Country ; skos:prefLabel "Guinea"@en ; skos:notation "GIN"^^ag:iso3166-1-alpha-3 .
<id/country/GNB> a ag:Country ; skos:prefLabel "Guinea-Bissau"@en ; skos:notation "GNB"^^ag:iso3166-1-alpha-3 .
<id/place/tamale> a ag:Place ; skos:prefLabel "Tamale"@en ; ag:placeInCountry <id/country/GHA> .
<id/org/wells> a org:Organization ; skos:prefLabel "Office of Wells"@en, "Bureau des puits"@fr ;
  skos:altLabel "Wells Board"@en ;
  ag:abbreviation "OW" ; ag:basedIn <id/country/GHA> .
<id/org/rivers> a org:Organization ; skos:prefLabel "River Authority"@en ; ag:abbreviation "RIVA" ;
  ag:basedIn <id/country/GNB> .
<concept/theme> a skos:ConceptScheme .
<concept/theme/water> a skos:Concept ; skos:inScheme <concept/theme> ; skos:prefLabel "drinking water"@en .
<concept/kind/pump> a skos:Concept ; skos:inScheme <concept/kind> ; skos:prefLabel "hand pump"@en ;
  skos:definition "Lifts water."@en .
<ontology#country> a owl:ObjectProperty ; rdfs:label "country"@en ;
  rdfs:comment "Where an action is."@en .
<ontology#iso> a owl:DatatypeProperty ; rdfs:label "country code"@en ; owl:deprecated true .
<id/outcome/plan> a ag:Outcome ; skos:prefLabel "A plan for boreholes"@en ; ag:resultingOrganization <id/org/rivers> .
<id/team/t> a ag:ExpertTeam ; ag:sendingCountry <id/country/DEU> .

<id/action/a-1> a ag:Action ; ag:actionNumber "2014-12" ;
  dcterms:title "Deeper wells"@en, "Des puits plus profonds"@fr ;
  ag:summary "Street vendors of Tamale drew water."@en ; ag:partner <id/org/wells> ; ag:country <id/country/GHA> ;
  ag:place <id/place/tamale> ; ag:theme <concept/theme/water> ; ag:startYear 2014 ;
  ag:outcome <id/outcome/plan> ; ag:expertTeam <id/team/t> .
<id/action/a-2> a ag:Action ; dcterms:title "Wells for vendors"@en ; ag:partner <id/org/wells> ;
  ag:country <id/country/GHA> ; ag:startYear 2016 .
<id/action/a-3> a ag:Action ; dcterms:title "Dredging"@en ;
  ag:partner <id/org/rivers> ; ag:country <id/country/GNB> ; ag:startYear 2012 .
<id/action/a-4> a ag:Action ; ag:actionNumber "2011-07" .
"""
POSITIONS = {"https://w3id.org/actiongraph/id/action/a-1": (1, 2), "https://w3id.org/actiongraph/id/action/a-2": (2, 2)}
Find = Callable[..., SearchResults]


def written(folder: Path, turtle: str, positions: dict[str, tuple[int, int]] | None = None) -> Path:
    graph = ox.NamedNode("https://w3id.org/actiongraph/graph/one")
    triples = ox.parse(turtle, format=ox.RdfFormat.TURTLE)
    lines = Lines(ox.Quad(each.subject, each.predicate, each.object, graph) for each in triples)
    path = folder / "search.sqlite"
    write_search(path, lines, positions or {}, SETTINGS)
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("index"), DATA, POSITIONS)


@pytest.fixture(scope="module")
def index(path: Path) -> Iterator[SearchIndex]:
    with open_search(path, SETTINGS) as opened:
        assert opened is not None
        yield opened


def keys(found: SearchResults, kind: str = "action") -> list[str]:
    return [hit.iri.rpartition("/")[2] for group in found.groups if group.kind == kind for hit in group.hits]


class TestFound:
    @pytest.mark.parametrize(
        ("typed", "kind", "expected"),
        [
            ("Ghana", "country", ["GHA"]),
            ("GANA", "country", ["GHA"]),  # as Portuguese has it
            ("ghanaian", "country", ["GHA"]),
            ("Allemagne", "country", ["DEU"]),
            ("Deutschland", "country", ["DEU"]),
            ("alemanha", "country", ["DEU"]),
            ("German", "country", ["DEU"]),
            ("GHA", "country", ["GHA"]),
            ("Guinea", "country", ["GIN", "GNB"]),  # what is called just so comes first
            ("Guinea Bissau", "country", ["GNB"]),
            ("Guiné-Bissau", "country", ["GNB"]),
            ("ow", "partner", ["wells"]),
            ("wells board", "partner", ["wells"]),
            ("bureau puits", "partner", ["wells"]),
            ("authority guinea", "partner", ["rivers"]),
            ("tamale", "place", ["tamale"]),
            ("waters", "theme", ["water"]),
            ("pump", "term", ["pump"]),
            ("where an action is", "term", ["ontology#country"]),
            ("country code", "term", ["ontology#country"]),  # the country code is deprecated
            ("2014-12", "action", ["a-1"]),
            ("201412", "action", ["a-1"]),
            ("2011-07", "action", ["a-4"]),
            ("wells", "action", ["a-2", "a-1"]),  # both titles; the newer first
            ("vendors", "action", ["a-2", "a-1"]),  # in the title before in the summary
            ("vendor street", "action", ["a-1"]),
            ("Gana", "action", ["a-2", "a-1"]),
            ("Allemagne Ghana", "action", ["a-1"]),  # experts came from there
            ("riva", "action", ["a-3", "a-1"]),  # partner, and organization that came of it
            ("boreholes", "action", ["a-1"]),
            ("profonds", "action", ["a-1"]),
            ("drinking tamale", "action", ["a-1"]),
            ("of the wells in Ghana", "action", ["a-2", "a-1"]),
            ("dredg", "action", ["a-3"]),
        ],
    )
    def test_names_of_all_kinds_and_languages(self, index: SearchIndex, typed: str, kind: str, expected) -> None:
        found = index.find(typed)
        assert keys(found, kind) == expected
        assert found.did_you_mean is None

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("Gahna", "Ghana"),
            ("Germny", "Germany"),
            ("wlels of ghana", "Wells of ghana"),
            ("street vendros", "street vendors"),
            ("Authorrity!", "Authority!"),
            ("autohrtiy", "Authority"),  # two errors in a long word
        ],
    )
    def test_typing_errors_are_forgiven_and_the_right_spelling_is_offered(self, index, typed, meant) -> None:
        found = index.find(typed)
        assert found.did_you_mean == meant
        assert found.groups
        assert found.groups == index.find(meant).groups

    @given(at=st.integers(0, 8), letter=st.sampled_from("aeiouxz"))
    def test_any_one_error_in_a_word_finds_what_is_meant(self, index: SearchIndex, at: int, letter: str) -> None:
        word = "authority"
        swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
        for typed in (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            swapped,
        ):
            assert "rivers" in keys(index.find(typed), "partner"), typed

    def test_a_word_that_nothing_is_like_is_told_and_the_others_are_found(self, index: SearchIndex) -> None:
        found = index.find("zanzibar wells")
        assert (found.unknown, found.has_all, keys(found)) == (("zanzibar",), True, ["a-2", "a-1"])
        assert found.notes == ("No word is like zanzibar.",)

    def test_where_nothing_has_all_words_some_do(self, index: SearchIndex) -> None:
        found = index.find("dredging tamale")
        assert (found.has_all, set(keys(found))) == (False, {"a-1", "a-3"})

    def test_a_word_that_is_there_may_be_meant_for_another_that_fits(self, tmp_path: Path) -> None:
        turtle = DATA + '<id/org/other> a org:Organization ; skos:prefLabel "The Wills"@en .'
        with open_search(written(tmp_path, turtle), SETTINGS) as other:
            found = other.find("wills vendors")
            assert (found.did_you_mean, keys(found)) == ("Wells vendors", ["a-2", "a-1"])

    def test_samples_find_actions(self, index: SearchIndex) -> None:
        samples = index.samples()
        assert samples == ["Ghana", "OW", "drinking water Ghana"]
        assert all(keys(index.find(words)) for words in samples)

    def test_without_data_there_is_nothing_to_find(self, tmp_path: Path) -> None:
        turtle = '<https://w3id.org/actiongraph/id/facility/f> <https://example.org/p> "x" .'
        with open_search(written(tmp_path, turtle), SETTINGS) as empty:
            assert (empty.samples(), empty.find("x").groups) == ([], ())


class TestShown:
    def test_an_action_has_its_year_its_country_and_its_place_in_a_chain(self, index: SearchIndex) -> None:
        first, second = next(group for group in index.find("wells").groups if group.kind == "action").hits
        assert (first.year, first.countries, first.chain.position, first.chain.of) == (2016, ("Ghana",), 2, 2)
        assert (second.year, second.chain.position) == (2014, 1)
        [alone] = index.find("dredging").groups[0].hits
        assert alone.chain is None

    def test_what_matched_is_marked(self, index: SearchIndex) -> None:
        [hit] = index.find("Tamale boreholes pùits").groups[0].hits
        assert list(hit.title.pieces) == [("Deeper wells", False)]
        told = {match.field: [text for text, is_match in match.text.pieces if is_match] for match in hit.matches}
        assert told == {"also called": ["puits"], "summary": ["Tamale"], "outcome": ["boreholes"]}
        also = next(match.text for match in hit.matches if match.field == "also called")
        assert (also.text, also.language) == ("Des puits plus profonds", "fr")

    def test_a_word_that_only_begins_so_is_marked_where_there_is_no_other(self, index: SearchIndex) -> None:
        [country] = next(group for group in index.find("ghana").groups if group.kind == "country").hits
        assert (country.title.marks, country.matches) == (((0, 5),), ())
        [begun] = index.find("dredg").groups[0].hits
        assert begun.title.marks == ((0, 8),)

    def test_a_number_is_marked_whole(self, index: SearchIndex) -> None:
        [hit] = index.find("2011-07").groups[0].hits
        assert (hit.title.text, hit.title.marks) == ("2011-07", ((0, 7),))

    def test_a_long_text_is_cut_around_its_first_match(self, tmp_path: Path) -> None:
        words = " ".join(f"word{number}" for number in range(200))
        turtle = DATA + f'<id/action/a-9> a ag:Action ; dcterms:title "T" ; ag:summary "{words} needle {words}" .'
        with open_search(written(tmp_path, turtle), SETTINGS) as other:
            [match] = other.find("needle").groups[0].hits[0].matches
            assert len(match.text.text) < 300
            assert re.fullmatch(r"…word\d+ .*word199 needle word0 .*word\d+…", match.text.text)
            [(start, end)] = match.text.marks
            assert match.text.text[start:end] == "needle"

    def test_a_text_is_as_it_was_written_but_for_blanks(self, tmp_path: Path) -> None:
        turtle = DATA + '<id/action/a-9> a ag:Action ; dcterms:title "Safe \\u202Eevil\\n  name" .'
        with open_search(written(tmp_path, turtle), SETTINGS) as other:
            assert other.find("evil").groups[0].hits[0].title.text == "Safe \u202eevil name"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    actions = "\n".join(
        f'<id/action/b-{number:04}> a ag:Action ; dcterms:title "{"Reform" if number % 3 else "Plan"}" ; '
        f'ag:summary "reform" ; ag:startYear {1990 + number % 30} .'
        for number in range(1_200)
    )
    with open_search(written(tmp_path_factory.mktemp("many"), DATA + actions), SETTINGS) as opened:
        yield opened


class TestManyHits:
    def test_no_more_than_a_thousand_are_counted(self, many: SearchIndex) -> None:
        [group] = many.find("reform").groups
        assert (group.total, group.more, group.count, len(group.hits)) == (1_000, True, "1,000 or more", A_FEW)

    def test_pages_of_one_kind_hold_each_hit_once_titles_and_the_newest_first(self, many: SearchIndex) -> None:
        pages = [many.find("reform", "action", page).groups[0].hits for page in range(1, 21)]
        assert {len(hits) for hits in pages} == {A_PAGE}
        hits = [hit for page in pages for hit in page]
        assert len({hit.iri for hit in hits}) == 1_000
        rank = [("Reform" not in hit.title.text, -hit.year) for hit in hits]
        assert rank == sorted(rank)
        assert many.find("reform", "action", 21).groups[0].hits == ()


HOSTILE = [
    'NEAR(wells vendors)', '"wells" vendors', "'wells' vendors", "wells* vendors*", "^wells + vendors",
    "-wells vendors",
    "name:wells vendors", "{name about}: wells vendors", "(wells vendors", "wells) vendors", "wells\x00vendors",
    "wells; DROP TABLE words; -- vendors", "wells\\vendors", "\u202ewells\u2066 vendors", "wells\tvendors\n",
    "wells%vendors_",
]  # fmt: skip
EXPRESSION = re.compile(r'(?:(?:name|\{name about\}) : )?(?:\(|\)|"[^\W_]+"|AND|OR|name : | )+')


class TestHostileWords:
    @pytest.mark.parametrize("typed", HOSTILE)
    def test_operators_are_words_or_nothing(self, index: SearchIndex, typed: str) -> None:
        assert set(keys(index.find(typed))) >= {"a-2", "a-1"}, typed

    @pytest.mark.parametrize("typed", ["", " ", "?!…", "\x00", "\u202e", "*", '"', '"" ""', "()", "\ud800", "_"])
    def test_without_a_word_nothing_is_found(self, index: SearchIndex, typed: str) -> None:
        found = index.find(typed)
        assert (found.groups, found.did_you_mean, found.unknown) == ((), None, ())

    @pytest.mark.parametrize("typed", ["AND", "NOT wells", "wells OR", "NEAR", "or and not"])
    def test_the_words_of_fts5_are_words(self, index: SearchIndex, typed: str) -> None:
        assert isinstance(index.find(typed), SearchResults)

    @given(typed=st.text(max_size=60))
    def test_only_words_of_the_release_reach_fts5_each_quoted(self, path: Path, typed: str) -> None:
        asked: list[str] = []

        class Watched(SearchIndex):
            def _rows(self, statement, values=()):
                asked.extend(values[:1] if "MATCH" in statement else ())
                return super()._rows(statement, values)

        with open_search(path, SETTINGS) as opened:
            watched = Watched(opened._database, QueryBudget(), 10)
            known = {word for (word,) in opened._rows("SELECT word FROM word")}
            try:
                watched.find(f"{typed} wells")
            except RequestError:
                return
        assert asked
        for expression in asked:
            assert EXPRESSION.fullmatch(expression), expression
            assert set(re.findall('"([^"]*)"', expression)) <= known

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("x" * 201, "201 characters"),
            ("a b c d e f g h i j k", "11 words"),
            ("ab " * 400_000, "1,200,000 characters"),
        ],
    )
    def test_too_much_is_refused_with_what_may_be(self, index: SearchIndex, typed: str, said: str) -> None:
        with pytest.raises(RequestError, match=rf"A search may have 200 characters and 10 words, .* has {said}\."):
            index.find(typed)

    def test_ten_words_and_two_hundred_characters_are_sought(self, index: SearchIndex) -> None:
        assert index.find("wells " * 10).groups
        assert index.find("wells" + "-" * 195).groups

    def test_it_ends_with_the_budget_of_a_query(self, path: Path) -> None:
        with open_search(path, SETTINGS, QueryBudget(timeout_s=1e-9)) as late, pytest.raises(QueryTimeout):
            late.find("wells")
        with open_search(path, SETTINGS, QueryBudget(gone=lambda: True)) as left, pytest.raises(ClientGone):
            left.find("wells")

    def test_a_look_up_that_runs_is_interrupted(self, path: Path) -> None:
        answers = iter([False, False, True])
        endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
        budget = QueryBudget(gone=lambda: next(answers, True))
        with open_search(path, SETTINGS, budget) as left, pytest.raises(ClientGone):
            left._rows(endless)


class TestFiles:
    def test_none_where_there_is_no_index_or_none_that_fits(self, tmp_path: Path, path: Path) -> None:
        copy = tmp_path / "search.sqlite"
        with open_search(copy, SETTINGS) as none:
            assert none is None
        content = path.read_bytes()
        copy.write_bytes(content[:60] + b"\0\0\0\x63" + content[64:])  # user_version, SQLite file format 1.3.15
        with open_search(copy, SETTINGS) as other_layout:
            assert other_layout is None
        with open_search(path, Settings(base="https://example.org/")) as other_base:
            assert other_base is None

    def test_damage_is_an_error_that_says_what_to_do(self, tmp_path: Path, path: Path) -> None:
        broken = tmp_path / "search.sqlite"
        broken.write_bytes(b"no index")
        with pytest.raises(StoreError, match=r"The search index .*search\.sqlite cannot be read: .*delete the file"):
            open_search(broken, SETTINGS).__enter__()
        content = path.read_bytes()
        broken.write_bytes(content.replace(b'[[["Deeper', b"[[[!Deeper"))
        assert broken.read_bytes() != content
        with pytest.raises(StoreError, match="cannot be read"), open_search(broken, SETTINGS) as opened:
            opened.find("deeper")
