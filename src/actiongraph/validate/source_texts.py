"""Passages and printed names held against the text of the source they are from, where that text is there."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path

import pyoxigraph as ox
from rdflib import DCTERMS, Literal

from actiongraph.engine.files import read_bytes
from actiongraph.engine.nquads import parse_lines, read_quads
from actiongraph.errors import DataError
from actiongraph.sorted_lines import SortedLines
from actiongraph.validate.report import Severity, ValidationResult
from actiongraph.vocabulary import AG, AGSH, IRI, OA, SPDX

_CHECKSUMS = (str(AG.sha256), str(SPDX.checksumValue))
_CHECKSUM = str(SPDX.checksum)
_SOURCE, _SELECTOR, _OF = str(OA.hasSource), str(OA.hasSelector), str(DCTERMS.source)
_START, _END, _EXACT, _PRINTED = str(OA.start), str(OA.end), str(OA.exact), str(AG.partnerNameAsPrinted)
_SOURCE_TEXT, _SELECTOR_TEXT = (f"<{term}>".encode() for term in (_SOURCE, _SELECTOR))
_READ = {_SOURCE, _SELECTOR, _OF, _START, _END, _EXACT, _PRINTED, _CHECKSUM, *_CHECKSUMS}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences from source texts, and how many passages were compared and could not be."""

    results: tuple[ValidationResult, ...] = ()
    compared: int = 0
    not_compared: int = 0


def read_texts(paths: Iterable[Path]) -> dict[str, str]:
    """Return the text of each file by the SHA-256 of its bytes, in lower-case hexadecimal.

    Raises:
        DataError: a file cannot be read, or is not UTF-8.
    """
    texts = {}
    for path in paths:
        try:
            content = path.read_bytes() if path.is_file() else read_bytes(path)
            texts[hashlib.sha256(content).hexdigest()] = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: the text of a source is read as UTF-8; save it as UTF-8.", file=str(path)
            ) from error
    return texts


def compare_lines(lines: SortedLines, texts: Mapping[str, str]) -> Comparison:
    """Return what `compare` does for the quads of which `lines` are the N-Quads.

    Of passages from sources whose text is not there, none is held.
    """
    if not texts:
        of_passages = lines.having(_goes_on(_SOURCE), _goes_on(_SELECTOR))
        return Comparison(not_compared=sum(_is_passage(group) for group in _by_subject(of_passages)))
    marks = list(read_quads(lines.having(*(_goes_on(each) for each in (_CHECKSUM, *_CHECKSUMS)))))
    nodes = {
        str(quad.subject): quad.object.value.lower()
        for quad in marks
        if quad.predicate.value in _CHECKSUMS and isinstance(quad.object, ox.Literal)
    }
    known = {node.encode() for node, checksum in nodes.items() if checksum in texts}
    known |= {str(quad.subject).encode() for quad in marks if str(quad.object).encode() in known}
    passages = 0
    chosen: list[bytes] = []
    for own in _by_subject(lines.having(*(_goes_on(each) for each in (_SOURCE, _SELECTOR, _OF)))):
        subject = own[0][: own[0].index(b" ") + 1]
        objects: dict[bytes, list[bytes]] = {}
        for line in own:
            _, predicate, rest = line.split(b" ", 2)
            objects.setdefault(predicate, []).append(rest.rsplit(b" ", 2)[0])
        passages += _is_passage(own)
        if known and not known.isdisjoint(chain.from_iterable(objects.values())):
            selectors = objects.get(_SELECTOR_TEXT, ())
            chosen += (lines.beginning_with(each) for each in (subject, *(each + b" " for each in selectors)))
    found = compare(chain(marks, parse_lines(b"".join(dict.fromkeys(chosen)))), texts)
    return Comparison(found.results, found.compared, passages - found.compared)


def _by_subject(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    return (list(own) for _, own in groupby(lines, key=lambda line: line[: line.index(b" ") + 1]))


def _is_passage(own: Sequence[bytes]) -> bool:
    """Tell whether the lines of a thing are those of a passage: it has a name, a source and a selector."""
    said = {line.split(b" ", 2)[1] for line in own}
    return _SOURCE_TEXT in said and _SELECTOR_TEXT in said and own[0].startswith(b"<")


def _goes_on(predicate: str) -> bytes:
    return f" <{predicate}> ".encode()


def compare(quads: Iterable[ox.Quad], texts: Mapping[str, str]) -> Comparison:
    """Return where `quads` differ from `texts`: a text belongs to the source that has its checksum.

    A passage is what the text has from its start to its end, in code points from 0; a printed partner name stands
    somewhere in the text of the source of its action.

    Source: Web Annotation Data Model, sections 4.2.4 (text quote) and 4.2.5 (text position).
    """
    said: defaultdict[str, _Values] = defaultdict(_Values)
    for quad in quads:
        predicate = quad.predicate.value
        if predicate in _READ and isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.Triple):
            said[quad.subject.value].by_predicate[predicate].append(quad.object.value)
    text_of = {iri: texts.get(checksum.lower()) for iri in said for checksum in _checksums(iri, said)}
    passages = [iri for iri, values in said.items() if values.all(_SOURCE) and values.all(_SELECTOR)]
    quoting = [
        iri for iri in passages if any(said[each].all(_EXACT) for each in said[iri].all(_SELECTOR) if each in said)
    ]
    compared = [iri for iri in quoting if all(text_of.get(source) is not None for source in said[iri].all(_SOURCE))]
    results = [result for iri in compared for result in _differences(iri, said, text_of)]
    results += [result for iri in said for result in _misprinted(iri, said[iri], text_of)]
    return Comparison(tuple(results), len(compared), len(passages) - len(compared))


@dataclass(slots=True)
class _Values:
    by_predicate: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def all(self, predicate: str) -> list[str]:
        return self.by_predicate.get(predicate, [])


def _checksums(iri: str, said: Mapping[str, _Values]) -> Iterator[str]:
    for node in (iri, *said[iri].all(_CHECKSUM)):
        for predicate in _CHECKSUMS if node in said else ():
            yield from said[node].all(predicate)


def _differences(
    passage: str, said: Mapping[str, _Values], text_of: Mapping[str, str | None]
) -> Iterator[ValidationResult]:
    parts = [said[selector] for selector in said[passage].all(_SELECTOR) if selector in said]
    starts, ends, quotes = ([value for part in parts for value in part.all(p)] for p in (_START, _END, _EXACT))
    if len(starts) != 1 or len(ends) != 1 or len(quotes) != 1 or not (starts[0] + ends[0]).isdecimal():
        return  # the shapes say so
    [source], start, end, quote = said[passage].all(_SOURCE), int(starts[0]), int(ends[0]), quotes[0]
    text = text_of[source] or ""
    if text[start:end] != quote:
        yield ValidationResult(
            Severity.VIOLATION,
            IRI(AGSH["passage-not-in-source"]),
            IRI(passage),
            f"The source does not have {quote!r} from {start} to {end}. {_advice(quote, text, start)}",
            value=Literal(quote),
            allowed="The words that the text of the source has between these code points, counted from 0.",
        )


def _advice(quote: str, text: str, start: int) -> str:
    """Return advice: the nearest position at which the text has the words, if it has them."""
    found, at = [], text.find(quote) if quote else -1
    while at >= 0:
        found.append(at)
        at = text.find(quote, at + 1)
    if found:
        nearest = min(found, key=lambda position: abs(position - start))
        return f"It has them from {nearest}: correct the position."
    if start >= len(text):
        return f"It ends at {len(text)}: correct the position and the quote."
    return f"It has {text[start : start + min(len(quote), 40)]!r} there: copy the quote from the text."


def _misprinted(iri: str, values: _Values, text_of: Mapping[str, str | None]) -> Iterator[ValidationResult]:
    known = [text for source in values.all(_OF) if (text := text_of.get(source)) is not None]
    for name in values.all(_PRINTED) if known and len(known) == len(values.all(_OF)) else ():
        if not any(name in text for text in known):
            yield ValidationResult(
                Severity.VIOLATION,
                IRI(AGSH["printed-name-not-in-source"]),
                IRI(iri),
                f"The source does not print {name!r}. Copy the partner's name from its text.",
                path=IRI(AG.partnerNameAsPrinted),
                value=Literal(name),
            )
