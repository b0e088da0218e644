"""The pages about chains: `/chains`, all of them with filters and figures, and `/chain/…`, one with its evidence.

The list is longest first, and for people a page at a time. The page of one has the picture, the same as a list, and
each action with its facts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from threading import Lock
from urllib.parse import quote, urlencode

from cachetools import LRUCache, cached
from flask import render_template
from markupsafe import Markup

from actiongraph import formats
from actiongraph.chains.actions import has_follow_ups
from actiongraph.chains.drawing import as_svg
from actiongraph.chains.fields import LINKED, TEXTS
from actiongraph.chains.formats import LIST_WRITERS
from actiongraph.chains.formats.listing import Listing, list_as_json
from actiongraph.chains.model import Chain, Link, Lookup, Step, differences
from actiongraph.chains.outline import headline, outline, summary
from actiongraph.chains.summary import ChainSummary, Filters, name_actions, read_chains
from actiongraph.engine.base import Engine
from actiongraph.errors import RequestError, UnknownResource
from actiongraph.formats import Format
from actiongraph.index.chain_index import open_chains
from actiongraph.index.chain_lists import ChainList
from actiongraph.iris import is_web_address
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.things.thing import conclusions_about
from actiongraph.vocabulary import AG, IRI
from actiongraph.web import responses
from actiongraph.web.http.addresses import link_of, locate

A_PAGE = 100
LIST_OFFERS = (formats.JSON, formats.HTML, formats.RESULTS_CSV, formats.PLAIN_TEXT)
_LISTS = 4
_FIELDS = {"country": "country", "partner": "partner", "type": "assistance_type", "from": "from_year", "to": "to_year"}
"""The fields of `Filters` by the parameters of an address that set them."""
_FILTERS = (*_FIELDS, "links", "stated")
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
        given = {name: getattr(self.filters, field) for name, field in _FIELDS.items()} | {
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
        formats=[offer for offer in LIST_OFFERS if offer is not formats.HTML],
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
    for chain, listed in zip(document["chains"], listing.chains, strict=True):
        chain["address"] = _chain_address(selection, listed)
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


@dataclass(frozen=True, slots=True)
class ChainTarget:
    """The chain of an action that a request is about: `name` is the action's key or number, or the key of the chain."""

    name: str
    stated: bool
    snapshot: Snapshot
    settings: Settings

    @property
    def version(self) -> str | None:
        """The release that links from the answer stay in, if the request names its version."""
        return self.snapshot.version if self.snapshot.pinned else None

    def address(self, suffix: str = "", *, stated: bool | None = None) -> str:
        """Return the address of the chain, in the format with this suffix or as negotiated."""
        only = self.stated if stated is None else stated
        given = ({"links": "stated"} if only else {}) | ({"version": self.version} if self.version else {})
        path = f"chain/{quote(self.name, safe='')}{f'.{suffix}' if suffix else ''}"
        return locate(path + (f"?{urlencode(given)}" if given else ""), self.settings)

    def link_to(self, iri: IRI | None) -> str | None:
        """Return the address that a page links a thing to: its page here, else its IRI if that is on the web."""
        if self.snapshot.version is None:  # Files have no pages.
            return str(iri) if iri and is_web_address(iri) else None
        return link_of(iri, self.settings, self.version, root=locate("", self.settings).rstrip("/")) or None

    def names(self, chain: Chain) -> IRI | None:
        """Return the IRI to cite: of the chain, or of the action if it is alone; none for a part of a chain."""
        if chain.alone:
            return chain.steps[0].action
        return chain.iri if self.snapshot.version else None


def render_chain(engine: Engine, target: ChainTarget, chain: Chain, offered: Sequence[Format]) -> bytes:
    """Return the page about `chain`, with links to the formats `offered`; `engine` knows which facts are conclusions.

    Raises:
        EngineError: the engine failed.
    """
    place = {step.action: number for number, step in enumerate(chain.steps, start=1)}
    before, after = defaultdict[IRI, list[Link]](list), defaultdict[IRI, list[Link]](list)
    for link in chain.links:
        before[link.later].append(link)
        after[link.earlier].append(link)
    return render_template(
        "chain.html",
        target=target,
        chain=chain,
        headline=headline(chain),
        summary=summary(chain),
        picture=Markup(as_svg(chain, _anchor, rest="#actions", styled=False)),  # noqa: S704 - it escapes what it shows
        outline=outline(chain),
        place=place,
        before=before,
        after=after,
        step_of={step.action: step for step in chain.steps},
        anchor=_anchor,
        changes=partial(_changes, Lookup(chain)),
        fields=LINKED,
        texts=TEXTS,
        mark=conclusions_about(engine, chain, target.settings).mark,
        ag=AG,
        cited=target.names(chain),
        formats=offered,
    ).encode()


def links_of(target: ChainTarget, chain: Chain, others: Sequence[Format]) -> str:
    """Return the Link field of a chain in any format: what to cite, and the other formats (RFC 8288, Signposting)."""
    cited = target.names(chain)
    links = [f'<{cited}>; rel="cite-as"'] if cited else []
    links += [f'<{target.address(other.suffix)}>; rel="alternate"; type="{other.media_type}"' for other in others]
    return ", ".join(links)


def _anchor(step: Step) -> str:
    return f"#action-{quote(step.key, safe='')}"


def _changes(chain: Lookup, link: Link) -> list[tuple[str, str, str]]:
    """Return the additions and omissions of the later action of a link: (partners, added, National Fund)."""
    return [
        (field.name.replace("_", " "), how, "; ".join(thing.name for thing in things))
        for field, difference in differences(chain, link).items()
        if difference
        for how, things in (("added", difference.added), ("dropped", difference.dropped))
        if things
    ]
