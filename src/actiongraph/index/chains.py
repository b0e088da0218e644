"""Chains of a snapshot: ready made from the index of its release where there is one, else asked of its engine.

`chain_of` and `chains_in` are for everybody who has a release; `chain_index` writes what is read here.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain as joined
from pathlib import Path
from typing import Any

from actiongraph.chains.asked import find_action, named_action
from actiongraph.chains.chain import Chain
from actiongraph.chains.overview import read_chains
from actiongraph.chains.summary import Overview
from actiongraph.chains.trace import trace_chain, trace_from
from actiongraph.chains.whole import WholeChain
from actiongraph.engine.base import Engine
from actiongraph.errors import StoreError
from actiongraph.index.chain_documents import unpack_chain
from actiongraph.index.database import address_of_file
from actiongraph.index.shortlists import unpack_summaries, unpack_words
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

CHAINS = "chains.sqlite"
"""The index of chains in the folder of a release; releases of older programs have none."""
LAYOUT = 1
"""The layout of the index and of its documents; what has another is left aside and the engine is asked."""


def chain_of(engine: Engine, asked: str, *, index: Path | None, settings: Settings, probable: bool = True) -> Chain:
    """Return every action that is linked to the action `asked`, a key, a number or an IRI.

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
            return trace_chain(engine, asked, settings=settings, probable=probable)
        action = named_action(asked, settings)
        whole = chains.around(action) if action else None
        if action is None or whole is None:
            # What nothing is linked to is in no index, and only the engine knows all numbers and names.
            action = find_action(engine, asked, settings)
            whole = chains.around(action)
    if whole is None:
        return trace_from(engine, action, settings=settings, probable=probable)
    return whole.around(action, settings, probable=probable)


def chains_in(engine: Engine, *, index: Path | None, settings: Settings, probable: bool = True) -> Overview:
    """Return all chains in short: what `read_chains` returns for `engine`; see `chain_of`.

    Raises:
        DataError: a follow-up leads to a literal or a blank node, and there is no index.
        EngineError: the engine failed, or the index is damaged.
    """
    with open_chains(index, settings) as chains:
        if chains is None:
            return read_chains(engine, settings=settings, probable=probable)
        return chains.overview(probable=probable)


@contextmanager
def open_chains(path: Path | None, settings: Settings) -> Iterator[Chains | None]:
    """Give the index of chains at `path` to this thread, read-only, or None; nothing is kept open between two.

    There is none for files and for releases of programs that write another layout, and none that fits where
    `settings` have another base than the release.

    Raises:
        StoreError: it cannot be read.
    """
    if path is None or not path.is_file():
        yield None
        return
    with _clear_faults(path):
        index = sqlite3.connect(address_of_file(path), uri=True)
    try:
        with _clear_faults(path):
            found = Chains(index, path)
            fits = found.fits(settings)
        yield found if fits else None
    finally:
        index.close()


class Chains:
    """The chains of one release. Belongs to the thread that opened it."""

    def __init__(self, index: sqlite3.Connection, path: Path) -> None:
        """Take an open index, and where it stands."""
        self._index = index
        self._path = path

    def fits(self, settings: Settings) -> bool:
        """Tell whether it is of the layout that is read here, and of the base of `settings`."""
        [(layout,)] = self._rows("PRAGMA user_version")
        return layout == LAYOUT and self._rows("SELECT base FROM known") == [(settings.base,)]

    def around(self, action: IRI) -> WholeChain | None:
        """Return the chain that `action` is a member of, or None if it is linked to nothing.

        Raises:
            StoreError: the index is damaged.
        """
        with _clear_faults(self._path):
            rows = self._rows("SELECT document FROM member JOIN chain ON number = chain WHERE iri = ?", (str(action),))
            return unpack_chain(rows[0][0]) if rows else None

    def overview(self, *, probable: bool) -> Overview:
        """Return all chains in short.

        Raises:
            StoreError: the index is damaged.
        """
        with _clear_faults(self._path):
            [(words,)] = self._rows("SELECT words FROM list WHERE probable = ?", (probable,))
            rows = self._rows("SELECT document FROM shortlist WHERE probable = ? ORDER BY start", (probable,))
            summaries = joined.from_iterable(unpack_summaries(document) for (document,) in rows)
            return Overview(tuple(summaries), probable, unpack_words(words))

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        return self._index.execute(statement, values).fetchall()


@contextmanager
def _clear_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, zlib.error, ValueError) as error:
        raise StoreError(
            f"The index of chains {path} cannot be read: {error}; build the release anew, or take the file away."
        ) from error
