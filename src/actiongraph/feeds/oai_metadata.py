"""The metadata of OAI-PMH records: a thing in unqualified Dublin Core, and its own triples as RDF/XML.

Elements and attributes are named as they are written, prefixes included.

Source: OAI-PMH 2.0, section 7 (oai_dc); Dublin Core Metadata Element Set 1.1; RDF 1.1 XML Syntax, section 2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from xml.etree import ElementTree as ET

import pyoxigraph as ox
from rdflib import DCTERMS, FOAF, RDF, RDFS, SKOS, XSD

from actiongraph.index.resource_history import HistoryEntry
from actiongraph.text import language_rank
from actiongraph.vocabulary import AG, PREFIXES

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_OAI_DC_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_DC = "http://purl.org/dc/elements/1.1/"
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
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that no XML document can hold (XML 1.0, section 2.2)."""
_XML_NAME = re.compile(r"(?P<namespace>.*[/#:])(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)")
_KNOWN_PREFIXES = {namespace: prefix for prefix, namespace in PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class RecordSource:
    """The sources of the metadata of a record.

    `page` is the address of the page about `thing`, `title_of` returns the title of another thing by its IRI, or
    None, and `rights` is the licence, if it is known. Texts come in the order of `languages`.
    """

    thing: HistoryEntry
    page: str
    title_of: Callable[[str], str | None]
    rights: str | None
    languages: Sequence[str] = ()

    @property
    def triples(self) -> list[ox.Triple]:
        """The triples of the thing and of its parts."""
        return [quad.triple for quad in ox.parse(self.thing.triples or b"", format=ox.RdfFormat.N_TRIPLES)]


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A metadata format: its schema, its namespace, and the function that returns the element of a record."""

    schema: str
    namespace: str
    write: Callable[[RecordSource], ET.Element]


def child(
    parent: ET.Element,
    name: str,
    attributes: Mapping[str, str] = MappingProxyType({}),
    /,
    *,
    text: str | None = None,
) -> ET.Element:
    """Return a new element in `parent`, without the characters that no XML document can hold."""
    element = ET.SubElement(parent, name, {key: clean(value) for key, value in attributes.items()})
    element.text = None if text is None else clean(text)
    return element


def clean(text: str) -> str:
    """Return `text` without the control characters that no XML document can hold."""
    return _NO_CHARACTER.sub("", text)


def _dublin_core(source: RecordSource) -> ET.Element:
    """Return the `oai_dc:dc` element of a thing."""
    root = ET.Element(
        "oai_dc:dc",
        {
            "xmlns:oai_dc": _OAI_DC,
            "xmlns:dc": _DC,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{_OAI_DC} {_OAI_DC_SCHEMA}",
        },
    )
    for name, value, language in _statements(source):
        child(root, f"dc:{name}", {"xml:lang": language} if language else {}, text=value)
    for value in (source.thing.iri, source.page):
        child(root, "dc:identifier", text=value)
    if source.rights:
        child(root, "dc:rights", text=source.rights)
    return root


def _statements(source: RecordSource) -> Iterator[tuple[str, str, str | None]]:
    """Yield name, value and language of each element that follows from the thing's own triples."""
    thing = source.thing
    own = [triple for triple in source.triples if triple.subject == ox.NamedNode(thing.iri)]
    facts = [(triple.predicate.value, triple.object) for triple in own]
    literals = [(predicate, value) for predicate, value in facts if isinstance(value, ox.Literal)]
    literals.sort(key=lambda found: (found[0], language_rank(found[1].language, source.languages)))
    if not any(predicate in _TITLES for predicate, _ in literals):
        yield "title", thing.title or f"{thing.kind} {thing.key}", None
    yield "type", thing.kind, None
    texts = ((_TEXTS[predicate], literal) for predicate, literal in literals if predicate in _TEXTS)
    for name, literal in dict.fromkeys(texts):  # a name is a label as well
        yield name, literal.value, literal.language
    for language in sorted({literal.language for _, literal in literals if literal.language}):
        yield "language", language, None
    for predicate, value in facts:
        if isinstance(value, ox.NamedNode) and predicate in _NAMED:
            yield _NAMED[predicate], source.title_of(value.value) or value.value, None
        elif isinstance(value, ox.NamedNode) and predicate in _LINKS:
            yield _LINKS[predicate], value.value, None


def _rdf_xml(source: RecordSource) -> ET.Element:
    """Return the triples of a thing, which have no blank nodes, as an `rdf:RDF` element.

    Left out is what RDF/XML cannot say: triples whose predicate does not end in an XML name.
    """
    root, prefixes = ET.Element("rdf:RDF", {"xmlns:rdf": str(RDF)}), {str(RDF): "rdf"}
    for subject, own in groupby(source.triples, key=lambda triple: triple.subject):
        assert isinstance(subject, ox.NamedNode)  # noqa: S101 - what is published has no blank nodes
        description = child(root, "rdf:Description", {"rdf:about": subject.value})
        for triple in own:
            if found := _XML_NAME.fullmatch(triple.predicate.value):
                namespace = found["namespace"]
                if namespace not in prefixes:
                    prefixes[namespace] = _KNOWN_PREFIXES.get(namespace, f"ns{len(prefixes)}")
                    root.set(f"xmlns:{prefixes[namespace]}", namespace)
                _add_property(description, f"{prefixes[namespace]}:{found['name']}", triple.object)
    return root


def _add_property(description: ET.Element, name: str, value: object) -> None:
    if not isinstance(value, ox.Literal):
        assert isinstance(value, ox.NamedNode)  # noqa: S101 - as above
        child(description, name, {"rdf:resource": value.value})
    elif value.language:
        child(description, name, {"xml:lang": value.language}, text=value.value)
    else:
        datatype = value.datatype.value
        child(description, name, {} if datatype == str(XSD.string) else {"rdf:datatype": datatype}, text=value.value)


FORMATS: Mapping[str, MetadataFormat] = MappingProxyType(
    {
        "oai_dc": MetadataFormat(_OAI_DC_SCHEMA, _OAI_DC, _dublin_core),
        "rdf": MetadataFormat("http://www.openarchives.org/OAI/2.0/rdf.xsd", str(RDF), _rdf_xml),
    }
)
"""The metadata formats by prefix."""
