"""Things in the terms of schema.org, for search engines that read JSON-LD inside pages.

It holds only facts of the graph: no image, no date and no offer is made up to please a checker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rdflib import DCTERMS, FOAF, OWL, RDFS, SKOS
from rdflib.term import Node

from actiongraph.things.thing import Thing
from actiongraph.vocabulary import AG, DCAT, ORG

CONTEXT = "https://schema.org"
_TYPES: Mapping[Node, str] = {
    AG.DescribedAction: "Project",
    AG.ReferencedAction: "Project",
    AG.Activity: "Event",
    AG.ExpertTeam: "Organization",
    AG.Country: "Country",
    AG.Place: "Place",
    AG.Chain: "ItemList",
    AG.Series: "ItemList",
    AG.SourceStatement: "Claim",
    AG.Source: "CreativeWork",
    ORG.Organization: "Organization",
    FOAF.Document: "CreativeWork",
    SKOS.Concept: "DefinedTerm",
    SKOS.ConceptScheme: "DefinedTermSet",
    OWL.Ontology: "DefinedTermSet",
    DCAT.Dataset: "Dataset",
}
"""The class of schema.org that comes closest; all else is a Thing. The vocabulary says why a project is no more than
a close match for an action."""
_TEXTS: Mapping[str, tuple[Node, ...]] = {
    "description": (AG.summary, SKOS.definition, DCTERMS.description, RDFS.comment, AG.reason),
    "identifier": (AG.actionNumber, AG.iso3),
    "alternateName": (AG.abbreviation, SKOS.altLabel),
    "startDate": (AG.startDate,),
    "endDate": (AG.endDate,),
    "dateCreated": (DCTERMS.issued,),
}
_LINKS: Mapping[str, tuple[Node, ...]] = {
    "sameAs": (SKOS.exactMatch, OWL.sameAs),
    "inDefinedTermSet": (SKOS.inScheme,),
    "location": (AG.country, AG.place),
    "member": (AG.expertTeam, AG.partner),
    "about": (AG.theme,),
    "containedInPlace": (AG.placeInCountry, AG.basedIn),
    "itemListElement": (AG.chainRoot,),
    "citation": (DCTERMS.source,),
}


def schema_type(thing: Thing) -> str:
    """Return the class of schema.org that comes closest to the classes of a thing."""
    return next((_TYPES[found] for found in thing.types if found in _TYPES), "Thing")


def thing_in_schema(thing: Thing, page: str) -> dict[str, Any]:
    """Return a thing as JSON-LD in schema.org's terms; `page` is the address of the page about it."""
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": schema_type(thing),
        "@id": str(thing.iri),
        "name": thing.name,
        "url": page,
    }
    for name, predicates in _TEXTS.items():
        found = [value.name for predicate in predicates for value in thing.all(predicate)]
        document |= {name: found[0] if len(found) == 1 or name == "description" else found} if found else {}
    for name, predicates in _LINKS.items():
        linked = [value for predicate in predicates for value in thing.all(predicate)]
        document |= {name: [{"@id": str(value.term), "name": value.name} for value in linked]} if linked else {}
    return document


def in_script(document: Mapping[str, Any]) -> str:
    """Return JSON that can stand in a script element, whatever the data holds.

    Source: HTML, section 4.12.1.3 (a script element ends at `</script`, and `<!--` changes how it is read).
    """
    written = json.dumps(document, ensure_ascii=False, indent=1)
    return written.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
