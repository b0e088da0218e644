"""rdflib, given nothing but a name, reads what it means: every kind of thing, as an HTTP client of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
import rdflib
from rdflib.term import URIRef

NAMES = [
    "id/action/2014-12",
    "id/org/gha-mgcsp",
    "id/country/GHA",
    "id/place/col-bogota",
    "id/team/bogota-2",
    "id/activity/bogota-model",
    "id/facility/socieux-plus",
    "id/document/gha-nsps",
    "id/source/social-security-policy",
    "id/statement/ghana-follow-up",
    "id/chain/2014-12",
    "dataset",
    "catalog",
]
ELSEWHERE = ["ontology", "shapes", "graph/derived", "chain/2014-12.ttl", "concept/theme/pensions", "validation"]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.long("clients")
def test_every_kind_of_name_is_read(serve: Callable[..., Any], free_port: int):
    base = f"http://127.0.0.1:{free_port}/"
    serve("--port", str(free_port), "--base", base)
    for name in NAMES:
        graph = rdflib.Graph().parse(base + name)
        assert (URIRef(base + name), None, None) in graph, name
    for address in ELSEWHERE:
        assert len(rdflib.Graph().parse(base + address)), address
    statement = rdflib.Graph().parse(f"{base}id/statement/ghana-follow-up")
    assert rdflib.Literal("Follow-up action from 2014-12") in set(statement.objects())
