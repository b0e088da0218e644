"""The WSGI application: addresses onto what answers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from actiongraph import __version__
from actiongraph.catalogue.service_description import endpoint_of
from actiongraph.errors import ActiongraphError
from actiongraph.release.snapshots import Snapshots
from actiongraph.settings import Settings
from actiongraph.text import counted, unbroken
from actiongraph.vocabulary import AG
from actiongraph.web import assets, problems, responses
from actiongraph.web.cache import Kept
from actiongraph.web.desk import Desk
from actiongraph.web.front import Front
from actiongraph.web.http.access_records import Listener, Observed, record_of
from actiongraph.web.metrics import Gauges, Metrics
from actiongraph.web.routes import (
    about,
    catalogue,
    chains,
    check,
    dumps,
    feeds,
    graphs,
    home,
    releases,
    sitemaps,
    sparql,
    things,
    validation,
    vocabularies,
)
from actiongraph.web.routes.health import Health
from actiongraph.web.site import Site

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


_ROOMS = (
    sparql, check, home, about, graphs, things, chains, vocabularies, validation, releases, catalogue, dumps, feeds,
    sitemaps,
)  # fmt: skip
"""Each has `add_routes(app, site)`, and adds the routes of one subject."""


class _App(Flask):
    """Flask, except that OPTIONS gets 204 and what a browser's preflight asks, and that a log cannot be forged."""

    def make_default_options_response(self) -> Response:
        methods = request.url_rule.methods if request.url_rule else None
        return responses.allow(tuple(methods or ("GET", "HEAD", "OPTIONS")))

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        if exc_info[1] is not None:
            problems.log_fault(exc_info[1])


def create_app(
    settings: Settings, snapshots: Snapshots, gauges: Gauges | None = None, listeners: Sequence[Listener] = ()
) -> Flask:
    """Return the application that answers from `snapshots`, as any WSGI server can run it. Nothing is started.

    Locations are written under `settings.url`, never under what a request calls its host. `gauges` tells the
    figures that only a server knows; each of `listeners`, such as a log, is handed the record of each request.

    Raises:
        SettingsError: `settings.url` is not set.
    """
    prefix = urlsplit(endpoint_of(settings)).path.removesuffix("/sparql")
    app = _App(__name__, static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["unbroken"] = unbroken
    app.jinja_env.globals.update(
        program_version=__version__,
        counted=counted,
        has_release=partial(home.has_release, snapshots),
        has_release_folder=partial(home.has_release_folder, snapshots),
        in_chain=AG.inChain,
    )
    # An address with a slash too many is answered or is unknown; a redirect would name the host that the request names.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    kept = Kept(settings)
    site, figures = Site(settings, snapshots, Desk(settings, kept)), Metrics(snapshots, kept, gauges or Gauges())
    front = _prefixed(Front(app.wsgi_app, snapshots, kept), prefix)
    app.wsgi_app = Observed(front, (figures.observe, *listeners), settings.trusted_proxies)  # type: ignore[method-assign]
    _add_routes(app, site)
    for room in _ROOMS:
        room.add_routes(app, site)
    _add_operation(app, settings, Health(settings, snapshots), figures)
    _add_errors(app, snapshots)
    app.after_request(_note_route)
    app.after_request(responses.finish)
    return app


def _note_route(response: Response) -> Response:
    if request.url_rule is not None:
        record_of(request.environ).route = request.url_rule.rule
    return response


def _add_routes(app: Flask, site: Site) -> None:
    loaded = assets.load_assets()

    @app.get("/static/<filename>")
    def static(filename: str) -> Response:
        return assets.send_asset(loaded, filename)


def _add_operation(app: Flask, settings: Settings, condition: Health, figures: Metrics) -> None:
    @app.get("/health")
    def health() -> Response:
        return condition.respond()

    @app.get("/metrics")
    def metrics() -> Response:
        return figures.respond(settings)


def _add_errors(app: Flask, snapshots: Snapshots) -> None:
    app.register_error_handler(ActiongraphError, problems.on_error)
    app.register_error_handler(HTTPException, problems.on_http_error)
    app.register_error_handler(Exception, problems.on_exception)

    @app.errorhandler(NotFound)
    def unknown_address(_: NotFound) -> Response:
        return problems.on_unknown_address(home.addresses(app, snapshots))


def _prefixed(inner: WSGIApplication, prefix: str) -> WSGIApplication:
    """Return `inner` mounted at the path `prefix` of the url, whether or not a proxy has taken the prefix off."""

    def mounted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(prefix + "/"):
            environ["PATH_INFO"] = path[len(prefix) :]
        environ["SCRIPT_NAME"] = prefix
        return inner(environ, start_response)

    return mounted if prefix else inner
