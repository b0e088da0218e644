"""Media type ⇄ syntax ⇄ suffix, and the choice between them.

One `Format` knows everything about one way of writing a result: its media type, the names people
call it, its suffix and the IRI the W3C gave it. Nothing else in the program spells a media type, but formats that
only chains are written in (`chains.formats`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from actiongraph.errors import NotAcceptable


class Result(Enum):
    """The kind of result that a query form gives (SPARQL 1.1 Query, section 16)."""

    BINDINGS = "bindings"
    BOOLEAN = "boolean"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing a result.

    `aliases` are media types that clients also send for it, `names` what else people call it; `iri`
    is its identity in service descriptions (https://www.w3.org/ns/formats/), empty where it has none.
    """

    name: str
    label: str
    media_type: str
    suffix: str
    iri: str = ""
    aliases: tuple[str, ...] = ()
    charset: bool = True
    names: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The Content-Type to send: the media type, with the charset where its registration has one."""
        return f"{self.media_type}; charset=utf-8" if self.charset else self.media_type

    @property
    def spellings(self) -> frozenset[str]:
        """Every name by which this format may be requested, in lower case."""
        return frozenset({self.name, self.suffix, self.label.lower(), self.media_type, *self.aliases, *self.names})


_W3 = "http://www.w3.org/ns/formats/"
_XML = ("application/xml", "text/xml")

RESULTS_JSON = Format(
    "json", "SPARQL results JSON", "application/sparql-results+json", "srj", _W3 + "SPARQL_Results_JSON",
    ("application/json", "text/json", "application/javascript", "text/javascript"), charset=False,
)  # fmt: skip
RESULTS_XML = Format(
    "xml", "SPARQL results XML", "application/sparql-results+xml", "srx", _W3 + "SPARQL_Results_XML", _XML,
    charset=False,
)  # fmt: skip
RESULTS_CSV = Format("csv", "CSV", "text/csv", "csv", _W3 + "SPARQL_Results_CSV")
RESULTS_TSV = Format("tsv", "TSV", "text/tab-separated-values", "tsv", _W3 + "SPARQL_Results_TSV")

TURTLE = Format(
    "ttl", "Turtle", "text/turtle", "ttl", _W3 + "Turtle",
    ("application/x-turtle", "application/turtle", "text/plain", "text/n3", "text/rdf+n3"), names=("n3",),
)  # fmt: skip
N_TRIPLES = Format(
    "nt", "N-Triples", "application/n-triples", "nt", _W3 + "N-Triples", charset=False, names=("ntriples", "n_triples")
)
N_QUADS = Format(
    "nq", "N-Quads", "application/n-quads", "nq", _W3 + "N-Quads", ("text/x-nquads",), charset=False, names=("nquads",)
)
TRIG = Format("trig", "TriG", "application/trig", "trig", _W3 + "TriG", ("application/x-trig",), charset=False)
RDF_XML = Format(
    "rdf", "RDF/XML", "application/rdf+xml", "rdf", _W3 + "RDF_XML", _XML, charset=False,
    names=("xml", "owl", "rdfxml", "rdf-xml", "rdf+xml"),
)  # fmt: skip
JSON_LD = Format(
    "jsonld", "JSON-LD", "application/ld+json", "jsonld", _W3 + "JSON-LD", ("application/json",), charset=False,
    names=("json", "ld+json"),
)  # fmt: skip

HTML = Format("html", "HTML", "text/html", "html", aliases=("application/xhtml+xml",), names=("htm",))
JSON = Format("json", "JSON", "application/json", "json", charset=False)
PROBLEM_JSON = Format(
    "problem", "problem details", "application/problem+json", "json", aliases=("application/json",), charset=False
)  # RFC 9457
XML = Format("xml", "XML", "text/xml", "xml", aliases=("application/xml",))
OPENSEARCH = Format(
    "opensearch", "OpenSearch description", "application/opensearchdescription+xml", "xml", aliases=_XML, charset=False
)
PLAIN_TEXT = Format("text", "plain text", "text/plain", "txt")
SVG = Format("svg", "SVG", "image/svg+xml", "svg", charset=False)
GZIP = Format("gzip", "gzip", "application/gzip", "gz", charset=False)  # RFC 6713
ZIP = Format("zip", "ZIP", "application/zip", "zip", charset=False)

_RESULT_OFFERS = (RESULTS_JSON, RESULTS_XML, RESULTS_CSV, RESULTS_TSV)
_GRAPH_OFFERS = (TURTLE, N_TRIPLES, N_QUADS, TRIG, RDF_XML, JSON_LD)

RDF_SUFFIXES = MappingProxyType(
    {f".{format_.suffix}": format_ for format_ in _GRAPH_OFFERS} | {".owl": RDF_XML, ".xml": RDF_XML, ".json": JSON_LD}
)
"""The suffixes of RDF files, and the syntax of each."""


PACKED = (GZIP, ZIP)
"""The formats that files for copying are packed in; they are sent as they are, whatever they hold."""


def offers(result: Result) -> tuple[Format, ...]:
    """Return the formats that `result` can be written in, the preferred one first.

    A boolean as CSV or TSV, which no specification covers, is `true` or `false`.
    """
    return _GRAPH_OFFERS if result is Result.GRAPH else _RESULT_OFFERS


def by_name(name: str, offered: Sequence[Format]) -> Format | None:
    """Return the offered format that people call `name`, or None.

    A name is a short name, a suffix, a label or a media type, in any case: `ttl`, `Turtle`,
    `text/turtle`; a format's own names win over what others also answer to.
    """
    wanted = name.partition(";")[0].strip().lower().removeprefix(".")
    own = (format_ for format_ in offered if wanted in (format_.name, format_.suffix, format_.media_type))
    other = (format_ for format_ in offered if wanted in format_.spellings)
    return next(own, None) or next(other, None)


def split_suffix(name: str, offered: Sequence[Format]) -> tuple[str, Format | None]:
    """Return `name` without the suffix of an offered format, and that format; or all of it and None."""
    bare, _, suffix = name.rpartition(".")
    found = next((format_ for format_ in offered if format_.suffix == suffix), None)
    return (bare, found) if found else (name, None)


def choose(names: Sequence[str], accept: str | None, offered: Sequence[Format]) -> Format:
    """Return the first of `offered` that has one of `names`, else the one that the Accept header likes best.

    Raises:
        NotAcceptable: nothing fits; see `negotiate`.
    """
    named = (by_name(name, offered) for name in names if name)
    return next((format_ for format_ in named if format_), None) or negotiate(accept, offered)


_BY_WILDCARD, _BY_ALIAS, _BY_NAME = 1, 2, 3
"""How closely an Accept header names a format; 0 if not at all."""


def negotiate(accept: str | None, offered: Sequence[Format]) -> Format:
    """Return the offered format that the Accept header `accept` likes best.

    No header, or an empty one, takes the first offer. Of the ranges that fit a format the most
    specific gives its quality. Among formats of equal quality one that is named beats one named by
    an alias, which beats a wildcard; then the order of `offered` decides. Parameters other than `q`
    tell nothing about our formats and only make a range more specific. Members that are not media
    ranges are ignored. Give repeated headers joined by commas.

    Raises:
        NotAcceptable: nothing fits; the message and `available` list what there is.

    Source: RFC 9110, sections 12.4.2, 12.4.3 and 12.5.1.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = list(_ranges(accept))
    rated = [(*_rating(format_, ranges), format_) for format_ in offered]
    quality, _, best = max(rated, key=lambda rating: rating[:2])
    if quality == 0:
        available = tuple(format_.media_type for format_ in offered)
        raise NotAcceptable(
            f"No available format matches the Accept header; available: {', '.join(available)}.", available=available
        )
    return best


def _rating(format_: Format, ranges: Sequence[tuple[str, bool, float]]) -> tuple[float, int]:
    """Return the quality of one format, and how closely it was named; the most specific range decides on each."""
    by_name = [(has_parameters, quality) for name, has_parameters, quality in ranges if name == format_.media_type]
    if by_name:
        return max(by_name)[1], _BY_NAME
    family = format_.media_type.partition("/")[0] + "/*"
    by_wildcard = [(name == family, quality) for name, _, quality in ranges if name in (family, "*/*")]
    by_alias = [(quality, _BY_ALIAS) for name, _, quality in ranges if name in format_.aliases]
    return max([(max(by_wildcard)[1], _BY_WILDCARD) if by_wildcard else (0.0, 0), *by_alias])


_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110, section 5.6.2
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_MEMBER = re.compile(
    r'(?:[^",]++|"(?:[^"\\]++|\\.)*+(?:"|\\?$))++', re.DOTALL
)  # a quote that is not closed takes the rest
_MEDIA_RANGE = re.compile(rf"\s*({_TOKEN}/{_TOKEN})\s*((?:;\s*(?:{_TOKEN}=(?:{_TOKEN}|{_QUOTED})\s*)?)*)")
_PARAMETER = re.compile(rf";\s*({_TOKEN})=({_TOKEN}|{_QUOTED})\s*")
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def _ranges(accept: str) -> Iterator[tuple[str, bool, float]]:
    """Yield the media ranges in an Accept header: each with its quality, and whether it has other parameters."""
    for found in filter(None, map(_MEDIA_RANGE.fullmatch, _MEMBER.findall(accept))):
        parameters = [(name.lower(), value) for name, value in _PARAMETER.findall(found[2])]
        weights = [value for name, value in parameters if name == "q"]
        if all(map(_QUALITY.fullmatch, weights)):
            yield found[1].lower(), len(parameters) > len(weights), float(weights[0]) if weights else 1.0
