"""Records as Turtle in the compact form of evidence (docs/curators.md): one file for a source, for people to review.

The same records give the same bytes. Blank nodes stand in entries of evidence alone, which a build replaces; all else
has a key that is minted from the words of the source. Parents, children and siblings are parts and wholes, with
properties of their own below dcterms:isPartOf and dcterms:hasPart, and never follow-ups.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from actiongraph.countries import alpha2_of, names_of
from actiongraph.ingest.claims import Basis, Claim, Property, Record, Refusal, SourcePassage
from actiongraph.ingest.decisions import Decisions, Question
from actiongraph.ingest.draft import Dangling, Draft
from actiongraph.ingest.identity import Conflict, Identities, Standing, Surroundings
from actiongraph.ingest.keys import digest, slug
from actiongraph.ingest.workspace import DiskDict, DiskList, TextSpool, Workspace
from actiongraph.iris import is_web_address
from actiongraph.text import counted, folded, one_line
from actiongraph.vocabulary import CANONICAL_BASE

_PREFIXES = {
    "ag": "https://w3id.org/actiongraph/ontology#",
    "act": "https://w3id.org/actiongraph/id/action/",
    "orgs": "https://w3id.org/actiongraph/id/org/",
    "cty": "https://w3id.org/actiongraph/id/country/",
    "place": "https://w3id.org/actiongraph/id/place/",
    "av": "https://w3id.org/actiongraph/id/activity/",
    "src": "https://w3id.org/actiongraph/id/source/",
    "doc": "https://w3id.org/actiongraph/id/document/",
    "ser": "https://w3id.org/actiongraph/id/series/",
    "ak": "https://w3id.org/actiongraph/concept/activity-kind/",
    "eu": "http://publications.europa.eu/resource/authority/country/",
    "org": "http://www.w3.org/ns/org#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "oa": "http://www.w3.org/ns/oa#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "spdx": "http://spdx.org/rdf/terms#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""The prefixes of the data that is written by hand, in its order; a file has those that occur in it."""


def short_name(iri: str) -> str:
    """Return an IRI as files that are written here have it: below a prefix, or below the base."""
    for prefix, namespace in _PREFIXES.items():
        if iri.startswith(namespace) and iri != namespace:
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return f"<{iri.removeprefix(CANONICAL_BASE)}>"


_UNKNOWN_LANGUAGE = "und"
"""The tag of a language that is not known (BCP 47, section 4.1)."""
_SHORTEST_TITLE = 3


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """A source as its file describes it: its key, its title and that one's language, checksum and media type.

    `language` is also that of its texts where a claim has none. `address` is where it can be read.
    """

    key: str
    title: str
    sha256: str
    media_type: str
    language: str = "en"
    address: str = ""
    rights: str = ""


Progress = Callable[[str, int, int], None]
"""Is called with a step, the records that it has come to, and those that it is to come to."""


def draft_turtle(
    records: Iterable[Record],
    source: SourceDescription,
    around: Surroundings | None = None,
    decisions: Decisions | None = None,
    workspace: Workspace | None = None,
    progress: Progress = lambda step, done, total: None,
) -> Draft:
    """Return the Turtle of `records` of one source, with its description and all that they speak of.

    Of what grows with the records nothing is in memory but a bounded part, if a workspace is given.

    Raises:
        StoreError: the workspace has no room for its files.
    """
    writer = _DraftWriter(
        source, around or Surroundings(), decisions or Decisions(), workspace or Workspace(), progress
    )
    return writer.draft(records)


_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    if "\ud800" <= char <= "\udfff":
        char = "\ufffd"  # half of a pair is no character, and UTF-8 cannot hold it
    return _SHORT.get(char) or f"\\u{ord(char):04X}"


def literal(text: str, language: str = "") -> str:
    """Return `text` as a literal of Turtle in one line, with its language tag if it has one."""
    return f'"{_ESCAPED.sub(_escape, text)}"' + (f"@{language}" if language else "")


_DATATYPES = {4: "gYear", 7: "gYearMonth", 10: "date"}


def _date(value: str) -> str:
    return f"{literal(value)}^^xsd:{_DATATYPES[len(value)]}"


def _decimal(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


_LINKS = {
    Property.PARALLEL_TO: "ag:parallelTo",
    Property.SAME_REQUEST_AS: "ag:sameRequestAs",
    Property.PARENT: "ag:parentAction",
    Property.CHILD: "ag:childAction",
    Property.SIBLING: "ag:siblingAction",
}
_ROLES = {
    Property.FUNDING_ORGANIZATION: "ag:fundingOrganization",
    Property.ACCOUNTABLE_ORGANIZATION: "ag:accountableOrganization",
    Property.EXTENDING_ORGANIZATION: "ag:extendingOrganization",
    Property.IMPLEMENTING_ORGANIZATION: "ag:implementingOrganization",
}
_ONCE = {
    Property.NUMBER: "ag:actionNumber",
    Property.START: "ag:startDate",
    Property.END: "ag:endDate",
    Property.TEAM_COUNT: "ag:teamCount",
    Property.ACTIVITY_COUNT: "ag:activityCount",
    Property.ORDINAL: "ag:ordinalWithPartner",
    Property.DESCRIBED_AS_FOLLOW_UP: "ag:describedAsFollowUp",
}
_PLAIN = {
    Property.IDENTIFIER: "dcterms:identifier",
    Property.CATEGORY: "ag:categoryAsPrinted",
    Property.PARTNER_AS_PRINTED: "ag:partnerNameAsPrinted",
}
_COUNTRIES = {Property.COUNTRY: "ag:country", Property.EXPERTS_FROM: "ag:expertsFrom"}
_CONCEPTS = {
    Property.ASSISTANCE_TYPE: ("ag:assistanceType", "assistance"),
    Property.SECTOR: ("dcterms:subject", "dac-sector"),
}
_ORDER = (
    "ag:actionNumber", "dcterms:identifier", "dcterms:title", "skos:prefLabel", "ag:categoryAsPrinted", "ag:partner",
    "ag:partnerNameAsPrinted", *_ROLES.values(), "ag:country", "ag:place", "ag:assistanceType", "dcterms:subject",
    "ag:startDate", "ag:endDate", "ag:ordinalWithPartner", "ag:teamCount", "ag:expertsFrom", "ag:activityCount",
    "ag:hasActivity", "ag:concernsDocument", "ag:followUpOf", "ag:probableFollowUpOf", "ag:describedAsFollowUp",
    *_LINKS.values(), "ag:partOfSeries",
)  # fmt: skip
UNWRITTEN = {
    Property.DESCRIPTION: "it stays its publisher's, under a licence that the file does not name; write a summary.",
    Property.PLANNED_START: "the graph has days that were, and no plans.",
    Property.PLANNED_END: "the graph has days that were, and no plans.",
    Property.REPORTING_ORGANIZATION: "who reports is no part of the action.",
    Property.CO_FUNDED: "the graph has no link between actions that are paid for together.",
    Property.THIRD_PARTY: "another's report on the same action, if a person finds that it is the same.",
}
"""Why claims about some properties are not written."""
_PLANS = frozenset({Property.PLANNED_START, Property.PLANNED_END})
_ORGANIZATION_IDENTIFIER = re.compile(r"[A-Z]{2}[A-Z]*-\S+")
"""How identifiers of organizations begin: with the country or the list that registers them (org-id.guide)."""
_NAMESAKES = re.compile(
    r"\b(minist|gov|gouv|gob|national|nacional|direction|direc|department|departamento|secret|muni)"
)
"""Words of bodies that many countries have one of, by that very name."""


class _Thing:
    """What a file says of one thing: values by property, each with the claims that say it, in order."""

    def __init__(self, types: str, note: str = "", known: frozenset[tuple[str, str]] | None = None) -> None:
        self.types = types
        self.note = note
        self.known = known
        """What another file says of it, as predicates and values; None if that is not described by another."""
        self.conflicts: list[str] = []
        self.facts: defaultdict[str, dict[str, list[Claim]]] = defaultdict(dict)
        self.unsaid: list[str] = []

    def say(self, predicate: str, value: str, claim: Claim) -> None:
        self.facts[predicate].setdefault(value, []).append(claim)


class _DraftWriter:
    def __init__(
        self,
        source: SourceDescription,
        around: Surroundings,
        decisions: Decisions,
        workspace: Workspace,
        progress: Progress,
    ) -> None:
        self._source = source
        self._around = around
        self._decisions = decisions
        self._workspace = workspace
        self._progress = progress
        self._records = workspace.records()
        self._found = Identities(self._records, (source.key, source.language), around, decisions, workspace)
        self._parts: defaultdict[int, list[Refusal]] = defaultdict(list)
        """What is refused of the records of the action that is being written, by their index."""
        self._dangling: DiskList[Dangling] = workspace.list()
        self._organizations: DiskDict[str, _Thing] = workspace.dictionary()
        self._others: DiskDict[str, _Thing] = workspace.dictionary()
        self._referenced: DiskDict[str, _Thing] = workspace.dictionary()
        self._countries: set[str] = set()
        self._has_numbers = False
        self._names: DiskDict[str, str] = workspace.dictionary()
        self._folded_names: DiskDict[str, str] = workspace.dictionary()
        """The key of the action that is called so whatever the capitals; empty where there are several."""
        self._organization_names: dict[tuple[str, str], str] = {}
        self._decided = dict(self._decided_organizations())
        self._unused = list(_PREFIXES)

    def _take(self, record: Record) -> None:
        """Take in a record that was read."""
        self._has_numbers = self._has_numbers or any(claim.property is Property.NUMBER for claim in record.claims)
        if not any(refusal.is_whole for refusal in record.refusals):
            record = self._without_blanks(len(self._records), record)
            self._found.note_key(record.key)
        self._records.append(record)

    @staticmethod
    def _without_blanks(index: int, record: Record) -> Record:
        """Return the record with that index, and without values in which nothing is to be seen."""
        claims, blank = list[Claim](), list[Refusal]()
        for claim in record.claims:
            if one_line(claim.value):
                claims.append(replace(claim, record_index=index) if claim.record_index != index else claim)
            else:
                blank.append(Refusal("blank-value", f"Its {claim.property.words} is blank."))
        return replace(record, claims=tuple(claims), refusals=(*record.refusals, *blank))

    def _refuse_unwritten(self, index: int, record: Record) -> None:
        """Say which claims of a record are not written; a plan that came true is."""
        days = {claim.value for claim in record.claims if claim.property in (Property.START, Property.END)}
        unwritten = Counter(claim.property for claim in record.claims if claim.property in UNWRITTEN)
        unwritten -= Counter(
            claim.property for claim in record.claims if claim.property in _PLANS and claim.value in days
        )
        for property_, number in unwritten.items():
            said = counted(number, property_.words)
            self._refuse_part(index, f"not-written-{property_}", f"{said}: {UNWRITTEN[property_]}")

    def _refuse(self, claim: Claim, rule: str, reason: str) -> None:
        self._refuse_part(claim.record_index, rule, reason)

    def _refuse_part(self, index: int, rule: str, reason: str) -> None:
        self._parts[index].append(Refusal(rule, reason))

    def _note_names(self) -> None:
        """Note what links may call each action by, and what partners are called."""
        partners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for number, standing in enumerate(self._found.standing(), start=1):
            for name in _names(standing):
                self._names.setdefault(name, standing.key)  # of records that have one identifier, the first is meant
                folded_name = name.casefold()
                if self._folded_names.setdefault(folded_name, standing.key) != standing.key:
                    self._folded_names[folded_name] = ""
            self._note_partners(standing, partners)
            self._workspace.used(len(standing.record.claims))
            self._progress("names gathered", number, len(self._found))
        self._organization_names = dict(self._names_of_organizations(partners))

    def _called(self, name: str) -> str:
        """Return the key of the action that a link calls so, or nothing; what is written to the letter comes first."""
        found = (known.get(each) for each in (name, name.casefold()) for known in (self._names, self._folded_names))
        return next(filter(None, found), "")

    @staticmethod
    def _note_partners(standing: Standing, partners: defaultdict[tuple[str, str], set[str]]) -> None:
        """Add to `partners`, by country and folded name in their own language, the folded names of partners."""
        countries = [claim.value for claim in standing.record.claims if claim.property is Property.COUNTRY]
        partner = ""
        for claim in standing.record.claims if len(countries) == 1 else ():
            if claim.property is Property.PARTNER:
                partner = one_line(claim.value)
            elif claim.property is Property.PARTNER_NATIVE and partner:
                partners[countries[0], folded(claim.value)].add(folded(partner))

    def _names_of_organizations(
        self, partners: Mapping[tuple[str, str], set[str]]
    ) -> Iterator[tuple[tuple[str, str], str]]:
        """Yield countries and folded names of partners, with the organization of another file, or the name, meant.

        A name in a partner's own language means the partner if only one has it.
        """
        for (country, native), names in partners.items():
            if len(names) == 1 and (country, *names) not in partners:
                yield (country, native), f"orgs:{country.lower()}-{slug(*names)}"
        known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for organization in self._around.organizations:
            for country in organization.countries:
                for name in organization.names:
                    known[country, name].add(organization.iri)
        yield from ((name, f"orgs:{_key(*iris)}") for name, iris in known.items() if len(iris) == 1)

    def _decided_organizations(self) -> Iterator[tuple[str, str]]:
        """Yield organizations that were decided to be another one; that of another file is the one that stays."""
        for one, other in self._decisions.pairs(Question.SAME_ORGANIZATION, answer=True):
            kept, left = (other, one) if f"id/org/{other}" in self._around.things else (one, other)
            yield f"orgs:{left}", f"orgs:{kept}"

    def draft(self, records: Iterable[Record]) -> Draft:
        for record in records:
            self._take(record)
        for index in self._found.place():
            self._progress("compared", index + 1, len(self._records))
        self._note_names()
        before, actions, after = (self._workspace.text() for _ in range(3))
        self._section(actions, "Actions", self._actions())
        for line in self._description():
            self._write(before, line)
        self._section(before, "Organizations", self._own(self._organizations))
        self._section(before, "Countries", self._country_things())
        self._section(after, "Actions that are only referred to", self._own(self._referenced))
        self._section(after, "What else they speak of", self._own(self._others))
        used = [f"@prefix {name}: <{iri}> ." for name, iri in _PREFIXES.items() if name not in self._unused]
        head = "\n".join([f"@base <{CANONICAL_BASE}> .", *used])
        return Draft(f"{head}\n\n", (before, actions, after), self._dangling, self._found.entries)

    def _write(self, text: TextSpool, lines: str) -> None:
        self._unused = [prefix for prefix in self._unused if f"{prefix}:" not in lines]
        text.write(lines)

    def _section(self, text: TextSpool, title: str, things: Iterable[tuple[str, _Thing]]) -> None:
        """Write a section of the file, if there are things for it."""
        for place, (name, thing) in enumerate(things):
            if not place:
                self._write(text, f"\n# --- {title}")
            self._write(text, "\n".join(["", *self._block(name, thing)]))

    def _description(self) -> Iterator[str]:
        """Yield the lines that describe the source."""
        source = self._source
        yield f"# {one_line(source.title)}: what it says, as actiongraph ingest read it, for review."
        yield ""
        yield f"src:{source.key} a ag:Source ;"
        yield f"  dcterms:title {literal(one_line(source.title), source.language)} ;"
        yield f"  dcterms:format {literal(source.media_type)} ;"
        if source.rights:
            yield f"  dcterms:rights {literal(one_line(source.rights), source.language)} ;"
        if is_web_address(source.address):
            yield f"  schema:url <{source.address}> ;"
        yield f"  spdx:checksum <id/source/{source.key}#checksum> ."
        yield ""
        yield f"<id/source/{source.key}#checksum> a spdx:Checksum ;"
        yield "  spdx:algorithm spdx:checksumAlgorithm_sha256 ;"
        yield f'  spdx:checksumValue "{source.sha256}"^^xsd:hexBinary .'

    def _actions(self) -> Iterator[tuple[str, _Thing]]:
        """Yield the actions by name, and once each is written note in the ledger what was refused of its records."""
        for number, standing in enumerate(self._found.standing(), start=1):
            for index, record in standing.members:
                self._parts[index] += record.refusals
            for index, refusal in standing.refused:
                self._parts[index].append(refusal)
            for index, record in standing.members:
                self._refuse_unwritten(index, record)
            yield f"act:{standing.key}", self._action(standing.key, standing)
            self._enter(standing)
            self._workspace.used(len(standing.record.claims) + sum(len(each.refusals) for _, each in standing.members))
            self._progress("written", number, len(self._found))

    def _enter(self, standing: Standing) -> None:
        conflicts: defaultdict[int, list[str]] = defaultdict(list)
        for conflict in standing.conflicts:
            conflicts[conflict.claim.record_index].append(conflict.text)
        for index, _ in standing.members:
            parts = tuple(self._parts.pop(index, ()))
            if parts or conflicts[index]:
                entry = self._found.entries[index]
                self._found.entries[index] = replace(entry, parts=parts, conflicts=tuple(conflicts[index]))

    def _own(self, things: DiskDict[str, _Thing]) -> Iterator[tuple[str, _Thing]]:
        """Yield what no other file describes, by name."""
        return (pair for pair in things.items() if self._iri(pair[0]) not in self._around.things)

    def _iri(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return (_PREFIXES[prefix] + local).removeprefix(CANONICAL_BASE)

    def _country_things(self) -> Iterator[tuple[str, _Thing]]:
        for code in sorted(self._countries):
            if f"id/country/{code}" not in self._around.things:
                thing = _Thing("ag:Country")
                english = next((name for name, tag in names_of(code) if tag == "en"), code)
                codes = f'"{alpha2_of(code)}"^^ag:iso3166-1-alpha-2, "{code}"^^ag:iso3166-1-alpha-3'
                match = [] if code == _KOSOVO else [f"skos:exactMatch eu:{code}"]
                thing.unsaid = [f"skos:prefLabel {literal(english, 'en')}", f"skos:notation {codes}", *match]
                yield f"cty:{code}", thing

    def _block(self, name: str, thing: _Thing) -> Iterator[str]:
        """Yield the lines that describe a thing, and those with the evidence for it."""
        if thing.note:
            yield f"# {one_line(thing.note)}"
        said = sorted(thing.facts, key=lambda each: _ORDER.index(each) if each in _ORDER else len(_ORDER))
        known = thing.known or frozenset()
        values = {each: [value for value in thing.facts[each] if (each, value) not in known] for each in said}
        lines = [f"{predicate} {', '.join(values[predicate])}" for predicate in said if values[predicate]]
        types = [f"a {thing.types}"] if thing.known is None else []
        yield f"{name} " + " ;\n  ".join([*types, *lines, *thing.unsaid]) + " ."
        entries = [*self._entries(thing, said), *thing.conflicts]
        if entries:
            yield ""
            yield f"{name} ag:stated\n  " + ",\n  ".join(entries) + " ."

    def _entries(self, thing: _Thing, said: Sequence[str]) -> Iterator[str]:
        """Yield the entries of evidence: one for all properties that rest on the same words in the same way."""
        together: dict[str, list[str]] = {}
        for predicate in said:
            by_value = {value: self._evidence(claims) for value, claims in thing.facts[predicate].items()}
            if thing.known is not None:
                # What was concluded is no further ground for what another file says.
                by_value = {
                    value: ground
                    for value, ground in by_value.items()
                    if (predicate, value) not in thing.known or "ag:reason" not in ground
                }
            if len(grounds := set(by_value.values())) == 1 and thing.known is None:
                together.setdefault(grounds.pop(), []).append(f"rdf:predicate {predicate}")
            else:
                for value, ground in by_value.items():
                    together[f"rdf:object {value} ; {ground}"] = [f"rdf:predicate {predicate}"]
        for ground, predicates in together.items():
            listed = ", ".join(each.removeprefix("rdf:predicate ") for each in predicates)
            yield f"[ rdf:predicate {listed} ; {ground} ]"

    def _evidence(self, claims: Sequence[Claim]) -> str:
        """Return why a fact is believed: what a source states beats what was concluded, and of that the surest."""
        stated = [claim for claim in claims if claim.basis is Basis.STATED]
        best = stated or [max(claims, key=lambda each: each.confidence or 0)]
        passages = dict.fromkeys(passage for claim in best for passage in self._passages(claim))
        ground = next(iter(passages)) if len(passages) == 1 else None
        words = ground or f"ag:evidence {', '.join(f'[ {each} ]' for each in passages)}"
        claim = best[0]
        if claim.confidence is None:
            return words
        return (
            f"ag:confidence {_decimal(claim.confidence)} ; ag:reason {literal(one_line(claim.reason), 'en')} ; {words}"
        )

    def _passages(self, claim: Claim) -> list[str]:
        """Return where a claim rests in the source: its words, or the whole record where the source has no text."""
        if claim.passages:
            return [_quote(passage) for passage in claim.passages]
        row, line = self._records.row(claim.record_index), self._records.line(claim.record_index)
        where = f"row={row}" if row else f"line={line - 1},{line}"
        return [f'rdf:value "{where}"']

    def _action(self, key: str, standing: Standing) -> _Thing:
        """Return an action, and take note of all that its records speak of."""
        record, known = standing.record, standing.known
        by_property: defaultdict[Property, list[Claim]] = defaultdict(list)
        for claim in record.claims:
            by_property[claim.property].append(claim)
        titles = [claim for claim in by_property[Property.TITLE] if len(one_line(claim.value)) >= _SHORTEST_TITLE]
        has_party = any(by_property[each] for each in (Property.PARTNER, *_ROLES))
        is_described = not known.is_referenced if known else bool(titles) and has_party
        where = f"Line {record.line}" + (f", row {record.row}" if record.row not in (None, record.line) else "")
        kind = "ag:DescribedAction" if is_described else "ag:ReferencedAction"
        note = f"{where}: {record.key}" + (f", which {known.file} describes" if known else "")
        thing = _Thing(f"ag:Action, {kind}", note, known.facts if known else None)
        thing.unsaid = [f"dcterms:source src:{self._source.key}"]
        self._say_titles(thing, by_property, "dcterms:title" if is_described else "skos:prefLabel")
        self._say_texts(thing, by_property)
        countries = list(dict.fromkeys(claim.value for claim in by_property[Property.COUNTRY]))
        countries = countries or sorted(known.countries if known else ())
        self._say_organizations(thing, record.claims, countries)
        for property_, predicate in _COUNTRIES.items():
            for claim in by_property[property_]:
                thing.say(predicate, self._country(claim.value), claim)
        for property_ in _CONCEPTS:
            for claim in by_property[property_]:
                self._say_concept(thing, claim)
        self._say_links(thing, key, by_property)
        self._say_parts(thing, key, by_property, countries)
        self._drop_rejected(thing, key)
        thing.conflicts = [self._conflict(each, is_described=is_described) for each in standing.conflicts]
        return thing

    def _drop_rejected(self, thing: _Thing, key: str) -> None:
        """Take back what was concluded, and decided not to be so."""
        for predicate, values in list(thing.facts.items()):
            for value, claims in list(values.items()):
                is_concluded = all(claim.basis is Basis.INFERRED for claim in claims)
                if is_concluded and self._decisions.said(fact_id(key, predicate, value)) is False:
                    del values[value]
                    for claim in claims:
                        self._refuse(claim, "decided", f"It was decided that {predicate} {value} is not so.")
            if not values:
                del thing.facts[predicate]

    def _conflict(self, conflict: Conflict, *, is_described: bool) -> str:
        """Return the entry of evidence of a claim that contradicts what is said."""
        property_ = conflict.claim.property
        value, kept = one_line(conflict.claim.value), conflict.kept
        if property_ is Property.TITLE:
            predicate = "dcterms:title" if is_described else "skos:prefLabel"
            value, kept = (literal(each, conflict.language) for each in (value, kept))
        elif property_ in _COUNTRIES:
            predicate = _COUNTRIES[property_]
            value, kept = (self._country(each) for each in (value, kept))
        else:
            predicate = _ONCE[property_]
            value, kept = (_once_written(property_, each) for each in (value, kept))
        evidence = self._evidence([conflict.claim])
        return f"[ rdf:predicate {predicate} ; rdf:object {value} ; ag:conflictsWith {kept} ; {evidence} ]"

    def _say_texts(self, thing: _Thing, by_property: Mapping[Property, list[Claim]]) -> None:
        for property_, predicate in _ONCE.items():
            for claim in self._only(by_property[property_]):
                thing.say(predicate, _once_written(property_, one_line(claim.value)), claim)
        for property_, predicate in _PLAIN.items():
            if property_ is not Property.PARTNER_AS_PRINTED or by_property[Property.PARTNER]:
                for claim in by_property[property_]:
                    thing.say(predicate, literal(one_line(claim.value)), claim)

    def _say_titles(self, thing: _Thing, by_property: Mapping[Property, list[Claim]], predicate: str) -> None:
        seen: dict[str, str] = {}
        for claim in by_property[Property.TITLE]:
            title, language = one_line(claim.value), claim.language or self._source.language
            if len(title) < _SHORTEST_TITLE:
                self._refuse(claim, "short-title", f"{title!r} is shorter than a title.")
            elif seen.setdefault(language, title) != title:
                self._refuse(claim, "second-value", f"{title!r} is a second title in the same language.")
            else:
                thing.say(predicate, literal(title, language), claim)
        if not seen and not by_property[Property.NUMBER] and thing.known is None:
            naming = by_property[Property.IDENTIFIER] or by_property[Property.TITLE]
            thing.say(predicate, literal(one_line(naming[0].value), _UNKNOWN_LANGUAGE), naming[0])

    def _only(self, claims: Sequence[Claim]) -> list[Claim]:
        """Return the claims of one value: that of the first stated one, else of the surest; others are refused."""
        if not claims:
            return []
        best = max(claims, key=lambda claim: (claim.basis is Basis.STATED, claim.confidence or 0))
        for claim in claims:
            if claim.value != best.value:
                reason = f"{claim.value!r} is a second {claim.property.words}, beside {best.value!r}."
                self._refuse(claim, "second-value", reason)
        return [claim for claim in claims if claim.value == best.value]

    def _country(self, code: str) -> str:
        self._countries.add(code)
        return f"cty:{code}"

    def _say_organizations(self, thing: _Thing, claims: Sequence[Claim], countries: Sequence[str]) -> None:
        partner = ""
        for claim in claims:
            if claim.property is Property.PARTNER:
                partner = self._organization(claim, countries)
                thing.say("ag:partner", partner, claim)
            elif claim.property in _ROLES:
                # What works in many countries is one; of a ministry there may be one of that name in each.
                own = countries if _NAMESAKES.search(folded(claim.value)) else ()
                thing.say(_ROLES[claim.property], self._organization(claim, own), claim)
            elif claim.property is Property.PARTNER_NATIVE and partner:
                language = claim.language or _UNKNOWN_LANGUAGE
                self._name(self._organizations[partner], literal(one_line(claim.value), language), claim)
            elif claim.property is Property.PARTNER_ABBREVIATION and partner:
                self._organizations[partner].say("ag:abbreviation", literal(one_line(claim.value)), claim)

    def _organization(self, claim: Claim, countries: Sequence[str]) -> str:
        prefix = f"{countries[0].lower()}-" if len(countries) == 1 else ""
        has_identifier = _ORGANIZATION_IDENTIFIER.fullmatch(claim.reference)
        known = self._organization_names.get((countries[0], folded(claim.value))) if prefix else None
        name = f"orgs:{slug(claim.reference)}" if has_identifier else known or f"orgs:{prefix}{slug(claim.value)}"
        name = self._decided.get(name, name)
        thing = self._organizations.setdefault(name, _Thing("org:Organization"))
        for text, language in ((claim.value, claim.language), *claim.names):
            self._name(thing, literal(one_line(text), language or self._source.language), claim)
        if has_identifier and not thing.facts.get("dcterms:identifier"):
            thing.say("dcterms:identifier", literal(claim.reference), claim)
        return name

    @staticmethod
    def _name(thing: _Thing, name: str, claim: Claim) -> None:
        """Say the name of a thing: the first in its language is the one it has, and others are other names.

        Evidence of a name is the record that has it first.
        """
        names, others = (thing.facts.get(each, {}) for each in ("skos:prefLabel", "skos:altLabel"))
        if name in names or name in others:
            return
        language = name.rpartition("@")[2]
        is_first = language != _UNKNOWN_LANGUAGE and not any(each.rpartition("@")[2] == language for each in names)
        thing.say("skos:prefLabel" if is_first or not names else "skos:altLabel", name, claim)

    def _say_concept(self, thing: _Thing, claim: Claim) -> None:
        predicate, scheme = _CONCEPTS[claim.property]
        found = self._concepts_in(scheme, folded(claim.value).split())
        if not found:
            reason = f"{one_line(claim.value)!r} is not in the list <concept/{scheme}>."
            self._refuse(claim, f"unknown-{claim.property}", reason)
        for concept in found:
            thing.say(predicate, f"<{concept}>", claim)

    def _concepts_in(self, scheme: str, words: Sequence[str]) -> list[str]:
        """Return the concepts that `words` name one after the other, the longest name first; none if a word is left."""
        found: list[str] = []
        at = 0
        while at < len(words):
            ends = range(len(words), at, -1)
            named = ((end, self._around.concepts.get((scheme, " ".join(words[at:end])))) for end in ends)
            end, concept = next(((end, concept) for end, concept in named if concept), (0, ""))
            if not concept:
                return []
            found.append(concept)
            at = end
        return found

    def _say_links(self, thing: _Thing, key: str, by_property: Mapping[Property, list[Claim]]) -> None:
        stated = {self._target(claim) for claim in by_property[Property.FOLLOW_UP_OF] if claim.reason == ""}
        stated |= {value for predicate, value in thing.known or () if predicate == "ag:followUpOf"}
        for claim in by_property[Property.FOLLOW_UP_OF]:
            target = self._target(claim)
            if not claim.reason or target not in stated:
                predicate = "ag:probableFollowUpOf" if claim.reason else "ag:followUpOf"
                self._say_link(thing, key, claim, predicate)
        for property_, predicate in _LINKS.items():
            for claim in by_property[property_]:
                self._say_link(thing, key, claim, predicate)

    def _say_link(self, thing: _Thing, key: str, claim: Claim, predicate: str) -> None:
        target = self._target(claim)
        if target == f"act:{key}":
            self._refuse(claim, "link-to-itself", f"It is said to be its own {claim.property.words}.")
        else:
            thing.say(predicate, target, claim)

    def _target(self, claim: Claim) -> str:
        """Return the action that a link leads to: a record, one of another file, or one that is only referred to."""
        name = one_line(claim.value)
        if found := self._called(name):
            return f"act:{found}"
        if elsewhere := self._around.actions.get(name):
            return f"act:{elsewhere.removeprefix('id/action/')}"
        target = f"act:{slug(name)}"
        if self._found.is_own(slug(name)):  # its name is another one, which has the same key
            target = f"{target}-{digest(name)}"
        if self._iri(target) not in self._around.things and target not in self._referenced:
            self._dangling.append(Dangling(name, self._records.line(claim.record_index)))
            thing = self._referenced.setdefault(target, _Thing("ag:Action, ag:ReferencedAction"))
            thing.unsaid = [f"dcterms:source src:{self._source.key}"]
            if self._has_numbers and _LIKE_A_NUMBER.fullmatch(name):
                thing.say("ag:actionNumber", literal(name), claim)
            else:
                for title, language in claim.names or ((name, _UNKNOWN_LANGUAGE),):
                    self._name(thing, literal(one_line(title), language or _UNKNOWN_LANGUAGE), claim)
                if claim.names:
                    thing.say("dcterms:identifier", literal(name), claim)
        return target

    def _say_parts(
        self,
        thing: _Thing,
        key: str,
        by_property: Mapping[Property, list[Claim]],
        countries: Sequence[str],
    ) -> None:
        """Say the places, documents, series and visits of an action."""
        for claim in by_property[Property.PLACE]:
            if len(countries) == 1:
                name = f"place:{countries[0].lower()}-{slug(claim.value)}"
                place = self._named(name, "ag:Place", claim)
                located = f"ag:placeInCountry {self._country(countries[0])}"
                place.unsaid = [*(each for each in place.unsaid if each != located), located]
                thing.say("ag:place", name, claim)
            else:
                self._refuse(claim, "place-without-country", f"The country of {one_line(claim.value)!r} is not told.")
        for claim in by_property[Property.SERIES]:
            name = f"ser:{slug(claim.value)}"
            self._named(name, "ag:Series", claim)
            thing.say("ag:partOfSeries", name, claim)
        for claim in self._new_parts(thing, by_property[Property.DOCUMENT], "ag:concernsDocument"):
            # In running text, two actions may each have "a manual", which are not one.
            name = f"doc:{key}-{slug(claim.value)}" if claim.passages else f"doc:{slug(claim.value)}"
            self._named(name, "foaf:Document", claim, "dcterms:title")
            thing.say("ag:concernsDocument", name, claim)
        visited = self._new_parts(thing, by_property[Property.VISITED_COUNTRY], "ag:hasActivity")
        visits = [self._visit(thing, key, claim) for claim in visited]
        for claim in by_property[Property.PARTICIPANT]:
            if len(visits) == 1:
                visits[0].say("ag:participant", self._organization(claim, ()), claim)
            else:
                reason = f"It is not told in which activity {one_line(claim.value)!r} took part."
                self._refuse(claim, "participant-without-activity", reason)
        for claim in by_property[Property.ACTIVITY]:
            reason = f"A curator says of what kind activity {one_line(claim.value)!r} is, and adds it."
            self._refuse(claim, "activity-without-kind", reason)
        for claim in by_property[Property.OUTCOME]:
            reason = f"A curator says what kind of outcome {one_line(claim.value)!r} is, and adds it."
            self._refuse(claim, "outcome-without-kind", reason)

    def _new_parts(self, thing: _Thing, claims: Sequence[Claim], predicate: str) -> Sequence[Claim]:
        """Return the claims about parts of an action, unless another file has such parts, which may be the same."""
        if not any(said == predicate for said, _ in thing.known or ()):
            return claims
        for claim in claims:
            what = f"{claim.property.words} {one_line(claim.value)!r}"
            reason = f"The {what} may be one that the file of the action has; add it there if it is another."
            self._refuse(claim, "part-may-be-there", reason)
        return ()

    def _named(self, name: str, types: str, claim: Claim, predicate: str = "skos:prefLabel") -> _Thing:
        """Return the thing `name`, which is called as the first claim about it says."""
        thing = self._others.setdefault(name, _Thing(types))
        if not thing.facts and not thing.unsaid:
            language = claim.language or self._source.language
            if types in _WITHOUT_EVIDENCE:
                thing.unsaid = [f"{predicate} {literal(one_line(claim.value), language)}"]
            else:
                thing.say(predicate, literal(one_line(claim.value), language), claim)
        return thing

    def _visit(self, thing: _Thing, key: str, claim: Claim) -> _Thing:
        name = f"av:{key}-visit-{claim.value.lower()}"
        visit = self._others.setdefault(name, _Thing("ag:Activity"))
        english = next((each for each, tag in names_of(claim.value) if tag == "en"), claim.value)
        visit.unsaid = [f"skos:prefLabel {literal(f'Visit to {english}', 'en')}", "ag:activityKind ak:study-visit"]
        visit.say("ag:visitedCountry", self._country(claim.value), claim)
        thing.say("ag:hasActivity", name, claim)
        return visit


_KOSOVO = "XKX"
"""The EU's list has it under a code that is not one of ISO 3166-1."""
_LIKE_A_NUMBER = re.compile(r"(?=.*\d)\S+")


def fact_id(key: str, predicate: str, value: str) -> str:
    """Return the name of the question whether a fact of an action that was concluded is so."""
    if predicate == "ag:probableFollowUpOf":
        return f"{Question.LINK}/{key}/{value.rpartition(':')[2]}"
    return f"{Question.FACT}/{key}/{predicate.rpartition(':')[2]}-{digest(value)}"


_WITHOUT_EVIDENCE = frozenset({"ag:Place", "ag:Series"})
"""What may not have entries of evidence: its use in an action has them."""


def _once_written(property_: Property, value: str) -> str:
    """Return the one value of a property in Turtle: dates and texts as literals, numbers and flags as they are."""
    if property_ is Property.NUMBER:
        return literal(value)
    return _date(value) if property_ in (Property.START, Property.END) else value


def _names(standing: Standing) -> list[str]:
    """Return what links may call an action by: the keys of its records, its numbers and its identifiers."""
    naming = (Property.NUMBER, Property.IDENTIFIER)
    claims = standing.record.claims
    return [
        *(record.key for _, record in standing.members),
        *(one_line(claim.value) for claim in claims if claim.property in naming),
    ]


def _key(iri: str) -> str:
    return iri.rpartition("/")[2]


def _quote(passage: SourcePassage) -> str:
    return f"oa:start {passage.start} ; oa:exact {literal(passage.quote)}"
