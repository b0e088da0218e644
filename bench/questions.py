"""Questions on generated data, each with the answer that the generator knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from rdflib import RDF, Literal

from actiongraph.sparql.values import with_values
from actiongraph.vocabulary import AG, BASE, CONCEPT, IRI, OA
from bench.actions import TOPICS, Action
from bench.countries import RECEIVING, Country
from bench.statements import statements_of
from bench.truth import Chain, Truth

Row = tuple[str, ...]
_Term = TypeVar("_Term", IRI, Literal)
_FOLDER = Path(__file__).parent / "queries"
_VARIANTS = 8
RESEARCHERS, HARVESTERS, TRACERS = ASKERS = ("researchers", "harvesters", "tracers")
_COPIED = {"title", "summary", "partner", "partnerNameAsPrinted", "country", "place", "assistanceType", "theme"}
_COPIED |= {"startDate", "expertTeam", "followUpOf", "probableFollowUpOf"}
"""The local names of the properties in action-to-copy.rq."""
_COUNTED = (AG.DescribedAction, AG.ReferencedAction, AG.ExpertTeam, AG.SourceStatement, OA.SpecificResource)


@dataclass(frozen=True, slots=True)
class Asking:
    """A query with its terms put in, and the rows that are its right answer."""

    query: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A question in the file `{name}.rq`, asked of several things where it is about one.

    `variables` is the order of the cells in a row, `is_ordered` whether the order of the rows counts,
    `is_small` whether the engine has next to nothing to do for it, `asker` who asks so: one of `ASKERS`.
    """

    name: str
    variables: Row
    askings: Sequence[Asking]
    is_ordered: bool = False
    is_small: bool = False
    asker: str = RESEARCHERS

    def agrees(self, asking: Asking, rows: Iterable[Row]) -> bool:
        """Tell whether `rows` is the right answer to `asking`."""
        if self.is_ordered:
            return list(rows) == list(asking.rows)
        return sorted(rows) == sorted(asking.rows)


def questions(truth: Truth) -> tuple[CheckedQuery, ...]:
    """Return all questions, with their right answers by `truth`."""
    asked = {
        RESEARCHERS: (*_lookups(truth), *_aggregates(truth)),
        HARVESTERS: _copies(truth),
        TRACERS: (*_chains(truth), *_steps(truth)),
    }
    return tuple(replace(query, asker=asker) for asker, queries in asked.items() for query in queries)


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
    words = {IRI(action.iri): _evidence(action) for action in truth.samples}
    yield CheckedQuery(
        "evidence-of-action", ("property", "words"), _asked("evidence-of-action", "action", words), is_small=True
    )
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
    longest = sorted(((chain.length, len(chain.depths)) for chain in truth.chains), reverse=True)[:10]
    rows = [(str(length), str(size)) for length, size in longest]
    name = "longest-chains"
    yield CheckedQuery(name, ("length", "size"), [Asking(_text(name), rows)], is_ordered=True)
    pairs: dict[IRI, list[Row]] = {}
    for chain in truth.chains:
        found = ((later, earlier) for earlier in chain.depths for later in chain.after(earlier))
        pairs.setdefault(IRI(chain.country.iri), []).extend(found)
    yield CheckedQuery("pairs-of-country", ("later", "earlier"), _asked("pairs-of-country", "country", pairs))


def _copies(truth: Truth) -> Iterable[CheckedQuery]:
    copied = {IRI(action.iri): _properties(action) for action in truth.samples}
    name = "action-to-copy"
    yield CheckedQuery(name, ("property", "value"), _asked(name, "action", copied), is_small=True)
    following = {IRI(last): rows for last, rows in truth.pages.items() if rows}
    name = "next-hundred"
    yield CheckedQuery(name, ("action", "title"), _asked(name, "last", following), is_ordered=True)
    listed = {IRI(f"{BASE}id/source/generated-01"): truth.listing}
    name = "actions-of-source"
    yield CheckedQuery(name, ("action", "title"), _asked(name, "source", listed))
    counted = [(each, str(truth.classes[each])) for each in map(str, _COUNTED)]
    yield CheckedQuery("things-per-class", ("class", "things"), [Asking(_text("things-per-class"), counted)])


def _steps(truth: Truth) -> Iterable[CheckedQuery]:
    pieces = [piece for _, piece in sorted(truth.pieces.items())]
    steps = {
        IRI(piece[-1].iri): sorted(map(_step, piece), key=lambda step: (int(step[1]), step[0])) for piece in pieces
    }
    name, variables = "steps-of-chain", ("step", "depth", "title", "start", "partner")
    yield CheckedQuery(name, variables, _asked(name, "action", steps), is_ordered=True)
    links = {IRI(piece[-1].iri): [link for action in piece for link in _links(action)] for piece in pieces}
    name = "evidence-of-chain"
    yield CheckedQuery(name, ("later", "earlier", "basis", "words"), _asked(name, "action", links))


def _step(action: Action) -> Row:
    return (
        action.iri,
        str(action.depth),
        action.title,
        action.start or "",
        action.partner.name if action.partner else "",
    )


def _links(action: Action) -> Iterable[Row]:
    for link in action.links:
        basis = f"{CONCEPT}basis/{'stated' if link.stated else 'inferred'}"
        yield action.iri, link.earlier.iri, basis, f"Follow-up of {link.earlier.key}"


def _properties(action: Action) -> list[Row]:
    """Return the properties of `action` that the generator has written, with their values."""
    found = [row[1:] for row in _written(action) if row[0] == action.iri]
    return [(name, value) for name, value in found if name.replace("#", "/").rpartition("/")[2] in _COPIED]


def _evidence(action: Action) -> list[Row]:
    """Return the property of each statement on `action`, with the words that it rests on."""
    triples = _written(action)
    values = {(subject, name): value for subject, name, value in triples}
    statements = [subject for subject, name, value in triples if name == str(RDF.subject) and value == action.iri]
    passages = [(values[each, str(RDF.predicate)], values[each, str(AG.evidence)]) for each in statements]
    return [(name, values[f"{passage}-quote", str(OA.exact)]) for name, passage in passages]


def _written(action: Action) -> list[Row]:
    """Return the triples that the generator writes of `action`, its literals by their texts alone."""
    triples = (statement.triple.split(" ", 2) for statement in statements_of(action, "generated-01"))
    return [(subject[1:-1], name[1:-1], _value(term)) for subject, name, term in triples]


def _value(term: str) -> str:
    return term[1:-1] if term.startswith("<") else term[1 : term.rindex('"')]


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
