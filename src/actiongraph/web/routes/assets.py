"""`/static/`: the stylesheet, the icon and the editor's script, read once, whole in memory."""

from __future__ import annotations

import zlib
from dataclasses import replace
from importlib.resources import files

from flask import Flask, Response
from werkzeug.exceptions import NotFound

from actiongraph.chains.drawing import stylesheet
from actiongraph.publication import GZIP_WINDOW
from actiongraph.web import responses, workbench
from actiongraph.web.http.representation import in_gzip, represent
from actiongraph.web.site import Site

_CONTENT_TYPES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_SCRIPT = "text/javascript; charset=utf-8"
_SMALLEST = 9
"""The level of compression of what is packed once and sent to everybody."""


def add_routes(app: Flask, _: Site) -> None:
    """Add the route to the files that pages are shown with; the stylesheet has that of pictures at its end."""
    folder = files("actiongraph.web") / workbench.STATIC
    loaded = {name: (folder / name).read_bytes() for name in _CONTENT_TYPES}
    loaded["style.css"] += stylesheet().encode()
    types, editor = dict(_CONTENT_TYPES), workbench.find_editor()
    if editor is not None:
        loaded[workbench.LICENCES], types[workbench.LICENCES] = (folder / workbench.LICENCES).read_bytes(), "text/plain"
        script = replace(represent(editor.read_bytes(), _SCRIPT), immutable=True)
        packed = in_gzip(script, zlib.compress(script.body, _SMALLEST, wbits=GZIP_WINDOW))

    @app.get("/static/<filename>")
    def static(filename: str) -> Response:
        if editor is not None and filename == editor.name:
            return responses.represented(script, lambda _: packed)
        if filename not in loaded:
            raise NotFound
        response = Response(loaded[filename], content_type=types[filename])
        response.headers["Cache-Control"] = "no-cache"
        return response
