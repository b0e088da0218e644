"""No query that passes the guard makes the engine ask another endpoint.

The engine itself tells: it is asked for an address on port 1, which its HTTP client refuses without
connecting. Where a clause is read but not evaluated, the same query with another word shows it: a
query that needs the word SERVICE is one that cannot be read without.
"""

from __future__ import annotations

import itertools
import re

import pyoxigraph as ox
import pytest

from actiongraph.errors import QueryError
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

ENDPOINT = "<http://127.0.0.1:1/>"
PROLOGUES = [
    f"PREFIX :{ENDPOINT}PREFIX x:{ENDPOINT}",
    f"PREFIX :{ENDPOINT}PREFIX x:{ENDPOINT}PREFIX SERVICE:{ENDPOINT}PREFIX SERVICESILENT:{ENDPOINT}",
]
BEFORE = [
    *("", "{}", ".", "?s ?p ?o.", "?s ?p :a.", "?s ?p :.", "?s ?p x:a ", "?s ?p _:b.", "?s ?p <http://a/>", "?s a"),
    *("?s ?p 1", "?s ?p 1.", "?s ?p 1.5", "?s ?p 1e3", "?s ?p true", "?s ?p 'x'", "?s ?p 'x'@en ", "?s ?p ''''''"),
    *(
        "?s ?p 'x\\u0027'",
        "?s ?p (1)",
        "?s ?p []",
        "(1)",
        "[]",
        "OPTIONAL{}",
        "FILTER(1)",
        "FILTER(?a<3)",
        "BIND(1 AS ?z)",
    ),
    *(
        "FILTER(?a<3&&?b>",
        "VALUES ?z{1}",
        "#'\n",
        "# |",
        "# \r",
        "?s ?p ?o;",
        "?s ?p ?o~",
        "?s ?p ?o{||}",
        "?s :p*",
        "GRAPH ",
    ),
]
KEYWORDS = [
    "SERVICE",
    "sErViCe ",
    "SERVICESILENT",
    "SERVICE SILENT ",
    "SERVICE#\n",
    "\\u0053ERVICE ",
    "\ufeffSERVICE ",
    "SERVICE\x0b",
]
TARGETS = [ENDPOINT, ":x", "x:", "?z"]


def asks_elsewhere(query: str) -> bool:
    store = ox.Store()
    store.update("INSERT DATA { <http://a/a> <http://a/b> 1 }")
    try:
        list(store.query(query))  # type: ignore[arg-type]
    except SyntaxError:
        return False
    except (OSError, RuntimeError):
        return True
    return not can_be_read(store, re.sub("service", "zervice", query, flags=re.IGNORECASE))


def can_be_read(store: ox.Store, query: str) -> bool:
    try:
        store.query(query)
    except SyntaxError:
        return False
    return True


def passes(query: str) -> bool:
    try:
        check_query(query, Settings())
    except QueryError:
        return False
    return True


@pytest.mark.parametrize("prologue", PROLOGUES)
def test_what_the_engine_takes_for_service_never_passes(prologue: str) -> None:
    queries = [
        f"{prologue}SELECT*{{{before}{keyword}{target}{{?s ?p ?o}}}}"
        for before, keyword, target in itertools.product(BEFORE, KEYWORDS, TARGETS)
    ]
    understood = [query for query in queries if asks_elsewhere(query)]
    assert len(understood) > 300, "the engine no longer reads SERVICE as it did: look at it again"
    assert [query for query in understood if passes(query)] == []
