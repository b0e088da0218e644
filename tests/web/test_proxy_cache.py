"""What a proxy is told: nothing unless the operator wants it, and then how long it may repeat which answer."""

from __future__ import annotations

import re
import time

import pytest
from flask.testing import FlaskClient

from actiongraph.errors import SettingsError
from actiongraph.settings import Settings
from actiongraph.web.http.proxy_cache import ProxyCacheMiddleware

ASK = "/sparql?query=ASK%7B%7D"
FIELD = "X-Accel-Expires"


@pytest.fixture(scope="module")
def told(make_app, snapshots) -> FlaskClient:
    return make_app(snapshots, proxy_cache_s=1).test_client(use_cookies=False)


@pytest.mark.parametrize("path", [ASK, "/", "/limits", "/static/style.css"])
def test_nothing_is_said_unless_the_operator_wants_it(client: FlaskClient, path: str) -> None:
    for _ in range(2):
        response = client.get(path)
        assert (response.status_code, FIELD in response.headers) == (200, False)


@pytest.mark.parametrize("path", [ASK, "/", "/limits", "/static/style.css"])
def test_what_may_change_is_repeated_to_the_end_of_the_next_second(told: FlaskClient, client, path: str) -> None:
    for method in ("GET", "HEAD", "GET"):
        before = int(time.time())
        response = told.open(path, method=method)
        said = re.fullmatch(r"@([0-9]+)", response.headers[FIELD])
        assert said
        assert before + 1 <= int(said[1]) <= int(time.time()) + 1
        assert response.headers["Cache-Control"] == client.open(path, method=method).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("method", "path", "fields", "status"),
    [
        ("POST", ASK, {"Content-Type": "application/x-www-form-urlencoded"}, 200),
        ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, 200),
        ("OPTIONS", "/sparql", {}, 204),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/sparql?query=SELCT", {}, 400),
        ("GET", ASK, {"Accept": "image/png"}, 406),
        ("GET", ASK, {"If-None-Match": "*"}, 304),
        ("GET", "/health", {}, 200),
        ("GET", "/metrics", {}, 200),
        ("GET", "/sparql?query=SELECT(RAND()%20AS%20%3Fx)%7B%7D", {}, 200),
        ("GET", ASK, {"Cookie": "a=b"}, 200),
        ("GET", ASK, {"Authorization": "Basic YTpi"}, 200),
        ("GET", ASK, {"Range": "bytes=0-1"}, 200),
    ],
)
def test_what_is_not_for_everybody_is_not_repeated(told: FlaskClient, method, path, fields, status) -> None:
    body = b"ASK {}" if fields.get("Content-Type") == "application/sparql-query" else None
    response = told.open(path, method=method, headers=fields, data=body)
    assert response.status_code == status
    assert FIELD not in response.headers


def test_an_answer_that_took_longer_than_it_may_be_repeated_is_not_repeated() -> None:
    now = [100.9]

    def inner(environ, start_response):
        now[0] = environ["until"]
        start_response("200 OK", [("Cache-Control", "no-cache")])
        return []

    sent: list[list[tuple[str, str]]] = []
    app = ProxyCacheMiddleware(inner, 1, clock=lambda: now[0])
    for until, fields in ((101.9, [("X-Accel-Expires", "@101")]), (102.0, [])):
        now[0] = 100.9
        app({"REQUEST_METHOD": "GET", "until": until}, lambda _, headers: sent.append(headers))
        assert sent.pop() == [("Cache-Control", "no-cache"), *fields]


@pytest.mark.parametrize("value", [0, -1, 0.5, 1.5, float("nan")])
def test_what_is_no_number_of_seconds_is_refused(value: float) -> None:
    with pytest.raises(SettingsError, match="proxy_cache_s"):
        Settings(proxy_cache_s=value)


def test_limits_say_that_a_proxy_may_go_on_with_a_release_that_is_dropped(client: FlaskClient) -> None:
    reasons = {limit["name"]: limit["reason"] for limit in client.get("/limits?format=json").json["limits"]}
    assert "proxy" in reasons["keep_releases"]
    assert "proxy" in reasons["proxy_cache_s"]
