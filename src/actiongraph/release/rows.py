"""What the rows of tables are made from: things of a class, follow-ups, statements and their passages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyoxigraph as ox
from rdflib import RDF

from actiongraph.release.lines import Lines, Term
from actiongraph.vocabulary import AG, OA

Row = Mapping[str, Sequence[Term]]
"""Terms by predicate; under `SELF` stands the thing itself, under `STATEMENT` the statement that it belongs to."""
SELF, STATEMENT = "", "statement"

_TYPE, _EVIDENCE, _SELECTOR = str(RDF.type), str(AG.evidence), str(OA.hasSelector)
_PASSAGE = tuple(str(term) for term in (OA.hasSource, OA.start, OA.end, OA.exact))
_TRIPLE = tuple(str(term) for term in (RDF.subject, RDF.predicate, RDF.object))
_LINKS = (str(AG.followUpOf), str(AG.probableFollowUpOf))


def things(class_: str) -> Callable[[Lines, str], Iterator[Row]]:
    """Return what yields a row for each thing of `class_` whose IRI begins with a prefix."""
    wanted = ox.NamedNode(class_)

    def rows(lines: Lines, prefix: str) -> Iterator[Row]:
        for iri, values in lines.things(prefix):
            if wanted in values.get(_TYPE, ()):
                yield {**values, SELF: [ox.NamedNode(iri)]}

    return rows


_statements = things(str(AG.SourceStatement))


def statements(lines: Lines, prefix: str) -> Iterator[Row]:
    """Yield a row for each source statement, with the sources and quotes of its passages."""
    for statement in _statements(lines, prefix):
        yield {**statement, **_seen(lines, statement)}


def passages(lines: Lines, prefix: str) -> Iterator[Row]:
    """Yield a row for each passage that a statement rests on."""
    for statement in _statements(lines, prefix):
        for passage in statement.get(_EVIDENCE, ()):
            yield {**_passage(lines, passage), STATEMENT: statement[SELF]}


def follow_ups(lines: Lines, prefix: str) -> Iterator[Row]:
    """Yield a row for each link from an action under `prefix` to an earlier one, and each statement of that link."""
    stated: dict[tuple[Term, ...], list[Row]] = {}
    for statement in _statements(lines, prefix.removesuffix("action/") + "statement/"):
        triple = tuple(term for name in _TRIPLE for term in statement.get(name, ()))
        if len(triple) == len(_TRIPLE) and triple[1].value in _LINKS:
            stated.setdefault(triple, []).append(statement)
    for action, links in lines.things(prefix, _LINKS):
        for link, earlier_ones in links.items():
            for earlier in earlier_ones:
                triple = (ox.NamedNode(action), ox.NamedNode(link), earlier)
                told = {name: [term] for name, term in zip(_TRIPLE, triple, strict=True)}
                for statement in stated.get(triple, [{}]):
                    yield {**statement, **_seen(lines, statement), **told, STATEMENT: statement.get(SELF, ())}


def _seen(lines: Lines, statement: Row) -> Row:
    """Return the sources and quotes of the passages that `statement` rests on, each source once."""
    found = [_passage(lines, passage) for passage in statement.get(_EVIDENCE, ())]
    return {name: list(dict.fromkeys(term for one in found for term in one[name])) for name in _PASSAGE}


def _passage(lines: Lines, passage: Term) -> Row:
    own = lines.about(passage.value)
    selectors = [lines.about(selector.value) for selector in own.get(_SELECTOR, ())]
    found = {name: [term for values in (own, *selectors) for term in values.get(name, ())] for name in _PASSAGE}
    return {**found, SELF: [passage]}
