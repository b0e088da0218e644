"""Words for terms that the graph has no label for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType

from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS
from rdflib.term import Node

from actiongraph.vocabulary import AG, DCAT, IRI, OA, ORG, PREFIXES

_NOUNS = MappingProxyType(
    {
        AG.WithdrawnResource: "withdrawn resource",
        AG.DescribedAction: "action",
        AG.ReferencedAction: "action known only by its number",
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
        IRI(PREFIXES["foaf"] + "Document"): "document",
        SKOS.Concept: "concept",
        SKOS.ConceptScheme: "scheme of concepts",
        OWL.Ontology: "vocabulary",
        OA.SpecificResource: "passage",
        DCAT.Catalog: "catalogue",
        DCAT.Dataset: "dataset",
        DCAT.DataService: "data service",
        DCAT.Distribution: "distribution",
    }
)
"""What a thing of each class is called, the most telling class first."""
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN = MappingProxyType(
    {
        RDF.type: "is a",
        RDF.subject: "subject",
        RDFS.seeAlso: "see also",
        SKOS.prefLabel: "name",
        SKOS.altLabel: "other name",
        SKOS.exactMatch: "same as, elsewhere",
        SKOS.inScheme: "in scheme",
    }
)


_FIRST = (
    RDF.type, DCTERMS.title, SKOS.prefLabel, RDFS.label, AG.summary, SKOS.definition, RDFS.comment, AG.actionNumber,
    AG.partner, AG.partnerNameAsPrinted, AG.country, AG.place, AG.startDate, AG.endDate, AG.assistanceType, AG.theme,
    AG.expertTeam, AG.sendingCountry, AG.followUpOf, AG.probableFollowUpOf, AG.describedAsFollowUp, AG.followedBy,
    AG.probablyFollowedBy, AG.hasActivity, AG.outcomeOrganization, AG.concernsDocument,
)  # fmt: skip
"""What people look for first, in this order."""
_LAST = (
    AG.inChain, AG.chainDepth, AG.comesAfter, AG.comesBefore, AG.earliestStart, AG.latestStart, AG.startYear,
    RDF.subject, RDF.predicate, RDF.object, SKOS.exactMatch, DCTERMS.source,
)  # fmt: skip
_PLACES = {term: place for place, term in enumerate((*_FIRST, None, *_LAST))}


def place_of(predicate: IRI) -> tuple[int, str]:
    """Return what to sort predicates by on a page: what people look for first, then by name, then what is computed."""
    return _PLACES.get(predicate, len(_FIRST)), str(predicate)


def noun_of(types: Iterable[Node]) -> str:
    """Return what a thing of `types` is called, such as `expert team`."""
    given = set(types)
    return next((noun for known, noun in _NOUNS.items() if known in given), "thing")


def telling(types: Iterable[IRI]) -> tuple[IRI, ...]:
    """Return `types` with those first that tell most about a thing."""
    rank = {known: place for place, known in enumerate(_NOUNS)}
    return tuple(sorted(types, key=lambda found: (rank.get(found, len(rank)), str(found))))


def spelled_out(iri: str) -> str:
    """Return the local name of a term in words: `hasTopConcept` is `has top concept`."""
    if plain := _PLAIN.get(IRI(iri)):
        return plain
    local = str(iri)[max(iri.rfind("#"), iri.rfind("/")) + 1 :] or str(iri)
    return _CAPITAL.sub(" ", local).lower() if local.isascii() else local
