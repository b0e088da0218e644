"""Advice about queries that cannot be read: where they stop being SPARQL 1.1, and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise, takewhile
from typing import NamedTuple
from urllib.parse import quote

from actiongraph.errors import Edit, Fault, QuerySyntaxError
from actiongraph.iris import NOT_IN_IRIREF
from actiongraph.sparql.grammar import END, KEYWORDS, Unexpected, expected_after, starts_of, walk
from actiongraph.sparql.lexer import Kind, Token, fault, position, tokens
from actiongraph.sparql.scope import find_fault
from actiongraph.text import near_names
from actiongraph.vocabulary import PREFIXES

_WELL_KNOWN = PREFIXES | {
    "dbo": "http://dbpedia.org/ontology/",
    "dbr": "http://dbpedia.org/resource/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "fn": "http://www.w3.org/2005/xpath-functions#",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "geof": "http://www.opengis.net/def/function/geosparql/",
    "qb": "http://purl.org/linked-data/cube#",
    "schema": "https://schema.org/",
    "time": "http://www.w3.org/2006/time#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
}
_COMPARED = 20
"""Prefixes that one is compared with, and code points of the longest that is."""
_LONGEST_COMPARED = 2 * max(map(len, KEYWORDS))
"""Code points of the longest word that may be keywords."""
_CLOSING = {"{": "}", "(": ")", "[": "]"}


class _Advice(NamedTuple):
    """A sentence about a fault, the edits that do what it says, and the end of a fault that is more than a token."""

    sentence: str
    edits: tuple[Edit, ...] = ()
    end: int | None = None


def undeclared(text: str, read: Sequence[Token], token: Token, declared: Collection[str]) -> QuerySyntaxError:
    """Return the error about `token`, a prefixed name of the query `text` whose prefix that does not declare.

    `read` are the tokens of the query.
    """
    label = token.text.partition(":")[0]
    near = near_names(label, islice(filter(None, declared), _COMPARED)) if len(label) < _COMPARED else []
    edits = [_renamed(text, read, label, meant) for meant in near]
    if label in _WELL_KNOWN:
        advice = f"put PREFIX {label}: <{_WELL_KNOWN[label]}> at the top of the query."
        edits = [_declared(read, label, _WELL_KNOWN[label])]
    elif near:
        advice = f"did you mean {near[0]}: ? If not, put PREFIX {label}: <…> at the top of the query."
    else:
        advice = f"put PREFIX {label}: <…> with the namespace it stands for at the top of the query."
        edits = [_declared(read, label, _WELL_KNOWN[known]) for known in near_names(label, _WELL_KNOWN)]
    return fault(text, token.start, f"the prefix {label}: is not declared; {advice}", *edits)


def _declared(read: Sequence[Token], label: str, namespace: str) -> Edit:
    """Return the edit that declares a prefix before the first token; comments at the top stay there."""
    declaration = f"PREFIX {label}: <{namespace}>"
    return Edit(read[0].start, read[0].start, f"{declaration}\n", f"Add {declaration}")


def _renamed(text: str, read: Sequence[Token], label: str, meant: str) -> Edit:
    """Return the edit that writes all names with the prefix `label` with another."""
    wrong = [token for token in read if token.kind in _PREFIXED and token.text.startswith(f"{label}:")]
    title = f"Write {meant}: in place of {label}:"
    return rewritten(text, [(token.start, token.start + len(label)) for token in wrong], meant, title)


def rewritten(text: str, spans: Sequence[tuple[int, int]], insert: str, title: str) -> Edit:
    """Return the edit by which `insert` stands at all `spans` of the query `text`, which are in their order."""
    between = [text[end:start] for (_, end), (start, _) in pairwise(spans)]
    return Edit(spans[0][0], spans[-1][1], insert.join(["", *between, ""]), title)


def unexpected(text: str, read: Sequence[Token], index: int) -> QuerySyntaxError:
    """Return the error about the token at `index` of `read`, which is the tokens of the query `text`."""
    before = read[:index]
    expected = expected_after(before)
    if index == len(read):
        return _error(text, len(text.rstrip()), _unfinished(text, before, expected))
    return _error(text, read[index].start, next(filter(None, _advice(text, read, index, expected))))


def unknown_word(text: str, read: Sequence[Token], index: int) -> QuerySyntaxError:
    """Return the error about a word that no rule of SPARQL has, the token at `index` of `read`; see `unexpected`."""
    is_prefix = index > 0 and read[index - 1].text.upper() == "PREFIX"
    return _error(text, read[index].start, _word(text, read, index, _PREFIX_NEXT if is_prefix else _ANY_WORD))


def foreign_sign(text: str, before: Token, token: Token) -> QuerySyntaxError | None:
    """Return the error about two signs side by side of which SPARQL has neither a use nor another reading, if any."""
    if before.end != token.start or before.kind is not Kind.OPERATOR:
        return None
    if before.text == token.text == "<":
        return _error(text, before.start, _TRIPLE_TERM)
    sentence, instead = _HABITS.get(before.text + token.text, ("", ""))
    if before.text + token.text not in _NEVER_RIGHT:
        return None
    return _error(text, token.start, _Advice(sentence, (_replaced(before.start, token, instead),) if instead else ()))


def misplaced_bracket(text: str, opened: Sequence[Token], token: Token) -> QuerySyntaxError | None:
    """Return the error about the closing bracket `token` where those in `opened` are open, unless it fits."""
    advice = _bracket(text, opened, token)
    return _error(text, token.start, advice) if advice else None


def unclosed(text: str, read: Sequence[Token], opened: Sequence[Token]) -> QuerySyntaxError:
    """Return the error about the brackets `opened` that are not closed at the end of the query."""
    return _error(text, len(text.rstrip()), _unclosed(text, read, opened))


def open_iri(text: str, token: Token) -> QuerySyntaxError | None:
    """Return the error about the IRI that begins with a < where no IRI can be read, if that is meant for one."""
    return _error(text, token.start, _open_iri(text, token)) if _LOCATION.match(text, token.start) else None


def _error(text: str, offset: int, advice: _Advice) -> QuerySyntaxError:
    return fault(text, offset, advice.sentence, *advice.edits, end=advice.end)


def explain(text: str, engine_message: str) -> QuerySyntaxError:
    """Return the error, in plain words, about the query `text`, which an engine refused with `engine_message`.

    Its position is where the query stops being SPARQL 1.1; if only variables or terms are at fault, that
    of the first of these; otherwise where the engine stopped, or line 1.
    """
    try:
        read = list(tokens(text))
        for _ in walk(read):
            pass
    except QuerySyntaxError as error:
        return error
    except Unexpected as error:
        return unexpected(text, read, error.index)
    if found := find_fault(read, engine_message):
        return fault(text, *found)
    return fault(text, *_stopped(text, read, engine_message))


def excerpt(text: str, offset: int) -> str:
    """Return the line of `text` that `offset` is in, with a caret under it, as two lines.

    A wide line is shortened to about 100 characters around the caret; control characters are made visible.
    """
    _, column = position(text, offset)
    first = min(offset, len(text)) - column + 1
    ended = _LINE_END.search(text, first)
    length, index = (ended.start() if ended else len(text)) - first, column - 1
    start = max(0, min(index - _WIDTH // 2, length - _WIDTH))
    shown = text[first + start : first + min(start + _WIDTH, length)]
    left, right = "…" * (start > 0), "…" * (start + _WIDTH < length)
    lead = "".join("\t" if sign == "\t" else " " for sign in left + shown[: index - start])
    visible = "".join(sign if sign == "\t" or sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown)
    return f"{left}{visible}{right}\n{lead}^"


def listing(text: str, faults: Iterable[Fault]) -> str:
    """Return the faults of the query `text` as people read them in a terminal, each with its `excerpt`."""
    lines: list[str] = []
    for told in faults:
        lines += [told.message, *([excerpt(text, told.start)] if told.start is not None else [])]
    return "\n\n".join(lines)


_WIDTH = 100
_LINE_END = re.compile(r"\r\n|\n|\r")
_ENGINE_PLACE = re.compile(r"error at ([0-9]{1,9}):([0-9]{1,9})")


def _engine_offset(text: str, message: str) -> int:
    """Return the offset the engine names; it counts code points, and lines by line feeds alone."""
    found = _ENGINE_PLACE.search(message)
    if not found:
        return 0
    lines = text.split("\n")[: int(found[1])]
    offset = sum(len(line) + 1 for line in lines[:-1]) + int(found[2]) - 1
    return max(0, min(offset, len(text.rstrip()) - 1))


def _stopped(text: str, read: Sequence[Token], message: str) -> tuple[int, str]:
    """Return the offset where the engine stopped, with advice that fits any query."""
    offset = _engine_offset(text, message)
    token = next((token for token in reversed(read) if token.start <= offset), None)
    if token and token.kind is Kind.IRIREF and "IRI parsing" in message:
        return token.start, f"the IRI {_shown(token)} is not well formed; check its scheme, host and percent signs."
    return offset, "the engine could not read the query beyond this point; simplify what comes before it."


def _unfinished(text: str, read: Sequence[Token], expected: Collection[str]) -> _Advice:
    if not read:
        return _Advice("the query is empty; begin with SELECT, ASK, CONSTRUCT or DESCRIBE.")
    if opened := _open(read):
        if (closing := _CLOSING[opened[-1].text]) in expected:
            return _unclosed(text, read, opened)
        left = _left_open(text, opened[-1])
        return _Advice(f"{left}; expected next: {_listed(expected)}, and {closing} at the end.")
    return _Advice(f"the query is not finished; expected next: {_listed(expected)}.")


def _unclosed(text: str, read: Sequence[Token], opened: Sequence[Token]) -> _Advice:
    every = " ".join(_CLOSING[token.text] for token in reversed(opened))
    edit = Edit(read[-1].end, read[-1].end, f" {every}", f"Put {every} at the end")
    return _Advice(f"{_left_open(text, opened[-1])}; put {_CLOSING[opened[-1].text]} where it ends.", (edit,))


def _left_open(text: str, bracket: Token) -> str:
    line, column = position(text, bracket.start)
    return f"the query ends before the {bracket.text} of line {line}, column {column} is closed"


def _open(read: Iterable[Token]) -> list[Token]:
    """Return the brackets that are open after `read`, which the grammar has matched so far."""
    opened: list[Token] = []
    for token in read:
        if token.text in _CLOSING:
            opened.append(token)
        elif token.text in _CLOSING.values():
            opened.pop()
    return opened


def _advice(text: str, read: Sequence[Token], index: int, expected: Collection[str]) -> Iterator[_Advice | None]:
    """Yield advice about the token at `index`, the surest first, or None; the last is always advice."""
    before, token = read[:index], read[index]
    if token.text in _CLOSING.values():
        yield _bracket(text, _open(before), token)
    if text.startswith("<<", token.start):
        yield _TRIPLE_TERM
    yield _habit(text, read, index, expected)
    if token.kind is Kind.WORD:
        yield _word(text, read, index, expected)
    if END in expected:
        end = before[-1].end if before else 0
        edit = Edit(end, len(text), "", f"Remove what begins with {_shown(token)}")
        yield _Advice(f"the query is complete before {_shown(token)}; remove what follows.", (edit,))
    if {".", ";", ","} <= set(expected) and token.kind in _TERMS:
        sentence = f"{_shown(token)} is not allowed here; put . before it for another subject, or ; for the same one."
        yield _Advice(sentence, tuple(_inserted(before[-1].end, f" {sign}", sign, token) for sign in ".;"))
    yield _Advice(f"{_shown(token)} is not allowed here; expected: {_listed(expected)}.")


def _inserted(offset: int, insert: str, shown: str, token: Token) -> Edit:
    return Edit(offset, offset, insert, f"Put {shown} before {_shown(token)}")


def _replaced(start: int, token: Token, insert: str) -> Edit:
    """Return the edit that writes `insert` from `start` to the end of `token`."""
    return Edit(start, token.end, insert, f"Write {insert}")


_PREFIXED = frozenset({Kind.PNAME_LN, Kind.PNAME_NS})
_TERMS = frozenset({Kind.VAR, Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS, Kind.BLANK_NODE_LABEL, Kind.STRING})


def _bracket(text: str, opened: Sequence[Token], token: Token) -> _Advice | None:
    """Return advice on the closing bracket `token` where those in `opened` are open, unless it closes the last."""
    if not opened:
        removed = Edit(token.start, token.end, "", f"Remove this {token.text}")
        return _Advice(f"this {token.text} closes nothing; remove it, or open its group first.", (removed,))
    mark = opened[-1]
    if _CLOSING[mark.text] == token.text:
        return None
    line, column = position(text, mark.start)
    inner = [*takewhile(lambda closing: closing != token.text, (_CLOSING[mark.text] for mark in reversed(opened)))]
    every = " ".join(inner if len(inner) < len(opened) else inner[:1])
    opened_at, closing = f"the {mark.text} of line {line}, column {column}", _CLOSING[mark.text]
    sentence = f"this {token.text} comes before {opened_at} is closed; put {closing} before it."
    return _Advice(sentence, (_inserted(token.start, f"{every} ", every, token),))


def _habit(text: str, read: Sequence[Token], index: int, expected: Collection[str]) -> _Advice | None:
    """Return advice where the syntax of another language was written out of habit."""
    token, last = read[index], read[index - 1] if index else None
    start = last.start if last and last.end == token.start else token.start
    sentence, instead = _HABITS.get(text[start : token.end], ("", ""))
    habit = _Advice(sentence, (_replaced(start, token, instead),) if instead else ())
    if token.text == "<" and "IRIREF" in expected:
        return habit if sentence else _open_iri(text, token)
    if token.kind is Kind.IRIREF and "<" in expected:
        space = Edit(token.start + 1, token.start + 1, " ", "Put a space after <")
        edit = _replaced(token.start, token, "!=") if token.text == "<>" else space
        return _Advice(f"{_shown(token)} reads as an IRI; put a space after < to compare.", (edit,))
    if token.text in _COMPARISONS and "&&" in expected and "=" not in expected:
        return habit if sentence else _Advice("two comparisons cannot follow each other; join them with &&.")
    return habit if sentence else _column(text, read, index, expected)


def _open_iri(text: str, token: Token) -> _Advice:
    """Return advice on an IRI that has no end, or one too early; what cannot stand in it can stand there encoded."""
    sentence = "this IRI has no closing >, or a forbidden character; write a space as %20."
    found = _WHOLE_IRI.match(text, token.start)
    if not found:
        location = _LOCATION.match(text, token.start)
        return _Advice(sentence, end=location.end() if location else None)
    encoded = NOT_IN_IRIREF.sub(lambda sign: quote(sign.group()), found[1])
    return _Advice(sentence, (Edit(*found.span(), f"<{encoded}>", f"Write <{encoded}>"),), found.end())


_LOCATION = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://[^\s<>]*")
_WHOLE_IRI = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*:[^<>\r\n]{0,300})>")


def _column(text: str, read: Sequence[Token], index: int, expected: Collection[str]) -> _Advice | None:
    """Return advice on how SELECT names its columns."""
    if not {"VAR", "WHERE"} <= set(expected):
        return None
    token = read[index]
    if token.text == ",":
        clause = takewhile(lambda token: token.text != "{" and token.text.upper() not in _AFTER_COLUMNS, read[index:])
        commas = [(token.start, token.end) for token in clause if token.text == ","]
        edit = rewritten(text, commas, "", "Remove the commas of SELECT")
        return _Advice("the variables of SELECT are separated by spaces; remove the comma.", (edit,))
    if token.text.upper() in starts_of("BuiltInCall"):
        sentence = f"an expression in SELECT needs brackets and a name: ({token.text}(…) AS ?name)."
        return _Advice(sentence, _named(text, read, index))
    return None


def _named(text: str, read: Sequence[Token], index: int) -> tuple[Edit, ...]:
    """Return the edit that puts the call at `index` into brackets with a name, unless it has no end."""
    depth = 0
    for place, token in enumerate(read[index:], index):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ")" and not depth:
            call, start = text[read[index].start : token.end], read[index].start
            rest = read[place + 1 : place + 3]
            if len(rest) == 2 and rest[0].text.upper() == "AS" and rest[1].kind is Kind.VAR:
                return (_replaced(start, rest[1], f"({call} AS {rest[1].text})"),)
            taken = {token.text[1:] for token in read if token.kind is Kind.VAR}
            name = read[index].text.lower()
            return (_replaced(start, token, f"({call} AS ?{name}{'_' * (name in taken)})"),)
    return ()


_TRIPLE_TERM = _Advice("triple terms, << … >>, are not part of SPARQL 1.1.")
_NEVER_RIGHT = frozenset({"==", "{|"})
_PREFIX_NEXT = frozenset({"PNAME_NS"})
_ANY_WORD = KEYWORDS | {"VAR"}
_BEFORE_COLUMNS = frozenset({"SELECT", "DISTINCT", "REDUCED"})
_AFTER_COLUMNS = frozenset({"WHERE", "FROM"})
_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">=", "IN"})
_HABITS = {
    "==": ("values are compared with a single = sign.", "="),
    "<>": ("inequality is written !=.", "!="),
    "{|": ("annotations, {| … |}, are not part of SPARQL 1.1.", ""),
    "||": ("the alternatives of a path are separated by one | sign.", "|"),
}
"""What people write from other languages, with advice and what to write instead, if anything."""


def _word(text: str, read: Sequence[Token], index: int, expected: Collection[str]) -> _Advice:
    token, word = read[index], read[index].text
    keywords = sorted(KEYWORDS.intersection(expected)) if len(word) <= _LONGEST_COMPARED else []
    for keyword in keywords:
        rest = word.upper().removeprefix(keyword)
        if rest != word.upper() and (rest in KEYWORDS or rest.isdigit()):
            spaced = _replaced(token.start, token, f"{word[: len(keyword)]} {word[len(keyword) :]}")
            return _Advice(f"put a space between {keyword} and {rest}.", (spaced,))
    near = near_names(word.upper(), keywords, most=_CHOICES, likeness=0.7)
    if near:
        edits = tuple(_replaced(token.start, token, keyword) for keyword in near)
        return _Advice(f"{word} is not a SPARQL keyword here; did you mean {near[0]}?", edits)
    variable = (_replaced(token.start, token, f"?{word}"),)
    if "VAR" in expected and re.fullmatch(r"[a-z]\w?", word):
        return _Advice(f"variables begin with a question mark: write ?{word}.", variable)
    if word.upper() in KEYWORDS:
        is_column = "VAR" in expected and word.upper() in starts_of("BuiltInCall")
        named = _named(text, read, index) if is_column and read[index - 1].text.upper() in _BEFORE_COLUMNS else ()
        return _Advice(f"{word} is not allowed here; expected: {_listed(expected)}.", named)
    if "VAR" in expected:
        sentence = f"{word} is neither a variable nor a prefixed name; write ?{word} for a variable, or add a prefix."
        return _Advice(sentence, variable)
    colon = (Edit(token.end, token.end, ":", f"Write {word}:"),) if set(expected) == _PREFIX_NEXT else ()
    return _Advice(f"{word} is not a SPARQL keyword here; expected: {_listed(expected)}.", colon)


_CHOICES = 3


_OPERATORS = frozenset({"||", "&&", "=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "SIGNED", "IN", "NOT"})


@cache
def _phrase_table() -> tuple[tuple[str, frozenset[str]], ...]:
    """Return plain words for sets of terminals, the largest set first."""
    return (
        ("an operator", _OPERATORS),
        ("an operator", _OPERATORS - {"=", "!=", "<", ">", "<=", ">=", "IN", "NOT"}),
        ("an expression", starts_of("Expression")),
        ("a condition in brackets or a function", starts_of("Constraint")),
        ("a triple pattern", starts_of("TriplesSameSubjectPath") | starts_of("VerbPath")),
        ("a predicate", starts_of("VerbPath")),
        ("a predicate", starts_of("Verb")),
        ("a path", starts_of("Path")),
        ("a term", starts_of("GraphNode")),
        ("a value or UNDEF", starts_of("DataBlockValue")),
        ("another pattern such as OPTIONAL or FILTER", starts_of("GraphPatternNotTriples")),
        ("a variable or an IRI", starts_of("VarOrIri")),
        ("an IRI", starts_of("iri")),
        ("an IRI in <…>", frozenset({"IRIREF"})),
        ("a prefix with its colon", frozenset({"PNAME_NS"})),
        ("a variable", frozenset({"VAR"})),
        ("a whole number", frozenset({"INTEGER"})),
        ("a string", frozenset({"STRING"})),
        ("a language tag", frozenset({"LANGTAG"})),
    )


_KIND_PHRASES = {
    Kind.STRING: "the string",
    Kind.INTEGER: "the number",
    Kind.DECIMAL: "the number",
    Kind.DOUBLE: "the number",
    Kind.LANGTAG: "the language tag",
}


def _phrases(expected: Collection[str]) -> list[str]:
    """Return in plain words what can come, with the terminals that one phrase covers folded into it."""
    left, phrases = set(expected), []
    for phrase, covered in _phrase_table():
        if covered <= left:
            phrases.append(phrase)
            left -= covered
    signs = sorted(sign for sign in left if not sign[0].isalpha() or sign == "a")
    together = [f"one of {' '.join(signs)}"] if len(signs) > 1 else signs
    return [*phrases, *sorted(left & KEYWORDS), *together] or ["something else"]


def _listed(expected: Collection[str]) -> str:
    phrases = _phrases(expected)
    shown = [*phrases[:6], *(["…"] if len(phrases) > 6 else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _shown(token: Token) -> str:
    spelling = token.text if len(token.text) <= 40 else token.text[:39] + "…"
    return " ".join([*filter(None, [_KIND_PHRASES.get(token.kind)]), spelling.splitlines()[0]])
