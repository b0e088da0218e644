"""`/search`: what of the release has some words, for people and for programs; and `/opensearch.xml`, for browsers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from urllib.parse import urlencode

import msgspec
from flask import Flask, Response, render_template

from actiongraph import formats
from actiongraph.engine.base import BoundedEngine
from actiongraph.errors import NoRelease, RequestError, UnknownResource
from actiongraph.index.search_index import A_PAGE, MOST_CHARACTERS, SearchIndex, check_words, open_search
from actiongraph.index.search_results import KINDS, ChainPosition, Hit, SearchResults
from actiongraph.index.term_index import count_references
from actiongraph.iris import key_of
from actiongraph.release.snapshots import Snapshot
from actiongraph.serialization import json_bytes
from actiongraph.settings import Settings
from actiongraph.text import counted, one_line
from actiongraph.web import responses
from actiongraph.web.chain_pages import ChainTarget
from actiongraph.web.http.addresses import locate, page_of
from actiongraph.web.site import Site

_OFFERS = (formats.JSON, formats.HTML)
_PARAMETERS = ("q", "kind", "page", "format", "version")
_SHORT_NAME, _LONG_NAME = 16, 48
"""Characters of names in a description (OpenSearch 1.1, sections 4.2.1 and 4.2.8)."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """The words of a request, the kind that is wanted if it is one, and the page of that, counted from 1."""

    words: str
    kind: str | None
    page: int
    snapshot: Snapshot
    settings: Settings

    @property
    def version(self) -> str | None:
        """The release that links from the answer stay in, if the request names its version."""
        return self.snapshot.version if self.snapshot.pinned else None

    def address(self, words: str | None = None, *, kind: str | None = None, page: int = 1, suffix: str = "") -> str:
        """Return the address of a search for the same or other words, of all kinds or of one, in a format."""
        given = {
            "q": self.words if words is None else words,
            "kind": kind,
            "page": page if page > 1 else None,
            "version": self.version,
        }
        query = urlencode({name: value for name, value in given.items() if value})
        return locate(f"search{suffix and f'.{suffix}'}{query and f'?{query}'}", self.settings)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the search and to its description."""
    responses.add_document(app, "search", partial(_search, site))
    app.add_url_rule("/opensearch.xml", "opensearch", partial(_describe, site))


def _search(site: Site) -> Response:
    chosen, parameters, page = responses.choose(_OFFERS, site.settings), site.parameters(), site.page_number()
    request = _read(parameters, page, site.snapshot(), site.settings)

    def write(engine: BoundedEngine) -> bytes:
        path = request.snapshot.search
        if path is not None:
            with open_search(path, site.settings, engine.budget_left()) as index:
                if index is not None:
                    return _written(index, request, is_page=chosen is formats.HTML)
        raise UnknownResource(
            f"The release {request.snapshot.version} has no search index, for an older program made it; "
            "the release that the next actiongraph build makes will have one."
        )

    address = request.address(kind=request.kind, page=request.page)
    return site.respond(request.snapshot, address, chosen, write, rendered=True)


def _read(parameters: Mapping[str, str], page: int, snapshot: Snapshot, settings: Settings) -> SearchRequest:
    """Return the search that a request makes.

    Raises:
        RequestError: a parameter is none of ours, or makes no sense, or the words are too many.
        NoRelease: files are served.
    """
    _check_release(snapshot)
    if unknown := sorted(parameters.keys() - set(_PARAMETERS)):
        raise RequestError(f"The search has no parameter {unknown[0][:40]!r}; it has {', '.join(_PARAMETERS)}.")
    kind = parameters.get("kind") or None
    if kind is not None and kind not in KINDS:
        raise RequestError(f"{kind[:40]!r} is not a kind of things that is searched; use {', '.join(KINDS)}.")
    if page > 1 and kind is None:
        raise RequestError("Only the hits of one kind have pages; add a kind, such as kind=action.")
    return SearchRequest(one_line(check_words(parameters.get("q", ""))), kind, page, snapshot, settings)


def _check_release(snapshot: Snapshot) -> None:
    if snapshot.folder is None:
        raise NoRelease(", which have no search index; query them at /sparql.")


def _written(index: SearchIndex, request: SearchRequest, *, is_page: bool) -> bytes:
    """Return the results as a page or as JSON; without words, searches that find something.

    Raises:
        UnknownResource: there are fewer pages.
        QueryTimeout, ClientGone: see `open_search`.
    """
    found = index.find(request.words, request.kind, request.page)
    pages = max(1, *(ceil(group.total / A_PAGE) for group in found.groups)) if found.groups and request.kind else 1
    if request.page > pages:
        raise UnknownResource(f"These hits fit on {counted(pages, 'page')}; there is no page {request.page}.")
    results = _addressed(found, request)
    samples = [] if request.words else index.samples()
    if is_page:
        return render_template(
            "search.html", request=request, results=results, samples=samples, pages=pages, kinds=KINDS,
            most_characters=MOST_CHARACTERS,
        ).encode()  # fmt: skip
    document = msgspec.to_builtins(_with_uses(results, request)) | {
        "release": request.snapshot.version,
        "notes": list(results.notes),
    }
    return json_bytes(document | ({} if request.words else {"samples": samples}))


def _addressed(found: SearchResults, request: SearchRequest) -> SearchResults:
    """Return the results with the addresses of pages at this server."""
    return _each_hit(found, lambda hit: _with_address(hit, request))


def _with_uses(results: SearchResults, request: SearchRequest) -> SearchResults:
    """Return the results with the uses of each thing, for editors; the page does not show them.

    Raises:
        StoreError: the term index cannot be read.
    """
    uses = count_references(request.snapshot.terms, *(hit.iri for group in results.groups for hit in group.hits))
    return _each_hit(results, lambda hit: msgspec.structs.replace(hit, uses=uses[hit.iri]))


def _each_hit(results: SearchResults, changed: Callable[[Hit], Hit]) -> SearchResults:
    groups = [msgspec.structs.replace(group, hits=tuple(map(changed, group.hits))) for group in results.groups]
    return msgspec.structs.replace(results, groups=tuple(groups))


def _with_address(hit: Hit, request: SearchRequest) -> Hit:
    path, chain = page_of(hit.iri, request.settings, request.version), hit.chain
    if chain is not None:
        target = ChainTarget(key_of(hit.iri), stated=False, snapshot=request.snapshot, settings=request.settings)
        chain = ChainPosition(chain.position, chain.of, target.address())
    return msgspec.structs.replace(hit, chain=chain, address=locate(path, request.settings) if path else "")


def _describe(site: Site) -> Response:
    """Return the description by which browsers search here (OpenSearch 1.1, draft 6)."""
    chosen, snapshot = responses.choose((formats.OPENSEARCH,), site.settings), site.snapshot()
    _check_release(snapshot)
    title = site.settings.programme.title_of("site")
    short, long = title[:_SHORT_NAME].strip(), title[:_LONG_NAME].strip()

    def write(_: BoundedEngine) -> bytes:
        return render_template("opensearch.xml", title=title, short=short, long=long, url=site.url).encode()

    return site.respond(snapshot, "opensearch.xml", chosen, write, rendered=True)
