"""The W3C's query syntax tests over HTTP: what is SPARQL 1.1 is answered, and what is not gets its place named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from w3c_endpoint import Answer, Endpoint
from w3c_suite import Case, cases, text

QUERIES = [case for case in cases() if case.query.endswith(".rq")]
POSITIVE = [case for case in QUERIES if case.kind == "PositiveSyntaxTest11" and case.group != "syntax-fed"]
NEGATIVE = [case for case in QUERIES if case.kind == "NegativeSyntaxTest11"]
UNKNOWN_FUNCTION = "The function <http://example/function> is not one this engine supports"
FEDERATED = [case for case in QUERIES if case.group in ("syntax-fed", "service")]


def refused(answer: Answer, case: Case) -> str:
    """Return the code of a refusal, which must name a place in the query."""
    lines = text(case).split("\n")
    assert (answer.status, answer.content_type) == (400, "application/problem+json"), answer.body.decode()
    problem = answer.problem
    assert 1 <= problem["line"] <= len(lines)
    assert 1 <= problem["column"] <= len(lines[problem["line"] - 1]) + 1
    assert f"ine {problem['line']}" in problem["detail"]
    return str(problem["code"])


@pytest.mark.parametrize("case", POSITIVE, ids=str)
def test_positive(
    endpoint: Endpoint,
    case: Case,
    outcome: Callable[[Case, str], None],
    maybe_known: Callable[[Case, str], None],
) -> None:
    outcome(case, "positive")
    maybe_known(case, "positive")
    answer = endpoint.ask(case, "application/json")
    # One query calls a function that exists nowhere: it is read, and then cannot be run.
    assert answer.status == 200 or UNKNOWN_FUNCTION in answer.problem["detail"], answer.body.decode()


@pytest.mark.parametrize("case", NEGATIVE, ids=str)
def test_negative(
    endpoint: Endpoint,
    case: Case,
    outcome: Callable[[Case, str], None],
    maybe_known: Callable[[Case, str], None],
) -> None:
    outcome(case, "negative")
    maybe_known(case, "negative")
    assert refused(endpoint.ask(case, "application/json"), case) == "syntax"


@pytest.mark.parametrize("case", FEDERATED, ids=str)
def test_federation_is_refused(endpoint: Endpoint, case: Case, outcome: Callable[[Case, str], None]) -> None:
    outcome(case, "refused")
    assert refused(endpoint.ask(case, "application/json"), case) == "refused-feature"
