"""Every name under the base opens: it leads (303) to a page or to data about what it names.

Source: Cool URIs for the Semantic Web, section 4.2.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Flask, Response, request

from actiongraph import formats
from actiongraph.engine.base import Engine
from actiongraph.errors import NoRelease, UnknownResource
from actiongraph.formats import Result
from actiongraph.iris import quote_path
from actiongraph.release.snapshots import Snapshot
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.catalogue_page import write_release
from actiongraph.web.http.addresses import iri_of, locate, name_of, own_concept
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.resources import MovedResource, check_known, find_thing
from actiongraph.web.site import Site
from actiongraph.web.thing_page import ThingTarget, data_links, render_page, write_document, write_references

_OFFERS = formats.offers(Result.GRAPH)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to things, concepts and releases."""
    app.add_url_rule("/id/<path:name>", "thing", partial(_see_other, site, ""))
    app.add_url_rule("/concept/<path:name>", "concept", partial(_see_other, site, "concept/"))
    app.add_url_rule("/release/<path:name>", "release", partial(_see_other, site, "release/"))
    app.add_url_rule("/doc/<path:name>", "page", partial(_page, site))
    app.add_url_rule("/data/<path:name>", "data", partial(_data, site))
    app.register_error_handler(MovedResource, partial(_moved, site))


def _target(site: Site, name: str) -> ThingTarget:
    """Return the target of the request: a release by itself, all else in the snapshot that the request is about."""
    iri = iri_of(name, site.settings)
    if iri is None:
        raise UnknownResource(
            f"{name[:200]!r} cannot be the name of anything; use a kind and a key, such as action/2014-12."
        )
    if name.startswith("release/"):
        return ThingTarget(name, iri, site.snapshots.at(name.removeprefix("release/")), site.settings)
    snapshot = site.snapshot()
    if snapshot.version is None:
        raise NoRelease(" and opens no names; ask for them at /sparql.")
    own = own_concept(name, site.settings)
    if own and _is_described(site, snapshot, own):
        iri = own
    return ThingTarget(name, iri, snapshot, site.settings)


def _is_described(site: Site, snapshot: Snapshot, iri: IRI) -> bool:
    """Tell whether `snapshot` describes `iri`. The answer is cached, since finding it is what takes the engine."""

    def run(engine: Engine) -> Representation:
        found = next(iter(QUERIES.ask(engine, "types", [iri], site.settings)), None)
        return represent(b"yes" if found else b"", formats.PLAIN_TEXT.content_type, snapshot)

    return bool(site.read(snapshot, f"described/{iri}", formats.PLAIN_TEXT, run).body)


def _see_other(site: Site, kind: str, name: str) -> Response:
    """Return the address that describes the thing called `kind` and `name`: a page for people, data for programs.

    The IRI of the thing is cached, since finding it is what takes the engine.
    """
    name = kind + name
    target = _target(site, name)

    def find(engine: Engine) -> Representation:
        found = find_thing(engine, target.snapshot, target.iri, site.settings)
        return represent(found.encode(), formats.PLAIN_TEXT.content_type, target.snapshot)

    iri = IRI(site.read(target.snapshot, f"id/{name}", formats.PLAIN_TEXT, find).body.decode())
    if iri != target.iri:
        target = replace(target, iri=iri, name=name_of(iri, site.settings) or name)
    chosen = responses.choose((formats.HTML, *_OFFERS), site.settings)
    return responses.redirect(target.page() if chosen is formats.HTML else target.data(chosen.suffix))


def _moved(site: Site, moved: MovedResource) -> Response:
    """Return the address of this request with the name that the thing has now in the place of the old one."""
    old, new = (name_of(iri, site.settings) for iri in (moved.old, moved.iri))
    if not old or not new:
        return responses.redirect(str(moved.iri), status=301)
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    path = quote_path(request.path.replace(old, new, 1))
    return responses.redirect(locate(path, site.settings) + query, status=301)


def _page(site: Site, name: str) -> Response:
    target, page = _target(site, name), site.page_number()

    def run(engine: Engine) -> Representation:
        written, links = render_page(engine, target, page)
        return represent(written, formats.HTML.content_type, target.snapshot, link=links, rendered=True)

    return site.respond(target.snapshot, f"doc/{name}?{page}", formats.HTML, run)


def _data(site: Site, name: str) -> Response:
    """Return RDF about a thing: its own triples, or with `?references` what points at it, a page at a time."""
    bare, named = formats.split_suffix(name, _OFFERS)
    target, parameters = _target(site, bare), site.parameters()
    chosen = named or responses.choose(_OFFERS, site.settings)
    page = site.page_number() if "references" in parameters else None

    def write(engine: Engine) -> bytes:
        check_known(engine, target.snapshot, target.iri, site.settings)
        if page is not None:
            return write_references(engine, target, page, chosen)
        if name.startswith("release/"):
            return write_release(engine, target.iri, target.snapshot, site.settings, chosen)
        return write_document(engine, target, chosen)

    return site.respond(target.snapshot, f"data/{bare}?{page}", chosen, write, link=data_links(target))
