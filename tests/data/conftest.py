"""The files of the model, each read once."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib.plugins.sparql import processor

from actiongraph.engine.files import read_file
from actiongraph.engine.oxigraph import to_rdflib_graph
from actiongraph.release.evidence import expand
from actiongraph.settings import shipped
from actiongraph.validate import core, fast
from actiongraph.validate.shapes import Shapes
from actiongraph.vocabulary import CANONICAL_BASE


def _read(folder: str) -> dict[str, rdflib.Graph]:
    paths = sorted(shipped(folder).glob("*.ttl"))
    return {path.stem: rdflib.Graph(bind_namespaces="none").parse(path) for path in paths}


def _union(graphs: dict[str, rdflib.Graph]) -> rdflib.Graph:
    union = rdflib.Graph(bind_namespaces="none")
    for graph in graphs.values():
        union += graph
    return union


@pytest.fixture(scope="session")
def data_files() -> dict[str, rdflib.Graph]:
    """The graph of each data file, by the file's stem, with its evidence as a release has it."""
    paths = sorted(shipped("data").glob("*.ttl"))
    quads = expand({path: list(read_file(path, base=CANONICAL_BASE)) for path in paths})
    return {path.stem: to_rdflib_graph(quads[path]) for path in paths}


@pytest.fixture(scope="session")
def ontology_files() -> dict[str, rdflib.Graph]:
    """The graph of each ontology file, by the file's stem."""
    return _read("ontology")


@pytest.fixture(scope="session")
def shapes() -> rdflib.Graph:
    """All shapes."""
    return _union(_read("shapes"))


@pytest.fixture(scope="session")
def data(data_files: dict[str, rdflib.Graph]) -> rdflib.Graph:
    """All curated data."""
    return _union(data_files)


@pytest.fixture(scope="session")
def vocabulary(ontology_files: dict[str, rdflib.Graph]) -> rdflib.Graph:
    """The ontology and its concept schemes."""
    return _union(ontology_files)


@pytest.fixture(scope="session")
def source_text(source_page: Path) -> str:
    """The text of the first source, code point by code point."""
    return source_page.read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def rules_read_once() -> Iterator[None]:
    """Let shapes and queries of rules be read once, not for every graph and thing, which is most of the time."""
    parse, translate = processor.parseQuery, processor.translateQuery

    @functools.cache
    def prepared(text: str, base: str | None, prefixes: tuple[tuple[str, str], ...]) -> object:
        return translate(parse(text), base, dict(prefixes))

    @functools.cache
    def shapes_of(graph: rdflib.Graph, *_: object) -> pyshacl.ShapesGraph:
        return pyshacl.ShapesGraph(graph)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processor, "parseQuery", lambda text: text)
        patch.setattr(
            processor,
            "translateQuery",
            lambda text, base=None, prefixes=None: prepared(text, base, tuple((prefixes or {}).items())),
        )
        patch.setattr(pyshacl.validator, "ShapesGraph", shapes_of)
        for module in (core, fast):
            patch.setattr(module, "Shapes", functools.cache(Shapes))
        patch.setattr(Shapes, "core", functools.cache(Shapes.core))
        for name in ("left_to_reference", "_ReadShapes"):
            patch.setattr(fast, name, functools.cache(getattr(fast, name)))
        yield
