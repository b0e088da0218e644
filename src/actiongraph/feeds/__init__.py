"""The feeds that harvesters follow: the event stream, OAI-PMH and the sitemap, each read from the resource history.

A feed is a module here that writes bytes, a route in `web/routes/feeds` that sends them, and a row of `SERVICES` in
`catalogue/identifiers`, from which the catalogue lists it.
"""

from __future__ import annotations

from urllib.parse import quote

_SAFE = "/!$&'()*+,;=:@~"
_OWN_PAGES = ("chain",)
"""Kinds whose pages have routes of their own."""


def page_about(url: str, kind: str, key: str) -> str:
    """Return the address, under `url`, of the page about a thing."""
    name = quote(f"{kind}/{key}", safe=_SAFE)
    return f"{url}{name}" if kind in _OWN_PAGES else f"{url}doc/{name}"
