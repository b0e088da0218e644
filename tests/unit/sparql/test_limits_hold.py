"""The default limits against the engine they protect, in processes of their own.

Every query runs in a thread with 2 MiB of stack, a quarter of what threads usually have, so that the
limits hold with room to spare. Some of the queries are long, but none is slow to plan.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from actiongraph.errors import TooComplex
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query

S = Settings()
STACK_BYTES = 2 << 20
ASK_IN_A_THREAD = """
import sys, threading
import pyoxigraph as ox

store = ox.Store()
store.update("INSERT DATA { <http://a/a> <http://a/b> 1 }")

def run():
    result = store.query(sys.stdin.read())
    if not isinstance(result, ox.QueryBoolean):
        next(iter(result), None)
    print("answered")

if sys.argv[1] != "0":
    threading.stack_size(int(sys.argv[1]))
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


def run(query: str, stack_bytes: int = STACK_BYTES) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", ASK_IN_A_THREAD, str(stack_bytes)]
    return subprocess.run(command, input=query, capture_output=True, text=True, timeout=60, check=False)


def nested(opening: str, closing: str, around: str, brackets: int = 1) -> Callable[[int], str]:
    """Return what makes queries with `opening` as often as the number of brackets allows."""

    def query(limit: int) -> str:
        times = (limit - around.count("{") - around.count("(")) // brackets
        return around.replace("@", opening * times + "1" * (opening[-1] in "(,") + closing * times)

    return query


NESTED = {
    "groups": nested("{", "}", "ASK{@}"),
    "brackets": nested("(", ")", "ASK{FILTER(@)}"),
    "EXISTS": nested("FILTER EXISTS{", "}", "ASK{@}"),
    "NOT EXISTS": nested("FILTER NOT EXISTS{", "}", "ASK{@}"),
    "STR": nested("STR(", ")", "ASK{FILTER(@)}"),
    "IF": nested("IF(1,1,", ")", "ASK{FILTER(@)}"),
    "COALESCE": nested("COALESCE(", ")", "ASK{FILTER(@)}"),
    "negated brackets": nested("!(", ")", "ASK{FILTER(@)}"),
    "OPTIONAL": nested("OPTIONAL{", "}", "ASK{@}"),
    "MINUS": nested("MINUS{", "}", "ASK{@}"),
    "GRAPH": nested("GRAPH ?g{", "}", "ASK{@}"),
    "subqueries": nested("{SELECT*{", "}}", "ASK{@}", brackets=2),
    "EXISTS in functions": nested("FILTER(STR(EXISTS{", "}))", "ASK{@}", brackets=3),
    "EXISTS in OPTIONAL in COALESCE": nested("FILTER(COALESCE(1,NOT EXISTS{OPTIONAL{", "}}))", "ASK{@}", brackets=4),
    "aggregates": nested("STR(", ")", "SELECT(COUNT(@)AS?n){}"),
    "ORDER BY": nested("(", ")", "SELECT*{}ORDER BY(@)"),
    "starred paths": lambda limit: "ASK{?s " + "(" * (limit - 1) + "<http://a/b>" + ")*" * (limit - 1) + "?o}",
    "property lists": lambda limit: "ASK{" + "[<http://a/b>" * (limit - 1) + " 1" + "]" * (limit - 1) + "}",
}
FLAT = {
    "BIND": lambda limit: "ASK{" + "".join(f"BIND(1 AS?x{n})" for n in range(limit)) + "}",
    "AS": lambda limit: "SELECT" + "".join(f"(1 AS?x{n})" for n in range(limit)) + "{}",
    "aggregates": lambda limit: "SELECT" + "".join(f"(COUNT(*)AS?x{n})" for n in range(limit)) + "{}",
    "GROUP BY": lambda limit: "SELECT(1 AS?x){}GROUP BY" + "".join(f"(1 AS?y{n})" for n in range(limit - 1)),
    "FILTER": lambda limit: "ASK{" + "FILTER(?x)" * limit + "}",
    "FILTER EXISTS": lambda limit: "ASK{" + "FILTER EXISTS{?s ?p ?o}" * (limit // 2) + "}",
    "UNION": lambda limit: "ASK{" + "UNION".join(["{}"] * limit) + "}",
    "OPTIONAL": lambda limit: "ASK{" + "OPTIONAL{?s ?p ?o}" * (limit // 2) + "}",
    "MINUS": lambda limit: "ASK{" + "MINUS{?s ?p ?o}" * (limit // 2) + "}",
    "a chain": lambda limit: "ASK{" + "".join(f"?x{n} <http://a/b> ?x{n + 1}." for n in range(limit)) + "}",
    "a path": lambda limit: "ASK{?s " + "/".join(["<http://a/b>"] * limit) + " ?o}",
    "DESCRIBE": lambda limit: "DESCRIBE" + "".join(f"<http://a/{n}>" for n in range(limit)),
}
OPERATORS = {
    "||": lambda limit: "ASK{FILTER(" + "||".join(["1"] * (limit + 1)) + ")}",
    "+": lambda limit: "ASK{FILTER(" + "+".join(["1"] * (limit + 1)) + ")}",
    "*": lambda limit: "ASK{FILTER(" + "*".join(["1"] * (limit + 1)) + ")}",
    "!": lambda limit: "ASK{FILTER(" + "!" * limit + "1)}",
    "|": lambda limit: "ASK{?s " + "|".join(["<http://a/b>"] * (limit + 1)) + " ?o}",
}
UNLIMITED = {
    "rows": "ASK{VALUES?x{" + "1 " * 50_000 + "}}",
    "arguments": "ASK{FILTER(COALESCE(" + ",".join(["1"] * 50_000) + "))}",
    "members of IN": "ASK{FILTER(1 IN(" + ",".join(["1"] * 50_000) + "))}",
    "variables of SELECT": "SELECT" + "".join(f"?x{n} " for n in range(20_000)) + "{}",
    "ORDER BY": "SELECT*{}ORDER BY" + " ?x" * 50_000,
    "prefixes": "".join(f"PREFIX a{n}:<http://a/>" for n in range(8_000)) + "ASK{}",
    "FROM": "ASK" + "".join(f" FROM<http://a/{n}>" for n in range(8_000)) + "{}",
    "semicolons": "ASK{?s ?p 1" + ";" * 100_000 + "}",
    "comments": "#\n" * 90_000 + "ASK{}",
}


@pytest.mark.long("large")
@pytest.mark.parametrize(
    "query",
    [
        *[pytest.param(make(S.max_nesting), id=f"nested {name}") for name, make in NESTED.items()],
        *[pytest.param(make(S.max_patterns), id=f"flat {name}") for name, make in FLAT.items()],
        *[pytest.param(make(S.max_operators), id=f"operator {name}") for name, make in OPERATORS.items()],
        *[pytest.param(query, id=f"many {name}") for name, query in UNLIMITED.items()],
    ],
)
def test_a_query_at_the_limit_does_not_hurt_the_engine(query: str) -> None:
    check_query(query, S)
    result = run(query)
    assert (result.returncode, result.stdout) == (0, "answered\n"), result.stderr[-500:]


def test_all_limits_at_once_do_not_hurt_the_engine() -> None:
    binds = "".join(f"BIND(1 AS?x{n})" for n in range(S.max_patterns - 1))
    depth = S.max_nesting - 2
    sums = "+".join(["1"] * (S.max_operators // 2))
    deepest = "STR(" * depth + "!" * (S.max_operators // 2) + "1" + ")" * depth
    query = f"ASK{{{binds}BIND({sums}+{deepest} AS?z)}}"
    check_query(query, S)
    assert run(query).stdout == "answered\n"


@pytest.mark.long("large")
@pytest.mark.parametrize(
    ("query", "limit"),
    [
        (NESTED["EXISTS"](2_000), "max_nesting"),
        (NESTED["STR"](2_000), "max_nesting"),
        (NESTED["groups"](10_000), "max_nesting"),
        (FLAT["BIND"](6_000), "max_patterns"),
        (FLAT["UNION"](20_000), "max_patterns"),
        (OPERATORS["||"](20_000), "max_operators"),
        (OPERATORS["!"](20_000), "max_operators"),
    ],
)
def test_a_query_that_ends_the_engines_process_is_refused(query: str, limit: str) -> None:
    with pytest.raises(TooComplex) as caught:
        check_query(query, S)
    assert caught.value.limit == limit
    assert run(query, stack_bytes=0).returncode < 0, "the engine has learnt to bear this: the limit may be raised"
