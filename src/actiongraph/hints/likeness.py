"""How like two names are, and which of many are meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from actiongraph.index.term_index import IndexedTerm

NEAR, NEAR_ELSEWHERE, NEAR_TEXT = 0.6, 0.85, 0.75
"""What counts as near: names in one namespace, names or namespaces in general, and texts."""
_LONGEST = 300
"""Longer texts are not compared: the time grows with the square of their length."""


def ratio(one: str, other: str) -> float:
    """Return from 0 to 1 how like two texts are; 0 where they are clearly different, or too long to tell."""
    if max(len(one), len(other)) > _LONGEST:
        return 0.0
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < NEAR or matcher.quick_ratio() < NEAR:
        return 0.0
    return matcher.ratio()


def best(rated: Iterable[tuple[float, IndexedTerm]]) -> list[IndexedTerm]:
    """Return the nearest, and up to two more that are almost as near; of equally near ones the more used first."""
    ordered = sorted(rated, key=lambda entry: (-entry[0], -entry[1].uses.total, entry[1].term))
    return [found for rating, found in ordered[:3] if rating > ordered[0][0] - 0.1]


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is nearest to `name`, if it is near."""
    rated = [(ratio(name, other), other) for other in names]
    rating, other = max(rated, default=(0.0, ""))
    return other if rating >= NEAR else None


def same_but_for_spelling(one: str, other: str) -> bool:
    """Tell whether two namespaces differ only in http or https, www, letter case, and the # or slash at their end."""
    return _bare(one) == _bare(other)


def is_close(one: str, other: str) -> bool:
    """Tell whether two namespaces may be taken for one another."""
    return same_but_for_spelling(one, other) or ratio(one, other) >= NEAR_ELSEWHERE


def _bare(namespace: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", namespace.lower()).rstrip("#/")
