"""How to cite a thing: a sentence, and an entry for BibTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_KEY = re.compile(r"[^A-Za-z0-9:-]+")
_PAGES = re.compile("/(?:doc|chain)/")
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: f"\\{character}" for character in "&%$#_{}"
}


@dataclass(frozen=True, slots=True)
class Citation:
    """What is cited: its name, its IRI and page, the dataset and its publisher, and the release it was read in."""

    name: str
    iri: str
    page: str
    dataset: str
    publisher: str | None
    version: str
    published: datetime

    @property
    def text(self) -> str:
        """The citation as one sentence."""
        day = f"{self.published.day} {self.published:%B %Y}"
        publisher = f" {self.publisher}." if self.publisher else ""
        return f"“{self.name}”. {self.dataset}.{publisher} Release {self.version}, {day}. {self.iri}{self._where}"

    @property
    def _where(self) -> str:
        """Where it opens, if that is not the address that its IRI is."""
        return "" if _PAGES.split(self.page)[0] == self.iri.partition("/id/")[0] else f" (read at {self.page})"

    @property
    def bibtex(self) -> str:
        """The citation as an entry of type `misc`, which every style of BibTeX knows."""
        fields = {
            "title": f"{{{in_tex(self.name)}}}",
            "author": f"{{{in_tex(self.publisher)}}}" if self.publisher else None,
            "howpublished": in_tex(self.dataset),
            "note": f"Release {in_tex(self.version)}",
            "year": str(self.published.year),
            "url": self.page,
        }
        key = _KEY.sub("-", self.iri.partition("://")[2].partition("/id/")[2] or self.iri.rsplit("/", 1)[-1]).strip("-")
        lines = [f"  {field} = {{{value}}}" for field, value in fields.items() if value is not None]
        return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def in_tex(text: str) -> str:
    """Return `text` with all that commands TeX escaped."""
    return "".join(_SPECIAL.get(character, character) for character in text)
