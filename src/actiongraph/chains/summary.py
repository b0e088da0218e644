"""All chains in short: what a list shows of each, which are chosen, and figures about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain as joined
from statistics import median

from rdflib.term import Node

from actiongraph.chains.chain import Named, key_of
from actiongraph.chains.dates import Gap
from actiongraph.vocabulary import IRI


@dataclass(frozen=True, slots=True)
class ChainSummary:
    """One chain in short. `roots` and `ends` are its first actions and those that nothing follows.

    `links` counts all links, `probable_links` those that somebody concluded. `gaps` are the gaps in time that are
    known. `years` are those in which a member started, as far as known. A returning partner is one of two or more
    members. `has_loop` tells whether actions follow each other in a circle.
    """

    key: str
    iri: IRI | None
    size: int
    length: int
    links: int
    probable_links: int
    roots: tuple[IRI, ...]
    ends: tuple[IRI, ...]
    countries: tuple[Named, ...] = ()
    partners: tuple[Named, ...] = ()
    returning_partners: tuple[Named, ...] = ()
    assistance_types: tuple[Named, ...] = ()
    years: tuple[int, ...] = ()
    gaps: tuple[Gap, ...] = ()
    has_loop: bool = False

    @property
    def stated(self) -> bool:
        """Tell whether it rests on stated links alone."""
        return not self.probable_links


@dataclass(frozen=True, slots=True)
class Filters:
    """Which chains to choose: those with a member for each of these, not the same one for all.

    `country`, `partner` and `assistance_type` are a key, an IRI, a name in any language or an abbreviation, of a
    country also an ISO code, in whatever case. `from_year` and `to_year` bound the year in which a member started,
    both included.
    """

    country: str | None = None
    partner: str | None = None
    assistance_type: str | None = None
    from_year: int | None = None
    to_year: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures about some chains. `sizes` and `lengths` map each size and length to the number of such chains.

    `gaps` counts the gaps that are known, `gaps_from_start` those that hold the duration of the earlier action.
    The median gap lies between `median_gap.least_days` and `most_days`; `shortest_days` and `longest_days` are the
    least and the most that any gap can be. All three are None where no gap is known.
    """

    chains: int
    actions: int
    links: int
    probable_links: int
    stated_chains: int
    returning: int
    lengths: Mapping[int, int]
    sizes: Mapping[int, int]
    gaps: int
    gaps_from_start: int
    median_gap: Gap | None
    shortest_days: int | None
    longest_days: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All chains of a dataset, longest first, then biggest, then by key.

    `probable` tells whether probable links were followed. `words` are the names and codes, in lower case, by which
    each country, partner and type may be asked for beside its key and IRI.
    """

    chains: tuple[ChainSummary, ...]
    probable: bool
    words: Mapping[Node, Collection[str]]

    def chosen(self, filters: Filters) -> tuple[ChainSummary, ...]:
        """Return the chains that `filters` choose, in the same order."""
        return tuple(summary for summary in self.chains if self._fits(summary, filters))

    def countries(self) -> list[tuple[Named, int]]:
        """Return each country with the number of its chains, by name."""
        return _counted(summary.countries for summary in self.chains)

    def partners(self) -> list[tuple[Named, int]]:
        """Return each partner with the number of its chains, by name."""
        return _counted(summary.partners for summary in self.chains)

    def assistance_types(self) -> list[tuple[Named, int]]:
        """Return each type of assistance with the number of its chains, by name."""
        return _counted(summary.assistance_types for summary in self.chains)

    def _fits(self, summary: ChainSummary, filters: Filters) -> bool:
        return (
            self._named(summary.countries, filters.country)
            and self._named(summary.partners, filters.partner)
            and self._named(summary.assistance_types, filters.assistance_type)
            and _within(summary.years, filters)
        )

    def _named(self, things: Iterable[Named], wanted: str | None) -> bool:
        word = (wanted or "").strip().casefold()
        return not word or any(word in self.words_of(thing) for thing in things)

    def words_of(self, thing: Named) -> Collection[str]:
        """Return everything by which a country, partner or type may be asked for, in lower case."""
        if thing.iri is None:
            return (thing.name.casefold(),)
        return {*self.words.get(thing.iri, ()), str(thing.iri).casefold(), key_of(thing.iri).casefold()}


def figures_of(chains: Collection[ChainSummary]) -> Figures:
    """Return the figures about `chains`."""
    gaps = [gap for summary in chains for gap in summary.gaps]
    return Figures(
        chains=len(chains),
        actions=sum(summary.size for summary in chains),
        links=sum(summary.links for summary in chains),
        probable_links=sum(summary.probable_links for summary in chains),
        stated_chains=sum(summary.stated for summary in chains),
        returning=sum(bool(summary.returning_partners) for summary in chains),
        lengths=_distribution(summary.length for summary in chains),
        sizes=_distribution(summary.size for summary in chains),
        gaps=len(gaps),
        gaps_from_start=sum(not gap.from_end for gap in gaps),
        median_gap=_median(gaps),
        shortest_days=min((gap.least_days for gap in gaps), default=None),
        longest_days=max((gap.most_days for gap in gaps), default=None),
    )


def _median(gaps: list[Gap]) -> Gap | None:
    if not gaps:
        return None
    least, most = (int(median(days)) for days in ([gap.least_days for gap in gaps], [gap.most_days for gap in gaps]))
    return Gap(least, most, from_end=all(gap.from_end for gap in gaps))


def _distribution(numbers: Iterable[int]) -> Mapping[int, int]:
    return dict(sorted(Counter(numbers).items()))


def _counted(things: Iterable[Iterable[Named]]) -> list[tuple[Named, int]]:
    return sorted(Counter(joined.from_iterable(things)).items(), key=lambda item: (item[0].name, str(item[0].iri)))


def _within(years: Collection[int], filters: Filters) -> bool:
    if filters.from_year is None and filters.to_year is None:
        return True
    return any((filters.from_year or year) <= year <= (filters.to_year or year) for year in years)
