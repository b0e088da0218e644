"""E-mail addresses, telephone numbers and titled names of people, which no text takes into the graph.

A name without a title (Ms, Dr, Herr) is not recognized: only a person can tell it from that of a place.
"""

from __future__ import annotations

import re

LEFT_OUT = "[…]"
_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_NUMBER = r"\d[\d ().\-/]{4,20}\d"
_ADDRESS = re.compile(r"\S{1,64}@\w\S{0,250}")
_TELEPHONE = re.compile(
    rf"(?i:\b(?:tel|t[eé]l[eé](?:phone|fono)|phone|mobile|cell|fax)\b)[.:]{{0,2}}\s?[+(]{{0,2}}{_NUMBER}"
    rf"|(?<![\w.])(?:\+\s?|00){_NUMBER}"
)
# "Dr Congo" is how some write the Democratic Republic.
_PERSON = re.compile(
    r"\b(?:Mr|Mrs|Ms|Mme|Mlle|Dr|Prof|Sra?|Herr|Frau|Señora?)\b\.?\s(?!Congo\b)"
    rf"{_CAPITAL}[\w'\u2019.-]{{0,40}}(?:\s{_CAPITAL}[\w'\u2019-]{{1,40}}){{0,3}}"
)


def without_contact_details(text: str) -> str:
    """Return `text` with `[…]` in place of each e-mail address, telephone number and name of a person with a title."""
    if "@" in text:
        text = _ADDRESS.sub(LEFT_OUT, text)
    return _PERSON.sub(LEFT_OUT, _TELEPHONE.sub(LEFT_OUT, text))
