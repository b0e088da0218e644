"""One shape for every error, whatever route it comes from, and headers that every answer bears (RFC 9457)."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from actiongraph import errors
from actiongraph.engine.base import QueryBudget
from actiongraph.errors import ActiongraphError, Busy
from actiongraph.release.snapshots import FileSnapshots, Snapshot
from actiongraph.settings import Settings
from actiongraph.sparql.guard import check_query
from actiongraph.sparql.query import CheckedQuery
from actiongraph.web.app import create_app

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
ERRORS = [
    ("GET", "/nowhere", 404),
    ("GET", "/sparql/x", 404),
    ("GET", "/sparql//", 404),
    ("GET", "/static/nowhere.css", 404),
    ("GET", "/static/../app.py", 404),
    ("DELETE", "/sparql", 405),
    ("POST", "/limits", 405),
    ("PUT", "/", 405),
    ("POST", "/health", 405),
    ("GET", "/sparql?query=SELCT", 400),
    ("GET", "/sparql?query=SELECT%20*%20%7B%20SERVICE%20%3Chttp%3A%2F%2Fe%2F%3E%20%7B%7D%20%7D", 400),
    ("POST", "/sparql", 415),
    ("GET", "/limits?%zz", 400),
]


class Broken:
    """A library that raises what it is given."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def current(self):
        raise self.error


def broken(error: Exception) -> FlaskClient:
    return create_app(Settings(url="https://graph.example.org/"), Broken(error)).test_client()


@pytest.mark.parametrize(("method", "path", "status"), ERRORS)
class TestShape:
    def test_problem_details(self, client: FlaskClient, method: str, path: str, status: int) -> None:
        response = client.open(path, method=method, headers={"Accept": "application/problem+json"})
        assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
        problem = response.json
        assert problem["status"] == status
        assert problem["type"] == "about:blank"
        assert all(isinstance(problem[name], str) and problem[name] for name in ("title", "detail", "code"))

    @pytest.mark.parametrize("accept", ["*/*", "text/plain", "image/png", None])
    def test_text(self, client: FlaskClient, method: str, path: str, status: int, accept: str | None) -> None:
        response = client.open(path, method=method, headers={"Accept": accept} if accept else {})
        assert (response.status_code, response.headers["Content-Type"]) == (status, "text/plain; charset=utf-8")
        assert response.text.startswith(f"Error {status} (")

    def test_page(self, client: FlaskClient, method: str, path: str, status: int) -> None:
        response = client.open(path, method=method, headers={"Accept": "text/html,*/*;q=0.8"})
        assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert 'role="alert"' in response.text

    @pytest.mark.parametrize("accept", ["application/json", "application/sparql-results+json"])
    def test_programs_that_read_json_get_json(self, client: FlaskClient, method, path, status, accept) -> None:
        response = client.open(path, method=method, headers={"Accept": accept})
        assert response.headers["Content-Type"] == "application/problem+json"

    def test_headers(self, client: FlaskClient, method: str, path: str, status: int) -> None:
        response = client.open(path, method=method)
        assert HEADERS.items() <= dict(response.headers).items()
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["Vary"] == "Accept, Accept-Encoding"
        assert int(response.headers["Content-Length"]) == len(response.data)


def routes(app: Flask) -> list[str]:
    asking = {"/graph-store": "/graph-store?default"}
    asking |= {f"/sparql/{name}": f"/sparql/{name}?query=ASK{{}}" for name in ("check", "why")}
    leads_on = {"/.well-known/void", "/dataset"}
    rules = [rule for rule in app.url_map.iter_rules() if not rule.arguments and rule.rule not in leads_on]
    return [asking.get(rule.rule, rule.rule) for rule in rules]


def test_every_route_in_one_shape(deployment) -> None:
    client, app = deployment.client, deployment.client.application
    for path in routes(app):
        malformed = path.partition("?")[0] + "?%zz"
        for wrong in ({"method": "DELETE"}, {"path": malformed}, {"headers": {"Accept": "image/png"}}):
            response = client.open(**{"path": path, "headers": {"Accept": "image/png"}} | wrong)
            assert response.status_code in (400, 405, 406), (path, wrong)
            assert response.text.startswith(f"Error {response.status_code} ("), (path, wrong)


def test_every_route_bears_the_headers(deployment) -> None:
    client, app = deployment.client, deployment.client.application
    for path in [*routes(app), "/static/style.css"]:
        response = client.get(path)
        assert response.status_code == 200
        assert HEADERS.items() <= dict(response.headers).items()
        assert "Set-Cookie" not in response.headers
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_every_route_answers_head_and_options(deployment) -> None:
    client, app = deployment.client, deployment.client.application
    for path in [*routes(app), "/static/style.css"]:
        got, head, options = client.get(path), client.head(path), client.options(path)
        assert head.status_code == 200
        assert head.data == b""
        for name in ("Content-Length", "Content-Type", "Vary"):
            # The figures change from one request to the next.
            assert head.headers.get(name) == got.headers.get(name) or (path, name) == ("/metrics", "Content-Length")
        assert (options.status_code, options.data) == (204, b"")
        assert {"GET", "HEAD", "OPTIONS"} <= set(options.headers["Allow"].split(", "))


@pytest.mark.parametrize("query", ["ASK {}", "SELCT"])
def test_head_of_a_query(client: FlaskClient, query: str) -> None:
    got, head = (client.open("/sparql", method=method, query_string={"query": query}) for method in ("GET", "HEAD"))
    assert head.data == b""
    assert (head.status_code, head.headers["Content-Length"]) == (got.status_code, str(len(got.data)))


def test_preflight(client: FlaskClient) -> None:
    asked = {
        "Origin": "https://a.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    response = client.options("/sparql", headers=asked)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    allowed = set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert allowed == {"Accept", "Content-Type", "If-Match", "If-None-Match", "If-Range", "Range"}
    assert "POST" in response.headers["Access-Control-Allow-Methods"].split(", ")
    assert int(response.headers["Access-Control-Max-Age"]) > 0


def test_a_syntax_error_has_its_place(client: FlaskClient) -> None:
    query = "SELECT *\nWHERE { ?s ?p }"
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": "application/problem+json"})
    problem = response.json
    assert (problem["code"], problem["line"], problem["column"]) == ("syntax", 2, 15)
    line, caret = problem["excerpt"].splitlines()[-2:]
    assert "WHERE { ?s ?p }" in line
    assert line[caret.index("^")] == "}"
    assert caret in client.get("/sparql", query_string={"query": query}).text


def test_an_unknown_address_says_what_there_is(deployment, files_client: FlaskClient) -> None:
    accept = {"Accept": "application/problem+json"}
    always = {"/", "/sparql", "/health", "/limits", "/metrics"}
    of_a_release = {"/examples", "/ontology", "/shapes", "/validation"}
    for client, missing in ((deployment.client, set()), (files_client, of_a_release)):
        told = {path.removeprefix("/data-of") for path in client.get("/nowhere", headers=accept).json["available"]}
        assert always | (of_a_release - missing) <= told
        assert not told & missing
        assert {path: client.get(path).status_code for path in told} == dict.fromkeys(told, 200)


FAMILIES = [
    (errors.QuerySyntaxError("x"), 400),
    (errors.RefusedFeature("x"), 400),
    (errors.TooComplex("x", limit="max_nesting", value=1), 400),
    (errors.RequestError("x"), 400),
    (errors.UnknownResource("x"), 404),
    (errors.NoRelease(", and here is none."), 404),
    (errors.GoneResource("x"), 410),
    (errors.NotAcceptable("x", available=("text/csv",)), 406),
    (errors.UnsupportedMediaType("x", available=("text/csv",)), 415),
    (errors.LimitError("x", limit="max_rows", value=1), 422),
    (errors.ChainTooLong("x", limit="max_hops", value=1), 422),
    (errors.AnswerTooLarge(1), 422),
    (errors.OutOfMemory(1), 422),
    (errors.QueryTimeout(1), 504),
    (errors.Busy("x", limit="max_queue", value=1, retry_after_s=2), 503),
    (errors.BudgetSpent(1, retry_after_s=2), 429),
    (errors.DataError("x"), 500),
    (errors.SettingsError("x"), 500),
    (errors.EngineError("x"), 500),
    (errors.EndpointError("x"), 502),
    (errors.UpstreamError("x"), 502),
    (errors.UpstreamSilent("x"), 504),
    (errors.ReleaseNotMarked("x"), 503),
    (errors.StoreError("x"), 503),
]


@pytest.mark.parametrize(("error", "status"), FAMILIES, ids=lambda value: type(value).__name__)
def test_every_family_has_its_status(error: ActiongraphError, status: int) -> None:
    response = broken(error).get("/sparql?query=ASK{}", headers={"Accept": "application/problem+json"})
    assert (response.status_code, response.json["code"]) == (status, error.code)


def test_no_family_is_forgotten() -> None:
    def families(family: type) -> set[type]:
        return {family}.union(*(families(inner) for inner in family.__subclasses__()))

    declared = {family for family in families(ActiongraphError) if family.__module__ == "actiongraph.errors"}
    shown = {ancestor for error, _ in FAMILIES for ancestor in type(error).__mro__}
    missing = {f.__name__ for f in declared - shown}
    # The first three are DataErrors; nobody is left to read the answer to the last.
    assert missing <= {"DataSyntaxError", "InvalidData", "LostData", "ClientGone"}, "give these a status"


def test_who_is_to_come_again_is_told_when() -> None:  # RFC 9110, section 10.2.3
    error = errors.Busy("All places are taken.", limit="max_queue", value=1, retry_after_s=2)
    assert broken(error).get("/sparql?query=ASK{}").headers["Retry-After"] == "2"


def test_the_fields_of_an_error_are_members() -> None:
    error = errors.UnknownResource("No such action.", near=("2014-12", "2014-13"))
    response = broken(error).get("/health", headers={"Accept": "application/problem+json"})
    assert response.json["near"] == ["2014-12", "2014-13"]
    assert "2014-13" in broken(error).get("/health").text


@pytest.mark.parametrize("accept", ["application/problem+json", "text/plain", "text/html"])
@pytest.mark.parametrize(
    "error",
    [errors.StoreError("/srv/secret is gone"), ZeroDivisionError("/srv/secret"), errors.DataError("/srv/secret")],
)
@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK{}", "/health"])
def test_a_fault_keeps_its_secrets_and_is_logged(caplog, path: str, error: Exception, accept: str) -> None:
    with caplog.at_level(logging.ERROR):
        response = broken(error).get(path, headers={"Accept": accept})
    assert response.status_code == (503 if isinstance(error, errors.StoreError) else 500)
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "/srv/secret" in caplog.text


def test_what_is_unknown_is_unknown_while_the_store_is_gone() -> None:
    assert broken(errors.StoreError("gone")).get("/nowhere").status_code == 404
    assert broken(errors.StoreError("gone")).get("/limits", headers={"Accept": "text/html"}).status_code == 200


def test_a_log_record_cannot_be_forged(caplog) -> None:
    forged = "x\n2026-01-01 00:00:00 root logged in\x1b[31m"
    with caplog.at_level(logging.ERROR):
        broken(RuntimeError(forged)).open("/health", method="GET", headers={"User-Agent": "a"})
        broken(RuntimeError("x")).get("/sparql/%0A2026-01-01%20root%20logged%20in")
    for record in caplog.records:
        first, *rest = record.getMessage().split("\n")
        assert "\x1b" not in record.getMessage()
        assert re.match(r"'GET' '", first)
        assert all(line.startswith("    ") for line in rest)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example/x?"},
        {"Host": "a b"},
        {"Host": "[::1"},
        {"Host": ""},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "Forwarded": "host=evil.example"},
        {"X-Forwarded-Prefix": "/evil.example"},
        {"Accept": "evil.example" + "," * 5_000},
        {"Accept": "text/html;" * 2_000},
        {"Accept": '"' * 3_000},
        {"Content-Type": "evil.example;" + ";charset=" * 2_000},
        {"Range": "bytes=0-1"},
        {"If-Modified-Since": "evil.example"},
        {"Origin": "https://evil.example", "Cookie": "session=evil.example"},
        {"Transfer-Encoding": "evil.example"},
        {"Expect": "evil.example"},
        {"X-HTTP-Method-Override": "DELETE"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/sparql", "/sparql?query=ASK{}", "/nowhere", "/examples"])
def test_hostile_headers(client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    response = client.get(path, headers=headers)
    assert response.status_code in (200, 400, 404, 406)
    assert "evil.example" not in response.text + str(response.headers)
    assert "Location" not in response.headers


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/..", "/\\evil.example", "/sparql//", "/./sparql", "\r\nX: y"]
)
def test_no_path_leads_elsewhere(client: FlaskClient, path: str) -> None:
    response = client.get("/", environ_overrides={"PATH_INFO": path})
    assert response.status_code == 404
    assert "Location" not in response.headers
    assert "X" not in response.headers


class ReadingElsewhere:
    """An engine that has strangers' texts read in another process, if one is free."""

    def __init__(self, *, is_free: bool) -> None:
        self.is_free = is_free

    def read(self, text: str, _budget: QueryBudget = QueryBudget()) -> CheckedQuery:
        if not self.is_free:
            raise Busy("All workers are taken; ask again.", limit="workers", value=1, retry_after_s=1)
        return check_query(text, Settings())


@pytest.mark.parametrize(("is_free", "faults"), [(True, 2), (False, 1)], ids=["a worker is free", "none is free"])
def test_other_faults_are_looked_for_elsewhere_and_the_first_is_told_in_any_case(make_app, is_free: bool, faults: int):
    engine = ReadingElsewhere(is_free=is_free)
    client = make_app(FileSnapshots(Snapshot(engine, None, {}, union_default=False))).test_client()
    query = {"query": "SELCT ?a { ?a rdfs:label ?b }"}  # a word that is none, and a prefix that is not declared
    checked = client.get("/sparql/check", query_string=query | {"format": "json"})
    assert (checked.status_code, len(checked.json["errors"])) == (200, faults)
    refused = client.get("/sparql", query_string=query, headers={"Accept": "application/problem+json"})
    assert (refused.status_code, refused.json["code"], refused.json["column"]) == (400, "syntax", 1)
