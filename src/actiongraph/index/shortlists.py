"""Lists of chains in short as documents that can be kept, and back, exactly as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rdflib.term import Node

from actiongraph.chains.summary import ChainSummary
from actiongraph.index.packing import Packer, Unpacker
from actiongraph.vocabulary import IRI

_Packed = Any  # what JSON can hold


def pack_summaries(summaries: Iterable[ChainSummary]) -> bytes:
    """Return summaries as one document; a document of some hundred names what they share once."""
    packer = Packer()
    return packer.packed([_summary(summary, packer) for summary in summaries])


def unpack_summaries(data: bytes) -> list[ChainSummary]:
    """Return the summaries that `data` is the document of, in order.

    Raises:
        ValueError: it is no such document.
        zlib.error: it is damaged.
    """
    unpacker = Unpacker.of(data)
    return [_read_summary(packed, unpacker) for packed in unpacker.body]


def pack_words(words: Mapping[Node, Collection[str]]) -> bytes:
    """Return the words by which things may be asked for as one document."""
    packer = Packer()
    return packer.packed([[packer.iri(thing), *sorted(own)] for thing, own in words.items() if isinstance(thing, IRI)])


def unpack_words(data: bytes) -> dict[Node, Collection[str]]:
    """Return the words that `data` is the document of.

    Raises:
        ValueError: it is no such document.
        zlib.error: it is damaged.
    """
    unpacker = Unpacker.of(data)
    return {unpacker.action(thing): set(own) for thing, *own in unpacker.body}


def _summary(summary: ChainSummary, packer: Packer) -> _Packed:
    return [
        summary.key,
        packer.iri(summary.iri),
        summary.size,
        summary.length,
        summary.links,
        summary.probable_links,
        packer.iris(summary.roots),
        packer.iris(summary.ends),
        packer.things(summary.countries),
        packer.things(summary.partners),
        packer.things(summary.returning_partners),
        packer.things(summary.assistance_types),
        summary.years,
        [packer.gap(gap) for gap in summary.gaps],
        summary.has_loop,
    ]


def _read_summary(packed: _Packed, unpacker: Unpacker) -> ChainSummary:
    (
        key, iri, size, length, links, probable_links, roots, ends, countries, partners, returning, assistance, years,
        gaps, has_loop,
    ) = packed  # fmt: skip
    return ChainSummary(
        key,
        unpacker.iri(iri),
        size,
        length,
        links,
        probable_links,
        unpacker.iris(roots),
        unpacker.iris(ends),
        unpacker.things(countries),
        unpacker.things(partners),
        unpacker.things(returning),
        unpacker.things(assistance),
        tuple(years),
        tuple([unpacker.gap(gap) for gap in gaps]),
        has_loop,
    )
