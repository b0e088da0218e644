"""One thing read for people: its facts with names in place of IRIs, and why each is believed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from rdflib import RDF, Literal
from rdflib.term import Node

from actiongraph.chains.facts import Labels, Statements, preferred
from actiongraph.chains.model import Evidence, Named, Text, by_name
from actiongraph.engine.base import Engine, Solution
from actiongraph.engine.queries import ShippedQueries
from actiongraph.settings import Settings
from actiongraph.sparql.values import with_slice
from actiongraph.things.wording import noun_of, rank_of, spelled_out, telling
from actiongraph.vocabulary import IRI

QUERIES = ShippedQueries("actiongraph.things")
REFERENCES_A_PAGE = 200
_LOOKED_AT = 200
_PARTS_DEEP = 2
"""A passage is a part of its statement, and a selector a part of its passage."""


@dataclass(frozen=True, slots=True)
class Value:
    """The object of a triple, the name to show for it, the graph of the triple and the evidence for it."""

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
class Description:
    """A resource that is described within a document about another, such as a passage of a source statement."""

    iri: IRI
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing with all its facts; `noun` is what it is called by its `types`, of which the most telling is the first.

    `parts` are the resources whose IRIs are fragments of its own, `languages` those of the programme.
    """

    iri: IRI
    name: str
    noun: str
    types: tuple[IRI, ...]
    facts: tuple[Fact, ...]
    parts: tuple[Description, ...] = ()
    languages: tuple[str, ...] = ()

    def all(self, predicate: Node) -> tuple[Value, ...]:
        """Return the values of `predicate`."""
        return next((fact.values for fact in self.facts if fact.predicate == predicate), ())

    def text(self, predicate: Node) -> str | None:
        """Return the literal of `predicate` to show, if it has one."""
        return preferred(
            [value.term for value in self.all(predicate) if isinstance(value.term, Literal)], self.languages
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """The things that point at a thing by one predicate."""

    predicate: IRI
    name: str
    subjects: tuple[Named, ...]


_Statement = tuple[IRI, Node, str]
"""Predicate, object and graph of a triple."""
_EvidenceOf = Callable[[IRI, IRI, Node], tuple[Evidence, ...]]


def read_thing(engine: Engine, iri: IRI, settings: Settings) -> Thing | None:
    """Return the thing `iri`, or None if the graph says nothing of it.

    Raises:
        EngineError: the engine failed.
    """
    said = _said_of(engine, iri, settings)
    if iri not in said:
        return None
    return _thing(engine, iri, said, Naming(engine, {iri} | _terms(said), settings), settings)


def read_thing_in_use(
    engine: Engine, iri: IRI, page: int, settings: Settings
) -> tuple[Thing, tuple[Reference, ...]] | None:
    """Return what `read_thing` does, and the things that point at it, on the page with this number, counted from 1.

    These are sorted by predicate, and then by name. The names of all are asked for together.

    Raises:
        EngineError: the engine failed.
    """
    said = _said_of(engine, iri, settings)
    if iri not in said:
        return None
    pointing = _pointing_at(engine, iri, page, settings)
    name = Naming(engine, {iri, *_terms(said), *pointing, *chain.from_iterable(pointing.values())}, settings)
    references = tuple(
        Reference(
            predicate,
            name.of_predicate(predicate),
            by_name([Named(name(subject), subject) for subject in found]),
        )
        for predicate, found in sorted(pointing.items())
    )
    return _thing(engine, iri, said, name, settings), references


def _thing(
    engine: Engine, iri: IRI, said: Mapping[IRI, Sequence[_Statement]], name: Naming, settings: Settings
) -> Thing:
    types = telling(
        object_ for predicate, object_, _ in said[iri] if predicate == RDF.type and isinstance(object_, IRI)
    )
    statements = Statements(engine, [iri], settings, "evidence-of-all")
    evidence_of = partial(statements.about, Labels(engine, statements.things, settings))
    return Thing(
        iri,
        name(iri),
        noun_of(types),
        types,
        _facts(iri, said[iri], name, evidence_of),
        tuple(Description(part, _facts(part, said[part], name)) for part in sorted(said) if part != iri),
        settings.languages,
    )


def read_vocabulary(engine: Engine, iri: IRI, settings: Settings) -> tuple[Description | None, tuple[Description, ...]]:
    """Return the vocabulary `iri`, or None if it is not there, and the terms that it defines, by IRI.

    Raises:
        EngineError: the engine failed.
    """
    said = _by_thing(QUERIES.ask(engine, "vocabulary", [iri], settings))
    name = Naming(engine, _terms(said), settings)
    found = {thing: Description(thing, _facts(thing, said[thing], name)) for thing in sorted(said)}
    return found.pop(iri, None), tuple(found.values())


def names_of(engine: Engine, things: Iterable[Node], settings: Settings, *, query: str = "names") -> dict[Node, Text]:
    """Return the name to show of each IRI among `things` that has one; `same-elsewhere` finds those of other datasets.

    Raises:
        EngineError: the engine failed.
    """
    found: dict[Node, set[Node]] = defaultdict(set)
    for row in QUERIES.ask(engine, query, sorted({thing for thing in things if isinstance(thing, IRI)}), settings):
        found[row["thing"]].add(row["name"])
    return {thing: name for thing, names in found.items() if (name := preferred(names, settings.languages))}


def _pointing_at(engine: Engine, iri: IRI, page: int, settings: Settings) -> Mapping[IRI, Sequence[IRI]]:
    """Return the things that point at `iri`, by predicate, on the page with this number."""
    query = QUERIES.query("references", {"thing": [iri]}, settings)
    text = with_slice(query.text, limit=REFERENCES_A_PAGE, offset=(page - 1) * REFERENCES_A_PAGE)
    subjects: dict[IRI, list[IRI]] = defaultdict(list)
    for row in engine.select(replace(query, text=text)):
        predicate, subject = row["predicate"], row["subject"]
        if isinstance(predicate, IRI) and isinstance(subject, IRI):
            subjects[predicate].append(subject)
    return subjects


def things_in_graph(engine: Engine, graph: IRI, most: int, settings: Settings) -> tuple[tuple[Named, str], ...]:
    """Return at most `most` things that the graph describes, each with its noun; not their parts.

    They are chosen from the first that the engine finds: those come first that people look for, such as actions.

    Raises:
        EngineError: the engine failed.
    """
    query = QUERIES.query("graph-things", {"graph": [graph]}, settings)
    rows = engine.select(replace(query, text=with_slice(query.text, limit=_LOOKED_AT, offset=0)))
    found = [thing for row in rows if isinstance(thing := row["thing"], IRI)]
    types: dict[Node, list[IRI]] = defaultdict(list)
    for row in QUERIES.ask(engine, "types", found, settings):
        types[row["thing"]].append(IRI(str(row["type"])))
    first = {thing: next(iter(telling(types[thing])), IRI("")) for thing in found}
    order = telling(set(first.values()))
    chosen = sorted(found, key=lambda thing: (order.index(first[thing]), thing))[:most]
    name = Naming(engine, chosen, settings)
    return tuple((Named(name(thing), thing), noun_of(types[thing])) for thing in chosen)


def _said_of(engine: Engine, iri: IRI, settings: Settings) -> dict[IRI, list[_Statement]]:
    """Return the triples of a thing and of its parts."""
    said: dict[IRI, list[_Statement]] = {}
    subjects = [iri]
    for _ in range(_PARTS_DEEP + 1):
        said.update(_by_thing(QUERIES.ask(engine, "facts", subjects, settings)))
        objects = {object_ for subject in subjects for _, object_, _ in said.get(subject, ())}
        parts = {object_ for object_ in objects if isinstance(object_, IRI) and object_.startswith(f"{iri}#")}
        subjects = sorted(parts - set(said))
    return said


def _by_thing(solutions: Iterable[Solution]) -> dict[IRI, list[_Statement]]:
    said: dict[IRI, list[_Statement]] = defaultdict(list)
    for row in solutions:
        thing, predicate = row["thing"], row["predicate"]
        if isinstance(thing, IRI) and isinstance(predicate, IRI):
            said[thing].append((predicate, row["object"], str(row["graph"])))
    return said


def _terms(said: Mapping[IRI, Iterable[_Statement]]) -> set[Node]:
    """Return the predicates and objects of statements."""
    return {term for found in said.values() for predicate, object_, _ in found for term in (predicate, object_)}


def _facts(
    thing: IRI, said: Iterable[_Statement], name: Naming, evidence_of: _EvidenceOf = lambda *_: ()
) -> tuple[Fact, ...]:
    values: dict[IRI, list[Value]] = defaultdict(list)
    for predicate, object_, graph in said:
        values[predicate].append(Value(object_, name(object_), graph, evidence_of(thing, predicate, object_)))
    return tuple(
        Fact(
            predicate,
            name.of_predicate(predicate),
            tuple(sorted(found, key=lambda value: (value.name, str(value.term)))),
        )
        for predicate, found in sorted(values.items(), key=lambda item: rank_of(item[0]))
    )


class Naming:
    """The name to show for any term."""

    def __init__(self, engine: Engine, terms: Iterable[Node], settings: Settings) -> None:
        self._names = names_of(engine, terms, settings)
        self._things = f"{settings.base}id/"

    def __call__(self, term: Node) -> str:
        """Return the name of a term; else the kind and key of a thing of ours, or the words of a term."""
        if name := self._names.get(term):
            return name
        kind, _, key = str(term).removeprefix(self._things).partition("/")
        if isinstance(term, IRI) and term.startswith(self._things) and key:
            return f"{kind.capitalize()} {key}"
        return spelled_out(term) if isinstance(term, IRI) and "#" in term else str(term)

    def of_predicate(self, term: IRI) -> str:
        """Return the name of a property."""
        return self._names.get(term) or spelled_out(term)
