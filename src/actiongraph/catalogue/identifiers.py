"""The IRIs of the dataset and its parts, and the files and services that a catalogue lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from rdflib import Namespace

from actiongraph.iris import prefixed_name
from actiongraph.publication import CSV, DUMP, TRIG, TURTLE
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI, PREFIXES

CC_BY = IRI("https://creativecommons.org/licenses/by/4.0/")
FILE_TYPE = Namespace("http://publications.europa.eu/resource/authority/file-type/")
IANA = Namespace("http://www.iana.org/assignments/media-types/")
_LOCAL = re.compile(r"[A-Za-z0-9_-]+")

CATALOG = "catalog"
"""The key of the graph that describes the release itself; it is no part of the dataset that dumps hold."""


@dataclass(frozen=True, slots=True)
class DumpFormat:
    """A dump as a distribution: `key` ends its IRI, and the rest describes the file."""

    key: str
    file: str
    title: str
    description: str
    file_type: IRI
    media_type: IRI
    compression: IRI | None = None
    package: IRI | None = None


_GZIP, _ZIP = IANA["application/gzip"], IANA["application/zip"]
DUMPS = (
    DumpFormat(
        "nquads", DUMP, "N-Quads", "Every triple with its graph, sorted, one to a line, compressed.",
        FILE_TYPE.RDF_N_QUADS, IANA["application/n-quads"], _GZIP,
    ),
    DumpFormat(
        "trig", TRIG, "TriG", "Every triple with its graph, for people to read too, compressed.",
        FILE_TYPE.RDF_TRIG, IANA["application/trig"], _GZIP,
    ),
    DumpFormat(
        "turtle", TURTLE, "Turtle", "Every triple, without its graph, compressed.",
        FILE_TYPE.RDF_TURTLE, IANA["text/turtle"], _GZIP,
    ),
    DumpFormat(
        "csv", CSV, "CSV", "Tables of the actions and what belongs to them, with CSVW metadata.",
        FILE_TYPE.CSV, IANA["text/csv"], None, _ZIP,
    ),
)  # fmt: skip
"""The files that a release is offered as; a release has those that its record names."""


@dataclass(frozen=True, slots=True)
class Service:
    """A way to query the dataset or to keep up with it: `key` ends its IRI, and `path` its address."""

    key: str
    path: str
    title: str
    description: str
    standard: IRI
    keyword: str
    described_by: str
    """The end of the address at which the service describes itself."""


SERVICES = (
    Service(
        "sparql", "sparql", "SPARQL endpoint",
        "Answers queries in SPARQL 1.1 on the newest release, or on one that is retained.",
        IRI("https://www.w3.org/TR/sparql11-protocol/"), "SPARQL", "sparql",
    ),
    Service(
        "oai", "feeds/oai", "OAI-PMH repository",
        "Offers harvesters a record of each resource, or only of those added, changed or removed since a date.",
        IRI("http://www.openarchives.org/OAI/2.0/"), "OAI-PMH", "feeds/oai?verb=Identify",
    ),
    Service(
        "ldes", "feeds/ldes", "Event stream",
        "Lists what each release added, changed and removed, as a Linked Data Event Stream.",
        IRI("https://w3id.org/ldes/specification"), "LDES", "feeds/ldes",
    ),
)  # fmt: skip
"""The services of a server of releases; the catalogue of a release that an older program built may lack some."""


class Identifiers:
    """The IRIs of the catalogue and of what it describes, under `base`.

    The dataset is every graph of a release but those about it, `catalog_graph` and `examples_graph`, whatever the
    release.
    """

    def __init__(self, base: str) -> None:
        """Name all under `base`."""
        self.base = base
        self.catalog = IRI(base + "catalog")
        self.catalog_graph = IRI(f"{base}graph/{CATALOG}")
        self.examples_graph = IRI(f"{base}.well-known/sparql-examples")
        self.dataset = IRI(base + "dataset")
        self.endpoint = IRI(base + "sparql")
        self.publisher = IRI(base + "id/agent/publisher")
        self.contact = IRI(base + "id/agent/contact")

    @property
    def beside(self) -> frozenset[IRI]:
        """The graphs of a release that are about the dataset, and no part of it."""
        return frozenset({self.catalog_graph, self.examples_graph})

    def release(self, version: str) -> IRI:
        """Return the IRI of a release."""
        return IRI(f"{self.base}release/{version}")

    def distribution(self, version: str, dump: DumpFormat) -> IRI:
        """Return the IRI of a dump of a release."""
        return self.release(version) + f"#{dump.key}"

    def part(self, kind: str, *terms: str) -> IRI:
        """Return the IRI of a part of the dataset's description; see `fragment_of`."""
        return self.dataset + f"#{fragment_of(kind, *terms)}"


def fragment_of(kind: str, *terms: str) -> str:
    """Return the fragment of a part of the dataset's description, such as what is said of a class.

    A term is a prefixed name if one of our prefixes fits, else all of it, escaped. Different terms have different
    fragments, for a colon is escaped.
    """
    return "-".join((kind, *map(_in_fragment, terms)))


@lru_cache(maxsize=4_096)
def _in_fragment(term: str) -> str:
    """Return a term as a part of a fragment; a page of the catalogue has each of them many times."""
    return prefixed_name(term, PREFIXES, _LOCAL) or quote(term, safe="")


def license_of(settings: Settings, *, released: bool = True) -> IRI | None:
    """Return the licence of the data: the one that is set, or CC BY 4.0 for the shipped data; None if it is unknown.

    Files that are served as they stand are not `released`, and may be anybody's.
    """
    if settings.license is not None:
        return IRI(settings.license)
    return CC_BY if settings.data is None and released else None
