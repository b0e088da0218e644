"""Which characters of somebody else's text may go on into a line, a terminal or XML."""

from __future__ import annotations

import re

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters, changes of direction, and what XML cannot hold (XML 1.0, section 2.2): none of them is seen."""


def one_line(text: str) -> str:
    """Return `text` in one line, without what could command whoever shows it; white space is one space."""
    return " ".join(UNSAFE.sub(" ", text).split())
