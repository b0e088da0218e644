"""The application over an engine that a release was moved to, and the same release asked without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import rdflib
from flask.testing import FlaskClient

from actiongraph.chains.formats.json_document import as_json_text
from actiongraph.chains.trace import all_follow_ups, whole_chains
from actiongraph.engine.base import Engine, Solutions
from actiongraph.engine.upstream import UpstreamEngine
from actiongraph.move.proof import in_one_form
from actiongraph.release.snapshots import ReleaseSnapshots
from actiongraph.release.upstream_snapshots import UpstreamSnapshots
from actiongraph.settings import Settings
from actiongraph.web.app import create_app

TABLE, TRIPLES = "application/sparql-results+json", "application/n-triples"


@dataclass(frozen=True)
class Served:
    """Clients of the application with and without the engine, and the snapshots that it answers from."""

    over: FlaskClient
    alone: FlaskClient
    snapshots: UpstreamSnapshots
    settings: Settings

    def same(self, query: str) -> bool:
        """Tell whether both answer alike, but for how literals of one value are written."""
        return _content(self.ask(query)) == _content(self.ask(query, self.alone))

    def ask(self, query: str, client: FlaskClient | None = None) -> Any:
        fields = {"Accept": f"{TABLE}, {TRIPLES};q=0.9"}
        return (client or self.over).get("/sparql", query_string={"query": query}, headers=fields)

    def chains(self) -> tuple[list[str], list[str]]:
        """Return all chains, as the engine behind gives them and as the release does."""
        snapshot = self.snapshots.current()
        return self._chains(snapshot.queried_engine), self._chains(snapshot.engine)

    def _chains(self, engine: Engine) -> list[str]:
        follow_ups = all_follow_ups(engine, self.settings)
        return sorted(as_json_text(whole.chain) for whole in whole_chains(engine, follow_ups, self.settings))


def _content(response: Any) -> Counter[Any]:
    assert response.status_code == 200, response.text
    if response.mimetype == TRIPLES:
        graph = rdflib.Graph().parse(response.data, format="nt")
        return Counter(tuple(map(in_one_form, triple)) for triple in graph)
    if "boolean" in response.json:
        return Counter([response.json["boolean"]])
    rows = Solutions.read_json(response.data)
    return Counter(tuple(sorted((name, in_one_form(term)) for name, term in row.items())) for row in rows)


@contextmanager
def served(url: str, snapshots: ReleaseSnapshots, settings: Settings) -> Iterator[Served]:
    """Give the application over the engine at `url`."""
    settings = replace(settings, url="http://127.0.0.1:8000/", timeout_s=60)
    with closing(UpstreamEngine(url, settings)) as engine:
        upstream = UpstreamSnapshots(snapshots, engine, settings)
        over = create_app(settings, snapshots, upstream=upstream)
        yield Served(over.test_client(), create_app(settings, snapshots).test_client(), upstream, settings)
