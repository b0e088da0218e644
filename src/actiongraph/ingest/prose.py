"""Prose as claims: who sent experts and who was helped, visits, counts, documents, outcomes and what followed what.

The wordings are a table of their own (`ingest.wordings`). What a sentence says of an earlier action is none of this
one; what is concluded, as the country from a city, is inferred, with its reason. Prose is read in English, and in
French, Spanish and Portuguese for what those wordings have; demonyms are English alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from actiongraph.ingest import wordings
from actiongraph.ingest.claims import LONGEST_QUOTE, Basis, Claim, Property, Refusal, SourcePassage
from actiongraph.ingest.contact_details import PERSONAL
from actiongraph.ingest.mentions import COUNTRY, DEMONYM, OTHER, PERSON, PLACE, Mention, TextWithNames, mark, states
from actiongraph.ingest.wordings import NUMBER, Wording, compiled
from actiongraph.text import folded, one_line

_SENTENCE_END = re.compile(r"[.!?][)”\"»]?\s+(?=[^\W\d_]|[“\"«(¿¡])|\n\s*\n")
LONGEST_SENTENCE = 3_000
"""Characters; several times what people write in one sentence. It bounds the time that hostile text can take."""
_BEFORE = 40
_SMALL_WORDS = frozenset(
    ["of", "for", "and", "the", "de", "del", "la", "du", "des", "da", "do", "e", "y", "et", "in", "a", "to", "l", "d"]
)
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_MARKS = re.compile("[\u200e\u200f\u061c]")


class PagePart(NamedTuple):
    """A part of a page: its text and where that begins in the page, in code points from 0."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """The words of an entry of a list: its title, its partner and its prose, and what labels said already."""

    title: PagePart
    partner: PagePart
    prose: PagePart
    partner_names: Sequence[str] = ()
    abbreviation: str = ""
    countries: Sequence[str] = ()
    language: str = "en"


@dataclass(slots=True)
class _ClaimsFound:
    claims: list[Claim] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, claim: Claim) -> None:
        """Add a claim, unless the same is claimed already; one that is stated replaces one that is inferred."""
        for index, other in enumerate(self.claims):
            if (other.property, other.value) == (claim.property, claim.value):
                if other.basis is Basis.INFERRED and claim.basis is Basis.STATED:
                    self.claims[index] = claim
                return
        self.claims.append(claim)

    def values(self, property_: Property) -> list[str]:
        return [claim.value for claim in self.claims if claim.property is property_]


def read_prose(entry: ListingEntry, *, number: str = NUMBER) -> tuple[list[Claim], list[Refusal]]:
    """Return what the words of an entry say; `number` is the pattern of the programme's action numbers."""
    return _ProseReader(entry, number).read()


class _ProseReader:
    """The reading of one entry: each method reads one kind of claim and leans on those before it."""

    def __init__(self, entry: ListingEntry, number: str) -> None:
        self._entry = entry
        self._number = number
        self._found = _ClaimsFound()
        self._title = mark(*entry.title, entry.language)
        self._partner = mark(*entry.partner, entry.language)
        self._sentences = []
        for each in _sentences(entry.prose):
            if len(each.text) <= LONGEST_SENTENCE:
                self._sentences.append(mark(*each, entry.language))
            else:
                reason = (
                    f"A sentence of {len(each.text):,} characters is no prose; up to {LONGEST_SENTENCE:,} are read."
                )
                self._found.refusals.append(Refusal("long-sentence", reason))

    def read(self) -> tuple[list[Claim], list[Refusal]]:
        visited = self._countries_of(wordings.VISITS)
        stated = self._stated_receivers({claim.value for claim in visited})
        senders = self._senders(stated)
        for claim in (*stated, *senders, *(each for each in visited if each.value not in _codes(stated))):
            self._found.add(claim)
        self._inferred_receivers()
        self._places()
        self._drop_experts_at_home()
        for table in (wordings.COUNTED, wordings.FOLLOW_UPS, wordings.UNNAMED, wordings.PHASES, wordings.RELATIONS):
            for wording in table:
                self._values(wording)
        self._phase_in_title()
        self._ordinals()
        self._series()
        for wording in (*wordings.DOCUMENTS, *wordings.OUTCOMES):
            self._words(wording)
        return self._found.claims, self._found.refusals

    def _matches(self, wording: Wording, *, with_title: bool = False) -> Iterator[tuple[TextWithNames, re.Match[str]]]:
        """Yield each place of a wording where nothing speaks against it."""
        pattern = compiled(wording.pattern, self._number)
        before = compiled(wording.unless_before) if wording.unless_before else None
        inside = compiled(wording.unless_in) if wording.unless_in else None
        for part in (self._title, *self._sentences) if with_title else self._sentences:
            if inside and inside.search(part.marked):
                continue
            for found in pattern.finditer(part.marked):
                if before and before.search(part.marked, max(0, found.start() - _BEFORE), found.start()):
                    continue
                yield part, found

    def _is_of_another(self, part: TextWithNames, found: re.Match[str]) -> bool:
        """Tell whether a sentence speaks of an earlier action, or of another one before what was found.

        One that is only linked to, as in "follows up on 2016-09 and led to", is not spoken of.
        """
        if compiled(wordings.EARLIER).search(part.marked):
            return True
        linked: set[int] | None = None
        for number in compiled("<number>", self._number).finditer(part.marked, 0, found.start()):
            if compiled(wordings.GOES_ON).match(part.marked, number.end()):
                return True
            linked = self._linked(part) if linked is None else linked
            if number.start() not in linked:
                return True
        return False

    def _linked(self, part: TextWithNames) -> set[int]:
        """Return where the numbers are that a wording of follow-ups and the like links to."""
        return {
            found.start("number")
            for wording in (*wordings.FOLLOW_UPS, *wordings.RELATIONS)
            for found in compiled(wording.pattern, self._number).finditer(part.marked)
            if "number" in found.re.groupindex
        }

    def _countries_of(self, table: Iterable[Wording], *, of_this_action: bool = False) -> list[Claim]:
        claims = []
        for wording in table:
            for part, found in self._matches(wording):
                if of_this_action and self._is_of_another(part, found):
                    continue
                claims += [
                    _claim(wording.property, _one(mention), wording.rule, part, found.span(), mention)
                    for mention in _mentions(part, *found.span())
                ]
        return claims

    def _stated_receivers(self, visited: set[str]) -> list[Claim]:
        """Return the countries that the title, the partner's name or an institution "of" a country states."""
        found: list[Claim] = []
        for rule, part, patterns in (
            ("receiver-in-title", self._title, wordings.TITLE_RECEIVERS),
            ("receiver-in-partner", self._partner, wordings.PARTNER_RECEIVERS),
        ):
            if part is self._title and compiled(wordings.MEETING).search(part.marked):
                continue
            for pattern in patterns:
                for match in compiled(pattern).finditer(part.marked):
                    found += [
                        _claim(Property.COUNTRY, _one(mention), rule, part, match.span(), mention)
                        for mention in _mentions(part, *match.span())
                    ]
        for part in self._sentences:
            for match in compiled(wordings.INSTITUTION_OF).finditer(part.marked):
                is_asking = compiled(wordings.REQUEST).search(part.marked) is not None
                if is_asking or self._is_partner(match["institution"]):
                    rule = "institution-that-asked" if is_asking else "partner-of-a-country"
                    found += [
                        _claim(Property.COUNTRY, _one(mention), rule, part, match.span(), mention)
                        for mention in _mentions(part, *match.span("country"))
                    ]
        for part in self._sentences if self._entry.abbreviation else ():
            for match in compiled(rf"\b{re.escape(self._entry.abbreviation)} \({COUNTRY}+\)").finditer(part.marked):
                found += [
                    _claim(Property.COUNTRY, _one(mention), "partner-of-a-country", part, match.span(), mention)
                    for mention in _mentions(part, *match.span())
                ]
        known = {*self._entry.countries}
        return [each for each in found if each.value in known] if known else _without(found, visited)

    def _is_partner(self, institution: str) -> bool:
        """Tell whether an institution, or one that it is a part of, is the partner: by its abbreviation or its name."""
        if self._entry.abbreviation and re.search(rf"\b{re.escape(self._entry.abbreviation)}\b", institution):
            return True
        names = [_content(name) for name in self._entry.partner_names]
        for found in compiled(wordings.BEGINS_AN_INSTITUTION).finditer(institution):
            words = _content(institution[found.start() :])
            if len(words) > 1 and any(words <= name for name in names):
                return True
        return False

    def _senders(self, receivers: Sequence[Claim]) -> list[Claim]:
        at_home = {*_codes(receivers), *self._entry.countries}
        claims = self._countries_of(wordings.SENDERS, of_this_action=True)
        return [claim for claim in claims if claim.value not in at_home]

    def _inferred_receivers(self) -> None:
        if self._found.values(Property.COUNTRY) or self._entry.countries:
            return
        for conclude in (self._by_place, self._by_state, self._by_delegation, self._by_text):
            claims = conclude()
            if len({claim.value for claim in claims}) == 1:
                self._found.add(claims[0])
                return

    def _by_place(self) -> list[Claim]:
        claims = [
            self._inferred(
                _one(mention), "country-of-a-city", part, mention, f"The page names the city of {name}.", 0.95
            )
            for part, mention, name in self._cities()
        ]
        for part in self._sentences:
            for found in compiled(wordings.PLACE_AND_COUNTRY).finditer(part.marked):
                for mention in _mentions(part, *found.span("country")):
                    reason = "The text names the country behind a place where the action worked."
                    claims.append(self._inferred(_one(mention), "place-and-country", part, mention, reason, 0.95))
        return claims

    def _by_state(self) -> list[Claim]:
        claims = []
        for part in (self._title, self._partner):
            for found in compiled(wordings.STATE).finditer(part.text):
                words = found["state"].split()
                for count in range(len(words), 0, -1):
                    if code := states().get(folded(" ".join(words[:count]))):
                        mention = Mention(*found.span(), OTHER, frozenset({code}))
                        reason = f"The page names {one_line(found.group())} and not the country."
                        claims.append(self._inferred(code, "country-of-a-state", part, mention, reason, 0.95))
                        break
        return claims

    def _by_delegation(self) -> list[Claim]:
        claims = []
        for part in self._sentences:
            for found in compiled(wordings.DELEGATION).finditer(part.marked):
                for kind in (COUNTRY, DEMONYM):
                    for mention in _mentions(part, *found.span(), kind=kind):
                        reason = "A delegation of the country took part; the page names no other that was helped."
                        claims.append(
                            self._inferred(_one(mention), "country-of-a-delegation", part, mention, reason, 0.9)
                        )
        return claims

    def _by_text(self) -> list[Claim]:
        """Return the countries that the text says something is in, where nobody is sent from, visits or meets."""
        others = {*self._found.values(Property.EXPERTS_FROM), *self._found.values(Property.VISITED_COUNTRY)}
        claims = []
        for part in self._sentences:
            if any(
                compiled(each).search(part.marked) for each in (wordings.MEETING, wordings.EXPERIENCE, wordings.EARLIER)
            ):
                continue
            for found in compiled(wordings.IN_A_COUNTRY).finditer(part.marked):
                if compiled("<number>", self._number).search(part.marked, 0, found.start()):
                    continue
                for mention in _mentions(part, *found.span("country")):
                    if _one(mention) not in others:
                        reason = "The text says that something was in the country; no other was helped by the page."
                        claims.append(self._inferred(_one(mention), "country-in-text", part, mention, reason, 0.8))
        return claims

    def _inferred(
        self, code: str, rule: str, part: TextWithNames, mention: Mention, reason: str, confidence: float
    ) -> Claim:
        passages = (_passage(part, mention.start, mention.end),)
        return Claim(Property.COUNTRY, code, rule, Basis.INFERRED, passages, reason, confidence)

    def _drop_experts_at_home(self) -> None:
        """Take out senders that are the country that was helped, which may be known only by inference."""
        at_home = {*self._found.values(Property.COUNTRY), *self._entry.countries}
        self._found.claims[:] = [
            each
            for each in self._found.claims
            if each.property is not Property.EXPERTS_FROM or each.value not in at_home
        ]

    def _cities(self) -> Iterator[tuple[TextWithNames, Mention, str]]:
        """Yield the known cities that the action was in, as far as the words go."""
        for part in (self._title, *self._sentences):
            if compiled(wordings.MEETING).search(part.marked) or compiled(wordings.EARLIER).search(part.marked):
                continue
            for found in compiled(wordings.IN_A_PLACE).finditer(part.marked):
                before = part.marked[: found.start()].split()
                is_a_name = found["cue"] in ("of", "de") and before and before[-1][0].isupper()
                if is_a_name and folded(before[-1]) not in _CALLED_CITIES:
                    continue
                mention = part.mentions[found.start("place")]
                yield part, mention, part.text[mention.start : mention.end]

    def _places(self) -> None:
        countries = {*self._found.values(Property.COUNTRY), *self._entry.countries}
        for part, mention, name in self._cities():
            if mention.codes & countries:
                self._found.add(_claim(Property.PLACE, one_line(name), "city", part, mention[:2], mention))
        for part in self._sentences:
            if compiled(wordings.MEETING).search(part.marked):
                continue
            for pattern, rule in (
                (wordings.CALLED_A_CITY, "called-a-city"),
                (wordings.PLACE_AND_COUNTRY, "place-and-country"),
            ):
                for found in compiled(pattern).finditer(part.marked):
                    start, end = found.span("place")
                    known = part.mentions.get(start)
                    if known and known.kind == PLACE and not known.codes & countries:
                        continue  # a city of that name is known, and elsewhere
                    if "country" in found.re.groupindex:
                        named = {_one(each) for each in _mentions(part, *found.span("country"))}
                        if not named & countries:
                            continue
                    name = one_line(part.text[start:end])
                    self._found.add(Claim(Property.PLACE, name, rule, passages=(_passage(part, start, end),)))

    def _values(self, wording: Wording) -> None:
        """Read a wording whose value is a count, a number, a title, or that it is there."""
        of_titles = wording.property in (Property.DESCRIBED_AS_FOLLOW_UP, Property.FOLLOW_UP_OF)
        for part, found in self._matches(wording, with_title=of_titles):
            groups = found.groupdict()
            if wording.property in (Property.TEAM_COUNT, Property.ACTIVITY_COUNT):
                if self._is_of_another(part, found):
                    continue
                value = str(_counted(groups["count"]))
            elif groups.get("title"):
                value = one_line(part.text[slice(*found.span("title"))])
            else:
                value = groups.get("number") or "true"
            passages = (_passage(part, *found.span()),)
            if wording in wordings.PHASES:
                reason = "The text speaks of work before this action, and does not name it."
                claim = Claim(wording.property, value, wording.rule, Basis.INFERRED, passages, reason, 0.8)
            else:
                claim = Claim(wording.property, value, wording.rule, passages=passages)
            self._found.add(claim)
            if wording.property is Property.FOLLOW_UP_OF:
                self._found.add(Claim(Property.DESCRIBED_AS_FOLLOW_UP, "true", wording.rule, passages=passages))

    def _phase_in_title(self) -> None:
        if found := compiled(wordings.PHASE_IN_TITLE).search(self._title.marked):
            reason = "The title calls the action a later phase, and may mean one of what it helped with."
            passages = (_passage(self._title, *found.span()),)
            name = Property.DESCRIBED_AS_FOLLOW_UP
            self._found.add(Claim(name, "true", "phase-in-title", Basis.INFERRED, passages, reason, 0.6))

    def _ordinals(self) -> None:
        for wording in wordings.ORDINAL:
            for part, found in self._matches(wording, with_title=True):
                value = str(wordings.ORDINALS[found["ordinal"].lower()])
                passages = (_passage(part, *found.span()),)
                named = compiled(wordings.INSTITUTION).search(part.marked, found.end())
                institution = named["institution"] if named else ""
                if len(_content(institution)) > 1 and not self._is_partner(institution):
                    reason = (
                        f"The text counts the work with {_as_printed(part, named)}; the partner is "
                        "printed with another name, and the two are taken as one."
                    )
                    self._found.add(Claim(wording.property, value, wording.rule, Basis.INFERRED, passages, reason, 0.7))
                else:
                    self._found.add(Claim(wording.property, value, wording.rule, passages=passages))

    def _series(self) -> None:
        if not self._entry.partner_names:
            return
        for wording in wordings.SERIES:
            for part, found in self._matches(wording):
                value = f"Actions with {self._entry.partner_names[0]}"
                passages = (_passage(part, *found.span()),)
                self._found.add(Claim(wording.property, value, wording.rule, passages=passages, language="en"))

    def _words(self, wording: Wording) -> None:
        """Read a wording whose value is the words themselves."""
        for part, found in self._matches(wording):
            if self._is_of_another(part, found):
                continue
            start, end = found.span("value")
            if PERSON in part.marked[start:end]:
                reason = f"The words behind {one_line(part.text[found.start() : start])!r} name a person."
                self._found.refusals.append(Refusal("person", reason))
                continue
            value = one_line(part.text[start:end])
            self._found.add(Claim(wording.property, value, wording.rule, passages=(_passage(part, *found.span()),)))


_CALLED_CITIES = frozenset((
    "municipality", "city", "town", "district", "streets", "mayor", "government", "municipio", "ciudad",
    "cidade", "ville",
))  # fmt: skip


def _as_printed(part: TextWithNames, found: re.Match[str] | None) -> str:
    """Return the words of an institution with its own names, which the marked text has not."""
    return one_line(part.text[slice(*found.span("institution"))]) if found else ""


def _sentences(part: PagePart) -> Iterator[PagePart]:
    start = 0
    without_persons = PERSONAL.sub(lambda found: "X" * len(found.group()), part.text)  # "Dr." ends no sentence
    for end in _SENTENCE_END.finditer(without_persons):
        if end.start() > start:
            yield PagePart(part.text[start : end.start() + 1], part.start + start)
        start = end.end()
    if part.text[start:].strip():
        yield PagePart(part.text[start:], part.start + start)


def _mentions(part: TextWithNames, start: int, end: int, *, kind: str = "") -> Iterator[Mention]:
    """Yield the countries of a stretch that can be told: what may be one of two is none."""
    for each in (kind,) if kind else (COUNTRY, DEMONYM):
        yield from (mention for mention in part.mentions_in(start, end, each) if len(mention.codes) == 1)


def _one(mention: Mention) -> str:
    return next(iter(mention.codes))


def _codes(claims: Iterable[Claim]) -> set[str]:
    return {claim.value for claim in claims}


def _without(claims: Iterable[Claim], values: set[str]) -> list[Claim]:
    return [claim for claim in claims if claim.value not in values]


def _claim(
    property_: Property, value: str, rule: str, part: TextWithNames, span: tuple[int, int], mention: Mention
) -> Claim:
    """Return a stated claim on the words of `span` if a quote holds them, and else on the mention alone."""
    is_long = span[1] - span[0] > LONGEST_QUOTE
    start, end = (mention.start, mention.end) if is_long else span
    return Claim(property_, value, rule, passages=(_passage(part, start, end),))


def _passage(part: TextWithNames, start: int, end: int) -> SourcePassage:
    """Return the words from `start` up to `end`, or their beginning, without white space around and without persons."""
    while start < end - 1 and part.text[start].isspace():
        start += 1
    person = part.marked.find(PERSON, start, end)
    end = min(end if person <= start else person, start + LONGEST_QUOTE)
    return SourcePassage(part.start + start, part.text[start:end].rstrip() or part.text[start])


def _counted(word: str) -> int:
    return int(word) if word.isdecimal() else wordings.COUNTS[word.lower()]


def _content(name: str) -> frozenset[str]:
    """Return the words that tell one institution from another, folded."""
    return frozenset(folded(_IN_BRACKETS.sub(" ", _MARKS.sub("", name))).split()) - _SMALL_WORDS
