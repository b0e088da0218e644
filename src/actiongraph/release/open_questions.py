"""Open questions on the files that ingest wrote: new, changed, doubtful, in conflict, probably one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox
from rdflib import DCTERMS, RDF, SKOS

from actiongraph.engine.files import read_bytes, read_file
from actiongraph.ingest.decisions import Decisions, Question
from actiongraph.ingest.identity import addition_key, conflict_id, suggest_actions, suggest_organizations
from actiongraph.ingest.keys import digest
from actiongraph.ingest.own_output import was_written
from actiongraph.ingest.turtle_writer import fact_id, short_name
from actiongraph.release.inputs import turtle_files
from actiongraph.release.surroundings import COMPARED, FolderFacts, facts_of, local_name, written
from actiongraph.vocabulary import AG, CANONICAL_BASE

_ACTION, _COUNTRY = "id/action/", "id/country/"
_NO_FACT = frozenset(str(each) for each in (AG.stated, DCTERMS.source))
_Value = ox.NamedNode | ox.Literal


class Heading(StrEnum):
    """The kinds of what is open, in the order in which they are shown."""

    NEW = "New"
    CHANGED = "Changed"
    DOUBTFUL = "Doubtful"
    CONFLICT = "In conflict"
    LINKED = "Probably linked"
    SAME = "Probably the same"


class OpenQuestion(NamedTuple):
    """A question that nobody has answered: its name, what yes would mean, and which file it is about."""

    heading: Heading
    name: str
    text: str
    file: str


def open_questions(folder: Path, decisions: Decisions) -> list[OpenQuestion]:
    """Return the open questions of a data folder, by heading and name.

    Raises:
        DataError: a file of the folder cannot be read.
        DataSyntaxError: a file of the folder is not Turtle.
    """
    facts = FolderFacts()
    files = turtle_files(folder)
    ingested = [path for path in files if was_written(read_bytes(path))]
    for path in files:
        facts.add(path.name, facts_of(path))
    found = [question for path in ingested for question in _Written(path, facts.things, decisions).questions()]
    found += _suggestions(facts, {path.name for path in ingested})
    order = list(Heading)
    unanswered = {each.name: each for each in found if decisions.said(each.name) is None}
    return sorted(unanswered.values(), key=lambda each: (order.index(each.heading), each.name))


def _suggestions(facts: FolderFacts, ingested: set[str]) -> Iterator[OpenQuestion]:
    """Yield which things may be one, if ingest wrote of one of the two at least."""
    actions, organizations = facts.actions(), facts.organizations()
    for suggestion in (*suggest_actions(actions), *suggest_organizations(organizations)):
        files = [facts.things[iri] for iri in (suggestion.one, suggestion.other)]
        if ingested.intersection(files):
            text = f"{suggestion.one} ({files[0]}) and {suggestion.other} are one? {suggestion.reason}"
            yield OpenQuestion(Heading.SAME, suggestion.name, text, files[1])


class _Written:
    """A file that ingest wrote."""

    def __init__(self, path: Path, things: Mapping[str, str], decisions: Decisions) -> None:
        self._path = path
        self._things = things
        self._decisions = decisions
        self._facts: defaultdict[str, defaultdict[str, list[_Value]]] = defaultdict(lambda: defaultdict(list))
        self._entries: list[tuple[str, ox.BlankNode]] = []
        self._nodes: defaultdict[ox.BlankNode, defaultdict[str, list[_Value]]] = defaultdict(lambda: defaultdict(list))
        for quad in read_file(path, base=CANONICAL_BASE):
            predicate = quad.predicate.value
            if isinstance(quad.subject, ox.BlankNode):
                if isinstance(quad.object, ox.NamedNode | ox.Literal):
                    self._nodes[quad.subject][predicate].append(quad.object)
            elif isinstance(quad.subject, ox.NamedNode):
                subject = quad.subject.value.removeprefix(CANONICAL_BASE)
                if isinstance(quad.object, ox.BlankNode):
                    self._entries.append((subject, quad.object))
                elif isinstance(quad.object, ox.NamedNode | ox.Literal) and predicate not in _NO_FACT:
                    self._facts[subject][predicate].append(quad.object)

    def questions(self) -> Iterator[OpenQuestion]:
        spoken_of = {subject for subject, _ in self._entries if subject.startswith(_ACTION)}
        for iri in sorted(spoken_of):
            yield from self._action(iri)
        for subject, node in self._entries:
            entry = self._nodes[node]
            if subject.startswith(_ACTION) and str(AG.conflictsWith) in entry:
                yield self._conflict(subject, entry)
            elif subject.startswith(_ACTION) and str(AG.confidence) in entry:
                yield from self._concluded(subject, entry)

    def _action(self, iri: str) -> Iterator[OpenQuestion]:
        """Yield the question whether an action, or what is added to one of another file, is wanted."""
        facts = self._facts[iri]
        if not facts:
            return
        is_own = str(RDF.type) in facts
        plain = iri.removeprefix(_ACTION)
        key = plain if is_own else addition_key(plain, self._path.stem)
        said = sorted(f"{short_name(predicate)} {written(each)}" for predicate in facts for each in facts[predicate])
        name = f"{Question.ACTION}/{key}/{digest(*said)}"
        title = self._title(facts) or plain
        if self._decisions.was_accepted(key):
            yield OpenQuestion(
                Heading.CHANGED, name, f"{title}: other facts than those that were accepted", self._path.name
            )
        elif is_own:
            yield OpenQuestion(Heading.NEW, name, title, self._path.name)
        else:
            text = f"{', '.join(said)} is added to what {self._things.get(iri, 'another file')} says"
            yield OpenQuestion(Heading.CHANGED, name, text, self._path.name)

    @staticmethod
    def _title(facts: Mapping[str, Sequence[_Value]]) -> str:
        named = (facts.get(str(each), ()) for each in (DCTERMS.title, SKOS.prefLabel, AG.actionNumber))
        return next((values[0].value for values in named if values), "")

    def _conflict(self, iri: str, entry: Mapping[str, Sequence[_Value]]) -> OpenQuestion:
        predicate = entry[str(RDF.predicate)][0].value
        value, kept = entry[str(RDF.object)][0], entry[str(AG.conflictsWith)][0]
        language = value.language or "" if isinstance(value, ox.Literal) else ""
        texts = [local_name(each).removeprefix(_COUNTRY) for each in (value, kept)]
        name = conflict_id(iri.removeprefix(_ACTION), COMPARED[predicate], language, *texts)
        elsewhere = self._things.get(iri, self._path.name)
        text = f"{iri}: {short_name(predicate)} is {written(kept)}, and not {written(value)}?"
        if elsewhere != self._path.name:
            text += f" If not, mend {elsewhere}."
        return OpenQuestion(Heading.CONFLICT, name, text, self._path.name)

    def _concluded(self, iri: str, entry: Mapping[str, Sequence[_Value]]) -> Iterator[OpenQuestion]:
        """Yield the questions whether what was concluded is so."""
        reason = " ".join(each.value for each in entry.get(str(AG.reason), ()))
        confidence = entry[str(AG.confidence)][0].value
        for predicate in (each.value for each in entry[str(RDF.predicate)]):
            for value in entry.get(str(RDF.object)) or self._facts[iri][predicate]:
                short = short_name(predicate)
                name = fact_id(iri.removeprefix(_ACTION), short, written(value))
                heading = Heading.LINKED if name.startswith(f"{Question.LINK}/") else Heading.DOUBTFUL
                text = f"{iri}: {short} {written(value)} ({confidence})? {reason}"
                yield OpenQuestion(heading, name, text, self._path.name)
