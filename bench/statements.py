"""Made-up actions as triples in our own model, each with the key of the graph it stands in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from rdflib import DCTERMS, RDF, SKOS, XSD

from actiongraph.vocabulary import AG, BASE, CONCEPT, OA, ORG, SPDX
from bench.actions import PLACES_PER_COUNTRY, ROLES, Action, Link, Partner
from bench.countries import RECEIVING, SENDING, Country

REFERENCE = "reference"
_FACILITY = f"{BASE}id/facility/generated"
_EU_COUNTRY = "http://publications.europa.eu/resource/authority/country/"
_LONGEST_SECTION = 1_000
"""Code points of a source's text about one action."""
_PRECISIONS = {10: XSD.date, 7: XSD.gYearMonth, 4: XSD.gYear}
_NAMED_IN = {"es": "Instituto de Seguridad Social {} ({})", "fr": "Institut de sécurité sociale {} ({})"}
_SPANISH = {"COL", "MEX", "PER", "ECU", "CHL", "URY", "PRY", "ARG", "CRI", "PAN"}
_FRENCH = {"SEN", "MAR", "TUN", "LBN", "RWA"}


class Statement(NamedTuple):
    """A triple as N-Triples without its full stop, and the key of its graph."""

    graph: str
    triple: str


class _Thing:
    """Collects the triples about one subject."""

    def __init__(self, graph: str, iri: str, *types: str) -> None:
        self._graph = graph
        self._subject = f"<{iri}>"
        self.statements: list[Statement] = []
        for type_ in types:
            self.link(RDF.type, type_)

    def link(self, predicate: str, iri: str) -> None:
        self._add(predicate, f"<{iri}>")

    def text(self, predicate: str, text: str, language: str = "") -> None:
        self._add(predicate, f'"{text}"@{language}' if language else f'"{text}"')

    def literal(self, predicate: str, lexical: str | int, datatype: str) -> None:
        self._add(predicate, f'"{lexical}"^^<{datatype}>')

    def term(self, predicate: str, term: str) -> None:
        self._add(predicate, term)

    def _add(self, predicate: str, object_: str) -> None:
        self.statements.append(Statement(self._graph, f"{self._subject} <{predicate}> {object_}"))


def reference_statements() -> Iterator[Statement]:
    """Yield what every source may point at: countries, places and the facility."""
    facility = _Thing(REFERENCE, _FACILITY, AG.Facility)
    facility.text(SKOS.prefLabel, "Generated facility", "en")
    yield from facility.statements
    for country in (*RECEIVING, *SENDING):
        yield from _country(country)
    for country in RECEIVING:
        for number in range(PLACES_PER_COUNTRY):
            place = _Thing(REFERENCE, _place(country, number), AG.Place)
            place.text(SKOS.prefLabel, f"District {number + 1} of {country.name}", "en")
            place.link(AG.placeInCountry, country.iri)
            yield from place.statements


def _country(country: Country) -> list[Statement]:
    thing = _Thing(REFERENCE, country.iri, AG.Country)
    thing.text(SKOS.prefLabel, country.name, "en")
    thing.literal(SKOS.notation, country.iso2, AG["iso3166-1-alpha-2"])
    thing.literal(SKOS.notation, country.iso3, AG["iso3166-1-alpha-3"])
    thing.link(SKOS.exactMatch, _EU_COUNTRY + country.iso3)
    return thing.statements


def source_statements(key: str, seed: int) -> list[Statement]:
    """Return what there is to say of the source with `key`: it is made up, and so is its snapshot."""
    source = _Thing(key, _source(key), AG.Source)
    source.text(DCTERMS.title, f"Generated listing {key}", "en")
    checksum = _Thing(key, f"{_source(key)}#checksum", SPDX.Checksum)
    source.link(SPDX.checksum, f"{_source(key)}#checksum")
    checksum.link(SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
    checksum.literal(SPDX.checksumValue, hashlib.sha256(f"{key} {seed}".encode()).hexdigest(), XSD.hexBinary)
    return [*source.statements, *checksum.statements]


def statements_of(action: Action, source: str) -> Iterator[Statement]:
    """Yield the triples about `action`, its teams, its evidence, and its partner where no action had it before."""
    thing = _Thing(source, action.iri, AG.Action, AG.DescribedAction if action.partner else AG.ReferencedAction)
    thing.link(AG.country, action.country.iri)
    thing.link(DCTERMS.source, _source(source))
    if action.number:
        thing.link(AG.underFacility, _FACILITY)
        thing.text(AG.actionNumber, action.number)
    if action.partner:
        _describe(thing, action, action.partner)
        if action.is_partner_new:
            yield from _partner(action.partner)
    yield from thing.statements
    if action.partner:
        yield from _stated(thing, action, action.partner, source)
    for number, countries in enumerate(action.teams, start=1):
        yield from _team(action, source, number, countries)
    for number, link in enumerate(action.links, start=1):
        yield from _evidence(action, source, number, link)


def _describe(thing: _Thing, action: Action, partner: Partner) -> None:
    thing.text(DCTERMS.title, action.title, "en")
    thing.text(AG.summary, f"{partner.name} was helped with {action.topic} in {action.country.name}.", "en")
    thing.link(AG.partner, partner.iri)
    if partner.number % 2:
        thing.text(AG.partnerNameAsPrinted, partner.name)
    thing.link(AG.assistanceType, action.assistance)
    for theme in action.themes:
        thing.link(AG.theme, theme)
    if action.place is not None:
        thing.link(AG.place, _place(action.country, action.place))
    if action.start:
        thing.literal(AG.startDate, action.start, _PRECISIONS[len(action.start)])
    for number in range(len(action.teams)):
        thing.link(AG.expertTeam, _team_iri(action, number + 1))
    for link in action.links:
        thing.link(AG.followUpOf if link.stated else AG.probableFollowUpOf, link.earlier.iri)


def _stated(thing: _Thing, action: Action, partner: Partner, source: str) -> Iterator[Statement]:
    """Yield the evidence for what the source states of an action and its teams, and for its themes.

    Themes are concluded. A statement a fact; passages are shared.
    """
    offset = _LONGEST_SECTION * int(action.key.rpartition("-")[2])
    senders = " and ".join(country.name for team in action.teams for country in team)
    words = {
        DCTERMS.title: action.title,
        AG.partner: partner.name,
        AG.partnerNameAsPrinted: partner.name,
        AG.country: f"in {action.country.name}",
        AG.place: f"in District {(action.place or 0) + 1}",
        AG.assistanceType: f"Type: {action.assistance.rpartition('/')[2]}",
        AG.startDate: f"Start: {action.start}",
        AG.theme: action.title,
    }
    facts = [
        (fact, quoted)
        for fact in thing.statements
        for predicate, quoted in words.items()
        if f" <{predicate}> " in fact.triple
    ]
    for number, countries in enumerate(action.teams, start=1):
        team = _Thing(source, _team_iri(action, number))
        for country in countries:
            team.link(AG.sendingCountry, country.iri)
        facts += ((fact, f"Experts from {senders}"[:80]) for fact in team.statements)
    passages: dict[str, str] = {}
    for fact, quoted in facts:
        if quoted not in passages:
            start = offset + 80 * len(passages)
            passages[quoted] = f"{_source(source)}#char={start},{start + len(quoted)}"
            yield from _passage(passages[quoted], source, quoted, start)
        subject, predicate, value = fact.triple.split(" ", 2)
        name = f"{subject[1:-1]}#{predicate[1:-1].rpartition('#')[2].rpartition('/')[2]}-{_key(value)}"
        statement = _Thing(source, name, AG.SourceStatement)
        statement.link(RDF.subject, subject[1:-1])
        statement.link(RDF.predicate, predicate[1:-1])
        statement.term(RDF.object, value)
        is_concluded = predicate == f"<{AG.theme}>"
        statement.link(AG.basis, f"{CONCEPT}basis/{'inferred' if is_concluded else 'stated'}")
        if is_concluded:
            statement.literal(AG.confidence, "0.8", XSD.decimal)
            statement.text(AG.reason, "The title speaks of it.", "en")
        statement.link(AG.evidence, passages[quoted])
        yield from statement.statements


def _key(value: str) -> str:
    return value[1:-1].rpartition("/")[2] if value.startswith("<") else hashlib.sha256(value.encode()).hexdigest()[:8]


def _partner(partner: Partner) -> list[Statement]:
    code = partner.country.iso3
    thing = _Thing(REFERENCE, partner.iri, ORG.Organization)
    thing.text(SKOS.prefLabel, partner.name, "en")
    for language, codes in (("es", _SPANISH), ("fr", _FRENCH)):
        if code in codes:
            thing.text(SKOS.prefLabel, _NAMED_IN[language].format(partner.number, code), language)
    if partner.number % 2:
        thing.text(AG.abbreviation, f"{code}{partner.number}")
    thing.link(AG.basedIn, partner.country.iri)
    return thing.statements


def _team(action: Action, source: str, number: int, countries: tuple[Country, ...]) -> list[Statement]:
    thing = _Thing(source, _team_iri(action, number), AG.ExpertTeam)
    thing.link(AG.teamRole, ROLES[number % len(ROLES)])
    for country in countries:
        thing.link(AG.sendingCountry, country.iri)
    return thing.statements


def _evidence(action: Action, source: str, number: int, link: Link) -> Iterator[Statement]:
    """Yield why the link is believed: a statement, the passage it rests on, and where the passage stands."""
    iri = f"{BASE}id/statement/{action.key}-{number}"
    statement = _Thing(source, iri, AG.SourceStatement)
    statement.link(RDF.subject, action.iri)
    statement.link(RDF.predicate, AG.followUpOf if link.stated else AG.probableFollowUpOf)
    statement.link(RDF.object, link.earlier.iri)
    statement.link(AG.basis, f"{CONCEPT}basis/{'stated' if link.stated else 'inferred'}")
    statement.link(AG.evidence, f"{iri}#passage-1")
    if not link.stated:
        statement.literal(AG.confidence, "0.7", XSD.decimal)
        statement.text(AG.reason, "Both are with institutes of one country, on kindred topics.", "en")
    yield from statement.statements
    yield from _passage(f"{iri}#passage-1", source, f"Follow-up of {link.earlier.key}", 37 * (number + action.depth))


def _passage(iri: str, source: str, quoted: str, start: int) -> Iterator[Statement]:
    passage = _Thing(source, iri, OA.SpecificResource)
    passage.link(OA.hasSource, _source(source))
    passage.link(OA.hasSelector, f"{iri}-position")
    passage.link(OA.hasSelector, f"{iri}-quote")
    position = _Thing(source, f"{iri}-position", OA.TextPositionSelector)
    position.literal(OA.start, start, XSD.integer)
    position.literal(OA.end, start + len(quoted), XSD.integer)
    quote = _Thing(source, f"{iri}-quote", OA.TextQuoteSelector)
    quote.text(OA.exact, quoted)
    for thing in (passage, position, quote):
        yield from thing.statements


def _source(key: str) -> str:
    return f"{BASE}id/source/{key}"


def _place(country: Country, number: int) -> str:
    return f"{BASE}id/place/{country.iso3.lower()}-{number + 1}"


def _team_iri(action: Action, number: int) -> str:
    return f"{BASE}id/team/{action.key}-{number}"
