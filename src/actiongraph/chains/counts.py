"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Return such as `1 link` or `1,234 links`; `thing` is a word that an s makes plural."""
    return f"{number:,} {thing}{'s' * (number != 1)}"
