"""The sitemap: the addresses of the pages, and when each changed, for crawlers.

A page of it holds things with consecutive numbers, so a thing never moves to another page, and only the dates of
pages on which something changed are new. All stand at the top, for a sitemap may only list what is below it.

Source: https://www.sitemaps.org/protocol.html; robots.txt: RFC 9309.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from actiongraph.feeds import page_about
from actiongraph.index.list_kinds import LIST_KINDS
from actiongraph.index.resource_history import ResourceHistory

_CHOSEN_FROM = tuple(f"{kind.name}?" for kind in LIST_KINDS)
"""Lists with filters: there are more ways to choose than a robot can try, and what is listed is in the sitemap."""
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def write_index(history: ResourceHistory, url: str) -> bytes:
    """Return the index of the sitemap of the server at `url`."""
    newest = history.stamp.at
    pages = [(f"{url}sitemap-{page.number}.xml", page.changed_at) for page in history.pages()]
    return _document("sitemapindex", "sitemap", [(f"{url}sitemap-site.xml", newest), *pages])


def write_site(url: str, listed: Iterable[tuple[str, datetime]]) -> bytes:
    """Return the page of the sitemap of all that is no numbered thing; `listed` are paths with their last change.

    These are the pages about the dataset as a whole, about its releases and about the concepts of the vocabulary.
    """
    return _document("urlset", "url", [(url + path, changed) for path, changed in listed])


def write_things(history: ResourceHistory, url: str, page: int) -> bytes | None:
    """Return a page of the sitemap with the pages about things, or None if there is no such page."""
    listed = [(page_about(url, kind, key), changed) for kind, key, changed in history.listed(page)]
    return _document("urlset", "url", listed) if listed else None


def write_robots(url: str, *, has_sitemap: bool) -> bytes:
    """Return robots.txt: it keeps robots from what costs a query or is a copy, and names the sitemap.

    Whole graphs and the feeds are there to be fetched.
    """
    path = urlsplit(url).path
    costly = (
        "search?",
        "sparql?query=",
        "sparql/check",
        "sparql/why",
        "graph-store",
        "*?version=",
        "*&version=",
        *_CHOSEN_FROM,
    )
    lines = ["User-agent: *", *(f"Disallow: {path}{each}" for each in costly)]
    return "\n".join([*lines, *(["", f"Sitemap: {url}sitemap.xml"] if has_sitemap else []), ""]).encode()


def _document(root: str, item: str, listed: Iterable[tuple[str, datetime]]) -> bytes:
    # Written as text: thousands of elements as objects would take ten times as long.
    entries = (
        f"<{item}><loc>{escape(address)}</loc><lastmod>{changed:%Y-%m-%dT%H:%M:%SZ}</lastmod></{item}>\n"
        for address, changed in listed
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    return f"{head}{''.join(entries)}</{root}>\n".encode()
