"""Which records speak of one action, which things are probably one, and what they contradict each other in.

Records are of one action if they have its number, or its title, partner and country, or if a person decided so. What
is only likely is a suggestion with its reason, for people to answer (`ingest.decisions`). What the first record says
stands; what another says against it is kept beside it as a conflict, and never in its place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import NamedTuple

from actiongraph.ingest.claims import Claim, LedgerEntry, Property, Record, RecordState, Refusal
from actiongraph.ingest.decisions import Decisions, Question, same_id
from actiongraph.ingest.keys import digest, slug
from actiongraph.ingest.workspace import DiskDict, DiskList, RecordStore, Workspace
from actiongraph.text import folded, likeness_of, listed, one_line

_ACTION = "id/action/"


_Values = Mapping[Property, Sequence[tuple[str, str]]]
"""Values with their language tag, or nothing, by property."""


class NamedAction:
    """An action as far as others can be held against it: what it is called, who and where it was for, and when.

    `values` are those of its number, titles, partners, countries, dates and counts; `facts` are its predicates and
    values as Turtle has them, where a file describes it.
    """

    __slots__ = (
        "countries", "facts", "file", "identifiers", "iri", "is_referenced", "numbers", "partners", "start", "titles",
        "values",
    )  # fmt: skip

    def __init__(
        self,
        iri: str,
        values: _Values,
        file: str = "",
        facts: frozenset[tuple[str, str]] = frozenset(),
        *,
        is_referenced: bool = False,
    ) -> None:
        self.iri = iri
        self.values = values
        self.file = file
        self.facts = facts
        self.is_referenced = is_referenced
        self.identifiers = frozenset(value for value, _ in values.get(Property.IDENTIFIER, ()))
        self.numbers = frozenset(value for value, _ in values.get(Property.NUMBER, ()))
        self.titles = frozenset((folded(value), language) for value, language in values.get(Property.TITLE, ()))
        self.partners = frozenset(
            folded(value)
            for property_ in (Property.PARTNER, Property.PARTNER_NATIVE)
            for value, _ in values.get(property_, ())
        )
        self.countries = frozenset(value for value, _ in values.get(Property.COUNTRY, ()))
        self.start = next((value for value, _ in values.get(Property.START, ())), "")

    @property
    def key(self) -> str:
        """The key of the action in its IRI."""
        return self.iri.removeprefix(_ACTION)


class NamedOrganization(NamedTuple):
    """An organization as far as others can be held against it: names and short forms, folded, and countries."""

    iri: str
    file: str
    names: frozenset[str]
    abbreviations: frozenset[str]
    countries: frozenset[str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The things of other files of the data folder and of the vocabulary, by IRI below the canonical base.

    `things` are described there, each with the name of its file; `actions` are those that have a number, by number;
    `concepts` are found by the key of their scheme and their folded label, or their notation. `described` are actions
    by IRI, as far as others can be held against them, and `organizations` likewise.
    """

    things: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    concepts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    described: Mapping[str, NamedAction] = field(default_factory=dict)
    organizations: Sequence[NamedOrganization] = ()


class Match(NamedTuple):
    """Why two things are one, or, if that is not certain, may be."""

    is_certain: bool
    rule: str
    reason: str


class Suggestion(NamedTuple):
    """Two things that are probably one, by the name of the question whether they are."""

    name: str
    one: str
    other: str
    reason: str


class Conflict(NamedTuple):
    """A claim that contradicts what stands: the value that stands, with its language tag, and the claim."""

    name: str
    kept: str
    language: str
    claim: Claim

    @property
    def text(self) -> str:
        """The conflict as the ledger tells it."""
        told = f"{one_line(self.claim.value)!r} against {self.kept!r}"
        return f"{self.claim.property.words}: {told}, which stands."


@dataclass(frozen=True, slots=True)
class Standing:
    """An action that a file is to describe, or to add to: its key, and all that its records claim together.

    `record` has these claims, and the line of the first one. `known` is what another file describes, and None if the
    action is this file's own. `members` are its records, by their index, and `refused` are parts of them, likewise,
    that are not taken over.
    """

    key: str
    record: Record
    conflicts: Sequence[Conflict] = ()
    known: NamedAction | None = None
    members: Sequence[tuple[int, Record]] = ()
    refused: Sequence[tuple[int, Refusal]] = ()


_NEAR_ENOUGH = 0.9
"""From this likeness on, two titles or names may be spellings of one. Below it, pairs of the 644 rows of a real table
were different projects nearly always."""
_LEAST_OF_LENGTH = _NEAR_ENOUGH / (2 - _NEAR_ENOUGH)
"""What is shorter than this part of another text cannot be so near: likeness is twice what they share by their sum."""
_MOST_OF_ONE_NAME = 300
"""Of more actions with one title or one partner in a country, pairs are not compared: what they share names none."""
_MONTH = len("2019-03")
_NUMERAL = re.compile(r"\d.*|[ivx]+|first|second|third|fourth|fifth|one|two|three|north|south|east|west|\w")
"""Words that tell apart what else has the same title: counts, directions, and single letters."""


def match_actions(one: NamedAction, other: NamedAction) -> Match | None:
    """Return why two actions are one, or may be; None if nothing says so, or numbers or countries differ."""
    if one.numbers and other.numbers:
        shared = one.numbers & other.numbers
        return (
            Match(is_certain=True, rule="same-number", reason=f"Both have the number {min(shared)}.")
            if shared
            else None
        )
    for mine, theirs in ((one.countries, other.countries), (one.partners, other.partners)):
        if mine and theirs and not mine & theirs:
            return None
    if {title for title, _ in one.titles} & {title for title, _ in other.titles}:
        return _match_by_title(one, other)
    has_both = one.partners & other.partners and one.countries & other.countries
    return _match_by_rest(one, other) if has_both and _agree(one.start, other.start) else None


def _match_by_title(one: NamedAction, other: NamedAction) -> Match | None:
    """Return how sure it is that two actions of one title are one."""
    told = [
        name
        for name, mine, theirs in (
            ("partner", one.partners, other.partners),
            ("country", one.countries, other.countries),
        )
        if mine & theirs
    ]
    has_same_days = _agree(one.start, other.start)
    if len(told) > 1 and has_same_days:
        return Match(is_certain=True, rule="same-title", reason="Title, partner and country are the same.")
    but = "not all of partner and country are told" if has_same_days else "they begin at different times"
    reason = f"{listed(['Title', *told])} are the same, but {but}."
    return Match(is_certain=False, rule="same-title", reason=reason) if told else None


def _match_by_rest(one: NamedAction, other: NamedAction) -> Match | None:
    """Return whether two actions with one partner and country may be one, in spite of their titles."""
    if _has_near_title(one, other):
        reason = "Partner and country are the same, and the titles nearly so."
        return Match(is_certain=False, rule="near-title", reason=reason)
    languages = {language for _, language in one.titles} & {language for _, language in other.titles}
    if one.start == other.start and len(one.start) >= _MONTH and not languages and one.titles and other.titles:
        reason = "Partner, country and start are the same, and the titles are in different languages."
        return Match(is_certain=False, rule="same-days", reason=reason)
    return None


def _agree(one: str, other: str) -> bool:
    """Tell whether two dates may be the same, as far as both are known."""
    known = min(len(one), len(other))
    return one[:known] == other[:known]


def _has_near_title(one: NamedAction, other: NamedAction) -> bool:
    return any(
        mine == theirs and are_near(title, another) for title, mine in one.titles for another, theirs in other.titles
    )


def are_near(one: str, other: str) -> bool:
    """Tell whether two folded texts may be spellings of one: nearly the same, and no number or direction differs."""
    if min(len(one), len(other)) < _LEAST_OF_LENGTH * max(len(one), len(other)):
        return False
    differing = set(one.split()) ^ set(other.split())
    return not any(_NUMERAL.fullmatch(word) for word in differing) and likeness_of(one, other) >= _NEAR_ENOUGH


def match_organizations(one: NamedOrganization, other: NamedOrganization) -> Match | None:
    """Return why two organizations are one, or may be; None if nothing says so, or they are not of one country."""
    if not one.countries & other.countries:
        return None
    if one.names & other.names:
        return Match(is_certain=True, rule="same-name", reason="Name and country are the same.")
    if any(are_near(mine, theirs) for mine in one.names for theirs in other.names):
        return Match(is_certain=False, rule="near-name", reason="The country is the same, and the names nearly so.")
    if one.abbreviations & other.abbreviations:
        return Match(is_certain=False, rule="same-abbreviation", reason="Country and short form are the same.")
    return None


def suggest_actions(actions: Iterable[NamedAction]) -> Iterator[Suggestion]:
    """Yield pairs of actions that are probably one, each once, in the order of their keys."""
    groups: defaultdict[tuple[str, str], list[NamedAction]] = defaultdict(list)
    for action in sorted(actions, key=lambda each: each.iri):
        titles = sorted({title for title, _ in action.titles})
        partners, countries = sorted(action.partners), sorted(action.countries)
        for shared in (*product(titles, [*partners, *countries]), *product(partners, countries)):
            groups[shared].append(action)
    seen: dict[str, Suggestion] = {}
    for group in groups.values():
        for one, other in combinations(group, 2) if len(group) <= _MOST_OF_ONE_NAME else ():
            name = same_id(Question.SAME, one.key, other.key)
            if name not in seen and (found := match_actions(one, other)):
                seen[name] = Suggestion(name, one.iri, other.iri, found.reason)
    yield from (seen[name] for name in sorted(seen))


def suggest_organizations(organizations: Iterable[NamedOrganization]) -> Iterator[Suggestion]:
    """Yield pairs of organizations that are probably one, each once, in the order of their keys."""
    by_country: defaultdict[str, list[NamedOrganization]] = defaultdict(list)
    for organization in sorted(organizations, key=lambda each: each.iri):
        for country in organization.countries:
            by_country[country].append(organization)
    seen: dict[str, Suggestion] = {}
    for group in by_country.values():
        for one, other in combinations(group, 2):
            keys = [each.iri.rpartition("/")[2] for each in (one, other)]
            name = same_id(Question.SAME_ORGANIZATION, *keys)
            if name not in seen and (found := match_organizations(one, other)):
                seen[name] = Suggestion(name, one.iri, other.iri, found.reason)
    yield from (seen[name] for name in sorted(seen))


def addition_key(key: str, source: str) -> str:
    """Return the key by which people decide on what a source adds to an action that another file describes."""
    return f"{key}+{source}"


def conflict_id(key: str, property_: Property, language: str, *values: str) -> str:
    """Return the name of the question which of two values of an action stands; it is the same whichever does."""
    return f"{Question.CONFLICT}/{key}/{property_}-{digest(language, *sorted(values))}"


_SINGLE = frozenset(
    {
        Property.NUMBER,
        Property.START,
        Property.END,
        Property.TEAM_COUNT,
        Property.ACTIVITY_COUNT,
        Property.ORDINAL,
        Property.DESCRIBED_AS_FOLLOW_UP,
    }
)
"""Of these, an action has one value."""
_DATES = frozenset({Property.START, Property.END})
_NAMING = frozenset({Property.TITLE, Property.NUMBER, Property.IDENTIFIER})
_COMPARED = _SINGLE | {Property.IDENTIFIER, Property.TITLE, Property.PARTNER, Property.PARTNER_NATIVE, Property.COUNTRY}


def _names(action: NamedAction) -> Iterator[str]:
    """Yield what an action is known by where it has no number: titles with partners and countries."""
    titles = sorted({title for title, _ in action.titles})
    yield from map("\n".join, product(titles, sorted(action.partners), sorted(action.countries)))


def _said(record: Record) -> set[tuple[Property, str]]:
    return {(claim.property, folded(claim.value)) for claim in record.claims}


class Identities:
    """Which actions the records of a source speak of, and where each record went.

    `entries` tell the latter, in the order of the records. What grows with the source is in its workspace.
    """

    def __init__(
        self,
        records: RecordStore,
        source: tuple[str, str],
        around: Surroundings,
        decisions: Decisions,
        workspace: Workspace,
    ) -> None:
        """Begin with no record placed; `source` is its key, and the language of texts that have none."""
        self._records = records
        self._source, self._language = source
        self._around = around
        self._decisions = decisions
        self._workspace = workspace
        self._plain_keys: DiskDict[str, str] = workspace.dictionary()
        self._groups: DiskDict[str, list[int]] = workspace.dictionary()
        """The records of each action, by its IRI; the first of them made it one of its own, if no other file did."""
        self._in_order: DiskList[str] = workspace.list()
        self._by_number: DiskDict[str, str] = workspace.dictionary()
        self._by_name: DiskDict[str, list[str]] = workspace.dictionary()
        self._around_by_name: defaultdict[str, list[NamedAction]] = defaultdict(list)
        for action in around.described.values():
            for name in _names(action):
                self._around_by_name[name].append(action)
        self.entries: DiskList[LedgerEntry] = workspace.list()
        self._together: defaultdict[str, list[str]] = defaultdict(list)
        for one, other in decisions.pairs(Question.SAME, answer=True):
            self._together[one].append(other)
            self._together[other].append(one)

    def note_key(self, key: str) -> None:
        """Note the key of a record, before any is placed.

        Of keys that differ in nothing that an IRI has, the first in the alphabet has the plain one.
        """
        plain = slug(key)
        present = self._plain_keys.get(plain)
        if present is None or key < present:
            self._plain_keys[plain] = key

    def place(self) -> Iterator[int]:
        """Put each record to the action that it speaks of, and yield its index."""
        for index in range(len(self._records)):
            record = self._records[index]
            whole = next((refusal for refusal in record.refusals if refusal.is_whole), None)
            if whole:
                self._refuse(record, whole.rule, whole.reason)
            else:
                self._place(index, record)
            self._workspace.used(1 + len(record.claims) + len(record.refusals))
            yield index

    def standing(self) -> Iterator[Standing]:
        """Yield the actions, in the order of their first record."""
        for iri in self._in_order:
            yield self._standing(iri, [(index, self._records[index]) for index in self._groups[iri]])

    def __len__(self) -> int:
        return len(self._in_order)

    def is_own(self, key: str) -> bool:
        """Tell whether the source alone describes the action with this key."""
        return self._groups.get(_ACTION + key) is not None and _ACTION + key not in self._around.things

    def _place(self, index: int, given: Record) -> None:
        """Put a record to the action that it speaks of, or make it one of its own."""
        if not any(claim.property in _NAMING for claim in given.claims):
            self._refuse(given, "no-name", "It has neither a title nor a number.")
            return
        iri, match, question, record = self._match(given)
        key = iri.removeprefix(_ACTION)
        if self._decisions.is_left_out(addition_key(key, self._source) if iri in self._around.things else key):
            self._refuse(given, "left-out", f"It was decided that {iri} is not wanted.")
            return
        group = self._groups.setdefault(iri, [])
        if not group:
            self._in_order.append(iri)
        group.append(index)
        if record is not given:
            self._records[index] = record
        if match:
            self.entries.append(
                LedgerEntry(
                    record.key,
                    record.line,
                    RecordState.MERGED,
                    key,
                    match.rule,
                    match.reason,
                    self._around.things.get(iri, ""),
                    question,
                )
            )
        else:
            self.entries.append(LedgerEntry(record.key, record.line, RecordState.PUBLISHED, key))
            action = self._action(iri, record)
            for name in _names(action):
                self._by_name.setdefault(name, []).append(iri)
            for number in action.numbers:
                self._by_number.setdefault(number, iri)

    def _refuse(self, record: Record, rule: str, reason: str) -> None:
        """Note that a record is not taken over at all."""
        parts = tuple(refusal for refusal in record.refusals if not refusal.is_whole)
        self.entries.append(
            LedgerEntry(record.key, record.line, RecordState.REFUSED, rule=rule, reason=reason, parts=parts)
        )

    def _action(self, iri: str, record: Record) -> NamedAction:
        return NamedAction(iri, self._values(record.claims))

    def _present(self, iri: str) -> NamedAction | None:
        """Return an action that is there, as another file describes it, or the record that made it."""
        if iri in self._around.things:
            return self._around.described.get(iri)
        group = self._groups.get(iri)
        return self._action(iri, self._records[group[0]]) if group else None

    def _values(self, claims: Iterable[Claim]) -> dict[Property, list[tuple[str, str]]]:
        values: dict[Property, list[tuple[str, str]]] = {}
        for claim in claims:
            if claim.property in _COMPARED:
                language = (claim.language or self._language) if claim.property is Property.TITLE else claim.language
                values.setdefault(claim.property, []).append((one_line(claim.value), language))
        return values

    def _match(self, record: Record) -> tuple[str, Match | None, str, Record]:
        """Return the action of a record, why it is that one, if it was there before, and the record as it is taken.

        In between is the name of the question whether it is.
        """
        key = slug(record.key)
        if self._plain_keys[key] != record.key:
            key = f"{key}-{digest(record.key)}"  # told from another by capitals or punctuation alone, in whatever order
        own = f"{key}-{digest(self._source, record.key)}"
        action = self._action(_ACTION + key, record)
        for other in (each for name in (key, own) for each in self._together.get(name, ())):
            if self._is_there(_ACTION + other):
                reason = f"It was decided that it is {_ACTION + other}."
                question = same_id(Question.SAME, other, own if other == key else key)
                return _ACTION + other, Match(is_certain=True, rule="decided", reason=reason), question, record
        if candidate := self._candidate(action, record):
            iri, match = candidate
            found = iri.removeprefix(_ACTION)
            question = same_id(Question.SAME, found, own if found == key else key)
            if self._decisions.said(question) is not False:
                return iri, match, question, record
            # It was decided that they are two, and a number can be that of one.
            naming = [
                replace(claim, property=Property.IDENTIFIER) if claim.property is Property.NUMBER else claim
                for claim in record.claims
            ]
            record = replace(record, claims=tuple(naming))
        if not self._is_there(action.iri):
            return action.iri, None, "", record
        while self._is_there(_ACTION + own):
            own = f"{key}-{digest(own, str(record.line))}"
        return _ACTION + own, None, "", record

    def _is_there(self, iri: str) -> bool:
        return iri in self._around.things or self._groups.get(iri) is not None

    def _candidate(self, action: NamedAction, record: Record) -> tuple[str, Match] | None:
        """Return the action that another is for certain, if it is exactly one, and why."""
        for number in sorted(action.numbers):
            if found := self._around.actions.get(number) or self._by_number.get(number):
                reason = f"Both have the number {number}."
                return found, Match(is_certain=True, rule="same-number", reason=reason)
        if self._is_there(action.iri) and self._has_same_key(action, record):
            reason = "Both have the same name in their sources."
            return action.iri, Match(is_certain=True, rule="same-key", reason=reason)
        others = {
            other.iri: other
            for name in _names(action)
            for other in (*self._around_by_name.get(name, ()), *self._placed_as(name))
        }
        matches = [(iri, match_actions(action, other)) for iri, other in others.items()]
        certain = [(iri, match) for iri, match in matches if match and match.is_certain]
        return certain[0] if len(certain) == 1 else None

    def _placed_as(self, name: str) -> Iterator[NamedAction]:
        """Yield the actions of the source itself that are known by a name."""
        yield from filter(None, map(self._present, self._by_name.get(name) or ()))

    def _has_same_key(self, action: NamedAction, record: Record) -> bool:
        """Tell whether an action that has the same key is the same one: by identifier, number, or all that is said."""
        other = self._present(action.iri)
        if other is None or action.identifiers & other.identifiers:
            return True
        if action.numbers and other.numbers:
            return False
        if action.numbers and action.key in map(slug, action.numbers):
            return not other.titles or bool(other.titles & action.titles)
        said = _said(record)
        return any(_said(self._records[each]) == said for each in self._groups.get(action.iri) or ())

    def _standing(self, iri: str, records: Sequence[tuple[int, Record]]) -> Standing:
        known = self._around.described.get(iri) if iri in self._around.things else None
        if iri in self._around.things and known is None:
            known = NamedAction(iri, {}, self._around.things[iri])
        key = iri.removeprefix(_ACTION)
        first = records[0][1]
        values: dict[Property, list[tuple[str, str]]] = {}
        for property_, found in (self._values(first.claims) if known is None else known.values).items():
            values[property_] = list(found)
        own = first.claims if known is None else ()
        claims, conflicts, refused = list(own), list[Conflict](), list[tuple[int, Refusal]]()
        for _, record in records if known else records[1:]:
            self._add(key, record, values, claims, conflicts, refused, is_known=known is not None)
        return Standing(key, replace(first, claims=tuple(claims)), conflicts, known, records, refused)

    def _add(
        self,
        key: str,
        record: Record,
        values: dict[Property, list[tuple[str, str]]],
        claims: list[Claim],
        conflicts: list[Conflict],
        refused: list[tuple[int, Refusal]],
        *,
        is_known: bool,
    ) -> None:
        """Add what a record claims to the claims of its action, or to the conflicts if it contradicts them."""
        own_countries = {claim.value for claim in record.claims if claim.property is Property.COUNTRY}
        countries = {value for value, _ in values.get(Property.COUNTRY, ())}
        is_elsewhere = bool(countries and own_countries) and not countries & own_countries
        for claim in record.claims:
            language = (claim.language or self._language) if claim.property is Property.TITLE else ""
            present = [value for value, tag in values.get(claim.property, ()) if language in ("", tag)]
            value = one_line(claim.value)
            is_single = claim.property in _SINGLE or claim.property is Property.TITLE
            against = is_elsewhere if claim.property is Property.COUNTRY else is_single
            if value in present or not present or not against:
                claims.append(claim)
                if claim.property in _COMPARED and value not in present:
                    values.setdefault(claim.property, []).append((value, language))
            elif claim.property is Property.TITLE and folded(value) in map(folded, present):
                continue
            elif claim.property in _DATES and _agree(value, present[0]):
                refused += self._take_more_exact(claim, present[0], values, claims, is_known=is_known)
            else:
                self._oppose(key, claim, present[0], language, values, claims, conflicts, is_known=is_known)

    def _take_more_exact(
        self,
        claim: Claim,
        present: str,
        values: dict[Property, list[tuple[str, str]]],
        claims: list[Claim],
        *,
        is_known: bool,
    ) -> list[tuple[int, Refusal]]:
        """Let the more exact one of two dates stand; one of another file stays as it is, and the claim is refused."""
        if len(claim.value) > len(present) and not is_known:
            claims[:] = [each for each in claims if (each.property, each.value) != (claim.property, present)]
            claims.append(claim)
            values[claim.property] = [(claim.value, "")]
        elif len(claim.value) > len(present):
            reason = f"{claim.value!r} is more exact than {present!r} in the file that describes the action."
            return [(claim.record_index, Refusal("more-exact", reason))]
        return []

    def _oppose(
        self,
        key: str,
        claim: Claim,
        present: str,
        language: str,
        values: dict[Property, list[tuple[str, str]]],
        claims: list[Claim],
        conflicts: list[Conflict],
        *,
        is_known: bool,
    ) -> None:
        """Note that a claim contradicts what stands; if it was decided that it is right, the two change places."""
        name = conflict_id(key, claim.property, language, one_line(claim.value), present)
        standing = [
            each
            for each in claims
            if (each.property, one_line(each.value)) == (claim.property, present)
            and (not language or (each.language or self._language) == language)
        ]
        if self._decisions.said(name) is False and standing and not is_known:
            place = claims.index(standing[0])
            claims[:] = [each for each in claims if each not in standing]
            claims.insert(place, claim)
            values[claim.property] = [pair for pair in values[claim.property] if pair != (present, language)]
            values[claim.property].append((one_line(claim.value), language))
            conflicts.append(Conflict(name, one_line(claim.value), language, standing[0]))
        else:
            conflicts.append(Conflict(name, present, language, claim))
