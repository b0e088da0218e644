"""Routes to chains of follow-ups: `/chain/{key}` by any member's key or number, and `/chains`, all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from flask import Flask, Response

from actiongraph import formats
from actiongraph.chains.drawing import as_svg
from actiongraph.chains.formats import CHAIN_FORMATS, WRITERS
from actiongraph.chains.formats.plain_text import as_text
from actiongraph.chains.model import Chain
from actiongraph.engine.base import Engine
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.formats import Format
from actiongraph.index.chain_index import chain_of, conclusions_about
from actiongraph.iris import is_iri
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.chain_list_pages import (
    LIST_OFFERS,
    OpenList,
    chain_lists,
    check_follow_ups,
    is_stated,
    read_chains_request,
    write_chains,
)
from actiongraph.web.chain_pages import ChainTarget, links_of, read_view, render_chain
from actiongraph.web.chain_view import ChainView
from actiongraph.web.http.addresses import iri_of
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.resources import check_not_gone
from actiongraph.web.site import Site

_WRITTEN = tuple(each.format for each in CHAIN_FORMATS)
_OFFERS = (_WRITTEN[0], formats.HTML, *_WRITTEN[1:])
"""Programs that say nothing are given the first."""
_SAVED = tuple(each.format for each in CHAIN_FORMATS if each.is_saved)
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to chains."""
    open_list = chain_lists(site.settings)
    responses.add_document(app, "chains", partial(_chains, site, open_list))
    app.add_url_rule("/chain/<path:name>", "chain", partial(_chain, site))


def _chains(site: Site, open_list: OpenList) -> Response:
    chosen = responses.choose(LIST_OFFERS, site.settings)
    wanted = read_chains_request(
        site.parameters(), _only_stated(site.parameters()), site.page_number(), site.snapshot(), site.settings
    )
    snapshot = wanted.snapshot

    def run(engine: Engine) -> Representation:
        with open_list(replace(snapshot, engine=engine), not is_stated(wanted)) as chains:
            written = write_chains(engine, wanted, chains, chosen)
        plain = represent(written, chosen.content_type, snapshot, rendered=True)
        return replace(plain, filename="chains.csv") if chosen is formats.RESULTS_CSV else plain

    return site.respond(snapshot, wanted.address(page=wanted.page), chosen, run)


def _chain(site: Site, name: str) -> Response:
    bare, named = formats.split_suffix(name, _OFFERS)
    if not bare:
        bare, named = name, None
    chosen = named or responses.choose(_OFFERS, site.settings)
    parameters = site.parameters()
    target = ChainTarget(bare, _only_stated(parameters), site.snapshot(), site.settings)
    view = ChainView()
    if chosen is formats.HTML:
        view = read_view(parameters, site.page_number() if parameters.get("page") != "all" else 1)

    def run(engine: Engine) -> Representation:
        if target.snapshot.version is None:
            check_follow_ups(engine, site.settings, target.snapshot.graphs)
        index, probable = target.snapshot.chains, not target.stated
        try:
            found = chain_of(engine, bare, index=index, settings=site.settings, probable=probable)
        except UnknownResource:
            if iri := IRI(bare) if is_iri(bare) else iri_of(f"action/{bare}", site.settings):
                check_not_gone(engine, target.snapshot, iri, site.settings)
            raise
        return _written(engine, target, found, view, chosen)

    return site.respond(target.snapshot, f"chain/{bare}?{target.stated} {view}", chosen, run)


def _written(engine: Engine, target: ChainTarget, chain: Chain, view: ChainView, chosen: Format) -> Representation:
    """Return `chain` in one format; its boxes lead to pages at this server."""
    link = links_of(target, chain, [other for other in _OFFERS if other is not chosen])
    if chosen is formats.HTML:
        written = render_chain(engine, target, chain, view, _WRITTEN)
    elif chosen is formats.SVG:
        written = as_svg(chain, lambda step: target.link_to(step.action), rest=target.address()).encode()
    elif chosen is formats.PLAIN_TEXT:
        index, settings = target.snapshot.chains, target.settings
        written = as_text(chain, conclusions_about(chain, engine, index=index, settings=settings).mark).encode()
    else:
        written = WRITERS[chosen.name](chain).encode()
    is_rendered = chosen in (formats.HTML, formats.SVG)
    plain = represent(written, chosen.content_type, target.snapshot, link=link, rendered=is_rendered)
    filename = f"chain-{_UNSAFE.sub('-', chain.key)[:100]}.{chosen.suffix}"
    return replace(plain, filename=filename) if chosen in _SAVED else plain


def _only_stated(parameters: Mapping[str, str]) -> bool:
    """Tell whether probable links are to be left out: `?stated`, or `?links=stated`.

    Raises:
        RequestError: `links` is neither `stated` nor `all`.
    """
    links = parameters.get("links") or "all"
    if links not in ("all", "stated"):
        raise RequestError(
            f"{links[:40]!r} is not a kind of links; use links=stated, or links=all to include probable ones."
        )
    return links == "stated" or "stated" in parameters
