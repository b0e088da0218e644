"""Faults that the grammar allows: variables out of scope, rows of the wrong length, malformed terms.

An engine finds them, but cannot always say where. Each function here looks for one of them in the
tokens of a query that an engine has refused, and yields the token at fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from actiongraph.errors import Edit
from actiongraph.sparql.grammar import walk
from actiongraph.sparql.lexer import Kind, Token, closings

_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_AFTER_GROUP_BY = frozenset({"HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"})
_SELECT_MARKS = frozenset({"@select", "@column", "@patterns", "@modifiers", "@select_end"})
_ROW_MARKS = frozenset({"@values", "@listed", "@row", "@cell", "@row_end"})


def find_fault(read: Sequence[Token], engine_message: str) -> tuple[int, str, *tuple[Edit, ...]] | None:
    """Return the offset of the fault, advice about it and the edits that do it, or None if no fault is found.

    The fault that `engine_message` points to is looked for first; within a group it often points to none.
    """
    query = _Query(read, sorted(_selects(read), key=lambda select: select.clause[0].start))
    for _, find, sentence in sorted(_SEARCHES, key=lambda search: search[0] not in engine_message):
        if found := next(find(query), None):
            token, *values = found
            edits = _grouping(query) if find is _ungrouped else ()
            return token.start, sentence.format(token.text, *values), *edits
    return None


class _Select(NamedTuple):
    """One SELECT: the tokens of its clause, of what it finds solutions with and of its solution modifiers.

    `columns` are the variables that it puts into the solutions, each with whether an expression makes it.
    """

    clause: Sequence[Token]
    patterns: Sequence[Token]
    modifiers: Sequence[Token]
    columns: Sequence[tuple[Token, bool]]

    @property
    def grouped(self) -> set[str] | None:
        """The names that GROUP BY makes known, or None where nothing is aggregated."""
        words = [_word(token) for token in self.modifiers]
        if "GROUP" not in words:
            return set() if _AGGREGATES.intersection(map(_word, [*self.clause, *self.modifiers])) else None
        start = words.index("GROUP")
        end = next((index for index in range(start, len(words)) if words[index] in _AFTER_GROUP_BY), len(words))
        return _names(self.modifiers[start:end])


class _Query(NamedTuple):
    """The tokens of a query, with its SELECTs in their order."""

    read: Sequence[Token]
    selects: Sequence[_Select]


def _selects(read: Sequence[Token]) -> Iterator[_Select]:
    """Yield each SELECT of a query at its end."""
    opened: list[tuple[list[int], list[tuple[Token, bool]]]] = []
    for mark, index in walk(read, _SELECT_MARKS):
        if mark == "@select":
            opened.append(([], []))
        bounds, columns = opened[-1]
        if mark == "@column":
            columns.append((read[index], _word(read[index - 1]) == "AS"))
        else:
            bounds.append(index)
        if mark == "@select_end":
            clause, patterns, modifiers = (read[start:end] for start, end in pairwise(bounds))
            yield _Select(clause, patterns, modifiers, columns)
            opened.pop()


Found = tuple[Token, *tuple[object, ...]]
"""The token at fault, then what else the sentence about it names."""


def _word(token: Token) -> str:
    return token.text.upper() if token.kind is Kind.WORD else ""


def _names(read: Iterable[Token]) -> set[str]:
    return {token.text[1:] for token in read if token.kind is Kind.VAR}


def _repeated(variables: Iterable[Token]) -> Iterator[Found]:
    seen: set[str] = set()
    for token in variables:
        if token.text[1:] in seen:
            yield (token,)
        seen.add(token.text[1:])


def _star(query: _Query) -> Iterator[Found]:
    for select in query.selects:
        if select.grouped is not None:
            yield from ((token,) for token in select.clause[1:3] if token.text == "*")


def _ungrouped(query: _Query) -> Iterator[Found]:
    for select in query.selects:
        if (grouped := select.grouped) is not None:
            known = grouped | _names(token for token, is_made in select.columns if is_made)
            yield from ((token,) for token in _outside_aggregates(select.clause) if not _names([token]) <= known)


def _grouping(query: _Query) -> tuple[Edit, ...]:
    """Return the edit that groups by what the outermost SELECT names outside of aggregates, if that is at fault."""
    select = query.selects[0]
    if select.grouped is None or not select.patterns:
        return ()
    known = select.grouped | _names(token for token, is_made in select.columns if is_made)
    names = [token.text for token in _outside_aggregates(select.clause) if not _names([token]) <= known]
    if not names:
        return ()
    listed, words = " ".join(dict.fromkeys(names)), [_word(token) for token in select.modifiers]
    if "GROUP" in words:
        after = select.modifiers[words.index("GROUP") + 1].end
        return (Edit(after, after, f" {listed}", f"Add {listed} to GROUP BY"),)
    after = select.patterns[-1].end
    return (Edit(after, after, f"\nGROUP BY {listed}", f"Add GROUP BY {listed}"),)


def _outside_aggregates(clause: Sequence[Token]) -> Iterator[Token]:
    pairs, end = closings(clause), 0
    for index, token in enumerate(clause):
        if _word(token) in _AGGREGATES:
            end = max(end, pairs[index + 1])
        elif index >= end:
            yield token


def _named_twice(query: _Query) -> Iterator[Found]:
    for select in query.selects:
        yield from _repeated(token for token, _ in select.columns)


def _overridden(query: _Query) -> Iterator[Found]:
    for select in query.selects:
        used = _names(select.patterns)
        yield from ((token,) for token, is_made in select.columns if is_made and token.text[1:] in used)


def _rows(query: _Query) -> Iterator[Found]:
    for mark, index in walk(query.read, _ROW_MARKS):
        if mark == "@values":
            variables = 0
        elif mark == "@listed":
            variables += 1
        elif mark == "@row":
            start, values = query.read[index], 0
        elif mark == "@cell":
            values += 1
        elif values != variables:
            yield start, values, variables


def _values_twice(query: _Query) -> Iterator[Found]:
    listed: list[list[Token]] = []
    for mark, index in walk(query.read, frozenset({"@values", "@listed"})):
        if mark == "@values":
            listed.append([])
        else:
            listed[-1].append(query.read[index])
    yield from chain.from_iterable(map(_repeated, listed))


def _relative(query: _Query) -> Iterator[Found]:
    for before, token in pairwise(query.read):
        is_absolute = re.match(r"<[A-Za-z][A-Za-z0-9+.-]*:", token.text)
        if is_absolute and _word(before) == "BASE":
            return
        if token.kind is Kind.IRIREF and not is_absolute:
            yield (token,)


def _language(query: _Query) -> Iterator[Found]:
    for token in query.read:
        if token.kind is Kind.LANGTAG and any(len(part) > 8 for part in token.text[1:].split("-")):
            yield (token,)


def _large(query: _Query) -> Iterator[Found]:
    for before, token in pairwise(query.read):
        if _word(before) in {"LIMIT", "OFFSET"} and len(token.text) > 18:
            yield token, _word(before)


def _misplaced_aggregates(query: _Query) -> Iterator[Found]:
    """Find an aggregate in a FILTER or BIND (SPARQL 1.1 Query, section 11)."""
    pairs = closings(query.read)
    for index, token in enumerate(query.read, 1):
        if _word(token) in {"FILTER", "BIND"}:
            inside = query.read[index : pairs.get(index, index) + 1]
            if not any(found.text == "{" for found in inside):
                yield from ((found,) for found in inside if _word(found) in _AGGREGATES)


def _bound_again(query: _Query) -> Iterator[Found]:
    """Find a BIND to a variable that its group has used before (SPARQL 1.1 Query, section 10.1)."""
    scopes: list[set[str]] = [set()]
    hidden: list[bool] = []
    for before, token in pairwise(query.read):
        if token.text == "{":
            scopes.append(set())
            hidden.append(_word(before) in {"MINUS", "EXISTS"})
        elif token.text == "}":
            inner = scopes.pop()
            scopes[-1] |= set() if hidden.pop() else inner
        elif token.kind is Kind.VAR:
            if _word(before) == "AS" and token.text[1:] in scopes[-1]:
                yield (token,)
            scopes[-1].add(token.text[1:])


def _shared_blank_nodes(query: _Query) -> Iterator[Found]:
    """Find a blank node label that is used in two groups (SPARQL 1.1 Query, section 4.1.4)."""
    group, groups = 0, [0]
    homes: dict[str, int] = {}
    for token in query.read:
        if token.text == "{":
            group += 1
            groups.append(group)
        elif token.text == "}":
            groups.pop()
        elif token.kind is Kind.BLANK_NODE_LABEL and homes.setdefault(token.text, groups[-1]) != groups[-1]:
            yield (token,)


_SEARCHES: tuple[tuple[str, Callable[[_Query], Iterator[Found]], str], ...] = (
    ("SELECT * is not authorized with GROUP BY", _star,
     "SELECT * cannot be combined with GROUP BY or aggregates; name the variables."),
    ("variable that is unbound", _ungrouped,
     "{0} is neither grouped nor inside an aggregate such as COUNT; add it to GROUP BY, or take one of its values "
     "with SAMPLE({0})."),
    ("Duplicated variable", _named_twice, "SELECT names {0} twice; give one of them another name."),
    ("VALUES clause rows", _rows,
     "values in this row: {1}, variables: {2}; write UNDEF for a missing value."),
    ("IRI parsing", _relative, "the IRI {0} is relative; write it in full, or put BASE <…> at the top of the query."),
    ("language tag", _language, "{0} is not a language tag; each part has at most 8 characters, as in @en or @pt-BR."),
    ("non negative integer", _large, "this number is too large for {1}; write a smaller one."),
    ("<unreported>", _shared_blank_nodes,
     "{0} is used in another group too, and a blank node belongs to one group; use a variable."),
    ("VALUES names twice", _values_twice, "VALUES names {0} twice; name each variable once."),
    ("aggregate in a pattern", _misplaced_aggregates,
     "{0} counts solutions after they are found; use it in SELECT or HAVING."),
    ("BIND overrides", _bound_again, "{0} already has a value in this group; give it another name after AS."),
    ("overrides an existing variable", _overridden,
     "{0} already has values from the patterns; give the expression another name after AS."),
)  # fmt: skip
"""Words of the engine (pyoxigraph 0.5), if it has any, with the search and the advice; the surest first."""
