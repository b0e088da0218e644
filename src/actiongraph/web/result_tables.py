"""Results as tables for people: the first rows of what the engine wrote, ready to be shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from actiongraph.iris import prefixed_name
from actiongraph.vocabulary import PREFIXES

MAX_ROWS = 1_000
MAX_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class ResultCell:
    """A term as a page shows it: `text`, whether it is an IRI, where it links, and what is said beside it.

    `title` is the whole IRI; `note` is a literal's language tag or datatype.
    """

    text: str
    kind: str
    link: str = ""
    title: str = ""
    note: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """The rows to show; `total` is how many the answer has. An unbound variable is None."""

    variables: tuple[str, ...]
    rows: tuple[tuple[ResultCell | None, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a text, and whether that is all of it."""

    text: str
    whole: bool


def read_table(results: bytes, prefixes: Mapping[str, str], link: Callable[[str], str]) -> ResultTable | bool:
    """Return the first rows of SPARQL results in JSON as a table, or what an ASK query found.

    `prefixes` are those of the query: IRIs are shortened with them, for they are what the client knows.
    `link` gives the address that an IRI leads to, or nothing.

    Source: SPARQL 1.1 Query Results JSON Format, section 3.
    """
    document = json.loads(results)
    if "boolean" in document:
        return bool(document["boolean"])
    variables = tuple(document["head"]["vars"])
    solutions = document["results"]["bindings"]
    # Of prefixes for the same namespace, the last by the alphabet.
    known = dict(sorted((PREFIXES | dict(prefixes)).items(), reverse=True))
    rows = tuple(
        tuple(_cell(row[name], known, link) if name in row else None for name in variables)
        for row in solutions[:MAX_ROWS]
    )
    return ResultTable(variables, rows, len(solutions))


def begin(document: bytes) -> Excerpt:
    """Return the first lines of `document`, which is text in UTF-8: no more than `MAX_CHARACTERS` of it."""
    text = document.decode()
    if len(text) <= MAX_CHARACTERS:
        return Excerpt(text, whole=True)
    return Excerpt(text[: text.rfind("\n", 0, MAX_CHARACTERS) + 1] or text[:MAX_CHARACTERS], whole=False)


def shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return `iri` as a prefixed name if one of `prefixes` fits and leaves a plain local name, else as it is."""
    return prefixed_name(iri, prefixes) or iri


def _cell(term: dict[str, Any], prefixes: Mapping[str, str], link: Callable[[str], str]) -> ResultCell:
    value = term["value"]
    if term["type"] == "uri":
        return ResultCell(shorten(value, prefixes), "iri", link(value), title=value)
    if term["type"] == "bnode":
        return ResultCell(f"_:{value}", "blank-node")
    if term["type"] == "triple":
        return ResultCell(json.dumps(value, ensure_ascii=False), "triple")
    language, datatype = term.get("xml:lang", ""), term.get("datatype", "")
    return ResultCell(value, "literal", title=datatype, note=language or shorten(datatype, prefixes), language=language)
