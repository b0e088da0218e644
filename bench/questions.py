"""Questions on generated data, each with the answer that the generator knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rdflib import Literal

from actiongraph.sparql.values import with_values
from actiongraph.vocabulary import IRI
from bench.actions import TOPICS
from bench.countries import RECEIVING, Country
from bench.truth import Chain, Truth

Row = tuple[str, ...]
_Term = TypeVar("_Term", IRI, Literal)
_FOLDER = Path(__file__).parent / "queries"
_VARIANTS = 8


@dataclass(frozen=True, slots=True)
class Asking:
    """A query with its terms put in, and the rows that are its right answer."""

    query: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A question in the file `{name}.rq`, asked of several things where it is about one.

    `variables` is the order of the cells in a row, `is_ordered` whether the order of the rows counts,
    `is_small` whether the engine has next to nothing to do for it.
    """

    name: str
    variables: Row
    askings: Sequence[Asking]
    is_ordered: bool = False
    is_small: bool = False

    def agrees(self, asking: Asking, rows: Iterable[Row]) -> bool:
        """Tell whether `rows` is the right answer to `asking`."""
        if self.is_ordered:
            return list(rows) == list(asking.rows)
        return sorted(rows) == sorted(asking.rows)


def questions(truth: Truth) -> tuple[CheckedQuery, ...]:
    """Return all questions, with their right answers by `truth`."""
    return (*_lookups(truth), *_aggregates(truth), *_chains(truth))


def _lookups(truth: Truth) -> Iterable[CheckedQuery]:
    numbers = {Literal(action.number): [(action.iri,)] for action in truth.numbers}
    yield CheckedQuery("action-by-number", ("action",), _asked("action-by-number", "number", numbers), is_small=True)
    known = {
        IRI(action.iri): [(action.title, action.partner.iri, action.country.iri, action.assistance, action.start or "")]
        for action in truth.samples
        if action.partner
    }
    yield CheckedQuery(
        "action", ("title", "partner", "country", "type", "start"), _asked("action", "action", known), is_small=True
    )
    partners = {IRI(c.iri): [(p.iri, p.name) for p in truth.partners[c]] for c in _countries(truth)}
    yield CheckedQuery("partners-of-country", ("partner", "name"), _asked("partners-of-country", "country", partners))
    titles = {IRI(country.iri): truth.titles[country] for country in _countries(truth)}
    fifty = _asked("fifty-by-title", "country", titles)
    yield CheckedQuery("fifty-by-title", ("title", "action"), fifty, is_ordered=True)


def _aggregates(truth: Truth) -> Iterable[CheckedQuery]:
    counts: dict[str, tuple[str, Mapping[str, int]]] = {
        "actions-per-country": ("country", {country.iri: n for country, n in truth.by_country.items()}),
        "actions-per-type": ("type", truth.by_type),
        "actions-per-sending-country": ("country", {country.iri: n for country, n in truth.by_sender.items()}),
        "actions-per-year": ("year", {str(year): n for year, n in sorted(truth.by_year.items())}),
    }
    for name, (variable, counted) in counts.items():
        rows = [(key, str(count)) for key, count in counted.items()]
        yield CheckedQuery(name, (variable, "actions"), [Asking(_text(name), rows)], is_ordered=variable == "year")
    returning = sorted(((p.iri, n) for p, n in truth.returning.items()), key=lambda row: (-row[1], row[0]))
    rows = [(partner, str(count)) for partner, count in returning[:20]]
    yield CheckedQuery(
        "returning-partners", ("partner", "actions"), [Asking(_text("returning-partners"), rows)], is_ordered=True
    )
    topics = {Literal(topic): [(str(truth.by_topic[topic]),)] for topic in TOPICS}
    yield CheckedQuery("titles-that-mention", ("actions",), _asked("titles-that-mention", "words", topics))


def _chains(truth: Truth) -> Iterable[CheckedQuery]:
    asked = _of_all_lengths(truth.chains)
    members = {IRI(min(chain.depths)): [(member,) for member in chain.depths] for chain in asked}
    yield CheckedQuery("chain-by-path", ("member",), _asked("chain-by-path", "action", members))
    depths = {IRI(min(c.depths)): [(member, str(depth)) for member, depth in c.depths.items()] for c in asked}
    by_facts = _asked("chain-by-derived-facts", "action", depths)
    yield CheckedQuery("chain-by-derived-facts", ("member", "depth"), by_facts)
    later = {IRI(first): [(iri,) for iri in chain.after(first)] for chain in asked for first in [min(chain.depths)]}
    yield CheckedQuery("after-by-path", ("later",), _asked("after-by-path", "action", later))
    yield CheckedQuery("after-by-derived-facts", ("later",), _asked("after-by-derived-facts", "action", later))
    longest = sorted(truth.chains, key=lambda chain: (-chain.length, chain.iri))[:10]
    rows = [(chain.iri, str(chain.length), str(len(chain.depths))) for chain in longest]
    name = "longest-chains"
    yield CheckedQuery(name, ("chain", "length", "size"), [Asking(_text(name), rows)], is_ordered=True)


def _asked(name: str, variable: str, answers: Mapping[_Term, Sequence[Row]]) -> list[Asking]:
    """Return the question of some of the terms, spread over all."""
    terms = list(answers)
    chosen = terms[:: max(1, len(terms) // _VARIANTS)][:_VARIANTS]
    return [Asking(with_values(_text(name), {variable: [term]}), answers[term]) for term in chosen]


def _text(name: str) -> str:
    return (_FOLDER / f"{name}.rq").read_text("utf-8")


def _countries(truth: Truth) -> list[Country]:
    """Return the countries that received actions, the one with most first."""
    return sorted((c for c in RECEIVING if truth.partners.get(c)), key=lambda c: -truth.by_country[c])


def _of_all_lengths(chains: Sequence[Chain]) -> list[Chain]:
    """Return some chains, the longest and the shortest among them."""
    ordered = sorted(chains, key=lambda chain: -chain.length)
    places = {round(n * (len(ordered) - 1) / (_VARIANTS - 1)) for n in range(_VARIANTS)}
    return [ordered[place] for place in sorted(places)]
