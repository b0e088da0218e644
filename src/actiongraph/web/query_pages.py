"""Pages about a query: how each sends it again, by its address or in a form, what its result is called, and its hints.

A page works without script: links, and forms with one button. A query that is too long for an address is sent again
in the body of a form, so that nothing that a page offers depends on its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import parse_qsl, urlencode

import msgspec
from flask import url_for

from actiongraph import formats
from actiongraph.chains.model import Text
from actiongraph.engine.base import BoundedEngine, QueryBudget
from actiongraph.errors import Edit, Fault, RequestError
from actiongraph.hints import Hint
from actiongraph.release.snapshots import Snapshot
from actiongraph.sparql.advice import excerpt
from actiongraph.sparql.query import CheckedQuery, first_comment, title_of
from actiongraph.things.thing import names_of
from actiongraph.vocabulary import IRI
from actiongraph.web.cache import key_of
from actiongraph.web.endpoint import gives, release_parts
from actiongraph.web.http.addresses import LONGEST_LINK
from actiongraph.web.http.protocol import Operation, read_page
from actiongraph.web.http.representation import Representation, represent
from actiongraph.web.result_tables import SHAPES, Names, TableView
from actiongraph.web.site import Site

_LONGEST_CHANGED = 10_000
_LONGEST_CHANGES = 50_000
"""A page holds a query once more for each change that it offers; the changes of longer queries are told in words.

So are those of all faults but the first where they would be longer together.
"""
_VIEW = "view"
"""The parameter with the shape of a result; in a form it has sort, page and labels too, for a button adds but one."""
_USUAL = {"sort": "", "page": 1, "labels": "yes", "view": "table"}
"""What need not be said."""


@dataclass(frozen=True, slots=True)
class SentQuery:
    """A query that was sent, as the links and buttons of a page send it again."""

    operation: Operation
    view: TableView = field(default_factory=TableView)

    @property
    def text(self) -> str:
        """The query."""
        return self.operation.query

    @property
    def title(self) -> str:
        """The title of a page about it."""
        return title_of(self.text)

    @property
    def heading(self) -> str:
        """Its question, if its first comment states one; else empty."""
        return first_comment(self.text)

    @property
    def carried(self) -> Sequence[tuple[str, str]]:
        """The parameters beside the query that go with it wherever it is sent again: its dataset and its release."""
        return self.operation.pairs()[1:]

    @property
    def format(self) -> str:
        """The format that was chosen in the form, if one was."""
        return next(iter(self.operation.formats), "")

    @property
    def size(self) -> int:
        """The length of its address, in characters."""
        return len(self.address())

    @property
    def is_long(self) -> bool:
        """Tell whether its address might not arrive whole."""
        return len(self.text) > LONGEST_LINK or self.size > LONGEST_LINK

    @property
    def can_be_changed(self) -> bool:
        """Tell whether a page may hold the query again for each change of it."""
        return len(self.text) <= _LONGEST_CHANGED

    def can_be_changed_for(self, reasons: Iterable[Hint | Fault]) -> bool:
        """Tell whether a page may hold the query again for each edit of `reasons`."""
        return len(self.text) * sum(len(reason.edits) for reason in reasons) <= _LONGEST_CHANGES

    @property
    def longest(self) -> int:
        """The length of an address that still arrives."""
        return LONGEST_LINK

    def excerpt(self, offset: int) -> str:
        """Return its line at `offset` with a caret; see `advice.excerpt`."""
        return excerpt(self.text, offset)

    def changed(self, *edits: Edit) -> SentQuery:
        """Return the query after `edits`, no two of which overlap."""
        text = self.text
        for edit in sorted(edits, reverse=True):
            text = edit.apply(text)
        return SentQuery(Operation(text, self.operation.dataset, version=self.operation.version))

    def address(self, **changes: str | int) -> str:
        """Return the address of the query, with the view of it changed."""
        return f"{url_for('sparql')}?{urlencode([*self.operation.pairs(), *self._view(changes).items()])}"

    def download(self, chosen: str) -> str:
        """Return the address of the whole result in the format called `chosen`."""
        return f"{url_for('sparql')}?{urlencode([*self.operation.pairs(), ('format', chosen)])}"

    def parameters(self, **changes: str | int) -> str:
        """Return the view of the query, changed, as one value of a form."""
        return urlencode(self._view(changes))

    def _view(self, changes: Mapping[str, str | int]) -> dict[str, str | int]:
        view: dict[str, str | int] = {"sort": self.view.sort, "page": self.view.page}
        view |= {"labels": "yes" if self.view.labels else "no", "view": self.view.shape, **changes}
        return {name: value for name, value in view.items() if value != _USUAL[name]}


def first_edits(reasons: Iterable[Hint | Fault]) -> tuple[Edit, ...]:
    """Return the likeliest edit of each hint or fault, to be made at once; none if there is but one, or if two overlap.

    Two that add something at the same place, such as two prefixes, do not.
    """
    edits = sorted({reason.edits[0] for reason in reasons if reason.edits})
    is_apart = all(one.end <= other.start for one, other in pairwise(edits))
    return tuple(edits) if len(edits) > 1 and is_apart else ()


def read_view(operation: Operation) -> TableView:
    """Return the part of a result that a request wants to see: `sort`, `page`, `labels` and `view`, or all in `view`.

    Raises:
        RequestError: a page that is no number, labels neither yes nor no, or no shape of a result.
    """
    given = dict(reversed(operation.others))
    if "=" in given.get(_VIEW, ""):
        given |= dict(parse_qsl(given.pop(_VIEW)))
    shape = given.get(_VIEW) or SHAPES[0]
    if shape not in SHAPES:
        raise RequestError(f"{shape[:40]!r} is not a view of a result; use view=table, view=bars or view=chain.")
    labels = given.get("labels") or "yes"
    if labels not in ("yes", "no"):
        raise RequestError(f"{labels[:40]!r} is neither yes nor no; use labels=no to see IRIs in place of names.")
    return TableView(given.get("sort", ""), read_page(given.get("page")), labels == "yes", shape)


def look_up_names(site: Site, snapshot: Snapshot, iris: Iterable[str], timeout_s: float | None) -> Names:
    """Return the names of `iris` in the programme's order of languages, by IRI; the same page has them cached.

    Raises:
        EngineError: the engine failed.
        LimitError: there was no time or room for it.
    """
    wanted = sorted(set(iris))

    def run(budget: QueryBudget) -> Representation:
        engine = BoundedEngine(snapshot.engine, budget, site.settings.timeout_s)
        found = names_of(engine, map(IRI, wanted), site.settings)
        return represent(msgspec.json.encode({str(iri): (str(name), name.language) for iri, name in found.items()}), "")

    if not wanted:
        return {}
    key = key_of("names", *release_parts(snapshot), *wanted)
    cached = msgspec.json.decode(site.cache.ask(key, run, site.budget(timeout_s)).body)
    return {iri: Text(*parts) for iri, parts in cached.items()}


def unfit_format(operation: Operation, query: CheckedQuery) -> str:
    """Return a sentence if a format was chosen that cannot hold the result of `query`, which is shown instead."""
    offered = (*formats.offers(query.form.result), formats.HTML)
    everything = [each for result in formats.Result for each in formats.offers(result)]
    for name in operation.formats:
        chosen = formats.by_name(name, everything)
        if chosen and not formats.by_name(name, offered):
            sentence = gives(query.form)
            return f"{chosen.label} was chosen, but {sentence[0].lower()}{sentence[1:]}: here it is as a page."
    return ""


def duration(seconds: float | None) -> str:
    """Return the time that a query took, in words; None stands for one whose answer was cached."""
    if seconds is None:
        return "from the cache"
    return f"{max(1, round(seconds * 1_000)):,} ms" if seconds < 1 else f"{seconds:.1f} s"
