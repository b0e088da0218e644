"""What a release holds, counted: the figures of its VoID description and the facts of its catalogue.

Source: Describing Linked Datasets with the VoID Vocabulary, sections 3 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from rdflib import Literal
from rdflib.util import from_n3

from actiongraph.catalogue.tally import Tally, Uses, written
from actiongraph.iris import namespace_of
from actiongraph.settings import Settings
from actiongraph.vocabulary import AG, IRI

_T = TypeVar("_T")
_LANGUAGE = re.compile(rb'"@([A-Za-z]+)[A-Za-z0-9-]*')
_LONGEST_DATE = "-12-31"
_EXAMPLES = (AG.DescribedAction, AG.ReferencedAction, AG.Country, AG.Chain)


@dataclass(frozen=True, slots=True)
class PropertyUse:
    """How many triples have a property, and how many different subjects and objects."""

    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True, slots=True)
class Linkset:
    """The links by one property into the dataset whose names begin with `target`."""

    predicate: IRI
    target: str
    use: PropertyUse


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of a release without its catalogue, and what a catalogue tells of its contents.

    `entities` are the things under the base's `id/`, without the parts of a thing. `titles` are those of sources,
    by IRI. `period` is the earliest date at which an action may have started, and the latest at which one started
    or ended as far as is known, in the precision that is known; either may be unknown. `countries` are those that
    actions assisted, by their names in the EU's list.
    """

    triples: int
    entities: int
    subjects: int
    objects: int
    graphs: Mapping[IRI, int]
    classes: Mapping[IRI, int]
    properties: Mapping[IRI, PropertyUse]
    linksets: tuple[Linkset, ...]
    examples: tuple[IRI, ...]
    titles: Mapping[IRI, str]
    countries: tuple[IRI, ...]
    themes: tuple[str, ...]
    languages: tuple[str, ...]
    period: tuple[Literal | None, Literal | None]

    @property
    def vocabularies(self) -> tuple[IRI, ...]:
        """The namespaces of the classes and properties that are used."""
        return tuple(sorted({IRI(namespace_of(term)) for term in (*self.classes, *self.properties)}))


def count(lines: Iterable[bytes], settings: Settings) -> Statistics:
    """Return the statistics of a release whose sorted N-Quads are `lines`; see `Tally.take`."""
    tally = Tally(settings)
    tally.take(lines)
    objects = set[bytes]().union(*(uses.objects for uses in tally.properties.values()))
    return Statistics(
        triples=tally.triples,
        entities=tally.entities,
        subjects=tally.subjects,
        objects=len(objects),
        graphs=_named(tally.graphs),
        classes=_named(tally.classes),
        properties={name: _use(uses) for name, uses in _named(tally.properties).items()},
        linksets=tuple(
            Linkset(_iri(predicate), target.decode(), _use(uses))
            for (predicate, target), uses in sorted(tally.links.items(), key=lambda item: item[0])
        ),
        examples=tuple(_iri(tally.examples[key]) for key in map(written, _EXAMPLES) if key in tally.examples),
        titles={_iri(thing): _text(label) for thing, label in tally.labels.items() if b"/id/source/" in thing},
        countries=_assisted(tally),
        themes=_themes(tally),
        languages=_languages(objects),
        period=_period(tally),
    )


def _use(uses: Uses) -> PropertyUse:
    return PropertyUse(uses.triples, uses.subjects, len(uses.objects))


def _named(counted: Mapping[bytes, _T]) -> dict[IRI, _T]:
    return {_iri(name): counted[name] for name in sorted(counted)}


def _objects(tally: Tally, predicate: IRI) -> set[bytes]:
    uses = tally.properties.get(written(predicate))
    return uses.objects if uses else set()


def _assisted(tally: Tally) -> tuple[IRI, ...]:
    countries = _objects(tally, AG.country)
    return tuple(_iri(name) for name in sorted({tally.countries[c] for c in countries if c in tally.countries}))


def _themes(tally: Tally) -> tuple[str, ...]:
    themes = _objects(tally, AG.theme)
    return tuple(sorted(_text(tally.labels[theme]) for theme in themes if theme in tally.labels))


def _languages(objects: Iterable[bytes]) -> tuple[str, ...]:
    """Return the primary subtags of the languages that literals are tagged with (RFC 5646, section 2.2.1)."""
    tags = {found[1].lower() for term in objects if (found := _LANGUAGE.fullmatch(term, term.rfind(b'"@')))}
    return tuple(sorted(tag.decode() for tag in tags))


def _period(tally: Tally) -> tuple[Literal | None, Literal | None]:
    starts = [_literal(term) for term in _objects(tally, AG.earliestStart)]
    ends = [_literal(term) for term in _objects(tally, AG.latestStart) | _objects(tally, AG.endDate)]
    return min(starts, key=str, default=None), max(ends, key=_last_day, default=None)


def _last_day(date: Literal) -> tuple[str, int]:
    """Return what a date, a month or a year is compared by: the last day it can mean, the more precise one first."""
    return str(date) + _LONGEST_DATE[len(date) - len("2014") :], -len(date)


def _literal(term: bytes) -> Literal:
    literal = from_n3(term.decode())
    assert isinstance(literal, Literal)  # noqa: S101 - only asked of what begins with a quotation mark
    return literal


def _text(term: bytes) -> str:
    return str(_literal(term))


def _iri(term: bytes) -> IRI:
    return IRI(term[1:-1].decode())
