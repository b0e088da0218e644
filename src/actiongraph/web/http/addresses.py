"""IRIs ⇄ the addresses at which this server says something of what they name.

Things are named under the base, and the vocabulary under an address of its own; pages and data are located under the
url. So a link of a page leads to this server, whatever the base is.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from actiongraph.feeds import page_path
from actiongraph.iris import is_iri, is_web_address, quote_path
from actiongraph.settings import Settings
from actiongraph.vocabulary import CANONICAL_BASE, IRI

LONGEST_LINK = 4_000
"""Addresses that are longer are cut by some mail programs and refused by some proxies."""
_NAME = re.compile(r"[^/]+(/[^/]+)+")
_OWN_ADDRESSES = ("ontology", "shapes")
"""Hash vocabularies: one document each."""


def iri_of(name: str, settings: Settings) -> IRI | None:
    """Return the IRI that `/doc/{name}` and `/data/{name}` are about, or None if nothing can have such a name.

    `action/2014-12` is a thing under the base, `release/…` a release, `concept/…` a concept of the vocabulary; for one
    of the programme's own see `own_concept`.
    """
    if not _NAME.fullmatch(name):
        return None
    under = {"concept": CANONICAL_BASE, "release": settings.base}.get(name.partition("/")[0], f"{settings.base}id/")
    return IRI(under + name) if is_iri(under + name) else None


def own_concept(name: str, settings: Settings) -> IRI | None:
    """Return the IRI of the programme's own concept called `name`, such as `concept/theme/wells`, if there is one.

    None where nothing can be one, or where it would be no other than that of the vocabulary.
    """
    iri = settings.base + name
    return IRI(iri) if name.startswith("concept/") and settings.base != CANONICAL_BASE and is_iri(iri) else None


def name_of(iri: str, settings: Settings) -> str | None:
    """Return the name under `/doc/` and `/data/` of the thing, release or concept `iri`, or None if it has none."""
    whole = str(iri).partition("#")[0]
    for start, kept in (
        (f"{settings.base}id/", ""),
        (f"{settings.base}release/", "release/"),
        (f"{settings.base}concept/", "concept/"),
    ):
        if whole.startswith(start):
            return kept + whole.removeprefix(start)
    rest = whole.removeprefix(f"{CANONICAL_BASE}concept/")
    return f"concept/{rest}" if rest != whole else None


def page_of(iri: str, settings: Settings, version: str | None = None) -> str | None:
    """Return the path below the url that a page links `iri` to, or None if this server says nothing of it.

    A link from a page of a pinned release stays in that release.
    """
    whole, mark, fragment = str(iri).partition("#")
    path = _path_of(whole, settings)
    if path is None:
        return None
    pinned = f"?{urlencode({'version': version})}" if version and not path.startswith("doc/release/") else ""
    return path + pinned + (mark + quote_path(fragment) if fragment else "")


def _path_of(whole: str, settings: Settings) -> str | None:
    if name := name_of(whole, settings):
        return page_path(name)
    if whole in {f"{settings.base}dataset", f"{settings.base}catalog"}:
        return "catalog"
    if whole.startswith((f"{settings.base}graph/", f"{settings.base}ledger/", f"{settings.base}.well-known/")):
        return quote_path(whole.removeprefix(settings.base))
    rest = whole.removeprefix(CANONICAL_BASE)
    return rest if rest in _OWN_ADDRESSES else "" if whole == settings.base else None


def link_of(iri: object, settings: Settings, version: str | None = None, *, root: str) -> str:
    """Return the address that a page links a term to: the page of a thing of ours below `root`, else a web IRI itself.

    All else leads nowhere, which is the empty string.
    """
    if not isinstance(iri, IRI):
        return ""
    path = page_of(iri, settings, version)
    if path is not None:
        return f"{root}/{path}"
    return str(iri) if is_web_address(iri) else ""


def locate(path: str, settings: Settings) -> str:
    """Return the absolute address of `path`, which is below the url."""
    return (settings.url or "").rstrip("/") + "/" + path.lstrip("/")


def data_of(name: str, suffix: str = "", **parameters: str | None) -> str:
    """Return the path, below the url, of the data about the thing called `name`, in the syntax with this suffix."""
    given = {key: value for key, value in parameters.items() if value is not None}
    return f"data/{quote_path(name)}{f'.{suffix}' if suffix else ''}{f'?{urlencode(given)}' if given else ''}"
