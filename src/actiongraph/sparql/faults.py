"""All faults of a query that its tokens show by themselves, beside the first one that the guard meets.

The grammar tells of one fault only, since what comes after it could be meant in many ways. But a prefix that is not
declared, a bracket without its other half, a word that no rule has, text that is no token, and what is refused are
faults wherever they stand. What is looked at is bounded, so that a long text full of faults costs some milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice, pairwise
from typing import NamedTuple

from actiongraph.errors import Fault, QueryError, QuerySyntaxError, RefusedFeature, TooComplex
from actiongraph.sparql.advice import (
    foreign_sign,
    misplaced_bracket,
    open_iri,
    unclosed,
    undeclared,
    unexpected,
    unknown_word,
)
from actiongraph.sparql.grammar import Unexpected, terminal, walk
from actiongraph.sparql.lexer import Kind, Token, position, tokens

MAX_FAULTS = 20
_MAX_TOKENS = 10_000
"""Tokens that are looked at; reading them takes about ten milliseconds."""
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"})
_NAMES = frozenset({Kind.PNAME_NS, Kind.PNAME_LN})
_NO_SERVICE = "SERVICE is refused: no other endpoint is queried. Query it first, and put the answer into VALUES."
_OPENING = {"{": "}", "(": ")", "[": "]"}


def other_faults(text: str, error: QueryError) -> tuple[Fault, ...]:
    """Return the faults of the query `text` beside `error`, in the order of their places, up to `MAX_FAULTS` in all."""
    if error.start is None:
        return ()
    found: dict[int | None, Fault] = {error.start: error.fault}
    for other in _faults(_read(text), error):
        if len(found) == MAX_FAULTS:
            break
        found.setdefault(other.start, other.fault)
    return tuple(found.values())[1:]


class _SoundTokens(NamedTuple):
    """The tokens of a text, the errors about what is none between them, and whether all its brackets were seen.

    `sound` is the number of tokens before the first of the errors, which does not touch them.
    """

    text: str
    read: Sequence[Token]
    errors: Sequence[QuerySyntaxError]
    sound: int
    is_whole: bool


def _read(text: str) -> _SoundTokens:
    read: list[Token] = []
    errors: list[QuerySyntaxError] = []
    sound = None
    for found in islice(_tokens_and_errors(text), _MAX_TOKENS):
        if isinstance(found, Token):
            read.append(found)
            continue
        if sound is None:  # a token that touches what cannot be read may be a part of it
            sound = len(read) - bool(read and read[-1].end == found.start)
        errors.append(found)
        if len(errors) == MAX_FAULTS:
            break
    is_cut = len(errors) == MAX_FAULTS or len(read) + len(errors) == _MAX_TOKENS
    is_whole = not is_cut and not any(_is_unclosed_string(text, error) for error in errors)
    return _SoundTokens(text, read, errors, len(read) if sound is None else sound, is_whole)


def _is_unclosed_string(text: str, error: QuerySyntaxError) -> bool:
    """Tell whether it is, so that brackets may be in it that belong outside."""
    found = text[error.start : error.end]
    return found[:1] in {'"', "'"} and (len(found) < 2 or found[-1] != found[0])


def _tokens_and_errors(text: str) -> Iterator[Token | QuerySyntaxError]:
    """Yield the tokens of `text`, and in the place of what is none, or is an IRI cut short, the error about it."""
    offset: int | None = 0
    while offset is not None:
        resumed = None
        try:
            for token in tokens(text, offset):
                if token.text == "<" and (error := open_iri(text, token)):
                    yield error
                    resumed = error.end
                    break
                yield token
        except QuerySyntaxError as error:
            yield error
            resumed = error.end
        offset = resumed


def _faults(reading: _SoundTokens, first: QueryError) -> Iterator[QueryError]:
    """Yield an error for each fault, in the order of their places; `first` may be among them."""
    text, read = reading.text, reading.read
    prefixes, start = prologue(read)
    prefixes |= {after.text.removesuffix(":"): "" for before, after in pairwise(read) if _is_prefix(before)}
    refused = list(islice(refused_features(text, read, start, prefixes), MAX_FAULTS))
    if refused and start < len(read) and read[start].text.upper() in _UPDATES:
        return iter(refused[:1])  # nothing in an update can be mended
    # The guard follows the rules last: unless it was stopped before, `first` is what breaks them.
    stopped_at = {error.start for error in (*reading.errors, *refused)}
    has_met_no_rule = first.start in stopped_at or isinstance(first, TooComplex)
    searches: tuple[Iterable[QueryError], ...] = (
        reading.errors,
        refused,
        _broken_rule(reading, refused) if has_met_no_rule else (),
        undeclared_prefixes(text, read, prefixes),
        _unknown_words(reading),
        _foreign_signs(text, read),
        _brackets(reading),
    )
    return merge(*searches, key=lambda error: error.start or 0)


def prologue(read: Sequence[Token]) -> tuple[dict[str, str], int]:
    """Return the prefixes that the query declares, and the index of the first token after its prologue."""
    prefixes, index = {}, 0
    while index + 1 < len(read) and read[index].kind is Kind.WORD:
        keyword = read[index].text.upper()
        if keyword == "PREFIX" and index + 2 < len(read):
            prefixes[read[index + 1].text[:-1]] = read[index + 2].text[1:-1]
        elif keyword != "BASE":
            break
        index += 3 if keyword == "PREFIX" else 2
    return prefixes, min(index, len(read))


def refused_features(
    text: str, read: Sequence[Token], start: int, prefixes: Collection[str]
) -> Iterator[RefusedFeature]:
    """Yield an error for an update, and for each SERVICE, which the engine recognises without space around it too.

    `read` are the tokens of the query `text`, of which that at `start` comes after the prologue.
    """
    if start < len(read) and read[start].kind is Kind.WORD and (update := read[start].text.upper()) in _UPDATES:
        sentence = f"{update} is refused: this endpoint only answers queries; nothing can be changed through it."
        yield refusal(text, read[start], sentence)
    for token in read:
        if token.kind is not Kind.WORD and token.kind not in _NAMES:
            continue
        label = token.text.partition(":")[0]
        if "SERVICE" in label.upper() and (token.kind is Kind.WORD or label not in prefixes):
            yield refusal(text, token, _NO_SERVICE)


def refusal(text: str, token: Token, sentence: str) -> RefusedFeature:
    """Return the error for what `sentence` says of a token of `text`, with its place."""
    line, column = position(text, token.start)
    message = f"Line {line}, column {column}: {sentence}"
    return RefusedFeature(message, line=line, column=column, span=(token.start, token.end))


def undeclared_prefixes(text: str, read: Sequence[Token], prefixes: Collection[str]) -> Iterator[QuerySyntaxError]:
    """Yield an error for each prefix that the query `text` uses first without being one of `prefixes`."""
    seen = set(prefixes)
    before: Token | None = None
    for token in read:
        if token.kind in _NAMES and (label := token.text.partition(":")[0]) not in seen:
            seen.add(label)
            if not (before and _is_prefix(before)) and "SERVICE" not in label.upper():
                yield undeclared(text, read, token, prefixes)
        before = token


def _is_prefix(token: Token) -> bool:
    return token.kind is Kind.WORD and token.text.upper() == "PREFIX"


def _broken_rule(reading: _SoundTokens, refused: Sequence[QueryError]) -> Iterator[QueryError]:
    """Yield the error about the first token that no rule allows, if all before it can be trusted."""
    first = min((error.start or 0 for error in refused), default=len(reading.text))
    sound = next((n for n, token in enumerate(reading.read[: reading.sound]) if token.start >= first), reading.sound)
    try:
        for _ in walk(reading.read[:sound]):
            pass
    except Unexpected as error:
        if error.index < sound:
            yield unexpected(reading.text, reading.read, error.index)


def _unknown_words(reading: _SoundTokens) -> Iterator[QueryError]:
    """Yield an error for each word that is no keyword, but for the beginning or end of what is no token."""
    broken = {bound for error in reading.errors for bound in (error.start, error.end)}
    for index, token in enumerate(reading.read):
        if token.kind is not Kind.WORD or terminal(token) != Kind.WORD.name:
            continue
        before = reading.read[index - 1].text.upper() if index else ""
        is_refused = "SERVICE" in token.text.upper() or (before == "SERVICE" and token.text.upper() == "SILENT")
        if not is_refused and broken.isdisjoint((token.start, token.end)):
            yield unknown_word(reading.text, reading.read, index)


def _foreign_signs(text: str, read: Sequence[Token]) -> Iterator[QueryError]:
    """Yield an error for each pair of signs that no rule of SPARQL 1.1 lets stand side by side."""
    for before, token in pairwise(read):
        if error := foreign_sign(text, before, token):
            yield error


def _brackets(reading: _SoundTokens) -> Iterator[QueryError]:
    """Yield an error for each bracket without its other half; one that closes an outer group closes the inner ones."""
    opened: list[Token] = []
    for token in reading.read:
        if token.text in _OPENING:
            opened.append(token)
        elif token.text in _OPENING.values():
            if error := misplaced_bracket(reading.text, opened, token):
                yield error
            halves = (index for index in reversed(range(len(opened))) if _OPENING[opened[index].text] == token.text)
            del opened[next(halves, len(opened)) :]
    if opened and reading.is_whole:
        yield unclosed(reading.text, reading.read, opened)
