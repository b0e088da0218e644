"""The pages about chains: `/chains`, all of them with filters and figures, and `/chain/…`, one with its evidence.

The list is longest first, and for people a page at a time. The page of one has the picture, the same as a list, and
each action with its facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from cachetools import LRUCache, cached
from flask import render_template, request
from markupsafe import Markup

from actiongraph import formats
from actiongraph.chains.actions import has_follow_ups
from actiongraph.chains.drawing import as_svg
from actiongraph.chains.drawing.graph import year_of
from actiongraph.chains.drawing.lanes import as_lanes, count_lanes, lane_rows, lane_width
from actiongraph.chains.drawing.strip import as_strip
from actiongraph.chains.fields import LINKED, TEXTS
from actiongraph.chains.formats import LIST_WRITERS
from actiongraph.chains.formats.listing import Listing, list_as_json
from actiongraph.chains.model import Chain, Link, Lookup, Step, differences
from actiongraph.chains.outline import beginning, outline, summary
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
from actiongraph.things.citation import Citation
from actiongraph.things.thing import conclusions_about
from actiongraph.vocabulary import AG, IRI
from actiongraph.web import responses
from actiongraph.web.chain_view import (
    LANES_UP_TO,
    PICTURE_UP_TO,
    ChainView,
    anchor_of,
    choices,
    page_numbers,
    part_of,
    relative,
    requested_step,
)
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

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters that links to other views of the chain keep."""
        return ({"links": "stated"} if self.stated else {}) | ({"version": self.version} if self.version else {})

    def address(self, suffix: str = "", *, stated: bool | None = None) -> str:
        """Return the address of the chain, in the format with this suffix or as negotiated."""
        given = (self if stated is None else replace(self, stated=stated)).parameters
        path = f"chain/{quote(self.name, safe='')}{f'.{suffix}' if suffix else ''}"
        return locate(path + (f"?{urlencode(given)}" if given else ""), self.settings)

    def from_start(self, chain: Chain) -> str:
        """Return the address of the whole chain, asked for by its earliest root."""
        return replace(self, name=chain.key).address()

    def citation(self, chain: Chain) -> Citation | None:
        """Return the citation of the chain, or of the action that is alone; None where it has no release."""
        snapshot, settings, iri = self.snapshot, self.settings, self.names(chain)
        if iri is None or snapshot.version is None or snapshot.created_at is None:
            return None
        name = chain.steps[0].name if chain.alone else f"What came of {beginning(chain)}"
        publisher = settings.publisher.name if settings.publisher else None
        title, page = settings.programme.text("title"), self.from_start(chain)
        return Citation(name, iri, page, title, publisher, snapshot.version, snapshot.created_at)

    def link_to(self, iri: IRI | None) -> str | None:
        """Return the address that a page links a thing to: its page here, else its IRI if that is on the web."""
        if self.snapshot.version is None:  # Files have no pages.
            return str(iri) if iri and is_web_address(iri) else None
        return link_of(iri, self.settings, self.version, root=locate("", self.settings).rstrip("/")) or None

    def page_of(self, iri: IRI | None) -> str | None:
        """Return `link_to` a thing as a page of this server writes it, without naming the server again and again."""
        link = self.link_to(iri)
        return link.removeprefix(locate("", self.settings)[: -len(request.script_root) - 1]) if link else None

    def names(self, chain: Chain) -> IRI | None:
        """Return the IRI to cite: of the chain, or of the action if it is alone; none for a part of a chain."""
        if chain.alone:
            return chain.steps[0].action
        return chain.iri if self.snapshot.version else None


def read_view(parameters: Mapping[str, str], page: int) -> ChainView:
    """Return the view that the parameters of an address ask for; `page` is the number in them, if there is one.

    Raises:
        RequestError: a year is none, the first year is after the last, or there is no such view.
    """
    known = {name: value for name, value in parameters.items() if name in ("country", "partner", "from", "to")}
    view, number = parameters.get("view") or "", parameters.get("page") or ""
    if view not in ("", "lanes", "picture"):
        raise RequestError(f"{view[:40]!r} is not a view of a chain; use view=lanes or view=picture.")
    return ChainView(
        filters=read_filters(known),
        page=page if number and number != "all" else None,
        whole=number == "all",
        picture=view == "picture",
    )


def render_chain(
    engine: Engine, target: ChainTarget, chain: Chain, view: ChainView, offered: Sequence[Format]
) -> bytes:
    """Return the page about `chain`, with links to the formats `offered`; `engine` knows which facts are conclusions.

    It is headed by the action that was asked for, which is marked wherever it stands.

    Raises:
        UnknownResource: there are fewer pages.
        EngineError: the engine failed.
    """
    here = requested_step(engine, chain, target.name, target.settings)
    lookup, conclusions = Lookup(chain), conclusions_about(engine, chain, target.settings)
    common: dict[str, Any] = {
        "target": target,
        "chain": chain,
        "here": here,
        "first": next(step for step in chain.steps if step.depth == 0),
        "beginning": beginning(chain),
        "summary": summary(chain),
        "place": lookup.position,
        "before": lookup.before,
        "after": lookup.after,
        "step_of": lookup.steps,
        "mark": conclusions.mark,
        "ag": AG,
        "cited": target.names(chain),
        "citation": target.citation(chain),
        "formats": offered,
        "view": view,
    }
    if len(chain.steps) <= PICTURE_UP_TO:
        facts = {"fields": LINKED, "texts": TEXTS, "changes": partial(_changes, lookup)}
        return _with_picture(chain, here, anchor_of, "", common | facts)
    if view.picture and len(chain.steps) <= LANES_UP_TO:
        table = relative(target.parameters)
        return _with_picture(chain, here, lambda step: f"{table}#n{lookup.position[step.action]}", table, common)
    return _with_lanes(target, chain, here, view, common)


def _with_picture(chain: Chain, here: Step, anchor: Callable[[Step], str], rest: str, common: dict[str, Any]) -> bytes:
    """Return a page with the picture, whose boxes lead to `anchor`; all facts are below it, or at `rest`."""
    asked = None if chain.alone else here.action
    svg = as_svg(chain, anchor, rest=f"{rest}#actions", styled=False, here=asked)
    return render_template(
        "chain.html",
        picture=Markup(svg),  # noqa: S704 - it escapes what it shows
        outline=outline(chain),
        anchor=anchor,
        **common,
    ).encode()


def _with_lanes(target: ChainTarget, chain: Chain, here: Step, view: ChainView, common: dict[str, Any]) -> bytes:
    """Return a page with the table and the lanes beside it; a large chain has its strip above."""
    part, page_of, place = part_of(chain, view, here), page_numbers(chain), common["place"]
    on_page = {step.action for step in part.steps}

    def address(**parameters: str | None) -> str:
        return relative({**target.parameters, **parameters})

    def anchor(step: Step) -> str:
        elsewhere = "" if step.action in on_page else address(page=str(page_of[step.action]))
        return f"{elsewhere}#n{place[step.action]}"

    matching = {step.action for step in part.matching}
    rows = [row for row in lane_rows(chain, matching) if row.step.action in on_page]
    lanes = count_lanes(rows)
    width = lane_width(lanes)
    is_large = len(chain.steps) > LANES_UP_TO
    strip = as_strip(chain, anchor, here=here.action, shown=matching) if is_large else ""
    return render_template(
        "chain_lanes.html",
        part=part,
        rows=[(row, Markup(as_lanes(row, width, here=row.step is here))) for row in rows],  # noqa: S704 - numbers only
        width=lanes * width,
        strip=Markup(strip),  # noqa: S704 - it escapes what it shows
        has_picture=not is_large,
        has_stubs=not all(step.described for step in part.steps),
        countries=choices(step.countries for step in chain.steps),
        partners=choices(step.partners for step in chain.steps),
        year_of=year_of,
        anchor=anchor,
        address=address,
        **common,
    ).encode()


def links_of(target: ChainTarget, chain: Chain, others: Sequence[Format]) -> str:
    """Return the Link field of a chain in any format: what to cite, and the other formats (RFC 8288, Signposting)."""
    cited = target.names(chain)
    links = [f'<{cited}>; rel="cite-as"'] if cited else []
    links += [f'<{target.address(other.suffix)}>; rel="alternate"; type="{other.media_type}"' for other in others]
    return ", ".join(links)


def _changes(chain: Lookup, link: Link) -> list[tuple[str, str, str]]:
    """Return the additions and omissions of the later action of a link: (partners, added, National Fund)."""
    return [
        (field.name.replace("_", " "), how, "; ".join(thing.name for thing in things))
        for field, difference in differences(chain, link).items()
        if difference
        for how, things in (("added", difference.added), ("dropped", difference.dropped))
        if things
    ]
