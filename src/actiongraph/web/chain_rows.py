"""Chains as rows of the table of `/chains`: a page has fifty, which would take its template several times as long."""

from __future__ import annotations

from markupsafe import Markup, escape

from actiongraph.chains.drawing.mini_lane import DOTS
from actiongraph.chains.summary import ChainSummary
from actiongraph.text import counted, grouped, name_element
from actiongraph.web.list_cells import ListCells


def chain_row(summary: ChainSummary, address: str, cells: ListCells) -> Markup:
    """Return the row of a chain, whose own page is at `address`."""
    size, roots, ends = summary.size, len(summary.roots), len(summary.ends)
    more_roots = f"<small>and {counted(roots - 1, 'other beginning')}</small>" if roots > 1 else ""
    more_ends = f" and {counted(ends - 1, 'other end')}" if ends > 1 else ""
    cut = f"<small>the first {DOTS} of {grouped(size)}</small>" if size > DOTS else ""
    loop = "<small>with a loop</small>" if summary.has_loop else ""
    return Markup(  # noqa: S704 - names and the address are escaped, all else is numbers
        f"""<tr><th scope="row" class="prose"><a href="{escape(address)}">{name_element(summary.first_name)}</a>
{more_roots}<small>to {name_element(summary.last_name)}{more_ends}</small>
{summary.lane}{cut}</th>
<td class="number">{grouped(size)}</td><td class="number">{grouped(summary.length)}</td>
<td>{_kinds(summary)}{loop}</td>
{cells.things(summary.countries, 2, "unknown")}
{cells.things(summary.partners, 2, "unknown")}
<td class="whole">{_years(summary.years)}</td></tr>
"""
    )


def _kinds(summary: ChainSummary) -> str:
    if summary.stated:
        return "stated"
    if summary.probable_links == summary.links:
        return "probable"
    return f"{grouped(summary.probable_links)} of {grouped(summary.links)} probable"


def _years(years: tuple[int, ...]) -> str:
    if not years:
        return "unknown"
    return f"{years[0]}" if years[0] == years[-1] else f"{years[0]}\N{EN DASH}{years[-1]}"
