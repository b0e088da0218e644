"""The whole catalogue in the RDF syntaxes, written once for any server: its address is put in when it is served.

The engine's library writes some thousand triples in a tenth of the time that rdflib takes.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from xml.sax.saxutils import escape

from rdflib import Graph

from actiongraph import formats
from actiongraph.catalogue.contents import locate_parts
from actiongraph.engine.oxigraph import TripleWriter
from actiongraph.formats import Format
from actiongraph.settings import Settings

_ANYWHERE = "https://catalogue-of-this.invalid/"
"""The address of the server while it is not known: `.invalid` never is one (RFC 2606)."""
_SAME_AS = MappingProxyType({formats.TRIG: formats.TURTLE, formats.N_QUADS: formats.N_TRIPLES})
"""A document of triples is one of quads whose triples are in the default graph (TriG, 2.1; N-Quads, 2.1)."""
SYNTAXES = (formats.TURTLE, formats.N_TRIPLES, formats.RDF_XML, formats.JSON_LD)
"""Those that have a document of their own; see `document_syntax`."""


def document_syntax(syntax: Format) -> Format:
    """Return the one of `SYNTAXES` whose document is one in `syntax` as well."""
    return _SAME_AS.get(syntax, syntax)


class UnlocatedCatalogue:
    """The catalogue with addresses that `put_at` completes, to be written in `SYNTAXES`."""

    def __init__(self, stored: Graph, settings: Settings) -> None:
        """Take the catalogue as it is stored, and add the addresses to it."""
        locate_parts(stored, replace(settings, url=_ANYWHERE))
        self._writer = TripleWriter(stored)

    def write(self, syntax: Format) -> str:
        """Return the document in one of `SYNTAXES`.

        Raises:
            NotAcceptable: the catalogue has a character that RDF/XML cannot hold.
        """
        return self._writer.write(syntax).decode()


def put_at(document: str, syntax: Format, settings: Settings) -> bytes:
    """Return what `UnlocatedCatalogue.write` wrote with addresses under `settings.url`.

    Raises:
        SettingsError: `url` is not set.
    """
    home = settings.endpoint.removesuffix("sparql")
    return document.replace(_ANYWHERE, escape(home) if syntax is formats.RDF_XML else home).encode()
