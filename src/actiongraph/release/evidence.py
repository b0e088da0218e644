"""Evidence in its compact form, one line for a fact, expanded into source statements and passages.

    act:2014-12 ag:stated [ rdf:predicate ag:country ; oa:start 3277 ; oa:exact "As part of the initial work" ] .

A statement is named by the fact it is about: `{subject}#{property}-{value}`; a passage by its position in the source:
`{source}#char={start},{end}`, as RFC 5147 (section 2.1) names a range of a plain text. A record of a table or of
another source without running text is a passage too: `{source}#row=5` (RFC 7111) or `{source}#line=4,5` (RFC 5147).
`docs/curators.md` tells curators what an entry may hold.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyoxigraph as ox
from rdflib import DCTERMS, RDF, XSD

from actiongraph.errors import DataError
from actiongraph.iris import LOCAL_NAME, key_of, name_of, prefixed_name
from actiongraph.text import near_names
from actiongraph.validate.locations import line_of
from actiongraph.vocabulary import AG, CONCEPT, IRI, OA, PREFIXES, SPDX

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_Triple = tuple[ox.NamedNode, ox.NamedNode, Term]
Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
_LONGEST_KEY = 40
"""A longer literal is named by its digest."""


def _node(term: IRI | str) -> ox.NamedNode:
    return ox.NamedNode(str(term))


_STATED, _EVIDENCE, _BASIS = _node(AG.stated), _node(AG.evidence), _node(AG.basis)
_REASON, _CONFIDENCE, _CONFLICTS = _node(AG.reason), _node(AG.confidence), _node(AG.conflictsWith)
_TYPE, _SUBJECT, _PREDICATE, _OBJECT = (_node(term) for term in (RDF.type, RDF.subject, RDF.predicate, RDF.object))
_START, _EXACT, _END = _node(OA.start), _node(OA.exact), _node(OA.end)
_SOURCE, _SELECTOR, _FRAGMENT = _node(OA.hasSource), _node(OA.hasSelector), _node(RDF.value)
_OF_A_PASSAGE = (_START, _EXACT, _FRAGMENT, _SOURCE)
_OF_AN_ENTRY = (_PREDICATE, _OBJECT, *_OF_A_PASSAGE, _BASIS, _REASON, _CONFIDENCE, _EVIDENCE, _CONFLICTS)
_BASIS_OF = {True: _node(CONCEPT["basis/inferred"]), False: _node(CONCEPT["basis/stated"])}
_READ_AT = _node(CONCEPT["basis/read-at"])
_Entry = Mapping[ox.NamedNode, Sequence[Term]]


def expand(files: Mapping[Path, Sequence[ox.Quad]]) -> dict[Path, list[ox.Quad]]:
    """Return the quads of each file with its `ag:stated` entries replaced by the statements and passages they mean.

    A fact may stand in another file than its evidence. What an entry makes is in the graph of the entry.

    Raises:
        DataError: an entry that names no fact, no words, no source, or has a property that entries do not have.
    """
    subjects = {quad.subject for quads in files.values() for quad in quads if quad.predicate == _STATED}
    if not subjects:
        return {path: list(quads) for path, quads in files.items()}
    values: defaultdict[tuple[Term, ox.NamedNode], list[Term]] = defaultdict(list)
    kept = {_node(AG.sha256), _node(SPDX.checksum)}
    snapshots: set[Term] = set()
    for quads in files.values():
        for quad in quads:
            if quad.subject in subjects and quad.predicate != _STATED:
                values[quad.subject, quad.predicate].append(quad.object)
            elif quad.predicate in kept:
                snapshots.add(quad.subject)
    made: set[object] = set()
    expanded = {path: _File(path, quads, values, snapshots).expanded(made) for path, quads in files.items()}
    if any(quad.predicate == _CONFLICTS for quads in expanded.values() for quad in quads):
        _oppose(expanded)
    return expanded


def _oppose(files: Mapping[Path, list[ox.Quad]]) -> None:
    """Say on statements which value contradicts them, where only that one's statement says so."""
    parts: defaultdict[Term, dict[ox.NamedNode, Term]] = defaultdict(dict)
    for quads in files.values():
        for quad in quads:
            if quad.predicate in (_SUBJECT, _PREDICATE, _OBJECT):
                parts[quad.subject][quad.predicate] = quad.object
    names = {tuple(part.get(each) for each in (_SUBJECT, _PREDICATE, _OBJECT)): name for name, part in parts.items()}
    for quads in files.values():
        for quad in [quad for quad in quads if quad.predicate == _CONFLICTS]:
            part = parts[quad.subject]
            other = names.get((part.get(_SUBJECT), part.get(_PREDICATE), quad.object))
            if isinstance(other, ox.NamedNode):
                quads.append(ox.Quad(other, _CONFLICTS, part[_OBJECT], quad.graph_name))


@dataclass(frozen=True, slots=True)
class _Fact:
    subject: ox.NamedNode
    predicate: ox.NamedNode
    object: Term


class _File:
    """The quads of one file."""

    def __init__(
        self,
        path: Path,
        quads: Sequence[ox.Quad],
        values: Mapping[tuple[Term, ox.NamedNode], Sequence[Term]],
        snapshots: set[Term],
    ) -> None:
        self._path = path
        self._quads = quads
        self._values = values
        self._snapshots = snapshots
        self._unfounded: list[ox.Quad] = []
        source = _node(AG.Source)
        self._sources = [quad.subject for quad in quads if quad.predicate == _TYPE and quad.object == source]
        self._nodes: defaultdict[Term, defaultdict[ox.NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for quad in quads:
            if isinstance(quad.subject, ox.BlankNode):
                self._nodes[quad.subject][quad.predicate].append(quad.object)

    def expanded(self, made: set[object]) -> list[ox.Quad]:
        """Return the quads of the file, without entries and with what they mean.

        `made` are the statements, by name, and the triples of other files: no triple is made twice, and a statement of
        another file only gets more evidence. Those of this file are added to them.
        """
        entries: list[tuple[_Fact, _Entry, Graph]] = []
        for quad in self._quads:
            if quad.predicate == _STATED:
                entry: _Entry = self._nodes[quad.object]
                entries += ((fact, entry, quad.graph_name) for fact in self._facts(quad, entry))
        taken = {term for quad in self._quads if quad.predicate == _STATED for term in self._nodes_of(quad.object)}
        plain = [quad for quad in self._quads if quad.predicate != _STATED and quad.subject not in taken]
        names = _names([fact for fact, _, _ in entries])
        statements: dict[ox.Quad, None] = {}
        for fact, entry, graph in entries:
            for triple in self._statement(names[fact], fact, entry):
                if triple not in made and (triple[0] not in made or triple[1] == _EVIDENCE):
                    statements[ox.Quad(*triple, graph)] = None
        made.update(names.values(), ((quad.subject, quad.predicate, quad.object) for quad in statements))
        return [*plain, *statements, *self._unfounded]

    def _nodes_of(self, entry: Term) -> list[Term]:
        return [entry, *self._nodes[entry][_EVIDENCE]]

    def _facts(self, quad: ox.Quad, entry: _Entry) -> list[_Fact]:
        """Return the facts that an entry is about."""
        if not isinstance(quad.object, ox.BlankNode) or not isinstance(quad.subject, ox.NamedNode):
            raise self._error(quad.subject, "ag:stated takes an entry in square brackets, and its subject an IRI")
        self._check(quad.subject, entry, _OF_AN_ENTRY)
        predicates = [term for term in entry.get(_PREDICATE, ()) if isinstance(term, ox.NamedNode)]
        if not predicates:
            raise self._error(quad.subject, "an entry names the property that it is evidence for: rdf:predicate")
        objects = entry.get(_OBJECT, ())
        if objects and len(predicates) > 1:
            raise self._error(quad.subject, "an entry with rdf:object names one property; make it an entry for each")
        facts = []
        for predicate in predicates:
            found = objects or self._values.get((quad.subject, predicate), ())
            if not found:
                self._unfounded.append(ox.Quad(quad.subject, _STATED, predicate, quad.graph_name))
            facts += [_Fact(quad.subject, predicate, value) for value in found]
        return facts

    def _check(self, subject: Term, entry: _Entry, known: Iterable[ox.NamedNode]) -> None:
        names = [_short(predicate) for predicate in known]
        for predicate in entry:
            if (name := _short(predicate)) not in names:
                near = near_names(name, names)
                raise self._error(
                    subject,
                    f"an entry has no {name}; " + (f"{near[0]} may be meant" if near else f"it has {', '.join(names)}"),
                )

    def _statement(self, name: ox.NamedNode, fact: _Fact, entry: _Entry) -> list[_Triple]:
        passages = [entry, *(self._nodes[term] for term in entry.get(_EVIDENCE, ()))]
        for passage in passages[1:]:
            self._check(fact.subject, passage, _OF_A_PASSAGE)
        found = [made for passage in passages if (made := self._passage(fact.subject, passage, entry)) is not None]
        if not found:
            raise self._error(fact.subject, "an entry quotes the words that the fact rests on: oa:start and oa:exact")
        is_concluded = bool(entry.get(_REASON) or entry.get(_CONFIDENCE))
        was_kept = any(len(triples) > _TRIPLES_OF_A_PAGE for _, triples in found)
        basis = entry.get(_BASIS) or [_BASIS_OF[is_concluded] if was_kept or is_concluded else _READ_AT]
        return [
            (name, _TYPE, _node(AG.SourceStatement)),
            (name, _SUBJECT, fact.subject),
            (name, _PREDICATE, fact.predicate),
            (name, _OBJECT, fact.object),
            *((name, _BASIS, term) for term in basis),
            *((name, _REASON, term) for term in entry.get(_REASON, ())),
            *((name, _CONFIDENCE, term) for term in entry.get(_CONFIDENCE, ())),
            *((name, _CONFLICTS, term) for term in entry.get(_CONFLICTS, ())),
            *((name, _EVIDENCE, passage) for passage, _ in found),
            *chain.from_iterable(triples for _, triples in found),
        ]

    def _passage(
        self, subject: ox.NamedNode, passage: _Entry, entry: _Entry
    ) -> tuple[ox.NamedNode, list[_Triple]] | None:
        """Return the name of a passage with its triples; None for an entry that leaves its passages to others."""
        words = _only(passage.get(_EXACT, ()))
        start = _only(passage.get(_START, ()))
        fragment = passage.get(_FRAGMENT, ())
        if passage is entry and entry.get(_EVIDENCE) and words is None and start is None and not fragment:
            return None
        source = self._source(subject, passage.get(_SOURCE) or entry.get(_SOURCE, ()))
        if fragment:
            named = _only(fragment)
            form = _FORM.fullmatch(named.value) if named and words is None and start is None else None
            if named is None or form is None:
                raise self._error(
                    subject, "rdf:value names rows or lines in place of words, once, such as row=5 or line=4,5"
                )
            return _record(source, named, _SCHEMES[form[1]])
        if words is None and start is None:
            if passage is entry and source in self._snapshots:
                return None
            page = _node(f"{source.value}#page")
            return page, [(page, _TYPE, _node(OA.SpecificResource)), (page, _SOURCE, source)]
        if words is None or (start is None and source in self._snapshots):
            raise self._error(subject, "words and their position go together: oa:start and oa:exact, each once")
        if start is not None and not start.value.isdecimal():
            raise self._error(subject, f"oa:start is a whole number from 0, not {start.value}")
        return _quoted(source, words, None if start is None else int(start.value))

    def _source(self, subject: Term, named: Sequence[Term]) -> ox.NamedNode:
        found = named or self._sources
        if len(found) > 1 and not named:
            found = [
                source
                for source in found
                if isinstance(source, ox.NamedNode) and key_of(source.value) == self._path.stem
            ]
        if len(found) == 1 and isinstance(found[0], ox.NamedNode):
            return found[0]
        raise self._error(subject, "an entry names its source, oa:hasSource, where the file has several")

    def _error(self, subject: Term, what: str) -> DataError:
        line = line_of(self._path, subject.value, _STATED.value) if isinstance(subject, ox.NamedNode) else None
        location = f"{self._path}, line {line}" if line else str(self._path)
        return DataError(f"{location}: ag:stated of {_short(subject)}: {what}.", file=str(self._path), line=line)


_TRIPLES_OF_A_PAGE = 2


_FORM = re.compile(r"(row)=[1-9][0-9]*(?:-[1-9][0-9]*)?|(line)=[0-9]+,[1-9][0-9]*")
_SCHEMES = {
    "row": ox.NamedNode("http://tools.ietf.org/rfc/rfc7111"),
    None: ox.NamedNode("http://tools.ietf.org/rfc/rfc5147"),
}
"""The schemes of fragments, as the Web Annotation Data Model (section 4.2.1) names them."""


def _record(source: ox.NamedNode, fragment: ox.Literal, scheme: ox.NamedNode) -> tuple[ox.NamedNode, list[_Triple]]:
    """Return a passage that is the rows or lines `fragment` of a source."""
    passage, selector = (_node(f"{source.value}#{fragment.value}{suffix}") for suffix in ("", "-fragment"))
    return passage, [
        (passage, _TYPE, _node(OA.SpecificResource)),
        (passage, _SOURCE, source),
        (passage, _SELECTOR, selector),
        (selector, _TYPE, _node(OA.FragmentSelector)),
        (selector, _FRAGMENT, fragment),
        (selector, _node(DCTERMS.conformsTo), scheme),
    ]


def _quoted(source: ox.NamedNode, words: ox.Literal, start: int | None) -> tuple[ox.NamedNode, list[_Triple]]:
    """Return a passage that quotes `words`, and that tells their position if it is known."""
    end = None if start is None else start + len(words.value)
    place = f"char={start},{end}" if start is not None else f"quote-{_digest(words)}"
    passage, quote = _node(f"{source.value}#{place}"), _node(f"{source.value}#{place}-quote")
    triples: list[_Triple] = [
        (passage, _TYPE, _node(OA.SpecificResource)),
        (passage, _SOURCE, source),
        (passage, _SELECTOR, quote),
        (quote, _TYPE, _node(OA.TextQuoteSelector)),
        (quote, _EXACT, words),
    ]
    if start is not None:
        position = _node(f"{source.value}#{place}-position")
        triples += [
            (passage, _SELECTOR, position),
            (position, _TYPE, _node(OA.TextPositionSelector)),
            (position, _START, _number(start)),
            (position, _END, _number(start + len(words.value))),
        ]
    return passage, triples


def _names(facts: Iterable[_Fact]) -> dict[_Fact, ox.NamedNode]:
    """Return the name of the statement about each fact, from its property and value and never from its position.

    Two facts of a thing that would have one name, such as two values with one key, have their digests in it too.
    """
    names = {fact: f"{fact.subject.value}#{name_of(fact.predicate.value)}-{_key(fact.object)}" for fact in facts}
    used = Counter(names.values())
    return {fact: _node(name if used[name] == 1 else f"{name}-{_digest(fact.object)}") for fact, name in names.items()}


def _key(value: Term) -> str:
    if not isinstance(value, ox.NamedNode | ox.Literal):
        return _digest(value)
    key = key_of(value.value).rpartition("#")[2] if isinstance(value, ox.NamedNode) else value.value
    return key if len(key) <= _LONGEST_KEY and LOCAL_NAME.fullmatch(key) else _digest(value)


def _digest(value: Term) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()[:8]


def _only(terms: Sequence[Term]) -> ox.Literal | None:
    return terms[0] if len(terms) == 1 and isinstance(terms[0], ox.Literal) else None


def _number(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=_node(XSD.integer))


def _short(term: Term) -> str:
    return prefixed_name(term.value, PREFIXES) or term.value if isinstance(term, ox.NamedNode) else str(term)
