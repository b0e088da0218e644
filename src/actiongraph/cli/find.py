"""`actiongraph find`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import click
import msgspec

from actiongraph.cli.options import GivenOptions, release_options
from actiongraph.cli.query import open_snapshot
from actiongraph.errors import EndpointError, UnknownResource
from actiongraph.formats import JSON
from actiongraph.index.search_index import check_words, open_search
from actiongraph.index.search_results import KINDS, Hit, MarkedText, SearchResults
from actiongraph.iris import key_of
from actiongraph.mirror.source import Source
from actiongraph.settings import Settings
from actiongraph.text import UNSAFE, one_line

_MOST_BYTES = 4 * 1024**2
"""Fifty hits take some tens of kilobytes."""


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--endpoint", metavar="URL", help="Search this endpoint instead of the release.")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only things of this kind, and more of them.")
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True)
@release_options
def find(
    words: tuple[str, ...], endpoint: str | None, kind: str | None, format_name: str, options: GivenOptions
) -> None:
    """Find actions, partners, countries, themes, places and terms by words, names, abbreviations or numbers.

    Accents, capitals and small typing errors do not matter; countries are found in five languages.
    """
    sought = check_words(" ".join(words))
    found = _find_at(endpoint, sought, kind) if endpoint else _find(sought, kind, options.settings())
    if format_name == "json":
        click.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(found)))


def _find(words: str, kind: str | None, settings: Settings) -> SearchResults:
    snapshot = open_snapshot(settings, None)
    if snapshot.search is not None:
        with open_search(snapshot.search, settings) as index:
            if index is not None:
                return index.find(words, kind)
    raise UnknownResource(f"The release {snapshot.version} has no search index; run actiongraph build to make one.")


def _find_at(endpoint: str, words: str, kind: str | None) -> SearchResults:
    """Return the results of the server whose endpoint, or whose home, is at this address.

    Raises:
        SettingsError: it is no address of a server.
        EndpointError: it does not answer, or not with results of a search.
    """
    server = Source(endpoint.removesuffix("/").removesuffix("/sparql"))
    given = {"q": words, "kind": kind}
    query = urlencode({name: value for name, value in given.items() if value})
    address = f"{server.url}search.json?{query}"
    try:
        return msgspec.json.decode(server.read(address, JSON.media_type, _MOST_BYTES), type=SearchResults)
    except msgspec.DecodeError as error:
        raise EndpointError(
            f"{address} answered with something else than results of a search ({error}); check the address."
        ) from error


def _lines(found: SearchResults) -> Iterator[str]:
    if found.did_you_mean:
        yield f"Nothing is spelled so; this is for {_safe(found.did_you_mean)}."
    yield from map(_safe, found.notes)
    if not found.groups:
        yield f"Nothing matches {_safe(found.query)}."
    for group in found.groups:
        yield f"{KINDS.get(group.kind, _safe(group.kind))} ({group.count})"
        for hit in group.hits:
            yield from (f"  {line}" for line in _hit_lines(hit))


def _hit_lines(hit: Hit) -> Iterator[str]:
    yield _marked(hit.title)
    told = [str(hit.year)] if hit.year else []
    told += [", ".join(map(_safe, hit.countries))] if hit.countries else []
    told += [f"{hit.chain.position:,} of {hit.chain.of:,} in a chain"] if hit.chain else []
    yield f"  {' · '.join([*told, _safe(key_of(hit.iri))])}"
    yield from (f"  {_safe(match.field)}: {_marked(match.text)}" for match in hit.matches)


def _marked(text: MarkedText) -> str:
    """Return a text with its matches in bold, which a file or pipe is not given."""
    pieces = ((UNSAFE.sub(" ", piece), is_match) for piece, is_match in text.pieces)
    return "".join(click.style(piece, bold=True) if is_match else piece for piece, is_match in pieces)


def _safe(text: str) -> str:
    return one_line(text)
