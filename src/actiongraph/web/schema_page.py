"""The page `/schema` and its JSON: the classes of a release as a picture and as tables, with queries to try."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from markupsafe import Markup

from actiongraph.catalogue.schema import CountedTerm, Schema, SchemaClass, SchemaProperty, list_query, try_query
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.web.http.addresses import link_of
from actiongraph.web.schema_picture import draw_classes


def render_schema(schema: Schema, snapshot: Snapshot, settings: Settings) -> bytes:
    """Return the page about `schema`, whose links stay in the release if it is pinned."""
    version = snapshot.version if snapshot.pinned else None
    return render_template(
        "schema.html",
        schema=schema,
        snapshot=snapshot,
        picture=Markup(draw_classes(schema.classes)),  # noqa: S704 - it escapes what it shows
        ids={found.term: found.id for found in schema.classes},
        link=partial(link_of, settings=settings, version=version, root=request.script_root),
        ask=lambda query: url_for("sparql", query=query, version=version),
        try_query=try_query,
        list_query=list_query,
    ).encode()


def schema_document(schema: Schema, snapshot: Snapshot, settings: Settings) -> dict[str, Any]:
    """Return the same as a document, with the address at which each query is answered."""
    pinned = {"version": snapshot.version} if snapshot.pinned else {}

    def ask(query: str) -> str:
        return f"{settings.endpoint}?{urlencode({'query': query, **pinned})}"

    return {
        "release": snapshot.version,
        "classes": [_class(found, ask) for found in schema.classes],
        "elsewhere": [_counted("class", "things", each) for each in schema.elsewhere],
        "lists": [_counted("list", "concepts", each) | {"try": ask(list_query(each.term))} for each in schema.lists],
    }


def _class(found: SchemaClass, ask: Callable[[str], str]) -> dict[str, Any]:
    return {
        "class": found.term,
        "name": found.name,
        "things": found.things,
        "try": ask(try_query(found.term)),
        "narrower": [_counted("class", "things", each) for each in found.narrower],
        "properties": [_property(found, each, ask) for each in found.properties],
        "wider": [_counted("property", "triples", each) for each in found.wider],
    }


def _property(found: SchemaClass, each: SchemaProperty, ask: Callable[[str], str]) -> dict[str, Any]:
    example = each.example and {
        "thing": each.example.thing,
        "name": each.example.name,
        "value": None if each.example.value is None else str(each.example.value),
    }
    return {
        "property": each.property,
        "name": each.name,
        "triples": each.triples,
        "values": [
            {
                "class" if to.is_class else "datatype": to.term,
                "name": to.name,
                "triples": to.triples,
                **({"lists": [named.iri for named in to.lists]} if to.lists else {}),
            }
            for to in each.targets
        ],
        "example": example,
        "try": ask(try_query(found.term, each.property)),
    }


def _counted(kind: str, counts: str, each: CountedTerm) -> dict[str, Any]:
    return {kind: each.term, "name": each.name, counts: each.count}
