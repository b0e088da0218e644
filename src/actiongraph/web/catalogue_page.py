"""The catalogue of a release: as it is served, of one release, in schema.org's terms, and as a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import render_template, request
from rdflib import Graph

from actiongraph import formats
from actiongraph.catalogue.contents import dataset_in_schema, located, read_stored, served, services_of
from actiongraph.catalogue.identifiers import Identifiers, fragment_of
from actiongraph.engine.base import Engine
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format
from actiongraph.release.page_data import contents_of
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import write_graph
from actiongraph.settings import Settings
from actiongraph.things.schema_org import in_script
from actiongraph.vocabulary import IRI, PREFIXES
from actiongraph.web.http.addresses import link_of, locate
from actiongraph.web.thing_page import LINKED


def read_catalogue(engine: Engine, snapshot: Snapshot, settings: Settings) -> Graph:
    """Return the catalogue of `snapshot` as it is served: what is stored, and where things are found.

    Raises:
        UnknownResource: there is none, for files are served, or an older program built the release.
        EngineError: the engine failed.
    """
    check_catalogue(snapshot, settings)
    return served(settings, read_stored(engine, settings))


def read_document(engine: Engine, snapshot: Snapshot, settings: Settings, *, in_brief: bool = False) -> dict[str, Any]:
    """Return the document of the dataset of `snapshot`, with addresses under `settings.url`; see `contents_of`.

    Raises:
        UnknownResource: there is no catalogue; see `read_catalogue`.
        EngineError: the engine failed, or the documents of the release cannot be read.
    """
    check_catalogue(snapshot, settings)
    return located(contents_of(engine, snapshot, settings, in_brief=in_brief), settings)


def check_catalogue(snapshot: Snapshot, settings: Settings) -> None:
    """Check that `snapshot` has a catalogue.

    Raises:
        UnknownResource: there is none; see `read_catalogue`.
    """
    if Identifiers(settings.base).catalog_graph not in snapshot.graphs:
        what = f"release {snapshot.version}" if snapshot.version else "a server of files"
        raise UnknownResource(f"There is no catalogue of {what}; /sparql describes what is available.")


def write_catalogue(graph: Graph, chosen: Format) -> bytes:
    """Return a catalogue, or a part of one, in an RDF syntax."""
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return write_graph(graph, chosen)


def write_release(engine: Engine, iri: IRI, snapshot: Snapshot, settings: Settings, chosen: Format) -> bytes:
    """Return the part of the catalogue about the release `iri` and its files, with their addresses.

    Raises:
        UnknownResource: there is no catalogue.
        EngineError: the engine failed.
    """
    release = Graph(bind_namespaces="none")
    for triple in read_catalogue(engine, snapshot, settings):
        if triple[0] == iri or str(triple[0]).startswith(f"{iri}#"):
            release.add(triple)
    return write_catalogue(release, chosen)


def schema_of(document: Mapping[str, Any], settings: Settings) -> str:
    """Return the dataset of the catalogue's `document` in schema.org's terms, as JSON-LD for a script element."""
    return in_script(dataset_in_schema(document, locate("catalog", settings)))


def render_catalogue(contents: Mapping[str, Any], snapshot: Snapshot, settings: Settings) -> bytes:
    """Return the page about the dataset, from its document as `contents_of` gives it."""
    document, properties_of = located(contents, settings), defaultdict(list)
    for each in document["class_properties"]:
        properties_of[each["class"]].append(each)
    version = snapshot.version if snapshot.pinned else None
    pinned = f"?version={version}" if version else ""
    identifiers = Identifiers(settings.base)
    return render_template(
        "catalog.html",
        contents=document,
        properties_of=properties_of,
        data=[(syntax, locate(f"catalog.{syntax.suffix}{pinned}", settings)) for syntax in (*LINKED, formats.JSON)],
        services=[(service, locate(service.described_by, settings)) for service in services_of(contents)],
        release=identifiers.release(document["version"]),
        fragment=fragment_of,
        link=cache(lambda term: link_of(IRI(term), settings, version, root=request.script_root)),
        schema=schema_of(document, settings),
    ).encode()
