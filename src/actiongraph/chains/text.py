"""A chain as plain text for a terminal: about 100 columns, each action once, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from actiongraph.chains.chain import Chain, Evidence, Link, LinkKind, Lookup, Named, Passage, Step, Team
from actiongraph.chains.changes import Changes, changes
from actiongraph.text import counted, one_line
from actiongraph.vocabulary import IRI

WIDTH = 100
_DEEPEST = 8
"""Steps are indented by depth up to here; further down the text would have no room."""
_LABEL = 13


def as_text(chain: Chain) -> str:
    """Return the chain for reading: a heading, then each action in order, with what it follows and why.

    Actions are numbered in order and indented by depth; forks, joins, loops, stubs and open ends are
    said in words, and so is what is unknown.
    """
    found = Lookup(chain)
    blocks = [[_heading(chain)], *([line] for line in _remarks(chain, found.place))]
    blocks += [list(_block(step, found)) for step in chain.steps]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _heading(chain: Chain) -> str:
    if chain.alone and not chain.links:
        return f"Action {chain.key}: alone, no {'' if chain.probable else 'stated '}follow-up leads to it or from it"
    kinds = [link.kind for link in chain.links]
    counts = {kind: kinds.count(kind) for kind in LinkKind if kind in kinds}
    said = ", ".join(kind if len(counts) == 1 else f"{count} {kind}" for kind, count in counts.items())
    return f"Chain {chain.key}: {counted(len(chain.steps), 'action')}, {counted(len(kinds), 'link')} ({said})"


def _remarks(chain: Chain, place: Mapping[IRI, int]) -> Iterator[str]:
    if not chain.probable:
        yield "Only stated links are followed; probable ones are left out."
    for loop in chain.loops:
        where = _places(loop, place)
        circle = f"{where} follow each other in a circle" if len(loop) > 1 else f"{where} follows itself"
        yield f"Loop: {circle}; such links count for neither order nor depth."


def _block(step: Step, found: Lookup) -> Iterator[str]:
    place = found.place
    number = f"{place[step.action]:>{len(str(len(place)))}}. "
    indent = " " * (2 * min(step.depth, _DEEPEST))
    yield from _wrapped(_title(step), indent + number, indent + " " * len(number))
    for label, text in _rows(step, found):
        lead = indent + " " * len(number)
        yield from _wrapped(text, f"{lead}{label:<{_LABEL}}", lead + " " * _LABEL)


def _title(step: Step) -> str:
    if step.described:
        return step.title or step.key
    return f"{step.name} (known only by its {'number' if step.number else 'IRI'})"


def _rows(step: Step, found: Lookup) -> Iterator[tuple[str, str]]:
    """Yield the lines below a title, each with its label; a line without one goes on from the line before."""
    if step.described or step.key != step.number:
        yield "Key", f"{step.key}, number {step.number or 'unknown'}"
    yield "Country", _names(step.countries)
    yield "Partner", _names(step.partners)
    yield "Assistance", _names(step.assistance_types)
    yield "Themes", _names(step.themes)
    yield "Experts", _teams(step.teams)
    yield (
        "Dates",
        f"{step.start or 'start unknown'} to {step.end or 'end unknown'}" if step.start or step.end else "unknown",
    )
    if step.facilities:
        yield "Facility", _names(step.facilities)
    if step.outcomes:
        yield "Outcome", _names(step.outcomes)
    if step.depth > _DEEPEST:
        yield "Depth", counted(step.depth, "link")
    before, place = found.before[step.action], found.place
    for link in before:
        yield "Follows", _link(link, place)
        yield from _evidence(link.evidence)
        yield from _changed(changes(found, link))
    if step.open_end:
        yield "Follows", "an action without a name: called a follow-up; of what is not said"
        yield from _evidence(step.open_end_evidence)
    if step.action in found.joins:
        yield "Joins", _places((link.earlier for link in before), place)
    after = [link.later for link in found.after[step.action]]
    if after:
        yield "Followed by", _places(after, place) + (" (a fork)" if step.action in found.forks else "")


def _teams(teams: Sequence[Team]) -> str:
    if not teams:
        return "unknown"
    listed = "; ".join(_sent_by(team) for team in teams)
    return f"1 team {listed}" if len(teams) == 1 else f"{len(teams)} teams: {listed}"


def _sent_by(team: Team) -> str:
    return (
        f"from {_listed(country.name for country in team.countries)}" if team.countries else "from an unknown country"
    )


def _link(link: Link, place: Mapping[IRI, int]) -> str:
    return f"{place[link.earlier]} ({link.kind})" + (f", {link.gap}" if link.gap else "")


def _changed(changed: Changes) -> Iterator[tuple[str, str]]:
    named = {
        "partner": changed.partners,
        "sending country": changed.sending_countries,
        "assistance": changed.assistance_types,
        "theme": changed.themes,
    }
    for word, side in (("Adds", "added"), ("Drops", "dropped")):
        found = {name: [thing.name for thing in getattr(change, side, ())] for name, change in named.items()}
        if any(found.values()):
            yield "", f"{word}: {'; '.join(f'{name} {_listed(things)}' for name, things in found.items() if things)}"


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


def _where(passage: Passage) -> str:
    source = passage.source.name if passage.source else "source unknown"
    span = "" if passage.start is None or passage.end is None else f", characters {passage.start} to {passage.end}"
    return f"- {source}{span}"


def _names(things: Iterable[Named]) -> str:
    return "; ".join(thing.name for thing in things) or "unknown"


def _places(actions: Iterable[IRI], place: Mapping[IRI, int]) -> str:
    return _listed(str(number) for number in sorted({place[action] for action in actions}))


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


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
