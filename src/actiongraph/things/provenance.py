"""Where triples come from: the words of a source, a conclusion with its reason, a curator, or a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from rdflib import DCTERMS, RDF, RDFS, BNode, Literal
from rdflib.term import Node

from actiongraph.chains.facts import Labels, Statements
from actiongraph.chains.model import Evidence
from actiongraph.engine.base import Engine, Solution
from actiongraph.engine.queries import BATCH
from actiongraph.settings import Settings
from actiongraph.things.path_links import Triple
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import AG, CONCEPT, IRI


class ProvenanceKind(StrEnum):
    """On what a triple rests; the first four are the bases that a source statement can have."""

    STATED = "stated"
    INFERRED = "inferred"
    READ_AT = "read-at"
    EXTERNAL = "external"
    ON_RECORD = "on record"
    SET_BY_CURATORS = "set by curators"
    VOCABULARY = "vocabulary"
    CATALOGUE = "catalogue"
    COMPUTED = "computed"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Provenance:
    """On what a triple rests, and the graphs that it is in; `rule` says how it was computed, from which triple."""

    kind: ProvenanceKind
    graphs: tuple[IRI, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    rule: str = ""
    computed_from: Triple | None = None


_BASES = {
    CONCEPT[f"basis/{kind}"]: kind
    for kind in (ProvenanceKind.STATED, ProvenanceKind.INFERRED, ProvenanceKind.READ_AT, ProvenanceKind.EXTERNAL)
}
_DATES = "the start as a day or a year that can be compared"
_CHAIN = "actions that follow-ups join are one chain"
_REACHED = "follow-ups lead from one action to the other, over one link or more"
_OLDER = "an older property, kept for queries that use it, which follows from what has taken its place"
_RULES: Mapping[IRI, str] = {
    AG.followedBy: "the other way round, a follow-up",
    AG.probablyFollowedBy: "the other way round, a probable follow-up",
    AG.inChain: _CHAIN,
    AG.chainRoot: "an action of the chain that follows no other is a root of it",
    AG.chainDepth: "the number of links from a root of the chain, by the longest way",
    AG.chainLength: "the number of links on the longest way through the chain",
    AG.chainSize: "the number of actions in the chain",
    AG.comesAfter: _REACHED,
    AG.comesBefore: _REACHED,
    AG.earliestStart: _DATES,
    AG.latestStart: _DATES,
    AG.startYear: _DATES,
    AG.iso2: _OLDER,
    AG.iso3: _OLDER,
    AG.dacCode: _OLDER,
    AG.outcomeOrganization: _OLDER,
    AG.sha256: _OLDER,
    RDFS.label: "a name made of what is known of the thing, for it has none of its own",
    DCTERMS.hasPart: "what a chain begins with is a part of it",
}
"""The rule behind a computed triple, by its predicate (`release.derive` and `release.entail`)."""


def provenance_of(
    engine: Engine, triples: Collection[Triple], settings: Settings, graphs: Sequence[IRI] = ()
) -> Mapping[Triple, Provenance]:
    """Return on what each of `triples` rests; only in `graphs`, if there are any.

    Raises:
        EngineError: the engine failed.
    """
    found, stored = _graphs_of(engine, triples, settings, frozenset(graphs))
    derived = IRI(f"{settings.base}graph/derived")
    computed = [triple for triple in triples if found.get(triple) == [derived]]
    origins = _origins_of(engine, computed, settings)
    spoken_of = [stored.get(triple, triple) for triple in triples] + [*origins.values()]
    about = {row["statement"] for row in _asked(engine, "statements-about", spoken_of, settings)}
    named = sorted(statement for statement in about if isinstance(statement, IRI))
    statements = Statements(engine, named, settings, "evidence-of-statements")
    labels = Labels(engine, statements.things, settings)

    def evidence(triple: Triple) -> tuple[Evidence, ...]:
        subject, predicate, object_ = triple
        if not isinstance(subject, IRI) or not isinstance(predicate, IRI):
            return ()
        return statements.about(labels, subject, predicate, object_)

    made: dict[Triple, Provenance] = {}
    for triple in triples:
        names, origin = tuple(found.get(triple, ())), origins.get(triple)
        own = evidence(stored.get(triple, triple))
        kind = _kind(own, names, settings)
        if kind is ProvenanceKind.COMPUTED:
            own = evidence(origin) if origin else ()
        rule = _rule(triple, origin) if kind is ProvenanceKind.COMPUTED else ""
        made[triple] = Provenance(kind, names, own, rule, origin)
    return made


def _kind(evidence: Sequence[Evidence], graphs: Sequence[IRI], settings: Settings) -> ProvenanceKind:
    if evidence:
        return _BASES.get(evidence[0].basis_concept, ProvenanceKind.ON_RECORD)  # type: ignore[arg-type]
    kinds = [_KINDS.get(graph.removeprefix(f"{settings.base}graph/"), ProvenanceKind.ON_RECORD) for graph in graphs]
    # A triple that is in several graphs rests on the one that people answer for.
    return min(kinds, key=_ORDER.index, default=ProvenanceKind.NOT_KNOWN)


_KINDS = {
    "reference": ProvenanceKind.SET_BY_CURATORS,
    "vocabulary": ProvenanceKind.VOCABULARY,
    "catalog": ProvenanceKind.CATALOGUE,
    "derived": ProvenanceKind.COMPUTED,
}
_ORDER = list(ProvenanceKind)


def _rule(triple: Triple, origin: Triple | None) -> str:
    _, predicate, object_ = triple
    if predicate == RDF.type:
        return _CHAIN if object_ == AG.Chain else "what is of a class is of the wider one too"
    known = _RULES.get(predicate) if isinstance(predicate, IRI) else None
    if known:
        return known
    return "what has a property has the wider one too" if origin else "a rule of the vocabulary"


_INVERSES = {AG.followedBy: AG.followUpOf, AG.probablyFollowedBy: AG.probableFollowUpOf}
_MOST_NARROWER = 50
"""Narrower terms of one: an ontology of more would take as many look-ups for each triple."""


def _origins_of(engine: Engine, triples: Sequence[Triple], settings: Settings) -> Mapping[Triple, Triple]:
    """Return the triple that each computed one follows from by itself, if it does so from a single one.

    Where there are several, one with a term of ours, which a source can have a statement about, comes first.
    """
    wider = {term for _, predicate, object_ in triples for term in (predicate, object_) if isinstance(term, IRI)}
    narrower: dict[Node, list[Node]] = defaultdict(list)
    for row in QUERIES.ask(engine, "narrower-terms", sorted(wider), settings):
        narrower[row["wider"]].append(row["narrower"])
    possible = {triple: list(_possible_origins(triple, narrower)) for triple in triples}
    there, _ = _graphs_of(engine, dict.fromkeys(chain.from_iterable(possible.values())), settings, frozenset())
    found = {triple: [origin for origin in origins if origin in there] for triple, origins in possible.items()}
    return {
        triple: min(origins, key=lambda origin: (not any(str(term).startswith(AG) for term in origin[1:]), str(origin)))
        for triple, origins in found.items()
        if origins
    }


def _possible_origins(triple: Triple, narrower: Mapping[Node, Sequence[Node]]) -> Iterator[Triple]:
    """Yield the triples from which `triple` would follow: inverses, of narrower properties, and of narrower classes."""
    subject, predicate, object_ = triple
    inverse = _INVERSES.get(predicate) if isinstance(predicate, IRI) else None
    if inverse and isinstance(object_, IRI):
        yield object_, inverse, subject
    is_class = predicate == RDF.type
    for term in narrower.get(object_ if is_class else predicate, ())[:_MOST_NARROWER]:
        if is_class:
            yield subject, predicate, term
        elif term != predicate:
            yield subject, term, object_
        elif isinstance(object_, IRI):
            yield object_, predicate, subject


def _asked(engine: Engine, name: str, triples: Iterable[Triple], settings: Settings) -> Iterator[Solution]:
    """Yield the solutions of a query whose block has triples, each with its index; none for a blank node."""
    rows = [
        {"row": Literal(str(index)), "subject": triple[0], "predicate": triple[1], "object": triple[2]}
        for index, triple in enumerate(triples)
        if not any(isinstance(term, BNode) for term in triple)
    ]
    for start in range(0, len(rows), BATCH):
        yield from engine.select(QUERIES.query(name, rows[start : start + BATCH], settings))


def _graphs_of(
    engine: Engine, triples: Collection[Triple], settings: Settings, only: frozenset[IRI]
) -> tuple[Mapping[Triple, list[IRI]], Mapping[Triple, Triple]]:
    """Return the graphs of each triple that is there, and the triple as the store writes it."""
    ordered = list(triples)
    graphs: dict[Triple, list[IRI]] = defaultdict(list)
    stored: dict[Triple, Triple] = {}
    for row in _asked(engine, "graphs-of", ordered, settings):
        triple, graph = ordered[int(str(row["row"]))], row["graph"]
        if isinstance(graph, IRI) and (not only or graph in only):
            graphs[triple].append(graph)
            stored[triple] = triple[0], triple[1], row["object"]
    return {triple: sorted(found) for triple, found in graphs.items()}, stored
