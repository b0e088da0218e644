"""Whole chains as documents that can be kept, and back, exactly as they were."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from actiongraph.chains.chain import Chain, Evidence, Link, LinkKind, Passage, Step, Team
from actiongraph.chains.whole import WholeChain
from actiongraph.index.packing import Packer, Unpacker

_KINDS = tuple(LinkKind)
_Packed = Any  # what JSON can hold


def pack_chain(whole: WholeChain) -> bytes:
    """Return a chain as a document."""
    chain, packer = whole.chain, Packer()
    return packer.packed(
        [
            chain.key,
            packer.iri(chain.iri),
            chain.probable,
            [_step(step, packer) for step in chain.steps],
            [_link(link, packer) for link in chain.links],
            [packer.iris(loop) for loop in chain.loops],
            [[packer.iri(action), _evidence(found, packer)] for action, found in whole.called.items()],
        ]
    )


def unpack_chain(data: bytes) -> WholeChain:
    """Return the chain that `data` is the document of.

    Raises:
        ValueError: it is no such document.
        zlib.error: it is damaged.
    """
    unpacker = Unpacker.of(data)
    key, iri, probable, steps, links, loops, called = unpacker.body
    chain = Chain(
        key,
        tuple([_read_step(step, unpacker) for step in steps]),
        tuple([_read_link(link, unpacker) for link in links]),
        tuple([unpacker.iris(loop) for loop in loops]),
        probable,
        unpacker.iri(iri),
    )
    return WholeChain(chain, {unpacker.action(action): _read_evidence(found, unpacker) for action, found in called})


def _step(step: Step, packer: Packer) -> _Packed:
    return [
        packer.iri(step.action),
        packer.text(step.key),
        packer.text(step.number),
        packer.text(step.title),
        step.described,
        packer.iris(step.types),
        packer.things(step.countries),
        packer.things(step.partners),
        [[packer.iri(team.iri), packer.things(team.countries)] for team in step.teams],
        packer.things(step.assistance_types),
        packer.things(step.themes),
        packer.things(step.outcomes),
        packer.things(step.facilities),
        packer.text(step.start),
        packer.text(step.end),
        step.depth,
        step.open_end,
        _evidence(step.open_end_evidence, packer),
    ]


def _read_step(packed: _Packed, unpacker: Unpacker) -> Step:
    text, things = unpacker.text_or_none, unpacker.things
    (
        action, key, number, title, described, types, countries, partners, teams, assistance, themes, outcomes,
        facilities, start, end, depth, open_end, evidence,
    ) = packed  # fmt: skip
    return Step(
        unpacker.action(action),
        unpacker.text(key),
        text(number),
        text(title),
        described,
        unpacker.iris(types),
        things(countries),
        things(partners),
        tuple([Team(unpacker.iri(iri), things(senders)) for iri, senders in teams]),
        things(assistance),
        things(themes),
        things(outcomes),
        things(facilities),
        text(start),
        text(end),
        depth,
        open_end,
        _read_evidence(evidence, unpacker),
    )


def _link(link: Link, packer: Packer) -> _Packed:
    return [
        packer.iri(link.later),
        packer.iri(link.earlier),
        _KINDS.index(link.kind),
        _evidence(link.evidence, packer),
        link.gap and packer.gap(link.gap),
    ]


def _read_link(packed: _Packed, unpacker: Unpacker) -> Link:
    later, earlier, kind, evidence, gap = packed
    action = unpacker.action
    return Link(
        action(later), action(earlier), _KINDS[kind], _read_evidence(evidence, unpacker), gap and unpacker.gap(gap)
    )


def _evidence(evidence: Iterable[Evidence], packer: Packer) -> _Packed:
    return [
        [
            packer.text(found.basis),
            packer.text(found.reason),
            None if found.confidence is None else str(found.confidence),
            [_passage(passage, packer) for passage in found.passages],
            packer.iri(found.statement),
            packer.iri(found.basis_concept),
        ]
        for found in evidence
    ]


def _read_evidence(packed: _Packed, unpacker: Unpacker) -> tuple[Evidence, ...]:
    text, iri = unpacker.text_or_none, unpacker.iri
    return tuple(
        [
            Evidence(
                text(basis),
                text(reason),
                None if confidence is None else Decimal(confidence),
                tuple([_read_passage(passage, unpacker) for passage in passages]),
                iri(statement),
                iri(concept),
            )
            for basis, reason, confidence, passages, statement, concept in packed
        ]
    )


def _passage(passage: Passage, packer: Packer) -> _Packed:
    return [
        packer.text(passage.quote),
        passage.start,
        passage.end,
        packer.named(passage.source),
        *map(packer.iri, (passage.iri, passage.quote_selector, passage.position_selector)),
    ]


def _read_passage(packed: _Packed, unpacker: Unpacker) -> Passage:
    quote, start, end, source, *iris = packed
    return Passage(unpacker.text_or_none(quote), start, end, unpacker.named(source), *map(unpacker.iri, iris))
