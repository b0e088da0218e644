"""The lines of a Turtle file that describe a thing: neither parser keeps line numbers, but the tokens do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from actiongraph.engine.files import read_bytes
from actiongraph.errors import QuerySyntaxError
from actiongraph.sparql.grammar import Unexpected, walk
from actiongraph.sparql.lexer import Kind, Token, position, statements, tokens
from actiongraph.sparql.terms import RDF_TYPE, Names
from actiongraph.validate.report import Report
from actiongraph.vocabulary import CANONICAL_BASE

Key = tuple[str, str | None]
"""A subject, or a subject and a predicate, as IRIs."""
_MARKS = Names.MARKS | {"@statement", "@subject", "@verb", "@properties", "@properties_end"}


def locate(report: Report, files: Iterable[Path], base: str) -> Report:
    """Return `report` with file and line of each result whose focus node is a subject in one of the Turtle `files`.

    A result that names its file stays as it is. The line is that of the property if the result is about one that is
    there, else that of the subject, in the file that gives its type if several speak of it.
    `base` replaces the canonical base in the names of things.
    """
    wanted = {str(result.focus) for result in report.results if result.file is None}
    canonical = {
        name.replace(base, CANONICAL_BASE, 1)
        for name in wanted
        if name.startswith((base + "id/", base + "concept/", base + "ledger/"))
    }
    found: dict[Key, tuple[str, int]] = {}
    typed: dict[Key, tuple[str, int]] = {}
    for path in files if wanted else ():
        subjects: dict[str, tuple[str, int]] = {}
        name_of_file = path.name
        for (subject, property_), number in lines_of(path, wanted | canonical):
            names = (subject, subject.replace(CANONICAL_BASE, base, 1)) if subject in canonical else (subject,)
            for name in names:
                found.setdefault((name, property_), (name_of_file, number))
                if property_ is None:
                    subjects[name] = (name_of_file, number)
                elif property_ == RDF_TYPE:
                    typed.setdefault((name, None), subjects[name])
    found |= typed
    located = []
    for result in report.results:
        if result.file is not None:
            located.append(result)
            continue
        focus, predicate = str(result.focus), None if result.path is None else str(result.path)
        file, line = found.get((focus, predicate)) or found.get((focus, None)) or (None, None)
        located.append(replace(result, file=file, line=line))
    return Report.of(located, report.compared, report.not_compared, report.validator)


def lines_of(path: Path, wanted: Collection[str] | None = None) -> Iterator[tuple[Key, int]]:
    """Yield each subject that is `wanted`, or each of all, and each with a predicate, with its line.

    From where the file is not Turtle nothing more comes.
    """
    if path.suffix.lower() != ".ttl":
        return
    text = read_bytes(path).decode("utf-8", "replace")
    names = Names(CANONICAL_BASE)
    is_wanted: dict[str, bool] = {}
    line, seen = 1, 0
    try:
        for named, start, end in statements(text):
            if named is None:
                is_wanted.clear()  # it may declare a prefix
            else:
                if named.text not in is_wanted:
                    is_wanted[named.text] = wanted is None or names.iri(named) in wanted
                if not is_wanted[named.text]:
                    continue
            for token, subject, predicate in _keys(text[start:end], names):
                offset = start + token.start
                line, seen = line + text.count("\n", seen, offset), offset
                if wanted is None or subject in wanted:
                    yield (subject, predicate), line
    except (QuerySyntaxError, Unexpected):
        return  # a file that pyoxigraph reads and these rules do not: its results stay without a line


def _keys(text: str, names: Names) -> Iterator[tuple[Token, str, str | None]]:
    """Yield each subject, and each subject with a predicate, at the token that names it (Turtle, section 2.1)."""
    token = Token(Kind.WORD, "", 0)
    subject: str | None = None
    depth = 0

    def read() -> Iterator[Token]:
        nonlocal token
        for token in tokens(text):  # noqa: UP028 - the walk tells what the last token is
            yield token

    for mark, _ in walk(read(), _MARKS, "Turtle"):
        if mark in Names.MARKS:
            names.declare(mark, token)
        elif mark == "@statement":
            subject = None
        elif mark == "@subject" and token.kind is not Kind.BLANK_NODE_LABEL:
            subject = names.iri(token)
            yield token, subject, None
        elif mark == "@verb" and subject is not None and not depth:
            yield token, subject, RDF_TYPE if token.text == "a" else names.iri(token)
        else:
            depth += {"@properties": 1, "@properties_end": -1}.get(mark, 0)


def line_of(path: Path, subject: str, predicate: str) -> int | None:
    """Return the line on which the Turtle file at `path` first gives `subject` the property `predicate`."""
    return next((line for key, line in lines_of(path, {subject}) if key == (subject, predicate)), None)


def blank_node_line(path: Path) -> int | None:
    """Return the line of the first blank node in the Turtle file at `path`, or None if the tokens show none."""
    text = read_bytes(path).decode("utf-8", "replace")
    try:
        for token in tokens(text):
            if token.kind is Kind.BLANK_NODE_LABEL or token.text in ("[", "("):
                return position(text, token.start)[0]
    except QuerySyntaxError:
        return None  # as in lines_of
    return None
