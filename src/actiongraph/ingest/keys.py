"""Keys that are minted from the words of a source: the same words always give the same key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from actiongraph.text import folded

_LONGEST = 60
TAKEN = frozenset({"reference", "withdrawn", "lists", "vocabulary", "derived", "catalog", "ledger", "marker"})
"""Keys that files and graphs with a meaning of their own have, and that no source may have."""


def slug(text: str) -> str:
    """Return `text` as a key of small letters, digits and single hyphens, at most 70 characters.

    What would be lost, as letters of other scripts and the end of a long text are, is told apart by a digest.
    """
    words = folded(text).split()
    kept = _words(words)
    if kept and kept == words:
        return "-".join(kept)
    return "-".join([*kept, digest(" ".join(words) or text)])


def slug_with(text: str, *others: str) -> str:
    """Return the first words of `text` as a key, with a digest of it and of `others`, which tell it from namesakes."""
    words = folded(text).split()
    return "-".join([*_words(words), digest(" ".join(words), *others)])


def _words(words: Sequence[str]) -> list[str]:
    """Return the first of `words` that a key has room for, without those in other scripts."""
    kept: list[str] = []
    for word in filter(str.isascii, words):
        if kept and len("-".join([*kept, word])) > _LONGEST:
            break
        kept.append(word[:_LONGEST])
    return kept


def digest(*texts: str) -> str:
    """Return eight hexadecimal digits that tell these texts from others: the first of their SHA-256."""
    return hashlib.sha256("\x00".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:8]
