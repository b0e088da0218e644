"""Finding things by their IRIs, and the errors for those that were never there, were withdrawn or vanished."""

from __future__ import annotations

from collections.abc import Iterable

from actiongraph.chains.actions import actions_numbered
from actiongraph.engine.base import Engine, Solution
from actiongraph.errors import GoneResource, UnknownResource
from actiongraph.index.search_index import open_search
from actiongraph.index.term_index import names_near
from actiongraph.iris import key_of
from actiongraph.release.snapshots import Snapshot, history_of
from actiongraph.settings import Settings
from actiongraph.sparql.terms import Term
from actiongraph.text import folded, near_names
from actiongraph.things.thing import QUERIES, names_of
from actiongraph.vocabulary import AG, IRI
from actiongraph.web.http.addresses import locate, name_of, page_of

_NEAR = 5
_LIKENESS = 0.5
_LONGEST = 200
_FOUND, _LONGEST_WORDS = 3, 100
_KINDS = {"org": "organization", "assistance": "type of assistance", "team": "expert team"}
"""The words for kinds that are not the same in paths."""


class MovedResource(UnknownResource):
    """The resource `old` is called `iri` now."""

    code = "moved"

    def __init__(self, old: IRI, iri: IRI) -> None:
        super().__init__(f"{old} is {iri} now; ask for that.", near=(str(iri),))
        self.old, self.iri = old, iri


def find_thing(engine: Engine, snapshot: Snapshot, iri: IRI, settings: Settings) -> IRI:
    """Return `iri` if `snapshot` describes it, or else the action that bears the number which stands for its key.

    A key is minted once; a number learnt later is a property, and asking for it leads to the action, if only one
    bears it.

    Raises:
        UnknownResource: there is neither; `near` has the addresses of things with names that are close.
        GoneResource: it was withdrawn; the message says why, and `near` has what stands in its place. Or it was
            there once and vanished without a word.
        MovedResource: it is the key of a member of a chain, which has another name.
        EngineError: the engine failed.
    """
    types = _types_of(engine, iri, settings)
    if not types and (action := _numbered(engine, iri, settings)):
        iri, types = action, _types_of(engine, action, settings)
    if not _is_described(engine, snapshot, iri, types, settings):
        raise _unknown(engine, snapshot, iri, settings)
    return iri


def check_known(engine: Engine, snapshot: Snapshot, iri: IRI, settings: Settings) -> None:
    """Check that `snapshot` describes `iri`.

    Raises:
        UnknownResource, GoneResource, MovedResource, EngineError: see `find_thing`.
    """
    if not check_not_gone(engine, snapshot, iri, settings):
        raise _unknown(engine, snapshot, iri, settings)


def check_not_gone(engine: Engine, snapshot: Snapshot, iri: IRI, settings: Settings) -> bool:
    """Tell whether `snapshot` describes `iri`, unless it was there once.

    Raises:
        GoneResource, MovedResource, EngineError: see `find_thing`.
    """
    return _is_described(engine, snapshot, iri, _types_of(engine, iri, settings), settings)


def _types_of(engine: Engine, iri: IRI, settings: Settings) -> list[Solution]:
    return list(QUERIES.ask(engine, "types", [iri], settings))


def _is_described(engine: Engine, snapshot: Snapshot, iri: IRI, types: list[Solution], settings: Settings) -> bool:
    action = IRI(iri.replace("/id/chain/", "/id/action/", 1)) if iri.startswith(f"{settings.base}id/chain/") else None
    if not types and action is not None:
        for row in QUERIES.ask(engine, "chain-of", [action], settings):
            raise MovedResource(iri, IRI(str(row["chain"])))
    gone = _vanished(snapshot, iri, action, settings) if not types else None
    if any(row["type"] == AG.WithdrawnResource for row in types):
        gone = _withdrawn(iri, types, settings)
    if gone:
        raise gone
    return bool(types)


def _numbered(engine: Engine, iri: IRI, settings: Settings) -> IRI | None:
    """Return the action that bears the number which stands where a key would in `iri`, if it is the only one."""
    start = f"{settings.base}id/action/"
    if not iri.startswith(start):
        return None
    found = actions_numbered(engine, iri.removeprefix(start), settings)
    return found.pop() if len(found) == 1 else None


def _unknown(engine: Engine, snapshot: Snapshot, iri: IRI, settings: Settings) -> UnknownResource:
    near = list(dict.fromkeys((*_found(snapshot, iri, settings), *_near(snapshot, iri, settings))))[:_NEAR]
    names = names_of(engine, near, settings)
    paths = {other: path for other in near if (path := page_of(other, settings))}
    titles = {
        locate(path, settings): f"{names.get(other, key_of(other))} ({_kind(path)})" for other, path in paths.items()
    }
    advice = "see the nearest names" if titles else "query /sparql to see what there is"
    return UnknownResource(f"There is no {str(iri)[:_LONGEST]} here; {advice}.", near=tuple(titles), titles=titles)


def _kind(path: str) -> str:
    """Return the kind of a thing by the path of its page: `theme` for `doc/concept/theme/pensions`."""
    return _KINDS.get(kind := path.split("/")[-2], kind)


def _found(snapshot: Snapshot, iri: IRI, settings: Settings) -> list[IRI]:
    """Return things that the words of the key of `iri` find, those first that are named under the same path."""
    words = folded(key_of(iri).replace("-", " "))[:_LONGEST_WORDS]
    if snapshot.search is None or not words:
        return []
    with open_search(snapshot.search, settings) as index:
        if index is None:
            return []
        hits = [IRI(hit.iri) for group in index.find(words).groups for hit in group.hits]
    path = iri.rpartition("/")[0]
    return sorted(hits, key=lambda hit: not hit.startswith(f"{path}/"))[:_FOUND]


def _near(snapshot: Snapshot, iri: IRI, settings: Settings) -> Iterable[IRI]:
    """Return things with names like `iri`, the nearest first."""
    name = name_of(iri, settings) or ""
    found = names_near(snapshot.terms, Term(str(iri))) if len(name) <= _LONGEST else ()
    by_name = {name_of(other, settings): other for other in found if "#" not in other}
    close = near_names(name, filter(None, by_name), most=_NEAR, likeness=_LIKENESS)
    return [IRI(by_name[other]) for other in close]


def _vanished(snapshot: Snapshot, iri: IRI, action: IRI | None, settings: Settings) -> GoneResource | None:
    """Return the error for what an earlier release had and nobody withdrew, or None if there never was such a thing.

    `action` is the one that the key of a chain is of.
    """
    try:
        with history_of(snapshot) as things:
            found = things.find(str(iri))
    except UnknownResource:
        return None
    if found is None:
        return None
    gone = f"{iri} has been gone since release {found.changed.version}"
    if action is None:
        return GoneResource(f"{gone}; no reason was recorded.")
    path = page_of(action, settings)
    near = (locate(path, settings),) if path else ()
    return GoneResource(f"{gone}: its action {action} is in no chain any more.", near=near)


def _withdrawn(iri: IRI, rows: Iterable[Solution], settings: Settings) -> GoneResource:
    reasons = sorted({str(row["reason"]) for row in rows if "reason" in row})
    replacements = sorted({str(row["replacement"]) for row in rows if "replacement" in row})
    near = tuple(locate(path, settings) for other in replacements if (path := page_of(other, settings)))
    message = [f"{iri} was withdrawn: {' '.join(reasons) or 'no reason is recorded'}"]
    message += [f"Replaced by {', '.join(replacements)}."] if replacements else []
    return GoneResource(" ".join(message), near=near)
