"""`/about`: what this graph is, why its facts are believed, and how its names work; for people, and as JSON."""

from __future__ import annotations

from flask import Flask, Response

from actiongraph import __version__, formats
from actiongraph.catalogue.identifiers import license_of
from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE
from actiongraph.web import responses
from actiongraph.web.site import Site

_OFFERS = (formats.HTML, formats.JSON)
_BELIEVED = (
    "A fact without a source statement is stated: words of the source say it.",
    "A conclusion has a source statement: its basis, its reason, how sure somebody is (0 to 1), and the passage it "
    "rests on, with a quote of at most 80 characters. So has every follow-up.",
    "What no source says is absent: there are no invented dates and no guessed countries.",
    "What can be computed, such as chains and comparable dates, is computed when a release is built, and is never "
    "entered by hand.",
)
_NAMED = (
    "Everything has a name of its own, which opens: as a page in a browser, as RDF for a program. A name is given "
    "once. What is withdrawn says so and why.",
    "A release never changes. Any question can be asked of one that is still kept, with version= and its name.",
)


def add_routes(app: Flask, site: Site) -> None:
    """Add the route to the page about the graph."""

    @app.get("/about", endpoint="about")
    def about() -> Response:
        told = _told(site.settings, site.snapshot().version)
        if responses.choose(_OFFERS, site.settings) is formats.JSON:
            return responses.json_document(told)
        return responses.html("about.html", told=told)


def _told(settings: Settings, release: str | None) -> dict[str, object]:
    named = [*_NAMED]
    if settings.base == CANONICAL_BASE:
        named.append(f"Names begin with {CANONICAL_BASE}, which is not registered yet: they open here, and not there.")
    sections = [("Why a fact is believed", _BELIEVED), ("Names", named)] if release else []
    return {
        "program": __version__,
        "release": release,
        "dataset": f"{settings.base}dataset",
        "publisher": str(settings.publisher) if settings.publisher else None,
        "contact": str(settings.contact) if settings.contact else None,
        "license": str(license_of(settings, released=release is not None) or "") or None,
        "sections": [{"title": title, "text": list(text)} for title, text in sections],
    }
