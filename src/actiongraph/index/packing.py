"""Small documents of texts, IRIs and named things, packed: JSON that names each thing once, compressed.

A document is `[IRIs, named things, body]`; the body, made of what JSON can hold, points at both by number. A text with
nothing more to it is a string, a `Text` is `[text]`, `[text, language]` or `[text, language, datatype]`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any, Self

from actiongraph.chains.chain import Named, Text
from actiongraph.chains.dates import Gap
from actiongraph.vocabulary import IRI


class Packer:
    """Packs one document."""

    def __init__(self) -> None:
        """Begin it; nothing is named yet."""
        self._iris: dict[IRI, int] = {}
        self._things: dict[Any, int] = {}

    def iri(self, iri: IRI | None) -> int | None:
        """Return the number of an IRI."""
        return None if iri is None else self._iris.setdefault(iri, len(self._iris))

    def iris(self, iris: Iterable[IRI]) -> list[int | None]:
        """Return the numbers of IRIs."""
        return [self.iri(iri) for iri in iris]

    def text(self, text: str | None) -> Any:  # noqa: ANN401 - what JSON can hold
        """Return a text, with what the data says of it."""
        if not isinstance(text, Text):
            return text
        written = [str(text), text.language, self.iri(text.datatype)]
        while written[-1] is None:
            written.pop()
        return written

    def named(self, thing: Named | None) -> int | None:
        """Return the number of a thing with its name."""
        if thing is None:
            return None
        name, iri = self.text(thing.name), self.iri(thing.iri)
        return self._things.setdefault((tuple(name) if isinstance(name, list) else name, iri), len(self._things))

    def things(self, things: Iterable[Named]) -> list[int | None]:
        """Return the numbers of things with their names."""
        return [self.named(thing) for thing in things]

    @staticmethod
    def gap(gap: Gap) -> list[int]:
        """Return a gap in time."""
        return [gap.least_days, gap.most_days, int(gap.from_end)]

    def packed(self, body: Any) -> bytes:  # noqa: ANN401 - what JSON can hold
        """Return the document with `body`, which is made of what this object has returned."""
        document = [list(self._iris), list(self._things), body]
        return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


class Unpacker:
    """Reads one document; what is named several times is made once."""

    def __init__(self, iris: list[IRI], body: Any) -> None:  # noqa: ANN401 - what JSON can hold
        """Take what the document names, and its body."""
        self._iris = iris
        self._things: list[Named] = []
        self.body = body

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return what reads `data`.

        Raises:
            ValueError: it is no such document.
            zlib.error: it is damaged.
        """
        iris, things, body = json.loads(zlib.decompress(data))
        made = cls([IRI(iri) for iri in iris], body)
        made._things = [Named(made.text(name), made.iri(iri)) for name, iri in things]
        return made

    def iri(self, number: int | None) -> IRI | None:
        """Return the IRI of a number, if there is one."""
        return None if number is None else self._iris[number]

    def action(self, number: int) -> IRI:
        """Return the IRI of a number."""
        return self._iris[number]

    def iris(self, numbers: Iterable[int]) -> tuple[IRI, ...]:
        """Return the IRIs of numbers."""
        return tuple([self._iris[number] for number in numbers])

    def text_or_none(self, text: Any) -> str | None:  # noqa: ANN401 - what JSON can hold
        """Return a text as it was, if there is one."""
        return None if text is None else self.text(text)

    def text(self, text: str | list[Any]) -> str:
        """Return a text as it was."""
        if isinstance(text, str):
            return text
        language, datatype = (*text[1:], None, None)[:2]
        return Text(text[0], language, self.iri(datatype))

    def named(self, number: int | None) -> Named | None:
        """Return the thing of a number, if there is one."""
        return None if number is None else self._things[number]

    def things(self, numbers: Iterable[int]) -> tuple[Named, ...]:
        """Return the things of numbers."""
        return tuple([self._things[number] for number in numbers])

    @staticmethod
    def gap(gap: Any) -> Gap:  # noqa: ANN401 - what JSON can hold
        """Return a gap in time."""
        return Gap(gap[0], gap[1], from_end=bool(gap[2]))
