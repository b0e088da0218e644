"""The search index of a release, written: a document for each thing that is searched, and the words of each.

Words are folded here, by `text.word_runs`, and FTS5 is given them with blanks between: so what is indexed, sought and
marked is divided in one way. The texts themselves stand once, with the thing that bears them; an action has numbers of
its things.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec
import pyoxigraph as ox
from rdflib import DCTERMS, FOAF, OWL, RDF, RDFS, SKOS

from actiongraph.countries import names_of
from actiongraph.index.database import write_database
from actiongraph.index.near_words import forms_of
from actiongraph.index.search_index import LAYOUT, MOST_CHARACTERS, MOST_WORDS, NAME_FIELDS, Document, Name
from actiongraph.index.search_results import KINDS
from actiongraph.iris import key_of, name_of
from actiongraph.settings import Settings
from actiongraph.text import language_rank, one_line, word_runs
from actiongraph.vocabulary import AG, CANONICAL_BASE, ORG

_SCHEMA = f"""
PRAGMA user_version = {LAYOUT};
CREATE TABLE known (base TEXT);
CREATE TABLE kind (name TEXT PRIMARY KEY, first INTEGER, last INTEGER) WITHOUT ROWID;
CREATE TABLE document (id INTEGER PRIMARY KEY, iri TEXT, year INTEGER, content BLOB);
CREATE VIRTUAL TABLE words USING fts5(name, about, text, content='', tokenize=ascii);
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
_NAMED = {
    str(AG.outcome): "outcome",
    str(AG.concernsDocument): "document",
    str(AG.underFacility): "facility",
    str(AG.partOfSeries): "series",
}
"""The fields of an action that things stand in which are no documents of their own, by predicate."""
_OWN = {
    str(AG.actionNumber): "number",
    str(AG.partnerNameAsPrinted): "partner",
    str(AG.summary): "summary",
}
_TEAM, _SENDING, _YEAR = str(AG.expertTeam), str(AG.sendingCountry), str(AG.startYear)
_RESULTING = (str(AG.resultingOrganization), str(AG.resultingDocument))
_ACTION = (*_NAMES, *_OTHER_NAMES, *_LINKS, *_NAMED, *_OWN, _TEAM, _YEAR)
_IN_TEXT = frozenset({"summary", "outcome", "document", "definition", "series"})

Term = ox.NamedNode | ox.Literal
Values = Mapping[str, Sequence[Term]]


class ThingReader(Protocol):
    """The things of a release, with their values by predicate."""

    def things(
        self, prefix: str, only: Collection[str] = (), having: Iterable[tuple[str, str]] = ()
    ) -> Iterator[tuple[str, Values]]:
        """Yield each subject whose IRI begins with `prefix`, in order: `only` some predicates, `having` a value."""


def write_search(
    path: Path, release: ThingReader, positions: Mapping[str, tuple[int, int]], settings: Settings
) -> None:
    """Write the search index of `release` to the new file `path`.

    `positions` has the place of each action in its chain, and the size of the chain. Takes time linear in what the
    release says of actions, and memory for all other things that are searched, and for the words.

    Raises:
        StoreError: the disk is full or cannot be written.
    """
    with write_database(path, "The search index") as database:
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        database.execute("INSERT INTO known VALUES (?)", (settings.base,))
        _Writer(database, release, settings).write(positions)
        database.execute("COMMIT")


class _Writer:
    """Writes document after document, kind by kind."""

    def __init__(self, database: sqlite3.Connection, release: ThingReader, settings: Settings) -> None:
        self._database = database
        self._release = release
        self._settings = settings
        self._ids: dict[str, int] = {}
        self._documents: dict[int, Document] = {}
        self._words: Counter[str] = Counter()
        self._written: dict[str, str] = {}
        self._uses: dict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
        """How many actions have something in a field: a country, or a theme with a country."""
        self._last = 0

    def write(self, positions: Mapping[str, tuple[int, int]]) -> None:
        things = f"{self._settings.base}id/"
        self._write_kind("country", self._countries(things))
        for kind, class_ in (("partner", ORG.Organization), ("place", AG.Place)):
            self._write_kind(kind, self._described(things, class_))
        concepts = list(self._concepts())
        self._write_kind("theme", ((iri, document) for is_theme, iri, document in concepts if is_theme))
        codes = [(iri, document) for is_theme, iri, document in concepts if not is_theme]
        self._write_kind("term", [*codes, *self._ontology()])
        self._write_kind("action", self._actions(things, positions), are_things=False)
        self._write_words()
        self._database.executemany("INSERT INTO sample VALUES (?)", ((words,) for words in self._samples()))

    def _write_kind(self, kind: str, documents: Iterable[tuple[str, Document]], *, are_things: bool = True) -> None:
        first = self._last + 1
        for iri, document in documents:
            self._last += 1
            if are_things:
                self._ids[iri], self._documents[self._last] = self._last, document
            row = (self._last, iri, document.year, msgspec.json.encode(document))
            self._database.execute("INSERT INTO document VALUES (?, ?, ?, ?)", row)
            self._index(self._last, document)
        assert kind in KINDS  # noqa: S101 - nobody would find it
        self._database.execute("INSERT INTO kind VALUES (?, ?, ?)", (kind, first, self._last))

    def _index(self, number: int, document: Document) -> None:
        columns: dict[str, list[str]] = {"name": [], "about": [], "text": []}
        columns["name"] += (text for text, _ in document.names)
        for field, text, _ in document.own:
            columns["name" if field in NAME_FIELDS else "text" if field in _IN_TEXT else "about"].append(text)
        for _, thing in document.things:
            columns["about"] += self._documents[thing].searched_names()
        folded = {column: list(self._fold(texts)) for column, texts in columns.items()}
        self._words.update({word for words in folded.values() for word in words})
        values = (number, *(" ".join(words) for words in folded.values()))
        self._database.execute("INSERT INTO words (rowid, name, about, text) VALUES (?, ?, ?, ?)", values)

    def _fold(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield the words of `texts`, and after those that are joined the whole, as for 2014-12 also 201412."""
        for text in texts:
            for run in word_runs(text):
                for word in run:
                    if word.folded not in self._written:
                        self._written[word.folded] = text[word.start : word.end]
                    yield word.folded
                if len(run) > 1:
                    whole = "".join(word.folded for word in run)
                    self._written.setdefault(whole, text[run[0].start : run[-1].end])
                    yield whole

    def _countries(self, prefix: str) -> Iterator[tuple[str, Document]]:
        """Yield the countries, also under their names in other languages and their demonyms."""
        for iri, values in self._read(prefix, AG.Country):
            document = self._document(iri, values)
            more = {text: tag for code in document.texts("code") for text, tag in reversed(names_of(code))}
            for text in document.texts(*NAME_FIELDS):
                more.pop(text, None)
            own = [*document.own, *(("also called", text, tag) for text, tag in reversed(more.items()))]
            yield iri, msgspec.structs.replace(document, own=own)

    def _described(self, prefix: str, class_: str) -> Iterator[tuple[str, Document]]:
        for iri, values in self._read(prefix, class_):
            yield iri, self._document(iri, values)

    def _read(self, prefix: str, *classes: str) -> Iterator[tuple[str, Values]]:
        """Yield the things of these classes with what they are called, but for those that are to go."""
        only = (_TYPE, *_NAMES, *_SAID, *_LOCATED, _DEPRECATED, _IN_SCHEME)
        for iri, values in self._release.things(prefix, only, [(_TYPE, str(class_)) for class_ in classes]):
            if _DEPRECATED not in values:
                yield iri, values

    def _document(self, iri: str, values: Values) -> Document:
        names, others = self._names(values)
        own = [("also called", *name) for name in others]
        own += [(field, *text) for predicate, field in _SAID.items() for text in self._texts(values, (predicate,))]
        return Document(
            names=names or [(key_of(iri), "")],
            own=own,
            things=[("country", self._ids[to]) for to in _iris(values, _LOCATED) if to in self._ids],
        )

    def _concepts(self) -> Iterator[tuple[bool, str, Document]]:
        """Yield the concepts, each after whether it is a theme."""
        for base in sorted({self._settings.base, CANONICAL_BASE}):
            for iri, values in self._read(f"{base}concept/", SKOS.Concept):
                is_theme = any(scheme.endswith("/concept/theme") for scheme in _iris(values, (_IN_SCHEME,)))
                yield is_theme, iri, self._document(iri, values)

    def _ontology(self) -> Iterator[tuple[str, Document]]:
        for iri, values in self._read(str(AG), OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty):
            document = self._document(iri, values)
            yield iri, msgspec.structs.replace(document, own=[("code", name_of(iri), ""), *document.own])

    def _actions(self, prefix: str, positions: Mapping[str, tuple[int, int]]) -> Iterator[tuple[str, Document]]:
        names, teams = self._other_names(prefix), self._teams(prefix)
        for iri, values in self._release.things(prefix, (_TYPE, *_ACTION), [(_TYPE, str(AG.Action))]):
            titles, others = self._names(values)
            own = [("also called", *name) for name in others]
            own += [(field, *text) for predicate, field in _OWN.items() for text in self._texts(values, (predicate,))]
            own += [
                (field, *name)
                for predicate, field in _NAMED.items()
                for thing in _iris(values, (predicate,))
                for name in names.get(thing, ())
            ]
            senders = [country for team in _iris(values, (_TEAM,)) for country in teams.get(team, ())]
            links = [(field, to) for predicate, field in _LINKS.items() for to in _iris(values, (predicate,))]
            links += [("experts from", country) for country in senders]
            things = [(field, self._ids[to]) for field, to in dict.fromkeys(links) if to in self._ids]
            self._count(things)
            yield (
                iri,
                Document(
                    names=titles or self._texts(values, (str(AG.actionNumber),)) or [(key_of(iri), "")],
                    own=own,
                    things=things,
                    year=_year(values),
                    position=positions.get(iri),
                ),
            )

    def _count(self, things: Sequence[tuple[str, int]]) -> None:
        by_field = defaultdict(list)
        for field, thing in things:
            by_field[field].append(thing)
            self._uses[field][thing,] += 1
        pairs = ((theme, country) for theme in by_field["theme"] for country in by_field["country"])
        self._uses["theme in country"].update(pairs)

    def _other_names(self, prefix: str) -> dict[str, list[Name]]:
        """Return the names of things that are searched as a part of actions only."""
        kinds = [(_TYPE, str(each)) for each in (AG.Outcome, AG.Facility, AG.Series, FOAF.Document)]
        only = (_TYPE, *_NAMES, str(AG.abbreviation), *_RESULTING)
        found = {}
        for iri, values in self._release.things(prefix, only, kinds):
            names, others = self._names(values)
            found[iri] = [*names, *others, *self._texts(values, (str(AG.abbreviation),))]
            for to in _iris(values, _RESULTING):
                if to in self._ids:
                    found[iri] += self._documents[self._ids[to]].names
        return found

    def _teams(self, prefix: str) -> dict[str, list[str]]:
        read = self._release.things(prefix, (_TYPE, _SENDING), [(_TYPE, str(AG.ExpertTeam))])
        return {iri: _iris(values, (_SENDING,)) for iri, values in read if _SENDING in values}

    def _names(self, values: Values) -> tuple[list[Name], list[Name]]:
        """Return the names of a thing, the one to show first, and what else it is called."""
        first = next((predicate for predicate in _NAMES if predicate in values), None)
        names = self._texts(values, (first,)) if first else []
        told = {text for text, _ in names}
        return names, [name for name in self._texts(values, _NAMES) if name[0] not in told]

    def _texts(self, values: Values, predicates: Iterable[str]) -> list[Name]:
        found = [
            (_clean(term.value), term.language or "")
            for predicate in predicates
            for term in values.get(predicate, ())
            if isinstance(term, ox.Literal)
        ]
        languages = self._settings.languages
        return sorted(filter(lambda name: name[0], dict.fromkeys(found)), key=lambda name: _rank(name, languages))

    def _write_words(self) -> None:
        counted = sorted(self._words.items())
        rows = ((word, self._written[word], documents) for word, documents in counted)
        self._database.executemany("INSERT INTO word VALUES (?, ?, ?)", rows)
        forms = sorted((form, word) for word, _ in counted for form in forms_of(word))
        self._database.executemany("INSERT INTO near VALUES (?, ?)", forms)

    def _samples(self) -> Iterator[str]:
        """Yield searches that find actions: the country of most, the abbreviation of a partner, a theme elsewhere."""
        countries, partners, pairs = (self._most_used(field) for field in ("country", "partner", "theme in country"))
        country = countries[:1]
        short = (text for (partner,) in partners for text in self._documents[partner].texts("abbreviation"))
        elsewhere = [pair for pair in pairs if pair[1:] not in country] or pairs
        for words in (*map(self._titles, country), *islice(short, 1), *map(self._titles, elsewhere[:1])):
            if len(words) <= MOST_CHARACTERS and 0 < sum(map(len, word_runs(words))) <= MOST_WORDS:
                yield words

    def _most_used(self, field: str) -> list[tuple[int, ...]]:
        return [things for things, _ in sorted(self._uses[field].items(), key=lambda used: (-used[1], used[0]))]

    def _titles(self, things: Iterable[int]) -> str:
        return " ".join(self._documents[thing].names[0][0] for thing in things)


def _clean(text: str) -> str:
    return one_line(unicodedata.normalize("NFC", text))


def _rank(name: Name, languages: Sequence[str]) -> tuple[int, str, str]:
    return *language_rank(name[1] or None, languages), name[0]


def _iris(values: Values, predicates: Iterable[str]) -> list[str]:
    return [
        term.value for predicate in predicates for term in values.get(predicate, ()) if isinstance(term, ox.NamedNode)
    ]


def _year(values: Values) -> int | None:
    years = (term.value for term in values.get(_YEAR, ()) if isinstance(term, ox.Literal))
    return next((int(year) for year in years if year.isdecimal()), None)
