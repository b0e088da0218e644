"""The things that other files of a data folder describe, for whoever writes one: nothing is described twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from rdflib import DCTERMS, RDF, SKOS, XSD

from actiongraph.engine.files import read_file
from actiongraph.ingest.claims import Property
from actiongraph.ingest.identity import NamedAction, NamedOrganization, Surroundings
from actiongraph.ingest.turtle_writer import literal, short_name
from actiongraph.release.inputs import turtle_files
from actiongraph.settings import shipped
from actiongraph.text import folded
from actiongraph.vocabulary import AG, CANONICAL_BASE, CONCEPT, ORG

_ACTION, _ORGANIZATION, _COUNTRY = "id/action/", "id/org/", "id/country/"


def surroundings_of(target: Path) -> Surroundings:
    """Return the things that the data folder around the file `target`, and the vocabulary, describe.

    Raises:
        DataError: a file of the folder cannot be read.
        DataSyntaxError: a file of the folder is not Turtle.
    """
    concepts: dict[tuple[str, str], str] = {}
    for path in sorted(shipped("ontology").glob("*.ttl")):
        concepts |= _concepts(facts_of(path))
    folder = FolderFacts()
    for path in turtle_files(target.parent):
        if path != target:
            facts = facts_of(path)
            folder.add(path.name, facts)
            own = _concepts(facts)
            replaced = {scheme for scheme, _ in own}  # a list of the programme's own stands in place of the shipped one
            concepts = {name: concept for name, concept in concepts.items() if name[0] not in replaced} | own
    described = {action.iri: action for action in folder.actions()}
    numbers = {number: iri for number, iri in folder.numbers.items() if iri in folder.things}
    return Surroundings(folder.things, numbers, concepts, described, folder.organizations())


_Value = ox.NamedNode | ox.Literal
Facts = Mapping[str, Sequence[tuple[str, _Value]]]
"""Subjects, below the canonical base, and values by predicate."""


def facts_of(path: Path) -> Facts:
    """Return the facts of the file at `path` that no blank node has a part in."""
    found: defaultdict[str, list[tuple[str, _Value]]] = defaultdict(list)
    for quad in read_file(path, base=CANONICAL_BASE):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
            subject = quad.subject.value.removeprefix(CANONICAL_BASE)
            found[quad.predicate.value].append((subject, quad.object))
    return found


def _concepts(facts: Facts) -> dict[tuple[str, str], str]:
    """Return concepts by the key of their scheme and each of their labels, folded, or notations."""
    schemes = {subject: scheme.value.removeprefix(CONCEPT) for subject, scheme in facts.get(str(SKOS.inScheme), ())}
    return {
        (schemes[subject], folded(label.value)): subject
        for predicate in (SKOS.prefLabel, SKOS.altLabel, SKOS.notation)
        for subject, label in facts.get(str(predicate), ())
        if subject in schemes
    }


COMPARED = {
    str(AG.actionNumber): Property.NUMBER,
    str(DCTERMS.identifier): Property.IDENTIFIER,
    str(DCTERMS.title): Property.TITLE,
    str(SKOS.prefLabel): Property.TITLE,
    str(AG.country): Property.COUNTRY,
    str(AG.startDate): Property.START,
    str(AG.endDate): Property.END,
    str(AG.teamCount): Property.TEAM_COUNT,
    str(AG.activityCount): Property.ACTIVITY_COUNT,
    str(AG.ordinalWithPartner): Property.ORDINAL,
    str(AG.describedAsFollowUp): Property.DESCRIBED_AS_FOLLOW_UP,
}
"""The property of claims that a predicate stands for, of those that actions are held against each other by."""
_NAMES = (str(SKOS.prefLabel), str(SKOS.altLabel))
_PLAIN = frozenset(str(each) for each in (XSD.integer, XSD.boolean, XSD.decimal))


@dataclass(slots=True)
class FolderFacts:
    """The actions and organizations of a data folder, gathered file by file.

    `things` are what a file describes, with the name of the first that does; `numbers` are those of actions.
    """

    things: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    _of: defaultdict[str, list[tuple[str, ox.NamedNode | ox.Literal]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, file: str, facts: Facts) -> None:
        """Take in the facts of a file."""
        for subject, _ in facts.get(str(RDF.type), ()):
            self.things.setdefault(subject, file)
        self.numbers |= {number.value: subject for subject, number in facts.get(str(AG.actionNumber), ())}
        for predicate, pairs in facts.items():
            for subject, value in pairs:
                if subject.startswith((_ACTION, _ORGANIZATION)):
                    self._of[subject].append((predicate, value))

    def actions(self) -> list[NamedAction]:
        """Return the actions that are described, by IRI."""
        return [self._action(iri) for iri in sorted(self._of) if iri.startswith(_ACTION) and iri in self.things]

    def _action(self, iri: str) -> NamedAction:
        facts = self._of[iri]
        values: defaultdict[Property, list[tuple[str, str]]] = defaultdict(list)
        for predicate, value in facts:
            if property_ := COMPARED.get(predicate):
                language = value.language or "" if isinstance(value, ox.Literal) else ""
                values[property_].append((local_name(value).removeprefix(_COUNTRY), language))
            elif predicate == str(AG.partner):
                values[Property.PARTNER] += ((name, "") for name in self._names(local_name(value)))
        types = {value.value for predicate, value in facts if predicate == str(RDF.type)}
        said = frozenset((short_name(predicate), written(value)) for predicate, value in facts)
        return NamedAction(iri, values, self.things[iri], said, is_referenced=str(AG.ReferencedAction) in types)

    def _names(self, iri: str) -> Iterable[str]:
        return (value.value for predicate, value in self._of.get(iri, ()) if predicate in _NAMES)

    def organizations(self) -> list[NamedOrganization]:
        """Return the organizations that are described: of the country where they are based, or were partners."""
        countries: defaultdict[str, set[str]] = defaultdict(set)
        for action in [iri for iri in self._of if iri.startswith(_ACTION)]:
            helped = [local_name(value) for predicate, value in self._of[action] if predicate == str(AG.country)]
            for predicate, value in self._of[action]:
                if predicate == str(AG.partner) and len(helped) == 1:
                    countries[local_name(value)].add(helped[0].removeprefix(_COUNTRY))
        return [
            self._organization(iri, countries[iri])
            for iri in sorted(self._of)
            if iri.startswith(_ORGANIZATION) and iri in self.things
        ]

    def _organization(self, iri: str, helped: Iterable[str]) -> NamedOrganization:
        facts = self._of[iri]
        based = {local_name(value).removeprefix(_COUNTRY) for predicate, value in facts if predicate == str(AG.basedIn)}
        shorts = {folded(value.value) for predicate, value in facts if predicate == str(AG.abbreviation)}
        if any(predicate == str(ORG.unitOf) for predicate, _ in facts):
            shorts = set()  # a unit is often called by the short form of the whole
        names = frozenset(map(folded, self._names(iri)))
        return NamedOrganization(iri, self.things[iri], names, frozenset(shorts), frozenset(based or helped))


def local_name(value: _Value) -> str:
    """Return a literal's text, or an IRI below the canonical base without that."""
    return value.value.removeprefix(CANONICAL_BASE) if isinstance(value, ox.NamedNode) else value.value


def written(value: _Value) -> str:
    """Return a value as `ingest.turtle_writer` has it."""
    if isinstance(value, ox.NamedNode):
        return short_name(value.value)
    if value.language:
        return literal(value.value, value.language)
    datatype = value.datatype.value
    if datatype in _PLAIN:
        return value.value
    return literal(value.value) if datatype == str(XSD.string) else f"{literal(value.value)}^^{short_name(datatype)}"
