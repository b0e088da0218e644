"""The WSGI application: addresses onto what answers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, NotFound

from actiongraph import __version__
from actiongraph.errors import ActiongraphError
from actiongraph.index.list_kinds import LIST_KINDS
from actiongraph.release.snapshots import Snapshots
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings
from actiongraph.text import counted, drift_note, grouped, isolated, name_element, ordinal, unbroken, visible
from actiongraph.vocabulary import AG
from actiongraph.web import problems, responses, workbench
from actiongraph.web.cache import AnswerCache, CacheMiddleware
from actiongraph.web.endpoint import Endpoint, EndpointMiddleware
from actiongraph.web.http.access_log import Observer, RecordingMiddleware, record_of
from actiongraph.web.http.addresses import LONGEST_LINK
from actiongraph.web.http.proxy_cache import ProxyCacheMiddleware
from actiongraph.web.routes import (
    assets,
    catalogue,
    chains,
    dataset,
    explanation,
    feeds,
    graphs,
    home,
    ledgers,
    lists,
    monitoring,
    releases,
    search,
    sparql,
    things,
    validation,
    vocabularies,
)
from actiongraph.web.routes.monitoring import Gauges, Metrics
from actiongraph.web.site import Site

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


_ROUTES = (
    assets.add_routes, sparql.add_routes, explanation.add_routes, home.add_routes, search.add_routes, graphs.add_routes,
    things.add_routes, lists.add_routes, chains.add_routes, vocabularies.add_routes, validation.add_routes,
    ledgers.add_routes, releases.add_routes, catalogue.add_routes, dataset.add_routes, releases.add_routes_to_files,
    feeds.add_routes,
)  # fmt: skip
"""Each adds the routes of one subject. The answer to an unknown address lists those that there are in this order."""
_ASK_MORE = {"named_graph", "sparql_check", "sparql_why", "well_known", "dataset"}
_ALWAYS = {"home", "about", "sparql", "limits", "health", "metrics", "robots"}
_OF_A_RELEASE = {"chains", "examples", "ontology", "shapes"}
"""Endpoints that are there whatever is served, and those that need a release; all others need one in a store."""


class _App(Flask):
    """Flask, except that OPTIONS gets 204 and what a browser's preflight asks, and that a log cannot be forged."""

    def make_default_options_response(self) -> Response:
        methods = request.url_rule.methods if request.url_rule else None
        return responses.allow(tuple(methods or ("GET", "HEAD", "OPTIONS")))

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        if exc_info[1] is not None:
            problems.log_fault(exc_info[1])


def create_app(
    settings: Settings,
    snapshots: Snapshots,
    gauges: Gauges | None = None,
    observers: Sequence[Observer] = (),
    upstream: UpstreamSnapshots | None = None,
) -> Flask:
    """Return the application that answers from `snapshots`, as any WSGI server can run it. Nothing is started.

    Locations are written under `settings.url`, never under what a request calls its host. `gauges` gives the
    figures that only a server knows; each of `observers`, such as a log, is handed the record of each request. With
    `upstream`, queries are answered from that, and all else from `snapshots`.

    Raises:
        SettingsError: `settings.url` is not set.
    """
    prefix = urlsplit(settings.endpoint).path.removesuffix("/sparql")
    app, cache = _App(__name__, static_folder=None), AnswerCache(settings)
    endpoint = Endpoint(settings, snapshots, cache, upstream)
    site, metrics = Site(settings, snapshots, cache, endpoint), Metrics(snapshots, cache, gauges or Gauges())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    filters = (grouped, isolated, name_element, ordinal, unbroken, visible)
    app.jinja_env.filters.update({each.__name__: each for each in filters})
    app.jinja_env.globals.update(
        program_version=__version__,
        programme=settings.programme,
        site_name=settings.programme.title_of("site"),
        in_language=_in_language,
        current_page=_current_page,
        footing=site.footing,
        counted=counted,
        drift_note=drift_note,
        has_release=site.has_release,
        has_release_folder=site.has_release_folder,
        has_lists=site.has_lists,
        in_chain=AG.inChain,
        longest_link=LONGEST_LINK,
        editor=(editor := workbench.find_editor()) and editor.name,
    )
    # An address with a slash too many is answered or is unknown; a redirect would name the host that the request names.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    front = _prefixed(CacheMiddleware(EndpointMiddleware(app.wsgi_app, endpoint), snapshots, cache, upstream), prefix)
    if settings.proxy_cache_s is not None:
        front = ProxyCacheMiddleware(front, settings.proxy_cache_s)
    app.wsgi_app = RecordingMiddleware(front, (metrics.observe, *observers), settings.trusted_proxies)  # type: ignore[method-assign]
    for add_routes in _ROUTES:
        add_routes(app, site)
    monitoring.add_routes(app, site, metrics)
    app.register_error_handler(ActiongraphError, problems.on_error)
    app.register_error_handler(HTTPException, problems.on_http_error)
    app.register_error_handler(Exception, problems.on_exception)
    app.register_error_handler(NotFound, lambda _: problems.on_unknown_address(_addresses(app, site)))
    app.after_request(_note_route)
    if editor is not None:  # after `finish`: Flask begins with what was added last
        app.after_request(workbench.allow_script)
    app.after_request(responses.finish)
    return app


def _in_language(tag: str) -> Markup:
    """Return the attribute of an element whose text is in a language that is not that of the page."""
    return Markup(' lang="{}"').format(tag) if tag != "en" else Markup()


def _current_page(endpoint: str) -> Markup:
    """Return the attribute of a link to the page that was asked for."""
    asked = (request.endpoint or "").removesuffix("_as")
    return Markup(' aria-current="page"') if asked == endpoint else Markup()


def _note_route(response: Response) -> Response:
    if request.url_rule is not None:
        record_of(request.environ).route = request.url_rule.rule
    return response


def _addresses(app: Flask, site: Site) -> tuple[str, ...]:
    """Return the addresses that a person or a program may begin with: not one that says nothing without parameters."""
    there, has_folder = _ALWAYS | (_OF_A_RELEASE if site.has_release() else set()), site.has_release_folder()
    left_out = _ASK_MORE if site.has_lists() else _ASK_MORE | {kind.name for kind in LIST_KINDS}
    rules = (rule for rule in app.url_map.iter_rules() if not rule.arguments and rule.endpoint not in left_out)
    return tuple(url_for(rule.endpoint) for rule in rules if has_folder or rule.endpoint in there)


def _prefixed(inner: WSGIApplication, prefix: str) -> WSGIApplication:
    """Return `inner` mounted at the path `prefix` of the url, whether or not a proxy has taken the prefix off."""

    def mounted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(prefix + "/"):
            environ["PATH_INFO"] = path[len(prefix) :]
        environ["SCRIPT_NAME"] = prefix
        return inner(environ, start_response)

    return mounted if prefix else inner
