"""Terms and numbers as text in queries: the only module that writes them there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from rdflib import Literal
from rdflib.term import Node

from actiongraph.iris import NOT_IN_IRIREF
from actiongraph.sparql.lexer import Kind, Token, tokens
from actiongraph.vocabulary import IRI

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TO_ESCAPE = re.compile(r'[\\"\n\r\t\b\f]')
_LANGTAG = re.compile(r"[A-Za-z]+(?:-[A-Za-z0-9]+)*")

Row = Mapping[str, Node | None]


def with_values(query: str, rows: Mapping[str, Iterable[Node]] | Iterable[Row]) -> str:
    """Return `query` with terms put into its one empty block `VALUES ?x { }` or `VALUES (?x ?y) { }`.

    For one variable give `{"x": [term, …]}`; for several give the rows, each a mapping of every
    variable to its term, or to None for UNDEF. No terms leave the block empty, which matches nothing.

    Raises:
        ValueError: no such block or more than one, other variables than the block's, or a term that
            cannot be written into a query (a blank node, an IRI with illegal characters).
        QuerySyntaxError: the query cannot be read.

    Source: SPARQL 1.1 Query, sections 10.2 and 19.8.
    """
    variables, single, opening, closing = _only_block(query)
    lines = [_row(variables, row, single=single) for row in _as_rows(rows)]
    return f"{query[: opening.end]} {' '.join(lines)} {query[closing.start :]}"


def with_rows(query: str, terms: Iterable[Node]) -> str:
    """Return `query` with `terms` put into its one empty block `VALUES (?row ?x) { }`, each with the index of its row.

    The indices are the texts "0", "1", and so on: a solution that has the index need not repeat the term.

    Raises:
        ValueError: no such block or more than one, or a term that cannot be written into a query.
        QuerySyntaxError: the query cannot be read.
    """
    variables, single, opening, closing = _only_block(query)
    if single or len(variables) != 2:
        raise ValueError("The VALUES block must have a row and a term, such as VALUES (?row ?x) { }.")
    rows = [f'("{index}" {serialised(term)})' for index, term in enumerate(terms)]
    return f"{query[: opening.end]} {' '.join(rows)} {query[closing.start :]}"


def with_slice(query: str, *, limit: int, offset: int) -> str:
    """Return `query`, which ends without LIMIT and OFFSET, for so many solutions after so many others.

    Without ORDER BY this pages through a dataset that does not change between two requests, in the engine's order.

    Source: SPARQL 1.1 Query, sections 15.4 and 15.5.
    """
    return f"{query}\nLIMIT {int(limit)} OFFSET {int(offset)}"


def serialised(term: Node) -> str:
    """Return an IRI or a literal as SPARQL and Turtle write it.

    Raises:
        ValueError: a blank node, or an IRI or language tag with characters that the grammar does not allow.
    """
    if isinstance(term, IRI):
        return _iri(str(term))
    if isinstance(term, Literal):
        return _literal(term)
    raise ValueError(f"{term!r} is neither an IRI nor a literal, and a VALUES block can hold nothing else.")


class _Block(NamedTuple):
    """A VALUES block without rows: its variables, whether it is written without brackets, and its braces."""

    variables: Sequence[str]
    single: bool
    opening: Token
    closing: Token


@lru_cache(maxsize=64)
def _only_block(query: str) -> _Block:
    """Return the one empty block; cached, since reading a shipped query takes longer than running it."""
    blocks = list(_empty_blocks(list(tokens(query))))
    if len(blocks) != 1:
        raise ValueError(f"The query has {len(blocks)} empty VALUES blocks; it must have one, such as VALUES ?x {{ }}.")
    return blocks[0]


def _empty_blocks(read: Sequence[Token]) -> Iterator[_Block]:
    for index, token in enumerate(read, 1):
        if token.kind is Kind.WORD and token.text.upper() == "VALUES":
            variables = list(takewhile(lambda token: token.text != "{", read[index:]))
            opening, closing = read[index + len(variables) :][:2]
            if closing.text == "}":
                names = [variable.text[1:] for variable in variables if variable.kind is Kind.VAR]
                yield _Block(names, variables[0].kind is Kind.VAR, opening, closing)


def _as_rows(rows: Mapping[str, Iterable[Node]] | Iterable[Row]) -> Iterable[Row]:
    if not isinstance(rows, Mapping):
        return rows
    if len(rows) != 1:
        raise ValueError("Give several variables as rows, so that it is clear which terms belong together.")
    [(variable, terms)] = rows.items()
    return [{variable: term} for term in terms]


def _row(variables: Sequence[str], row: Row, *, single: bool) -> str:
    if len(row) != len(variables) or not all(name in row for name in variables):
        raise ValueError(
            f"The VALUES block has the variables {', '.join(variables)}, and the row has {', '.join(row)}."
        )
    written = " ".join("UNDEF" if (term := row[name]) is None else serialised(term) for name in variables)
    return written if single else f"({written})"


def _iri(iri: str) -> str:
    if found := NOT_IN_IRIREF.search(iri):
        raise ValueError(f"{iri!r} is not an IRI: the character {found.group()!r} cannot stand in one.")
    return f"<{iri}>"


def _literal(term: Literal) -> str:
    lexical = _TO_ESCAPE.sub(lambda found: _ESCAPES[found.group()], str(term))
    if term.language:
        if not _LANGTAG.fullmatch(term.language):
            raise ValueError(f"{term.language!r} is not a language tag, such as en or pt-BR.")
        return f'"{lexical}"@{term.language}'
    return f'"{lexical}"^^{_iri(str(term.datatype))}' if term.datatype else f'"{lexical}"'
