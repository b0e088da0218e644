"""IATI activity files, versions 1.0x and 2.0x, read as a stream: one record for each activity.

The versions differ in how they spell codes, not in what these mean, and real files mix them; so either spelling is
read in either version. An organization's role stays what the source says. IATI has none for who asked for the help and
received it, which is what a partner is here: the implementing organization carries the work out, and is mostly an
agency or a firm. Only a public body that is registered in a receiving country is concluded to be the partner.

Source: IATI Standard 2.03 and 1.05, activity standard and code lists OrganisationRole, OrganisationType,
ActivityDateType, ActivityStatus, RelatedActivityType and SectorVocabulary.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from actiongraph.countries import find_country
from actiongraph.errors import DataError
from actiongraph.ingest.claims import Basis, Claim, Property, Record, Refusal
from actiongraph.ingest.contact_details import LEFT_OUT, without_contact_details
from actiongraph.ingest.keys import slug
from actiongraph.ingest.turtle_writer import SourceDescription
from actiongraph.ingest.written_dates import STAND_INS
from actiongraph.ingest.xml_stream import Progress, read_xml
from actiongraph.text import counted, listed, one_line

if TYPE_CHECKING:
    from lxml import etree

_ACTIVITY = "iati-activity"
_ROLES = {
    "1": Property.FUNDING_ORGANIZATION,
    "funding": Property.FUNDING_ORGANIZATION,
    "2": Property.ACCOUNTABLE_ORGANIZATION,
    "accountable": Property.ACCOUNTABLE_ORGANIZATION,
    "3": Property.EXTENDING_ORGANIZATION,
    "extending": Property.EXTENDING_ORGANIZATION,
    "4": Property.IMPLEMENTING_ORGANIZATION,
    "implementing": Property.IMPLEMENTING_ORGANIZATION,
}
_RELATIONS = {
    "1": Property.PARENT,
    "2": Property.CHILD,
    "3": Property.SIBLING,
    "4": Property.CO_FUNDED,
    "5": Property.THIRD_PARTY,
}
_DATES = {
    "1": "start-planned",
    "start-planned": "start-planned",
    "2": "start-actual",
    "start-actual": "start-actual",
    "3": "end-planned",
    "end-planned": "end-planned",
    "4": "end-actual",
    "end-actual": "end-actual",
}
_FIVE, _THREE = re.compile("[0-9]{5}"), re.compile("[0-9]{3}")
_DAC_FORMS = {"": _FIVE, "1": _FIVE, "dac": _FIVE, "2": _THREE, "dac-3": _THREE}
"""The forms of the DAC's codes, by vocabulary; a sector without one is a purpose of five digits."""
_PUBLIC = {"10", "11", "15"}
"""The types of organization that are a government, a local government or another part of the public sector."""
_CANCELLED = "5"
_KIND_OF_ORGANIZATION = re.compile("[1-9][0-9]000")
"""DAC channel codes for kinds, such as 51000, university; single organizations have others, such as 41114."""
_VERSION = re.compile(r"[12](\.[0-9]{1,2})?")
_LANGUAGE = re.compile("[a-z]{2,3}(-[a-z0-9]{2,8})*")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[TZ+-].{0,30})?")
_PERCENTAGE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,20})?")
_UNKNOWN_LANGUAGE = "und"
"""The tag of a language that is not known (BCP 47, section 4.1)."""
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_PLAN_KEPT = 0.7
"""How sure it is that something began or ended when it was planned to."""
_BODY_IS_PARTNER = 0.6
_LONGEST = {Property.TITLE: 1_000, Property.DESCRIPTION: 20_000}
_LONGEST_NAME = 500
_MOST_FACTS = 2_000
"""Claims and refusals of one activity; the most in files that were looked at is 71."""
_MOST_NAMED = 12


def read_activities(path: Path, progress: Progress = lambda done, total: None) -> Iterator[Record]:
    """Yield a record for each activity of an IATI file, in its order; memory holds one.

    The key of a record is its identifier.

    Raises:
        DataError: the file cannot be read, has a DOCTYPE, or is no IATI activity file.
        DataSyntaxError: it is not well-formed XML.
        SettingsError: lxml is not installed.
    """
    activity: _Activity | None = None
    written_on = language = ""
    for step in read_xml(path, record=_ACTIVITY, whole=_Activity.TAKEN, progress=progress):
        depth, element = len(step.path), step.element
        if depth == 1 and not step.is_end:
            _check_root(path, element)
            written_on, language = _day(element.get("generated-datetime")), element.get(_XML_LANG, "")
        elif depth == 2 and step.path[1] == _ACTIVITY:
            if step.is_end and activity:
                yield activity.record()
            else:
                updated_on = _day(element.get("last-updated-datetime"))
                activity = _Activity(step.line, element.get(_XML_LANG, language), updated_on or written_on)
        elif activity and step.is_end and depth > 2 and step.path[1] == _ACTIVITY:
            activity.take(element, step.path)


def describe_source(path: Path) -> SourceDescription:
    """Return the description of an IATI file as a source, by its name and its checksum.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    return SourceDescription(f"iati-{slug(path.stem)}", f"IATI activities in {path.name}", sha256, "application/xml")


def _check_root(path: Path, root: etree._Element) -> None:
    name = one_line(root.tag)[:60]
    if name != "iati-activities":
        others = {
            "iati-organisations": "describes organizations, not activities",
            _ACTIVITY: "is a single iati-activity; put it into an iati-activities",
        }
        why = others.get(name, f"begins with {name}, so it is no IATI activity file, which begins with iati-activities")
        raise DataError(f"{path}, line {root.sourceline}, {why}.", file=str(path), line=root.sourceline)
    version = root.get("version", "").strip()
    if version and not _VERSION.fullmatch(version):
        raise DataError(
            f"{path}, line {root.sourceline}, is of IATI version {one_line(version)[:20]!r}; 1.01 to 2.03 are read.",
            file=str(path),
            line=root.sourceline,
        )


class _Body(NamedTuple):
    """A public body that takes part in an activity."""

    role: Property
    name: Claim
    country: str


class _Activity:
    """What has been read of one activity."""

    def __init__(self, line: int, language: str, written_on: str) -> None:
        self._line = line
        self._language = language
        self._written_on = written_on
        self._identifier = ""
        self._claims: dict[Claim, None] = {}
        self._refusals: dict[Refusal, None] = {}
        self._dates: dict[str, str] = {}
        self._bodies: list[_Body] = []
        self._countries: dict[str, str] = {}
        self._left: Counter[str] = Counter()
        self._contacts = 0
        self._is_full = False

    def take(self, element: etree._Element, path: list[str]) -> None:
        """Take what an element says that has ended; deeper ones say something in transactions only."""
        if self._is_full:
            return
        if len(path) == 3 and (take := self.TAKEN.get(element.tag)):
            take(self, element)
        elif len(path) == 3:
            self._left[element.tag] += 1
        elif path[2:] == ["transaction", "recipient-country"]:
            self._take_country(element, "transaction/recipient-country")
        elif path[2:] == ["transaction", "sector"]:
            self._take_sector(element, "transaction/sector")
        self._is_full = len(self._claims) + len(self._refusals) > _MOST_FACTS

    def record(self) -> Record:
        """Return the record of the activity, which has ended."""
        if self._is_full:
            self._refuse("too-much", f"The activity says more than {_MOST_FACTS:,} things.", is_whole=True)
        if not 0 < len(self._identifier) <= _LONGEST_NAME:
            why = f"is longer than {_LONGEST_NAME} characters" if self._identifier else "is missing"
            self._identifier = ""
            self._refuse("no-identifier", f"The iati-identifier {why}, so nothing else can name it.", is_whole=True)
        else:
            self._claim(Property.IDENTIFIER, self._identifier, "iati-identifier")
        self._conclude_dates()
        self._conclude_partner()
        self._say_what_is_left()
        is_whole = any(refusal.is_whole for refusal in self._refusals)
        key = self._identifier or f"line {self._line}"
        return Record(key, self._line, () if is_whole else tuple(self._claims), tuple(self._refusals))

    def _claim(self, about: Property, value: str, rule: str, **more: object) -> Claim:
        claim = Claim(about, value, f"iati:{rule}", **more)  # type: ignore[arg-type]
        self._claims[claim] = None
        return claim

    def _refuse(self, rule: str, reason: str, *, is_whole: bool = False) -> None:
        self._refusals[Refusal(rule, reason, is_whole)] = None

    def _take_identifier(self, element: etree._Element) -> None:
        self._identifier = self._identifier or one_line(element.text or "")

    def _take_contact(self, _: etree._Element) -> None:
        self._contacts += 1

    def _take_title(self, element: etree._Element) -> None:
        self._take_texts(Property.TITLE, element)

    def _take_description(self, element: etree._Element) -> None:
        self._take_texts(Property.DESCRIPTION, element)

    def _take_reporter(self, element: etree._Element) -> None:
        self._take_organization(Property.REPORTING_ORGANIZATION, element)

    def _take_texts(self, about: Property, element: etree._Element) -> None:
        rule = element.tag
        if kind := _shown(element.get("type")):
            rule = f"{rule}[@type={kind}]"
        for text, language in self._texts(element, _LONGEST[about]):
            self._claim(about, text, rule, language=language)

    def _texts(self, element: etree._Element, longest: int = _LONGEST_NAME) -> Iterator[tuple[str, str]]:
        """Yield the texts of an element with their languages: those of its narratives, in 1.0x its own."""
        narratives = [child for child in element if child.tag == "narrative"] or [element]
        for narrative in narratives:
            text = one_line("".join(narrative.itertext()))
            if not text:
                continue
            if len(text) > longest:
                self._refuse("too-long", f"A {element.tag} has more than {longest:,} characters.")
                continue
            clean = without_contact_details(text)
            if clean != text:
                what = "an e-mail address, a telephone number or a person's name"
                self._refuse("personal-data", f"A {element.tag} has {what}, which is left out.")
            yield clean, self._tag(narrative.get(_XML_LANG) or element.get(_XML_LANG) or self._language)

    def _tag(self, written: str) -> str:
        tag = written.strip().replace("_", "-").lower()
        if _LANGUAGE.fullmatch(tag):
            return tag
        if tag:
            self._refuse("language", f"{_shown(written)!r} is no language tag, so the language of a text is not known.")
        return _UNKNOWN_LANGUAGE

    def _take_organization(self, about: Property, element: etree._Element) -> Claim | None:
        reference = _shown(element.get("ref"))
        role = f"[@role={_shown(element.get('role'))}]" if about is not Property.REPORTING_ORGANIZATION else ""
        names = list(self._texts(element))
        if any(LEFT_OUT in name for name, _ in names):
            return None
        if _KIND_OF_ORGANIZATION.fullmatch(reference):
            said = names[0][0] if names else reference
            self._refuse("organization-kind", f"{said} ({reference}) is a kind of organization, and names none.")
            return None
        if not names and not reference:
            self._refuse("organization", f"A {element.tag} has neither a name nor an identifier.")
            return None
        (name, language), *others = names or [(reference, _UNKNOWN_LANGUAGE)]
        return self._claim(
            about, name, f"{element.tag}{role}", language=language, reference=reference, names=tuple(others)
        )

    def _take_participant(self, element: etree._Element) -> None:
        role = _ROLES.get(element.get("role", "").strip().lower())
        if role is None:
            written = _shown(element.get("role"))
            self._refuse(
                "organization-role", f"A participating-org has the role {written!r}, which IATI does not have."
            )
            return
        claim = self._take_organization(role, element)
        country = re.match("([A-Z]{2})-", claim.reference) if claim else None
        if claim and country and element.get("type", "").strip() in _PUBLIC:
            self._bodies.append(_Body(role, claim, country[1]))

    def _take_date(self, element: etree._Element) -> None:
        written, kind = element.get("type", ""), _DATES.get(element.get("type", "").strip().lower())
        text = element.get("iso-date") or element.text
        day = _day(text)
        if kind is None:
            self._refuse("date-type", f"An activity-date has the type {_shown(written)!r}, which IATI does not have.")
        elif not day:
            self._refuse("no-date", f"The date {kind} is {_shown(text)!r}, which is no day.")
        elif STAND_INS.match(day):
            self._refuse("no-date", f"The date {kind} is {day}, which stands for a date that is not known.")
        elif self._dates.setdefault(kind, day) != day:
            self._refuse("second-value", f"The date {kind} is {day} too; {self._dates[kind]} was there first.")

    def _take_status(self, element: etree._Element) -> None:
        if element.get("code", "").strip() == _CANCELLED:
            self._refuse("cancelled", "The activity was cancelled (activity-status 5).", is_whole=True)
        else:
            self._left[element.tag] += 1

    def _take_country(self, element: etree._Element, rule: str = "recipient-country") -> None:
        code = element.get("code", "").strip().upper()
        alpha3 = find_country(code) if len(code) == 2 else None
        if alpha3 is None:
            self._refuse("unknown-country", f"A recipient-country has the code {_shown(code)!r}, which no country has.")
            return
        self._countries[code] = alpha3
        self._claim(Property.COUNTRY, alpha3, rule, reference=code, percentage=self._percentage(element))

    def _take_sector(self, element: etree._Element, rule: str = "sector") -> None:
        vocabulary = element.get("vocabulary", "").strip()
        code, names = _shown(element.get("code")), tuple(self._texts(element))
        form = _DAC_FORMS.get(vocabulary.lower())
        if form is None:
            called = " ".join(filter(None, (code, names[0][0] if names else "")))
            reason = f"The sector {called!r} is of the vocabulary {_shown(vocabulary)!r}, which is not the DAC's."
            self._refuse("sector-vocabulary", reason)
        elif not form.fullmatch(code):
            self._refuse("unknown-sector", f"A sector has the code {code!r}, which is not one of the DAC.")
        else:
            self._claim(Property.SECTOR, code, rule, names=names, percentage=self._percentage(element))

    def _percentage(self, element: etree._Element) -> Decimal | None:
        written = element.get("percentage", "").strip()
        if not written:
            return None
        if _PERCENTAGE.fullmatch(written) and (share := Decimal(written)) <= 100:
            return share
        self._refuse("percentage", f"The percentage {_shown(written)!r} of a {element.tag} is no number up to 100.")
        return None

    def _take_relation(self, element: etree._Element) -> None:
        relation, other = _RELATIONS.get(element.get("type", "").strip()), one_line(element.get("ref", ""))
        if relation is None:
            written = _shown(element.get("type"))
            self._refuse("relation-type", f"A related-activity has the type {written!r}, which IATI does not have.")
        elif not 0 < len(other) <= _LONGEST_NAME:
            self._refuse("relation", f"A related-activity ({relation}) has no identifier that can be read.")
        else:
            rule = f"related-activity[@type={element.get('type', '').strip()}]"
            self._claim(relation, other, rule, names=tuple(self._texts(element)))

    def _conclude_dates(self) -> None:
        """Claim the start and the end: the actual day, else one that is only planned, which is inferred.

        IATI allows no actual day in the future, and yet it is common: such a one was a plan when it was written. An end
        before the start is refused: mostly the start was late, and the end that was planned before that was not moved.
        """
        start = ""
        for about, planned_about, name in (
            (Property.START, Property.PLANNED_START, "start"),
            (Property.END, Property.PLANNED_END, "end"),
        ):
            planned, actual = self._dates.get(f"{name}-planned", ""), self._dates.get(f"{name}-actual", "")
            if planned:
                self._claim(planned_about, planned, f"activity-date[{name}-planned]")
            day = actual or planned
            rule = f"activity-date[{name}-{'actual' if actual else 'planned'}]"
            if day and name == "end" and day < start:
                self._refuse("ends-before-start", f"The end {day} is before the start {start}.")
            elif actual and not (self._written_on and actual > self._written_on):
                self._claim(about, actual, rule)
            elif day:
                reason = (
                    f"The actual {name} is after {self._written_on}, when the activity was written, so it is a plan."
                    if actual
                    else f"Only the planned {name} is given."
                )
                self._claim(about, day, rule, basis=Basis.INFERRED, reason=reason, confidence=_PLAN_KEPT)
            start = start or day

    def _conclude_partner(self) -> None:
        for role, name, country in self._bodies:
            if country in self._countries and role in {
                Property.IMPLEMENTING_ORGANIZATION,
                Property.ACCOUNTABLE_ORGANIZATION,
            }:
                reason = (
                    f"A public body ({role.replace('-', ' ')}) whose identifier {name.reference} is registered in "
                    f"{self._countries[country]}, which receives the help; IATI has no role for the partner."
                )
                self._claim(
                    Property.PARTNER,
                    name.value,
                    "public-body-of-recipient",
                    basis=Basis.INFERRED,
                    reason=reason,
                    confidence=_BODY_IS_PARTNER,
                    language=name.language,
                    reference=name.reference,
                    names=name.names,
                )

    def _say_what_is_left(self) -> None:
        if self._contacts:
            self._refuse("contact-info", f"{counted(self._contacts, 'contact-info')} skipped: it is about people.")
        if self._left:
            names = [f"{number:,} {_shown(name)}" for name, number in self._left.most_common(_MOST_NAMED)]
            if more := len(self._left) - len(names):
                names.append(f"{more:,} kinds more")
            self._refuse("not-modelled", f"The graph has no terms for {listed(names)}.")

    TAKEN: ClassVar[Mapping[str, Callable[[_Activity, etree._Element], None]]] = {
        "iati-identifier": _take_identifier,
        "reporting-org": _take_reporter,
        "participating-org": _take_participant,
        "title": _take_title,
        "description": _take_description,
        "activity-date": _take_date,
        "activity-status": _take_status,
        "contact-info": _take_contact,
        "recipient-country": _take_country,
        "sector": _take_sector,
        "related-activity": _take_relation,
    }
    """How each child of an activity is taken that says something here."""


def _day(written: str | None) -> str:
    """Return the day of a date or a time in ISO 8601, as it is written there; nothing if there is none."""
    found = _DAY.fullmatch((written or "").strip())
    if not found:
        return ""
    try:
        return date.fromisoformat(found[1]).isoformat()
    except ValueError:
        return ""


def _shown(written: str | None) -> str:
    """Return a code or an identifier of a source in one line, as far as anybody would read it."""
    return one_line(written or "")[:80]
