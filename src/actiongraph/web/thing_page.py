"""The page about one thing: facts with their evidence, what points at it, and links to the same as data."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from flask import render_template, request
from rdflib import DCTERMS, RDF

from actiongraph.engine.base import Engine
from actiongraph.things.schema_org import in_script, schema_type, thing_in_schema
from actiongraph.things.thing import Fact, Thing, Value, read_thing, references_to
from actiongraph.vocabulary import AG, IRI
from actiongraph.web.http.addresses import page_of
from actiongraph.web.resources import check_known
from actiongraph.web.thing_data import LINKED, Asked, check_page, common_links

_SCHEMA = "https://schema.org/"
_IN_OUR_WORDS = MappingProxyType({RDF.type: "", AG.summary: "in the curators' words", DCTERMS.source: ""})
"""What no source can state of itself."""
_GROUNDS = MappingProxyType(
    {
        "derived": "computed",
        "reference": "set by curators",
        "vocabulary": "defined",
        "catalog": "",
        "withdrawn": "set by curators",
    }
)
"""By the key of its graph, why a fact is believed that no source states."""


def render_page(engine: Engine, asked: Asked, page: int) -> tuple[bytes, str]:
    """Return the page about a thing, with the given page of what points at it, and its Link field.

    Raises:
        UnknownResource: nothing is called so; `near` has what is close.
        GoneResource: it was withdrawn.
        EngineError: the engine failed.
    """
    check_known(engine, asked.snapshot, asked.iri, asked.settings)
    thing = read_thing(engine, asked.iri, asked.settings)
    assert thing is not None  # noqa: S101 - it has just been found
    pages = check_page(asked, page)
    written = render_template(
        "thing.html",
        asked=asked,
        thing=thing,
        references=references_to(engine, asked.iri, page, asked.settings),
        page=page,
        pages=pages,
        link=partial(link_to, asked),
        ground=partial(_ground, asked),
        formats=LINKED,
        schema=in_script(thing_in_schema(thing, asked.page())),
    )
    return written.encode(), _links(asked, thing)


def link_to(asked: Asked, term: object) -> str:
    """Return where a page links a term: a thing of ours to its page, another IRI of the web to itself."""
    if not isinstance(term, IRI):
        return ""
    path = page_of(term, asked.settings, asked.version)
    if path is not None:
        return f"{request.script_root}/{path}"
    return str(term) if str(term).startswith(("http://", "https://")) else ""


def _ground(asked: Asked, fact: Fact, value: Value) -> str:
    """Return in a word why a fact without a source statement is believed, by its predicate or its graph."""
    key = value.graph.removeprefix(f"{asked.settings.base}graph/")
    return _IN_OUR_WORDS.get(fact.predicate, _GROUNDS.get(key, "stated"))


def _links(asked: Asked, thing: Thing) -> str:
    """Return the Link field of the page about a thing (RFC 8288, Signposting)."""
    data = [f'<{asked.data(syntax.suffix)}>; rel="describedby"; type="{syntax.media_type}"' for syntax in LINKED]
    types = [f'<{_SCHEMA}{name}>; rel="type"' for name in ("AboutPage", schema_type(thing))]
    return ", ".join([f'<{asked.iri}>; rel="cite-as"', *types, *data, *common_links(asked)])
