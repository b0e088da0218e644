"""Terms, classes and namespaces that no vocabulary has, and properties of other things, with what may be meant.

All else that is wrong in such a file may follow from it: a rule does not see what is said with an unknown term.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from rdflib import DCTERMS, FOAF, OWL, PROV, RDF, RDFS, SDO, SKOS
from rdflib.namespace import ORG, DefinedNamespace

from actiongraph.engine.files import read_bytes
from actiongraph.engine.oxigraph import to_rdflib
from actiongraph.iris import name_of, namespace_of, quote_path
from actiongraph.text import counted, near_names
from actiongraph.validate.consequences import MISTAKEN
from actiongraph.validate.curated import ByProperty, Curated, Vocabulary, text_of
from actiongraph.validate.report import Severity, ValidationResult
from actiongraph.vocabulary import AG, AGSH, CONCEPT, IRI, OA, PREFIXES

COVERED = frozenset({IRI(AGSH["unknown-property"]), IRI(AGSH["unknown-class"])})
"""The rules of the shapes that find a part of what is found here, and cannot tell what is meant."""

_TYPE = str(RDF.type)
_DC_ELEMENTS = "http://purl.org/dc/elements/1.1/"
_CORE_VOCABULARIES = "http://data.europa.eu/m8g/"
_CLOSED: tuple[type[DefinedNamespace], ...] = (DCTERMS, FOAF, ORG, OWL, PROV, RDF, RDFS, SDO, SKOS)
_OA_TERMS = """
    Annotation Choice CssSelector CssStyle DataPositionSelector Direction FragmentSelector HttpRequestState Motivation
    RangeSelector ResourceSelection Selector SpecificResource State Style SvgSelector TextPositionSelector
    TextQuoteSelector TextualBody TimeState XPathSelector annotationService bodyValue cachedSource canonical end exact
    hasBody hasEndSelector hasPurpose hasScope hasSelector hasSource hasStartSelector hasState hasTarget motivatedBy
    prefix processingLanguage refinedBy renderedVia sourceDate sourceDateEnd sourceDateStart start styleClass styledBy
    suffix textDirection via
"""
"""Classes and properties of the Web Annotation Vocabulary (W3C Recommendation, 23 February 2017, section 3)."""
_SOME_TERMS = {_CORE_VOCABULARIES: ("PublicOrganisation",)}
"""Terms of namespaces that have more than is known here: only what is nearly one of them is told."""
_CERTAIN = 0.8
"""From this likeness on, one term is a misspelling of another."""
_NEAR_NAMESPACE = 0.9
_OURS = re.compile(rf"https?://(www\.)?{re.escape(AG.removeprefix('https://').rstrip('#'))}[#/]?", re.IGNORECASE)
_MEMBER = re.compile(r"_[1-9][0-9]*")
"""The membership properties of containers (RDF Schema, section 5.1.5)."""


def check_terms(curated: Curated, vocabulary: Vocabulary, graphs: str) -> Iterator[ValidationResult]:
    """Yield a result for each term, class or namespace that no vocabulary has, and for each file without any of ours.

    `graphs` is the namespace of graphs, in which the result for a file names it. What a vocabulary of others has is
    known for those that the data is written with; other namespaces are nobody's business here.
    """
    known = KnownTerms(vocabulary)
    for path, quads in curated.files.items():
        unknown = {term: uses for term, uses in _uses(quads) if not known.has(term)}
        mistaken = dict(_mistaken_namespaces(unknown, known))
        yield from (_of_namespace(path, namespace, *found) for namespace, found in mistaken.items())
        if quads and not mistaken and not _is_judged(quads, curated, vocabulary):
            yield _unjudged(path, graphs)
        for term, uses in unknown.items():
            if _parts(term)[0] not in mistaken:
                yield from known.results(term, uses)
        yield from _misplaced(quads, curated, vocabulary)


class KnownTerms:
    """The terms of the vocabularies that data is written with."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._names = {namespace: set(names) for namespace, names in _names_of_others().items()}
        self._names[str(AG)] = {name_of(term) for term in vocabulary.terms}

    def has(self, term: str) -> bool:
        """Tell whether a vocabulary has `term`, or may have it, since not all of its terms are known here."""
        namespace, name = _parts(term)
        if namespace in _SOME_TERMS:
            return name in _SOME_TERMS[namespace] or not near_names(name, _SOME_TERMS[namespace], likeness=_CERTAIN)
        names = self._names.get(namespace)
        if names is None:
            return meant_namespace(namespace) is None
        return name in names or (namespace == str(RDF) and _MEMBER.fullmatch(name) is not None)

    def meant(self, term: str) -> str | None:
        """Return the term that may be meant by `term`, which no vocabulary has."""
        namespace, name = _parts(term)
        if right := meant_namespace(namespace):
            return right + name
        near = near_names(name, sorted(self._names.get(namespace) or _SOME_TERMS[namespace]))
        return namespace + near[0] if near else None

    def results(self, term: str, uses: list[ox.Quad]) -> Iterator[ValidationResult]:
        """Yield a result for each thing that is described with `term`."""
        meant = self.meant(term)
        is_ours = term in AG
        advice = f"Did you mean {meant}?" if meant else "Check the spelling."
        severity = Severity.VIOLATION if meant or is_ours else Severity.WARNING
        for quad in uses:
            is_class = quad.predicate.value == _TYPE
            yield ValidationResult(
                severity,
                IRI(AGSH["unknown-class" if is_class else "unknown-property"]),
                to_rdflib(quad.subject),
                f"{term} is not a {'class' if is_class else 'property'} of {_owner(term)}. {advice}",
                path=IRI(quad.predicate.value),
                value=IRI(term),
                allowed="The terms in ontology/actiongraph.ttl." if is_ours else None,
                explains=True,
            )


def has_mistaken_namespace(quads: Iterable[ox.Quad]) -> bool:
    """Tell whether a property in `quads` is in a namespace that is nearly ours."""
    return are_mistaken({quad.predicate.value for quad in quads})


def are_mistaken(terms: Iterable[str]) -> bool:
    """Tell whether one of `terms` is in a namespace that is nearly ours."""
    return any(meant_namespace(_parts(term)[0]) == str(AG) for term in terms)


@cache
def meant_namespace(namespace: str) -> str | None:
    """Return the namespace that is meant by one that no vocabulary has, or None if it may be another's."""
    known = {str(AG), *_names_of_others(), *_SOME_TERMS, *PREFIXES.values(), str(CONCEPT)}
    if namespace in known:
        return None
    if namespace == _DC_ELEMENTS:
        return str(DCTERMS)
    by_spelling = {_spelling(each): each for each in known}
    near = near_names(namespace, [str(AG)], likeness=_NEAR_NAMESPACE)
    return by_spelling.get(_spelling(namespace)) or (near[0] if near else None)


@cache
def _names_of_others() -> dict[str, frozenset[str]]:
    names = {str(OA): frozenset(_OA_TERMS.split())}
    for namespace in _CLOSED:
        own = (name for name in vars(namespace).get("__annotations__", {}) if not name.startswith("_"))
        names[str(namespace)] = frozenset((*own, *namespace._extras))  # `_extras` cannot be spelled in Python
    return names


def _owner(term: str) -> str:
    return "the vocabulary" if term in AG else f"the vocabulary {_parts(term)[0]}"


def _parts(term: str) -> tuple[str, str]:
    """Return the namespace and the name of `term`, also where the # that parts ours was forgotten."""
    ours = _OURS.match(term)
    namespace = ours.group() if ours else namespace_of(term)
    return namespace, term[len(namespace) :]


def _spelling(namespace: str) -> str:
    """Return a namespace without the parts that are easily mistaken: http or https, www, # or / at the end."""
    return re.sub(r"^https?://(www\.)?", "", namespace.lower()).rstrip("#/")


def _uses(quads: ByProperty) -> Iterator[tuple[str, list[ox.Quad]]]:
    """Yield each property and each class with the quads that it is used in."""
    yield from quads.items()
    classes: defaultdict[str, list[ox.Quad]] = defaultdict(list)
    for quad in quads.get(_TYPE, ()):
        if isinstance(quad.object, ox.NamedNode):
            classes[quad.object.value].append(quad)
    yield from classes.items()


def _mistaken_namespaces(
    unknown: Mapping[str, list[ox.Quad]], known: KnownTerms
) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield each namespace that stands for another in the whole file, with the right one and the number of its terms.

    Of what a single thing is described with, the term is told, and not the namespace.
    """
    terms: defaultdict[str, list[str]] = defaultdict(list)
    for term in unknown:
        terms[_parts(term)[0]].append(term)
    for namespace, used in terms.items():
        right = meant_namespace(namespace)
        if right and len({text_of(quad.subject) for term in used for quad in unknown[term]}) > 1:
            yield namespace, (right, len(used))


def _of_namespace(path: Path, namespace: str, right: str, terms: int) -> ValidationResult:
    return ValidationResult(
        Severity.VIOLATION,
        MISTAKEN,
        IRI(namespace),
        f"The namespace {namespace} has none of the terms that rules look at, so {counted(terms, 'term')} of this file "
        f"went unread. Did you mean {right}? Correct the prefix.",
        allowed=f"The namespace {right}",
        file=path.name,
        line=_line_of(path, f"<{namespace}"),
        explains=True,
    )


def _line_of(path: Path, text: str) -> int | None:
    before, found, _ = read_bytes(path).partition(text.encode())
    return before.count(b"\n") + 1 if found else None


def _is_judged(quads: ByProperty, curated: Curated, vocabulary: Vocabulary) -> bool:
    """Tell whether a file has something that rules look at: a term of ours, or a thing of a class that has rules."""
    if any(term in AG for term, _ in _uses(quads)):
        return True
    subjects = {text_of(quad.subject) for group in quads.values() for quad in group}
    classes = {each for subject in subjects for each in curated.classes_of.get(subject, ())}
    return not vocabulary.classes.isdisjoint(classes) or any(each in OA for each in classes)


def _unjudged(path: Path, graphs: str) -> ValidationResult:
    return ValidationResult(
        Severity.WARNING,
        IRI(AGSH["nothing-judged"]),
        IRI(graphs + quote_path(path.name.partition(".")[0])),
        f"Rules had nothing to look at in this file: no term in it begins with {AG}. Check its prefixes, or leave the "
        "file out if it is not about actions.",
        allowed=f"Terms such as {AG.Action}",
        file=path.name,
        line=1,
        explains=True,
    )


def _misplaced(quads: ByProperty, curated: Curated, vocabulary: Vocabulary) -> Iterator[ValidationResult]:
    """Yield a result for each thing with a property that the ontology has for things of other classes."""
    fitting: dict[frozenset[str], bool] = {}
    for predicate in vocabulary.terms.intersection(quads):
        domains = vocabulary.domains.get(predicate, set())
        fitting.clear()
        for quad in quads[predicate] if domains else ():
            classes = frozenset(curated.classes_of.get(text_of(quad.subject), ()))
            if classes not in fitting:
                fitting[classes] = is_fitting(predicate, classes, vocabulary)
            if not fitting[classes]:
                yield _of_another_class(quad, classes, domains, vocabulary)


def is_fitting(predicate: str, classes: Collection[str], vocabulary: Vocabulary) -> bool:
    """Tell whether the ontology has `predicate` for things of `classes`, as far as it knows any of these."""
    broader = vocabulary.broader(classes)
    return vocabulary.classes.isdisjoint(broader) or not vocabulary.domains[predicate].isdisjoint(broader)


def _of_another_class(
    quad: ox.Quad, classes: frozenset[str], domains: set[str], vocabulary: Vocabulary
) -> ValidationResult:
    known = classes & vocabulary.classes
    narrowest = min(known or classes, key=lambda each: (-len(vocabulary.broader([each])), each))
    right = " or ".join(sorted(vocabulary.name(domain) for domain in domains))
    return ValidationResult(
        Severity.VIOLATION,
        IRI(AGSH["property-of-another-class"]),
        to_rdflib(quad.subject),
        f"This is {vocabulary.name(narrowest)}, and {quad.predicate.value} describes {right}. Say it of that instead, "
        "or use another property.",
        path=IRI(quad.predicate.value),
        value=to_rdflib(quad.object),
        explains=True,
    )
