"""What another server says went wrong, cut down to one line that people can read."""

from __future__ import annotations

import html
import json
import re

_LONGEST = 120
_LONGEST_DETAIL = 400
"""A detail is written for people to read, and may name a place in their query."""
_MARKUP = re.compile(r"(?is)<(script|style|title)\b.*?</\1\s*>|<[^<>]*>")


def complaint(content: bytes) -> str:
    """Return what the body of an error says, in one line: its detail where it has one, else the beginning of its text.

    Source: RFC 9457, section 3.1.4 (detail), by whatever media type it comes.
    """
    text = content.decode("utf-8", "replace")
    if detail := _detail(text):
        return _line(detail, _LONGEST_DETAIL)
    return _line(html.unescape(_MARKUP.sub(" ", text)), _LONGEST)


def _detail(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    detail = found.get("detail") if isinstance(found, dict) else None
    return detail if isinstance(detail, str) else ""


def _line(text: str, longest: int) -> str:
    """Return `text` on one line without what a terminal might obey."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
