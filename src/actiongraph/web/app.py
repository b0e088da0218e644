"""The WSGI application: addresses onto what answers them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from actiongraph import __version__
from actiongraph.describe.service import endpoint_of
from actiongraph.engine.base import Library
from actiongraph.errors import ActiongraphError
from actiongraph.settings import Settings
from actiongraph.web import answers, assets, endpoint, pages, problems

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _App(Flask):
    """Flask, except that OPTIONS gets 204 and what a browser's preflight asks, and that a log cannot be forged."""

    def make_default_options_response(self) -> Response:
        methods = request.url_rule.methods if request.url_rule else None
        return answers.allow(tuple(methods or ("GET", "HEAD", "OPTIONS")))

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        if exc_info[1] is not None:
            problems.log_fault(exc_info[1])


def create_app(settings: Settings, library: Library) -> Flask:
    """Return the application that answers from `library`, as any WSGI server can run it. Nothing is started.

    Locations are written under `settings.url`, never under what a request calls its host.

    Raises:
        SettingsError: `settings.url` is not set.
    """
    prefix = urlsplit(endpoint_of(settings)).path.removesuffix("/sparql")
    app = _App(__name__, static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(program_version=__version__, has_release=partial(pages.has_release, library))
    # An address with a slash too many is answered or is unknown; a redirect would name the host that the request names.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    app.wsgi_app = _prefixed(app.wsgi_app, prefix)  # type: ignore[method-assign, assignment]
    _add_routes(app, settings, library)
    _add_errors(app, library)
    app.after_request(answers.add_headers)
    return app


def _add_routes(app: Flask, settings: Settings, library: Library) -> None:
    loaded = assets.load_assets()

    @app.route("/sparql", methods=["GET", "POST"])
    def sparql() -> Response:
        return endpoint.answer_request(settings, library)

    @app.get("/")
    def home() -> Response:
        return pages.home(settings, library)

    @app.get("/health")
    def health() -> Response:
        return pages.health(settings, library)

    @app.get("/limits")
    def limits() -> Response:
        return pages.limits(settings)

    @app.get("/static/<filename>")
    def static(filename: str) -> Response:
        return assets.send_asset(loaded, filename)

    @app.get("/examples")
    def examples() -> Response:
        return pages.examples(settings, library)


def _add_errors(app: Flask, library: Library) -> None:
    app.register_error_handler(ActiongraphError, problems.on_error)
    app.register_error_handler(HTTPException, problems.on_http_error)
    app.register_error_handler(Exception, problems.on_exception)

    @app.errorhandler(NotFound)
    def unknown_address(_: NotFound) -> Response:
        return problems.on_unknown_address(pages.addresses(app, library))


def _prefixed(inner: WSGIApplication, prefix: str) -> WSGIApplication:
    """Return `inner` mounted at the path `prefix` of the url, whether or not a proxy has taken the prefix off."""

    def mounted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(prefix + "/"):
            environ["PATH_INFO"] = path[len(prefix) :]
        environ["SCRIPT_NAME"] = prefix
        return inner(environ, start_response)

    return mounted if prefix else inner
