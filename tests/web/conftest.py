"""A small release, and the application on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from actiongraph.engine.base import Edition, Library
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.release.files import FilesLibrary
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI
from actiongraph.web.app import create_app

TRIG = """
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:g1 {
  ex:a ex:label "Ghana"@en ; ex:since "2014-12-01"^^xsd:date ; ex:next ex:b .
}
ex:g2 {
  ex:b ex:label "<script>alert(1)</script>" , "crème brûlée 🌍" ; ex:next ex:c .
}
"""
GRAPHS = {IRI("http://example.org/g1"): 3, IRI("http://example.org/g2"): 3}
RELEASE = "20260101T000000Z-0123456789ab"
URL = "https://graph.example.org/"


class Shelf:
    """A library with one edition, which a test may exchange."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition

    def current(self) -> Edition:
        return self.edition


@pytest.fixture(scope="session")
def engine() -> Iterator[OxigraphEngine]:
    quads = list(ox.parse(TRIG, format=ox.RdfFormat.TRIG))
    made = OxigraphEngine.in_memory(quads, union_default=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def library(engine: OxigraphEngine) -> Shelf:
    return Shelf(Edition(engine, RELEASE, GRAPHS, union_default=True))


@pytest.fixture(scope="session")
def files_library() -> Library:
    quads = list(ox.parse("<http://example.org/s> <http://example.org/p> 1 .", format=ox.RdfFormat.TURTLE))
    return FilesLibrary(Edition(OxigraphEngine.in_memory(quads, union_default=False), None, {}, union_default=False))


@pytest.fixture(scope="session")
def make_app() -> Callable[..., Flask]:
    """Return a function that makes an application on a library, with other settings where they are given."""

    def make(library: Library, **settings: object) -> Flask:
        return create_app(Settings(**({"url": URL} | settings)), library)

    return make


@pytest.fixture(scope="session")
def app(make_app: Callable[..., Flask], library: Library) -> Flask:
    return make_app(library)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def files_client(make_app: Callable[..., Flask], files_library: Library) -> FlaskClient:
    return make_app(files_library).test_client()
