"""The search index of a release, written: a document for each thing that is searched, and the words of each.

Words are folded here, by `text.word_runs`, and FTS5 is given them with blanks between: so what is indexed, sought and
marked is divided in one way. The texts themselves stand once, with the thing that bears them; an action has the numbers
of its things. Of each kind, the things that most actions have come first, and of actions the newest: that is the order
in which FTS5 finds them.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Protocol

import msgspec
from rdflib import DCTERMS, FOAF, OWL, RDF, RDFS, SKOS

from actiongraph.countries import names_of
from actiongraph.engine.nquads import WrittenTerm
from actiongraph.index.database import write_database
from actiongraph.index.near_words import forms_of
from actiongraph.index.search_index import LAYOUT, MOST_CHARACTERS, MOST_WORDS, NAME_FIELDS, IndexedDocument, Name
from actiongraph.iris import key_of, name_of
from actiongraph.settings import Settings
from actiongraph.text import Word, language_rank, word_runs
from actiongraph.vocabulary import AG, CANONICAL_BASE, ORG

_SCHEMA = f"""
PRAGMA user_version = {LAYOUT};
CREATE TABLE known (base TEXT);
CREATE TABLE kind (name TEXT PRIMARY KEY, first INTEGER, last INTEGER) WITHOUT ROWID;
CREATE TABLE document (id INTEGER PRIMARY KEY, iri TEXT, content BLOB);
CREATE INDEX document_iri ON document (iri);
CREATE TABLE called (name TEXT, document INTEGER, PRIMARY KEY (name, document)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(name, about, text, content='', columnsize=0, tokenize=ascii);
CREATE TABLE word (word TEXT PRIMARY KEY, written TEXT, documents INTEGER) WITHOUT ROWID;
CREATE TABLE near (form TEXT, word TEXT, PRIMARY KEY (form, word)) WITHOUT ROWID;
CREATE TABLE sample (words TEXT);
"""
_TYPE = str(RDF.type)
_NAMES = tuple(map(str, (DCTERMS.title, SKOS.prefLabel, RDFS.label)))
"""What things are called by; the first that a thing has are its names, and the others are searched too."""
_OTHER_NAMES = {
    str(SKOS.altLabel): "also called",
    str(AG.abbreviation): "abbreviation",
    str(SKOS.notation): "code",
}
_SAID = _OTHER_NAMES | {str(SKOS.definition): "definition", str(RDFS.comment): "definition"}
_DEPRECATED, _IN_SCHEME = str(OWL.deprecated), str(SKOS.inScheme)
_LOCATED = tuple(map(str, (AG.basedIn, AG.placeInCountry)))
_LINKS = {
    str(AG.partner): "partner",
    str(AG.country): "country",
    str(AG.place): "place",
    str(AG.theme): "theme",
    str(AG.beneficiary): "beneficiary",
    str(AG.assistanceType): "type of assistance",
    str(AG.expertsFrom): "experts from",
}
"""The fields of an action that other documents stand in, by predicate."""
_PARTS = {
    str(AG.outcome): "outcome",
    str(AG.concernsDocument): "document",
    str(AG.underFacility): "facility",
    str(AG.partOfSeries): "series",
}
"""The fields of an action that things stand in which are no documents of their own, by predicate."""
_PART_PATHS = {
    "id/outcome/": AG.Outcome,
    "id/document/": FOAF.Document,
    "id/facility/": AG.Facility,
    "id/series/": AG.Series,
}
"""How the IRIs of these begin after the base, and their classes."""
_OWN = {
    str(AG.actionNumber): "number",
    str(AG.partnerNameAsPrinted): "partner",
    str(AG.summary): "summary",
}
_TEAM, _SENDING, _YEAR = str(AG.expertTeam), str(AG.sendingCountry), str(AG.startYear)
_RESULTING = (str(AG.resultingOrganization), str(AG.resultingDocument))
_PART = (*_NAMES, str(AG.abbreviation), *_RESULTING)
_ACTION = (*_NAMES, *_OTHER_NAMES, *_LINKS, *_PARTS, *_OWN, _TEAM, _YEAR)
_IN_TEXT = frozenset({"summary", "outcome", "document", "definition", "series"})

Values = Mapping[str, Sequence[WrittenTerm]]


class ThingReader(Protocol):
    """The things of a release, with their values by predicate."""

    def things(
        self, prefix: str, only: Collection[str] = (), having: Iterable[tuple[str, str]] = ()
    ) -> Iterator[tuple[str, Values]]:
        """Yield each subject whose IRI begins with `prefix`, in order: `only` some predicates, `having` a value."""


@dataclass(slots=True)
class _Entry:
    """A document to be, until the things that it links to have their numbers."""

    iri: str
    names: list[Name]
    own: list[tuple[str, str, str]]
    links: list[tuple[str, str]]
    year: int | None = None

    def searched_names(self) -> Iterator[Name]:
        """Yield all that it is called."""
        yield from self.names
        yield from ((text, tag) for field, text, tag in self.own if field in NAME_FIELDS)


def write_search(
    path: Path, release: ThingReader, positions: Mapping[str, tuple[int, int]], settings: Settings
) -> None:
    """Write the search index of `release` to the new file `path`.

    `positions` has the place of each action in its chain, and the size of the chain. Takes time linear in what the
    release says of actions, and memory for what is indexed, a small part of that.

    Raises:
        StoreError: the disk is full or cannot be written.
    """
    entries = _EntryReader(release, settings).entries()
    with write_database(path, "The search index") as database:
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        database.execute("INSERT INTO known VALUES (?)", (settings.base,))
        _SearchWriter(database, positions).write(entries)
        database.execute("COMMIT")


class _EntryReader:
    """Reads what is searched of a release, kind by kind."""

    def __init__(self, release: ThingReader, settings: Settings) -> None:
        self._release = release
        self._languages = settings.languages
        self._base = settings.base

    def entries(self) -> dict[str, list[_Entry]]:
        """Return the entries of each kind."""
        concepts = list(self._concepts())
        partners = list(self._described(f"{self._base}id/org/", ORG.Organization))
        return {
            "country": list(self._countries()),
            "partner": partners,
            "place": list(self._described(f"{self._base}id/place/", AG.Place)),
            "theme": [entry for is_theme, entry in concepts if is_theme],
            "term": [*(entry for is_theme, entry in concepts if not is_theme), *self._ontology()],
            "action": list(self._actions({entry.iri: list(entry.searched_names()) for entry in partners})),
        }

    def _countries(self) -> Iterator[_Entry]:
        """Yield the countries, also under their names in other languages and their demonyms."""
        for entry in self._described(f"{self._base}id/country/", AG.Country):
            codes = [text for field, text, _ in entry.own if field == "code"]
            more = {text: tag for code in codes for text, tag in reversed(names_of(code))}
            for text, _ in entry.searched_names():
                more.pop(text, None)
            entry.own += (("also called", text, tag) for text, tag in reversed(more.items()))
            yield entry

    def _described(self, prefix: str, class_: str) -> Iterator[_Entry]:
        return (self._entry(iri, values) for iri, values in self._read(prefix, class_))

    def _read(self, prefix: str, *classes: str) -> Iterator[tuple[str, Values]]:
        """Yield the things of these classes with what they are called, but for those that are to go."""
        only = (_TYPE, *_NAMES, *_SAID, *_LOCATED, _DEPRECATED, _IN_SCHEME)
        for iri, values in self._release.things(prefix, only, [(_TYPE, str(class_)) for class_ in classes]):
            if _DEPRECATED not in values:
                yield iri, values

    def _entry(self, iri: str, values: Values) -> _Entry:
        names, others = self._names(values)
        own = [("also called", *name) for name in others]
        own += [(field, *text) for predicate, field in _SAID.items() for text in self._texts(values, (predicate,))]
        links = [("country", to) for to in _iris(values, _LOCATED)]
        return _Entry(iri, names or [(key_of(iri), "")], own, links)

    def _concepts(self) -> Iterator[tuple[bool, _Entry]]:
        """Yield the concepts, each after whether it is a theme."""
        for base in sorted({self._base, CANONICAL_BASE}):
            for iri, values in self._read(f"{base}concept/", SKOS.Concept):
                is_theme = any(scheme.endswith("/concept/theme") for scheme in _iris(values, (_IN_SCHEME,)))
                yield is_theme, self._entry(iri, values)

    def _ontology(self) -> Iterator[_Entry]:
        for iri, values in self._read(str(AG), OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty):
            entry = self._entry(iri, values)
            entry.own.insert(0, ("code", name_of(iri), ""))
            yield entry

    def _actions(self, partners: Mapping[str, list[Name]]) -> Iterator[_Entry]:
        names, teams = self._parts(partners), self._teams()
        prefix = f"{self._base}id/action/"
        for iri, values in self._release.things(prefix, (_TYPE, *_ACTION), [(_TYPE, str(AG.Action))]):
            titles, others = self._names(values)
            own = [("also called", *name) for name in others]
            own += [(field, *text) for predicate, field in _OWN.items() for text in self._texts(values, (predicate,))]
            own += [
                (field, *name)
                for predicate, field in _PARTS.items()
                for thing in _iris(values, (predicate,))
                for name in names.get(thing, ())
            ]
            links = [(field, to) for predicate, field in _LINKS.items() for to in _iris(values, (predicate,))]
            links += (("experts from", to) for team in _iris(values, (_TEAM,)) for to in teams.get(team, ()))
            titles = titles or self._texts(values, (str(AG.actionNumber),)) or [(key_of(iri), "")]
            yield _Entry(iri, titles, own, list(dict.fromkeys(links)), _year(values))

    def _parts(self, partners: Mapping[str, list[Name]]) -> dict[str, list[Name]]:
        """Return the names of things that are searched as a part of actions only."""
        found = {}
        for path, class_ in _PART_PATHS.items():
            read = self._release.things(self._base + path, (_TYPE, *_PART), [(_TYPE, str(class_))])
            for iri, values in read:
                names, others = self._names(values)
                found[iri] = [*names, *others, *self._texts(values, (str(AG.abbreviation),))]
                found[iri] += (name for to in _iris(values, _RESULTING) for name in partners.get(to, ()))
        return found

    def _teams(self) -> dict[str, list[str]]:
        """Return the countries that experts came from, by team."""
        read = self._release.things(f"{self._base}id/team/", (_SENDING,))
        return {iri: _iris(values, (_SENDING,)) for iri, values in read}

    def _names(self, values: Values) -> tuple[list[Name], list[Name]]:
        """Return the names of a thing, the one to show first, and what else it is called."""
        first = next((predicate for predicate in _NAMES if predicate in values), None)
        names = self._texts(values, (first,)) if first else []
        told = {text for text, _ in names}
        return names, [name for name in self._texts(values, _NAMES) if name[0] not in told]

    def _texts(self, values: Values, predicates: Iterable[str]) -> list[Name]:
        found = {
            (_clean(term.value), term.language or ""): None
            for predicate in predicates
            for term in values.get(predicate, ())
            if term.is_literal
        }
        names = [name for name in found if name[0]]
        return names if len(names) < 2 else sorted(names, key=self._rank)

    def _rank(self, name: Name) -> tuple[int, str, str]:
        return *language_rank(name[1] or None, self._languages), name[0]


class _SearchWriter:
    """Writes the documents of entries, and the words of all."""

    def __init__(self, database: sqlite3.Connection, positions: Mapping[str, tuple[int, int]]) -> None:
        self._database = database
        self._positions = positions
        self._numbers: dict[str, int] = {}
        self._folded: dict[int, str] = {}
        """The folded names of each thing: as many actions have one, they are not folded again for each."""
        self._words: Counter[str] = Counter()
        self._written: dict[str, str] = {}

    def write(self, entries: Mapping[str, list[_Entry]]) -> None:
        """Write the entries of each kind; those that others link to come first."""
        uses = Counter(to for entry in entries["action"] for _, to in entry.links)
        for kind in (*(kind for kind in entries if kind != "action"), "action"):
            first = len(self._numbers) + 1
            for entry in sorted(entries[kind], key=lambda each: (-uses[each.iri], -(each.year or 0), each.iri)):
                self._numbers[entry.iri] = number = len(self._numbers) + 1
                self._write(number, entry, uses[entry.iri])
            self._database.execute("INSERT INTO kind VALUES (?, ?, ?)", (kind, first, len(self._numbers)))
        self._write_words()
        samples = ((words,) for words in _samples(entries))
        self._database.executemany("INSERT INTO sample VALUES (?)", samples)

    def _write(self, number: int, entry: _Entry, uses: int) -> None:
        things = [(field, self._numbers[to]) for field, to in entry.links if to in self._numbers]
        document = IndexedDocument(entry.names, entry.own, things, entry.year, self._positions.get(entry.iri))
        row = (number, entry.iri, msgspec.json.encode(document))
        self._database.execute("INSERT INTO document VALUES (?, ?, ?)", row)
        names = [(name, word_runs(name)) for name, _ in entry.searched_names()]
        called = dict.fromkeys(" ".join(word.folded for run in runs for word in run) for _, runs in names)
        self._database.executemany("INSERT INTO called VALUES (?, ?)", ((name, number) for name in called if name))
        columns: dict[str, list[str]] = {"name": [], "about": [], "text": []}
        for name, runs in names:
            columns["name"] += self._fold(name, runs)
        for field, text, _ in entry.own:
            if field not in NAME_FIELDS:
                columns["text" if field in _IN_TEXT else "about"] += self._fold(text, word_runs(text))
        self._words.update(word for words in columns.values() for word in set(words))
        if uses:
            self._words.update(dict.fromkeys(set(columns["name"]), uses))
        self._folded[number] = " ".join(columns["name"])
        columns["about"] += (self._folded[thing] for _, thing in things)
        values = (number, *(" ".join(words) for words in columns.values()))
        self._database.execute("INSERT INTO words (rowid, name, about, text) VALUES (?, ?, ?, ?)", values)

    def _fold(self, text: str, runs: Iterable[Sequence[Word]]) -> Iterator[str]:
        """Yield the words of `text`, and after those that are joined the whole, as for 2014-12 also 201412."""
        for run in runs:
            for word in run:
                if word.folded not in self._written:
                    self._written[word.folded] = text[word.start : word.end]
                yield word.folded
            if len(run) > 1:
                whole = "".join(word.folded for word in run)
                self._written.setdefault(whole, text[run[0].start : run[-1].end])
                yield whole

    def _write_words(self) -> None:
        counted = sorted(self._words.items())
        rows = ((word, self._written[word], documents) for word, documents in counted)
        self._database.executemany("INSERT INTO word VALUES (?, ?, ?)", rows)
        forms = sorted((form, word) for word, _ in counted for form in forms_of(word))
        self._database.executemany("INSERT INTO near VALUES (?, ?)", forms)


def _samples(entries: Mapping[str, Sequence[_Entry]]) -> Iterator[str]:
    """Yield searches that find actions: the country of most, the abbreviation of a partner, a theme elsewhere."""
    links: list[tuple[str, tuple[str, ...]]]
    links = [(field, (to,)) for entry in entries["action"] for field, to in entry.links]
    for entry in entries["action"]:
        themes, countries = ([to for field, to in entry.links if field == name] for name in ("theme", "country"))
        links += (("both", pair) for pair in product(themes, countries))
    used = sorted(Counter(links).items(), key=lambda each: (-each[1], each[0]))
    by_field = {
        name: [things for (field, things), _ in used if field == name] for name in ("country", "partner", "both")
    }
    named = {entry.iri: entry for kind in entries.values() for entry in kind}
    country = by_field["country"][:1]
    short = (
        text
        for (partner,) in by_field["partner"]
        if partner in named
        for field, text, _ in named[partner].own
        if field == "abbreviation"
    )
    elsewhere = [pair for pair in by_field["both"] if pair[1:] not in country] or by_field["both"]
    titles = (
        " ".join(named[thing].names[0][0] for thing in things)
        for things in (*country, *elsewhere[:1])
        if named.keys() >= set(things)
    )
    for words in (*islice(titles, 1), *islice(short, 1), *titles):
        if len(words) <= MOST_CHARACTERS and 0 < sum(map(len, word_runs(words))) <= MOST_WORDS:
            yield words


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _iris(values: Values, predicates: Iterable[str]) -> list[str]:
    return [term.value for predicate in predicates for term in values.get(predicate, ()) if not term.is_literal]


def _year(values: Values) -> int | None:
    years = (term.value for term in values.get(_YEAR, ()) if term.is_literal)
    return next((int(year) for year in years if year.isdecimal()), None)
