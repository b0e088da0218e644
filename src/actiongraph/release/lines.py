"""A dataset as its sorted N-Quads lines, which are hashed, compared and dumped; sorted, they serve as an index too."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path
from typing import TypeVar, cast

import pyoxigraph as ox

from actiongraph.engine.nquads import as_lines, parse_lines
from actiongraph.sorted_lines import LinesApart, LineSorter, held, whole_subjects

Term = ox.NamedNode | ox.Literal
Values = Mapping[str, Sequence[Term]]
"""The objects of each predicate of one subject, in the order of their N-Quads."""
_T = TypeVar("_T")
_MOST_FORMS = 200_000
_GRAPHS = re.compile(rb" <([^ \n]*)> \.\n")


class Lines:
    """The quads of a dataset, each a line of N-Quads with its line feed, sorted by their bytes.

    Literals are as the store writes them, so that dump, hash and endpoint agree to the letter: it turns
    xsd:nonNegativeInteger into xsd:integer, for instance, and 0.90 into 0.9.
    """

    def __init__(self, quads: Iterable[ox.Quad], folder: Path | None = None) -> None:
        """Take `quads` without blank nodes; a quad that comes twice is one line.

        What does not fit into memory is put into `folder`; without one, all is held in memory.

        Raises:
            OSError: the folder cannot be written.
        """
        sorter = LineSorter(folder)
        for text in as_lines(quads):
            sorter.add(text.splitlines(keepends=True))
        self._take(_as_stored(sorter.sorted()), folder)

    @classmethod
    def of_sorted(cls, lines: Iterable[bytes], folder: Path | None) -> Lines:
        """Return the dataset of the N-Quads `lines`, which are in order, with their literals as they may be.

        Raises:
            OSError: the folder cannot be written.
        """
        dataset = cls.__new__(cls)
        dataset._take(_as_stored(lines), folder)
        return dataset

    def _take(self, lines: Iterable[bytes], folder: Path | None) -> None:
        self.sorted = held(iter(lines), folder)
        self._folder = folder

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.sorted)

    def __len__(self) -> int:
        return len(self.sorted)

    def sha256(self) -> str:
        """Return the SHA-256 of all lines, in hexadecimal."""
        digest = hashlib.sha256()
        for text in self.sorted.texts():
            digest.update(text)
        return digest.hexdigest()

    def quads(self) -> Iterator[ox.Quad]:
        """Yield the quads, in order."""
        return chain.from_iterable(map(parse_lines, self.sorted.texts()))

    def graphs(self) -> dict[str, int]:
        """Return the number of quads in each graph."""
        found: Counter[bytes] = Counter()
        for text in self.sorted.texts():
            found.update(_GRAPHS.findall(text))
        return {graph.decode(): quads for graph, quads in found.items()}

    def quads_by_graph(self) -> Iterator[ox.Quad]:
        """Yield the quads graph by graph, in order; the graphs are sorted too.

        Raises:
            OSError: the folder cannot be written.
        """
        apart = LinesApart(self._folder)
        for line in self.sorted:
            apart.add(line[line.rindex(b" <") + 2 : -4], line)
        for graph in sorted(apart):
            yield from chain.from_iterable(map(parse_lines, apart.texts(graph)))

    def has(self, triple: ox.Triple) -> bool:
        """Tell whether `triple` is in any graph."""
        return bool(self.sorted.beginning_with(f"{triple} ".encode()))

    def things(
        self, prefix: str, only: Collection[str] = (), having: Iterable[tuple[str, str]] = ()
    ) -> Iterator[tuple[str, Values]]:
        """Yield each subject whose IRI begins with `prefix`, in order, with its values.

        If `only` names predicates, there are only theirs, and no subject without any. If there are pairs of a
        predicate and an IRI that subjects may be `having`, there are only those that have one; no others are parsed.
        """
        wanted = {f"<{predicate}>".encode() for predicate in only}
        had = tuple(f" <{predicate}> <{iri}> ".encode() for predicate, iri in having)
        for text in self.sorted.whole_texts(f"<{prefix}".encode()):
            chosen = text.splitlines(keepends=True)
            if wanted:
                chosen = [line for line in chosen if line.split(b" ", 2)[1] in wanted]
            if had:
                subjects = {_subject(line) for line in chosen if line.startswith(had, line.index(b" "))}
                chosen = [line for line in chosen if _subject(line) in subjects]
            for subject, own in groupby(parse_lines(b"".join(chosen)), key=attrgetter("subject")):
                yield subject.value, _values(own)

    def languages(self, prefix: str, predicate: str) -> set[str]:
        """Return the languages of the texts that `predicate` gives to things under `prefix`; empty for none."""
        # A predicate inside a literal is followed by no quotation mark, which would be escaped there.
        with_end = re.compile(rb' <%b> "[^\n]*"([^"\n]*) <[^\n]*\n' % re.escape(predicate.encode()))
        ends = {end for text in self.sorted.texts(f"<{prefix}".encode()) for end in with_end.findall(text)}
        return {end[1:].decode() for end in ends if not end.startswith(b"^^")}

    def about(self, *iris: str, only: tuple[str, ...] = ()) -> Values:
        """Return the values of the subjects `iris`, those of the first one first; none of one that there is not.

        If `only` names predicates, there are only theirs.
        """
        text = b"".join(self.sorted.beginning_with(f"<{iri}> ".encode()) for iri in iris)
        if only:
            wanted = tuple(f" <{predicate}> ".encode() for predicate in only)
            lines = text.splitlines(keepends=True)
            text = b"".join(line for line in lines if line.startswith(wanted, line.index(b" ")))
        return _values(parse_lines(text))


def differences(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield, in order, each line that only one of two sorted sequences has, and whether that is `new`."""
    olds, news = iter(old), iter(new)
    before, after = next(olds, None), next(news, None)
    while before is not None or after is not None:
        if before == after:
            before, after = next(olds, None), next(news, None)
        elif after is None or (before is not None and before < after):
            assert before is not None  # noqa: S101 - they are not equal, so not both are None
            yield before, False
            before = next(olds, None)
        else:
            yield after, True
            after = next(news, None)


def _as_stored(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield sorted N-Quads with their literals as the store writes them, sorted and each once."""
    forms: dict[bytes, bytes] = {}
    for own in whole_subjects(lines):
        typed = {index: _object(line) for index, line in enumerate(own) if b'"^^<' in line or b'"@' in line}
        if unknown := set(typed.values()).difference(forms):
            if len(forms) > _MOST_FORMS:
                forms.clear()
                unknown = set(typed.values())
            forms |= _stored_forms(sorted(unknown))
        changed = False
        for index, term in typed.items():
            if (form := forms[term]) != term:
                start = own[index].index(b" ", own[index].index(b" ") + 1) + 1
                own[index] = own[index][:start] + form + own[index][start + len(term) :]
                changed = True
        yield from sorted(set(own)) if changed else own


def _object(line: bytes) -> bytes:
    return line.split(b" ", 2)[2].rsplit(b" ", 2)[0]


def _stored_forms(terms: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return what a store makes of literals, which only it knows."""
    store = ox.Store()
    text = b"".join(b"<x:%d> <x:p> %b .\n" % (number, term) for number, term in enumerate(terms))
    store.bulk_load(text, format=ox.RdfFormat.N_QUADS, lenient=True)
    found = {}
    for line in (store.dump(format=ox.RdfFormat.N_QUADS) or b"").splitlines():
        subject, _, form = line.split(b" ", 2)
        found[terms[int(subject[3:-1])]] = form[:-2]
    return found


def _subject(line: bytes) -> bytes:
    return line[: line.index(b" ")]


def _values(quads: Iterable[ox.Quad]) -> Values:
    values: dict[str, list[Term]] = {}
    for quad in quads:
        values.setdefault(quad.predicate.value, []).append(cast(Term, quad.object))  # there are no blank nodes
    return values
