"""The page `/schema` and its JSON: the classes of a release as a picture and as tables, with queries to try."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any
from urllib.parse import quote, urlencode

from flask import render_template, request, url_for
from markupsafe import Markup

from actiongraph.catalogue.schema import CountedTerm, Schema, SchemaClass, SchemaProperty, list_query, try_query
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.vocabulary import PREFIXES
from actiongraph.web.http.addresses import link_of
from actiongraph.web.schema_picture import draw_classes


def render_schema(schema: Schema, snapshot: Snapshot, settings: Settings) -> bytes:
    """Return the page about `schema`, whose links stay in the release if it is pinned."""
    version = snapshot.version if snapshot.pinned else None
    endpoint, pinned = url_for("sparql"), f"&version={version}" if version else ""
    return render_template(
        "schema.html",
        schema=schema,
        snapshot=snapshot,
        picture=Markup(draw_classes(schema.classes)),  # noqa: S704 - it escapes what it shows
        ids={found.term: found.id for found in schema.classes},
        link=cache(partial(link_of, settings=settings, version=version, root=request.script_root)),
        ask=lambda query: f"{endpoint}?query={'%0A'.join(map(_quoted, query.splitlines()))}{pinned}",
        spoken=_spoken,
        try_query=try_query,
        list_query=list_query,
    ).encode()


@lru_cache(maxsize=4096)
def _quoted(line: str) -> str:
    """Return a line of a query as a part of an address; the queries of a page have most lines in common."""
    return quote(line, safe="")


def _spoken(text: object) -> Markup:
    """Return the attribute of an element with a name or a literal that is not in the language of the page."""
    language = getattr(text, "language", None)
    return Markup(' lang="{}"').format(language) if language and language != "en" else _UNMARKED


_UNMARKED = Markup()


def schema_document(schema: Schema, snapshot: Snapshot, settings: Settings) -> dict[str, Any]:
    """Return the same as a document, with the address at which each query is answered."""
    pinned = {"version": snapshot.version} if snapshot.pinned else {}

    def ask(query: str) -> str:
        return f"{settings.endpoint}?{urlencode({'query': query, **pinned})}"

    return {
        "release": snapshot.version,
        "prefixes": dict(PREFIXES),
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
