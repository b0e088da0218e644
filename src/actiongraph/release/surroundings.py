"""What the files around a file of data describe, for whoever writes that one: nothing is described in two files."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
from rdflib import RDF, SKOS

from actiongraph.engine.files import read_file
from actiongraph.ingest.turtle_writer import Surroundings
from actiongraph.settings import shipped
from actiongraph.text import folded
from actiongraph.vocabulary import AG, CANONICAL_BASE, CONCEPT, DRIFT_SUFFIX, LEDGER_SUFFIX


def surroundings_of(target: Path) -> Surroundings:
    """Return what the data folder around the file `target`, and the vocabulary, describe.

    Raises:
        DataError: a file of the folder cannot be read.
        DataSyntaxError: a file of the folder is not Turtle.
    """
    things: dict[str, str] = {}
    actions: dict[str, str] = {}
    concepts: dict[tuple[str, str], str] = {}
    files = [
        path
        for path in sorted(target.parent.glob("*.ttl"))
        if path != target and not path.name.endswith((LEDGER_SUFFIX, DRIFT_SUFFIX))
    ]
    for path in sorted(shipped("ontology").glob("*.ttl")):
        concepts |= _concepts(_facts(path))
    for path in files:
        facts = _facts(path)
        for subject, _ in facts[str(RDF.type)]:
            things.setdefault(subject, path.name)
        actions |= {number: subject for subject, number in facts[str(AG.actionNumber)]}
        own = _concepts(facts)
        replaced = {scheme for scheme, _ in own}  # a list of the programme's own stands in place of the shipped one
        concepts = {name: concept for name, concept in concepts.items() if name[0] not in replaced} | own
    return Surroundings(things, actions, concepts)


_Facts = dict[str, list[tuple[str, str]]]
"""Subjects below the canonical base, and values, by predicate."""


def _facts(path: Path) -> _Facts:
    found: _Facts = defaultdict(list)
    for quad in read_file(path, base=CANONICAL_BASE):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
            subject = quad.subject.value.removeprefix(CANONICAL_BASE)
            found[quad.predicate.value].append((subject, quad.object.value))
    return found


def _concepts(facts: _Facts) -> dict[tuple[str, str], str]:
    """Return concepts by the key of their scheme and each of their labels, folded, or notations."""
    schemes = {subject: scheme.removeprefix(CONCEPT) for subject, scheme in facts[str(SKOS.inScheme)]}
    return {
        (schemes[subject], folded(label)): subject
        for predicate in (SKOS.prefLabel, SKOS.altLabel, SKOS.notation)
        for subject, label in facts[str(predicate)]
        if subject in schemes
    }
