"""The search index of a release, read: what things of each kind have some words, or words that are near.

`search_index_writer` writes it. What a user types is folded into words, and only words that the release has, each
quoted, reach FTS5. No look-up reads more than some thousand rows, and all end at the deadline of a query.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from actiongraph.engine.base import QueryBudget
from actiongraph.errors import ClientGone, QueryTimeout, RequestError
from actiongraph.index.database import read_database
from actiongraph.index.near_words import forms_of, nearest
from actiongraph.index.search_results import (
    KINDS,
    ChainPosition,
    FieldMatch,
    Hit,
    HitGroup,
    MarkedText,
    SearchResults,
)
from actiongraph.settings import Settings
from actiongraph.text import Word, counted, folded, word_runs

SEARCH = "search.sqlite"
"""The search index in the folder of a release; releases of older programs have none."""
LAYOUT = 1
"""The layout of the index and of its documents; what has another is left aside."""
MOST_CHARACTERS = 200
MOST_WORDS = 10
A_FEW, A_PAGE = 10, 50
"""The hits of each kind where all kinds are shown, and those on a page of one kind."""
NAME_FIELDS = ("number", "also called", "abbreviation", "code")
"""The fields of a document that name it."""
_WHAT = "The search index"
_MOST_COUNTED = 1_000
"""Hits of one kind that are counted and shown; whoever finds more adds a word."""
_TICKS = 2_000
"""Steps of SQLite's machine between looks at the clock; some tens of microseconds."""
_BEGUN, _SHORTEST_BEGINNING = 12, 3
_NEAR = 4
_NEAR_ROWS = 2_000
_MATCHES = 3
_AROUND = 80
"""Characters that are shown before and after the first match in a long text."""
_NEEDLESS = frozenset(
    re.findall(
        r"\w+",
        """
        a an and at by for from in of on or the to with
        au aux d de des du en et l la le les ou par pour sur un une
        al con del e el las los o por para y
        ao aos as com da das do dos em na nas no nos os um uma
        am dem den der die ein eine fur im mit und von zu zur
        """,
    )
)
"""Words that say little, in the languages that countries are named in; they are sought only if there is no other."""
Name = tuple[str, str]
"""A text with its language tag, which may be empty."""


class IndexedDocument(msgspec.Struct, array_like=True, frozen=True):
    """A thing as it is indexed: `names`, first the one to show; its `own` texts, as field, text and language tag.

    `things` are other documents by field and number. `year` and `position`, the place in its chain and the size of
    that, are of actions.
    """

    names: list[Name]
    own: list[tuple[str, str, str]] = []
    things: list[tuple[str, int]] = []
    year: int | None = None
    position: tuple[int, int] | None = None

    def texts(self, *fields: str) -> list[str]:
        """Return its own texts of some fields."""
        return [text for field, text, _ in self.own if field in fields]


class SoughtWord(NamedTuple):
    """A word of a search, the places where it is typed, and words of the release: such as it, that begin so, or near.

    There are near ones only if there is no other.
    """

    folded: str
    places: tuple[Word, ...]
    exact: Sequence[str]
    begun: Sequence[str]
    near: Sequence[str]

    @property
    def is_known(self) -> bool:
        """Tell whether the release has anything like it."""
        return bool(self.exact or self.begun or self.near)


@contextmanager
def open_search(path: Path, settings: Settings, budget: QueryBudget = QueryBudget()) -> Iterator[SearchIndex | None]:
    """Give the search index at `path` to this thread, read-only, or None; look-ups end with the budget.

    There is none in releases of older programs, and none that fits where `settings` have another base.

    Raises:
        QueryTimeout: a look-up was not done at the deadline.
        ClientGone: nobody waits any more.
        StoreError: it cannot be read.
    """
    if not path.is_file():
        yield None
        return
    with read_database(path, _WHAT, "; rebuild the release, or delete the file.", (msgspec.DecodeError,)) as database:
        [(layout,)] = database.execute("PRAGMA user_version")
        fits = layout == LAYOUT and database.execute("SELECT base FROM known").fetchall() == [(settings.base,)]
        yield SearchIndex(database, budget, budget.within(settings.timeout_s)) if fits else None


def check_words(words: str) -> str:
    """Return `words`, if they are few enough to be sought.

    Raises:
        RequestError: they are too many.
    """
    if len(words) > MOST_CHARACTERS:
        found = f"{len(words):,} characters"
    elif (number := sum(map(len, word_runs(words)))) > MOST_WORDS:
        found = counted(number, "word")
    else:
        return words
    raise RequestError(
        f"A search may have {MOST_CHARACTERS} characters and {MOST_WORDS} words, and this one has {found}."
    )


class SearchIndex:
    """The search index of one release. It belongs to the thread that opened it."""

    def __init__(self, database: sqlite3.Connection, budget: QueryBudget, timeout_s: float) -> None:
        """Take an open index; a look-up that is not done `timeout_s` from now raises `QueryTimeout`."""
        self._database = database
        self._gone = budget.gone
        self._tells_kinds: bool | None = None
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        database.set_progress_handler(self._must_end, _TICKS)

    def samples(self) -> list[str]:
        """Return a few searches that find actions."""
        return [words for (words,) in self._rows("SELECT words FROM sample ORDER BY rowid")]

    def find(self, words: str, kind: str | None = None, page: int = 1) -> SearchResults:
        """Return the things with all of `words`, or some if none has all: a few of each kind, or a page of one.

        Raises:
            RequestError: `words` are too many.
            QueryTimeout, ClientGone: see `open_search`.
        """
        return self._find(check_words(words), kind, page)

    def things_called(self, name: str) -> list[tuple[str, str]]:
        """Return the IRIs of a few things that have this name in any language, those of most actions first, with kinds.

        Accents, capitals and signs do not matter.
        """
        statement = (
            "SELECT iri, kind.name FROM called JOIN document ON id = document JOIN kind ON id BETWEEN first AND last "
            "WHERE called.name = ? ORDER BY id LIMIT ?"
        )
        return self._rows(statement, (folded(name), _BEGUN))

    def kind_of(self, iri: str) -> str | None:
        """Return the kind of the thing `iri`; None if it is not searched, or the index is not made to tell."""
        if self._tells_kinds is None:  # in releases of version 0.3.0 and before, all documents would be read for it
            self._tells_kinds = bool(self._rows("SELECT 1 FROM sqlite_master WHERE name = 'document_iri'"))
        if not self._tells_kinds:
            return None
        statement = "SELECT kind.name FROM document JOIN kind ON id BETWEEN first AND last WHERE iri = ?"
        return next((kind for (kind,) in self._rows(statement, (iri,))), None)

    def _find(self, words: str, kind: str | None, page: int) -> SearchResults:
        typed = self._terms(words)
        needed = [term for term in typed if term.folded not in _NEEDLESS] or typed
        terms = [term for term in needed if term.is_known]
        unknown = tuple(term.folded for term in needed if not term.is_known)
        corrected = self._corrected(terms)
        if corrected:
            respelled = self._respelled(words, corrected)
            found = self._find(respelled, kind, page)
            return msgspec.structs.replace(found, query=words, did_you_mean=respelled)
        stages, has_all = self._stages(terms)
        marks = (
            {word for term in terms for word in term.exact or term.begun},
            {word for term in terms for word in term.begun},
        )
        a_page, first = (A_PAGE, (page - 1) * A_PAGE) if kind else (A_FEW, 0)
        shown = range(first, first + a_page)
        chosen = [kind] if kind else KINDS
        groups = [self._group(each, folded(words), stages, marks, shown) for each in chosen if terms]
        groups = [group for group in groups if group.total]
        return SearchResults(words, None, unknown, has_all, tuple(groups))

    def _terms(self, words: str) -> list[SoughtWord]:
        found: dict[str, SoughtWord] = {}
        for run in word_runs(words):
            whole = "".join(word.folded for word in run)
            if len(run) > 1 and self._known([whole]):
                found.setdefault(whole, self._term(whole, run))
            else:
                for word in run:
                    found.setdefault(word.folded, self._term(word.folded, (word,)))
        return list(found.values())

    def _term(self, folded: str, places: tuple[Word, ...]) -> SoughtWord:
        exact = self._known(_inflected(folded))
        begun = self._begun(folded)
        return SoughtWord(folded, places, exact, begun, () if exact or begun else self._near(folded))

    def _known(self, words: Collection[str]) -> list[str]:
        marks = ", ".join("?" * len(words))
        return [word for (word,) in self._rows(f"SELECT word FROM word WHERE word IN ({marks})", tuple(words))]  # noqa: S608 - question marks only

    def _begun(self, folded: str) -> list[str]:
        if len(folded) < _SHORTEST_BEGINNING:
            return []
        statement = "SELECT word FROM word WHERE word > ? AND word < ? ORDER BY documents DESC, word LIMIT ?"
        return [word for (word,) in self._rows(statement, (folded, folded + "\U0010ffff", _BEGUN))]

    def _near(self, folded: str) -> list[str]:
        forms = tuple(forms_of(folded))
        marks = ", ".join("?" * len(forms))
        rows = self._rows(
            f"SELECT DISTINCT word, documents FROM near JOIN word USING (word) WHERE form IN ({marks}) LIMIT ?",  # noqa: S608 - question marks only
            (*forms, _NEAR_ROWS),
        )
        return nearest(folded, (row for row in rows if row[0] != folded))[:_NEAR]

    def _corrected(self, terms: Sequence[SoughtWord]) -> dict[tuple[Word, ...], str]:
        """Return words to put in the place of some that were typed: none where it is so that all are found together.

        What is nowhere gives way to what is near. If nothing has all words then, one of them may be meant for another.
        """
        best = [term.exact or term.begun or term.near[:1] for term in terms]
        corrected = {term.places: term.near[0] for term in terms if term.near}
        if not terms or self._finds(_all_of(best)):
            return corrected
        for index, term in enumerate(terms):
            for near in term.near or self._near(term.folded):
                if self._finds(_all_of([*best[:index], [near], *best[index + 1 :]])):
                    return corrected | {term.places: near}
        return corrected

    def _stages(self, terms: Sequence[SoughtWord]) -> tuple[list[str], bool]:
        """Return expressions for FTS5, the best first, and whether what they find has all terms, or just some."""
        best = [term.exact or term.begun for term in terms]
        if not terms or self._finds(_all_of(best)):
            return [*_by_column(best), _all_of([[*term.exact, *term.begun] for term in terms])], True
        return [_any_of(best)], len(terms) == 1

    def _finds(self, expression: str) -> bool:
        return bool(self._rows("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (expression,)))

    def _group(
        self, kind: str, name: str, stages: Sequence[str], marks: Sequence[Collection[str]], shown: range
    ) -> HitGroup:
        """Return the hits of a kind: what has the `name` that is sought comes first, then each stage in its order."""
        [(first, last)] = self._rows("SELECT first, last FROM kind WHERE name = ?", (kind,))
        statement = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?"
        # The last of the stages finds what all others find, and most kinds have nothing.
        counting = f"SELECT COUNT(*) FROM ({statement})"  # noqa: S608 - our own
        [total] = self._numbers(counting, stages[-1], first, last, _MOST_COUNTED)
        stop = min(shown.stop, total)
        called = "SELECT document FROM called WHERE name = ? AND document BETWEEN ? AND ? LIMIT ?"
        found = dict.fromkeys(self._numbers(called, name, first, last, stop))
        for expression in stages:
            if len(found) < stop:
                found |= dict.fromkeys(self._numbers(statement, expression, first, last, stop + len(found)))
        hits = self._hits(list(found)[shown.start : stop], marks)
        return HitGroup(kind, total, total == _MOST_COUNTED, tuple(hits))

    def _numbers(self, statement: str, *values: object) -> list[int]:
        return [number for (number,) in self._rows(statement, values)]

    def _hits(self, numbers: Sequence[int], marks: Sequence[Collection[str]]) -> Iterator[Hit]:
        documents = self._documents(numbers)
        linked = self._documents({thing for _, document in documents.values() for _, thing in document.things})
        things = {thing: document for thing, (_, document) in linked.items()}
        for number in numbers:
            hits = (_hit(*documents[number], things, words) for words in marks)
            # What has a word as it was typed is not marked where a word only begins so.
            yield next((hit for hit in hits if hit.title.marks or hit.matches), _hit(*documents[number], things, ()))

    def _documents(self, numbers: Collection[int]) -> dict[int, tuple[str, IndexedDocument]]:
        marks = ", ".join("?" * len(numbers))
        statement = f"SELECT id, iri, content FROM document WHERE id IN ({marks})"  # noqa: S608 - question marks only
        decode = msgspec.json.Decoder(IndexedDocument).decode
        return {number: (iri, decode(content)) for number, iri, content in self._rows(statement, tuple(numbers))}

    def _respelled(self, words: str, corrected: Mapping[tuple[Word, ...], str]) -> str:
        """Return `words` with some of them in the spelling that the release has."""
        for places, word in sorted(corrected.items(), reverse=True):
            [(written,)] = self._rows("SELECT written FROM word WHERE word = ?", (word,))
            words = words[: places[0].start] + written + words[places[-1].end :]
        return words

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        if self._must_end():
            raise self._ended()
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if self._must_end():
                raise self._ended() from error
            raise

    def _must_end(self) -> bool:
        return time.monotonic() > self._deadline or self._gone()

    def _ended(self) -> ClientGone | QueryTimeout:
        return QueryTimeout(self._timeout_s) if time.monotonic() > self._deadline else ClientGone()


def _inflected(word: str) -> list[str]:
    """Return `word` and what it is in the singular or plural, as far as an s or es makes that."""
    less = [word[:-1]] if word.endswith("s") and len(word) > 3 else []
    less += [word[:-2]] if word.endswith("es") and len(word) > 4 else []
    return [word, *less, *([f"{word}s", f"{word}es"] if word.isalpha() else ())]


def _by_column(terms: Sequence[Sequence[str]]) -> list[str]:
    """Return expressions for what has all terms: in its names, some there, in names and things, and anywhere."""
    every = _all_of(terms)
    some = [f"name : ({_any_of(terms)}) AND {every}"] if len(terms) > 1 else []
    return [f"name : ({every})", *some, f"{{name about}} : ({every})", every]


def _all_of(terms: Iterable[Sequence[str]]) -> str:
    return " AND ".join(f"({_any_of([words])})" for words in terms)


def _any_of(terms: Iterable[Sequence[str]]) -> str:
    # The words are letters and digits alone; quoted, none of them is an operator.
    return " OR ".join(f'"{word}"' for words in terms for word in words)


def _hit(iri: str, document: IndexedDocument, things: Mapping[int, IndexedDocument], marks: Collection[str]) -> Hit:
    title = _marked(*document.names[0], marks)
    others = [("also called", *name) for name in document.names[1:]] + list(document.own)
    linked = [
        (field, text, tag)
        for field, thing in document.things
        for text, tag in (*things[thing].names, *((text, "") for text in things[thing].texts(*NAME_FIELDS)))
    ]
    found: dict[str, FieldMatch] = {}
    for field, text, tag in (*others, *linked):
        shown = _marked(text, tag, marks)
        if shown.marks and (words := folded(text)) != folded(title.text):
            found.setdefault(words, FieldMatch(field, _shortened(shown)))
        if len(found) == _MATCHES:
            break
    countries = (things[thing].names[0][0] for field, thing in document.things if field == "country")
    return Hit(
        iri=iri,
        title=title,
        matches=tuple(found.values()),
        year=document.year,
        countries=tuple(countries),
        chain=ChainPosition(*document.position) if document.position else None,
    )


def _marked(text: str, language: str, marks: Collection[str]) -> MarkedText:
    return MarkedText(text, language, tuple(_places(text, marks)))


def _places(text: str, marks: Collection[str]) -> Iterator[tuple[int, int]]:
    for run in word_runs(text):
        if len(run) > 1 and "".join(word.folded for word in run) in marks:
            yield run[0].start, run[-1].end
        else:
            yield from ((word.start, word.end) for word in run if word.folded in marks)


def _shortened(text: MarkedText) -> MarkedText:
    """Return a long text without what is far before its first match, and far behind that."""
    first = text.marks[0][0]
    begin = text.text.find(" ", first - _AROUND, first) + 1 or first - _AROUND if first > _AROUND else 0
    end = len(text.text)
    if end > first + 2 * _AROUND:
        end = max(text.text.rfind(" ", first, first + 2 * _AROUND), text.marks[0][1])
    cut = ("…" * (begin > 0), "…" * (end < len(text.text)))
    moved = len(cut[0]) - begin
    marks = tuple((start + moved, stop + moved) for start, stop in text.marks if stop <= end)
    return msgspec.structs.replace(text, text=text.text[begin:end].join(cut), marks=marks)
