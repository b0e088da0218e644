"""What pages show of a release is made with it, and is what its engine would answer."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from actiongraph.catalogue.contents import read_contents, read_stored
from actiongraph.catalogue.schema import read_schema
from actiongraph.engine.base import Engine
from actiongraph.errors import StoreError
from actiongraph.programme import Programme
from actiongraph.release.page_data import contents_of, figures_of, schema_of
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.things.release_figures import read_figures


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


def changed(pages: Path, folder: Path, statement: str) -> None:
    """Copy the file `pages` into `folder` and change it."""
    copy = shutil.copy(pages, folder)
    with sqlite3.connect(copy) as database:
        database.execute(statement)
    database.close()
