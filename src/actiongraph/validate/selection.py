"""The few quads of the data that the checks of files look at, chosen from all, so that not all are held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from rdflib import DCTERMS, RDF, SKOS

from actiongraph.engine.nquads import parse_lines
from actiongraph.sorted_lines import SortedLines
from actiongraph.validate.consequences import COMPUTED
from actiongraph.validate.curated import Curated, Vocabulary, text_of
from actiongraph.validate.doubles import plain_name
from actiongraph.validate.unknown_terms import KnownTerms, are_mistaken, is_fitting
from actiongraph.vocabulary import AG, ORG

_Part = tuple[bytes, bytes, bytes]
"""Predicate, object and graph of a quad."""


def _n3(term: str) -> bytes:
    return f"<{term}>".encode()


_TYPE, _ORGANIZATION, _CHAIN = _n3(RDF.type), _n3(ORG.Organization), _n3(AG.Chain)
_PARTNER, _TITLE = _n3(AG.partner), _n3(DCTERMS.title)
_NAMES = frozenset(map(_n3, (SKOS.prefLabel, SKOS.altLabel)))
_COMPUTED = frozenset(map(_n3, COMPUTED))


def select(
    lines: SortedLines, files: Mapping[bytes, Path], vocabulary: Vocabulary, mentioned: Collection[str]
) -> Curated:
    """Return the curated data as far as the checks need it: they find with this what they find with all of it.

    `lines` are N-Quads; `files` are those of the graphs that are files. That is: a quad with each term that a file
    uses, and one of a thing of each class that it speaks of; all with an unknown term, or with a property of another
    class; computed facts; what has the name of another thing; and one on each thing that is `mentioned` in a result.
    """
    selection = _Selection(files, vocabulary, mentioned)
    selection.take(lines)
    chosen: dict[bytes, None] = dict.fromkeys(selection.chosen)
    chosen |= dict.fromkeys(selection.unknown(lines))
    for subject in selection.alike():
        chosen |= dict.fromkeys(lines.beginning_with(subject + b" ").splitlines(keepends=True))
    quads = defaultdict(list)
    for quad in parse_lines(b"".join(chosen)):
        quads[str(quad.graph_name).encode()].append(quad)
    return Curated.of({path: quads.get(graph, []) for graph, path in files.items()})


class _Selection:
    def __init__(self, files: Mapping[bytes, Path], vocabulary: Vocabulary, mentioned: Collection[str]) -> None:
        self._files = files
        self._vocabulary = vocabulary
        self._mentioned = {_n3(each) for each in mentioned} | {f"_:{each}".encode() for each in mentioned}
        self._terms: dict[bytes, set[bytes]] = {graph: set() for graph in files}
        self._spoken_of: set[tuple[bytes, bytes]] = set()
        self._limited = {_n3(term) for term in vocabulary.terms if vocabulary.domains.get(term)}
        self._fine: defaultdict[frozenset[bytes], set[tuple[bytes, ...]]] = defaultdict(set)
        self._fitting: dict[tuple[bytes, frozenset[bytes]], bool] = {}
        self._same_name: defaultdict[tuple[bytes, ...], list[bytes]] = defaultdict(list)
        self.chosen: list[bytes] = []

    def take(self, lines: Iterable[bytes]) -> None:
        files = self._files
        split = (line.split(b" ", 2) for line in lines)
        for subject, own in groupby(split, key=itemgetter(0)):
            parts = [
                (predicate, term, graph) for _, predicate, rest in own for term, graph, _ in (rest.rsplit(b" ", 2),)
            ]
            if curated := [part for part in parts if part[2] in files]:
                self._take(subject, curated)

    def _take(self, subject: bytes, parts: Sequence[_Part]) -> None:
        types = [part for part in parts if part[0] == _TYPE]
        classes = frozenset([term for _, term, _ in types if term.startswith(b"<")])
        # Most things are like one before: of the same classes, with the same properties in the same file.
        fine = self._fine[classes]
        new = [part for part in parts if _kind(part) not in fine]
        chosen = [part for part in new if self._is_needed(part, classes)]
        for part in new:
            # All classes of a thing are in one file, mostly, and few files speak of it.
            if missing := [(part[2], class_) for class_ in classes if (part[2], class_) not in self._spoken_of]:
                self._spoken_of.update(missing)
                chosen.append(part)
        if not chosen:
            fine.update(map(_kind, new))
        if subject in self._mentioned:
            chosen.append(parts[0])
        if chosen:
            told = dict.fromkeys((*chosen, *types))
            self.chosen += (b" ".join((subject, *part, b".\n")) for part in told)
        if _ORGANIZATION in classes:
            self._name(subject, (term for predicate, term, _ in parts if predicate in _NAMES), [b""])
        if partners := [term for predicate, term, _ in parts if predicate == _PARTNER]:
            self._name(subject, (term for predicate, term, _ in parts if predicate == _TITLE), partners)

    def _is_needed(self, part: _Part, classes: frozenset[bytes]) -> bool:
        predicate, term, graph = part
        known = self._terms[graph]
        is_new = predicate not in known or (predicate == _TYPE and term not in known)
        if is_new:
            known.update((predicate, term) if predicate == _TYPE else (predicate,))
        if predicate in _COMPUTED or (predicate == _TYPE and term == _CHAIN):
            return True
        return is_new or (predicate in self._limited and not self._fits(predicate, classes))

    def _fits(self, predicate: bytes, classes: frozenset[bytes]) -> bool:
        key = predicate, classes
        if key not in self._fitting:
            names = frozenset(each[1:-1].decode() for each in classes)
            self._fitting[key] = is_fitting(predicate[1:-1].decode(), names, self._vocabulary)
        return self._fitting[key]

    def _name(self, subject: bytes, names: Iterable[bytes], beside: Iterable[bytes]) -> None:
        plain = {plain_name(_text(name)).encode() for name in names if name[:1] == b'"'}
        for each in beside:
            for name in plain:
                self._same_name[each, name].append(subject)

    def alike(self) -> Iterator[bytes]:
        """Yield the things that have the name of another."""
        for things in self._same_name.values():
            if len(things) > 1:
                yield from things

    def unknown(self, lines: SortedLines) -> Iterator[bytes]:
        """Yield the lines with an unknown term, and all of files whose terms are of a mistaken namespace."""
        known = KnownTerms(self._vocabulary)
        unknown: defaultdict[bytes, set[bytes]] = defaultdict(set)
        for graph, terms in self._terms.items():
            unknown[graph] = {term for term in terms if term[:1] == b"<" and not known.has(term[1:-1].decode())}
        if not any(unknown.values()):
            return
        mistaken = {graph for graph, terms in unknown.items() if are_mistaken(term[1:-1].decode() for term in terms)}
        for line in lines:
            _, predicate, rest = line.split(b" ", 2)
            term, graph, _ = rest.rsplit(b" ", 2)
            of_graph = unknown.get(graph, set())
            if graph in mistaken or predicate in of_graph or (predicate == _TYPE and term in of_graph):
                yield line


def _kind(part: _Part) -> tuple[bytes, ...]:
    """Return what a part has in common with those that are as much needed, of things of the same classes."""
    return part if part[0] == _TYPE else (part[0], part[2])


def _text(literal: bytes) -> str:
    """Return the text of a literal as N-Quads have it."""
    if b"\\" not in literal:
        return literal[1 : literal.rindex(b'"')].decode()
    [quad] = parse_lines(b"<x:s> <x:p> " + literal + b" .\n")
    return text_of(quad.object)
