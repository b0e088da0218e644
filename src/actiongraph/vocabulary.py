"""Namespaces and terms, spelled once."""

from __future__ import annotations

from rdflib import Namespace
from rdflib import URIRef as IRI  # noqa: N814 - the specifications have IRIs

__all__ = [
    "AG", "AGSH", "AS", "BASE", "CANONICAL_BASE", "CONCEPT", "DCAT", "DRIFT_SUFFIX", "IRI", "LDES", "LEDGER_SUFFIX",
    "OA", "ORG", "PREFIXES", "SCHEMA", "SD", "SPDX", "TREE", "VCARD", "VOID", "VOID_EXT",
]  # fmt: skip

CANONICAL_BASE = "https://w3id.org/actiongraph/"
LEDGER_SUFFIX, DRIFT_SUFFIX = ".ledger.ttl", ".drift.ttl"
"""How the names of files end that say what became of the records of a source, and of words quoted from it."""
BASE = Namespace(CANONICAL_BASE)
AG = Namespace(CANONICAL_BASE + "ontology#")
AGSH = Namespace(CANONICAL_BASE + "shapes#")
AS = Namespace("https://www.w3.org/ns/activitystreams#")
CONCEPT = Namespace(CANONICAL_BASE + "concept/")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
LDES = Namespace("https://w3id.org/ldes#")
OA = Namespace("http://www.w3.org/ns/oa#")
ORG = Namespace("http://www.w3.org/ns/org#")
SCHEMA = Namespace("https://schema.org/")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
TREE = Namespace("https://w3id.org/tree#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
VOID = Namespace("http://rdfs.org/ns/void#")
VOID_EXT = Namespace("http://ldf.fi/void-ext#")

PREFIXES: dict[str, str] = {
    "ag": str(AG),
    "agc": str(CONCEPT),
    "agsh": str(AGSH),
    "dcat": str(DCAT),
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "oa": str(OA),
    "org": str(ORG),
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "sd": str(SD),
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": str(SPDX),
    "vcard": str(VCARD),
    "void": str(VOID),
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""The prefixes used in what people read: reports, suggestions, Turtle."""
