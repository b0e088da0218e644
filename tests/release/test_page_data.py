"""What pages show of a release is made with it, and is what its engine would answer."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, Dataset

from actiongraph import formats
from actiongraph.catalogue.contents import locate_parts, read_contents, read_stored
from actiongraph.catalogue.identifiers import Identifiers
from actiongraph.catalogue.schema import read_schema
from actiongraph.engine.base import Engine
from actiongraph.engine.oxigraph import GRAPH_SYNTAXES, OxigraphEngine, to_oxigraph
from actiongraph.errors import NotAcceptable, StoreError
from actiongraph.formats import Format, Result
from actiongraph.programme import Programme
from actiongraph.release.page_data import catalogue_of, contents_of, figures_of, schema_of, write_page_data
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.things.release_figures import read_figures
from actiongraph.vocabulary import BASE


@pytest.fixture
def snapshot(release) -> Snapshot:
    return release.snapshots.current()


class Silent(Engine):
    """An engine that nobody may ask."""

    def answer(self, query, *_: object, **__: object) -> bytes:
        raise AssertionError(query.text)


READERS = {
    "figures": (figures_of, read_figures),
    "contents": (contents_of, lambda engine, settings: read_contents(engine, read_stored(engine, settings), settings)),
    "schema": (schema_of, read_schema),
}


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest):
    """How a document is read of a release, and how of an engine."""
    return READERS[request.param]


def test_no_engine_is_asked_and_what_comes_is_what_it_would_say(snapshot: Snapshot, read) -> None:
    of_release, of_engine = read
    made = of_release(Silent(), snapshot, Settings())
    assert plain(made) == plain(of_engine(snapshot.engine, Settings()))


def plain(document: object) -> object:
    """The document of a catalogue as its JSON says it, where an IRI is a text."""
    return json.loads(json.dumps(document)) if isinstance(document, dict) else document


def test_names_keep_their_language_and_literals_their_datatype(snapshot: Snapshot) -> None:
    made, told = schema_of(Silent(), snapshot, Settings()), read_schema(snapshot.engine, Settings())
    pairs = [
        (one, other)
        for mine, theirs in zip(made.classes, told.classes, strict=True)
        for one, other in zip(mine.properties, theirs.properties, strict=True)
    ]
    assert all(getattr(one.name, "language", 0) == getattr(other.name, "language", 0) for one, other in pairs)
    values = [(one.example.value, other.example.value) for one, other in pairs if one.example and other.example]
    assert [type(one) for one, _ in values] == [type(other) for _, other in values]
    assert [getattr(one, "datatype", 0) for one, _ in values] == [getattr(other, "datatype", 0) for _, other in values]
    assert len({type(one) for one, _ in values}) == 2


@pytest.mark.parametrize(
    "settings",
    [Settings(base="https://elsewhere.example/"), Settings(stated=Programme(languages=("fr", "en")))],
    ids=["base", "languages"],
)
def test_for_another_base_or_other_languages_the_engine_is_asked(snapshot: Snapshot, read, settings: Settings) -> None:
    with pytest.raises(AssertionError, match="SELECT"):
        read[0](Silent(), snapshot, settings)


@pytest.mark.parametrize("statement", [None, "PRAGMA user_version = 99"], ids=["none", "another layout"])
def test_for_a_release_of_another_program_the_engine_is_asked(snapshot: Snapshot, read, tmp_path, statement) -> None:
    older = replace(snapshot, folder=tmp_path)
    assert snapshot.pages is not None
    if statement:
        changed(snapshot.pages, tmp_path, statement)
    assert plain(read[0](snapshot.engine, older, Settings())) == plain(read[1](snapshot.engine, Settings()))


@pytest.mark.parametrize("statement", ["DROP TABLE page", "UPDATE page SET document = x'00'"])
def test_damage_is_an_error_and_not_hidden_by_the_engine(snapshot: Snapshot, read, tmp_path, statement) -> None:
    assert snapshot.pages is not None
    changed(snapshot.pages, tmp_path, statement)
    with pytest.raises(StoreError, match="rebuild the release, or delete the file"):
        read[0](snapshot.engine, replace(snapshot, folder=tmp_path), Settings())


HOME = "https://graph.example.org/of a&b/".replace(" ", "%20")
SERVED = Settings(url=HOME)
PARSERS = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "trig": "trig", "nq": "nquads"}


def expected_catalogue(snapshot: Snapshot) -> set:
    """The triples of the catalogue as they are served: those stored, with the addresses under `HOME`."""
    graph = read_stored(snapshot.engine, SERVED)
    locate_parts(graph, SERVED)
    return {ox.Triple(*map(to_oxigraph, triple)) for triple in graph}


@pytest.mark.parametrize("syntax", formats.offers(Result.GRAPH), ids=lambda syntax: syntax.suffix)
def test_the_catalogue_in_each_syntax_is_made_with_the_release(snapshot: Snapshot, tmp_path, syntax: Format) -> None:
    written = catalogue_of(Silent(), snapshot, SERVED, syntax)
    assert {quad.triple for quad in ox.parse(written, format=GRAPH_SYNTAXES[syntax])} == expected_catalogue(snapshot)
    assert Dataset().parse(data=written, format=PARSERS[syntax.suffix])  # another parser reads it too
    assert b".invalid" not in written
    assert catalogue_of(snapshot.engine, replace(snapshot, folder=tmp_path), SERVED, syntax) == written


def test_a_catalogue_that_xml_cannot_hold_is_there_in_the_other_syntaxes(snapshot: Snapshot, tmp_path) -> None:
    """U+0001 is in no XML 1.0 document (section 2.2)."""
    title = ox.Quad(
        ox.NamedNode(f"{BASE}dataset"),
        ox.NamedNode(DCTERMS.title),
        ox.Literal("a\x01b", language="en"),
        ox.NamedNode(Identifiers(str(BASE)).catalog_graph),
    )
    engine = OxigraphEngine.in_memory([title], union_default=True)
    write_page_data(tmp_path / "pages.sqlite", engine, Settings())
    there = replace(snapshot, folder=tmp_path)
    with pytest.raises(NotAcceptable, match="U\\+0001"):
        catalogue_of(engine, there, SERVED, formats.RDF_XML)
    assert b"u0001" in catalogue_of(Silent(), there, SERVED, formats.JSON_LD)


def changed(pages: Path, folder: Path, statement: str) -> None:
    """Copy the file `pages` into `folder` and change it."""
    copy = shutil.copy(pages, folder)
    with sqlite3.connect(copy) as database:
        database.execute(statement)
    database.close()
