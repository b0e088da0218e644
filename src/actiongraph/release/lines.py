"""A dataset as its sorted N-Quads lines, which are hashed, compared and dumped; sorted, they serve as an index too."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path

import pyoxigraph as ox

from actiongraph.engine.nquads import WrittenTerm, as_lines, parse_lines, split_quads
from actiongraph.sorted_lines import LinesApart, LineSorter, Lists, held, whole_subjects

Values = Mapping[str, Sequence[WrittenTerm]]
"""The objects of each predicate of one subject, in the order of their N-Quads."""
_MOST_FORMS = 200_000
_MOST_PREDICATES = 1_000
_BLOCKS_IN_MIND = 256


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
        self._take(_as_stored(whole_subjects(sorter.sorted().lists())), folder)

    @classmethod
    def of_sorted(cls, lists: Lists, folder: Path | None) -> Lines:
        """Return the dataset of sorted N-Quads, in lists of whole subjects, with their literals as they may be.

        Raises:
            OSError: the folder cannot be written.
        """
        dataset = cls.__new__(cls)
        dataset._take(_as_stored(lists), folder)
        return dataset

    def _take(self, lists: Lists, folder: Path | None) -> None:
        self.sorted = held(lists, folder)
        self._folder = folder
        self._in_block = lru_cache(_BLOCKS_IN_MIND)(self._values_in)

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
            found.update([line[line.rindex(b" <") + 2 : -3] for line in text.splitlines()])
        return {graph.decode(): quads for graph, quads in found.items()}

    def quads_by_graph(self) -> Iterator[ox.Quad]:
        """Yield the quads graph by graph, in order; the graphs are sorted too.

        Raises:
            OSError: the folder cannot be written.
        """
        apart = LinesApart(self._folder)
        for text in self.sorted.texts():
            by_graph: dict[bytes, list[bytes]] = {}
            for line in text.splitlines(keepends=True):
                by_graph.setdefault(line[line.rindex(b" <") + 2 : -4], []).append(line)
            for graph, own in by_graph.items():
                apart.add(graph, b"".join(own))
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
        had = [f" <{predicate}> <{iri}> ".encode() for predicate, iri in having]
        for text in self.sorted.whole_texts(f"<{prefix}".encode()):
            chosen = split_quads(_of_subjects(text, had) if had else text)
            for subject, own in groupby(chosen, key=itemgetter(0)):
                if values := _values(own, wanted):
                    yield subject[1:-1].decode(), values

    def languages(self, prefix: str, predicate: str) -> set[str]:
        """Return the languages of the texts that `predicate` gives to things under `prefix`; empty for none."""
        # A predicate inside a literal is followed by no quotation mark, which would be escaped there.
        with_end = re.compile(rb' <%b> "[^\n]*"([^"\n]*) <[^\n]*\n' % re.escape(predicate.encode()))
        ends = {end for text in self.sorted.texts(f"<{prefix}".encode()) for end in with_end.findall(text)}
        return {end[1:].decode() for end in ends if not end.startswith(b"^^")}

    def about(self, *iris: WrittenTerm) -> Values:
        """Return the values of the subjects `iris`, those of the first one first; none of one that there is not."""
        values: dict[str, list[WrittenTerm]] = {}
        for iri in iris:
            for name, terms in self._about(iri).items():
                values.setdefault(name, []).extend(terms)
        return values

    def _about(self, iri: WrittenTerm) -> Values:
        """Return the values of a subject; those that stand beside it are kept in mind, for they are often next."""
        start = iri + b" "
        return self._in_block(self.sorted.block_of(start)).get(iri) or _values(
            split_quads(self.sorted.beginning_with(start))
        )

    def _values_in(self, block: int) -> Mapping[bytes, Values]:
        """Return the values of the subjects whose lines are all in one block."""
        quads = split_quads(self.sorted.block(block))
        found = {subject: _values(own) for subject, own in groupby(quads, key=itemgetter(0))}
        for at in (0, -1) if quads else ():
            found.pop(quads[at][0], None)
        return found


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


def _as_stored(lists: Lists) -> Lists:
    """Yield sorted N-Quads with their literals as the store writes them, sorted and each once."""
    forms: dict[bytes, bytes] = {}
    for lines in lists:
        typed = {index: _object(line) for index, line in enumerate(lines) if b'"^^<' in line or b'"@' in line}
        if unknown := set(typed.values()).difference(forms):
            if len(forms) > _MOST_FORMS:
                forms.clear()
                unknown = set(typed.values())
            forms |= _stored_forms(sorted(unknown))
        changed = [(index, term) for index, term in typed.items() if forms[term] != term]
        own = list(lines) if changed else lines
        for index, term in changed:
            start = own[index].index(b" ", own[index].index(b" ") + 1) + 1
            own[index] = own[index][:start] + forms[term] + own[index][start + len(term) :]
        yield sorted(set(own)) if changed else own


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


def _of_subjects(text: bytes, having: Iterable[bytes]) -> bytes:
    """Return those of the sorted lines `text` whose subject has a line that goes on with one of `having`."""
    found = set()
    for words in having:
        at = text.find(words)
        while at >= 0:
            subject = text[text.rfind(b"\n", 0, at) + 1 : at]
            if b" " not in subject:  # else it is inside a literal
                found.add(subject + b" ")
            at = text.find(words, at + 1)
    chosen = []
    end = 0
    for subject in sorted(found):
        start = 0 if text.startswith(subject) else text.index(b"\n" + subject, max(end - 1, 0)) + 1
        end = start
        while text.startswith(subject, end):
            end = text.index(b"\n", end) + 1
        chosen.append(text[start:end])
    return b"".join(chosen)


def _values(quads: Iterable[tuple[bytes, bytes, bytes, bytes]], only: Collection[bytes] = ()) -> Values:
    """Return the objects by predicate; of those named by `only`, if it names any."""
    values: dict[str, list[WrittenTerm]] = {}
    for _, predicate, object_, _ in quads:
        if not only or predicate in only:
            name, term = _name(predicate), WrittenTerm(object_)
            if name in values:
                values[name].append(term)
            else:
                values[name] = [term]
    return values


@lru_cache(_MOST_PREDICATES)
def _name(predicate: bytes) -> str:
    return predicate[1:-1].decode()
