"""The pages about one chain, `/chain/…`: the picture or the lanes, and each action with its facts and evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any
from urllib.parse import quote, urlencode

from flask import render_template, request
from markupsafe import Markup

from actiongraph.chains.drawing import as_svg
from actiongraph.chains.drawing.graph import year_of
from actiongraph.chains.drawing.lanes import as_lanes, count_lanes, lane_rows, lane_width
from actiongraph.chains.drawing.strip import as_strip
from actiongraph.chains.fields import LINKED, TEXTS
from actiongraph.chains.model import Chain, Link, Lookup, Step, differences
from actiongraph.chains.outline import beginning, outline, summary
from actiongraph.chains.summary import Filters
from actiongraph.engine.base import Engine
from actiongraph.errors import RequestError
from actiongraph.formats import Format
from actiongraph.index.chain_index import conclusions_about
from actiongraph.iris import is_web_address
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.things.citation import Citation
from actiongraph.vocabulary import AG, IRI
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


def _read_filters(parameters: Mapping[str, str]) -> Filters:
    """Return the filters in the parameters of an address; what is empty filters nothing.

    Raises:
        RequestError: a year is none, or the first year is after the last.
    """
    filters = Filters(
        country=parameters.get("country") or None,
        partner=parameters.get("partner") or None,
        from_year=_year(parameters, "from"),
        to_year=_year(parameters, "to"),
    )
    if filters.from_year is not None and filters.to_year is not None and filters.from_year > filters.to_year:
        years = f"from={filters.from_year} and to={filters.to_year}"
        raise RequestError(f"There are no years between {years}; 'from' is the first year and 'to' the last.")
    return filters


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
    view, number = parameters.get("view") or "", parameters.get("page") or ""
    if view not in ("", "lanes", "picture"):
        raise RequestError(f"{view[:40]!r} is not a view of a chain; use view=lanes or view=picture.")
    return ChainView(
        filters=_read_filters(parameters),
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
    lookup, index = Lookup(chain), target.snapshot.chains
    conclusions = conclusions_about(chain, engine, index=index, settings=target.settings)
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
        "page_of": cache(target.page_of),
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
