"""Routes to chains of follow-ups: `/chain/{key}` by any member's key or number, and `/chains`, all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, Response

from actiongraph import formats
from actiongraph.chains.chain import Chain
from actiongraph.chains.drawing import as_svg
from actiongraph.chains.writing import WRITERS
from actiongraph.engine.base import Engine, QueryBudget
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.formats import Format
from actiongraph.index.chains import chain_of
from actiongraph.iris import is_iri
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.chain_list import OFFERS as LISTED
from actiongraph.web.chain_list import AskedChains, Overviews, check_follow_ups, read_filters, write_chains
from actiongraph.web.chain_page import AskedChain, links_of, render_chain
from actiongraph.web.desk import page_key
from actiongraph.web.http.addresses import iri_of
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.resources import check_not_gone
from actiongraph.web.site import Site

_WRITTEN = (
    formats.JSON,
    formats.SVG,
    formats.TURTLE,
    formats.RESULTS_CSV,
    formats.MERMAID,
    formats.GRAPHML,
    formats.PLAIN_TEXT,
)
_OFFERS = (formats.JSON, formats.HTML, *_WRITTEN[1:])
"""Programs that say nothing are given JSON."""
_SAVED = (formats.RESULTS_CSV, formats.GRAPHML)
"""What browsers save rather than show."""
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to chains."""
    overviews = Overviews()

    @app.get("/chains", endpoint="chains")
    def chain_list() -> Response:
        return _chains(site, overviews, responses.choose(LISTED, site.settings))

    @app.get("/chains.<suffix>")
    def chain_list_as(suffix: str) -> Response:
        return _chains(site, overviews, _by_suffix(suffix))

    @app.get("/chain/<path:name>")
    def chain(name: str) -> Response:
        return _chain(site, name)


def _by_suffix(suffix: str) -> Format:
    found = next((offer for offer in LISTED if offer.suffix == suffix), None)
    if found is None:
        known = ", ".join(f"chains.{offer.suffix}" for offer in LISTED)
        raise UnknownResource(f"There is no /chains.{suffix[:20]} here; there are {known}.")
    return found


def _chains(site: Site, overviews: Overviews, chosen: Format) -> Response:
    parameters, snapshot = site.parameters(), site.snapshot()
    asked = AskedChains(read_filters(parameters), _only_stated(parameters), site.page_number(), snapshot, site.settings)
    key = page_key(snapshot, asked.address(page=asked.page), chosen)

    def run(budget: QueryBudget) -> Representation:
        engine = site.engine(snapshot, budget)
        overview = overviews.read(replace(snapshot, engine=engine), site.settings, probable=not asked.stated)
        # A page may look different in another version of the program, so it is not for ever.
        told = represent(
            write_chains(engine, asked, overview, chosen), chosen.content_type, replace(snapshot, pinned=False)
        )
        return replace(told, filename="chains.csv") if chosen is formats.RESULTS_CSV else told

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


def _chain(site: Site, name: str) -> Response:
    bare, named = _split(name)
    chosen = named or responses.choose(_OFFERS, site.settings)
    asked = AskedChain(bare, _only_stated(site.parameters()), site.snapshot(), site.settings)
    key = page_key(asked.snapshot, f"chain/{bare}?{asked.stated}", chosen)

    def run(budget: QueryBudget) -> Representation:
        engine = site.engine(asked.snapshot, budget)
        if asked.snapshot.version is None:
            check_follow_ups(engine, site.settings, asked.snapshot.graphs)
        try:
            found = chain_of(
                engine, bare, index=asked.snapshot.chains, settings=site.settings, probable=not asked.stated
            )
        except UnknownResource:
            _check_not_gone(engine, asked)
            raise
        return _written(engine, asked, found, chosen)

    return site.desk.send(asked.snapshot, site.desk.ask(run, key), key)


def _check_not_gone(engine: Engine, asked: AskedChain) -> None:
    """Return unless the action that is asked for, which is not there, was there once; see `check_not_gone`."""
    iri = IRI(asked.name) if is_iri(asked.name) else iri_of(f"action/{asked.name}", asked.settings)
    if iri is not None:
        check_not_gone(engine, asked.snapshot, iri, asked.settings)


def _written(engine: Engine, asked: AskedChain, chain: Chain, chosen: Format) -> Representation:
    """Return `chain` in one format; its boxes lead to pages at this server."""
    link = links_of(asked, chain, [other for other in _OFFERS if other is not chosen])
    # Pages and pictures may look different in another version of the program, so they are not for ever.
    shown = replace(asked.snapshot, pinned=False)
    if chosen is formats.HTML:
        return represent(render_chain(engine, asked, chain, _WRITTEN), chosen.content_type, shown, link=link)
    if chosen is formats.SVG:
        picture = as_svg(chain, asked.page_of_action, rest=asked.address())
        return represent(picture.encode(), chosen.content_type, shown, link=link)
    told = represent(WRITERS[chosen.name](chain).encode(), chosen.content_type, asked.snapshot, link=link)
    return replace(told, filename=_filename(chain, chosen)) if chosen in _SAVED else told


def _filename(chain: Chain, chosen: Format) -> str:
    return f"chain-{_UNSAFE.sub('-', chain.key)[:100]}.{chosen.suffix}"


def _only_stated(parameters: Mapping[str, str]) -> bool:
    """Tell whether probable links are to be left out: `?stated`, or `?links=stated`.

    Raises:
        RequestError: `links` is neither `stated` nor `all`.
    """
    links = parameters.get("links") or "all"
    if links not in ("all", "stated"):
        raise RequestError(
            f"The links {links[:40]!r} are none; write links=stated, or links=all for probable ones too."
        )
    return links == "stated" or "stated" in parameters


def _split(name: str) -> tuple[str, Format | None]:
    """Return a name without the suffix of a format, and that format, if it ends in one."""
    bare, _, suffix = name.rpartition(".")
    found = next((offer for offer in _OFFERS if offer.suffix == suffix), None) if bare else None
    return (bare, found) if found else (name, None)
