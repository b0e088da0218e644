"""Faults that keep the rules of the grammar: variables out of scope, rows of the wrong length, terms that are none.

An engine finds them, but cannot always say where. Each function here looks for one of them in the
tokens of a query that an engine has refused, and returns its offset and what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from actiongraph.sparql.lexer import Kind, Token

Found = tuple[int, str]

_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_AFTER_GROUP_BY = frozenset({"HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"})
_OPENING = frozenset("{([")
_CLOSING = frozenset("})]")


def find_fault(read: Sequence[Token], engine_message: str) -> Found | None:
    """Return the offset of the fault and what to do about it, or None if none is found.

    What `engine_message` hints at is looked for first; inside of a group it often hints at nothing.
    """
    hinted = [search for hint, search in _SEARCHES.items() if hint in engine_message]
    others = [search for hint, search in _SEARCHES.items() if hint not in engine_message]
    return next((found for search in (*hinted, *others) for found in search(read)), None)


class _Select(NamedTuple):
    """One SELECT: the tokens of its clause, of its group, and of its solution modifiers."""

    clause: Sequence[Token]
    group: Sequence[Token]
    modifiers: Sequence[Token]

    @property
    def grouped(self) -> set[str] | None:
        """The names that GROUP BY makes known, or None where nothing is aggregated."""
        words = [_word(token) for token in self.modifiers]
        if "GROUP" not in words:
            return set() if _AGGREGATES.intersection(map(_word, [*self.clause, *self.modifiers])) else None
        start = words.index("GROUP")
        end = next((place for place in range(start, len(words)) if words[place] in _AFTER_GROUP_BY), len(words))
        return {_name(token) for token in self.modifiers[start:end] if token.kind is Kind.VAR}


def _selects(read: Sequence[Token]) -> Iterator[_Select]:
    for start, token in enumerate(read):
        if _word(token) == "SELECT":
            opening = next(place for place in range(start, len(read)) if read[place].text == "{")
            closing = _closing(read, opening)
            end = next((place for place, depth in _depths(read, closing + 1) if depth < 0), len(read))
            yield _Select(read[start + 1 : opening], read[opening : closing + 1], read[closing + 1 : end])


def _depths(read: Sequence[Token], start: int) -> Iterator[tuple[int, int]]:
    """Yield each index from `start` with the number of brackets open after its token."""
    depth = 0
    for place in range(start, len(read)):
        depth += (read[place].text in _OPENING) - (read[place].text in _CLOSING)
        yield place, depth


def _closing(read: Sequence[Token], opening: int) -> int:
    return next(place for place, depth in _depths(read, opening) if depth == 0)


def _word(token: Token) -> str:
    return token.text.upper() if token.kind is Kind.WORD else ""


def _name(token: Token) -> str:
    return token.text[1:]


def _named(clause: Sequence[Token]) -> Iterator[tuple[Token, bool]]:
    """Yield each variable that a SELECT clause puts into the solutions, and whether an expression makes it."""
    for (place, depth), before in zip(_depths(clause, 0), [None, *clause[:-1]], strict=True):
        if clause[place].kind is Kind.VAR and (depth == 0 or (before and _word(before) == "AS")):
            yield clause[place], depth > 0


def _ungrouped(read: Sequence[Token]) -> Iterator[Found]:
    for select in _selects(read):
        if (known := select.grouped) is None:
            continue
        for token in _outside_aggregates(select.clause):
            if _name(token) not in known:
                advice = f"add it to GROUP BY, or take one of its values with SAMPLE({token.text})"
                yield token.start, f"{token.text} is neither grouped nor inside an aggregate such as COUNT; {advice}."


def _outside_aggregates(clause: Sequence[Token]) -> Iterator[Token]:
    """Yield the variables that a SELECT clause reads outside of aggregates."""
    made = {_name(token) for token, expression in _named(clause) if expression}
    end = 0
    for place, token in enumerate(clause):
        if _word(token) in _AGGREGATES:
            end = max(end, _closing(clause, place + 1))
        elif token.kind is Kind.VAR and place >= end and _name(token) not in made:
            yield token


def _star(read: Sequence[Token]) -> Iterator[Found]:
    for select in _selects(read):
        star = next((token for token in select.clause[:2] if token.text == "*"), None)
        if star and select.grouped is not None:
            yield star.start, "SELECT * cannot go with GROUP BY or aggregates; name the variables."


def _twice(read: Sequence[Token]) -> Iterator[Found]:
    for select in _selects(read):
        seen: set[str] = set()
        for token, _ in _named(select.clause):
            if _name(token) in seen:
                yield token.start, f"SELECT names {token.text} twice; give one of them another name."
            seen.add(_name(token))


def _overridden(read: Sequence[Token]) -> Iterator[Found]:
    for select in _selects(read):
        used = {_name(token) for token in select.group if token.kind is Kind.VAR}
        for token, expression in _named(select.clause):
            if expression and _name(token) in used:
                yield (
                    token.start,
                    f"{token.text} already has values from the patterns; give the expression another name after AS.",
                )


def _rows(read: Sequence[Token]) -> Iterator[Found]:
    """Find rows of VALUES that are longer or shorter than the list of variables."""
    for place, token in enumerate(read):
        if _word(token) == "VALUES" and read[place + 1].text == "(":
            end = _closing(read, place + 1)
            wanted = end - place - 2
            yield from _wrong_rows(read[end + 2 : _closing(read, end + 1)], wanted)


def _wrong_rows(rows: Sequence[Token], wanted: int) -> Iterator[Found]:
    size, start = 0, 0
    for before, token in zip([None, *rows[:-1]], rows, strict=True):
        if token.text == "(":
            size, start = 0, token.start
        elif token.text != ")":
            size += not (
                token.kind is Kind.LANGTAG or token.text == "^^" or (before is not None and before.text == "^^")
            )
        elif size != wanted:
            yield start, f"values in this row: {size}, variables: {wanted}; write UNDEF for a value that is left open."


def _relative(read: Sequence[Token]) -> Iterator[Found]:
    based = False
    for before, token in zip([None, *read[:-1]], read, strict=True):
        absolute = re.match(r"<[A-Za-z][A-Za-z0-9+.-]*:", token.text)
        if token.kind is Kind.IRIREF and not absolute and not based:
            yield (
                token.start,
                f"the IRI {token.text} is relative; write it in full, or put BASE <…> at the top of the query.",
            )
        based = based or bool(before and _word(before) == "BASE" and absolute)


def _language(read: Sequence[Token]) -> Iterator[Found]:
    for token in read:
        if token.kind is Kind.LANGTAG and any(len(part) > 8 for part in token.text[1:].split("-")):
            yield (
                token.start,
                f"{token.text} is no language tag; its parts have at most 8 characters, as in @en or @pt-BR.",
            )


def _large(read: Sequence[Token]) -> Iterator[Found]:
    for before, token in pairwise(read):
        if _word(before) in {"LIMIT", "OFFSET"} and len(token.text) > 18:
            yield token.start, f"this number is too large for {_word(before)}; write a smaller one."


def _misplaced_aggregates(read: Sequence[Token]) -> Iterator[Found]:
    """Find an aggregate in a FILTER or BIND (SPARQL 1.1 Query, section 11)."""
    for before, token in pairwise(read):
        if _word(before) in {"FILTER", "BIND"}:
            start = read.index(token)
            inside = read[start : _closing(read, start) + 1] if token.text == "(" else [token]
            aggregate = next((found for found in inside if _word(found) in _AGGREGATES), None)
            if aggregate and not any(found.text == "{" for found in inside):
                yield (
                    aggregate.start,
                    f"{aggregate.text} counts solutions after they are found; use it in SELECT or HAVING.",
                )


def _named_twice(read: Sequence[Token]) -> Iterator[Found]:
    for place, token in enumerate(read):
        if _word(token) == "VALUES" and read[place + 1].text == "(":
            seen: set[str] = set()
            for variable in read[place + 2 : _closing(read, place + 1)]:
                if _name(variable) in seen:
                    yield variable.start, f"VALUES names {variable.text} twice; name each variable once."
                seen.add(_name(variable))


def _bound_again(read: Sequence[Token]) -> Iterator[Found]:
    """Find a BIND to a variable that its group has used before (SPARQL 1.1 Query, section 10.1)."""
    scopes: list[set[str]] = [set()]
    hidden: list[bool] = []
    for before, token in zip([None, *read[:-1]], read, strict=True):
        if token.text == "{":
            scopes.append(set())
            hidden.append(bool(before and _word(before) in {"MINUS", "EXISTS"}))
        elif token.text == "}":
            inner = scopes.pop()
            scopes[-1] |= set() if hidden.pop() else inner
        elif token.kind is Kind.VAR:
            if before and _word(before) == "AS" and _name(token) in scopes[-1]:
                yield token.start, f"{token.text} already has a value in this group; give it another name after AS."
            scopes[-1].add(_name(token))


def _shared_blank_nodes(read: Sequence[Token]) -> Iterator[Found]:
    """Find a blank node label that stands in two groups (SPARQL 1.1 Query, section 4.1.4)."""
    group, groups = 0, [0]
    homes: dict[str, int] = {}
    for token in read:
        if token.text == "{":
            group += 1
            groups.append(group)
        elif token.text == "}":
            groups.pop()
        elif token.kind is Kind.BLANK_NODE_LABEL and homes.setdefault(token.text, groups[-1]) != groups[-1]:
            yield (
                token.start,
                f"{token.text} stands in another group too, and a blank node belongs to one; use a variable.",
            )


_SEARCHES: Mapping[str, Callable[[Sequence[Token]], Iterator[Found]]] = {
    "SELECT * is not authorized with GROUP BY": _star,
    "variable that is unbound": _ungrouped,
    "Duplicated variable": _twice,
    "VALUES clause rows": _rows,
    "IRI parsing": _relative,
    "language tag": _language,
    "non negative integer": _large,
    "<unreported>": _shared_blank_nodes,
    "VALUES names twice": _named_twice,
    "aggregate in a pattern": _misplaced_aggregates,
    "BIND overrides": _bound_again,
    "overrides an existing variable": _overridden,
}
"""What to look for, by the words of the engine (pyoxigraph 0.5) where it has any; the surest first."""
