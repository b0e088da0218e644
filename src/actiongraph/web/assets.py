"""The stylesheet and the icon: read once, whole in memory."""

from __future__ import annotations

from importlib.resources import files

from flask import Response
from werkzeug.exceptions import NotFound

from actiongraph.chains.drawing import stylesheet

_CONTENT_TYPES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def load_assets() -> dict[str, bytes]:
    """Return the files that pages are shown with, by name; the style sheet has that of pictures at its end."""
    folder = files(__package__) / "static"
    read = {name: (folder / name).read_bytes() for name in _CONTENT_TYPES}
    return read | {"style.css": read["style.css"] + stylesheet().encode()}


def send_asset(assets: dict[str, bytes], name: str) -> Response:
    """Return the file called `name`.

    Raises:
        NotFound: there is none.
    """
    if name not in assets:
        raise NotFound
    response = Response(assets[name], content_type=_CONTENT_TYPES[name])
    response.headers["Cache-Control"] = "no-cache"
    return response
