"""`/ledger`: what became of each record of each source, and `/ledger/{source}`, the records of one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import ceil

from flask import Flask, Response, render_template
from rdflib import Graph

from actiongraph import formats
from actiongraph.engine.base import Engine
from actiongraph.errors import NoRelease, NotAcceptable, RequestError, UnknownResource
from actiongraph.formats import Format, Result
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import write_graph
from actiongraph.text import counted
from actiongraph.things.ledger import (
    STATES,
    SourceLedger,
    find_ledger,
    ledger_document,
    ledgers_csv,
    read_ledgers,
    read_records,
    record_document,
    records_csv,
    records_said,
)
from actiongraph.things.thing import read_thing
from actiongraph.vocabulary import IRI, PREFIXES
from actiongraph.web import responses
from actiongraph.web.http.addresses import locate
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.site import Site
from actiongraph.web.thing_page import ThingTarget

_OFFERS = (formats.HTML, formats.JSON, formats.RESULTS_CSV)
_OF_A_SOURCE = (*_OFFERS, *formats.offers(Result.GRAPH))
_A_PAGE = 200
_MOST_AS_RDF = 2_000
"""Records that are written as RDF while somebody waits, in about two seconds; /graph/ledger has all of them."""


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to ledgers."""
    responses.add_document(app, "ledger", partial(_ledgers, site))
    app.add_url_rule("/ledger/<path:name>", "ledger_of_source", partial(_ledger, site))


def _snapshot(site: Site) -> Snapshot:
    snapshot = site.snapshot()
    if snapshot.folder is None:
        raise NoRelease(", and nobody has kept a ledger of their sources.")
    return snapshot


def _ledgers(site: Site) -> Response:
    snapshot, chosen = _snapshot(site), responses.choose(_OFFERS, site.settings)

    def write(engine: Engine) -> Representation:
        ledgers = read_ledgers(engine, site.settings)
        version = snapshot.version if snapshot.pinned else None
        if chosen is formats.RESULTS_CSV:
            written = ledgers_csv(ledgers).encode()
        elif chosen is formats.JSON:
            documents = [
                ledger_document(ledger) | {"address": locate(_path(ledger, version), site.settings)}
                for ledger in ledgers
            ]
            written = responses.json_bytes({"release": snapshot.version, "ledgers": documents})
        else:
            written = render_template(
                "ledgers.html", ledgers=ledgers, states=STATES, snapshot=snapshot, version=version
            ).encode()
        return _saved(represent(written, chosen.content_type, snapshot, rendered=True), chosen, "ledger.csv")

    return site.respond(snapshot, "ledger", chosen, write)


def _path(ledger: SourceLedger, version: str | None) -> str:
    return f"ledger/{ledger.key}" + (f"?version={version}" if version else "")


def _saved(plain: Representation, chosen: Format, filename: str) -> Representation:
    return replace(plain, filename=filename) if chosen is formats.RESULTS_CSV else plain


def _ledger(site: Site, name: str) -> Response:
    key, named = formats.split_suffix(name, _OF_A_SOURCE)
    snapshot = _snapshot(site)
    chosen = named or responses.choose(_OF_A_SOURCE, site.settings)
    page, state = site.page_number(), site.parameters().get("state") or ""
    if state and state not in STATES:
        raise RequestError(
            f"{state[:40]!r} is not a state of a record; use {', '.join(f'state={each}' for each in STATES)}."
        )

    def write(engine: Engine) -> Representation:
        ledger = find_ledger(read_ledgers(engine, site.settings), key)
        if chosen is formats.HTML:
            written = _page(engine, site, snapshot, ledger, state, page)
        elif chosen in (formats.JSON, formats.RESULTS_CSV):
            records = read_records(engine, ledger, site.settings, state=state)
            if chosen is formats.JSON:
                document = ledger_document(ledger) | {"release": snapshot.version}
                written = responses.json_bytes(document | {"entries": [record_document(each) for each in records]})
            else:
                written = records_csv(records).encode()
        else:
            written = _as_rdf(engine, site, ledger, chosen)
        plain = represent(written, chosen.content_type, snapshot, rendered=True)
        return _saved(plain, chosen, f"ledger-{ledger.key}.csv")

    return site.respond(snapshot, f"ledger/{key}?{page} {state}", chosen, write)


def _page(engine: Engine, site: Site, snapshot: Snapshot, ledger: SourceLedger, state: str, page: int) -> bytes:
    pages = max(1, ceil((ledger.counts[state] if state else ledger.records) / _A_PAGE))
    if page > pages:
        raise UnknownResource(f"The records fit on {counted(pages, 'page')}; there is no page {page}.")
    target = ThingTarget("", ledger.source, snapshot, site.settings)
    return render_template(
        "ledger.html",
        ledger=ledger,
        records=read_records(
            engine, ledger, site.settings, state=state, part=slice((page - 1) * _A_PAGE, page * _A_PAGE)
        ),
        states=STATES,
        state=state,
        page=page,
        pages=pages,
        version=target.version,
        snapshot=snapshot,
        link=target.link_to,
    ).encode()


def _as_rdf(engine: Engine, site: Site, ledger: SourceLedger, chosen: Format) -> bytes:
    """Return the ledger and its records in an RDF syntax.

    Raises:
        NotAcceptable: they are too many to be written while somebody waits.
    """
    if ledger.records > _MOST_AS_RDF:
        offered = (formats.JSON.media_type, formats.RESULTS_CSV.media_type)
        raise NotAcceptable(
            f"The ledger has {ledger.records:,} records, too many for {chosen.label}; ask for {' or '.join(offered)}, "
            "or for all ledgers at /graph/ledger.",
            available=offered,
        )
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    described = read_thing(engine, ledger.iri, site.settings)
    for fact in described.facts if described else ():
        for value in fact.values:
            graph.add((ledger.iri, fact.predicate, value.term))
    for record, values in records_said(engine, ledger, site.settings).items():
        for predicate, objects in values.items():
            for each in objects:
                graph.add((record, IRI(str(predicate)), each))
    return write_graph(graph, chosen)
