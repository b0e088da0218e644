"""The formats that chains and the list of chains are written in: one line here for each, whoever asks for it.

A new format of a chain is a module with its `Format` and its writer, and a line in `CHAIN_FORMATS`: pages, addresses,
negotiation, links and the command line go by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from actiongraph import formats
from actiongraph.chains.drawing import as_svg
from actiongraph.chains.formats.csv_table import as_csv
from actiongraph.chains.formats.json_document import as_json_text
from actiongraph.chains.formats.listing import Listing, list_as_csv, list_as_json_text, list_as_text
from actiongraph.chains.formats.mermaid_graphml import GRAPHML, MERMAID, as_graphml, as_mermaid
from actiongraph.chains.formats.plain_text import as_text
from actiongraph.chains.formats.turtle import as_turtle
from actiongraph.chains.model import Chain
from actiongraph.formats import Format


@dataclass(frozen=True, slots=True)
class ChainFormat:
    """A format with its writer; `is_saved` tells whether browsers should save it rather than show it."""

    format: Format
    write: Callable[[Chain], str]
    is_saved: bool = False


CHAIN_FORMATS = (
    ChainFormat(formats.JSON, as_json_text),
    ChainFormat(formats.SVG, as_svg),
    ChainFormat(formats.TURTLE, as_turtle),
    ChainFormat(formats.RESULTS_CSV, as_csv, is_saved=True),
    ChainFormat(MERMAID, as_mermaid),
    ChainFormat(GRAPHML, as_graphml, is_saved=True),
    ChainFormat(formats.PLAIN_TEXT, as_text),
)
"""Every way to write a chain, in the order in which it is offered; programs that say nothing are given the first."""
_RANK_IN_TERMINALS = {formats.PLAIN_TEXT: 0, formats.SVG: 2}
WRITERS: dict[str, Callable[[Chain], str]] = {
    each.format.name: each.write
    for each in sorted(CHAIN_FORMATS, key=lambda each: _RANK_IN_TERMINALS.get(each.format, 1))
}
"""Every way to write a chain, by the name of its format, in the order for a terminal: text first, a picture last."""
LIST_WRITERS: dict[str, Callable[[Listing], str]] = {
    formats.PLAIN_TEXT.name: list_as_text,
    formats.JSON.name: list_as_json_text,
    formats.RESULTS_CSV.name: list_as_csv,
}
"""Every way to write the list of chains, by the name of its format."""
