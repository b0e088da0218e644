"""Claims: what a source says, or what can be concluded from it, each with its words, its rule and how sure it is.

A reader knows the form of a source, not the graph: subjects are keys of its records, values are texts as the source
has them, or codes where the meaning is closed (countries in ISO 3166-1 alpha-3, dates in the forms of XML Schema).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Property(StrEnum):
    """The properties that a claim can be about."""

    NUMBER = "number"
    IDENTIFIER = "identifier"
    TITLE = "title"
    DESCRIPTION = "description"
    CATEGORY = "category"
    PARTNER = "partner"
    PARTNER_NATIVE = "partner-native"
    PARTNER_ABBREVIATION = "partner-abbreviation"
    PARTNER_AS_PRINTED = "partner-as-printed"
    PARTICIPANT = "participant"
    REPORTING_ORGANIZATION = "reporting-organization"
    FUNDING_ORGANIZATION = "funding-organization"
    ACCOUNTABLE_ORGANIZATION = "accountable-organization"
    EXTENDING_ORGANIZATION = "extending-organization"
    IMPLEMENTING_ORGANIZATION = "implementing-organization"
    COUNTRY = "country"
    PLACE = "place"
    ASSISTANCE_TYPE = "assistance-type"
    SECTOR = "sector"
    START = "start"
    END = "end"
    PLANNED_START = "planned-start"
    PLANNED_END = "planned-end"
    EXPERTS_FROM = "experts-from"
    TEAM_COUNT = "team-count"
    ACTIVITY = "activity"
    ACTIVITY_COUNT = "activity-count"
    VISITED_COUNTRY = "visited-country"
    ORDINAL = "ordinal"
    FOLLOW_UP_OF = "follow-up-of"
    DESCRIBED_AS_FOLLOW_UP = "described-as-follow-up"
    PARALLEL_TO = "parallel-to"
    SAME_REQUEST_AS = "same-request-as"
    SERIES = "series"
    DOCUMENT = "document"
    OUTCOME = "outcome"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    CO_FUNDED = "co-funded"
    THIRD_PARTY = "third-party"

    @property
    def words(self) -> str:
        """The property in words, for sentences."""
        return _IN_WORDS.get(self) or self.replace("-", " ")


_IN_WORDS = {
    Property.CO_FUNDED: "co-funded activity",
    Property.FOLLOW_UP_OF: "earlier action",
    Property.PARALLEL_TO: "parallel action",
    Property.SAME_REQUEST_AS: "action of the same request",
    Property.THIRD_PARTY: "third-party report",
}


class Basis(StrEnum):
    """The grounds of a claim, as in the scheme of bases: stated by the source, or concluded from its words."""

    STATED = "stated"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class SourcePassage:
    """Words of a source: where they begin in its text, in code points from 0, and at most 80 characters of them."""

    start: int
    quote: str

    def __post_init__(self) -> None:
        if self.start < 0 or not 0 < len(self.quote) <= LONGEST_QUOTE:
            raise ValueError(f"A quote has 1 to {LONGEST_QUOTE} characters and begins at 0 or later.")


LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Claim:
    """One value of one property of a record, by one rule.

    An inferred claim has a `reason` and a `confidence` above 0 and up to 1; a stated one has neither. `passages` is
    empty where the source has no running text, as a table has; the location of the record then says where to look.
    `language` is the BCP 47 tag of a text, if the source tells it. `reference` is the identifier that the source has
    for what the value names, such as an organization. `names` are further names of that, each with its language tag or
    nothing: of an organization those in other languages, of a code what the source calls it. `percentage` is the share
    of the record that the source gives to the value. `record_index` counts the records of a source from 0, and is set
    when they are held together (`ingest.identity`): a claim may stand in the place of another record's.
    """

    property: Property
    value: str
    rule: str
    basis: Basis = Basis.STATED
    passages: tuple[SourcePassage, ...] = ()
    reason: str = ""
    confidence: float | None = None
    language: str = ""
    reference: str = ""
    names: tuple[tuple[str, str], ...] = ()
    percentage: Decimal | None = None
    record_index: int = 0

    def __post_init__(self) -> None:
        is_inferred = self.basis is Basis.INFERRED
        if is_inferred != bool(self.reason) or is_inferred != (self.confidence is not None):
            raise ValueError("A claim that is inferred, and no other, has a reason and a confidence.")
        if self.confidence is not None and not 0 < self.confidence <= 1:
            raise ValueError("A confidence is above 0 and at most 1.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a record, or all of it, that is not taken over: by which rule, and why, in one sentence."""

    rule: str
    reason: str
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a source, such as a row, an activity or an entry of a list: its claims, and what was refused.

    `key` names it within its source, and stays the same when the source is read again; `line` is where it begins,
    counted from 1. `row` counts from 1 with the header where the source is a table, whose rows may span lines.
    """

    key: str
    line: int
    claims: Sequence[Claim] = field(default_factory=tuple)
    refusals: Sequence[Refusal] = field(default_factory=tuple)
    row: int | None = None


class RecordState(StrEnum):
    """The state of a record, as in the scheme of record states; each record has one."""

    PUBLISHED = "published"
    MERGED = "merged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A record of a source in its ledger, with what became of it.

    `action` is the key of the action that it is published as or merged into, and `file` names the file that describes
    that action, if it is another source's. One that is merged or refused has the `rule` by which it was, and a
    `reason`; people may decide that a merged one is not the same, under the name `question` (`ingest.decisions`).
    `parts` are the parts of it that were refused, and `conflicts` say where others contradict it, which changes no
    state.
    """

    key: str
    line: int
    state: RecordState
    action: str = ""
    rule: str = ""
    reason: str = ""
    file: str = ""
    question: str = ""
    parts: tuple[Refusal, ...] = ()
    conflicts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        has_action, has_reason = self.state is not RecordState.REFUSED, self.state is not RecordState.PUBLISHED
        if bool(self.action) != has_action or (bool(self.rule), bool(self.reason)) != (has_reason, has_reason):
            raise ValueError(
                "A published record has an action, a refused one rule and reason, and a merged one all of these."
            )
