"""Numbers of actions in a text that is shown: kept in one line, for `2014-` and `12` are no numbers."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_NUMBER = re.compile(r"\d+(?:-\d+)+")


def unbroken(text: str) -> Markup:
    """Return `text`, escaped, with each number with hyphens as an element that no line ends in.

    A hyphen of another kind would do so too, but then a number that is copied is not the number.
    """
    parts, place = [], 0
    for found in _NUMBER.finditer(text):
        parts += [escape(text[place : found.start()]), Markup('<span class="whole">{}</span>').format(found.group())]
        place = found.end()
    return Markup().join([*parts, escape(text[place:])])
