"""Keys that are minted from the words of a source: the same words always give the same key."""

from __future__ import annotations

import hashlib

from actiongraph.text import folded

_LONGEST = 60


def slug(text: str) -> str:
    """Return `text` as a key of small letters, digits and single hyphens, at most 70 characters.

    What would be lost, as letters of other scripts and the end of a long text are, is told apart by a digest.
    """
    words = folded(text).split()
    latin = [word for word in words if word.isascii()]
    kept: list[str] = []
    for word in latin:
        if kept and len("-".join([*kept, word])) > _LONGEST:
            break
        kept.append(word[:_LONGEST])
    key = "-".join(kept)
    if kept == words and key:
        return key
    return "-".join(filter(None, (key, digest(" ".join(words) or text))))


def digest(*texts: str) -> str:
    """Return eight hexadecimal digits that tell these texts from others: the first of their SHA-256."""
    return hashlib.sha256("\x00".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:8]
