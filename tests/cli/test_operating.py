"""What `actiongraph serve` tells its operator."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Serve = Callable[..., Any]


def get(server: Any, path: str) -> str:
    with urllib.request.urlopen(server.url + path, timeout=30) as response:
        return response.read().decode()


def test_figures_health_and_a_log_where_it_is_asked_for(serve: Serve) -> None:
    server = serve("--workers", "3", "--log")
    get(server, "sparql?query=ASK%7B%7D")
    families = {family.name: family for family in text_string_to_metric_families(get(server, "metrics"))}
    assert families["actiongraph_workers"].samples[0].value == 3
    assert families["actiongraph_connections"].samples[0].value >= 1
    assert {sample.value for sample in families["actiongraph_queries_ended"].samples} == {0}
    assert get(server, "health").startswith("ok\n")
    server.stop()
    lines = [json.loads(line) for line in server.said if line.startswith("{")]
    assert [(line["path"], line["status"]) for line in lines] == [("/sparql", 200), ("/metrics", 200), ("/health", 200)]
    assert all(line["ms"] >= 0 for line in lines)


def test_no_log_where_it_is_not(serve: Serve) -> None:
    server = serve()
    get(server, "limits")
    server.stop()
    assert not any("/limits" in line for line in server.said)
