"""The site that every module of routes is handed: settings, releases, the cache, and the current request."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import quote, urlencode

from flask import Response, g, request
from rdflib import Graph

from actiongraph.catalogue.identifiers import CC_BY, license_of
from actiongraph.catalogue.service_description import service_description
from actiongraph.engine.base import BoundedEngine, Engine, QueryBudget, Reader
from actiongraph.errors import EngineError, LimitError, QueryError
from actiongraph.formats import Format
from actiongraph.release.snapshots import Snapshot, Snapshots
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery
from actiongraph.text import one_line
from actiongraph.web import responses
from actiongraph.web.cache import AnswerCache, Key, Pointer, key_of, request_key
from actiongraph.web.http.access_log import record_of
from actiongraph.web.http.clients import client_of
from actiongraph.web.http.protocol import Operation, Request, read_page, read_version
from actiongraph.web.http.representation import Representation, represent

Write = Callable[[BoundedEngine], bytes | Representation]
"""Writes a page or document; its bytes are read from the snapshot, unless it represents them itself."""
_CHUNK_BYTES = 65_536
_READ_HERE = 4_000
"""Queries of up to this many code points are read within a few milliseconds, whatever is in them."""


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
        return self.snapshots.at(version) if version else self.snapshots.current()

    def request(self) -> Request:
        """Return the parts of the current request that the protocol reads."""
        parameters = request.query_string.decode("latin-1")
        return Request(request.method, parameters, request.headers.get("Content-Type", ""), _read_body)

    def budget(self, timeout_s: float | None = None) -> QueryBudget:
        """Return the budget of a query of the current request, of at most `timeout_s` seconds."""
        client = client_of(request.environ, self.settings.trusted_proxies)
        is_background = "actiongraph.is_background" in request.environ
        budget = QueryBudget(timeout_s, client=client, is_background=is_background)
        gone = request.environ.get("actiongraph.client_gone")
        return replace(budget, gone=gone) if callable(gone) else budget

    def read_query(self, text: str, snapshot: Snapshot, timeout_s: float | None = None) -> CheckedQuery:
        """Return `text` as a query that has passed the guard.

        The longest texts take a second, and reading many of them here would delay every other request, so a worker
        reads them, which has a deadline and a processor of its own. So do those with a fault: to look for others takes
        longer than to read what has none.

        Raises:
            ActiongraphError: the guard refuses it, or no worker could read it in time.
        """
        return replace(self._read_query(text, snapshot.engine, timeout_s), base=self.settings.endpoint)

    def _read_query(self, text: str, engine: Engine, timeout_s: float | None) -> CheckedQuery:
        if not isinstance(engine, Reader):
            return check_query(text, self.settings)
        if len(text) > _READ_HERE:
            return engine.read(text, self.budget(timeout_s))
        try:
            return check_query(text, self.settings, all_faults=False)
        except QueryError as first:
            try:
                return engine.read(text, self.budget(timeout_s))
            except LimitError:  # no worker is free to look for others, and the first is known
                raise first from None

    def recall(self, snapshot: Snapshot, operation: Operation) -> Response | None:
        """Return the cached answer if the same request came before, so that its query need not be read again.

        The query is noted in the record of the request by the beginning of its SHA-256.
        """
        record = record_of(request.environ)
        record.query_digest = hashlib.sha256(operation.query.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if request.method in responses.ASK_BY_ADDRESS and not snapshot.pinned:
            return None  # The middleware has looked already.
        found = self.cache.find(_request_key(snapshot, operation))
        if found is None:
            return None
        _, plain = found
        record.kept = True
        return responses.represented(plain, self.cache.compressed)

    def ask(
        self, run: Callable[[QueryBudget], Representation], key: Key | None, timeout_s: float | None = None
    ) -> Representation:
        """Return the answer that is cached by `key`, or what `run` gives; without a key it is not cached.

        Raises:
            ActiongraphError: whatever keeps the engine from answering.
        """
        record = record_of(request.environ)

        def timed(budget: QueryBudget) -> Representation:
            started = time.perf_counter()
            try:
                return run(budget)
            finally:
                record.query_s = time.perf_counter() - started

        budget = self.budget(timeout_s)
        if key is None:
            return timed(budget)
        answer = self.cache.ask(key, timed, budget)
        record.kept = record.query_s is None
        return answer

    def send(self, snapshot: Snapshot, plain: Representation, key: Key, operation: Operation | None = None) -> Response:
        """Return `plain`, cached by `key`, as a response; the same request leads to it again."""
        by_address = request.method in responses.ASK_BY_ADDRESS
        if operation is not None or (by_address and not snapshot.pinned):
            route = request.url_rule.rule if request.url_rule else ""
            pointer = Pointer(key, route, record_of(request.environ).query_digest)
            self.cache.point(_request_key(snapshot, None if by_address else operation), pointer)
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


def release_parts(snapshot: Snapshot) -> tuple[str | None, str | None]:
    """Return the parts of a key that tell two snapshots apart; a release that is named by its version is immutable."""
    return snapshot.version, "pinned" if snapshot.pinned else None


def _page_key(snapshot: Snapshot, address: str, chosen: Format) -> Key:
    return key_of("page", *release_parts(snapshot), address, chosen.media_type)


def _request_key(snapshot: Snapshot, operation: Operation | None) -> Key:
    """Return the key of the current request: the one that the middleware makes, unless version or body add to it."""
    pinned = ["pinned"] if snapshot.pinned else []
    # The formats are counted, so that a hint at a format cannot pass for the name of a graph.
    body = [str(len(operation.formats)), *operation.formats, *operation.parts()] if operation else []
    return request_key(request.environ, snapshot.version, *pinned, *body)


def _read_body(limit: int) -> bytes | None:
    """Return the body of the request, or None if it is longer than `limit`; if its length says so, it is not read."""
    declared = request.content_length or 0
    body = bytearray()
    while declared <= limit and len(body) <= limit:
        chunk = request.stream.read(_CHUNK_BYTES)
        if not chunk:
            return bytes(body)
        body += chunk
    return None
