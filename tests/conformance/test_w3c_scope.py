"""What of the W3C's suite is run here, and what a read-only endpoint has nothing to do with, and why."""

from __future__ import annotations

from collections import Counter

import pytest
import test_w3c_graph_store
import test_w3c_queries
import test_w3c_service_description
import test_w3c_syntax
from w3c_endpoint import KNOWN, Endpoint
from w3c_suite import Case, cases, path

UPDATE = "Changes the data: an endpoint that only reads refuses every update."
NOT_APPLICABLE = {
    "add": (8, UPDATE),
    "basic-update": (13, UPDATE),
    "clear": (4, UPDATE),
    "copy": (6, UPDATE),
    "delete": (19, UPDATE),
    "delete-data": (6, UPDATE),
    "delete-insert": (17, UPDATE),
    "delete-where": (6, UPDATE),
    "drop": (4, UPDATE),
    "move": (6, UPDATE),
    "syntax-update-1": (54, UPDATE),
    "syntax-update-2": (1, UPDATE),
    "update-silent": (13, UPDATE),
    "entailment": (70, "Simple entailment is offered, which the service description says by naming no other regime."),
    "service": (7, "SERVICE would have the endpoint ask wherever a query says; it is refused, which is tested."),
    "http-rdf-update": (18, "Deprecated by the suite itself; test_w3c_graph_store names the successors."),
}
"""The number of tests in each group that is not run, and the reason."""

RUN_ELSEWHERE = {"protocol": 34}
"""test_w3c_protocol holds its own list against the manifest."""

RUN = [
    *test_w3c_queries.EVALUATION,
    *test_w3c_syntax.POSITIVE,
    *test_w3c_syntax.NEGATIVE,
    *(case for case in test_w3c_syntax.FEDERATED if case.group == "syntax-fed"),
    *test_w3c_graph_store.LISTED,
    *test_w3c_service_description.TESTS.values(),
]
UPDATES = [case for case in cases() if case.query.endswith(".ru") and case.kind == "PositiveUpdateSyntaxTest11"]


def test_every_test_is_run_or_has_a_reason(w3c: object) -> None:
    counted = Counter(case.group for case in cases())
    run = Counter(case.group for case in RUN)
    named = {group: number for group, (number, _) in NOT_APPLICABLE.items()}
    assert counted == run + Counter(named) + Counter(RUN_ELSEWHERE)
    assert len({case.iri for case in RUN}) == len(RUN)


def test_every_known_failure_is_of_a_test_that_is_run(w3c: object) -> None:
    assert set(KNOWN) <= {case.iri for case in RUN}
    assert all(entry["reason"] for entry in KNOWN.values())


@pytest.mark.parametrize("case", UPDATES, ids=str)
@pytest.mark.parametrize("content_type", ["application/sparql-update", "application/sparql-query"])
def test_an_update_is_refused(endpoint: Endpoint, case: Case, content_type: str) -> None:
    update = path(case.query).read_text("utf-8")
    answer = endpoint.request("POST", "/sparql", update, Content_Type=content_type, Accept="application/json")
    assert answer.status == 400, answer.body
    assert answer.problem["code"] in ("refused-feature", "syntax")
