"""The workbench at `/sparql`: an editor in place of the plain field, where its script was made at install time.

`editor/` in the source has the script; it shows what the server wrote, so that a page has one author. The tree beside
it, of examples and of terms, is there without script, too.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Response, render_template, request
from markupsafe import Markup

from actiongraph import formats
from actiongraph.catalogue.schema import read_schema, try_query
from actiongraph.engine.base import Engine
from actiongraph.examples import load_examples
from actiongraph.release.snapshots import Snapshot
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.site import Site

STATIC = "static"
LICENCES = "editor-licences.txt"
_EDITOR = re.compile(r"editor-[0-9a-f]{16}\.js")
_WITH_EDITOR = frozenset({"sparql", "sparql_check"})
"""The endpoints whose pages have the form, and so the editor."""
_POLICY = "; script-src 'self'; connect-src 'self'"


@cache
def find_editor() -> Traversable | None:
    """Return the file with the editor's script, whose name has a hash of its content; None where it was not made."""
    found = (file for file in (files("actiongraph.web") / STATIC).iterdir() if _EDITOR.fullmatch(file.name))
    return min(found, key=lambda file: file.name, default=None)


def allow_script(response: Response) -> Response:
    """Return `response` with leave for our own script if it is a page with the editor."""
    if request.endpoint in _WITH_EDITOR and response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] += _POLICY
    return response


def tree(site: Site, snapshot: Snapshot) -> Markup:
    """Return the tree of examples and of the release's terms, each leading to a query; empty where files are served.

    Raises:
        EngineError: the engine failed.
    """
    settings = site.settings

    def run(engine: Engine) -> Representation:
        classes = read_schema(engine, settings).classes if snapshot.folder else ()
        examples = load_examples(settings.base, settings.programme)
        page = render_template("_tree.html", examples=examples, classes=classes, try_query=try_query)
        return represent(page.encode(), formats.HTML.content_type, snapshot)

    if snapshot.version is None:
        return Markup()
    return Markup(site.read(snapshot, "sparql-tree", formats.HTML, run).body.decode())  # noqa: S704 - our own template
