"""E-mail addresses, telephone numbers and titled names of people, which nothing takes into the graph.

A name without a title (Ms, Dr, Herr) is not recognized: only a person can tell it from that of a place.
"""

from __future__ import annotations

import re

LEFT_OUT = "[…]"
_BLANK = "[ \u00a0]"
_DIGITS = r"\d[\d\u00a0 ().\-/]{4,20}\d"
_YEARS = r"(?:19|20)\d\d ?[-\u2013/] ?(?:19|20)\d\d\b"
_ADDRESS = (
    r"(?<![\w.+-])[\w.+-]{1,254}(?:@| ?[\[({] ?(?:at|@|arobase|arroba) ?[\])}] ?)[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}"
)
_TELEPHONE = (
    r"(?i:\b(?:t[eé]l(?:[eé](?:phone|fono|fone|fon)|em[oó]vel)?|phone|mobile|m[oó]vil|cell|celular|fax|whatsapp)\b)"
    rf"{_BLANK}?[.:]{{0,2}}{_BLANK}?[+(]{{0,2}}(?!{_YEARS}){_DIGITS}"
    rf"|(?<![\w.+/-])(?:\+{_BLANK}?|00){_DIGITS}"
)
# "Dr Congo" is how some write the Democratic Republic.
_TITLE = (
    r"(?:\b(?:M[rsx]|Mrs|Miss|Mme|Mlle|Dra?|Profa?|Sra?|Srta|Dña|Doña|Eng|Ing|Lic|Herr|Frau|Sir|Ex[cm]+[ao]|Madame|"
    r"Monsieur|Mademoiselle|Professora?|Professeure?|Profesora?|Doctora?|Docteure?|Doutora?|Señora?|Señorita|Senhora?)"
    rf"\b\.?|\b(?:M|MM|MR|MRS|MME|DR|PROF|[HS]\.{_BLANK}?E)\.(?!\w))(?!{_BLANK}Congo\b)"
)
_PARTICLE = r"(?:d[aeo]|del|d[ao]s|du|des|van|von|der|la|le|al|el|bin|ben|h\.c\.|D\.)"
_NAME = rf"(?:[^\W\d_a-zà-ÿ]\.(?={_BLANK}[^\W\d_a-zà-ÿ])|[^\W\d_a-zà-ÿ][\w\u2019'.-]{{0,40}}(?<!\.))"
_PERSON = rf"{_TITLE}(?:{_BLANK}{_TITLE}){{0,3}}(?:{_BLANK}(?:{_PARTICLE}{_BLANK}){{0,2}}{_NAME}){{1,5}}"
PERSONAL = re.compile(f"{_ADDRESS}|{_TELEPHONE}|{_PERSON}")
"""What tells of a person."""


def without_contact_details(text: str) -> str:
    """Return `text` with `[…]` in place of each e-mail address, telephone number and name of a person with a title."""
    return PERSONAL.sub(LEFT_OUT, text)
