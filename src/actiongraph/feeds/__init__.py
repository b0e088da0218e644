"""The feeds that harvesters follow: the event stream, OAI-PMH and the sitemap, each read from the resource history.

A feed is a module here that writes bytes, a route in `web/routes/feeds` that sends them, and a row of `SERVICES` in
`catalogue/identifiers`, from which the catalogue lists it.
"""

from __future__ import annotations

from actiongraph.iris import quote_path

_OWN_PAGES = ("chain/",)
"""Kinds whose pages have routes of their own."""


def page_path(name: str) -> str:
    """Return the path, below the url, of the page about the thing called `name`, such as `action/2014-12`."""
    return quote_path(name if name.startswith(_OWN_PAGES) else f"doc/{name}")


def page_about(url: str, kind: str, key: str) -> str:
    """Return the address, under `url`, of the page about a thing."""
    return url + page_path(f"{kind}/{key}")
