"""The site that every module of routes is handed: settings, releases, the cache, and the current request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

from flask import Response, g, request
from rdflib import Graph

from actiongraph.catalogue.identifiers import CC_BY, license_of
from actiongraph.catalogue.service_description import service_description
from actiongraph.engine.base import BoundedEngine, QueryBudget
from actiongraph.errors import EngineError
from actiongraph.formats import Format
from actiongraph.release.snapshots import Snapshot, Snapshots
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.text import one_line
from actiongraph.web import responses
from actiongraph.web.cache import AnswerCache, Key, Pointer, key_of, request_key
from actiongraph.web.endpoint import Endpoint, release_parts
from actiongraph.web.http.access_log import record_of
from actiongraph.web.http.conditions import ASK_BY_ADDRESS
from actiongraph.web.http.protocol import Request, read_page, read_version
from actiongraph.web.http.representation import Representation, represent

Write = Callable[[BoundedEngine], bytes | Representation]
"""Writes a page or document; its bytes are read from the snapshot, unless it represents them itself."""


class Footing(NamedTuple):
    """The release of a page, with its date, the licence of the data and its name, and where to report an error.

    What is unknown is None, as all of a release is where files are served.
    """

    version: str | None
    date: str | None
    is_pinned: bool
    license: str | None
    license_name: str | None
    report: str | None


def report_address(settings: Settings, version: str | None, about: str, iri: str) -> str | None:
    """Return the address for reporting an error, if a contact is told: of a letter that is begun, or of a web page."""
    address = settings.contact.address if settings.contact else None
    if address is None or not address.startswith("mailto:"):
        return address
    release = f"Release {version}\n" if version else ""
    body = f"{one_line(about)}\n{iri}\n{release}\nWhat is wrong, and how you know:\n"
    return f"{address}?{urlencode({'subject': f'Error: {one_line(about)[:80]}', 'body': body}, quote_via=quote)}"


@dataclass(frozen=True, slots=True)
class Site:
    """One deployment, as the routes see it."""

    settings: Settings
    snapshots: Snapshots
    cache: AnswerCache
    endpoint: Endpoint

    @property
    def url(self) -> str:
        """The address that locations are written under; it ends in a slash."""
        return (self.settings.url or "").rstrip("/") + "/"

    def has_release(self) -> bool:
        """Tell whether there is a release to show; not so where files are served, or where nothing can be read."""
        snapshot = self._current()
        return snapshot is not None and snapshot.version is not None

    def has_release_folder(self) -> bool:
        """Tell whether there is a release with all that belongs to it: catalogue, dumps, report, feeds."""
        snapshot = self._current()
        return snapshot is not None and snapshot.folder is not None

    def has_lists(self) -> bool:
        """Tell whether the release has an index of its lists, which those of older programs do not have."""
        snapshot = self._current()
        return snapshot is not None and snapshot.lists is not None

    def _current(self) -> Snapshot | None:
        """Return the newest snapshot, looked up once for each request: a page asks ten times what there is."""
        if "current" not in g:
            try:
                g.current = self.snapshots.current()
            except EngineError:
                g.current = None
        found: Snapshot | None = g.current
        return found

    def service_description(self, snapshot: Snapshot) -> Graph:
        """Return the description of the endpoint and of the graphs of `snapshot`."""
        return service_description(
            self.settings, snapshot.graphs, version=snapshot.version, union_default=snapshot.union_default
        )

    def parameters(self) -> dict[str, str]:
        """Return the parameters in the address of the current request; the first value of one that is repeated.

        Raises:
            RequestError: they cannot be read.
        """
        return dict(reversed(responses.parameters(self.settings)))

    def page_number(self) -> int:
        """Return the number of the page that the current request wants, counted from 1.

        Raises:
            RequestError: it is no such number.
        """
        return read_page(self.parameters().get("page"))

    def version(self) -> str | None:
        """Return the version that the current request names by `?version=`, whether or not there is such a release.

        Raises:
            RequestError: two are named, or the parameters cannot be read.
        """
        return read_version(responses.parameters(self.settings))

    def snapshot(self) -> Snapshot:
        """Return the snapshot to answer from: the newest, or the release that `?version=` names; see `at`.

        Raises:
            RequestError: two are named, or the parameters cannot be read.
        """
        found = self.at(self.version())
        g.snapshot = found  # for the foot of the page
        return found

    def footing(self) -> Footing:
        """Return the foot of a page, on the release that the request is answered from, or else on the newest."""
        snapshot: Snapshot | None = g.get("snapshot") or self._current()
        version = snapshot.version if snapshot else None
        dated = snapshot.created_at if snapshot else None
        license_ = license_of(self.settings, released=version is not None)
        about = request.path.removeprefix("/")
        return Footing(
            version,
            f"{dated:%Y-%m-%d}" if dated else None,
            bool(snapshot and snapshot.pinned),
            license_,
            "CC BY 4.0" if license_ == CC_BY else None,
            report_address(self.settings, version, f"the page /{about}", self.url + about),
        )

    def at(self, version: str | None) -> Snapshot:
        """Return the release `version`, or the newest if that is None.

        Raises:
            UnknownResource: there never was such a release.
            GoneResource: it is no longer kept.
        """
        return self.endpoint.at(version)

    def request(self) -> Request:
        """Return the parts of the current request that the protocol reads."""
        return Request.of(request.environ)

    def budget(self, timeout_s: float | None = None) -> QueryBudget:
        """Return the budget of a query of the current request, of at most `timeout_s` seconds."""
        return self.endpoint.budget(request.environ, timeout_s)

    def read_query(self, text: str, snapshot: Snapshot, timeout_s: float | None = None) -> CheckedQuery:
        """Return `text` as a query of the current request that has passed the guard; see `Endpoint.read_query`."""
        return self.endpoint.read_query(request.environ, text, snapshot, timeout_s)

    def ask(
        self, run: Callable[[QueryBudget], Representation], key: Key | None, timeout_s: float | None = None
    ) -> Representation:
        """Return the answer to the current request that is cached by `key`, or what `run` gives; see `Endpoint.ask`."""
        return self.endpoint.ask(request.environ, run, key, timeout_s)

    def send(self, snapshot: Snapshot, plain: Representation, key: Key) -> Response:
        """Return `plain`, cached by `key`, as a response; the same request leads to it again."""
        if request.method in ASK_BY_ADDRESS and not snapshot.pinned:
            route = request.url_rule.rule if request.url_rule else ""
            pointer = Pointer(key, route, record_of(request.environ).query_digest)
            self.cache.point(request_key(request.environ, snapshot.version), pointer)
        return responses.represented(plain, self.cache.compressed)

    def respond(
        self,
        snapshot: Snapshot,
        address: str,
        chosen: Format,
        write: Write,
        *,
        link: str | None = None,
        rendered: bool = False,
    ) -> Response:
        """Return the page or document at `address`, with its parameters, in one format: from the cache, or by `write`.

        `link` and `rendered` are as for `represent`.

        Raises:
            ActiongraphError: whatever `write` raises.
        """

        def run(engine: BoundedEngine) -> Representation:
            written = write(engine)
            if isinstance(written, Representation):
                return written
            return represent(written, chosen.content_type, snapshot, link=link, rendered=rendered)

        plain = self.read(snapshot, address, chosen, run)
        return self.send(snapshot, plain, _page_key(snapshot, address, chosen))

    def read(
        self, snapshot: Snapshot, address: str, chosen: Format, run: Callable[[BoundedEngine], Representation]
    ) -> Representation:
        """Return the representation that is cached for `address`, or what `run` gives; see `respond`.

        All queries behind it together have one deadline.

        Raises:
            ActiongraphError: whatever `run` raises.
        """

        def bounded(budget: QueryBudget) -> Representation:
            return run(BoundedEngine(snapshot.engine, budget, self.settings.timeout_s))

        return self.ask(bounded, _page_key(snapshot, address, chosen))


def _page_key(snapshot: Snapshot, address: str, chosen: Format) -> Key:
    return key_of("page", *release_parts(snapshot), address, chosen.media_type)
