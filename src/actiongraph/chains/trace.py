"""Tracing: from one action to its whole chain, by plain SELECT queries with VALUES.

No property path, no derived fact and no graph name is needed, so that any engine will do and any RDF
with `ag:followUpOf`. The links are followed breadth first; what is known of the actions comes in three
further queries at the end.
"""

from __future__ import annotations

from actiongraph.chains.asked import find_action
from actiongraph.chains.assembling import assembled
from actiongraph.chains.chain import Chain, LinkKind
from actiongraph.chains.details import Details
from actiongraph.chains.links import links_around
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI


def trace_chain(engine: Engine, action: str, *, settings: Settings, probable: bool = True) -> Chain:
    """Return every action linked to `action` by follow-ups, either way, with the evidence for each link.

    `action` is a key, a number or an IRI. Without `probable` only stated links are followed. An action
    without links comes back as a chain of one step, which is `alone`. A loop is reported, not followed.

    Raises:
        UnknownResource: the dataset has no such action, or several of that number; `near` lists names.
        ChainTooLong: a member is more than `settings.max_hops` links away from `action`.
        DataError: a follow-up leads to a literal or a blank node, which cannot be asked for.
        EngineError: the engine failed.

    Source: SPARQL 1.1 Query, section 10.2 (VALUES).
    """
    return trace_from(engine, find_action(engine, action, settings), settings=settings, probable=probable)


def trace_from(engine: Engine, action: IRI, *, settings: Settings, probable: bool = True) -> Chain:
    """Return the chain of `action`, which is known to be there; see `trace_chain`.

    Raises:
        ChainTooLong: a member is more than `settings.max_hops` links away from `action`.
        DataError: a follow-up leads to a literal or a blank node, which cannot be asked for.
        EngineError: the engine failed.
    """
    kinds = set(LinkKind) if probable else {LinkKind.STATED}
    found = links_around(engine, action, kinds, settings)
    members = sorted({action}.union(*((later, earlier) for later, earlier, _ in found)))
    return assembled(members, found, Details(engine, members, settings), settings.base, probable=probable)
