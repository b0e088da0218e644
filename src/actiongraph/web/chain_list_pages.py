"""The page `/chains`: all chains, longest first, with facets, filters and figures, and the same as data.

It is a list as any other, and there is more to it: figures, a row of dots for each chain, chains of stated links
alone, files without a release, and what there is where no chain is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from math import ceil
from threading import Lock
from urllib.parse import urlencode

from cachetools import LRUCache, cached
from flask import render_template
from markupsafe import Markup

from actiongraph import formats
from actiongraph.chains.actions import has_follow_ups
from actiongraph.chains.drawing.mini_lane import DOTS, as_mini_lane
from actiongraph.chains.formats import LIST_WRITERS
from actiongraph.chains.formats.listing import Listing, list_as_json
from actiongraph.chains.summary import ChainSummary, name_actions, read_chains
from actiongraph.engine.base import Engine
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format
from actiongraph.index.chain_index import open_chains
from actiongraph.index.chain_lists import ChainList
from actiongraph.index.list_index import open_lists
from actiongraph.index.list_kinds import ACTIONS, CHAINS, TEXT
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.chain_pages import ChainTarget
from actiongraph.web.http.addresses import locate
from actiongraph.web.list_pages import ListPage, facets_as_json, filters_in_words, shown_facets
from actiongraph.web.list_request import ListRequest, read_list_request

A_PAGE = 50
LIST_OFFERS = (formats.JSON, formats.HTML, formats.RESULTS_CSV, formats.PLAIN_TEXT)
_LISTS = 4
_LINKS = ("links", "stated")
"""The parameters by which links are chosen; see `is_stated`."""
_SHARED = frozenset(facet.name for facet in ACTIONS.facets)
"""The facets by which actions may be chosen too."""

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


def read_chains_request(
    parameters: Mapping[str, str], stated: bool, page: int, snapshot: Snapshot, settings: Settings
) -> ListRequest:
    """Return the request that the parameters of an address make; `stated` tells whether probable links are left out.

    Raises:
        RequestError: a parameter is none of ours, or a value is none of its parameter's.
    """
    given = dict(parameters)
    for name in ("from", "to"):
        year = given.get(name, "").strip()
        if re.fullmatch("0*[0-9]{1,4}", year, re.ASCII):
            given[name] = f"{int(year):04}"
    kept = {"links": "stated"} if stated else {}
    return read_list_request(CHAINS, list(given.items()), page, snapshot, settings, kept, _LINKS)


def is_stated(wanted: ListRequest) -> bool:
    """Tell whether chains of stated links alone are wanted."""
    return wanted.kept.get("links") == "stated"


def write_chains(engine: Engine, wanted: ListRequest, chains: ChainList, chosen: Format) -> bytes:
    """Return the chains that are wanted in one format: as JSON and HTML one page, as CSV and text all of them.

    Raises:
        UnknownResource: there are fewer pages.
        EngineError: the engine failed.
    """
    view = chains.view(wanted.filters)
    figures = view.figures()
    pages = max(1, ceil(figures.chains / A_PAGE))
    if wanted.page > pages:
        raise UnknownResource(f"These chains fit on {counted(pages, 'page')}; there is no page {wanted.page}.")
    paged = chosen in (formats.JSON, formats.HTML)
    first, most = ((wanted.page - 1) * A_PAGE, A_PAGE) if paged else (0, None)
    shown = view.summaries(wanted.order, descending=wanted.descending, first=first, most=most)
    ends = [action for summary in shown for action in (*summary.roots, *summary.ends)]
    facets = shown_facets(wanted, view) if paged else []
    page = ListPage(wanted, view, (), facets, figures.chains, pages)
    elsewhere = None if figures.chains else _elsewhere(wanted)
    notes = [*map(str, page.notes), *([elsewhere.sentence] if elsewhere else [])]
    names = chains.names(ends)
    names |= name_actions(engine, [action for action in ends if action not in names], wanted.settings)
    listing = Listing(shown, figures, names, not is_stated(wanted), notes)
    if not paged:
        return LIST_WRITERS[chosen.name](listing).encode()
    query = None if is_stated(wanted) or wanted.filters.text or wanted.snapshot.version is None else page.query
    if chosen is formats.JSON:
        return _as_json(page, listing, query)
    return render_template(
        "chains.html",
        page=page,
        wanted=wanted,
        wording=page.wording,
        is_stated=is_stated(wanted),
        all_links=replace(wanted, kept={}, page=1),
        listing=listing,
        elsewhere=elsewhere,
        query=query,
        version=wanted.version,
        formats=[(offer, wanted.address(suffix=offer.suffix)) for offer in LIST_OFFERS if offer is not formats.HTML],
        chain_address=partial(_chain_address, wanted),
        link=cache(wanted.link),
        mini_lane=_drawn,
        dots=DOTS,
    ).encode()


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Actions where no chain is found: a sentence, in two parts of which the first is a link to `address`."""

    there_are: str
    but: str
    address: str

    @property
    def sentence(self) -> str:
        return f"{self.there_are}{self.but}"


def _elsewhere(wanted: ListRequest) -> _Elsewhere | None:
    """Return the actions that there are where no chain is found, or the search where a text was sought."""
    filters = wanted.filters
    if wanted.snapshot.folder is not None and filters.text:
        parameters = {"q": filters.text} | ({"version": wanted.version} if wanted.version else {})
        address = locate(f"search?{urlencode(parameters)}", wanted.settings)
        return _Elsewhere("Search all actions for these words", ", also those without a known follow-up.", address)
    if not filters.facets or not _SHARED.issuperset({*filters.facets} - {TEXT.name}):
        return None
    with open_lists(wanted.snapshot.lists, wanted.settings) as index:
        if index is None:
            return None
        actions = replace(wanted, kind=ACTIONS, order=ACTIONS.orders[0], descending=False, more=None, page=1, kept={})
        view = index.view(ACTIONS, filters)
        if not view.total:
            return None
        there_are = f"There {'is' if view.total == 1 else 'are'} {counted(view.total, 'action')}"
        but = f", but none with a {'stated' if is_stated(wanted) else 'known'} follow-up."
        return _Elsewhere(f"{there_are}{filters_in_words(actions, view)}", but, actions.address())


def _as_json(page: ListPage, listing: Listing, query: str | None) -> bytes:
    """Return one page as JSON: as `list_as_json`, with addresses, and as other lists have them, `query` and `facets`.

    `query` is null where no query gives these chains: of stated links alone, with the words of a text, or of files.
    """
    wanted, document = page.wanted, list_as_json(listing)
    paging = {
        "total": page.total,
        "page": wanted.page,
        "pages": page.pages,
        "next": wanted.address(page=wanted.page + 1) if wanted.page < page.pages else None,
    }
    for chain, summary in zip(document["chains"], listing.chains, strict=True):
        chain["address"] = _chain_address(wanted, summary)
    return responses.json_bytes(paging | document | {"query": query, "facets": facets_as_json(page.facets)})


def _chain_address(wanted: ListRequest, summary: ChainSummary) -> str:
    return ChainTarget(summary.key, is_stated(wanted), wanted.snapshot, wanted.settings).address()


def _drawn(summary: ChainSummary) -> str:
    return Markup(as_mini_lane(summary.lane)) if summary.lane else ""  # noqa: S704 - numbers only
