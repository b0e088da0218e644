"""`actiongraph serve --engine`: another engine answers the queries, or is told not to be there."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from actiongraph.engine.marker import Marker, marker_graph
from actiongraph.release.store import ReleaseStore
from actiongraph.vocabulary import CANONICAL_BASE

Run = Callable[..., CompletedProcess[str]]
Serve = Callable[..., Any]
NUMBER = 'SELECT ?a WHERE { ?a <https://w3id.org/actiongraph/ontology#actionNumber> "2014-12" }'


def get(address: str) -> tuple[int, bytes]:
    request = urllib.request.Request(address, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def ask(url: str, query: str) -> tuple[int, Any]:
    status, content = get(f"{url}sparql?{urlencode({'query': query, 'format': 'json'})}")
    return status, json.loads(content)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--engine", "http://127.0.0.1:1/", "a.ttl"], "leave out one of them"),
        (["--engine", "http://me:swordfish@127.0.0.1:1/"], "has an @"),
        (["--engine", "127.0.0.1:1"], "is not the address of an engine"),
        (["--engine", "http://127.0.0.1:1/", "--credentials", "nothing"], "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_told_at_once(run_here: Run, arguments: list[str], said: str):
    told = run_here("serve", "--port", "0", *arguments)
    assert told.returncode == 2
    assert said in told.stderr
    assert "swordfish" not in told.stderr


@pytest.mark.long("peers")
def test_an_engine_that_is_not_there_is_told_and_pages_are_served(serve: Serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = serve("--engine", f"http://127.0.0.1:{port}/sparql")
    status, problem = ask(server.url, NUMBER)
    assert (status, problem["code"]) == (502, "upstream")
    assert str(port) not in json.dumps(problem)
    assert get(f"{server.url}actions")[0] == 200
    assert get(f"{server.url}health")[0] == 503
    assert server.stop() == 0


@pytest.mark.long("peers")
def test_another_server_that_has_the_release_with_its_marker_answers(
    serve: Serve, environment: dict[str, str], tmp_path: Path
):
    [store] = Path(environment["XDG_DATA_HOME"]).glob("actiongraph/store-*")
    releases = ReleaseStore(store)
    record = releases.record(releases.newest() or "")
    ox.Store.read_only(str(releases.path(record.version) / "store")).dump(
        str(tmp_path / "all.nq"), format=ox.RdfFormat.N_QUADS
    )
    marker = Marker(record.version, record.content_sha256).triples(CANONICAL_BASE)
    with (tmp_path / "all.nq").open("a", encoding="utf-8") as file:
        file.write(marker.replace(" .\n", f" <{marker_graph(CANONICAL_BASE)}> .\n"))
    engine = serve("all.nq")
    face = serve("--engine", f"{engine.url}sparql")
    status, found = ask(face.url, NUMBER)
    assert status == 200
    assert [row["a"]["value"] for row in found["results"]["bindings"]] == [
        "https://w3id.org/actiongraph/id/action/2014-12"
    ]
    _, counted = ask(face.url, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert int(counted["results"]["bindings"][0]["n"]["value"]) == record.triples
    engine.stop()
    assert ask(face.url, "ASK { ?s ?p ?o }")[0] == 502
    assert face.stop() == 0
