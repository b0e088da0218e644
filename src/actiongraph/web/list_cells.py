"""Cells and facets of a list as HTML: a page has some hundred, which would take its template several times as long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from markupsafe import Markup, escape

from actiongraph.chains.model import Named, Text
from actiongraph.index.list_index import ListRow
from actiongraph.text import grouped, name_element
from actiongraph.vocabulary import IRI


class ListCells:
    """Writes the cells of one page; what it has written of a thing is written again, for most are there many times."""

    def __init__(self, link: Callable[[IRI], str]) -> None:
        """`link` gives the address of the page about a thing, or nothing if there is none."""
        self._link = link
        self._written = cache(self.thing)

    def thing(self, named: Named | ListRow) -> Markup:
        """Return the name of a thing, which leads to its page if it has one."""
        address = self._link(named.iri) if named.iri else ""
        name = name_element(named.name)
        return Markup(f'<a href="{escape(address)}">{name}</a>') if address else name  # noqa: S704 - all is escaped

    def things(self, listed: Sequence[Named], most: int = 3, missing: str = "") -> Markup:
        """Return a cell with the first `most` of the things `listed`, and how many more there are."""
        values = "".join([f'<div class="value">{self._written(each)}</div>' for each in listed[:most]])
        rest = f"<small>and {grouped(len(listed) - most)} more</small>" if len(listed) > most else ""
        return Markup(f"<td>{values or escape(missing)}{rest}</td>")  # noqa: S704 - all of it is escaped


def facet_entry(name: Text, rows: int, address: str | None) -> Markup:
    """Return the entry for a value of a facet: its name, which leads to `address` or is chosen, and its rows."""
    shown = name_element(name)
    led = f"<strong>{shown}</strong>" if address is None else f'<a href="{escape(address)}" rel="nofollow">{shown}</a>'
    return Markup(f'<li>{led} <span class="count">{grouped(rows)}</span></li>')  # noqa: S704 - all of it is escaped
