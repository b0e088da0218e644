"""Routes for harvesters and crawlers: the event stream, OAI-PMH, the sitemap and robots.txt.

What they say depends on the release and on where this deployment is; what happened with a release never changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from flask import Flask, Response, current_app, render_template
from rdflib import SKOS

from actiongraph import formats
from actiongraph.catalogue.identifiers import license_of
from actiongraph.engine.base import Engine
from actiongraph.errors import NotAcceptable, UnknownResource
from actiongraph.feeds import ldes as streams
from actiongraph.feeds import oai, page_about, sitemap
from actiongraph.feeds.ldes import Stream
from actiongraph.feeds.oai import Repository
from actiongraph.formats import HTML, Format
from actiongraph.index.list_kinds import LIST_KINDS
from actiongraph.index.resource_history import ChangeKind, ResourceHistory
from actiongraph.release.previous import with_last_metadata
from actiongraph.release.snapshots import Snapshot, history_at, history_of
from actiongraph.release.store import ReleaseStore
from actiongraph.things.ledger import read_ledgers
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import IRI
from actiongraph.web import responses
from actiongraph.web.http.addresses import page_of
from actiongraph.web.http.conditions import WEAK
from actiongraph.web.http.protocol import read_form
from actiongraph.web.http.representation import Representation, compress, represent
from actiongraph.web.site import Site

_MAIL = re.compile(r"mailto:(\S+@\S+)")
_NO_PAGES = (
    ".well-known/", "dataset", "feeds/", "graph-store", "health", "metrics", "opensearch", "robots.txt",
    "sitemap", "sparql",
)  # fmt: skip
"""How the paths begin that are for programs; all others are pages about the dataset as a whole."""
_FIRST_EVENTS = 20
_CHANGES = {ChangeKind.CREATED: "added", ChangeKind.UPDATED: "changed", ChangeKind.DELETED: "removed"}


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the event stream, OAI-PMH, the sitemap and its pages, and robots.txt."""
    event_page = partial(_page, site)
    app.add_url_rule("/feeds/ldes", "event_stream", partial(_root, site))
    app.add_url_rule("/feeds/oai", "oai_pmh", partial(_harvest, site), methods=["GET", "POST"])
    app.add_url_rule("/feeds/ldes/<version>/<int(min=2, max=999_999_999):page>", "event_page", event_page)
    app.add_url_rule("/feeds/ldes/<version>", "event_page", event_page)

    @app.get("/sitemap.xml")
    def sitemap_index() -> Response:
        return _send(site, "sitemap.xml", lambda things: sitemap.write_index(things, site.url))

    app.add_url_rule("/sitemap-site.xml", "sitemap_site", partial(_sitemap_site, site))

    @app.get("/sitemap-<int(max=999_999_999):page>.xml")
    def sitemap_page(page: int) -> Response:
        return _send(site, f"sitemap-{page}.xml", lambda things: sitemap.write_things(things, site.url, page))

    @app.get("/robots.txt")
    def robots() -> Response:
        chosen = responses.choose((formats.PLAIN_TEXT,), site.settings)
        return responses.answer(sitemap.write_robots(site.url, has_sitemap=site.has_release()), chosen)


def _root(site: Site) -> Response:
    snapshot, chosen = site.snapshots.current(), _choose_syntax(site)

    def is_known(version: str) -> bool:
        """Tell whether its changes are still there: an operator may have deleted what stays of old releases."""
        return snapshot.folder is not None and ReleaseStore.holding(snapshot.folder).history(version) is not None

    def write(_: Engine) -> bytes:
        with history_of(snapshot) as things:
            if chosen is HTML:
                return _about_stream(site, things, is_known)
            return streams.write_root(things, Stream(site.settings.base, site.url), is_known, chosen)

    return site.respond(snapshot, "feeds/ldes", chosen, write, rendered=chosen is HTML)


def _choose_syntax(site: Site) -> Format:
    """Return the format for the root of the stream.

    Raises:
        NotAcceptable: it is one without graphs, or none that is known here.
    """
    try:
        return responses.choose((*streams.OFFERS, HTML), site.settings)
    except NotAcceptable as error:
        offered = error.available
        raise NotAcceptable(f"{streams.NO_GRAPHS}; available: {', '.join(offered)}.", available=offered) from error


def _about_stream(site: Site, things: ResourceHistory, is_known: Callable[[str], bool]) -> bytes:
    """Return the page about the stream: what it is, how long, its releases, and the last things that it tells of."""
    stream, releases = Stream(site.settings.base, site.url), [each for each in things.releases() if each.events]
    newest = next((each.stamp for each in reversed(releases) if is_known(each.stamp.version)), None)
    last = things.events() if newest == things.stamp else []
    return render_template(
        "stream.html",
        address=stream.root,
        syntaxes=streams.OFFERS,
        changes=sum(each.events for each in releases),
        releases=[(each, is_known(each.stamp.version)) for each in reversed(releases)],
        last=[
            (each, _CHANGES[each.change], page_about(site.url, each.kind, each.key)) for each in last[:_FIRST_EVENTS]
        ],
        total=len(last),
        version=things.stamp.version,
    ).encode()


def _page(site: Site, version: str, page: int = 1) -> Response:
    """Return a page of what happened with the release `version`, which may no longer be kept; it never changes.

    Raises:
        UnknownResource: there is no such release, or no such page of it.
    """
    snapshot, chosen = site.snapshots.current(), responses.choose(streams.OFFERS, site.settings)

    def run(_: Engine) -> Representation:
        with history_at(snapshot, version) as things:
            written = streams.write_page(things, Stream(site.settings.base, site.url), page, chosen)
            if written is None:
                raise UnknownResource(f"The release {version} has no page {page} of changes; begin at feeds/ldes.")
            made = represent(written, chosen.content_type)
            return replace(made, modified_at=things.stamp.at, immutable=True)

    return site.respond(snapshot, f"feeds/ldes/{version}/{page}", chosen, run)


def _harvest(site: Site) -> Response:
    """Return the answer to a request of OAI-PMH. It says when it was sent, so its tag is a weak one."""
    newest, chosen = site.snapshots.current(), responses.choose((formats.XML,), site.settings)

    def open_release(version: str | None) -> AbstractContextManager[ResourceHistory]:
        return history_of(newest if version in (None, newest.version) else site.snapshots.at(version))

    pairs = read_form(site.request(), site.settings)
    written = oai.answer(pairs, _repository(site, newest), open_release, datetime.now(UTC))
    undated = represent(oai.without_date(written), chosen.content_type)
    plain = replace(represent(written, chosen.content_type, newest), tag=WEAK + undated.tag)
    return responses.represented(plain, compress)


def _repository(site: Site, newest: Snapshot) -> Repository:
    """Return the repository with the contact and licence of the settings, or else of the release."""
    releases = ReleaseStore.holding(newest.folder) if newest.folder else None
    settings = with_last_metadata(site.settings, releases) if releases else site.settings
    contact = _MAIL.fullmatch((settings.contact.address if settings.contact else None) or "")
    return Repository(
        site.url,
        settings.programme.title_of("repository"),
        contact[1] if contact else None,
        license_of(settings),
        settings.languages,
    )


def _sitemap_site(site: Site) -> Response:
    """Return the page of the sitemap with what is no numbered thing; see `sitemap.write_site`."""
    snapshot, chosen = site.snapshots.current(), responses.choose((formats.XML,), site.settings)

    def write(engine: Engine) -> bytes:
        with history_of(snapshot) as things:
            newest = things.stamp.at
        rules = (rule.rule.removeprefix("/") for rule in current_app.url_map.iter_rules() if not rule.arguments)
        absent = set() if site.has_lists() else {kind.name for kind in LIST_KINDS}
        absent |= set() if snapshot.search else {"search"}
        ledgers = [page_of(each.iri, site.settings) or "" for each in read_ledgers(engine, site.settings)]
        absent |= set() if ledgers else {"ledger"}
        pages = sorted(path for path in rules if not path.startswith(_NO_PAGES) and path not in absent)
        # No list of things has the concepts and the schemes of them.
        rows = QUERIES.ask(engine, "concepts", (SKOS.Concept, SKOS.ConceptScheme), site.settings)
        paths = {page_of(iri, site.settings) or "" for row in rows if isinstance(iri := row["concept"], IRI)}
        concepts = sorted(path for path in paths if path.startswith("doc/concept/"))
        releases = ReleaseStore.holding(snapshot.folder).versions() if snapshot.folder else ()
        listed = [(path, newest) for path in (*pages, *ledgers, *concepts)]
        listed += [
            (f"doc/release/{version}", datetime.strptime(version[:16], "%Y%m%dT%H%M%S%z")) for version in releases
        ]
        return sitemap.write_site(site.url, listed)

    return site.respond(snapshot, "sitemap-site.xml", chosen, write)


def _send(site: Site, name: str, write: Callable[[ResourceHistory], bytes | None]) -> Response:
    """Return a page of the sitemap of the newest release.

    Raises:
        UnknownResource: there is no such page, or no release.
    """
    snapshot, chosen = site.snapshots.current(), responses.choose((formats.XML,), site.settings)

    def write_page(_: Engine) -> bytes:
        with history_of(snapshot) as things:
            written = write(things)
        if written is None:
            raise UnknownResource(f"The sitemap has no page {name}; its pages are listed in sitemap.xml.")
        return written

    return site.respond(snapshot, name, chosen, write_page)
