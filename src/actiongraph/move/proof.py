"""The proof of a move: what the release and the engine answer to the same, and which of the two takes longer."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import partial
from typing import TypeVar

import rdflib
from rdflib import XSD, Literal
from rdflib.exceptions import ParserError
from rdflib.term import Node

from actiongraph import formats
from actiongraph.chains.formats.json_document import as_json_text
from actiongraph.chains.trace import all_follow_ups, whole_chains
from actiongraph.engine.base import Dataset, Engine, QueryBudget, Solutions
from actiongraph.errors import EndpointError, LimitError, QueryError, RefusedFeature
from actiongraph.examples import Example
from actiongraph.formats import Result
from actiongraph.move.loading import QUERIES, Move
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery
from actiongraph.text import counted
from actiongraph.vocabulary import IRI

_T = TypeVar("_T")
_TIMES, _LEAST_S = 2.0, 0.1
"""An answer is slower that takes so many times as long, and so much longer that somebody could notice."""
_NUMBERS = {
    XSD[name]
    for name in (
        "integer", "decimal", "double", "float", "int", "long", "short", "byte", "nonNegativeInteger",
        "positiveInteger", "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong",
    )
}  # fmt: skip
_TRUTH = {"1": "true", "0": "false"}
_MOST_SHOWN = 5


class ProofVerdict(Enum):
    """The verdict on one answer of the engine, held against that of the release."""

    SAME = "same"
    SLOWER = "slower"
    DIFFERENT = "different"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One thing that was asked of both, in seconds; `why` says what differs, or what was found."""

    kind: str
    name: str
    verdict: ProofVerdict
    here_s: float
    there_s: float
    why: str = ""


def compare_counts(move: Move) -> Iterator[ProofLine]:
    """Yield whether each graph has as many triples there as here.

    Raises:
        EngineError: one of the two engines failed.
    """
    query = QUERIES.query_once("count", move.settings)

    def count(engine: Engine, graph: IRI) -> int:
        answer = engine.answer(query, formats.RESULTS_JSON, Dataset((graph,)))
        found = [str(row.get("triples")) for row in Solutions.read_json(answer)]
        if len(found) != 1 or not found[0].isdecimal():
            raise EndpointError(f"The engine did not count the triples of {graph}.")
        return int(found[0])

    for number, graph in enumerate(map(IRI, sorted(move.record.graphs)), start=1):
        here, here_s = _timed(partial(count, move.here, graph))
        there, there_s = _timed(partial(count, move.there, graph))
        is_same = here == there
        why = f"{counted(here, 'triple')}" if is_same else f"{counted(here, 'triple')} here, {there:,} there"
        yield ProofLine(
            "graph", str(graph), ProofVerdict.SAME if is_same else ProofVerdict.DIFFERENT, here_s, there_s, why
        )
        move.progress("counted", number, len(move.record.graphs), "graph")


def compare_examples(move: Move, examples: Iterable[Example]) -> Iterator[ProofLine]:
    """Yield whether the engine answers each of `examples` as the release does."""
    asked = list(examples)
    for number, example in enumerate(asked, start=1):
        yield _compare_example(move, example)
        move.progress("compared", number, len(asked), "example")


def _compare_example(move: Move, example: Example) -> ProofLine:
    query = check_query(example.text, move.settings)
    budget = QueryBudget(timeout_s=move.settings.timeout_s)
    begun = time.perf_counter()
    try:
        here, here_s = _timed(partial(_answer, move.here, query, budget))
    except LimitError as error:
        # What nobody is answered here is no promise to be kept there.
        return ProofLine("example", example.name, ProofVerdict.LEFT_OUT, time.perf_counter() - begun, 0, str(error))
    begun = time.perf_counter()
    try:
        move.there.check(query)
    except RefusedFeature as error:
        # Nobody is answered there either, and so nobody wrongly.
        return ProofLine("example", example.name, ProofVerdict.LEFT_OUT, here_s, 0, str(error))
    except (EndpointError, LimitError) as error:
        return ProofLine("example", example.name, ProofVerdict.DIFFERENT, here_s, 0, str(error))
    try:
        there, there_s = _timed(partial(_answer, move.there, query, QueryBudget()))
    except (EndpointError, QueryError, LimitError) as error:
        return ProofLine(
            "example", example.name, ProofVerdict.DIFFERENT, here_s, time.perf_counter() - begun, str(error)
        )
    why = _difference(here, there)
    return ProofLine("example", example.name, verdict_of(why, here_s, there_s), here_s, there_s, why)


def compare_chains(move: Move) -> Iterator[ProofLine]:
    """Yield whether all chains are the same; one that differs is named by the least of its actions.

    Raises:
        EngineError: one of the two engines failed.
    """
    here, here_s = _timed(lambda: _chains(move, move.here, "here"))
    there, there_s = _timed(lambda: _chains(move, move.there, "there"))
    differing = sorted(member for member in here.keys() | there.keys() if here.get(member) != there.get(member))
    why = ""
    if differing:
        named = ", ".join(differing[:_MOST_SHOWN]) + (", …" if len(differing) > _MOST_SHOWN else "")
        why = f"{len(differing):,} of {counted(len(here), 'chain')}, such as that of {named}"
    verdict = verdict_of(why, here_s, there_s)
    yield ProofLine("chains", counted(len(here), "chain"), verdict, here_s, there_s, why)


def _chains(move: Move, engine: Engine, where: str) -> dict[str, bytes]:
    """Return the hash of each chain as JSON has it, by the least of its actions."""
    found: dict[str, bytes] = {}
    links = 0
    follow_ups = all_follow_ups(engine, move.settings)
    for whole in whole_chains(engine, follow_ups, move.settings):
        members = [str(step.action) for step in whole.chain.steps]
        found[min(members)] = hashlib.sha256(as_json_text(whole.chain).encode()).digest()
        links += len(whole.chain.links)
        move.progress(f"chains {where}", links, len(follow_ups), "follow-up")
    return found


def _answer(engine: Engine, query: CheckedQuery, budget: QueryBudget) -> Counter[tuple[str, ...]]:
    """Return the count of each row or triple in the answer, each term in one form of its value."""
    if query.form.result is Result.BINDINGS:
        rows = engine.select(query, budget)
        return Counter(tuple(sorted(f"{name} {in_one_form(term)}" for name, term in row.items())) for row in rows)
    if query.form.result is Result.BOOLEAN:
        return Counter([(engine.answer(query, formats.RESULTS_CSV, budget=budget).decode(),)])
    content = engine.answer(query, formats.N_TRIPLES, budget=budget)
    try:
        graph = rdflib.Graph().parse(content, format="nt")
    except (ParserError, ValueError) as error:
        raise EndpointError("The engine did not answer with N-Triples.") from error
    return Counter(tuple(map(in_one_form, triple)) for triple in graph)


def in_one_form(term: Node) -> str:
    """Return a term as text that is the same for literals of the same value: engines write 1.50 or 1.5, en-GB or en-gb.

    Source: RDF 1.1 Concepts, section 3.3 (language tags have no case), XML Schema Part 2, section 3.2 (values).
    """
    if not isinstance(term, Literal):
        return term.n3()
    if term.language:
        return f"{str(term)!r}@{term.language.lower()}"
    datatype = term.datatype or XSD.string
    if datatype == XSD.boolean:
        return f"{_TRUTH.get(str(term), str(term))!r}^^{datatype}"
    if datatype in _NUMBERS:
        try:
            return f"{Decimal(str(term)).normalize():.12g}"
        except InvalidOperation:
            return f"{str(term)!r}^^{datatype}"
    return f"{str(term)!r}^^{datatype}"


def _difference(here: Counter[tuple[str, ...]], there: Counter[tuple[str, ...]]) -> str:
    if here == there:
        return ""
    if here.total() != there.total():
        return f"{counted(here.total(), 'row')} here, {there.total():,} there"
    [lacking, *_] = here - there
    return f"{counted((here - there).total(), 'row')} only here, such as {' '.join(lacking)[:200]}"


def verdict_of(why: str, here_s: float, there_s: float) -> ProofVerdict:
    """Return the verdict on an answer that differs in `why`, or not, and took so many seconds."""
    if why:
        return ProofVerdict.DIFFERENT
    return ProofVerdict.SLOWER if there_s > max(_TIMES * here_s, here_s + _LEAST_S) else ProofVerdict.SAME


def _timed(act: Callable[[], _T]) -> tuple[_T, float]:
    begun = time.perf_counter()
    return act(), time.perf_counter() - begun
