"""The index of chains agrees with the engine on generated data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from actiongraph.chains.summary import Filters, read_chains
from actiongraph.chains.trace import trace_chain
from actiongraph.engine.oxigraph import OxigraphEngine
from actiongraph.index.chain_index import CHAINS, chain_of, open_chain_list, write_chains
from actiongraph.settings import Settings
from bench.generate import generate

ACTIONS = 400


@pytest.mark.long("large")
def test_each_chain_and_the_list_are_those_that_the_engine_gives(exact: Callable[[object], object], tmp_path: Path):
    settings, generation = Settings(), generate(ACTIONS)
    lines = "\n".join(f"{statement.triple} ." for statement in generation)
    engine = OxigraphEngine.in_memory(ox.parse(lines, format=ox.RdfFormat.N_TRIPLES), union_default=True)
    index = tmp_path / CHAINS
    write_chains(index, engine, settings)
    for probable in (True, False):
        with open_chain_list(engine, index=index, settings=settings, probable=probable) as chains:
            listed = chains.chosen(Filters())
        assert exact(listed) == exact(list(read_chains(engine, settings=settings, probable=probable).chains))
        for summary in listed:
            asked = summary.ends[-1]
            ready = chain_of(engine, asked, index=index, settings=settings, probable=probable)
            assert exact(ready) == exact(trace_chain(engine, asked, settings=settings, probable=probable))
    with open_chain_list(engine, index=index, settings=settings) as chains:
        assert max(chains.figures(Filters()).lengths) == 30
