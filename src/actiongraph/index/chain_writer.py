"""The index of chains of a release, written: every chain ready made, and the lists of all. `chains` reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from actiongraph.chains.families import all_links
from actiongraph.chains.links import Found
from actiongraph.chains.overview import overviews_of
from actiongraph.chains.summary import Overview
from actiongraph.chains.whole import WholeChain, whole_chains
from actiongraph.engine.base import Engine
from actiongraph.errors import DataError, StoreError
from actiongraph.index.chain_documents import pack_chain
from actiongraph.index.chains import LAYOUT
from actiongraph.index.database import address_of_file
from actiongraph.index.shortlists import pack_summaries, pack_words
from actiongraph.settings import Settings

_SCHEMA = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA user_version = {LAYOUT};
CREATE TABLE known (base TEXT);
CREATE TABLE chain (number INTEGER PRIMARY KEY, document BLOB);
CREATE TABLE member (iri TEXT PRIMARY KEY, chain INTEGER) WITHOUT ROWID;
CREATE TABLE list (probable INTEGER PRIMARY KEY, words BLOB);
CREATE TABLE shortlist (probable INTEGER, start INTEGER, document BLOB, PRIMARY KEY (probable, start)) WITHOUT ROWID;
"""
_IN_A_SHORTLIST = 500
"""Chains in one document of a list."""


def write_chains(path: Path, engine: Engine, settings: Settings) -> None:
    """Write the index of all chains of the release that `engine` answers from to the new file `path`.

    Takes time linear in the links, and memory for the list of all chains. No file is made where a follow-up leads to
    a literal or a blank node: who asks for that chain is told so, and who asks for others is answered as before.

    Raises:
        StoreError: the disk is full.
        EngineError: the engine failed.
    """
    try:
        links = all_links(engine, settings)
    except DataError:
        return
    try:
        index = sqlite3.connect(address_of_file(path, "mode=rwc"), uri=True, isolation_level=None)
        try:
            _write(index, engine, links, settings)
        finally:
            index.close()
    except sqlite3.Error as error:
        raise StoreError(
            f"The index of chains {path} cannot be written: {error}; what was published is untouched."
        ) from error


def _write(index: sqlite3.Connection, engine: Engine, links: set[Found], settings: Settings) -> None:
    index.executescript(_SCHEMA)
    index.execute("BEGIN")
    index.execute("INSERT INTO known VALUES (?)", (settings.base,))
    members = dict(_chains(index, whole_chains(engine, links, settings)))
    index.executemany("INSERT INTO member VALUES (?, ?)", sorted(members.items()))
    for overview in overviews_of(engine, links, (True, False), settings=settings):
        _add_list(index, overview)
    index.execute("COMMIT")


def _chains(index: sqlite3.Connection, chains: Iterable[WholeChain]) -> Iterator[tuple[str, int]]:
    """Write each chain and yield its members, each with the number of the chain."""
    for number, whole in enumerate(chains, start=1):
        index.execute("INSERT INTO chain VALUES (?, ?)", (number, pack_chain(whole)))
        for step in whole.chain.steps:
            yield str(step.action), number


def _add_list(index: sqlite3.Connection, overview: Overview) -> None:
    index.execute("INSERT INTO list VALUES (?, ?)", (overview.probable, pack_words(overview.words)))
    for start in range(0, len(overview.chains), _IN_A_SHORTLIST):
        document = pack_summaries(overview.chains[start : start + _IN_A_SHORTLIST])
        index.execute("INSERT INTO shortlist VALUES (?, ?, ?)", (overview.probable, start, document))
