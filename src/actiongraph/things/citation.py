"""How to cite a thing: a sentence, and an entry for BibTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_KEY = re.compile(r"[^A-Za-z0-9:-]+")
_AS_IT_IS = frozenset({"title", "author"})
_PAGES = re.compile("/(?:doc|chain)/")
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: f"\\{character}" for character in "&%$#_{}"
}


@dataclass(frozen=True, slots=True)
class Citation:
    """A thing as it is cited: its name, IRI and page, the dataset and its publisher, and the release it was read in."""

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
        publisher = f" {self.publisher}." if self.publisher else ""
        release = f"Release {self.version}, {day_of(self.published)}"
        return f"“{self.name}”. {self.dataset}.{publisher} {release}. {self.iri}{self._where}"

    @property
    def _where(self) -> str:
        """The address at which it opens, in brackets, if that is not its IRI."""
        return "" if _PAGES.split(self.page)[0] == self.iri.partition("/id/")[0] else f" (read at {self.page})"

    @property
    def bibtex(self) -> str:
        """The citation as an entry of type `misc`, which every style of BibTeX knows."""
        name = self.iri.partition("://")[2].partition("/id/")[2] or self.iri.rsplit("/", 1)[-1]
        fields = {
            "title": self.name,
            "author": self.publisher,
            "howpublished": self.dataset,
            "note": f"Release {self.version}",
            "year": str(self.published.year),
            "url": self.page,
        }
        return bibtex_entry(_KEY.sub("-", name).strip("-"), fields)


def bibtex_entry(key: str, fields: Mapping[str, str | None]) -> str:
    """Return an entry of type `misc` with `fields`, without those that are None; all but addresses is escaped.

    Titles and authors are kept as they are: no style makes small letters of them, or a surname of an organization.
    """
    lines = []
    for name, value in fields.items():
        if value is not None:
            written = value if name == "url" else _in_tex(value)
            lines.append(f"  {name} = {{{f'{{{written}}}' if name in _AS_IT_IS else written}}}")
    return ",\n".join([f"@misc{{{key}", *lines]) + "\n}"


def day_of(moment: datetime) -> str:
    """Return a day as citations have it: 29 November 2026."""
    return f"{moment.day} {moment:%B %Y}"


def _in_tex(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)
