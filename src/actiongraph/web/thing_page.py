"""One thing as a page and as data: facts with their evidence, what points at it, and RDF that the engine writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from math import ceil
from urllib.parse import quote, urlencode

from flask import render_template, request
from markupsafe import Markup
from rdflib import RDF, RDFS, SKOS, Literal
from rdflib.term import Node

from actiongraph import formats
from actiongraph.catalogue.identifiers import license_of
from actiongraph.chains.drawing.mini_lane import as_mini_lane
from actiongraph.chains.facts import Labels, Statements
from actiongraph.chains.model import Evidence
from actiongraph.engine.base import Engine
from actiongraph.errors import UnknownResource
from actiongraph.formats import Format
from actiongraph.index.chain_index import open_chains
from actiongraph.index.source_lines import SourceLine, source_lines
from actiongraph.index.term_index import count_references
from actiongraph.release.inputs import RESERVED
from actiongraph.release.snapshots import Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.query import CheckedQuery
from actiongraph.sparql.values import with_slice
from actiongraph.text import counted, listed
from actiongraph.things.citation import Citation
from actiongraph.things.involvements import involvements_of
from actiongraph.things.passages import passages_of
from actiongraph.things.schema_org import in_script, schema_type, thing_in_schema
from actiongraph.things.thing import (
    QUERIES,
    REFERENCES_A_PAGE,
    Fact,
    Reference,
    Thing,
    Value,
    read_thing_in_use,
)
from actiongraph.vocabulary import AG, CONCEPT, IRI, OA, PREFIXES
from actiongraph.web.http.addresses import data_of, link_of, locate, page_of
from actiongraph.web.resources import check_known
from actiongraph.web.site import report_address

_WRITTEN = {
    prefix: PREFIXES[prefix]
    for prefix in ("ag", "dcat", "dcterms", "foaf", "oa", "org", "rdf", "rdfs", "skos", "void", "xsd")
}
"""The prefixes of what is commonly said of things."""
LINKED = (formats.TURTLE, formats.N_TRIPLES, formats.JSON_LD, formats.RDF_XML)
"""The syntaxes that pages and data link to; the others hold the same triples."""
_SCHEMA = "https://schema.org/"
_SHOWN_ALTHOUGH_COMPUTED = frozenset({AG.followedBy, AG.probablyFollowedBy})
_IN_ALL_TRIPLES_ONLY = frozenset(
    {RDF.type, RDF.predicate, RDFS.label, AG.basis, AG.confidence, AG.reason, AG.evidence, OA.hasSelector}
)
"""Predicates that the page has in words elsewhere, or that speak of the record and not of the thing."""
_VERBS, _PREPOSITIONS = (
    frozenset({"has", "concerns", "under", "follows"}),
    frozenset({"of", "from", "by", "with", "in"}),
)
_STATED, _READ_AT = CONCEPT["basis/stated"], CONCEPT["basis/read-at"]


@dataclass(frozen=True, slots=True)
class ThingTarget:
    """A thing that a request is about, in one snapshot; `name` is what stands behind `/doc/` or `/data/`."""

    name: str
    iri: IRI
    snapshot: Snapshot
    settings: Settings

    @property
    def version(self) -> str | None:
        """The release that links from the answer stay in, if the request names its version.

        A release is described by itself, so its links lead to what is newest.
        """
        return self.snapshot.version if self.snapshot.pinned and not self.name.startswith("release/") else None

    @property
    def dataset(self) -> IRI:
        """The dataset that describes the thing."""
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

    def actions_with(self, facet: str) -> str:
        """Return the address of the list of the actions that have the thing as a value of `facet`."""
        parameters = {facet: str(self.iri)} | ({"version": self.version} if self.version else {})
        return locate(f"actions?{urlencode(parameters)}", self.settings)

    def link_to(self, term: object) -> str:
        """Return the address that a page about the thing links a term to; see `link_of`."""
        return link_of(term, self.settings, self.version, root=request.script_root)


@dataclass(frozen=True, slots=True)
class Mark:
    """A word beside a fact that no source states, and the address of the evidence for it, if there is any."""

    text: str
    address: str = ""
    kind: str = "inferred"


@dataclass(frozen=True, slots=True)
class Written:
    """The data file in which a fact is written, by its name, the address of its graph, and the line if it is known."""

    file: str
    address: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Ground:
    """The evidence for one value of a fact; `anchor` is the fragment of its statement in the page of the thing."""

    fact: Fact
    value: Value
    evidence: Evidence
    anchor: str
    report: str | None
    written: Written | None

    @property
    def is_noun(self) -> bool:
        """Tell whether the name of the property is a noun, so that "Country is Colombia" is English."""
        words = self.fact.name.split()
        return not (words and (words[0] in _VERBS or words[-1] in _PREPOSITIONS))

    @property
    def is_conclusion(self) -> bool:
        """Tell whether it is a conclusion, which no source states."""
        return self.evidence.basis_concept not in (_STATED, _READ_AT)


def render_page(engine: Engine, target: ThingTarget, page: int) -> tuple[bytes, str]:
    """Return the page about a thing, with the given page of what points at it, and its Link field.

    Raises:
        UnknownResource: nothing is called so; `near` has what is close.
        GoneResource: it was withdrawn.
        EngineError: the engine failed.
    """
    found = read_thing_in_use(engine, target.iri, page, target.settings)
    thing, references = found or (None, ())
    if thing is None or not thing.types or AG.WithdrawnResource in thing.types:
        check_known(engine, target.snapshot, target.iri, target.settings)
    assert thing is not None  # noqa: S101 - it is known
    pages = check_page(target, page)
    thing = replace(thing, name=_heading(thing, references))
    numbers = [value.name for value in thing.all(AG.actionNumber) if value.name not in thing.name]
    passages = passages_of(engine, thing.iri, target.settings) if AG.Source in thing.types else ()
    lines = source_lines(target.snapshot.source_lines, thing.iri)
    written = render_template(
        "thing.html",
        target=target,
        thing=replace(thing, facts=tuple(_told_once(target, thing.facts))),
        numbers=numbers,
        shown_facts=tuple(_key_facts(target, thing)),
        description=thing.text(AG.summary) or thing.text(SKOS.definition),
        lane=_lane(target, thing),
        statement=_said_by(engine, thing, target.settings) if AG.SourceStatement in thing.types else (),
        involvements=involvements_of(engine, thing, target.settings, target.snapshot.lists),
        evidence=tuple(_grounds(target, thing, lines)),
        written=_written_here(target, thing, lines),
        passages=passages,
        shown_parts={passage.iri for passage in passages},
        references=references,
        page=page,
        pages=pages,
        link=cache(target.link_to),
        all_of=target.actions_with,
        mark=partial(_marks, target),
        citation=_citation(target, thing),
        report=_report(target, thing.name, thing.iri),
        formats=LINKED,
        schema=in_script(thing_in_schema(thing, target.page())),
    )
    return written.encode(), _links(target, thing)


def _heading(thing: Thing, references: Iterable[Reference]) -> str:
    """Return the heading of the page; that of a team has its action too, since many teams have the same name."""
    if AG.ExpertTeam not in thing.types:
        return thing.name
    actions = [named.name for each in references if each.predicate == AG.expertTeam for named in each.subjects]
    return f"{thing.name} for {listed(actions)}" if actions else thing.name


@dataclass(frozen=True, slots=True)
class _LaneHere:
    """The chain of an action as a row of dots, the address of the chain, and where the action stands in it, from 1."""

    drawing: Markup
    address: str
    position: int
    size: int


def _lane(target: ThingTarget, thing: Thing) -> _LaneHere | None:
    """Return the chain of an action; None if it is in none, or if the release has no index of chains."""
    if not thing.all(AG.inChain):
        return None
    with open_chains(target.snapshot.chains, target.settings) as chains:
        found = chains.lane_of(thing.iri) if chains else None
    if found is None:
        return None
    lane, number = found
    drawing = Markup(as_mini_lane(lane.around(number), here=number))  # noqa: S704 - numbers only
    path = f"chain/{quote(target.name.partition('/')[2])}{f'?version={target.version}' if target.version else ''}"
    return _LaneHere(drawing, f"{request.script_root}/{path}", number + 1, lane.size)


def _derived(target: ThingTarget, value: Value) -> bool:
    return value.graph == f"{target.settings.base}graph/derived"


def _told_once(target: ThingTarget, facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield facts without what the ontology makes of them in the terms of others, which is for programs."""
    for fact in facts:
        values = tuple(
            value
            for value in fact.values
            if not _derived(target, value)
            or str(value.term if fact.predicate == RDF.type else fact.predicate).startswith(AG)
        )
        if values:
            yield replace(fact, values=values)


def _key_facts(target: ThingTarget, thing: Thing) -> Iterator[Fact]:
    """Yield the facts that people look for: not what is computed, and not what the heading says."""
    for fact in thing.facts:
        values = tuple(
            value
            for value in fact.values
            if (fact.predicate in _SHOWN_ALTHOUGH_COMPUTED or not _derived(target, value))
            and not (value.name == thing.name and isinstance(value.term, Literal))
        )
        if values and fact.predicate not in _IN_ALL_TRIPLES_ONLY:
            yield replace(fact, values=values)


def _said_by(engine: Engine, statement: Thing, settings: Settings) -> tuple[Evidence, ...]:
    """Return the evidence that a source statement is."""
    said = [statement.all(predicate) for predicate in (RDF.subject, RDF.predicate, RDF.object)]
    subject, predicate, object_ = (next((value.term for value in values), None) for values in said)
    if not isinstance(subject, IRI) or not isinstance(predicate, IRI):
        return ()
    statements = Statements(engine, [subject], settings, "evidence-of-all")
    about = statements.about(Labels(engine, statements.things, settings), subject, predicate, object_)
    return tuple(each for each in about if each.statement == statement.iri)


def _anchor(thing: str, evidence: Evidence) -> str:
    whole, _, fragment = (evidence.statement or "").partition("#")
    return fragment if whole == thing else ""


def _written(
    target: ThingTarget, graph: str, predicate: str, lines: Mapping[tuple[str, str], SourceLine]
) -> Written | None:
    """Return the data file and line of a fact in a named graph; None if that graph is computed, or no data file."""
    key = graph.removeprefix(f"{target.settings.base}graph/")
    if key == graph or key in RESERVED or target.snapshot.folder is None:
        return None
    line = lines.get((predicate, key))
    version = f"?version={target.version}" if target.version else ""
    return Written(f"{key}.ttl", f"{request.script_root}/graph/{key}{version}", line.line if line else None)


def _written_here(target: ThingTarget, thing: Thing, lines: Mapping[tuple[str, str], SourceLine]) -> list[Written]:
    """Return the data files in which a thing is described, each with the line in which that begins."""
    graphs = {value.graph for fact in thing.facts for value in fact.values}
    return [found for graph in sorted(graphs) if (found := _written(target, graph, "", lines))]


def _grounds(target: ThingTarget, thing: Thing, lines: Mapping[tuple[str, str], SourceLine]) -> Iterator[Ground]:
    for fact in thing.facts:
        for value in fact.values:
            for evidence in value.evidence:
                report = _report(target, f"{thing.name}: {fact.name} {value.name}", evidence.statement or thing.iri)
                written = _written(target, value.graph, str(fact.predicate), lines)
                yield Ground(fact, value, evidence, _anchor(thing.iri, evidence), report, written)


def _marks(target: ThingTarget, fact: Fact, value: Value) -> Iterator[Mark]:
    """Yield the marks of a value that no words are kept for: grounds of a conclusion, read at a page, or computed."""
    for evidence in value.evidence:
        if evidence.basis_concept != _STATED:
            firmness = "" if evidence.confidence is None else f" {evidence.confidence}"
            anchor = _anchor(target.iri, evidence)
            address = f"#{anchor}" if anchor else target.link_to(evidence.statement)
            kind = "computed" if evidence.basis_concept == _READ_AT else "inferred"
            yield Mark(f"{evidence.basis or 'concluded'}{firmness}", address, kind)
        if evidence.conflicts:
            anchor = _anchor(target.iri, evidence)
            yield Mark("in conflict", f"#{anchor}" if anchor else target.link_to(evidence.statement), "inferred")
    if not value.evidence and _derived(target, value):
        yield Mark("computed", kind="computed")
    if fact.predicate == AG.summary:
        yield Mark("in the curators' words", kind="computed")


def _report(target: ThingTarget, about: str, iri: str) -> str | None:
    return report_address(target.settings, target.snapshot.version, about, iri)


def _citation(target: ThingTarget, thing: Thing) -> Citation | None:
    snapshot, settings = target.snapshot, target.settings
    if snapshot.version is None or snapshot.created_at is None:
        return None
    publisher = settings.publisher.name if settings.publisher else None
    title = settings.programme.text("title")
    return Citation(thing.name, thing.iri, target.page(), title, publisher, snapshot.version, snapshot.created_at)


def _links(target: ThingTarget, thing: Thing) -> str:
    """Return the Link field of the page about a thing (RFC 8288, Signposting)."""
    types = [f'<{_SCHEMA}{name}>; rel="type"' for name in ("AboutPage", schema_type(thing))]
    data = described_by(target.data)
    return ", ".join([f'<{target.iri}>; rel="cite-as"', *types, *data, *common_links(target)])


def described_by(address_of: Callable[[str], str]) -> list[str]:
    """Return the links from a page to the same as data; `address_of` gives the address in a syntax by its suffix."""
    return [f'<{address_of(syntax.suffix)}>; rel="describedby"; type="{syntax.media_type}"' for syntax in LINKED]


def write_document(engine: Engine, target: ThingTarget, chosen: Format) -> bytes:
    """Return a thing's own triples with the names of what they point at, and where the rest is (`rdfs:seeAlso`).

    Raises:
        EngineError: the engine failed.
    """
    references = IRI(target.data(references="")) if count_pages(target) else None
    row = _about(target, IRI(target.data())) | {"references": references}
    return _write(engine, QUERIES.query("document", [row], target.settings), chosen)


def write_references(engine: Engine, target: ThingTarget, page: int, chosen: Format) -> bytes:
    """Return the triples that point at a thing, on the page with this number, counted from 1.

    Raises:
        UnknownResource: there are fewer pages.
        EngineError: the engine failed.
    """
    pages = check_page(target, page)
    following = IRI(target.data(references="", page=str(page + 1))) if page < pages else None
    document = IRI(target.data(references="", page=str(page) if page > 1 else None))
    row = _about(target, document) | {"next": following}
    query = QUERIES.query("pointing", [row], target.settings)
    text = with_slice(query.text, limit=REFERENCES_A_PAGE, offset=(page - 1) * REFERENCES_A_PAGE)
    return _write(engine, replace(query, text=text), chosen)


def _about(target: ThingTarget, document: IRI) -> dict[str, Node | None]:
    """Return the values for a document about a thing: the thing, the document, the dataset and its licence."""
    return {"thing": target.iri, "document": document, "dataset": target.dataset, "license": target.license}


def count_pages(target: ThingTarget) -> int:
    """Return the number of pages of triples that point at a thing."""
    return ceil(count_references(target.snapshot.terms, target.iri)[target.iri] / REFERENCES_A_PAGE)


def check_page(target: ThingTarget, page: int) -> int:
    """Return the number of pages, of which `page` must be one.

    Raises:
        UnknownResource: fewer than `page`.
    """
    pages = count_pages(target)
    if page > max(1, pages):
        raise UnknownResource(
            f"The uses of {target.iri} fit on {counted(max(1, pages), 'page')}; there is no page {page}."
        )
    return pages


def data_links(target: ThingTarget) -> str:
    """Return the Link field of data about a thing (RFC 8288, Signposting)."""
    links = [f'<{target.iri}>; rel="cite-as"', f'<{target.page()}>; rel="describes"; type="text/html"']
    return ", ".join([*links, *common_links(target)])


def common_links(target: ThingTarget) -> list[str]:
    """Return the links that page and data share: the licence, if it is known, and what the thing is described in."""
    license_ = [f'<{target.license}>; rel="license"'] if target.license else []
    return [*license_, f'<{target.dataset}>; rel="collection"']


def _write(engine: Engine, query: CheckedQuery, chosen: Format) -> bytes:
    return engine.answer(replace(query, prefixes=_WRITTEN), chosen)
