"""One row of a result, as its reader sends it back: a solution of the SPARQL 1.1 Query Results JSON Format.

`{"country": {"type": "uri", "value": "…"}, "n": {"type": "literal", "value": "2", "datatype": "…"}}` is what stands in
`results.bindings` for the row; a variable that is left out is unbound.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from rdflib import BNode, Literal
from rdflib.term import Node

from actiongraph.errors import QueryError, RequestError
from actiongraph.iris import is_iri
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import IRI

_TYPES = ("uri", "literal", "typed-literal", "bnode")
_NAME = re.compile(r"\w[\w\u00b7]*")
_LITERAL_MEMBERS = {"type", "value", "xml:lang", "datatype"}
Row = Mapping[str, Node]


def read_row(text: str) -> Row:
    """Return the terms of a row by the names of its variables, without question marks.

    Raises:
        RequestError: it is not one solution in that format.
        QueryError: it has a blank node.

    Source: SPARQL 1.1 Query Results JSON Format, sections 3.2.2 and 3.2.3.
    """
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise RequestError(
            'A row is one JSON object, as SPARQL results have it: {"x": {"type": "uri", "value": "http://…"}}.'
        ) from error
    if not isinstance(found, dict):
        raise RequestError("A row is a JSON object with a member for each variable; this is something else.")
    return {name: _read_term(name, cell) for name, cell in found.items()}


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the members of an object, none of which may come twice."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a member comes twice")
    return made


def _read_term(name: str, cell: object) -> Node:
    if not _NAME.fullmatch(name):
        raise RequestError(f"{name[:40]!r} is not the name of a variable; write it without its question mark.")
    kind = cell.get("type") if isinstance(cell, dict) else None
    if not isinstance(cell, dict) or kind not in _TYPES or not isinstance(value := cell.get("value"), str):
        raise RequestError(f"The value of ?{name} is not a term: give its type (uri or literal) and its value.")
    if kind == "bnode":
        raise QueryError(
            f"?{name} is a blank node, which has no name that a query could use, so this row cannot be looked up; "
            "select what the blank node has instead."
        )
    if kind == "uri":
        if not is_iri(value):
            raise RequestError(f"The value of ?{name}, {value[:80]!r}, is not an absolute IRI.")
        return IRI(value)
    return _read_literal(name, cell, value)


def _read_literal(name: str, cell: dict[str, object], value: str) -> Node:
    language, datatype = cell.get("xml:lang"), cell.get("datatype")
    if (
        not cell.keys() <= _LITERAL_MEMBERS
        or not isinstance(language, str | None)
        or not isinstance(datatype, str | None)
        or (language and datatype)
        or (datatype and not is_iri(datatype))
    ):
        raise RequestError(f"The literal of ?{name} has a language (xml:lang) or an IRI as its datatype, and no more.")
    try:
        literal = Literal(value, lang=language or None, datatype=IRI(datatype) if datatype else None, normalize=False)
        serialised(literal).encode()
    except ValueError as error:  # also half of a character
        raise RequestError(f"The literal of ?{name} cannot be written in a query: {error}.") from error
    return literal


def written_row(row: Mapping[str, Node]) -> dict[str, dict[str, str]]:
    """Return a row as `read_row` reads it, for JSON."""
    return {name: written_term(term) for name, term in row.items()}


def written_term(term: Node) -> dict[str, str]:
    """Return a term as SPARQL results in JSON have it."""
    if isinstance(term, IRI):
        return {"type": "uri", "value": str(term)}
    if isinstance(term, BNode):
        return {"type": "bnode", "value": str(term)}
    written = {"type": "literal", "value": str(term)}
    if isinstance(term, Literal) and term.language:
        written["xml:lang"] = term.language
    elif isinstance(term, Literal) and term.datatype:
        written["datatype"] = str(term.datatype)
    return written
