"""The page of terms is the one that the ontology and the shapes make, and has every term."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import rdflib
from rdflib import OWL, RDF

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "terms.md").read_text("utf-8")
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)


def test_it_is_made_from_the_ontology_and_the_shapes_as_they_are():
    made = subprocess.run([sys.executable, CHECKOUT / "docs" / "terms.py"], capture_output=True, check=True)
    assert made.stdout.decode() == PAGE, "write it anew: python docs/terms.py > docs/terms.md"


def test_every_term_of_the_vocabulary_is_on_it():
    ontology = rdflib.Graph().parse(CHECKOUT / "ontology" / "actiongraph.ttl")
    terms = {str(term).partition("ontology#")[2] for kind in KINDS for term in ontology.subjects(RDF.type, kind)}
    assert {term for term in terms if term and f"`ag:{term}`" not in PAGE} == set()
