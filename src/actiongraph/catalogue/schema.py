"""The classes of a release with their properties: how often each is used, what it leads to, and a thing that has it.

All figures are those that the build counted, read from the graph of the catalogue. What the ontology makes of facts in
wider terms, such as `foaf:Project` of `ag:Action`, stands apart: it says nothing that the narrower terms do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rdflib import OWL, RDF, RDFS, XSD
from rdflib.term import Node

from actiongraph.catalogue.identifiers import Identifiers, fragment_of
from actiongraph.chains.model import Named, Words
from actiongraph.engine.base import Engine
from actiongraph.engine.queries import BATCH
from actiongraph.iris import key_of, prefixed_name
from actiongraph.settings import Settings
from actiongraph.sparql.values import serialised
from actiongraph.things.thing import QUERIES, names_of
from actiongraph.things.wording import noun_of, rank_of, spelled_out
from actiongraph.vocabulary import AG, IRI, PREFIXES

_OF_VOCABULARIES = (str(OWL), str(RDFS))
"""The namespaces of terms that describe a vocabulary, which has a page of its own."""
_DATATYPES: Mapping[str, str] = {
    str(RDF.langString): "text in a language",
    str(XSD.string): "text",
    str(XSD.boolean): "true or false",
    str(XSD.integer): "whole number",
    str(XSD.decimal): "decimal number",
    str(XSD.date): "date",
    str(XSD.gYear): "year",
    str(XSD.gYearMonth): "month of a year",
    str(XSD.dateTime): "date and time",
    str(XSD.anyURI): "web address",
}
_LONGEST_VALUE = 80
_MOST_TARGETS = 3
"""A property that leads to more classes joins none in particular."""


@dataclass(frozen=True, slots=True)
class PropertyTarget:
    """A class or datatype of values of a property, and how many there are; `lists` are those that concepts are of."""

    term: IRI
    name: Words
    triples: int
    is_class: bool
    lists: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaExample:
    """A thing of this release with one of its values; `value` is None where it could not be found."""

    thing: IRI
    name: Words
    value: Node | None
    value_name: str


@dataclass(frozen=True, slots=True)
class SchemaProperty:
    """A property of the things of a class: `triples` is how often it is used."""

    property: IRI
    name: Words
    triples: int
    targets: tuple[PropertyTarget, ...]
    example: SchemaExample | None


@dataclass(frozen=True, slots=True)
class CountedTerm:
    """A class, property or code list with a count: of things, of uses, of concepts."""

    term: IRI
    name: Words
    count: int


@dataclass(frozen=True, slots=True)
class SchemaClass:
    """A class with its properties; `narrower` are its subclasses, and `wider` the uses of properties in wider terms."""

    term: IRI
    name: Words
    things: int
    narrower: tuple[CountedTerm, ...]
    properties: tuple[SchemaProperty, ...]
    wider: tuple[CountedTerm, ...]

    @property
    def id(self) -> str:
        """The fragment of its section on a page, as on that of the catalogue."""
        return fragment_of("class", self.term)

    def links(self) -> tuple[tuple[SchemaProperty, tuple[PropertyTarget, ...]], ...]:
        """Return the properties that lead to other classes, with these; not those to any class, as of a subject."""
        found = (
            (each, tuple(to for to in each.targets if to.is_class and to.term != self.term)) for each in self.properties
        )
        return tuple((each, targets) for each, targets in found if 0 < len(targets) <= _MOST_TARGETS)

    def neighbours(self) -> tuple[tuple[IRI, str], ...]:
        """Return the classes that `links` lead to, each with its name."""
        return tuple({to.term: to.name for _, targets in self.links() for to in targets}.items())


@dataclass(frozen=True, slots=True)
class Schema:
    """The classes of a release, those that are linked with most others first.

    `elsewhere` are the classes of other vocabularies that its things have by what the ontology says, and `lists` its
    code lists. A release of an older program may have no `has_examples`.
    """

    classes: tuple[SchemaClass, ...]
    elsewhere: tuple[CountedTerm, ...]
    lists: tuple[CountedTerm, ...]

    @property
    def has_examples(self) -> bool:
        """Tell whether the release knows a thing for each property."""
        return any(each.example for found in self.classes for each in found.properties)


@dataclass(slots=True)
class _CountedUse:
    """A property as the catalogue counts it for a class."""

    triples: int
    example: IRI | None
    kinds: dict[IRI, int]


def read_schema(engine: Engine, settings: Settings) -> Schema:
    """Return the schema of the release that `engine` answers from; without classes where its catalogue counts none.

    Raises:
        EngineError: the engine failed.
    """
    things = {
        _iri(row["class"]): int(str(row["things"]))
        for row in QUERIES.ask(engine, "class-things", [Identifiers(settings.base).dataset], settings)
    }
    return _Reading(engine, settings, things).schema()


class _Hierarchy:
    """Which terms are wider than others, by what the ontology of the release says."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._wider: dict[Node, set[IRI]] = defaultdict(set)
        for row in QUERIES.ask(engine, "wider-terms", (RDFS.subClassOf, RDFS.subPropertyOf), settings):
            self._wider[row["term"]].add(_iri(row["wider"]))
        self._entailed = {
            wider
            for all_ in self._wider.values()
            for wider in all_
            if not wider.startswith(AG) and not _has_noun(wider)
        }

    def is_entailed(self, term: Node) -> bool:
        """Tell whether a term of another vocabulary is one that the ontology leads to from narrower ones."""
        return term in self._entailed

    def top(self, term: IRI, among: Collection[IRI]) -> IRI:
        """Return the widest term above `term` that is `among` some, or itself; of terms in a circle the first."""
        seen = {term}
        while above := sorted(wider for wider in self._wider.get(term, ()) if wider in among):
            term = above[0]
            if term in seen:
                return min(seen)
            seen.add(term)
        return term


def _has_noun(term: Node) -> bool:
    return noun_of([term]) != "thing"


class _Reading:
    """The schema while it is read."""

    def __init__(self, engine: Engine, settings: Settings, things: Mapping[IRI, int]) -> None:
        self.engine, self.settings, self.things = engine, settings, things
        self.hierarchy = _Hierarchy(engine, settings)
        described = [term for term in things if not str(term).startswith(_OF_VOCABULARIES)]
        self.elsewhere = [term for term in described if self.hierarchy.is_entailed(term)]
        own = [term for term in described if term not in self.elsewhere]
        self.tops = {term: self.hierarchy.top(term, set(own)) for term in own}
        self.classes = [term for term, top in self.tops.items() if term == top]
        self.uses = self._read_uses()

    def _read_uses(self) -> dict[IRI, dict[IRI, _CountedUse]]:
        """Return the use of each property by the things of each class."""
        names = Identifiers(self.settings.base)
        parts = {names.part("class", str(term)): term for term in self.classes}
        found: dict[IRI, dict[IRI, _CountedUse]] = {term: {} for term in self.classes}
        for part, row in QUERIES.ask_of_each(self.engine, "class-properties", parts, self.settings):
            use = _CountedUse(int(str(row["triples"])), _iri(row["example"]) if "example" in row else None, {})
            found[parts[_iri(part)]][_iri(row["property"])] = use
        for part, row in QUERIES.ask_of_each(self.engine, "class-property-values", parts, self.settings):
            kinds = found[parts[_iri(part)]][_iri(row["property"])].kinds
            kinds[_iri(row["kind"])] = int(str(row["triples"]))
        for uses in found.values():
            uses.pop(IRI(RDF.type), None)
        return found

    def schema(self) -> Schema:
        """Return the schema, with the examples and names that it shows."""
        values = self._example_values()
        lists = {
            _iri(row["scheme"]): int(str(row["concepts"]))
            for row in QUERIES.ask_once(self.engine, "code-lists", self.settings)
        }
        self.lists_of: dict[Node, set[IRI]] = defaultdict(set)
        concepts = {value for value in values.values() if isinstance(value, IRI)}
        for row in QUERIES.ask(self.engine, "lists-of-concepts", sorted(concepts), self.settings):
            self.lists_of[row["thing"]].add(_iri(row["scheme"]))
        self.values = values
        terms = {*self.things, *lists, *concepts, *(use for uses in self.uses.values() for use in uses)}
        examples = {use.example for uses in self.uses.values() for use in uses.values() if use.example}
        self.names = names_of(self.engine, terms | examples, self.settings)
        made = [self._class(term) for term in self.classes]
        linked = {each.term: {to.term for _, targets in each.links() for to in targets} for each in made}
        return Schema(
            tuple(sorted(made, key=lambda each: (-len(linked[each.term]), -each.things, each.term))),
            tuple(self._counted({term: self.things[term] for term in self.elsewhere})),
            tuple(self._counted(lists)),
        )

    def _example_values(self) -> dict[tuple[Node, Node], Node]:
        """Return a value of each example, by the thing and the property."""
        pairs = sorted(
            {(use.example, term) for uses in self.uses.values() for term, use in uses.items() if use.example}
        )
        found: dict[tuple[Node, Node], Node] = {}
        for start in range(0, len(pairs), BATCH):
            rows = [{"thing": thing, "property": term} for thing, term in pairs[start : start + BATCH]]
            for row in self.engine.select(QUERIES.query("first-value", rows, self.settings)):
                if "value" in row:
                    found[row["thing"], row["property"]] = row["value"]
        return found

    def _name(self, term: Node) -> str:
        return self.names.get(term) or (noun_of([term]) if _has_noun(term) else spelled_out(str(term)))

    def _counted(self, counts: Mapping[IRI, int]) -> list[CountedTerm]:
        """Return terms with their counts, the greatest first."""
        made = [CountedTerm(term, self._name(term), count) for term, count in counts.items()]
        return sorted(made, key=lambda each: (-each.count, each.term))

    def _class(self, term: IRI) -> SchemaClass:
        uses = self.uses[term]
        narrower = {each: self.things[each] for each, top in self.tops.items() if top == term and each != term}
        wider = {each: use.triples for each, use in uses.items() if self.hierarchy.is_entailed(each)}
        return SchemaClass(
            term,
            self._name(term),
            self.things[term],
            tuple(self._counted(narrower)),
            tuple(self._property(each, uses[each]) for each in sorted(uses.keys() - wider.keys(), key=rank_of)),
            tuple(self._counted(wider)),
        )

    def _property(self, term: IRI, use: _CountedUse) -> SchemaProperty:
        value = self.values.get((use.example, term)) if use.example else None
        targets = sorted(self._targets(use, value), key=lambda each: (-each.triples, each.term))
        return SchemaProperty(term, self._name(term), use.triples, tuple(targets), self._example(use, value))

    def _targets(self, use: _CountedUse, value: Node | None) -> Iterator[PropertyTarget]:
        lists = (
            tuple(Named(self._name(each), each) for each in sorted(self.lists_of.get(value, ())))
            if value is not None
            else ()
        )
        for kind, triples in use.kinds.items():
            if kind not in self.things:
                yield PropertyTarget(kind, _DATATYPES.get(str(kind)) or spelled_out(kind), triples, is_class=False)
            elif self.tops.get(kind) == kind:
                yield PropertyTarget(kind, self._name(kind), triples, True, lists if _is_concept(kind) else ())

    def _example(self, use: _CountedUse, value: Node | None) -> SchemaExample | None:
        if use.example is None:
            return None
        shown = "" if value is None else " ".join(self._shown(value).split())
        cut = shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1].rstrip() + "…"
        return SchemaExample(use.example, self._shown(use.example), value, cut)

    def _shown(self, term: Node) -> str:
        """Return the name of a thing or the text of a literal; of a thing without a name that is ours the key."""
        if name := self.names.get(term):
            return name
        is_ours = isinstance(term, IRI) and term.startswith(f"{self.settings.base}id/")
        return key_of(str(term)) if is_ours else str(term)


def _is_concept(term: IRI) -> bool:
    return noun_of([term]) == "concept"


def _iri(term: Node) -> IRI:
    return term if isinstance(term, IRI) else IRI(str(term))


@lru_cache(maxsize=1024)
def _prefixed(iri: IRI) -> str | None:
    return prefixed_name(iri, PREFIXES)


def try_query(term: IRI, predicate: IRI | None = None) -> str:
    """Return a query for things of the class `term`, and their values of `predicate` if one is given."""
    used: dict[str, str] = {}

    def written(iri: IRI) -> str:
        name = _prefixed(iri)
        if name is None:
            return serialised(iri)
        prefix = name.partition(":")[0]
        used[prefix] = PREFIXES[prefix]
        return name

    pattern = f"  ?thing a {written(term)} " + (f";\n         {written(predicate)} ?value " if predicate else "") + "."
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in sorted(used.items()))
    return f"{prefixes}SELECT ?thing{' ?value' if predicate else ''} WHERE {{\n{pattern}\n}}\nLIMIT 50"


def list_query(scheme: IRI) -> str:
    """Return a query for the concepts of a code list with their names."""
    skos = PREFIXES["skos"]
    pattern = f"  ?concept skos:inScheme {serialised(scheme)} ;\n           skos:prefLabel ?name ."
    return f"PREFIX skos: <{skos}>\nSELECT ?concept ?name WHERE {{\n{pattern}\n}}\nORDER BY ?name\nLIMIT 200"
