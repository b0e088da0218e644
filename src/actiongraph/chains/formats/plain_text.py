"""A chain as plain text for a terminal: about 100 columns, each action once, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import wrap

from actiongraph.chains.fields import LINKED, TEXTS, StepField
from actiongraph.chains.model import (
    Chain,
    Difference,
    Evidence,
    LinkKind,
    Lookup,
    Passage,
    Step,
    Team,
    differences,
)
from actiongraph.text import counted, drift_note, listed, one_line
from actiongraph.vocabulary import AG, IRI

WIDTH = 100
_DEEPEST = 8
"""Steps are indented by depth up to here; further down the text would have no room."""
_LABEL = 13
Mark = Callable[[IRI | None, IRI, str | None], str | None]
"""Returns what to say of a fact, such as `inferred 0.95`, by its thing, property and value; None for most facts."""


def _unmarked(_thing: IRI | None, _predicate: IRI, _value: str | None) -> None:
    return None


def as_text(chain: Chain, mark: Mark = _unmarked) -> str:
    """Return the chain for reading: a heading, then each action in order, with what it follows and why.

    Actions are numbered in order and indented by depth; forks, joins, loops, stubs and open ends are
    said in words, and so is what is unknown. What `mark` says of a fact stands behind it.
    """
    lookup = Lookup(chain)
    blocks = [[_heading(chain)], *([line] for line in _remarks(chain, lookup.position))]
    blocks += [list(_block(step, lookup, mark)) for step in chain.steps]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _heading(chain: Chain) -> str:
    if chain.alone and not chain.links:
        return f"Action {chain.key}: alone, no {'' if chain.probable else 'stated '}follow-up leads to it or from it"
    kinds = [link.kind for link in chain.links]
    counts = {kind: kinds.count(kind) for kind in LinkKind if kind in kinds}
    said = ", ".join(kind if len(counts) == 1 else f"{count} {kind}" for kind, count in counts.items())
    return f"Chain {chain.key}: {counted(len(chain.steps), 'action')}, {counted(len(kinds), 'link')} ({said})"


def _remarks(chain: Chain, position: Mapping[IRI, int]) -> Iterator[str]:
    if not chain.probable:
        yield "Only stated links are followed; probable ones are left out."
    for loop in chain.loops:
        where = _positions(loop, position)
        circle = f"{where} follow each other in a loop" if len(loop) > 1 else f"{where} follows itself"
        yield f"Loop: {circle}; such links are ignored for order and depth."


def _block(step: Step, lookup: Lookup, mark: Mark) -> Iterator[str]:
    position = lookup.position
    number = f"{position[step.action]:>{len(str(len(position)))}}. "
    indent = " " * (2 * min(step.depth, _DEEPEST))
    title = f"{step.name} ({step.mention})" if step.mention else step.title or step.key
    yield from _wrapped(title, indent + number, indent + " " * len(number))
    for label, text in _rows(step, lookup, mark):
        lead = indent + " " * len(number)
        yield from _wrapped(text, f"{lead}{label:<{_LABEL}}", lead + " " * _LABEL)


def _rows(step: Step, lookup: Lookup, mark: Mark) -> Iterator[tuple[str, str]]:
    """Yield the lines below a title, each with its label; a line without one goes on from the line before."""

    def text(value: str | None, predicate: IRI, unknown: str) -> str:
        return _marked(value, mark(step.action, predicate, value)) if value else unknown

    if step.described or step.key != step.number:
        yield "Key", f"{step.key}, number {text(step.number, AG.actionNumber, 'unknown')}"
    for field in LINKED:
        if field.is_main:
            yield field.label, _things(step, field, mark) or "unknown"
    yield "Experts", "; ".join(_team(step, team, mark) for team in step.teams) or "unknown"
    start, end = text(step.start, AG.startDate, "start unknown"), text(step.end, AG.endDate, "end unknown")
    yield "Dates", f"{start} to {end}" if step.start or step.end else "unknown"
    yield from _others(step, mark)
    if step.depth > _DEEPEST:
        yield "Depth", counted(step.depth, "link")
    before, position = lookup.before[step.action], lookup.position
    for link in before:
        yield "Follows", f"{position[link.earlier]} ({link.kind})" + (f", {link.gap}" if link.gap else "")
        yield from _evidence(link.evidence)
        yield from _changed(differences(lookup, link))
    if step.open_end:
        yield "Follows", "an unnamed action: called a follow-up, but not of what"
        yield from _evidence(step.open_end_evidence)
    if step.action in lookup.joins:
        yield "Joins", _positions((link.earlier for link in before), position)
    after = [link.later for link in lookup.after[step.action]]
    if after:
        yield "Followed by", _positions(after, position) + (" (a fork)" if step.action in lookup.forks else "")


def _others(step: Step, mark: Mark) -> Iterator[tuple[str, str]]:
    """Yield the fields that are left out where they are unknown, the results last."""
    for field in sorted(LINKED, key=lambda field: field.is_result):
        if not field.is_main and (text := _things(step, field, mark)):
            yield field.label, text
    for field in TEXTS:
        if field.label and (text := getattr(step, field.name)):
            yield field.label, _marked(text, mark(step.action, field.predicate, text))


def _things(step: Step, field: StepField, mark: Mark) -> str:
    return "; ".join(
        _marked(thing.name, mark(step.action, field.predicate, thing.iri)) for thing in getattr(step, field.name)
    )


def _team(step: Step, team: Team, mark: Mark) -> str:
    """Return a team by its countries; nothing is counted, for a source may list fewer teams than there were."""
    countries = [_marked(each.name, mark(team.iri, AG.sendingCountry, each.iri)) for each in team.countries]
    where = listed(countries) if countries else "an unknown country"
    return _marked(f"a team from {where}", mark(step.action, AG.expertTeam, team.iri))


def _marked(text: str, said: str | None) -> str:
    return f"{text} ({said})" if said else text


def _changed(changes: Mapping[StepField, Difference | None]) -> Iterator[tuple[str, str]]:
    for word, side in (("Adds", "added"), ("Drops", "dropped")):
        sides = ((field.compared_as, getattr(difference, side, ())) for field, difference in changes.items())
        if found := [f"{name} {listed(thing.name for thing in things)}" for name, things in sides if things]:
            yield "", f"{word}: {'; '.join(found)}"


def _evidence(statements: Iterable[Evidence]) -> Iterator[tuple[str, str]]:
    found = list(statements)
    if not found:
        yield "", "No evidence is recorded."
    for evidence in found:
        sure = [] if evidence.confidence is None else [f"confidence {evidence.confidence}"]
        yield "", ", ".join([f"Basis: {evidence.basis or 'unknown'}", *sure])
        if evidence.reason:
            yield "", evidence.reason
        for passage in evidence.passages:
            yield "", f'"{passage.quote}"' if passage.quote else "No fragment is quoted."
            yield "", _where(passage)
            if passage.now is not None:
                yield "", f"- {drift_note(passage.now)}"


def _where(passage: Passage) -> str:
    source = passage.source.name if passage.source else "source unknown"
    span = "" if passage.start is None or passage.end is None else f", characters {passage.start} to {passage.end}"
    return f"- {source}{span}"


def _positions(actions: Iterable[IRI], position: Mapping[IRI, int]) -> str:
    return listed(str(number) for number in sorted({position[action] for action in actions}))


def _wrapped(text: str, first: str, further: str) -> list[str]:
    """Return `text` in lines; words are never broken, so that keys and IRIs can be copied."""
    return wrap(
        one_line(text) or "-",
        WIDTH,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
