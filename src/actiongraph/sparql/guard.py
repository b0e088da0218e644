"""The check that a stranger's query passes before it reaches the engine.

The engine's parser is recursive, and a single query can end the whole process; it also supports SERVICE,
which queries other computers. So a query is first read here, by the tokens and rules of SPARQL 1.1 and
without recursion, and whatever they do not allow goes no further. What counts against the limits:

* `max_query_bytes`: the query in UTF-8.
* `max_nesting`: brackets `{`, `(` and `[` that are open at once.
* `max_patterns`: objects of triple patterns (in templates too, and each item of a list), steps of a
  path joined by `/`, groups, UNION branches, OPTIONAL, MINUS, GRAPH, FILTER, BIND, VALUES, each `AS`,
  and what DESCRIBE names. Rows of VALUES and arguments of functions do not count: they do no harm.
* `max_operators`: operators in expressions, and alternatives in paths.

Programs send the same query again and again with other literals. `Guard` reads the tokens of each text, and follows
the rules only where none of the same shape has passed.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from cachetools import LRUCache

from actiongraph.errors import QueryError, TooComplex
from actiongraph.settings import Settings
from actiongraph.sparql.advice import unexpected
from actiongraph.sparql.faults import other_faults, prologue, refused_features, undeclared_prefixes
from actiongraph.sparql.grammar import Unexpected, starts_of, walk
from actiongraph.sparql.lexer import Kind, Token, fault, position, shape, tokens
from actiongraph.sparql.query import CheckedQuery, QueryForm

_CHANGING = frozenset({"NOW", "RAND", "UUID", "STRUUID"})
_COUNTED = frozenset({"@pattern", "@operator"})
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\\]*")
LONGEST_SHAPE = 4_000
"""Code points of the longest text that has a shape; it is read within a few milliseconds, whatever is in it."""


def check_query(text: str, settings: Settings, *, all_faults: bool = True) -> CheckedQuery:
    """Return `text` as a query that may be passed to an engine.

    Raises:
        TooComplex: it is over one of the limits that the module describes.
        QuerySyntaxError: it is not a query of SPARQL 1.1, or uses a prefix that it does not declare.
        RefusedFeature: it asks for SERVICE, or is an update.

    With `all_faults`, the error about a text within `max_query_bytes` knows the other faults of it; see `other_faults`.
    """
    _check_size(text, settings.max_query_bytes)
    try:
        return _judge(text, settings)
    except QueryError as error:
        if all_faults:
            error.others = other_faults(text, error)
        raise


class Guard:
    """The guard, with a memory of the last `max_kept_shapes` shapes that passed. Calls may come from many threads.

    The verdict on a text depends on its length, which is checked each time, and on its tokens. Of a literal it depends
    on the place, the kind and whether a number has a sign: all that `shape` tells, and never on what is in it.
    """

    def __init__(self, settings: Settings) -> None:
        """Begin without shapes; `settings` has the limits."""
        self._settings = settings
        self._lock = threading.Lock()
        self._passed: LRUCache[str, CheckedQuery] = LRUCache(settings.max_kept_shapes)

    def check(self, text: str, base: str | None = None) -> CheckedQuery:
        """Return `text` as a query that may be passed to an engine, as `check_query` does, with this `base`.

        Raises:
            QueryError: as `check_query`, of the first fault alone.
        """
        _check_size(text, self._settings.max_query_bytes)
        key = shape(text) if len(text) <= LONGEST_SHAPE else None
        with self._lock:
            passed = None if key is None else self._passed.get(key)
        if passed is None:
            passed = _judge(text, self._settings)
            if key is not None:
                with self._lock:
                    self._passed[key] = replace(passed, text="")
        form, prefixes = passed.form, passed.prefixes
        return CheckedQuery(text, form, passed.names_dataset, prefixes, passed.repeatable, passed.reads_all, base)


def _judge(text: str, settings: Settings) -> CheckedQuery:
    read = list(tokens(text))
    _check_nesting(text, read, settings.max_nesting)
    prefixes, start = prologue(read)
    for refused in refused_features(text, read, start, prefixes):
        raise refused
    _check_rules(text, read, settings)
    for undeclared in undeclared_prefixes(text, read, prefixes):
        raise undeclared
    words = {token.text.upper() for token in read if token.kind is Kind.WORD}
    return CheckedQuery(
        text,
        form=QueryForm(read[start].text.upper()),
        names_dataset="FROM" in words,
        prefixes={name: iri for name, iri in prefixes.items() if _ABSOLUTE.fullmatch(iri)},
        repeatable=_CHANGING.isdisjoint(words),
        reads_all=not _reading_all().isdisjoint(words),
    )


@cache
def _reading_all() -> frozenset[str]:
    """Return the words of queries that give no solution before all are found."""
    return starts_of("Aggregate") | {"GROUP", "ORDER"}


def _check_size(text: str, limit: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise fault(text, error.start, "this is half of a character; send the query as UTF-8.") from error
    if size > limit:
        raise TooComplex(
            f"The query has {size:,} bytes, more than max_query_bytes ({limit:,}); split it into shorter queries.",
            limit="max_query_bytes",
            value=limit,
        )


def _check_nesting(text: str, read: Sequence[Token], limit: int) -> None:
    depth = 0
    for token in read:
        if token.text in {"{", "(", "["}:
            depth += 1
        elif token.text in {"}", ")", "]"}:
            depth -= 1
        if depth > limit:
            raise _too_complex(text, token, f"more than {limit:,} brackets are open at once", "max_nesting", limit)


def _check_rules(text: str, read: Sequence[Token], settings: Settings) -> None:
    limits = {
        "@pattern": ("patterns", "max_patterns", settings.max_patterns),
        "@operator": ("operators", "max_operators", settings.max_operators),
    }
    counts: Counter[str] = Counter()
    try:
        for mark, index in walk(read, _COUNTED):
            counts[mark] += 1
            what, name, limit = limits[mark]
            if counts[mark] > limit:
                raise _too_complex(text, read[index], f"the query has more than {limit:,} {what}", name, limit)
    except Unexpected as error:
        raise unexpected(text, read, error.index) from None


def _too_complex(text: str, token: Token, reason: str, limit: str, value: int) -> TooComplex:
    line, column = position(text, token.start)
    message = f"Line {line}, column {column}: {reason} ({limit}); split it into smaller queries."
    span = token.start, token.end
    return TooComplex(message, limit=limit, value=value, line=line, column=column, span=span)
