"""The page of the sitemap with what is in no list of things: concepts, files and releases."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from rdflib import RDF, SKOS, Graph

from actiongraph.settings import shipped
from actiongraph.vocabulary import CANONICAL_BASE


def test_it_has_every_concept_of_the_vocabulary_and_every_page_opens(deployment) -> None:
    response = deployment.get(f"{deployment.url}sitemap-site.xml")
    found = {element.text for element in ET.fromstring(response.data).iter() if element.tag.endswith("}loc")}
    schemes = Graph().parse(shipped("ontology") / "schemes.ttl")
    concepts = {
        str(concept) for kind in (SKOS.Concept, SKOS.ConceptScheme) for concept in schemes.subjects(RDF.type, kind)
    }
    # Of the DAC's sectors, those that themes are matched with, their category and the list itself.
    concepts |= {str(match) for pair in (SKOS.exactMatch, SKOS.broadMatch) for match in schemes.objects(None, pair)}
    concepts |= {f"{CANONICAL_BASE}concept/{rest}" for rest in ("dac-sector", "dac-sector/160")}
    pages = {f"{deployment.url}doc/{concept.removeprefix(CANONICAL_BASE)}" for concept in concepts}
    assert len(pages) > 30
    assert {address for address in found if "/doc/concept/" in address} == pages
    assert {f"{deployment.url}{path}" for path in ("catalog", "dumps/", "releases")} <= found
    for address in found:
        assert deployment.get(address, "text/html").status_code == 200, address
