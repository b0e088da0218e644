"""What the graph says of one thing, read for people: facts with names in place of IRIs, and why each is believed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rdflib import RDF, Literal
from rdflib.term import Node

from actiongraph.chains.chain import Evidence, Named
from actiongraph.chains.evidence import Statements
from actiongraph.chains.names import Names, preferred
from actiongraph.engine.base import Engine, Solution
from actiongraph.engine.queries import ShippedQueries
from actiongraph.settings import Settings
from actiongraph.sparql.values import with_slice
from actiongraph.things.wording import noun_of, place_of, spelled_out, telling
from actiongraph.vocabulary import AG, IRI

QUERIES = ShippedQueries("actiongraph.things")
REFERENCES_A_PAGE = 200
_PARTS_DEEP = 2
"""A passage is a part of its statement, and a selector a part of its passage."""


@dataclass(frozen=True, slots=True)
class Value:
    """The object of a triple, the name to show for it, the graph the triple stands in and what it rests on."""

    term: Node
    name: str
    graph: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A predicate with its name, and all values that a thing has for it."""

    predicate: IRI
    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What is named by a fragment of a thing's name, such as a passage of a source statement."""

    iri: IRI
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing with all that is said of it. `noun` says what it is, by its `types`, the most telling first."""

    iri: IRI
    name: str
    noun: str
    types: tuple[IRI, ...]
    facts: tuple[Fact, ...]
    parts: tuple[Part, ...] = ()

    def all(self, predicate: Node) -> tuple[Value, ...]:
        """Return the values of `predicate`."""
        return next((fact.values for fact in self.facts if fact.predicate == predicate), ())

    def text(self, predicate: Node) -> str | None:
        """Return the literal of `predicate` to show, if it has one."""
        return preferred([value.term for value in self.all(predicate) if isinstance(value.term, Literal)])


@dataclass(frozen=True, slots=True)
class Reference:
    """The things that point at a thing by one predicate."""

    predicate: IRI
    name: str
    subjects: tuple[Named, ...]


_Said = tuple[IRI, Node, str]
"""Predicate, object and graph of a triple."""


def read_thing(engine: Engine, iri: IRI, settings: Settings) -> Thing | None:
    """Return what the graph says of `iri`, or None if it says nothing.

    Raises:
        EngineError: the engine failed.
    """
    said = _said_of(engine, iri, settings)
    if iri not in said:
        return None
    terms = {term for triples in said.values() for predicate, object_, _ in triples for term in (predicate, object_)}
    names = names_of(engine, {iri} | terms, settings)
    cited = _Cited(engine, iri, settings)
    types = telling(
        object_ for predicate, object_, _ in said[iri] if predicate == RDF.type and isinstance(object_, IRI)
    )
    name = _Naming(names, settings)
    return Thing(
        iri,
        name(iri),
        noun_of(types),
        types,
        _facts(iri, said[iri], name, cited),
        tuple(Part(part, _facts(part, said[part], name)) for part in sorted(said) if part != iri),
    )


def read_vocabulary(engine: Engine, iri: IRI, settings: Settings) -> tuple[Part | None, tuple[Part, ...]]:
    """Return what is said of the vocabulary `iri`, and of each term it defines, by name; None where it is not there.

    Raises:
        EngineError: the engine failed.
    """
    said = _by_thing(QUERIES.ask(engine, "vocabulary", [iri], settings))
    terms = {term for triples in said.values() for predicate, object_, _ in triples for term in (predicate, object_)}
    name = _Naming(names_of(engine, terms, settings), settings)
    parts = [Part(thing, _facts(thing, said[thing], name)) for thing in sorted(said)]
    return next((part for part in parts if part.iri == iri), None), tuple(part for part in parts if part.iri != iri)


def names_of(engine: Engine, things: Iterable[Node], settings: Settings, *, query: str = "names") -> dict[Node, str]:
    """Return the name to show of each IRI among `things` that has one; `same-elsewhere` finds those of other datasets.

    Raises:
        EngineError: the engine failed.
    """
    found: dict[Node, set[Node]] = defaultdict(set)
    for row in QUERIES.ask(engine, query, sorted({thing for thing in things if isinstance(thing, IRI)}), settings):
        found[row["thing"]].add(row["name"])
    return {thing: name for thing, names in found.items() if (name := preferred(names))}


def references_to(engine: Engine, iri: IRI, page: int, settings: Settings) -> tuple[Reference, ...]:
    """Return what points at `iri`, the page with this number, counted from 1: by predicate, and then by name.

    Raises:
        EngineError: the engine failed.
    """
    query = QUERIES.query("references", {"thing": [iri]}, settings)
    text = with_slice(query.text, limit=REFERENCES_A_PAGE, offset=(page - 1) * REFERENCES_A_PAGE)
    subjects: dict[IRI, list[IRI]] = defaultdict(list)
    for row in engine.select(replace(query, text=text)):
        predicate, subject = row["predicate"], row["subject"]
        if isinstance(predicate, IRI) and isinstance(subject, IRI):
            subjects[predicate].append(subject)
    names = names_of(engine, [*subjects, *(subject for found in subjects.values() for subject in found)], settings)
    name = _Naming(names, settings)
    return tuple(
        Reference(
            predicate, name.of_predicate(predicate), tuple(sorted((Named(name(s), s) for s in found), key=_by_name))
        )
        for predicate, found in sorted(subjects.items())
    )


def _by_name(named: Named) -> tuple[str, str]:
    return named.name, str(named.iri)


def _said_of(engine: Engine, iri: IRI, settings: Settings) -> dict[IRI, list[_Said]]:
    """Return the triples of a thing and of its parts."""
    said: dict[IRI, list[_Said]] = {}
    asked = [iri]
    for _ in range(_PARTS_DEEP + 1):
        said.update(_by_thing(QUERIES.ask(engine, "facts", asked, settings)))
        objects = {object_ for thing in asked for _, object_, _ in said.get(thing, ())}
        parts = {object_ for object_ in objects if isinstance(object_, IRI) and object_.startswith(f"{iri}#")}
        asked = sorted(parts - set(said))
    return said


def _by_thing(solutions: Iterable[Solution]) -> dict[IRI, list[_Said]]:
    said: dict[IRI, list[_Said]] = defaultdict(list)
    for row in solutions:
        thing, predicate = row["thing"], row["predicate"]
        if isinstance(thing, IRI) and isinstance(predicate, IRI):
            said[thing].append((predicate, row["object"], str(row["graph"])))
    return said


class _Cited:
    """The evidence for each triple of a thing."""

    def __init__(self, engine: Engine, iri: IRI, settings: Settings) -> None:
        self._statements = Statements(engine, [iri], settings, query="evidence-of-all")
        self._names = Names(engine, self._statements.things, settings)

    def evidence(self, thing: IRI, predicate: IRI, object_: Node) -> tuple[Evidence, ...]:
        about = None if predicate == AG.describedAsFollowUp else object_
        return self._statements.about(thing, predicate, about, self._names)


def _facts(thing: IRI, said: Iterable[_Said], name: _Naming, cited: _Cited | None = None) -> tuple[Fact, ...]:
    values: dict[IRI, list[Value]] = defaultdict(list)
    for predicate, object_, graph in said:
        evidence = cited.evidence(thing, predicate, object_) if cited else ()
        values[predicate].append(Value(object_, name(object_), graph, evidence))
    return tuple(
        Fact(
            predicate,
            name.of_predicate(predicate),
            tuple(sorted(found, key=lambda value: (value.name, str(value.term)))),
        )
        for predicate, found in sorted(values.items(), key=lambda item: place_of(item[0]))
    )


def shown(term: Node, settings: Settings) -> str:
    """Return what stands for a term without a name: the kind and key of a thing of ours, the words of a term."""
    if not isinstance(term, IRI):
        return str(term)
    kind, _, key = str(term).removeprefix(f"{settings.base}id/").partition("/")
    if term.startswith(f"{settings.base}id/") and key:
        return f"{kind.capitalize()} {key}"
    return spelled_out(term) if "#" in term else str(term)


class _Naming:
    """The name to show for any term."""

    def __init__(self, names: Mapping[Node, str], settings: Settings) -> None:
        self._names = names
        self._settings = settings

    def __call__(self, term: Node) -> str:
        return self._names.get(term) or shown(term, self._settings)

    def of_predicate(self, term: IRI) -> str:
        return self._names.get(term) or spelled_out(term)
