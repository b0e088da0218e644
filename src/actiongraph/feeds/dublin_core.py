"""A thing in unqualified Dublin Core, as OAI-PMH asks for it.

Source: OAI-PMH 2.0, section 7 (oai_dc); Dublin Core Metadata Element Set 1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from xml.etree import ElementTree as ET

import pyoxigraph as ox
from rdflib import DCTERMS, FOAF, RDF, RDFS, SKOS

from actiongraph.feeds.xml import XSI, child, element
from actiongraph.index.resource_history import HistoryEntry
from actiongraph.vocabulary import AG

NAMESPACE = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_ELEMENTS = "http://purl.org/dc/elements/1.1/"
_TITLES = {str(predicate): "title" for predicate in (SKOS.prefLabel, DCTERMS.title, RDFS.label, FOAF.name)}
_PROSE = (AG.summary, DCTERMS.description, SKOS.definition, SKOS.note, AG.reason)
_DATES = (AG.startDate, AG.endDate, DCTERMS.issued)
_TEXTS = (
    _TITLES
    | {str(predicate): "description" for predicate in _PROSE}
    | {str(predicate): "date" for predicate in _DATES}
    | {str(AG.actionNumber): "identifier"}
)
"""Predicates whose literals become an element."""
_NAMED = {str(AG.partner): "contributor", str(AG.country): "coverage"}
"""Predicates that point at things whose titles become an element."""
_RELATED = (AG.followUpOf, AG.probableFollowUpOf, AG.followedBy, AG.probablyFollowedBy)
_LINKS = {str(predicate): "relation" for predicate in _RELATED} | {
    str(RDF.type): "type",
    str(AG.theme): "subject",
    str(DCTERMS.source): "source",
}
"""Predicates that point at what becomes an element by its IRI."""
TitleOf = Callable[[str], str | None]
_Facts = Sequence[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]


def dublin_core(
    thing: HistoryEntry, triples: Sequence[ox.Triple], page: str, title_of: TitleOf, rights: str | None
) -> ET.Element:
    """Return the `oai_dc:dc` element of `thing`, whose page is at the address `page`.

    `title_of` gives the title of another thing by its IRI, or None; `rights` is the licence, if it is known.
    """
    root = element(
        "oai_dc:dc",
        {
            "xmlns:oai_dc": NAMESPACE,
            "xmlns:dc": _ELEMENTS,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{NAMESPACE} {SCHEMA}",
        },
    )
    facts = [
        (triple.predicate, triple.object)
        for triple in triples
        if triple.subject == ox.NamedNode(thing.iri) and isinstance(triple.object, ox.NamedNode | ox.Literal)
    ]
    for name, value, language in _statements(thing, facts, title_of):
        child(root, f"dc:{name}", {"xml:lang": language} if language else {}, text=value)
    for value in (thing.iri, page):
        child(root, "dc:identifier", text=value)
    if rights:
        child(root, "dc:rights", text=rights)
    return root


def _statements(thing: HistoryEntry, facts: _Facts, title_of: TitleOf) -> Iterator[tuple[str, str, str | None]]:
    """Yield name, value and language of each element that follows from what is said of the thing."""
    literals = [(predicate.value, value) for predicate, value in facts if isinstance(value, ox.Literal)]
    if not any(predicate in _TITLES for predicate, _ in literals):
        yield "title", thing.title or f"{thing.kind} {thing.key}", None
    yield "type", thing.kind, None
    for predicate, literal in literals:
        if predicate in _TEXTS:
            yield _TEXTS[predicate], literal.value, literal.language
    for language in sorted({literal.language for _, literal in literals if literal.language}):
        yield "language", language, None
    for node, value in facts:
        if isinstance(value, ox.NamedNode) and node.value in _NAMED:
            yield _NAMED[node.value], title_of(value.value) or value.value, None
        elif isinstance(value, ox.NamedNode) and node.value in _LINKS:
            yield _LINKS[node.value], value.value, None
