"""Lists of actions as records: pages that print a title, a partner, a type and a text for each action.

Pages come in five forms. Entries begin with a bullet, or with a dash alone and the title on the next line; their
fields have labels, in the line before or in the same one, or come in the order of partner, type and text without any;
or the page is one action. Labels are known in English, French, Spanish and Portuguese.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from actiongraph.countries import find_country
from actiongraph.ingest.claims import LONGEST_QUOTE, Basis, Claim, Property, Record, Refusal, SourcePassage
from actiongraph.ingest.contact_details import PERSONAL, without_contact_details
from actiongraph.ingest.keys import slug
from actiongraph.ingest.pages import Page
from actiongraph.ingest.phases import TitledAction, phase_claims
from actiongraph.ingest.printed_names import LONGEST_LINE, TypeNames, partner_names, without_marks
from actiongraph.ingest.prose import LONGEST_SENTENCE, ListingEntry, PagePart, read_prose
from actiongraph.ingest.wordings import NUMBER
from actiongraph.ingest.written_dates import ONGOING, read_date
from actiongraph.text import folded, one_line

_LABELS = {
    Property.NUMBER: "code|action code|action number|reference|code de l action|référence|código|código de la acción|"
    "código da ação|referencia|referência|number|numéro|número",
    Property.START: "start activities|start of activities|start date|start|début des activités|date de début|"
    "inicio de actividades|inicio de las actividades|fecha de inicio|início das atividades|data de início",
    Property.END: "end activities|end of activities|end date|end|fin des activités|date de fin|fin de actividades|"
    "fin de las actividades|fecha de finalización|fecha de fin|fim das atividades|data de fim",
    Property.PARTNER: "partner institution|partner institutions|partner|institution partenaire|partenaire|"
    "institución socia|institución contraparte|entidad socia|socio|instituição parceira|parceiro",
    Property.ASSISTANCE_TYPE: "type of assistance|types of assistance|type d assistance|tipo de asistencia|"
    "tipo de assistência|type d aide",
    Property.COUNTRY: "country|partner country|pays|pays partenaire|país|país socio|país parceiro",
}
_LABEL_OF = {folded(label): name for name, labels in _LABELS.items() for label in labels.split("|")}
_DESCRIPTION = frozenset(
    folded(each) for each in ("Description", "Descripción", "Descrição", "Summary", "Résumé", "Resumen", "Resumo")
)
_CONTACT = frozenset(
    folded(each)
    for each in (
        "Contact", "Contact person", "Contacts", "Contacto", "Persona de contacto", "Contato", "Pessoa de contacto",
        "Personne de contact", "Press contact",
    )
)  # fmt: skip
_LONGEST_LABEL = 40
_BULLET = re.compile(r"([ \t]*)[•●▪‣][ \t]*(.*)")
_DASH = re.compile(r"([ \t]*)[-\u2013\u2014][ \t]*")
_YEARS = r"(?:19|20)\d\d-(?:19|20)\d\d(?!\d)"
"""From one year to another, which a template such as {yyyy}-{nn} takes for a number."""
_DAYS = r"\d{1,2}/\d{1,2}(?:/\d{4})?"
_LANGUAGE_WORDS = {
    "en": "the of and with for was were", "fr": "les des une avec pour dans du", "es": "los las con una del el en y",
    "pt": "os das dos com uma não à e da",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListingTerms:
    """A programme's own words: its types of assistance, by labels or folded ones, and the form of its numbers.

    `number` is a regular expression without anchors and groups.
    """

    types: Sequence[str] = ()
    number: str = NUMBER


@dataclass(frozen=True, slots=True)
class _PageLine:
    """A line that is not blank, without white space around: where it begins, and its number from 1."""

    text: str
    start: int
    number: int


@dataclass(slots=True)
class _EntryFields:
    """The lines of an entry by what they are."""

    title: _PageLine
    named: dict[Property, list[_PageLine]] = field(default_factory=dict)
    prose: list[_PageLine] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    has_labels: bool = False


def read_listing(page: Page, terms: ListingTerms | None = None) -> list[Record]:
    """Return a record for each entry of a page, in its order; none of a page without text.

    What looks like an entry and says nothing but a title is refused as a whole.
    """
    heading, entries = _entries(page.text)
    terms = terms or ListingTerms()
    terms = replace(terms, number=rf"(?!{_YEARS})(?:{terms.number})")
    reader = _ListingReader(page.text, language_of(page), terms, heading)
    records = []
    counts: dict[str, int] = {}
    for lines in entries:
        record = reader.record(lines)
        counts[record.key] = counts.get(record.key, 0) + 1
        if counts[record.key] > 1:
            record = replace(record, key=f"{record.key}-{counts[record.key]}")
        records.append(record)
    return _with_earlier_ones(_with_phases(records))


def title_of(page: Page) -> str:
    """Return the title of a page: its first line of words, without a bullet and without persons; empty if none."""
    lines, _, _ = _lines(page.text)
    return next((without_contact_details(line.text) for line in lines if re.search(r"\w", line.text)), "")


def _entries(text: str) -> tuple[_PageLine | None, list[list[_PageLine]]]:
    """Return the heading of a page, if it lists entries, and the lines of each entry; the first is its title."""
    lines, bullets, dashes = _lines(text)
    starts = bullets or dashes
    if not starts:
        return None, [lines] if lines else []
    least = min(starts.values())
    entries: list[list[_PageLine]] = []
    preamble: list[_PageLine] = []
    for line in lines:
        if starts.get(line.number) == least:
            entries.append([line] if line.text else [])
        elif entries:
            if line.text:
                entries[-1].append(line)
        elif line.text:
            preamble.append(line)
    return (preamble[0] if preamble else None), [entry for entry in entries if entry]


def _lines(text: str) -> tuple[list[_PageLine], dict[int, int], dict[int, int]]:
    """Return the lines that are not blank, and by their numbers the indents of bullets, and of dashes alone.

    A bullet is no part of its line.
    """
    lines: list[_PageLine] = []
    bullets: dict[int, int] = {}
    dashes: dict[int, int] = {}
    start = 0
    for number, raw in enumerate(text.split("\n"), 1):
        begin, content = 0, raw
        if found := _BULLET.fullmatch(raw):
            bullets[number], begin, content = len(found[1]), found.start(2), found[2]
        elif _DASH.fullmatch(raw):
            dashes[number], content = len(raw) - len(raw.lstrip()), ""
        stripped = content.strip().strip("\ufeff").strip()
        indent = content.find(stripped)
        if not without_marks(stripped):
            stripped = ""  # nothing in it is seen
        if stripped or number in bullets or number in dashes:
            lines.append(_PageLine(stripped, start + begin + indent, number))
        start += len(raw) + 1
    return [line for line in lines if line.text or line.number in (bullets or dashes)], bullets, dashes


def language_of(page: Page) -> str:
    """Return the language of a page, as it says or by its small words: `en`, `fr`, `es` or `pt`."""
    if page.language in _LANGUAGE_WORDS:
        return page.language
    words = page.text[:200_000].lower().split()
    return max(_LANGUAGE_WORDS, key=lambda tag: sum(map(words.count, _LANGUAGE_WORDS[tag].split())))


class _ListingReader:
    """A reader of the entries of one page."""

    def __init__(self, text: str, language: str, terms: ListingTerms, heading: _PageLine | None) -> None:
        self._text = text
        self._language = language
        self._terms = terms
        self._types = TypeNames(terms.types)
        self._heading = heading
        self._number = re.compile(rf"(?<![\w-])(?:{terms.number})(?![\w-])")
        self._news = re.compile(
            rf"\b[A-Z][\w+&-]{{1,30}} (?P<number>{terms.number}) (?P<country>[^\W\d_][^,()\n]{{2,60}})"
            rf"(?:, ACT(?:IVITY|\.)? ?(?P<activity>\d{{1,2}}))?"
            rf" \((?P<first>{_DAYS})(?:\s?[-\u2013\u2014]\s?(?P<last>{_DAYS}))?\)"
        )

    def record(self, lines: list[_PageLine]) -> Record:
        """Return what an entry says, as a record."""
        fields = self._fields(lines)
        title = fields.title
        name = without_contact_details(title.text)
        key = slug(name)
        if len(title.text) > LONGEST_SENTENCE:
            reason = f"A title of {len(title.text):,} characters is none; up to {LONGEST_SENTENCE:,} are read."
            return Record(key, title.number, (), (Refusal("long-title", reason, is_whole=True),))
        quoted, has_person = _up_to_a_person(title.text)
        if has_person:
            fields.refusals.append(Refusal("person", "The title names a person, who is left out."))
        has_title = bool(quoted) and not self._news.fullmatch(title.text)
        claims = [_stated(Property.TITLE, without_marks(name), "title", title, len(quoted))] if has_title else []
        if not fields.named and not fields.prose:
            reason = f"The entry {_short(title.text)!r} has a title and nothing else."
            return Record(key, title.number, (), (*fields.refusals, Refusal("title-alone", reason, is_whole=True)))
        if self._heading is not None:
            claims.append(_stated(Property.CATEGORY, one_line(self._heading.text), "heading", self._heading))
        claims += self._labelled(fields)
        names = [claim.value for claim in claims if claim.property in (Property.PARTNER, Property.PARTNER_NATIVE)]
        short = next((claim.value for claim in claims if claim.property is Property.PARTNER_ABBREVIATION), "")
        countries = [claim.value for claim in claims if claim.property is Property.COUNTRY]
        partner = next(iter(fields.named.get(Property.PARTNER, ())), None)
        entry = ListingEntry(
            PagePart(title.text, title.start),
            PagePart(partner.text, partner.start) if partner else PagePart("", title.start),
            self._prose(fields.prose, title),
            names, short, countries, self._language,
        )  # fmt: skip
        found, refusals = read_prose(entry, number=self._terms.number)
        claims += [claim for claim in found if claim.property is not Property.COUNTRY or claim.value not in countries]
        number = next((claim.value for claim in claims if claim.property is Property.NUMBER), "")
        return Record(number or key, title.number, tuple(_of_nobody(claims, fields)), (*fields.refusals, *refusals))

    def _prose(self, lines: list[_PageLine], title: _PageLine) -> PagePart:
        if not lines:
            return PagePart("", title.start)
        start, end = lines[0].start, lines[-1].start + len(lines[-1].text)
        return PagePart(self._text[start:end], start)

    def _fields(self, lines: list[_PageLine]) -> _EntryFields:
        """Return the lines of an entry by their labels, or by their order if no label is there."""
        fields = _EntryFields(lines[0])
        if self._news.search(lines[0].text):
            fields.named[Property.IDENTIFIER] = [lines[0]]
        rest: list[_PageLine] = []
        current: Property | None = None
        for line in lines[1:]:
            label, value = _label(line)
            if label == "contact" or (_is_contact(line) and label is None):
                fields.refusals.append(Refusal("contact", "A line with a contact is not read."))
                current = None
            elif label == "description":
                current = None
                if value.text:
                    rest.append(value)
            elif isinstance(label, Property):
                current = _take(label, value, fields)
            elif self._news.search(line.text):
                fields.named.setdefault(Property.IDENTIFIER, []).append(line)
            elif current is not None and self._is_value(current, line, fields):
                fields.named.setdefault(current, []).append(line)
                current = current if current is Property.ASSISTANCE_TYPE else None
            else:
                current = None
                rest.append(line)
        if not fields.has_labels:
            rest = self._in_order(rest, fields)
        fields.prose = rest
        return fields

    def _is_value(self, label: Property, line: _PageLine, fields: _EntryFields) -> bool:
        """Tell whether a line can be the value of the label before it."""
        if label in (Property.START, Property.END, Property.NUMBER, Property.COUNTRY):
            return len(line.text) <= _LONGEST_LABEL
        if label is Property.ASSISTANCE_TYPE and fields.named.get(label):
            return self._types.are_all(line.text)
        return len(line.text) <= LONGEST_LINE

    def _in_order(self, lines: list[_PageLine], fields: _EntryFields) -> list[_PageLine]:
        """Take partner and types from the lines of an entry without labels; return the others, which are its text."""
        rest = list(lines)
        if len(rest) > 1 and _is_no_sentence(rest[0].text) and not self._types.are_all(rest[0].text):
            fields.named[Property.PARTNER] = [rest.pop(0)]
        while rest and self._types.are_all(rest[0].text):
            fields.named.setdefault(Property.ASSISTANCE_TYPE, []).append(rest.pop(0))
        is_named = Property.PARTNER in fields.named and Property.ASSISTANCE_TYPE not in fields.named
        if is_named and len(rest) > 1 and _is_no_sentence(rest[0].text):
            fields.named[Property.ASSISTANCE_TYPE] = [rest.pop(0)]
        return rest

    def _labelled(self, fields: _EntryFields) -> Iterator[Claim]:
        """Yield the claims of the fields that are not prose."""
        for line in fields.named.get(Property.NUMBER, ()):
            if self._number.fullmatch(line.text):
                yield _stated(Property.NUMBER, line.text, "label", line)
            else:
                fields.refusals.append(Refusal("number", f"{_short(line.text)!r} is no number of an action."))
        numbers = [
            found for line in fields.named.get(Property.IDENTIFIER, ()) for found in self._news.finditer(line.text)
        ]
        for line in fields.named.get(Property.IDENTIFIER, ()):
            yield from self._of_news(line, numbers[0]["number"], fields)
        for date in (Property.START, Property.END):
            for line in fields.named.get(date, ()):
                yield from self._date(date, line, fields)
        for line in fields.named.get(Property.COUNTRY, ()):
            yield from _country(line.text, "label", line, fields)
        for line in fields.named.get(Property.PARTNER, ()):
            yield from _partner(line, fields)
        for line in fields.named.get(Property.ASSISTANCE_TYPE, ()):
            for start, end, name in self._types.apart(line.text):
                part = _PageLine(line.text[start:end], line.start + start, line.number)
                yield _stated(Property.ASSISTANCE_TYPE, name, "type", part)

    def _date(self, name: Property, line: _PageLine, fields: _EntryFields) -> Iterator[Claim]:
        if folded(line.text) in ONGOING:
            return
        if self._number.fullmatch(line.text):
            reason = f"{name.capitalize()}: {_short(line.text)!r} is a number of an action, and no month."
            fields.refusals.append(Refusal("date", reason))
            return
        try:
            yield _stated(name, read_date(line.text, "day-first"), "label", line)
        except ValueError as error:
            fields.refusals.append(Refusal("date", f"{name.capitalize()}: {_short(line.text)!r} {error}."))

    def _of_news(self, line: _PageLine, number: str, fields: _EntryFields) -> Iterator[Claim]:
        """Yield what news tell of an action, such as `TAPIS 2017-38 ARMENIA, ACT. 1 (26/02 – 09/03/2018)`."""
        for found in self._news.finditer(line.text):
            if found["number"] != number:
                reason = f"{found['number']} is the number of another action than {number}, and its news are not read."
                fields.refusals.append(Refusal("number", reason))
                continue
            part = _PageLine(found.group(), line.start + found.start(), line.number)
            yield _stated(Property.NUMBER, found["number"], "news-line", part)
            yield from _country(found["country"], "news-line", part, fields)
            if found["activity"]:
                try:
                    days = _days(found["first"], found["last"])
                except ValueError as error:
                    fields.refusals.append(Refusal("date", f"The days of {_short(found.group())!r}: one {error}."))
                else:
                    yield _stated(Property.ACTIVITY, f"{int(found['activity'])} {days}", "news-line", part)


def _country(name: str, rule: str, line: _PageLine, fields: _EntryFields) -> Iterator[Claim]:
    if code := find_country(name):
        yield _stated(Property.COUNTRY, code, rule, line)
    else:
        fields.refusals.append(Refusal("country", f"{_short(name)!r} is no country that is known."))


def _days(first: str, last: str | None) -> str:
    """Return the days of an activity; the first may leave its year to the last."""
    last = last or first
    end = read_date(last, "day-first")
    if first.count("/") == 1:
        year = int(end[:4])
        start = read_date(f"{first}/{year}", "day-first")
        start = read_date(f"{first}/{year - 1}", "day-first") if start > end else start
    else:
        start = read_date(first, "day-first")
    return f"{start}/{end}"


def _label(line: _PageLine) -> tuple[Property | str | None, _PageLine]:
    """Return the label that a line is or begins with, and the rest of the line; no label if it is none."""
    name, colon, value = line.text.partition(":")
    if len(name) > _LONGEST_LABEL:
        return None, line
    key = folded(name)
    label = _LABEL_OF.get(key) or ("description" if key in _DESCRIPTION else "contact" if key in _CONTACT else None)
    if label is None or (not colon and label == "contact"):
        return None, line
    indent = len(value) - len(value.lstrip())
    start = line.start + len(name) + len(colon) + indent
    return label, _PageLine(value.strip(), start, line.number)


def _take(label: Property, value: _PageLine, fields: _EntryFields) -> Property | None:
    """Take the value in the line of a label; return the label if more of it may come in the next line."""
    fields.has_labels = True
    if len(value.text) > LONGEST_LINE:
        reason = f"A value of {len(value.text):,} characters is none; up to {LONGEST_LINE:,} are read."
        fields.refusals.append(Refusal("long-value", reason))
        return None
    if value.text:
        fields.named.setdefault(label, []).append(value)
    return label if label is Property.ASSISTANCE_TYPE or not value.text else None


def _is_contact(line: _PageLine) -> bool:
    """Tell whether a line is nothing but how to reach somebody."""
    left = PERSONAL.sub("", line.text[: LONGEST_LINE + 1])
    return len(line.text) <= LONGEST_LINE and len(left) * 2 < len(line.text)


def _is_no_sentence(text: str) -> bool:
    return len(text) <= LONGEST_LINE and not text.endswith((".", "!", "?", ";", ":"))


def _partner(line: _PageLine, fields: _EntryFields) -> Iterator[Claim]:
    """Yield the names of a partner, and how it is printed unless that names a person."""
    text, has_person = _up_to_a_person(line.text)
    if has_person:
        reason = "The partner is printed with the name or address of a person, which is left out."
        fields.refusals.append(Refusal("person", reason))
    properties = (Property.PARTNER, Property.PARTNER_NATIVE, Property.PARTNER_ABBREVIATION)
    for property_, value in zip(properties, partner_names(text), strict=True):
        if value:
            yield _stated(property_, value, "partner", line, len(text))
    if not has_person:
        yield _stated(Property.PARTNER_AS_PRINTED, without_marks(text), "partner", line)


def _up_to_a_person(text: str) -> tuple[str, bool]:
    """Return a title or a partner up to where a person is named, and whether one is."""
    person = PERSONAL.search(text)
    return (text[: person.start()].rstrip(" ,;:-(["), True) if person else (text, False)


def _of_nobody(claims: Iterable[Claim], fields: _EntryFields) -> Iterator[Claim]:
    """Yield the claims that tell of no person, neither in their value nor in the words that they quote."""
    for claim in claims:
        said = [claim.value, *(one_line(passage.quote) for passage in claim.passages)]
        if any(map(PERSONAL.search, said)):
            reason = f"What is said of the {claim.property.words} names a person."
            fields.refusals.append(Refusal("person", reason))
        else:
            yield claim


def _with_phases(records: Sequence[Record]) -> list[Record]:
    """Return the records, with what their titles let conclude of phases (`ingest.phases`)."""
    titled = [_titled(record.key, _first_values(record)) for record in records if record.claims]
    concluded = phase_claims(titled)
    return [_with(record, concluded.get(record.key)) for record in records]


def _titled(key: str, values: Mapping[Property, str]) -> TitledAction:
    countries = [values[Property.COUNTRY]] if Property.COUNTRY in values else []
    start, end = values.get(Property.START, ""), values.get(Property.END, "")
    return TitledAction(key, key, values.get(Property.TITLE, ""), countries, start, end)


def _with_earlier_ones(records: Sequence[Record]) -> list[Record]:
    """Return the records, those that are counted with their partner linked to the one before, if that can be told."""
    by_partner: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        if partner := _first_values(record).get(Property.PARTNER):
            by_partner[folded(partner)].append(record)
    return [_with_earlier(record, by_partner) for record in records]


def _with_earlier(record: Record, by_partner: Mapping[str, Sequence[Record]]) -> Record:
    values = _first_values(record)
    place = int(values.get(Property.ORDINAL, 0))
    if place < 2 or Property.PARTNER not in values or Property.FOLLOW_UP_OF in values:
        return record
    others = [other for other in by_partner[folded(values[Property.PARTNER])] if other is not record]
    before = [other for other in others if _may_be(place - 1, _first_values(other), values, len(others))]
    if len(before) != 1:
        return record
    reason = (
        f"The page calls it number {place} with its partner, and the other action that it lists with the partner is "
        "taken as the one before; that one may not be listed."
    )
    counted = next(claim for claim in record.claims if claim.property is Property.ORDINAL)
    claim = Claim(Property.FOLLOW_UP_OF, before[0].key, "ordinal", Basis.INFERRED, counted.passages, reason, 0.7)
    return replace(record, claims=(*record.claims, claim))


def _may_be(place: int, other: Mapping[Property, str], values: Mapping[Property, str], count: int) -> bool:
    """Tell whether another action with the partner is the one in this place: it says so, or is all that there is."""
    countries = {each[Property.COUNTRY] for each in (other, values) if Property.COUNTRY in each}
    if len(countries) > 1:
        return False
    if Property.ORDINAL in other:
        return int(other[Property.ORDINAL]) == place
    return place == 1 and count == 1


def _first_values(record: Record) -> Mapping[Property, str]:
    return {claim.property: claim.value for claim in reversed(record.claims)}


def _with(record: Record, claim: Claim | None) -> Record:
    if claim is None or any(each.property is claim.property for each in record.claims):
        return record
    title = next(each for each in record.claims if each.property is Property.TITLE)
    return replace(record, claims=(*record.claims, replace(claim, passages=title.passages)))


def _stated(name: Property, value: str, rule: str, line: _PageLine, most: int = LONGEST_QUOTE) -> Claim:
    return Claim(
        name, value, rule, passages=(SourcePassage(line.start, line.text[: min(most, LONGEST_QUOTE)].rstrip()),)
    )


def _short(text: str) -> str:
    return without_contact_details(one_line(text))[:LONGEST_QUOTE]
