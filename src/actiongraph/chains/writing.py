"""A chain written for people and for programs; `WRITERS` lists the ways by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from actiongraph.chains.chain import Chain, Evidence, Link, Named, Passage, Step
from actiongraph.chains.drawing import as_svg
from actiongraph.chains.text import as_text
from actiongraph.vocabulary import IRI

__all__ = ["WRITERS", "as_json", "as_json_text", "as_svg", "as_text"]


def as_json(chain: Chain) -> dict[str, Any]:
    """Return the chain as values that JSON can hold. Members are added over time, never renamed or removed.

    What is unknown is null or an empty list. A thing is `{"iri", "name"}`, its `iri` null where only
    the name is known.

    * `key`; `size` (actions), `length` (actions on the longest path), `alone` (linked to nothing),
      `probable` (whether probable links were followed)
    * `roots`, `forks`, `joins`: IRIs of actions; `loops`: a list of such lists
    * `steps`, in order: `action` (IRI), `key`, `number`, `title`, `described` (false for a stub), `depth`,
      `countries`, `partners`, `assistanceTypes` (things), `teams` (`iri`, `countries`), `start` and `end`
      as printed, `openEnd`, `openEndEvidence`
    * `links`, in the order of their steps: `later`, `earlier` (IRIs), `kind` (`stated` or `probable`), `evidence`
    * evidence: `statement` (IRI), `basis`, `reason`, `confidence` (0 to 1), `passages`, each with `quote`,
      `start` and `end` in code points from 0, and `source` (a thing)
    """
    return {
        "key": chain.key,
        "size": len(chain.steps),
        "length": chain.length,
        "alone": chain.alone,
        "probable": chain.probable,
        "roots": [str(root) for root in chain.roots],
        "forks": [str(fork) for fork in chain.forks],
        "joins": [str(join) for join in chain.joins],
        "loops": [[str(action) for action in loop] for loop in chain.loops],
        "steps": [_step(step) for step in chain.steps],
        "links": [_link(link) for link in chain.links],
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
        "countries": [_thing(country) for country in step.countries],
        "partners": [_thing(partner) for partner in step.partners],
        "assistanceTypes": [_thing(assistance) for assistance in step.assistance_types],
        "teams": [
            {"iri": _text(team.iri), "countries": [_thing(country) for country in team.countries]}
            for team in step.teams
        ],
        "start": step.start,
        "end": step.end,
        "openEnd": step.open_end,
        "openEndEvidence": [_evidence(evidence) for evidence in step.open_end_evidence],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "later": str(link.later),
        "earlier": str(link.earlier),
        "kind": link.kind.value,
        "evidence": [_evidence(evidence) for evidence in link.evidence],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "statement": _text(evidence.statement),
        "basis": evidence.basis,
        "reason": evidence.reason,
        "confidence": None if evidence.confidence is None else float(evidence.confidence),
        "passages": [_passage(passage) for passage in evidence.passages],
    }


def _passage(passage: Passage) -> dict[str, Any]:
    source = passage.source and _thing(passage.source)
    return {"quote": passage.quote, "start": passage.start, "end": passage.end, "source": source}


def _thing(named: Named) -> dict[str, Any]:
    return {"iri": _text(named.iri), "name": named.name}


def _text(iri: IRI | None) -> str | None:
    return None if iri is None else str(iri)


WRITERS: Mapping[str, Callable[[Chain], str]] = MappingProxyType({"text": as_text, "json": as_json_text, "svg": as_svg})
"""Every way to write a chain as text, by the name people ask for it."""
