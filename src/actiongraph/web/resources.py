"""What is not there: never named, withdrawn, or named by its number."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from rdflib import Literal

from actiongraph.chains.asking import ask
from actiongraph.engine.base import Engine, Solution
from actiongraph.errors import GoneResource, UnknownResource
from actiongraph.index.term_index import names_near
from actiongraph.release.snapshots import Snapshot, history_of
from actiongraph.settings import Settings
from actiongraph.sparql.terms import Term
from actiongraph.things.thing import QUERIES
from actiongraph.vocabulary import AG, IRI
from actiongraph.web.http.addresses import locate, name_of, page_of

_NEAR = 5
_LIKENESS = 0.5
_LONGEST = 200


def check_known(engine: Engine, snapshot: Snapshot, iri: IRI, settings: Settings) -> None:
    """Return if `snapshot` describes `iri`.

    Raises:
        UnknownResource: it does not; `near` has the addresses of things with names that are close.
        GoneResource: it was withdrawn; the message says why, and `near` has what stands in its place. Or it was
            there once and vanished without a word.
        EngineError: the engine failed.
    """
    if not check_not_gone(engine, snapshot, iri, settings):
        raise _unknown(snapshot, iri, settings)


def check_not_gone(engine: Engine, snapshot: Snapshot, iri: IRI, settings: Settings) -> bool:
    """Return whether `snapshot` describes `iri`, unless it was there once.

    Raises:
        GoneResource: it was withdrawn, or vanished; see `check_known`.
        EngineError: the engine failed.
    """
    rows = list(QUERIES.ask(engine, "types", [iri], settings))
    gone = _vanished(snapshot, iri) if not rows else None
    if any(row["type"] == AG.WithdrawnResource for row in rows):
        gone = _withdrawn(iri, rows, settings)
    if gone:
        raise gone
    return bool(rows)


def number_leads_to(engine: Engine, iri: IRI, settings: Settings) -> IRI | None:
    """Return the action that bears the number which stands where a key would, if it is the only one and not that key.

    A key is minted once; a number learnt later is a property, and asking for it leads to the action.

    Raises:
        EngineError: the engine failed.
    """
    start = f"{settings.base}id/action/"
    if not iri.startswith(start) or any(QUERIES.ask(engine, "types", [iri], settings)):
        return None
    number = Literal(iri.removeprefix(start))
    found = {row["action"] for row in ask(engine, "numbered", [number], settings)}
    action = next(iter(found), None)
    return action if len(found) == 1 and isinstance(action, IRI) else None


def _unknown(snapshot: Snapshot, iri: IRI, settings: Settings) -> UnknownResource:
    near = tuple(locate(path, settings) for path in _near(snapshot, iri, settings))
    advice = "see those near" if near else "ask at /sparql for what there is"
    return UnknownResource(f"Nothing is called {str(iri)[:_LONGEST]} here; {advice}.", near=near)


def _near(snapshot: Snapshot, iri: IRI, settings: Settings) -> Iterable[str]:
    """Return the paths of things with names like `iri`, the nearest first."""
    name = name_of(iri, settings) or ""
    found = names_near(snapshot.terms, Term(str(iri))) if len(name) <= _LONGEST else ()
    by_name = {name_of(other, settings): other for other in found if "#" not in other}
    close = get_close_matches(name, [other for other in by_name if other], n=_NEAR, cutoff=_LIKENESS)
    return [path for other in close if (path := page_of(by_name[other], settings))]


def _vanished(snapshot: Snapshot, iri: IRI) -> GoneResource | None:
    """Return the error for what an earlier release had and nobody withdrew, or None if there never was such a thing."""
    try:
        with history_of(snapshot) as things:
            found = things.find(str(iri))
    except UnknownResource:
        return None
    if found is None:
        return None
    return GoneResource(f"{iri} is gone since the release {found.changed.version}, and nobody has recorded why.")


def _withdrawn(iri: IRI, rows: Iterable[Solution], settings: Settings) -> GoneResource:
    reasons = sorted({str(row["reason"]) for row in rows if "reason" in row})
    replacements = sorted({str(row["replacement"]) for row in rows if "replacement" in row})
    near = tuple(locate(path, settings) for other in replacements if (path := page_of(other, settings)))
    told = [f"{iri} was withdrawn: {' '.join(reasons) or 'no reason is recorded'}"]
    told += [f"In its place stands {', '.join(replacements)}."] if replacements else []
    return GoneResource(" ".join(told), near=near)
