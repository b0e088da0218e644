"""The passages of a source that were quoted, in its order, with the facts that rest on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace

from rdflib.term import Node

from actiongraph.chains.model import Named
from actiongraph.engine.base import Engine
from actiongraph.settings import Settings
from actiongraph.sparql.values import with_slice
from actiongraph.things.thing import QUERIES, Naming
from actiongraph.vocabulary import IRI

MOST_FACTS = 1000
_FACT = ("subject", "predicate", "object")


@dataclass(frozen=True, slots=True)
class QuotedPassage:
    """A passage: the fragment that is quoted, its position in code points, and the statements that rest on it.

    `now` is as in `chains.model.Passage`.
    """

    iri: Node
    quote: str
    start: int | None
    end: int | None
    statements: tuple[Named, ...]
    now: str | None = None


def passages_of(engine: Engine, source: IRI, settings: Settings) -> Collection[QuotedPassage]:
    """Return the quoted passages of a source in its order, as far as the first 1,000 facts that rest on them go.

    Raises:
        EngineError: the engine failed.
    """
    query = QUERIES.query("passages", {"source": [source]}, settings)
    rows = list(engine.select(replace(query, text=with_slice(query.text, limit=MOST_FACTS, offset=0))))
    name = Naming(engine, (row[part] for row in rows for part in _FACT if part in row), settings)
    told: dict[tuple[object, ...], QuotedPassage] = {}
    statements: dict[tuple[object, ...], list[Named]] = defaultdict(list)
    for row in rows:
        start, end = (int(str(row[each])) if each in row else None for each in ("start", "end"))
        quote, statement = str(row["quote"]), row.get("statement")
        now = str(row["now"]) if "now" in row else None
        place = (quote, start, end)  # two passages of one place are one for people
        told.setdefault(place, QuotedPassage(row["passage"], quote, start, end, (), now))
        if isinstance(statement, IRI):
            subject, predicate, object_ = (name(row[part]) for part in _FACT)
            statements[place].append(Named(f"{subject}: {predicate} {object_}", statement))
    return [replace(passage, statements=tuple(statements[place])) for place, passage in told.items()]
