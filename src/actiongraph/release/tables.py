"""The dataset as tables for spreadsheets: which tables there are, where their rows come from, and their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from rdflib import DCTERMS, FOAF, RDF, SKOS

from actiongraph.chains.model import LinkKind
from actiongraph.engine.nquads import WrittenTerm
from actiongraph.release.lines import Lines, Values
from actiongraph.vocabulary import AG, CONCEPT, OA, ORG

_SCHEMA_URL = "https://schema.org/url"
VOCABULARY, ANYWHERE = "terms", ""
"""In place of a table: terms of the vocabulary, by their names; things with their whole IRIs."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its description, and the predicate whose objects it holds.

    `to` names the table whose keys stand in its cells, or is `VOCABULARY` or `ANYWHERE`; without it they are literals.
    `many` cells hold any number of values. `by_language` makes a column for each language. `is_name` shows
    the names of things instead of their keys. `is_suppressed` is for cells that give no triple, or one that another
    column gives. `property_url` is the predicate where the row decides on it.
    """

    name: str
    says: str
    predicate: str
    datatype: str = "string"
    to: str | None = None
    many: bool = False
    by_language: bool = False
    is_name: bool = False
    is_suppressed: bool = False
    property_url: str = ""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table: its description, where its rows come from, and its columns, of which the first is the thing itself.

    `path` is the beginning of the IRIs of the things, after the base, and `texts` that of the things whose texts it
    shows, if others. `key` has the columns that identify a row, if not the first. A table `is_of_own_lists` if only
    a programme with a base and code lists of its own has it.
    """

    name: str
    says: str
    path: str
    rows: Callable[[Lines, str], Iterator[CsvRow]]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    texts: str = ""
    is_of_own_lists: bool = False

    def prefix(self, base: str) -> str:
        """Return the beginning of the IRIs of the things; that of concepts is the same under every base."""
        return self.path if self.path == CONCEPT else base + self.path


CsvRow = Values
"""Terms by predicate; `SELF` gives the thing itself, `STATEMENT` or `FRAGMENT` the statement that it belongs to."""
SELF, STATEMENT, FRAGMENT = "", "statement", "fragment"

_TYPE, _EVIDENCE, _SELECTOR = str(RDF.type), str(AG.evidence), str(OA.hasSelector)
_PASSAGE = tuple(str(term) for term in (OA.hasSource, OA.start, OA.end, OA.exact, RDF.value))
_TRIPLE = tuple(str(term) for term in (RDF.subject, RDF.predicate, RDF.object))
_LINKS = tuple(str(kind.predicate) for kind in LinkKind)
_LAST_PASSAGES = 1_000


def _term(iri: str) -> WrittenTerm:
    return WrittenTerm(b"<" + iri.encode() + b">")


def _rows_of(class_: str) -> Callable[[Lines, str], Iterator[CsvRow]]:
    """Return a function that yields a row for each thing of `class_` whose IRI begins with a prefix."""

    def rows(lines: Lines, prefix: str) -> Iterator[CsvRow]:
        for iri, values in lines.things(prefix, having=[(_TYPE, class_)]):
            yield {**values, SELF: [_term(iri)]}

    return rows


_SOURCE_STATEMENT = _term(AG.SourceStatement)
_source_statements = _rows_of(str(AG.SourceStatement))
_specific_resources = _rows_of(str(OA.SpecificResource))


def _statements(lines: Lines, prefix: str) -> Iterator[CsvRow]:
    """Yield a row for each source statement, with the sources and quotes of its passages."""
    passage = _passage_of(lines)
    for statement in _source_statements(lines, prefix):
        yield {**statement, **_seen(statement, passage)}


def _fragments(lines: Lines, prefix: str) -> Iterator[CsvRow]:
    """Yield a row for each statement that is a fragment of the thing it is about."""
    return (statement for statement in _statements(lines, prefix) if "#" in statement[SELF][0].value)


def _passages(lines: Lines, prefix: str) -> Iterator[CsvRow]:
    """Yield a row for each passage that a statement rests on."""
    passage_of = _passage_of(lines)
    for statement in _source_statements(lines, prefix):
        for passage in statement.get(_EVIDENCE, ()):
            yield {**passage_of(passage), STATEMENT: statement[SELF]}


def _source_passages(lines: Lines, prefix: str) -> Iterator[CsvRow]:
    """Yield a row for each passage that is a fragment of its source."""
    return (_with_selectors(passage, lines) for passage in _specific_resources(lines, prefix))


def _follow_ups(lines: Lines, prefix: str) -> Iterator[CsvRow]:
    """Yield a row for each link from an action under `prefix` to an earlier one, and each statement of that link."""
    stated: dict[tuple[WrittenTerm, ...], list[CsvRow]] = {}
    own_statements = prefix.removesuffix("action/") + "statement/"
    of_links = [(_TRIPLE[1], link) for link in _LINKS]
    found = chain.from_iterable(lines.things(place, having=of_links) for place in (own_statements, prefix))
    for iri, values in found:
        triple = tuple(term for name in _TRIPLE for term in values.get(name, ()))
        if _SOURCE_STATEMENT in values.get(_TYPE, ()) and ("#" in iri or iri.startswith(own_statements)):
            stated.setdefault(triple, []).append({**values, SELF: [_term(iri)]})
    passage = _passage_of(lines)
    for action, links in lines.things(prefix, _LINKS):
        for link, earlier_ones in links.items():
            for earlier in earlier_ones:
                triple = (_term(action), _term(link), earlier)
                link_terms = {name: [term] for name, term in zip(_TRIPLE, triple, strict=True)}
                for statement in stated.get(triple, [{}]):
                    name = statement.get(SELF, ())
                    is_fragment = any("#" in term.value for term in name)
                    own = {FRAGMENT if is_fragment else STATEMENT: name}
                    yield {**statement, **_seen(statement, passage), **link_terms, **own}


def _seen(statement: CsvRow, passage_of: Callable[[WrittenTerm], CsvRow]) -> CsvRow:
    """Return the sources and quotes of the passages that `statement` rests on, each source once."""
    found = [passage_of(passage) for passage in statement.get(_EVIDENCE, ())]
    if len(found) == 1 and all(len(terms) < 2 for terms in found[0].values()):
        return {name: found[0][name] for name in _PASSAGE}
    return {name: list(dict.fromkeys(term for one in found for term in one[name])) for name in _PASSAGE}


def _passage_of(lines: Lines) -> Callable[[WrittenTerm], CsvRow]:
    """Return a function from the name of a passage to its row, which knows the last ones: statements share them."""

    @lru_cache(_LAST_PASSAGES)
    def passage_of(passage: WrittenTerm) -> CsvRow:
        return _with_selectors({**lines.about(passage), SELF: [passage]}, lines)

    return passage_of


def _with_selectors(passage: CsvRow, lines: Lines) -> CsvRow:
    """Return the row of a passage that has the values `passage`, with those of its selectors."""
    selectors = lines.about(*passage.get(_SELECTOR, ()))
    found = {name: [*passage.get(name, ()), *selectors.get(name, ())] for name in _PASSAGE}
    return {**found, SELF: passage[SELF]}


def _self(name: str, to: str) -> Column:
    return Column(name, f"The key of the {name.replace('_', ' ')}.", SELF, to=to, is_suppressed=True)


def _text(name: str, says: str, predicate: str, *, many: bool = False) -> Column:
    return Column(name, says, predicate, by_language=True, many=many)


def _keys(name: str, says: str, predicate: str, to: str) -> Column:
    return Column(name, says, predicate, to=to, many=True)


def _names(name: str, says: str, predicate: str) -> Column:
    return Column(name, says, predicate, many=True, is_name=True)


_NAME = _text("name", "The name.", SKOS.prefLabel)
_TITLE = _text("title", "The title.", DCTERMS.title)
_STARTED = Column("start", "When it began: a date, month or year.", AG.startDate, is_suppressed=True)
_ENDED = Column("end", "When it ended: a date, month or year.", AG.endDate, is_suppressed=True)
_EVIDENCE_COLUMNS = (
    Column("basis", "Whether the source states it, or somebody concluded it.", AG.basis, to="concepts"),
    Column("confidence", "How sure the curator is, up to 1; empty for what is stated.", AG.confidence, "decimal"),
    _text("reason", "Why it was concluded.", AG.reason),
    Column("sources", "The sources of its passages.", OA.hasSource, to="sources", many=True, is_suppressed=True),
    Column("quotes", "What the passages say.", OA.exact, many=True, is_suppressed=True),
)
_PASSAGE_COLUMNS = (
    Column("source", "The source.", OA.hasSource, to="sources"),
    Column("start", "Its first code point in the source, from 0.", OA.start, "integer", is_suppressed=True),
    Column("end", "The code point after its last.", OA.end, "integer", is_suppressed=True),
    Column("quote", "What it says, in part.", OA.exact, is_suppressed=True),
    Column("record", "Which rows or lines it is, where it has no running text.", RDF.value, is_suppressed=True),
)
_CONCEPT_COLUMNS = (
    _NAME,
    _text("definition", "What it means.", SKOS.definition),
)
_DAC_CODES = Column("dac_codes", "The purpose codes of the OECD DAC for the same subject.", AG.dacCode, many=True)

TABLES = (
    CsvTable("actions",
             "Actions, also those that are known only because another action names them.",
             "id/action/", _rows_of(AG.Action), (
        _self("action", "actions"),
        Column("number", "The number that the facility gives it.", AG.actionNumber),
        Column("classes", "Action, and whether it is described or only referred to.", RDF.type, to=VOCABULARY,
               many=True),
        _TITLE,
        _text("summary", "A short account in the curators' words.", AG.summary),
        _keys("countries", "Countries that received it.", AG.country, "countries"),
        _names("country_names", "The names of these countries.", AG.country),
        _keys("places", "Cities and other parts of countries that received it.", AG.place, "places"),
        _keys("partners", "Organizations that asked for it.", AG.partner, "organizations"),
        _names("partner_names", "The names of these organizations.", AG.partner),
        Column("partners_as_printed", "The partner as the source prints it.", AG.partnerNameAsPrinted, many=True),
        Column("ordinal_with_partner", "Which cooperation with the partner it was.", AG.ordinalWithPartner, "integer"),
        _keys("assistance_types", "Types of assistance.", AG.assistanceType, "concepts"),
        _names("assistance_type_names", "The names of these types.", AG.assistanceType),
        _keys("themes", "What it is about.", AG.theme, "concepts"),
        _names("theme_names", "The names of these themes.", AG.theme),
        _keys("beneficiaries", "Whom it is meant to help in the end.", AG.beneficiary, "concepts"),
        _names("beneficiary_names", "The names of these groups.", AG.beneficiary),
        Column("facility", "The facility it was carried out under.", AG.underFacility, to="facilities"),
        _STARTED,
        _ENDED,
        Column("earliest_start", "The first day it can have begun.", AG.earliestStart, "date"),
        Column("latest_start", "The last day it can have begun.", AG.latestStart, "date"),
        Column("start_year", "The year it began.", AG.startYear, "integer"),
        _keys("expert_teams", "Teams of experts.", AG.expertTeam, "expert-teams"),
        _keys("activities", "Activities inside it.", AG.hasActivity, "activities"),
        Column("activity_count", "How many activities the source says there were.", AG.activityCount, "integer"),
        _keys("documents", "Documents it worked on or applied.", AG.concernsDocument, "documents"),
        _keys("outcome_organizations", "Organizations it set up or prepared.", AG.outcomeOrganization, "organizations"),
        Column("described_as_follow_up", "Whether the source calls it a follow-up.", AG.describedAsFollowUp, "boolean"),
        _keys("series", "Series it is part of.", AG.partOfSeries, "series"),
        _keys("parallel_to", "Actions parallel to it.", AG.parallelTo, "actions"),
        _keys("same_request_as", "Actions of the same request.", AG.sameRequestAs, "actions"),
        Column("chain", "The chain of follow-ups it is in.", AG.inChain, to="chains"),
        Column("chain_depth", "Links from a first action of the chain, on the longest path.", AG.chainDepth, "integer"),
        _keys("sources", "Sources that tell of it.", DCTERMS.source, "sources"),
        Column("requested_on", "When the partner asked for it: a date, month or year.", AG.requestedOn,
               is_suppressed=True),
        _keys("experts_from", "Countries that experts came from, in whatever team.", AG.expertsFrom, "countries"),
        _names("experts_from_names", "The names of these countries.", AG.expertsFrom),
        Column("team_count", "How many teams of experts the source says there were.", AG.teamCount, "integer"),
        Column("category_as_printed", "The heading that the source lists it under.", AG.categoryAsPrinted),
        _keys("outcomes", "What came of it.", AG.outcome, "outcomes"),
        _keys("parents", "Larger actions that it is a part of.", AG.parentAction, "actions"),
        _keys("children", "Smaller actions that are parts of it.", AG.childAction, "actions"),
        _keys("siblings", "Parts of the same larger action.", AG.siblingAction, "actions"),
        _keys("funding", "Organizations that paid for it.", AG.fundingOrganization, "organizations"),
        _keys("accountable", "Organizations that answer for it.", AG.accountableOrganization, "organizations"),
        _keys("extending", "Organizations that managed it for those who paid.", AG.extendingOrganization,
              "organizations"),
        _keys("implementing", "Organizations that carried it out.", AG.implementingOrganization, "organizations"),
    )),
    CsvTable("follow-ups",
             "Links from an action to an earlier one that it follows, a row for each statement of the link.",
             "id/action/", _follow_ups, (
        Column("later", "The action that follows.", RDF.subject, to="actions", is_suppressed=True),
        Column("earlier", "The action that came before.", RDF.object, to="actions", property_url=f"{AG}{{link}}"),
        Column("link", "followUpOf: a source states it; probableFollowUpOf: somebody concluded it.",
               RDF.predicate, to=VOCABULARY, is_suppressed=True),
        Column("statement", "The statement that says so.", STATEMENT, to="statements", is_suppressed=True),
        Column("evidence", "The evidence that says so.", FRAGMENT, to="evidence", is_suppressed=True),
        *(replace(column, is_suppressed=True) for column in _EVIDENCE_COLUMNS),
    ), ("later", "earlier", "link", "statement", "evidence"), texts="id/"),
    CsvTable("organizations", "Partners, and organizations that an action set up or prepared.",
             "id/org/", _rows_of(ORG.Organization), (
        _self("organization", "organizations"),
        _NAME,
        _text("other_name", "Other names.", SKOS.altLabel, many=True),
        Column("abbreviations", "Short forms of the name.", AG.abbreviation, many=True),
        Column("country", "The country it belongs to.", AG.basedIn, to="countries"),
        _keys("places", "The place it belongs to.", AG.place, "places"),
        _keys("unit_of", "The organization that it is a unit of.", ORG.unitOf, "organizations"),
    )),
    CsvTable("countries", "Countries that received assistance, sent experts or were visited.",
             "id/country/", _rows_of(AG.Country), (
        _self("country", "countries"),
        _NAME,
        Column("iso2", "The two-letter code of ISO 3166-1.", AG.iso2),
        Column("iso3", "The three-letter code of ISO 3166-1.", AG.iso3),
        _keys("same_as", "The same country in other lists.", SKOS.exactMatch, ANYWHERE),
    )),
    CsvTable("places", "Cities and other parts of countries.", "id/place/", _rows_of(AG.Place), (
        _self("place", "places"),
        _NAME,
        Column("country", "The country it lies in.", AG.placeInCountry, to="countries"),
    )),
    CsvTable("expert-teams", "Teams of experts that worked on actions.", "id/team/", _rows_of(AG.ExpertTeam), (
        _self("expert_team", "expert-teams"),
        _keys("sending_countries", "Countries the experts came from.", AG.sendingCountry, "countries"),
        _names("sending_country_names", "The names of these countries.", AG.sendingCountry),
        _keys("roles", "What the team did.", AG.teamRole, "concepts"),
    )),
    CsvTable("activities", "What was done inside actions.", "id/activity/", _rows_of(AG.Activity), (
        _self("activity", "activities"),
        _NAME,
        _keys("kinds", "What kind of work it was.", AG.activityKind, "concepts"),
        _keys("visited_countries", "Countries that a delegation travelled to.", AG.visitedCountry, "countries"),
        _STARTED,
        _ENDED,
        Column("order", "Its place among the activities of its action, from 1.", AG.activityOrder, "integer"),
        _keys("participants", "Organizations whose people took part.", AG.participant, "organizations"),
        _names("participant_names", "The names of these organizations.", AG.participant),
        Column("participants_as_printed", "Who took part, in the words of the source.", AG.participantsAsPrinted),
    )),
    CsvTable("outcomes", "What came of actions.", "id/outcome/", _rows_of(AG.Outcome), (
        _self("outcome", "outcomes"),
        _NAME,
        _keys("kinds", "What kind of thing it is.", AG.outcomeKind, "concepts"),
        _names("kind_names", "The names of these kinds.", AG.outcomeKind),
        Column("status", "Whether it was achieved or prepared.", AG.outcomeStatus, to="concepts"),
        _keys("documents", "Documents that it consists in.", AG.resultingDocument, "documents"),
        _keys("organizations", "Organizations that it consists in.", AG.resultingOrganization, "organizations"),
    )),
    CsvTable("documents", "Strategies, laws and frameworks that actions worked on or applied.",
             "id/document/", _rows_of(FOAF.Document), (
        _self("document", "documents"),
        _TITLE,
        Column("abbreviations", "Short forms of the title.", AG.abbreviation, many=True),
        Column("issued", "When it was published: a date, month or year.", DCTERMS.issued, is_suppressed=True),
    )),
    CsvTable("facilities", "Facilities that actions were carried out under.", "id/facility/", _rows_of(AG.Facility), (
        _self("facility", "facilities"),
        _NAME,
    )),
    CsvTable("series", "Actions that a source calls a series.", "id/series/", _rows_of(AG.Series), (
        _self("series", "series"),
        _NAME,
    )),
    CsvTable("chains", "Actions that are joined by follow-ups.", "id/chain/", _rows_of(AG.Chain), (
        _self("chain", "chains"),
        _keys("roots", "Its first actions.", AG.chainRoot, "actions"),
        Column("length", "Actions on its longest path.", AG.chainLength, "integer"),
        Column("size", "Actions in all.", AG.chainSize, "integer"),
    )),
    CsvTable("sources", "Where the facts come from.", "id/source/", _rows_of(AG.Source), (
        _self("source", "sources"),
        _TITLE,
        _keys("addresses", "Where it can be read.", _SCHEMA_URL, ANYWHERE),
        Column("formats", "The media type of the snapshot.", DCTERMS.format, many=True),
        Column("sha256", "The SHA-256 of the snapshot.", AG.sha256, "hexBinary"),
        Column("publishers", "Who published it.", DCTERMS.publisher, many=True, is_suppressed=True),
        _text("rights", "Who holds which rights in its words.", DCTERMS.rights),
        Column("read_on", "The day a page without a snapshot was read.", AG.readOn, "date"),
    )),
    CsvTable("statements", "Why a fact is believed: what it rests on, and who concluded it from what.",
             "id/statement/", _statements, (
        _self("statement", "statements"),
        Column("subject", "What the fact is about.", RDF.subject, to=ANYWHERE),
        Column("property", "Which fact it is.", RDF.predicate, to=ANYWHERE),
        Column("object", "The value of the fact: an IRI, or a text.", RDF.object, is_suppressed=True),
        *_EVIDENCE_COLUMNS,
    )),
    CsvTable("evidence", "Which words say a fact, a row for each fact that an entry of evidence is about.",
             "id/", _fragments, (
        _self("evidence", "evidence"),
        Column("subject", "What the fact is about.", RDF.subject, to=ANYWHERE),
        Column("property", "Which fact it is.", RDF.predicate, to=ANYWHERE),
        Column("object", "The value of the fact: an IRI, or a text.", RDF.object, is_suppressed=True),
        *_EVIDENCE_COLUMNS,
        _keys("passages", "The passages.", AG.evidence, "source-passages"),
    )),
    CsvTable("passages", "Passages of sources that statements rest on.", "id/statement/", _passages, (
        _self("passage", "statements"),
        Column("statement", "The statement.", STATEMENT, to="statements", is_suppressed=True),
        *_PASSAGE_COLUMNS,
    ), ("passage", "statement")),
    CsvTable("source-passages", "Passages of sources that evidence rests on, each once.",
             "id/source/", _source_passages, (
        _self("passage", "source-passages"),
        *_PASSAGE_COLUMNS,
    )),
    CsvTable("concepts", "Code lists: themes, types of assistance, kinds of activity and others.",
             str(CONCEPT), _rows_of(SKOS.Concept), (
        _self("concept", "concepts"),
        *_CONCEPT_COLUMNS,
        _keys("broader", "Wider concepts.", SKOS.broader, "concepts"),
        _DAC_CODES,
    )),
    CsvTable("own_concepts", "Code lists of the programme's own.", "concept/", _rows_of(SKOS.Concept), (
        _self("concept", "own_concepts"),
        *_CONCEPT_COLUMNS,
        _keys("broader", "Wider concepts.", SKOS.broader, "own_concepts"),
        _DAC_CODES,
    ), is_of_own_lists=True),
)  # fmt: skip
"""Keys of things are the ends of their IRIs; a thing that is named elsewhere stands with its whole IRI."""
