"""Numbers with what they count."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number with what it counts, such as `1 quad` and `2 quads`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
