"""The index says what the store says: counted here by rdflib, from all of its quads."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from types import SimpleNamespace

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import RDF, XSD

from actiongraph.engine.nquads import as_lines
from actiongraph.errors import StoreError
from actiongraph.hints import find_hints
from actiongraph.index import term_index, term_index_writer
from actiongraph.index.database import read_database
from actiongraph.index.term_index import OutOfTime, TermIndex, TermUses, open_terms
from actiongraph.index.term_index_writer import LONGEST_LITERAL, write_terms
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.terms import LANG_STRING, RDF_TYPE, STRING, Term

NODE = ox.NamedNode


@pytest.fixture(scope="module")
def whole(release) -> rdflib.Dataset:
    store = ox.Store.read_only(str(release.releases.path(release.record.version) / "store"))
    data = rdflib.Dataset(default_union=True)
    data.parse(data=store.dump(format=ox.RdfFormat.N_QUADS).decode(), format="nquads")
    return data


@pytest.fixture
def index(release):
    with open_terms(release.snapshots.current().terms, timeout_s=60) as index:
        yield index


def as_term(node) -> Term:
    if not isinstance(node, rdflib.Literal):
        return Term(str(node))
    datatype = LANG_STRING if node.language else str(node.datatype or STRING)
    return Term(str(node), (node.language or "").lower(), datatype)


def test_every_term_has_its_uses_in_every_graph(whole, index):
    counted: dict[tuple[Term, str], Counter[str]] = {}
    for subject, predicate, object_, graph in whole.quads():
        for node, role in ((subject, "subjects"), (predicate, "predicates"), (object_, "objects")):
            uses = counted.setdefault((as_term(node), str(graph)), Counter())
            uses[role] += 1
            uses["instances"] += role == "objects" and predicate == RDF.type
    assert len(counted) > 1_000
    for (term, graph), uses in counted.items():
        if len(term.text) <= LONGEST_LITERAL or not term.is_literal:
            assert index.uses(term)[graph] == TermUses(**uses), term


def test_what_is_not_there_has_no_uses(index):
    for term in (Term("http://example.org/"), Term("Ghana", "", STRING), Term("ghana", "en", LANG_STRING)):
        assert index.uses(term) == {}


def test_graphs_and_datatypes_have_their_counts(whole, index, release):
    assert index.graphs() == dict(release.record.graphs)
    title = rdflib.DCTERMS.title
    assert index.datatypes(str(title)) == {LANG_STRING: len(list(whole.triples((None, title, None))))}
    assert index.datatypes(RDF_TYPE) == {}


def test_a_number_is_found_however_it_is_written(index):
    for written in ("0.95", "0.950", "+00.95"):
        assert index.uses(Term(written, "", str(XSD.decimal))), written
    assert index.uses(Term("2", "", str(XSD.nonNegativeInteger))) == index.uses(Term("02", "", str(XSD.integer)))
    assert not index.uses(Term("0.951", "", str(XSD.decimal)))


def quads(count: int) -> list[ox.Quad]:
    """Things with a name and a number, in two graphs."""
    return [
        ox.Quad(
            NODE(f"http://e/thing/{n}"),
            NODE("http://e/name"),
            ox.Literal(f"Name {n} of it"),
            NODE(f"http://e/g{n % 2}"),
        )
        for n in range(count)
    ]


def test_counts_that_are_put_aside_add_up(tmp_path, monkeypatch):
    monkeypatch.setattr(term_index_writer, "_BATCH", 7)
    write_terms(tmp_path / "t.sqlite", as_lines([*quads(100), *quads(1)]))
    with open_terms(tmp_path / "t.sqlite", timeout_s=60) as index:
        assert index.uses(Term("http://e/thing/0")) == {"http://e/g0": TermUses(2, 0, 0, 0)}
        assert index.uses(Term("Name 0 of it", "", STRING)) == {"http://e/g0": TermUses(0, 0, 2, 0)}
        assert index.uses(Term("http://e/name")) == {
            "http://e/g0": TermUses(0, 51, 0, 0),
            "http://e/g1": TermUses(0, 50, 0, 0),
        }


@pytest.mark.parametrize("trigrams", [True, False])
def test_near_names_are_found_with_trigrams_and_without(tmp_path, monkeypatch, trigrams):
    if not trigrams:
        monkeypatch.setattr(term_index_writer, "_has_trigrams", lambda _: False)
    write_terms(tmp_path / "t.sqlite", as_lines(quads(3_000)))
    with open_terms(tmp_path / "t.sqlite", timeout_s=60) as index:
        [hint] = find_hints(check_query("ASK { ?x <http://e/nama> ?y }", Settings()), index)
        assert hint.suggestion == "<http://e/name>"
        near = index.near(Term("Name 2999 of id", "", STRING))
        assert len(near) < 1_500
        assert ("Name 2999 of it" in [found.term.text for found in near]) is trigrams


def test_of_equally_near_names_that_of_the_same_namespace_is_meant(tmp_path):
    names = ["http://other/name"] * 9 + ["http://same/name"]
    thing, graph = NODE("http://e/thing"), NODE("http://e/g")
    write_terms(tmp_path / "t.sqlite", as_lines([
        ox.Quad(thing, NODE(name), ox.Literal(str(n)), graph) for n, name in enumerate(names)
    ]))  # fmt: skip
    with open_terms(tmp_path / "t.sqlite", timeout_s=60) as index:
        for asked, meant in (("same", "same"), ("other", "other"), ("third", "other")):
            [hint] = find_hints(check_query(f"ASK {{ ?x <http://{asked}/nam> ?y }}", Settings()), index)
            assert hint.suggestion == f"<http://{meant}/name>"


def test_terms_that_look_like_commands_are_only_looked_up(tmp_path):
    odd = ["'; DROP TABLE term; --", '"a" OR "b"', "%_\\", "NEAR(a b)", "x" * 5_000, "\u0000\ud7ff\U0010ffff", "", "  "]
    write_terms(tmp_path / "t.sqlite", as_lines([
        ox.Quad(NODE("http://e/s"), NODE("http://e/p"), ox.Literal(text), NODE("http://e/g")) for text in odd
    ]))  # fmt: skip
    with open_terms(tmp_path / "t.sqlite", timeout_s=60) as index:
        for text in odd:
            term = Term(text, "", STRING)
            assert bool(index.uses(term)) is (len(text) <= LONGEST_LITERAL)
            index.near(term)
            index.near(Term("http://e/" + text))
            index.spelled_alike(text)
            index.has_namespace(text)


def test_the_index_is_read_only(release):
    path = release.snapshots.current().terms
    before = path.read_bytes()
    with (
        pytest.raises(StoreError, match="readonly"),
        read_database(path, "The term index") as database,
    ):
        database.execute("DELETE FROM term")
    assert path.read_bytes() == before


class Watched(sqlite3.Connection):
    """Looks at the clock at every step of a look-up, not once in many."""

    def set_progress_handler(self, handler, _steps):
        super().set_progress_handler(handler, 1)


def test_a_look_up_is_given_up_when_the_time_is_over(release, monkeypatch: pytest.MonkeyPatch):
    path = release.snapshots.current().terms
    with open_terms(path, timeout_s=-1) as index, pytest.raises(OutOfTime):
        index.namespaces()
    now = iter([0, 0, 2, 2])  # when it is opened, before the look-up, in the middle of it, and when it was given up
    with closing(sqlite3.connect(path, factory=Watched)) as database:
        monkeypatch.setattr(term_index, "time", SimpleNamespace(monotonic=lambda: next(now)))
        index = TermIndex(database, timeout_s=1)
        with pytest.raises(OutOfTime):
            index.namespaces()
    assert not list(now)


def test_an_index_that_cannot_be_read_or_written_is_the_operators_fault(tmp_path):
    (tmp_path / "t.sqlite").write_bytes(b"not a database" * 100)
    for path in (tmp_path / "t.sqlite", tmp_path / "none.sqlite"):
        with pytest.raises(StoreError), open_terms(path, timeout_s=60):
            pass
    with pytest.raises(StoreError, match="cannot be written"):
        write_terms(tmp_path / "no" / "folder.sqlite", [])


STARTS = """
@prefix ag: <https://w3id.org/actiongraph/ontology#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <http://e/> .
:a ag:startDate "2015-03-01"^^xsd:date . :b ag:startDate "2015"^^xsd:gYear . :c ag:startDate "2015-06"^^xsd:gYearMonth .
:d ag:startDate "2016"^^xsd:gYear .
:a ag:earliestStart "2015-03-01"^^xsd:date . :b ag:startYear 2015 .
"""


def test_a_date_compared_with_years_and_months_names_what_is_lost_and_what_to_compare(tmp_path):
    triples = ox.parse(STARTS, format=ox.RdfFormat.TURTLE)
    write_terms(tmp_path / "t.sqlite", as_lines(ox.Quad(*quad.triple, NODE("http://e/g")) for quad in triples))
    prologue = "PREFIX ag: <https://w3id.org/actiongraph/ontology#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
    ask = prologue + 'SELECT * {{ ?a {} ?on FILTER(?on >= "2015-01-01"^^xsd:date) }}'
    with open_terms(tmp_path / "t.sqlite", timeout_s=60) as index:
        [hint] = find_hints(check_query(ask.format("ag:startDate"), Settings()), index)
        assert hint.code == "date-precision"
        assert "2 xsd:gYear, 1 xsd:gYearMonth" in hint.sentence
        assert "these rows do not pass" in hint.sentence
        assert hint.suggestion == "ag:earliestStart"
        assert all(term in hint.sentence for term in ("ag:latestStart", "ag:startYear"))
        assert find_hints(check_query(ask.format("ag:earliestStart"), Settings()), index) == ()
        assert find_hints(check_query(ask.format("ag:startDate").replace(">=", "!="), Settings()), index) == ()
