"""A chain written for people and for programs; `WRITERS` lists the ways by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from actiongraph.chains.chain import Chain, Evidence, Link, Lookup, Named, Passage, Step
from actiongraph.chains.changes import Change, Changes, changes
from actiongraph.chains.dates import Gap
from actiongraph.chains.drawing import as_svg
from actiongraph.chains.graphs import as_graphml, as_mermaid
from actiongraph.chains.tables import as_csv
from actiongraph.chains.text import as_text
from actiongraph.chains.turtle import as_turtle
from actiongraph.vocabulary import IRI

__all__ = ["WRITERS", "as_csv", "as_graphml", "as_json", "as_json_text", "as_mermaid", "as_svg", "as_text", "as_turtle"]


def as_json(chain: Chain) -> dict[str, Any]:
    """Return the chain as values that JSON can hold. Members are added over time, never renamed or removed.

    What is unknown is null or an empty list. A thing is `{"iri", "name"}`, its `iri` null where only
    the name is known.

    * `key`; `iri` of the chain in a release (null for an action alone, and without probable links); `size`
      (actions), `length` (actions on the longest path), `alone` (linked to nothing), `probable` (whether probable
      links were followed)
    * `roots`, `forks`, `joins`: IRIs of actions; `loops`: a list of such lists
    * `steps`, in order: `action` (IRI), `key`, `number`, `title`, `described` (false for a stub), `depth`,
      `countries`, `partners`, `assistanceTypes`, `themes`, `outcomes` (organizations it set up or prepared),
      `facilities` (things), `teams` (`iri`, `countries`), `start` and `end` as printed, `openEnd`, `openEndEvidence`
    * `links`, in the order of their steps: `later`, `earlier` (IRIs), `kind` (`stated` or `probable`), `evidence`,
      `gap`, `changes`
    * gap: null where dates are unknown, else `leastDays` and `mostDays` to the start of the later action, counted
      `from` the `end` of the earlier one, or from its `start` where the end is unknown; below 0 they overlap
    * changes: `partners`, `sendingCountries`, `assistanceTypes`, `themes`, each null where one side is unknown, else
      what the later action has `added`, `kept` and `dropped` (things)
    * evidence: `statement` (IRI), `basis`, `reason`, `confidence` (0 to 1), `passages`, each with `quote`,
      `start` and `end` in code points from 0, and `source` (a thing)
    """
    found = Lookup(chain)
    return {
        "key": chain.key,
        "iri": _text(chain.iri),
        "size": len(chain.steps),
        "length": chain.length,
        "alone": chain.alone,
        "probable": chain.probable,
        "roots": [str(root) for root in chain.roots],
        "forks": [str(fork) for fork in chain.forks],
        "joins": [str(join) for join in chain.joins],
        "loops": [[str(action) for action in loop] for loop in chain.loops],
        "steps": [_step(step) for step in chain.steps],
        "links": [_link(link, changes(found, link)) for link in chain.links],
    }


def as_json_text(chain: Chain) -> str:
    """Return `as_json` as indented text, in UTF-8 as it is, not escaped."""
    return json.dumps(as_json(chain), ensure_ascii=False, indent=2) + "\n"


def _step(step: Step) -> dict[str, Any]:
    return {
        "action": str(step.action),
        "key": step.key,
        "number": step.number,
        "title": step.title,
        "described": step.described,
        "depth": step.depth,
        "countries": [thing_as_json(country) for country in step.countries],
        "partners": [thing_as_json(partner) for partner in step.partners],
        "assistanceTypes": [thing_as_json(assistance) for assistance in step.assistance_types],
        "themes": [thing_as_json(theme) for theme in step.themes],
        "outcomes": [thing_as_json(outcome) for outcome in step.outcomes],
        "facilities": [thing_as_json(facility) for facility in step.facilities],
        "teams": [
            {"iri": _text(team.iri), "countries": [thing_as_json(country) for country in team.countries]}
            for team in step.teams
        ],
        "start": step.start,
        "end": step.end,
        "openEnd": step.open_end,
        "openEndEvidence": [_evidence(evidence) for evidence in step.open_end_evidence],
    }


def _link(link: Link, changed: Changes) -> dict[str, Any]:
    return {
        "later": str(link.later),
        "earlier": str(link.earlier),
        "kind": link.kind.value,
        "evidence": [_evidence(evidence) for evidence in link.evidence],
        "gap": gap_as_json(link.gap) if link.gap else None,
        "changes": {
            "partners": _change(changed.partners),
            "sendingCountries": _change(changed.sending_countries),
            "assistanceTypes": _change(changed.assistance_types),
            "themes": _change(changed.themes),
        },
    }


def gap_as_json(gap: Gap) -> dict[str, Any]:
    """Return a gap in time as values that JSON can hold."""
    return {"leastDays": gap.least_days, "mostDays": gap.most_days, "from": gap.counted_from}


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    sides = {"added": change.added, "kept": change.kept, "dropped": change.dropped}
    return {side: [thing_as_json(thing) for thing in things] for side, things in sides.items()}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "statement": _text(evidence.statement),
        "basis": evidence.basis,
        "reason": evidence.reason,
        "confidence": None if evidence.confidence is None else float(evidence.confidence),
        "passages": [_passage(passage) for passage in evidence.passages],
    }


def _passage(passage: Passage) -> dict[str, Any]:
    source = passage.source and thing_as_json(passage.source)
    return {"quote": passage.quote, "start": passage.start, "end": passage.end, "source": source}


def thing_as_json(named: Named) -> dict[str, Any]:
    """Return a thing as values that JSON can hold."""
    return {"iri": _text(named.iri), "name": named.name}


def _text(iri: IRI | None) -> str | None:
    return None if iri is None else str(iri)


WRITERS: Mapping[str, Callable[[Chain], str]] = MappingProxyType(
    {
        "text": as_text,
        "json": as_json_text,
        "ttl": as_turtle,
        "csv": as_csv,
        "mmd": as_mermaid,
        "graphml": as_graphml,
        "svg": as_svg,
    }
)
"""Every way to write a chain as text, by the name people ask for it."""
