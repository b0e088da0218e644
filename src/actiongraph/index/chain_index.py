"""Chains of a snapshot: ready-made from the index of its release where there is one, else queried from its engine.

`chain_of`, `conclusions_about` and `open_chain_list` are for everybody who has a release, `write_chains` for who builds
one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from pathlib import Path

from actiongraph.chains.actions import find_action, named_action
from actiongraph.chains.conclusions import Conclusions, Marks, read_conclusions
from actiongraph.chains.drawing.mini_lane import MiniLane, mini_lane
from actiongraph.chains.facts import Labels
from actiongraph.chains.model import Chain, FollowUp
from actiongraph.chains.summary import ChainSummary, Overview, in_order, read_chains, read_places, summarise
from actiongraph.chains.trace import WholeChain, all_follow_ups, trace_chain, trace_from, whole_chains
from actiongraph.engine.base import Engine
from actiongraph.errors import DataError
from actiongraph.index.chain_lists import SCHEMA, ChainList, write_lists
from actiongraph.index.database import read_database, write_database
from actiongraph.index.documents import DamagedDocument, DocumentCodec
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI

CHAINS = "chains.sqlite"
"""The index of chains in the folder of a release; releases of older programs have none."""
LAYOUT = 4
"""The layout of the index and of its documents; what has another is left aside and the engine is queried."""
_WHAT = "The index of chains"
_WHOLE_CHAINS = DocumentCodec(WholeChain)
_LANES = DocumentCodec(MiniLane)
_MARKS: DocumentCodec[Marks] = DocumentCodec(dict)
_TOGETHER = 200
"""Chains whose conclusions are read at once."""
_SCHEMA = f"""
PRAGMA user_version = {LAYOUT};
CREATE TABLE known (base TEXT);
CREATE TABLE chain (number INTEGER PRIMARY KEY, document BLOB, lane BLOB, conclusions BLOB);
CREATE TABLE linked_action (iri TEXT PRIMARY KEY, chain INTEGER, place INTEGER) WITHOUT ROWID;
{SCHEMA}"""


def write_chains(path: Path, engine: Engine, settings: Settings) -> dict[str, tuple[int, int]]:
    """Write the index of all chains of the release that `engine` answers from to the new file `path`.

    Return the position of each action in its chain, from 1, with the number of actions there.

    Takes time linear in the links, and memory for the list of all chains. No file is made where a follow-up leads to
    a literal or a blank node: a request for that chain fails with this, and one for others is answered as before.

    Raises:
        StoreError: the disk is full.
        EngineError: the engine failed.
    """
    try:
        follow_ups = all_follow_ups(engine, settings)
    except DataError:
        return {}
    with write_database(path, _WHAT) as index:
        index.executescript(_SCHEMA)
        index.execute("BEGIN")
        positions = _write(index, engine, follow_ups, settings)
        index.execute("COMMIT")
    return positions


def _write(
    index: sqlite3.Connection, engine: Engine, follow_ups: Collection[FollowUp], settings: Settings
) -> dict[str, tuple[int, int]]:
    positions: dict[str, tuple[int, int]] = {}
    index.execute("INSERT INTO known VALUES (?)", (settings.base,))
    members: list[tuple[str, int, int]] = []
    linked = {action for each in follow_ups for action in (each.later, each.earlier)}
    places, words = read_places(engine, sorted(linked), settings)
    lists: dict[bool, list[tuple[IRI, ChainSummary]]] = {True: [], False: []}
    found = _with_conclusions(whole_chains(engine, follow_ups, settings), engine, settings)
    for number, (whole, conclusions) in enumerate(found, start=1):
        documents = _WHOLE_CHAINS.encode(whole), _LANES.encode(mini_lane(whole.chain)), _MARKS.encode(conclusions.marks)
        index.execute("INSERT INTO chain VALUES (?, ?, ?, ?)", (number, *documents))
        steps = whole.chain.steps
        members += ((str(step.action), number, place) for place, step in enumerate(steps))
        names = ((str(step.action), step.name, getattr(step.name, "language", None)) for step in steps)
        index.executemany("INSERT INTO action_name VALUES (?, ?, ?)", names)
        if not whole.chain.alone:
            positions.update((str(step.action), (place, len(steps))) for place, step in enumerate(steps, start=1))
        for chain in (whole.chain, *whole.stated_parts(settings)):
            if not chain.alone:
                least = min(step.action for step in chain.steps)
                lists[chain.probable].append((least, summarise(chain, places)))
    index.executemany("INSERT INTO linked_action VALUES (?, ?, ?)", sorted(members))
    # Chains of one key, each under another base, are listed by their least member, as `read_chains` does.
    listed = {
        probable: in_order(summary for _, summary in sorted(found, key=itemgetter(0)))
        for probable, found in lists.items()
    }
    summaries = listed[True]
    things = {
        thing.iri
        for each in summaries
        for thing in (*each.countries, *each.partners, *each.assistance_types, *each.themes)
    }
    words = {**Labels(engine, filter(None, things), settings, with_words=True).words, **words}
    write_lists(index, [Overview(chains, probable, words) for probable, chains in listed.items()])
    return positions


def _with_conclusions(
    wholes: Iterator[WholeChain], engine: Engine, settings: Settings
) -> Iterator[tuple[WholeChain, Conclusions]]:
    """Yield chains, each with the conclusions about its actions; a query for each would take as long as all else."""
    while batch := list(islice(wholes, _TOGETHER)):
        conclusions = read_conclusions(engine, (whole.chain for whole in batch), settings)
        yield from ((whole, conclusions.about(whole.chain)) for whole in batch)


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


def conclusions_about(chain: Chain, engine: Engine, *, index: Path | None, settings: Settings) -> Conclusions:
    """Return the conclusions about the actions of `chain`, and maybe of those that only probable links join to it.

    As for `chain_of`, they come from `index` where that has them, else from `engine`.

    Raises:
        EngineError: the engine failed, or the index is damaged.
    """
    with open_chains(index, settings) as chains:
        found = chains.conclusions_about(chain.steps[0].action) if chains else None
    return found or read_conclusions(engine, [chain], settings)


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
    with read_database(path, _WHAT, ending, damage=(DamagedDocument,)) as database:
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
        statement = "SELECT document FROM linked_action JOIN chain ON number = chain WHERE iri = ?"
        found = self._database.execute(statement, (str(action),)).fetchone()
        return _WHOLE_CHAINS.decode(found[0]) if found else None

    def conclusions_about(self, action: IRI) -> Conclusions | None:
        """Return the conclusions about the chain that `action` is a member of, or None if it is linked to nothing."""
        statement = "SELECT conclusions FROM linked_action JOIN chain ON number = chain WHERE iri = ?"
        found = self._database.execute(statement, (str(action),)).fetchone()
        return Conclusions(_MARKS.decode(found[0])) if found else None

    def has_any(self, actions: Iterable[str]) -> bool:
        """Tell whether any of `actions`, which may be other things as well, is a member of a chain."""
        wanted = json.dumps(list(actions))
        statement = "SELECT 1 FROM linked_action WHERE iri IN (SELECT value FROM json_each(?)) LIMIT 1"
        return self._database.execute(statement, (wanted,)).fetchone() is not None

    def lane_of(self, action: IRI) -> tuple[MiniLane, int] | None:
        """Return the chain of an action as a row of dots, and the number of the action in it, from 0.

        None if it is linked to no other.
        """
        statement = "SELECT lane, place FROM linked_action JOIN chain ON number = chain WHERE iri = ?"
        for written, place in self._database.execute(statement, (str(action),)):
            lane = _LANES.decode(written)
            return (lane, place) if lane.size > 1 else None
        return None

    def listed(self, *, probable: bool) -> ChainList:
        """Return all chains in short."""
        return ChainList(self._database, probable=probable)
