"""Chains of a snapshot: ready-made from the index of its release where there is one, else queried from its engine.

`chain_of` and `open_chain_list` are for everybody who has a release; `chain_writer` writes what is read here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actiongraph.chains.actions import find_action, named_action
from actiongraph.chains.model import Chain
from actiongraph.chains.summary import read_chains
from actiongraph.chains.trace import WholeChain, trace_chain, trace_from
from actiongraph.engine.base import Engine
from actiongraph.index.chain_lists import ChainList
from actiongraph.index.database import read_database
from actiongraph.index.documents import DamagedDocument, DocumentCodec
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

CHAINS = "chains.sqlite"
"""The index of chains in the folder of a release; releases of older programs have none."""
LAYOUT = 2
"""The layout of the index and of its documents; what has another is left aside and the engine is queried."""
WHAT = "The index of chains"
WHOLE_CHAINS = DocumentCodec(WholeChain)


def chain_of(engine: Engine, target: str, *, index: Path | None, settings: Settings, probable: bool = True) -> Chain:
    """Return every action that is linked to the action `target`, a key, a number or an IRI.

    It is what `trace_chain` returns for `engine`, in a fraction of the time where `index`, the index of the chains of
    what the engine answers from, is there:

        snapshot = ReleaseSnapshots(ReleaseStore(folder)).current()
        chain = chain_of(snapshot.engine, "2014-12", index=snapshot.chains, settings=Settings(store=folder))

    Raises:
        UnknownResource: the dataset has no such action, or several of that number; `near` lists names.
        ChainTooLong: a member is more than `settings.max_hops` links away from the action.
        DataError: a follow-up leads to a literal or a blank node, and there is no index.
        EngineError: the engine failed, or the index is damaged.
    """
    with open_chains(index, settings) as chains:
        if chains is None:
            return trace_chain(engine, target, settings=settings, probable=probable)
        action = named_action(target, settings)
        whole = chains.around(action) if action else None
        if action is None or whole is None:
            # What nothing is linked to is in no index, and only the engine knows all numbers and names.
            action = find_action(engine, target, settings)
            whole = chains.around(action)
    if whole is None:
        return trace_from(engine, action, settings=settings, probable=probable)
    return whole.around(action, settings, probable=probable)


@contextmanager
def open_chain_list(
    engine: Engine, *, index: Path | None, settings: Settings, probable: bool = True
) -> Iterator[ChainList]:
    """Give all chains in short to this thread, to choose from: what `read_chains` returns for `engine`; see `chain_of`.

    Raises:
        DataError: a follow-up leads to a literal or a blank node, and there is no index.
        EngineError: the engine failed, or the index is damaged.
    """
    with open_chains(index, settings) as chains:
        if chains is None:
            yield ChainList.in_memory(read_chains(engine, settings=settings, probable=probable))
        else:
            yield chains.listed(probable=probable)


@contextmanager
def open_chains(path: Path | None, settings: Settings) -> Iterator[ChainIndex | None]:
    """Give the index of chains at `path` to this thread, read-only, or None; nothing stays open between two.

    There is none for files and for releases of programs that write another layout, and none that fits where
    `settings` have another base than the release.

    Raises:
        StoreError: it cannot be read.
    """
    if path is None or not path.is_file():
        yield None
        return
    ending = "; rebuild the release, or delete the file."
    with read_database(path, WHAT, ending, damage=(DamagedDocument,)) as database:
        [(layout,)] = database.execute("PRAGMA user_version")
        fits = layout == LAYOUT and database.execute("SELECT base FROM known").fetchall() == [(settings.base,)]
        yield ChainIndex(database) if fits else None


class ChainIndex:
    """The chains of one release. Belongs to the thread that opened it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take an open index."""
        self._database = database

    def around(self, action: IRI) -> WholeChain | None:
        """Return the chain that `action` is a member of, or None if it is linked to nothing."""
        statement = "SELECT document FROM member JOIN chain ON number = chain WHERE iri = ?"
        found = self._database.execute(statement, (str(action),)).fetchone()
        return WHOLE_CHAINS.decode(found[0]) if found else None

    def listed(self, *, probable: bool) -> ChainList:
        """Return all chains in short."""
        return ChainList(self._database, probable=probable)
