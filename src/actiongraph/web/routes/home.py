"""Pages about the endpoint itself, each also for programs: `/`, `/limits`, `/examples` and `/about`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Flask, Response, render_template, request
from markupsafe import Markup

from actiongraph import __version__, formats
from actiongraph.catalogue.identifiers import DUMPS, Identifiers, license_of
from actiongraph.chains.drawing.mini_lane import as_mini_lane
from actiongraph.engine.base import Engine
from actiongraph.engine.pool import sandbox
from actiongraph.errors import NoRelease
from actiongraph.examples import first_examples, load_examples
from actiongraph.formats import Format, Result
from actiongraph.index.chain_index import open_chains
from actiongraph.index.search_index import open_search
from actiongraph.release.page_data import figures_of
from actiongraph.release.snapshots import Snapshot
from actiongraph.release.store import ReleaseStore
from actiongraph.serialization import json_bytes, write_graph
from actiongraph.settings import Settings
from actiongraph.text import counted
from actiongraph.things.release_figures import ReleaseFigures
from actiongraph.vocabulary import CANONICAL_BASE, IRI
from actiongraph.web import responses
from actiongraph.web.catalogue_page import read_document, schema_of
from actiongraph.web.http.addresses import link_of, locate
from actiongraph.web.site import Site
from actiongraph.web.thing_page import described_by

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HOME = (formats.HTML, formats.JSON, *formats.offers(Result.GRAPH))
_ABOUT = (formats.HTML, formats.JSON)
_LIMITS = (formats.PLAIN_TEXT, formats.JSON, formats.HTML)
_EXAMPLES = (formats.JSON, formats.HTML)
_BELIEVED = (
    "A fact that a source states has a source statement with the passage it rests on: where the words stand, and a "
    "quote of at most 80 characters, which stays its owner's; or with the page it was read at, if no text of that was "
    "kept. What has no statement the curators say themselves, such as a summary, or what a country is called.",
    "A conclusion has one as well, with its reason and how sure somebody is, from 0 to 1. So has every follow-up.",
    "What no source says is left out: no date is invented and no country guessed.",
    "What can be computed, such as chains and comparable dates, is computed when a release is built, and is never "
    "entered by hand.",
)
_NAMED = (
    "Everything has an IRI of its own that opens: as a page in a browser, as RDF for a program. An IRI is given "
    "once. What is withdrawn says so and why.",
    "A release never changes. Any query can be sent to one that is still available, with version= and its name.",
)


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the pages about the endpoint."""
    app.add_url_rule("/", "home", partial(_home, site))
    responses.add_document(app, "limits", partial(_limits, site))
    responses.add_document(app, "examples", partial(_examples, site))
    responses.add_document(app, "about", partial(_about, site))


def _home(site: Site) -> Response:
    """Return a summary of this endpoint: its address, its release and its graphs."""
    snapshot, chosen = site.snapshot(), responses.choose(_HOME, site.settings)

    links, write = ", ".join(_home_links(site.settings, snapshot)), partial(_write_home, site, snapshot, chosen)
    # In every format it tells settings too.
    return site.respond(snapshot, "home", chosen, write, link=links, rendered=True)


def _write_home(site: Site, snapshot: Snapshot, chosen: Format, engine: Engine) -> bytes:
    settings = site.settings
    if chosen is formats.JSON:
        summary = {
            "endpoint": str(settings.endpoint),
            "program": __version__,
            "release": snapshot.version,
            "graphs": {str(name): triples for name, triples in snapshot.graphs.items()},
        }
        return json_bytes(summary)
    if chosen is not formats.HTML:
        return write_graph(site.service_description(snapshot), chosen)
    schema = overview = None
    if snapshot.version is not None:
        overview = figures_of(engine, snapshot, settings)
    if snapshot.folder is not None:
        schema = schema_of(read_document(engine, snapshot, settings, in_brief=True), settings)
    pinned = snapshot.version if snapshot.pinned else None
    return render_template(
        "home.html",
        endpoint=settings.endpoint,
        snapshot=snapshot,
        examples=first_examples(settings.base, settings.programme) if snapshot.version else (),
        has_folder=snapshot.folder is not None,
        described=sum(snapshot.graphs.get(name, 0) for name in Identifiers(settings.base).beside),
        schema=schema,
        overview=overview,
        drawings=_drawings(overview, snapshot, settings) if overview else {},
        samples=_samples(snapshot, settings),
        changed=ReleaseStore.holding(snapshot.folder).record(snapshot.version)
        if snapshot.folder and snapshot.version
        else None,
        figures=_figures(overview) if overview else (),
        link=partial(link_of, settings=settings, version=pinned, root=request.script_root),
    ).encode()


def _drawings(overview: ReleaseFigures, snapshot: Snapshot, settings: Settings) -> dict[IRI, Markup]:
    """Return the longest chains as rows of dots, by their IRIs; none without an index of chains."""
    with open_chains(snapshot.chains, settings) as chains:
        found = {
            lane.chain: chains.lane_of(IRI(str(lane.first[0][0].iri)))
            for lane in overview.lanes
            if chains and lane.first
        }
    return {
        chain: Markup(as_mini_lane(each[0].part(0)))  # noqa: S704 - numbers only
        for chain, each in found.items()
        if each
    }


def _samples(snapshot: Snapshot, settings: Settings) -> list[str]:
    """Return a few searches that find something."""
    if snapshot.search is None:
        return []
    with open_search(snapshot.search, settings) as index:
        return index.samples() if index else []


def _figures(overview: ReleaseFigures) -> Iterator[tuple[str, int, str]]:
    """Yield the figures of the home page, each with its label and the page that lists what is counted."""
    yield "Actions", overview.actions, "actions"
    yield "Countries helped", overview.figures["helped"], "countries"
    yield "Countries that sent experts", overview.figures["sending"], "countries"
    yield "Partners", overview.figures["partners"], "partners"
    yield "Chains", overview.figures["chains"], "chains"


def _home_links(settings: Settings, snapshot: Snapshot) -> Iterator[str]:
    """Yield the links of the landing page of the dataset (RFC 8288; RFC 8631, section 4.2; Signposting)."""
    yield f'<{settings.endpoint}>; rel="service-desc"'
    if snapshot.folder is None:
        return
    yield f'<{settings.base}dataset>; rel="cite-as"'
    yield '<https://schema.org/Dataset>; rel="type"'
    if license_ := license_of(settings):
        yield f'<{license_}>; rel="license"'
    yield from described_by(lambda suffix: locate(f"catalog.{suffix}", settings))
    for dump in DUMPS:
        yield f'<{locate(f"dumps/{snapshot.version}/{dump.file}", settings)}>; rel="item"'


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, and whether it is kept here."""

    name: str
    is_kept: bool
    sentence: str


def promises(environ: WSGIEnvironment, *, has_upstream: bool = False) -> tuple[Promise, ...]:
    """Return the guarantees that hold for the request of `environ`, as far as its server and this system tell.

    Of another engine that answers queries none of those are known that are about them.
    """
    is_our_server = callable(environ.get("actiongraph.client_gone"))
    tells = is_our_server or callable(environ.get("waitress.client_disconnected"))
    return (
        Promise(
            "vanished-clients",
            tells and not has_upstream,
            "The query of a client that has disconnected is ended before its deadline.",
        ),
        Promise("unsent-bytes", is_our_server, "Unsent answers are bounded; the slowest reader is cut off."),
        Promise(
            "confinement",
            sandbox.available() is sandbox.Confinement.SECCOMP and not has_upstream,
            "A query cannot open a connection or start a program, whatever fault the engine may have.",
        ),
        Promise(
            "query-memory",
            not has_upstream,
            "The memory of a query is bounded by max_memory_bytes, and quick_s keeps workers free for short queries.",
        ),
    )


def _limits(site: Site) -> Response:
    """Return every limit with its value, unit and reason, and which promises are kept here."""
    chosen, listed = responses.choose(_LIMITS, site.settings), site.settings.limits()
    promised = promises(request.environ, has_upstream=site.endpoint.has_upstream)
    if chosen is formats.HTML:
        return responses.html("limits.html", limits=listed, promises=promised)
    if chosen is formats.JSON:
        fields = ("name", "value", "unit", "reason")
        limits = [{name: getattr(limit, name) for name in fields} for limit in listed]
        return responses.json_document({"limits": limits, "promises": [asdict(promise) for promise in promised]})
    values = ["off" if limit.value is None else f"{limit.value:,} {limit.unit}" for limit in listed]
    lines = [f"{limit.name} = {value}\n    {limit.reason}\n" for limit, value in zip(listed, values, strict=True)]
    states = [f"{promise.name}: {'kept' if promise.is_kept else 'not kept'} here" for promise in promised]
    lines += [f"{state}\n    {promise.sentence}\n" for state, promise in zip(states, promised, strict=True)]
    return responses.text("".join(lines))


def _examples(site: Site) -> Response:
    """Return the example questions with their queries; they are those of the program, whatever the release.

    Raises:
        NoRelease: files are served, which no example asks about.
        UnknownResource: there is no such release.
    """
    settings = site.settings
    if site.snapshot().version is None:
        raise NoRelease(", and the examples ask about a release; ask your own at /sparql.")
    chosen, listed = responses.choose(_EXAMPLES, settings), load_examples(settings.base, settings.programme)
    if chosen is formats.HTML:
        return responses.html("examples.html", examples=listed)
    documents = [
        {
            "name": example.name,
            "question": example.question,
            "query": example.text,
            "run": f"{settings.endpoint}?{urlencode({'query': example.text})}",
        }
        for example in listed
    ]
    return responses.json_document({"examples": documents})


def _about(site: Site) -> Response:
    document = _about_document(site.settings, site.snapshot())
    if responses.choose(_ABOUT, site.settings) is formats.JSON:
        return responses.json_document(document)
    return responses.html("about.html", about=document)


def _about_document(settings: Settings, snapshot: Snapshot) -> dict[str, object]:
    """Return the facts about the release; of files, which may be anybody's, no name and no citation."""
    release, named = snapshot.version, [*_NAMED]
    if settings.base == CANONICAL_BASE:
        named.append(
            f"Names begin with {CANONICAL_BASE}, which is not registered yet, so they open here and not there."
        )
    of_release = [("Why a fact is believed", _BELIEVED), ("Names", named)]
    sections = of_release if release else [("What is served", _of_files(snapshot))]
    return {
        "program": __version__,
        "release": release,
        "title": settings.programme.text("title") if release else None,
        "dataset": f"{settings.base}dataset" if release else None,
        "publisher": str(settings.publisher) if settings.publisher else None,
        "contact": str(settings.contact) if settings.contact else None,
        "license": str(license_of(settings, released=release is not None) or "") or None,
        "rights": (settings.programme.text("rights") or None) if release else None,
        "sections": [{"title": title, "text": list(text)} for title, text in sections],
    }


_MOST_GRAPHS = 20


def _of_files(snapshot: Snapshot) -> Sequence[str]:
    graphs = f"the default graph and {counted(len(snapshot.graphs), 'named graph')}"
    told = [f"The files that this endpoint was started with, in {graphs if snapshot.graphs else 'the default graph'}."]
    if snapshot.files:
        told += [f"{name}: {counted(quads, 'quad')} read." for name, quads in snapshot.files.quads.items()]
        told.append(f"Default graph: {counted(snapshot.files.default, 'triple')}.")
        listed = list(snapshot.graphs.items())
        told += [f"Graph {name}: {counted(triples, 'triple')}." for name, triples in listed[:_MOST_GRAPHS]]
        if len(listed) > _MOST_GRAPHS:
            told.append(f"{counted(len(listed) - _MOST_GRAPHS, 'more graph')}, which /sparql lists.")
        told.append(f"Language tags are in lower case. {snapshot.files.rewritten.sentence()}".rstrip())
    told.append(
        "Nothing was validated. Who made them, and how to use and cite them, this endpoint does not know; what they "
        "say of it themselves can be asked at /sparql."
    )
    return told
