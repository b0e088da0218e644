"""`/static/`: the stylesheet and the icon, read once, whole in memory."""

from __future__ import annotations

from importlib.resources import files

from flask import Flask, Response
from werkzeug.exceptions import NotFound

from actiongraph.chains.drawing import stylesheet
from actiongraph.web.site import Site

_CONTENT_TYPES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def add_routes(app: Flask, _: Site) -> None:
    """Add the route to the files that pages are shown with; the stylesheet has that of pictures at its end."""
    folder = files("actiongraph.web") / "static"
    loaded = {name: (folder / name).read_bytes() for name in _CONTENT_TYPES}
    loaded["style.css"] += stylesheet().encode()

    @app.get("/static/<filename>")
    def static(filename: str) -> Response:
        if filename not in loaded:
            raise NotFound
        response = Response(loaded[filename], content_type=_CONTENT_TYPES[filename])
        response.headers["Cache-Control"] = "no-cache"
        return response
