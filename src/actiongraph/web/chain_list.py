"""`/chains`: all chains, longest first, with filters and figures; for people a page at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from threading import Lock
from urllib.parse import urlencode

from cachetools import LRUCache, cached
from flask import render_template

from actiongraph import formats
from actiongraph.chains.actions import has_follow_ups
from actiongraph.chains.formats import LIST_WRITERS
from actiongraph.chains.formats.listing import Listing, list_as_json
from actiongraph.chains.summary import ChainSummary, Filters, name_actions, read_chains
from actiongraph.engine.base import Engine
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.formats import Format
from actiongraph.index.chain_index import open_chains
from actiongraph.index.chain_lists import ChainList
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.chain_page import ChainTarget
from actiongraph.web.http.addresses import locate

A_PAGE = 100
OFFERS = (formats.JSON, formats.HTML, formats.RESULTS_CSV, formats.PLAIN_TEXT)
_LISTS = 4
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
        """Return the address of these chains, on another page or in another format."""
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


OpenList = Callable[[Snapshot, bool], AbstractContextManager[ChainList]]


def chain_lists(settings: Settings) -> OpenList:
    """Return a function that opens the list of chains of a snapshot, with probable links or without.

    Where a release has no index of its chains, all of them are read from its engine; those of the last few snapshots
    are cached. The function raises UnknownResource where files are served that have no follow-up, and EngineError if
    the engine failed, or if the index of the release is damaged.
    """

    @cached(LRUCache(_LISTS), key=lambda snapshot, probable: (snapshot.version, probable), lock=Lock())
    def read(snapshot: Snapshot, probable: bool) -> ChainList:
        if snapshot.version is None:
            check_follow_ups(snapshot.engine, settings, snapshot.graphs)
        return ChainList.in_memory(read_chains(snapshot.engine, settings=settings, probable=probable))

    @contextmanager
    def open_list(snapshot: Snapshot, probable: bool) -> Iterator[ChainList]:
        with open_chains(snapshot.chains, settings) as index:
            yield index.listed(probable=probable) if index else read(snapshot, probable)

    return open_list


def check_follow_ups(engine: Engine, settings: Settings, graphs: Collection[IRI]) -> None:
    """Check that the files that are served, with these named `graphs`, have follow-ups in their default graph.

    Raises:
        UnknownResource: they have none.
        EngineError: the engine failed.
    """
    if not has_follow_ups(engine, settings):
        there_are = f"there {'is' if len(graphs) == 1 else 'are'} {counted(len(graphs), 'named graph')}"
        where = f"; {there_are} to ask with GRAPH at /sparql" if graphs else "; ask them at /sparql"
        raise UnknownResource(f"These files have no ag:followUpOf in their default graph, so no chains{where}.")


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
        raise RequestError(f"There are no years between {years}; 'from' is the first year and 'to' the last.")
    return filters


def write_chains(engine: Engine, selection: ChainSelection, chains: ChainList, chosen: Format) -> bytes:
    """Return the chains of `selection` in one format: as JSON and HTML one page, as CSV and text all of them.

    Raises:
        UnknownResource: there are fewer pages.
        EngineError: the engine failed.
    """
    filters = selection.filters
    figures = chains.figures(filters)
    total = figures.chains
    pages = max(1, ceil(total / A_PAGE))
    if selection.page > pages:
        raise UnknownResource(f"These chains fit on {counted(pages, 'page')}; there is no page {selection.page}.")
    paged = chosen in (formats.JSON, formats.HTML)
    part = {"first": (selection.page - 1) * A_PAGE, "most": A_PAGE} if paged else {}
    shown = chains.chosen(filters, **part)
    ends = (action for summary in shown for action in (*summary.roots, *summary.ends))
    names = name_actions(engine, ends, selection.settings)
    listing = Listing(shown, figures, names, not selection.stated, chains.notes(filters))
    if not paged:
        return LIST_WRITERS[chosen.name](listing).encode()
    if chosen is formats.JSON:
        return _as_json(selection, total, listing, pages)
    return render_template(
        "chains.html",
        selection=selection,
        figures=listing.figures,
        known=chains.things,
        listing=listing,
        pages=pages,
        formats=[offer for offer in OFFERS if offer is not formats.HTML],
        chain_address=partial(_chain_address, selection),
    ).encode()


def _as_json(selection: ChainSelection, total: int, listing: Listing, pages: int) -> bytes:
    """Return one page as JSON: as `list_as_json`, with addresses."""
    document = list_as_json(listing)
    paging = {
        "total": total,
        "page": selection.page,
        "pages": pages,
        "next": selection.address(page=selection.page + 1) if selection.page < pages else None,
    }
    for chain, summary in zip(document["chains"], listing.chains, strict=True):
        chain["address"] = _chain_address(selection, summary)
    return responses.json_bytes(paging | document)


def _chain_address(selection: ChainSelection, summary: ChainSummary) -> str:
    return ChainTarget(summary.key, selection.stated, selection.snapshot, selection.settings).address()


def _year(parameters: Mapping[str, str], name: str) -> int | None:
    written = parameters.get(name, "").strip()
    if not written:
        return None
    if not re.fullmatch("0*[0-9]{1,4}", written):
        raise RequestError(f"{written[:40]!r} in {name!r} is not a year; use four digits, such as 2014.")
    return int(written.lstrip("0") or "0")
