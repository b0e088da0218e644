"""SPARQL results in JSON, read back as terms."""

from __future__ import annotations

import json
from typing import Any

import rdflib
from rdflib.term import Node

from actiongraph.engine.base import Solutions
from actiongraph.vocabulary import IRI


def read_solutions(content: bytes) -> Solutions:
    """Return the solutions in `content`.

    Raises:
        ValueError: it is not what the specification says.

    Source: SPARQL 1.1 Query Results JSON Format, section 3.
    """
    try:
        document = json.loads(content)
        rows = document["results"]["bindings"]
        return Solutions(document["head"]["vars"], ({name: _term(cell) for name, cell in row.items()} for row in rows))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("These are no SPARQL results in JSON.") from error


def _term(cell: dict[str, Any]) -> Node:
    value = cell["value"]
    if cell["type"] == "uri":
        return IRI(value)
    if cell["type"] == "bnode":
        return rdflib.BNode(value)
    datatype = cell.get("datatype")
    return rdflib.Literal(
        value, lang=cell.get("xml:lang"), datatype=IRI(datatype) if datatype else None, normalize=False
    )
