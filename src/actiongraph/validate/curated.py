"""The curated data by file and by property, and the declarations of the vocabulary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from rdflib import OWL, RDF, RDFS

from actiongraph.iris import name_of
from actiongraph.vocabulary import AG

_TYPE, _LABEL, _SUPER = str(RDF.type), str(RDFS.label), str(RDFS.subClassOf)
_DOMAINS = (str(RDFS.domain), "https://schema.org/domainIncludes")

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
ByProperty = Mapping[str, list[ox.Quad]]


def text_of(term: Term) -> str:
    """Return the IRI, the label of the blank node or the lexical form of `term`."""
    return str(term) if isinstance(term, ox.Triple) else term.value


def by_property(quads: Iterable[ox.Quad]) -> ByProperty:
    """Return `quads` by the IRI of their predicate, in their order."""
    grouped: defaultdict[str, list[ox.Quad]] = defaultdict(list)
    for quad in quads:
        grouped[quad.predicate.value].append(quad)
    return dict(grouped)


@dataclass(frozen=True, slots=True)
class Curated:
    """The quads of each file of data by property, and the classes of each thing in them."""

    files: Mapping[Path, ByProperty]
    classes_of: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, files: Mapping[Path, Iterable[ox.Quad]]) -> Curated:
        """Return the quads of each file, grouped."""
        curated = cls({path: by_property(quads) for path, quads in files.items()})
        for quad in curated.all(_TYPE):
            if isinstance(quad.object, ox.NamedNode):
                curated.classes_of[text_of(quad.subject)].add(text_of(quad.object))
        return curated

    def all(self, *predicates: str) -> Iterator[ox.Quad]:
        """Yield the quads with one of `predicates`, whatever file they are in."""
        for quads in self.files.values():
            for predicate in predicates:
                yield from quads.get(predicate, ())

    def values(self, predicate: str) -> dict[str, list[Term]]:
        """Return the values of the property `predicate` by the IRI of their thing."""
        found: defaultdict[str, list[Term]] = defaultdict(list)
        for quad in self.all(predicate):
            found[text_of(quad.subject)].append(quad.object)
        return dict(found)

    def subjects(self, of_file: Callable[[Path], bool] = lambda _: True) -> set[str]:
        """Return all things that a file says something of; of all files, or of those that are asked for."""
        read = (quads for path, quads in self.files.items() if of_file(path))
        return {text_of(quad.subject) for quads in read for group in quads.values() for quad in group}


class Vocabulary:
    """The terms that the ontology declares: which things have which property, and what classes are called."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        """Read `quads` of the ontology."""
        grouped = by_property(quads)
        self.labels = {text_of(quad.subject): text_of(quad.object) for quad in grouped.get(_LABEL, ())}
        self.terms = frozenset(term for term in self.labels if term in AG)
        self._broader: defaultdict[str, set[str]] = defaultdict(set)
        for quad in grouped.get(_SUPER, ()):
            self._broader[text_of(quad.subject)].add(text_of(quad.object))
        self.domains: defaultdict[str, set[str]] = defaultdict(set)
        for predicate in _DOMAINS:
            for quad in grouped.get(predicate, ()):
                self.domains[text_of(quad.subject)].add(text_of(quad.object))
        ours = {text_of(quad.subject) for quad in grouped.get(_TYPE, ()) if text_of(quad.object) == str(OWL.Class)}
        self.classes = frozenset(ours.union(*self.domains.values(), *self._ranges(grouped)))

    def broader(self, classes: Iterable[str]) -> set[str]:
        """Return `classes` and all that are broader."""
        found: set[str] = set()
        waiting = list(classes)
        while waiting:
            if (each := waiting.pop()) not in found:
                found.add(each)
                waiting += self._broader.get(each, ())
        return found

    def name(self, class_: str) -> str:
        """Return the name of one thing of `class_`, with its article: `an expert team`."""
        name = self.labels.get(class_) or name_of(class_).lower()
        return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"

    @staticmethod
    def _ranges(grouped: ByProperty) -> Iterator[set[str]]:
        yield {
            text_of(quad.object)
            for quad in grouped.get(str(RDFS.range), ())
            if "XMLSchema#" not in text_of(quad.object)
        }
