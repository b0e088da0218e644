"""Words for terms without a label in the graph, and the order in which people look for predicates."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rdflib import DCTERMS, FOAF, OWL, RDF, RDFS, SKOS
from rdflib.term import Node

from actiongraph.iris import name_of
from actiongraph.vocabulary import AG, DCAT, IRI, OA, ORG

_NOUNS = {
    AG.WithdrawnResource: "withdrawn resource",
    AG.DescribedAction: "action",
    AG.ReferencedAction: "action mentioned only by number",
    AG.Activity: "activity",
    AG.ExpertTeam: "expert team",
    AG.Facility: "facility",
    AG.Country: "country",
    AG.Place: "place",
    AG.Series: "series",
    AG.Chain: "chain",
    AG.SourceStatement: "source statement",
    AG.Source: "source",
    ORG.Organization: "organization",
    FOAF.Document: "document",
    SKOS.Concept: "concept",
    SKOS.ConceptScheme: "scheme of concepts",
    OWL.Ontology: "vocabulary",
    OA.SpecificResource: "passage",
    DCAT.Catalog: "catalogue",
    DCAT.Dataset: "dataset",
    DCAT.DataService: "data service",
    DCAT.Distribution: "distribution",
}
"""The noun for a thing of each class, the most telling class first."""
_TELLING = {known: rank for rank, known in enumerate(_NOUNS)}
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN = {
    RDF.type: "is a",
    RDF.subject: "subject",
    RDFS.seeAlso: "see also",
    SKOS.prefLabel: "name",
    SKOS.altLabel: "other name",
    SKOS.exactMatch: "same as, elsewhere",
    SKOS.inScheme: "in scheme",
}
_FIRST = (
    RDF.type, DCTERMS.title, SKOS.prefLabel, RDFS.label, AG.summary, SKOS.definition, RDFS.comment, AG.actionNumber,
    AG.partner, AG.partnerNameAsPrinted, AG.country, AG.place, AG.requestedOn, AG.startDate, AG.endDate,
    AG.assistanceType, AG.theme, AG.expertTeam, AG.teamCount, AG.expertsFrom, AG.sendingCountry, AG.followUpOf,
    AG.probableFollowUpOf, AG.describedAsFollowUp, AG.followedBy, AG.probablyFollowedBy, AG.hasActivity,
    AG.activityOrder, AG.participantsAsPrinted, AG.participant, AG.outcome, AG.outcomeKind, AG.outcomeStatus,
    AG.resultingOrganization, AG.resultingDocument, AG.concernsDocument,
)  # fmt: skip
"""The predicates that people look for first, in this order."""
_LAST = (
    AG.inChain, AG.chainDepth, AG.comesAfter, AG.comesBefore, AG.earliestStart, AG.latestStart, AG.startYear,
    RDF.subject, RDF.predicate, RDF.object, SKOS.exactMatch, DCTERMS.source,
)  # fmt: skip
"""The predicates that are computed or say little, in this order."""
_RANKS = {term: rank for rank, term in enumerate((*_FIRST, None, *_LAST))}


def rank_of(predicate: IRI) -> tuple[int, str]:
    """Return a key to sort predicates by on a page: those that people look for first, others by IRI, the rest."""
    return _RANKS.get(predicate, len(_FIRST)), str(predicate)


def noun_of(types: Iterable[Node]) -> str:
    """Return the noun for a thing of `types`, such as `expert team`."""
    given = set(types)
    return next((noun for known, noun in _NOUNS.items() if known in given), "thing")


def telling(types: Iterable[IRI]) -> tuple[IRI, ...]:
    """Return `types`, those that tell most about a thing first."""
    return tuple(sorted(types, key=lambda found: (_TELLING.get(found, len(_TELLING)), str(found))))


def spelled_out(iri: str) -> str:
    """Return the local name of a term in words: `hasTopConcept` is `has top concept`."""
    if plain := _PLAIN.get(IRI(iri)):
        return plain
    local = name_of(str(iri)) or str(iri)
    return _CAPITAL.sub(" ", local).lower() if local.isascii() else local
