"""Things in the terms of schema.org, for search engines that read JSON-LD inside pages.

It holds only facts of the graph: no image, no date and no offer is made up to please a checker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rdflib import DCTERMS, FOAF, OWL, RDFS, SKOS
from rdflib.term import Node

from actiongraph.things.thing import Thing, Value
from actiongraph.vocabulary import AG, DCAT, IRI, ORG

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
_CREATIVE = frozenset({"Claim", "CreativeWork", "Dataset", "DefinedTermSet"})
_ORGANIZATIONS = frozenset({"Organization", "Project"})
_ANY = frozenset({"Thing", "Event", "Country", "Place", "ItemList", "DefinedTerm"}) | _CREATIVE | _ORGANIZATIONS


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of schema.org: the predicates it stands for, the classes that have it there, its values' datatype."""

    name: str
    predicates: tuple[Node, ...]
    types: frozenset[str] = _ANY
    datatype: IRI | None = None

    def values(self, thing: Thing) -> list[Value]:
        """Return the values that `thing` has for it."""
        found = [value for predicate in self.predicates for value in thing.all(predicate)]
        if self.datatype is None:
            return found
        return [value for value in found if getattr(value.term, "datatype", None) == self.datatype]


_TEXTS = (
    _Property("description", (AG.summary, SKOS.definition, DCTERMS.description, RDFS.comment, AG.reason)),
    _Property("identifier", (AG.actionNumber,)),
    _Property("identifier", (SKOS.notation,), frozenset({"Country"}), AG["iso3166-1-alpha-3"]),
    _Property("termCode", (SKOS.notation,), frozenset({"DefinedTerm"})),
    _Property("alternateName", (AG.abbreviation, SKOS.altLabel)),
    _Property("startDate", (AG.startDate,), frozenset({"Event"})),
    _Property("endDate", (AG.endDate,), frozenset({"Event"})),
    _Property("foundingDate", (AG.startDate,), _ORGANIZATIONS),
    _Property("dissolutionDate", (AG.endDate,), _ORGANIZATIONS),
    _Property("dateCreated", (DCTERMS.issued,), _CREATIVE),
)
_LINKS = (
    _Property("sameAs", (SKOS.exactMatch, OWL.sameAs)),
    _Property("inDefinedTermSet", (SKOS.inScheme,), frozenset({"DefinedTerm"})),
    _Property("location", (AG.country, AG.place, AG.basedIn), _ORGANIZATIONS | {"Event"}),
    _Property("member", (AG.expertTeam, AG.partner), _ORGANIZATIONS),
    _Property("keywords", (AG.theme,), _ORGANIZATIONS),
    _Property("about", (AG.theme,), _CREATIVE | {"Event"}),
    _Property("containedInPlace", (AG.placeInCountry,), frozenset({"Country", "Place"})),
    _Property("itemListElement", (AG.chainRoot,), frozenset({"ItemList"})),
    _Property("citation", (DCTERMS.source,), _CREATIVE),
    _Property("subjectOf", (DCTERMS.source,), _ANY - _CREATIVE),
)
"""What schema.org has for our predicates. Its Project is an Organization: it begins by being founded, and what it is
about are its keywords."""


def schema_type(thing: Thing) -> str:
    """Return the class of schema.org that comes closest to the classes of a thing."""
    return next((_TYPES[found] for found in thing.types if found in _TYPES), "Thing")


def thing_in_schema(thing: Thing, page: str) -> dict[str, Any]:
    """Return a thing as JSON-LD in schema.org's terms; `page` is the address of the page about it."""
    kind = schema_type(thing)
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": kind,
        "@id": str(thing.iri),
        "name": thing.name,
        "url": page,
    }
    for each in (each for each in _TEXTS if kind in each.types):
        found = [value.name for value in each.values(thing)]
        if each.name == "description":
            found = [text for predicate in each.predicates if (text := thing.text(predicate))][:1]
        document |= {each.name: found[0] if len(found) == 1 else found} if found else {}
    for each in (each for each in _LINKS if kind in each.types):
        linked = [{"@id": str(value.term), "name": value.name} for value in each.values(thing)]
        document |= {each.name: linked} if linked else {}
    return document


def in_script(document: Mapping[str, Any]) -> str:
    """Return JSON that can stand in a script element, whatever the data holds.

    Source: HTML, section 4.12.1.3 (a script element ends at `</script`, and `<!--` changes how it is read).
    """
    written = json.dumps(document, ensure_ascii=False, indent=1)
    return written.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
