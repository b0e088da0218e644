"""Organizations and actions that are described twice, with names that differ in writing alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from rdflib import DCTERMS, SKOS

from actiongraph.validate.curated import Curated, text_of
from actiongraph.validate.report import Severity, ValidationResult
from actiongraph.vocabulary import AG, AGSH, IRI, ORG

_NAMES = (str(SKOS.prefLabel), str(SKOS.altLabel))
_NOT_IN_WORDS = re.compile(r"[\W_]+")


def find_doubles(curated: Curated) -> Iterator[ValidationResult]:
    """Yield a warning for each organization and action that an earlier one is like, by the key of its name.

    A rule of the shapes finds organizations whose names are the same to the letter; here they differ in capitals,
    blanks, punctuation or language.
    """
    yield from _organizations(curated)
    yield from _actions(curated)


def _organizations(curated: Curated) -> Iterator[ValidationResult]:
    countries = {thing: {str(each) for each in values} for thing, values in curated.values(str(AG.basedIn)).items()}
    written: defaultdict[str, set[str]] = defaultdict(set)
    by_name: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for quad in curated.all(*_NAMES):
        thing = text_of(quad.subject)
        if str(ORG.Organization) in curated.classes_of.get(thing, ()):
            written[thing].add(str(quad.object))
            by_name[plain_name(text_of(quad.object))][thing] = text_of(quad.object)
    for things in by_name.values():
        for one, other in _pairs(things):
            if countries.get(one, set()) & countries.get(other, set()) and not written[one] & written[other]:
                yield ValidationResult(
                    Severity.WARNING,
                    IRI(AGSH["organization-alike"]),
                    IRI(other),
                    f"{one} is in the same country and has the same name but for how it is written: {things[one]!r} "
                    f"and {things[other]!r}. If they are one institution, keep one.",
                    value=IRI(one),
                )


def _actions(curated: Curated) -> Iterator[ValidationResult]:
    partners, numbers, starts, ends = (
        {thing: {str(each) for each in values} for thing, values in curated.values(str(term)).items()}
        for term in (AG.partner, AG.actionNumber, AG.startDate, AG.endDate)
    )
    linked = {
        frozenset((text_of(quad.subject), text_of(quad.object)))
        for quad in curated.all(
            *(str(term) for term in (AG.followUpOf, AG.probableFollowUpOf, AG.parallelTo, AG.sameRequestAs))
        )
    }
    by_title: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for quad in curated.all(str(DCTERMS.title)):
        thing = text_of(quad.subject)
        for partner in partners.get(thing, ()):
            by_title[partner, plain_name(text_of(quad.object))][thing] = text_of(quad.object)
    for things in by_title.values():
        for one, other in _pairs(things):
            told_apart = any(
                one in known and other in known and known[one] != known[other] for known in (numbers, starts, ends)
            )
            if not told_apart and frozenset((one, other)) not in linked:
                yield ValidationResult(
                    Severity.WARNING,
                    IRI(AGSH["action-alike"]),
                    IRI(other),
                    f"{one} has the same title and the same partner, {things[one]!r}, and nothing tells the two apart. "
                    "If they are one action, keep one; if not, give their numbers or dates.",
                    path=IRI(DCTERMS.title),
                    value=IRI(one),
                )


def plain_name(name: str) -> str:
    """Return `name` in small letters, its words parted by single blanks."""
    return _NOT_IN_WORDS.sub(" ", name).strip().casefold()


def _pairs(things: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the first of `things`, in the order of their names, with each other one."""
    first, *others = sorted(things)
    for other in others:
        yield first, other
