"""The words of a source that facts rest on, as the data folder has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import pyoxigraph as ox
from rdflib import RDF

from actiongraph.engine.files import read_file
from actiongraph.errors import UnknownResource
from actiongraph.ingest.drift import QuotedWords
from actiongraph.iris import key_of, prefixed_name
from actiongraph.release.evidence import expand
from actiongraph.release.inputs import Inputs
from actiongraph.text import near_names
from actiongraph.validate.source_texts import read_texts
from actiongraph.vocabulary import AG, CANONICAL_BASE, OA, PREFIXES, SPDX


@dataclass(frozen=True, slots=True)
class QuotedSource:
    """A source with what is quoted from it: its checksum, the text if that is there, words, and passages without any.

    `checksum` is empty where no snapshot is kept. `records` counts passages that are rows or lines of the source.
    """

    key: str
    checksum: str
    text: str | None
    words: tuple[QuotedWords, ...]
    records: int


def read_quoted(inputs: Inputs, key: str) -> QuotedSource:
    """Return the words that the data quotes from the source with this key.

    Raises:
        DataError, DataSyntaxError: a file cannot be read.
        UnknownResource: the data has no such source; near keys are told.
    """
    said: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    files = {path: list(read_file(path, base=CANONICAL_BASE)) for path in inputs.data}
    for quad in chain.from_iterable(expand(files).values()):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
            said[quad.subject.value][quad.predicate.value].append(quad.object.value)
    start = f"{CANONICAL_BASE}id/source/"
    sources = {each.removeprefix(start) for each in said if each.startswith(start) and "#" not in each}
    if key not in sources:
        near = near_names(key, sorted(sources))
        advice = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(sorted(sources)) or 'none'}."
        raise UnknownResource(f"The data has no source {key[:80]!r}; {advice}", near=tuple(near))
    source = start + key
    checksums = [
        value.lower() for node in said[source][str(SPDX.checksum)] for value in said[node][str(SPDX.checksumValue)]
    ]
    checksum = checksums[0] if checksums else ""
    facts = _facts_by_passage(said)
    words, records = [], 0
    for passage in [each for each, values in said.items() if source in values.get(str(OA.hasSource), ())]:
        selectors = [said[each] for each in said[passage][str(OA.hasSelector)]]
        quotes, starts = ([value for each in selectors for value in each[str(term)]] for term in (OA.exact, OA.start))
        records += any(each[str(RDF.value)] for each in selectors)
        if len(quotes) == 1:
            at = int(starts[0]) if len(starts) == 1 and starts[0].isdecimal() else 0
            words.append(QuotedWords(passage, at, quotes[0], tuple(sorted(facts[passage]))))
    return QuotedSource(key, checksum, read_texts(inputs.texts).get(checksum), tuple(words), records)


def _facts_by_passage(said: dict[str, defaultdict[str, list[str]]]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for values in list(said.values()):
        for passage in values.get(str(AG.evidence), ()):
            parts = (values.get(str(term), ()) for term in (RDF.subject, RDF.predicate, RDF.object))
            found[passage].append(" ".join(_short(part) for part in parts))
    return found


def _short(values: Sequence[str]) -> str:
    value = values[0] if values else ""
    if value.startswith(f"{CANONICAL_BASE}id/"):
        return key_of(value)
    return prefixed_name(value, PREFIXES) or value
