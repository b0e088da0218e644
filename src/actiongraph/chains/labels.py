"""The names of things: which of several is shown, with its language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rdflib import Literal
from rdflib.term import Node

from actiongraph.chains import QUERIES
from actiongraph.chains.model import Named, Text, by_name
from actiongraph.engine.base import Engine
from actiongraph.iris import key_of
from actiongraph.settings import Settings
from actiongraph.vocabulary import IRI


class Labels:
    """The names of some things; what has none is shown by its key."""

    def __init__(self, engine: Engine, things: Iterable[Node], settings: Settings, *, with_words: bool = False) -> None:
        """Ask for the names of `things`; `with_words` also for the codes and other names that `words` gives.

        Raises:
            EngineError: the engine failed.
        """
        found: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
        iris = sorted({thing for thing in things if isinstance(thing, IRI)})
        for thing, row in QUERIES.ask_of_each(engine, "words" if with_words else "labels", iris, settings):
            for kind in row.keys() - {"row"}:
                found[thing][kind].append(row[kind])
        self._labels = {thing: preferred(names["label"]) for thing, names in found.items()}
        self._titles = {thing: preferred(names["title"]) for thing, names in found.items()}
        self._labelled: dict[Node, Named] = {}
        self.words = {
            thing: {str(name).casefold() for name in (*names["label"], *names["word"])}
            for thing, names in found.items()
            if with_words
        }
        """The labels in any language and the codes of each thing, in lower case."""

    def labelled(self, thing: Node) -> Named:
        """Return `thing` by its label, else by its title, else by its key; the name is a `Text` if it is the label."""
        if thing not in self._labelled:  # thirty actions may be in one country
            self._labelled[thing] = self._named(thing, self._labels, self._titles)
        return self._labelled[thing]

    def titled(self, thing: Node) -> Named:
        """Return `thing` by its title, else by its label, else by its key; the name is a `Text` if it is the title."""
        return self._named(thing, self._titles, self._labels)

    @staticmethod
    def _named(thing: Node, names: Mapping[Node, Text | None], others: Mapping[Node, Text | None]) -> Named:
        name = names.get(thing) or str(others.get(thing) or key_of(str(thing)))
        return Named(name, thing if isinstance(thing, IRI) else None)

    def sorted(self, things: Iterable[Node]) -> tuple[Named, ...]:
        """Return `things` by their labels, in the order of these."""
        return by_name([self.labelled(thing) for thing in things])


def preferred(terms: Iterable[Node]) -> Text | None:
    """Return the text to show of several: English first, then without a language, then by language and text."""
    found = tuple(terms)
    if not found:
        return None
    best = found[0] if len(found) == 1 else min(found, key=_preference)
    return Text(best, best.language, best.datatype) if isinstance(best, Literal) else Text(str(best))


def _preference(term: Node) -> tuple[int, str, str]:
    language = (term.language or "").lower() if isinstance(term, Literal) else ""
    rank = 0 if language == "en" else 1 if language.startswith("en-") else 2 if not language else 3
    return rank, language, str(term)
