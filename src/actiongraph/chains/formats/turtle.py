"""A chain as Turtle: what a release says of it, under the same names, so that it can be merged into any copy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from rdflib import DCTERMS, RDF, SKOS, XSD, Literal
from rdflib.term import Node

from actiongraph.chains.fields import LINKED, NAMES, TEXTS
from actiongraph.chains.model import Chain, Evidence, Lookup, Passage, Step, Text
from actiongraph.errors import DataError
from actiongraph.iris import prefixed_name
from actiongraph.sparql.values import serialised
from actiongraph.vocabulary import AG, IRI, OA, PREFIXES

_SHOWN = {prefix: PREFIXES[prefix] for prefix in ("ag", "dcterms", "oa", "rdf", "skos", "xsd")}
_LOCAL = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_BARE = {
    XSD.integer: re.compile(r"[+-]?\d+"),
    XSD.decimal: re.compile(r"[+-]?\d*\.\d+"),
    XSD.boolean: re.compile("true|false"),
}
Triple = tuple[IRI, IRI, Node]


def as_turtle(chain: Chain) -> str:
    """Return the chain in RDF: its actions and links, what is shown of them, and the evidence.

    Every triple is one that a release with this chain has, computed facts such as `ag:chainDepth` included, in
    whatever its graph there. Nothing is a blank node; what has no IRI in the data is left out. What is
    computed is left out where only stated links were followed, for a release computes it with both kinds.

    Raises:
        DataError: an IRI or a language tag in the data cannot be written in Turtle.

    Source: RDF 1.1 Turtle.
    """
    about: dict[IRI, dict[IRI, dict[Node, None]]] = defaultdict(lambda: defaultdict(dict))
    for subject, predicate, object_ in _triples(chain):
        about[subject][predicate][object_] = None
    head = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in _SHOWN.items())
    try:
        return head + "".join(_block(subject, facts) for subject, facts in about.items())
    except ValueError as error:
        raise DataError(f"The chain {chain.key} cannot be written in Turtle: {error}") from error


def _block(subject: IRI, facts: Mapping[IRI, Iterable[Node]]) -> str:
    lines = (
        f"{'a' if predicate == RDF.type else _written(predicate)} {', '.join(map(_written, objects))}"
        for predicate, objects in facts.items()
    )
    return f"\n{serialised(subject)}\n  " + " ;\n  ".join(lines) + " .\n"


def _written(term: Node) -> str:
    if isinstance(term, IRI):
        return prefixed_name(term, _SHOWN, _LOCAL) or serialised(term)
    if isinstance(term, Literal) and term.datatype in _BARE and _BARE[term.datatype].fullmatch(term):
        return str(term)
    if isinstance(term, Literal) and term.datatype and (name := prefixed_name(term.datatype, _SHOWN, _LOCAL)):
        return f"{serialised(Literal(str(term)))}^^{name}"
    return serialised(term)


def _triples(chain: Chain) -> Iterator[Triple]:
    yield from _chain(chain)
    lookup = Lookup(chain)
    for step in chain.steps:
        yield from _step(step, chain.iri)
        yield from ((step.action, link.kind.predicate, link.earlier) for link in lookup.before[step.action])
    for step in chain.steps:
        yield from _around(step)
    for link in chain.links:
        for evidence in link.evidence:
            yield from _evidence(link.later, link.kind.predicate, link.earlier, evidence)
    for step in chain.steps:
        for evidence in step.open_end_evidence:
            yield from _evidence(step.action, AG.describedAsFollowUp, _TRUE, evidence)


_TRUE = Literal("true", datatype=XSD.boolean)


def _chain(chain: Chain) -> Iterator[Triple]:
    if chain.iri:
        yield chain.iri, RDF.type, AG.Chain
        yield chain.iri, AG.chainLength, _number(chain.length)
        yield chain.iri, AG.chainSize, _number(len(chain.steps))
        for root in chain.roots:
            yield chain.iri, AG.chainRoot, root


def _step(step: Step, chain: IRI | None) -> Iterator[Triple]:
    for type_ in step.types:
        yield step.action, RDF.type, type_
    for field in (*NAMES, *TEXTS):
        if (text := getattr(step, field.name)) is not None:
            yield step.action, field.predicate, _literal(text)
    for field in LINKED:
        yield from ((step.action, field.predicate, thing.iri) for thing in getattr(step, field.name) if thing.iri)
    yield from ((step.action, AG.partnerNameAsPrinted, _literal(name.name)) for name in step.partners if not name.iri)
    yield from ((step.action, AG.expertTeam, team.iri) for team in step.teams if team.iri)
    if step.open_end:
        yield step.action, AG.describedAsFollowUp, _TRUE
    if chain:
        yield step.action, AG.inChain, chain
        yield step.action, AG.chainDepth, _number(step.depth)


def _around(step: Step) -> Iterator[Triple]:
    """Yield who sent the teams of a step, and the labels of the things it names."""
    for team in step.teams:
        if team.iri:
            yield from ((team.iri, AG.sendingCountry, country.iri) for country in team.countries if country.iri)
    for thing in (*(thing for field in LINKED for thing in getattr(step, field.name)), *step.sending_countries):
        if thing.iri and isinstance(thing.name, Text):
            yield thing.iri, SKOS.prefLabel, _literal(thing.name)


def _evidence(action: IRI, predicate: IRI, object_: Node, evidence: Evidence) -> Iterator[Triple]:
    statement = evidence.statement
    if not statement:
        return
    yield statement, RDF.type, AG.SourceStatement
    yield statement, RDF.subject, action
    yield statement, RDF.predicate, predicate
    yield statement, RDF.object, object_
    if evidence.basis_concept:
        yield statement, AG.basis, evidence.basis_concept
    if evidence.confidence is not None:
        yield statement, AG.confidence, Literal(f"{evidence.confidence:f}", datatype=XSD.decimal, normalize=False)
    if evidence.reason is not None:
        yield statement, AG.reason, _literal(evidence.reason)
    for passage in evidence.passages:
        if passage.iri:
            yield statement, AG.evidence, passage.iri
            yield from _passage(passage.iri, passage)


def _passage(iri: IRI, passage: Passage) -> Iterator[Triple]:
    source, quoting, placing = passage.source, passage.quote_selector, passage.position_selector
    yield iri, RDF.type, OA.SpecificResource
    if source and source.iri:
        yield iri, OA.hasSource, source.iri
        if isinstance(source.name, Text):
            yield source.iri, DCTERMS.title, _literal(source.name)
    yield from ((iri, OA.hasSelector, selector) for selector in (quoting, placing) if selector)
    if quoting and passage.quote is not None:
        yield quoting, RDF.type, OA.TextQuoteSelector
        yield quoting, OA.exact, _literal(passage.quote)
    if placing and passage.start is not None and passage.end is not None:
        yield placing, RDF.type, OA.TextPositionSelector
        yield placing, OA.start, _number(passage.start)
        yield placing, OA.end, _number(passage.end)


def _number(value: int) -> Literal:
    return Literal(str(value), datatype=XSD.integer)


def _literal(text: str) -> Literal:
    language, datatype = (text.language, text.datatype) if isinstance(text, Text) else (None, None)
    return Literal(str(text), lang=language, datatype=None if language else datatype, normalize=False)
