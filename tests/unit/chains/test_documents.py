"""Chains, whole and in short, come back from their documents as they were, whatever the texts in them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actiongraph.chains.dates import Gap
from actiongraph.chains.model import Chain, Evidence, Link, LinkKind, Named, Passage, Step, Team, Text
from actiongraph.chains.summary import ChainSummary
from actiongraph.chains.trace import WholeChain
from actiongraph.index.documents import DocumentCodec
from actiongraph.vocabulary import IRI

Exact = Callable[[object], object]
CHAIN_CODEC, SUMMARY_CODEC = DocumentCodec(WholeChain), DocumentCodec(ChainSummary)
FEW = settings(max_examples=40)
STRINGS = st.one_of(
    st.sampled_from(["", "x", "\x00", "\u2028\ufeff", '"\\', "🌍", "1"]),
    st.text(st.characters(exclude_categories=["Cs"])),
)
IRIS = st.sampled_from([IRI(f"https://example.org/id/x/{key}") for key in ("a", "b", "ü", "a#b")])
TAGS = st.sampled_from(["en", "es-MX", ""])
TEXTS = st.one_of(
    STRINGS,
    st.builds(Text, STRINGS),
    st.builds(Text, STRINGS, TAGS),
    st.builds(lambda text, datatype: Text(text, None, datatype), STRINGS, IRIS),
    st.builds(Text, STRINGS, TAGS, IRIS),
)
NAMED = st.builds(Named, TEXTS, st.none() | IRIS)
NUMBERS = st.none() | st.integers(0, 10**9)
CONFIDENCE = st.none() | st.sampled_from(["0.80", "1", "1E-7"]).map(Decimal)
GAPS = st.builds(Gap, st.integers(-10_000, 0), st.integers(0, 10_000), st.booleans())


def few(things: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(things, max_size=2).map(tuple)


def maybe(things: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | things


PASSAGES = st.builds(Passage, maybe(TEXTS), NUMBERS, NUMBERS, maybe(NAMED), *[maybe(IRIS)] * 3)
EVIDENCE = few(st.builds(Evidence, maybe(TEXTS), maybe(TEXTS), CONFIDENCE, few(PASSAGES), maybe(IRIS), maybe(IRIS)))
THINGS = few(NAMED)
STEPS = st.builds(
    Step, IRIS, STRINGS, maybe(TEXTS), maybe(TEXTS), st.booleans(), few(IRIS), THINGS, THINGS,
    few(st.builds(Team, maybe(IRIS), THINGS)), THINGS, THINGS, THINGS, THINGS, maybe(TEXTS), maybe(TEXTS),
    st.integers(0, 99), st.booleans(), EVIDENCE,
)  # fmt: skip
LINKS = few(st.builds(Link, IRIS, IRIS, st.sampled_from(LinkKind), EVIDENCE, maybe(GAPS)))
CHAINS = st.builds(Chain, STRINGS, few(STEPS), LINKS, few(few(IRIS)), st.booleans(), maybe(IRIS))
COUNTS = st.integers(0, 10**6)
SUMMARIES = st.builds(
    ChainSummary, STRINGS, maybe(IRIS), COUNTS, COUNTS, COUNTS, COUNTS, few(IRIS), few(IRIS), THINGS, THINGS, THINGS,
    THINGS, few(st.integers(0, 9999)), few(GAPS), st.booleans(),
)  # fmt: skip


@FEW
@given(CHAINS, st.dictionaries(IRIS, EVIDENCE, max_size=2))
def test_a_chain_comes_back_as_it_was(exact: Exact, chain: Chain, called: dict[IRI, tuple[Evidence, ...]]):
    whole = WholeChain(chain, called)
    assert exact(CHAIN_CODEC.decode(CHAIN_CODEC.encode(whole))) == exact(whole)


@FEW
@given(SUMMARIES)
def test_a_summary_comes_back_as_it_was(exact: Exact, summary: ChainSummary):
    assert exact(SUMMARY_CODEC.decode(SUMMARY_CODEC.encode(summary))) == exact(summary)


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"x" + data, lambda _: zlib.compress(b"[1]")])
def test_what_is_damaged_is_told_apart(damage: Callable[[bytes], bytes]):
    data = CHAIN_CODEC.encode(WholeChain(Chain("a", (), ())))
    with pytest.raises((zlib.error, ValueError)):
        CHAIN_CODEC.decode(damage(data))
