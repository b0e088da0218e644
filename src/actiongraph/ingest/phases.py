"""Phases and continuations that titles tell of, and the earlier action where just one title is the same but for that.

Precision comes first: a wording counts only where it stands for itself, as in `Wells for all - Phase II`, and not in
`Preparing the second phase of the reform`. The earlier action is taken only where it is the only one with that title.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from actiongraph.ingest.claims import Basis, Claim, Property
from actiongraph.text import folded

_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9}
_ORDINALS = {
    1: "first 1st première 1ère 1re primera primeira erste",
    2: "second 2nd deuxième 2ème 2e seconde segunda zweite",
    3: "third 3rd troisième 3ème 3e tercera terceira dritte",
    4: "fourth 4th quatrième 4ème 4e cuarta quarta vierte",
}
_PLACES = {word: number for number, words in _ORDINALS.items() for word in words.split()}
_NUMERAL = r"(?:VIII|VII|VI|IV|IX|V|I{1,3}|[1-9])"
_END = r"(?=\s*(?:$|[-\u2013\u2014:,;.()\[\]|]))"
_PHASE = re.compile(
    rf"\b(?:(?:phase|fase)\s*(?P<numeral>{_NUMERAL})|(?P<ordinal>{'|'.join(_PLACES)})\s+(?:phase|fase))\b{_END}",
    re.IGNORECASE,
)
_BARE = re.compile(r"\b(?P<numeral>II|III|IV|VI|VII|VIII|IX)(?=\s*$|\s*\(|\s+-\s)")
"""A numeral alone, as in `Stability Fund II`: enough where the earlier one is there, and else for nothing."""
_PART_OF_A_SENTENCE = re.compile(
    r"(?:\b(?:of|the|for|to|in|after|before|since|during|and|a|its|de|du|des|la|le|les|el|los|pour|après|en|et|y|e|da|do|"
    r"dos|der|die|das|den|und|zur|für|une?|una|uma|eine?r?)\s+|[+&/]\s*)$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    rf"^\s*(?:[-\u2013/&+,]|(?:and|et|y|e|und|to|à|a)\b)\s*(?:phases?\s*|fases?\s*)?{_NUMERAL}\b", re.IGNORECASE
)
_SEGMENTS = re.compile(r"\s+[-\u2013\u2014]\s*|\s*[:;()\[\]|]\s*|\s*[\u2013\u2014]\s+")
_CONTINUATIONS = frozenset({"continuation", "continuacion", "continuacao", "fortsetzung"})
_ABBREVIATION = re.compile(rf"\s*\(\s*[A-Z][\w&-]*[A-Z][\w&-]*(?:[\s-]?{_NUMERAL})?\s*\)\s*$")
_FEWEST_WORDS = 2


@dataclass(frozen=True, slots=True)
class _Title:
    """A title without what it says of a phase: `number` is None for none, and 0 for a continuation."""

    base: str
    number: int | None = None
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class TitledAction:
    """An action as far as its place among phases goes; dates are in the forms of XML Schema, empty if not known."""

    key: str
    name: str
    title: str
    countries: Collection[str] = ()
    start: str = ""
    end: str = ""
    parents: Collection[str] = ()


def phase_claims(actions: Sequence[TitledAction]) -> Mapping[str, Claim]:
    """Return, by the key of an action, what its title lets conclude: what it follows, or that it follows something."""
    titles = {action.key: _read(action.title) for action in actions}
    by_base: defaultdict[str, list[TitledAction]] = defaultdict(list)
    for action in actions:
        by_base[titles[action.key].base].append(action)
    claims = {}
    for action in actions:
        title = titles[action.key]
        if title.number is None or title.number == 1:
            continue
        namesakes = by_base[title.base] if len(title.base.split()) >= _FEWEST_WORDS else []
        earlier = [each for each in namesakes if _may_precede(each, titles[each.key], action, title)]
        earlier = _on_the_same_level(earlier, namesakes, action, titles)
        if len(earlier) == 1:
            claims[action.key] = _link(earlier[0], titles[earlier[0].key], title)
        elif not title.is_bare:
            claims[action.key] = _flag(title, len(earlier))
    return claims


def _read(title: str) -> _Title:
    for found in _PHASE.finditer(title):
        before, after = title[: found.start()], title[found.end() :]
        if _PART_OF_A_SENTENCE.search(before) or _SEVERAL.search(after):
            continue
        numeral = found["numeral"]
        number = _number(numeral) if numeral else _PLACES[found["ordinal"].lower()]
        return _Title(_base(before, after), number)
    segments = [each for each in _SEGMENTS.split(title) if each.strip()]
    others = [each for each in segments if folded(each) not in _CONTINUATIONS]
    if others and len(others) == len(segments) - 1:
        return _Title(folded(" ".join(others)), 0)
    if (bare := _BARE.search(title)) and not _PART_OF_A_SENTENCE.search(title[: bare.start()]):
        return _Title(_base(title[: bare.start()], title[bare.end() :]), _ROMAN[bare["numeral"]], is_bare=True)
    return _Title(_base(title, ""))


def _number(numeral: str) -> int:
    return int(numeral) if numeral.isdecimal() else _ROMAN[numeral.upper()]


def _base(before: str, after: str) -> str:
    return folded(_ABBREVIATION.sub("", f"{before.rstrip()} {after.lstrip()}"))


def _may_precede(earlier: TitledAction, earlier_title: _Title, action: TitledAction, title: _Title) -> bool:
    """Tell whether the number before is that of `earlier`, and neither countries nor dates speak against it."""
    if title.number == 0:
        is_before = earlier_title.number is None
    else:
        is_before = (earlier_title.number or 1) == (title.number or 0) - 1 and earlier_title.number != 0
    if earlier.key == action.key or not is_before:
        return False
    if earlier.countries and action.countries and not set(earlier.countries) & set(action.countries):
        return False
    begun = action.start or action.end
    return not (earlier.start and begun and _is_before(begun, earlier.start))


def _is_before(one: str, other: str) -> bool:
    """Tell whether a date is before another, as far as both are known."""
    known = min(len(one), len(other))
    return one[:known] < other[:known]


def _on_the_same_level(
    earlier: Sequence[TitledAction],
    namesakes: Sequence[TitledAction],
    action: TitledAction,
    titles: Mapping[str, _Title],
) -> list[TitledAction]:
    """Return those that are parts of a namesake of their own phase if `action` is, and else those that are not.

    A programme and its one contract often have one title; a phase of the programme follows the programme.
    """

    def is_part(one: TitledAction) -> bool:
        same = {each.name for each in namesakes if titles[each.key].number == titles[one.key].number}
        return bool(same & set(one.parents))

    return [each for each in earlier if is_part(each) == is_part(action)]


def _link(earlier: TitledAction, earlier_title: _Title, title: _Title) -> Claim:
    said = "no phase" if earlier_title.number is None else f"phase {earlier_title.number}"
    reason = f"Its title calls it {_called(title)}; that of {earlier.name} is the same and names {said}."
    confidence = 0.8 if earlier_title.number is not None and not title.is_bare else 0.7
    rule = "title-continuation" if title.number == 0 else "title-phase"
    return Claim(Property.FOLLOW_UP_OF, earlier.name, rule, Basis.INFERRED, reason=reason, confidence=confidence)


def _flag(title: _Title, candidates: int) -> Claim:
    why = "several rows have the title of the earlier one" if candidates else "no row has the title of the earlier one"
    rule = "title-continuation" if title.number == 0 else "title-phase"
    reason = f"Its title calls it {_called(title)}; {why}."
    return Claim(Property.DESCRIBED_AS_FOLLOW_UP, "true", rule, Basis.INFERRED, reason=reason, confidence=0.7)


def _called(title: _Title) -> str:
    return "a continuation" if title.number == 0 else f"phase {title.number}"


def readings(titles: Iterable[str]) -> Iterator[tuple[str, int | None]]:
    """Yield the words of each title without its phase, and the number of that: None for none, 0 for a continuation."""
    for title in titles:
        found = _read(title)
        yield found.base, found.number
