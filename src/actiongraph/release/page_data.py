"""What the home page, the catalogue and the schema show of a release: made with it, or else read from its engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from actiongraph.catalogue.contents import read_contents, read_stored
from actiongraph.catalogue.schema import Schema, read_schema
from actiongraph.engine.base import Engine
from actiongraph.index.documents import DocumentCodec
from actiongraph.index.page_documents import read_page_document, write_page_documents
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.things.release_figures import ReleaseFigures, read_figures

_FIGURES, _CONTENTS, _SCHEMA = "figures", "contents", "schema"
_OF_FIGURES, _OF_SCHEMA = DocumentCodec(ReleaseFigures), DocumentCodec(Schema)
_OF_CONTENTS: DocumentCodec[dict[str, Any]] = DocumentCodec(dict)


def write_page_data(path: Path, engine: Engine, settings: Settings) -> None:
    """Write what pages show of the release that `engine` answers from, its catalogue among it, to the new file `path`.

    Raises:
        StoreError: the disk is full or cannot be written.
        EngineError: the engine failed.
    """
    contents = json.dumps(read_contents(engine, read_stored(engine, settings), settings))
    documents = {
        _FIGURES: _OF_FIGURES.encode(read_figures(engine, settings)),
        _CONTENTS: _OF_CONTENTS.encode(json.loads(contents)),  # with plain texts in the place of terms
        _SCHEMA: _OF_SCHEMA.encode(read_schema(engine, settings)),
    }
    write_page_documents(path, documents, settings)


def figures_of(engine: Engine, snapshot: Snapshot, settings: Settings) -> ReleaseFigures:
    """Return the figures of the release of `snapshot`; see `read_figures`.

    Raises:
        StoreError: its documents cannot be read.
        EngineError: the engine failed.
    """
    return read_page_document(snapshot.pages, _FIGURES, _OF_FIGURES, settings) or read_figures(engine, settings)


def contents_of(engine: Engine, snapshot: Snapshot, settings: Settings, *, in_brief: bool = False) -> dict[str, Any]:
    """Return the document of the dataset of `snapshot`, which has a catalogue; see `read_contents`.

    `in_brief` tells that its classes and properties are not needed.

    Raises:
        StoreError: its documents cannot be read.
        EngineError: the engine failed.
    """
    made = read_page_document(snapshot.pages, _CONTENTS, _OF_CONTENTS, settings)
    return made or read_contents(engine, read_stored(engine, settings, in_brief=in_brief), settings)


def schema_of(engine: Engine, snapshot: Snapshot, settings: Settings) -> Schema:
    """Return the schema of the release of `snapshot`; see `read_schema`.

    Raises:
        StoreError: its documents cannot be read.
        EngineError: the engine failed.
    """
    return read_page_document(snapshot.pages, _SCHEMA, _OF_SCHEMA, settings) or read_schema(engine, settings)
