"""`/chains`: all chains, longest first, with filters and figures; for people a page at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from threading import Lock
from urllib.parse import urlencode

from cachetools import LRUCache, cached
from flask import render_template

from actiongraph import formats
from actiongraph.chains.asked import has_follow_ups
from actiongraph.chains.listing import LIST_WRITERS, Listing, figures_as_json, list_as_json
from actiongraph.chains.notes import notes
from actiongraph.chains.overview import name_actions
from actiongraph.chains.summary import ChainSummary, Filters, Overview, figures_of
from actiongraph.engine.base import Engine
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.formats import Format
from actiongraph.index.chains import chains_in
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.chain_page import ChainTarget
from actiongraph.web.http.addresses import locate

A_PAGE = 100
OFFERS = (formats.JSON, formats.HTML, formats.RESULTS_CSV, formats.PLAIN_TEXT)
_OVERVIEWS = 4
_FILTERS = ("country", "partner", "type", "from", "to", "links", "stated")
_OTHERS = ("format", "version", "page")


@dataclass(frozen=True, slots=True)
class ChainSelection:
    """Which chains a request selects, and which page of them, counted from 1."""

    filters: Filters
    stated: bool
    page: int
    snapshot: Snapshot
    settings: Settings

    def address(self, *, page: int = 1, suffix: str = "", stated: bool | None = None) -> str:
        """Return where these chains are, on another page or in another format."""
        wanted = self.filters
        given = {
            "country": wanted.country,
            "partner": wanted.partner,
            "type": wanted.assistance_type,
            "from": wanted.from_year,
            "to": wanted.to_year,
            "links": "stated" if (self.stated if stated is None else stated) else None,
            "format": suffix or None,
            "version": self.snapshot.version if self.snapshot.pinned else None,
            "page": page if page > 1 else None,
        }
        query = urlencode({name: value for name, value in given.items() if value is not None})
        return locate("chains" + (f"?{query}" if query else ""), self.settings)


Overviews = Callable[[Snapshot, bool], Overview]


def cached_overviews(settings: Settings) -> Overviews:
    """Return a function that gives all chains of a snapshot, with probable links or without.

    Every page and filter begins with all of them, so those of the last few snapshots are cached. It raises
    UnknownResource where files are served that have no follow-up, and EngineError if the engine failed, or if the
    index of the release is damaged.
    """

    @cached(LRUCache(_OVERVIEWS), key=lambda snapshot, probable: (snapshot.version, probable), lock=Lock())
    def read(snapshot: Snapshot, probable: bool) -> Overview:
        if snapshot.version is None:
            check_follow_ups(snapshot.engine, settings, snapshot.graphs)
        return chains_in(snapshot.engine, index=snapshot.chains, settings=settings, probable=probable)

    return read


def check_follow_ups(engine: Engine, settings: Settings, graphs: Collection[IRI]) -> None:
    """Check that the files that are served, with these named `graphs`, have follow-ups in their default graph.

    Raises:
        UnknownResource: they have none.
        EngineError: the engine failed.
    """
    if not has_follow_ups(engine, settings):
        where = f"; there {_are(len(graphs))} to ask with GRAPH at /sparql" if graphs else "; ask them at /sparql"
        raise UnknownResource(f"These files have no ag:followUpOf in their default graph, so no chains{where}.")


def _are(graphs: int) -> str:
    return f"{'is' if graphs == 1 else 'are'} {counted(graphs, 'named graph')}"


def read_filters(parameters: Mapping[str, str]) -> Filters:
    """Return the filters in the parameters of an address; what is empty filters nothing.

    Raises:
        RequestError: a parameter is none of ours, a year is none, or the first year is after the last.
    """
    if unknown := sorted(parameters.keys() - {*_FILTERS, *_OTHERS}):
        raise RequestError(
            f"The list of chains has no parameter {unknown[0][:40]!r}; its filters are {', '.join(_FILTERS)}, "
            f"and beside them there are {', '.join(_OTHERS)}."
        )
    filters = Filters(
        country=parameters.get("country") or None,
        partner=parameters.get("partner") or None,
        assistance_type=parameters.get("type") or None,
        from_year=_year(parameters, "from"),
        to_year=_year(parameters, "to"),
    )
    if filters.from_year is not None and filters.to_year is not None and filters.from_year > filters.to_year:
        years = f"from={filters.from_year} and to={filters.to_year}"
        raise RequestError(f"No year is between {years}; 'from' is the first year and 'to' the last.")
    return filters


def write_chains(engine: Engine, selection: ChainSelection, overview: Overview, chosen: Format) -> bytes:
    """Return the chains of `selection` in one format: as JSON and HTML one page, as CSV and text all of them.

    Raises:
        UnknownResource: there are fewer pages.
        EngineError: the engine failed.
    """
    found, told = overview.chosen(selection.filters), notes(overview, selection.filters)
    pages = max(1, ceil(len(found) / A_PAGE))
    if selection.page > pages:
        raise UnknownResource(f"These chains fit on {counted(pages, 'page')}; there is no page {selection.page}.")
    paged = chosen in (formats.JSON, formats.HTML)
    shown = found[(selection.page - 1) * A_PAGE : selection.page * A_PAGE] if paged else found
    ends = (action for summary in shown for action in (*summary.roots, *summary.ends))
    listing = Listing(shown, name_actions(engine, ends, selection.settings), not selection.stated, told)
    if not paged:
        return LIST_WRITERS[chosen.name](listing).encode()
    if chosen is formats.JSON:
        return _as_json(selection, found, listing, pages)
    return render_template(
        "chains.html",
        selection=selection,
        figures=figures_of(found),
        overview=overview,
        listing=listing,
        pages=pages,
        formats=[offer for offer in OFFERS if offer is not formats.HTML],
        chain_address=partial(_chain_address, selection),
    ).encode()


def _as_json(selection: ChainSelection, found: Sequence[ChainSummary], listing: Listing, pages: int) -> bytes:
    """Return one page as JSON: as `list_as_json`, with figures of all that were found, and addresses."""
    told = list_as_json(listing)
    addresses = [{"address": _chain_address(selection, summary)} for summary in listing.chains]
    paging = {
        "total": len(found),
        "page": selection.page,
        "pages": pages,
        "next": selection.address(page=selection.page + 1) if selection.page < pages else None,
    }
    chains = [chain | address for chain, address in zip(told["chains"], addresses, strict=True)]
    document = paging | told | {"figures": figures_as_json(figures_of(found)), "chains": chains}
    return responses.json_bytes(document)


def _chain_address(selection: ChainSelection, summary: ChainSummary) -> str:
    return ChainTarget(summary.key, selection.stated, selection.snapshot, selection.settings).address()


def _year(parameters: Mapping[str, str], name: str) -> int | None:
    written = parameters.get(name, "").strip()
    if not written:
        return None
    if not re.fullmatch("0*[0-9]{1,4}", written):
        raise RequestError(f"The year {written[:40]!r} in {name!r} is none; write such as 2014.")
    return int(written.lstrip("0") or "0")
