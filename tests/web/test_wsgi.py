"""The app under another WSGI server: the same answers, and `/limits` tells what is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from SPARQLWrapper import JSON, SPARQLWrapper

from actiongraph.errors import SettingsError
from actiongraph.web.routes.home import promises
from actiongraph.web.wsgi import make_app


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(release) -> Iterator[str]:
    with make_server("127.0.0.1", 0, lambda *_: [], handler_class=Quiet) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        server.set_app(make_app({"ACTIONGRAPH_STORE": str(release.releases.folder), "ACTIONGRAPH_URL": url}))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield url
        server.shutdown()
        thread.join()


def test_it_answers_under_the_server_of_the_standard_snapshots(address: str):
    client = SPARQLWrapper(f"{address}sparql")
    client.setReturnFormat(JSON)
    client.setQuery('SELECT ?a WHERE { ?a <https://w3id.org/actiongraph/ontology#actionNumber> "2014-12" }')
    rows = client.queryAndConvert()["results"]["bindings"]
    assert [row["a"]["value"] for row in rows] == ["https://w3id.org/actiongraph/id/action/2014-12"]


@pytest.mark.parametrize("missing", ["ACTIONGRAPH_STORE", "ACTIONGRAPH_URL"])
def test_it_says_what_to_set(missing: str):
    environment = {"ACTIONGRAPH_STORE": "x", "ACTIONGRAPH_URL": "http://127.0.0.1/"}
    del environment[missing]
    with pytest.raises(SettingsError, match=missing):
        make_app(environment)


def test_limits_tell_what_is_lost_elsewhere():
    ours = {"actiongraph.client_gone": lambda: False}
    kept = {promise.name: promise.is_kept for promise in promises(ours)}
    lost = {promise.name: promise.is_kept for promise in promises({})}
    assert kept["vanished-clients"]
    assert kept["unsent-bytes"]
    assert not lost["vanished-clients"]
    assert not lost["unsent-bytes"]
    assert kept["confinement"] == lost["confinement"]
