"""RDF about one thing: its own triples, and page by page what points at it, in bytes that the engine writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from rdflib.term import Node

from actiongraph import formats
from actiongraph.catalogue.identifiers import license_of
from actiongraph.engine.base import Engine
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format
from actiongraph.index.term_index import count_references
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.values import with_slice
from actiongraph.text import counted
from actiongraph.things.thing import QUERIES, REFERENCES_A_PAGE
from actiongraph.vocabulary import IRI, PREFIXES
from actiongraph.web.http.addresses import data_of, locate, page_of

_WRITTEN = {
    prefix: PREFIXES[prefix]
    for prefix in ("ag", "dcat", "dcterms", "foaf", "oa", "org", "rdf", "rdfs", "skos", "void", "xsd")
}
"""The prefixes of what is commonly said of things."""
LINKED = (formats.TURTLE, formats.N_TRIPLES, formats.JSON_LD, formats.RDF_XML)
"""The syntaxes that pages and data link to; the others hold the same triples."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A thing that is asked about, in one snapshot; `name` is what stands behind `/doc/` or `/data/`."""

    name: str
    iri: IRI
    snapshot: Snapshot
    settings: Settings

    @property
    def version(self) -> str | None:
        """The release that links from the answer stay in, if it was asked by its version.

        A release is described by itself, so its links lead to what is newest.
        """
        return self.snapshot.version if self.snapshot.pinned and not self.name.startswith("release/") else None

    @property
    def dataset(self) -> IRI:
        """What the thing is described in."""
        return IRI(f"{self.settings.base}dataset")

    @property
    def license(self) -> IRI | None:
        """The licence of the data, if it is known."""
        return license_of(self.settings, released=self.snapshot.version is not None)

    def data(self, suffix: str = "", **parameters: str | None) -> str:
        """Return the address of data about the thing."""
        return locate(data_of(self.name, suffix, **parameters, version=self.version), self.settings)

    def page(self) -> str:
        """Return the address of the page about the thing."""
        return locate(page_of(self.iri, self.settings, self.version) or "", self.settings)


def write_document(engine: Engine, asked: Asked, chosen: Format) -> bytes:
    """Return a thing's own triples with the names of what they point at, and where the rest is (`rdfs:seeAlso`).

    Raises:
        EngineError: the engine failed.
    """
    references = IRI(asked.data(references="")) if count_pages(asked) else None
    row = _about(asked, IRI(asked.data())) | {"references": references}
    return _write(engine, QUERIES.query("document", [row], asked.settings), chosen)


def write_references(engine: Engine, asked: Asked, page: int, chosen: Format) -> bytes:
    """Return the triples that point at a thing, on the page with this number, counted from 1.

    Raises:
        UnknownResource: there are fewer pages.
        EngineError: the engine failed.
    """
    pages = check_page(asked, page)
    following = IRI(asked.data(references="", page=str(page + 1))) if page < pages else None
    document = IRI(asked.data(references="", page=str(page) if page > 1 else None))
    row = _about(asked, document) | {"next": following}
    query = QUERIES.query("pointing", [row], asked.settings)
    text = with_slice(query.text, limit=REFERENCES_A_PAGE, offset=(page - 1) * REFERENCES_A_PAGE)
    return _write(engine, replace(query, text=text), chosen)


def _about(asked: Asked, document: IRI) -> dict[str, Node | None]:
    """Return what is said of a document that is about a thing."""
    return {"thing": asked.iri, "document": document, "dataset": asked.dataset, "license": asked.license}


def count_pages(asked: Asked) -> int:
    """Return on how many pages that which points at a thing fits."""
    return ceil(count_references(asked.snapshot.terms, asked.iri) / REFERENCES_A_PAGE)


def check_page(asked: Asked, page: int) -> int:
    """Return how many pages there are.

    Raises:
        UnknownResource: fewer than `page`.
    """
    pages = count_pages(asked)
    if page > max(1, pages):
        raise UnknownResource(
            f"What points at {asked.iri} fits on {counted(max(1, pages), 'page')}; there is no page {page}."
        )
    return pages


def data_links(asked: Asked) -> str:
    """Return the Link field of data about a thing (RFC 8288, Signposting)."""
    links = [f'<{asked.iri}>; rel="cite-as"', f'<{asked.page()}>; rel="describes"; type="text/html"']
    return ", ".join([*links, *common_links(asked)])


def common_links(asked: Asked) -> list[str]:
    """Return the links that page and data share: the licence, if it is known, and what the thing is described in."""
    license_ = [f'<{asked.license}>; rel="license"'] if asked.license else []
    return [*license_, f'<{asked.dataset}>; rel="collection"']


def _write(engine: Engine, query: CheckedQuery, chosen: Format) -> bytes:
    return engine.answer(replace(query, prefixes=_WRITTEN), chosen)
