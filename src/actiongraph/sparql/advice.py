"""Advice about queries that cannot be read: where they stop being SPARQL 1.1, and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache

from actiongraph.errors import QuerySyntaxError
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
_CLOSING = {"{": "}", "(": ")", "[": "]"}


def undeclared(text: str, token: Token, declared: Collection[str]) -> QuerySyntaxError:
    """Return the error about a prefixed name whose prefix the query `text` does not declare."""
    label = token.text.partition(":")[0]
    near = near_names(label, filter(None, declared))
    if label in _WELL_KNOWN:
        advice = f"put PREFIX {label}: <{_WELL_KNOWN[label]}> at the top of the query."
    elif near:
        advice = f"did you mean {near[0]}: ? If not, put PREFIX {label}: <…> at the top of the query."
    else:
        advice = f"put PREFIX {label}: <…> with the namespace it stands for at the top of the query."
    return fault(text, token.start, f"the prefix {label}: is not declared; {advice}")


def unexpected(text: str, read: Sequence[Token], index: int) -> QuerySyntaxError:
    """Return the error about the token at `index` of `read`, which is the tokens of the query `text`."""
    before = read[:index]
    expected = expected_after(before)
    if index == len(read):
        return fault(text, len(text.rstrip()), _unfinished(text, before, expected))
    token = read[index]
    advice = next(filter(None, _advice(text, before, token, expected)))
    return fault(text, token.start, advice)


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


def excerpt(text: str, line: int, column: int) -> str:
    """Return the line `line` of `text` with a caret under `column`, both counted from 1, as two lines.

    A wide line is shortened to about 100 characters around the caret; control characters are made visible.
    """
    lines = _LINE_END.split(text)
    source = lines[min(max(line, 1), len(lines)) - 1]
    index = min(max(column, 1) - 1, len(source))
    start = max(0, min(index - _WIDTH // 2, len(source) - _WIDTH))
    shown = source[start : start + _WIDTH]
    left, right = "…" * (start > 0), "…" * (start + _WIDTH < len(source))
    lead = "".join("\t" if sign == "\t" else " " for sign in left + shown[: index - start])
    visible = "".join(sign if sign == "\t" or sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown)
    return f"{left}{visible}{right}\n{lead}^"


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


def _unfinished(text: str, read: Sequence[Token], expected: Collection[str]) -> str:
    if not read:
        return "the query is empty; begin with SELECT, ASK, CONSTRUCT or DESCRIBE."
    if opened := _open(read):
        line, column = position(text, opened[-1].start)
        closing = _CLOSING[opened[-1].text]
        left = f"the query ends before the {opened[-1].text} of line {line}, column {column} is closed"
        if closing in expected:
            return f"{left}; put {closing} where it ends."
        return f"{left}; expected next: {_listed(expected)}, and {closing} at the end."
    return f"the query is not finished; expected next: {_listed(expected)}."


def _open(read: Iterable[Token]) -> list[Token]:
    """Return the brackets that are open after `read`, which the grammar has matched so far."""
    opened: list[Token] = []
    for token in read:
        if token.text in _CLOSING:
            opened.append(token)
        elif token.text in _CLOSING.values():
            opened.pop()
    return opened


def _advice(text: str, before: Sequence[Token], token: Token, expected: Collection[str]) -> Iterator[str | None]:
    """Yield advice about `token`, the surest first, or None; the last is always advice."""
    yield _bracket(text, before, token)
    if text.startswith("<<", token.start):
        yield "triple terms, << … >>, are not part of SPARQL 1.1."
    yield _habit(before, token, expected)
    if token.kind is Kind.WORD:
        yield _word(token, expected)
    if END in expected:
        yield f"the query is complete before {_shown(token)}; remove what follows."
    if {".", ";", ","} <= set(expected) and token.kind in _TERMS:
        yield f"{_shown(token)} is not allowed here; put . before it for another subject, or ; for the same one."
    yield f"{_shown(token)} is not allowed here; expected: {_listed(expected)}."


_TERMS = frozenset({Kind.VAR, Kind.IRIREF, Kind.PNAME_LN, Kind.PNAME_NS, Kind.BLANK_NODE_LABEL, Kind.STRING})


def _bracket(text: str, before: Sequence[Token], token: Token) -> str | None:
    if token.text not in _CLOSING.values():
        return None
    opened = _open(before)
    if not opened:
        return f"this {token.text} closes nothing; remove it, or open its group first."
    mark = opened[-1]
    if _CLOSING[mark.text] == token.text:
        return None
    line, column = position(text, mark.start)
    opened_at = f"the {mark.text} of line {line}, column {column}"
    return f"this {token.text} comes before {opened_at} is closed; put {_CLOSING[mark.text]} before it."


def _habit(before: Sequence[Token], token: Token, expected: Collection[str]) -> str | None:
    """Return advice where the syntax of another language was written out of habit."""
    last = before[-1] if before else None
    glued = (last.text if last and last.end == token.start else "") + token.text
    if token.text == "<" and "IRIREF" in expected:
        return _HABITS.get(glued, "this IRI has no closing >, or a forbidden character; write a space as %20.")
    if token.kind is Kind.IRIREF and "<" in expected:
        return f"{_shown(token)} reads as an IRI; put a space after < to compare."
    if token.text in _COMPARISONS and "&&" in expected and "=" not in expected:
        return _HABITS.get(glued, "two comparisons cannot follow each other; join them with &&.")
    return _HABITS.get(glued) or _column(token, expected)


def _column(token: Token, expected: Collection[str]) -> str | None:
    """Return advice on how SELECT names its columns."""
    if not {"VAR", "WHERE"} <= set(expected):
        return None
    if token.text == ",":
        return "the variables of SELECT are separated by spaces; remove the comma."
    if token.text.upper() in starts_of("BuiltInCall"):
        return f"an expression in SELECT needs brackets and a name: ({token.text}(…) AS ?name)."
    return None


_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">=", "IN"})
_HABITS = {
    "==": "values are compared with a single = sign.",
    "<>": "inequality is written !=.",
    "{|": "annotations, {| … |}, are not part of SPARQL 1.1.",
    "||": "the alternatives of a path are separated by one | sign.",
}


def _word(token: Token, expected: Collection[str]) -> str:
    word = token.text
    keywords = sorted(KEYWORDS.intersection(expected))
    for keyword in keywords:
        rest = word.upper().removeprefix(keyword)
        if rest != word.upper() and (rest in KEYWORDS or rest.isdigit()):
            return f"put a space between {keyword} and {rest}."
    near = near_names(word.upper(), keywords, likeness=0.7)
    if near:
        return f"{word} is not a SPARQL keyword here; did you mean {near[0]}?"
    if "VAR" in expected and re.fullmatch(r"[a-z]\w?", word):
        return f"variables begin with a question mark: write ?{word}."
    if word.upper() in KEYWORDS:
        return f"{word} is not allowed here; expected: {_listed(expected)}."
    if "VAR" in expected:
        return f"{word} is neither a variable nor a prefixed name; write ?{word} for a variable, or add a prefix."
    return f"{word} is not a SPARQL keyword here; expected: {_listed(expected)}."


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
