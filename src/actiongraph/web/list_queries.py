"""The queries that give the rows of lists: what "Open as query" leads to, and what anybody may go on from.

A list has one `.rq` file. Its lines `#filters`, `#name` and `#names` are replaced: by what the filters ask for, and by
the name of a thing, or of each thing that it is linked to, in the order of languages that pages show names in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from rdflib import Literal

from actiongraph.index.list_index import ListFilters, ListView
from actiongraph.index.list_kinds import ACTIONS, CHAINS, COUNTRIES, PARTNERS, SIZES, THEMES, YEAR, ListKind
from actiongraph.sparql.values import serialised, with_values
from actiongraph.text import one_line
from actiongraph.vocabulary import IRI

_SENT = "ag:expertsFrom|(ag:expertTeam/ag:sendingCountry)"
_VARIABLES = MappingProxyType(
    {ACTIONS: "action", PARTNERS: "partner", COUNTRIES: "country", THEMES: "theme", CHAINS: "chain"}
)
_OF_THINGS = MappingProxyType(
    {
        ACTIONS: {
            "country": "?action ag:country ?chosen",
            "sender": f"?action {_SENT} ?chosen",
            "partner": "?action ag:partner ?chosen",
            "type": "?action ag:assistanceType ?chosen",
            "theme": "?action ag:theme ?chosen",
        },
        PARTNERS: {
            "country": "?partner ag:basedIn ?chosen",
            "type": "?with a ag:Action ; ag:partner ?partner ; ag:assistanceType ?chosen",
            "theme": "?with a ag:Action ; ag:partner ?partner ; ag:theme ?chosen",
        },
        COUNTRIES: {
            "type": "?with a ag:Action ; ag:country ?country ; ag:assistanceType ?chosen",
            "theme": "?with a ag:Action ; ag:country ?country ; ag:theme ?chosen",
        },
        THEMES: {
            "country": "?with a ag:Action ; ag:theme ?theme ; ag:country ?chosen",
            "type": "?with a ag:Action ; ag:theme ?theme ; ag:assistanceType ?chosen",
        },
        CHAINS: {
            "country": "?with ag:inChain ?chain ; ag:country ?chosen",
            "partner": "?with ag:inChain ?chain ; ag:partner ?chosen",
            "type": "?with ag:inChain ?chain ; ag:assistanceType ?chosen",
            "theme": "?with ag:inChain ?chain ; ag:theme ?chosen",
            "place": "?with ag:inChain ?chain ; ag:place ?chosen",
        },
    }
)
"""By list and facet, how a row is linked to the thing that is chosen."""
_OF_WORDS = MappingProxyType(
    {
        ("chain", "yes"): "FILTER EXISTS { ?action ag:inChain ?any_chain }",
        ("chain", "no"): "FILTER NOT EXISTS { ?action ag:inChain ?any_chain }",
        ("mention", "yes"): "FILTER EXISTS { ?action a ag:ReferencedAction }",
        ("mention", "no"): "FILTER NOT EXISTS { ?action a ag:ReferencedAction }",
        ("part", "received"): "FILTER EXISTS { ?with a ag:Action ; ag:country ?country }",
        ("part", "sent"): f"FILTER EXISTS {{ ?with a ag:Action ; {_SENT} ?country }}",
    }
    | {
        ("size", word): f"FILTER(?actions >= {least}{f' && ?actions <= {most}' if most else ''})"
        for word, (least, most) in SIZES.items()
    }
)
_OF_YEARS = MappingProxyType(
    {
        ACTIONS: "?action ag:startYear ?in_year",
        PARTNERS: "?with a ag:Action ; ag:partner ?partner ; ag:startYear ?in_year",
        THEMES: "?with a ag:Action ; ag:theme ?theme ; ag:startYear ?in_year",
        CHAINS: "?with ag:inChain ?chain ; ag:startYear ?in_year",
    }
)
_KEY = 'REPLACE(STR({}), "^.*/", "")'
_ORDERS: Mapping[tuple[ListKind, str], tuple[str, str]] = MappingProxyType(
    {
        (ACTIONS, "year"): ("?first_year", "!BOUND(?first_year)"),
        (ACTIONS, "country"): ("MIN(LCASE(?country_name))", 'COALESCE(?countries, "") = ""'),
        (ACTIONS, "partner"): ("MIN(LCASE(?partner_name))", 'COALESCE(?partners, "") = ""'),
        (ACTIONS, "type"): ("MIN(LCASE(?type_name))", 'COALESCE(?assistance_types, "") = ""'),
        (ACTIONS, "chain"): ("?chain_size", "!BOUND(?chain_size)"),
        (PARTNERS, "abbreviation"): ("MIN(LCASE(?short))", 'COALESCE(?abbreviations, "") = ""'),
        (PARTNERS, "country"): ("MIN(LCASE(?country_name))", 'COALESCE(?countries, "") = ""'),
        (PARTNERS, "actions"): ("?actions", ""),
        (PARTNERS, "year"): ("?first_year", "!BOUND(?first_year)"),
        (COUNTRIES, "received"): ("?received", ""),
        (COUNTRIES, "sent"): ("?sent", ""),
        (COUNTRIES, "partners"): ("?partners", ""),
        (THEMES, "actions"): ("?actions", ""),
        (THEMES, "year"): ("?first_year", "!BOUND(?first_year)"),
        (CHAINS, "actions"): ("?actions", ""),
        (CHAINS, "year"): ("?first_year", "!BOUND(?first_year)"),
        (CHAINS, "country"): ("MIN(LCASE(?country_name))", 'COALESCE(?countries, "") = ""'),
        (CHAINS, "partner"): ("MIN(LCASE(?partner_name))", 'COALESCE(?partners, "") = ""'),
    }
)
"""What a list is ordered by, where not by name alone, and when that is unknown; such rows come last."""


def write_query(view: ListView, title: str, order: str, languages: Sequence[str], *, descending: bool = False) -> str:
    """Return a query whose solutions are the rows of `view`, in its order; `title` is its first line, a comment.

    Names are ordered by code points, so letters with accents stand elsewhere than in the list, which leaves accents
    aside.
    """
    filters = list(_filters(view))
    lines = [f"# {one_line(title)}"]
    for line in _template(view.kind.name):
        command, _, rest = line.partition(" ")
        if command == "#filters":
            lines += filters
        elif command == "#name":
            subject, predicate, variable = rest.split(" ")
            lines += _name(subject, predicate, variable, languages)
        elif command == "#names":
            subject, path, variable = rest.split(" ")
            lines += _names(subject, path, variable, languages)
        else:
            lines.append(line)
    return "\n".join([*lines, _order(view.kind, order, descending=descending), ""])


@cache
def _template(name: str) -> tuple[str, ...]:
    return tuple(files("actiongraph.web").joinpath("queries", f"{name}.rq").read_text("utf-8").splitlines())


def _filters(view: ListView) -> Iterator[str]:
    """Yield what the filters of `view` ask for; each is a pattern that multiplies no solution."""
    kind, filters = view.kind, view.filters
    for name in filters.facets:
        wanted = [value.iri for value in view.wanted(name) if value.iri]
        if name == YEAR.name:
            yield _distinct(kind, f"{_OF_YEARS[kind]} {_between(filters)}")
        elif name in _OF_THINGS[kind]:
            yield _distinct(kind, f"{_chosen(wanted)} {_OF_THINGS[kind][name]}")
        else:
            yield f"  {_OF_WORDS[name, filters.words[name]]}"


def _chosen(wanted: Sequence[IRI]) -> str:
    return with_values("VALUES ?chosen { }", {"chosen": wanted})


def _distinct(kind: ListKind, pattern: str) -> str:
    return f"  {{ SELECT DISTINCT ?{_VARIABLES[kind]} WHERE {{ {pattern} }} }}"


def _between(filters: ListFilters) -> str:
    bounds = [
        f"?in_year {sign} {int(year)}"
        for sign, year in ((">=", filters.from_year), ("<=", filters.to_year))
        if year is not None
    ]
    return f"FILTER({' && '.join(bounds)})"


def _name(subject: str, predicate: str, variable: str, languages: Sequence[str]) -> list[str]:
    """Return the pattern that binds the text to show of several in as many languages: the least by `language_rank`."""
    better = f"{variable}_2"
    return [
        f"  OPTIONAL {{ {subject} {predicate} {variable} FILTER NOT EXISTS {{ {subject} {predicate} {better}",
        f"    FILTER({_rank(better, languages)}",
        f"      < {_rank(variable, languages)}) }} }}",
    ]


def _names(subject: str, path: str, variable: str, languages: Sequence[str]) -> list[str]:
    """Return the pattern that binds the name of each thing at the end of `path`; one without a name has its key."""
    label = _name(variable, "skos:prefLabel", f"{variable}_label", languages)
    key = _KEY.format(variable)
    return [
        f"  OPTIONAL {{ {subject} {path} {variable} .",
        *label,
        f"  BIND(COALESCE(STR({variable}_label), {key}) AS {variable}_name) }}",
    ]


def _rank(text: str, languages: Sequence[str]) -> str:
    """Return an expression for what texts in several languages are compared by; see `language_rank`.

    It begins with a letter for the language. A tag without a subtag sorts before those with one by itself.
    """
    tags: dict[str, str] = {}
    for tag in (*languages, "en"):
        tags.setdefault(tag.lower().partition("-")[0], tag.lower())
    written = '"z"'
    for number, (primary, tag) in reversed(list(enumerate(tags.items()))):
        exact, near = chr(ord("a") + 2 * number), chr(ord("b") + 2 * number)
        written = f'IF(LANGMATCHES(LANG({text}), {serialised(Literal(primary))}), "{near}", {written})'
        if tag != primary:
            written = f'IF(LANG({text}) = {serialised(Literal(tag))}, "{exact}", {written})'
    return f'CONCAT({written}, LANG({text}), " ", STR({text}))'


def _order(kind: ListKind, order: str, *, descending: bool) -> str:
    variable = f"?{_VARIABLES[kind]}"
    key = _KEY.format(variable)
    if kind is CHAINS:
        names: tuple[str, ...] = ("-?length", "-?actions", key)
    elif kind is ACTIONS:
        names = (f"LCASE(COALESCE(STR(?title), ?number, {key}))",)
    else:
        names = (f"LCASE(COALESCE(STR(?name), {key}))",)
    wanted, unknown = _ORDERS.get((kind, order), ("", ""))
    terms = [f"DESC({term})" if descending else f"({term})" for term in (wanted, *names, variable) if term]
    return f"ORDER BY {' '.join([*([f'({unknown})'] if unknown else []), *terms])}"
