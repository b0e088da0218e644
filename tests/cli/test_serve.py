"""`actiongraph serve` as another process: ready, swapped, stopped."""

from __future__ import annotations

import gzip
import http.client
import json
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import urlencode

import pytest

Run = Callable[..., CompletedProcess[str]]
Serve = Callable[..., Any]
COUNT = (
    "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } FILTER(?g NOT IN ("
    "<https://w3id.org/actiongraph/graph/catalog>, <https://w3id.org/actiongraph/.well-known/sparql-examples>)) }"
)
"""What a release says, apart from what it says of itself."""


@pytest.fixture
def run(run_here: Run) -> Run:
    return run_here


def ask(server: Any, query: str) -> list[dict[str, str]]:
    address = f"{server.url}sparql?{urlencode({'query': query, 'format': 'json'})}"
    with urllib.request.urlopen(address, timeout=30) as response:
        bindings = json.load(response)["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def test_it_answers_where_its_ready_line_says(serve: Serve):
    server = serve()
    rows = ask(server, 'SELECT ?a WHERE { ?a <https://w3id.org/actiongraph/ontology#actionNumber> "2014-12" }')
    assert rows == [{"a": "https://w3id.org/actiongraph/id/action/2014-12"}]


def test_files_are_served_as_they_stand(serve: Serve, tmp_path: Path):
    (tmp_path / "a.ttl").write_text('<http://x/s> <http://x/p> "o" .', "utf-8")
    (tmp_path / "b.trig").write_text("<http://x/g> { <http://x/s> <http://x/p> 2 }", "utf-8")
    server = serve("a.ttl", "b.trig")
    assert ask(server, "SELECT ?o WHERE { ?s ?p ?o }") == [{"o": "o"}]
    assert ask(server, "SELECT ?g ?o WHERE { GRAPH ?g { ?s ?p ?o } }") == [{"g": "http://x/g", "o": "2"}]


def test_what_a_mirror_leaves_is_served_and_where_to_ask_is_told(serve: Serve, tmp_path: Path):
    (tmp_path / "copy.nq.gz").write_bytes(gzip.compress(b'<http://x/s> <http://x/p> "o" <http://x/g> .\n'))
    server = serve("copy.nq.gz")
    assert ask(server, "SELECT ?o WHERE { GRAPH <http://x/g> { ?s ?p ?o } }") == [{"o": "o"}]
    server.stop()
    assert "The default graph is empty: use GRAPH or FROM. The files have 1 named graph: http://x/g" in "".join(
        server.said
    )


def test_a_release_published_meanwhile_is_answered_from_without_a_restart(serve: Serve, run: Run, little_data: Path):
    server = serve("--data", "data", "--store", "store")
    before = int(ask(server, COUNT)[0]["n"])
    with (little_data / "reference.ttl").open("a", encoding="utf-8") as reference:
        reference.write(
            "<id/facility/new> a <https://w3id.org/actiongraph/ontology#Facility> ; "
            '<http://www.w3.org/2004/02/skos/core#prefLabel> "New"@en .\n'
        )
    assert run("build", "--data", "data", "--store", "store").returncode == 0
    assert int(ask(server, COUNT)[0]["n"]) == before + 3  # and its rdfs:label, which is derived


def test_edited_data_is_served_after_the_next_serve_and_broken_data_is_not(serve: Serve, little_data: Path):
    first = serve("--data", "data")
    before = int(ask(first, COUNT)[0]["n"])
    first.stop()
    reference = little_data / "reference.ttl"
    good = reference.read_text("utf-8") + (
        "<id/facility/new> a <https://w3id.org/actiongraph/ontology#Facility> ; "
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "New"@en .\n'
    )
    reference.write_text(good, "utf-8")
    second = serve("--data", "data")
    assert int(ask(second, COUNT)[0]["n"]) == before + 3  # and its rdfs:label, which is derived
    second.stop()
    reference.write_text(good + "<id/country/XX> a <https://w3id.org/actiongraph/ontology#Country> .\n", "utf-8")
    third = serve("--data", "data")
    assert int(ask(third, COUNT)[0]["n"]) == before + 3  # and its rdfs:label, which is derived
    third.stop()
    assert any("stays published" in line for line in third.said)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(serve: Serve, how: signal.Signals):
    server = serve()
    assert server.stop(how) == 0
    assert not any("Traceback" in line for line in server.said)


def test_its_temporary_store_is_gone_when_it_stops(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "a.ttl").write_text('<http://x/s> <http://x/p> "o" .', "utf-8")
    server = serve("a.ttl")
    assert ask(server, "SELECT ?o WHERE { ?s ?p ?o }") == [{"o": "o"}]
    assert list(tmp_path.glob("actiongraph-*"))
    server.stop()
    assert not list(tmp_path.glob("actiongraph-*"))


def test_query_and_chain_ask_an_endpoint(serve: Serve, run: Run):
    server = serve()
    endpoint = f"{server.url}sparql"
    for arguments in (
        ("query", "chains-what-followed-2014-12"),
        ("chain", "2014-12"),
        ("chain", "2014-12", "--format", "json"),
    ):
        assert run(*arguments, "--endpoint", endpoint).stdout == run(*arguments).stdout != ""


def test_a_query_the_endpoint_refuses_is_the_askers_fault(serve: Serve, run: Run):
    server = serve()
    result = run("query", "SELECT ?s (COUNT(?o) AS ?n) WHERE { ?s ?p ?o }", "--endpoint", f"{server.url}sparql")
    assert result.returncode == 1
    assert "refused the query" in result.stderr
    assert "\n" not in result.stderr.strip()


def test_an_address_that_is_no_endpoint_is_told_with_the_likely_one(serve: Serve, run: Run, tmp_path: Path):
    (tmp_path / "a.ttl").write_text('<http://x/s> <http://x/p> "o" .', "utf-8")
    server = serve("a.ttl")
    for address, status in ((server.url, 405), (f"{server.url}nothing-here", 404), (f"{server.url}nothing/here/", 404)):
        for command in (("query", "ASK {}"), ("chain", "2014-12")):
            result = run(*command, "--endpoint", address)
            assert (result.returncode, result.stdout) == (3, "")
            assert result.stderr == (
                f"actiongraph: {address} is not a SPARQL endpoint (it answered {status}); try {server.url}sparql.\n"
            )
    result = run("mirror", server.url, "copy")
    assert (result.returncode, result.stdout) == (3, "")
    request = urllib.request.Request(f"{server.url}releases", headers={"Accept": "application/problem+json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value as answer:
        detail = json.load(answer)["detail"]
    assert result.stderr == f"actiongraph: {server.url}releases answered with 404: {detail}\n"


def running(server: Any) -> float:
    """Return how many queries run, as the server's own figures tell."""
    with urllib.request.urlopen(f"{server.url}metrics", timeout=10) as response:
        lines = response.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("actiongraph_queries_running "))


def wait_for(check: Callable[[], bool], within_s: float = 10) -> bool:
    until = time.monotonic() + within_s
    while not check():
        if time.monotonic() >= until:
            return False
        time.sleep(0.02)
    return True


ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.mark.long("load")
def test_a_query_in_flight_is_refused_cleanly_when_the_server_stops(serve: Serve):
    server = serve("--timeout", "30")
    outcome: list[object] = []

    def ask_for_ever() -> None:
        try:
            ask(server, ENDLESS)
        except urllib.error.HTTPError as error:
            outcome.extend((error.code, error.headers["Retry-After"], error.read()))

    thread = threading.Thread(target=ask_for_ever)
    thread.start()
    assert wait_for(lambda: running(server) == 1)
    assert server.stop() == 0  # long before the query would end
    thread.join(5)
    assert outcome[0] == 503
    assert outcome[1]
    assert b"shutting down" in outcome[2]


@pytest.mark.long("load")
def test_a_query_in_flight_is_finished_when_it_can_be(serve: Serve, tmp_path: Path):
    (tmp_path / "a.ttl").write_text("".join(f"<http://x/{n}> <http://x/p> {n} .\n" for n in range(1_000)), "utf-8")
    server = serve("a.ttl")
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f }"
    outcome: list[object] = []
    thread = threading.Thread(target=lambda: outcome.extend(ask(server, count)))
    thread.start()
    wait_for(lambda: running(server) == 1, within_s=1)
    assert server.stop() == 0
    thread.join(10)
    assert len(outcome) == 1


def test_a_limit_is_set_by_its_name_and_told(serve: Serve, run: Run):
    server = serve("--limit", "max_nesting=7", "--workers", "3")
    with urllib.request.urlopen(f"{server.url}limits?format=json", timeout=10) as response:
        told = {limit["name"]: limit["value"] for limit in json.load(response)["limits"]}
    assert told["max_nesting"] == 7
    assert told["workers"] == 3
    wrong = run("serve", "--limit", "max_nestling=7")
    assert wrong.returncode == 2
    assert "did you mean max_nesting" in wrong.stderr


def test_a_connection_is_kept_after_an_answer_without_a_body(serve: Serve):
    server = serve()
    address = f"/sparql?{urlencode({'query': 'ASK {}'})}"
    connection = http.client.HTTPConnection(server.url.split("/")[2], timeout=10)
    connection.request("GET", address)
    first = connection.getresponse()
    first.read()
    socket_before = connection.sock
    for method, headers, status in (
        ("GET", {"If-None-Match": first.headers["ETag"]}, 304),
        ("OPTIONS", {}, 204),
        ("HEAD", {}, 200),
        ("GET", {}, 200),
    ):
        connection.request(method, address, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        assert connection.sock is socket_before is not None, f"closed after {method} {status}"
    connection.request("GET", address, headers={"If-None-Match": first.headers["ETag"], "Connection": "close"})
    assert connection.getresponse().headers["Connection"] == "close"
    connection.close()
