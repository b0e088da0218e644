"""A running endpoint as the tests ask it, and what is known to fail there."""

from __future__ import annotations

import http.client
import json
import tomllib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from w3c_suite import HOME, Case, text

KNOWN: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("known_failures.toml").read_text("utf-8"))
NOTHING = HOME + "nothing"
"""A graph that is not there: a dataset of it alone is empty."""


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    content_type: str
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        return json.loads(self.body)


class Endpoint:
    """A running `actiongraph serve FILE`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def request(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)) as connection:
            connection.request(method, path, body.encode() if body is not None else None, named)
            response = connection.getresponse()
            return Answer(response.status, response.headers["Content-Type"], response.read())

    def ask(self, case: Case, accept: str) -> Answer:
        """Ask the query of a test of the dataset of the test; a query with FROM names its own."""
        query = text(case)
        pairs = [("query", query)]
        if not names_dataset(query):
            pairs += [("default-graph-uri", graph) for graph in case.data or (NOTHING,)]
            pairs += [("named-graph-uri", graph) for graph in case.graph_data]
        form = "application/x-www-form-urlencoded"
        return self.request("POST", "/sparql", urlencode(pairs), Content_Type=form, Accept=accept)


def names_dataset(query: str) -> bool:
    return "\nFROM " in query
