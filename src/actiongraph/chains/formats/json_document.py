"""A chain as JSON, by the table of fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from actiongraph.chains.dates import Gap
from actiongraph.chains.fields import LINKED, NAMES, TEXTS
from actiongraph.chains.model import Chain, Difference, Evidence, Link, Lookup, Named, Passage, Step, differences
from actiongraph.vocabulary import IRI

_ENCODER = msgspec.json.Encoder(enc_hook=str)
"""A text with its language is a text to JSON."""


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
    lookup = Lookup(chain)
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
        "links": [_link(link, lookup) for link in chain.links],
    }


def as_json_text(chain: Chain) -> str:
    """Return `as_json` as indented text, in UTF-8 as it is, not escaped."""
    # The same bytes as the standard library writes with an indent, which it does in Python, ten times as slowly.
    return msgspec.json.format(_ENCODER.encode(as_json(chain)), indent=2).decode() + "\n"


def _step(step: Step) -> dict[str, Any]:
    return {
        "action": str(step.action),
        "key": step.key,
        **{field.json_name: getattr(step, field.name) for field in NAMES},
        "described": step.described,
        "depth": step.depth,
        **{field.json_name: things_as_json(getattr(step, field.name)) for field in LINKED},
        "teams": [{"iri": _text(team.iri), "countries": things_as_json(team.countries)} for team in step.teams],
        **{field.json_name: getattr(step, field.name) for field in TEXTS},
        "openEnd": step.open_end,
        "openEndEvidence": [_evidence(evidence) for evidence in step.open_end_evidence],
    }


def _link(link: Link, lookup: Lookup) -> dict[str, Any]:
    changes = differences(lookup, link)
    return {
        "later": str(link.later),
        "earlier": str(link.earlier),
        "kind": link.kind.value,
        "evidence": [_evidence(evidence) for evidence in link.evidence],
        "gap": gap_as_json(link.gap) if link.gap else None,
        "changes": {field.json_name: difference and _difference(difference) for field, difference in changes.items()},
    }


def gap_as_json(gap: Gap) -> dict[str, Any]:
    """Return a gap in time as values that JSON can hold."""
    return {"leastDays": gap.least_days, "mostDays": gap.most_days, "from": gap.counted_from}


def _difference(difference: Difference) -> dict[str, Any]:
    return {side: things_as_json(getattr(difference, side)) for side in ("added", "kept", "dropped")}


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
    told = {"quote": passage.quote, "start": passage.start, "end": passage.end, "source": source}
    return told if passage.now is None else told | {"wordsNow": passage.now}


def things_as_json(things: Iterable[Named]) -> list[dict[str, Any]]:
    """Return things as values that JSON can hold."""
    return [_thing(thing) for thing in things]


def _thing(thing: Named) -> dict[str, Any]:
    return {"iri": _text(thing.iri), "name": thing.name}


def _text(iri: IRI | None) -> str | None:
    return None if iri is None else str(iri)
