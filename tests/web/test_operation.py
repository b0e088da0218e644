"""What operators are told: figures, health, and a line for each request."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from actiongraph import __version__
from actiongraph.engine.base import QueryBudget
from actiongraph.engine.pool.worker_pool import PoolState
from actiongraph.errors import Busy, EngineError, QueryTimeout, StoreError
from actiongraph.settings import Settings
from actiongraph.web.app import create_app
from actiongraph.web.http.access_log import AccessRecord, RequestLog, line
from actiongraph.web.routes.monitoring import Gauges, Health
from actiongraph.web.server import Traffic

URL = "https://graph.example.org/"
WAIT_S = 20
OPENMETRICS = "application/openmetrics-text"
PROBLEM = {"Accept": "application/problem+json"}


def read(client: FlaskClient) -> dict[tuple[str, frozenset], float]:
    """Return each figure by its name and labels."""
    text = client.get("/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figure(client: FlaskClient, name: str, **labels: str) -> float | None:
    return read(client).get((name, frozenset(labels.items())))


@pytest.fixture
def fresh(snapshots) -> FlaskClient:
    return create_app(Settings(url=URL), snapshots).test_client()


class TestFigures:
    def test_requests_by_route_and_status(self, fresh: FlaskClient) -> None:
        for path in ("/limits", "/limits", "/sparql?query=SELCT", "/nowhere/at/all", "/static/style.css"):
            fresh.get(path)
        fresh.delete("/limits")
        requests = "actiongraph_requests_total"
        assert figure(fresh, requests, route="/limits", status="200") == 2
        assert figure(fresh, requests, route="/sparql", status="400") == 1
        assert figure(fresh, requests, route="/static/<filename>", status="200") == 1
        assert figure(fresh, requests, route="none", status="404") == 1
        assert figure(fresh, requests, route="none", status="405") == 1

    def test_kept_answers_are_counted_on_their_route(self, fresh: FlaskClient) -> None:
        for _ in range(3):
            fresh.get("/sparql?query=ASK{}")
        assert figure(fresh, "actiongraph_requests_total", route="/sparql", status="200") == 3
        assert figure(fresh, "actiongraph_kept_hits_total") == 2
        assert figure(fresh, "actiongraph_kept_misses_total") == 1
        assert (figure(fresh, "actiongraph_kept_bytes") or 0) > 0

    def test_queries_by_outcome(self, fresh: FlaskClient) -> None:
        for _ in range(2):
            fresh.get("/sparql?query=ASK{}")
        fresh.get("/sparql", query_string={"query": r'SELECT ("\u0001" AS ?x) {}', "format": "xml"})
        fresh.get("/sparql?query=SELCT")
        assert figure(fresh, "actiongraph_query_seconds_count", outcome="ok") == 1
        assert figure(fresh, "actiongraph_query_seconds_count", outcome="not-acceptable") == 1
        assert figure(fresh, "actiongraph_query_seconds_count", outcome="syntax") is None

    def test_what_is_served_by_what(self, fresh: FlaskClient, snapshots) -> None:
        assert figure(fresh, "actiongraph_release_info", version=snapshots.snapshot.version) == 1
        assert any(
            name == "actiongraph_build_info" and ("version", __version__) in labels for name, labels in read(fresh)
        )

    def test_what_only_the_server_knows(self, snapshots) -> None:
        gauges = Gauges(pool=lambda: PoolState(6, 3, 2, 1, {"deadline": 5, "memory": 7}))
        client = create_app(Settings(url=URL), snapshots, gauges).test_client()
        gauges.traffic = lambda: Traffic(connections=11, unsent_bytes=12, cut_slow=13, cut_silent=14)
        assert figure(client, "actiongraph_workers") == 6
        assert figure(client, "actiongraph_queries_running") == 3
        assert figure(client, "actiongraph_queries_slow") == 2
        assert figure(client, "actiongraph_queries_waiting") == 1
        assert figure(client, "actiongraph_queries_ended_total", reason="deadline") == 5
        assert figure(client, "actiongraph_queries_ended_total", reason="memory") == 7
        assert figure(client, "actiongraph_connections") == 11
        assert figure(client, "actiongraph_unsent_bytes") == 12
        assert figure(client, "actiongraph_connections_cut_total", reason="slow") == 13
        assert figure(client, "actiongraph_connections_cut_total", reason="silent") == 14

    def test_two_applications_do_not_mix(self, snapshots) -> None:
        one, other = (create_app(Settings(url=URL), snapshots).test_client() for _ in range(2))
        one.get("/limits")
        assert figure(other, "actiongraph_requests_total", route="/limits", status="200") is None

    def test_what_a_request_sends_is_no_label(self, fresh: FlaskClient) -> None:
        before = len(read(fresh)) + len({"route", "status"})
        for number in range(50):
            fresh.get(f"/{number}")
            fresh.open("/limits", method=f"M{number}")
            fresh.get(f"/graph/{number}")
            fresh.get(f"/static/{number}")
        assert len(read(fresh)) < before + 10

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.4", OPENMETRICS),
            ("text/plain", "text/plain"),
            ("*/*", "text/plain"),
        ],
    )  # fmt: skip
    def test_formats(self, fresh: FlaskClient, accept: str, media_type: str) -> None:
        response = fresh.get("/metrics", headers={"Accept": accept})
        assert (response.status_code, response.mimetype) == (200, media_type)
        assert response.headers["Cache-Control"] == "no-store"

    def test_a_store_that_is_gone_leaves_figures(self, snapshots) -> None:
        broken = type("Broken", (), {"current": lambda _: (_ for _ in ()).throw(StoreError("gone"))})()
        assert "actiongraph_build_info" in create_app(Settings(url=URL), broken).test_client().get("/metrics").text


class Probed:
    """A library and an engine of one, that answers, fails or takes its time."""

    version = "a release"

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = 0
        self.begun = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def current(self):
        return self

    @property
    def queried_engine(self):
        return self

    def answer(self, _question, _format, _dataset, budget: QueryBudget) -> bytes:
        assert budget.timeout_s == 1
        self.asked += 1
        self.begun.set()
        assert self.go.wait(WAIT_S)
        if self.error is not None:
            raise self.error
        return b"{}"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class TestHealth:
    @pytest.fixture
    def probed(self) -> Probed:
        return Probed()

    def client(self, probed: Probed) -> FlaskClient:
        return create_app(Settings(url=URL), probed).test_client()

    def test_well(self, probed: Probed) -> None:
        response = self.client(probed).get("/health", headers={"Accept": "application/json"})
        assert response.json == {"status": "ok", "program": __version__, "release": "a release"}
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (QueryTimeout(1), "timeout_s"),
            (Busy("All workers are busy.", limit="workers", value=1, retry_after_s=2), "All workers are busy."),
            (StoreError("/srv/secret is gone"), "log"),
            (EngineError("/srv/secret"), "log"),
        ],
    )
    def test_unwell(self, probed: Probed, error: Exception, said: str) -> None:
        probed.error = error
        response = self.client(probed).get("/health", headers=PROBLEM)
        assert (response.status_code, response.json["code"]) == (503, error.code)
        assert said in response.json["detail"]
        assert "secret" not in response.text

    def test_the_engine_is_asked_once_a_second(self, probed: Probed) -> None:
        clock = Clock()
        health = Health(Settings(url=URL), probed, clock)
        for clock.now in (100.0, 100.5, 100.99):
            assert health.state().error is None
        assert probed.asked == 1
        probed.error, clock.now = QueryTimeout(1), 101.0
        assert health.state().error is probed.error
        assert probed.asked == 2
        probed.error, clock.now = None, 102.0
        assert health.state().error is None

    def test_who_comes_while_it_is_asked_is_told_what_was_found_before(self, probed: Probed) -> None:
        clock = Clock()
        health = Health(Settings(url=URL), probed, clock)
        before = health.state()
        clock.now = 200.0
        probed.begun.clear()
        probed.go.clear()
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(health.state)
            assert probed.begun.wait(WAIT_S)
            assert health.state() is before
            probed.go.set()
            assert asking.result(WAIT_S).at_s == 200.0


class TestLog:
    @pytest.fixture
    def written(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def logged(self, snapshots, written: io.StringIO) -> FlaskClient:
        return create_app(Settings(url=URL), snapshots, observers=[RequestLog(written)]).test_client()

    def lines(self, written: io.StringIO) -> list[dict]:
        return [json.loads(each) for each in written.getvalue().splitlines()]

    def test_a_line_for_each_request(self, logged: FlaskClient, written: io.StringIO) -> None:
        query = "SELECT * { ?s ?p 'a secret' }"
        got = logged.get("/sparql", query_string={"query": query})
        logged.get("/sparql", query_string={"query": query})
        logged.head("/sparql", query_string={"query": query})
        logged.get("/sparql?query=SELCT")
        first, second, head, refused = self.lines(written)
        assert list(first) == [
            "time", "client", "method", "path", "status", "bytes", "ms", "outcome", "kept", "query",
        ]  # fmt: skip
        asked = hashlib.sha256(query.encode()).hexdigest()[:12]
        expected = {"client": "127.0.0.1", "method": "GET", "path": "/sparql", "status": 200, "outcome": "ok"}
        expected |= {"bytes": len(got.data), "query": asked}
        assert expected | {"kept": False} == {name: first[name] for name in [*expected, "kept"]}
        assert expected | {"kept": True} == {name: second[name] for name in [*expected, "kept"]}
        assert (head["method"], head["bytes"]) == ("HEAD", 0)
        assert (refused["status"], refused["outcome"]) == (400, "syntax")
        assert datetime.strptime(first["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        assert "secret" not in written.getvalue()

    def test_off_by_default(self, snapshots, capfd) -> None:
        create_app(Settings(url=URL), snapshots).test_client().get("/limits")
        assert capfd.readouterr() == ("", "")

    @given(*[st.text(st.characters(max_codepoint=255), min_size=1)] * 3)
    @example("GET", "/", "#")
    def test_a_line_cannot_be_forged(self, log_of_faults, method: str, path: str, uri: str) -> None:
        app, written = log_of_faults
        written.seek(0)
        written.truncate()
        hostile = {"REQUEST_METHOD": method, "PATH_INFO": path, "REQUEST_URI": uri, "REMOTE_ADDR": uri}
        app.wsgi_app({**_ENVIRON, **hostile}, _heed_not)
        assert re.fullmatch(r"[\x20-\x7e]+\n", written.getvalue())
        [told] = self.lines(written)
        assert told["outcome"] != "ok"
        assert told["path"] == uri.partition("?")[0][:1000]

    def test_every_control_character_is_escaped(self) -> None:
        controls = "".join(map(chr, [*range(32), *range(127, 160), 0x2028, 0x202E]))
        written = line(AccessRecord(datetime.now(UTC), "", "GET", controls))
        assert re.fullmatch(r"[\x20-\x7e]+", written)
        assert json.loads(written)["path"] == controls

    def test_the_path_is_not_decoded(self, logged: FlaskClient, written: io.StringIO) -> None:
        logged.get("/x%0A%22,%22status%22:200?secret=1")
        assert self.lines(written)[0]["path"] == "/x%0A%22,%22status%22:200"

    def test_a_number_sign_hides_nothing(self, snapshots) -> None:
        """A client that sends what no address has, a fragment, is seen to; the query component is still left out."""
        for target, path in [("/x#/y?secret", "/x#/y"), ("#", "#"), ("/x?secret#y", "/x")]:
            written = io.StringIO()
            app = create_app(Settings(url=URL), snapshots, observers=[RequestLog(written)])
            app.wsgi_app({**_ENVIRON, "REQUEST_METHOD": "GET", "PATH_INFO": "/x", "REQUEST_URI": target}, _heed_not)
            assert self.lines(written)[0]["path"] == path

    def test_nobody_reads_any_more(self, snapshots) -> None:
        class Closed(io.StringIO):
            def write(self, _: str) -> int:
                raise BrokenPipeError

        client = create_app(Settings(url=URL), snapshots, observers=[RequestLog(Closed())]).test_client()
        assert client.get("/limits").status_code == 200


def _heed_not(*_: object) -> Callable[[bytes], object]:
    return lambda _: None


class _Nothing:
    def current(self):
        raise StoreError("gone")


@pytest.fixture(scope="module")
def log_of_faults() -> tuple[Flask, io.StringIO]:
    """An application that finds no release, and what its log says."""
    written = io.StringIO()
    return create_app(Settings(url=URL), _Nothing(), observers=[RequestLog(written)]), written


_ENVIRON = {
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "QUERY_STRING": "",
    "wsgi.url_scheme": "http",
    "wsgi.input": io.BytesIO(),
    "wsgi.errors": io.StringIO(),
}


def test_every_limit_is_listed_and_what_is_set_is_shown(snapshots) -> None:
    settings = replace(Settings(url=URL), max_kept_bytes=123_456)
    told = create_app(settings, snapshots).test_client().get("/limits?format=json").json["limits"]
    assert {limit["name"]: limit["value"] for limit in told} == {limit.name: limit.value for limit in settings.limits()}
    assert {"name": "max_kept_bytes", "value": 123_456, "unit": "bytes"}.items() <= next(
        limit for limit in told if limit["name"] == "max_kept_bytes"
    ).items()
