"""The index of chains of a release, written: every chain ready-made, and the lists of all. `chain_index` reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from operator import itemgetter
from pathlib import Path

from actiongraph.chains.labels import Labels
from actiongraph.chains.links import FollowUp, all_follow_ups
from actiongraph.chains.summary import ChainSummary, Overview, in_order, summarise
from actiongraph.chains.trace import whole_chains
from actiongraph.engine.base import Engine
from actiongraph.errors import DataError
from actiongraph.index.chain_index import LAYOUT, WHAT, WHOLE_CHAINS
from actiongraph.index.chain_lists import SCHEMA, write_lists
from actiongraph.index.database import write_database
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

_SCHEMA = f"""
PRAGMA user_version = {LAYOUT};
CREATE TABLE known (base TEXT);
CREATE TABLE chain (number INTEGER PRIMARY KEY, document BLOB);
CREATE TABLE member (iri TEXT PRIMARY KEY, chain INTEGER) WITHOUT ROWID;
{SCHEMA}"""


def write_chains(path: Path, engine: Engine, settings: Settings) -> None:
    """Write the index of all chains of the release that `engine` answers from to the new file `path`.

    Takes time linear in the links, and memory for the list of all chains. No file is made where a follow-up leads to
    a literal or a blank node: a request for that chain fails with this, and one for others is answered as before.

    Raises:
        StoreError: the disk is full.
        EngineError: the engine failed.
    """
    try:
        follow_ups = all_follow_ups(engine, settings)
    except DataError:
        return
    with write_database(path, WHAT) as index:
        index.executescript(_SCHEMA)
        index.execute("BEGIN")
        _write(index, engine, follow_ups, settings)
        index.execute("COMMIT")


def _write(index: sqlite3.Connection, engine: Engine, follow_ups: Collection[FollowUp], settings: Settings) -> None:
    index.execute("INSERT INTO known VALUES (?)", (settings.base,))
    members: list[tuple[str, int]] = []
    lists: dict[bool, list[tuple[IRI, ChainSummary]]] = {True: [], False: []}
    for number, whole in enumerate(whole_chains(engine, follow_ups, settings), start=1):
        index.execute("INSERT INTO chain VALUES (?, ?)", (number, WHOLE_CHAINS.encode(whole)))
        members += ((str(step.action), number) for step in whole.chain.steps)
        for chain in (whole.chain, *whole.stated_parts(settings)):
            if not chain.alone:
                least = min(step.action for step in chain.steps)
                lists[chain.probable].append((least, summarise(chain)))
    index.executemany("INSERT INTO member VALUES (?, ?)", sorted(members))
    # Chains of one key, each under another base, are listed by their least member, as `read_chains` does.
    listed = {
        probable: in_order(summary for _, summary in sorted(found, key=itemgetter(0)))
        for probable, found in lists.items()
    }
    summaries = listed[True]
    things = {thing.iri for each in summaries for thing in (*each.countries, *each.partners, *each.assistance_types)}
    words = Labels(engine, filter(None, things), settings, with_words=True).words
    write_lists(index, [Overview(chains, probable, words) for probable, chains in listed.items()])
