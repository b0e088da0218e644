"""The results of a search, as they are found, written as JSON and read again from the JSON of another server."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

KINDS = {
    "action": "Actions",
    "partner": "Partners",
    "country": "Countries",
    "theme": "Themes",
    "place": "Places",
    "term": "Terms",
}
"""The kinds of things that are searched, in the order in which they are shown, and the heading of each."""


class MarkedText(Struct, frozen=True, omit_defaults=True):
    """A text with its language tag if it has one; `marks` are the words that were sought, from a place up to another.

    Places count code points from 0.
    """

    text: str
    language: str = ""
    marks: tuple[tuple[int, int], ...] = ()

    @property
    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The parts of the text, and whether each is marked."""
        end = 0
        for start, stop in self.marks:
            yield self.text[end:start], False
            yield self.text[start:stop], True
            end = stop
        yield self.text[end:], False


class FieldMatch(Struct, frozen=True):
    """A text that matched, other than the title, and the field that it stands in, such as `partner`."""

    field: str
    text: MarkedText


class ChainPosition(Struct, frozen=True, omit_defaults=True):
    """The place of an action in its chain, from 1, and the number of actions there; `address` is that of the chain."""

    position: int
    of: int
    address: str = ""


class Hit(Struct, frozen=True, omit_defaults=True):
    """A thing that was found. `year`, `countries` and `chain` are of actions; `address` is that of its page.

    `uses` counts the triples that lead to it, where it was looked up.
    """

    iri: str
    title: MarkedText
    matches: tuple[FieldMatch, ...] = ()
    year: int | None = None
    countries: tuple[str, ...] = ()
    chain: ChainPosition | None = None
    address: str = ""
    uses: int = 0


class HitGroup(Struct, frozen=True):
    """The hits of one kind on one page, the best first. `total` counts all; `more` says that there may be more."""

    kind: str
    total: int
    more: bool
    hits: tuple[Hit, ...]

    @property
    def count(self) -> str:
        """The number of hits in words: `3`, or `1,000 or more`."""
        return f"{self.total:,} or more" if self.more else f"{self.total:,}"


class SearchResults(Struct, frozen=True, rename="camel"):
    """The things found for `query`, by kind.

    `did_you_mean` is another spelling, of words that nothing has; if it is there, the hits are of it. `unknown` are
    words that nothing has or is near. `has_all` says that each hit has all other words; else it has some.
    """

    query: str
    did_you_mean: str | None
    unknown: tuple[str, ...]
    has_all: bool
    groups: tuple[HitGroup, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about words that were not found, without that about another spelling."""
        notes = [f"No word is like {word}." for word in self.unknown]
        if self.groups and not self.has_all:
            notes.append("Nothing has all of these words; what follows has some of them.")
        return tuple(notes)
