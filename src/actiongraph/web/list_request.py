"""The rows of a list that an address asks for: its filters, order and page, and the addresses of other rows.

The address has all state. What it does not understand is refused in a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import urlencode

from actiongraph.errors import RequestError
from actiongraph.index.list_index import FacetValue, ListFilters
from actiongraph.index.list_kinds import TEXT, YEAR, Facet, FacetKind, ListKind
from actiongraph.iris import key_of
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.text import one_line
from actiongraph.vocabulary import CONCEPT, IRI
from actiongraph.web.http.addresses import link_of, locate

_YEARS = ("from", "to")
_LONGEST = 200
"""Code points of a text that is sought; more are left out."""
_STATE = ("sort", "more", "page", "format", "version")


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The rows that a request wants, their order, and the page of them from 1; `more` is a facet shown whole.

    `kept` are further parameters that the addresses of the list keep.
    """

    kind: ListKind
    filters: ListFilters
    order: str
    descending: bool
    more: str | None
    page: int
    snapshot: Snapshot
    settings: Settings
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str | None:
        """The release that links stay in, if the request names its version."""
        return self.snapshot.version if self.snapshot.pinned else None

    @property
    def has_order(self) -> bool:
        """Tell whether the rows are in another order than the first of the list."""
        return self.descending or self.order != self.kind.orders[0]

    def parameters(self) -> dict[str, str]:
        """Return the parameters of its address, apart from the page."""
        filters, order = self.filters, f"{'-' if self.descending else ''}{self.order}"
        given = dict(filters.words) | {
            "from": None if filters.from_year is None else f"{filters.from_year:04}",
            "to": None if filters.to_year is None else f"{filters.to_year:04}",
            TEXT.name: filters.text,
            **self.kept,
            "sort": order if self.has_order else None,
            "more": self.more,
            "version": self.version,
        }
        return {name: value for name, value in given.items() if value is not None}

    def address(self, *, page: int = 1, suffix: str = "") -> str:
        """Return the address of these rows, on a page or in the format with this suffix."""
        query = urlencode(self.parameters() | ({"page": str(page)} if page > 1 else {}))
        path = f"{self.kind.name}{f'.{suffix}' if suffix else ''}{f'?{query}' if query else ''}"
        return locate(path, self.settings)

    def without(self, name: str) -> ListRequest:
        """Return the request without the filter of a facet, on its first page."""
        return replace(self, filters=self._filters_without(name), page=1)

    def _filters_without(self, name: str) -> ListFilters:
        years = (None, None) if name == YEAR.name else (self.filters.from_year, self.filters.to_year)
        words = {facet: word for facet, word in self.filters.words.items() if facet != name}
        text = None if name == TEXT.name else self.filters.text
        return ListFilters(words, *years, text)

    def with_value(self, facet: Facet, value: FacetValue) -> ListRequest:
        """Return the request for the rows that have `value` of `facet`, on its first page."""
        others = self._filters_without(facet.name)
        if facet.kind is FacetKind.YEAR:
            filters = ListFilters(others.words, int(value.key), int(value.key), others.text)
        else:
            words = {**others.words, facet.name: value.key}
            filters = ListFilters(words, others.from_year, others.to_year, others.text)
        return replace(self, filters=filters, page=1)

    def sorted_by(self, order: str) -> ListRequest:
        """Return the request in an order: the other way round if it is in that already."""
        return replace(self, order=order, descending=order == self.order and not self.descending, page=1)

    def expanded(self, name: str | None) -> ListRequest:
        """Return the request with a facet shown whole, or none."""
        return replace(self, more=name, page=1)

    def leading_to(self, name: str, iri: IRI) -> dict[str, str]:
        """Return the parameters of the address of another list with the rows that have the thing `iri`."""
        is_own = str(iri).startswith((f"{self.settings.base}id/", f"{self.settings.base}concept/", str(CONCEPT)))
        return {name: key_of(iri) if is_own else str(iri)} | ({"version": self.version} if self.version else {})

    def link_to(self, chain: str) -> str:
        """Return the address of a chain."""
        return self.link(IRI(chain))

    def link(self, iri: IRI) -> str:
        """Return the address of the page about a thing, or nothing if there is none."""
        return link_of(iri, self.settings, self.version, root=locate("", self.settings).rstrip("/"))


def read_list_request(
    kind: ListKind,
    pairs: Sequence[tuple[str, str]],
    page: int,
    snapshot: Snapshot,
    settings: Settings,
    kept: Mapping[str, str] = MappingProxyType({}),
    further: Sequence[str] = (),
) -> ListRequest:
    """Return the request that the parameters of an address make; what is empty filters nothing.

    `kept` is as in a request, and `further` names the parameters that may also be there.

    Raises:
        RequestError: a parameter is none of the list's or is there twice, or a value is none of its parameter's.
    """
    facets = {facet.name: facet for facet in kind.facets}
    filters = [name for facet in kind.facets for name in (_YEARS if facet.kind is FacetKind.YEAR else (facet.name,))]
    _check_names([name for name, _ in pairs], kind, [*filters, *further])
    given = {name: value for name, value in pairs if value.strip()}
    words = {name: given[name] for name in facets if name in given and name != TEXT.name}
    for name, word in words.items():
        if known := facets[name].words:
            words[name] = word.strip().casefold()
            if words[name] not in known:
                raise RequestError(f"{word[:40]!r} in {name!r} is not known; use {' or '.join(known)}.")
    first, last = (_year(given, name) for name in _YEARS)
    if first is not None and last is not None and first > last:
        raise RequestError(
            f"There are no years between from={first} and to={last}; 'from' is the first year and 'to' the last."
        )
    sort = given.get("sort", kind.orders[0])
    if (order := sort.removeprefix("-")) not in kind.orders:
        raise RequestError(
            f"{sort[:40]!r} is not an order of {kind.name}; use {', '.join(kind.orders)}, "
            "with a hyphen before it for the reverse."
        )
    more = given.get("more")
    if more is not None and (more not in facets or more == TEXT.name):
        raise RequestError(f"{more[:40]!r} in 'more' is not a facet of {kind.name}; use {', '.join(facets)}.")
    descending = sort.startswith("-")
    text = one_line(given[TEXT.name])[:_LONGEST] if TEXT.name in facets and TEXT.name in given else None
    filters_given = ListFilters(words, first, last, text)
    return ListRequest(kind, filters_given, order, descending, more, page, snapshot, settings, kept)


def _check_names(names: Sequence[str], kind: ListKind, filters: Sequence[str]) -> None:
    for name, times in Counter(names).items():
        if name not in filters and name not in _STATE:
            raise RequestError(
                f"The list of {kind.name} has no parameter {name[:40]!r}; its filters are {', '.join(filters)}, "
                f"and beside them there are {', '.join(_STATE)}."
            )
        if times > 1:
            raise RequestError(f"The parameter {name!r} stands {times} times in the address; give it once.")


def _year(given: Mapping[str, str], name: str) -> int | None:
    written = given.get(name, "").strip()
    if not written:
        return None
    if not re.fullmatch("[0-9]{4}", written, re.ASCII):
        raise RequestError(f"{written[:40]!r} in {name!r} is not a year; use four digits, such as 2014.")
    return int(written)
