"""The action that a key, a number or an IRI means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rdflib import Literal
from rdflib.term import Node

from actiongraph.chains import QUERIES
from actiongraph.chains.model import LinkKind
from actiongraph.engine.base import Engine
from actiongraph.errors import UnknownResource
from actiongraph.iris import NOT_IN_IRIREF, begins_like_iri, key_of
from actiongraph.settings import Settings
from actiongraph.text import near_names
from actiongraph.vocabulary import IRI

_MANY = 5_000
"""The LIMIT of `names.rq`: near names are looked for among so many, in about a tenth of a second."""
_WORDS = 4
"""Words of a long name to look for then: each takes about half a second among 100,000 actions."""
_NEAR = 5


def find_action(engine: Engine, target: str, settings: Settings) -> IRI:
    """Return the IRI of the action that `target` means.

    The IRI of a chain under the base means the action whose key is that of the chain. All else is read as
    an IRI or as a key under the base, then as a number, then as a key under another base; the first that is
    there wins. A number of several actions (two facilities may number alike) is refused, for a chain shown for
    the wrong one would not look wrong.

    Raises:
        UnknownResource: none or several are called so; `near` has close names, or those to choose from.
        EngineError: the engine failed.
    """
    target = target.removeprefix(f"{settings.base}id/chain/") or target
    named = named_action(target, settings)
    if named and any(QUERIES.ask(engine, "known", [named], settings)):
        return named
    if found := actions_numbered(engine, target, settings):
        return _only(target, found)
    names = _names(engine, target, settings)
    found = {name for name in names if isinstance(name, IRI) and key_of(name) == target}
    if not found:
        near = _near(target, names)
        advice = f"similar names: {', '.join(near)}" if near else "there is no similar name"
        raise UnknownResource(f"No action is called {target!r}; {advice}. Use a number, key or IRI.", near=near)
    return _only(target, found)


def has_follow_ups(engine: Engine, settings: Settings) -> bool:
    """Tell whether the data has any follow-up, stated or probable.

    Raises:
        EngineError: the engine failed.
    """
    return any(QUERIES.ask(engine, "follow-ups", [kind.predicate for kind in LinkKind], settings))


def named_action(target: str, settings: Settings) -> IRI | None:
    """Return the IRI that `target` is, or that it is the key of under the base; None if it can be in no IRI.

    The engine is not queried: there may be no such action, but where there is, it is the one that is meant.
    """
    if NOT_IN_IRIREF.search(target):
        return None
    return IRI(target if begins_like_iri(target) else f"{settings.base}id/action/{target}")


def actions_numbered(engine: Engine, number: str, settings: Settings) -> set[IRI]:
    """Return the actions that bear a number.

    Raises:
        EngineError: the engine failed.
    """
    rows = QUERIES.ask(engine, "numbered", [Literal(number)], settings)
    return {action for row in rows if isinstance(action := row["action"], IRI)}


def _only(target: str, found: set[IRI]) -> IRI:
    """Return the one action that is called `target`.

    Raises:
        UnknownResource: there are several; it has what to choose from.
    """
    first, *others = actions = sorted(found)
    if not others:
        return first
    keys = tuple(key_of(action) for action in actions)
    choices = keys if len(set(keys)) == len(keys) else tuple(map(str, actions))
    raise UnknownResource(
        f"{len(actions)} actions are called {target!r}; choose one of them: {', '.join(choices)}.", near=choices
    )


def _names(engine: Engine, target: str, settings: Settings) -> list[Node]:
    """Return the IRIs and numbers of all actions; where there are too many, those with a word of `target`."""
    named = [row["name"] for row in QUERIES.ask(engine, "names", [Literal("")], settings)]
    if len(named) < _MANY:
        return named
    name = _last(target)
    words = [f"/{name}", *(word for word in re.split(r"\W+", name) if len(word) > 2)]
    return [row["name"] for word in words[:_WORDS] for row in QUERIES.ask(engine, "names", [Literal(word)], settings)]


def _near(target: str, names: Iterable[Node]) -> tuple[str, ...]:
    """Return the keys and numbers closest to `target`, then those that contain it; at most five."""
    shown = sorted({key_of(name) if isinstance(name, IRI) else str(name) for name in names})
    by_lower = {name.lower(): name for name in shown}
    name = _last(target)
    close = near_names(name, by_lower, most=_NEAR)
    around = [other for other in by_lower if name in other]
    return tuple(by_lower[other] for other in list(dict.fromkeys([*close, *around]))[:_NEAR])


def _last(target: str) -> str:
    return (key_of(target) if begins_like_iri(target) else target).lower()
