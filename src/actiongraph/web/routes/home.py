"""The pages about the endpoint itself, each also for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from flask import Flask, Response, render_template, request, url_for

from actiongraph import __version__, formats
from actiongraph.catalogue.identifiers import DUMPS, Identifiers, license_of
from actiongraph.catalogue.service_description import endpoint_of, service_description
from actiongraph.engine.base import QueryBudget
from actiongraph.errors import EngineError, UnknownResource
from actiongraph.examples import Example, load_examples
from actiongraph.formats import Format, Result
from actiongraph.release.snapshots import Snapshot, Snapshots
from actiongraph.serialization import write_graph
from actiongraph.settings import Limit, Settings
from actiongraph.web import responses
from actiongraph.web.desk import page_key
from actiongraph.web.http.addresses import locate
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.promises import promises
from actiongraph.web.routes.catalogue import schema_of
from actiongraph.web.site import Site
from actiongraph.web.thing_data import LINKED

_HOME = (formats.HTML, formats.JSON, *formats.offers(Result.GRAPH))
_LIMITS = (formats.PLAIN_TEXT, formats.JSON, formats.HTML)
_EXAMPLES = (formats.JSON, formats.HTML)
_FIRST = (
    "chains-what-followed-2014-12",
    "chains-how-long-each-chain-is",
    "countries-how-many-actions-each-received",
    "teams-which-countries-sent-experts",
    "partners-which-came-back-for-a-second-action",
    "themes-how-many-actions-of-each-type-of-assistance",
)
"""The examples that a first look is given, in this order."""


_ASK_MORE = {"named_graph", "sparql_check", "well_known", "dataset"}
_ALWAYS = {"home", "about", "sparql", "limits", "health", "metrics", "shapes", "robots"}
_OF_A_RELEASE = {"chains", "examples", "ontology"}
"""What is there whatever is served, and what is there where a release is; all else is where that stands in a store."""


def add_routes(app: Flask, site: Site) -> None:
    """Add the routes to the pages about the endpoint."""

    @app.get("/", endpoint="home")
    def home_page() -> Response:
        return home(site)

    @app.get("/limits", endpoint="limits")
    def limits_page() -> Response:
        return limits(site.settings)

    @app.get("/examples", endpoint="examples")
    def examples_page() -> Response:
        return examples(site)


def home(site: Site) -> Response:
    """Return what this endpoint is, where it answers, and what it holds."""
    snapshot, chosen = site.snapshot(), responses.choose(_HOME, site.settings)
    key = page_key(snapshot, "home", chosen)

    def run(budget: QueryBudget) -> Representation:
        links = ", ".join(_home_links(site.settings, snapshot))
        # It tells settings too, and may look different in another version of the program: so it is not for ever.
        movable = replace(snapshot, pinned=False)
        return represent(_home(site, snapshot, chosen, budget), chosen.content_type, movable, link=links)

    return site.desk.send(snapshot, site.desk.ask(run, key), key)


def _home(site: Site, snapshot: Snapshot, chosen: Format, budget: QueryBudget) -> bytes:
    settings = site.settings
    if chosen is formats.JSON:
        return responses.json_bytes(_summary(settings, snapshot))
    if chosen is not formats.HTML:
        graphs, is_union = snapshot.graphs, snapshot.union_default
        described = service_description(settings, graphs, version=snapshot.version, union_default=is_union)
        return write_graph(described, chosen)
    has_folder = snapshot.folder is not None
    return render_template(
        "home.html",
        endpoint=endpoint_of(settings),
        snapshot=snapshot,
        examples=first_examples(settings, snapshot),
        has_folder=has_folder,
        described=snapshot.graphs.get(Identifiers(settings.base).catalog_graph, 0),
        schema=schema_of(site, snapshot, budget) if has_folder else None,
    ).encode()


def _home_links(settings: Settings, snapshot: Snapshot) -> Iterator[str]:
    """Yield the links of the landing page of the dataset (RFC 8288; RFC 8631, section 4.2; Signposting)."""
    yield f'<{endpoint_of(settings)}>; rel="service-desc"'
    if snapshot.folder is None:
        return
    yield f'<{settings.base}dataset>; rel="cite-as"'
    yield '<https://schema.org/Dataset>; rel="type"'
    if license_ := license_of(settings):
        yield f'<{license_}>; rel="license"'
    for syntax in LINKED:
        yield f'<{locate(f"catalog.{syntax.suffix}", settings)}>; rel="describedby"; type="{syntax.media_type}"'
    for dump in DUMPS:
        yield f'<{locate(f"dumps/{snapshot.version}/{dump.file}", settings)}>; rel="item"'


def limits(settings: Settings) -> Response:
    """Return every limit with its value, unit and reason, and which promises are kept here."""
    chosen, listed, promised = responses.choose(_LIMITS, settings), settings.limits(), promises(request.environ)
    if chosen is formats.HTML:
        return responses.html("limits.html", limits=listed, promises=promised)
    if chosen is formats.JSON:
        fields = ("name", "value", "unit", "reason")
        limits = [{name: getattr(limit, name) for name in fields} for limit in listed]
        return responses.json_document({"limits": limits, "promises": [promise.as_json() for promise in promised]})
    lines = [f"{limit.name} = {_value(limit)}\n    {limit.reason}\n" for limit in listed]
    lines += [
        f"{promise.name}: {'kept' if promise.is_kept else 'not kept'} here\n    {promise.sentence}\n"
        for promise in promised
    ]
    return responses.text("".join(lines))


def _value(limit: Limit) -> str:
    return "off" if limit.value is None else f"{limit.value:,} {limit.unit}"


def examples(site: Site) -> Response:
    """Return the example questions with their queries; they are those of the program, whatever the release.

    Raises:
        UnknownResource: files are served, which no example asks about, or there is no such release.
    """
    settings = site.settings
    if site.snapshot().version is None:
        raise UnknownResource(
            "This endpoint serves files as they stand, and the examples ask about a release; ask your own at /sparql."
        )
    chosen, listed = responses.choose(_EXAMPLES, settings), load_examples(settings.base)
    if chosen is formats.HTML:
        return responses.html("examples.html", examples=listed)
    return responses.json_document({"examples": [_example(settings, example) for example in listed]})


def first_examples(settings: Settings, snapshot: Snapshot) -> list[Example]:
    """Return a few examples for a first look; none where files are served."""
    listed = load_examples(settings.base) if snapshot.version else ()
    return sorted(
        (example for example in listed if example.name in _FIRST), key=lambda example: _FIRST.index(example.name)
    )


def has_release(snapshots: Snapshots) -> bool:
    """Tell whether there is a release to show; not so where files are served, or where nothing can be read."""
    snapshot = _snapshot_of(snapshots)
    return snapshot is not None and snapshot.version is not None


def has_release_folder(snapshots: Snapshots) -> bool:
    """Tell whether there is a release with all that belongs to it: catalogue, dumps, report, feeds."""
    snapshot = _snapshot_of(snapshots)
    return snapshot is not None and snapshot.folder is not None


def _snapshot_of(snapshots: Snapshots) -> Snapshot | None:
    try:
        return snapshots.current()
    except EngineError:
        return None


def addresses(app: Flask, snapshots: Snapshots) -> tuple[str, ...]:
    """Return the addresses that a person or a program may begin with: not one that says nothing without parameters."""
    snapshot = _snapshot_of(snapshots)
    there = _ALWAYS | (_OF_A_RELEASE if snapshot and snapshot.version else set())
    has_folder = has_release_folder(snapshots)
    rules = (rule for rule in app.url_map.iter_rules() if not rule.arguments and rule.endpoint not in _ASK_MORE)
    return tuple(url_for(rule.endpoint) for rule in rules if has_folder or rule.endpoint in there)


def _summary(settings: Settings, snapshot: Snapshot) -> dict[str, object]:
    return {
        "endpoint": str(endpoint_of(settings)),
        "program": __version__,
        "release": snapshot.version,
        "graphs": {str(name): triples for name, triples in snapshot.graphs.items()},
    }


def _example(settings: Settings, example: Example) -> dict[str, str]:
    run = f"{endpoint_of(settings)}?{urlencode({'query': example.text})}"
    return {"name": example.name, "question": example.question, "query": example.text, "run": run}
